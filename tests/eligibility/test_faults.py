"""What is wrong in a rule's text is told with line, column, a stable code and a sentence."""

from datetime import date
from textwrap import indent

import pytest

from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.faults import RuleFaulty
from tests.eligibility.random_rules import CATALOGUE

HEAD = """code: sample
title: 样例
document: 测试用文件
jurisdiction: "330000"
from: 2020-01-01
checked_on: 2026-11-27
who:
"""
FIRST_LINE = HEAD.count("\n") + 1


def faults_of(who: str) -> list[tuple[int, int, str, str]]:
    with pytest.raises(RuleFaulty) as caught:
        read_checked(HEAD + indent(who.strip("\n"), "  "), CATALOGUE, on=date(2026, 11, 27))
    return [
        (f.place.line - FIRST_LINE + 1, f.place.column, f.code, f.message)
        for f in caught.value.faults
    ]


def only(who: str) -> tuple[int, int, str, str]:
    found = faults_of(who)
    assert len(found) == 1, found
    return found[0]


def test_an_unknown_fact_is_told_with_the_names_that_are_near():
    line, column, code, message = only("all:\n  - fact: t.month\n    at_least: 3")
    assert (line, column, code) == (2, 13, "eligibility.unknown_fact")
    assert "t.months（入会满几个月）" in message


@pytest.mark.parametrize(
    ("clause", "code"),
    [
        ("fact: t.months\nis: 很久", "type_mismatch"),
        ("fact: t.months\nbefore: 2026-01-01", "type_mismatch"),
        ("fact: t.is_member\nat_least: 1", "type_mismatch"),
        ("fact: t.is_member\nis: 也许", "type_mismatch"),
        ("fact: t.joined_on\nbefore: 去年", "type_mismatch"),
        ("fact: t.income\nbelow: 一点", "type_mismatch"),
        ("fact: t.trade\nis: pilot", "unknown_choice"),
        ("fact: t.trade\nin: []", "empty_group"),
        ("fact: t.months\nat_least: 99999999999999999", "type_mismatch"),
        ("fact: t.months\nat_least: 9999999999999999", "number_too_large"),
        ("fact: t.months\nbetween: [5, 3]", "range_reversed"),
        ("fact: t.months\nat_least: 3\nat_most: 5", "operator"),
        ("fact: t.months\nat_leest: 3", "operator"),
        ("fact: t.months\nat_least: '@t.nothing'", "parameter_missing"),
        ("fact: t.months\nat_least: '@3'", "parameter"),
        ("all: []", "empty_group"),
        ("any: []", "empty_group"),
        ("alll: []", "unknown_field"),
        ("at_least: 3\nof:\n  - {fact: t.is_member, is: true}", "count"),
        ("at_least: 0\nof:\n  - {fact: t.is_member, is: true}", "count"),
        ("at_least: 1", "shape"),
        ("just words", "shape"),
        ("not:\n  - {fact: t.is_member, is: true}\n  - {fact: t.has_card, is: true}", "shape"),
        ("fact: t.is_member\nis: true\nis: false", "repeated_field"),
        ("fact: &a t.is_member\nis: *a", "alias"),
        ("fact: [t.is_member\nis: true", "unreadable"),
    ],
)
def test_what_is_wrong_has_a_code_and_a_sentence(clause, code):
    found = faults_of(clause)
    assert found[0][2] == f"eligibility.{code}"
    assert all(message.endswith(("。", "？")) for _, _, _, message in found)


def test_all_faults_are_told_at_once_in_the_order_of_the_text():
    found = faults_of(
        """
all:
  - fact: t.nothing
    is: true
  - fact: t.months
    at_least: 很久
  - any: []
"""
    )
    assert [fault[0] for fault in found] == [2, 5, 6]


def test_clauses_that_cannot_hold_together_are_both_named():
    line, _, code, message = only(
        """
all:
  - {fact: t.is_member, is: true}
  - {label: 入会满一年, fact: t.months, at_least: 12}
  - {label: 入会不满半年, fact: t.months, below: 6}
"""
    )
    assert (line, code) == (4, "eligibility.contradiction")
    assert "入会满一年" in message
    assert "入会不满半年" in message


def test_a_contradiction_among_three_is_found_though_any_two_are_fine():
    code = only(
        """
all:
  - any: [{fact: t.is_member, is: true}, {fact: t.has_card, is: true}]
  - {fact: t.is_member, is: false}
  - {fact: t.has_card, is: false}
"""
    )[2]
    assert code == "eligibility.contradiction"


def test_a_contradiction_deep_inside_is_told_where_it_stands():
    line = only(
        """
any:
  - {fact: t.is_member, is: true}
  - all:
      - {fact: t.months, at_least: 3}
      - {fact: t.months, at_most: 2}
"""
    )[0]
    assert line == 5


def test_a_rule_may_not_be_nested_without_end():
    deep = "{not: " * 9 + "{fact: t.is_member, is: true}" + "}" * 9
    assert only(deep)[2] == "eligibility.too_deep"


def test_brackets_without_end_are_refused_calmly():
    assert faults_of("[" * 60_000)[0][2] == "eligibility.too_deep"


def test_a_rule_may_not_have_too_many_clauses():
    many = "any:\n" + "  - {fact: t.is_member, is: true}\n" * 101
    assert faults_of(many)[-1][2] == "eligibility.too_large"


def test_a_rule_may_not_be_too_long():
    assert faults_of("any: []\n# " + "长" * 70_000)[0][2] == "eligibility.too_large"


def test_the_head_names_what_is_missing_and_what_is_not_known():
    with pytest.raises(RuleFaulty) as caught:
        read_checked("code: x\ntitel: 样例", CATALOGUE, on=date(2026, 11, 27))
    codes = [fault.code for fault in caught.value.faults]
    assert codes.count("eligibility.field_missing") == 6
    assert "是不是想写 title" in caught.value.message


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"t.a": "@t.b", "t.b": "@t.a"}, "parameter_circular"),
        ({"t.a": "@t.a"}, "parameter_circular"),
        ({"t.a": "@t.b", "t.b": "words"}, "type_mismatch"),
    ],
)
def test_a_parameter_may_point_on_but_not_in_a_circle(parameters, code, tmp_path, monkeypatch):
    place_parameters(tmp_path, monkeypatch, parameters)
    assert only("fact: t.months\nat_least: '@t.a'")[2] == f"eligibility.{code}"


def test_a_parameter_that_points_on_is_followed_and_may_be_multiplied(tmp_path, monkeypatch):
    place_parameters(tmp_path, monkeypatch, {"t.a": "@t.b", "t.b": 7})
    text = HEAD + "  fact: t.months\n  at_least: '@t.a × 1.5'"
    bound = read_checked(text, CATALOGUE, on=date(2026, 11, 27))
    assert bound.conditions[0].predicate.low == 11


def place_parameters(folder, monkeypatch, values) -> None:
    from nuanxin.kernel.parameters import reload_parameters

    (folder / "parameters").mkdir()
    entries = "\n".join(
        f"- {{key: {key}, label: 试, unit: 个月, source: 试, checked_on: 2026-11-27, values: "
        f"[{{adcode: '000000', from: 2020-01-01, value: {value!r}}}]}}"
        for key, value in values.items()
    )
    (folder / "parameters" / "t.yaml").write_text(entries, encoding="utf-8")
    monkeypatch.setenv("NUANXIN_DATA", str(folder))
    reload_parameters()
