"""Places that are added to a published offer: nobody gets fewer, what was announced is the floor."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.programmes.actions.offers import MOST_PLACES, _for_update
from nuanxin.programmes.actions.passing_on import pass_on_places
from nuanxin.programmes.models import Draw, Offer, Pool
from nuanxin.programmes.rules.quota import Split, split_places
from nuanxin.programmes.states import OfferState, Way
from nuanxin.records.actions import append_event

_GROWING = (OfferState.OPEN, OfferState.CLOSED, OfferState.AWARDED)
# Behind the last seat, pool by pool; of the new ones as many directed as the pool's share has grown.
_SEATS = """
INSERT INTO programmes_seat (offer_id, pool_id, ordinal, is_directed)
SELECT %(offer)s, g.pool, l.last + row_number() OVER (ORDER BY g.at, n), n <= g.directed
FROM unnest(%(pools)s::bigint[], %(places)s::int[], %(directed)s::int[])
         WITH ORDINALITY AS g (pool, places, directed, at)
CROSS JOIN LATERAL generate_series(1, g.places) AS n
CROSS JOIN (SELECT coalesce(max(ordinal), -1) AS last FROM programmes_seat
            WHERE offer_id = %(offer)s) AS l
"""


def preview_more_places(offer: Offer, more: int) -> Split:
    """Return how all places would be shared with ``more`` of them; raise ``Conflict`` or ``Malformed``.

    No pool has fewer places, nor fewer directed ones, than it has been told.
    """
    _check(offer, more)
    pools = _pools(offer)
    weights = [pool.directed_weight for pool in pools]
    return split_places(
        offer.places + more,
        [Fraction(pool.weight) for pool in pools],
        directed_permille=offer.directed_permille,
        directed_weights=None if None in weights else [Fraction(w or 0) for w in weights],
        announced=[pool.places for pool in pools],
        announced_directed=[pool.directed for pool in pools],
        names=[pool.label for pool in pools],
    )


def add_places(*, offer_id: int, more: int, actor: Actor, now: datetime) -> Split:
    """Add places to a published offer; those who wait get them at once, in their order.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` programmes.places_fixed, ``Malformed``. Places are
    passed on statement by statement: call it outside a transaction.
    """
    offer, split = _add(offer_id, more, actor, now)
    for pool in _pools(offer):
        pass_on_places(pool_id=pool.id, hours=offer.confirm_hours, now=now)
    return split


@transaction.atomic
def _add(offer_id: int, more: int, actor: Actor, now: datetime) -> tuple[Offer, Split]:
    offer = _for_update(offer_id, actor)
    split = preview_more_places(offer, more)
    pools = _pools(offer)
    grown = [new - pool.places for new, pool in zip(split.places, pools, strict=True)]
    directed = [new - pool.directed for new, pool in zip(split.directed, pools, strict=True)]
    day = now.astimezone(SHANGHAI)
    offer.places += more
    offer.proof = [
        *offer.proof,
        f"{day.month} 月 {day.day} 日加 {more} 个名额，各份只增不减。",
        *split.proof,
    ]
    offer.save(update_fields=["places", "proof"])
    for pool, places, share in zip(pools, split.places, split.directed, strict=True):
        Pool.objects.filter(id=pool.id).update(places=places, directed=share)
    _make_seats(offer, pools, grown, directed)
    append_event(
        "programmes.places_added",
        actor=actor,
        at=now,
        subject_type="programme_offer",
        subject_id=offer.id,
        union_id=offer.union_id,
        data={"code": offer.code, "more": more, "places": offer.places, "by_pool": grown},
    )
    return offer, split


def _make_seats(
    offer: Offer, pools: Sequence[Pool], grown: Sequence[int], directed: Sequence[int]
) -> None:
    """Make the new seats; a share that grew by more than its pool turns free seats into directed."""
    values: dict[str, Any] = {
        "offer": offer.id,
        "pools": [pool.id for pool in pools],
        "places": list(grown),
        "directed": list(directed),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, values)


def _check(offer: Offer, more: int) -> None:
    if offer.state not in _GROWING:
        raise Conflict(
            "programmes.places_fixed",
            f"这一期现在是“{OfferState(offer.state).label}”，名额不能加。",
        )
    if offer.way == Way.SLOT:
        raise Conflict(
            "programmes.places_fixed", "预约时段的名额跟着时段走。要加，新开一期写上新的时段。"
        )
    if offer.state != OfferState.AWARDED and Draw.objects.filter(offer=offer).exists():
        raise Conflict(
            "programmes.places_fixed", "名单已经封存，名额是封存的一部分。抽完签以后再加。"
        )
    if not 1 <= more <= MOST_PLACES - offer.places:
        raise Malformed(
            "programmes.places", f"加的名额要在 1 到 {MOST_PLACES - offer.places:,} 之间。"
        )


def _pools(offer: Offer) -> list[Pool]:
    return list(Pool.objects.filter(offer=offer).order_by("ordinal"))
