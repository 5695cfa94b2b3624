"""How many people are where at which hour, and which stations are open for them: read as sets."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import connection

from nuanxin.kernel import regions
from nuanxin.kernel.clock import business_day, day_start, now
from nuanxin.kernel.parameters import parameter
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.stations.rules.siting import Floats
from nuanxin.stations.rules.siting_grid import HOURS, Cells, gather
from nuanxin.stations.rules.siting_plan import Bools
from nuanxin.stations.rules.siting_settings import hours_out
from nuanxin.stations.states import DemandSource, Standing

MOST_POINTS = 300_000

_WORKED = """
SELECT adcode, occupation, lat, lng, persons, town_code FROM stations_workedplace
WHERE adcode BETWEEN %(low)s AND %(high)s LIMIT %(limit)s
"""
_GRID = """
SELECT wgs_lat, wgs_lng, persons FROM stations_demandpoint WHERE grid_id = %(grid)s LIMIT %(limit)s
"""
DAYS_OF_VISITS = 28
_VISITS = """
SELECT s.wgs_lat, s.wgs_lng, (
    SELECT array_agg(coalesce(told.persons, 0) ORDER BY h) FROM generate_series(1, 24) h
    LEFT JOIN (
        SELECT one.hour, sum(one.persons) AS persons FROM stations_visitsketch v
        CROSS JOIN LATERAL unnest(v.hours) WITH ORDINALITY AS one(persons, hour)
        WHERE v.station_id = s.id AND v.day >= %(since)s AND v.day < %(today)s
        GROUP BY one.hour) told ON told.hour = h)
FROM stations_station s
WHERE s.adcode BETWEEN %(low)s AND %(high)s AND EXISTS (
    SELECT 1 FROM stations_visitsketch v
    WHERE v.station_id = s.id AND v.day >= %(since)s AND v.day < %(today)s AND v.hours IS NOT NULL)
ORDER BY s.id LIMIT %(limit)s
"""
# Which of the day's 24 hours a station's usable time covers, looked at in the middle of each.
_OPEN = """
SELECT s.id, s.wgs_lat, s.wgs_lng, s.town_code, (
    SELECT coalesce(bit_or(1 << h), 0) FROM generate_series(0, 23) h
    WHERE t.open_during @> %(start)s::timestamptz + h * interval '1 hour' + interval '30 minutes'),
    s.capacity_persons
FROM stations_station s JOIN stations_stationstate t ON t.station_id = s.id
WHERE s.standing = %(open)s AND (s.adcode = %(adcode)s OR (
    s.wgs_lat BETWEEN %(south)s AND %(north)s AND s.wgs_lng BETWEEN %(west)s AND %(east)s))
ORDER BY s.id LIMIT 60000
"""


@dataclass(frozen=True, slots=True)
class Demand:
    """Points with persons by hour, and what has to be told about them."""

    lat: Floats
    lng: Floats
    persons: Floats
    told: dict[str, Any] = field(default_factory=dict)
    towns: list[str] = field(default_factory=list)
    """Town of each point, where the demand is of trades; "" where it is not known."""

    def cells(self, side_m: float) -> Cells:
        """Return the demand on the grid."""
        return gather(self.lat, self.lng, self.persons, side_m)


@dataclass(frozen=True, slots=True)
class OpenStations:
    """Stations with the hours (stations × 24) in which each may be used on a day.

    ``seats`` is ``nan`` where nobody wrote down how many there are.
    """

    ids: list[int]
    lat: Floats
    lng: Floats
    towns: list[str]
    hours: Bools
    seats: Floats


def read_demand(
    adcode: int, *, sources: tuple[DemandSource, ...], grid_id: int | None, day: date
) -> Demand:
    """Return the demand of an area from the chosen sources, added up."""
    parts = []
    if DemandSource.ENGAGEMENTS in sources:
        parts.append(demand_of_trades(adcode, day))
    if DemandSource.VISITS in sources:
        parts.append(demand_of_visits(adcode, day))
    if DemandSource.GRID in sources and grid_id is not None:
        parts.append(demand_of_grid(grid_id))
    if not parts:
        return _nothing({})
    return Demand(
        np.concatenate([one.lat for one in parts]),
        np.concatenate([one.lng for one in parts]),
        np.concatenate([one.persons for one in parts]),
        {name: value for one in parts for name, value in one.told.items()},
    )


def demand_of_trades(adcode: int, day: date) -> Demand:
    """Return people by outlet and trade, out by the hours of the trade.

    Whose outlet is not known is spread over the outlets of the county in proportion to their people,
    where enough are known (``stations.least_located``); otherwise he is left out, and told.
    """
    low, high = region_bounds(adcode)
    rows = _read(_WORKED, low=low, high=high, limit=MOST_POINTS)
    out = hours_out(adcode, day)
    lost: dict[int, Floats] = defaultdict(lambda: np.zeros(HOURS))
    at: dict[int, list[int]] = defaultdict(list)
    lat: list[float] = []
    lng: list[float] = []
    persons: list[Floats] = []
    towns: list[str] = []
    located = unlocated = 0
    for county, occupation, row_lat, row_lng, count, town in rows:
        there = count * out.get(occupation, out[0])
        if row_lat is None or row_lng is None:
            lost[county] += there
            unlocated += count
            continue
        at[county].append(len(lat))
        lat.append(row_lat)
        lng.append(row_lng)
        persons.append(there)
        towns.append(str(town or ""))
        located += count
    table = np.array(persons, float).reshape(-1, HOURS)
    nowhere = 0.0
    least = float(parameter("stations.least_located", adcode=str(adcode), on=day).value) / 1000
    for county, more in lost.items():
        weights = table[at[county]].sum(axis=1) if at.get(county) else np.zeros(0)
        if weights.sum() > 0 and weights.sum() >= least * (weights.sum() + more.sum()):
            table[at[county]] += np.outer(weights / weights.sum(), more)
        else:
            nowhere += float(more.sum())
    told = {"located": located, "unlocated": unlocated, "nowhere_hours": round(nowhere)}
    return Demand(np.array(lat, float), np.array(lng, float), table, told, towns)


def demand_of_grid(grid_id: int) -> Demand:
    """Return the points of an uploaded table."""
    rows = _read(_GRID, grid=grid_id, limit=MOST_POINTS)
    table = np.array([row[2] for row in rows], float).reshape(-1, HOURS)
    lat, lng = (np.array([row[place] for row in rows], float) for place in (0, 1))
    return Demand(lat, lng, table, {"grid_points": len(rows)})


def demand_of_visits(adcode: int, day: date) -> Demand:
    """Return the visits of an average day of the 28 before today at each station, by hour."""
    low, high = region_bounds(adcode)
    today = min(day, business_day(now()))
    since = today - timedelta(days=DAYS_OF_VISITS)
    rows = _read(_VISITS, low=low, high=high, since=since, today=today, limit=MOST_POINTS)
    table = np.array([row[2] for row in rows], float).reshape(-1, HOURS)
    lat, lng = (np.array([row[place] for row in rows], float) for place in (0, 1))
    told = {"visits": round(float(table.sum()))}
    return Demand(lat, lng, table / DAYS_OF_VISITS, told)


def open_stations(
    *, south: float, north: float, west: float, east: float, day: date, adcode: int = 0
) -> OpenStations:
    """Return the stations in use within a box (and all of a county), with the open hours of ``day``."""
    rows = _read(
        _OPEN,
        start=day_start(day),
        open=int(Standing.OPEN),
        south=south,
        north=north,
        west=west,
        east=east,
        adcode=adcode,
    )
    masks = np.array([row[4] for row in rows], np.int64).reshape(-1, 1)
    return OpenStations(
        ids=[row[0] for row in rows],
        lat=np.array([row[1] for row in rows], float),
        lng=np.array([row[2] for row in rows], float),
        towns=[row[3] for row in rows],
        hours=(masks >> np.arange(HOURS)) & 1 == 1,
        seats=np.array([np.nan if row[5] is None else row[5] for row in rows], float),
    )


def open_stations_about(
    lat: Floats, lng: Floats, margin_m: float, day: date, adcode: int = 0
) -> OpenStations:
    """Return the stations within ``margin_m`` of the box about some points, and all of a county."""
    if not len(lat):
        return open_stations(south=0, north=0, west=0, east=0, day=day, adcode=adcode)
    margin = margin_m / 90_000  # degrees, wide enough for longitudes here
    return open_stations(
        south=float(lat.min()) - margin,
        north=float(lat.max()) + margin,
        west=float(lng.min()) - margin,
        east=float(lng.max()) + margin,
        day=day,
        adcode=adcode,
    )


def names_near(lat: list[float], lng: list[float]) -> list[str]:
    """Return for each point what is near it: 「××网点附近」, 「××街道一带」, or "" where nothing is known.

    An outlet within about a kilometre, else the town of the nearest station within three.
    """
    if not lat:
        return []
    return [_near(*row) for row in _read(_NEAR, lat=lat, lng=lng)]


_NEAR = """
SELECT (
    SELECT o.name FROM orgs_outlet o
    WHERE o.closed_on IS NULL AND o.lat BETWEEN p.lat - 0.01 AND p.lat + 0.01
      AND o.lng BETWEEN p.lng - 0.01 AND p.lng + 0.01
    ORDER BY (o.lat - p.lat) ^ 2 + ((o.lng - p.lng) * 0.87) ^ 2, o.id LIMIT 1), (
    SELECT s.town_code FROM stations_station s
    WHERE s.town_code <> '' AND s.wgs_lat BETWEEN p.lat - 0.03 AND p.lat + 0.03
      AND s.wgs_lng BETWEEN p.lng - 0.03 AND p.lng + 0.03
    ORDER BY (s.wgs_lat - p.lat) ^ 2 + ((s.wgs_lng - p.lng) * 0.87) ^ 2, s.id LIMIT 1)
FROM unnest(%(lat)s::float8[], %(lng)s::float8[]) WITH ORDINALITY AS p(lat, lng, number)
ORDER BY p.number
"""


def _near(outlet: str | None, town: str | None) -> str:
    if outlet:
        return f"{outlet}附近"
    known = regions.REGIONS.get(town) if town else None
    return f"{known.name}一带" if known else ""


def usual_day(now_day: date) -> date:
    """Return the next Tuesday, Wednesday or Thursday: a day like most, within the times ahead."""
    day = now_day + timedelta(days=1)
    while day.weekday() not in (1, 2, 3):
        day += timedelta(days=1)
    return day


def _nothing(told: dict[str, Any]) -> Demand:
    return Demand(np.zeros(0), np.zeros(0), np.zeros((0, HOURS)), told)


def _read(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
