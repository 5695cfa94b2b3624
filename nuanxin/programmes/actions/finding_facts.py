"""只差一项: at night those of whom one fact alone is missing are found, by day each is told once.

As ``finding``, of people whom the rule does not know enough of: which fact it is that decides is read
anew at night and again before he is told. Nothing is concluded from his not answering.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.kernel.clock import business_day
from nuanxin.notices.actions import notices_insert_sql
from nuanxin.notices.queries import quiet_trades
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions.finding import TOLD_AT_A_TIME, Found
from nuanxin.programmes.queries.finding import AS_SETS, MAY_BE_TOLD, NOT_ASKED
from nuanxin.programmes.queries.one_fact import (
    CHOSEN_FACTS,
    WANTS_ONE_FACT,
    deciding_of,
    drop_decided,
    fill_decided,
    one_fact_values,
    open_rules,
    told_values,
)
from nuanxin.programmes.queries.qualifying import bound_rules_of
from nuanxin.programmes.states import NO_ONE_FACT
from nuanxin.records.actions import events_insert_sql

NOTICE_KIND = "programmes.lacks."
"""Of notices: followed by what one tap turns off."""

_RECORD = """
SELECT %(now)s::timestamptz, 'programmes.one_fact_found', NULL::uuid, '系统'::text, 'programme_offer',
       c.offer_id, o.union_id, jsonb_build_object('found', c.found)
FROM counted c JOIN programmes_offer o ON o.id = c.offer_id
"""
_FIND = f"""{CHOSEN_FACTS}, made AS (
    INSERT INTO programmes_offerreminder (offer_id, worker_id, trade, fact, found_on)
    SELECT offer_id, worker_id, trade, fact, %(day)s FROM chosen
    ON CONFLICT (offer_id, worker_id, fact) DO NOTHING RETURNING offer_id
), counted AS (
    SELECT offer_id, count(*) AS found FROM made GROUP BY offer_id
), recorded AS (
    {events_insert_sql(_RECORD)}
)
SELECT o.code, c.found FROM counted c JOIN programmes_offer o ON o.id = c.offer_id ORDER BY o.code
"""


@transaction.atomic
def find_missing_facts(*, now: datetime) -> Found:
    """Find whom one fact alone keeps from an answer, for each open offer; each waits for his hours.

    After ``find_people``: who fits is told first. A person is asked no more than
    programmes.one_fact_monthly a month, and never twice for the same fact and offer. Statements: a
    fixed number and one a rule, whatever the number of people.
    """
    rules = open_rules(business_day(now), now)
    if not rules:
        return Found({})
    with connection.cursor() as cursor:
        # With find_people: two runs at once would count each other's rows as not there.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('programmes.find'))")
        cursor.execute(AS_SETS)
        fill_decided(rules, now=now)
        cursor.execute(_FIND, one_fact_values(now))
        found = Found({row[0]: int(row[1]) for row in cursor.fetchall()})
        cursor.execute("SET LOCAL enable_nestloop = on")
    drop_decided()
    return found


_RULES_WAITING = """
SELECT DISTINCT o.rule_code FROM programmes_offerreminder n
JOIN programmes_offer o ON o.id = n.offer_id
WHERE n.fact <> '' AND n.told_at IS NULL AND n.dropped_at IS NULL
  AND NOT n.trade = ANY (%(quiet)s::smallint[]) LIMIT 500
"""
_NOTICES = """
SELECT j.worker_id, %(notice)s || %(off)s, left(j.title || '，只差一项', 80),
       CASE WHEN j.label = '' THEN '只差一项要你自己说的情况，点开问，不存。'
            ELSE '只差一项：' || j.label || '。' END || j.body, j.url, %(now)s
FROM judged j WHERE j.is_good
"""
_DECIDED = "due d JOIN people_worker w ON w.id = d.worker_id"
_TELL = f"""
WITH due AS MATERIALIZED (
    SELECT n.id, n.offer_id, n.worker_id, n.fact FROM programmes_offerreminder n
    JOIN programmes_offer o ON o.id = n.offer_id
    WHERE n.fact <> '' AND n.told_at IS NULL AND n.dropped_at IS NULL AND o.rule_code = %(rule)s
      AND NOT n.trade = ANY (%(quiet)s::smallint[])
    ORDER BY n.id LIMIT %(limit)s FOR UPDATE OF n SKIP LOCKED
), decided AS MATERIALIZED (
    SELECT id, (%(names)s::text[])[fact + 1] AS fact FROM ({{deciding}}) x
), judged AS MATERIALIZED (
    SELECT d.id, d.worker_id, o.title, coalesce(t.label, '') AS label,
           '答了马上知道能不能领，' || to_char(o.closes_at AT TIME ZONE 'Asia/Shanghai',
               'FMMM 月 FMDD 日') || '截止。' AS body,
           CASE WHEN t.attested THEN '/proofs/ask/?offer=' ELSE '/can-get/questions/?of=' END
               || o.code AS url,
           o.state = 2 AND o.closes_at > %(now)s
           AND w.merged_into_id IS NULL AND w.erased_at IS NULL
           AND EXISTS (SELECT 1 FROM decided x WHERE x.id = d.worker_id AND x.fact = d.fact)
           AND {MAY_BE_TOLD.format(worker="d.worker_id", kind="g.kind")}
           AND {WANTS_ONE_FACT.format(worker="d.worker_id")}
           AND {NOT_ASKED.format(worker="d.worker_id", offer="o.id")} AS is_good
    FROM due d JOIN programmes_offer o ON o.id = d.offer_id
    JOIN programmes_programme g ON g.id = o.programme_id
    JOIN people_worker w ON w.id = d.worker_id
    LEFT JOIN unnest(%(facts)s::text[], %(labels)s::text[], %(attested)s::boolean[])
        AS t (fact, label, attested) ON t.fact = d.fact
), noticed AS (
    {notices_insert_sql(_NOTICES)}
), settled AS (
    UPDATE programmes_offerreminder n
    SET told_at = CASE WHEN j.is_good THEN %(now)s::timestamptz END, notice_id = t.id,
        dropped_at = CASE WHEN NOT j.is_good THEN %(now)s::timestamptz END
    FROM judged j LEFT JOIN noticed t ON t.worker_id = j.worker_id AND t.url = j.url
    WHERE n.id = j.id
)
SELECT count(*) FILTER (WHERE is_good), count(*) FILTER (WHERE NOT is_good) FROM judged
"""
_DROP = """
UPDATE programmes_offerreminder n SET dropped_at = %(now)s FROM programmes_offer o
WHERE o.id = n.offer_id AND o.rule_code = %(rule)s AND n.fact <> ''
  AND n.told_at IS NULL AND n.dropped_at IS NULL
"""


def tell_missing_facts(*, now: datetime, limit: int = TOLD_AT_A_TIME) -> tuple[int, int]:
    """Tell who waits and may be told at this hour which fact is missing; return told and dropped.

    Dropped is of whom that fact decides no more (he answered, or something else turned), who has
    applied, turned it off or withdrawn a consent, or whose offer has closed. Notice and row are
    written together, rule by rule. Call again until both are 0. No text message goes out.
    """
    quiet = quiet_trades(now)
    with connection.cursor() as cursor:
        cursor.execute(_RULES_WAITING, {"quiet": quiet})
        codes = [row[0] for row in cursor.fetchall()]
    rules = bound_rules_of(codes, business_day(now))
    told = dropped = 0
    for code in codes:
        values = {"now": now, "quiet": quiet, "limit": limit, "rule": code}
        done = _tell(rules.get(code), values)
        told, dropped = told + done[0], dropped + done[1]
    return told, dropped


@transaction.atomic
def _tell(bound: BoundRule | None, values: dict[str, Any]) -> tuple[int, int]:
    """Tell or drop those of one rule; all are dropped where it is not in force any more."""
    with connection.cursor() as cursor:
        if bound is None:
            cursor.execute(_DROP, values)
            return 0, cursor.rowcount
        deciding = deciding_of(bound, _DECIDED)
        more = {
            "names": [regions.fact.name for regions in bound.facts],
            "notice": NOTICE_KIND,
            "off": NO_ONE_FACT,
            "consent": int(ConsentPurpose.SERVICE_NOTICES),
        }
        cursor.execute(
            _TELL.replace("{deciding}", deciding.sql),
            deciding.parameters | values | told_values([bound]) | more,
        )
        told, dropped = cursor.fetchone()
    return int(told), int(dropped)
