"""States of attestations, and of acting for somebody."""

from enum import IntEnum


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
    PAPERS = 3

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return ("", "当面出示会员卡", "报了短信验证码", "两人看过证件")[self]


class HelpKind(IntEnum):
    """The fixed list of what may be done for somebody."""

    APPLY = 1
    CONFIRM = 2
    WITHDRAW = 3
    STATE = 4
    ASK = 5
    SESSION = 6
    CHILD = 7
    CHILD_CONFIRM = 8
    CHILD_WITHDRAW = 9
    DESK_BOOK = 10
    DESK_CANCEL = 11

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _HELPED[self]


_HELPED = {
    1: "报名", 2: "确认名额", 3: "撤回报名", 4: "填报情况", 5: "请人证明", 6: "选场次、换场次",
    7: "给孩子报名", 8: "确认孩子的名额", 9: "撤回孩子的报名", 10: "约驿站、换时间",
    11: "取消驿站预约",
}  # fmt: skip
