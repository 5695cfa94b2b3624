"""States of children's camps."""

from enum import IntEnum


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
