"""Desk hours of the demonstration: a legal desk, counselling by phone, a reading evening; two who come."""

from datetime import datetime

from django.db import connection

from config.demo import accounts
from config.demo.accounts import SignIn
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.errors import Refusal
from nuanxin.stations.actions import serving
from nuanxin.stations.models import StationService
from nuanxin.stations.queries.services import slots_of
from nuanxin.stations.states.services import ServiceKind

_HOURS = (
    (ServiceKind.LEGAL, "Tu,Fr 14:00-17:00", 30, 1, "王律师（工会法律援助）", False),
    (ServiceKind.COUNSELLING, "We 18:30-21:00", 50, 1, "陈咨询师", True),
    (ServiceKind.READING, "Sa 15:00-16:30", 90, 12, "站里的读书小组", False),
)
_STATIONS = 2


def open_desks(sign_ins: list[SignIn], *, now: datetime) -> None:
    """Open desk hours at two stations of the home county; workers of the demonstration book some."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    made: list[StationService] = []
    for code in _codes(cadre.grants[0].union_path):
        for kind, hours, minutes, seats, who, is_remote in _HOURS:
            made.append(
                serving.open_service(
                    code=code, kind=kind, hours=hours, slot_minutes=minutes, seats=seats,
                    server_hint=who, is_remote=is_remote, actor=cadre, now=now,
                )
            )  # fmt: skip
    workers = [one for one in sign_ins if one.worker_id is not None and one.account_id is not None]
    for number, worker in enumerate(workers[:2]):
        _book(made[number : number + 1], accounts.actor_of(worker, now), now)


def _book(services: list[StationService], worker: Actor, now: datetime) -> None:
    for service in services:
        free = slots_of(service, now=now)
        if worker.worker_id is None or not free:
            continue
        topic = "pay" if service.kind == ServiceKind.LEGAL else "other"
        try:
            serving.book_service(
                service_id=service.id, starts_at=free[0][0], topic=topic, actor=worker, now=now
            )
        except Refusal:  # a closure was planned there meanwhile
            continue


def _codes(path: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.code FROM stations_station s JOIN orgs_union u ON u.id = s.union_id
            WHERE starts_with(u.path, %s) AND s.standing = 1 ORDER BY s.code LIMIT %s""",
            [path, _STATIONS],
        )
        return [row[0] for row in cursor.fetchall()]
