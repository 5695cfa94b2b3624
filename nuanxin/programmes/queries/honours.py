"""Who won a contest and wants to be named: nobody stands here without his consent."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.people.states import ConsentPurpose

HONOURS_LIMIT = 200


@dataclass(frozen=True, slots=True)
class HonourRow:
    """A winner who agreed to be named, in a round whose time for appeals is over."""

    contest_code: str
    contest: str
    union: str
    rank: int
    name: str
    team: str
    own_union: str


# Closed for good: no time for appeals is running in any round of the contest, and none is open.
_HONOURS = """
WITH over AS MATERIALIZED (
    SELECT c.id, o.code, o.title, u.name AS union_name, r.id AS round_id, r.closed_at
    FROM programmes_contest c
    JOIN programmes_offer o ON o.id = c.offer_id AND o.published_at IS NOT NULL
    JOIN orgs_union u ON u.id = o.union_id
    JOIN LATERAL (SELECT x.id, x.state, x.closed_at, x.appeals_until FROM programmes_contestround x
                  WHERE x.contest_id = c.id ORDER BY x.ordinal DESC LIMIT 1) r ON true
    WHERE r.closed_at IS NOT NULL AND r.appeals_until < %(today)s
      AND NOT EXISTS (SELECT 1 FROM programmes_contestappeal p
                      JOIN programmes_roundentry e ON e.id = p.entry_id
                      JOIN programmes_contestround x ON x.id = e.round_id
                      WHERE x.contest_id = c.id AND p.state = 1)
    ORDER BY r.closed_at DESC LIMIT 50
)
SELECT v.code, v.title, v.union_name, e.rank, w.name, n.team,
       coalesce(nullif(own.short_name, ''), own.name, '')
FROM over v
JOIN programmes_roundentry e ON e.round_id = v.round_id AND e.goes_on
JOIN programmes_contestentrant n ON n.id = e.entrant_id
JOIN programmes_entrantmember m ON m.entrant_id = n.id
JOIN programmes_application a ON a.id = m.application_id
JOIN people_worker w ON w.id = a.worker_id AND w.merged_into_id IS NULL AND w.erased_at IS NULL
LEFT JOIN membership_membership s ON s.worker_id = w.id AND s.ended_on IS NULL
LEFT JOIN orgs_union own ON own.id = s.union_id
WHERE EXISTS (SELECT 1 FROM people_consent c
              WHERE c.worker_id = w.id AND c.purpose = %(purpose)s AND c.withdrawn_at IS NULL)
ORDER BY v.closed_at DESC, v.id, e.rank, n.number, m.id LIMIT %(limit)s
"""
_WON = """
SELECT EXISTS (
    SELECT 1 FROM programmes_application a
    JOIN programmes_entrantmember m ON m.application_id = a.id
    JOIN programmes_roundentry e ON e.entrant_id = m.entrant_id AND e.goes_on
    JOIN programmes_contestround r ON r.id = e.round_id AND r.closed_at IS NOT NULL
    WHERE a.worker_id = %(worker)s AND r.contest_id = %(contest)s
      AND NOT EXISTS (SELECT 1 FROM programmes_contestround x
                      WHERE x.contest_id = r.contest_id AND x.ordinal > r.ordinal))
"""


def list_honours(*, today: date) -> list[HonourRow]:
    """Return who won and agreed to be named, the latest contest first; a withdrawn consent ends it."""
    values: dict[str, Any] = {
        "today": today,
        "purpose": int(ConsentPurpose.HONOUR_PUBLICATION),
        "limit": HONOURS_LIMIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HONOURS, values)
        return [HonourRow(*row) for row in cursor.fetchall()]


def has_won(contest_id: int, *, worker_id: int) -> bool:
    """Return whether somebody is among the winners of the last round."""
    with connection.cursor() as cursor:
        cursor.execute(_WON, {"contest": contest_id, "worker": worker_id})
        return bool(cursor.fetchone()[0])
