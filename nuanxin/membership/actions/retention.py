"""保留会籍 and 恢复: a membership is put on hold when its holder retires or loses the job.

On hold it counts in no figure of live members, has no vote and pays no dues (domain M-16), but is
not lost: back at work it is restored, here or by transfer.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Decision
from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.membership import permissions
from nuanxin.membership.models import Membership, Pause
from nuanxin.membership.rules.belonging import may_restore, may_retain
from nuanxin.membership.states import FlowKind, MemberState, RetentionReason
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event


@transaction.atomic
def retain_membership(
    *, membership_id: int, reason: RetentionReason, note: str = "", actor: Actor, now: datetime
) -> None:
    """Put a membership on hold; for its union's officers, and for the person himself."""
    membership, union = _found(membership_id, actor)
    may_retain(MemberState(membership.state)).insist(Conflict)
    membership.state = MemberState.RETAINED
    membership.retained_on = business_day(now)
    membership.save(update_fields=["state", "retained_on"])
    _append_flow(membership, union, FlowKind.RETAINED, now)
    _record("membership.retained", membership, actor, now, reason=reason.name.lower(), note=note)
    _tell(
        membership.worker_id,
        "会籍保留了",
        f"会籍保留在{union.name}，不用交会费；又开始干活了，随时可以恢复。",
        now,
    )


@transaction.atomic
def restore_membership(*, membership_id: int, note: str = "", actor: Actor, now: datetime) -> None:
    """Make a membership on hold live again where it lies; for its union's officers.

    Raises ``Conflict`` restore_by_transfer when that union takes no members itself.
    """
    membership, union = _found(membership_id, actor, by_officer=True)
    takes = union.accepts_members and union.is_live
    decision: Decision = may_restore(MemberState(membership.state), union_takes_members=takes)
    decision.insist(Conflict)
    Pause.objects.create(
        membership=membership,
        from_on=membership.retained_on or membership.started_on,
        until_on=business_day(now),
        is_hold=True,
        recorded_at=now,
    )
    membership.state = MemberState.LIVE
    membership.retained_on = None
    membership.save(update_fields=["state", "retained_on"])
    _append_flow(membership, union, FlowKind.RESTORED, now)
    _record("membership.restored", membership, actor, now, note=note)
    _tell(membership.worker_id, "会籍恢复了", f"你又是{union.name}的会员了，卡号不变。", now)


def _found(
    membership_id: int, actor: Actor, *, by_officer: bool = False
) -> tuple[Membership, UnionRow]:
    """Return an open membership in the actor's reach, locked. Nobody restores his own."""
    membership = (
        Membership.objects.select_for_update()
        .filter(id=membership_id, ended_on__isnull=True)
        .first()
    )
    if membership is None:
        raise NotFound()
    union = get_union(membership.union_id)
    if by_officer or not permissions.is_own_person(actor, membership.worker_id):
        permissions.check_can_decide(actor, path=union.path)
    if by_officer and permissions.is_own_person(actor, membership.worker_id):
        raise Conflict("membership.own_membership", "这是您自己的会籍，要请另一位同事来办。")
    return membership, union


def _append_flow(membership: Membership, union: UnionRow, kind: FlowKind, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO membership_memberflow
                   (day, union_id, county, occupation, channel, kind, persons, recorded_at)
               VALUES (%s, %s, %s, %s, %s, %s, 1, %s)""",
            [
                business_day(now),
                union.id,
                union.adcode,
                membership.occupation,
                membership.channel,
                int(kind),
                now,
            ],
        )


def _record(kind: str, membership: Membership, actor: Actor, now: datetime, **data: Any) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="membership",
        subject_id=membership.id,
        union_id=membership.union_id,
        data=data,
    )


def _tell(worker_id: int, title: str, body: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
               VALUES (%s, 'membership.retention', %s, %s, '/me/', %s)""",
            [worker_id, title, body, now],
        )
