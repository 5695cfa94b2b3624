"""Citizen identity numbers (GB 11643-1999) and the residence permits that share their form.

A number is read, never repaired: when the check digit disagrees, nobody can know which digit is
wrong. The area code is a hint only; codes are abolished, and people keep theirs.
No error carries the number itself.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import compact, is_damaged_number

LENGTH = 18
OLDEST_YEARS = 130
"""A birth longer ago than this is a typing error (the oldest life on record is 122 years)."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_WELL_FORMED = re.compile(r"[0-9]{17}[0-9X]")
_X_ALIKE = str.maketrans({"x": "X", "×": "X", "х": "X", "Х": "X", "Χ": "X", "χ": "X"})
_OLD_FORM = re.compile(r"[0-9]{15}")


class IdentityKind(StrEnum):
    """What paper the number stands on, as far as the number itself tells."""

    RESIDENT_CARD = "resident_card"
    HONG_KONG_PERMIT = "hong_kong_permit"
    MACAU_PERMIT = "macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"

    @property
    def label(self) -> str:
        """Return the Chinese name of the paper."""
        return _KIND_LABELS[self]


_KIND_LABELS = {
    IdentityKind.RESIDENT_CARD: "居民身份证",
    IdentityKind.HONG_KONG_PERMIT: "香港居民居住证",
    IdentityKind.MACAU_PERMIT: "澳门居民居住证",
    IdentityKind.TAIWAN_PERMIT: "台湾居民居住证",
    IdentityKind.FOREIGN_PERMANENT_RESIDENT: "外国人永久居留身份证",
}
_KIND_BY_PREFIX = {
    "81": IdentityKind.HONG_KONG_PERMIT,
    "82": IdentityKind.MACAU_PERMIT,
    "83": IdentityKind.TAIWAN_PERMIT,
}


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number that has passed its check: ``number18`` is the only form that is ever stored.

    ``area`` is the six-digit code at the head (where the number was first given), a hint only.
    """

    number18: str
    birth_on: date
    sex: str
    area: str
    kind: IdentityKind

    @property
    def masked(self) -> str:
        """Return the number as it may be shown: 3205**********4178."""
        return mask_identity(self.number18)


def normalise_identity(text: str) -> str:
    """Return ``text`` in the one form in which numbers are compared; never raises, checks nothing.

    NFKC, no spaces or hyphens, x→X (and the signs ×, Х that are mistaken for it), and the
    15-digit form that was given until 1999 made into 18 digits (century 19, check digit computed),
    so that both forms of one person's number are equal.
    """
    number = compact(text)
    if len(number) == LENGTH and number.isdigit() and number.isascii():
        return number
    number = number.translate(_X_ALIKE)
    if _OLD_FORM.fullmatch(number):
        first17 = f"{number[:6]}19{number[6:]}"
        return first17 + check_digit(first17)
    return number


def check_digit(first17: str) -> str:
    """Return the 18th character (0-9 or X) that belongs to ``first17`` (17 ASCII digits)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True))
    return _CHECK_DIGITS[total % 11]


def parse_identity(text: str, *, today: date) -> IdentityNumber:
    """Read an identity number as typed, scanned or taken from a spreadsheet cell.

    Raises ``Malformed`` with one of: identity.missing, identity.damaged, identity.characters,
    identity.length, identity.birth, identity.check_digit. Age is not judged here.
    """
    if is_damaged_number(text):
        raise Malformed(
            "identity.damaged",
            "这个号码被表格软件改成了科学记数（像 3.3E+17），后几位已经丢了，补不回来。"
            "请找本人重新填写，并先把这一列的格式设成“文本”。",
        )
    number = normalise_identity(text)
    _check_shape(number)
    birth_on = _read_birth(number, today=today)
    if check_digit(number[:17]) != number[17]:
        raise Malformed(
            "identity.check_digit",
            "这个号码前后对不上，多半有一位打错了，或者相邻两位颠倒了。请对照证件再输一遍。",
        )
    return IdentityNumber(
        number18=number,
        birth_on=birth_on,
        sex="M" if int(number[16]) % 2 else "F",
        area=number[:6],
        kind=_kind_of(number),
    )


def age_on(birth: date, day: date) -> int:
    """Return the completed years of age on ``day``; one born on 29 February turns on 1 March."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def mask_identity(number: str) -> str:
    """Return the number with only its first four and last four characters: 3205**********4178.

    Anything shorter than 15 characters is masked wholly, so that no mistyped number leaks.
    """
    if len(number) < 15:
        return "*" * len(number)
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"


def _check_shape(number: str) -> None:
    if not number:
        raise Malformed("identity.missing", "还没有填身份证号码。请照着证件填 18 位。")
    if _WELL_FORMED.fullmatch(number):
        return
    strange = sorted({c for c in number if c not in "0123456789"} - {"X"})
    if strange or "X" in number[:-1]:
        raise Malformed("identity.characters", _strange_sentence(strange))
    length, missing = len(number), LENGTH - len(number)
    if missing == 1:
        sentence = "少了一位，现在是 17 位。看看最后是不是漏了 X。"
    elif missing > 1:
        sentence = f"少了 {missing} 位，现在是 {length} 位。身份证号码是 18 位。"
    else:
        sentence = f"多了 {-missing} 位，现在是 {length} 位。身份证号码是 18 位。"
    raise Malformed("identity.length", sentence, length=length)


def _strange_sentence(strange: list[str]) -> str:
    if not strange:
        return "X 只能是最后一位。请对照证件再输一遍。"
    shown = "、".join(f"「{character}」" for character in strange[:3])
    hint = (
        "看看是不是把数字 0 打成了字母 O，或把 1 打成了 I。" if set(strange) & set("OoIl") else ""
    )
    return f"号码里有{shown}。身份证号码只有数字，最后一位可以是 X。{hint}"


def _read_birth(number: str, *, today: date) -> date:
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    try:
        birth_on = date(year, month, day)
    except ValueError:
        written = f"{number[6:10]} 年 {number[10:12]} 月 {number[12:14]} 日"
        raise Malformed(
            "identity.birth",
            f"第 7 到 14 位是出生日期，这里写着 {written}，没有这一天。请对照证件再输一遍。",
        ) from None
    if birth_on > today:
        raise Malformed(
            "identity.birth", "第 7 到 14 位是出生日期，这个日期还没有到。请对照证件再输一遍。"
        )
    if age_on(birth_on, today) > OLDEST_YEARS:
        raise Malformed(
            "identity.birth",
            f"第 7 到 14 位是出生日期，这里写着 {number[6:10]} 年，太早了。请对照证件再输一遍。",
        )
    return birth_on


def _kind_of(number: str) -> IdentityKind:
    if number[0] == "9":
        return IdentityKind.FOREIGN_PERMANENT_RESIDENT
    return _KIND_BY_PREFIX.get(number[:2], IdentityKind.RESIDENT_CARD)
