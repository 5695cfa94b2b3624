"""Region questions: which unions have their seat in a region, or work in it, on a day.

They are separate from tree questions: a union of one county's subtree may work in four cities.
Region codes are integers: 330000 province, 330100 city, 330105 county, nine digits a town.
"""

from datetime import date, datetime
from typing import Any

from nuanxin.kernel import regions
from nuanxin.orgs.queries.rows import (
    UNION_COLUMNS,
    TerritoryHistory,
    TerritoryRecord,
    TerritoryRow,
    UnionList,
    after_id,
    fetch_all,
    next_cursor,
    page_size,
    union_row,
)
from nuanxin.orgs.queries.tree import dated
from nuanxin.orgs.states import PAGE_SIZE

TOWN_CODES_FROM = 100_000_000


def region_condition(
    region: int | None, *, adcode: str = "t.adcode", town: str = "t.town_code"
) -> tuple[str, dict[str, Any]]:
    """Return SQL (and its values, named ``region_…``) that a place lies within ``region``.

    None and 0 are everywhere. ``adcode`` and ``town`` name the columns.
    """
    if not region:
        return "TRUE", {}
    if region >= TOWN_CODES_FROM:
        return f"{town} = %(region_town)s", {"region_town": region}
    low, high = region_bounds(region)
    if low == high:
        return f"{adcode} = %(region_low)s", {"region_low": low}
    return (
        f"{adcode} BETWEEN %(region_low)s AND %(region_high)s",
        {"region_low": low, "region_high": high},
    )


def region_bounds(adcode: int) -> tuple[int, int]:
    """Return the least and the greatest six-digit code within a province, city or county."""
    if adcode % 10_000 == 0:
        return adcode, adcode + 9_999
    if adcode % 100 == 0:
        return adcode, adcode + 99
    return adcode, adcode


def region_name(adcode: int, town_code: int | None = None) -> str:
    """Return 杭州市拱墅区大关街道, the code itself for a region that is not kept."""
    for code in (town_code, adcode):
        if code and str(code) in regions.REGIONS:
            return regions.full_name(str(code), with_province=code % 10_000 == 0)
    return str(town_code or adcode)


def list_territories(
    union_id: int, *, on: date | None = None, known_at: datetime | None = None
) -> list[TerritoryRow]:
    """Return the regions a union works in, its seat first; those of today where ``on`` is None."""
    there = (
        dated("t", known_at=known_at)
        if on
        else "t.superseded_at IS NULL AND (t.valid_to IS NULL OR t.valid_to > current_date)"
    )
    rows = fetch_all(
        "SELECT t.adcode, t.town_code, t.is_seat, t.valid_from, t.valid_to FROM orgs_territory t"
        f" WHERE t.union_id = %(union)s AND {there}"
        " ORDER BY t.is_seat DESC, t.adcode, t.town_code NULLS FIRST, t.valid_from LIMIT 500",
        {"union": union_id, "on": on, "known_at": known_at},
    )
    return [TerritoryRow(a, t, region_name(a, t), seat, f, to) for a, t, seat, f, to in rows]


def list_territory_history(
    union_id: int, *, before: str | None = None, limit: int = PAGE_SIZE
) -> TerritoryHistory:
    """Return every entry of where a union works, corrected ones too, the last recorded first."""
    size = page_size(limit)
    rows = fetch_all(
        f"{_RECORD} WHERE t.union_id = %(union)s AND (%(before)s = 0 OR t.id < %(before)s)"
        " ORDER BY t.id DESC LIMIT %(limit)s",
        {"union": union_id, "before": after_id(before), "limit": size + 1},
    )
    found = [_record(row) for row in rows]
    return TerritoryHistory(tuple(found[:size]), next_cursor([one.id for one in found], size))


def list_correctable_territories(union_id: int) -> list[TerritoryRecord]:
    """Return the entries that hold today's knowledge, of any day: those that can be corrected."""
    rows = fetch_all(
        f"{_RECORD} WHERE t.union_id = %(union)s AND t.superseded_at IS NULL"
        " ORDER BY t.is_seat DESC, t.valid_from DESC, t.id LIMIT 500",
        {"union": union_id},
    )
    return [_record(row) for row in rows]


def find_territory(union_id: int, territory_id: int) -> TerritoryRecord | None:
    """Return one entry of a union, None where it is another union's."""
    rows = fetch_all(
        f"{_RECORD} WHERE t.id = %(id)s AND t.union_id = %(union)s",
        {"id": territory_id, "union": union_id},
    )
    return _record(rows[0]) if rows else None


_RECORD = (
    "SELECT t.id, t.adcode, t.town_code, t.is_seat, t.valid_from, t.valid_to, t.recorded_at,"
    " t.superseded_at FROM orgs_territory t"
)


def _record(row: tuple[Any, ...]) -> TerritoryRecord:
    return TerritoryRecord(row[0], row[1], row[2], region_name(row[1], row[2]), *row[3:])


def seat_of(union_id: int, *, on: date, known_at: datetime | None = None) -> TerritoryRow | None:
    """Return where the union had its seat on a day, None where it did not exist."""
    seats = [t for t in list_territories(union_id, on=on, known_at=known_at) if t.is_seat]
    return seats[0] if seats else None


def list_unions_working_in(
    region: int, *, on: date, after: str | None = None, limit: int = PAGE_SIZE
) -> UnionList:
    """Return a page of the unions whose territory (seat or further) touches a region on a day.

    A wider territory (a city) counts for every county within it.
    """
    condition, values = region_condition(region)
    wider = [int(one.code) for one in regions.ancestors(str(region))]
    size = page_size(limit)
    rows = fetch_all(
        f"SELECT {UNION_COLUMNS} FROM orgs_union u WHERE u.id > %(after)s AND EXISTS ("
        "  SELECT 1 FROM orgs_territory t WHERE t.union_id = u.id"
        f"  AND ({condition} OR (t.adcode = ANY(%(wider)s) AND t.town_code IS NULL))"
        f"  AND {dated('t', known_at=None)}) ORDER BY u.id LIMIT %(limit)s",
        values | {"on": on, "after": after_id(after), "wider": wider, "limit": size + 1},
    )
    found = [union_row(row) for row in rows]
    return UnionList(tuple(found[:size]), next_cursor([one.id for one in found], size))
