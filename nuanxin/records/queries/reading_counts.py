"""How often something was read in clear, for reports on what was read."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

_COUNTS = """
SELECT r.field, count(*), count(DISTINCT coalesce(r.actor_account::text, r.actor_name)), count(DISTINCT r.worker_id)
FROM records_reading r
WHERE r.worker_id = ANY (%(workers)s) AND r.field = ANY (%(fields)s)
  AND r.at >= %(since)s AND r.at < %(until)s
GROUP BY r.field ORDER BY r.field
"""


def count_readings(
    *, worker_ids: Sequence[int], fields: Collection[str], since: datetime, until: datetime
) -> list[tuple[str, int, int, int]]:
    """Return by field how many readings there were, by how many readers, about how many persons."""
    values: dict[str, Any] = {
        "workers": list(worker_ids),
        "fields": list(fields),
        "since": since,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        return [(str(r[0]), int(r[1]), int(r[2]), int(r[3])) for r in cursor.fetchall()]
