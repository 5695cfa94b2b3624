"""Firms, their outlets, which union covers them, and where each person works."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.random import Generator

from config.demo import names, wire
from config.demo.scales import Scale
from config.demo.unions import PlannedUnion, UnionPlan, credit_code
from config.demo.wire import Array, day_of
from nuanxin.kernel import regions

GATHERED_AT = "禾风外卖"
"""What those state who have come together in one backstop union."""

COURIER_CITIES = (330100, 330600, 330400, 330500)
CARE_CITY = 330200


@dataclass(frozen=True, slots=True)
class Places:
    """By join: county of work, employer and outlet id (0 for none), and what the person stated."""

    adcode: Array
    employer: Array
    outlet: Array
    stated: Array


@dataclass(frozen=True, slots=True)
class Ground:
    """What was entered: employer by union position (0 for none), outlets of the special unions."""

    employer: Array
    outlets: dict[int, list[tuple[int, int, int, str]]]
    """By union position: (outlet id, employer id, adcode, name)."""


def enter_firms(scale: Scale, plan: UnionPlan, random: Generator, *, now: datetime) -> Ground:
    """Enter employers, outlets and coverage; return where they are."""
    employer = np.zeros(len(plan.rows), dtype=np.int64)
    firms = [at for at, row in enumerate(plan.rows) if row.employer]
    ids = _insert_employers([_firm_of(plan.rows[at], at) for at in firms], now)
    for at, number in zip(firms, ids, strict=True):
        employer[at] = number
    _insert_coverage([_covers(plan.rows[at], int(employer[at])) for at in firms])
    outlets = {}
    for handle, enter in (("couriers", _courier_outlets), ("carers", _care_places)):
        at = next(at for at, row in enumerate(plan.rows) if row.handle == handle)
        outlets[at] = enter(scale, plan.rows[at], int(employer[at]), random, now)
    return Ground(employer, outlets)


def spread_over_places(plan: UnionPlan, union: Array, ground: Ground, random: Generator) -> Places:
    """Return where the person of each join works."""
    adcode = plan.column("adcode")[union].astype(np.int32)
    employer = ground.employer[union]
    outlet = np.zeros(len(union), dtype=np.int64)
    words = [row.employer or names.TRADES.get(row.occupation, "") for row in plan.rows]
    says = random.random(len(union)) < np.where(employer > 0, 0.85, 0.25)
    stated = np.where(says, wire.texts(words)[union], b"")
    backstop = next(at for at, row in enumerate(plan.rows) if row.handle == "backstop")
    gathered = np.flatnonzero(union == backstop)
    stated[gathered] = GATHERED_AT.encode()
    for at, rows in ground.outlets.items():
        members = np.flatnonzero(union == at)
        # Evenly, in a shuffled order: outlets of such firms differ little in size.
        which = random.permutation(len(members)) % len(rows)
        outlet[members] = np.array([row[0] for row in rows])[which]
        employer[members] = np.array([row[1] for row in rows])[which]
        adcode[members] = np.array([row[2] for row in rows], dtype=np.int32)[which]
        named = wire.texts([row[3] for row in rows])[which]
        stated = stated.astype(f"S{max(stated.dtype.itemsize, named.dtype.itemsize)}")
        stated[members] = named
    return Places(adcode, employer, outlet, stated)


def _firm_of(row: PlannedUnion, at: int) -> dict[str, Any]:
    platforms = {name for name, _ in names.PLATFORMS}
    name = row.employer
    if row.handle == "couriers":
        name = f"{row.employer}浙江有限公司"
    else:
        county = regions.region(str(row.adcode)).short_name
        kind = "运营有限公司" if row.employer in platforms else "有限公司"
        name = f"{county}{row.employer}{kind}"
    return {
        "name": name,
        "credit_code": credit_code("91", row.adcode, at + 1),
        "adcode": row.adcode,
        "industry_code": names.INDUSTRY[row.occupation],
        "is_platform": row.employer in platforms,
        "is_key": row.gross >= 1_500 or row.handle == "couriers",
    }


def _covers(row: PlannedUnion, employer_id: int) -> dict[str, Any]:
    return {
        "union_id": row.id,
        "employer_id": employer_id,
        "valid_from": day_of(row.founded).isoformat(),
    }


def _courier_outlets(
    scale: Scale, row: PlannedUnion, employer: int, random: Generator, now: datetime
) -> list[tuple[int, int, int, str]]:
    counties = [
        int(one.code) for city in COURIER_CITIES for one in regions.counties(city=str(city))
    ]
    rows = _outlets(scale.courier_outlets, counties, random, employer, row.founded)
    return _insert_outlets(rows)


def _care_places(
    scale: Scale, row: PlannedUnion, employer: int, random: Generator, now: datetime
) -> list[tuple[int, int, int, str]]:
    """Enter the institutions (each an employer with its house) and the stations they run."""
    counties = [int(one.code) for one in regions.counties(city=str(CARE_CITY))]
    firms = [
        {
            "name": f"{regions.region(str(adcode)).short_name}安颐第{serial + 1}养老服务中心",
            "credit_code": credit_code("52", adcode, 900_000 + serial),
            "adcode": adcode,
            "industry_code": "Q8514",
            "is_platform": False,
            "is_key": False,
        }
        for serial in range(scale.care_institutions)
        for adcode in (counties[serial % len(counties)],)
    ]
    ids = _insert_employers(firms, now)
    _insert_coverage([_covers(row, number) for number in ids])
    rows = []
    for serial in range(scale.care_institutions + scale.care_stations):
        firm = serial % len(ids)
        is_house = serial < len(ids)
        label = "养老院" if is_house else f"居家养老服务站{serial // len(ids)}"
        one = _outlets(1, [int(str(firms[firm]["adcode"]))], random, ids[firm], row.founded)[0]
        rows.append(
            one | {"name": f"{str(firms[firm]['name']).removesuffix('养老服务中心')}{label}"}
        )
    return _insert_outlets(rows)


def _outlets(
    count: int, counties: Sequence[int], random: Generator, employer: int, opened: int
) -> list[dict[str, Any]]:
    rows = []
    for serial in range(count):
        adcode = counties[serial % len(counties)]
        place = regions.region(str(adcode))
        towns = regions.children(str(adcode))
        town = towns[int(random.integers(len(towns)))]
        street = names.STREET_WORDS[serial // len(counties) % len(names.STREET_WORDS)]
        word = names.OUTLET_WORDS[serial % len(names.OUTLET_WORDS)]
        rows.append(
            {
                "employer_id": employer,
                "name": f"{place.short_name}{street}{word}{serial // len(counties) + 1}",
                "adcode": adcode,
                "town_code": int(town.code),
                "lng": round(place.lng + float(random.normal(0, 0.035)), 5),
                "lat": round(place.lat + float(random.normal(0, 0.03)), 5),
                "opened_on": day_of(opened).isoformat(),
            }
        )
    return rows


_EMPLOYERS = """
INSERT INTO orgs_employer
    (name, credit_code, adcode, industry_code, is_platform, is_key_enterprise, recorded_at)
SELECT r.name, r.credit_code, r.adcode, r.industry_code, r.is_platform, r.is_key, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(name text, credit_code text, adcode int,
     industry_code text, is_platform bool, is_key bool)
RETURNING id, credit_code
"""
_COVERAGE = """
INSERT INTO orgs_coverage (union_id, employer_id, industry_code, valid_from, recorded_at)
SELECT r.union_id, r.employer_id, '', r.valid_from, r.valid_from + interval '30 hours'
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(union_id bigint, employer_id bigint, valid_from date)
"""
_OUTLETS = """
INSERT INTO orgs_outlet (employer_id, name, adcode, town_code, lng, lat, opened_on)
SELECT r.employer_id, r.name, r.adcode, r.town_code, r.lng, r.lat, r.opened_on
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(employer_id bigint, name text, adcode int,
     town_code int, lng float8, lat float8, opened_on date)
RETURNING id, employer_id, adcode, name
"""


def _insert_employers(rows: Sequence[dict[str, Any]], now: datetime) -> list[int]:
    by_code = {code: number for number, code in _insert(_EMPLOYERS, rows, now=now)}
    return [by_code[row["credit_code"]] for row in rows]


def _insert_coverage(rows: Sequence[dict[str, Any]]) -> None:
    _insert(_COVERAGE, rows)


def _insert_outlets(rows: Sequence[dict[str, Any]]) -> list[tuple[int, int, int, str]]:
    return [tuple(row) for row in _insert(_OUTLETS, rows)]


def _insert(statement: str, rows: Sequence[dict[str, Any]], **values: Any) -> list[tuple[Any, ...]]:
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, {"rows": json.dumps(rows, ensure_ascii=False), **values})
        return cursor.fetchall() if cursor.description else []
