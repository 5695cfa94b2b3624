"""Filling the bulk tables by COPY, inside the caller's transaction: all or nothing.

While the tables are empty their secondary indexes, foreign keys and insert triggers are taken away
and put back afterwards: an index is then built once, and what the triggers promise is checked by
one join over everything instead of once a stretch. Primary keys and checks stay on. Nobody else
sees a table without its promises, because all of it is one transaction.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from config.demo import wire
from config.demo.wire import Column

CHUNK_ROWS = 50_000
BULK_TABLES = (
    "people_worker",
    "membership_joinapplication",
    "membership_membership",
    "membership_transfer",
    "people_engagement",
    "people_consent",
    "membership_memberflow",
)
_AHEAD = 2

Told = Callable[[int], None]


def copy_table(
    table: str,
    rows: int,
    columns: Callable[[int, int], list[Column]],
    told: Told | None = None,
) -> None:
    """Copy ``rows`` rows into ``table``; the next stretches are packed while one is sent.

    ``columns(start, stop)`` gives the columns of a stretch. ``told`` hears of the rows sent.
    """
    bounds = [(at, min(at + CHUNK_ROWS, rows)) for at in range(0, rows, CHUNK_ROWS)]

    def packed(start: int, stop: int) -> tuple[str, bytes, int]:
        made = columns(start, stop)
        return wire.copy_statement(table, made), wire.pack(made, stop - start), stop - start

    with ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        waiting: list[Future[tuple[str, bytes, int]]] = []
        for start, stop in [*bounds, *[(-1, -1)] * _AHEAD]:
            if start >= 0:
                waiting.append(pool.submit(packed, start, stop))
            if len(waiting) > _AHEAD or (start < 0 and waiting):
                statement, data, count = waiting.pop(0).result()
                with cursor.copy(statement) as copy:
                    copy.write(wire.HEADER + data + wire.TRAILER)
                if told is not None:
                    told(count)


def reserve_ids(table: str, count: int) -> int:
    """Take ``count`` ids of a table in a row and return the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(s), s FROM (SELECT pg_get_serial_sequence(%s, 'id') AS s) AS named",
            [table],
        )
        first, sequence = cursor.fetchone()
        cursor.execute("SELECT setval(%s, %s)", [sequence, first + max(count, 1) - 1])
    return int(first)


@contextmanager
def without_indexes(tables: Sequence[str] = BULK_TABLES) -> Iterator[None]:
    """Take indexes, foreign keys and the triggers of joining away for a ``with`` block, then put them back.

    Whatever the tables hold, every index and key is built over all of it. Raises ``RuntimeError``
    when the rows break what the triggers promise.
    """
    checked = [table for table in _CHECKED_TABLES if table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(_CONSTRAINTS, [list(tables)])
        constraints = cursor.fetchall()
        for table, name, _ in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(_INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for table in checked:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for table in checked:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    if checked:
        _check_promises()


@contextmanager
def with_memory() -> Iterator[None]:
    """Let the sorts and sums of a ``with`` block have memory: what is done once, over everything."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        yield
        cursor.execute("SET LOCAL work_mem TO DEFAULT")


@contextmanager
def without_foreign_keys(tables: Sequence[str]) -> Iterator[None]:
    """Take foreign keys away for a ``with`` block, then put them back: each is checked by one join."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(_CONSTRAINTS, [list(tables)])
        keys = [one for one in cursor.fetchall() if one[2].startswith("FOREIGN KEY")]
        for table, name, _ in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name, definition in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def _check_promises() -> None:
    with connection.cursor() as cursor:
        for promise, broken in _PROMISES.items():
            cursor.execute(f"SELECT EXISTS ({broken})")
            if cursor.fetchone()[0]:
                raise RuntimeError(f"the demonstration breaks a promise: {promise}")


_CHECKED_TABLES = ("membership_joinapplication", "membership_membership")
_PROMISES = {
    "an application is somebody's": """
        SELECT FROM membership_joinapplication a
        LEFT JOIN people_worker w ON w.id = a.worker_id
        LEFT JOIN orgs_union u ON u.id = a.union_id
        WHERE w.id IS NULL OR u.id IS NULL""",
    "an outlet is known": """
        SELECT FROM membership_joinapplication a LEFT JOIN orgs_outlet o ON o.id = a.outlet_id
        WHERE a.outlet_id IS NOT NULL AND o.id IS NULL""",
    "a membership comes from an application": """
        SELECT FROM membership_membership m
        LEFT JOIN membership_joinapplication a ON a.id = m.application_id
            AND a.worker_id = m.worker_id
        WHERE a.id IS NULL""",
    "its union takes members": """
        SELECT FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
        WHERE m.state = 1 AND (NOT u.accepts_members OR u.ended_on IS NOT NULL)""",
    "it starts after the last one": """
        SELECT FROM membership_membership m JOIN membership_membership e USING (worker_id)
        WHERE m.ended_on IS NULL AND e.ended_on > m.started_on""",
}


_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = ANY (%s::regclass[]) AND contype IN ('f', 'x', 'u')
ORDER BY contype = 'f', conrelid, conname
"""
_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisprimary
ORDER BY i.indrelid, c.relname
"""


STOCK_TABLES = ("membership_memberstock", "membership_memberspot", "membership_unionstock")


def put_in_order(tables: Sequence[str] = BULK_TABLES) -> None:
    """Let the planner know the new rows (inside a transaction; VACUUM is for afterwards)."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def vacuum() -> None:
    """Write down which pages every transaction sees, so that first readers need not (no transaction)."""
    with connection.cursor() as cursor:
        for table in (*BULK_TABLES, *STOCK_TABLES):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
