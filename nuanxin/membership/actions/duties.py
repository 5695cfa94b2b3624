"""Tasks that a union is asked to do: settled by an officer of it."""

from datetime import datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.membership import permissions
from nuanxin.membership.models import Task
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event


@transaction.atomic
def settle_task(*, task_id: int, note: str = "", actor: Actor, now: datetime) -> None:
    """Mark a task as done; doing it again changes nothing. Raises ``NotFound`` out of scope."""
    task = Task.objects.select_for_update().filter(id=task_id).first()
    if task is None:
        raise NotFound()
    permissions.check_can_decide(actor, path=get_union(task.union_id).path)
    if task.done_at is not None:
        return
    task.done_at, task.done_by = now, actor.account_id
    task.save(update_fields=["done_at", "done_by"])
    append_event(
        "membership.task_settled",
        actor=actor,
        at=now,
        subject_type="task",
        subject_id=task.id,
        union_id=task.union_id,
        data={"note": note[:200]},
    )
