"""Moving, keeping and ending a membership (domain M-12 to M-18): pure decisions."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.kernel.decision import Decision
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import months_between
from nuanxin.membership.states import MemberState


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """A membership and the union that it would move to."""

    state: MemberState
    is_same_union: bool
    target_takes_members: bool


def may_transfer(facts: TransferFacts) -> Decision:
    """Return whether a membership may move (一次入会、动态接转): a retained one may, too."""
    if facts.state is MemberState.ENDED:
        return Decision.no(
            "membership_ended", "这段会籍已经终止，不能再转。重新申请入会就行。", fact="state"
        )
    if facts.is_same_union:
        return Decision.no("already_here", "会籍已经在这个工会，不用转。", fact="union")
    if not facts.target_takes_members:
        return Decision.no(
            "target_takes_no_members",
            "这个工会现在不收会员。换一家能收的，一样能转。",
            fact="target_takes_members",
        )
    return Decision.yes("may_transfer")


def may_retain(state: MemberState) -> Decision:
    """Return whether a membership may be put on hold (保留会籍, domain M-15)."""
    if state is MemberState.LIVE:
        return Decision.yes("may_retain")
    if state is MemberState.RETAINED:
        return Decision.no("already_retained", "会籍已经是保留状态，不用再办。", fact="state")
    return Decision.no("membership_ended", "这段会籍已经终止，不能再保留。", fact="state")


def may_restore(state: MemberState, *, union_takes_members: bool) -> Decision:
    """Return whether a retained membership may become live again where it lies."""
    if state is not MemberState.RETAINED:
        return Decision.no("not_retained", "会籍不在保留状态，不用恢复。", fact="state")
    if not union_takes_members:
        return Decision.no(
            "restore_by_transfer",
            "会籍由上级工会保留着，这里不直接收会员。转到现在干活的地方的工会，会籍就恢复了。",
            fact="union_takes_members",
        )
    return Decision.yes("may_restore")


@dataclass(frozen=True, slots=True)
class LapseFacts:
    """What is known about a member who seems to have gone (M-17).

    ``dues_paid_to`` and ``active_on`` are the last days of each, None when never; ``persuaded_on``
    the day of the talk that the rule demands before anybody is let go.
    """

    joined_on: date
    dues_paid_to: date | None
    active_on: date | None
    persuaded_on: date | None


def dues_waiver(adcode: str, on: date) -> str:
    """Return the number of the policy that waives dues there and then, "" where none does."""
    return str(parameter("membership.dues_waiver", adcode=adcode, on=on).value)


def may_lapse(facts: LapseFacts, *, adcode: str, on: date) -> Decision:
    """Return whether a membership may be taken as left: six months without dues and activity.

    Under a waiver nobody is in arrears and nobody lapses (acceptance A35). The system only ever
    proposes; a person decides after the talk.
    """
    waiver = dues_waiver(adcode, on)
    if waiver:
        return Decision.no(
            "dues_waived",
            f"按 {waiver} 免缴会费，不算欠缴，不办自动退会。",
            fact="dues_waiver",
            has=waiver,
            facts={"dues_fen": 0, "policy": waiver},
        )
    months = parameter("membership.auto_exit_months", adcode=adcode, on=on).value
    details: dict[str, Any] = {"needs": months}
    without_dues = months_between(facts.dues_paid_to or facts.joined_on, on)
    if without_dues < months:
        return Decision.no(
            "dues_not_long_due",
            f"会费欠缴 {without_dues} 个月，不到 {months} 个月。",
            fact="months_without_dues",
            has=without_dues,
            **details,
        )
    without_activity = months_between(facts.active_on or facts.joined_on, on)
    if without_activity < months:
        return Decision.no(
            "active_lately",
            f"{without_activity} 个月前还参加过活动，不到 {months} 个月。",
            fact="months_without_activity",
            has=without_activity,
            **details,
        )
    if facts.persuaded_on is None:
        return Decision.no(
            "talk_first", "要先和本人谈过一次，记下日期，再办。", fact="persuaded_on"
        )
    return Decision.yes("may_lapse", facts={"months_without_dues": without_dues})
