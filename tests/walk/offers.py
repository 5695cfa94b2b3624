"""Offers for the walk: published ones of a given union, and a draw that is committed."""

from datetime import timedelta
from typing import Any

from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.orgs.models import Union
from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
from nuanxin.programmes.models import Draw
from nuanxin.programmes.states import Way
from tests.cast import Cast


def offer(cast: Cast, union: Union, *, way: int = 2) -> Any:
    """A published offer of a union with two places."""
    actor = Actor(name="样例", grants=(Grant(Role.PROVINCE_CADRE, union.id, union.path),))
    draft = OfferDraft(
        definition="skill_training" if way == Way.FIRST_COME else "degree_and_skill",
        title="样例",
        way=Way(way),
        places=2,
        opens_at=cast.now - timedelta(days=2),
        closes_at=cast.now + timedelta(days=7),
    )
    made = create_offer(draft=draft, union_id=union.id, actor=actor, now=cast.now)
    publish_offer(offer_id=made.id, actor=actor, now=cast.now)
    return made


def offer_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"offer_id": offer(cast, union).id}


def draw_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"offer_id": offer(cast, union, way=4).id}


def committed(cast: Cast) -> dict[str, Any]:
    """A draw that is committed: with one applicant, who is nobody's member."""
    made = offer(cast, cast.union("county"), way=4)
    Draw.objects.create(
        offer=made,
        committed={"entrants": ["1"], "seed": {"public": "样例"}},
        commitment="0" * 64,
        committed_at=cast.now,
    )
    return {"code": made.code}


def offer_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of programmes; ``sample`` makes one."""
    one = sample(missing={"offer_id": no_id}, of_union=offer_of)
    return {
        "api-v1:what_if": sample(
            missing={"code": "no-such-code"},
            public=lambda cast: {"code": "health_exam"},
            body={"facts": {}},
        ),
        "offer": sample(
            missing={"code": "nothing"},
            public=lambda cast: {"code": offer(cast, cast.union("county")).code},
        ),
        "offer-draw": sample(missing={"code": "nothing"}, public=committed),
        "desk-offer": one,
        "desk-offer-act": one,
        "desk-offer-draw": sample(missing={"offer_id": no_id}, of_union=draw_of),
        "desk-offer-awards": one,
        "desk-offer-export": one,
        "desk-offer-deliveries": one,
        "desk-offer-deliver": one,
    }
