"""Reports as officials write them: what is rendered, and what is stopped with which words."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.queries.reports import compose_report
from nuanxin.kernel.period import PeriodKind, parse_period
from tests.figures.conftest import NOW
from tests.figures.reports.reading import text_of

CASES = Path(__file__).parent / "cases"


def _cases(name: str) -> list[Any]:
    told = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in told]


def _measured(words: re.Match[str]) -> str:
    code, region, when = words[1].split()
    period = parse_period(when)
    is_stock = get_figure(code).period_kind is PeriodKind.AS_OF
    time = {"as_of": period.end} if is_stock else {"period": period}
    return f"{measure_for_everybody(code, region=int(region), now=NOW, **time).value:,}"


@pytest.mark.slow
@pytest.mark.parametrize("case", _cases("good"))
def test_good_reports_are_rendered(world, case):
    composed = compose_report(case["report"], now=NOW)
    assert [str(one) for one in composed.faults] == []
    text = text_of(composed.document)
    for piece in case["reads"]:
        assert re.sub(r"<(\w+\.\w+ \d+ [^>]+)>", _measured, piece) in text
    assert composed.numbers == case["numbers"]


@pytest.mark.slow
@pytest.mark.parametrize("case", _cases("bad"))
def test_bad_reports_are_stopped_with_every_fault_at_its_place(world, case):
    composed = compose_report(case["report"], now=NOW)
    assert composed.document is None
    found = [f"{one.line}:{one.column} {one.code} {one.message}" for one in composed.faults]
    for expected in case["faults"]:
        place, code, words = expected.split(" ", 2)
        assert any(one.startswith(f"{place} {code} ") and words in one for one in found), found
    assert {one.split(" ")[0] for one in found} == {one.split(" ")[0] for one in case["faults"]}
    for fault in composed.faults:
        assert fault.message.endswith(("。", "）")), fault
