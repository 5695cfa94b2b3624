"""A rule is changed where its values stand; everything else in its text stays as it was."""

import pytest

from nuanxin.eligibility.rules.cases import failed_cases
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.editing import list_slots, with_case, with_values
from nuanxin.eligibility.rules.reading import read_rule
from nuanxin.eligibility.rules.wording import say_rule
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.rules.conditions import rule_codes, rule_text

TEXT = """\
code: sample
title: 样例   # 说明留着
document: 某某文件
jurisdiction: "330000"
from: 2026-01-01
checked_on: 2026-11-27
who:
  all:
    - {fact: membership.is_member, is: true}
    - label: 入会满三个月
      fact: membership.months
      at_least: 3   # 原来是六个月
    - any:
        - fact: people.occupation
          in:
          - courier
          - ride_hailing_driver
        - {fact: people.age_years, between: [18, 50]}
cases:
  - name: 够了
    facts: {membership.is_member: true, membership.months: 3, people.occupation: courier, people.age_years: 60}
    answer: yes
"""


@pytest.fixture(scope="module")
def text():
    """Return the sample with two occupations that there are."""
    known = [choice.code for choice in CATALOGUE.facts["people.occupation"].choices]
    return TEXT.replace("courier", known[0]).replace("ride_hailing_driver", known[1])


def test_every_value_has_a_place(text):
    slots = list_slots(text, CATALOGUE)
    assert [(slot.fact.name, len(slot.written)) for slot in slots] == [
        ("membership.is_member", 1),
        ("membership.months", 1),
        ("people.occupation", 2),
        ("people.age_years", 2),
    ]
    assert slots[1].line == 11


def test_a_number_changes_and_the_remark_beside_it_stays(text):
    changed = with_values(text, CATALOGUE, {1: ["2"]})
    assert "at_least: 2   # 原来是六个月" in changed
    assert changed == text.replace("at_least: 3 ", "at_least: 2 ")


def test_a_list_a_line_a_value_and_one_in_brackets_are_read_back_as_written(text):
    (third,) = (choice.code for choice in CATALOGUE.facts["people.occupation"].choices[2:3])
    changed = with_values(text, CATALOGUE, {2: [third], 3: ["20", "45"]})
    slots = list_slots(changed, CATALOGUE)
    assert (slots[2].written, slots[3].written) == ((third,), ("20", "45"))
    read_rule(changed, CATALOGUE)


@pytest.mark.parametrize("typed", ["1\n- fact: x", "2 # 三", "{a: b}", "'", "@programmes.x × 2"])
def test_what_is_typed_never_becomes_more_than_a_value(text, typed):
    changed = with_values(text, CATALOGUE, {1: [typed]})
    assert list_slots(changed, CATALOGUE)[1].written == (typed,)
    assert len(list_slots(changed, CATALOGUE)) == 4


def test_nothing_typed_leaves_it_as_it_was(text):
    assert with_values(text, CATALOGUE, {1: ["  "], 9: ["1"]}) == text


@pytest.mark.parametrize("ending", ["\n", "", "\nnote: 后面还有\n"])
def test_a_case_is_added_behind_the_others(text, ending):
    more = with_case(text.rstrip() + ending, name="差一个月：", facts={"membership.months": "2"}, answer="no")  # fmt: skip
    rule = read_checked(more, CATALOGUE, on=read_rule(text, CATALOGUE).checked_on).rule
    assert failed_cases(rule, CATALOGUE)[0] == 2


def test_the_first_case_begins_the_list(text):
    bare = text[: text.index("cases:")]
    assert "cases:\n  - name: " in with_case(bare, name="一", facts={}, answer="unknown")


@pytest.mark.slow
@pytest.mark.parametrize("code", rule_codes())
def test_every_shipped_rule_has_words_and_places(code):
    text = rule_text(code)
    rule = read_rule(text, CATALOGUE)
    said = say_rule(read_checked(text, CATALOGUE, on=rule.valid_from))
    assert all(one.text for one in said)
    slots = list_slots(text, CATALOGUE)
    assert slots
    assert with_values(text, CATALOGUE, {slot.number: slot.written for slot in slots}) == text


def test_what_is_compared_is_told_beside_what_it_is_called(text):
    wrong = text.replace("at_least: 3", "at_least: 9")
    said = say_rule(read_checked(wrong, CATALOGUE, on=read_rule(text, CATALOGUE).checked_on))
    (told,) = (one.detail for one in said if one.text == "入会满三个月")
    assert "9 " in told
