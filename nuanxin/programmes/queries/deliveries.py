"""Who of an offer has what he was promised, and who has not yet: for the desk."""

from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.kernel.actor import Actor
from nuanxin.membership.queries.members import masked
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes.queries.desk import DeskOffer, get_desk_offer

PAGE_LIMIT = 100
RECENT_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Promised:
    """Somebody who has a place and nothing recorded yet; ``id`` is the application's."""

    id: int
    name: str
    masked_phone: str
    union_name: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """One recorded delivery; ``is_taken_back`` when it does not count any more."""

    id: int
    name: str
    masked_phone: str
    day: date
    recorded_by_name: str
    recorded_at: datetime
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The page of an offer. ``following`` is where the next page of ``promised`` begins."""

    offer: DeskOffer
    with_place: int
    recorded: int
    promised: tuple[Promised, ...]
    following: int | None
    delivered: tuple[Delivered, ...]


_COUNTS = """
SELECT (SELECT count(*) FROM programmes_seat s JOIN programmes_application a ON a.seat_id = s.id
        WHERE s.offer_id = %(offer)s AND a.state = 4),
       (SELECT count(*) FROM (
            SELECT application_id FROM programmes_delivery WHERE offer_id = %(offer)s
            GROUP BY application_id HAVING sum(step) > 0) had)
"""
_PROMISED = """
SELECT a.id, w.name, w.phone_hint, u.name
FROM programmes_seat s JOIN programmes_application a ON a.seat_id = s.id
JOIN people_worker w ON w.id = a.worker_id
LEFT JOIN membership_membership m ON m.worker_id = w.id AND m.ended_on IS NULL
LEFT JOIN orgs_union u ON u.id = m.union_id
WHERE s.offer_id = %(offer)s AND a.state = 4 AND a.id > %(after)s
  AND coalesce((SELECT sum(d.step) FROM programmes_delivery d
                WHERE d.application_id = a.id AND d.offer_id = %(offer)s), 0) = 0
ORDER BY a.id LIMIT %(limit)s
"""
_DELIVERED = """
SELECT d.id, w.name, w.phone_hint, d.day, d.recorded_by_name, d.recorded_at,
       EXISTS (SELECT 1 FROM programmes_delivery b WHERE b.corrects_id = d.id)
FROM programmes_delivery d JOIN people_worker w ON w.id = d.worker_id
WHERE d.offer_id = %(offer)s AND d.step = 1
ORDER BY d.id DESC LIMIT %(limit)s
"""


def get_deliveries(offer_id: int, *, actor: Actor, after: int = 0) -> Deliveries:
    """Return who waits for what he was promised and who had it lately; raise ``NotFound``."""
    offer = get_desk_offer(offer_id, actor=actor)
    with_place, recorded = fetch_all(_COUNTS, {"offer": offer_id})[0]
    rows = fetch_all(_PROMISED, {"offer": offer_id, "after": after, "limit": PAGE_LIMIT + 1})
    recent = fetch_all(_DELIVERED, {"offer": offer_id, "limit": RECENT_LIMIT})
    return Deliveries(
        offer=offer,
        with_place=int(with_place),
        recorded=int(recorded),
        promised=tuple(Promised(r[0], r[1], _phone(r[2]), r[3] or "") for r in rows[:PAGE_LIMIT]),
        following=rows[PAGE_LIMIT - 1][0] if len(rows) > PAGE_LIMIT else None,
        delivered=tuple(Delivered(r[0], r[1], _phone(r[2]), *r[3:]) for r in recent),
    )


def _phone(hint: str | None) -> str:
    return masked(hint, 3, 4) if hint else ""
