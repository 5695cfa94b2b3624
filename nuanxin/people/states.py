"""States and kinds of 人员, with Chinese labels; stored as small integers."""

from enum import IntEnum


class IdentityKind(IntEnum):
    """Which paper the identity number stands on."""

    RESIDENT = 1
    RESIDENCE_PERMIT = 2
    OTHER = 9

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {1: "居民身份证", 2: "港澳台居民居住证", 9: "其他证件"}[self.value]


class Assurance(IntEnum):
    """How sure we are that the record is the person."""

    STATED_BY_ROSTER = 1
    PHONE_CONFIRMED = 2
    HOST_VERIFIED = 3
    SEEN_ON_SITE = 4

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "名单所报，本人未确认",
            2: "手机号已确认",
            3: "实名平台已核验",
            4: "现场核对过证件",
        }[self.value]


class LabourRelation(IntEnum):
    """Three-way status of an engagement (人社部发〔2021〕56号); per engagement, not per person."""

    LABOUR_RELATION = 1
    NOT_FULLY = 2
    CIVIL = 3
    UNKNOWN = 9

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "有劳动关系",
            2: "不完全符合确立劳动关系",
            3: "民事关系",
            9: "没有说明",
        }[self.value]


class ConsentPurpose(IntEnum):
    """What a consent is for; the identity number has its own (PIPL a.14, a.29)."""

    JOINING = 1
    IDENTITY_NUMBER = 2
    SERVICE_NOTICES = 3
    HOST_SHARING = 4
    HONOUR_PUBLICATION = 5

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "入会和会籍管理",
            2: "核验身份证号",
            3: "发服务消息",
            4: "从合作平台带入姓名和证件号",
            5: "公开表彰信息",
        }[self.value]
