"""Spans: on which days a member was reached (90 days from a contact), served (12 months), on hold.

Triggers note whose contacts or memberships have changed; only those are looked at again. Their spans
are found anew from the facts, compared with the spans that are kept, and what differs is appended to
the flows: +1 where a span begins, −1 where it ends. Nobody waits for this, nothing is counted in
full, and a run that dies leaves everybody noted (docs/adr/0126).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.membership.states import FlowKind
from nuanxin.people.states import FIRST_SERVICE

REACH_DAYS, SERVED_YEARS = 90, 1
"""Parts of the definitions of the figures: with another length they would be other figures."""
SET_LIMIT = 20_000
"""Notes taken in one transaction."""
_LOCK = 7_203_002

_TAKE = """
CREATE TEMP TABLE span_person ON COMMIT DROP AS
WITH taken AS (
    DELETE FROM membership_spandue WHERE id IN (
        SELECT id FROM membership_spandue ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING worker_id)
SELECT DISTINCT worker_id FROM taken
"""
_EVERYBODY = """
CREATE TEMP TABLE span_person ON COMMIT DROP AS
SELECT worker_id FROM membership_memberspan
UNION SELECT worker_id FROM people_contact
UNION SELECT worker_id FROM membership_membership WHERE retained_on IS NOT NULL
UNION SELECT m.worker_id FROM membership_pause p JOIN membership_membership m ON m.id = p.membership_id
EXCEPT SELECT worker_id FROM membership_spandue
"""

# Periods of a person never overlap, so a day belongs to one membership. Seats: each stands until the
# next one, the first from the beginning; a union without any stands where it is.
_FOUND = f"""
CREATE TEMP TABLE span_found ON COMMIT DROP AS
WITH said AS (
    SELECT c.worker_id, c.day, c.kind, sum(c.times)::int AS times
    FROM people_contact c JOIN span_person p USING (worker_id) GROUP BY 1, 2, 3 HAVING sum(c.times) > 0
), met AS (
    SELECT worker_id, range_agg(daterange(day, day + {REACH_DAYS})) AS reached,
           range_agg(daterange(day, (day + interval '{SERVED_YEARS} year')::date))
               FILTER (WHERE kind >= %(first_service)s) AS served
    FROM said GROUP BY 1
), belonging AS (
    SELECT m.* FROM span_person p JOIN membership_membership m USING (worker_id)
    WHERE m.ended_on IS NULL
    UNION ALL
    SELECT m.* FROM span_person p JOIN membership_membership m USING (worker_id)
    WHERE m.ended_on > m.started_on
), paused AS (
    SELECT membership_id, range_agg(daterange(from_on, until_on)) AS days,
           range_agg(daterange(from_on, until_on)) FILTER (WHERE is_hold) AS held,
           range_agg(daterange(from_on, until_on)) FILTER (WHERE NOT is_hold) AS closed
    FROM membership_pause WHERE membership_id IN (SELECT id FROM belonging) GROUP BY 1
), running AS (
    SELECT b.worker_id, b.union_id, b.occupation, b.channel, own.days AS period, now.held,
           coalesce(z.days, '{{}}') AS paused, coalesce(z.held, '{{}}') AS was_held,
           coalesce(z.closed, '{{}}') AS closed
    FROM belonging b LEFT JOIN paused z ON z.membership_id = b.id
    CROSS JOIN LATERAL (SELECT datemultirange(daterange(b.started_on, b.ended_on)) AS days) AS own
    CROSS JOIN LATERAL (
        SELECT CASE WHEN b.retained_on IS NULL THEN '{{}}'::datemultirange
                    ELSE datemultirange(daterange(b.retained_on, NULL)) END AS held) AS now
), seat AS MATERIALIZED (
    SELECT u.id AS union_id, coalesce(t.adcode, u.adcode) AS county,
           daterange(CASE WHEN lag(t.valid_from) OVER place IS NOT NULL THEN t.valid_from END,
                     lead(t.valid_from) OVER place) AS days
    FROM orgs_union u LEFT JOIN orgs_territory t
      ON t.union_id = u.id AND t.is_seat AND t.superseded_at IS NULL
    WHERE u.id IN (SELECT union_id FROM running)
    WINDOW place AS (PARTITION BY u.id ORDER BY t.valid_from)
), piece AS (
    SELECT r.worker_id, k.kind, r.union_id, r.occupation, r.channel, unnest(k.days) AS days, 1 AS persons
    FROM running r LEFT JOIN met USING (worker_id)
    CROSS JOIN LATERAL (VALUES
        ({int(FlowKind.REACHED)}, (r.period - r.paused - r.held) * met.reached),
        ({int(FlowKind.SERVED)}, (r.period - r.paused - r.held) * met.served),
        ({int(FlowKind.ON_HOLD)}, r.period * (r.held + r.was_held) - r.closed)) AS k (kind, days)
    UNION ALL
    SELECT r.worker_id, {int(FlowKind.SERVICES)}, r.union_id, r.occupation, r.channel,
           daterange(s.day, s.day + 1), sum(s.times)
    FROM running r JOIN said s USING (worker_id)
    WHERE s.kind >= %(first_service)s AND (r.period - r.paused - r.held) @> s.day
    GROUP BY 1, 3, 4, 5, 6
)
SELECT p.worker_id, p.kind::smallint, p.union_id, s.county, p.occupation, p.channel,
       lower(p.days * s.days) AS first_on, upper(p.days * s.days) AS until_on,
       p.persons::smallint
FROM piece p JOIN seat s ON s.union_id = p.union_id AND p.days && s.days
"""
_COLUMNS = "worker_id, kind, union_id, county, occupation, channel, first_on, until_on, persons"
_CHANGED = f"""
CREATE TEMP TABLE span_change ON COMMIT DROP AS
WITH kept AS (
    SELECT {_COLUMNS} FROM membership_memberspan
    WHERE worker_id IN (SELECT worker_id FROM span_person))
SELECT 1 AS sign, * FROM (SELECT {_COLUMNS} FROM span_found EXCEPT SELECT * FROM kept) AS added
UNION ALL
SELECT -1, * FROM (SELECT * FROM kept EXCEPT SELECT {_COLUMNS} FROM span_found) AS gone
"""
EDGES = f"""
SELECT first_on AS day, union_id, county, occupation, channel, kind, {{sign}}persons AS persons
FROM {{spans}}
UNION ALL
SELECT until_on, union_id, county, occupation, channel, kind, -({{sign}}persons)
FROM {{spans}} WHERE until_on IS NOT NULL AND kind <> {int(FlowKind.SERVICES)}
"""
"""Spans as flows: where they begin, and where they end."""
_FLOW = f"""
INSERT INTO membership_memberflow
    (day, union_id, county, occupation, channel, kind, persons, recorded_at)
SELECT day, union_id, county, occupation, channel, kind, sum(persons), %(at)s
FROM ({EDGES.format(spans="span_change", sign="sign * ")}) AS edges
GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(persons) <> 0 ORDER BY day
"""
_TAKE_AWAY = """
DELETE FROM membership_memberspan s USING span_change c
WHERE c.sign = -1 AND s.worker_id = c.worker_id AND s.kind = c.kind AND s.first_on = c.first_on
"""
_ADD = f"""
INSERT INTO membership_memberspan ({_COLUMNS})
SELECT {_COLUMNS} FROM span_change WHERE sign = 1
"""
_DROP = "DROP TABLE IF EXISTS pg_temp.span_person, pg_temp.span_found, pg_temp.span_change"


@dataclass(frozen=True, slots=True)
class Upkept:
    """What a run did: of how many notes, for how many persons, and how many flows it appended."""

    persons: int
    spans: int
    flows: int


@transaction.atomic
def keep_spans(*, now: datetime, limit: int = SET_LIMIT) -> Upkept:
    """Bring the spans of up to ``limit`` noted changes up to date, and append what it changes.

    Doing it again changes nothing. One run at a time (advisory lock); one that dies has done nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_DROP)
        cursor.execute(_TAKE, {"limit": limit})
        persons = cursor.rowcount
        if not persons:
            return Upkept(0, 0, 0)
        _find(cursor)
        cursor.execute(_CHANGED)
        spans = cursor.rowcount
        cursor.execute(_FLOW, {"at": now})
        flows = cursor.rowcount
        cursor.execute(_TAKE_AWAY)
        cursor.execute(_ADD)
    return Upkept(persons, spans, flows)


def keep_all_spans(*, now: datetime, limit: int = SET_LIMIT) -> int:
    """Run until nobody is noted any more; return how many persons were looked at."""
    persons = 0
    while (done := keep_spans(now=now, limit=limit)).persons:
        persons += done.persons
    return persons


def find_everybody(cursor: Any) -> None:
    """Find the spans of everybody into the temporary tables; for a recount, in its transaction."""
    cursor.execute(_DROP)
    cursor.execute(_EVERYBODY)
    _find(cursor)
    cursor.execute(_CHANGED)


def _find(cursor: Any) -> None:
    cursor.execute("ANALYZE span_person")
    cursor.execute(_FOUND, {"first_service": FIRST_SERVICE})
    cursor.execute("ANALYZE span_found")
