"""Counting unions: living on a day, founded in a period; by region or subtree, of any day.

A region's union is one that had its seat there on that day; a subtree is that of that day. So a
merger, a move or a change of seat never changes a figure of a day before it. ``known_at`` answers
as it was known then. All of them are one indexed statement.
"""

from datetime import date, datetime
from typing import Any

from nuanxin.kernel.period import Month, Period
from nuanxin.orgs.queries.enterprises import RegionCount
from nuanxin.orgs.queries.places import region_condition, region_name
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.queries.tree import dated
from nuanxin.orgs.states import Route, UnionKind


def count_live_unions(
    *,
    on: date,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = None,
    known_at: datetime | None = None,
    kind: UnionKind | None = None,
    route: Route | None = None,
) -> int:
    """Return how many unions there were on a day, in a region, a subtree, both or everywhere.

    ``kind`` and ``route`` keep those alone; no route is ``Route.OTHER``.
    """
    statement, values = _living(
        "count(*)", on, region, union_id, is_new_form, known_at, kind=kind, route=route
    )
    return int(fetch_all(statement, values)[0][0])


def count_live_unions_by_kind(
    *,
    on: date,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = None,
    known_at: datetime | None = None,
) -> dict[UnionKind, int]:
    """Return how many there were of each kind, most first; kinds without any are left out."""
    rows = _living_by("u.kind", on, region, union_id, is_new_form, known_at)
    return {UnionKind(kind): count for kind, count in rows}


def count_live_unions_by_route(
    *,
    on: date,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = True,
    known_at: datetime | None = None,
) -> dict[Route, int]:
    """Return how many there were by route of founding, most first."""
    rows = _living_by("u.route", on, region, union_id, is_new_form, known_at)
    counted: dict[Route, int] = {}
    for route, count in rows:
        key = Route(route) if route else Route.OTHER
        counted[key] = counted.get(key, 0) + count
    return counted


def count_live_unions_by_county(
    *,
    on: date,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = None,
    known_at: datetime | None = None,
) -> list[RegionCount]:
    """Return how many had their seat in each county (or at city or province level), most first."""
    rows = _living_by("t.adcode", on, region, union_id, is_new_form, known_at)
    return [RegionCount(adcode, region_name(adcode), count) for adcode, count in rows]


def count_new_unions(
    *,
    period: Period,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = True,
    known_at: datetime | None = None,
    kind: UnionKind | None = None,
    route: Route | None = None,
) -> int:
    """Return how many unions were founded in a period, those split off another included.

    Place and subtree are those of the day of founding; a union that has ended since still counts.
    """
    statement, values = _founded(
        "count(*)", period, region, union_id, is_new_form, known_at, kind=kind, route=route
    )
    return int(fetch_all(statement, values)[0][0])


def count_new_unions_by_month(
    *,
    period: Period,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = True,
    known_at: datetime | None = None,
) -> dict[Month, int]:
    """Return how many were founded in each month of a period, in order, months without any too."""
    columns = "extract(year FROM u.founded_on)::int, extract(month FROM u.founded_on)::int"
    statement, values = _founded(
        f"{columns}, count(*)", period, region, union_id, is_new_form, known_at
    )
    counted = {(y, m): count for y, m, count in fetch_all(f"{statement} GROUP BY 1, 2", values)}
    return {month: counted.get((month.year, month.month), 0) for month in period.months()}


def count_new_unions_by_county(
    *,
    period: Period,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = True,
    known_at: datetime | None = None,
) -> list[RegionCount]:
    """Return how many were founded by the county of their seat then, most first."""
    statement, values = _founded(
        "t.adcode, count(*)", period, region, union_id, is_new_form, known_at, seat=True
    )
    rows = fetch_all(f"{statement} GROUP BY 1 ORDER BY 2 DESC, 1", values)
    return [RegionCount(adcode, region_name(adcode), count) for adcode, count in rows]


def count_new_unions_by_route(
    *,
    period: Period,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = True,
    known_at: datetime | None = None,
) -> dict[Route, int]:
    """Return how many were founded by each route, most first."""
    statement, values = _founded(
        "u.route, count(*)", period, region, union_id, is_new_form, known_at
    )
    rows = fetch_all(f"{statement} GROUP BY 1 ORDER BY 2 DESC, 1", values)
    return {Route(route) if route else Route.OTHER: count for route, count in rows}


def count_ended_unions(
    *,
    period: Period,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = None,
    known_at: datetime | None = None,
    kind: UnionKind | None = None,
    route: Route | None = None,
) -> int:
    """Return how many ended (merged or dissolved) in a period, by seat and subtree before that."""
    statement, values = _ended(
        "count(*)", period, region, union_id, is_new_form, known_at, kind=kind, route=route
    )
    return int(fetch_all(statement, values)[0][0])


def _ended(
    columns: str,
    period: Period,
    region: int | None,
    union_id: int | None,
    is_new_form: bool | None,
    known_at: datetime | None,
    *,
    kind: UnionKind | None = None,
    route: Route | None = None,
) -> tuple[str, dict[str, Any]]:
    where, values = region_condition(region)
    last_day = "(u.ended_on - 1)"
    tables = "orgs_union u JOIN orgs_territory t ON t.union_id = u.id AND t.is_seat"
    conditions = [
        where,
        "u.ended_on BETWEEN %(start)s AND %(end)s",
        "t.valid_to = u.ended_on",
        dated("t", known_at=known_at, on=last_day),
    ]
    if union_id is not None:
        tables += " JOIN orgs_ancestry a ON a.union_id = u.id AND a.ancestor_id = %(union)s"
        conditions.append(dated("a", known_at=known_at, on=last_day))
    _add_cuts(conditions, values, is_new_form, kind, route)
    values |= {
        "start": period.start,
        "end": period.end,
        "union": union_id,
        "known_at": known_at,
    }
    return f"SELECT {columns} FROM {tables} WHERE {' AND '.join(conditions)}", values


def live_unions_at_month_ends(
    *,
    period: Period,
    region: int | None = None,
    union_id: int | None = None,
    is_new_form: bool | None = None,
) -> dict[Month, int]:
    """Return how many there were on the last day of each month (the period's last day at most).

    Every span of life is read once: what began and what ended in each month is summed up.
    """
    where, values = region_condition(region)
    tables = ["orgs_territory t"]
    conditions = [where, "t.is_seat", "t.superseded_at IS NULL", "t.valid_from <= %(end)s"]
    start, stop = "t.valid_from", "t.valid_to"
    if is_new_form is not None:
        tables.append("JOIN orgs_union u ON u.id = t.union_id")
        _add_new_form(conditions, values, is_new_form)
    if union_id is not None:
        tables.append("JOIN orgs_ancestry a ON a.union_id = t.union_id")
        conditions += [
            "a.ancestor_id = %(union)s",
            "a.superseded_at IS NULL",
            "daterange(a.valid_from, a.valid_to) && daterange(t.valid_from, t.valid_to)",
        ]
        start, stop = "greatest(t.valid_from, a.valid_from)", "least(t.valid_to, a.valid_to)"
    rows = fetch_all(
        _CHANGES_BY_MONTH.format(
            spans=f"SELECT {start} AS began, {stop} AS ended FROM {' '.join(tables)}"
            f" WHERE {' AND '.join(conditions)}"
        ),
        values | {"end": period.end, "union": union_id},
    )
    changes = {Month.of(first): change for first, change in rows}
    months = list(period.months())
    living = sum(change for month, change in changes.items() if month < months[0])
    counted = {}
    for month in months:
        living += changes.get(month, 0)
        counted[month] = int(living)
    return counted


_CHANGES_BY_MONTH = """
WITH spans AS ({spans})
SELECT month::date, sum(change) FROM (
    SELECT date_trunc('month', began::timestamp) AS month, 1 AS change FROM spans WHERE began <= %(end)s
    UNION ALL
    SELECT date_trunc('month', ended::timestamp), -1 FROM spans WHERE began <= %(end)s AND ended <= %(end)s
) c GROUP BY 1
"""


def _living(
    columns: str,
    on: date,
    region: int | None,
    union_id: int | None,
    is_new_form: bool | None,
    known_at: datetime | None,
    *,
    kind: UnionKind | None = None,
    route: Route | None = None,
) -> tuple[str, dict[str, Any]]:
    where, values = region_condition(region)
    tables = ["orgs_territory t"]
    conditions = [where, "t.is_seat", dated("t", known_at=known_at)]
    if is_new_form is not None or kind or route or "u." in columns:
        tables.append("JOIN orgs_union u ON u.id = t.union_id")
        _add_cuts(conditions, values, is_new_form, kind, route)
    if union_id is not None:
        tables.append("JOIN orgs_ancestry a ON a.union_id = t.union_id")
        conditions += ["a.ancestor_id = %(union)s", dated("a", known_at=known_at)]
    values |= {"on": on, "known_at": known_at, "union": union_id}
    return f"SELECT {columns} FROM {' '.join(tables)} WHERE {' AND '.join(conditions)}", values


def _living_by(
    column: str,
    on: date,
    region: int | None,
    union_id: int | None,
    is_new_form: bool | None,
    known_at: datetime | None,
) -> list[tuple[Any, int]]:
    statement, values = _living(f"{column}, count(*)", on, region, union_id, is_new_form, known_at)
    return [(r[0], r[1]) for r in fetch_all(f"{statement} GROUP BY 1 ORDER BY 2 DESC, 1", values)]


def _founded(
    columns: str,
    period: Period,
    region: int | None,
    union_id: int | None,
    is_new_form: bool | None,
    known_at: datetime | None,
    *,
    seat: bool = False,
    kind: UnionKind | None = None,
    route: Route | None = None,
) -> tuple[str, dict[str, Any]]:
    where, values = region_condition(region)
    tables = ["orgs_union u"]
    conditions = ["u.founded_on BETWEEN %(start)s AND %(end)s"]
    if region or seat or known_at is not None:
        # The seat on the day of founding; as known then, if that is asked.
        tables.append("JOIN orgs_territory t ON t.union_id = u.id AND t.is_seat")
        conditions += [where, dated("t", known_at=known_at, on="u.founded_on")]
    if union_id is not None:
        tables.append("JOIN orgs_ancestry a ON a.union_id = u.id AND a.ancestor_id = %(union)s")
        conditions.append(dated("a", known_at=known_at, on="u.founded_on"))
    _add_cuts(conditions, values, is_new_form, kind, route)
    values |= {
        "start": period.start,
        "end": period.end,
        "union": union_id,
        "known_at": known_at,
    }
    return f"SELECT {columns} FROM {' '.join(tables)} WHERE {' AND '.join(conditions)}", values


def _add_new_form(conditions: list[str], values: dict[str, Any], is_new_form: bool | None) -> None:
    if is_new_form is not None:
        conditions.append("u.is_new_form = %(new_form)s")
        values["new_form"] = is_new_form


def _add_cuts(
    conditions: list[str],
    values: dict[str, Any],
    is_new_form: bool | None,
    kind: UnionKind | None,
    route: Route | None,
) -> None:
    _add_new_form(conditions, values, is_new_form)
    if kind is not None:
        conditions.append("u.kind = %(kind)s")
        values["kind"] = kind.value
    if route is not None:
        conditions.append("coalesce(nullif(u.route, ''), 'other') = %(route)s")
        values["route"] = route.value
