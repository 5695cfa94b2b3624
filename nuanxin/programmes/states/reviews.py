"""States of a human look at an answer."""

from enum import IntEnum

from nuanxin.kernel.errors import Conflict


class ReviewState(IntEnum):
    """Where a request to have an answer looked at by somebody stands."""

    ASKED = 1
    TAKEN = 2
    ANSWERED = 3
    WITHDRAWN = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _REVIEWS[self]

    @property
    def is_open(self) -> bool:
        """Return whether an answer is still to come."""
        return self in (ReviewState.ASKED, ReviewState.TAKEN)


_REVIEWS = {
    ReviewState.ASKED: "等人看",
    ReviewState.TAKEN: "有人在看",
    ReviewState.ANSWERED: "答复了",
    ReviewState.WITHDRAWN: "撤回了",
}

REVIEW_MOVES = {
    ReviewState.ASKED: {ReviewState.TAKEN, ReviewState.ANSWERED, ReviewState.WITHDRAWN},
    ReviewState.TAKEN: {ReviewState.TAKEN, ReviewState.ANSWERED, ReviewState.WITHDRAWN},
    ReviewState.ANSWERED: set(),
    ReviewState.WITHDRAWN: set(),
}


class ReviewOutcome(IntEnum):
    """What somebody found who looked at an answer."""

    RULE_RIGHT = 1
    CORRECTED = 2
    EXCEPTION = 3

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {
            ReviewOutcome.RULE_RIGHT: "规则算得对",
            ReviewOutcome.CORRECTED: "信息改过了",
            ReviewOutcome.EXCEPTION: "破例，同意报名",
        }[self]


def check_review_move(now: ReviewState, to: ReviewState) -> None:
    """Return when a review may move so; raise ``Conflict`` programmes.review_moved_on."""
    if to not in REVIEW_MOVES[now]:
        raise Conflict(
            "programmes.review_moved_on", f"这一件现在是“{now.label}”，不能改成“{to.label}”。"
        )
