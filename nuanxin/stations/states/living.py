"""What a station is like now, and who said so."""

from enum import IntEnum


class OpenState(IntEnum):
    """What was last known of a station; whether that may still be shown is a question of time."""

    UNKNOWN = 0
    OPEN = 1
    CLOSED = 2
    FULL = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {0: "不确定", 1: "开着", 2: "没开", 3: "满了"}[self.value]


class ConfirmedBy(IntEnum):
    """Who confirmed the state."""

    KEEPER = 1
    MEMBER = 2
    DOOR = 3
    PLAN = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "站长", 2: "会员", 3: "门禁", 4: "公布的时间"}[self.value]
