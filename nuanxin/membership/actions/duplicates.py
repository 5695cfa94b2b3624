"""Two records turn out to be one person: what becomes of their memberships and applications.

A part of ``people.actions.merge_workers`` (registered when the application starts). One person has
one live membership and one open application, and periods never overlap: so the folded record's
rows move to the kept one only where they fit, and the others stay where they are as history. What
was ended or moved is noted and taken back exactly when the merge is undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.membership.actions.ending import end_memberships
from nuanxin.membership.rules.doubts import Doubt
from nuanxin.membership.states import EndReason, FlowKind, JoinState, MemberState
from nuanxin.records.actions import append_event

_TOGETHER = "两份档案合并，另一份申请继续办"


@dataclass(slots=True)
class MembershipMergeStep:
    """The step of 会籍 in a merge of two records."""

    name: str = "membership"

    def fold(self, *, kept_id: int, folded_id: int, actor: Actor, now: datetime) -> dict[str, Any]:
        """Settle what would collide, move what fits; return what takes it back."""
        return {
            "transfers": _cancel_transfers(kept_id, folded_id, now),
            "ended": _end_second(kept_id, folded_id, actor, now),
            "closed": _close_second(kept_id, folded_id, actor, now),
            "applications": _move_applications(kept_id, folded_id),
            "memberships": _move_memberships(kept_id, folded_id),
        }

    def unfold(
        self, memo: Any, *, kept_id: int, folded_id: int, actor: Actor, now: datetime
    ) -> None:
        """Take back what ``fold`` did; a membership ended by it is live again from today's view."""
        _run(
            "UPDATE membership_membership SET worker_id = %s WHERE id = ANY (%s) AND worker_id = %s",
            folded_id, memo["memberships"], kept_id,
        )  # fmt: skip
        for application_id, doubts in memo["applications"]:
            _run(
                "UPDATE membership_joinapplication SET worker_id = %s, doubts = %s"
                " WHERE id = %s AND worker_id = %s",
                folded_id, doubts, application_id, kept_id,
            )  # fmt: skip
        for application_id, state, note, expires_on, decided_at in memo["closed"]:
            _run(
                "UPDATE membership_joinapplication SET state = %s, decision_note = %s,"
                " expires_on = %s, decided_at = %s WHERE id = %s",
                state, note, expires_on, decided_at, application_id,
            )  # fmt: skip
        for membership_id, state, retained_on in memo["ended"]:
            _reopen(membership_id, state, retained_on, actor, now)
        _run(
            "UPDATE membership_transfer SET state = 1, decided_at = NULL WHERE id = ANY (%s)",
            memo["transfers"],
        )


def _cancel_transfers(kept_id: int, folded_id: int, now: datetime) -> list[int]:
    """Cancel the folded record's open transfer proposals: they speak of another membership."""
    rows = _fetch(
        "UPDATE membership_transfer SET state = 4, decided_at = %s"
        " WHERE worker_id = %s AND state = 1 RETURNING id",
        now, folded_id,
    )  # fmt: skip
    return [row[0] for row in rows]


def _end_second(kept_id: int, folded_id: int, actor: Actor, now: datetime) -> list[list[Any]]:
    """End the folded record's membership when the kept one has one, too."""
    rows = _fetch(
        """SELECT m.id, m.state, m.retained_on::text FROM membership_membership m
           WHERE m.worker_id = %s AND m.ended_on IS NULL
             AND EXISTS (SELECT 1 FROM membership_membership o
                         WHERE o.worker_id = %s AND o.ended_on IS NULL)""",
        folded_id, kept_id,
    )  # fmt: skip
    end_memberships([row[0] for row in rows], EndReason.DUPLICATE, actor=actor, now=now)
    return [list(row) for row in rows]


def _close_second(kept_id: int, folded_id: int, actor: Actor, now: datetime) -> list[list[Any]]:
    """Leave one open application: none beside a membership, else the one that is furthest."""
    member = _fetch(
        "SELECT 1 FROM membership_membership WHERE worker_id IN (%s, %s) AND ended_on IS NULL",
        kept_id, folded_id,
    )  # fmt: skip
    waiting = _fetch(
        """SELECT id, state, decision_note, expires_on::text, decided_at::text, union_id
           FROM membership_joinapplication
           WHERE worker_id IN (%s, %s) AND state IN (1, 2, 3)
           ORDER BY state = 2 DESC, worker_id = %s DESC, id FOR UPDATE""",
        kept_id, folded_id, kept_id,
    )  # fmt: skip
    second = waiting if member else waiting[1:]
    for application_id, state, _, _, _, union_id in second:
        # An invitation cannot be withdrawn, it runs out.
        closed = JoinState.EXPIRED if state == JoinState.INVITED else JoinState.WITHDRAWN
        _run(
            "UPDATE membership_joinapplication SET state = %s, decision_note = %s,"
            " expires_on = NULL, decided_at = NULL WHERE id = %s",
            int(closed), _TOGETHER, application_id,
        )  # fmt: skip
        append_event(
            f"membership.application_{closed.name.lower()}",
            actor=actor,
            at=now,
            subject_type="application",
            subject_id=application_id,
            union_id=union_id,
            data={"why": _TOGETHER},
        )
    return [list(row[:5]) for row in second]


def _move_applications(kept_id: int, folded_id: int) -> list[list[int]]:
    """Move all applications; the doubt about the number on another record is settled by this."""
    before = _fetch(
        "SELECT id, doubts FROM membership_joinapplication WHERE worker_id = %s", folded_id
    )
    _run(
        "UPDATE membership_joinapplication SET worker_id = %s, doubts = doubts & ~%s"
        " WHERE worker_id = %s",
        kept_id, int(Doubt.IDENTITY_ON_ANOTHER_RECORD), folded_id,
    )  # fmt: skip
    return [list(row) for row in before]


def _move_memberships(kept_id: int, folded_id: int) -> list[int]:
    """Move the memberships whose periods fit between those of the kept record."""
    rows = _fetch(
        """UPDATE membership_membership m SET worker_id = %s
           WHERE m.worker_id = %s AND NOT EXISTS (
               SELECT 1 FROM membership_membership o WHERE o.worker_id = %s
               AND daterange(o.started_on, o.ended_on) && daterange(m.started_on, m.ended_on))
           RETURNING m.id""",
        kept_id, folded_id, kept_id,
    )  # fmt: skip
    return [row[0] for row in rows]


def _reopen(
    membership_id: int, state: int, retained_on: str | None, actor: Actor, now: datetime
) -> None:
    _run(
        """INSERT INTO membership_pause (membership_id, from_on, until_on, is_hold, recorded_at)
           SELECT id, ended_on, %s, false, %s FROM membership_membership
           WHERE id = %s AND end_reason = %s AND ended_on < %s""",
        business_day(now), now, membership_id, int(EndReason.DUPLICATE), business_day(now),
    )  # fmt: skip
    rows = _fetch(
        """UPDATE membership_membership m
           SET state = %s, ended_on = NULL, end_reason = NULL, retained_on = %s
           FROM orgs_union u
           WHERE m.id = %s AND m.end_reason = %s AND u.id = m.union_id
           RETURNING m.union_id, u.adcode, m.occupation, m.channel""",
        state, retained_on, membership_id, int(EndReason.DUPLICATE),
    )  # fmt: skip
    if rows and state == MemberState.LIVE:
        _run(
            """INSERT INTO membership_memberflow
                   (day, union_id, county, occupation, channel, kind, persons, recorded_at)
               VALUES (%s, %s, %s, %s, %s, %s, 1, %s)""",
            business_day(now), *rows[0], int(FlowKind.RESTORED), now,
        )  # fmt: skip
    for union_id, *_ in rows:
        append_event(
            "membership.duplicate_reopened",
            actor=actor,
            at=now,
            subject_type="membership",
            subject_id=membership_id,
            union_id=union_id,
        )


def _fetch(statement: str, *values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
