"""Who attended, as it stands and as it was known: persons and person-times apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from nuanxin.programmes.rules.attendance import AttendanceSource, Attended
from nuanxin.programmes.rules.fulfilment import Standing


@dataclass(frozen=True, slots=True)
class Counted:
    """People and times: somebody who came to three evenings is one person and three person-times."""

    persons: int
    person_times: int


_COUNT = """
SELECT count(DISTINCT x.worker_id), coalesce(sum(x.times), 0) FROM (
    SELECT a.worker_id, t.booking_id, sum(t.times) AS times
    FROM programmes_attendance t
    JOIN programmes_session s ON s.id = t.session_id
    JOIN programmes_booking b ON b.id = t.booking_id
    JOIN programmes_application a ON a.id = b.application_id
    WHERE t.kind IN (1, 2) AND s.offer_id = %(offer)s
      AND (%(known)s::timestamptz IS NULL OR t.recorded_at <= %(known)s)
    GROUP BY a.worker_id, t.booking_id HAVING sum(t.times) > 0
) x
"""


def count_attended(offer_id: int, *, known_at: datetime | None = None) -> Counted:
    """Return how many came to the sessions of an offer (present or late), for its door and desk.

    ``known_at``: as it was known then; without it, with all corrections. What is counted over unions
    and periods, and published, is deliveries (``queries/delivered.py``): one source.
    """
    values = {"offer": offer_id, "known": known_at}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        persons, times = cursor.fetchone()
    return Counted(int(persons), int(times))


_STANDING = """
SELECT DISTINCT ON (t.booking_id) t.booking_id, t.kind, t.arrived_at, t.source, t.round, t.id
FROM programmes_attendance t
WHERE t.booking_id = ANY (%(bookings)s) AND t.reverses_id IS NULL
ORDER BY t.booking_id, t.round DESC
"""


def standing_of(booking_ids: Sequence[int]) -> dict[int, Standing]:
    """Return the attendance in force of bookings; those without any are not in it."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"bookings": list(booking_ids)})
        return {
            row[0]: Standing(Attended(row[1]), row[2], AttendanceSource(row[3]), row[4], row[5])
            for row in cursor.fetchall()
        }
