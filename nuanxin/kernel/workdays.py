"""Working days and deadlines (Civil Code a.201-204; the State Council's yearly arrangement).

The arrangement is published about a year ahead. Beyond the last published year a day is judged by
the weekday and the statutory holidays that can be computed (全国年节及纪念日放假办法 2024 a.2), and
every answer that rests on such a day is ``provisional``. Nothing here ever raises for a late year.

Data: ``data/workdays/<year>.csv`` (day, kind rest|work, name, source); a file of the same form in
``$NUANXIN_DATA/reference/workdays/`` replaces the year.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from nuanxin.kernel.clock import day_end
from nuanxin.kernel.period import ONE_DAY, Period, shift_months

_FOLDER = Path(__file__).parent / "data" / "workdays"
_FIXED_HOLIDAYS = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
FURTHEST_DAYS = 3_660
"""The longest term that is counted day by day: ten years."""


@dataclass(frozen=True, slots=True)
class WorkdayAnswer:
    """Whether a day is a working day, why, and whether the year's arrangement is still missing."""

    is_workday: bool
    provisional: bool
    reason: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a term; the term ends at 24:00 of it (Civil Code a.203).

    ``nominal`` is where the count ended before a rest day moved it. ``provisional`` says that a day
    counted lies in a year whose arrangement is not published: count again when it is.
    """

    day: date
    provisional: bool
    rule: str
    nominal: date

    @property
    def ends_at(self) -> datetime:
        """Return the first instant (UTC) at which the term is over."""
        return day_end(self.day)

    @property
    def was_moved(self) -> bool:
        """Return whether a rest day moved the end."""
        return self.day != self.nominal


@dataclass(frozen=True, slots=True)
class _Year:
    """One published year: the days that differ from Monday-to-Friday."""

    rest: dict[date, str]
    work: dict[date, str]
    source: str


def is_workday(day: date) -> WorkdayAnswer:
    """Return whether ``day`` is a working day; make-up weekends (调休) count as working days."""
    year = _published(_data_folder()).get(day.year)
    if year is None:
        name = _statutory_name(day)
        works = day.weekday() < 5 and not name
        return WorkdayAnswer(works, True, name or _weekday_reason(day), "还没有该年的放假安排")
    if day in year.rest:
        return WorkdayAnswer(False, False, year.rest[day], year.source)
    if day in year.work:
        return WorkdayAnswer(True, False, year.work[day], year.source)
    return WorkdayAnswer(day.weekday() < 5, False, _weekday_reason(day), year.source)


def add_workdays(start: date, count: int) -> Deadline:
    """Return the ``count``-th working day after ``start``; the start day itself is not counted.

    Raises ``ValueError`` for a negative count or one beyond ``FURTHEST_DAYS``.
    """
    _check_count(count)
    day, left, provisional = start, count, False
    while left:
        day += ONE_DAY
        answer = is_workday(day)
        provisional |= answer.provisional
        left -= answer.is_workday
    if not count:
        provisional = is_workday(start).provisional
    rule = f"自 {_said(start)} 的次日起 {count} 个工作日（开始当日不计，调休上班日计入）"
    return Deadline(day, provisional, rule + _provisional_note(provisional), day)


def add_calendar_days(start: date, count: int, move_if_rest_day: bool = True) -> Deadline:
    """Return the end of ``count`` calendar days, the start day not counted.

    An end on a rest day moves to the next working day, unless ``move_if_rest_day`` is false
    (Civil Code a.203 and a.204). Raises ``ValueError`` like ``add_workdays``.
    """
    _check_count(count)
    rule = f"自 {_said(start)} 的次日起 {count} 天"
    return _ending(start + timedelta(days=count), rule, move_if_rest_day)


def add_months(start: date, months: int, move_if_rest_day: bool = True) -> Deadline:
    """Return the end of a term of months: the matching day, or the month's last day (a.202)."""
    if months < 0:
        raise ValueError("a term cannot have fewer than no months")
    return _ending(
        shift_months(start, months), f"自 {_said(start)} 起 {months} 个月", move_if_rest_day
    )


def next_workday(day: date) -> Deadline:
    """Return ``day`` if it is a working day, the first working day after it otherwise."""
    return _ending(day, f"{_said(day)}", move_if_rest_day=True)


def workdays_between(start: date, end: date) -> int:
    """Return how many working days lie after ``start`` up to and including ``end`` (0 if none)."""
    return sum(is_workday(day).is_workday for day in _days_after(start, end))


def published_years() -> list[int]:
    """Return the years whose arrangement is known, in order."""
    return sorted(_published(_data_folder()))


def source_of_year(year: int) -> str:
    """Return the notice that the year's arrangement stands in, "" while it is not published."""
    known = _published(_data_folder()).get(year)
    return known.source if known else ""


def holidays_in(period: Period) -> list[tuple[date, str]]:
    """Return the days off by arrangement (or statute) in the period with their names."""
    found = []
    for day in _days_after(period.start - ONE_DAY, period.end):
        year = _published(_data_folder()).get(day.year)
        name = year.rest.get(day, "") if year else _statutory_name(day)
        if name:
            found.append((day, name))
    return found


def reload_workdays() -> None:
    """Forget what was read, so that a newly arrived year counts; provisional ends change then."""
    _published.cache_clear()
    _statutory.cache_clear()


def _ending(nominal: date, rule: str, move_if_rest_day: bool) -> Deadline:
    day, answer = nominal, is_workday(nominal)
    provisional = answer.provisional
    while move_if_rest_day and not answer.is_workday:
        day += ONE_DAY
        answer = is_workday(day)
        provisional |= answer.provisional
    if day != nominal:
        rule += f"，{_said(nominal)} 是休息日，顺延到 {_said(day)}"
    return Deadline(day, provisional, rule + _provisional_note(provisional), nominal)


def _check_count(count: int) -> None:
    if not 0 <= count <= FURTHEST_DAYS:
        raise ValueError(f"a term has 0 to {FURTHEST_DAYS} days, not {count}")


def _days_after(start: date, end: date) -> Iterator[date]:
    for offset in range(1, (end - start).days + 1):
        yield start + timedelta(days=offset)


def _said(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _weekday_reason(day: date) -> str:
    return "" if day.weekday() < 5 else "周末"


def _provisional_note(provisional: bool) -> str:
    return "；其中有的年份还没有放假安排，这是暂定日期" if provisional else ""


def _statutory_name(day: date) -> str:
    known = _statutory().get(day)
    if known:
        return known
    return "法定节假日" if (day.month, day.day) in _FIXED_HOLIDAYS else ""


def _data_folder() -> str:
    return os.environ.get("NUANXIN_DATA", "")


@lru_cache(maxsize=8)
def _published(data_folder: str) -> dict[int, _Year]:
    files = {path.stem: path for path in _FOLDER.glob("[0-9][0-9][0-9][0-9].csv")}
    if data_folder:
        own = Path(data_folder) / "reference" / "workdays"
        files |= {path.stem: path for path in own.glob("[0-9][0-9][0-9][0-9].csv")}
    return {int(stem): _read_year(path, int(stem)) for stem, path in files.items()}


def _read_year(path: Path, year: int) -> _Year:
    """Read one file; raise ``ValueError`` with file and line for anything out of form."""
    days: dict[str, dict[date, str]] = {"rest": {}, "work": {}}
    sources: dict[str, None] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            try:
                day = date.fromisoformat(row["day"])
                if day.year != year or day in days["rest"] or day in days["work"]:
                    raise ValueError("a day of another year, or twice")
                days[row["kind"]][day] = row["name"]
                sources[row["source"]] = None
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path.name} line {line}: {error}") from error
    return _Year(days["rest"], days["work"], "；".join(sources))


@lru_cache(maxsize=1)
def _statutory() -> dict[date, str]:
    with (_FOLDER / "statutory.csv").open(encoding="utf-8", newline="") as file:
        return {date.fromisoformat(row["day"]): row["name"] for row in csv.DictReader(file)}
