"""Spans of whole calendar days, both ends included, and the months, quarters and years in them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from nuanxin.kernel.errors import Malformed

ONE_DAY = timedelta(days=1)
_HALF_NAMES = {1: "上半年", 2: "下半年"}
_QUARTER_NAMES = {1: "一", 2: "二", 3: "三", 4: "四"}


class PeriodKind(StrEnum):
    """How a figure relates to time."""

    IN_PERIOD = "in_period"
    AS_OF = "as_of"
    CUMULATIVE = "cumulative"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            PeriodKind.IN_PERIOD: "期间",
            PeriodKind.AS_OF: "时点",
            PeriodKind.CUMULATIVE: "累计",
        }[self]


@dataclass(frozen=True, slots=True)
class Period:
    """All days from ``start`` to ``end``, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise ValueError(f"a period cannot end ({self.end}) before it starts ({self.start})")

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __lt__(self, other: Period) -> bool:
        return (self.start, self.end) < (other.start, other.end)

    def __str__(self) -> str:
        return f"{self.start.isoformat()}..{self.end.isoformat()}"

    @property
    def days(self) -> int:
        """Return how many days it has; one for a single day."""
        return (self.end - self.start).days + 1

    @property
    def label(self) -> str:
        """Return the Chinese name: the shortest that says exactly these days."""
        for whole in (Year.of, HalfYear.of, Quarter.of, Month.of):
            candidate = whole(self.start)
            if candidate.period == self:
                return candidate.label
        if self.start == self.end:
            return _day_label(self.start)
        return f"{_day_label(self.start)}至{_day_label(self.end)}"

    def overlaps(self, other: Period) -> bool:
        """Return whether there is a day in both."""
        return self.start <= other.end and other.start <= self.end

    def intersection(self, other: Period) -> Period | None:
        """Return the days in both, or None."""
        if not self.overlaps(other):
            return None
        return Period(max(self.start, other.start), min(self.end, other.end))

    def months(self) -> Iterator[Month]:
        """Yield every month that has a day in the period, in order."""
        month, last = Month.of(self.start), Month.of(self.end)
        while month <= last:
            yield month
            month = month.next

    def same_last_year(self) -> Period:
        """Return the same days a year earlier (同期); 29 February becomes 28 February."""
        start, end = shift_months(self.start, -12), shift_months(self.end, -12)
        is_month_end = self.end == Month.of(self.end).period.end
        return Period(start, Month.of(end).period.end if is_month_end else end)


class _Calendar:
    """What months, quarters, half-years and years have in common: ``period`` does the work."""

    __slots__ = ()

    @property
    def period(self) -> Period:
        """Return its days."""
        raise NotImplementedError

    @property
    def start(self) -> date:
        """Return its first day."""
        return self.period.start

    @property
    def end(self) -> date:
        """Return its last day."""
        return self.period.end

    def __contains__(self, day: date) -> bool:
        return day in self.period

    def __lt__(self, other: Self) -> bool:
        return self.start < other.start

    def __le__(self, other: Self) -> bool:
        return self.start <= other.start


@dataclass(frozen=True, slots=True)
class Month(_Calendar):
    """A calendar month."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month that ``day`` lies in."""
        return cls(day.year, day.month)

    @property
    def period(self) -> Period:
        """Return its days."""
        last = calendar.monthrange(self.year, self.month)[1]
        return Period(date(self.year, self.month, 1), date(self.year, self.month, last))

    @property
    def next(self) -> Month:
        """Return the month after."""
        return Month.of(self.end + ONE_DAY)

    @property
    def previous(self) -> Month:
        """Return the month before."""
        return Month.of(self.start - ONE_DAY)

    @property
    def label(self) -> str:
        """Return 2026年5月."""
        return f"{self.year}年{self.month}月"

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class Quarter(_Calendar):
    """A calendar quarter, 1 to 4."""

    year: int
    quarter: int

    @classmethod
    def of(cls, day: date) -> Quarter:
        """Return the quarter that ``day`` lies in."""
        return cls(day.year, (day.month + 2) // 3)

    @property
    def period(self) -> Period:
        """Return its days."""
        last = self.quarter * 3
        return Period(date(self.year, last - 2, 1), Month(self.year, last).end)

    @property
    def next(self) -> Quarter:
        """Return the quarter after."""
        return Quarter.of(self.end + ONE_DAY)

    @property
    def previous(self) -> Quarter:
        """Return the quarter before."""
        return Quarter.of(self.start - ONE_DAY)

    @property
    def label(self) -> str:
        """Return 2026年二季度."""
        return f"{self.year}年{_QUARTER_NAMES[self.quarter]}季度"

    def __str__(self) -> str:
        return f"{self.year:04d}Q{self.quarter}"


@dataclass(frozen=True, slots=True)
class HalfYear(_Calendar):
    """A calendar half-year, 1 or 2."""

    year: int
    half: int

    @classmethod
    def of(cls, day: date) -> HalfYear:
        """Return the half-year that ``day`` lies in."""
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def period(self) -> Period:
        """Return its days."""
        last = self.half * 6
        return Period(date(self.year, last - 5, 1), Month(self.year, last).end)

    @property
    def next(self) -> HalfYear:
        """Return the half-year after."""
        return HalfYear.of(self.end + ONE_DAY)

    @property
    def previous(self) -> HalfYear:
        """Return the half-year before."""
        return HalfYear.of(self.start - ONE_DAY)

    @property
    def label(self) -> str:
        """Return 2026年上半年."""
        return f"{self.year}年{_HALF_NAMES[self.half]}"

    def __str__(self) -> str:
        return f"{self.year:04d}H{self.half}"


@dataclass(frozen=True, slots=True)
class Year(_Calendar):
    """A calendar year."""

    year: int

    @classmethod
    def of(cls, day: date) -> Year:
        """Return the year that ``day`` lies in."""
        return cls(day.year)

    @property
    def period(self) -> Period:
        """Return its days."""
        return Period(date(self.year, 1, 1), date(self.year, 12, 31))

    @property
    def next(self) -> Year:
        """Return the year after."""
        return Year(self.year + 1)

    @property
    def previous(self) -> Year:
        """Return the year before."""
        return Year(self.year - 1)

    @property
    def label(self) -> str:
        """Return 2026年."""
        return f"{self.year}年"

    def __str__(self) -> str:
        return f"{self.year:04d}"


def shift_months(day: date, months: int) -> date:
    """Return the matching day ``months`` later (or earlier), or that month's last day.

    Civil Code a.202: a term of months ends on the matching day, and on the month's last day where
    there is none.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_between(start: date, end: date) -> int:
    """Return the whole months completed from ``start`` to ``end``: the most that can be added.

    31 January to 28 February is one month, to 27 February none. Negative when ``end`` is earlier:
    the months are then counted from ``end`` to ``start``.
    """
    if end < start:
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if shift_months(start, months) <= end else months - 1


def parse_period(text: str) -> Period:
    """Read a period: "2026", "2026H1", "2026Q3", "2026-05", "2026-05-06", or two with ".." between.

    With ".." the period runs from the first day of the left to the last day of the right:
    "2018-10..2023-09". Raises ``Malformed`` period.unreadable or period.backwards.
    """
    left, dots, right = text.strip().partition("..")
    first = _read(left)
    last = _read(right) if dots else first
    if first.start > last.end:
        raise Malformed("period.backwards", "起止写反了：开始的日子在结束的日子后面。请对调再试。")
    return Period(first.start, last.end)


_SHAPES = (
    (re.compile(r"(\d{4})"), lambda y: Year(int(y)).period),
    (re.compile(r"(\d{4})H([12])"), lambda y, h: HalfYear(int(y), int(h)).period),
    (re.compile(r"(\d{4})Q([1-4])"), lambda y, q: Quarter(int(y), int(q)).period),
    (re.compile(r"(\d{4})-(\d{2})"), lambda y, m: Month(int(y), int(m)).period),
    (re.compile(r"(\d{4})-(\d{2})-(\d{2})"), lambda y, m, d: _single(int(y), int(m), int(d))),
)


def _read(text: str) -> Period:
    cleaned = text.strip().upper()
    for shape, build in _SHAPES:
        match = shape.fullmatch(cleaned)
        if match and cleaned.isascii():
            try:
                return build(*match.groups())
            except ValueError:
                break
    raise Malformed(
        "period.unreadable",
        "没有读懂这个时间段。可以写成 2026、2026H1、2026Q3、2026-05、2026-05-06，"
        "或者用两个点连起来：2018-10..2023-09。",
    )


def _single(year: int, month: int, day: int) -> Period:
    only = date(year, month, day)
    return Period(only, only)


def _day_label(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
