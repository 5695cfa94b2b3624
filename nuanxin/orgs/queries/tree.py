"""Tree questions: who stood under whom on a day, as it was known then or as corrected since.

With neither ``on`` nor ``known_at`` it is the tree of today, read from ``path``. With ``on`` it is
the tree of that day from the dated closure; ``known_at`` is the moment of knowledge (None: all that
has been corrected since counts). ``valid_to`` is never included.
"""

from datetime import date, datetime
from typing import Any

from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import (
    Crumb,
    TreeNode,
    TreePage,
    after_id,
    fetch_all,
    fetch_one,
    next_cursor,
    page_size,
)
from nuanxin.orgs.states import PAGE_SIZE, PlacementKind, UnionKind, UnionState

_NAME_OF_THE_DAY = """
coalesce((SELECT c.data->>'from' FROM orgs_unionchange c
          WHERE c.union_id = u.id AND c.kind = 'renamed'
          AND (c.effective_on > %(on)s OR c.recorded_at > %(known_at)s)
          ORDER BY c.effective_on, c.id LIMIT 1), u.name)"""
# The range over (parent, id) instead of an equality: so the order is the index's own, and a page of
# 3,400 children costs what a page of 3 does, whatever the planner thinks of the parent.
_CHILDREN_TODAY = """
SELECT u.id, u.code, u.name, u.kind, u.state, u.level, u.adcode, u.town_code, u.is_new_form,
       (SELECT count(*) FROM orgs_union c WHERE c.parent_id = u.id AND c.ended_on IS NULL)
FROM orgs_union u
WHERE (u.parent_id, u.id) > (%(union)s, %(after)s) AND u.parent_id <= %(union)s
  AND u.ended_on IS NULL
ORDER BY u.parent_id, u.id LIMIT %(limit)s
"""
_CHILDREN_THEN = """
SELECT u.id, u.code, {name}, u.kind, u.state, u.level, u.adcode, u.town_code, u.is_new_form,
       (SELECT count(*) FROM orgs_placement c WHERE c.parent_id = u.id AND c.kind = 1 AND {below})
FROM (
    SELECT p.union_id FROM orgs_placement p
    WHERE (p.parent_id, p.union_id) > (%(union)s, %(after)s) AND p.parent_id <= %(union)s
      AND p.kind = %(kind)s AND {there}
    ORDER BY p.parent_id, p.union_id LIMIT %(limit)s
) child JOIN orgs_union u ON u.id = child.union_id
ORDER BY u.id
"""


def dated(alias: str, *, known_at: datetime | None, on: str = "%(on)s") -> str:
    """Return the SQL condition that a row dated in both times holds on a day.

    ``alias`` names the table; the statement's values carry ``on`` and ``known_at``. Without
    ``known_at`` the condition matches the partial indexes over what has not been superseded.
    """
    valid = f"{alias}.valid_from <= {on} AND ({alias}.valid_to IS NULL OR {alias}.valid_to > {on})"
    if known_at is None:
        return f"{valid} AND {alias}.superseded_at IS NULL"
    return (
        f"{valid} AND {alias}.recorded_at <= %(known_at)s"
        f" AND ({alias}.superseded_at IS NULL OR {alias}.superseded_at > %(known_at)s)"
    )


def path_bounds(path: str) -> tuple[str, str]:
    """Return what a path below ``path`` (or it itself) is not less than, and less than."""
    return path, path[:-1] + "0"  # "0" follows "/"


def subtree_condition(
    column: str,
    union: int | str,
    *,
    on: date | None = None,
    known_at: datetime | None = None,
) -> tuple[str, dict[str, Any]]:
    """Return SQL (and its values) that ``column``, a union id, lies in the subtree of ``union``.

    ``union`` is an id or a path. For set-based statements of upper packages; the values are named
    ``subtree_…``. Without ``on`` ended unions count too: their members and records stay in scope.
    """
    if on is None:
        path = union if isinstance(union, str) else _path_of(union)
        low, high = path_bounds(path)
        sql = (
            f"{column} IN (SELECT id FROM orgs_union"
            " WHERE path >= %(subtree_low)s AND path < %(subtree_high)s)"
        )
        return sql, {"subtree_low": low, "subtree_high": high}
    there = dated("a", known_at=known_at, on="%(subtree_on)s").replace(
        "%(known_at)s", "%(subtree_known_at)s"
    )
    sql = (
        f"{column} IN (SELECT a.union_id FROM orgs_ancestry a"
        f" WHERE a.ancestor_id = %(subtree_union)s AND {there})"
    )
    values = {
        "subtree_union": _id_of(union),
        "subtree_on": on,
        "subtree_known_at": known_at,
    }
    return sql, values


def subtree_ids(
    union: int | str,
    *,
    on: date | None = None,
    known_at: datetime | None = None,
    include_ended: bool = False,
) -> list[int]:
    """Return the ids of a union (given by id or path) and all below it, in order of id.

    A union that did not exist on ``on`` gives nothing. ``include_ended`` adds, for today only, the
    unions that have ended under it.
    """
    if on is None:
        low, high = path_bounds(union if isinstance(union, str) else _path_of(union))
        ended = "" if include_ended else " AND ended_on IS NULL"
        rows = fetch_all(
            f"SELECT id FROM orgs_union WHERE path >= %(low)s AND path < %(high)s{ended}"
            " ORDER BY id",
            {"low": low, "high": high},
        )
    else:
        rows = fetch_all(
            "SELECT a.union_id FROM orgs_ancestry a WHERE a.ancestor_id = %(union)s AND "
            f"{dated('a', known_at=known_at)} ORDER BY a.union_id",
            {"union": _id_of(union), "on": on, "known_at": known_at},
        )
    return [row[0] for row in rows]


def ancestors_of(
    union_id: int, *, on: date | None = None, known_at: datetime | None = None
) -> list[Crumb]:
    """Return the way from the root down to the union above ``union_id``; without itself."""
    if on is None:
        rows = fetch_all(
            "SELECT u.id, u.code, u.name, u.kind, u.level FROM orgs_union u"
            " WHERE u.id = ANY(%(ids)s) AND u.id <> %(union)s ORDER BY length(u.path)",
            {"ids": ids_of_path(_path_of(union_id)), "union": union_id},
        )
    else:
        rows = fetch_all(
            f"SELECT u.id, u.code, {_NAME_OF_THE_DAY}, u.kind, u.level FROM orgs_ancestry a"
            " JOIN orgs_union u ON u.id = a.ancestor_id"
            " WHERE a.union_id = %(union)s AND a.depth > 0 AND "
            f"{dated('a', known_at=known_at)} ORDER BY a.depth DESC",
            {"union": union_id, "on": on, "known_at": known_at},
        )
    return [Crumb(row[0], row[1], row[2], UnionKind(row[3]), row[4]) for row in rows]


def children_of(
    union_id: int,
    after: str | None = None,
    limit: int = PAGE_SIZE,
    on: date | None = None,
    known_at: datetime | None = None,
    kind: PlacementKind = PlacementKind.PRIMARY,
) -> TreePage:
    """Return a page of the unions directly below, in order of id; ``after`` is a cursor.

    With ``kind`` SECOND those for which it is the second parent (today's where ``on`` is None).
    """
    size = page_size(limit)
    values: dict[str, Any] = {"union": union_id, "after": after_id(after), "limit": size + 1}
    if on is None and kind is PlacementKind.PRIMARY:
        rows = fetch_all(_CHILDREN_TODAY, values)
    else:
        there = dated("p", known_at=known_at) if on else _OPEN.format("p")
        below = dated("c", known_at=known_at) if on else _OPEN.format("c")
        statement = _CHILDREN_THEN.format(
            name=_NAME_OF_THE_DAY if on else "u.name", there=there, below=below
        )
        values |= {"on": on, "known_at": known_at, "kind": int(kind)}
        rows = fetch_all(statement, values)
    nodes = [TreeNode(r[0], r[1], r[2], UnionKind(r[3]), UnionState(r[4]), *r[5:]) for r in rows]
    return TreePage(tuple(nodes[:size]), next_cursor([node.id for node in nodes], size))


_OPEN = "{0}.superseded_at IS NULL AND {0}.valid_to IS NULL"


def count_children(
    union_id: int, *, on: date | None = None, known_at: datetime | None = None
) -> int:
    """Return how many unions stand directly below (primary subordination)."""
    values = {"union": union_id, "on": on, "known_at": known_at}
    if on is None:
        statement = (
            "SELECT count(*) FROM orgs_union WHERE parent_id = %(union)s AND ended_on IS NULL"
        )
    else:
        statement = (
            "SELECT count(*) FROM orgs_placement p WHERE p.parent_id = %(union)s AND p.kind = 1"
            f" AND {dated('p', known_at=known_at)}"
        )
    row = fetch_one(statement, values)
    return int(row[0]) if row else 0


def parent_of(
    union_id: int,
    *,
    on: date,
    known_at: datetime | None = None,
    kind: PlacementKind = PlacementKind.PRIMARY,
) -> int | None:
    """Return the id of the parent of that kind on a day, None where there was none."""
    row = fetch_one(
        "SELECT p.parent_id FROM orgs_placement p WHERE p.union_id = %(union)s"
        f" AND p.kind = %(kind)s AND {dated('p', known_at=known_at)}",
        {"union": union_id, "kind": int(kind), "on": on, "known_at": known_at},
    )
    return int(row[0]) if row else None


def second_parent_of(union_id: int) -> Crumb | None:
    """Return the second parent of today where subordination is dual, else None."""
    row = fetch_one(
        "SELECT u.id, u.code, u.name, u.kind, u.level FROM orgs_placement p"
        " JOIN orgs_union u ON u.id = p.parent_id WHERE p.union_id = %(union)s AND p.kind = 2"
        f" AND {_OPEN.format('p')}",
        {"union": union_id},
    )
    return Crumb(row[0], row[1], row[2], UnionKind(row[3]), row[4]) if row else None


def ids_of_path(path: str) -> list[int]:
    """Return the union ids in a path, from the root down to the union itself."""
    return [int(part) for part in path.split("/") if part]


def _path_of(union_id: int) -> str:
    row = fetch_one("SELECT path FROM orgs_union WHERE id = %(union)s", {"union": union_id})
    if row is None:
        raise NotFound()
    return str(row[0])


def _id_of(union: int | str) -> int:
    if isinstance(union, int):
        return union
    ids = ids_of_path(union)
    if not ids:
        raise NotFound()
    return ids[-1]
