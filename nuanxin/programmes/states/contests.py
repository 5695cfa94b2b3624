"""States of contests."""

from enum import IntEnum

from nuanxin.kernel.errors import Conflict


class RoundState(IntEnum):
    """Where a round of a contest stands."""

    PREPARING = 1
    SCORING = 2
    CHECKING = 3
    CLOSED = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "还没开始", "打分中", "等复核", "成绩定了")[self]


ROUND_MOVES = {
    RoundState.PREPARING: {RoundState.SCORING},
    RoundState.SCORING: {RoundState.CHECKING},
    RoundState.CHECKING: {RoundState.SCORING, RoundState.CLOSED},
    RoundState.CLOSED: {RoundState.SCORING},
}
"""A closed round is scored again only after an appeal was upheld."""


class CriterionKind(IntEnum):
    """How points of a criterion come about."""

    POINTS = 1
    SECONDS = 2

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "评委打分", "计时换算")[self]


class AppealState(IntEnum):
    """Where an appeal against a result stands."""

    OPEN = 1
    RESCORED = 2
    ANSWERED = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "等答复", "成立，重新打分", "不成立")[self]


def check_round_move(now: RoundState, to: RoundState) -> None:
    """Return when the round may move so; raise ``Conflict`` contests.state_moved_on."""
    if to not in ROUND_MOVES[now]:
        raise Conflict(
            "contests.state_moved_on", f"这一轮现在是“{now.label}”，不能改成“{to.label}”。"
        )
