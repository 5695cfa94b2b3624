"""Occupations of workers in new forms of employment, with the groups that reports count them in.

The groups are dated (the eight groups of 2018, the four core groups of 2021), because figures that
counted different groups cannot be compared. ``key`` is the small number kept in tables; it is never
given to another occupation. Official occupation codes carry the edition they stand in.
"""

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import compact

_FILE = Path(__file__).parent / "data" / "occupations.csv"


class StatisticsClass(StrEnum):
    """What several occupations are counted as in statistics: many occupations, one class."""

    FREIGHT = "freight"
    PASSENGER = "passenger"
    EXPRESS = "express"
    TAKEAWAY = "takeaway"
    CARE = "care"
    DOMESTIC = "domestic"
    TRADE = "trade"
    SECURITY = "security"
    ONLINE = "online"
    OTHER = "other"

    @property
    def label(self) -> str:
        """Return the Chinese name of the class."""
        return _CLASS_LABELS[self]


_CLASS_LABELS = {
    StatisticsClass.FREIGHT: "道路货运",
    StatisticsClass.PASSENGER: "道路客运",
    StatisticsClass.EXPRESS: "快递",
    StatisticsClass.TAKEAWAY: "外卖配送",
    StatisticsClass.CARE: "护理照料",
    StatisticsClass.DOMESTIC: "家政",
    StatisticsClass.TRADE: "商贸中介",
    StatisticsClass.SECURITY: "安保",
    StatisticsClass.ONLINE: "网络营销",
    StatisticsClass.OTHER: "其他",
}


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, None where open; a group that never applied has no span."""

    first: date
    last: date | None

    def __contains__(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Occupation:
    """One occupation. ``words`` are what rosters call it; ``industry_codes`` GB/T 4754-2017."""

    key: int
    code: str
    label: str
    statistics_class: StatisticsClass
    core_four: Span | None
    eight_2018: Span | None
    official_code: str
    official_name: str
    official_edition: str
    industry_codes: tuple[str, ...]
    valid: Span
    words: tuple[str, ...]

    def is_core_four(self, on: date) -> bool:
        """Return whether it is one of the four core groups (货车 网约车 快递 外卖) on ``on``."""
        return self.core_four is not None and on in self.core_four

    def is_eight_2018(self, on: date) -> bool:
        """Return whether it is one of the eight groups of 2018 on ``on``."""
        return self.eight_2018 is not None and on in self.eight_2018


def occupation(code: str) -> Occupation:
    """Return the occupation; raise ``Malformed`` occupation.unknown."""
    found = _by_code().get(code)
    if found is None:
        raise Malformed("occupation.unknown", "没有这个职业。请从列表里选，都不像就选「其他」。")
    return found


def by_key(key: int) -> Occupation:
    """Return the occupation by its small number; raise ``Malformed`` occupation.unknown."""
    found = _by_key().get(key)
    if found is None:
        raise Malformed("occupation.unknown", "没有这个职业。请从列表里选，都不像就选「其他」。")
    return found


def all_occupations(on: date | None = None) -> list[Occupation]:
    """Return the occupations in the order of the list, those in use on ``on`` if it is given."""
    return [one for one in _by_code().values() if on is None or on in one.valid]


def recognise(text: str) -> str | None:
    """Return the code for a word from a roster (外卖员, 骑手, 快递小哥 …), None when unsure.

    The whole word first; then the longest known word that it contains (「顺丰收派员（全职）」).
    Where two occupations tie, or nothing fits, None: the officer decides, nothing is guessed.
    """
    word = compact(text).lower()
    if not word:
        return None
    known = _by_word()
    if word in known:
        return known[word]
    contained = [
        (len(each), code) for each, code in known.items() if len(each) > 1 and each in word
    ]
    if not contained:
        return None
    longest = max(length for length, _ in contained)
    codes = {code for length, code in contained if length == longest}
    return codes.pop() if len(codes) == 1 else None


@lru_cache(maxsize=1)
def _by_code() -> dict[str, Occupation]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {row["code"]: _occupation_of(row) for row in csv.DictReader(file)}


@lru_cache(maxsize=1)
def _by_key() -> dict[int, Occupation]:
    return {one.key: one for one in _by_code().values()}


@lru_cache(maxsize=1)
def _by_word() -> dict[str, str]:
    return {
        compact(word).lower(): one.code
        for one in _by_code().values()
        for word in (one.label, *one.words)
    }


def _occupation_of(row: dict[str, str]) -> Occupation:
    valid = _span(row["valid_from"], row["valid_to"])
    if valid is None:
        raise ValueError(f"occupation {row['code']} lacks valid_from")
    return Occupation(
        key=int(row["key"]),
        code=row["code"],
        label=row["label"],
        statistics_class=StatisticsClass(row["statistics_class"]),
        core_four=_span(row["core_four_from"], row["core_four_to"]),
        eight_2018=_span(row["eight_2018_from"], row["eight_2018_to"]),
        official_code=row["official_code"],
        official_name=row["official_name"],
        official_edition=row["official_edition"],
        industry_codes=tuple(row["industry_codes"].split()),
        valid=valid,
        words=tuple(row["words"].split()),
    )


def _span(first: str, last: str) -> Span | None:
    if not first:
        return None
    return Span(date.fromisoformat(first), date.fromisoformat(last) if last else None)
