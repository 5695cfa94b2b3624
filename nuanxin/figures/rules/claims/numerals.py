"""Numbers as Chinese papers write them: 117.5万, 1.2万余, 一百三十五, 3亿5000万, 百分之十, 三分之二.

A written number has a value and a fineness: 117.5万 says nothing below 1,000, and 1.2万余 means
from 12,000 on, up to where one would write 1.3万余.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

DIGITS = {
    **{char: value for value, char in enumerate("零一二三四五六七八九")},
    **{char: value for value, char in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "两": 2,
}
LONGEST = 40
"""Signs of a number: what is longer is no quantity that anybody means."""
_SMALL = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_HAN_DIGIT = "零〇一二三四五六七八九两"
GROUPED = r"\d{1,3}(?:[,，]\d{3})+(?![\d])(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![\d])(?:\.\d+)?"
_PLAIN = r"\d+(?:\.\d+)?"
_SCALE = r"[十百千]?[万亿]{1,2}|[百千]"
_ARABIC = re.compile(
    rf"(?P<size>{GROUPED}|{_PLAIN}) ?(?P<inner>[余多来])?(?P<scale>{_SCALE})?"
    rf"(?P<more>(?:(?:{_PLAIN})(?:{_SCALE}))*)"
)
_PART = re.compile(rf"({_PLAIN})({_SCALE})")
_HAN = re.compile(
    rf"[{_HAN_DIGIT}十壹贰叁肆伍陆柒捌玖拾][{_HAN_DIGIT}十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]*"
    rf"(?:点[{_HAN_DIGIT}]+)?(?P<inner>[余多来](?=[百千]?[万亿]))?(?P<scale>[百千]?[万亿]+)?"
)
_OF = re.compile(r"(?P<below>[^之]+)分之(?P<above>.+)")


class Leaning(StrEnum):
    """What the words beside a number say about it."""

    EXACT = ""
    OVER = "over"
    NEARLY = "nearly"
    ABOUT = "about"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it is written.

    ``step`` is what one in its last written digit is worth (1000 in 117.5万); 0 where it is written
    out in full. ``rough`` is the same with closing zeros left out (1000 in 2000余).
    """

    value: Fraction
    step: Fraction = Fraction(0)
    rough: Fraction = Fraction(1)
    leaning: Leaning = Leaning.EXACT

    def span(self) -> tuple[Fraction, Fraction]:
        """Return the least and the greatest number that may be meant."""
        value, half = self.value, self.step / 2
        match self.leaning:
            case Leaning.OVER:
                return value, value + self.rough
            case Leaning.NEARLY:
                return max(value - self.rough, value * Fraction(85, 100)), value
            case Leaning.ABOUT:
                slack = min(max(self.rough / 2, value / 20), value / 10)
                return value - slack, value + slack
            case Leaning.AT_LEAST:
                return value, max(value * 10, value + self.rough)
            case Leaning.AT_MOST:
                return Fraction(0), value
        return value - half, value + half


def read_number(text: str) -> Written | None:
    """Return the number that ``text`` is, wholly, or None: in Arabic or Chinese figures, mixed,
    as percentage (the value is then the percents) or as fraction."""
    folded = text.strip()
    if len(folded) > LONGEST:
        return None
    if "分之" in folded:
        return _read_share(folded)
    if folded.endswith(("%", "‰")):
        return _times(_read_arabic(folded[:-1].rstrip()), _percents(folded[-1]))
    if folded.endswith("成"):
        return _times(_read_plain(folded[:-1]), Fraction(10))
    return _read_plain(folded)


def _read_plain(text: str) -> Written | None:
    return _read_arabic(text) or _read_han(text)


def _percents(sign: str) -> Fraction:
    return Fraction(1) if sign == "%" else Fraction(1, 10)


def _times(number: Written | None, factor: Fraction) -> Written | None:
    if number is None:
        return None
    step = number.step or Fraction(1)
    return Written(number.value * factor, step * factor, number.rough * factor, number.leaning)


def _read_share(text: str) -> Written | None:
    found = _OF.fullmatch(text)
    if found is None:
        return None
    above = _read_plain(found["above"])
    if found["below"] in ("百", "千"):
        return _times(above, Fraction(1) if found["below"] == "百" else Fraction(1, 10))
    below = _read_plain(found["below"])
    if above is None or below is None or not below.value:
        return None
    return Written(above.value / below.value * 100, Fraction(1), Fraction(1))


def _read_arabic(text: str) -> Written | None:
    found = _ARABIC.fullmatch(text)
    if found is None:
        return None
    digits = re.sub(r"[,， ]", "", found["size"])
    size, scale = Fraction(digits), scale_of(found["scale"] or "")
    decimals = len(digits.partition(".")[2])
    value, last = size * scale, scale
    for part, word in _PART.findall(found["more"]):
        value += Fraction(part) * scale_of(word)
        last, digits = scale_of(word), part
        decimals = len(part.partition(".")[2])
    unit = Fraction(last, 10**decimals)
    zeros = 0 if decimals else len(digits) - len(digits.rstrip("0"))
    rough = unit * 10 ** min(zeros, max(0, len(digits) - 1))
    leaning = Leaning.OVER if found["inner"] else Leaning.EXACT
    return Written(value, unit if unit != 1 else Fraction(0), rough, leaning)


def scale_of(word: str) -> int:
    """Return what 万, 千万, 亿, 万亿 multiply by; 1 for nothing."""
    scale = 1
    for char in word:
        scale *= _SMALL.get(char) or _LARGE[char]
    return scale


def _read_han(text: str) -> Written | None:
    found = _HAN.fullmatch(text)
    if found is None:
        return None
    core = text
    if found["inner"]:
        core = text.replace(found["inner"], "", 1)
    whole, _, tail = core.partition("点")
    outer = ""
    if tail:
        outer = tail.lstrip(_HAN_DIGIT)
        tail = tail[: len(tail) - len(outer)]
    value = _sum_of(whole)
    if value is None:
        return None
    digits = "".join(str(DIGITS[char]) for char in tail)
    fraction = Fraction(int(digits), 10 ** len(digits)) if digits else Fraction(0)
    scale = scale_of(outer)
    unit = Fraction(scale, 10 ** len(digits))
    if not digits and whole[-1] in _LARGE:
        unit = Fraction(_LARGE[whole[-1]])
    leaning = Leaning.OVER if found["inner"] else Leaning.EXACT
    total = (value + fraction) * scale
    return Written(total, unit if unit != 1 else Fraction(0), _rough_of(total, unit), leaning)


def _rough_of(value: Fraction, unit: Fraction) -> Fraction:
    rough = unit
    while value and value % (rough * 10) == 0 and rough * 10 <= value:
        rough *= 10
    return rough


def _sum_of(text: str) -> int | None:
    """Return 135 for 一百三十五; None for what is no number word, such as 三五 and 七八."""
    total = section = digit = 0
    has_digit = False
    last_small = 10**9
    for char in text:
        if char in DIGITS:
            if has_digit and digit:
                return None
            digit, has_digit = DIGITS[char], True
        elif char in _SMALL:
            if has_digit and not digit:
                digit = 1 if char in "十拾" else digit
            if _SMALL[char] >= last_small:
                return None
            last_small = _SMALL[char]
            section += (digit if has_digit else 1) * last_small
            digit, has_digit = 0, False
        else:
            section += digit
            if char == "亿":
                total = (total + section) * _LARGE[char]
            else:
                total += section * _LARGE[char]
            section = digit = 0
            has_digit, last_small = False, 10**9
    section += digit
    if text in DIGITS:
        return DIGITS[text]
    return total + section
