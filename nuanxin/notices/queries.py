"""Reading 通知: the outbox of the default gateway, one's own notices."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nuanxin.notices.models import Message, Notice

LIMIT = 100


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as the outbox shows it; the phone is masked."""

    id: int
    masked_phone: str
    template: str
    body: str
    queued_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice before one person."""

    id: int
    title: str
    body: str
    url: str
    created_at: datetime
    is_read: bool


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
        NoticeRow(n.id, n.title, n.body, n.url, n.created_at, n.read_at is not None)
        for n in found.order_by("-id")[: min(limit, LIMIT)]
    ]
