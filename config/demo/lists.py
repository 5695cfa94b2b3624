"""公示, 发放 and 取消资格 under way in a demonstration, through the product's own actions.

The drawn trips of ``programmes`` are before the public, with an objection. Last season's degree aid is
final: a payment list went to the bank, most are paid, one failed; who left the city since is proposed.
"""

from datetime import datetime, timedelta

from config.demo import accounts, programmes
from config.demo.accounts import SignIn
from config.demo.world import BuiltWorld
from nuanxin.kernel.actor import ANONYMOUS, Actor, Role
from nuanxin.kernel.errors import Conflict
from nuanxin.programmes.actions import awarding, forfeiting, objecting, offers, paying
from nuanxin.programmes.models import Offer, Payment, PublicNotice
from nuanxin.programmes.rules.paying import Result
from nuanxin.programmes.states import OfferState, Way

_DAYS_AGO = 45
_PLACES = 8


def fill_lists(built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> None:
    """Let somebody object, pay last season's degree aid, look for who left."""
    cadres = [one for one in sign_ins if one.role in (Role.COUNTY_CADRE, Role.CITY_CADRE)]
    cadre = accounts.actor_of(cadres[0], now)
    for notice in PublicNotice.objects.filter(offer__state=OfferState.PUBLICITY).order_by("id"):
        said = "名单上这一位上个月已经不在这里送快递了，去了外省。请查一下最近的接单记录。"
        objecting.file_objection(
            code=notice.code, said=objecting.Said(said, 2), actor=ANONYMOUS, now=now
        )
    offer = _awarded(built, cadre, now)
    if offer is not None:
        _pay(offer, cadre, built, sign_ins, now)
        forfeiting.propose_forfeits(now=now)


def _awarded(built: BuiltWorld, cadre: Actor, now: datetime) -> Offer | None:
    """Return degree aid that is final; None while the calendar of its days is not known."""
    then = now - timedelta(days=_DAYS_AGO)
    offer = programmes.offer_of(
        built, cadre, "degree_and_skill", "学历提升补助（上一期）", Way.SCORE, _PLACES,
        then - timedelta(days=30), then - timedelta(days=3), days=1,
    )  # fmt: skip
    people = programmes.members_below(built, cadre)[:_PLACES]
    programmes.let_apply(offer, people, now=then - timedelta(days=20))
    offers.close_offer(offer_id=offer.id, actor=cadre, now=then)
    awarding.award_by_points(offer_id=offer.id, actor=cadre, now=then)
    try:
        awarding.finish_publicity(offer_id=offer.id, actor=cadre, now=now - timedelta(days=20))
    except Conflict:
        return None
    found: Offer = Offer.objects.get(id=offer.id)
    return found


def _pay(
    offer: Offer, cadre: Actor, built: BuiltWorld, sign_ins: list[SignIn], now: datetime
) -> None:
    checker = _checker(cadre, sign_ins, now)
    made = paying.make_list(offer_id=offer.id, actor=cadre, now=now - timedelta(days=15))
    paying.check_list(list_id=made.id, actor=checker, now=now - timedelta(days=14))
    payments = list(Payment.objects.filter(list=made).select_related("application").order_by("id"))
    for number, payment in enumerate(payments[:-1]):
        paying.state_account(
            bank=("工商银行", "建设银行", "农业银行")[number % 3],
            number=_card(number),
            actor=Actor(worker_id=payment.application.worker_id, name="本人"),
            now=now - timedelta(days=16),
        )
    rows = paying.export_list(
        list_id=made.id, purpose="交工商银行代发", actor=cadre, now=now - timedelta(days=13)
    )
    results = [Result(row.payment_id, True) for row in rows[:-1]]
    results += [Result(row.payment_id, False, "户名不符") for row in rows[-1:]]
    paying.enter_results(
        list_id=made.id, results=results, actor=cadre, now=now - timedelta(days=12)
    )


def _checker(cadre: Actor, sign_ins: list[SignIn], now: datetime) -> Actor:
    """Return an officer of the city above: somebody else than who makes the list."""
    path = cadre.grants[0].union_path
    for one in sign_ins:
        if one.role is Role.CITY_CADRE:
            actor = accounts.actor_of(one, now)
            if path.startswith(actor.grants[0].union_path):
                return actor
    raise LookupError("a demonstration has an officer of the home county's city")


def _card(number: int) -> str:
    """Return a made-up card number with the right check digit."""
    body = f"622202120201{number:06d}"
    doubled = [int(d) * (2 if place % 2 == 0 else 1) for place, d in enumerate(reversed(body))]
    return f"{body}{-sum(n // 10 + n % 10 for n in doubled) % 10}"
