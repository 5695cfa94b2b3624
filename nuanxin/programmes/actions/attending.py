"""Attendance is written: from scans, by an officer, at the closing; corrected by reversal.

Whoever writes holds the lock of the bookings, so that what stands cannot change in between. Each
arrival is a service that the person had (people.Contact), taken back when the arrival is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.text import as_written
from nuanxin.people.actions.contacts import NewContact, record_contacts, reverse_contacts
from nuanxin.programmes.actions.no_shows import no_longer_absent
from nuanxin.programmes.actions.sessions import lock_session
from nuanxin.programmes.models import Booking, Session
from nuanxin.programmes.queries.attendance import standing_of
from nuanxin.programmes.rules.attendance import AttendanceSource, Attended
from nuanxin.programmes.rules.fulfilment import Standing, contact_kind
from nuanxin.programmes.states import Kind
from nuanxin.records.actions import append_event, logged_name

SHORTEST_REASON = 4
CLOSED_AFTER_HOURS = 24
"""A session closes by itself so long after its end: until then phones may send what they hold."""
_SESSIONS_A_RUN = 50


@dataclass(frozen=True, slots=True)
class ToWrite:
    """Attendance of one booking; ``stood`` is what it takes the place of, with the reason."""

    booking_id: int
    worker_id: int
    kind: Attended
    arrived_at: datetime | None
    source: AttendanceSource
    stood: Standing | None = None
    reason: str = ""

    @property
    def round(self) -> int:
        """Return the number of this row among those of the booking."""
        return 0 if self.stood is None else self.stood.round + 1


_REVERSE = """
INSERT INTO programmes_attendance
    (booking_id, session_id, round, kind, times, reverses_id, arrived_at, source, reason,
     recorded_at, recorded_by, recorded_by_name)
SELECT a.booking_id, a.session_id, a.round, a.kind, -1, a.id, a.arrived_at, a.source, x.reason,
       %(now)s, %(account)s, %(name)s
FROM unnest(%(rows)s::bigint[], %(reasons)s::text[]) AS x (row, reason)
JOIN programmes_attendance a ON a.id = x.row
"""
_WRITE = """
INSERT INTO programmes_attendance
    (booking_id, session_id, round, kind, times, arrived_at, source, reason,
     recorded_at, recorded_by, recorded_by_name)
SELECT x.booking, %(session)s, x.round, x.kind, 1, x.arrived_at, x.source, '',
       %(now)s, %(account)s, %(name)s
FROM unnest(%(bookings)s::bigint[], %(rounds)s::smallint[], %(kinds)s::smallint[],
            %(arrived)s::timestamptz[], %(sources)s::smallint[])
    AS x (booking, round, kind, arrived_at, source)
"""


def write_attendance(
    rows: Sequence[ToWrite], *, session_id: int, kind: Kind, actor: Actor, now: datetime
) -> None:
    """Append attendance with its reversals and the services that follow from it, set-based."""
    if not rows:
        return
    reversed_rows = [row for row in rows if row.stood is not None]
    shared: dict[str, Any] = {
        "session": session_id,
        "now": now,
        "account": actor.account_id,
        "name": logged_name(actor)[:60],
    }
    with connection.cursor() as cursor:
        if reversed_rows:
            cursor.execute(
                _REVERSE,
                shared
                | {
                    "rows": [row.stood.row_id for row in reversed_rows if row.stood],
                    "reasons": [row.reason for row in reversed_rows],
                },
            )
        cursor.execute(
            _WRITE,
            shared
            | {
                "bookings": [row.booking_id for row in rows],
                "rounds": [row.round for row in rows],
                "kinds": [int(row.kind) for row in rows],
                "arrived": [row.arrived_at for row in rows],
                "sources": [int(row.source) for row in rows],
            },
        )
    _serve(rows, kind, actor, now)
    came = [row for row in reversed_rows if row.stood and row.stood.kind is Attended.ABSENT]
    if came:
        no_longer_absent(
            [row.booking_id for row in came], reason=came[0].reason, actor=actor, now=now
        )


def _serve(rows: Iterable[ToWrite], kind: Kind, actor: Actor, now: datetime) -> None:
    """Record that they were served, take back where they were not: what was the same before stays."""
    gone = [
        (row.worker_id, _reference(row.booking_id, row.stood.round))
        for row in rows
        if row.stood is not None and row.stood.kind.was_there
    ]
    if gone:
        reverse_contacts(gone, actor=actor, now=now)
    came = [
        NewContact(
            worker_id=row.worker_id,
            kind=contact_kind(kind),
            day=business_day(row.arrived_at or now),
            reference=_reference(row.booking_id, row.round),
        )
        for row in rows
        if row.kind.was_there
    ]
    if came:
        record_contacts(came, actor=actor, now=now)


def _reference(booking_id: int, round_: int) -> str:
    return f"attendance:{booking_id}:{round_}"


_UNTOLD = """
SELECT b.id, a.worker_id, b.excuse_granted FROM programmes_booking b
JOIN programmes_application a ON a.id = b.application_id
WHERE b.session_id = %(session)s AND b.ended_at IS NULL
ORDER BY b.id FOR UPDATE OF b
"""


@transaction.atomic
def close_session(*, session_id: int, actor: Actor, now: datetime) -> int:
    """Close a session that has ended: who was not seen was absent, or excused where an excuse stands.

    Returns how many were absent. Raises ``NotFound``, ``Forbidden``, ``Conflict``
    programmes.session_runs, programmes.session_closed.
    """
    session = lock_session(session_id, actor)
    if session.closed_at is not None:
        raise Conflict(
            "programmes.session_is_closed", "这一场已经结了。要改谁，点他那一行的「更正」。"
        )
    if now < session.ends_at:
        raise Conflict("programmes.session_runs", "这一场还没结束，结束了再点结场。")
    return _close(session, actor, now)


def _close(session: Session, actor: Actor, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD, {"session": session.id})
        booked = cursor.fetchall()
    known = standing_of([row[0] for row in booked])
    rows = [
        ToWrite(
            booking_id,
            worker_id,
            Attended.EXCUSED if granted else Attended.ABSENT,
            None,
            AttendanceSource.CLOSING,
        )
        for booking_id, worker_id, granted in booked
        if booking_id not in known
    ]
    write_attendance(rows, session_id=session.id, kind=kind_of(session), actor=actor, now=now)
    session.closed_at = now
    session.save(update_fields=["closed_at"])
    absent = sum(row.kind is Attended.ABSENT for row in rows)
    _log("programmes.session_closed", session.id, actor, now, absent=absent)
    return absent


_ENDED = """
SELECT id FROM programmes_session
WHERE closed_at IS NULL AND ends_at <= %(now)s - make_interval(hours => %(hours)s)
ORDER BY ends_at, id LIMIT %(limit)s
"""


def close_ended_sessions(*, now: datetime) -> int:
    """Close what ended a day ago and nobody closed; return how many. Each commits by itself."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"now": now, "hours": CLOSED_AFTER_HOURS, "limit": _SESSIONS_A_RUN}
        cursor.execute(_ENDED, values)
        ended = [int(row[0]) for row in cursor.fetchall()]
    for session_id in ended:
        with transaction.atomic():
            session = Session.objects.select_for_update().get(id=session_id)
            if session.closed_at is None:
                _close(session, SYSTEM, now)
    return len(ended)


@transaction.atomic
def correct_attendance(
    *, booking_id: int, kind: Attended, reason: str, actor: Actor, now: datetime
) -> None:
    """Say how somebody attended, instead of what was noted; what was noted stays, reversed.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` programmes.no_reason, ``Conflict``
    programmes.attendance_is_so, programmes.session_to_come.
    """
    why = as_written(reason)[:200]
    if len(why) < SHORTEST_REASON:
        raise Malformed("programmes.no_reason", "写一下为什么更正，比如“签到机没电，本人在场”。")
    booking = lock_booking(booking_id, actor)
    if now < booking.session.starts_at:
        raise Conflict("programmes.session_to_come", "这一场还没开始，开始了再记。")
    stood = standing_of([booking_id]).get(booking_id)
    if stood is not None and stood.kind is kind:
        raise Conflict("programmes.attendance_is_so", f"已经记的是“{kind.label}”，不用改。")
    _decide(booking, kind, stood, why, actor, now)
    _log("programmes.attendance_corrected", booking.session_id, actor, now, booking=booking_id,
         attended=kind.name.lower())  # fmt: skip


@transaction.atomic
def decide_excuse(*, booking_id: int, is_granted: bool, actor: Actor, now: datetime) -> None:
    """Grant or refuse an excuse, once; granted, an absence that was noted becomes an excused one.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` programmes.no_excuse, programmes.excuse_decided.
    """
    booking = lock_booking(booking_id, actor)
    if booking.excuse is None:
        raise Conflict("programmes.no_excuse", "本人没有请假。")
    if booking.excuse_granted is not None:
        raise Conflict("programmes.excuse_decided", "这个假已经定过了。要改，用「更正」。")
    booking.excuse_granted, booking.excuse_decided_at = is_granted, now
    booking.excuse_decided_by = actor.account_id
    booking.excuse_decided_by_name = logged_name(actor)[:60]
    booking.save(
        update_fields=["excuse_granted", "excuse_decided_at", "excuse_decided_by",
                       "excuse_decided_by_name"]
    )  # fmt: skip
    stood = standing_of([booking_id]).get(booking_id)
    if is_granted and stood is not None and stood.kind is Attended.ABSENT:
        _decide(booking, Attended.EXCUSED, stood, "准了假", actor, now)
    _log("programmes.excuse_decided", booking.session_id, actor, now, booking=booking_id,
         granted=is_granted)  # fmt: skip


def _decide(
    booking: Booking, kind: Attended, stood: Standing | None, why: str, actor: Actor, now: datetime
) -> None:
    arrived = None
    if kind.was_there:
        was = stood.arrived_at if stood is not None else None
        arrived = was or min(now, booking.session.starts_at)
    row = ToWrite(
        booking.id,
        booking.application.worker_id,
        kind,
        arrived,
        AttendanceSource.OFFICER,
        stood,
        why,
    )
    write_attendance([row], session_id=booking.session_id, kind=kind_of(booking.session),
                     actor=actor, now=now)  # fmt: skip


def lock_booking(booking_id: int, actor: Actor) -> Booking:
    """Return the booking, locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    session_id = Booking.objects.filter(id=booking_id).values_list("session_id", flat=True).first()
    if session_id is None:
        raise NotFound()
    lock_session(session_id, actor)
    return (
        Booking.objects.select_for_update(of=("self",))
        .select_related("session", "application")
        .get(id=booking_id)
    )


def kind_of(session: Session) -> Kind:
    """Return what kind of programme a session is of."""
    return Kind(Session.objects.values_list("offer__programme__kind", flat=True).get(id=session.id))


def _log(event: str, session_id: int, actor: Actor, now: datetime, **data: Any) -> None:
    append_event(
        event,
        actor=actor,
        at=now,
        subject_type="programme_session",
        subject_id=session_id,
        data=data or None,
    )
