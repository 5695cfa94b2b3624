"""Hours promised and delivered follow what is said: days that ended are filled, marked days anew.

A step is one transaction: what it fills and what it takes of the marks stand together or not at all,
so a run that dies leaves its days and its marks to the next. One step at a time, whoever runs it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.clock import business_day, day_end
from nuanxin.kernel.period import Month, Period
from nuanxin.stations.models import HoursKeptDays, HoursMark
from nuanxin.stations.queries.hours_by_county import RECKONING, in_parts, reckoning_values
from nuanxin.stations.queries.hours_cells import (
    first_day,
    kept_days,
    list_entered,
    list_waiting,
)
from nuanxin.stations.queries.hours_promised import list_counties
from nuanxin.stations.queries.in_use import Where

AFTER_MIDNIGHT = timedelta(minutes=30)
"""How long after its end a day is filled: what was said in its last minute is written by then."""
MARKS_A_STEP = 2_000
_LOCK = 7_203_012
_ONE_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)

Pair = tuple[date, int]
"""A day and a county."""
Known = dict[Pair, list[datetime]]
"""Of each pair the instants at which something was entered after the day was over, in order."""

_CLEAR = """
DELETE FROM stations_hourscell c USING unnest(%(days)s::date[], %(counties)s::int[]) AS w (day, county)
WHERE c.day = w.day AND c.county = w.county
"""
_FILL = f"""
INSERT INTO stations_hourscell (day, county, known_from, known_until, promised_minutes, told_minutes,
                                delivered_minutes)
{RECKONING}
SELECT r.day, r.county, w.known_from, w.known_until, r.promised_minutes, r.told_minutes,
       r.delivered_minutes
FROM reckoned r
JOIN unnest(%(w_days)s::date[], %(w_counties)s::int[], %(w_from)s::timestamptz[],
            %(w_until)s::timestamptz[]) AS w (day, county, known_from, known_until)
    USING (day, county)
"""


@transaction.atomic
def follow_hours(*, now: datetime) -> int:
    """Do the next step: days that ended, marked days, then days of before; return how many days.

    0 means that nothing is left to do. A step is at most a calendar month, or ``MARKS_A_STEP`` marks.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    over = business_day(now - AFTER_MIDNIGHT) - _ONE_DAY
    began, kept = first_day(), kept_days()
    if began is None or began > over:
        return 0
    if kept is None:
        # Nothing is kept: what was entered until now is among the facts that are read.
        HoursMark.objects.filter(is_followed=False).update(is_followed=True)
        return _fill_days(Period(max(began, Month.of(over).start), over))
    if kept.end < over:
        start = kept.end + _ONE_DAY
        return _fill_days(Period(start, min(over, Month.of(start).end)), kept)
    if followed := _follow_marks(kept):
        return followed
    if began < kept.start:
        end = kept.start - _ONE_DAY
        return _fill_days(Period(max(began, Month.of(end).start), end), kept)
    return 0


# ---- inside -----------------------------------------------------------------------------------


def _fill_days(period: Period, kept: Period | None = None) -> int:
    """Fill all counties on the days of a month, and keep that they are there."""
    entered = _entered(period)
    counties = {county for found in list_counties().values() for county in found}
    pairs = {(day, county) for day in _days(period) for county in counties}
    _fill(pairs, entered, period)
    first = min(period.start, kept.start) if kept else period.start
    last = max(period.end, kept.end) if kept else period.end
    HoursKeptDays.objects.update_or_create(id=1, defaults={"since": first, "until": last})
    return period.days


def _follow_marks(kept: Period) -> int:
    """Take marks and fill their counties' days anew; what is not kept yet is filled with its month."""
    marks = list_waiting(MARKS_A_STEP)
    if not marks:
        return 0
    counties = list_counties()
    pairs: set[Pair] = set()
    for _, station, first, last in marks:
        if first <= kept.end and last >= kept.start:
            inside = Period(max(first, kept.start), min(last, kept.end))
            pairs |= {(day, one) for day in _days(inside) for one in counties[station]}
    if pairs:
        days = sorted({day for day, _ in pairs})
        for part in in_parts(Period(days[0], days[-1])):
            here = {pair for pair in pairs if pair[0] in part}
            if here:
                _fill(here, _entered(part), part)
    HoursMark.objects.filter(id__in=[mark[0] for mark in marks]).update(is_followed=True)
    return max(1, len({day for day, _ in pairs}))


def _entered(period: Period) -> Known:
    """Return when something was entered about a day that was over, by day and county."""
    counties, found = list_counties(), defaultdict(set)
    for station, marks in list_entered(period).items():
        for first, last, at in marks:
            for day in _days(Period(max(first, period.start), min(last, period.end))):
                if at > day_end(day):
                    for county in counties[station]:
                        found[day, county].add(at)
    return {pair: sorted(instants) for pair, instants in found.items()}


def _fill(pairs: set[Pair], entered: Known, period: Period) -> None:
    """Write the cells of the pairs anew: as known now, and as known before each late entry."""
    versions: dict[datetime | None, list[tuple[Pair, datetime, datetime | None]]] = {}
    for pair in sorted(pairs):
        since, before = day_end(pair[0]), entered.get(pair, [])
        readings = [before[0] - _TICK, *before[:-1]] if before else []
        for reading, at in zip(readings, before, strict=True):
            versions.setdefault(reading, []).append((pair, since, at))
            since = at
        versions.setdefault(None, []).append((pair, since, None))
    days, counties = _columns(pairs)
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, {"days": days, "counties": counties})
        for known_at, wanted in versions.items():
            cursor.execute(_FILL, _values(known_at, wanted, period))


def _values(
    reading: datetime | None, wanted: list[tuple[Pair, datetime, datetime | None]], period: Period
) -> dict[str, Any]:
    days, counties = _columns(pair for pair, _, _ in wanted)
    where = Where(counties=sorted(set(counties)), known_at=reading)
    touched = Period(max(min(days), period.start), min(max(days), period.end))
    return reckoning_values(where, touched) | {
        "w_days": days,
        "w_counties": counties,
        "w_from": [since for _, since, _ in wanted],
        "w_until": [until for _, _, until in wanted],
    }


def _columns(pairs: Iterable[Pair]) -> tuple[list[date], list[int]]:
    ordered = list(pairs)
    return [day for day, _ in ordered], [county for _, county in ordered]


def _days(period: Period) -> list[date]:
    return [period.start + timedelta(days=n) for n in range(period.days)]
