"""Services under way in a demonstration, through the product's own actions: one of each way.

Health checks given at once and nearly full, a draw that is committed, one that is drawn, places by
points that wait for the decision, gifts for everybody; and one that is not published yet.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from config.demo import accounts
from config.demo.accounts import SignIn
from config.demo.world import BuiltWorld
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day, day_end, day_start
from nuanxin.kernel.errors import Conflict
from nuanxin.membership.models import Membership
from nuanxin.programmes.actions import awarding, claims
from nuanxin.programmes.actions.offers import OfferDraft, PoolDraft, create_offer, publish_offer
from nuanxin.programmes.states import Way

MOST_APPLICANTS = 60
COURIER, RIDER = 3, 4


def open_offers(built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> dict[str, Any]:
    """Open offers of the home county and let members apply; return their ids."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    members = members_below(built, cadre)
    today = business_day(now)
    begun, ended = now - timedelta(days=12), now - timedelta(days=2)
    exam = offer_of(built, cadre, "health_exam", "2027 年免费体检", Way.FIRST_COME, 40, begun, now,
                  directed=100)  # fmt: skip
    let_apply(exam, members[:37], now=now - timedelta(days=3))
    morning = day_start(today + timedelta(days=20))
    slots = tuple(morning + timedelta(hours=hour) for hour in (9, 14, 19))
    offer_of(
        built,
        cadre,
        "physical_training",
        "体能和急救训练",
        Way.SLOT,
        24,
        begun,
        now,
        days=15,
        slots=slots,
    )
    gift = offer_of(
        built, cadre, "season_gift", "冬季暖心包", Way.FIRST_COME, 2000, begun, now, days=16
    )
    let_apply(gift, members[:21], now=now - timedelta(days=1))
    degree = offer_of(built, cadre, "degree_and_skill", "学历提升补助", Way.SCORE, 11, begun, now,
                    days=60, directed=100)  # fmt: skip
    let_apply(degree, members[5:25], now=now - timedelta(days=1))
    trip = offer_of(built, cadre, "recuperation", "疗休养 5 天", Way.DRAW, 12, begun, ended, days=0,
                  directed=100, pools=_BY_TRADE)  # fmt: skip
    let_apply(trip, members, now=begun + timedelta(days=1))
    value = f"{today.month} 月 {today.day} 日福利彩票 3D 开奖号，三位数连着写"
    awarding.commit_draw(
        offer_id=trip.id, seed={"public": value}, actor=cadre, now=now - timedelta(days=1)
    )
    awarding.run_draw(offer_id=trip.id, value="482", revealed=None, actor=cadre, now=now)
    made = [exam, gift, degree, trip]
    draft = offer_of(built, cadre, "skill_training", "叉车技能班", Way.FIRST_COME, 60, now, now,
                   is_published=False)  # fmt: skip
    return {"offers": [one.id for one in [*made, draft]]}


_BY_TRADE = (
    PoolDraft("快递员", 2, occupation=COURIER),
    PoolDraft("外卖配送员", 2, occupation=RIDER),
    PoolDraft("其他", 1),
)


def offer_of(
    built: BuiltWorld, cadre: Actor, kind: str, title: str, way: Way, places: int,
    opens_at: datetime, closes_at: datetime, *, days: int = 11, directed: int = 0,
    pools: tuple[PoolDraft, ...] = (), slots: tuple[datetime, ...] = (), is_published: bool = True,
) -> Any:  # fmt: skip
    """Return an offer of the cadre's union, published unless said otherwise."""
    draft = OfferDraft(
        definition=kind,
        title=title,
        way=way,
        places=places,
        opens_at=opens_at,
        closes_at=day_end(business_day(closes_at + timedelta(days=days))) - timedelta(seconds=1),
        directed_permille=directed,
        released_at=day_end(business_day(closes_at + timedelta(days=days - 4)))
        if directed and way.is_at_once
        else None,
        pools=pools,
        slots=slots,
    )
    union_id = int(cadre.grants[0].union_id or 0)
    offer = create_offer(draft=draft, union_id=union_id, actor=cadre, now=opens_at)
    if is_published:
        publish_offer(offer_id=offer.id, actor=cadre, now=opens_at)
    return offer


def members_below(built: BuiltWorld, cadre: Actor) -> list[Actor]:
    """Return members below the cadre's union, the same ones every time."""
    path = cadre.grants[0].union_path
    rows = (
        Membership.objects.filter(ended_on=None, retained_on=None, union__path__startswith=path)
        .order_by("worker_id")
        .values_list("worker_id", F("worker__name"))[:MOST_APPLICANTS]
    )
    return [Actor(worker_id=worker, name=name) for worker, name in rows]


def let_apply(offer: Any, members: list[Actor], *, now: datetime) -> None:
    """Let members ask for a place; whom the rule says no to does not get on the list."""
    for member in members:
        with suppress(Conflict):  # whom the rule says no to does not get on the list
            claims.apply_for_place(code=offer.code, actor=member, now=now)
