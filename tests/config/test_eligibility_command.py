"""``nuanxin eligibility``: the contract for scripts."""

import json
from contextlib import nullcontext

import pytest

from config.cli import main


def explain(capsys, tmp_path, facts, *more: str) -> dict:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(facts), encoding="utf-8")
    asked = ["eligibility", "explain", "--facts", str(file), "--data", str(tmp_path), "--json"]
    assert main([*asked, *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_program_gets_answer_clauses_change_and_what_is_missing(capsys, tmp_path):
    facts = {"membership.is_member": True, "membership.months": 8}
    found = explain(capsys, tmp_path, facts, "--programme", "recuperation")
    assert found["answer"] == "no"
    assert [set(clause) >= {"text", "answer", "facts"} for clause in found["clauses"]] == [True] * 3
    assert found["clauses"][1]["facts"] == {"membership.months": 8}
    assert found["would_change"]["fact"] == "membership.months"
    assert (found["would_change"]["from"], found["would_change"]["to"]) == (8, 12)
    assert found["missing"] == []


def test_making_the_named_changes_makes_it_yes(capsys, tmp_path):
    facts = {"membership.is_member": False, "membership.months": 8}
    change = explain(capsys, tmp_path, facts, "--programme", "recuperation")["would_change"]
    for one in [change, *change["together_with"]]:
        facts[one["fact"]] = one["to"]
    assert explain(capsys, tmp_path, facts, "--programme", "recuperation")["answer"] == "yes"


def test_no_facts_at_all_is_unknown_and_asks(capsys, tmp_path):
    found = explain(capsys, tmp_path, {}, "--programme", "season_exam")
    assert found["answer"] == "unknown"
    assert set(found["missing"]) == {"people.occupation", "programmes.had_exam"}
    assert all(one["question"] for one in found["ask"])


@pytest.mark.parametrize(
    ("facts", "programme", "code"),
    [
        ({"membership.month": 3}, "recuperation", "eligibility.unknown_fact"),
        ({"membership.months": "3"}, "recuperation", "eligibility.fact_type"),
        ({}, "no_such_programme", "programmes.no_rule"),
        ({}, "../../etc/passwd", "programmes.no_rule"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(capsys, tmp_path, facts, programme, code):
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(facts), encoding="utf-8")
    asked = ["eligibility", "explain", "--programme", programme, "--facts", str(file)]
    assert main([*asked, "--data", str(tmp_path), "--json"]) == 1
    assert f"（{code}）" in capsys.readouterr().err


def test_a_file_that_is_no_json_is_told_where(capsys, tmp_path):
    file = tmp_path / "facts.json"
    file.write_text('{"a": }', encoding="utf-8")
    asked = ["eligibility", "explain", "--programme", "recuperation", "--facts", str(file)]
    assert main([*asked, "--data", str(tmp_path)]) == 1
    assert "第 1 行第 7 列" in capsys.readouterr().err


def test_a_faulty_rule_is_told_with_line_and_column(capsys, tmp_path):
    file = tmp_path / "rule.yaml"
    file.write_text("code: x\nwho: {}\n", encoding="utf-8")
    assert main(["eligibility", "check", str(file), "--data", str(tmp_path), "--json"]) == 1
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert {"line", "column", "code", "message"} <= set(faults[0])


def test_people_read_it_in_words(capsys, tmp_path):
    file = tmp_path / "facts.json"
    file.write_text('{"membership.is_member": true, "membership.months": 8}', encoding="utf-8")
    asked = ["eligibility", "explain", "--programme", "recuperation", "--facts", str(file)]
    assert main([*asked, "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "✗ 入会满规定的月数  —— 入会满几个月：8 个月（本人提供）" in said


@pytest.mark.parametrize("action", ["list", "facts"])
def test_rules_and_facts_are_listed(capsys, tmp_path, action):
    assert main(["eligibility", action, "--data", str(tmp_path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) >= 20


@pytest.mark.django_db
def test_a_run_counts_by_answer_and_by_failing_clause(capsys, monkeypatch, cast):
    from config.commands import eligibility as command
    from nuanxin.programmes.models import Ruling

    monkeypatch.setattr(command, "opened", lambda where: nullcontext())
    asked = ["eligibility", "run", "--programme", "health_exam", "--as-of", "2026-11-27", "--json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["as_of"] == "2026-11-27"
    assert sum(found["answers"].values()) == found["people"] > 0
    assert found["failing"]["是工会会员"] == found["answers"]["no"]
    assert not Ruling.objects.exists()
    assert main([*asked, "--keep"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == found["people"]
    assert Ruling.objects.count() == found["people"]


@pytest.mark.django_db
@pytest.mark.slow
def test_versions_and_their_difference_are_told(capsys, monkeypatch, cast, tmp_path):
    from config.commands import rule_versions as command
    from tests.programmes.test_rule_versions import colleague_of, released

    monkeypatch.setattr(command, "opened", lambda where: nullcontext())
    asked = ["--programme", "recuperation", "--data", str(tmp_path)]
    assert main(["eligibility", "diff", *asked]) == 0
    assert "一字不差" in capsys.readouterr().out
    released(cast, colleague_of(cast))
    assert main(["eligibility", "versions", *asked, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["number"], told["to"], told["released_by"]) == (1, None, "第二人")
    today = told["from"]
    assert main(["eligibility", "diff", *asked, "--to", today]) == 1
    assert "+       at_least: 1" in capsys.readouterr().out
    assert main(["eligibility", "diff", *asked, "--from", today, "--to", today]) == 0


@pytest.mark.django_db
@pytest.mark.slow
def test_explaining_takes_the_version_in_force_where_there_is_a_database(
    capsys, monkeypatch, cast, tmp_path
):
    from config.commands import rule_versions as command
    from tests.programmes.test_rule_versions import colleague_of, released

    version = released(cast, colleague_of(cast))
    facts = {
        "membership.is_member": True,
        "membership.months": 3,
        "programmes.had_recuperation": False,
    }
    asked = ("--programme", "recuperation", "--as-of", version.valid_from.isoformat())
    assert explain(capsys, tmp_path, facts, *asked)["answer"] == "no"
    monkeypatch.setattr(command, "has_database", lambda where: True)
    monkeypatch.setattr(command, "opened", lambda where: nullcontext())
    assert explain(capsys, tmp_path, facts, *asked)["answer"] == "yes"
