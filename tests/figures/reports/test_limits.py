"""What one report may ask of the database, and what it may be."""

from dataclasses import replace

import pytest

from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.reports import compose_report
from nuanxin.figures.rules.reports import REPORT_LIMITS
from nuanxin.kernel.period import parse_period
from tests.figures.conftest import NOW

pytestmark = pytest.mark.slow

MOST_STATEMENTS = 12
TABLE = """---
标题: 大表
时间段: 2024-01..2026-09
---
```figures-table each=counties title="90 个县" small=不公布
在籍 | {{ membership.live_members_persons }}
新发展 | {{ membership.new_members_persons }}
净增 | {{ membership.net_new_members_persons }}
新建工会 | {{ orgs.new_unions }}
在册工会 | {{ orgs.unions }}
```

```bars each=occupations title="职业" small=不公布
在籍 | {{ membership.live_members_persons }}
```
"""


def test_a_table_of_90_counties_is_read_in_sets(world, django_assert_max_num_queries):
    with django_assert_max_num_queries(MOST_STATEMENTS):
        composed = compose_report(TABLE, now=NOW)
    assert composed.numbers > 450
    assert composed.document is not None


def test_what_is_read_in_sets_is_what_is_measured_one_by_one(world):
    composed = compose_report(TABLE.replace("each=counties", "each=cities"), now=NOW)
    period = parse_period("2024-01..2026-09")
    shown = [one for one in composed.document["numbers"] if one["value"]]
    assert len(shown) > 5
    for one in shown:
        asked = one["question"]
        time = {"period": period} if "period" in asked else {"as_of": period.end}
        alone = measure_for_everybody(
            one["code"],
            region=int(asked["region"]),
            occupation=asked.get("occupation", ""),
            now=NOW,
            **time,
        )
        assert (alone.value, alone.digest) == (one["value"], one["digest"])


def test_too_many_references_are_refused_and_nothing_is_left_out_silently(world):
    limits = replace(REPORT_LIMITS, references=10)
    composed = compose_report(TABLE, limits=limits, now=NOW)
    assert [one.code for one in composed.faults] == ["figures.report_too_many"]
    assert composed.numbers == 10


def test_numbers_that_are_in_no_set_are_limited_too(world):
    text = "\n".join(
        f"{{{{ membership.live_members_persons known_on=2026-09-{day:02d} }}}}"
        for day in range(1, 10)
    )
    limits = replace(REPORT_LIMITS, measured=5)
    assert compose_report(text, limits=limits, now=NOW).document is None
    assert compose_report(text, now=NOW).document is not None


def test_a_long_report_is_refused_with_its_length(world):
    composed = compose_report("字" * 70_000, now=NOW)
    assert [one.code for one in composed.faults] == ["figures.report_too_long"]


def test_a_loop_cannot_write_a_report_out_without_end(world):
    line = "字" * 500
    text = "{{ each=counties }}\n" + f"{line}\n" * 100 + "{{ end }}\n"
    composed = compose_report(text, now=NOW)
    assert [one.code for one in composed.faults] == ["figures.report_too_long"]


def test_months_are_withheld_where_they_are_too_small(world):
    text = "```trend months=12\n新发展 | {{ membership.new_members_persons period=2026-01..2026-09 }}\n```"
    composed = compose_report(text, now=NOW)
    if composed.document is not None:
        values = composed.document["blocks"][0]["lines"][0]["values"]
        assert all(value is None or not 0 < abs(value) < 5 for value in values)


@pytest.mark.parametrize(
    "code", ["membership.live_members_persons", "membership.new_members_persons"]
)
def test_months_that_are_folded_are_what_is_measured_month_by_month(world, code):
    text = (
        "---\n时间段: 2024-01..2026-09\n---\n"
        f"```trend months=40 small=不公布\n会员 | {{{{ {code} }}}}\n```"
    )
    block = compose_report(text, now=NOW).document["blocks"][0]
    assert len(block["labels"]) == 40
    checked = 0
    for label, value in zip(block["labels"], block["lines"][0]["values"], strict=True):
        month = parse_period(label.replace(".", "-"))
        time = {"as_of": month.end} if "live" in code else {"period": month}
        true = measure_for_everybody(code, region=330000, now=NOW, **time).value
        assert value == true, label
        checked += value is not None
    assert checked > 10
