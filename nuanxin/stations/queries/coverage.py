"""The service circle of a county: who is out within reach of an open station, by hour and by town."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import connection

from nuanxin.kernel import regions
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.stations.queries.areas import Area
from nuanxin.stations.queries.siting_demand import (
    Demand,
    OpenStations,
    demand_of_grid,
    demand_of_trades,
    open_stations_about,
)
from nuanxin.stations.rules.siting import Floats, within_reach
from nuanxin.stations.rules.siting_grid import HOURS, Cells, gather
from nuanxin.stations.rules.siting_plan import Bools
from nuanxin.stations.rules.siting_settings import circle_minutes, reach_m
from nuanxin.stations.states import Standing, Travel

CELL_M = 500.0

_TOWNS = """
SELECT s.town_code, count(*), count(*) FILTER (WHERE s.is_benchmark),
       count(*) FILTER (WHERE s.is_24h), avg(s.wgs_lat), avg(s.wgs_lng)
FROM stations_station s WHERE s.adcode = %(adcode)s AND s.standing = %(open)s
GROUP BY s.town_code LIMIT 500
"""


@dataclass(frozen=True, slots=True)
class TownRow:
    """A town: stations by type, people out in a usual day, the share of them within the circle."""

    code: str
    name: str
    stations: int
    benchmarks: int
    all_day: int
    persons_hours: float
    within_walk: float
    within_ebike: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """A county's circle on a usual day. ``by_hour`` are shares of the people out, None for nobody."""

    minutes: int
    hour: int
    out_by_hour: list[float]
    open_by_hour: list[int]
    walk_by_hour: list[float | None]
    ebike_by_hour: list[float | None]
    walk_share: float | None
    ebike_share: float | None
    towns: list[TownRow]
    cells: Cells
    reached: Bools
    """Cells × 24: reached in the way that the map shows."""
    stations: OpenStations
    told: dict[str, Any]
    names: list[tuple[float, float, str]]


def get_coverage(
    area: Area, *, travel: Travel, hour: int, day: date, grid_id: int | None = None
) -> Coverage:
    """Return the circle of one county on ``day``, for a map of ``hour`` by ``travel``.

    Of the people who are registered, or of an uploaded table (towns then have no people).
    """
    demand = demand_of_grid(grid_id) if grid_id else demand_of_trades(area.adcode, day)
    minutes = circle_minutes(area.adcode, day)
    reach = {one: reach_m(one, minutes, adcode=area.adcode, on=day) for one in Travel}
    stations = open_stations_about(demand.lat, demand.lng, max(reach.values()), day, area.adcode)
    cells = gather(demand.lat, demand.lng, demand.persons, CELL_M)
    by_point = {one: _reached(stations, demand.lat, demand.lng, reach[one]) for one in Travel}
    on_map = _reached(stations, cells.lat, cells.lng, reach[travel])
    rows, names = _towns(area, demand, by_point)
    walk, ebike = (demand.persons * by_point[one] for one in (Travel.WALK, Travel.EBIKE))
    total = demand.persons.sum()
    return Coverage(
        minutes=minutes,
        hour=hour,
        out_by_hour=demand.persons.sum(axis=0).tolist(),
        open_by_hour=stations.hours.sum(axis=0).astype(int).tolist(),
        walk_by_hour=_shares(walk, demand.persons),
        ebike_by_hour=_shares(ebike, demand.persons),
        walk_share=float(walk.sum() / total) if total else None,
        ebike_share=float(ebike.sum() / total) if total else None,
        towns=rows,
        cells=cells,
        reached=on_map,
        stations=stations,
        told=demand.told,
        names=names,
    )


def this_hour(now: datetime) -> int:
    """Return the hour it is in Shanghai."""
    return now.astimezone(SHANGHAI).hour


def _reached(stations: OpenStations, lat: Floats, lng: Floats, reach: float) -> Bools:
    starts, near = within_reach(stations.lat, stations.lng, lat, lng, reach)
    owners = np.repeat(np.arange(len(stations.ids)), np.diff(starts))
    reached = np.zeros((len(lat), HOURS), bool)
    np.logical_or.at(reached, near, stations.hours[owners])
    return reached


def _shares(part: Floats, whole: Floats) -> list[float | None]:
    parts, wholes = part.sum(axis=0), whole.sum(axis=0)
    return [float(a / b) if b > 0 else None for a, b in zip(parts, wholes, strict=True)]


def _towns(
    area: Area, demand: Demand, reached: dict[Travel, Bools]
) -> tuple[list[TownRow], list[tuple[float, float, str]]]:
    """Return a row a town of the county, and where each town's name stands on the map."""
    with connection.cursor() as cursor:
        cursor.execute(_TOWNS, {"adcode": area.adcode, "open": int(Standing.OPEN)})
        counted = {str(row[0] or ""): row[1:] for row in cursor.fetchall()}
    out: dict[str, Floats] = defaultdict(lambda: np.zeros(3))
    spots: dict[str, list[tuple[float, float]]] = defaultdict(list)
    sums = np.stack(
        [
            demand.persons.sum(axis=1),
            (demand.persons * reached[Travel.WALK]).sum(axis=1),
            (demand.persons * reached[Travel.EBIKE]).sum(axis=1),
        ],
        1,
    ).reshape(-1, 3)
    for at, town in enumerate(demand.towns):
        out[town] += sums[at]
        spots[town].append((float(demand.lat[at]), float(demand.lng[at])))
    known = {town.code: town.short_name for town in regions.towns(str(area.adcode))}
    for code, row in counted.items():
        spots[code] = [(row[3], row[4])]
    codes = [*known, *sorted({*counted, *out} - set(known))]
    rows = [_town_row(code, known.get(code, ""), counted.get(code), out[code]) for code in codes]
    names = [
        (float(np.mean([lat for lat, _ in spots[code]])), float(np.mean([lng for _, lng in spots[code]])), known[code])
        for code in known
        if spots.get(code)
    ]  # fmt: skip
    return rows, names


def _town_row(code: str, name: str, counted: Any, out: Floats) -> TownRow:
    stations, benchmarks, all_day = counted[:3] if counted else (0, 0, 0)
    hours, walk, ebike = (float(one) for one in out)
    return TownRow(
        code=code,
        name=name or (code if code else "没有写乡镇（街道）"),
        stations=stations,
        benchmarks=benchmarks,
        all_day=all_day,
        persons_hours=hours,
        within_walk=walk / hours if hours else 0.0,
        within_ebike=ebike / hours if hours else 0.0,
    )
