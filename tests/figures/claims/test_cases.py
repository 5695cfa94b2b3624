"""Drafts of many kinds, as people write them, with what a check must say of every number."""

from pathlib import Path

import pytest
import yaml

from nuanxin.figures.rules.claims import Draft, Reference, check_draft
from nuanxin.figures.rules.claims.numerals import read_number
from nuanxin.figures.rules.claims.telling import headline

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
FAULTS = ("contradicts", "differs", "unit_mismatch", "period_missing")
TOLD = ("text", "value", "unit", "what", "period", "verdict", "line", "column")


def reference(label, value, unit, period, code=""):
    known = read_number(str(value)).value
    return Reference(code=code or label, label=label, value=known, unit=unit, period=period)


def check(case):
    references = [reference(*row) for row in case.get("against", [])]
    return check_draft(Draft.of(case["draft"]), references).as_plain()["claims"]


def test_there_are_drafts_of_many_kinds():
    assert len(CASES) >= 20


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_number_of_the_draft_gets_its_verdict(path):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    claims = check(case)
    if "faults" in case:
        bad = [[c["text"], c["verdict"]] for c in claims if c["verdict"] in FAULTS]
        assert bad == case["faults"]
        return
    assert [one["text"] for one in claims] == [one["text"] for one in case["expect"]]
    for claim, expected in zip(claims, case["expect"], strict=True):
        told = {key: claim[key] for key in TOLD if key in expected}
        assert told == expected


@pytest.mark.slow
def test_ten_thousand_lines_are_read_and_two_far_apart_still_meet():
    lines = [f"骑手在第{day}站歇脚，充电喝水。" for day in range(10_000)]
    lines[40] = "去年，全市建成爱心驿站365个。"
    lines[9_960] = "去年，全市建成爱心驿站356个。"
    claims = check({"draft": "\n".join(lines)})
    assert [(c["text"], c["line"], c["verdict"]) for c in claims] == [
        ("365个", 41, "contradicts"),
        ("356个", 9_961, "contradicts"),
    ]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_claim_stands_where_it_is_said_to_stand(path):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    lines = case["draft"].split("\n")
    for claim in check(case):
        here = lines[claim["line"] - 1][claim["column"] - 1 :]
        assert claim["text"].startswith(here[: len(claim["text"])])


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("全年心理疏导惠及3400人，共3100人次。", "人比人次还多"),
        ("全年组织骑手体检950人，其中女骑手1050人。", "部分比总数大"),
    ],
)
def test_the_headline_says_what_is_more_than_what(draft, said):
    report = check_draft(Draft.of(draft), [])
    assert [headline(one).split("，")[1] for one in report.claims] == [said, said]
