"""Of what somebody held a place and did not come, and what he says to it."""

from enum import IntEnum


class NoShowOf(IntEnum):
    """Where a person was expected: a session (also one of a slot), a camp, a contest."""

    SESSION = 1
    CAMP = 2
    CONTEST = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "场次", 2: "托管班", 3: "竞赛"}[self.value]


class PleaKind(IntEnum):
    """What a person says to a no-show that was noted of him: why, or that it is wrong."""

    ILL = 1
    WORK = 2
    FAMILY = 3
    ACCIDENT = 4
    TOLD = 5
    CAME = 6

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {
            1: "生病了",
            2: "单子走不开",
            3: "家里有急事",
            4: "路上出了事故",
            5: "提前说过不来",
            6: "我到了，没扫上",
        }[self.value]


class NoShowStands(IntEnum):
    """Whether a no-show counts against its person."""

    COUNTS = 1
    PLEADED = 2
    REFUSED = 3
    TAKEN_BACK = 4

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {1: "算一次", 2: "说明了，等答复", 3: "说明没接受，算一次", 4: "不算了"}[self.value]
