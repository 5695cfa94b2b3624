"""Kinds of 人员, with Chinese labels; numbers and words are stored and never change."""

from enum import IntEnum, StrEnum


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
    PROGRAMME_FACTS = 6

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "入会和会籍管理",
            2: "核验身份证号",
            3: "发服务消息",
            4: "从合作平台带入姓名和证件号",
            5: "公开表彰信息",
            6: "为服务项目读取健康、家庭和孩子的情况",
        }[self.value]

    @property
    def slug(self) -> str:
        """Return the name of the folder that holds the versions of the notice."""
        return self.name.lower()


class ReadableField(StrEnum):
    """What can be read in clear of a person, with a purpose and a log row."""

    IDENTITY = "identity"
    PHONE = "phone"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {"identity": "身份证号", "phone": "手机号"}[self.value]


class MergeField(StrEnum):
    """What is chosen one by one when two records are merged. Birth and sex go with the number."""

    NAME = "name"
    IDENTITY = "identity"
    PHONE = "phone"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {"name": "姓名", "identity": "身份证号（连同出生日期、性别）", "phone": "手机号"}[
            self.value
        ]


class Side(StrEnum):
    """From which of the two records a field is taken."""

    KEPT = "kept"
    FOLDED = "folded"


class DuplicateVerdict(StrEnum):
    """How a pair that looked like one person was settled."""

    MERGED = "merged"
    DIFFERENT = "different"
    GONE = "gone"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {"merged": "已合并", "different": "不是同一个人", "gone": "其中一份已清除"}[
            self.value
        ]


class ContactKind(IntEnum):
    """How a person was reached, or with what he was served. Below 50 reached, from 50 on served (reached too)."""

    SIGNED_IN = 1
    JOINED = 2
    ANSWERED = 3
    PHONED = 10
    MET = 11
    VISITED = 12
    ACTIVITY = 13
    CONSULTED = 50
    CONDOLENCE = 51
    CHECK_UP = 52
    TRAINED = 53
    AIDED = 54
    LEGAL_AID = 55
    OTHER_SERVICE = 69

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            1: "本人登录",
            2: "本人申请或确认入会",
            3: "回复了邀请或消息",
            10: "打电话联系上",
            11: "当面谈过",
            12: "上门走访",
            13: "参加活动",
            50: "咨询解答",
            51: "慰问",
            52: "体检",
            53: "培训",
            54: "困难帮扶",
            55: "法律援助",
            69: "其他服务",
        }[self.value]

    @property
    def is_service(self) -> bool:
        """Return whether the union did something for the person."""
        return self.value >= FIRST_SERVICE

    @property
    def is_by_hand(self) -> bool:
        """Return whether an officer may write it down; the others are written where they happen."""
        return self.value >= FIRST_BY_HAND


FIRST_BY_HAND, FIRST_SERVICE = 10, 50
"""Where the kinds that officers write down begin, and those that are services."""
