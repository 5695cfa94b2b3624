"""The statements by which places are taken and passed on, each a round trip of its own.

Taking: the offer is open, nobody waits in the pool, the person has no live application: then a free
seat is locked, passing over those that others are taking at this moment, and the application is
written with it; a trigger deletes the row of the free seat. Who finds none waits. Two of one person at
once meet at the unique index: the later writes nothing and lets its seat go.

Whoever waits, withdraws or let a seat go looks again afterwards (``PASS_ON``): a seat that was free
or locked unseen while somebody was sent to wait is found by the later of the two, so that granted is
min(places, claimants) exactly. Directed persons take directed seats first, then open ones.

``TAKE`` is the same for the common case, an open seat without a slot, and nothing else: it finds a
seat or writes nothing, and who gets nothing from it is answered by ``CLAIM``. It exists because a
rush is made of it and a statement costs by its nodes: it has a third of them.

The search starts at a place of the pool that differs from person to person: thirty people who all
lock the first free seat would wait for each other's index entries. Without a slot no word is said about slots: a condition that the planner takes
for rare makes it read and sort the whole pool.
"""

from nuanxin.records.actions import events_insert_sql

_CLAIM = """
WITH offer AS MATERIALIZED (
    SELECT o.id, o.union_id FROM programmes_offer o
    WHERE o.id = %(offer)s AND o.state = 2 AND o.opens_at <= %(now)s AND o.closes_at > %(now)s
      AND o.way IN (1, 5)
), already AS MATERIALIZED (
    SELECT a.id, a.state FROM programmes_application a
    WHERE a.offer_id = %(offer)s AND a.worker_id = %(worker)s AND a.state IN (1, 2, 3, 4, 7)
), may AS MATERIALIZED (
    SELECT 1 FROM offer WHERE NOT EXISTS (SELECT 1 FROM already)
      AND NOT EXISTS (SELECT 1 FROM programmes_application a
                      WHERE a.pool_id = %(pool)s AND a.state = 2)
), directed AS MATERIALIZED (
    SELECT s.id FROM programmes_freeseat s
    WHERE s.pool_id = %(pool)s AND s.is_directed
      AND %(directed)s AND EXISTS (SELECT 1 FROM may)
      AND (%(slot)s::timestamptz IS NULL OR s.slot_at = %(slot)s::timestamptz)
    ORDER BY s.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
), later AS MATERIALIZED (
    SELECT s.id FROM programmes_freeseat s
    WHERE s.pool_id = %(pool)s AND NOT s.is_directed
      AND s.ordinal >= %(start)s AND EXISTS (SELECT 1 FROM may)
      AND NOT EXISTS (SELECT 1 FROM directed)
      AND (%(slot)s::timestamptz IS NULL OR s.slot_at = %(slot)s::timestamptz)
    ORDER BY s.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
), earlier AS MATERIALIZED (
    SELECT s.id FROM programmes_freeseat s
    WHERE s.pool_id = %(pool)s AND NOT s.is_directed
      AND s.ordinal < %(start)s AND EXISTS (SELECT 1 FROM may)
      AND NOT EXISTS (SELECT 1 FROM directed) AND NOT EXISTS (SELECT 1 FROM later)
      AND (%(slot)s::timestamptz IS NULL OR s.slot_at = %(slot)s::timestamptz)
    ORDER BY s.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
), chosen AS MATERIALIZED (
    SELECT id FROM directed UNION ALL SELECT id FROM later UNION ALL SELECT id FROM earlier
), mine AS (
    INSERT INTO programmes_application
        (offer_id, pool_id, worker_id, is_directed, state, rank, applied_at, seat_id, taken_at)
    SELECT o.id, %(pool)s, %(worker)s, %(directed)s, CASE WHEN c.id IS NULL THEN 2 ELSE 4 END, 0,
           %(now)s, c.id, CASE WHEN c.id IS NOT NULL THEN %(now)s END
    FROM offer o LEFT JOIN chosen c ON true
    WHERE NOT EXISTS (SELECT 1 FROM already)
      AND (%(slot)s::timestamptz IS NULL OR EXISTS (SELECT 1 FROM chosen))
    ON CONFLICT (offer_id, worker_id) WHERE state IN (1, 2, 3, 4, 7) DO NOTHING
    RETURNING id, state
), recorded AS (
    {record}
)
SELECT EXISTS (SELECT 1 FROM offer), m.id, m.state, a.id
FROM (SELECT 1) AS always LEFT JOIN mine m ON true LEFT JOIN already a ON true
"""
_RECORD = """
SELECT %(now)s::timestamptz, CASE m.state WHEN 4 THEN 'programmes.place_taken'
                                          ELSE 'programmes.waiting' END,
       %(account)s::uuid, %(actor_name)s::text, 'programme_application', m.id, o.union_id, NULL::jsonb
FROM mine m CROSS JOIN offer o
"""

_PASS_ON = """
WITH next AS MATERIALIZED (
    SELECT a.id, a.offer_id, a.worker_id, a.is_directed, a.party_id FROM programmes_application a
    WHERE a.pool_id = %(pool)s AND a.state = 2
      AND EXISTS (SELECT 1 FROM programmes_freeseat s
                  WHERE s.pool_id = %(pool)s AND (NOT s.is_directed OR a.is_directed))
    ORDER BY a.rank, a.id LIMIT 1 FOR UPDATE
), free AS MATERIALIZED (
    SELECT s.id FROM programmes_freeseat s
    WHERE s.pool_id = %(pool)s
      AND (NOT s.is_directed OR (SELECT is_directed FROM next))
      AND (SELECT party_id IS NULL FROM next)
    ORDER BY s.is_directed DESC, s.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
), granted AS (
    UPDATE programmes_application a
    SET state = 3, keep_until = %(until)s, seat_id = f.id, taken_at = %(now)s
    FROM next n, free f WHERE a.id = n.id
    RETURNING a.id, a.offer_id, a.worker_id
), recorded AS (
    {record}
)
SELECT id, worker_id FROM granted
UNION ALL SELECT NULL, NULL FROM next WHERE party_id IS NOT NULL
"""
# A family that stands first is not given a seat alone: a row without an application says so.
_RECORD_PASSED = """
SELECT %(now)s::timestamptz, 'programmes.place_passed_on', NULL::uuid, '系统'::text,
       'programme_application', g.id, o.union_id, NULL::jsonb
FROM granted g JOIN programmes_offer o ON o.id = g.offer_id
"""

_TAKE = """
WITH chosen AS MATERIALIZED (
    SELECT s.id FROM programmes_freeseat s
    WHERE s.pool_id = %(pool)s AND NOT s.is_directed
      AND s.ordinal >= %(start)s
      AND EXISTS (SELECT 1 FROM programmes_offer o
                  WHERE o.id = %(offer)s AND o.state = 2 AND o.way = 1
                    AND o.opens_at <= %(now)s AND o.closes_at > %(now)s)
      AND NOT EXISTS (SELECT 1 FROM programmes_application a
                      WHERE a.pool_id = %(pool)s AND a.state = 2)
    ORDER BY s.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
), mine AS (
    INSERT INTO programmes_application
        (offer_id, pool_id, worker_id, is_directed, state, rank, applied_at, seat_id, taken_at)
    SELECT %(offer)s, %(pool)s, %(worker)s, false, 4, 0, %(now)s, id, %(now)s FROM chosen
    ON CONFLICT (offer_id, worker_id) WHERE state IN (1, 2, 3, 4, 7) DO NOTHING
    RETURNING id
), recorded AS (
    {record}
)
SELECT (SELECT m.id FROM mine m) AS id
"""
_RECORD_TAKEN = """
SELECT %(now)s::timestamptz, 'programmes.place_taken', %(account)s::uuid, %(actor_name)s::text,
       'programme_application', m.id, %(union)s::bigint, NULL::jsonb
FROM mine m
"""

TAKE = _TAKE.format(record=events_insert_sql(_RECORD_TAKEN))
CLAIM = _CLAIM.format(record=events_insert_sql(_RECORD))
CLAIM_PATIENTLY = CLAIM.replace("FOR UPDATE SKIP LOCKED", "FOR UPDATE")
"""The same, waiting for those who hold a seat: before somebody is told that a slot is full."""
PASS_ON = _PASS_ON.format(record=events_insert_sql(_RECORD_PASSED))

LOCK = "SELECT 1 FROM programmes_application WHERE id = %(application)s FOR UPDATE"
RELEASE = """
UPDATE programmes_application a
SET state = %(to)s, ended_at = %(now)s, keep_until = NULL, seat_id = NULL, taken_at = NULL
WHERE a.id = %(application)s AND a.state IN (1, 2, 3, 4, 7)
RETURNING a.pool_id, a.offer_id
"""
"""Ends an application and frees its seat, if it has one; the row is locked by a statement before."""
