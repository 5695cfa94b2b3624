"""Working days and deadlines, by the arrangement of the State Council where it is known."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import workdays
from nuanxin.kernel.period import Period, parse_period
from nuanxin.kernel.workdays import (
    add_calendar_days,
    add_months,
    add_workdays,
    holidays_in,
    is_workday,
    next_workday,
    published_years,
    source_of_year,
    workdays_between,
)
from tests.kernel.reading import cases

days = st.dates(date(2018, 1, 1), date(2035, 12, 31))


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """Return the folder in which a place keeps its own calendars."""
    folder = tmp_path / "reference" / "workdays"
    folder.mkdir(parents=True)
    monkeypatch.setenv("NUANXIN_DATA", str(tmp_path))
    yield folder
    workdays.reload_workdays()


def _deadline_of(case):
    if "工作日" in case:
        return add_workdays(case["从"], case["工作日"])
    add = add_months if "月" in case else add_calendar_days
    return add(case["从"], case.get("月", case.get("天")), "不顺延" not in case)


@pytest.mark.parametrize("case", cases("deadlines"))
def test_a_deadline_ends_where_an_official_would_say(case):
    deadline = _deadline_of(case)
    assert deadline.day == case["到"]
    assert deadline.nominal == case.get("本应到", case["到"])
    assert deadline.provisional is (case.get("暂定") == "是")
    assert deadline.was_moved is ("本应到" in case)


def test_a_deadline_says_its_rule_and_ends_at_midnight():
    deadline = add_calendar_days(date(2026, 9, 25), 10)
    assert "2026年9月25日 的次日起 10 天" in deadline.rule
    assert "顺延到 2026年10月8日" in deadline.rule
    assert deadline.ends_at == datetime(2026, 10, 8, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "works", "reason"),
    [
        ("2026-02-14", True, "春节调休上班"),
        ("2026-02-17", False, "春节"),
        ("2026-02-28", True, "春节调休上班"),
        ("2026-10-10", True, "国庆节调休上班"),
        ("2026-10-17", False, "周末"),
        ("2026-10-19", True, ""),
        ("2020-01-31", False, "春节"),
    ],
)
def test_the_arrangement_decides_over_the_weekday(day, works, reason):
    answer = is_workday(date.fromisoformat(day))
    assert (answer.is_workday, answer.reason, answer.provisional) == (works, reason, False)
    assert "国办发明电" in answer.source


def test_every_published_year_names_its_notice():
    assert published_years() == list(range(2018, 2027))
    assert all("国办发明电〔" in source_of_year(year) for year in published_years())
    assert source_of_year(2027) == ""


@pytest.mark.parametrize(
    "day", ["2027-02-06", "2027-05-02", "2030-10-01", "2120-10-02", "2127-01-01"]
)
def test_beyond_the_published_years_statutory_days_still_rest(day):
    answer = is_workday(date.fromisoformat(day))
    assert not answer.is_workday
    assert answer.provisional


def test_a_moved_end_that_looks_into_an_unpublished_year_is_provisional():
    assert next_workday(date(2026, 12, 31)).provisional is False
    deadline = add_calendar_days(date(2026, 12, 1), 31)
    assert (deadline.nominal, deadline.provisional) == (date(2027, 1, 1), True)
    assert deadline.day == date(2027, 1, 4)
    assert "暂定" in deadline.rule


def test_a_newly_arrived_arrangement_settles_the_provisional_end(data_folder):
    assert add_workdays(date(2026, 12, 25), 10).provisional
    (data_folder / "2027.csv").write_text(
        "day,kind,name,source\n2027-01-01,rest,元旦,示例〔2026〕1号\n2027-01-04,rest,元旦,示例〔2026〕1号\n",
        "utf-8-sig",
    )
    workdays.reload_workdays()
    settled = add_workdays(date(2026, 12, 25), 10)
    assert (settled.day, settled.provisional) == (date(2027, 1, 12), False)
    assert source_of_year(2027) == "示例〔2026〕1号"


@pytest.mark.parametrize(
    "line",
    ["2026-01-01,rest,元旦,号", "2027-13-01,rest,元旦,号", "2027-01-01,off,元旦,号", "2027-01-01"],
)
def test_a_calendar_out_of_form_is_named_with_its_line(data_folder, line):
    (data_folder / "2027.csv").write_text(f"day,kind,name,source\n{line}\n", "utf-8")
    workdays.reload_workdays()
    with pytest.raises(ValueError, match=r"2027\.csv line 2"):
        is_workday(date(2027, 3, 1))
    (data_folder / "2027.csv").unlink()


@pytest.mark.slow
@given(days, st.integers(1, 60))
def test_the_nth_working_day_has_n_working_days_before_it(start, count):
    deadline = add_workdays(start, count)
    assert is_workday(deadline.day).is_workday
    assert workdays_between(start, deadline.day) == count


@pytest.mark.slow
@given(days, st.integers(0, 400))
def test_calendar_days_end_on_the_first_working_day_from_the_nominal_end(start, count):
    deadline = add_calendar_days(start, count)
    assert deadline.nominal == start + timedelta(days=count)
    assert deadline.day >= deadline.nominal
    assert is_workday(deadline.day).is_workday
    assert workdays_between(deadline.nominal, deadline.day) == int(deadline.was_moved)


@pytest.mark.parametrize("count", [-1, 10**6])
def test_terms_that_make_no_sense_are_refused(count):
    with pytest.raises(ValueError, match="a term has"):
        add_workdays(date(2026, 1, 5), count)
    with pytest.raises(ValueError, match="no months"):
        add_months(date(2026, 1, 5), -1)


def test_a_term_of_no_days_ends_at_once():
    assert add_workdays(date(2026, 1, 5), 0).day == date(2026, 1, 5)


def test_days_off_are_listed_with_names():
    assert holidays_in(parse_period("2026-06")) == [
        (date(2026, 6, 19), "端午节"),
        (date(2026, 6, 20), "端午节"),
        (date(2026, 6, 21), "端午节"),
    ]
    assert (date(2027, 2, 5), "农历除夕") in holidays_in(parse_period("2027-02"))
    assert holidays_in(Period(date(2026, 3, 2), date(2026, 3, 6))) == []
