"""What is wrong in the text of a rule, with the line and the column where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from nuanxin.kernel.errors import Malformed


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column, counted from one."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: ``code`` is stable, ``message`` is for the official who wrote the rule."""

    place: Place
    code: str
    message: str

    @property
    def sentence(self) -> str:
        """Return the message with its place before it."""
        return f"第 {self.place.line} 行第 {self.place.column} 列：{self.message}"


class RuleFaulty(Malformed):
    """The rule cannot be used. ``faults`` are in the order of the text; the first gives the code."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.place))
        first = self.faults[0]
        super().__init__(
            first.code,
            "\n".join(fault.sentence for fault in self.faults),
            line=first.place.line,
            column=first.place.column,
        )


def faulty(place: Place, code: str, message: str) -> RuleFaulty:
    """Return the error for a single fault; ``code`` without its package."""
    return RuleFaulty([Fault(place, f"eligibility.{code}", message)])
