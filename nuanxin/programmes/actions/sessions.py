"""Sessions of an offer are made; people with a place are put into them, or choose and change themselves."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.text import as_written
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Booking, Offer, Session
from nuanxin.programmes.rules.attendance import Excuse
from nuanxin.programmes.rules.booking_codes import ALPHABET, BOOKING_LENGTH, with_check_sign
from nuanxin.programmes.rules.fulfilment import may_change
from nuanxin.records.actions import append_event, logged_name

MOST_SESSIONS = 200
MOST_PLACED = 20_000
MOST_CAPACITY = 100_000


@dataclass(frozen=True, slots=True)
class SessionDraft:
    """What an official says of a session; ``series`` None: a series of its own."""

    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    bring: str = ""
    change_hours: int = 24
    late_minutes: int = 15
    series: int | None = None
    pool_id: int | None = None


@transaction.atomic
def create_session(*, offer_id: int, draft: SessionDraft, actor: Actor, now: datetime) -> Session:
    """Add a session to an offer. Raises ``NotFound``, ``Forbidden``, and ``Malformed``.

    Sessions that are said to belong together take the same people: their capacity is the smallest.
    """
    offer = lock_offer(offer_id, actor)
    count = Session.objects.filter(offer=offer).count()
    if count >= MOST_SESSIONS:
        raise Malformed("programmes.too_many_sessions", f"一期最多 {MOST_SESSIONS} 场。")
    if draft.ends_at <= draft.starts_at:
        raise Malformed("programmes.session_ends_first", "结束要在开始以后。")
    if not 1 <= draft.capacity <= MOST_CAPACITY:
        raise Malformed("programmes.session_capacity", f"容量要在 1 到 {MOST_CAPACITY:,} 之间。")
    if not draft.place.strip() or not draft.title.strip():
        raise Malformed("programmes.session_place", "写清这一场叫什么、在哪里。")
    series = draft.series or 1 + (
        Session.objects.filter(offer=offer)
        .order_by("-series")
        .values_list("series", flat=True)
        .first()
        or 0
    )
    if (
        draft.series
        and Booking.objects.filter(session__offer=offer, series=series, ended_at=None).exists()
    ):
        raise Conflict("programmes.series_is_booked", "这一班已经有人约了，不能再加场次。")
    made = Session.objects.create(
        offer=offer,
        pool_id=draft.pool_id,
        series=series,
        title=as_written(draft.title)[:40],
        place=as_written(draft.place)[:100],
        bring=as_written(draft.bring)[:200],
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        change_until=draft.starts_at - timedelta(hours=max(draft.change_hours, 0)),
        late_minutes=draft.late_minutes,
        capacity=draft.capacity,
        created_at=now,
        created_by=actor.account_id,
        created_by_name=logged_name(actor)[:60],
    )
    _log("programmes.session_made", made.id, offer.union_id, actor, now)
    return made


# Those with a place and without a session, each with his slot and pool, in the order of the places.
_UNPLACED = """
SELECT a.id, a.pool_id, s.slot_at FROM programmes_seat s
JOIN programmes_application a ON a.seat_id = s.id
WHERE s.offer_id = %(offer)s AND a.state = 4 AND NOT EXISTS (
    SELECT 1 FROM programmes_booking b WHERE b.application_id = a.id AND b.ended_at IS NULL)
ORDER BY s.ordinal LIMIT %(limit)s FOR UPDATE OF a
"""
_INSERT = """
INSERT INTO programmes_booking
    (session_id, application_id, series, code, made_at, excuse_decided_by_name)
SELECT x.session, x.application, x.series, x.code, %(now)s, ''
FROM unnest(%(sessions)s::bigint[], %(applications)s::bigint[], %(series)s::smallint[],
            %(codes)s::text[]) AS x (session, application, series, code)
"""


@transaction.atomic
def place_people(*, offer_id: int, actor: Actor, now: datetime) -> int:
    """Put everybody with a place and without a session into one; return how many found room.

    Who has a slot goes to the sessions that begin then; the others fill the series in the order of
    their first day. Raises ``NotFound``, ``Forbidden``.
    """
    offer = lock_offer(offer_id, actor)
    placed = place_unplaced(offer, now=now)
    _log("programmes.people_placed", offer_id, offer.union_id, actor, now, persons=placed)
    return placed


def place_unplaced(offer: Offer, *, now: datetime) -> int:
    """Do what ``place_people`` does, for a caller who has locked the offer and may."""
    sessions = list(
        Session.objects.select_for_update()
        .filter(offer=offer, closed_at=None, starts_at__gt=now)
        .order_by("starts_at", "id")[:MOST_SESSIONS]
    )
    with connection.cursor() as cursor:
        cursor.execute(_UNPLACED, {"offer": offer.id, "limit": MOST_PLACED})
        waiting = cursor.fetchall()
    rooms = _Rooms(sessions)
    chosen = [
        (application, found)
        for application, pool, slot in waiting
        if (found := rooms.take(pool, slot))
    ]
    book(chosen, now=now)
    return len(chosen)


class _Rooms:
    """Series with what is left in them."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self.series: dict[int, list[Session]] = {}
        for session in sessions:
            self.series.setdefault(session.series, []).append(session)
        self.left = {
            number: min(one.capacity - one.booked for one in of_it)
            for number, of_it in self.series.items()
        }

    def take(self, pool_id: int, slot_at: datetime | None) -> list[Session]:
        """Return the sessions of the first series that has room for somebody, empty without."""
        for number, sessions in self.series.items():
            first = sessions[0]
            if self.left[number] < 1 or (first.pool_id not in (None, pool_id)):
                continue
            if slot_at is not None and first.starts_at != slot_at:
                continue
            self.left[number] -= 1
            return sessions
        return []


def book(chosen: Sequence[tuple[int, Sequence[Session]]], *, now: datetime) -> None:
    """Write the bookings of applications, each with a code of its own. The caller holds the locks."""
    rows = [(one.id, application, one.series) for application, of_it in chosen for one in of_it]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "sessions": [row[0] for row in rows],
                "applications": [row[1] for row in rows],
                "series": [row[2] for row in rows],
                "codes": new_codes(len(rows)),
                "now": now,
            },
        )


def new_codes(count: int, *, length: int = BOOKING_LENGTH) -> list[str]:
    """Return so many different codes that nobody can guess."""
    found: set[str] = set()
    while len(found) < count:
        drawn = [secrets.randbelow(len(ALPHABET)) for _ in range(length - 1)]
        found.add(with_check_sign(drawn))
    return list(found)


_OWN = """
SELECT a.id, a.pool_id FROM programmes_application a
WHERE a.worker_id = %(worker)s AND a.offer_id = %(offer)s AND a.state = 4 FOR UPDATE
"""


@transaction.atomic
def choose_session(*, session_id: int, actor: Actor, now: datetime) -> int:
    """Go to this session (and those of its series), instead of where one was; return the booking.

    Raises ``NotFound`` without a place of the offer; ``Conflict`` programmes.session_full,
    programmes.too_late_to_change, programmes.session_over, programmes.session_of_others.
    """
    wanted = Session.objects.filter(id=session_id).first()
    if wanted is None or actor.worker_id is None:
        raise NotFound()
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {"worker": actor.worker_id, "offer": wanted.offer_id})
        own = cursor.fetchone()
    if own is None:
        raise NotFound()
    held = list(
        Booking.objects.select_related("session").filter(application_id=own[0], ended_at=None)
    )
    same = next((one for one in held if one.session_id == session_id), None)
    if same is not None:
        return same.id
    # Both series are locked in the order of their keys, so that two who change over do not wait in a ring.
    series = list(
        Session.objects.select_for_update()
        .filter(offer_id=wanted.offer_id, series__in={wanted.series, *(one.series for one in held)})
        .order_by("id")
    )
    target = sorted(
        (one for one in series if one.series == wanted.series), key=lambda one: one.starts_at
    )
    _check_choice(target, held, pool_id=own[1], now=now)
    Booking.objects.filter(id__in=[one.id for one in held]).update(ended_at=now)
    book([(own[0], target)], now=now)
    made = Booking.objects.get(session_id=session_id, application_id=own[0], ended_at=None)
    _log("programmes.session_chosen", made.id, None, actor, now)
    return made.id


def _check_choice(
    target: Sequence[Session], held: Sequence[Booking], *, pool_id: int, now: datetime
) -> None:
    if any(one.starts_at <= now or one.closed_at is not None for one in target):
        raise Conflict("programmes.session_over", "这一场已经开始了。换后面的一场。")
    if target[0].pool_id not in (None, pool_id):
        raise Conflict("programmes.session_of_others", "这一场留给了别的名额份。换一场。")
    for one in held:
        may_change(change_until=one.session.change_until, now=now).insist()
    if any(one.booked >= one.capacity for one in target):
        raise Conflict("programmes.session_full", "这一场约满了。换一场，或者晚点再看看。")


@transaction.atomic
def leave_session(*, booking_id: int, actor: Actor, now: datetime) -> bool:
    """Go to no session for now and keep the place; False when the booking had ended.

    Sessions that belong together are left together. Raises ``NotFound`` for somebody else's,
    ``Conflict`` programmes.too_late_to_change.
    """
    found = Booking.objects.filter(
        id=booking_id, application__worker_id=actor.worker_id or 0
    ).first()
    if found is None:
        raise NotFound()
    held = list(
        Booking.objects.select_for_update(of=("self",))
        .select_related("session")
        .filter(application_id=found.application_id, series=found.series, ended_at=None)
        .order_by("id")
    )
    if not any(one.id == booking_id for one in held):
        return False
    for one in held:
        may_change(change_until=one.session.change_until, now=now).insist()
    Booking.objects.filter(id__in=[one.id for one in held]).update(ended_at=now)
    _log("programmes.session_left", booking_id, None, actor, now)
    return True


@transaction.atomic
def ask_excuse(*, booking_id: int, reason: Excuse, actor: Actor, now: datetime) -> None:
    """Say that one cannot come; an officer decides. Said again, the first stays.

    Raises ``NotFound`` for somebody else's, ``Conflict`` programmes.session_closed.
    """
    booking = (
        Booking.objects.select_for_update(of=("self",))
        .select_related("session")
        .filter(id=booking_id, ended_at=None, application__worker_id=actor.worker_id or 0)
        .first()
    )
    if booking is None:
        raise NotFound()
    if booking.excuse is not None:
        return
    if now >= booking.session.ends_at + timedelta(days=7):
        raise Conflict("programmes.session_closed", "这一场过去一周多了，请打 12351 说明。")
    booking.excuse, booking.excused_at = int(reason), now
    booking.save(update_fields=["excuse", "excused_at"])
    _log("programmes.excuse_asked", booking.id, None, actor, now)


def lock_offer(offer_id: int, actor: Actor) -> Offer:
    """Return the offer, locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    offer = Offer.objects.select_for_update().filter(id=offer_id).first()
    if offer is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=get_union(offer.union_id).path)
    return offer


def lock_session(session_id: int, actor: Actor) -> Session:
    """Return the session, locked; raise as ``lock_offer`` does."""
    session = Session.objects.select_for_update().filter(id=session_id).first()
    if session is None:
        raise NotFound()
    union_id = Offer.objects.values_list("union_id", flat=True).get(id=session.offer_id)
    permissions.check_can_manage(actor, path=get_union(union_id).path)
    return session


def _log(
    kind: str, subject_id: int, union_id: int | None, actor: Actor, now: datetime, **data: Any
) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_session",
        subject_id=subject_id,
        union_id=union_id,
        data=data or None,
    )
