"""Reviewing an application (domain M-9 to M-11): by when, by whom, and how long it can be undone."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from nuanxin.kernel.decision import Decision
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.regions import cities, counties
from nuanxin.kernel.workdays import Deadline, add_workdays
from nuanxin.membership.rules.doubts import BLOCKS_APPROVAL, NEEDS_NOTE, Doubt
from nuanxin.membership.rules.joining import PROVINCE
from nuanxin.membership.states import JoinState

MOST_AT_ONCE = 5_000
"""Applications that one decision may cover: one statement, one undo."""


def review_due(received_on: date, adcode: str) -> Deadline:
    """Return the last day on which the committee decides (membership.review_workdays)."""
    days = parameter("membership.review_workdays", adcode=adcode, on=received_on).value
    return add_workdays(received_on, days)


@dataclass(frozen=True, slots=True)
class DueDays:
    """The due day of everything received on one day: one for all places, and the exceptions.

    ``exceptions`` is JSON from county code to day, for places whose term differs.
    """

    day: date
    provisional: bool
    exceptions: str


@lru_cache(maxsize=8)
def due_days(received_on: date) -> DueDays:
    """Return the due days of all counties at once, for a statement that picks by the union's."""
    usual = review_due(received_on, PROVINCE)
    places = [place.code for place in (*cities(), *counties(received_on))]
    terms = {code: review_due(received_on, code) for code in places}
    others = {code: due.day.isoformat() for code, due in terms.items() if due.day != usual.day}
    return DueDays(usual.day, usual.provisional, json.dumps(others))


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """One application in front of one reviewer."""

    state: JoinState
    doubts: int
    is_own: bool
    union_takes_members: bool
    is_member_elsewhere: bool
    note: str = ""


def may_approve(facts: ReviewFacts) -> Decision:
    """Return whether this reviewer may approve this application; the no says what to do."""
    if facts.is_own:
        return Decision.no(
            "own_application", "这是您自己的申请，要请另一位同事来办。", fact="is_own"
        )
    if facts.state is not JoinState.SUBMITTED:
        return Decision.no(
            "not_waiting",
            f"这份申请现在是「{facts.state.label}」，不在待审核里。",
            fact="state",
            has=facts.state.name,
            needs=JoinState.SUBMITTED.name,
        )
    if facts.is_member_elsewhere:
        return Decision.no(
            "member_elsewhere", "本人已经是别处的会员，改为转会提议就行。", fact="membership"
        )
    if not facts.union_takes_members:
        return Decision.no(
            "union_takes_no_members", "这个工会不能再收会员，请改转到能收的工会。", fact="union"
        )
    if facts.doubts & BLOCKS_APPROVAL:
        doubt = Doubt(facts.doubts & BLOCKS_APPROVAL)
        return Decision.no("settle_first", doubt.reason, fact="doubts", has=facts.doubts)
    if facts.doubts & NEEDS_NOTE and not facts.note.strip():
        return Decision.no(
            "note_needed", "这份有疑点，通过时请写一句理由，以后查得到。", fact="note"
        )
    return Decision.yes("may_approve")


def undo_until(decided_at: datetime, adcode: str) -> datetime:
    """Return until when a decision can be taken back (membership.undo_hours)."""
    on = decided_at.date()
    hours = parameter("membership.undo_hours", adcode=adcode, on=on).value
    return decided_at + timedelta(hours=hours)


def may_undo(*, undo_until: datetime, undone_at: datetime | None, now: datetime) -> Decision:
    """Return whether a decision run can still be taken back."""
    if undone_at is not None:
        return Decision.no("already_undone", "这一批已经收回过了。", fact="undone_at")
    if now > undo_until:
        return Decision.no(
            "undo_too_late",
            "过了可以收回的时间。要改的话，请逐个打开会员页办理退会或更正。",
            fact="undo_until",
            has=undo_until,
            needs=now,
        )
    return Decision.yes("may_undo")
