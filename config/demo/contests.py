"""A couriers' contest in its second round: the first is closed, the second half scored."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.demo import accounts, programmes
from config.demo.accounts import SignIn
from config.demo.world import BuiltWorld
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day
from nuanxin.programmes.actions import contest_results, contests, judging
from nuanxin.programmes.actions.contests import CriterionDraft, JudgeDraft, RoundDraft
from nuanxin.programmes.models import ContestRound, Recusal, RoundEntry
from nuanxin.programmes.states import Way

_BANDAGE = ((Decimal(60), Decimal(100)), (Decimal(90), Decimal(85)), (Decimal(120), Decimal(60)))
_CRITERIA = (
    CriterionDraft("车辆检查", Decimal(30), Decimal(100)),
    CriterionDraft("安全骑行", Decimal(40), Decimal(100)),
    CriterionDraft("止血包扎", Decimal(30), Decimal(100), _BANDAGE),
)


def hold_contest(built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> dict[str, Any]:
    """Hold the contest up to the middle of its second round; return its id."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    second = Actor(account_id=None, name="复核员", grants=cadre.grants)
    begun = now - timedelta(days=20)
    offer = programmes.offer_of(built, cadre, "skill_contest", "快递员技能大赛", Way.SCORE, 60,
                              begun, begun, days=30)  # fmt: skip
    programmes.let_apply(offer, programmes.members_below(built, cadre)[:14], now=begun)
    today = business_day(now)
    rounds = (
        RoundDraft("初赛", today - timedelta(days=6), 6, _CRITERIA, "区体育馆"),
        RoundDraft("复赛", today, 4, _CRITERIA, "区体育馆", 1, 1),
        RoundDraft("决赛", today + timedelta(days=8), 3, _CRITERIA, "市会展中心", 1, 1),
    )
    made = contests.create_contest(offer_id=offer.id, rounds=rounds, actor=cadre, now=begun)
    contests.take_entrants(contest_id=made.id, actor=cadre, now=begun)
    judges = contests.name_judges(
        contest_id=made.id,
        judges=[JudgeDraft(name) for name in ("周清明", "吴立夏", "郑小雪", "孙霜降")],
        code_until=now + timedelta(days=14),
        actor=cadre,
        now=begun,
    )
    first, following = ContestRound.objects.filter(contest=made).order_by("ordinal")[:2]
    _score(first, [one.id for one in judges], cadre, now - timedelta(days=6))
    contest_results.ask_to_close(round_id=first.id, actor=cadre, now=now - timedelta(days=1))
    contest_results.close_round(round_id=first.id, actor=second, now=now - timedelta(days=1))
    _score(following, [one.id for one in judges[:2]], cadre, now)
    return {"contests": [made.id], "judge_codes": [one.code for one in judges]}


def _score(found: ContestRound, judges: list[int], cadre: Actor, now: datetime) -> None:
    contests.start_round(round_id=found.id, actor=cadre, now=now)
    criteria = list(found.contestcriterion_set.order_by("ordinal"))
    for number in RoundEntry.objects.filter(round=found).values_list("entrant__number", flat=True):
        for judge in judges:
            kept_off = Recusal.objects.filter(judge_id=judge, entrant__number=number)
            if kept_off.exists():
                continue
            for at, criterion in enumerate(criteria):
                drawn = (number * 7 + judge * 3 + at * 11) % 25
                value = Decimal(50 + 3 * drawn if criterion.table else 75 + drawn)
                judging.save_score(judge_id=judge, round_id=found.id, number=number,
                                   criterion_id=criterion.id, value=value, now=now)  # fmt: skip
            judging.hand_in(judge_id=judge, round_id=found.id, number=number, now=now)
