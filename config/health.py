"""``GET /healthz``: does this process answer, does the database, does the queue move?"""

import time
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public

# Above this the queue has stopped rather than fallen behind.
_STUCK_SECONDS = 600

# The oldest job that is due, by its number: one step on an index, however long the queue is.
_QUEUE_SQL = """
SELECT extract(epoch FROM now() - greatest(job.scheduled_at, event.at))::int
  FROM (SELECT id, scheduled_at
          FROM procrastinate_jobs
         WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
         ORDER BY priority DESC, id
         LIMIT 1) AS job
  LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = job.id)
    AS event ON true
"""


@public
@csrf_exempt
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database answers, else 503; the queue's age is told, not judged.

    ``{"status", "database_ms", "queue_age_seconds"}``; nothing about people.
    """
    started = time.perf_counter()
    try:
        body = _measure()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "unreachable"}, status=503)
    body["database_ms"] = round((time.perf_counter() - started) * 1000, 1)
    return JsonResponse(body)


def _measure() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_SQL)
        row = cursor.fetchone()
    age = max(0, row[0] or 0) if row else 0
    return {"status": "ok" if age < _STUCK_SECONDS else "degraded", "queue_age_seconds": age}
