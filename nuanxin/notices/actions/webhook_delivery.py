"""Delivering webhooks: signed, tried again with growing waits, given up and disabled in the end.

Claimed like text messages: the claim commits, then the receiver is asked with nothing locked. A
receiver may get a message twice; it tells by ``webhook-id``.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.parameters import parameter
from nuanxin.notices import rules
from nuanxin.notices.actions.guarded_post import Outcome, Post, allowed_networks, post_all
from nuanxin.notices.actions.webhooks import secret_of
from nuanxin.notices.states import DELIVERIES_AT_A_TIME
from nuanxin.records.actions import append_event

LEASE = timedelta(minutes=5)
_GONE = 410
_PROVINCE = "330000"
_REFUSED = Outcome(None, "refused")


@dataclass(frozen=True, slots=True)
class _Delivery:
    id: int
    subscription_id: int
    message_id: str
    payload: Any
    tries: int
    url: str
    secret_sealed: bytes
    secret_bound_to: UUID


_CLAIM = """
UPDATE notices_webhookdelivery d SET tries = d.tries + 1, next_try_at = %(lease)s
FROM (SELECT w.id FROM notices_webhookdelivery w
      JOIN notices_webhooksubscription live ON live.id = w.subscription_id
           AND live.disabled_at IS NULL
      JOIN access_apitoken t ON t.id = live.token_id
           AND t.revoked_at IS NULL AND t.expires_at > %(now)s
      WHERE w.delivered_at IS NULL AND w.given_up_at IS NULL AND w.next_try_at <= %(now)s
      ORDER BY w.next_try_at, w.id LIMIT %(limit)s FOR UPDATE OF w SKIP LOCKED) AS due,
     notices_webhooksubscription s
WHERE d.id = due.id AND s.id = d.subscription_id
RETURNING d.id, d.subscription_id, d.message_id, d.payload, d.tries, s.url, s.secret_sealed,
          s.secret_bound_to
"""
_SETTLE = """
UPDATE notices_webhookdelivery d SET
    delivered_at = o.delivered_at, given_up_at = o.given_up_at, next_try_at = o.next_try_at,
    last_answer = o.answer
FROM unnest(%(ids)s::bigint[], %(delivered)s::timestamptz[], %(given_up)s::timestamptz[],
            %(next)s::timestamptz[], %(answers)s::text[])
         AS o (id, delivered_at, given_up_at, next_try_at, answer)
WHERE d.id = o.id
"""
# One success is enough to be well again; the first failure after it is remembered.
_MARK = """
UPDATE notices_webhooksubscription s SET
    failing_since = CASE WHEN m.is_well THEN NULL ELSE coalesce(s.failing_since, %(now)s) END
FROM unnest(%(ids)s::bigint[], %(well)s::boolean[]) AS m (id, is_well)
WHERE s.id = m.id AND (s.failing_since IS NOT NULL OR NOT m.is_well)
"""
_DISABLE = """
WITH disabled AS (
    UPDATE notices_webhooksubscription SET disabled_at = %(now)s, disabled_why = %(why)s
    WHERE disabled_at IS NULL AND (failing_since <= %(since)s OR id = ANY(%(gone)s))
      AND id = ANY(%(ids)s)
    RETURNING id, union_id
), given_up AS (
    UPDATE notices_webhookdelivery SET given_up_at = %(now)s, next_try_at = NULL
    WHERE subscription_id IN (SELECT id FROM disabled)
      AND delivered_at IS NULL AND given_up_at IS NULL
)
SELECT id, union_id FROM disabled
"""


def deliver_webhooks(*, now: datetime) -> int:
    """Deliver what is due, at most ``DELIVERIES_AT_A_TIME``; return how many were tried.

    A 2xx answer is a delivery. Anything else is tried again after notices.webhook_retry_seconds;
    an address that has not answered well for notices.webhook_disable_days, or says 410, is
    disabled, with an event.
    """
    claimed = _claim(now)
    if not claimed:
        return 0
    posts = [_post_of(delivery, now) for delivery in claimed]
    answers = iter(post_all([post for post in posts if post is not None]))
    outcomes = [_REFUSED if post is None else next(answers) for post in posts]
    with transaction.atomic():
        _settle(claimed, outcomes, now)
        _mark(claimed, outcomes, now)
        _disable(claimed, outcomes, now)
    return len(claimed)


def _claim(now: datetime) -> list[_Delivery]:
    values: dict[str, Any] = {"now": now, "lease": now + LEASE, "limit": DELIVERIES_AT_A_TIME}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        rows = cursor.fetchall()
    return sorted((_Delivery(*row) for row in rows), key=lambda delivery: delivery.id)


def _post_of(delivery: _Delivery, now: datetime) -> Post | None:
    """Return the signed request; None for an address that would not be taken today."""
    try:
        target = rules.check_target(delivery.url, allows_http=bool(allowed_networks()))
    except Malformed:
        return None
    payload = delivery.payload
    body = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
    timestamp = int(now.timestamp())
    secret = secret_of(delivery.secret_sealed, delivery.secret_bound_to)
    signed = rules.signature(secret, message_id=delivery.message_id, timestamp=timestamp, body=body)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "nuanxin-webhooks/1",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }
    return Post(target, headers, body)


def _settle(claimed: list[_Delivery], outcomes: list[Outcome], now: datetime) -> None:
    waits = _parameter("webhook_retry_seconds", now)
    again = [
        None if outcome.is_taken else rules.next_try(delivery.tries, waits, now)
        for delivery, outcome in zip(claimed, outcomes, strict=True)
    ]
    values: dict[str, Any] = {
        "ids": [delivery.id for delivery in claimed],
        "delivered": [now if outcome.is_taken else None for outcome in outcomes],
        "given_up": [
            now if when is None and not outcome.is_taken else None
            for when, outcome in zip(again, outcomes, strict=True)
        ],
        "next": again,
        "answers": [outcome.said for outcome in outcomes],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, values)


def _mark(claimed: list[_Delivery], outcomes: list[Outcome], now: datetime) -> None:
    well: dict[int, bool] = {}
    for delivery, outcome in zip(claimed, outcomes, strict=True):
        well[delivery.subscription_id] = well.get(delivery.subscription_id, False) or (
            outcome.is_taken
        )
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"ids": list(well), "well": list(well.values()), "now": now})


def _disable(claimed: list[_Delivery], outcomes: list[Outcome], now: datetime) -> None:
    gone = [
        delivery.subscription_id
        for delivery, outcome in zip(claimed, outcomes, strict=True)
        if outcome.status == _GONE
    ]
    days = _parameter("webhook_disable_days", now)
    values: dict[str, Any] = {
        "now": now,
        "why": "对方说不再接收" if gone else f"连续 {days} 天没有送到",
        "since": now - timedelta(days=days),
        "gone": gone,
        "ids": [delivery.subscription_id for delivery in claimed],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DISABLE, values)
        disabled = cursor.fetchall()
    for webhook_id, union_id in disabled:
        append_event(
            "notices.webhook_disabled",
            actor=SYSTEM,
            at=now,
            subject_type="webhook",
            subject_id=webhook_id,
            union_id=union_id,
        )


def _parameter(name: str, now: datetime) -> Any:
    return parameter(f"notices.{name}", adcode=_PROVINCE, on=business_day(now)).value
