"""What is tapped as an answer: choices, yes and no, and stretches of numbers that rules cut."""

from datetime import date

import pytest

from nuanxin.eligibility.rules import answering
from nuanxin.eligibility.rules.answering import answers_to, question_of, say_answer
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.predicates import OneOf, Within
from nuanxin.kernel.fact import Choice, Fact, FactType
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.rules.conditions import rule_codes, rule_text

DAY = date(2026, 11, 27)


def fact(kind=FactType.INTEGER, **more):
    return Fact("t.f", "入会", more.pop("unit", "个月"), kind, "NULL", definition_zh="样例", **more)


def labels(one, *tests):
    return [offered.label for offered in answers_to(one, tests)]


def test_two_rules_cut_one_number_and_every_cut_is_between_two_answers():
    assert labels(fact(), Within(12, None), Within(None, 35)) == [
        "不满 12 个月",
        "12 到 35 个月",
        "36 个月以上",
    ]


def test_a_single_value_stands_alone_and_nothing_lies_below_nought():
    assert labels(fact(), OneOf((3,))) == ["不满 3 个月", "3 个月", "4 个月以上"]
    assert labels(fact(), Within(0, None)) == []


def test_money_and_days_are_cut_too():
    money = fact(FactType.FEN, unit="元")
    assert labels(money, Within(None, 149_999)) == ["不满 1,500.00 元", "1,500.00 元以上"]
    born = fact(FactType.DATE, unit="")
    assert labels(born, Within(date(2000, 1, 1), None)) == ["2000年1月1日以前", "2000年1月1日起"]


def test_yes_and_no_are_said_as_one_says_them():
    assert labels(fact(FactType.BOOLEAN, question_zh="您办退休手续了吗？")) == ["是的", "没有"]
    assert labels(fact(FactType.BOOLEAN, question_zh="您是会员吗？")) == ["是", "不是"]


def test_text_cannot_be_tapped_and_choices_are_as_declared():
    assert labels(fact(FactType.TEXT)) == []
    trades = (Choice("a", 1, "快递员"), Choice("b", 2, "保安员"))
    assert labels(fact(choices=trades), OneOf((1,))) == ["快递员", "保安员"]


def test_an_answer_is_told_by_its_stretch_not_by_the_number_that_stands_for_it():
    tests = (Within(12, None),)
    assert say_answer(fact(), 0, tests) == "不满 12 个月"
    assert say_answer(fact(), 40, tests) == "12 个月以上"


def test_a_question_about_money_asks_for_what_the_rule_compares():
    assert question_of(CATALOGUE.facts["programmes.income_per_head_fen"]).endswith("大概多少？")


@pytest.mark.parametrize("code", rule_codes())
def test_each_region_that_a_shipped_rule_tells_apart_has_its_answer(code):
    bound = read_checked(rule_text(code), CATALOGUE, on=DAY)
    for regions in bound.facts:
        offered = answers_to(regions.fact, answering.tests_of(regions.fact, [bound]))
        if not offered:
            continue
        reached = {regions.signature(one.value) for one in offered}
        declared = {signature for signature, samples in regions.samples if samples}
        assert reached == declared, regions.fact.name
