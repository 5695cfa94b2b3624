"""Stations of the demonstration: 12,000 in the province, where people are, in hosts of many kinds.

Everything is drawn from the world's seed and inserted by set; what is said of them over a year
(opened, reported, confirmed) is made elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.random import Generator
from psycopg.types.json import Jsonb

from config.demo import names
from config.demo.accounts import SignIn
from config.demo.scales import COUNTY_WEIGHTS, USUAL_WEIGHT, Scale
from config.demo.world import BuiltWorld
from nuanxin.kernel import regions, sealing
from nuanxin.kernel.actor import SYSTEM, Role
from nuanxin.kernel.geo import CRS, convert
from nuanxin.records.actions import NewEvent, append_events
from nuanxin.stations.actions.opening import refresh_opening
from nuanxin.stations.rules.names import compact_name
from nuanxin.stations.states import DefinitionTag, FundingLevel, HostKind, NameKind, Standing

COUNTS = {"small": 24, "county": 320, "province": 12_000}
_BENCHMARK, _DAY_AND_NIGHT, _SHARED = 0.12, 0.17, 0.4
_CHUNK = 4_000

# kind, how often, names, hours with people, how often it has each facility beside the usual ones
_HOSTS: tuple[tuple[HostKind, float, tuple[str, ...], str], ...] = (
    (HostKind.COMMUNITY, 0.24, ("社区党群服务中心", "邻里中心", "文化礼堂"), "Mo-Su 08:00-20:30"),
    (
        HostKind.BANK,
        0.20,
        ("农商银行", "惠民银行", "信合银行"),
        "Mo-Fr 08:30-17:00; Sa 09:00-16:00; PH off",
    ),
    (HostKind.SHOP, 0.12, ("便利店", "大药房", "小吃店"), "Mo-Su 07:00-22:30"),
    (HostKind.TELECOM, 0.09, ("通信营业厅", "宽带营业厅"), "Mo-Su 08:30-18:00"),
    (HostKind.PETROL, 0.08, ("加油站", "综合能源站"), "24/7"),
    (HostKind.EXPRESS, 0.07, ("快递驿点", "配送站"), "Mo-Su 07:30-21:30"),
    (HostKind.SANITATION, 0.06, ("环卫道班房", "环卫服务点"), "Mo-Su 05:00-21:00"),
    (HostKind.MALL, 0.05, ("商业广场", "农贸市场"), "Mo-Su 10:00-22:00"),
    (HostKind.LIBRARY, 0.03, ("书房", "图书分馆"), "Tu-Su 09:00-21:00"),
    (HostKind.HOSPITAL, 0.03, ("卫生服务中心",), "Mo-Su 08:00-17:00"),
    (HostKind.GOVERNMENT, 0.02, ("便民服务中心", "警务站"), "Mo-Fr 08:30-17:30; PH off"),
    (HostKind.UNION, 0.01, ("职工之家",), "Mo-Su 08:00-21:00"),
)
_FACILITIES = {
    "water": 0.97, "hot_water": 0.72, "charge": 0.95, "toilet": 0.62, "nap": 0.28, "microwave": 0.66,
    "medicine": 0.78, "battery_swap": 0.14, "counselling": 0.12, "legal_desk": 0.15, "fridge": 0.45,
    "heating_cooling": 0.82, "table_chairs": 0.93, "reading": 0.55, "wifi": 0.8, "rain_gear": 0.6,
    "tools": 0.48, "aed": 0.09, "blood_pressure": 0.3, "mother_baby": 0.16, "tv": 0.25,
    "haircut": 0.03, "sofa": 0.34, "two_wheeler_parking": 0.7,
}  # fmt: skip
_BASIC = ("water", "charge", "table_chairs")
_ENDINGS = (
    (DefinitionTag.CARE_STATION, "爱心驿站", 0.42),
    (DefinitionTag.UNION_STATION, "工会驿站", 0.3),
    (DefinitionTag.LABOUR_STATION, "劳动驿站", 0.2),
    (DefinitionTag.SERVICE_POINT, "户外劳动者服务站点", 0.08),
)
_PAUSED = ("装修", "换管道", "共建单位搬家")
_CLOSED = ("共建单位停业", "和旁边的驿站合并")
_SYSTEMS = ((CRS.GCJ02, 0.7), (CRS.BD09, 0.17), (CRS.WGS84, 0.13))
_SPREAD = ((0.014, 0.012), (0.045, 0.038))
"""Degrees about the county's seat: in town, and in the towns around."""


@dataclass
class _Sown:
    """The rows to insert, table by table, as plain values; a station goes by its number."""

    stations: list[dict[str, Any]] = field(default_factory=list)
    facilities: list[tuple[str, str, int, bool]] = field(default_factory=list)
    names: list[tuple[str, int, str, str]] = field(default_factory=list)
    maps: list[tuple[str, str, str]] = field(default_factory=list)
    funding: list[tuple[str, int, int, int, str]] = field(default_factory=list)


def open_stations(built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> dict[str, Any]:
    """Open the stations of the world with their keepers; return what scripts look for."""
    random = np.random.default_rng([built.seed, 12])
    managers = _managers(built)
    sown = _sow(built.scale, managers, random, built.window.until)
    kept = _kept_station(built, sign_ins, sown)
    _insert(sown, now)
    ids = _ids([row["code"] for row in sown.stations])
    _insert_keepers(sown, ids, kept, random, sign_ins, now)
    append_events(
        [
            NewEvent("stations.station_registered", "station", ids[row["code"]], row["union_id"],
                     {"code": row["code"]})
            for row in sown.stations
        ],
        actor=SYSTEM,
        at=now - timedelta(days=1),
    )  # fmt: skip
    return {
        "stations": [row["code"] for row in sown.stations[:20]],
        "station_ids": [ids[row["code"]] for row in sown.stations[:20]],
        "kept_station": kept,
    }


def _managers(built: BuiltWorld) -> dict[int, list[tuple[int | None, int]]]:
    """Return by county (town code or None, union id) of who keeps stations there: town, or county."""
    found: dict[int, list[tuple[int | None, int]]] = {}
    upper = [row for row in built.world.plan.rows if row.level in (3, 4) and not row.closes]
    for row in sorted(upper, key=lambda one: (one.adcode, one.level, one.town or 0)):
        if row.level == 4 or row.adcode not in found:
            found.setdefault(row.adcode, []).append((row.town, row.id))
    return found


def _sow(
    scale: Scale,
    managers: dict[int, list[tuple[int | None, int]]],
    random: Generator,
    until: date,
) -> _Sown:
    sown = _Sown()
    counties = sorted(managers)
    for adcode, how_many in zip(counties, _shares(counties, scale), strict=True):
        for serial in range(1, how_many + 1):
            town, union_id = managers[adcode][(serial - 1) % len(managers[adcode])]
            _one(sown, adcode, serial, town, union_id, random, until)
    return sown


def _shares(counties: Sequence[int], scale: Scale) -> list[int]:
    """Return how many stations each county gets: by weight, at least one, in all the count."""
    count, by_county = COUNTS[scale.name], scale.weights or COUNTY_WEIGHTS
    weights = np.array([by_county.get(one, USUAL_WEIGHT) for one in counties], dtype=float)
    exact = weights / weights.sum() * (count - len(counties))
    whole = np.floor(exact).astype(int)
    rest = count - len(counties) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:rest]] += 1
    return [int(one) + 1 for one in whole]


def _one(
    sown: _Sown,
    adcode: int,
    serial: int,
    town: int | None,
    union_id: int,
    random: Generator,
    until: date,
) -> None:
    code = f"{adcode}-{serial:04}"
    county = regions.region(str(adcode))
    town = town or _town_of(adcode, serial)
    lng, lat, crs, wgs = _place(county.lng, county.lat, random)
    kind, _, hosts, hours = _HOSTS[_drawn([one[1] for one in _HOSTS], random)]
    tag, ending, _ = _ENDINGS[_drawn([one[2] for one in _ENDINGS], random)]
    street = names.STREET_WORDS[int(random.integers(len(names.STREET_WORDS)))]
    host = f"{street}{hosts[int(random.integers(len(hosts)))]}"
    place = regions.region(str(town)).short_name if town else county.short_name
    name = f"{place}{host}{ending}"
    name = f"{name}（{serial}）" if kind is not HostKind.COMMUNITY or serial % 3 else name
    is_24h = bool(random.random() < _DAY_AND_NIGHT)
    is_benchmark = bool(random.random() < _BENCHMARK)
    standing = _standing(random, until)
    opened = date(2018, 5, 1) + timedelta(
        days=int(random.integers((until - date(2018, 5, 1)).days))
    )
    sown.stations.append(
        {
            "code": code, "union_id": union_id, "name": name, "name_compact": compact_name(name),
            "name_kind": int(tag), "adcode": adcode, "town_code": str(town or ""),
            "address": f"{street}{int(random.integers(1, 480))}号", "lng": lng, "lat": lat,
            "crs": crs.value, "wgs_lng": wgs[0], "wgs_lat": wgs[1], "host_name": host,
            "host_kind": int(kind), "is_benchmark": is_benchmark, "is_24h": is_24h,
            "is_smart": is_24h and bool(random.random() < 0.9),
            "is_shared": bool(random.random() < _SHARED), "floor": 1,
            "area_m2": int(random.integers(10, 90)) + 30 * is_benchmark,
            "capacity_persons": int(random.integers(4, 24)), "has_sign": bool(random.random() < 0.95),
            "has_rules": bool(random.random() < 0.9), "hours": "Mo-Su 08:00-22:00" if is_24h else hours,
            "extended_hours": "" if is_24h or random.random() < 0.8 else "Jun-Sep Mo-Su 20:30-22:00",
            "scan_hours": "Mo-Su 22:00-08:00" if is_24h and hours != "24/7" else "",
            "opened_on": opened.isoformat(), **standing,
        }
    )  # fmt: skip
    _around(sown, code, place, is_benchmark, random)


def _around(sown: _Sown, code: str, place: str, is_benchmark: bool, random: Generator) -> None:
    """Add facilities, other names, ids on maps and money of the station."""
    draws = random.random(len(_FACILITIES))
    for (kind, often), draw in zip(_FACILITIES.items(), draws.tolist(), strict=True):
        if draw < often or (is_benchmark and draw < 2 * often):
            count = (
                1 + int(draw * 1_000) % 6 if kind in ("charge", "table_chairs", "rain_gear") else 1
            )
            works = kind in _BASIC or int(draw * 10_000) % 29 != 0
            sown.facilities.append((code, kind, count, works))
    serial = int(code.split("-")[1])
    if serial % 4 == 0:
        brand = f"{place}暖心小站{serial}"
        sown.names.append((code, int(NameKind.BRAND), brand, compact_name(brand)))
    if serial % 10 < 7:
        sown.maps.append((code, "amap", f"DEMO{code.replace('-', '')}"))
    if serial % 3 == 0:
        amount = 100_000 * int(random.integers(5, 80))
        level = int(FundingLevel.COUNTY if serial % 2 else FundingLevel.CITY)
        sown.funding.append((code, 2024 + serial % 3, level, amount, "驿站提升行动补助"))


def _place(
    seat_lng: float, seat_lat: float, random: Generator
) -> tuple[float, float, CRS, tuple[float, float]]:
    east, north = _SPREAD[int(random.random() < 0.4)]
    wgs = (
        round(float(np.clip(seat_lng + random.normal(0, east), 117.6, 123.4)), 6),
        round(float(np.clip(seat_lat + random.normal(0, north), 26.7, 31.7)), 6),
    )
    crs = _SYSTEMS[_drawn([share for _, share in _SYSTEMS], random)][0]
    lng, lat = convert(*wgs, source=CRS.WGS84, target=crs)
    return lng, lat, crs, wgs


def _standing(random: Generator, until: date) -> dict[str, Any]:
    drawn = float(random.random())
    none = {"standing_reason": "", "standing_from": None, "standing_until": None}
    if drawn >= 0.04:
        return {"standing": int(Standing.OPEN)} | none
    is_paused = drawn < 0.03
    since = until - timedelta(days=int(random.integers(1, 40 if is_paused else 400)))
    reasons = _PAUSED if is_paused else _CLOSED
    return {
        "standing": int(Standing.PAUSED if is_paused else Standing.CLOSED),
        "standing_reason": reasons[int(random.integers(len(reasons)))],
        "standing_from": since.isoformat(),
        "standing_until": (until + timedelta(days=30)).isoformat() if is_paused else None,
    }


def _drawn(shares: Sequence[float], random: Generator) -> int:
    total = float(random.random()) * sum(shares)
    for at, share in enumerate(shares):
        total -= share
        if total < 0:
            return at
    return len(shares) - 1


def _town_of(adcode: int, serial: int) -> int | None:
    towns = regions.towns(str(adcode))
    return int(towns[serial % len(towns)].code) if towns else None


def _kept_station(built: BuiltWorld, sign_ins: Sequence[SignIn], sown: _Sown) -> str:
    """Let the demonstration's keeper have a station below his union; return its number."""
    keeper = next(one for one in sign_ins if one.role is Role.STATION_KEEPER)
    assert keeper.union is not None
    row = next(
        one
        for one in sown.stations
        if one["adcode"] == keeper.union.adcode and one["standing"] == Standing.OPEN
    )
    row["union_id"] = keeper.union.id
    return str(row["code"])


# ---- set-based inserts --------------------------------------------------------------------------

_TYPES = {
    "union_id": "bigint", "name_kind": "smallint", "adcode": "int", "lng": "float8", "lat": "float8",
    "wgs_lng": "float8", "wgs_lat": "float8", "host_kind": "smallint", "is_benchmark": "bool",
    "is_24h": "bool", "is_smart": "bool", "is_shared": "bool", "floor": "smallint", "area_m2": "int",
    "capacity_persons": "int", "has_sign": "bool", "has_rules": "bool", "opened_on": "date",
    "standing": "smallint", "standing_from": "date", "standing_until": "date",
}  # fmt: skip


def _insert(sown: _Sown, now: datetime) -> None:
    columns = list(sown.stations[0])
    typed = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in columns)
    statement = f"""
        INSERT INTO stations_station ({", ".join(columns)}, created_at, updated_at)
        SELECT {", ".join(f"r.{name}" for name in columns)},
               least(%(now)s, (r.opened_on + time '08:00') AT TIME ZONE 'Asia/Shanghai'), %(now)s
        FROM jsonb_to_recordset(%(rows)s) AS r({typed})"""
    with connection.cursor() as cursor:
        for at in range(0, len(sown.stations), _CHUNK):
            values: dict[str, Any] = {"now": now - timedelta(days=1)}
            cursor.execute(statement, values | {"rows": Jsonb(sown.stations[at : at + _CHUNK])})
        cursor.execute(_FACILITY_ROWS, [*_arrays(sown.facilities, 4), now])
        cursor.execute(_NAME_ROWS, _arrays(sown.names, 4))
        cursor.execute(_MAP_ROWS, _arrays(sown.maps, 3))
        cursor.execute(_FUNDING_ROWS, [*_arrays(sown.funding, 5), now])
    refresh_opening(now=now)


_FACILITY_ROWS = """
INSERT INTO stations_facility (station_id, kind, count, works, noted_at)
SELECT s.id, r.kind, r.count, r.works, n.noted_at
FROM unnest(%s::text[], %s::text[], %s::int[], %s::bool[]) AS r(code, kind, count, works)
JOIN stations_station s ON s.code = r.code CROSS JOIN (SELECT %s::timestamptz AS noted_at) n
"""
_NAME_ROWS = """
INSERT INTO stations_stationname (station_id, kind, name, compact)
SELECT s.id, r.kind, r.name, r.compact
FROM unnest(%s::text[], %s::int[], %s::text[], %s::text[]) AS r(code, kind, name, compact)
JOIN stations_station s ON s.code = r.code
"""
_MAP_ROWS = """
INSERT INTO stations_mapid (station_id, provider, ident)
SELECT s.id, r.provider, r.ident
FROM unnest(%s::text[], %s::text[], %s::text[]) AS r(code, provider, ident)
JOIN stations_station s ON s.code = r.code
"""
_FUNDING_ROWS = """
INSERT INTO stations_funding (station_id, year, level, amount_fen, source, recorded_at)
SELECT s.id, r.year, r.level, r.amount, r.source, n.recorded_at
FROM unnest(%s::text[], %s::int[], %s::int[], %s::bigint[], %s::text[])
     AS r(code, year, level, amount, source)
JOIN stations_station s ON s.code = r.code CROSS JOIN (SELECT %s::timestamptz AS recorded_at) n
"""
_KEEPER_ROWS = """
INSERT INTO stations_stationkeeper (station_id, account_id, role, bound_to, name_sealed, phone_sealed,
    phone_hash, name_hint, phone_hint, from_on, registered_at)
SELECT r.station_id, r.account_id, 1, r.bound_to, r.name_sealed, r.phone_sealed, r.phone_hash,
       r.name_hint, r.phone_hint, n.day, n.at
FROM unnest(%s::bigint[], %s::uuid[], %s::uuid[], %s::bytea[], %s::bytea[], %s::uuid[], %s::text[],
            %s::text[]) AS r(station_id, account_id, bound_to, name_sealed, phone_sealed, phone_hash,
                             name_hint, phone_hint)
CROSS JOIN (SELECT %s::date AS day, %s::timestamptz AS at) n
"""


def _arrays(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[at] for row in rows] for at in range(width)]


def _ids(codes: Sequence[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, id FROM stations_station WHERE code = ANY (%s)", [list(codes)])
        return dict(cursor.fetchall())


def _insert_keepers(
    sown: _Sown,
    ids: dict[str, int],
    kept: str,
    random: Generator,
    sign_ins: Sequence[SignIn],
    now: datetime,
) -> None:
    """Give most stations a keeper; the one that the demonstration's keeper has is his."""
    keeper = next(one for one in sign_ins if one.role is Role.STATION_KEEPER)
    codes = [row["code"] for row in sown.stations if row["code"] == kept or random.random() < 0.9]
    called = names.people_names(
        random, ["F" if draw < 0.6 else "M" for draw in random.random(len(codes))]
    )
    rows: list[tuple[Any, ...]] = []
    for at, (code, drawn) in enumerate(zip(codes, called, strict=True)):
        name = keeper.name if code == kept else drawn
        phone = f"1990001{at % 10_000:04}"
        bound_to = UUID(bytes=random.bytes(16), version=4)
        rows.append(
            (
                ids[code], keeper.account_id if code == kept else None, bound_to,
                sealing.seal("keeper_name", name, bound_to),
                sealing.seal("keeper_phone", phone, bound_to), sealing.lookup_hash("phone", phone),
                f"{name[0]}站长", phone[:3] + phone[-4:],
            )
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_KEEPER_ROWS, [*_arrays(rows, 8), date(2026, 1, 5), now])
