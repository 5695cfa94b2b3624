"""Writing rows that are dated in both times: what is known is superseded, never rewritten.

Every function works on sets and within the caller's transaction, under the tree's lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

TREE_LOCK = 7203301
"""Advisory lock of all who change the tree; the constraint triggers take the same."""


@dataclass(frozen=True, slots=True)
class DatedTable:
    """A table with valid and recorded times; ``columns`` are all its others but the id."""

    name: str
    columns: tuple[str, ...]


PLACEMENT = DatedTable("orgs_placement", ("union_id", "parent_id", "kind"))
TERRITORY = DatedTable("orgs_territory", ("union_id", "adcode", "town_code", "is_seat"))
COVERAGE = DatedTable("orgs_coverage", ("union_id", "employer_id", "outlet_id", "industry_code"))

_REFRESH = """
WITH RECURSIVE affected AS (
    SELECT unnest(%(changed)s::bigint[]) AS union_id
    UNION
    SELECT a.union_id FROM orgs_ancestry a
    WHERE a.ancestor_id = ANY(%(changed)s) AND a.superseded_at IS NULL
), chain AS (
    SELECT p.union_id, p.union_id AS ancestor_id, 0 AS depth, p.valid_from, p.valid_to,
           p.recorded_at
    FROM orgs_placement p JOIN affected USING (union_id)
    WHERE p.kind = 1 AND p.superseded_at IS NULL
    UNION ALL
    SELECT c.union_id, p.parent_id, c.depth + 1, greatest(c.valid_from, p.valid_from),
           least(c.valid_to, p.valid_to), greatest(c.recorded_at, p.recorded_at)
    FROM chain c JOIN orgs_placement p ON p.union_id = c.ancestor_id
    WHERE p.kind = 1 AND p.superseded_at IS NULL
      AND daterange(p.valid_from, p.valid_to) && daterange(c.valid_from, c.valid_to)
      AND c.depth < 64
), gone AS (
    UPDATE orgs_ancestry a SET superseded_at = %(at)s
    FROM affected WHERE a.union_id = affected.union_id AND a.superseded_at IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM chain c WHERE c.union_id = a.union_id AND c.ancestor_id = a.ancestor_id
        AND c.depth = a.depth AND c.valid_from = a.valid_from
        AND c.valid_to IS NOT DISTINCT FROM a.valid_to)
)
INSERT INTO orgs_ancestry (ancestor_id, union_id, depth, valid_from, valid_to, recorded_at)
SELECT c.ancestor_id, c.union_id, c.depth, c.valid_from, c.valid_to, {recorded}
FROM chain c
WHERE NOT EXISTS (
    SELECT 1 FROM orgs_ancestry a WHERE a.union_id = c.union_id AND a.superseded_at IS NULL
    AND a.ancestor_id = c.ancestor_id AND a.depth = c.depth AND a.valid_from = c.valid_from
    AND a.valid_to IS NOT DISTINCT FROM c.valid_to)
"""


def lock_tree() -> None:
    """Wait until nobody else changes the tree; held until the transaction ends."""
    _run("SELECT pg_advisory_xact_lock(%(key)s)", {"key": TREE_LOCK})


def instant_of_writing(now: datetime, union_ids: Sequence[int]) -> datetime:
    """Return ``now``, or a little later where a row to be superseded was recorded after it.

    Two processes read their clocks apart; under the lock the later writer must not seem to have
    known earlier.
    """
    row = _run(
        "SELECT max(a.recorded_at) FROM orgs_ancestry a WHERE a.superseded_at IS NULL"
        " AND (a.union_id = ANY(%(ids)s) OR a.ancestor_id = ANY(%(ids)s))",
        {"ids": list(union_ids)},
    )
    latest: datetime | None = row[0] if row else None
    return now if latest is None else max(now, latest)


def known_since(union_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when the present chain above each union was recorded: below it nothing was earlier."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT union_id, max(recorded_at) FROM orgs_ancestry"
            " WHERE superseded_at IS NULL AND union_id = ANY(%(ids)s) GROUP BY 1",
            {"ids": list(union_ids)},
        )
        return dict(cursor.fetchall())


def rewrite(
    table: DatedTable,
    condition: str,
    values: Mapping[str, Any],
    *,
    from_on: date,
    to_on: date | None = None,
    at: datetime,
    becomes: Mapping[str, str] | None = None,
) -> int:
    """Take [``from_on``, ``to_on``) out of the live rows that meet ``condition``.

    What lies before and after stays valid in new rows recorded ``at``; the part taken out is
    dropped, or with ``becomes`` added again with those columns changed (SQL expressions by column
    name; other columns of the row may be used). Returns how many rows were superseded.
    """
    columns = ", ".join(table.columns)
    changed = ", ".join((becomes or {}).get(column, column) for column in table.columns)
    middle = f"""
        UNION ALL
        SELECT {changed}, greatest(valid_from, %(from_on)s), least(valid_to, %(to_on)s), %(at)s
        FROM gone"""
    statement = f"""
        WITH gone AS (
            UPDATE {table.name} SET superseded_at = %(at)s
            WHERE superseded_at IS NULL AND ({condition})
              AND daterange(valid_from, valid_to) && daterange(%(from_on)s, %(to_on)s)
            RETURNING *
        ), added AS (
            INSERT INTO {table.name} ({columns}, valid_from, valid_to, recorded_at)
            SELECT {columns}, valid_from, %(from_on)s::date, %(at)s::timestamptz
            FROM gone WHERE valid_from < %(from_on)s
            UNION ALL
            SELECT {columns}, %(to_on)s::date, valid_to, %(at)s
            FROM gone WHERE %(to_on)s::date < coalesce(valid_to, 'infinity')
            {middle if becomes else ""}
        )
        SELECT count(*) FROM gone"""
    row = _run(statement, {**values, "from_on": from_on, "to_on": to_on, "at": at})
    return int(row[0]) if row else 0


def add(
    table: DatedTable,
    values: Mapping[str, Any],
    *,
    from_on: date,
    to_on: date | None = None,
    at: datetime,
) -> int:
    """Insert one row valid on [``from_on``, ``to_on``); return its id."""
    columns = (*table.columns, "valid_from", "valid_to", "recorded_at")
    row = _run(
        f"INSERT INTO {table.name} ({', '.join(columns)})"
        f" VALUES ({', '.join(f'%({column})s' for column in columns)}) RETURNING id",
        {**values, "valid_from": from_on, "valid_to": to_on, "recorded_at": at},
    )
    assert row is not None
    return int(row[0])


def refresh_ancestry(changed: Sequence[int], *, at: datetime) -> None:
    """Bring the closure of ``changed`` and all below them in line with their placements.

    Rows that still hold stay; rows that no longer hold are superseded ``at``; new ones recorded.
    """
    _run(_REFRESH.format(recorded="%(at)s"), {"changed": list(changed), "at": at})


def plant_ancestry(founded: Sequence[int], *, at: datetime) -> None:
    """Write the closure of unions just founded, as known since their own and upper placements."""
    _run(_REFRESH.format(recorded="c.recorded_at"), {"changed": list(founded), "at": at})


def plant_root(union_id: int, *, from_on: date, at: datetime) -> None:
    """Write the closure of the root: itself, from its founding on."""
    _run(
        "INSERT INTO orgs_ancestry (ancestor_id, union_id, depth, valid_from, recorded_at)"
        " VALUES (%(id)s, %(id)s, 0, %(from_on)s, %(at)s)",
        {"id": union_id, "from_on": from_on, "at": at},
    )


def follow_placements(union_ids: Sequence[int]) -> None:
    """Set ``parent`` of today from the open placement; ``path`` follows by trigger."""
    _run(
        "UPDATE orgs_union u SET parent_id = p.parent_id FROM orgs_placement p"
        " WHERE p.union_id = u.id AND u.id = ANY(%(ids)s) AND p.kind = 1"
        " AND p.superseded_at IS NULL AND p.valid_to IS NULL"
        " AND u.parent_id IS DISTINCT FROM p.parent_id",
        {"ids": list(union_ids)},
    )


def _run(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(values))
        row: tuple[Any, ...] | None = cursor.fetchone() if cursor.description else None
    return row
