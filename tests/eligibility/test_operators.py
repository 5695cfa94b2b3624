"""What each word of the language means, at its edges: by hand, not by another reading."""

from datetime import date

import pytest

from nuanxin.kernel.decision import Answer
from tests.eligibility.test_explaining import told

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
D26, D27, D28 = date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 28)


@pytest.mark.parametrize(
    ("clause", "fact", "yes", "no"),
    [
        ("is: 3", "months", [3], [2, 4]),
        ("is_not: 3", "months", [2, 4], [3]),
        ("in: [2, 4]", "months", [2, 4], [1, 3, 5]),
        ("not_in: [2, 4]", "months", [1, 3, 5], [2, 4]),
        ("at_least: 3", "months", [3, 4], [2]),
        ("at_most: 3", "months", [3, 2], [4]),
        ("above: 3", "months", [4], [3, 2]),
        ("below: 3", "months", [2], [3, 4]),
        ("between: [2, 4]", "months", [2, 3, 4], [1, 5]),
        ("below: 1.5 元", "income", [149], [150, 151]),
        ("at_least: 150 分", "income", [150], [149]),
        ("is: true", "is_member", [True], [False]),
        ("is_not: true", "is_member", [False], [True]),
        ("is: rider", "trade", [4], [3, 99]),
        ("not_in: [rider, courier]", "trade", [99], [3, 4]),
        ("starts_with: '1.2.'", "path", ["1.2.", "1.2.3."], ["1.20.", "1.", ""]),
        ("is: '1.2.'", "path", ["1.2."], ["1.2.3."]),
        ("before: 2026-11-27", "joined_on", [D26], [D27, D28]),
        ("after: 2026-11-27", "joined_on", [D28], [D27, D26]),
        ("on_or_before: 2026-11-27", "joined_on", [D26, D27], [D28]),
        ("on_or_after: today", "joined_on", [D27, D28], [D26]),
        ("between: [2026-11-26, today]", "joined_on", [D26, D27], [D28]),
        ("months_since_at_least: 0", "joined_on", [D26, D27], [D28]),
        ("months_since_below: 1", "joined_on", [date(2026, 10, 28)], [date(2026, 10, 27)]),
    ],
)
def test_a_clause_means_what_its_word_says(clause, fact, yes, no):
    who = f"fact: t.{fact}\n{clause}"
    assert [told(who, {fact: value}).answer for value in yes] == [YES] * len(yes)
    assert [told(who, {fact: value}).answer for value in no] == [NO] * len(no)
    assert told(who, {}).answer is UNKNOWN


MEMBER, CARD = "{fact: t.is_member, is: true}", "{fact: t.has_card, is: true}"
MONTHS = "{fact: t.months, at_least: 1}"


@pytest.mark.parametrize(
    ("group", "answers"),
    [
        ("all: [{}, {}]", {"yy": YES, "yn": NO, "yu": UNKNOWN, "nu": NO, "uu": UNKNOWN}),
        ("any: [{}, {}]", {"yy": YES, "yn": YES, "yu": YES, "nu": UNKNOWN, "nn": NO}),
        ("not: {{all: [{}, {}]}}", {"yy": NO, "yn": YES, "yu": UNKNOWN, "nu": YES}),
    ],
)
def test_a_group_follows_three_valued_logic(group, answers):
    who = group.format(MEMBER, CARD)
    for known, answer in answers.items():
        facts = zip(("is_member", "has_card"), known, strict=True)
        values = {name: letter == "y" for name, letter in facts if letter != "u"}
        assert told(who, values).answer is answer, known


@pytest.mark.parametrize(
    ("known", "answer"),
    [("yyn", YES), ("yyu", YES), ("ynu", UNKNOWN), ("nnu", NO), ("nny", NO), ("yuu", UNKNOWN)],
)
def test_at_least_two_of_three(known, answer):
    who = f"at_least: 2\nof: [{MEMBER}, {CARD}, {MONTHS}]"
    values = {
        name: (1 if letter == "y" else 0) if name == "months" else letter == "y"
        for name, letter in zip(("is_member", "has_card", "months"), known, strict=True)
        if letter != "u"
    }
    assert told(who, values).answer is answer
