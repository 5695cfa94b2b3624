"""States of 服务 and the moves between them; ways to share places; kinds of programmes."""

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


# ---- children's camps --------------------------------------------------------------------------


class Care(IntEnum):
    """What a guardian consents to, each by itself."""

    CARE = 1
    HEALTH = 2
    PICTURES = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "参加托管", "健康情况", "拍照")[self]


class SaidBy(IntEnum):
    """Who consents: under the age of the law the guardian, from it on the child itself."""

    GUARDIAN = 1
    CHILD = 2

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "监护人", "孩子本人")[self]


class Guardianship(IntEnum):
    """What the guardian is to the child."""

    MOTHER = 1
    FATHER = 2
    GRANDPARENT = 3
    OTHER = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "妈妈", "爸爸", "祖父母或外祖父母", "其他监护人")[self]


class StaffRole(IntEnum):
    """What somebody does in a camp."""

    HEAD = 1
    TUTOR = 2
    VOLUNTEER = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "负责人", "老师", "志愿者")[self]


class Presence(IntEnum):
    """What is recorded of a child on a day."""

    ARRIVED = 1
    HANDED_OVER = 2
    ABSENT = 3
    TAKEN_BACK = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "到了", "接走了", "没来", "撤销")[self]


class HandOver(IntEnum):
    """How it was made sure who takes the child."""

    CODE = 1
    PAPERS = 2
    SHEET = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "当天接送码", "看了身份证", "纸质登记补录")[self]


GRADES = ("学前", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "初一", "初二", "初三", "高一", "高二", "高三")  # fmt: skip


def grade_label(grade: int) -> str:
    """Return the Chinese word of a grade; 0 is before school."""
    return GRADES[grade] if 0 <= grade < len(GRADES) else "年级不明"


# ---- versions of rules --------------------------------------------------------------------------


class VersionState(IntEnum):
    """Where a version of a rule stands. A released one never changes."""

    DRAFT = 1
    SUBMITTED = 2
    RELEASED = 3
    DISCARDED = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _VERSIONS[self]


_VERSIONS = {
    VersionState.DRAFT: "在起草",
    VersionState.SUBMITTED: "等复核",
    VersionState.RELEASED: "定稿",
    VersionState.DISCARDED: "不要了",
}

VERSION_MOVES = {
    VersionState.DRAFT: {VersionState.SUBMITTED, VersionState.DISCARDED},
    VersionState.SUBMITTED: {VersionState.DRAFT, VersionState.RELEASED},
    VersionState.RELEASED: set(),
    VersionState.DISCARDED: set(),
}


def check_version_move(now: VersionState, to: VersionState) -> None:
    """Return when the version may move so; raise ``Conflict`` programmes.rule_moved_on."""
    if to not in VERSION_MOVES[now]:
        raise Conflict(
            "programmes.rule_moved_on",
            f"这一版现在是“{now.label}”，这一步已经办不了。刷新页面看看是谁办的。",
        )


class PreviewState(IntEnum):
    """Where a trial of a rule over the register stands."""

    WAITING = 1
    RUNNING = 2
    DONE = 3
    FAILED = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _PREVIEWS[self]


_PREVIEWS = {
    PreviewState.WAITING: "排着队",
    PreviewState.RUNNING: "正在算",
    PreviewState.DONE: "算好了",
    PreviewState.FAILED: "没算成",
}


# ---- payment lists ------------------------------------------------------------------------------


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


# ---- a human look at an answer ------------------------------------------------------------------


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


# ---- attestations, and acting for somebody ------------------------------------------------------


class AttesterKind(IntEnum):
    """Who may confirm how somebody works."""

    OFFICER = 1
    KEEPER = 2
    OUTLET = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "工会干部", "驿站站长", "平台或网点联系人")[self]


class RequestState(IntEnum):
    """Where a request for an attestation stands; answered once."""

    ASKED = 1
    CONFIRMED = 2
    CORRECTED = 3
    REFUSED = 4
    WITHDRAWN = 5
    LAPSED = 6

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "等答复", "确认了", "改了再确认", "没有确认", "本人撤了", "证明人停用了")[self]


class AttestWay(IntEnum):
    """How an attester came to say it."""

    LINK = 1
    CARD = 2
    DESK = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "手机上点的链接", "当面扫会员卡", "工作台")[self]


class HelpConsent(IntEnum):
    """How a worker showed that he wants to be helped."""

    CARD = 1
    CODE = 2

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "当面出示会员卡", "报了短信验证码")[self]


class HelpKind(IntEnum):
    """The fixed list of what may be done for somebody."""

    APPLY = 1
    CONFIRM = 2
    WITHDRAW = 3
    STATE = 4
    ASK = 5

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "报名", "确认名额", "撤回报名", "填报情况", "请人证明")[self]


# ---- contests ----------------------------------------------------------------------------------


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
