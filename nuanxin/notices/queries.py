"""Reading 通知: the outbox of the default gateway, one's own notices, webhooks and their fate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.kernel import occupations, policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.notices import rules
from nuanxin.notices.models import Message, Notice, WebhookDelivery, WebhookSubscription
from nuanxin.notices.states import LIST_LIMIT, WebhookState
from nuanxin.orgs.queries import get_union
from nuanxin.people.states import MyDataSection

LIMIT = LIST_LIMIT


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as the outbox shows it; the phone is masked."""

    id: int
    masked_phone: str
    template: str
    body: str
    queued_at: datetime
    sent_at: datetime | None
    not_before: datetime | None = None
    failure: str = ""

    @property
    def state_label(self) -> str:
        """Return how it stands, in Chinese."""
        if self.sent_at is not None:
            return "已发出"
        return self.failure or "等待发出"


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice before one person."""

    id: int
    title: str
    body: str
    url: str
    created_at: datetime
    is_read: bool
    kind: str = ""


def list_outbox(*, limit: int = LIMIT) -> list[MessageRow]:
    """Return the newest messages of the outbox gateway, the newest first."""
    return [
        MessageRow(
            id=message.id,
            masked_phone=f"{message.phone_hint[:3]}****{message.phone_hint[3:]}",
            template=message.template,
            body=message.body,
            queued_at=message.queued_at,
            sent_at=message.sent_at,
            not_before=message.not_before,
            failure=message.failure,
        )
        for message in Message.objects.order_by("-id")[: min(limit, LIMIT)]
    ]


def list_notices(
    *, worker_id: int | None = None, account_id: UUID | None = None, limit: int = 20
) -> list[NoticeRow]:
    """Return the newest notices of a worker or of an account; nothing when neither is given."""
    if worker_id is not None:
        found = Notice.objects.filter(worker_id=worker_id)
    elif account_id is not None:
        found = Notice.objects.filter(account_id=account_id)
    else:
        return []
    return [
        NoticeRow(n.id, n.title, n.body, n.url, n.created_at, n.read_at is not None, n.kind)
        for n in found.order_by("-id")[: min(limit, LIMIT)]
    ]


def get_notice_url(notice_id: int, *, worker_id: int) -> str:
    """Return where a notice of one's own leads, "" for nowhere; raise ``NotFound`` for others'."""
    found = Notice.objects.filter(id=notice_id, worker_id=worker_id).values_list("url", flat=True)
    url = found.first()
    if url is None:
        raise NotFound()
    return url


def quiet_trades(now: datetime) -> list[int]:
    """Return the trades that are not to be told anything now, 0 for who has none.

    By notices.text_hours and notices.busy_hours, the keys of ``kernel.occupations``.
    """
    trades = [one.key for one in occupations.all_occupations()]
    quiet = [trade for trade in trades if rules.not_before(now, trade=trade) is not None]
    return [*quiet, *([0] if rules.not_before(now) is not None else [])]


def count_unread(*, worker_id: int | None = None, account_id: UUID | None = None) -> int:
    """Return how many notices of a worker or an account are not read yet, 100 at most."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM (
                   SELECT 1 FROM notices_notice
                   WHERE (worker_id = %s OR account_id = %s) AND read_at IS NULL LIMIT %s) AS n""",
            [worker_id, account_id, LIMIT],
        )
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A subscription as its owner sees it; the secret is shown once, when it is made."""

    id: int
    union_id: int
    url: str
    kinds: list[str]
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_why: str

    @property
    def state(self) -> WebhookState:
        """Return how it stands."""
        if self.disabled_at is not None:
            return WebhookState.DISABLED
        return WebhookState.FAILING if self.failing_since else WebhookState.LIVE


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A message to a subscription and what became of it."""

    id: int
    message_id: str
    kind: str
    queued_at: datetime
    tries: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    last_answer: str


def list_webhooks(*, actor: Actor, limit: int = LIMIT) -> list[WebhookRow]:
    """Return the subscriptions below the actor's unions, the newest first.

    Raises ``Forbidden`` without the right.
    """
    prefixes = policy.scope_paths(actor, "webhook.manage")
    if not prefixes:
        policy.check(actor, "webhook.manage")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.id FROM notices_webhooksubscription s JOIN orgs_union u ON u.id = s.union_id
               WHERE u.path LIKE ANY(%s) ORDER BY s.id DESC LIMIT %s""",
            [[prefix + "%" for prefix in prefixes], min(limit, LIMIT)],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return [_webhook_row(s) for s in WebhookSubscription.objects.filter(id__in=ids).order_by("-id")]


def get_webhook(webhook_id: int, *, actor: Actor) -> WebhookRow:
    """Return one subscription; raise ``NotFound`` out of scope."""
    found = WebhookSubscription.objects.filter(id=webhook_id).first()
    if found is None:
        raise NotFound()
    policy.check(actor, "webhook.manage", path=get_union(found.union_id).path)
    return _webhook_row(found)


def list_deliveries(webhook_id: int, *, actor: Actor, limit: int = LIMIT) -> list[DeliveryRow]:
    """Return the newest messages to a subscription; raise ``NotFound`` out of scope."""
    get_webhook(webhook_id, actor=actor)
    found = WebhookDelivery.objects.filter(subscription_id=webhook_id).order_by("-id")
    return [
        DeliveryRow(
            id=one.id,
            message_id=one.message_id,
            kind=one.kind,
            queued_at=one.queued_at,
            tries=one.tries,
            next_try_at=one.next_try_at,
            delivered_at=one.delivered_at,
            given_up_at=one.given_up_at,
            last_answer=one.last_answer,
        )
        for one in found[: min(limit, LIMIT)]
    ]


def _webhook_row(found: WebhookSubscription) -> WebhookRow:
    return WebhookRow(
        id=found.id,
        union_id=found.union_id,
        url=found.url,
        kinds=list(found.kinds),
        created_at=found.created_at,
        failing_since=found.failing_since,
        disabled_at=found.disabled_at,
        disabled_why=found.disabled_why,
    )


def _own_notices(worker_ids: Sequence[int]) -> list[dict[str, Any]]:
    found = Notice.objects.filter(worker_id__in=worker_ids).order_by("id")[:1000]
    return [dict(row) for row in found.values("title", "body", "created_at", "read_at")]


def _own_messages(worker_ids: Sequence[int]) -> list[dict[str, Any]]:
    found = Message.objects.filter(worker_id__in=worker_ids).order_by("id")[:1000]
    return [dict(row) for row in found.values("body", "queued_at", "sent_at")]


MY_NOTICES = MyDataSection(
    "notices",
    "站内通知",
    {"title": "标题", "body": "内容", "created_at": "时间", "read_at": "读过时间"},
    _own_notices,
)
MY_MESSAGES = MyDataSection(
    "messages", "短信", {"body": "内容", "queued_at": "时间", "sent_at": "发出时间"}, _own_messages
)
