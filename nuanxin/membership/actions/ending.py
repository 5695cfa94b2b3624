"""How memberships end and begin again elsewhere: what transfer, leaving, mergers have in common.

Not called from outside: the actions above it check who may and why.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.membership.actions.ending_statements import END, OPEN
from nuanxin.membership.states import END_FLOWS, EndReason, FlowKind, MemberState

_CARD_STOPS = frozenset({EndReason.LEFT, EndReason.LAPSED, EndReason.EXPELLED, EndReason.DECEASED})


@dataclass(frozen=True, slots=True)
class Ended:
    """A membership that has just ended, with the state that it had before."""

    membership_id: int
    worker_id: int
    union_id: int
    state: MemberState
    joined_on: date


@dataclass(frozen=True, slots=True)
class Opened:
    """A membership that goes on from one that has ended."""

    membership_id: int
    worker_id: int
    previous_id: int


def end_memberships(
    membership_ids: Sequence[int],
    reason: EndReason,
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
    transfer_id: int = 0,
) -> list[Ended]:
    """End memberships today; those that have ended already are left out of what comes back.

    A live one appends the flow of its reason, a retained one none: it has been taken off before.
    Open transfer proposals of them are cancelled, except ``transfer_id``.
    """
    values: dict[str, Any] = {
        "ids": list(membership_ids),
        "reason": int(reason),
        "reason_label": reason.label,
        "flow": int(END_FLOWS[reason]),
        "card_stops": reason in _CARD_STOPS,
        "transfer": transfer_id,
        "event": "membership.membership_ended",
        "event_data": json.dumps({"reason": reason.name.lower(), "note": note}),
        "account": actor.account_id,
        "actor_name": actor.name,
        "day": business_day(now),
        "at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(END, values)
        return [
            Ended(number, worker, union, MemberState(state), joined)
            for number, worker, union, state, joined in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class GoingOn:
    """How ended memberships go on: where, as what, under which flow, and what the person reads.

    ``state`` None keeps each one's state; a retained one that becomes live counts as restored.
    """

    union_id: int
    flow: FlowKind
    event: str
    title: str
    body: str
    state: MemberState | None = None


def open_again(ended: Sequence[Ended], to: GoingOn, *, actor: Actor, now: datetime) -> list[Opened]:
    """Let memberships that have just ended go on in another union from today, dates carried."""
    values: dict[str, Any] = {
        "ids": [one.membership_id for one in ended],
        "states": json.dumps({one.membership_id: int(one.state) for one in ended}),
        "state": int(to.state) if to.state is not None else None,
        "union": to.union_id,
        "flow": int(to.flow),
        "restored": int(FlowKind.RESTORED),
        "event": to.event,
        "title": to.title,
        "body": to.body,
        "account": actor.account_id,
        "actor_name": actor.name,
        "day": business_day(now),
        "at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(OPEN, values)
        return [Opened(*row) for row in cursor.fetchall()]
