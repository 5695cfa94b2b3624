"""Sessions and bookings: one's own, the desk's, and what a keeper at the door may see."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.names import mask_name
from nuanxin.membership.rules.card import card_number
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Booking, Gate, Session
from nuanxin.programmes.queries.feedback import Answers, count_answers
from nuanxin.programmes.rules.attendance import Attended, Excuse

MINE_LIMIT = 50
SESSIONS_LIMIT = 200
DIGEST_HEX = 20


def find_change_until(application_id: int) -> datetime | None:
    """Return until when somebody with this application may still change; None without a session."""
    return (
        Booking.objects.filter(application_id=application_id, ended_at=None)
        .order_by("session__change_until")
        .values_list("session__change_until", flat=True)
        .first()
    )


# ---- one's own --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MyBooking:
    """One's booking with everything that one must know to come."""

    id: int
    code: str
    offer_code: str
    offer_title: str
    session_id: int
    title: str
    place: str
    bring: str
    starts_at: datetime
    ends_at: datetime
    change_until: datetime
    excuse: Excuse | None
    excuse_granted: bool | None
    attended: Attended | None
    has_feedback: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A session that one may choose, with the room that it has."""

    id: int
    title: str
    place: str
    starts_at: datetime
    left: int


_STANDS = """(SELECT t.kind FROM programmes_attendance t
    WHERE t.booking_id = b.id AND t.reverses_id IS NULL ORDER BY t.round DESC LIMIT 1)"""
_MINE = f"""
SELECT b.id, b.code, o.code, o.title, s.id, s.title, s.place, s.bring, s.starts_at, s.ends_at,
       s.change_until, b.excuse, b.excuse_granted, {_STANDS},
       EXISTS (SELECT 1 FROM programmes_feedback f WHERE f.booking_id = b.id)
FROM programmes_application a
JOIN programmes_booking b ON b.application_id = a.id
JOIN programmes_session s ON s.id = b.session_id
JOIN programmes_offer o ON o.id = a.offer_id
WHERE a.worker_id = %(worker)s AND b.ended_at IS NULL
  AND (%(booking)s::bigint IS NULL OR b.id = %(booking)s)
ORDER BY s.starts_at DESC, b.id DESC LIMIT %(limit)s
"""
# Sessions with room of the offers in which one has a place: of one offer, or where one chose none yet.
_CHOICES = """
SELECT o.title, s.id, s.title, s.place, s.starts_at, s.capacity - s.booked
FROM programmes_application a
JOIN programmes_offer o ON o.id = a.offer_id
JOIN programmes_session s ON s.offer_id = o.id AND s.starts_at > %(now)s AND s.closed_at IS NULL
    AND s.booked < s.capacity AND (s.pool_id IS NULL OR s.pool_id = a.pool_id)
WHERE a.worker_id = %(worker)s AND a.state = 4
  AND CASE WHEN %(offer)s::text IS NULL THEN NOT EXISTS (
        SELECT 1 FROM programmes_booking b WHERE b.application_id = a.id AND b.ended_at IS NULL)
      ELSE o.code = %(offer)s END
ORDER BY s.starts_at, s.id LIMIT 50
"""


def list_my_bookings(worker_id: int) -> list[MyBooking]:
    """Return one's bookings, the latest session first."""
    values = {"worker": worker_id, "booking": None, "limit": MINE_LIMIT}
    return [_mine(row) for row in fetch_all(_MINE, values)]


def get_my_booking(booking_id: int, worker_id: int | None) -> MyBooking:
    """Return one's own booking; raise ``NotFound`` for anybody else's."""
    values = {"worker": worker_id or 0, "booking": booking_id, "limit": 1}
    rows = fetch_all(_MINE, values)
    if not rows:
        raise NotFound()
    return _mine(rows[0])


def list_choices(
    worker_id: int, *, now: datetime, offer_code: str | None = None
) -> list[tuple[str, Choice]]:
    """Return the sessions that one may choose, each with the title of its offer."""
    rows = fetch_all(_CHOICES, {"worker": worker_id, "now": now, "offer": offer_code})
    return [(row[0], Choice(*row[1:])) for row in rows]


_OPEN_TO = """
SELECT o.code, o.title, s.id, s.title, s.place, s.starts_at, s.capacity - s.booked
FROM programmes_application a
JOIN programmes_offer o ON o.id = a.offer_id
JOIN programmes_session s ON s.offer_id = o.id AND s.starts_at > %(now)s AND s.closed_at IS NULL
    AND s.booked < s.capacity AND (s.pool_id IS NULL OR s.pool_id = a.pool_id)
WHERE a.worker_id = %(worker)s AND a.state = 4 AND NOT EXISTS (
    SELECT 1 FROM programmes_booking b JOIN programmes_session h ON h.id = b.session_id
    WHERE b.application_id = a.id AND b.ended_at IS NULL
      AND (h.id = s.id OR h.change_until <= %(now)s))
ORDER BY s.starts_at, s.id LIMIT 50
"""


def list_open_to(worker_id: int, *, now: datetime) -> dict[tuple[str, str], list[Choice]]:
    """Return by offer (code, title) the sessions that one may go to now, instead of where one is."""
    found: dict[tuple[str, str], list[Choice]] = {}
    for row in fetch_all(_OPEN_TO, {"worker": worker_id, "now": now}):
        found.setdefault((row[0], row[1]), []).append(Choice(*row[2:]))
    return found


def find_held_session(session_id: int, *, worker_id: int) -> tuple[str, int | None]:
    """Return the title of the offer of a session, and where one goes of that offer now; None nowhere.

    Raises ``NotFound``.
    """
    wanted = Session.objects.select_related("offer").filter(id=session_id).first()
    if wanted is None:
        raise NotFound()
    held = Booking.objects.filter(
        application__worker_id=worker_id, session__offer_id=wanted.offer_id, ended_at=None
    ).order_by("session__starts_at")
    return wanted.offer.title, held.values_list("session_id", flat=True).first()


def _mine(row: Any) -> MyBooking:
    excuse = None if row[11] is None else Excuse(row[11])
    attended = None if row[13] is None else Attended(row[13])
    values = [*row[:11], excuse, row[12], attended, row[14]]
    return MyBooking(*values)


# ---- the desk ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in the list of an offer."""

    id: int
    title: str
    place: str
    series: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    booked: int
    came: int
    absent: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody booked for a session; the desk sees the name, not the number."""

    booking_id: int
    name: str
    code: str
    attended: Attended | None
    arrived_at: datetime | None
    excuse: Excuse | None
    excuse_granted: bool | None


@dataclass(frozen=True, slots=True)
class DeskSession:
    """A session for the desk."""

    row: SessionRow
    offer_id: int
    offer_title: str
    gates: tuple[Gate, ...]
    answers: Answers
    scans: tuple[tuple[int, int], ...]
    may_manage: bool


_KINDS = """
    (SELECT count(*) FROM (
        SELECT DISTINCT ON (t.booking_id) t.kind FROM programmes_attendance t
        WHERE t.session_id = s.id AND t.reverses_id IS NULL
        ORDER BY t.booking_id, t.round DESC) x WHERE x.kind IN ({kinds}))
"""
_SESSIONS = f"""
SELECT s.id, s.title, s.place, s.series, s.starts_at, s.ends_at, s.capacity, s.booked,
       {_KINDS.format(kinds="1, 2")}, {_KINDS.format(kinds="3")}, s.closed_at IS NOT NULL
FROM programmes_session s WHERE {{where}} ORDER BY s.starts_at, s.id LIMIT %(limit)s
"""
_PEOPLE = f"""
SELECT b.id, w.name, b.code, {_STANDS},
       (SELECT t.arrived_at FROM programmes_attendance t
        WHERE t.booking_id = b.id AND t.reverses_id IS NULL ORDER BY t.round DESC LIMIT 1),
       b.excuse, b.excuse_granted
FROM programmes_booking b
JOIN programmes_application a ON a.id = b.application_id
JOIN people_worker w ON w.id = a.worker_id
WHERE b.session_id = %(session)s AND b.ended_at IS NULL AND b.id > %(after)s
ORDER BY b.id LIMIT %(limit)s
"""
_SCANS = """
SELECT outcome, count(*) FROM programmes_scan WHERE session_id = %(session)s
GROUP BY outcome ORDER BY outcome
"""


def list_sessions(offer_id: int) -> list[SessionRow]:
    """Return the sessions of an offer in their order; the caller has checked the scope."""
    statement = _SESSIONS.format(where="s.offer_id = %(offer)s")
    values = {"offer": offer_id, "limit": SESSIONS_LIMIT}
    return [SessionRow(*row) for row in fetch_all(statement, values)]


def get_desk_session(session_id: int, *, actor: Actor, on: date) -> DeskSession:
    """Return a session in the actor's scope as it stands on a day; raise ``NotFound``."""
    found = Session.objects.select_related("offer").filter(id=session_id).first()
    if found is None:
        raise NotFound()
    path = get_union(found.offer.union_id).path
    permissions.check_can_view(actor, path=path)
    statement = _SESSIONS.format(where="s.id = %(session)s")
    rows = fetch_all(statement, {"session": session_id, "limit": 1})
    return DeskSession(
        row=SessionRow(*rows[0]),
        offer_id=found.offer_id,
        offer_title=found.offer.title,
        gates=tuple(Gate.objects.filter(session_id=session_id).order_by("id")[:40]),
        answers=count_answers(found.offer_id, on=on, session_id=session_id),
        scans=tuple(fetch_all(_SCANS, {"session": session_id})),
        may_manage=permissions.can_manage(actor, path=path),
    )


def list_people(session_id: int, *, after: int = 0) -> tuple[list[PersonRow], int | None]:
    """Return who is booked, and where the next page begins; the caller has checked the scope."""
    values = {"session": session_id, "after": after, "limit": 101}
    rows = [
        PersonRow(
            row[0], row[1], row[2], None if row[3] is None else Attended(row[3]), row[4],
            None if row[5] is None else Excuse(row[5]), row[6],
        )
        for row in fetch_all(_PEOPLE, values)
    ]  # fmt: skip
    return rows[:100], rows[99].booking_id if len(rows) > 100 else None


# ---- the door ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Door:
    """What a gate shows of its session."""

    gate: Gate
    offer_title: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    late_minutes: int
    booked: int


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """All that a provider sees of a person: name, age band, booking code."""

    name: str
    age_band: str
    code: str


_DOOR_PEOPLE = f"""
SELECT w.name, w.birth_on, b.code, w.id, {_STANDS} IN (1, 2)
FROM programmes_booking b
JOIN programmes_application a ON a.id = b.application_id
JOIN people_worker w ON w.id = a.worker_id
WHERE b.session_id = %(session)s AND b.ended_at IS NULL
ORDER BY w.name_key, w.name, b.id LIMIT %(limit)s
"""
DOOR_LIMIT = 5_000


def get_door(gate_id: int) -> Door:
    """Return what a gate leads to; raise ``NotFound``. Whether it is open is for the caller."""
    gate = Gate.objects.select_related("session__offer").filter(id=gate_id).first()
    if gate is None:
        raise NotFound()
    session = gate.session
    return Door(gate, session.offer.title, session.title, session.place, session.starts_at,
                session.ends_at, session.late_minutes, session.booked)  # fmt: skip


def list_digests(door: Door) -> list[dict[str, Any]]:
    """Return what a device keeps of the list: digests of code and card number, the masked name.

    The digest is SHA-256 over the gate's salt and the code, cut to ``DIGEST_HEX`` digits: enough to
    tell that a code is on the list, and nothing else of the person but his surname.
    """
    values = {"session": door.gate.session_id, "limit": DOOR_LIMIT}
    return [
        {
            "code": _digest(door.gate.salt, code),
            "card": _digest(door.gate.salt, card_number(worker_id)),
            "name": mask_name(name),
            "here": bool(is_here),
        }
        for name, _, code, worker_id, is_here in fetch_all(_DOOR_PEOPLE, values)
    ]


def list_for_provider(door: Door, *, on: date) -> list[ListedPerson]:
    """Return the list of a provider: name, age band, booking code, and nothing else."""
    values = {"session": door.gate.session_id, "limit": DOOR_LIMIT}
    return [
        ListedPerson(name, age_band(birth_on, on), code)
        for name, birth_on, code, *_ in fetch_all(_DOOR_PEOPLE, values)
    ]


def age_band(birth_on: date | None, on: date) -> str:
    """Return the age in steps of ten years: 30 到 39 岁; 不详 without a day of birth."""
    if birth_on is None:
        return "不详"
    age = on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day))
    if age < 20:
        return "20 岁以下"
    if age >= 60:
        return "60 岁及以上"
    return f"{age // 10 * 10} 到 {age // 10 * 10 + 9} 岁"


def _digest(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()[:DIGEST_HEX]
