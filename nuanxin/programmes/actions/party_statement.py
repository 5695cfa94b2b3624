"""The statements by which several places are given together, each a step under the lock of a pool.

One person at a time is given places by statements that pass over what others hold (claim_statement):
of two families that each want three of four seats both would pass over what the other holds, and
neither would get any. So families queue at the row of their pool (``LOCK_POOL``), and wait for seats
that single claims hold at this moment instead of passing over them. Single claims never wait for the
pool: the lock does not stop their foreign key.
"""

MEMBERS_LIMIT = 20
"""People of one party; a check of the table says the same (models/parties.py)."""

LOCK_POOL = """
SELECT o.code, o.title, o.confirm_hours, o.closes_at, u.adcode, p.places
FROM programmes_pool p JOIN programmes_offer o ON o.id = p.offer_id
JOIN orgs_union u ON u.id = o.union_id
WHERE p.id = %(pool)s FOR NO KEY UPDATE OF p
"""

# Who waits, a line a unit: a family, or somebody alone. A family that others were given places past
# %(skips)s times is passed no more: places gather for it (``blocked``), but for directed ones that
# none of it may have.
PICK = """
WITH free AS MATERIALIZED (
    SELECT (SELECT count(*) FROM (
                SELECT 1 FROM programmes_freeseat s WHERE s.pool_id = %(pool)s AND NOT s.is_directed
                LIMIT %(most)s) o) AS open,
           (SELECT count(*) FROM (
                SELECT 1 FROM programmes_freeseat s WHERE s.pool_id = %(pool)s AND s.is_directed
                LIMIT %(most)s) d) AS directed
), units AS MATERIALIZED (
    SELECT min(a.rank) AS rank, min(a.id) AS first, count(*) AS persons,
           count(*) FILTER (WHERE a.is_directed) AS directed, coalesce(max(p.skipped), 0) AS skipped,
           array_agg(a.id) AS ids
    FROM programmes_application a LEFT JOIN programmes_party p ON p.id = a.party_id
    WHERE a.pool_id = %(pool)s AND a.state = 2
      AND (SELECT f.open + f.directed FROM free f) > 0
    GROUP BY coalesce(a.party_id, -a.id)
), told AS MATERIALIZED (
    SELECT u.*, u.persons <= f.open + least(f.directed, u.directed) AS fits,
           u.persons <= least(f.directed, u.directed) AS fits_directed
    FROM units u CROSS JOIN free f
), blocked AS (
    SELECT t.rank, t.first, t.directed FROM told t
    WHERE NOT t.fits AND t.persons > 1 AND t.skipped >= %(skips)s
    ORDER BY t.rank, t.first LIMIT 1
)
SELECT t.ids, t.rank, t.first FROM told t LEFT JOIN blocked b ON true
WHERE t.fits AND (b.first IS NULL OR (t.rank, t.first) < (b.rank, b.first)
                  OR (b.directed = 0 AND t.fits_directed))
ORDER BY t.rank, t.first LIMIT 1
"""

LOCK_MEMBERS = """
SELECT a.id, a.worker_id, a.is_directed, a.party_id FROM programmes_application a
WHERE a.id = ANY (%(ids)s) AND a.state = 2 ORDER BY a.is_directed DESC, a.id FOR UPDATE
"""

# Directed seats first, for those who may have them; the caller's people stand in the same order.
LOCK_SEATS = """
WITH directed AS MATERIALIZED (
    SELECT s.id FROM programmes_freeseat s
    WHERE s.pool_id = %(pool)s AND s.is_directed
      AND (%(slot)s::timestamptz IS NULL OR s.slot_at = %(slot)s::timestamptz)
    ORDER BY s.ordinal LIMIT %(directed)s FOR UPDATE
), open AS MATERIALIZED (
    SELECT s.id FROM programmes_freeseat s
    WHERE s.pool_id = %(pool)s AND NOT s.is_directed
      AND (%(slot)s::timestamptz IS NULL OR s.slot_at = %(slot)s::timestamptz)
    ORDER BY s.ordinal LIMIT %(persons)s - (SELECT count(*) FROM directed) FOR UPDATE
)
SELECT id, true FROM directed UNION ALL SELECT id, false FROM open
"""

# A seat that was given before the public is open to anybody when it comes back.
GRANT = """
WITH pairs AS (
    SELECT g.application, g.seat
    FROM unnest(%(ids)s::bigint[], %(seats)s::bigint[]) AS g (application, seat)
), granted AS (
    UPDATE programmes_application a
    SET state = %(state)s, keep_until = %(until)s, seat_id = g.seat, taken_at = %(now)s
    FROM pairs g WHERE a.id = g.application AND a.state = 2
    RETURNING a.seat_id
), opened AS (
    UPDATE programmes_seat s SET is_directed = false FROM granted g
    WHERE s.id = g.seat_id AND s.is_directed AND %(state)s = 7
)
SELECT count(*) FROM granted
"""

# Families in front of whom a place was given that they could have had a part of.
SKIPPED = """
UPDATE programmes_party p SET skipped = p.skipped + 1
FROM (
    SELECT a.party_id, min(a.rank) AS rank, min(a.id) AS first, count(*) AS persons,
           min(a.worker_id) FILTER (WHERE a.id = a.first_id) AS worker_id, bool_or(a.is_directed) AS directed
    FROM (SELECT b.*, min(b.id) OVER (PARTITION BY b.party_id) AS first_id
          FROM programmes_application b
          WHERE b.pool_id = %(pool)s AND b.state = 2 AND b.party_id IS NOT NULL) a
    GROUP BY a.party_id HAVING count(*) > 1
) w
WHERE p.id = w.party_id AND (w.rank, w.first) < (%(rank)s, %(first)s)
  AND (%(used_open)s OR w.directed)
RETURNING w.worker_id, w.persons, p.skipped
"""

ENTER = """
WITH mine AS (
    INSERT INTO programmes_application
        (offer_id, pool_id, worker_id, is_directed, state, rank, applied_at, party_id)
    SELECT o.id, %(pool)s, %(worker)s, %(directed)s, 2, 0, %(now)s, %(party)s
    FROM programmes_offer o
    WHERE o.id = %(offer)s AND o.state = 2 AND o.opens_at <= %(now)s AND o.closes_at > %(now)s
    ON CONFLICT (offer_id, worker_id) WHERE state IN (1, 2, 3, 4, 7) DO NOTHING
    RETURNING id
)
SELECT id FROM mine
"""
"""One of a family, waiting until its places are found in the same transaction or later."""

SOMEBODY_WAITS = """
SELECT EXISTS (SELECT 1 FROM programmes_application a WHERE a.pool_id = %(pool)s AND a.state = 2)
"""

END_TOGETHER = """
SELECT a.id, a.pool_id FROM programmes_application a
WHERE a.party_id = %(party)s AND a.state = ANY (%(states)s) ORDER BY a.id FOR UPDATE
"""

CONFIRM_TOGETHER = """
UPDATE programmes_application SET state = 4, keep_until = NULL
WHERE party_id = %(party)s AND state = 3 RETURNING id
"""
