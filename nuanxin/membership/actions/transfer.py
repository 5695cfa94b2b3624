"""转会: a membership moves to another union; closed and opened in one transaction.

A person who asks moves at once (一次入会、动态接转; acceptance A29); a proposal made by an officer
or a roster waits for the person's word. From that moment the old union no longer sees him.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.membership import permissions
from nuanxin.membership.actions.ending import GoingOn, end_memberships, open_again
from nuanxin.membership.models import Membership, Transfer
from nuanxin.membership.rules.belonging import TransferFacts, may_transfer
from nuanxin.membership.rules.joining import PROVINCE
from nuanxin.membership.states import (
    TRANSFER_MOVES,
    Channel,
    EndReason,
    FlowKind,
    MemberState,
    TransferState,
    check_move,
)
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event

SET_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Moved:
    """A transfer that took place."""

    transfer_id: int
    membership_id: int
    from_union_id: int
    to_union_id: int


@transaction.atomic
def transfer_me(*, to_union_id: int, channel: Channel, actor: Actor, now: datetime) -> Moved:
    """Move one's own membership to another union: one tap.

    An open proposal to that union is taken, one to another union is cancelled. Raises ``NotFound``
    without a membership, ``Conflict`` already_here or target_takes_no_members.
    """
    if actor.worker_id is None:
        raise Forbidden("access.sign_in", "请先登录，再办转会。")
    membership = _open_membership(worker_id=actor.worker_id)
    target = get_union(to_union_id)
    may_transfer(_facts(membership, target)).insist(Conflict)
    transfer = _propose(membership, target, channel, actor, now, valid_days=None)
    return _carry_out(transfer, membership, target, actor, now)


@transaction.atomic
def propose_transfer(
    *, membership_id: int, to_union_id: int, channel: Channel, actor: Actor, now: datetime
) -> int:
    """Propose to a member elsewhere that he moves here; returns the transfer's id.

    For officers of the union that would take him (out of its scope: ``NotFound``); he is told, and
    decides. Raises ``Conflict`` when another proposal waits, or he may not move.
    """
    target = get_union(to_union_id)
    permissions.check_can_decide(actor, path=target.path)
    membership = _open_membership(membership_id=membership_id)
    may_transfer(_facts(membership, target)).insist(Conflict)
    day = business_day(now)
    days = parameter("membership.transfer_valid_days", adcode=PROVINCE, on=day).value
    return _propose(membership, target, channel, actor, now, valid_days=days).id


@transaction.atomic
def accept_transfer(*, transfer_id: int, actor: Actor, now: datetime) -> Moved:
    """Say yes to the proposal to move; only the person himself can."""
    transfer = _own_transfer(transfer_id, actor)
    check_move(TransferState(transfer.state), TransferState.ACCEPTED, TRANSFER_MOVES)
    membership = _open_membership(worker_id=transfer.worker_id)
    if membership.id != transfer.from_membership_id:
        raise Conflict("membership.moved_meanwhile", "会籍已经换了地方，这个提议作废了。")
    target = get_union(transfer.to_union_id)
    may_transfer(_facts(membership, target)).insist(Conflict)
    return _carry_out(transfer, membership, target, actor, now)


@transaction.atomic
def decline_transfer(*, transfer_id: int, actor: Actor, now: datetime) -> None:
    """Say no to the proposal to move; only the person himself can. Nothing else changes."""
    transfer = _own_transfer(transfer_id, actor)
    _close(transfer, TransferState.DECLINED, actor, now)


@transaction.atomic
def cancel_transfer(*, transfer_id: int, actor: Actor, now: datetime) -> None:
    """Take back a proposal; for officers of the union that made it."""
    transfer = Transfer.objects.select_for_update().filter(id=transfer_id).first()
    if transfer is None:
        raise NotFound()
    permissions.check_can_decide(actor, path=get_union(transfer.to_union_id).path)
    _close(transfer, TransferState.CANCELLED, actor, now)


@transaction.atomic
def expire_transfers(*, actor: Actor, now: datetime, limit: int = SET_LIMIT) -> int:
    """Cancel the proposals that nobody answered in time; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"day": business_day(now), "at": now, "limit": limit})
        expired = cursor.rowcount
    if expired:
        append_event(
            "membership.transfers_expired",
            actor=actor,
            at=now,
            subject_type="transfer",
            subject_id=None,
            data={"persons": expired},
        )
    return int(expired)


_EXPIRE = """
UPDATE membership_transfer SET state = 4, decided_at = %(at)s
WHERE id IN (SELECT id FROM membership_transfer WHERE state = 1 AND expires_on < %(day)s
             ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""


def _carry_out(
    transfer: Transfer, membership: Membership, target: UnionRow, actor: Actor, now: datetime
) -> Moved:
    ended = end_memberships(
        [membership.id], EndReason.TRANSFERRED, actor=actor, now=now, transfer_id=transfer.id
    )
    if not ended:
        raise Conflict("membership.moved_meanwhile", "会籍刚刚变动过。请刷新看看，再办。")
    going = GoingOn(
        union_id=target.id,
        flow=FlowKind.TRANSFERRED_IN,
        state=MemberState.LIVE,
        event="membership.transferred",
        title="转会办好了",
        body=f"会籍已经转到{target.name}，入会日期和卡号不变。",
    )
    (opened,) = open_again(ended, going, actor=actor, now=now)
    transfer.state = TransferState.ACCEPTED
    transfer.decided_at = now
    transfer.to_membership_id = opened.membership_id
    transfer.save()
    return Moved(transfer.id, opened.membership_id, membership.union_id, target.id)


def _propose(
    membership: Membership,
    target: UnionRow,
    channel: Channel,
    actor: Actor,
    now: datetime,
    *,
    valid_days: int | None,
) -> Transfer:
    """Write the proposal; one's own request (``valid_days`` None) goes before a waiting one."""
    waiting = Transfer.objects.select_for_update().filter(worker=membership.worker_id, state=1)
    for other in waiting:
        if valid_days is None and other.to_union_id == target.id:
            return other
        is_stale = other.from_membership_id != membership.id
        if valid_days is not None and not is_stale:
            raise Conflict(
                "membership.transfer_waits", "已经有一个转会提议在等本人答复，等有了结果再提。"
            )
        _close(other, TransferState.CANCELLED, actor, now)
    transfer = Transfer.objects.create(
        worker_id=membership.worker_id,
        from_membership=membership,
        to_union_id=target.id,
        channel=channel,
        proposed_at=now,
        proposed_by=actor.account_id,
        expires_on=business_day(now) + timedelta(days=valid_days) if valid_days else None,
    )
    append_event(
        "membership.transfer_proposed",
        actor=actor,
        at=now,
        subject_type="transfer",
        subject_id=transfer.id,
        union_id=target.id,
        data={"membership": membership.id},
    )
    if valid_days is not None:
        _tell(membership.worker_id, target, now)
    return transfer


def _tell(worker_id: int, target: UnionRow, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
               VALUES (%s, 'membership.transfer_proposed', '有个工会请你转过去', %s, '/me/', %s)""",
            [
                worker_id,
                f"{target.name}请你把会籍转过去。同意就点一下，不同意也不影响现在的会籍。",
                now,
            ],
        )


def _close(transfer: Transfer, to: TransferState, actor: Actor, now: datetime) -> None:
    check_move(TransferState(transfer.state), to, TRANSFER_MOVES)
    transfer.state = to
    transfer.decided_at = now
    transfer.save()
    append_event(
        f"membership.transfer_{to.name.lower()}",
        actor=actor,
        at=now,
        subject_type="transfer",
        subject_id=transfer.id,
        union_id=transfer.to_union_id,
    )


def _open_membership(*, worker_id: int = 0, membership_id: int = 0) -> Membership:
    rows = Membership.objects.select_for_update().filter(ended_on__isnull=True)
    chosen = rows.filter(id=membership_id) if membership_id else rows.filter(worker_id=worker_id)
    found = chosen.first()
    if found is None:
        raise NotFound()
    return found


def _own_transfer(transfer_id: int, actor: Actor) -> Transfer:
    found = (
        Transfer.objects.select_for_update()
        .filter(id=transfer_id, worker_id=actor.worker_id or 0)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _facts(membership: Membership, target: UnionRow) -> TransferFacts:
    return TransferFacts(
        state=MemberState(membership.state),
        is_same_union=membership.union_id == target.id,
        target_takes_members=target.accepts_members and target.is_live,
    )
