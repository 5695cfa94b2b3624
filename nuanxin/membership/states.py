"""States of 会籍, with Chinese labels, and the tables of allowed moves.

Everything here is stored as a small integer: a million rows carry it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any, TypeVar

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict


class Channel(IntEnum):
    """入会渠道: by which door a person came in."""

    ONLINE = 1
    ONE_CLICK = 2
    COLLECTIVE = 3

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "网上入会", 2: "一键入会", 3: "集体入会"}[self.value]

    @property
    def code(self) -> str:
        """Return the name used in the API."""
        return self.name.lower()


class JoinState(IntEnum):
    """入会申请的状态."""

    INVITED = 1
    SUBMITTED = 2
    RETURNED = 3
    APPROVED = 4
    DECLINED = 5
    WITHDRAWN = 6
    EXPIRED = 7
    UNDONE = 8

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "已邀请，等本人确认",
            2: "待审核",
            3: "退回补正",
            4: "已通过",
            5: "未通过",
            6: "本人撤回",
            7: "过期未确认",
            8: "整批撤销",
        }[self.value]

    @property
    def is_open(self) -> bool:
        """Return whether something is still expected to happen."""
        return self in OPEN_JOIN_STATES


OPEN_JOIN_STATES = frozenset({JoinState.INVITED, JoinState.SUBMITTED, JoinState.RETURNED})

JOIN_MOVES: dict[JoinState, frozenset[JoinState]] = {
    JoinState.INVITED: frozenset(
        {JoinState.SUBMITTED, JoinState.DECLINED, JoinState.EXPIRED, JoinState.UNDONE}
    ),
    JoinState.SUBMITTED: frozenset(
        {
            JoinState.APPROVED,
            JoinState.RETURNED,
            JoinState.DECLINED,
            JoinState.WITHDRAWN,
            JoinState.UNDONE,
        }
    ),
    JoinState.RETURNED: frozenset(
        {JoinState.SUBMITTED, JoinState.WITHDRAWN, JoinState.EXPIRED, JoinState.UNDONE}
    ),
    # A decision can be taken back within the undo time; then the application waits again. With its
    # whole roster it is undone for good.
    JoinState.APPROVED: frozenset({JoinState.SUBMITTED, JoinState.UNDONE}),
    JoinState.DECLINED: frozenset({JoinState.SUBMITTED}),
    JoinState.WITHDRAWN: frozenset(),
    JoinState.EXPIRED: frozenset(),
    JoinState.UNDONE: frozenset(),
}


class MemberState(IntEnum):
    """会籍的状态. LIVE and RETAINED are one membership each; ENDED is history."""

    LIVE = 1
    RETAINED = 2
    ENDED = 3

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "在籍", 2: "保留会籍", 3: "已终止"}[self.value]


MEMBER_MOVES: dict[MemberState, frozenset[MemberState]] = {
    MemberState.LIVE: frozenset({MemberState.RETAINED, MemberState.ENDED}),
    MemberState.RETAINED: frozenset({MemberState.LIVE, MemberState.ENDED}),
    MemberState.ENDED: frozenset(),
}


class EndReason(IntEnum):
    """会籍终止的原因."""

    TRANSFERRED = 1
    LEFT = 2
    LAPSED = 3
    EXPELLED = 4
    DECEASED = 5
    APPROVAL_UNDONE = 6
    UNION_MERGED = 7
    DUPLICATE = 8
    UNION_DISSOLVED = 9

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "转出",
            2: "本人退会",
            3: "自动退会",
            4: "除名",
            5: "去世",
            6: "审批撤回",
            7: "工会合并转出",
            8: "重复记录合并",
            9: "工会撤销，转上级工会保留",
        }[self.value]


class FlowKind(IntEnum):
    """会籍变动的种类. The sign says what it does to the number of live members.

    ``JOINED`` is a person's first membership ever, ``JOINED_AGAIN`` a later one after leaving:
    so the sum of ``JOINED`` counts persons, each once.

    ``SPAN_KINDS`` begin with +1 and end with −1 in ``persons`` itself, the end often in days to
    come: their running total up to a day is how many there are on it. They are appended from
    ``MemberSpan`` (docs/adr/0126).
    """

    INVITED = 1
    APPLIED = 2
    REACHED = 3
    SERVED = 4
    SERVICES = 5
    ON_HOLD = 6
    JOINED = 10
    TRANSFERRED_IN = 11
    RESTORED = 12
    MERGED_IN = 13
    JOINED_AGAIN = 14
    TRANSFERRED_OUT = 20
    LEFT = 21
    RETAINED = 22
    APPROVAL_UNDONE = 23
    MERGED_OUT = 24
    DUPLICATE_CLOSED = 25

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "邀请",
            2: "申请",
            3: "联系得到",
            4: "服务过",
            5: "服务人次",
            6: "保留着会籍",
            10: "新入会",
            11: "转入",
            12: "恢复会籍",
            13: "随工会转入",
            14: "再次入会",
            20: "转出",
            21: "退会",
            22: "转为保留会籍",
            23: "审批撤回",
            24: "随工会转出",
            25: "重复记录合并",
        }[self.value]

    @property
    def column(self) -> str:
        """Return the column of the stock tables that adds this kind up."""
        return {FlowKind.LEFT: "left_union", FlowKind.SERVICES: "service_times"}.get(
            self, self.name.lower()
        )

    @property
    def sign(self) -> int:
        """Return +1, 0 or −1: the effect on live members."""
        if self.value < 10:
            return 0
        return 1 if self.value < 20 else -1

    @property
    def new_sign(self) -> int:
        """Return +1, 0 or −1: the effect on new members, gross."""
        return {FlowKind.JOINED: 1, FlowKind.JOINED_AGAIN: 1, FlowKind.APPROVAL_UNDONE: -1}.get(
            self, 0
        )


SPAN_KINDS = (FlowKind.REACHED, FlowKind.SERVED, FlowKind.SERVICES, FlowKind.ON_HOLD)
"""Kinds whose flows follow from ``MemberSpan``; below 10, so that no published row set holds them."""

END_FLOWS: dict[EndReason, FlowKind] = {
    EndReason.TRANSFERRED: FlowKind.TRANSFERRED_OUT,
    EndReason.LEFT: FlowKind.LEFT,
    EndReason.LAPSED: FlowKind.LEFT,
    EndReason.EXPELLED: FlowKind.LEFT,
    EndReason.DECEASED: FlowKind.LEFT,
    EndReason.APPROVAL_UNDONE: FlowKind.APPROVAL_UNDONE,
    EndReason.UNION_MERGED: FlowKind.MERGED_OUT,
    EndReason.DUPLICATE: FlowKind.DUPLICATE_CLOSED,
    EndReason.UNION_DISSOLVED: FlowKind.RETAINED,
}
"""Which flow the end of a LIVE membership appends; a RETAINED one has already been taken off."""


class RetentionReason(IntEnum):
    """保留会籍的原因 (工会会员会籍管理办法；domain paper M-15)."""

    RETIRED = 1
    UNEMPLOYED = 2
    EMPLOYER_CLOSED = 3
    EARLY_LEAVE = 4
    OTHER = 9

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "退休", 2: "失业", 3: "单位关停", 4: "内部退养", 9: "其他"}[self.value]


class ReceiptKind(StrEnum):
    """What a person is told who asked to join: never a dead end."""

    NEW = "new"
    CONFIRMED = "confirmed"
    RESUBMITTED = "resubmitted"
    ALREADY_APPLIED = "already_applied"
    ALREADY_MEMBER = "already_member"
    UNDERAGE = "underage"
    RETIRED = "retired"
    UNION_CLOSED = "union_closed"
    UNION_NOT_TAKING = "union_not_taking"
    UNION_UNKNOWN = "union_unknown"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "new": "收到了",
            "confirmed": "确认好了",
            "resubmitted": "补正收到了",
            "already_applied": "已经申请过",
            "already_member": "已经是会员",
            "underage": "还没满 16 周岁",
            "retired": "到退休年龄了，不用新入会",
            "union_closed": "这个工会已经撤销",
            "union_not_taking": "这里不直接收会员",
            "union_unknown": "没有找到这个工会",
        }[self.value]

    @property
    def is_taken(self) -> bool:
        """Return whether an application now waits for the committee."""
        return self in (ReceiptKind.NEW, ReceiptKind.CONFIRMED, ReceiptKind.RESUBMITTED)


class TransferState(IntEnum):
    """转会的状态."""

    PROPOSED = 1
    ACCEPTED = 2
    DECLINED = 3
    CANCELLED = 4

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "等本人同意", 2: "已转入", 3: "本人不转", 4: "已取消"}[self.value]


TRANSFER_MOVES: dict[TransferState, frozenset[TransferState]] = {
    TransferState.PROPOSED: frozenset(
        {TransferState.ACCEPTED, TransferState.DECLINED, TransferState.CANCELLED}
    ),
    TransferState.ACCEPTED: frozenset(),
    TransferState.DECLINED: frozenset(),
    TransferState.CANCELLED: frozenset(),
}


class BatchState(IntEnum):
    """花名册批次的状态."""

    READING = 1
    PREVIEWED = 2
    RUNNING = 3
    DONE = 4
    FAILED = 5
    UNDONE = 6
    DISCARDED = 7

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "正在读",
            2: "等您确认",
            3: "正在办",
            4: "办完了",
            5: "没办成",
            6: "已整批撤销",
            7: "已放弃",
        }[self.value]


BATCH_MOVES: dict[BatchState, frozenset[BatchState]] = {
    BatchState.READING: frozenset({BatchState.PREVIEWED, BatchState.FAILED, BatchState.DISCARDED}),
    BatchState.PREVIEWED: frozenset({BatchState.READING, BatchState.RUNNING, BatchState.DISCARDED}),
    BatchState.RUNNING: frozenset({BatchState.DONE, BatchState.FAILED}),
    BatchState.FAILED: frozenset({BatchState.RUNNING, BatchState.DISCARDED}),
    BatchState.DONE: frozenset({BatchState.UNDONE}),
    BatchState.UNDONE: frozenset(),
    BatchState.DISCARDED: frozenset(),
}


class ListingKind(StrEnum):
    """What a dropped table lists."""

    OUTLETS = "outlets"
    UNIONS = "unions"

    @property
    def label(self) -> str:
        """Return the Chinese name of one of what is listed."""
        return {"outlets": "网点", "unions": "工会"}[self.value]

    @property
    def unit(self) -> str:
        """Return the counting word."""
        return {"outlets": "个", "unions": "家"}[self.value]


class ListingOutcome(StrEnum):
    """What becomes of one row of a dropped table."""

    NEW = "new"
    HERE = "here"
    REPEATED = "repeated"
    UNPLACED = "unplaced"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "new": "新登记",
            "here": "已经登记过",
            "repeated": "表里重复",
            "unplaced": "登记不了",
        }[self.value]


class RowOutcome(IntEnum):
    """一行花名册的结论; ``code`` is the word used in files and the API.

    The numbers are those of ``rules.roster.OUTCOMES``, with what only the register can tell behind.
    """

    OK = 0
    TRANSFER = 1
    ALREADY_MEMBER = 2
    REPEATED = 3
    BAD_ID = 4
    DAMAGED_ID = 5
    BAD_PHONE = 6
    NO_ID = 7
    NO_NAME = 8
    UNDERAGE = 9
    BAD_NAME = 10
    ALREADY_INVITED = 11
    RETIRED = 12

    @property
    def code(self) -> str:
        """Return the stable word."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            0: "可以邀请",
            1: "建议转会",
            2: "已经在这里",
            3: "名单里重复",
            4: "证件号有误",
            5: "证件号被表格改坏",
            6: "手机号有误",
            7: "没有证件号",
            8: "没有姓名",
            9: "未满十六岁",
            10: "姓名有误",
            11: "已经邀请过",
            12: "已到退休年龄",
        }[self.value]


StateT = TypeVar("StateT", JoinState, MemberState, TransferState, BatchState)


def check_move(old: StateT, new: StateT, moves: Mapping[StateT, frozenset[StateT]]) -> None:
    """Return when ``old`` may become ``new``; raise ``Conflict`` membership.state_moved_on."""
    if new in moves[old]:
        return
    raise Conflict(
        "membership.state_moved_on",
        f"这一项现在是「{old.label}」，不能再改成「{new.label}」。请刷新后看看最新的情况。",
        state=old.name.lower(),
    )


def diagram(
    title: str, entries: tuple[StateT, ...], moves: Mapping[StateT, frozenset[StateT]]
) -> str:
    """Return a Mermaid state diagram of a table of moves; states without a way out are ends."""
    lines = ["stateDiagram-v2", f"    %% {title}"]
    lines += [f"    {state.name}: {state.label}" for state in moves]
    lines += [f"    [*] --> {state.name}" for state in entries]
    lines += [
        f"    {state.name} --> {after.name}" for state in moves for after in sorted(moves[state])
    ]
    lines += [f"    {state.name} --> [*]" for state in moves if not moves[state]]
    return "\n".join(lines)


_DIAGRAMS: tuple[tuple[str, tuple[Any, ...], Mapping[Any, frozenset[Any]]], ...] = (
    ("入会申请 JoinApplication", (JoinState.INVITED, JoinState.SUBMITTED), JOIN_MOVES),
    ("会籍 Membership", (MemberState.LIVE, MemberState.RETAINED), MEMBER_MOVES),
    ("转会 Transfer", (TransferState.PROPOSED,), TRANSFER_MOVES),
    ("花名册批次 RosterBatch", (BatchState.READING,), BATCH_MOVES),
)


def diagrams() -> str:
    """Return the page of the manual with the state diagrams, made from the tables above."""
    parts = [
        "# 会籍的状态",
        "由 `nuanxin/membership/states.py` 里的表生成，不要手改：`python manage.py membership_states`。",
    ]
    for title, entries, moves in _DIAGRAMS:
        parts += [f"## {title}", f"```mermaid\n{diagram(title, entries, moves)}\n```"]
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class ToDo:
    """A line of 待办 that another package adds: what waits, where it is done, until when."""

    title: str
    text: str
    url_name: str
    due_on: date | None
    label: str


to_do_sources: list[Callable[[Actor, datetime], list[ToDo]]] = []


def register_to_do(source: Callable[[Actor, datetime], list[ToDo]]) -> None:
    """Let a package above say what waits for an officer; asked each time 待办 is opened."""
    to_do_sources.append(source)


after_applying: list[Callable[[Mapping[str, str], datetime], None]] = []


def register_after_applying(
    told: Callable[[Mapping[str, str], datetime], None],
) -> None:
    """Let a package above know that somebody new applied in a browser; told its cookies, nobody's name."""
    after_applying.append(told)
