"""How far places are from the programme's targets, and which stations to raise at least effort."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.kernel import regions
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.grades import Item, StationFacts, lacking
from nuanxin.stations.rules.siting_settings import ProgrammeTargets, programme_targets
from nuanxin.stations.rules.targets import (
    Raisable,
    Target,
    benchmarks_needed,
    raise_fewest,
    share_needed,
)
from nuanxin.stations.states import Standing

MOST_STATIONS = 3_000
Lacks = tuple[tuple[str, str], ...]

_COUNTS = """
SELECT adcode, count(*), count(*) FILTER (WHERE is_benchmark), count(*) FILTER (WHERE is_24h),
       array_agg(DISTINCT town_code), array_agg(DISTINCT town_code) FILTER (WHERE is_benchmark)
FROM stations_station
WHERE adcode BETWEEN %(low)s AND %(high)s AND standing = %(open)s
GROUP BY adcode ORDER BY adcode LIMIT 200
"""
_STATIONS = """
SELECT s.id, s.code, s.name, s.town_code, s.is_benchmark, s.is_24h, s.is_smart, s.scan_hours <> '',
       s.area_m2, s.capacity_persons, s.has_sign, s.has_rules,
       EXISTS (SELECT 1 FROM stations_mapid m WHERE m.station_id = s.id),
       (SELECT array_agg(f.kind) FROM stations_facility f WHERE f.station_id = s.id AND f.works),
       (SELECT array_agg(f.kind) FROM stations_facility f WHERE f.station_id = s.id AND NOT f.works)
FROM stations_station s
WHERE s.adcode = %(adcode)s AND s.standing = %(open)s ORDER BY s.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class PlaceTargets:
    """A county against the targets; towns are those in use on the day."""

    adcode: int
    name: str
    stations: int
    towns: int
    benchmark: Target
    all_day: Target
    towns_without: tuple[str, ...]
    """Towns without any station."""
    towns_without_benchmark: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RaiseRow:
    """A station to raise and what it lacks."""

    code: str
    name: str
    town: str
    lacks: Lacks
    """What, and why: not there, out of order, not noted."""


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """Whom to raise to the benchmark type, whom to open round the clock, what must be built."""

    benchmark: list[RaiseRow]
    all_day: list[RaiseRow]
    benchmark_short: int
    """How many benchmark stations stay missing although all were raised: to be built."""
    all_day_short: int


def list_targets(adcode: int, *, day: date) -> tuple[ProgrammeTargets | None, list[PlaceTargets]]:
    """Return the targets of a place and a row a county in it; none where no programme is in force."""
    told = programme_targets(adcode, day)
    if told is None:
        return None, []
    low, high = region_bounds(adcode)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"low": low, "high": high, "open": int(Standing.OPEN)})
        counted = {row[0]: row[1:] for row in cursor.fetchall()}
    counties = [int(one.code) for one in regions.counties(day) if low <= int(one.code) <= high]
    return told, [_place(code, counted.get(code, (0, 0, 0, None, None)), day) for code in counties]


def get_upgrade_plan(place: PlaceTargets, *, day: date) -> UpgradePlan:
    """Return the plan of one county: in sum the stations that are raised lack as little as possible."""
    with connection.cursor() as cursor:
        values = {"adcode": place.adcode, "open": int(Standing.OPEN), "limit": MOST_STATIONS}
        cursor.execute(_STATIONS, values)
        rows = cursor.fetchall()
    towns = {town.code: town.short_name for town in regions.towns(str(place.adcode))}
    labels = facility_labels(day)
    lacks: dict[int, Lacks] = {}
    for row in rows:
        if not row[4]:
            lacks[row[0]] = tuple(
                (item.label, item.why) for item in _items(row, place.adcode, day, labels)
            )
    benchmark = _raised(rows, lacks, place.benchmark.missing, 4)
    all_day_lacks = {row[0]: _all_day_lacks(row) for row in rows if not row[5]}
    all_day = _raised(rows, all_day_lacks, place.all_day.missing, None)
    return UpgradePlan(
        benchmark=_told(rows, benchmark, lacks, towns),
        all_day=_told(rows, all_day, all_day_lacks, towns),
        benchmark_short=max(0, place.benchmark.missing - len(benchmark)),
        all_day_short=max(0, place.all_day.missing - len(all_day)),
    )


def _place(adcode: int, counted: Sequence[Any], day: date) -> PlaceTargets:
    stations, benchmarks, all_day, with_any, with_benchmark = counted
    told = programme_targets(adcode, day)
    assert told is not None  # the county lies in a place that has targets
    towns = {town.code: town.short_name for town in regions.towns(str(adcode))}
    needed = benchmarks_needed(stations, len(towns), told.benchmark_permille, told.town_permille)
    return PlaceTargets(
        adcode=adcode,
        name=regions.full_name(str(adcode), with_province=False),
        stations=stations,
        towns=len(towns),
        benchmark=Target(benchmarks, needed),
        all_day=Target(all_day, share_needed(stations, told.allday_permille)),
        towns_without=_missing(towns, with_any),
        towns_without_benchmark=_missing(towns, with_benchmark),
    )


def _missing(towns: dict[str, str], there: list[str] | None) -> tuple[str, ...]:
    return tuple(name for code, name in towns.items() if code not in set(there or ()))


def _items(row: Any, adcode: int, day: date, labels: dict[str, str]) -> tuple[Item, ...]:
    facts = StationFacts(
        facilities=dict.fromkeys(row[13] or (), True) | dict.fromkeys(row[14] or (), False),
        area_m2=row[8],
        capacity_persons=row[9],
        has_sign=row[10],
        has_rules=row[11],
        on_a_map=row[12],
    )
    return lacking(facts, adcode=str(adcode), on=day, labels=labels)


def _all_day_lacks(row: Any) -> Lacks:
    found = [] if row[7] else [("扫码进门的时段", "没有")]
    return (*found, *(() if row[6] else (("智慧门禁", "没有"),)))


def _raised(
    rows: Sequence[Any], lacks: dict[int, Lacks], missing: int, kind: int | None
) -> list[Raisable]:
    """Return whom to raise; with ``kind`` each town should have one of that column."""
    candidates = [Raisable(row[0], row[3] if kind else "", len(lacks[row[0]])) for row in rows if row[0] in lacks]  # fmt: skip
    having = Counter(row[3] for row in rows if kind is not None and row[kind])
    return raise_fewest(candidates, having, missing)


def _told(
    rows: Sequence[Any],
    chosen: list[Raisable],
    lacks: dict[int, Lacks],
    towns: dict[str, str],
) -> list[RaiseRow]:
    by_id: dict[int, Any] = defaultdict(tuple, {row[0]: row for row in rows})
    return [
        RaiseRow(by_id[one.station][1], by_id[one.station][2], towns.get(by_id[one.station][3], ""), lacks[one.station])
        for one in chosen
    ]  # fmt: skip
