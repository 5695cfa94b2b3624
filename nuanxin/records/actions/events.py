"""Writing the log: one event a thing that happened, in the transaction in which it happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from nuanxin.kernel.actor import Actor
from nuanxin.records.rules import logged_name
from nuanxin.records.states import APPEND_LIMIT, EVENT_COLUMNS


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event to append; ``data`` holds plain JSON values, no personal data in clear."""

    kind: str
    subject_type: str
    subject_id: int | None
    union_id: int | None = None
    data: dict[str, Any] | None = None


_APPEND = f"""
INSERT INTO records_event ({EVENT_COLUMNS})
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
_APPEND_MANY = f"""
INSERT INTO records_event ({EVENT_COLUMNS})
SELECT %(at)s, kind, %(account)s, %(name)s, subject_type, subject_id, union_id, data
FROM unnest(%(kinds)s::text[], %(types)s::text[], %(subjects)s::bigint[], %(unions)s::bigint[],
            %(data)s::jsonb[]) AS fresh(kind, subject_type, subject_id, union_id, data)
"""


def append_event(
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    subject_type: str,
    subject_id: int | None,
    union_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """Append one event and return its id. ``data`` holds no personal data in clear.

    ``kind`` is ``package.noun_past`` and stable; it stands in the transaction of the caller.
    """
    values: list[Any] = [
        at,
        kind,
        actor.account_id,
        logged_name(actor),
        subject_type,
        subject_id,
        union_id,
        None if data is None else Jsonb(data),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, values)
        row = cursor.fetchone()
    return int(row[0])


def append_events(rows: Sequence[NewEvent], *, actor: Actor, at: datetime) -> int:
    """Append many events of one actor and moment in one statement; return how many.

    At most ``APPEND_LIMIT`` rows a call; ``ValueError`` beyond: whoever has more comes in chunks.
    """
    if len(rows) > APPEND_LIMIT:
        raise ValueError(f"{len(rows)} events at once; the limit is {APPEND_LIMIT}")
    if not rows:
        return 0
    values = {
        "at": at,
        "account": actor.account_id,
        "name": logged_name(actor),
        "kinds": [row.kind for row in rows],
        "types": [row.subject_type for row in rows],
        "subjects": [row.subject_id for row in rows],
        "unions": [row.union_id for row in rows],
        "data": [None if row.data is None else Jsonb(row.data) for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_MANY, values)
        return int(cursor.rowcount)


def events_insert_sql(select: str) -> str:
    """Return an INSERT of events out of ``select``, for use inside a data-modifying CTE.

    ``select`` is trusted SQL that yields the columns of ``states.EVENT_COLUMNS`` in that order.
    So that an upper package writes its rows and their events in one statement without knowing
    the table of another package.
    """
    return f"INSERT INTO records_event ({EVENT_COLUMNS}) {select}"


def append_events_from(select: str, values: dict[str, Any]) -> int:
    """Append the events that ``select`` (trusted SQL, ``EVENT_COLUMNS``) yields; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(events_insert_sql(select), values)
        return int(cursor.rowcount)


_READING = f"""
WITH reading AS (
    INSERT INTO records_reading
        (at, actor_account, actor_name, actor_post, worker_id, field, purpose)
    VALUES (%(at)s, %(account)s, %(name)s, %(post)s, %(worker)s, %(field)s, %(purpose)s)
    RETURNING id, at, worker_id, field
), event AS (
    INSERT INTO records_event ({EVENT_COLUMNS})
    SELECT at, 'records.read_in_clear', %(account)s, %(name)s, 'worker', worker_id, NULL,
           jsonb_build_object('reading', id, 'field', field)
    FROM reading
)
SELECT id FROM reading
"""


def append_reading(
    *,
    worker_id: int,
    field: str,
    purpose: str,
    actor: Actor,
    post: str,
    now: datetime,
    using: Any = None,
) -> int:
    """Append one row of the reading log, and an event so that the sealed chain covers it.

    ``using`` is the database connection to write on: the caller who is inside a transaction gives
    another one, because the row must be committed before a byte is decrypted (invariant 19).
    Returns the id of the reading.
    """
    values = {
        "at": now,
        "account": actor.account_id,
        "name": logged_name(actor),
        "post": post,
        "worker": worker_id,
        "field": field,
        "purpose": purpose,
    }
    with (using or connection).cursor() as cursor:
        cursor.execute(_READING, values)
        row = cursor.fetchone()
    return int(row[0])
