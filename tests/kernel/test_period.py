"""Periods: whole days, both ends in; months end where the Civil Code says."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.period import (
    HalfYear,
    Month,
    Period,
    PeriodKind,
    Quarter,
    Year,
    months_between,
    parse_period,
    shift_months,
)

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
wholes = st.sampled_from([Month, Quarter, HalfYear, Year])


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2026", "2026-01-01", "2026-12-31", "2026年"),
        ("2026H1", "2026-01-01", "2026-06-30", "2026年上半年"),
        ("2026h2", "2026-07-01", "2026-12-31", "2026年下半年"),
        ("2026Q3", "2026-07-01", "2026-09-30", "2026年三季度"),
        ("2026-05", "2026-05-01", "2026-05-31", "2026年5月"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024年2月"),
        ("2026-05-06", "2026-05-06", "2026-05-06", "2026年5月6日"),
        ("2018-10..2023-09", "2018-10-01", "2023-09-30", "2018年10月1日至2023年9月30日"),
        ("2025H2..2026-01-15", "2025-07-01", "2026-01-15", "2025年7月1日至2026年1月15日"),
    ],
)
def test_a_period_is_read_and_named(text, start, end, label):
    period = parse_period(text)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
    assert period.label == label


@pytest.mark.parametrize(
    "text", ["", "26", "2026-13", "2026-02-30", "2026H3", "2026Q5", "..", "2026.."]
)
def test_what_is_no_period_is_refused_with_examples(text):
    with pytest.raises(Malformed) as refused:
        parse_period(text)
    assert refused.value.code == "period.unreadable"
    assert "2018-10..2023-09" in refused.value.message


def test_a_period_written_backwards_is_refused():
    with pytest.raises(Malformed, match=r"period\.backwards"):
        parse_period("2023-09..2018-10")
    with pytest.raises(ValueError, match="cannot end"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


@pytest.mark.slow
@given(wholes, days)
def test_whole_spans_hold_their_day_and_touch_their_neighbours(whole, day):
    span = whole.of(day)
    assert day in span
    assert (span.next.start - span.end).days == 1
    assert (span.start - span.previous.end).days == 1
    assert span.next.previous == span
    assert parse_period(str(span)) == span.period
    assert span.period.label == span.label
    assert span.previous < span < span.next


@given(days, st.integers(0, 600))
def test_months_added_are_months_between(day, months):
    assert months_between(day, shift_months(day, months)) == months


@pytest.mark.slow
@given(days, days)
def test_months_between_is_the_most_that_can_be_added(one, other):
    start, end = sorted((one, other))
    months = months_between(start, end)
    assert shift_months(start, months) <= end < shift_months(start, months + 1)
    assert months_between(end, start) == -months


def test_a_month_that_has_no_such_day_ends_on_its_last():
    assert shift_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert shift_months(date(2024, 2, 29), -12) == date(2023, 2, 28)


@pytest.mark.slow
@given(days, days, days, days)
def test_an_intersection_holds_just_the_common_days(a, b, c, d):
    one, other = Period(min(a, b), max(a, b)), Period(min(c, d), max(c, d))
    common = one.intersection(other)
    assert (common is not None) == one.overlaps(other) == other.overlaps(one)
    for day in (a, b, c, d):
        assert (day in one and day in other) == (common is not None and day in common)


def test_a_period_counts_days_and_lists_months():
    period = parse_period("2025-12-31..2026-02-01")
    assert period.days == 33
    assert [str(month) for month in period.months()] == ["2025-12", "2026-01", "2026-02"]


def test_the_same_days_a_year_earlier_keep_the_month_end():
    assert parse_period("2025-02").same_last_year() == parse_period("2024-02")
    assert parse_period("2024-02").same_last_year() == parse_period("2023-02")
    assert parse_period("2026-03-05..2026-03-09").same_last_year() == parse_period(
        "2025-03-05..2025-03-09"
    )


def test_period_kinds_have_chinese_names():
    assert [kind.label for kind in PeriodKind] == ["期间", "时点", "累计"]
