"""Changing the data key: what is sealed with an older one is sealed anew, batch by batch."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from nuanxin.kernel import policy, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.people.states import SealedColumn, sealed_columns

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class ResealedBatch:
    """How far a batch came. ``last_id`` is None when there was nothing left."""

    last_id: Any | None
    resealed: int


@transaction.atomic
def reseal_batch(
    *, column: SealedColumn, actor: Actor, after_id: Any | None = None, limit: int = BATCH
) -> ResealedBatch:
    """Seal up to ``limit`` values of one column with the newest key, after the id ``after_id``.

    A value that somebody changed meanwhile is left alone: it was sealed with the newest key.
    No reading is logged, since nobody sees the text. Raises ``Forbidden`` but to the system and
    the system administrator.
    """
    policy.check(actor, "settings.edit")
    rows = _old_values(column, after_id, limit)
    if not rows:
        return ResealedBatch(None, 0)
    fresh = [
        sealing.seal(column.column, sealing.unseal(column.column, bytes(old), bound), bound)
        for _, old, bound in rows
    ]
    statement = sql.SQL(
        """UPDATE {table} AS t SET {sealed} = n.fresh
           FROM unnest(%s::text[], %s::bytea[], %s::bytea[]) AS n (id, old, fresh)
           WHERE t.id = n.id::{kind} AND t.{sealed} = n.old"""
    ).format(
        table=sql.Identifier(column.table),
        sealed=sql.Identifier(column.sealed),
        kind=sql.SQL("uuid" if not isinstance(rows[0][0], int) else "bigint"),
    )
    with connection.cursor() as db:
        db.execute(
            statement,
            [[str(row[0]) for row in rows], [bytes(row[1]) for row in rows], fresh],
        )
        return ResealedBatch(rows[-1][0], int(db.rowcount))


def reseal_everything(*, actor: Actor) -> int:
    """Seal all registered columns with the newest key; return how many values were rewritten.

    Each batch is a transaction: it can be stopped and run again. When it returns 0 no envelope of
    an older key is left in the columns, and the older key may be taken away (files have their own:
    ``records.actions.reseal_files``).
    """
    resealed = 0
    for column in sealed_columns:
        batch = reseal_batch(column=column, actor=actor)
        while batch.last_id is not None:
            resealed += batch.resealed
            batch = reseal_batch(column=column, actor=actor, after_id=batch.last_id)
    return resealed


def _old_values(column: SealedColumn, after_id: Any | None, limit: int) -> list[tuple[Any, ...]]:
    statement = sql.SQL(
        """SELECT id, {sealed}, {bound} FROM {table}
           WHERE {sealed} IS NOT NULL AND get_byte({sealed}, 1) <> %s {after}
           ORDER BY id LIMIT %s"""
    ).format(
        table=sql.Identifier(column.table),
        sealed=sql.Identifier(column.sealed),
        bound=sql.Identifier(column.bound),
        after=sql.SQL("" if after_id is None else "AND id > %s"),
    )
    values: list[Any] = [sealing.newest_key_id(), *([] if after_id is None else [after_id]), limit]
    with connection.cursor() as db:
        db.execute(statement, values)
        return list(db.fetchall())
