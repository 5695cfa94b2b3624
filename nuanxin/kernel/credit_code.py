"""Unified social credit codes (GB 32100-2015) with the organisation code inside (GB 11714)."""

from dataclasses import dataclass

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import compact

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of the standard: no I, O, S, V, Z."""

LENGTH = 18
UNION_AUTHORITY = "8"
UNION_KINDS = {"1": "基层工会", "9": "其他工会组织"}

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_MISTAKEN_FOR = {"O": "0", "I": "1", "Z": "2", "S": "5", "V": "U"}


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A code whose check character holds; ``authority`` and ``kind`` are its first two."""

    code: str
    authority: str
    kind: str
    adcode: str
    organisation: str

    @property
    def is_union(self) -> bool:
        """Return whether it is a trade union: 81 grass-roots union, 89 other union body."""
        return self.authority == UNION_AUTHORITY and self.kind in UNION_KINDS

    @property
    def is_grassroots_union(self) -> bool:
        """Return whether it is a grass-roots union (81)."""
        return self.code.startswith("81")

    @property
    def organisation_holds(self) -> bool:
        """Return whether the organisation code inside has its own right check character.

        A hint for review, never a ground for refusal: codes with a wrong inner check were issued.
        """
        return organisation_check_character(self.organisation[:8]) == self.organisation[8]


def normalise_credit_code(text: str) -> str:
    """Return ``text`` in NFKC, without spaces and hyphens, in upper case; checks nothing."""
    return compact(text).upper()


def check_character(first17: str) -> str:
    """Return the 18th character for ``first17``, all of ``ALPHABET`` (KeyError otherwise)."""
    total = sum(w * _VALUES[c] for w, c in zip(_WEIGHTS, first17, strict=True))
    return ALPHABET[-total % 31]


def organisation_check_character(first8: str) -> str:
    """Return the ninth character of an organisation code (GB 11714) for its first eight."""
    total = sum(w * int(c, 36) for w, c in zip(_ORGANISATION_WEIGHTS, first8, strict=True))
    return "0123456789X"[-total % 11]


def parse_credit_code(text: str) -> CreditCode:
    """Read a social credit code.

    Raises ``Malformed`` with one of: credit_code.missing, credit_code.characters,
    credit_code.length, credit_code.adcode, credit_code.check_character.
    """
    code = normalise_credit_code(text)
    if not code:
        raise Malformed("credit_code.missing", "还没有填统一社会信用代码。证书上有，共 18 位。")
    _check_characters(code)
    if len(code) != LENGTH:
        more = len(code) - LENGTH
        said = f"多了 {more} 位" if more > 0 else f"少了 {-more} 位"
        raise Malformed(
            "credit_code.length",
            f"{said}，现在是 {len(code)} 位。统一社会信用代码是 18 位，请对照证书补齐。",
            length=len(code),
        )
    if not code[2:8].isdigit():
        raise Malformed(
            "credit_code.adcode",
            "第 3 到 8 位是登记地的区划代码，应该都是数字。请对照证书再输一遍。",
        )
    if check_character(code[:17]) != code[17]:
        raise Malformed(
            "credit_code.check_character",
            "这个代码前后对不上，多半有一位打错了，或者相邻两位颠倒了。请对照证书再输一遍。",
        )
    return CreditCode(code, code[0], code[1], code[2:8], code[8:17])


def parse_union_code(text: str) -> CreditCode:
    """Read the code of a trade union; besides the codes above raises credit_code.not_a_union."""
    read = parse_credit_code(text)
    if not read.is_union:
        raise Malformed(
            "credit_code.not_a_union",
            "这个代码没有写错，但不是工会的代码。工会的代码以 81 或 89 开头，"
            "看看填的是不是单位自己的代码。",
        )
    return read


def _check_characters(code: str) -> None:
    strange = sorted({c for c in code if c not in _VALUES})
    if not strange:
        return
    mistaken = [f"{c} 看看是不是 {_MISTAKEN_FOR[c]}" for c in strange if c in _MISTAKEN_FOR]
    hint = f"代码里不用字母 I、O、S、V、Z：{'，'.join(mistaken)}。" if mistaken else ""
    shown = "、".join(f"「{c}」" for c in strange[:3])
    raise Malformed(
        "credit_code.characters",
        f"代码里有{shown}。只能有数字和大写字母。{hint}请对照证书再输一遍。",
    )
