"""Text messages to many at once: one statement, the sealed phone copied, never opened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.notices.actions.messages import fill_in
from nuanxin.notices.rules import not_before

_QUEUE = """
INSERT INTO notices_message
    (worker_id, phone_hash, phone_sealed, phone_hint, template, body, queued_at, not_before,
     failure, tries)
SELECT w.id, w.phone_hash, w.phone_sealed, w.phone_hint, %(template)s, t.body, %(at)s,
       %(not_before)s, '', 0
FROM unnest(%(workers)s::bigint[], %(bodies)s::text[]) AS t (worker_id, body)
JOIN people_worker w ON w.id = t.worker_id
WHERE w.phone_hash IS NOT NULL
"""


def send_sms_to_many(
    *, texts: Sequence[tuple[int, dict[str, object]]], template: str, now: datetime
) -> int:
    """Queue one message a (worker id, values); who has no phone is left out. Returns how many.

    For sets of up to some thousands that are told the same thing; like ``send_sms`` otherwise.
    The job that sends what waits takes them.
    """
    if not texts:
        return 0
    values: dict[str, Any] = {
        "workers": [worker_id for worker_id, _ in texts],
        "bodies": [fill_in(template, places) for _, places in texts],
        "template": template,
        "not_before": not_before(now),
        "at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, values)
        return int(cursor.rowcount)
