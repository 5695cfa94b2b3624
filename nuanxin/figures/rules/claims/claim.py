"""A claim: a number of a draft with what it counts, when and where."""

from dataclasses import dataclass, field
from fractions import Fraction

from nuanxin.figures.rules.claims.numbers import Number
from nuanxin.figures.rules.claims.numerals import Written


@dataclass(slots=True)
class Scope:
    """Whom or where a number is about: a place, a body, a level (省, 市), each "" if not told."""

    place: str = ""
    body: str = ""
    level: str = ""

    def is_of_same(self, other: "Scope") -> bool:
        """Return whether two numbers speak of the same place and body, as far as is told."""
        if (self.place, self.body) != (other.place, other.body):
            return False
        return not self.level or not other.level or self.level == other.level


@dataclass(slots=True, eq=False)
class Claim:
    """A claim of a draft.

    ``start`` and ``end`` are places in the draft. ``what`` is told to people, ``key`` is the same
    for usual writings of one thing; ``subject`` tells of whom it is («骑手» in 骑手参加体检);
    ``near`` is the text around it. ``mode`` is "" for a plain statement, else target, change, each
    former or listed. ``origin`` is prose, caption, box or table; ``group`` numbers its sentence, box or table;
    ``cell`` is its row and column in a table; ``named_before``: what is counted stands before it.
    """

    start: int
    end: int
    text: str
    written: Written
    unit: str
    family: str
    what: str = ""
    key: str = ""
    subject: str = ""
    near: str = ""
    period: str | None = None
    period_key: str = ""
    scope: Scope = field(default_factory=Scope)
    mode: str = ""
    origin: str = "prose"
    group: int = 0
    is_part: bool = False
    is_total: bool = False
    cell: tuple[int, int] | None = None
    named_before: bool = False

    @property
    def value(self) -> int | float:
        """Return the value in the base unit: 1175000 for 117.5万; 10 for 10%."""
        return plain(self.written.value)


def plain(value: Fraction) -> int | float:
    """Return a whole number as int, any other as float of four decimals."""
    return int(value) if value.denominator == 1 else round(float(value), 4)


def claim_of(number: Number, *, start: int, end: int, text: str) -> Claim:
    """Return the bare claim that a number makes at a place of the draft."""
    return Claim(start, end, text, number.written, number.unit, number.family)
