"""Hours promised and delivered of all stations of counties, by day, reckoned by the database in one set.

The rule is that of ``rules.delivering``, written over sets of minutes; a test holds both together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from nuanxin.kernel.period import Period
from nuanxin.stations.queries.hours_kept import what_counts
from nuanxin.stations.queries.hours_promised import Calendar, Kind, list_pieces
from nuanxin.stations.queries.in_use import Where
from nuanxin.stations.rules.delivering import Minutes, length

MOST_DAYS = 31
"""Days reckoned at once: so the sets stay small, whatever the period."""

RECKONING = """
WITH piece AS (
    SELECT * FROM unnest(%(stations)s::bigint[], %(counties)s::int[], %(kinds)s::int[],
                         %(firsts)s::date[], %(lasts)s::date[])
        AS p (station_id, county, kind, first_on, last_on)
), calendar AS (
    SELECT * FROM unnest(%(hours_kinds)s::int[], %(hours_days)s::date[],
                         %(minutes)s::int4multirange[], %(lengths)s::int[])
        AS c (kind, day, minutes, promised)
), planned AS (
    SELECT c.station_id,
           greatest(0, (extract(epoch FROM date_trunc('minute', lower(c.during)
                       AT TIME ZONE 'Asia/Shanghai') - %(first)s::date) / 60)::int) AS low,
           least(%(days)s * 1440, (extract(epoch FROM date_trunc('minute', upper(c.during)
                       AT TIME ZONE 'Asia/Shanghai') - %(first)s::date) / 60)::int) AS high
    FROM stations_plannedclosure c
    WHERE (c.cancelled_at IS NULL OR c.cancelled_at > %(known)s::timestamptz)
      AND c.during && tstzrange(%(start)s, %(end)s)
      AND (%(known)s::timestamptz IS NULL OR c.made_at <= %(known)s::timestamptz)
), shut AS (
    SELECT p.station_id, %(first)s::date + n AS day,
           range_agg(int4range(greatest(p.low - n * 1440, 0), least(p.high - n * 1440, 1440))) AS minutes
    FROM planned p CROSS JOIN LATERAL generate_series(p.low / 1440, (p.high - 1) / 1440) AS n
    WHERE p.low < p.high GROUP BY 1, 2
), word AS (
    SELECT p.station_id, l.at::date AS day, p.said <> %(closed)s AS is_open,
           extract(hour FROM l.at)::int * 60 + extract(minute FROM l.at)::int AS minute,
           CASE WHEN p.said <> %(full)s AND l.until::date <= l.at::date
                THEN extract(hour FROM l.until)::int * 60 + extract(minute FROM l.until)::int
           END AS until,
           row_number() OVER spoken AS n,
           lead(extract(hour FROM l.at)::int * 60 + extract(minute FROM l.at)::int) OVER spoken AS next
    FROM stations_stationreport p
    CROSS JOIN LATERAL (SELECT p.reported_at AT TIME ZONE 'Asia/Shanghai' AS at,
                               p.until AT TIME ZONE 'Asia/Shanghai' AS until) l
    WHERE p.station_id = ANY (%(ids)s::bigint[])
      AND p.reported_at >= %(start)s AND p.reported_at < %(end)s
      AND p.said / 10 = %(door)s AND p.source <> %(anybody)s AND p.takes_back_id IS NULL
      AND (%(known)s::timestamptz IS NULL OR p.reported_at <= %(known)s::timestamptz)
      AND NOT EXISTS (SELECT FROM stations_stationreport b WHERE b.takes_back_id = p.id
            AND (%(known)s::timestamptz IS NULL OR b.reported_at <= %(known)s::timestamptz))
    WINDOW spoken AS (PARTITION BY p.station_id, l.at::date ORDER BY p.reported_at, p.id)
), held AS (
    SELECT station_id, day, is_open, until, CASE n WHEN 1 THEN 0 ELSE minute END AS low,
           coalesce(next, 1440) AS high
    FROM word
), said AS (
    SELECT station_id, day,
           range_agg(int4range(CASE WHEN is_open THEN turn ELSE low END,
                               CASE WHEN is_open THEN high ELSE turn END))
               FILTER (WHERE CASE WHEN is_open THEN turn < high ELSE low < turn END) AS closed
    FROM held CROSS JOIN LATERAL (
        SELECT CASE WHEN until IS NULL THEN high ELSE greatest(low, least(until, high)) END AS turn) t
    GROUP BY 1, 2
), touched AS (
    SELECT p.county, c.day, c.promised, t.is_told, t.closed,
           CASE WHEN t.shut IS NULL THEN c.minutes ELSE c.minutes - t.shut END AS minutes
    FROM (SELECT station_id, day, s.minutes AS shut, w.closed, w.station_id IS NOT NULL AS is_told
          FROM shut s FULL JOIN said w USING (station_id, day)) t
    JOIN piece p ON p.station_id = t.station_id AND t.day BETWEEN p.first_on AND p.last_on
    JOIN calendar c ON c.kind = p.kind AND c.day = t.day
), lengths AS (
    SELECT t.county, t.day, t.promised, t.is_told,
           (SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(t.minutes) AS r) AS still,
           CASE WHEN t.is_told THEN
               (SELECT coalesce(sum(upper(r) - lower(r)), 0)
                FROM unnest(t.minutes - coalesce(t.closed, '{}'::int4multirange)) AS r)
           END AS delivered
    FROM touched t
), changed AS (
    SELECT county, day, sum(still - promised) AS promised,
           coalesce(sum(still) FILTER (WHERE is_told), 0) AS told,
           coalesce(sum(delivered), 0) AS delivered
    FROM lengths GROUP BY 1, 2
), planned_all AS (
    SELECT p.county, c.day, sum(c.promised) AS promised
    FROM piece p JOIN calendar c ON c.kind = p.kind AND c.day BETWEEN p.first_on AND p.last_on
    GROUP BY 1, 2
), reckoned AS (
    SELECT a.day, a.county, (a.promised + coalesce(c.promised, 0))::int AS promised_minutes,
           coalesce(c.told, 0)::int AS told_minutes, coalesce(c.delivered, 0)::int AS delivered_minutes
    FROM planned_all a LEFT JOIN changed c USING (county, day)
)
"""


@dataclass(frozen=True, slots=True)
class CountyHours:
    """Minutes of all stations of a county on a day."""

    day: date
    county: int
    promised: int
    told: int
    delivered: int


def count_hours(where: Where, period: Period) -> list[CountyHours]:
    """Return what the stations of a place promised and delivered, by day and county."""
    found = []
    with connection.cursor() as cursor:
        for part in in_parts(period):
            values = reckoning_values(where, part)
            cursor.execute(f"{RECKONING} SELECT * FROM reckoned ORDER BY day, county", values)
            found += [CountyHours(*row) for row in cursor.fetchall()]
    return found


def in_parts(period: Period) -> Iterable[Period]:
    """Yield the period in parts of a calendar month."""
    for month in period.months():
        part = month.period.intersection(period)
        assert part is not None
        yield part


def reckoning_values(where: Where, period: Period) -> dict[str, Any]:
    """Return what ``RECKONING`` is asked of a period of at most ``MOST_DAYS`` days."""
    assert period.days <= MOST_DAYS
    pieces, calendar = list_pieces(where, period), Calendar(period)
    numbers: dict[Kind, int] = {}
    kinds = [numbers.setdefault(calendar.key(piece), len(numbers)) for piece in pieces]
    every = [
        (numbers[kind], period.start + timedelta(days=n), minutes)
        for kind, by_day in calendar.made.items()
        for n, minutes in enumerate(by_day)
    ]
    return {
        "stations": [piece.station for piece in pieces],
        "ids": sorted({piece.station for piece in pieces}),
        "counties": [piece.county for piece in pieces],
        "kinds": kinds,
        "firsts": [piece.first for piece in pieces],
        "lasts": [piece.last for piece in pieces],
        "hours_kinds": [one[0] for one in every],
        "hours_days": [one[1] for one in every],
        "minutes": [_as_multirange(one[2]) for one in every],
        "lengths": [length(one[2]) for one in every],
        "first": period.start,
        "days": period.days,
    } | what_counts(where, period)


def _as_multirange(minutes: Minutes) -> str:
    return "{" + ",".join(f"[{begin},{end})" for begin, end in minutes) + "}"
