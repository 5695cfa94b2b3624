"""How far the working out of a siting plan has come, and what its demand is read from."""

from enum import IntEnum, StrEnum


class PlanState(IntEnum):
    """A plan is asked for, worked out by a job, and then stays as it is."""

    WAITING = 1
    RUNNING = 2
    DONE = 3
    FAILED = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {1: "排着队", 2: "正在算", 3: "算好了", 4: "没算成"}[self.value]

    @property
    def is_working(self) -> bool:
        """Return whether a job should be at it."""
        return self in (PlanState.WAITING, PlanState.RUNNING)


class DemandSource(StrEnum):
    """What says how many people are where."""

    ENGAGEMENTS = "engagements"
    VISITS = "visits"
    GRID = "grid"

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {
            "engagements": "登记的从业人员（按网点）",
            "visits": "驿站来过的人次",
            "grid": "自己上传的需求表",
        }[self.value]


class Travel(StrEnum):
    """How people come to a station."""

    WALK = "walk"
    EBIKE = "ebike"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {"walk": "步行", "ebike": "骑电动车"}[self.value]
