"""Repairs: one open a station and thing, due on a working day, done by a name."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.workdays import add_workdays
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event, logged_name
from nuanxin.stations import permissions
from nuanxin.stations.models import Repair, Station
from nuanxin.stations.states.reporting import ReportSource

_OPEN = """
INSERT INTO stations_repair (station_id, what, note, source, reported_at, due_on, done_by_name)
VALUES (%(station)s, %(what)s, %(note)s, %(source)s, %(now)s, %(due)s, '')
ON CONFLICT (station_id, what) WHERE done_at IS NULL DO NOTHING
"""
_SET_TERMS = ("water", "power", "cool")


def open_repair(
    *, station: Station, what: str, note: str, source: ReportSource, now: datetime
) -> None:
    """Note that something is out of order, with the working day it is due on; once while it is open."""
    term = what if what in _SET_TERMS else "other"
    day = business_day(now)
    days = parameter(
        f"stations.repair_workdays_{term}", adcode=f"{station.adcode:06d}", on=day
    ).value
    values: dict[str, Any] = {
        "station": station.id,
        "what": what,
        "note": note,
        "source": int(source),
        "now": now,
        "due": add_workdays(day, int(days)).day,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, values)


@transaction.atomic
def finish_repair(*, repair_id: int, actor: Actor, now: datetime) -> Repair:
    """Note that a thing works again. Twice is once. Raises ``NotFound``, ``Forbidden``."""
    repair = Repair.objects.select_for_update().filter(id=repair_id).first()
    if repair is None:
        raise NotFound()
    station = Station.objects.get(id=repair.station_id)
    permissions.check_can_manage(actor, path=get_union(station.union_id).path)
    if repair.done_at is None:
        repair.done_at, repair.done_by = now, actor.account_id
        repair.done_by_name = (logged_name(actor) or "工会")[:60]
        repair.save(update_fields=["done_at", "done_by", "done_by_name"])
        append_event(
            "stations.repair_done",
            actor=actor,
            at=now,
            subject_type="station",
            subject_id=station.id,
            union_id=station.union_id,
            data={"repair": repair.id, "what": repair.what},
        )
    return repair


def close_repairs(
    *, station_id: int, what: str, name: str, now: datetime, opened_at: datetime | None = None
) -> int:
    """Note that a thing works again, as said by who keeps the station; return how many were open.

    Of those that were opened at a moment only, where one is given.
    """
    chosen = Repair.objects.filter(station_id=station_id, what=what, done_at=None)
    if opened_at is not None:
        chosen = chosen.filter(reported_at=opened_at)
    return chosen.update(done_at=now, done_by_name=name[:60])


def reopen_repair(*, station_id: int, what: str, closed_at: datetime) -> None:
    """Let a repair stand open again that was ended at this moment by a word now taken back."""
    if not Repair.objects.filter(station_id=station_id, what=what, done_at=None).exists():
        Repair.objects.filter(station_id=station_id, what=what, done_at=closed_at).update(
            done_at=None, done_by_name=""
        )
