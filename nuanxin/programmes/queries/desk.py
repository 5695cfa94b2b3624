"""Offers, pools and places as the officials of a union see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.occupations import by_key
from nuanxin.membership.queries.members import masked
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Draw, Offer
from nuanxin.programmes.queries.offers import OfferRow, get_offer_by_id
from nuanxin.programmes.states import ClaimState, OfferState, Way

PAGE_LIMIT = 50
AWARDS_LIMIT = 100
EXPORT_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class DeskRow:
    """An offer in the list of the desk."""

    id: int
    code: str
    title: str
    union_name: str
    state: OfferState
    way: Way
    places: int
    taken: int
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool with what became of its places."""

    label: str
    places: int
    directed: int
    taken: int
    waiting: int
    families: int = 0


@dataclass(frozen=True, slots=True)
class AwardRow:
    """Somebody with a place; the phone is masked. ``basis_of``: what the rule said is kept of it.

    ``party`` is the number of the family that asked together, ``together`` how many of it have places.
    """

    number: int
    name: str
    masked_phone: str
    occupation: str
    union_name: str
    pool: str
    is_directed: bool
    state: ClaimState
    taken_at: datetime
    basis_of: int | None = None
    party: int | None = None
    together: int = 0


@dataclass(frozen=True, slots=True)
class DeskOffer:
    """One offer for the desk."""

    row: OfferRow
    union_path: str
    proof: tuple[str, ...]
    pools: tuple[PoolRow, ...]
    draw: Draw | None
    may_manage: bool
    may_export: bool


_LIST = """
SELECT o.id, o.code, o.title, u.name, o.state, o.way, o.places,
       (SELECT count(*) FROM programmes_seat s WHERE s.offer_id = o.id)
           - (SELECT count(*) FROM programmes_freeseat f WHERE f.offer_id = o.id),
       o.closes_at
FROM programmes_offer o JOIN orgs_union u ON u.id = o.union_id
WHERE EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))
  AND (%(after)s::bigint IS NULL OR o.id < %(after)s)
ORDER BY o.id DESC LIMIT %(limit)s
"""
_POOLS = """
WITH held AS (
    SELECT a.pool_id, count(*) AS held
    FROM programmes_seat s JOIN programmes_application a ON a.seat_id = s.id
    WHERE s.offer_id = %(offer)s GROUP BY a.pool_id
)
SELECT p.label, p.places, p.directed,
       coalesce(h.held, 0),
       (SELECT count(*) FROM programmes_application a WHERE a.pool_id = p.id AND a.state = 2),
       (SELECT count(DISTINCT a.party_id) FROM programmes_application a
        WHERE a.pool_id = p.id AND a.state = 2)
FROM programmes_pool p LEFT JOIN held h ON h.pool_id = p.id
WHERE p.offer_id = %(offer)s ORDER BY p.ordinal LIMIT 200
"""
_AWARDS = """
SELECT s.ordinal, w.name, w.phone_hint, m.occupation, u.name, p.label, a.is_directed, a.state,
       a.taken_at, basis.application_id, a.party_id,
       (SELECT count(*) FROM programmes_application b
        WHERE b.party_id = a.party_id AND b.state IN (3, 4, 7))
FROM programmes_seat s JOIN programmes_application a ON a.seat_id = s.id
LEFT JOIN programmes_awardbasis basis ON basis.application_id = a.id
JOIN programmes_pool p ON p.id = a.pool_id
JOIN people_worker w ON w.id = a.worker_id
LEFT JOIN membership_membership m ON m.worker_id = w.id AND m.ended_on IS NULL
LEFT JOIN orgs_union u ON u.id = m.union_id
WHERE s.offer_id = %(offer)s AND s.ordinal > %(after)s
ORDER BY s.ordinal LIMIT %(limit)s
"""


def list_desk_offers(*, actor: Actor, after: int | None = None) -> tuple[list[DeskRow], int | None]:
    """Return the offers below the actor's unions, the latest first, and where the next page begins."""
    values = {
        "paths": list(policy.scope_paths(actor, permissions.VIEW)),
        "after": after,
        "limit": PAGE_LIMIT + 1,
    }
    rows = [
        DeskRow(r[0], r[1], r[2], r[3], OfferState(r[4]), Way(r[5]), *r[6:])
        for r in fetch_all(_LIST, values)
    ]
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


def get_desk_offer(offer_id: int, *, actor: Actor) -> DeskOffer:
    """Return an offer in the actor's scope with pools, proof and draw; raise ``NotFound``."""
    row = get_offer_by_id(offer_id)
    offer = Offer.objects.only("union_id", "proof").get(id=offer_id)
    path = get_union(offer.union_id).path
    permissions.check_can_view(actor, path=path)
    return DeskOffer(
        row=row,
        union_path=path,
        proof=tuple(offer.proof),
        pools=tuple(PoolRow(*r) for r in fetch_all(_POOLS, {"offer": offer_id})),
        draw=Draw.objects.filter(offer_id=offer_id).first() if row.way is Way.DRAW else None,
        may_manage=permissions.can_manage(actor, path=path),
        may_export=policy.may(actor, permissions.EXPORT, path=path),
    )


def get_offer_row(offer_id: int) -> Offer:
    """Return the row of an offer whose scope the caller has checked; raise ``NotFound``."""
    found = Offer.objects.filter(id=offer_id).first()
    if found is None:
        raise NotFound()
    return found


def list_awards(
    offer_id: int, *, after: int = -1, limit: int = AWARDS_LIMIT
) -> tuple[list[AwardRow], int | None]:
    """Return who has a place, in the order of the places; the caller has checked the scope."""
    size = min(limit, EXPORT_LIMIT)
    rows = fetch_all(_AWARDS, {"offer": offer_id, "after": after, "limit": size + 1})
    return [_award(row) for row in rows[:size]], rows[size - 1][0] if len(rows) > size else None


def _award(row: Any) -> AwardRow:
    return AwardRow(
        number=row[0],
        name=row[1],
        masked_phone=masked(row[2], 3, 4) if row[2] else "",
        occupation=by_key(row[3]).label if row[3] is not None else "",
        union_name=row[4] or "",
        pool=row[5],
        is_directed=row[6],
        state=ClaimState(row[7]),
        taken_at=row[8],
        basis_of=row[9],
        party=row[10],
        together=row[11],
    )
