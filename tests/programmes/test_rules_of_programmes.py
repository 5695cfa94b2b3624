"""The rules that are shipped: sound, dated, sourced, and their own cases come out as written."""

from datetime import date

import pytest

from nuanxin.eligibility.rules.cases import failed_cases
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.kernel.fact import Sensitivity
from nuanxin.programmes.facts import CATALOGUE, FACTS
from nuanxin.programmes.rules.conditions import rule_codes, rule_text

DAY = date(2026, 11, 27)
CODES = rule_codes()


def test_twenty_programmes_and_more_have_a_rule():
    assert len(CODES) >= 20


@pytest.mark.parametrize("code", CODES)
def test_a_rule_is_sound_and_its_cases_come_out_as_written(code):
    bound = read_checked(rule_text(code), CATALOGUE, on=DAY)
    assert bound.rule.code == code
    cases, failed = failed_cases(bound.rule, CATALOGUE)
    assert failed == []
    assert cases >= 2


@pytest.mark.parametrize("code", CODES)
def test_every_clause_is_written_in_words_of_its_own(code):
    bound = read_checked(rule_text(code), CATALOGUE, on=DAY)
    assert all(condition.text and "_" not in condition.text for condition in bound.conditions)


def test_a_case_that_is_wrong_is_told_with_its_line():
    text = rule_text("health_exam").replace("answer: yes", "answer: no", 1)
    bound = read_checked(text, CATALOGUE, on=DAY)
    [failed] = failed_cases(bound.rule, CATALOGUE)[1]
    assert failed.line > 10
    assert failed.sentence.startswith("写的是“no”，规则说“yes”")


def test_every_stated_fact_has_a_question_and_sensitive_ones_a_consent():
    assert all(fact.question_zh for fact in FACTS)
    sensitive = [fact for fact in FACTS if fact.sensitivity is Sensitivity.SENSITIVE]
    assert sensitive
    assert all(fact.consent and fact.legal_basis for fact in sensitive)


def test_a_place_may_put_its_own_rule_in_place_of_the_shipped_one(tmp_path, monkeypatch):
    own = tmp_path / "programmes" / "rules"
    own.mkdir(parents=True)
    (own / "health_exam.yaml").write_text("code: health_exam", encoding="utf-8")
    monkeypatch.setenv("NUANXIN_DATA", str(tmp_path))
    assert rule_text("health_exam") == "code: health_exam"
    assert rule_codes() == CODES


def test_the_hardship_line_follows_the_place():
    def line(adcode: str, on: date = DAY) -> int:
        bound = read_checked(rule_text("hardship_file"), CATALOGUE, on=on, adcode=adcode)
        return bound.conditions[1].parts[0].predicate.high

    assert line("370200") == 219_999
    assert line("330100") == 164_999
    assert line("371083") == 159_299
    assert line("371083", date(2024, 5, 1)) == 150_149
