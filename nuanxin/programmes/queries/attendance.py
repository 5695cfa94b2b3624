"""Who attended, as it stands and as it was known: persons and person-times apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.programmes.rules.attendance import AttendanceSource, Attended
from nuanxin.programmes.rules.fulfilment import Standing
from nuanxin.programmes.states import Kind


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
    JOIN programmes_offer o ON o.id = s.offer_id
    JOIN programmes_programme g ON g.id = o.programme_id
    JOIN orgs_union u ON u.id = o.union_id
    WHERE t.kind IN (1, 2)
      AND (%(paths)s::text[] IS NULL
           OR EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p)))
      AND (%(since)s::date IS NULL
           OR (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date >= %(since)s)
      AND (%(until)s::date IS NULL
           OR (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date <= %(until)s)
      AND (%(kind)s::text IS NULL OR g.kind = %(kind)s)
      AND (%(offer)s::bigint IS NULL OR o.id = %(offer)s)
      AND (%(session)s::bigint IS NULL OR s.id = %(session)s)
      AND (%(known)s::timestamptz IS NULL OR t.recorded_at <= %(known)s)
    GROUP BY a.worker_id, t.booking_id HAVING sum(t.times) > 0
) x
"""


def count_attended(
    *,
    union_paths: Sequence[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    kind: Kind | None = None,
    offer_id: int | None = None,
    session_id: int | None = None,
    known_at: datetime | None = None,
) -> Counted:
    """Return how many came (present or late), as persons and as person-times.

    ``union_paths``: offers of unions below these paths (None: all; the caller has checked the scope).
    ``since`` and ``until``, both included, are days on which sessions begin. ``known_at``: as it was
    known then; without it, with all corrections.
    """
    values: dict[str, Any] = {
        "paths": None if union_paths is None else list(union_paths),
        "since": since,
        "until": until,
        "kind": None if kind is None else kind.value,
        "offer": offer_id,
        "session": session_id,
        "known": known_at,
    }
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
