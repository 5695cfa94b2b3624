"""Which stations were in use on a day, and what each was then: from the register and its log.

A row holds what holds now. What was changed later is undone by the log: the first change after the
day says what stood before. When a station was paused or closed is read from its moves, each until
the day of the next; a row that stands so without any move (taken over at the beginning) counts by
its own days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.kernel import regions
from nuanxin.kernel.clock import day_end
from nuanxin.orgs.queries.places import region_bounds

TEXTS = ("hours", "extended_hours", "scan_hours")
_UNDONE = (
    "adcode", "town_code", "name_kind", "host_kind", "is_benchmark", "is_24h", "is_smart",
    "is_shared", "opened_on", "union", *TEXTS,
)  # fmt: skip

# An opening day is a day itself: it is undone only where what was known earlier is asked for.
REGISTER = """
WITH past AS (
    SELECT DISTINCT ON (e.subject_id, c.key) e.subject_id, c.key, c.value -> 0 AS was
      FROM records_event e CROSS JOIN LATERAL jsonb_each(e.data -> 'changes') AS c
     WHERE e.subject_type = 'station'
       AND e.kind IN ('stations.station_changed', 'stations.station_updated')
       AND c.key = ANY (%(undone)s::text[])
       AND (e.at >= %(cut)s AND c.key <> 'opened_on' OR e.at > %(known)s::timestamptz)
     ORDER BY e.subject_id, c.key, e.at, e.id
), was AS (
    SELECT subject_id, jsonb_object_agg(key, was) AS was FROM past GROUP BY subject_id
), moves AS (
    SELECT e.subject_id, e.data ->> 'to' AS moved_to, (e.data ->> 'from_on')::date AS first_on,
           least((e.data ->> 'until_on')::date, lead((e.at AT TIME ZONE 'Asia/Shanghai')::date)
                 OVER (PARTITION BY e.subject_id ORDER BY e.at, e.id) - 1) AS last_on
      FROM records_event e
     WHERE e.subject_type = 'station' AND e.kind = 'stations.standing_changed'
       AND (%(known)s::timestamptz IS NULL OR e.at <= %(known)s::timestamptz)
), away AS (
    SELECT subject_id AS station_id, first_on, last_on FROM moves WHERE moved_to <> 'OPEN'
    UNION ALL
    SELECT s.id, s.standing_from, s.standing_until FROM stations_station s
     WHERE s.standing <> 1 AND NOT EXISTS (
        SELECT FROM records_event e WHERE e.subject_type = 'station' AND e.subject_id = s.id
           AND e.kind = 'stations.standing_changed')
), register AS (
    SELECT s.id, coalesce((w.was ->> 'adcode')::int, s.adcode) AS adcode,
           coalesce(w.was ->> 'town_code', s.town_code) AS town_code,
           coalesce((w.was ->> 'name_kind')::int, s.name_kind) AS name_kind,
           coalesce((w.was ->> 'host_kind')::int, s.host_kind) AS host_kind,
           coalesce((w.was ->> 'is_benchmark')::bool, s.is_benchmark) AS is_benchmark,
           coalesce((w.was ->> 'is_24h')::bool, s.is_24h) AS is_24h,
           coalesce((w.was ->> 'is_smart')::bool, s.is_smart) AS is_smart,
           coalesce((w.was ->> 'is_shared')::bool, s.is_shared) AS is_shared,
           coalesce((w.was ->> 'union')::bigint, s.union_id) AS union_id,
           coalesce(w.was ->> 'hours', s.hours) AS hours,
           coalesce(w.was ->> 'extended_hours', s.extended_hours) AS extended_hours,
           coalesce(w.was ->> 'scan_hours', s.scan_hours) AS scan_hours,
           coalesce(CASE WHEN w.was ? 'opened_on' THEN (w.was ->> 'opened_on')::date
                         ELSE s.opened_on END,
                    (s.created_at AT TIME ZONE 'Asia/Shanghai')::date) AS began_on
      FROM stations_station s LEFT JOIN was w ON w.subject_id = s.id
     WHERE %(known)s::timestamptz IS NULL OR s.created_at <= %(known)s::timestamptz
), here AS (
    SELECT r.* FROM register r
     WHERE r.adcode BETWEEN %(low)s AND %(high)s
       AND (%(unions)s::bigint[] IS NULL OR r.union_id = ANY (%(unions)s::bigint[]))
       AND (%(stations)s::bigint[] IS NULL OR r.id = ANY (%(stations)s::bigint[]))
       AND r.began_on <= %(day)s
)
"""
_IN_USE = """
NOT EXISTS (SELECT FROM away a WHERE a.station_id = r.id AND a.first_on <= %(day)s
               AND (a.last_on IS NULL OR a.last_on >= %(day)s))
"""


@dataclass(frozen=True, slots=True)
class Where:
    """Stations of a region, of counties, of unions, or just these; as known at an instant, None for
    now. ``counties`` are asked of hours alone."""

    region: int | None = None
    counties: Sequence[int] | None = None
    union_ids: Sequence[int] | None = None
    station_ids: Sequence[int] | None = None
    known_at: datetime | None = None

    def values(self, day: date) -> dict[str, Any]:
        """Return what the register of ``day`` is asked."""
        low, high = region_bounds(self.region) if self.region else (0, 999_999)
        return {
            "day": day,
            "cut": day_end(day),
            "known": self.known_at,
            "low": low,
            "high": high,
            "unions": None if self.union_ids is None else list(self.union_ids),
            "stations": None if self.station_ids is None else list(self.station_ids),
            "undone": list(_UNDONE),
        }


@dataclass(frozen=True, slots=True)
class Cut:
    """Only stations with a tick (``is_benchmark``…), or whose ``column`` has the ``value``."""

    column: str
    value: int | None = None


@dataclass(frozen=True, slots=True)
class CountedStation:
    """A station that a number counts; name and address are those of today, the county of the day."""

    id: int
    code: str
    name: str
    union_name: str
    address: str
    adcode: int
    began_on: date


def count_in_use(where: Where, *, on: date, cut: Cut | None = None) -> int:
    """Return how many stations were in use on a day."""
    with connection.cursor() as cursor:
        cursor.execute(in_use_statement("count(*)", cut), where.values(on))
        return int(cursor.fetchone()[0])


def list_in_use(
    where: Where, *, on: date, cut: Cut | None = None, after: int = 0, limit: int
) -> list[CountedStation]:
    """Return the stations that ``count_in_use`` counts, in the order of their ids, after ``after``."""
    columns = "s.id, s.code, s.name, u.name, s.address, r.adcode, r.began_on"
    statement = (
        f"{in_use_statement(columns, cut, joined=_NAMED)}"
        " AND r.id > %(after)s ORDER BY r.id LIMIT %(limit)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, where.values(on) | {"after": after, "limit": limit})
        return [CountedStation(*row) for row in cursor.fetchall()]


_NAMED = "JOIN stations_station s ON s.id = r.id JOIN orgs_union u ON u.id = r.union_id"


def in_use_statement(columns: str, cut: Cut | None, *, joined: str = "") -> str:
    """Return the statement over the stations ``r`` in use on a day; its values are ``Where.values``."""
    wanted = "TRUE"
    if cut is not None:
        assert cut.column in _UNDONE
        wanted = f"r.{cut.column}" if cut.value is None else f"r.{cut.column} = {int(cut.value)}"
    return f"{REGISTER}SELECT {columns} FROM here r {joined} WHERE {wanted} AND {_IN_USE}"


def towns_of(region: int | None, *, on: date) -> list[str]:
    """Return the codes of the towns and streets of a region as the directory has them."""
    low, high = region_bounds(region) if region else (0, 999_999)
    counties = [one.code for one in regions.counties(on) if low <= int(one.code) <= high]
    return [town.code for county in counties for town in regions.towns(county)]


def count_towns(where: Where, *, on: date, cut: Cut | None = None) -> int:
    """Return in how many towns of the region a station was in use (one of the kind of ``cut``)."""
    wanted = f"r.{cut.column}" if cut else "TRUE"
    statement = (
        f"{REGISTER} SELECT count(DISTINCT r.town_code) FROM here r"
        f" WHERE r.town_code = ANY (%(towns)s) AND {wanted} AND {_IN_USE}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, where.values(on) | {"towns": towns_of(where.region, on=on)})
        return int(cursor.fetchone()[0])
