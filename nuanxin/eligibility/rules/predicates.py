"""What a clause says of a value once its parameters are known: three kinds, held or negated.

Every reading of a rule rests on these three, so that they cannot differ in what a clause means.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from nuanxin.eligibility.rules.tree import Value

ONE_DAY = timedelta(days=1)
OTHER = "其他"


@dataclass(frozen=True, slots=True)
class Within:
    """From ``low`` to ``high``, both included; None is open."""

    low: int | date | None
    high: int | date | None

    def holds(self, value: Value) -> bool:
        """Return whether the value lies between."""
        above = self.low is None or value >= self.low  # type: ignore[operator]
        return above and (self.high is None or value <= self.high)  # type: ignore[operator]

    def edges(self) -> Iterable[Value]:
        """Yield the values on both sides of each end."""
        for end in (self.low, self.high):
            if isinstance(end, date):
                yield from _days_around(end)
            elif end is not None:
                yield from (end - 1, end, end + 1)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these values."""

    values: tuple[Value, ...]

    def holds(self, value: Value) -> bool:
        """Return whether the value is one of them."""
        return value in self.values

    def edges(self) -> Iterable[Value]:
        """Yield the values, and those beside them where there is a beside."""
        for value in self.values:
            if isinstance(value, bool):
                yield from (True, False)
            elif isinstance(value, date):
                yield from _days_around(value)
            elif isinstance(value, int):
                yield from (value - 1, value, value + 1)
            else:
                yield from (value, OTHER)


@dataclass(frozen=True, slots=True)
class StartsWith:
    """A text that begins so."""

    prefix: str

    def holds(self, value: Value) -> bool:
        """Return whether it does."""
        return isinstance(value, str) and value.startswith(self.prefix)

    def edges(self) -> Iterable[Value]:
        """Yield the beginning itself, something below it and something else."""
        yield from (self.prefix, f"{self.prefix}{OTHER}", OTHER)


Predicate = Within | OneOf | StartsWith


def least(value: Fraction) -> int:
    """Return the smallest whole number that is not below."""
    return ceil(value)


def most(value: Fraction) -> int:
    """Return the largest whole number that is not above."""
    return floor(value)


def _days_around(day: date) -> Iterable[date]:
    if day > date.min:
        yield day - ONE_DAY
    yield day
    if day < date.max:
        yield day + ONE_DAY
