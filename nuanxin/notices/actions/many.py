"""Text messages to many at once: one statement, the sealed phone copied, never opened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.parameters import parameter
from nuanxin.notices import rules
from nuanxin.notices.actions.texts import template_of
from nuanxin.notices.states import OVER_THE_NUMBERS_LIMIT
from nuanxin.people.queries import main_occupations, missing_consents
from nuanxin.people.states import ConsentPurpose

# A sealed phone is bound to its hash and to the column's name, not to the table: it opens there too.
_QUEUE = """
INSERT INTO notices_message
    (worker_id, phone_hash, phone_sealed, phone_hint, template, body, queued_at, not_before,
     failed_at, failure, tries)
SELECT w.id, w.phone_hash, w.phone_sealed, w.phone_hint, %(template)s, t.body, %(at)s, t.not_before,
       CASE WHEN sent.count >= %(limit)s THEN %(at)s::timestamptz END,
       CASE WHEN sent.count >= %(limit)s THEN %(over)s ELSE '' END, 0
FROM unnest(%(workers)s::bigint[], %(bodies)s::text[], %(not_before)s::timestamptz[])
         AS t (worker_id, body, not_before)
JOIN people_worker w ON w.id = t.worker_id
CROSS JOIN LATERAL (
    SELECT count(*) FROM notices_message m
    WHERE m.phone_hash = w.phone_hash AND m.queued_at > %(since)s AND m.failed_at IS NULL
) AS sent
WHERE w.phone_hash IS NOT NULL
"""


def send_sms_to_many(
    *,
    texts: Sequence[tuple[int, dict[str, object]]],
    template: str,
    now: datetime,
    is_urgent: bool = False,
) -> int:
    """Queue one message a (worker id, values); who has no phone is left out. Returns how many.

    For sets of up to some thousands that are told the same thing; like ``send_sms`` otherwise.
    An optional text goes only to those who have consented to service messages. The job that sends
    what waits takes them. ``is_urgent``: at once, whatever the hour (a child is still waiting).
    """
    text = template_of(template)
    if text.is_optional:
        texts = _with_consent(texts)
    if not texts:
        return 0
    day = business_day(now)
    workers = [worker_id for worker_id, _ in texts]
    limit = parameter("notices.per_number_daily_messages", adcode="330000", on=day).value
    values: dict[str, Any] = {
        "workers": workers,
        "bodies": [rules.fill_places(text, places) for _, places in texts],
        "not_before": [None] * len(workers) if is_urgent else _waits(workers, now),
        "template": template,
        "at": now,
        "since": day_start(day),
        "limit": limit,
        "over": OVER_THE_NUMBERS_LIMIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, values)
        return int(cursor.rowcount)


def _with_consent(
    texts: Sequence[tuple[int, dict[str, object]]],
) -> list[tuple[int, dict[str, object]]]:
    asked = [worker_id for worker_id, _ in texts]
    without = missing_consents(asked, [ConsentPurpose.SERVICE_NOTICES])
    return [each for each in texts if each[0] not in without]


def _waits(workers: list[int], now: datetime) -> list[datetime | None]:
    """Return by position until when each message waits; each trade is reckoned once."""
    trades = main_occupations(workers, on=business_day(now))
    by_trade = {trade: rules.not_before(now, trade=trade) for trade in {None, *trades.values()}}
    return [by_trade[trades.get(worker_id)] for worker_id in workers]
