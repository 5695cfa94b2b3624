"""政策找人: at night those who newly fit are found, by day each is told once. Nothing is decided for him.

Finding is one statement, a row a person and offer (unique). Telling takes rows that wait, asks all
conditions anew, and writes the notice and the row in one statement: whenever a process dies, who was
told stays told and who was not is told by the next run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.notices.actions import notices_insert_sql, send_sms_to_many
from nuanxin.notices.queries import quiet_trades
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.queries.finding import (
    AS_SETS,
    CHOSEN,
    MAY_BE_TOLD,
    NOT_ASKED,
    finding_values,
)
from nuanxin.records.actions import events_insert_sql

TOLD_AT_A_TIME = 5_000
NOTICE_KIND = "programmes.found."
"""Of notices: followed by the kind of programme, so that one tap turns it off."""
_TEXT = "programmes.found"


@dataclass(frozen=True, slots=True)
class Found:
    """What a night found: rows by offer code."""

    by_offer: dict[str, int]

    @property
    def people(self) -> int:
        """Return how many rows in all; somebody found for two offers counts twice."""
        return sum(self.by_offer.values())


_RECORD = """
SELECT %(now)s::timestamptz, 'programmes.people_found', NULL::uuid, '系统'::text, 'programme_offer',
       c.offer_id, o.union_id, jsonb_build_object('found', c.found)
FROM counted c JOIN programmes_offer o ON o.id = c.offer_id
"""
_FIND = f"""{CHOSEN}, made AS (
    INSERT INTO programmes_offerreminder (offer_id, worker_id, trade, found_on)
    SELECT offer_id, worker_id, trade, %(day)s FROM chosen
    ON CONFLICT (offer_id, worker_id, fact) DO NOTHING RETURNING offer_id
), counted AS (
    SELECT offer_id, count(*) AS found FROM made GROUP BY offer_id
), recorded AS (
    {events_insert_sql(_RECORD)}
)
SELECT o.code, c.found FROM counted c JOIN offer o ON o.id = c.offer_id ORDER BY o.code
"""


@transaction.atomic
def find_people(*, now: datetime) -> Found:
    """Find those who newly fit an open offer and may be told; each waits for the hours of his trade.

    One statement for the whole register. Again on the same day finds only who was not found. No
    more than programmes.reminders_weekly a person and programmes.reminders_nightly a night.
    """
    with connection.cursor() as cursor:
        # Two runs at once would count each other's rows as not there.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('programmes.find'))")
        cursor.execute(AS_SETS)
        cursor.execute(_FIND, finding_values(now))
        found = Found({row[0]: int(row[1]) for row in cursor.fetchall()})
        cursor.execute("SET LOCAL enable_nestloop = on")
    return found


_NOTICES = """
SELECT j.worker_id, %(notice)s || j.kind, left(j.title || '，你符合条件', 80), j.body, j.url, %(now)s
FROM judged j WHERE j.is_good
"""
_TELL = f"""
WITH due AS MATERIALIZED (
    SELECT n.id, n.offer_id, n.worker_id FROM programmes_offerreminder n
    WHERE n.fact = '' AND n.told_at IS NULL AND n.dropped_at IS NULL AND NOT n.trade = ANY (%(quiet)s::smallint[])
    ORDER BY n.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), judged AS MATERIALIZED (
    SELECT d.id, d.worker_id, g.kind, o.title, o.closes_at,
           to_char(o.closes_at AT TIME ZONE 'Asia/Shanghai', 'FMMM 月 FMDD 日') || '截止。'
               || '要不要报，由你自己定。' AS body,
           '/programmes/' || o.code || '/' AS url,
           o.state = 2 AND o.closes_at > %(now)s
           AND w.merged_into_id IS NULL AND w.erased_at IS NULL
           AND EXISTS (SELECT 1 FROM programmes_keptrule k JOIN programmes_ruling r
                           ON r.worker_id = d.worker_id
                       WHERE k.code = o.rule_code
                         AND r.failing[k.place] = 0 AND r.missing[k.place] = 0)
           AND {MAY_BE_TOLD.format(worker="d.worker_id", kind="g.kind")}
           AND {NOT_ASKED.format(worker="d.worker_id", offer="o.id")} AS is_good
    FROM due d JOIN programmes_offer o ON o.id = d.offer_id
    JOIN programmes_programme g ON g.id = o.programme_id
    JOIN people_worker w ON w.id = d.worker_id
), noticed AS (
    {notices_insert_sql(_NOTICES)}
), settled AS (
    UPDATE programmes_offerreminder n
    SET told_at = CASE WHEN j.is_good THEN %(now)s::timestamptz END, notice_id = t.id,
        dropped_at = CASE WHEN NOT j.is_good THEN %(now)s::timestamptz END
    FROM judged j LEFT JOIN noticed t ON t.worker_id = j.worker_id AND t.url = j.url
    WHERE n.id = j.id
)
SELECT j.worker_id, j.title, j.closes_at, j.is_good FROM judged j
"""


def tell_found(*, now: datetime, limit: int = TOLD_AT_A_TIME) -> tuple[int, int]:
    """Tell who waits and may be told at this hour; return how many were told and how many dropped.

    Dropped is who no longer fits, has applied, turned it off or withdrawn his consent meanwhile, or
    whose offer has closed. Call again until both are 0. Where little time is left a text message
    goes out as well, as the rules of notices allow.
    """
    values: dict[str, Any] = {
        "now": now,
        "quiet": quiet_trades(now),
        "limit": limit,
        "notice": NOTICE_KIND,
        "consent": int(ConsentPurpose.SERVICE_NOTICES),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TELL, values)
        rows = cursor.fetchall()
        told = [(worker, title, closes) for worker, title, closes, is_good in rows if is_good]
        _send_texts(told, now)
    return len(told), len(rows) - len(told)


def _send_texts(told: Sequence[tuple[int, str, datetime]], now: datetime) -> None:
    day = business_day(now)
    days = parameter("programmes.reminder_text_days", adcode=NATION, on=day).value
    soon = now + timedelta(days=days)
    texts: list[tuple[int, dict[str, object]]] = [
        (worker, {"title": title, "until": _said(closes)})
        for worker, title, closes in told
        if days and closes <= soon
    ]
    send_sms_to_many(texts=texts, template=_TEXT, now=now)


def _said(moment: datetime) -> str:
    here = moment.astimezone(SHANGHAI)
    return f"{here.month} 月 {here.day} 日"
