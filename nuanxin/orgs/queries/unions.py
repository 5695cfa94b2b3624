"""One union, and lists of unions of today."""

from collections.abc import Collection, Sequence
from typing import Any

from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.text import compact
from nuanxin.orgs.queries.places import region_bounds, region_condition
from nuanxin.orgs.queries.rows import (
    UNION_COLUMNS,
    ChangeRow,
    ReportDue,
    ReportPage,
    UnionList,
    UnionRow,
    after_id,
    fetch_all,
    fetch_one,
    next_cursor,
    page_size,
    union_row,
)
from nuanxin.orgs.queries.tree import path_bounds
from nuanxin.orgs.rules.naming import stored_name
from nuanxin.orgs.states import (
    CHANGES_SHOWN,
    PAGE_SIZE,
    SEARCH_LIMIT,
    UnionChangeKind,
    UnionKind,
)

_LIVE = "u.ended_on IS NULL"
_SEARCH = """
SELECT {columns},
       CASE WHEN u.code = %(code)s OR u.credit_code = %(code)s THEN 0
            WHEN u.name = %(text)s OR u.short_name = %(text)s THEN 1
            WHEN u.name LIKE %(head)s OR u.short_name LIKE %(head)s THEN 2 ELSE 3 END AS rank
FROM orgs_union u
WHERE u.ended_on IS NULL AND ({scope})
  AND (u.name LIKE %(within)s OR u.short_name LIKE %(within)s OR u.code = %(code)s
       OR u.credit_code = %(code)s)
ORDER BY rank, u.level, length(u.name), u.id LIMIT %(limit)s
"""


def get_union(union_id: int) -> UnionRow:
    """Return a union, ended ones too; raise ``NotFound``. What it holds is public."""
    row = fetch_one(
        f"SELECT {UNION_COLUMNS} FROM orgs_union u WHERE u.id = %(id)s", {"id": union_id}
    )
    if row is None:
        raise NotFound()
    return union_row(row)


def get_union_by_code(code: str) -> UnionRow:
    """Return the union with this 工会编码 (spaces and case do not matter); raise ``NotFound``."""
    row = fetch_one(
        f"SELECT {UNION_COLUMNS} FROM orgs_union u WHERE u.code IN (%(as_is)s, %(upper)s)"
        " ORDER BY u.code = %(as_is)s DESC LIMIT 1",
        {"as_is": code.strip(), "upper": compact(code).upper()},
    )
    if row is None:
        raise NotFound()
    return union_row(row)


def where_merged(union_id: int) -> UnionRow:
    """Return the living union that a merged one went into, through further mergers; or itself."""
    row = fetch_one(
        "WITH RECURSIVE chain AS ("
        "  SELECT id, merged_into_id, 0 AS steps FROM orgs_union WHERE id = %(id)s UNION ALL"
        "  SELECT u.id, u.merged_into_id, steps + 1 FROM chain"
        "  JOIN orgs_union u ON u.id = chain.merged_into_id WHERE steps < 100)"
        " SELECT id FROM chain ORDER BY steps DESC LIMIT 1",
        {"id": union_id},
    )
    return get_union(int(row[0]) if row else union_id)


def get_root() -> UnionRow | None:
    """Return the union at the top, None before the tree is planted."""
    row = fetch_one(f"SELECT {UNION_COLUMNS} FROM orgs_union u WHERE u.parent_id IS NULL")
    return union_row(row) if row else None


def federation_paths(adcodes: Collection[int]) -> dict[int, str]:
    """Return the path of the living federation of each province, city or county that has one."""
    rows = fetch_all(
        "SELECT adcode, path FROM orgs_union WHERE kind = 'federation' AND level <= 3"
        " AND ended_on IS NULL AND adcode = ANY(%(adcodes)s) ORDER BY level DESC, id DESC",
        {"adcodes": list(adcodes)},
    )
    return dict(rows)


def federation_regions(paths: Sequence[str]) -> set[int]:
    """Return the regions of the living federations of province, cities and counties below ``paths``."""
    condition, values = _scope_condition(paths)
    rows = fetch_all(
        "SELECT DISTINCT u.adcode FROM orgs_union u WHERE u.kind = 'federation' AND u.level <= 3"
        f" AND u.ended_on IS NULL AND {condition} LIMIT 500",
        values,
    )
    return {row[0] for row in rows}


def list_unions_by_id(ids: Sequence[int]) -> dict[int, UnionRow]:
    """Return the unions with these ids (at most a page's worth matters to callers) by id."""
    rows = fetch_all(
        f"SELECT {UNION_COLUMNS} FROM orgs_union u WHERE u.id = ANY(%(ids)s)", {"ids": list(ids)}
    )
    return {row[0]: union_row(row) for row in rows}


def list_unions(
    region: int | None = None,
    kind: UnionKind | str | None = None,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
    *,
    paths: Sequence[str] | None = None,
    is_new_form: bool | None = None,
    route: str | None = None,
    include_ended: bool = False,
) -> UnionList:
    """Return a page of unions in order of id.

    ``region`` is the seat of today (province, city, county or town code); ``paths`` limits it to
    subtrees ("/" is everywhere, an empty list nothing).
    """
    condition, values = region_condition(region, adcode="u.adcode", town="u.town_code")
    conditions = [condition, "u.id > %(after)s"]
    if not include_ended:
        conditions.append(_LIVE)
    for name, value in (("kind", kind), ("is_new_form", is_new_form), ("route", route)):
        if value is not None:
            conditions.append(f"u.{name} = %({name})s")
            values[name] = str(value) if name == "kind" else value
    if paths is not None:
        scope, more = _scope_condition(paths)
        conditions.append(scope)
        values |= more
    size = page_size(limit)
    rows = fetch_all(
        f"SELECT {UNION_COLUMNS} FROM orgs_union u WHERE {' AND '.join(conditions)}"
        " ORDER BY u.id LIMIT %(limit)s",
        values | {"after": after_id(cursor), "limit": size + 1},
    )
    found = [union_row(row) for row in rows]
    return UnionList(tuple(found[:size]), next_cursor([one.id for one in found], size))


def search_unions(
    text: str,
    *,
    paths: Sequence[str] | None = None,
    region: int | None = None,
    limit: int = SEARCH_LIMIT,
    accepts_members: bool | None = None,
) -> list[UnionRow]:
    """Return living unions whose name holds ``text``, or whose code or credit code it is.

    The likeliest first: the code, the whole name, its beginning, within it. ``paths`` as in
    ``list_unions``. Nothing for an empty text.
    """
    wanted = stored_name(text)[:60]
    if not wanted:
        return []
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    scope, values = _scope_condition(paths) if paths is not None else ("TRUE", {})
    where, more = region_condition(region, adcode="u.adcode", town="u.town_code")
    scope = f"({scope}) AND ({where})"
    if accepts_members is not None:
        scope += " AND u.accepts_members = %(accepts)s"
    rows = fetch_all(
        _SEARCH.format(columns=UNION_COLUMNS, scope=scope),
        values
        | more
        | {
            "text": wanted,
            "code": compact(wanted).upper(),
            "head": f"{escaped}%",
            "within": f"%{escaped}%",
            "accepts": accepts_members,
            "limit": page_size(limit),
        },
    )
    return [union_row(row) for row in rows]


def list_unions_named(words: Collection[str], *, path: str | None = None) -> list[UnionRow]:
    """Return the living unions whose code, credit code or whole name is one of ``words``.

    ``path`` limits it to a subtree; None is everywhere. ``stored_name`` of each word counts.
    """
    wanted = sorted({stored_name(word) for word in words} - {""})
    low, high = path_bounds(path) if path is not None else ("", "~")
    rows = fetch_all(
        f"SELECT {UNION_COLUMNS} FROM orgs_union u WHERE u.ended_on IS NULL"
        " AND u.path >= %(low)s AND u.path < %(high)s AND (u.code = ANY(%(words)s)"
        " OR u.credit_code = ANY(%(words)s) OR u.name = ANY(%(words)s)) ORDER BY u.id",
        {"low": low, "high": high, "words": wanted},
    )
    return [union_row(row) for row in rows]


def backstop_union(place: int) -> UnionRow | None:
    """Return the union that takes whoever fits nowhere else (2.2): the township's, by preference.

    ``place`` is a town code (nine digits) or an adcode. The town's own backstop or township union;
    else one of the county; else None: the upper union must found one.
    """
    county = int(str(place)[:6])
    low, high = region_bounds(county)
    row = fetch_one(
        f"SELECT {UNION_COLUMNS} FROM orgs_union u"
        " WHERE u.adcode BETWEEN %(low)s AND %(high)s AND u.accepts_members AND u.ended_on IS NULL"
        " AND u.state <> 'preparing' AND (u.kind = ANY(%(kinds)s) OR u.route = 'backstop')"
        " ORDER BY u.town_code IS NOT DISTINCT FROM %(town)s DESC, u.kind = 'township' DESC,"
        " u.route = 'backstop' DESC, u.level, u.id LIMIT 1",
        {
            "low": low,
            "high": high,
            "town": place if place > county else None,
            "kinds": [UnionKind.TOWNSHIP, UnionKind.REGIONAL_FEDERATION, UnionKind.COMMUNITY],
        },
    )
    return union_row(row) if row else None


def list_changes(union_id: int, limit: int = CHANGES_SHOWN) -> list[ChangeRow]:
    """Return the latest changes of a union and those in which it is the other side."""
    rows = fetch_all(
        "SELECT c.id, c.union_id, c.kind, c.effective_on, c.recorded_at,"
        " CASE WHEN c.union_id = %(union)s THEN c.other_id ELSE c.union_id END,"
        " coalesce(o.name, ''), c.reason, c.document, c.data FROM orgs_unionchange c"
        " LEFT JOIN orgs_union o"
        " ON o.id = CASE WHEN c.union_id = %(union)s THEN c.other_id ELSE c.union_id END"
        " WHERE c.union_id = %(union)s OR c.other_id = %(union)s"
        " ORDER BY c.effective_on DESC, c.id DESC LIMIT %(limit)s",
        {"union": union_id, "limit": page_size(limit)},
    )
    return [_change(row) for row in rows]


_REPORT_DUE = """FROM orgs_unionchange c JOIN orgs_union u ON u.id = c.union_id
WHERE c.kind = 'dissolved' AND ({scope}) AND NOT EXISTS (
    SELECT 1 FROM orgs_unionchange r WHERE r.union_id = c.union_id AND r.kind = 'reported')
"""


def list_reports_due(
    paths: Sequence[str], *, after: str | None = None, limit: int = PAGE_SIZE
) -> ReportPage:
    """Return dissolutions below ``paths`` that the union above has not acknowledged (E-8, A27).

    The oldest first. A union at one of ``paths`` itself is the business of the one above it, so it
    is left out; "/" is everywhere.
    """
    scope, values = _below_condition(paths)
    size = page_size(limit)
    rows = fetch_all(
        "SELECT c.id, u.id, u.code, u.name, u.parent_id, c.effective_on, c.recorded_at, c.reason,"
        f" c.document {_REPORT_DUE.format(scope=scope)} AND c.id > %(after)s"
        " ORDER BY c.id LIMIT %(limit)s",
        values | {"after": after_id(after), "limit": size + 1},
    )
    found = [ReportDue(*row) for row in rows]
    return ReportPage(tuple(found[:size]), next_cursor([one.id for one in found], size))


def count_reports_due(paths: Sequence[str]) -> int:
    """Return how many dissolutions ``list_reports_due`` would list in all."""
    scope, values = _below_condition(paths)
    row = fetch_one(f"SELECT count(*) {_REPORT_DUE.format(scope=scope)}", values)
    return int(row[0]) if row else 0


def is_report_due(union_id: int) -> bool:
    """Return whether the union's dissolution has not been acknowledged yet."""
    due = _REPORT_DUE.format(scope="c.union_id = %(union)s")
    return fetch_one(f"SELECT 1 {due} LIMIT 1", {"union": union_id}) is not None


def _change(row: tuple[Any, ...]) -> ChangeRow:
    return ChangeRow(
        id=row[0],
        union_id=row[1],
        kind=UnionChangeKind(row[2]),
        effective_on=row[3],
        recorded_at=row[4],
        other_id=row[5],
        other_name=row[6],
        reason=row[7],
        document=row[8],
        data=_json(row[9]),
    )


def _json(value: Any) -> dict[str, Any]:
    import json

    loaded = json.loads(value) if isinstance(value, str) else value
    return dict(loaded or {})


def _scope_condition(paths: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return SQL that a union lies under one of ``paths``; "/" is everywhere."""
    if "/" in paths:
        return "TRUE", {}
    parts: list[str] = []
    values: dict[str, Any] = {}
    for number, path in enumerate(paths):
        low, high = path_bounds(path)
        parts.append(f"(u.path >= %(low{number})s AND u.path < %(high{number})s)")
        values |= {f"low{number}": low, f"high{number}": high}
    return f"({' OR '.join(parts)})" if parts else "FALSE", values


def _below_condition(paths: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return SQL that a union lies below one of ``paths``, without the unions at their tops."""
    scope, values = _scope_condition(paths)
    if "/" in paths:
        return scope, values
    return f"{scope} AND u.path <> ALL(%(tops)s)", values | {"tops": list(paths)}
