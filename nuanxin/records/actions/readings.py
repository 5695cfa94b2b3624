"""Readings of several people at once, committed before anything is shown (safety invariant 19)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Unavailable
from nuanxin.records.rules import logged_name
from nuanxin.records.states import EVENT_COLUMNS

_READINGS = f"""
WITH reading AS (
    INSERT INTO records_reading
        (at, actor_account, actor_name, actor_post, worker_id, field, purpose)
    SELECT %(at)s, %(account)s, %(name)s, %(post)s, w.id, w.field, %(purpose)s
    FROM unnest(%(workers)s::bigint[], %(fields)s::text[]) AS w (id, field)
    RETURNING id, at, worker_id, field
)
INSERT INTO records_event ({EVENT_COLUMNS})
SELECT at, 'records.read_in_clear', %(account)s, %(name)s, 'worker', worker_id, NULL,
       jsonb_build_object('reading', id, 'field', field)
FROM reading
"""


def commit_readings(
    read: Sequence[tuple[int, str]], *, purpose: str, actor: Actor, post: str, now: datetime
) -> None:
    """Append a reading for each (worker id, field), committed when this returns.

    On a connection of its own when the caller is inside a transaction. Raises ``Unavailable``
    records.reading_not_logged when it cannot be written: then nothing may be shown.
    """
    values = {
        "at": now,
        "account": actor.account_id,
        "name": logged_name(actor),
        "post": post,
        "workers": [worker_id for worker_id, _ in read],
        "fields": [field for _, field in read],
        "purpose": purpose,
    }
    try:
        if not _is_in_transaction():
            _write(connection, values)
            return
        separate = connection.copy()
        separate.settings_dict["OPTIONS"].pop("pool", None)  # see people.actions.reading
        try:
            _write(separate, values)
        finally:
            separate.close()
    except Exception as error:
        raise Unavailable(
            "records.reading_not_logged", "查看记录没有写成，所以没有显示。请告诉系统管理员。"
        ) from error


def _write(using: Any, values: dict[str, Any]) -> None:
    with using.cursor() as cursor:
        cursor.execute(_READINGS, values)


def _is_in_transaction() -> bool:
    """Return whether what is written on the connection now is not committed at once."""
    try:
        with transaction.atomic(durable=True):
            return False
    except RuntimeError:  # Django's word that the block would not be durable
        return True
