"""Forgetting: what was told need not be kept for ever, and not at all of who is erased."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import parameter
from nuanxin.notices.actions.texts import secret_names
from nuanxin.notices.states import CONTENT_NOT_KEPT

BATCH = 5_000
_PROVINCE = "330000"


def forget_old(*, now: datetime) -> int:
    """Delete messages and deliveries that are over, and the codes of yesterday; return how many.

    At most ``BATCH`` of each a call: call again until it returns 0. Kept for
    notices.message_keep_days and notices.code_keep_hours.
    """
    day = business_day(now)
    days = parameter("notices.message_keep_days", adcode=_PROVINCE, on=day).value
    hours = parameter("notices.code_keep_hours", adcode=_PROVINCE, on=day).value
    values: dict[str, Any] = {
        "before": now - timedelta(days=days),
        "codes_before": now - timedelta(hours=hours),
        "secret": secret_names(),
        "not_kept": CONTENT_NOT_KEPT,
        "limit": BATCH,
    }
    forgotten = 0
    with connection.cursor() as cursor:
        for statement in _FORGET:
            cursor.execute(statement, values)
            forgotten += int(cursor.rowcount)
    return forgotten


_FORGET = (
    """DELETE FROM notices_message WHERE id IN (
           SELECT id FROM notices_message
           WHERE queued_at < %(before)s AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)
           ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)""",
    """UPDATE notices_message SET body = %(not_kept)s WHERE id IN (
           SELECT id FROM notices_message
           WHERE queued_at < %(codes_before)s AND template = ANY(%(secret)s)
             AND body <> %(not_kept)s
           ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)""",
    """DELETE FROM notices_webhookdelivery WHERE id IN (
           SELECT id FROM notices_webhookdelivery
           WHERE queued_at < %(before)s
           ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)""",
)


def erase_messages_of(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """Delete what was sent to the records of a person, also by number; for ``people``'s erasure."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM notices_message m
               WHERE m.worker_id = ANY(%(ids)s)
                  OR (m.worker_id IS NULL AND m.phone_hash IN (
                          SELECT phone_hash FROM people_worker WHERE id = ANY(%(ids)s)))""",
            {"ids": list(worker_ids)},
        )
        cursor.execute("DELETE FROM notices_notice WHERE worker_id = ANY(%s)", [list(worker_ids)])
    return ["短信和站内通知"]
