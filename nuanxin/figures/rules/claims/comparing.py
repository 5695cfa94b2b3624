"""Comparing written numbers with known ones and with each other; what comes of it."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from nuanxin.figures.rules.claims.numerals import Leaning, Written


class Verdict(StrEnum):
    """What is said of a claim."""

    AGREES = "agrees"
    WITHIN = "within"
    DIFFERS = "differs"
    CONTRADICTS = "contradicts"
    UNIT_MISMATCH = "unit_mismatch"
    PERIOD_MISSING = "period_missing"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _LABELS[self]

    @property
    def is_fault(self) -> bool:
        """Return whether the draft should not go out like this."""
        return self in (Verdict.DIFFERS, Verdict.CONTRADICTS)


_LABELS = {
    Verdict.AGREES: "一致",
    Verdict.WITHIN: "在约数范围内",
    Verdict.DIFFERS: "数不一样",
    Verdict.CONTRADICTS: "与另一处矛盾",
    Verdict.UNIT_MISMATCH: "单位不对",
    Verdict.PERIOD_MISSING: "没写时间段",
    Verdict.UNKNOWN: "这里查不到",
}


class Reason(StrEnum):
    """In what two things differ."""

    NONE = ""
    VALUE = "value"
    LABEL = "label"
    UNIT = "unit"
    PERIOD = "period"
    PART = "part"
    SUM = "sum"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class Against:
    """One thing that a claim was held against, and what came of it.

    ``kind`` is draft (another place), reference (a row of a file) or figure (of the registry);
    ``line`` and ``column`` are of the draft, or the row of the file.
    """

    kind: str
    verdict: Verdict
    reason: Reason = Reason.NONE
    label: str = ""
    value: int | float | None = None
    unit: str = ""
    period: str | None = None
    source: str = ""
    code: str = ""
    text: str = ""
    line: int | None = None
    column: int | None = None

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON tells it, without what is not known."""
        told = {name: getattr(self, name) for name in self.__slots__}
        told["verdict"], told["reason"] = self.verdict.value, self.reason.value
        kept = {key: value for key, value in told.items() if value not in ("", None)}
        return kept | {"value": self.value}


Span = tuple[Fraction, Fraction]


def compare(
    written: Written, value: Fraction, *, at_least: bool = False, span: Span | None = None
) -> Verdict:
    """Return agrees, within or differs for a written number and a known value.

    ``at_least``: the known value is itself a 以上. ``span`` is ``written.span()``, where it is at hand.
    """
    leans_up = written.leaning in (Leaning.OVER, Leaning.AT_LEAST)
    if written.value == value and leans_up == at_least and (leans_up or not written.leaning):
        return Verdict.AGREES
    low, high = span or written.span()
    if at_least:
        top = value + max(written.rough, written.step)
        return Verdict.WITHIN if low < top and high >= value else Verdict.DIFFERS
    return Verdict.WITHIN if low <= value <= high else Verdict.DIFFERS


def may_be_same(one: Written, other: Written) -> bool:
    """Return whether two written numbers may mean one number."""
    if one.value == other.value:
        return True
    (low, high), (least, most) = one.span(), other.span()
    return low <= most and least <= high


def digits_that_tell(value: Fraction) -> int:
    """Return how many digits of a value say something: 4 for 6777, 1 for 2000."""
    text = str(value.numerator if value.denominator == 1 else float(value)).replace(".", "")
    return len(text.strip("0"))
