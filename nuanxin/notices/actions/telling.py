"""The same notice put before many workers at once, in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.notices.states import LONGEST_TEXT

_NOTIFY = """
INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
SELECT worker, %(kind)s, %(title)s, %(body)s, %(url)s, %(now)s
FROM unnest(%(workers)s::bigint[]) AS worker
"""


def notify_many(
    *,
    worker_ids: Sequence[int],
    kind: str,
    title: str,
    body: str,
    now: datetime,
    url: str = "",
) -> int:
    """Put one notice before each worker, until he has read it; return how many were written."""
    values: dict[str, Any] = {
        "workers": list(worker_ids),
        "kind": kind,
        "title": title[:80],
        "body": body[:LONGEST_TEXT],
        "url": url,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTIFY, values)
        return int(cursor.rowcount)
