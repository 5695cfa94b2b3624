"""Which time a number speaks of: 2022年, 五年来, 今年上半年, 截至2023年9月底, 每年."""

import re
from dataclasses import dataclass
from datetime import date

from nuanxin.figures.rules.claims.numerals import read_number
from nuanxin.kernel.period import HalfYear, Month, Period, Quarter, Year

_N = r"(?:\d{1,2}|[一二三四五六七八九十两]{1,3})"
_Y = r"(?:(?:19|20)\d{2}\s*年度?|今年|去年|前年|本年度?|上年度?)"
_WITHIN = (
    rf"(?:上半年|下半年|第?[一二三四]季度|前[一二三]季度|全年|以来"
    rf"|前?{_N}(?:\s*[—–~～至到-]+\s*{_N})?个?月(?:份|底|末)?(?:\d{{1,2}}日)?|年?[初底末])"
)
_PERIOD = re.compile(
    "|".join(
        (
            rf"截[至止]到?\s*(?:{_Y}\s*{_WITHIN}?(?:末|底)?|{_N}月(?:底|末|份)?(?:\d{{1,2}}日)?|目前|今)",
            r"(?:19|20)\d{2}\s*年?\s*[—–~～至到-]+\s*(?:19|20)\d{2}\s*年",
            rf"{_Y}\s*{_WITHIN}?",
            rf"连续{_N}年|每半?年|每月|每季度?|每周|每天|年均|月均",
            rf"(?:近|过去|这|前)?{_N}年(?:多?来|间|里|以来)|(?:近|过去|这){_N}年|多年来|历年来?|近年来",
            r"“?十[二三四五]五”?(?:期间|以来|时期)?",
            rf"上半年|下半年|第?[一二三四]季度|前[一二三]季度|全年|本月|上月|当月|本季度|本期|今年|{_N}\s*[—–~～至到-]+\s*{_N}月",
            rf"(?<![\d年]){_N}月(?:份|底|末)?(?!{_N}日|[\d—–~～至到-])",
            r"目前|至今|如今|迄今",
        )
    )
)
_YEAR = re.compile(r"(?:19|20)\d{2}")
_COMPARED = ("较", "比", "与", "同")
"""较上年增加300人 tells nothing of when the 300 were counted."""
_EVERY = re.compile(r"每|均")
_TIDY = (
    ("年度", "年"),
    ("全年", ""),
    ("年末", "年底"),
    ("月末", "月底"),
    ("份", ""),
    ("截止", "截至"),
    ("第", ""),
)
_HAN_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}


@dataclass(frozen=True, slots=True)
class Told:
    """A period that a text tells: where, in which words, and one spelling for its usual ones."""

    start: int
    end: int
    text: str
    key: str


def find_periods(text: str) -> list[Told]:
    """Return the periods that a text (folded) tells, in order."""
    return [
        Told(found.start(), found.end(), found[0].strip(), period_key(found[0]))
        for found in _PERIOD.finditer(text)
        if text[max(0, found.start() - 1) : found.start()] not in _COMPARED
    ]


def period_key(text: str) -> str:
    """Return one spelling of a period: 2022年 for 2022年度 and for 2022年全年."""
    plain = re.sub(r"[\s“”]", "", text)
    if len(plain) > 2:
        for one, other in _TIDY:
            plain = plain.replace(one, other)
    return re.sub(r"[—–~～到-]+", "至", plain)


def years_in(text: str) -> frozenset[str]:
    """Return the years that a period names."""
    return frozenset(_YEAR.findall(text))


def is_every(text: str) -> bool:
    """Return whether a period is a rate: 每年, 年均."""
    return _EVERY.search(text) is not None


def resolve(text: str, on: date) -> Period | None:
    """Return the days that a period means in a draft of ``on``; None where it does not say.

    A point in time (截至2023年9月底) comes back as the single last day.
    """
    plain = period_key(text)
    for word, year in (
        ("今年", on.year),
        ("本年", on.year),
        ("去年", on.year - 1),
        ("上年", on.year - 1),
        ("前年", on.year - 2),
    ):
        plain = plain.replace(word, f"{year}年")
    if plain in ("截至目前", "截至今", "目前", "至今", "如今", "迄今"):
        return Period(on, on)
    try:
        return _resolve(plain, on)
    except ValueError:
        return None


def _resolve(plain: str, on: date) -> Period | None:
    span = re.fullmatch(r"(\d{4})年?至(\d{4})年", plain)
    if span:
        return _until(Period(date(int(span[1]), 1, 1), date(int(span[2]), 12, 31)), on)
    found = re.fullmatch(r"(截至)?(?:(\d{4})年)?(.*)", plain)
    if found is None or (found[2] is None and not found[3]):
        return None
    year = int(found[2]) if found[2] else on.year
    whole = _part_of(year, found[3])
    if whole is None or whole.start > on:
        return None
    if found[1]:
        return Period(min(whole.end, on), min(whole.end, on))
    return _until(whole, on)


def _part_of(year: int, words: str) -> Period | None:
    """Return the part of a year: 上半年, 二季度, 1至10月, 9月底, 5月28日, or the year itself."""
    if words in ("", "以来", "底", "年底"):
        return Year(year).period
    if words in ("上半年", "下半年"):
        return HalfYear(year, 1 if words == "上半年" else 2).period
    quarter = re.fullmatch(r"(前)?([一二三四])季度", words)
    if quarter:
        end = Quarter(year, _HAN_QUARTERS[quarter[2]]).period
        return Period(date(year, 1, 1), end.end) if quarter[1] else end
    months = re.fullmatch(rf"(前)?({_N})(?:至({_N}))?个?月底?(?:(\d{{1,2}})日)?", words)
    if months is None:
        return None
    first, last = _month(months[2]), _month(months[3] or months[2])
    if months[4]:
        return Period(date(year, first, int(months[4])), date(year, first, int(months[4])))
    start = 1 if months[1] else first
    return Period(Month(year, start).start, Month(year, last).end)


def _month(text: str) -> int:
    written = read_number(text)
    if written is None:
        raise ValueError(text)
    return int(written.value)


def _until(period: Period, on: date) -> Period:
    return Period(period.start, min(period.end, on)) if period.start <= on else period
