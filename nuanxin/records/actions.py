"""Writing the log: one event a thing that happened, in the transaction in which it happened."""

from datetime import datetime
from typing import Any

from nuanxin.kernel.actor import Actor
from nuanxin.records.models import Event


def append_event(
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    subject_type: str,
    subject_id: int | None,
    union_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """Append one event and return its id. ``data`` holds no personal data in clear."""
    event = Event.objects.create(
        kind=kind,
        at=at,
        actor_account=actor.account_id,
        actor_name=actor.name,
        subject_type=subject_type,
        subject_id=subject_id,
        union_id=union_id,
        data=data,
    )
    return event.id
