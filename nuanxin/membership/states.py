"""States of 会籍, with Chinese labels, and the tables of allowed moves.

Everything here is stored as a small integer: a million rows carry it.
"""

from enum import IntEnum


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
    # A decision can be taken back within the undo time; then the application waits again.
    JoinState.APPROVED: frozenset({JoinState.SUBMITTED}),
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
        }[self.value]


class FlowKind(IntEnum):
    """会籍变动的种类. The sign says what it does to the number of live members."""

    INVITED = 1
    APPLIED = 2
    JOINED = 10
    TRANSFERRED_IN = 11
    RESTORED = 12
    MERGED_IN = 13
    TRANSFERRED_OUT = 20
    LEFT = 21
    RETAINED = 22
    APPROVAL_UNDONE = 23
    MERGED_OUT = 24

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "邀请",
            2: "申请",
            10: "新入会",
            11: "转入",
            12: "恢复会籍",
            13: "合并转入",
            20: "转出",
            21: "退会",
            22: "转为保留会籍",
            23: "审批撤回",
            24: "合并转出",
        }[self.value]

    @property
    def sign(self) -> int:
        """Return +1, 0 or −1: the effect on live members."""
        if self.value < 10:
            return 0
        return 1 if self.value < 20 else -1


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


class RowOutcome(IntEnum):
    """一行花名册的结论; ``code`` is the word used in files and the API."""

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
    RETIRED = 10
    ALREADY_INVITED = 11
    BAD_NAME = 12

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
            10: "已到退休年龄",
            11: "已经邀请过",
            12: "姓名有误",
        }[self.value]
