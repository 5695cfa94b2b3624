"""Enterprise questions: employers, their outlets, and which union covers them on a day.

Apart from tree and region: one enterprise union may cover outlets in four cities. An outlet is
covered by name, or because the whole employer is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel.credit_code import normalise_credit_code
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.places import region_condition, region_name
from nuanxin.orgs.queries.rows import (
    UNION_COLUMNS,
    CoverageRow,
    UnionRow,
    after_id,
    fetch_all,
    fetch_one,
    next_cursor,
    page_size,
    union_row,
)
from nuanxin.orgs.queries.tree import dated
from nuanxin.orgs.rules.naming import stored_name
from nuanxin.orgs.states import PAGE_SIZE, SEARCH_LIMIT, UnionKind


@dataclass(frozen=True, slots=True)
class EmployerRow:
    """An employer; a platform is one with the flag."""

    id: int
    name: str
    credit_code: str | None
    adcode: int | None
    industry_code: str
    is_platform: bool
    is_key_enterprise: bool
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class OutletRow:
    """A place of an employer."""

    id: int
    employer_id: int
    name: str
    adcode: int
    town_code: int | None
    lng: float | None
    lat: float | None
    opened_on: date | None
    closed_on: date | None
    address: str
    kind: str


@dataclass(frozen=True, slots=True)
class OutletPage:
    """A page of outlets in order of id; ``next`` is a cursor."""

    items: tuple[OutletRow, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class RegionCount:
    """How many there are in one region (a county, or a city where asked for)."""

    adcode: int
    name: str
    count: int


_EMPLOYER = (
    "e.id, e.name, e.credit_code, e.adcode, e.industry_code, e.is_platform, e.is_key_enterprise,"
    " e.closed_on"
)
_OUTLET = (
    "o.id, o.employer_id, o.name, o.adcode, o.town_code, o.lng, o.lat, o.opened_on, o.closed_on,"
    " o.address, o.kind"
)


def _there(alias: str, on: date | None, known_at: datetime | None = None) -> str:
    """Return the condition of a coverage: on a day, or open today."""
    if on is None:
        return f"{alias}.superseded_at IS NULL AND {alias}.valid_to IS NULL"
    return dated(alias, known_at=known_at)


def _covered_outlets(
    on: date | None, known_at: datetime | None = None, *, is_closed: bool = False
) -> str:
    """Return FROM and WHERE of the outlets that ``%(union)s`` covers, each once.

    ``is_closed``: those that are no longer used, instead of those that are (for today only).

    Both ways to be covered are joined by their index: a single outlet, or a whole employer.
    """
    open_then = (
        f"o.closed_on IS {'NOT ' if is_closed else ''}NULL"
        if on is None
        else "(o.opened_on IS NULL OR o.opened_on <= %(on)s)"
        " AND (o.closed_on IS NULL OR o.closed_on > %(on)s)"
    )
    there = _there("c", on, known_at)
    return (
        "FROM orgs_outlet o WHERE o.id IN ("
        "  SELECT c.outlet_id FROM orgs_coverage c WHERE c.union_id = %(union)s"
        f"  AND c.outlet_id IS NOT NULL AND {there}"
        "  UNION SELECT w.id FROM orgs_coverage c JOIN orgs_outlet w"
        "  ON w.employer_id = c.employer_id WHERE c.union_id = %(union)s"
        f"  AND c.outlet_id IS NULL AND {there}) AND {open_then}"
    )


def get_employer(employer_id: int) -> EmployerRow:
    """Return an employer; raise ``NotFound``."""
    row = fetch_one(
        f"SELECT {_EMPLOYER} FROM orgs_employer e WHERE e.id = %(id)s", {"id": employer_id}
    )
    if row is None:
        raise NotFound()
    return EmployerRow(*row)


def list_employers_by_id(ids: Collection[int]) -> dict[int, EmployerRow]:
    """Return the employers with these ids (at most a page's worth matters to callers) by id."""
    rows = fetch_all(
        f"SELECT {_EMPLOYER} FROM orgs_employer e WHERE e.id = ANY(%(ids)s)", {"ids": list(ids)}
    )
    return {row[0]: EmployerRow(*row) for row in rows}


def find_employer(*, credit_code: str = "", name: str = "") -> EmployerRow | None:
    """Return the employer with this credit code, else the one with just this name, else None."""
    row = fetch_one(
        f"SELECT {_EMPLOYER} FROM orgs_employer e"
        " WHERE (%(code)s <> '' AND e.credit_code = %(code)s)"
        " OR (%(name)s <> '' AND e.name = %(name)s)"
        " ORDER BY e.credit_code = %(code)s DESC NULLS LAST, e.id LIMIT 1",
        {"code": normalise_credit_code(credit_code), "name": stored_name(name)},
    )
    return EmployerRow(*row) if row else None


def search_employers(
    text: str, *, is_platform: bool | None = None, limit: int = SEARCH_LIMIT
) -> list[EmployerRow]:
    """Return employers in business whose name holds ``text``; whole name, then beginning, first."""
    wanted = stored_name(text)[:60]
    if not wanted:
        return []
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    platform = "" if is_platform is None else " AND e.is_platform = %(platform)s"
    rows = fetch_all(
        f"SELECT {_EMPLOYER} FROM orgs_employer e WHERE e.name LIKE %(within)s"
        f" AND e.closed_on IS NULL{platform} ORDER BY e.name <> %(text)s,"
        " e.name NOT LIKE %(head)s, length(e.name), e.id LIMIT %(limit)s",
        {
            "text": wanted,
            "head": f"{escaped}%",
            "within": f"%{escaped}%",
            "platform": is_platform,
            "limit": page_size(limit),
        },
    )
    return [EmployerRow(*row) for row in rows]


def list_platforms() -> list[EmployerRow]:
    """Return the platforms in business, by name; at most 200."""
    rows = fetch_all(
        f"SELECT {_EMPLOYER} FROM orgs_employer e WHERE e.is_platform AND e.closed_on IS NULL"
        " ORDER BY e.name, e.id LIMIT 200"
    )
    return [EmployerRow(*row) for row in rows]


def list_coverage(
    union_id: int,
    *,
    on: date | None = None,
    known_at: datetime | None = None,
    after: str | None = None,
    limit: int = PAGE_SIZE,
) -> list[CoverageRow]:
    """Return what a union covers on a day (None: now), in order of id after the cursor."""
    rows = fetch_all(
        "SELECT c.id, c.employer_id, e.name, e.is_platform, c.outlet_id, coalesce(o.name, ''),"
        " c.industry_code, c.valid_from, c.valid_to FROM orgs_coverage c"
        " JOIN orgs_employer e ON e.id = c.employer_id"
        " LEFT JOIN orgs_outlet o ON o.id = c.outlet_id"
        f" WHERE c.union_id = %(union)s AND c.id > %(after)s AND {_there('c', on, known_at)}"
        " ORDER BY c.id LIMIT %(limit)s",
        {
            "union": union_id,
            "on": on,
            "known_at": known_at,
            "after": after_id(after),
            "limit": page_size(limit),
        },
    )
    return [CoverageRow(*row) for row in rows]


def list_unions_covering(
    employer_id: int, *, outlet_id: int | None = None, on: date | None = None
) -> list[UnionRow]:
    """Return the unions that cover an employer (or that very outlet), narrowest first; 50 at most.

    Without ``outlet_id`` any that covers some part of it.
    """
    which = "" if outlet_id is None else " AND (c.outlet_id = %(outlet)s OR c.outlet_id IS NULL)"
    rows = fetch_all(
        f"SELECT {UNION_COLUMNS} FROM orgs_union u WHERE u.id IN ("
        " SELECT c.union_id FROM orgs_coverage c WHERE c.employer_id = %(employer)s"
        f" {which} AND {_there('c', on)}) ORDER BY u.level DESC, u.id LIMIT 50",
        {"employer": employer_id, "outlet": outlet_id, "on": on},
    )
    return [union_row(row) for row in rows]


def covering_paths(employer_id: int) -> tuple[str, ...]:
    """Return the paths of all unions that cover some part of an employer today."""
    rows = fetch_all(
        "SELECT DISTINCT u.path FROM orgs_coverage c JOIN orgs_union u ON u.id = c.union_id"
        f" WHERE c.employer_id = %(employer)s AND {_there('c', None)} ORDER BY u.path",
        {"employer": employer_id},
    )
    return tuple(row[0] for row in rows)


def list_outlets(
    union_id: int,
    *,
    region: int | None = None,
    on: date | None = None,
    after: str | None = None,
    limit: int = PAGE_SIZE,
    is_closed: bool = False,
) -> OutletPage:
    """Return a page of the outlets that a union covers (or of the closed ones), in one region or all."""
    where, values = region_condition(region, adcode="o.adcode", town="o.town_code")
    size = page_size(limit)
    rows = fetch_all(
        f"SELECT {_OUTLET} {_covered_outlets(on, is_closed=is_closed)} AND {where}"
        " AND o.id > %(after)s"
        " ORDER BY o.id LIMIT %(limit)s",
        values | {"union": union_id, "on": on, "after": after_id(after), "limit": size + 1},
    )
    found = [OutletRow(*row) for row in rows]
    return OutletPage(tuple(found[:size]), next_cursor([one.id for one in found], size))


def find_outlet(employer_id: int, name: str) -> OutletRow | None:
    """Return the outlet of an employer with just this name, else None."""
    row = fetch_one(
        f"SELECT {_OUTLET} FROM orgs_outlet o WHERE o.employer_id = %(employer)s"
        " AND o.name = %(name)s",
        {"employer": employer_id, "name": stored_name(name)},
    )
    return OutletRow(*row) if row else None


def list_outlets_named(names_of: Mapping[int, Collection[str]]) -> list[OutletRow]:
    """Return the outlets with just these names, by employer; ``stored_name`` of each counts."""
    pairs = [
        (employer, stored_name(name)) for employer, names in names_of.items() for name in names
    ]
    rows = fetch_all(
        f"SELECT {_OUTLET} FROM unnest(%(employers)s::bigint[], %(names)s::text[]) AS w(employer, name)"
        " JOIN orgs_outlet o ON o.employer_id = w.employer AND o.name = w.name",
        {"employers": [one for one, _ in pairs], "names": [name for _, name in pairs]},
    )
    return [OutletRow(*row) for row in rows]


def list_covered_employers(union_id: int) -> list[EmployerRow]:
    """Return the employers in business that a union covers today, in part or whole; 500 at most."""
    rows = fetch_all(
        f"SELECT {_EMPLOYER} FROM orgs_employer e WHERE e.closed_on IS NULL AND e.id IN ("
        f"  SELECT c.employer_id FROM orgs_coverage c WHERE c.union_id = %(union)s AND {_there('c', None)})"
        " ORDER BY e.name, e.id LIMIT 500",
        {"union": union_id},
    )
    return [EmployerRow(*row) for row in rows]


def find_covered_outlet(union_id: int, outlet_id: int) -> OutletRow | None:
    """Return an outlet that the union covers today, closed or not; None for any other."""
    for is_closed in (False, True):
        row = fetch_one(
            f"SELECT {_OUTLET} {_covered_outlets(None, is_closed=is_closed)} AND o.id = %(id)s",
            {"union": union_id, "on": None, "id": outlet_id},
        )
        if row is not None:
            return OutletRow(*row)
    return None


def count_closed_outlets(union_id: int) -> int:
    """Return how many outlets that a union covers are no longer used."""
    row = fetch_one(
        f"SELECT count(*) {_covered_outlets(None, is_closed=True)}", {"union": union_id}
    )
    return int(row[0]) if row else 0


def count_outlets_of(employer_id: int) -> int:
    """Return how many outlets of an employer are in use, whoever covers them."""
    row = fetch_one(
        "SELECT count(*) FROM orgs_outlet WHERE employer_id = %(id)s AND closed_on IS NULL",
        {"id": employer_id},
    )
    return int(row[0]) if row else 0


def list_unions_ending_with(employer_id: int) -> list[UnionRow]:
    """Return the living grass-roots unions that cover this employer and nobody else; 1,000 at most."""
    rows = fetch_all(_ENDING_WITH, {"employer": employer_id, "kind": UnionKind.GRASSROOTS.value})
    return [union_row(row) for row in rows]


_ENDING_WITH = f"""
SELECT {UNION_COLUMNS} FROM orgs_union u
WHERE u.ended_on IS NULL AND u.kind = %(kind)s
  AND EXISTS (SELECT 1 FROM orgs_coverage c WHERE c.union_id = u.id AND c.superseded_at IS NULL
              AND c.valid_to IS NULL AND c.employer_id = %(employer)s)
  AND NOT EXISTS (SELECT 1 FROM orgs_coverage c WHERE c.union_id = u.id
              AND c.superseded_at IS NULL AND c.valid_to IS NULL
              AND c.employer_id <> %(employer)s)
ORDER BY u.id LIMIT 1000
"""


def outlet_ids_of(
    union_id: int, *, on: date | None = None, known_at: datetime | None = None
) -> list[int]:
    """Return the ids of all outlets that a union covers, in order."""
    rows = fetch_all(
        f"SELECT o.id {_covered_outlets(on, known_at)} ORDER BY o.id",
        {"union": union_id, "on": on, "known_at": known_at},
    )
    return [row[0] for row in rows]


def count_outlets(union_id: int, *, region: int | None = None, on: date | None = None) -> int:
    """Return how many outlets a union covers, in one region or all."""
    where, values = region_condition(region, adcode="o.adcode", town="o.town_code")
    row = fetch_one(
        f"SELECT count(*) {_covered_outlets(on)} AND {where}",
        values | {"union": union_id, "on": on},
    )
    return int(row[0]) if row else 0


def count_outlets_by_region(
    union_id: int, *, by_city: bool = False, on: date | None = None
) -> list[RegionCount]:
    """Return how many outlets a union covers by county, or by city; most first."""
    place = "o.adcode / 100 * 100" if by_city else "o.adcode"
    rows: list[Any] = fetch_all(
        f"SELECT {place} AS place, count(*) {_covered_outlets(on)} GROUP BY 1 ORDER BY 2 DESC, 1",
        {"union": union_id, "on": on},
    )
    return [RegionCount(adcode, region_name(adcode), count) for adcode, count in rows]
