"""States of offers, of claims for a place and of objections; ways to share; kinds of programmes."""

from enum import IntEnum, StrEnum

from nuanxin.kernel.errors import Conflict


class Kind(StrEnum):
    """What a programme gives."""

    EXAM = "exam"
    RECUPERATION = "recuperation"
    TRAINING = "training"
    DEGREE = "degree"
    CONTEST = "contest"
    PHYSICAL = "physical"
    CAMP = "camp"
    GIFT = "gift"
    INSURANCE = "insurance"
    AID = "aid"
    LEGAL = "legal"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _KINDS[self]


_KINDS = {
    Kind.EXAM: "体检",
    Kind.RECUPERATION: "疗休养",
    Kind.TRAINING: "培训",
    Kind.DEGREE: "学历提升",
    Kind.CONTEST: "技能竞赛",
    Kind.PHYSICAL: "体能训练",
    Kind.CAMP: "托管班",
    Kind.GIFT: "慰问",
    Kind.INSURANCE: "医疗互助和保险",
    Kind.AID: "困难帮扶",
    Kind.LEGAL: "法律援助",
}


NO_FEEDBACK_ASKED = "feedback"
"""Beside the kinds of programmes: who turned off being asked how a service was."""
NO_ONE_FACT = "one_fact"
"""Beside them too: who turned off being told that one fact is missing."""


class Way(IntEnum):
    """How places are shared among those who may have one."""

    FIRST_COME = 1
    SCORE = 2
    NEED = 3
    DRAW = 4
    SLOT = 5
    BY_CLASS = 6

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _WAYS[self]

    @property
    def code(self) -> str:
        """Return what definitions and programs call it."""
        return self.name.lower()

    @property
    def is_at_once(self) -> bool:
        """Return whether a place is given in the moment it is asked for."""
        return self in (Way.FIRST_COME, Way.SLOT)


_WAYS = {
    Way.FIRST_COME: "先到先得",
    Way.SCORE: "按分数",
    Way.NEED: "按困难程度",
    Way.DRAW: "公开抽签",
    Way.SLOT: "预约时段",
    Way.BY_CLASS: "按班报名",
}


class OfferState(IntEnum):
    """Where an offer stands."""

    DRAFT = 1
    OPEN = 2
    CLOSED = 3
    AWARDED = 4
    CANCELLED = 5
    PUBLICITY = 6

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _OFFERS[self]


_OFFERS = {
    OfferState.DRAFT: "还没发布",
    OfferState.OPEN: "报名中",
    OfferState.CLOSED: "报名结束",
    OfferState.AWARDED: "名额定了",
    OfferState.CANCELLED: "取消了",
    OfferState.PUBLICITY: "公示中",
}

_AFTER_APPLYING = {OfferState.PUBLICITY, OfferState.AWARDED, OfferState.CANCELLED}
OFFER_MOVES = {
    OfferState.DRAFT: {OfferState.OPEN, OfferState.CANCELLED},
    OfferState.OPEN: {OfferState.CLOSED, *_AFTER_APPLYING},
    OfferState.CLOSED: _AFTER_APPLYING,
    OfferState.PUBLICITY: {OfferState.AWARDED, OfferState.CANCELLED},
    OfferState.AWARDED: set(),
    OfferState.CANCELLED: set(),
}


class ClaimState(IntEnum):
    """Where somebody's application stands.

    GRANTED, CONFIRMED and PROPOSED (the list is made public, not final) hold a seat. FORFEITED keeps
    the row of its seat: the place was used, nobody else gets it. No other has one.
    """

    APPLIED = 1
    WAITING = 2
    GRANTED = 3
    CONFIRMED = 4
    WITHDRAWN = 5
    EXPIRED = 6
    PROPOSED = 7
    STRUCK = 8
    FORFEITED = 9

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _CLAIMS[self]

    @property
    def is_live(self) -> bool:
        """Return whether it still counts: one a person and offer."""
        return self in LIVE

    @property
    def holds_seat(self) -> bool:
        """Return whether a place belongs to it."""
        return self in (ClaimState.GRANTED, ClaimState.CONFIRMED, ClaimState.PROPOSED)


_CLAIMS = {
    ClaimState.APPLIED: "报上名了",
    ClaimState.WAITING: "候补",
    ClaimState.GRANTED: "名额给你留着",
    ClaimState.CONFIRMED: "有名额",
    ClaimState.WITHDRAWN: "撤回了",
    ClaimState.EXPIRED: "过期没确认",
    ClaimState.PROPOSED: "公示中",
    ClaimState.STRUCK: "公示后没定上",
    ClaimState.FORFEITED: "资格取消了",
}

LIVE = (
    ClaimState.APPLIED,
    ClaimState.WAITING,
    ClaimState.GRANTED,
    ClaimState.CONFIRMED,
    ClaimState.PROPOSED,
)

CLAIM_MOVES = {
    ClaimState.APPLIED: {
        ClaimState.WAITING,
        ClaimState.GRANTED,
        ClaimState.PROPOSED,
        ClaimState.CONFIRMED,
        ClaimState.WITHDRAWN,
    },
    ClaimState.WAITING: {ClaimState.GRANTED, ClaimState.PROPOSED, ClaimState.WITHDRAWN},
    ClaimState.GRANTED: {ClaimState.CONFIRMED, ClaimState.WITHDRAWN, ClaimState.EXPIRED},
    ClaimState.CONFIRMED: {ClaimState.WITHDRAWN, ClaimState.PROPOSED, ClaimState.FORFEITED},
    ClaimState.PROPOSED: {ClaimState.CONFIRMED, ClaimState.WITHDRAWN, ClaimState.STRUCK},
    ClaimState.WITHDRAWN: set(),
    ClaimState.EXPIRED: set(),
    ClaimState.STRUCK: set(),
    ClaimState.FORFEITED: set(),
}


class ObjectionState(IntEnum):
    """Where an objection against a list stands; as long as one is OPEN nothing is awarded."""

    OPEN = 1
    NOT_UPHELD = 2
    UPHELD = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _OBJECTIONS[self]


_OBJECTIONS = {
    ObjectionState.OPEN: "等答复",
    ObjectionState.NOT_UPHELD: "不成立",
    ObjectionState.UPHELD: "成立",
}

OBJECTION_MOVES = {
    ObjectionState.OPEN: {ObjectionState.NOT_UPHELD, ObjectionState.UPHELD},
    ObjectionState.NOT_UPHELD: set(),
    ObjectionState.UPHELD: set(),
}


def check_offer_move(now: OfferState, to: OfferState) -> None:
    """Return when the offer may move so; raise ``Conflict`` programmes.state_moved_on."""
    if to not in OFFER_MOVES[now]:
        raise Conflict(
            "programmes.state_moved_on", f"这一期现在是“{now.label}”，不能改成“{to.label}”。"
        )
