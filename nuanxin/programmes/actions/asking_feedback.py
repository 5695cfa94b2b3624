"""Who came is asked once how it was: by day, outside the busy hours of his trade, unless he wants no such word."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.notices.actions import notices_insert_sql
from nuanxin.notices.queries import quiet_trades
from nuanxin.programmes.states import NO_FEEDBACK_ASKED

ASKED_AT_A_TIME = 2_000
ASKED_WITHIN = timedelta(days=7)
"""Nobody is asked about what is longer ago."""
NOTICE_KIND = "programmes.asked.feedback"

_NOTICES = f"""
SELECT d.worker_id, '{NOTICE_KIND}', left(d.title, 60) || '怎么样？',
       '点一张脸，再点“交”，就好了。不记名，只问这一次。', '/bookings/' || d.id || '/say/', %(now)s
FROM due d
"""
_ASK = f"""
WITH due AS MATERIALIZED (
    SELECT b.id, a.worker_id, o.title
    FROM programmes_session s
    JOIN programmes_offer o ON o.id = s.offer_id
    JOIN programmes_booking b ON b.session_id = s.id
    JOIN programmes_application a ON a.id = b.application_id
    JOIN people_worker w ON w.id = a.worker_id
    LEFT JOIN membership_membership m ON m.worker_id = a.worker_id AND m.ended_on IS NULL
    WHERE s.ends_at > %(since)s AND s.ends_at <= %(until)s
      AND b.ended_at IS NULL AND b.feedback_asked_at IS NULL
      AND w.merged_into_id IS NULL AND w.erased_at IS NULL
      AND (SELECT coalesce(sum(t.times), 0) FROM programmes_attendance t
           WHERE t.booking_id = b.id AND t.kind IN (1, 2)) > 0
      AND NOT EXISTS (SELECT 1 FROM programmes_feedback f WHERE f.booking_id = b.id)
      AND NOT EXISTS (SELECT 1 FROM programmes_reminderoff f
                      WHERE f.worker_id = a.worker_id AND f.kind = '{NO_FEEDBACK_ASKED}')
      AND NOT coalesce(m.occupation, 0) = ANY (%(quiet)s::smallint[])
    ORDER BY b.id LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED
), noticed AS (
    {notices_insert_sql(_NOTICES)}
)
UPDATE programmes_booking b SET feedback_asked_at = %(now)s FROM due d WHERE b.id = d.id
"""


@transaction.atomic
def ask_how_it_was(*, now: datetime, limit: int = ASKED_AT_A_TIME) -> int:
    """Put the question before who came to a session that ended some hours ago; return how many.

    The notice and the mark that it was asked are one statement: nobody is asked twice, whenever a
    process dies. Who may not be disturbed at this hour stays for a later run. Call again until 0.
    """
    hours = parameter("programmes.feedback_after_hours", adcode=NATION, on=business_day(now)).value
    values: dict[str, Any] = {
        "now": now,
        "since": now - ASKED_WITHIN,
        "until": now - timedelta(hours=int(hours)),
        "quiet": quiet_trades(now),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ASK, values)
        return int(cursor.rowcount)
