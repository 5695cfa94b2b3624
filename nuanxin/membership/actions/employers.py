"""An employer that ends, with what must follow: its unions are dissolved by those above (工会法 a.13)."""

from datetime import date, datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.membership.models import Task
from nuanxin.orgs import actions as orgs_actions
from nuanxin.orgs import queries as orgs

TASK = "employer_ended"


@transaction.atomic
def close_employer(
    *, employer_id: int, closed_on: date, actor: Actor, now: datetime
) -> tuple[int, ...]:
    """Note an employer's end, and ask the union above each union that ends with it to dissolve it.

    Returns those unions. Raises what ``orgs.actions.close_employer`` raises.
    """
    ending = orgs_actions.close_employer(
        employer_id=employer_id, closed_on=closed_on, actor=actor, now=now
    )
    unions = orgs.list_unions_by_id(ending)
    Task.objects.bulk_create(
        [
            Task(
                union_id=union.parent_id,
                kind=TASK,
                title=f"「{union.name}」的单位终止了，请撤销这家工会"[:120],
                subject_type="employer",
                subject_id=employer_id,
                subject_key=union.code,
                created_at=now,
            )
            for union in unions.values()
            if union.parent_id is not None
        ],
        ignore_conflicts=True,
    )
    return ending


@transaction.atomic
def reopen_employer(*, employer_id: int, actor: Actor, now: datetime) -> None:
    """Take an employer's end back, with the tasks that it gave. A dissolved union stays dissolved."""
    orgs_actions.reopen_employer(employer_id=employer_id, actor=actor, now=now)
    Task.objects.filter(
        kind=TASK, subject_type="employer", subject_id=employer_id, done_at=None
    ).update(done_at=now, done_by=actor.account_id)
