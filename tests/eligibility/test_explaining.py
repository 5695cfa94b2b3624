"""One person is told yes, no or not yet known: with each clause, its fact, and what would help."""

from datetime import date
from textwrap import dedent, indent

import pytest

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.explaining import Known, explain
from nuanxin.eligibility.rules.given import read_given
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Malformed
from tests.eligibility.random_rules import CATALOGUE, HEALTH
from tests.eligibility.test_faults import HEAD

DAY = date(2026, 11, 27)
TRIP = """
all:
  - {label: 是工会会员, fact: t.is_member, is: true}
  - {label: 入会满 12 个月, fact: t.months, at_least: 12}
  - {label: 年满 18 周岁, fact: t.age, at_least: 18}
"""


def rule(who: str, on: date = DAY) -> BoundRule:
    return read_checked(HEAD + indent(dedent(who).strip("\n"), "  "), CATALOGUE, on=on)


def told(who: str, facts: dict, *, consents: tuple[int, ...] = (), on: date = DAY):
    known = {f"t.{name}": Known(value) for name, value in facts.items()}
    return explain(rule(who, on), known, consents=frozenset(consents))


def test_who_fulfils_everything_is_told_yes_and_what_would_lose_it():
    found = told(TRIP, {"is_member": True, "months": 20, "age": 30})
    assert found.answer is Answer.YES
    assert found.sentence == "可以，条件都满足。"
    assert found.change_sentence == "如果“是不是会员”从 是 变成 不是，就不可以了。"


def test_who_lacks_one_thing_is_told_which_and_the_one_fact_that_would_change_it():
    found = told(TRIP, {"is_member": True, "months": 8, "age": 30}).as_plain()
    assert found["answer"] == "no"
    assert [clause["answer"] for clause in found["clauses"]] == ["yes", "no", "yes"]
    assert found["clauses"][1]["facts"] == {"t.months": 8}
    change = found["would_change"]
    assert (change["fact"], change["from"], change["to"]) == ("t.months", 8, 12)
    assert found["message"] == (
        "现在还不可以：“入会满 12 个月”没有满足。"
        "如果“入会满几个月”从 8 个月 变成 12 个月，就可以了。"
    )


def test_where_one_fact_is_not_enough_the_smallest_set_is_told():
    found = told(TRIP, {"is_member": False, "months": 8, "age": 30}).as_plain()
    change = found["would_change"]
    assert (change["fact"], change["to"]) == ("t.is_member", True)
    assert [(one["fact"], one["to"]) for one in change["together_with"]] == [("t.months", 12)]


def test_a_fact_that_is_not_known_is_never_a_silent_no():
    found = told(TRIP, {"is_member": True, "age": 30})
    assert found.answer is Answer.UNKNOWN
    assert [seen.fact.name for seen in found.missing] == ["t.months"]
    assert found.sentence == "还不能确定，差这些情况：“入会满几个月”。补上就知道了。"


def test_what_is_not_known_yet_is_named_among_what_would_help():
    found = told(TRIP, {"is_member": False, "age": 30})
    assert (
        found.change_sentence
        == "如果“是不是会员”从 不是 变成 是，“入会满几个月”补上后是“12 个月”，就可以了。"
    )


def test_a_sure_no_asks_nothing():
    found = told(TRIP, {"is_member": False})
    assert found.answer is Answer.NO
    assert found.missing == ()


def test_what_cannot_be_changed_is_advised_last():
    either = """
    any:
      - {fact: t.age, at_least: 60}
      - {fact: t.months, at_least: 24}
    """
    found = told(either, {"age": 59, "months": 1})
    assert [change.regions.fact.name for change in found.changes] == ["t.months"]
    old = told("{fact: t.age, at_least: 60}", {"age": 59})
    assert old.change_sentence.endswith("（这一项自己改不了。）")


def test_a_sensitive_fact_is_not_read_without_consent_and_its_value_is_nowhere():
    found = told("{fact: t.is_ill, is: true}", {"is_ill": True})
    assert found.answer is Answer.UNKNOWN
    assert found.clauses[0].facts[0].value is None
    assert "没有本人同意，不读取" in found.sentence
    assert found.as_plain()["clauses"][0]["details"][0]["not_known_because"] == "consent"
    other = told("{fact: t.is_ill, is: true}", {"is_ill": False})
    assert other.as_plain() == found.as_plain()


def test_with_consent_it_is_read():
    assert told("{fact: t.is_ill, is: true}", {"is_ill": True}, consents=(HEALTH,)).answer is (
        Answer.YES
    )


def test_each_fact_is_told_with_its_source_and_its_age():
    known = {"t.months": Known(14, "会籍登记", date(2026, 11, 24))}
    seen = explain(rule("{fact: t.months, at_least: 12}"), known).clauses[0].facts[0]
    assert (seen.value_zh, seen.source_zh) == ("14 个月", "会籍登记，3 天前")


def test_a_group_is_told_with_its_parts():
    who = """
    at_least: 2
    label: 三项占两项
    of:
      - {fact: t.is_member, is: true}
      - {fact: t.has_card, is: true}
      - {fact: t.months, at_least: 12}
    """
    found = told(who, {"is_member": True, "has_card": False, "months": 3}).as_plain()
    [clause] = found["clauses"]
    assert (clause["text"], clause["answer"]) == ("三项占两项", "no")
    assert [part["answer"] for part in clause["parts"]] == ["yes", "no", "no"]
    assert set(clause["facts"]) == {"t.is_member", "t.has_card", "t.months"}


@pytest.mark.parametrize(
    ("joined", "day", "months", "answer"),
    [
        ((2026, 1, 31), (2026, 2, 28), 1, Answer.YES),
        ((2026, 1, 31), (2026, 2, 27), 1, Answer.NO),
        ((2026, 1, 27), (2026, 2, 27), 1, Answer.YES),
        ((2026, 1, 28), (2026, 2, 27), 1, Answer.NO),
        ((2024, 2, 29), (2025, 2, 28), 12, Answer.YES),
        ((2024, 2, 29), (2025, 2, 27), 12, Answer.NO),
    ],
)
def test_months_are_full_on_the_matching_day_or_the_months_end(joined, day, months, answer):
    who = f"{{fact: t.joined_on, months_since_at_least: {months}}}"
    assert told(who, {"joined_on": date(*joined)}, on=date(*day)).answer is answer


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"t.month": 3}, "unknown_fact"),
        ({"t.months": "3"}, "fact_type"),
        ({"t.months": True}, "fact_type"),
        ({"t.is_member": 1}, "fact_type"),
        ({"t.joined_on": "去年"}, "fact_type"),
        ({"t.months": {"value": 3, "by": "x"}}, "facts_shape"),
        ([1], "facts_shape"),
    ],
)
def test_facts_that_are_handed_in_are_typed(written, code):
    with pytest.raises(Malformed) as caught:
        read_given(written, CATALOGUE)
    assert caught.value.code == f"eligibility.{code}"


def test_facts_may_come_with_source_day_and_consents():
    known, consents = read_given(
        {
            "facts": {
                "t.months": {"value": 3, "source": "会籍", "as_of": "2026-11-01"},
                "t.trade": "rider",
                "t.is_ill": None,
            },
            "consents": ["t.is_ill"],
        },
        CATALOGUE,
    )
    assert known["t.months"] == Known(3, "会籍", date(2026, 11, 1))
    assert known["t.trade"].value == 4
    assert consents == {HEALTH}
