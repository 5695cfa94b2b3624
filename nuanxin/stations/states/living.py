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
    """Who confirmed the state; the numbers of ``ReportSource``, and the plan."""

    KEEPER = 1
    MEMBER = 2
    DOOR = 3
    CADRE = 4
    PLAN = 6

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "站长", 2: "会员", 3: "门禁", 4: "工会干部", 6: "公布的时间"}[self.value]


class DoorOutcome(IntEnum):
    """What became of a code that was scanned at a door."""

    OPENED = 1
    USED = 2
    EXPIRED = 3
    OTHER_STATION = 4
    CLOCK = 5
    ALTERED = 6
    SHUT = 7

    @property
    def label(self) -> str:
        """Return what the person at the door reads."""
        return {
            1: "门开了",
            2: "这个码有人用过了，扫门上现在的码",
            3: "这个码过时了，扫门上现在的码",
            4: "这是别的驿站的码，扫门上的码",
            5: "这个码的时间不对，请站长校一下门上屏幕的时间",
            6: "这不是暖新的门码，扫门上的码",
            7: "现在不是扫码进门的时间",
        }[self.value]
