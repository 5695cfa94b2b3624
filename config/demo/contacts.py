"""Contacts of the last fifteen months: signing in, calls, visits, services, as sets.

Who, when and what follow from the person's number alone, so the same seed gives the same world.
Two in five are never heard of again; the others have up to four contacts, three in ten of them
services; who joined in this time was reached on that day.
"""

from datetime import datetime, timedelta

from django.db import connection

from config.demo import load
from config.progress import Progress
from nuanxin.kernel.clock import business_day
from nuanxin.membership.actions.spans import keep_all_spans

_DAYS = 456
_EVERYBODY = 10_000_000
TABLES = ("people_contact", "membership_memberspan", "membership_memberflow")
"""What the contacts and what follows from them fill: without indexes until the fold is done."""

_CONTACTS = """
INSERT INTO people_contact
    (worker_id, day, kind, times, reference, note, recorded_at, recorded_by_name)
SELECT DISTINCT worker_id, day, kind, 1, '', '',
       (day + time '10:30') AT TIME ZONE 'Asia/Shanghai', CASE WHEN kind < 10 THEN '本人' ELSE '周敏' END
FROM (
    SELECT p.worker_id, %(today)s::date - (h / 7 %% %(days)s)::int AS day,
           (ARRAY[1,1,1,1,1,10,10,11,12,13,13,13,13,13,50,50,51,52,52,53])[1 + h %% 20] AS kind,
           p.first_on
    FROM (SELECT worker_id, min(started_on) AS first_on FROM membership_membership GROUP BY 1) AS p
    CROSS JOIN generate_series(1, 4) AS n
    CROSS JOIN LATERAL (
        SELECT abs(hashint8(p.worker_id * 7919 + n)::bigint) AS h,
               abs(hashint8(p.worker_id)::bigint) AS own) AS drawn
    WHERE own %% 5 > 1 AND n <= 1 + own / 5 %% 4
    UNION ALL
    SELECT worker_id, (confirmed_at AT TIME ZONE 'Asia/Shanghai')::date, 2, '-infinity'
    FROM membership_joinapplication
    WHERE confirmed_at >= %(today)s::date - %(days)s
) AS drawn
WHERE day >= first_on AND (worker_id, day, kind) NOT IN (
    SELECT worker_id, day, kind FROM people_contact WHERE reference = '')
"""


def make_contacts(*, now: datetime) -> None:
    """Record the contacts, and bring the figures up to date with them.

    As known ten days ago: publications of the demonstration are a week old. Everybody's spans are
    found in one pass; each pass more would read every contact again.
    """
    with Progress("联系和服务", unit="条") as progress, load.with_memory():
        with connection.cursor() as cursor:
            cursor.execute(_CONTACTS, {"today": business_day(now), "days": _DAYS})
            progress.advance(cursor.rowcount)
            cursor.execute("ANALYZE people_contact")
            cursor.execute(
                "INSERT INTO membership_spandue (worker_id)"
                " SELECT worker_id FROM membership_membership WHERE retained_on IS NOT NULL"
            )
        keep_all_spans(now=now - timedelta(days=10), limit=_EVERYBODY)
