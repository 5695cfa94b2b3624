"""The nearest stations by great circle, exactly, nearly always in one statement.

The index brings candidates in the order of the plane, the statement measures them over the ground,
and ``rules.nearest`` proves that nobody is missing; where the proof fails, once in fifty
times at most, a second statement reads the circle in which all answers lie. The texts are few and are
planned once a connection: which filters there are is in the text, what they ask for is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from nuanxin.kernel.geo import EARTH_RADIUS_M
from nuanxin.stations.rules import nearest as rule
from nuanxin.stations.rules.nearest import Candidate
from nuanxin.stations.rules.placing import Place


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a station must have: kinds (as bits), be usable now, be open at a time."""

    facilities: int = 0
    usable_at: datetime | None = None
    open_at: datetime | None = None


_GROUND = (
    f"{2 * EARTH_RADIUS_M!r}::float8 * asin(least(1, sqrt("
    "sin(radians(p.lat - %(lat)s::float8) / 2) ^ 2 + cos(radians(%(lat)s::float8))"
    " * cos(radians(p.lat)) * sin(radians(p.lng - %(lng)s::float8) / 2) ^ 2)))"
)
_HERE = f"point(%(lng)s::float8 * {rule.PLANE_COSINE!r}, %(lat)s::float8)"


@lru_cache(maxsize=256)
def nearest_sql(*, asked: int, wanted: tuple[bool, bool, bool], rare: int) -> str:
    """Return the statement that brings ``asked`` candidates by the plane."""
    return (
        f"SELECT p.station_id, {_GROUND}, p.place <-> {_HERE} FROM stations_stationspot p"
        f" WHERE {_conditions(wanted, rare)} ORDER BY p.place <-> {_HERE} LIMIT {asked:d}"
    )


@lru_cache(maxsize=64)
def circle_sql(*, wanted: tuple[bool, bool, bool], rare: int) -> str:
    """Return the statement that reads a circle of the plane and ranks it over the ground."""
    return (
        f"SELECT p.station_id, {_GROUND}, p.place <-> {_HERE} FROM stations_stationspot p"
        f" WHERE p.place <@ circle({_HERE}, %(reach)s::float8) AND {_conditions(wanted, rare)}"
        " ORDER BY 2, 1 LIMIT %(limit)s"
    )


def _conditions(wanted: tuple[bool, bool, bool], rare: int) -> str:
    """Return what a row must meet, the cheap ones first.

    Inside COALESCE they keep that order, and the planner takes one row in two to pass, so that it
    walks the index instead of sorting the table.
    """
    has_facilities, is_usable, is_open = wanted
    parts = [
        "p.usable_until > %(usable)s::timestamptz" if is_usable else "",
        "p.facilities & %(bits)s::bigint = %(bits)s::bigint" if has_facilities else "",
        "p.open_during @> %(usable)s::timestamptz" if is_usable else "",
        "p.open_during @> %(open)s::timestamptz" if is_open else "",
    ]
    met = " AND ".join(part for part in parts if part)
    indexed = [f"p.facilities & {rare:d} <> 0"] if rare else []
    return " AND ".join([*indexed, *([f"COALESCE({met}, false)"] if met else [])]) or "true"


def find_nearest(place: Place, *, limit: int, wanted: Wanted | None = None) -> list[Candidate]:
    """Return the nearest stations that meet ``wanted``, the nearest first, at most ``limit`` (≤ 50)."""
    asks = wanted or Wanted()
    shape = (asks.facilities != 0, asks.usable_at is not None, asks.open_at is not None)
    rare = rule.rarest(asks.facilities)
    values = {
        "lng": place.wgs_lng,
        "lat": place.wgs_lat,
        "bits": asks.facilities,
        "usable": asks.usable_at,
        "open": asks.open_at,
    }
    asked = rule.candidates_for(limit)
    found = _candidates(nearest_sql(asked=asked, wanted=shape, rare=rare), values)
    if not rule.is_proved(found, limit, asked=asked):
        within = values | {"reach": rule.reach_steps(found, limit), "limit": limit}
        found = _candidates(circle_sql(wanted=shape, rare=rare), within)
    return rule.ranked(found, limit)


def _candidates(sql: str, values: dict[str, Any]) -> Sequence[Candidate]:
    with connection.prepared_cursor(is_binary=True) as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, values)
        return [Candidate._make(row) for row in cursor.fetchall()]
