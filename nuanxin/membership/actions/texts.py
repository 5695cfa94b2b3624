"""Text messages to many at once: queued as a set, the sealed phone copied, never opened.

Sending is the business of ``notices``; this writes its table directly because a roster of
thousands is told in one moment and a message a round trip would take minutes.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.parameters import parameter
from nuanxin.membership.rules.joining import PROVINCE

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


def queue_texts(texts: Sequence[tuple[int, str]], *, template: str, now: datetime) -> int:
    """Queue one message a (worker id, text); who has no phone is left out. Returns how many.

    Outside the hours of membership.text_hours they wait for the next morning.
    """
    if not texts:
        return 0
    values: dict[str, Any] = {
        "workers": [worker for worker, _ in texts],
        "bodies": [body[:400] for _, body in texts],
        "template": template,
        "not_before": _not_before(now),
        "at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, values)
        return int(cursor.rowcount)


def _not_before(now: datetime) -> datetime | None:
    """Return when the quiet hours end, None outside them."""
    local = now.astimezone(SHANGHAI)
    first, last = parameter("membership.text_hours", adcode=PROVINCE, on=local.date()).value
    if first <= local.hour < last:
        return None
    day = local.date() if local.hour < first else local.date() + timedelta(days=1)
    return datetime.combine(day, time(first), SHANGHAI)
