"""Slots become sessions, so that who comes at his hour is checked in by card or code as anybody else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes.actions.sessions import (
    MOST_SESSIONS,
    SessionDraft,
    create_session,
    lock_offer,
    place_unplaced,
)
from nuanxin.programmes.models import Offer, Seat, Session
from nuanxin.programmes.states import Way

LONGEST_MINUTES = 24 * 60
_OFFERS_A_RUN = 100


@dataclass(frozen=True, slots=True)
class SlotsDraft:
    """What all slots of an offer have in common: where, how long, what to bring."""

    place: str
    minutes: int
    bring: str = ""
    change_hours: int = 24


@transaction.atomic
def make_slot_sessions(*, offer_id: int, draft: SlotsDraft, actor: Actor, now: datetime) -> int:
    """Make a session of each slot to come that has none, and put who holds a slot in it.

    Return how many were made. Raises ``NotFound``, ``Forbidden``, ``Malformed``, ``Conflict``
    programmes.no_slots.
    """
    offer = lock_offer(offer_id, actor)
    if not 1 <= draft.minutes <= LONGEST_MINUTES:
        raise Malformed("programmes.slot_minutes", f"一个时段写 1 到 {LONGEST_MINUTES} 分钟。")
    slots = _slots_without_session(offer, now)
    if not slots:
        raise Conflict("programmes.no_slots", "没有还缺场次的时段：都排好了，或者时段都过了。")
    for at, places in slots:
        create_session(
            offer_id=offer_id,
            draft=SessionDraft(
                title=f"{at.astimezone(SHANGHAI):%H:%M} 时段",
                place=draft.place,
                starts_at=at,
                ends_at=at + timedelta(minutes=draft.minutes),
                capacity=places,
                bring=draft.bring,
                change_hours=draft.change_hours,
            ),
            actor=actor,
            now=now,
        )
    place_unplaced(offer, now=now)
    return len(slots)


def _slots_without_session(offer: Offer, now: datetime) -> list[tuple[datetime, int]]:
    taken = set(Session.objects.filter(offer=offer).values_list("starts_at", flat=True))
    slots = Seat.objects.filter(offer=offer, slot_at__gt=now).values_list("slot_at")
    counted = slots.annotate(places=Count("id")).order_by("slot_at")[:MOST_SESSIONS]
    return [(at, places) for at, places in counted if at is not None and at not in taken]


_WAITING = """
SELECT o.id FROM programmes_offer o
WHERE o.way = %(way)s
  AND EXISTS (SELECT 1 FROM programmes_session s
              WHERE s.offer_id = o.id AND s.starts_at > %(now)s AND s.closed_at IS NULL
                AND s.booked < s.capacity)
  AND EXISTS (SELECT 1 FROM programmes_application a
              WHERE a.offer_id = o.id AND a.state = 4
                AND NOT EXISTS (SELECT 1 FROM programmes_booking b
                                WHERE b.application_id = a.id AND b.ended_at IS NULL))
ORDER BY o.id LIMIT %(limit)s
"""


def place_slot_holders(*, now: datetime) -> int:
    """Put who took a slot since the last run into its session; return how many. Each offer by itself."""
    values = {"way": int(Way.SLOT), "now": now, "limit": _OFFERS_A_RUN}
    placed = 0
    for (offer_id,) in fetch_all(_WAITING, values):
        with transaction.atomic():
            offer = Offer.objects.select_for_update().get(id=offer_id)
            placed += place_unplaced(offer, now=now)
    return placed
