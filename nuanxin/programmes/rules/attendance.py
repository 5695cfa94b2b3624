"""How somebody attended, what becomes of a scan, excuses, faces: each with its Chinese word."""

from enum import IntEnum


class Attended(IntEnum):
    """How somebody attended a session."""

    PRESENT = 1
    LATE = 2
    ABSENT = 3
    EXCUSED = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "到了", 2: "迟到", 3: "没来", 4: "请假"}[self.value]

    @property
    def was_there(self) -> bool:
        """Return whether the person came."""
        return self in (Attended.PRESENT, Attended.LATE)


class AttendanceSource(IntEnum):
    """How attendance became known."""

    CARD = 1
    CODE = 2
    OFFICER = 3
    CLOSING = 4

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {1: "扫会员卡", 2: "预约码", 3: "工作人员记的", 4: "结场时记的"}[self.value]


class ScanOutcome(IntEnum):
    """What became of something that was shown at the door."""

    TAKEN = 1
    AGAIN = 2
    EARLIER = 3
    CANCELLED = 4
    UNKNOWN = 5
    OTHER_DAY = 6
    SETTLED = 7
    BAD_CARD = 8

    @property
    def label(self) -> str:
        """Return what the keeper and the officer read."""
        return {
            1: "签到了",
            2: "已经签过到",
            3: "另一台设备记得更早，按早的算",
            4: "扫码以前就取消了预约",
            5: "不在这一场的名单里",
            6: "不是这一场的日子",
            7: "工作人员已经记过，按他记的",
            8: "会员卡的码过期了或不是本系统发的",
        }[self.value]


class Excuse(IntEnum):
    """Why somebody cannot come."""

    ILL = 1
    WORK = 2
    FAMILY = 3
    ACCIDENT = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "生病了", 2: "单子走不开", 3: "家里有急事", 4: "路上出了事故"}[self.value]


class Face(IntEnum):
    """How somebody found a session."""

    VERY_BAD = 1
    BAD = 2
    FAIR = 3
    GOOD = 4
    VERY_GOOD = 5

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "很不满意", 2: "不满意", 3: "一般", 4: "满意", 5: "很满意"}[self.value]


class FeedbackReason(IntEnum):
    """What it was about."""

    PEOPLE = 1
    WAITING = 2
    PLACE = 3
    TIME = 4
    CONTENT = 5

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "工作人员", 2: "排队等候", 3: "地方远近", 4: "时间合不合适", 5: "内容"}[
            self.value
        ]
