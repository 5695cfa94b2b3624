"""The committee decides: approve (one, some, or all that are clean), return, decline, undo.

The day of approval starts the membership (domain M-11). Nobody decides on his own application; a
decision can be taken back as a whole within the undo time and then everything is as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Decision
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.membership import permissions
from nuanxin.membership.actions.review_statements import (
    APPROVE,
    CLEAN,
    DECIDE_OTHERWISE,
    FACTS,
    UNDO,
)
from nuanxin.membership.models import DecisionRun
from nuanxin.membership.queries.scope import unions_below
from nuanxin.membership.rules.joining import PROVINCE
from nuanxin.membership.rules.review import (
    MOST_AT_ONCE,
    ReviewFacts,
    may_approve,
    may_undo,
    undo_until,
)
from nuanxin.membership.states import EndReason, FlowKind, JoinState
from nuanxin.notices.actions import send_sms_to_many
from nuanxin.records.actions import append_event

LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Skipped:
    """An application that was left alone, and why."""

    application_id: int
    reason: Decision


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """What a decision did. ``run_id`` takes it back until ``undo_until``; None if nothing moved.

    ``left`` is how many clean ones still wait when all clean ones were asked for.
    """

    decided: int
    skipped: tuple[Skipped, ...] = ()
    run_id: int | None = None
    undo_until: datetime | None = None
    left: int = 0


@transaction.atomic
def approve_applications(
    *,
    application_ids: Sequence[int] = (),
    all_clean_of: int | None = None,
    note: str = "",
    limit: int = MOST_AT_ONCE,
    actor: Actor,
    now: datetime,
) -> DecisionResult:
    """Approve the named applications, or every clean one below the union ``all_clean_of``.

    What may not be approved (one's own, no longer waiting, a member elsewhere, a doubt that needs
    a note or a merge) is left alone and told. At most ``MOST_AT_ONCE``, in one statement.
    Raises ``NotFound`` for an id out of scope, ``Forbidden`` without the right to decide.
    """
    paths = _paths(actor)
    if all_clean_of is not None:
        chosen = _clean(all_clean_of, paths, min(limit, MOST_AT_ONCE) + 1, actor)
        left = max(len(chosen) - min(limit, MOST_AT_ONCE), 0)
        return _approve(chosen[: min(limit, MOST_AT_ONCE)], (), note, left, actor, now)
    facts, _ = _facts(application_ids, paths, note, actor)
    judged = {number: may_approve(one) for number, one in facts.items()}
    willing = [number for number, decision in judged.items() if decision.is_yes]
    skipped = tuple(Skipped(n, decision) for n, decision in judged.items() if not decision.is_yes)
    return _approve(willing, skipped, note, 0, actor, now)


def _approve(
    ids: Sequence[int],
    skipped: tuple[Skipped, ...],
    note: str,
    left: int,
    actor: Actor,
    now: datetime,
) -> DecisionResult:
    values: dict[str, Any] = {
        "ids": list(ids),
        "own_worker": actor.worker_id,
        "account": actor.account_id,
        "actor_name": actor.name,
        "note": _checked_note(note),
        "day": business_day(now),
        "at": now,
        "first": int(FlowKind.JOINED),
        "again": int(FlowKind.JOINED_AGAIN),
        "undone": int(EndReason.APPROVAL_UNDONE),
    }
    with connection.cursor() as cursor:
        cursor.execute(APPROVE, values)
        rows = cursor.fetchall()
    decided = [int(row[0]) for row in rows]
    send_sms_to_many(
        texts=[(row[2], {"union": row[3]}) for row in rows],
        template="membership.approved",
        now=now,
    )
    overtaken = Decision.no("overtaken", "刚才有同事在办这一份，看看最新的情况。")
    done = set(decided)
    missed = tuple(Skipped(number, overtaken) for number in ids if number not in done)
    return _note_run(JoinState.APPROVED, decided, skipped + missed, left, actor, now)


@transaction.atomic
def return_applications(
    *, application_ids: Sequence[int], reason: str, actor: Actor, now: datetime
) -> DecisionResult:
    """Send applications back to be completed; ``reason`` is what the person reads."""
    day = business_day(now)
    days = parameter("membership.returned_valid_days", adcode=PROVINCE, on=day).value
    return _decide_otherwise(
        JoinState.RETURNED,
        application_ids,
        reason,
        {
            "event": "membership.application_returned",
            "title": "申请要补一下",
            "expires": day + timedelta(days=days),
        },
        actor,
        now,
    )


@transaction.atomic
def decline_applications(
    *, application_ids: Sequence[int], reason: str, actor: Actor, now: datetime
) -> DecisionResult:
    """Decline applications; ``reason`` is what the person reads, and he may apply again."""
    return _decide_otherwise(
        JoinState.DECLINED,
        application_ids,
        reason,
        {"event": "membership.application_declined", "title": "这次没有通过", "expires": None},
        actor,
        now,
    )


def _decide_otherwise(
    verdict: JoinState,
    application_ids: Sequence[int],
    reason: str,
    said: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> DecisionResult:
    if not reason.strip():
        raise Malformed("membership.reason_missing", "请写一句原因，本人会看到。")
    facts, _ = _facts(application_ids, _paths(actor), reason, actor)
    values = said | {
        "ids": list(facts),
        "verdict": int(verdict),
        "own_worker": actor.worker_id,
        "account": actor.account_id,
        "actor_name": actor.name,
        "note": _checked_note(reason),
        "at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(DECIDE_OTHERWISE, values)
        rows = cursor.fetchall()
    decided = [int(row[0]) for row in rows]
    send_sms_to_many(
        texts=[(row[1], {"union": row[2]}) for row in rows], template=said["event"], now=now
    )
    skipped = tuple(
        Skipped(number, _why_not(one)) for number, one in facts.items() if number not in decided
    )
    return _note_run(verdict, decided, skipped, 0, actor, now)


def _why_not(facts: ReviewFacts) -> Decision:
    decision = may_approve(facts)
    if decision.code in ("own_application", "not_waiting"):
        return decision
    return Decision.no("overtaken", "刚才有同事在办这一份，看看最新的情况。")


@transaction.atomic
def undo_decisions(*, run_id: int, actor: Actor, now: datetime) -> DecisionResult:
    """Take a decision back: its applications wait again as before, its memberships never were.

    Who decided may do it, and whoever decides over the same unions. What has moved on since
    (transferred, left, resubmitted) stays. Raises ``NotFound`` out of scope, ``Conflict``
    undo_too_late, already_undone.
    """
    run = DecisionRun.objects.select_for_update().filter(id=run_id).first()
    if run is None:
        raise NotFound()
    facts, _ = _facts(run.application_ids, _paths(actor), "", actor)
    may_undo(undo_until=run.undo_until, undone_at=run.undone_at, now=now).insist(Conflict)
    values: dict[str, Any] = {
        "ids": list(facts),
        "verdict": run.verdict,
        "decided_at": run.decided_at,
        "account": actor.account_id,
        "actor_name": actor.name,
        "run": run.id,
        "day": business_day(now),
        "at": now,
        "undone": int(EndReason.APPROVAL_UNDONE),
        "flow": int(FlowKind.APPROVAL_UNDONE),
    }
    with connection.cursor() as cursor:
        cursor.execute(UNDO, values)
        undone = {int(row[0]) for row in cursor.fetchall()}
    run.undone_at, run.undone_by = now, actor.account_id
    run.save(update_fields=["undone_at", "undone_by"])
    append_event(
        "membership.run_undone",
        actor=actor,
        at=now,
        subject_type="decision_run",
        subject_id=run.id,
        data={"persons": len(undone)},
    )
    moved_on = Decision.no("moved_on", "这一份后来又有变动，没有动它。")
    return DecisionResult(
        decided=len(undone),
        skipped=tuple(Skipped(number, moved_on) for number in facts if number not in undone),
    )


def _paths(actor: Actor) -> list[str]:
    paths = permissions.decide_paths(actor)
    if not paths:
        raise Forbidden(
            "access.no_right", "审核入会由基层工会和县级工会办。需要办的话，请找上级工会给您加上。"
        )
    return list(paths)


def _facts(
    application_ids: Sequence[int], paths: list[str], note: str, actor: Actor
) -> tuple[dict[int, ReviewFacts], str]:
    """Return the facts of every named application, and a county of theirs.

    One id out of scope refuses all of them: a list that mixes own and foreign ids is an attempt.
    """
    wanted = sorted(set(application_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise Malformed(
            "membership.too_many_at_once", f"一次最多办 {MOST_AT_ONCE} 份。请分几次办。"
        )
    values: dict[str, Any] = {
        "ids": wanted,
        "paths": paths,
        "own_worker": actor.worker_id,
        "account": actor.account_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, values)
        rows = cursor.fetchall()
    if len(rows) != len(wanted):
        raise NotFound()
    facts = {
        number: ReviewFacts(JoinState(state), doubts, own, takes, member, note)
        for number, state, doubts, own, takes, member, _ in rows
    }
    return facts, str(rows[0][6]) if rows else PROVINCE


def _clean(union_id: int, paths: list[str], limit: int, actor: Actor) -> list[int]:
    values: dict[str, Any] = {
        "unions": unions_below(union_id, paths),
        "limit": limit,
        "own_worker": actor.worker_id,
        "account": actor.account_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLEAN, values)
        return [int(row[0]) for row in cursor.fetchall()]


def _note_run(
    verdict: JoinState,
    decided: list[int],
    skipped: tuple[Skipped, ...],
    left: int,
    actor: Actor,
    now: datetime,
) -> DecisionResult:
    if not decided:
        return DecisionResult(0, skipped, left=left)
    until = undo_until(now, PROVINCE)
    run = DecisionRun.objects.create(
        verdict=verdict,
        application_ids=decided,
        persons=len(decided),
        decided_at=now,
        decided_by=actor.account_id,
        decided_by_name=actor.name,
        undo_until=until,
    )
    return DecisionResult(len(decided), skipped, run.id, until, left)


def _checked_note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise Malformed("membership.note_too_long", f"说明最多写 {LONGEST_NOTE} 个字。")
    return note.strip()
