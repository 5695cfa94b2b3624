"""What a person is told who asked to join: where, by when, whom to call. Never a dead end."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.decision import Decision
from nuanxin.kernel.workdays import workdays_between
from nuanxin.membership.rules.card import card_number, shown_number
from nuanxin.membership.states import JoinState, MemberState, ReceiptKind

HOTLINE = "12351"
"""The service line of trade unions, the same in the whole country."""


@dataclass(frozen=True, slots=True)
class Where:
    """A union as it is named to a person."""

    id: int
    code: str
    name: str
    adcode: int
    contact_name: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """The application that has just come into being."""

    application_id: int
    worker_id: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open application of the person."""

    application_id: int
    state: JoinState
    due_on: date | None
    created_at: datetime
    where: Where


@dataclass(frozen=True, slots=True)
class Belonging:
    """The membership that the person has."""

    membership_id: int
    state: MemberState
    joined_on: date
    where: Where


@dataclass(frozen=True, slots=True)
class Found:
    """What the joining statement did and saw."""

    union: Where | None
    accepts_members: bool
    is_live: bool
    applied: Applied | None
    worker_id: int | None
    is_own: bool
    waiting: Waiting | None
    belonging: Belonging | None
    account_id: UUID | None = None

    @property
    def takes_members(self) -> bool:
        """Return whether the union exists and takes members itself."""
        return self.union is not None and self.is_live and self.accepts_members

    @property
    def is_settled(self) -> bool:
        """Return whether the row says all; if not, a quicker writer's rows are not yet seen."""
        if self.applied is not None or not self.takes_members:
            return True
        if self.worker_id is None:
            return False
        return not self.is_own or self.waiting is not None or self.belonging is not None


@dataclass(frozen=True, slots=True)
class NextStep:
    """One line of "what happens next"."""

    when: str
    what: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a request to join.

    ``number`` is the card number (twelve digits, provisional until approval). ``due_on`` is the
    last day of the review; ``due_is_provisional`` when the calendar of that year is not published.
    ``instead`` are unions that would take the person. ``worker_id`` and ``application_id`` are set
    only for the person's own record; ``account_id`` when joining has signed the person in.
    """

    kind: ReceiptKind
    title: str
    message: str
    where: Where | None = None
    number: str = ""
    shown_number: str = ""
    received_at: datetime | None = None
    due_on: date | None = None
    due_is_provisional: bool = False
    since: date | None = None
    can_transfer: bool = False
    steps: tuple[NextStep, ...] = ()
    call_name: str = ""
    call_phone: str = HOTLINE
    instead: tuple[Where, ...] = ()
    worker_id: int | None = None
    application_id: int | None = None
    membership_id: int | None = None
    account_id: UUID | None = None
    decision: Decision | None = None

    @property
    def is_taken(self) -> bool:
        """Return whether an application now waits for the committee."""
        return self.kind.is_taken


def refused_receipt(decision: Decision) -> Receipt:
    """Return the receipt for somebody who may not join now: the reason and what to do."""
    reason = decision.reasons[0]
    kind = ReceiptKind.UNDERAGE if reason.code == "underage" else ReceiptKind.RETIRED
    return Receipt(kind=kind, title=kind.label, message=reason.message, decision=decision)


def taken_receipt(
    kind: ReceiptKind, where: Where, applied: Applied, *, at: datetime, provisional: bool
) -> Receipt:
    """Return the receipt of an application that now waits: provisional card and next steps."""
    number = card_number(applied.worker_id)
    due = _said(applied.due_on)
    return Receipt(
        kind=kind,
        title=kind.label,
        message="要证明是会员，打开这张卡给人扫就行。",
        where=where,
        number=number,
        shown_number=shown_number(number),
        received_at=at,
        due_on=applied.due_on,
        due_is_provisional=provisional,
        steps=(
            NextStep(f"今天 {at.astimezone(SHANGHAI):%H:%M}", "申请收到了。"),
            NextStep(
                f"{due}前",
                f"工会审核，{_workdays(at, applied.due_on)} 个工作日内。你不用做什么。"
                + _if_provisional(provisional),
            ),
            NextStep("通过那天", "短信告诉你。临时卡自己变成正式卡，卡号不变。"),
        ),
        call_name=where.contact_name,
        call_phone=where.contact_phone or HOTLINE,
        worker_id=applied.worker_id,
        application_id=applied.application_id,
    )


def waiting_receipt(waiting: Waiting, worker_id: int, *, provisional: bool) -> Receipt:
    """Return the receipt for somebody whose application already waits."""
    number = card_number(worker_id)
    due = f"{_said(waiting.due_on)}前审核完。" if waiting.due_on else ""
    day = waiting.created_at.astimezone(SHANGHAI).date()
    return Receipt(
        kind=ReceiptKind.ALREADY_APPLIED,
        title="你的申请已经在办了",
        message=f"{_said(day)}申请进{waiting.where.name}。{due}不用再填一次，临时卡可以接着用。",
        where=waiting.where,
        number=number,
        shown_number=shown_number(number),
        received_at=waiting.created_at,
        due_on=waiting.due_on,
        due_is_provisional=provisional,
        call_name=waiting.where.contact_name,
        call_phone=waiting.where.contact_phone or HOTLINE,
        worker_id=worker_id,
        application_id=waiting.application_id,
    )


def member_receipt(belonging: Belonging, worker_id: int, to: Where) -> Receipt:
    """Return the receipt for somebody who is a member (acceptance A29): where, and one tap over."""
    number = card_number(worker_id)
    is_here = belonging.where.id == to.id
    since = _said(belonging.joined_on)
    if is_here and belonging.state is MemberState.LIVE:
        message = f"{since}起你就是这里的会员，不用再入一次。会员卡在「我的」里。"
    elif is_here:
        message = "你的会籍保留在这里。现在又在干活的话，打个电话就能恢复。"
    else:
        message = (
            f"你已经有会籍了，在{belonging.where.name}。想换到{to.name}，点一下就转，会籍不断。"
        )
    return Receipt(
        kind=ReceiptKind.ALREADY_MEMBER,
        title="你已经是会员了",
        message=message,
        where=belonging.where,
        number=number,
        shown_number=shown_number(number),
        since=belonging.joined_on,
        can_transfer=not is_here,
        instead=() if is_here else (to,),
        call_name=belonging.where.contact_name,
        call_phone=belonging.where.contact_phone or HOTLINE,
        worker_id=worker_id,
        membership_id=belonging.membership_id,
    )


def elsewhere_receipt(
    decision: Decision, where: Where | None, instead: tuple[Where, ...]
) -> Receipt:
    """Return the receipt for a union that takes nobody, with those that would."""
    reason = decision.reasons[0]
    kind = ReceiptKind(reason.code)
    return Receipt(
        kind=kind,
        title=kind.label,
        message=reason.message,
        where=where,
        instead=instead,
        decision=decision,
    )


def _said(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _workdays(at: datetime, due_on: date) -> str:
    return str(workdays_between(at.astimezone(SHANGHAI).date(), due_on))


def _if_provisional(provisional: bool) -> str:
    return "明年的放假安排还没公布，日子是暂定的。" if provisional else ""
