"""What members said of themselves in a demonstration, and answers that somebody was asked to look at."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from config.demo import accounts
from config.demo.accounts import SignIn
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict
from nuanxin.membership.models import Membership
from nuanxin.programmes.actions.reviewing import answer_review, ask_for_review
from nuanxin.programmes.actions.stating import state_fact
from nuanxin.programmes.models import Offer
from nuanxin.programmes.states import ReviewOutcome

ASKING = 5
_WORDS = (
    "社保在别的城市还缴过半年，没有算进来",
    "去年在单位缴的社保，断了两个月，能不能接着算",
    "",
    "学历填错了，我是大专",
    "已经在读本科函授，今年才交学费",
)


def ask_and_answer(sign_ins: list[SignIn], *, offers: list[int], now: datetime) -> dict[str, Any]:
    """Let some members state facts for the money for degrees and ask for a look; answer two of them."""
    offer = Offer.objects.filter(id__in=offers, programme__code="degree_and_skill").first()
    if offer is None:
        return {"reviews": []}
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    made = []
    known = [one.worker_id for one in sign_ins if one.worker_id]
    for turn, member in enumerate(_members(offer, cadre, known)):
        asked_at = now - timedelta(hours=30 - 5 * turn)
        _state(member, turn, asked_at)
        try:
            asked = ask_for_review(
                code=offer.code, reason=_WORDS[turn % len(_WORDS)], actor=member, now=asked_at
            )
        except Conflict:  # what he stated is enough
            continue
        made.append(asked.id)
    answers = (
        (ReviewOutcome.EXCEPTION, "看了两地的参保证明，合起来满 6 个月，同意报名。"),
        (ReviewOutcome.RULE_RIGHT, "参保证明上是 4 个月，还差 2 个月，满了再来报。"),
    )
    for review_id, (outcome, words) in zip(made, answers, strict=False):
        answer_review(
            review_id=review_id,
            outcome=outcome,
            answer=words,
            actor=cadre,
            now=now - timedelta(hours=2),
        )
    return {"reviews": made}


def _members(offer: Offer, cadre: Actor, known: list[int]) -> list[Actor]:
    """Return members below the cadre's union who have not applied and are not ``known``."""
    path = cadre.grants[0].union_path
    rows = (
        Membership.objects.filter(ended_on=None, retained_on=None, union__path__startswith=path)
        .exclude(worker__application__offer=offer)
        .exclude(worker_id__in=known)
        .order_by("-worker_id")
        .values_list("worker_id", F("worker__name"))[:ASKING]
    )
    return [Actor(worker_id=worker, name=name) for worker, name in rows]


def _state(member: Actor, turn: int, now: datetime) -> None:
    assert member.worker_id is not None
    for name, value in (("programmes.insured_months", 2 + turn % 4), ("programmes.degree", 2)):
        state_fact(
            worker_id=member.worker_id,
            name=name,
            value=value,
            source="本人在手机上填的",
            actor=member,
            now=now,
            on=business_day(now),
        )
