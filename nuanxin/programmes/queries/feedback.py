"""How people found sessions, without names: nothing is told of few answers."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from nuanxin.programmes.rules.attendance import FeedbackReason
from nuanxin.programmes.rules.small_cells import least_persons, masked_remark

REMARKS_LIMIT = 40
PUBLIC_SPAN = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Answers:
    """How people found it; nothing but the count is told below ``least`` answers.

    ``reasons`` is what it was about, the most named first; ``remarks`` are without numbers and names,
    in an order that tells nothing.
    """

    count: int
    content: int
    least: int
    reasons: tuple[tuple[FeedbackReason, int], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def share_percent(self) -> int | None:
        """Return the share of the content in whole percent, None for too few."""
        return None if self.count < self.least else round(100 * self.content / self.count)


_ANSWERS = """
SELECT count(f.id), count(f.id) FILTER (WHERE f.face >= 4),
       (SELECT u.adcode FROM programmes_offer o JOIN orgs_union u ON u.id = o.union_id
        WHERE o.id = %(offer)s)
FROM programmes_session s LEFT JOIN programmes_feedback f ON f.session_id = s.id
WHERE s.offer_id = %(offer)s AND (%(session)s::bigint IS NULL OR s.id = %(session)s)
"""
_REASONS = """
SELECT r.reason, count(*) FROM programmes_feedback f CROSS JOIN unnest(f.reasons) AS r (reason)
WHERE f.session_id IN (SELECT s.id FROM programmes_session s WHERE s.offer_id = %(offer)s
                       AND (%(session)s::bigint IS NULL OR s.id = %(session)s))
GROUP BY r.reason ORDER BY count(*) DESC, r.reason
"""
_REMARKS = """
SELECT f.remark FROM programmes_feedback f
WHERE f.remark <> '' AND f.session_id IN (
    SELECT s.id FROM programmes_session s WHERE s.offer_id = %(offer)s
    AND (%(session)s::bigint IS NULL OR s.id = %(session)s))
ORDER BY md5(f.id::text || f.remark) LIMIT %(limit)s
"""
_PUBLIC = """
SELECT count(*), count(*) FILTER (WHERE f.face >= 4), max(u.adcode)
FROM programmes_offer mine JOIN orgs_union u ON u.id = mine.union_id
JOIN programmes_offer o ON o.union_id = mine.union_id AND o.programme_id = mine.programme_id
JOIN programmes_session s ON s.offer_id = o.id
JOIN programmes_feedback f ON f.session_id = s.id AND f.said_at >= %(since)s
WHERE mine.id = %(offer)s
"""


def count_answers(offer_id: int, *, on: date, session_id: int | None = None) -> Answers:
    """Return how many answered about an offer or one session of it, and how many were content.

    From as many answers on as a number of persons may be told, also what it was about and what people
    wrote. The caller has checked the scope.
    """
    values: dict[str, Any] = {"offer": offer_id, "session": session_id, "limit": REMARKS_LIMIT}
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, values)
        count, content, adcode = cursor.fetchone()
        least = least_persons(int(adcode), on)
        if count < least:
            return Answers(count, content, least)
        cursor.execute(_REASONS, values)
        reasons = tuple((FeedbackReason(row[0]), int(row[1])) for row in cursor.fetchall())
        cursor.execute(_REMARKS, values)
        remarks = tuple(masked_remark(row[0]) for row in cursor.fetchall())
    return Answers(count, content, least, reasons, remarks)


def public_share(offer_id: int, *, now: datetime, on: date) -> tuple[int, int] | None:
    """Return (percent content, answers rounded to the least cell) of the like offers of its union.

    Of the last twelve months; None where there are too few answers to be told.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PUBLIC, {"offer": offer_id, "since": now - PUBLIC_SPAN})
        count, content, adcode = cursor.fetchone()
    if not count:
        return None
    least = least_persons(int(adcode), on)
    if count < least:
        return None
    return round(100 * content / count), (count + least // 2) // least * least
