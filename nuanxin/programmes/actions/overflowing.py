"""What is left in one pool of an offer given at once goes to those who wait in another.

On the day of release, or after the closing day, and only where nobody of the pool itself waits. A
directed place stays directed until it is released: it goes to a directed person first, of any pool.
One seat and one commit at a time, each locked, so that it never meets a claim half way.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.programmes.actions.passing_on import LARGEST_PASS, pass_on_places
from nuanxin.records.actions import append_event

# An offer whose day has come, with a free seat that nobody of its own pool may have and somebody of
# another pool waits for; who waits longest first. The seat goes over to the pool of who gets it.
_ONE = """
WITH due AS MATERIALIZED (
    SELECT o.id, o.confirm_hours FROM programmes_offer o
    WHERE o.way = 1 AND o.overflows AND o.state IN (2, 3) AND o.opens_at <= %(now)s
      AND least(o.released_at, o.closes_at) <= %(now)s
      AND EXISTS (SELECT 1 FROM programmes_application a
                  WHERE a.offer_id = o.id AND a.state = 2)
      AND (%(offer)s::bigint IS NULL OR o.id = %(offer)s)
), waits AS MATERIALIZED (
    SELECT a.id, a.pool_id, a.is_directed, d.id AS offer_id, d.confirm_hours
    FROM due d JOIN programmes_application a ON a.offer_id = d.id AND a.state = 2
    WHERE EXISTS (
        SELECT 1 FROM programmes_freeseat s WHERE s.offer_id = d.id AND s.pool_id <> a.pool_id
          AND (NOT s.is_directed OR a.is_directed)
          AND NOT EXISTS (SELECT 1 FROM programmes_application b
                          WHERE b.pool_id = s.pool_id AND b.state = 2
                            AND (NOT s.is_directed OR b.is_directed)))
    ORDER BY a.is_directed DESC, a.rank, a.id LIMIT 1 FOR UPDATE OF a SKIP LOCKED
), seat AS MATERIALIZED (
    SELECT s.id, s.pool_id AS was, w.pool_id, w.offer_id, w.confirm_hours
    FROM waits w JOIN programmes_freeseat s ON s.offer_id = w.offer_id AND s.pool_id <> w.pool_id
    WHERE (NOT s.is_directed OR w.is_directed)
      AND NOT EXISTS (SELECT 1 FROM programmes_application b
                      WHERE b.pool_id = s.pool_id AND b.state = 2
                        AND (NOT s.is_directed OR b.is_directed))
    ORDER BY s.is_directed DESC, s.ordinal LIMIT 1 FOR UPDATE OF s SKIP LOCKED
), moved AS (
    UPDATE programmes_seat s SET pool_id = seat.pool_id FROM seat WHERE s.id = seat.id
)
SELECT offer_id, was, pool_id, confirm_hours FROM seat
"""


def overflow_places(*, now: datetime, offer_id: int | None = None) -> int:
    """Give what is left in pools to those who wait in others; return how many places went over.

    Places that nobody waits for stay where they are. Call it outside a transaction.
    """
    values: dict[str, Any] = {"now": now, "offer": offer_id}
    moved: Counter[tuple[int, int, int]] = Counter()
    try:
        while moved.total() < LARGEST_PASS:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_ONE, values)
                row = cursor.fetchone()
            if row is None:
                break
            moved[(row[0], row[1], row[2])] += 1
            pass_on_places(pool_id=row[2], hours=row[3], now=now)
    finally:
        _tell(moved, now)
    return moved.total()


_PROOF = """
UPDATE programmes_offer o SET proof = o.proof || to_jsonb(
    %(day)s || '，' || a.label || '没用完的 ' || %(count)s || ' 个名额，给了' || b.label || '候补的人。')
FROM programmes_pool a, programmes_pool b
WHERE o.id = %(offer)s AND a.id = %(was)s AND b.id = %(pool)s RETURNING o.union_id
"""


@transaction.atomic
def _tell(moved: Counter[tuple[int, int, int]], now: datetime) -> None:
    """Write down in the proof what went from where to where, with an event for each."""
    here = now.astimezone(SHANGHAI)
    for (offer, was, pool), count in moved.items():
        values: dict[str, Any] = {
            "offer": offer, "was": was, "pool": pool, "count": str(count),
            "day": f"{here.month} 月 {here.day} 日",
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_PROOF, values)
            union_id = cursor.fetchone()[0]
        append_event(
            "programmes.places_overflowed",
            actor=SYSTEM,
            at=now,
            subject_type="programme_offer",
            subject_id=offer,
            union_id=union_id,
            data={"from": was, "to": pool, "places": count},
        )
