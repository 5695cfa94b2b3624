"""States of payment lists, of forfeits and of money that is paid back."""

from enum import IntEnum

from nuanxin.kernel.errors import Conflict


class ListState(IntEnum):
    """Where a payment list stands."""

    MADE = 1
    CHECKED = 2
    SENT = 3
    CANCELLED = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _LISTS[self]


_LISTS = {
    ListState.MADE: "等复核",
    ListState.CHECKED: "复核了",
    ListState.SENT: "交银行了",
    ListState.CANCELLED: "作废了",
}

LIST_MOVES = {
    ListState.MADE: {ListState.CHECKED, ListState.CANCELLED},
    ListState.CHECKED: {ListState.SENT, ListState.CANCELLED},
    ListState.SENT: {ListState.SENT},
    ListState.CANCELLED: set(),
}


def check_list_move(now: ListState, to: ListState) -> None:
    """Return when the list may move so; raise ``Conflict`` payments.state_moved_on."""
    if to not in LIST_MOVES[now]:
        raise Conflict(
            "payments.state_moved_on", f"这本名册现在是“{now.label}”，不能改成“{to.label}”。"
        )


class PaymentKind(IntEnum):
    """What is recorded about a payment."""

    PAID = 1
    FAILED = 2
    REVERSED = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "发了", 2: "没发成", 3: "冲回了"}[self]


class ForfeitState(IntEnum):
    """Where a proposed forfeit stands: nobody loses anything before DECIDED."""

    PROPOSED = 1
    HEARING = 2
    DECIDED = 3
    DROPPED = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _FORFEITS[self]


_FORFEITS = {
    ForfeitState.PROPOSED: "等核对",
    ForfeitState.HEARING: "听本人说",
    ForfeitState.DECIDED: "取消了",
    ForfeitState.DROPPED: "不取消",
}

FORFEIT_MOVES = {
    ForfeitState.PROPOSED: {ForfeitState.HEARING, ForfeitState.DROPPED},
    ForfeitState.HEARING: {ForfeitState.DECIDED, ForfeitState.DROPPED},
    ForfeitState.DECIDED: set(),
    ForfeitState.DROPPED: set(),
}


def check_forfeit_move(now: ForfeitState, to: ForfeitState) -> None:
    """Return when a forfeit may move so; raise ``Conflict`` forfeits.state_moved_on."""
    if to not in FORFEIT_MOVES[now]:
        raise Conflict(
            "forfeits.state_moved_on", f"这件现在是“{now.label}”，不能改成“{to.label}”。"
        )


class DebtKind(IntEnum):
    """What is recorded about money to be paid back."""

    OWED = 1
    RETURNED = 2
    REVERSED = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "应退", 2: "退回", 3: "冲回"}[self]
