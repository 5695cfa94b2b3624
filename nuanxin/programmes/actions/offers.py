"""An offer is drafted from a definition, its places shared among pools, published, closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db import connection, transaction

from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.kernel import occupations
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import Offer, Pool, Programme, Seat
from nuanxin.programmes.queries.definitions import find_definition
from nuanxin.programmes.queries.rule_versions import find_text, owner_of
from nuanxin.programmes.rules.definitions import Definition
from nuanxin.programmes.rules.quota import Split, split_places
from nuanxin.programmes.states import OfferState, Way, check_offer_move
from nuanxin.records.actions import append_event

MOST_POOLS = 200
MOST_PLACES = 200_000
MOST_SLOTS = 200
_CODE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class PoolDraft:
    """A pool before places are shared: for whom, and its weights."""

    label: str
    weight: int
    directed_weight: int | None = None
    region: int | None = None
    occupation: int | None = None
    union_path: str = ""


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """What an official says about an offer; the rest comes from the definition."""

    definition: str
    title: str
    way: Way
    places: int
    opens_at: datetime
    closes_at: datetime
    directed_permille: int = 0
    released_at: datetime | None = None
    pools: tuple[PoolDraft, ...] = ()
    slots: tuple[datetime, ...] = ()
    rule: str = ""
    """A rule begun at the desk, in the place of the definition's; "" for that one."""


def preview_split(draft: OfferDraft) -> Split:
    """Return how the places would be shared; raise ``Malformed``."""
    pools = draft.pools or (PoolDraft("全部", 1),)
    if len(pools) > MOST_POOLS:
        raise Malformed("programmes.too_many_pools", f"一期最多分 {MOST_POOLS} 份。")
    if not 1 <= draft.places <= MOST_PLACES:
        raise Malformed("programmes.places", f"名额要在 1 到 {MOST_PLACES:,} 之间。")
    directed = [pool.directed_weight for pool in pools]
    return split_places(
        draft.places,
        [pool.weight for pool in pools],
        directed_permille=draft.directed_permille,
        directed_weights=None if None in directed else [Fraction(w or 0) for w in directed],
        names=[pool.label for pool in pools],
    )


@transaction.atomic
def create_offer(*, draft: OfferDraft, union_id: int, actor: Actor, now: datetime) -> Offer:
    """Draft an offer of a union from a definition, with pools and one seat row a place.

    Raises ``NotFound`` for an unknown definition or a union out of scope, ``Malformed`` for a way
    that the definition does not allow or places that cannot be shared.
    """
    union = get_union(union_id)
    permissions.check_can_manage(actor, path=union.path)
    today = business_day(now)
    known = find_definition(draft.definition, today)
    if known is None or not known.is_for(union.path):
        raise NotFound()
    defined = known.definition
    if not defined.is_offered(today):
        raise Conflict(
            "programmes.definition_ended",
            f"{defined.title}办到 {defined.offered_until} 为止，不能再开新的一期。",
        )
    if draft.way not in defined.ways:
        words = "、".join(way.label for way in defined.ways)
        raise Malformed("programmes.way", f"{defined.title}的名额只能这样给：{words}。")
    if draft.closes_at <= draft.opens_at:
        raise Malformed("programmes.closes_first", "报名截止要在报名开始以后。")
    _check_slots(draft)
    if any(not pool.union_path.startswith(union.path) for pool in draft.pools if pool.union_path):
        raise Malformed("programmes.pool_elsewhere", "分份的工会要在主办工会下面。")
    rule = _rule_of(draft, defined, union.path, today)
    split = preview_split(draft)
    programme, _ = Programme.objects.get_or_create(
        code=defined.code,
        defaults={"title": defined.title, "kind": defined.kind, "created_at": now},
    )
    offer = Offer.objects.create(**_fields(draft, defined, split) | rule, union_id=union_id,
        programme=programme, definition_id=known.version_id, created_by=actor.account_id, created_by_name=actor.name[:60],
        created_at=now)  # fmt: skip
    _make_seats(offer, draft.pools or (PoolDraft("全部", 1),), split, draft.slots)
    _record("programmes.offer_drafted", offer, actor, now)
    return offer


def _check_slots(draft: OfferDraft) -> None:
    if draft.way is Way.SLOT and not 1 <= len(draft.slots) <= min(MOST_SLOTS, draft.places):
        raise Malformed(
            "programmes.slots", f"预约的要写出时段，至少一个，最多 {MOST_SLOTS} 个，不能比名额多。"
        )


def _fields(draft: OfferDraft, defined: Definition, split: Split) -> dict[str, object]:
    return {
        "code": uuid7().hex[-_CODE_LENGTH:],
        "title": draft.title,
        "about": defined.gives,
        "way": draft.way,
        "opens_at": draft.opens_at,
        "closes_at": draft.closes_at,
        "places": draft.places,
        "money_fen": defined.money_fen,
        "evidence": list(defined.evidence),
        "provider": defined.provider,
        "cost_bearer": defined.cost_bearer,
        "publicity_days": defined.publicity_days,
        "directed_permille": draft.directed_permille,
        "directed_occupations": _directed_of(defined, draft),
        "released_at": draft.released_at,
        "confirm_hours": defined.confirm_hours,
        "proof": list(split.proof),
    }


def _rule_of(draft: OfferDraft, defined: Definition, path: str, today: date) -> dict[str, object]:
    """Return the offer's rule and its conditions in words: the definition's, or one begun at the desk.

    That one must count already, so that it counts for as long as the offer lasts, and be of a union
    above.
    """
    if not draft.rule and (defined.conditions or not defined.rule):
        return {"rule_code": defined.rule, "conditions": list(defined.conditions)}
    code = draft.rule or defined.rule
    found = find_text(code, today)
    if found is None:
        raise Malformed("programmes.rule_not_in_force", "这条条件还没有开始用，定稿生效以后再选。")
    bound = read_checked(found.text, CATALOGUE, on=today)
    if not path.startswith(owner_of(bound.rule.jurisdiction).path):
        raise Malformed("programmes.rule_elsewhere", "这条条件是别的地方定的，这里不能用。")
    return {"rule_code": code, "conditions": [one.text for one in bound.conditions]}


def _directed_of(defined: Definition, draft: OfferDraft) -> list[int]:
    """Return the occupations that the directed share is for: the definition's, else the core four."""
    if not draft.directed_permille:
        return []
    day = business_day(draft.opens_at)
    four = [one.key for one in occupations.all_occupations(day) if one.is_core_four(day)]
    return list(defined.directed) or four


_SEATS = """
INSERT INTO programmes_seat (offer_id, pool_id, ordinal, is_directed, slot_at)
SELECT %(offer)s, p.id,
       row_number() OVER (ORDER BY p.ordinal, n) - 1, n <= p.directed,
       (%(slots)s::timestamptz[])[1 + (row_number() OVER (ORDER BY p.ordinal, n) - 1) %% %(count)s]
FROM programmes_pool p CROSS JOIN LATERAL generate_series(1, p.places) AS n
WHERE p.offer_id = %(offer)s
"""


def _make_seats(
    offer: Offer, pools: Sequence[PoolDraft], split: Split, slots: Sequence[datetime]
) -> None:
    """Make one row a place; slots share the places evenly, the earlier ones first."""
    Pool.objects.bulk_create(
        Pool(
            offer=offer,
            ordinal=number,
            label=pool.label[:60],
            region=pool.region,
            occupation=pool.occupation,
            union_path=pool.union_path,
            weight=pool.weight,
            directed_weight=pool.directed_weight,
            places=split.places[number],
            directed=split.directed[number],
        )
        for number, pool in enumerate(pools)
    )
    with connection.cursor() as cursor:
        given = sorted(slots) if offer.way == Way.SLOT else []
        values: dict[str, Any] = {"offer": offer.id, "slots": given, "count": max(len(given), 1)}
        cursor.execute(_SEATS, values)


@transaction.atomic
def publish_offer(*, offer_id: int, actor: Actor, now: datetime) -> None:
    """Let everybody see an offer and, from its time on, apply."""
    offer = _for_update(offer_id, actor)
    check_offer_move(OfferState(offer.state), OfferState.OPEN)
    if Seat.objects.filter(offer=offer).count() != offer.places:
        raise Conflict("programmes.seats", "名额和分下去的不一样多，请重新建一期。")
    _move(offer, OfferState.OPEN, actor, now, published_at=now)


@transaction.atomic
def close_offer(*, offer_id: int, actor: Actor, now: datetime) -> None:
    """End applying, before its time as well."""
    offer = _for_update(offer_id, actor)
    check_offer_move(OfferState(offer.state), OfferState.CLOSED)
    _move(offer, OfferState.CLOSED, actor, now)


@transaction.atomic
def cancel_offer(*, offer_id: int, actor: Actor, now: datetime) -> None:
    """Take an offer back; who has a place in it keeps it in the record."""
    offer = _for_update(offer_id, actor)
    check_offer_move(OfferState(offer.state), OfferState.CANCELLED)
    _move(offer, OfferState.CANCELLED, actor, now)


def _for_update(offer_id: int, actor: Actor) -> Offer:
    """Return the offer, locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    offer = Offer.objects.select_for_update().filter(id=offer_id).first()
    if offer is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=get_union(offer.union_id).path)
    return offer


def _move(offer: Offer, to: OfferState, actor: Actor, now: datetime, **more: datetime) -> None:
    offer.state = to
    for name, value in more.items():
        setattr(offer, name, value)
    offer.save(update_fields=["state", *more])
    _record(f"programmes.offer_{to.name.lower()}", offer, actor, now)


def _record(kind: str, offer: Offer, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_offer",
        subject_id=offer.id,
        union_id=offer.union_id,
        data={"code": offer.code, "places": offer.places},
    )
