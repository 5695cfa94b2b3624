"""What is said of a station, by whom, and what becomes of it."""

from enum import IntEnum


class ReportSource(IntEnum):
    """Who says it. A keeper and a cadre answer for the place; a visitor is anybody."""

    KEEPER = 1
    MEMBER = 2
    DOOR = 3
    CADRE = 4
    VISITOR = 5

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "站长", 2: "会员", 3: "门禁", 4: "工会干部", 5: "路过的人"}[self.value]

    @property
    def answers_for_the_place(self) -> bool:
        """Return whether his word settles what was said before."""
        return self in (ReportSource.KEEPER, ReportSource.CADRE)


class RepairSource(IntEnum):
    """Who found that something is out of order: the numbers of ``ReportSource``, and an inspection."""

    KEEPER = 1
    MEMBER = 2
    DOOR = 3
    CADRE = 4
    VISITOR = 5
    INSPECTION = 7

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return "检查" if self is RepairSource.INSPECTION else ReportSource(self.value).label


class RepairStep(IntEnum):
    """Where something out of order stands; what stands is to be mended or to be seen, perhaps overdue."""

    STANDING = 0
    TO_MEND = 1
    OVERDUE = 2
    TO_SEE = 3
    DONE = 4

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {0: "没完的", 1: "还没修好", 2: "超期了", 3: "等人复查", 4: "修好的"}[self.value]


class Topic(IntEnum):
    """What a report is about; each topic is settled by itself."""

    DOOR = 1
    WATER = 2
    POWER = 3
    COOL = 4
    FACILITY = 5

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "开没开", 2: "饮水", 3: "用电", 4: "26 度", 5: "设施"}[self.value]

    @property
    def fades(self) -> bool:
        """Return whether words about it lose weight with time; a facility stays as it was said."""
        return self is not Topic.FACILITY


class Said(IntEnum):
    """What was said; the tens name the topic."""

    OPEN = 10
    CLOSED = 11
    FULL = 12
    WATER_THERE = 20
    WATER_OUT = 21
    POWER_THERE = 30
    POWER_OUT = 31
    COOL = 40
    HOT = 41
    WORKS = 50
    BROKEN = 51

    @property
    def topic(self) -> Topic:
        """Return what it is about."""
        return Topic(self.value // 10)

    @property
    def is_fault(self) -> bool:
        """Return whether something is to be repaired."""
        return self in (Said.WATER_OUT, Said.POWER_OUT, Said.HOT, Said.BROKEN)

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return _SAID[self]


_SAID = {
    Said.OPEN: "开着",
    Said.CLOSED: "没开",
    Said.FULL: "满了",
    Said.WATER_THERE: "有水",
    Said.WATER_OUT: "没水",
    Said.POWER_THERE: "有电",
    Said.POWER_OUT: "没电",
    Said.COOL: "26 度",
    Said.HOT: "太热或太冷",
    Said.WORKS: "能用",
    Said.BROKEN: "坏了",
}


class Outcome(IntEnum):
    """How a topic was settled."""

    SETTLED = 1
    NOBODY = 2
    STALE = 3
    DISPUTED = 4

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {1: "有定论", 2: "还没人确认", 3: "确认过的太久了", 4: "说法不一"}[self.value]
