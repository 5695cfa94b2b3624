"""Subscriptions to what happens: who wants to be told, where, and under which secret."""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from nuanxin.kernel import policy, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.notices import rules
from nuanxin.notices.actions.guarded_post import allowed_networks
from nuanxin.notices.models import WebhookSubscription
from nuanxin.orgs.queries import get_union
from nuanxin.records.actions import append_event

SECRET_COLUMN = "webhook_secret"
KINDS_LIMIT = 40
PING = "notices.ping"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A subscription with its secret in clear: shown once, kept sealed."""

    webhook_id: int
    secret: str


@transaction.atomic
def subscribe_webhook(
    *,
    token_id: int,
    union_id: int,
    url: str,
    kinds: Sequence[str],
    actor: Actor,
    now: datetime,
) -> NewSecret:
    """Have events of the kinds told to ``url``, of the union and all below it.

    The subscription lives as long as the token. Raises ``Malformed`` webhook.url or webhook.kinds,
    ``NotFound`` (union or token out of scope), ``Forbidden``.
    """
    union = get_union(union_id)
    policy.check(actor, "webhook.manage", path=union.path)
    _check_token(token_id, union.path)
    networks = allowed_networks()
    rules.check_may_be_public(rules.check_target(url, allows_http=bool(networks)), networks)
    secret, sealed, bound = _new_secret()
    created = WebhookSubscription.objects.create(
        token_id=token_id,
        union_id=union_id,
        url=url,
        kinds=_checked_kinds(kinds),
        secret_sealed=sealed,
        secret_bound_to=bound,
        created_at=now,
    )
    _log("notices.webhook_subscribed", created.id, union_id, actor, now)
    return NewSecret(created.id, secret)


@transaction.atomic
def drop_webhook(*, webhook_id: int, actor: Actor, now: datetime) -> None:
    """End a subscription; what waits for it is not sent any more. Raises ``NotFound``."""
    found = _locked(webhook_id, actor)
    if found.disabled_at is None:
        _disable(webhook_id, "已取消", now)
        _log("notices.webhook_dropped", webhook_id, found.union_id, actor, now)


@transaction.atomic
def enable_webhook(*, webhook_id: int, actor: Actor, now: datetime) -> None:
    """Let a disabled subscription live again; what was given up meanwhile stays given up."""
    found = _locked(webhook_id, actor)
    if found.disabled_at is not None:
        WebhookSubscription.objects.filter(id=webhook_id).update(
            disabled_at=None, disabled_why="", failing_since=None
        )
        _log("notices.webhook_enabled", webhook_id, found.union_id, actor, now)


@transaction.atomic
def rotate_webhook_secret(*, webhook_id: int, actor: Actor, now: datetime) -> NewSecret:
    """Give a subscription a new secret; the old one signs nothing from now on."""
    found = _locked(webhook_id, actor)
    secret, sealed, bound = _new_secret()
    WebhookSubscription.objects.filter(id=webhook_id).update(
        secret_sealed=sealed, secret_bound_to=bound
    )
    _log("notices.webhook_secret_changed", webhook_id, found.union_id, actor, now)
    return NewSecret(webhook_id, secret)


# A subscription hears of its union and what hangs below; only while its token is good.
_PUBLISH = """
INSERT INTO notices_webhookdelivery
    (subscription_id, message_id, kind, payload, queued_at, tries, next_try_at, last_answer)
SELECT s.id, %(message)s, %(kind)s, %(payload)s::jsonb, %(now)s, 0, %(now)s, ''
FROM notices_webhooksubscription s
JOIN orgs_union scope ON scope.id = s.union_id
JOIN orgs_union place ON place.id = %(union)s
JOIN access_apitoken t ON t.id = s.token_id
WHERE s.disabled_at IS NULL AND jsonb_exists(s.kinds, %(kind)s)
  AND starts_with(place.path, scope.path)
  AND t.revoked_at IS NULL AND t.expires_at > %(now)s
ON CONFLICT (subscription_id, message_id) DO NOTHING
"""


def publish_webhook(
    *, kind: str, union_id: int, data: dict[str, Any], now: datetime, message_id: str = ""
) -> int:
    """Queue an event for everybody who subscribed to it; return how many.

    In the transaction of what happened: it is told exactly when that has committed. ``data`` holds
    codes and ids, no personal data. The same ``message_id`` again is queued once.
    """
    values: dict[str, Any] = {
        "message": message_id or f"msg_{uuid7().hex}",
        "kind": kind,
        "payload": json.dumps(
            {"type": kind, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False
        ),
        "now": now,
        "union": union_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUBLISH, values)
        return int(cursor.rowcount)


@transaction.atomic
def ping_webhook(*, webhook_id: int, actor: Actor, now: datetime) -> str:
    """Queue a trial message for one subscription; return the message's id."""
    found = _locked(webhook_id, actor)
    if found.disabled_at is not None:
        raise Malformed("webhook.disabled", "这个回调已经停用。请先启用，再发试验消息。")
    message_id = f"msg_{uuid7().hex}"
    payload = json.dumps({"type": PING, "timestamp": now.isoformat(), "data": {}})
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notices_webhookdelivery
                   (subscription_id, message_id, kind, payload, queued_at, tries, next_try_at,
                    last_answer)
               VALUES (%s, %s, %s, %s::jsonb, %s, 0, %s, '')""",
            [webhook_id, message_id, PING, payload, now, now],
        )
    return message_id


def secret_of(sealed: bytes, bound_to: UUID) -> str:
    """Return the secret in clear, to sign with."""
    return sealing.unseal(SECRET_COLUMN, bytes(sealed), bound_to)


def _new_secret() -> tuple[str, bytes, UUID]:
    secret = rules.SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    bound = uuid4()
    return secret, sealing.seal(SECRET_COLUMN, secret, bound), bound


def _checked_kinds(kinds: Sequence[str]) -> list[str]:
    wanted = sorted(set(kinds))
    is_sound = all(kind.isascii() and "." in kind and len(kind) <= 64 for kind in wanted)
    if not wanted or len(wanted) > KINDS_LIMIT or not is_sound:
        raise Malformed(
            "webhook.kinds",
            f"请写明要订阅哪些事由，1 到 {KINDS_LIMIT} 个，例如 membership.approved。",
        )
    return wanted


def _check_token(token_id: int, path: str) -> None:
    """The token must be good, and its union must be the subscription's or lie above it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT 1 FROM access_apitoken t JOIN orgs_union u ON u.id = t.union_id
               WHERE t.id = %s AND t.revoked_at IS NULL AND starts_with(%s, u.path)""",
            [token_id, path],
        )
        if cursor.fetchone() is None:
            raise NotFound()


def _locked(webhook_id: int, actor: Actor) -> WebhookSubscription:
    found = WebhookSubscription.objects.select_for_update().filter(id=webhook_id).first()
    if found is None:
        raise NotFound()
    policy.check(actor, "webhook.manage", path=get_union(found.union_id).path)
    return found


def _disable(webhook_id: int, why: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_webhooksubscription SET disabled_at = %s, disabled_why = %s WHERE id = %s",
            [now, why, webhook_id],
        )
        cursor.execute(
            """UPDATE notices_webhookdelivery SET given_up_at = %s, next_try_at = NULL
               WHERE subscription_id = %s AND delivered_at IS NULL AND given_up_at IS NULL""",
            [now, webhook_id],
        )


def _log(kind: str, webhook_id: int, union_id: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="webhook",
        subject_id=webhook_id,
        union_id=union_id,
    )
