"""Sessions of the health checks in a demonstration, through the product's own actions.

One was two days ago: most came, three did not, one excused himself; a dozen said how it was. Who did
not come was told, and one of them has said why. One session is to come.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config.demo import accounts
from config.demo.accounts import SignIn
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day, day_start
from nuanxin.programmes.actions import attending, feedback, gates, sessions
from nuanxin.programmes.actions.checking_in import ScanSent, take_scans
from nuanxin.programmes.actions.delivering import deliver_attended
from nuanxin.programmes.actions.no_shows import plead, settle_no_shows
from nuanxin.programmes.models import Booking, NoShow
from nuanxin.programmes.rules.attendance import Excuse, Face, FeedbackReason
from nuanxin.programmes.states import PleaKind

_FACES = (5, 5, 4, 5, 4, 3, 5, 4, 5, 2, 4, 5)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


def hold_sessions(offer_id: int, sign_ins: Sequence[SignIn], *, now: datetime) -> dict[str, Any]:
    """Hold one session of an offer that has places given, and plan another; return their ids."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    morning = day_start(business_day(now)) + 9 * _HOUR
    before, then = morning - 4 * _DAY, morning - 2 * _DAY
    draft = sessions.SessionDraft(
        "第一批", "区中医医院体检中心，三楼", then, then + 3 * _HOUR, 18,
        bring="身份证，早上别吃东西", change_hours=12,
    )  # fmt: skip
    held = sessions.create_session(offer_id=offer_id, draft=draft, actor=cadre, now=before)
    sessions.place_people(offer_id=offer_id, actor=cadre, now=before)
    later = sessions.SessionDraft(
        "第二批", "区中医医院体检中心，三楼", morning + 6 * _DAY, morning + 6 * _DAY + 3 * _HOUR, 30,
        bring="身份证，早上别吃东西",
    )  # fmt: skip
    planned = sessions.create_session(offer_id=offer_id, draft=later, actor=cadre, now=before)
    sessions.place_people(offer_id=offer_id, actor=cadre, now=before)
    _came(held, cadre, now=now)
    return {"sessions": [held.id, planned.id]}


def _came(held: Any, cadre: Actor, *, now: datetime) -> None:
    booked = list(Booking.objects.filter(session=held).select_related("application").order_by("id"))
    gate = gates.open_gate(
        session_id=held.id, label="体检中心前台", shows_names=True, actor=cadre, now=held.starts_at
    )
    scans = [
        ScanSent(UUID(int=held.id << 32 | number), held.starts_at + number * timedelta(minutes=2),
                 one.code)
        for number, one in enumerate(booked[:14])
    ]  # fmt: skip
    take_scans(gate_id=gate.gate_id, device="前台手机", scans=scans, now=held.ends_at)
    for one in booked[14:15]:
        himself = Actor(worker_id=one.application.worker_id)
        sessions.ask_excuse(booking_id=one.id, reason=Excuse.ILL, actor=himself, now=held.starts_at)
    for one, face in zip(booked, _FACES, strict=False):
        feedback.give_feedback(
            booking_id=one.id, face=Face(face), reasons=[FeedbackReason.WAITING] if face < 4 else [],
            remark="", actor=Actor(worker_id=one.application.worker_id), now=held.ends_at,
        )  # fmt: skip
    attending.close_session(session_id=held.id, actor=cadre, now=held.ends_at)
    deliver_attended(now=now)
    settle_no_shows(now=now)
    asked = NoShow.objects.filter(offer_id=held.offer_id).order_by("id").first()
    if asked is not None:
        himself = Actor(worker_id=asked.worker_id)
        plead(no_show_id=asked.id, kind=PleaKind.WORK, actor=himself, now=now)
