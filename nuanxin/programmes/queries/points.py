"""Applicants who wait for points, as the desk lists them."""

from dataclasses import dataclass

from django.db import connection

from nuanxin.membership.queries.members import masked

PAGE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class ApplicantRow:
    """Somebody who applied; the phone is masked. ``points`` is None before they are entered."""

    id: int
    name: str
    masked_phone: str
    union_name: str
    points: int | None


_LIST = """
SELECT a.id, w.name, w.phone_hint, coalesce(u.name, ''), a.points
FROM programmes_application a JOIN people_worker w ON w.id = a.worker_id
LEFT JOIN membership_membership m ON m.worker_id = w.id AND m.ended_on IS NULL
LEFT JOIN orgs_union u ON u.id = m.union_id
WHERE a.offer_id = %(offer)s AND a.state = 1 AND a.id > %(after)s ORDER BY a.id LIMIT %(limit)s
"""
_COUNT = """
SELECT count(*), count(points) FROM programmes_application WHERE offer_id = %(offer)s AND state = 1
"""


def list_applicants(offer_id: int, *, after: int = 0) -> tuple[list[ApplicantRow], int | None]:
    """Return who waits for the decision, and where the next page begins; the scope was checked."""
    values = {"offer": offer_id, "after": after, "limit": PAGE_LIMIT + 1}
    with connection.cursor() as cursor:
        cursor.execute(_LIST, values)
        rows = [
            ApplicantRow(r[0], r[1], masked(r[2], 3, 4) if r[2] else "", r[3], r[4])
            for r in cursor.fetchall()
        ]
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


def count_applicants(offer_id: int) -> tuple[int, int]:
    """Return how many wait for the decision, and how many of them have points."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"offer": offer_id})
        row: tuple[int, int] = cursor.fetchone()
    return row
