"""The year's numbers follow the deliveries: only who has something new is counted again.

A trigger notes each new delivery; a run takes the notes, counts those persons' years anew from the
facts, and moves the cells by the difference. A run that dies leaves its notes.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

SET_LIMIT = 50_000
"""Deliveries followed in one transaction."""
_LOCK = 7_203_011

_TAKE = """
CREATE TEMP TABLE service_taken ON COMMIT DROP AS
WITH taken AS (
    DELETE FROM programmes_servicedue WHERE id IN (
        SELECT id FROM programmes_servicedue ORDER BY id LIMIT %(limit)s)
    RETURNING delivery_id)
SELECT d.worker_id, extract(year FROM d.day)::smallint AS year, d.region, d.step, p.kind
FROM taken t JOIN programmes_delivery d ON d.id = t.delivery_id
JOIN programmes_programme p ON p.id = d.programme_id
"""
_FOUND = """
CREATE TEMP TABLE service_found ON COMMIT DROP AS
SELECT t.year, coalesce(p.kind, '') AS kind, d.worker_id,
       (array_agg(d.region ORDER BY d.day, d.id))[1] AS region
FROM (SELECT DISTINCT worker_id, year FROM service_taken) t
JOIN programmes_delivery d ON d.worker_id = t.worker_id
    AND d.day BETWEEN make_date(t.year, 1, 1) AND make_date(t.year, 12, 31)
JOIN programmes_programme p ON p.id = d.programme_id
WHERE d.step = 1
  AND NOT EXISTS (SELECT 1 FROM programmes_delivery b WHERE b.corrects_id = d.id)
GROUP BY GROUPING SETS ((t.year, d.worker_id, p.kind), (t.year, d.worker_id))
"""
_CHANGED = """
CREATE TEMP TABLE service_change ON COMMIT DROP AS
WITH kept AS (
    SELECT y.year, y.kind, y.worker_id, y.region FROM programmes_serviceyear y
    JOIN (SELECT DISTINCT worker_id, year FROM service_taken) t USING (worker_id, year))
SELECT 1 AS sign, a.* FROM (TABLE service_found EXCEPT TABLE kept) a
UNION ALL
SELECT -1, g.* FROM (TABLE kept EXCEPT TABLE service_found) g
"""
_TAKE_AWAY = """
DELETE FROM programmes_serviceyear y USING service_change c
WHERE c.sign = -1 AND y.worker_id = c.worker_id AND y.year = c.year AND y.kind = c.kind
"""
_ADD = """
INSERT INTO programmes_serviceyear (year, kind, worker_id, region)
SELECT year, kind, worker_id, region FROM service_change WHERE sign = 1
"""
_CELLS = """
WITH moved AS (
    SELECT year, region, kind, sum(persons)::int AS persons, sum(times)::int AS times FROM (
        SELECT year, region, kind, sign AS persons, 0 AS times FROM service_change
        UNION ALL
        SELECT t.year, t.region, k.kind, 0, t.step FROM service_taken t
        CROSS JOIN LATERAL (VALUES (t.kind), ('')) AS k (kind)) each
    GROUP BY 1, 2, 3 HAVING sum(persons) <> 0 OR sum(times) <> 0
)
MERGE INTO programmes_servicecell AS cell USING moved
    ON (cell.year, cell.region, cell.kind) = (moved.year, moved.region, moved.kind)
WHEN MATCHED THEN UPDATE
    SET persons = cell.persons + moved.persons, person_times = cell.person_times + moved.times
WHEN NOT MATCHED THEN INSERT (year, region, kind, persons, person_times)
    VALUES (moved.year, moved.region, moved.kind, moved.persons, moved.times)
"""
_DROP = "DROP TABLE IF EXISTS pg_temp.service_taken, pg_temp.service_found, pg_temp.service_change"


@transaction.atomic
def follow_deliveries(*, limit: int = SET_LIMIT) -> int:
    """Bring the year's numbers up to what was delivered; return how many deliveries were followed.

    One run at a time; a second one waits for the first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_DROP)
        cursor.execute(_TAKE, {"limit": limit})
        taken = int(cursor.rowcount)
        if not taken:
            return 0
        for statement in (_FOUND, _CHANGED, _TAKE_AWAY, _ADD, _CELLS, _DROP):
            cursor.execute(statement)
    return taken


# A cell that says more than nothing where the facts say nothing would not show in a join alone.
_DIFFERING = """
WITH standing AS (
    SELECT extract(year FROM d.day)::smallint AS year, d.worker_id, d.region, p.kind, d.day, d.id
    FROM programmes_delivery d JOIN programmes_programme p ON p.id = d.programme_id
    WHERE d.step = 1 AND d.recorded_at <= %(now)s
      AND NOT EXISTS (SELECT 1 FROM programmes_delivery b WHERE b.corrects_id = d.id)
), one AS (
    SELECT year, coalesce(kind, '') AS kind, worker_id,
           (array_agg(region ORDER BY day, id))[1] AS region
    FROM standing GROUP BY GROUPING SETS ((year, worker_id, kind), (year, worker_id))
), counted AS (
    SELECT year, region, kind, sum(persons)::int AS persons, sum(times)::int AS times FROM (
        SELECT year, region, kind, 1 AS persons, 0 AS times FROM one
        UNION ALL
        SELECT s.year, s.region, k.kind, 0, 1 FROM standing s
        CROSS JOIN LATERAL (VALUES (s.kind), ('')) AS k (kind)) each
    GROUP BY 1, 2, 3
)
SELECT coalesce(c.year, k.year), coalesce(c.region, k.region), coalesce(c.kind, k.kind)
FROM counted c FULL JOIN programmes_servicecell k
    ON (k.year, k.region, k.kind) = (c.year, c.region, c.kind)
WHERE coalesce(c.persons, 0) <> coalesce(k.persons, 0)
   OR coalesce(c.times, 0) <> coalesce(k.person_times, 0)
ORDER BY 1, 2, 3 LIMIT 20
"""


def recount_services(*, now: datetime) -> list[tuple[int, int, str]]:
    """Return the cells (year, region, kind) that differ from the facts, at most twenty.

    What is still noted is followed first.
    """
    while follow_deliveries():
        pass
    values: dict[str, Any] = {"now": now}
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERING, values)
        return [(int(row[0]), int(row[1]), row[2]) for row in cursor.fetchall()]
