"""Decisions: three answers, never a silent no, and always a reason."""

import itertools

import pytest

from nuanxin.kernel.decision import Answer, Decision, all_of, any_of, negate
from nuanxin.kernel.errors import Conflict, Forbidden

YES = Decision.yes("old_enough", facts={"age_years": 20})
NO = Decision.no(
    "member_too_recent",
    "入会满三个月才能申请。",
    fact="member_months",
    has=2,
    needs=3,
    would_change="2026-12-01 起就满三个月",
    facts={"member_months": 2},
)
UNKNOWN = Decision.unknown("income_not_told", "还差一项：家庭年收入。", fact="household_income_fen")


def test_a_decision_cannot_be_taken_for_true_or_false():
    with pytest.raises(TypeError, match="three answers"):
        bool(YES)


def test_a_no_says_what_there_is_and_what_is_needed():
    assert NO.is_no
    assert (NO.fact, NO.has, NO.needs) == ("member_months", 2, 3)
    assert NO.would_change


def _strength(answer):
    return {Answer.NO: 0, Answer.UNKNOWN: 1, Answer.YES: 2}[answer]


@pytest.mark.parametrize("pair", list(itertools.product([YES, NO, UNKNOWN], repeat=2)))
def test_logic_has_three_values(pair):
    strengths = [_strength(one.answer) for one in pair]
    assert _strength(all_of(pair).answer) == min(strengths)
    assert _strength(any_of(pair).answer) == max(strengths)


def test_nothing_to_ask_is_a_yes_for_all_and_a_no_for_any():
    assert all_of([]).is_yes
    assert any_of([]).is_no


def test_a_combined_decision_keeps_its_reasons_and_facts():
    combined = all_of([YES, NO, all_of([YES, NO])])
    assert combined.is_no
    assert combined.code == "member_too_recent"
    assert [reason.code for reason in combined.reasons] == ["member_too_recent"] * 2
    assert combined.facts == {"age_years": 20, "member_months": 2}


def test_what_is_missing_is_listed_once():
    other = Decision.unknown("phone_not_told", fact="phone")
    assert all_of([UNKNOWN, other, UNKNOWN, YES]).missing_facts == ("household_income_fen", "phone")
    assert YES.missing_facts == ()


def test_the_opposite_of_unknown_is_unknown():
    assert negate(YES, code="too_old").is_no
    assert negate(NO, code="new_member").is_yes
    assert negate(UNKNOWN, code="rich").is_unknown


def test_insisting_raises_the_first_reason():
    YES.insist()
    with pytest.raises(Conflict) as refused:
        all_of([YES, NO]).insist()
    assert refused.value.code == "member_too_recent"
    assert refused.value.details == {"has": 2, "needs": 3}
    with pytest.raises(Forbidden):
        UNKNOWN.insist(Forbidden)
