"""Hours promised and delivered as they are kept: cells by county and day, and what is not kept yet."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import connection

from nuanxin.kernel.period import Period
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.stations.queries.hours_by_county import CountyHours, count_hours
from nuanxin.stations.queries.hours_kept import Kept
from nuanxin.stations.queries.in_use import Where

_SUM = """
SELECT coalesce(sum(promised_minutes), 0), coalesce(sum(told_minutes), 0),
       coalesce(sum(delivered_minutes), 0)
FROM stations_hourscell
WHERE day BETWEEN %(first)s AND %(last)s AND county BETWEEN %(low)s AND %(high)s
  AND known_from <= coalesce(%(known)s, 'infinity'::timestamptz)
  AND (known_until IS NULL OR known_until > %(known)s)
"""
_EACH = """
SELECT day, county, promised_minutes, told_minutes, delivered_minutes
FROM stations_hourscell
WHERE day BETWEEN %(first)s AND %(last)s
  AND known_from <= coalesce(%(known)s, 'infinity'::timestamptz)
  AND (known_until IS NULL OR known_until > %(known)s)
ORDER BY day, county
"""
_WAITING = """
SELECT m.id, m.station_id, m.first_on, m.last_on FROM stations_hoursmark m
WHERE NOT m.is_followed ORDER BY m.id LIMIT %(limit)s
"""
_ENTERED = """
SELECT m.station_id, m.first_on, m.last_on, m.at FROM stations_hoursmark m
WHERE m.last_on >= %(first)s AND m.first_on <= %(last)s
"""
_BEGAN = """
SELECT min(coalesce(opened_on, (created_at AT TIME ZONE 'Asia/Shanghai')::date))
FROM stations_station
"""
_KEPT = "SELECT since, until FROM stations_hourskeptdays"


def kept_days() -> Period | None:
    """Return the days of which there are cells, None where none were made yet."""
    with connection.cursor() as cursor:
        cursor.execute(_KEPT)
        row = cursor.fetchone()
    return Period(*row) if row else None


def first_day() -> date | None:
    """Return the day on which the first station began, None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGAN)
        day: date | None = cursor.fetchone()[0]
    return day


def hours_of(where: Where, period: Period) -> Kept:
    """Return the minutes of a region on the days of a period, all of them over.

    Days that are not kept yet (the night's job has not come to them) are reckoned.
    """
    low, high = region_bounds(where.region) if where.region else (0, 999_999)
    total = Kept()
    inside, outside = outside_kept(period)
    if inside:
        with connection.cursor() as cursor:
            cursor.execute(
                _SUM,
                {
                    "first": inside.start,
                    "last": inside.end,
                    "low": low,
                    "high": high,
                    "known": where.known_at,
                },
            )
            total = Kept(*map(int, cursor.fetchone()))
    began = first_day() if outside else None
    for part in outside:
        if began is None or part.end < began:  # there was no station yet
            continue
        for one in count_hours(where, Period(max(part.start, began), part.end)):
            total = total.plus(Kept(one.promised, one.told, one.delivered))
    return total


def outside_kept(period: Period) -> tuple[Period | None, list[Period]]:
    """Return the part of a period that is kept, and the parts that are not."""
    kept = kept_days()
    inside = kept.intersection(period) if kept else None
    return inside, _outside(period, inside)


def list_cells(period: Period, *, known_at: datetime | None = None) -> list[CountyHours]:
    """Return the cells of the days as they are (or were) known, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_EACH, {"first": period.start, "last": period.end, "known": known_at})
        return [CountyHours(*row) for row in cursor.fetchall()]


def list_waiting(limit: int) -> list[tuple[int, int, date, date]]:
    """Return (id, station, first day, last day) of the marks that no run has followed."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"limit": limit})
        return [(row[0], row[1], row[2], row[3]) for row in cursor.fetchall()]


def list_entered(period: Period) -> dict[int, list[tuple[date, date, datetime]]]:
    """Return by station what was entered when about days of the period that were over."""
    found: dict[int, list[tuple[date, date, datetime]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ENTERED, {"first": period.start, "last": period.end})
        for station, first, last, at in cursor.fetchall():
            found[station].append((first, last, at))
    return found


def differing_cells(period: Period) -> list[str]:
    """Return the cells (day/county) of kept days that are not what the facts give, in order."""
    kept = kept_days()
    inside = kept.intersection(period) if kept else None
    if inside is None:
        return []
    cells = {(c.day, c.county): c for c in list_cells(inside)}
    counted = {(c.day, c.county): c for c in count_hours(Where(), inside)}
    keys = sorted(cells.keys() | counted.keys())
    return [f"{day}/{county}" for day, county in keys if _differ(cells, counted, (day, county))]


def _differ(
    cells: dict[tuple[date, int], CountyHours],
    counted: dict[tuple[date, int], CountyHours],
    key: tuple[date, int],
) -> bool:
    nothing = CountyHours(*key, 0, 0, 0)
    return cells.get(key, nothing) != counted.get(key, nothing)


def _outside(period: Period, inside: Period | None) -> list[Period]:
    if inside is None:
        return [period]
    one = timedelta(days=1)
    parts = []
    if period.start < inside.start:
        parts.append(Period(period.start, inside.start - one))
    if period.end > inside.end:
        parts.append(Period(inside.end + one, period.end))
    return parts
