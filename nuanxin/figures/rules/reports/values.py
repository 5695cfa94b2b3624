"""What the numbers of a report came to, and where each can be looked up."""

from dataclasses import dataclass, field
from typing import Any

from nuanxin.kernel.figure import Unit


@dataclass(frozen=True, slots=True)
class Resolved:
    """A number that is there. ``question`` is what asks for the same number again.

    ``rounded_to``: 10 where persons are published to the ten. ``when`` is told in words; ``is_own_time``: the report's own period or day; ``place`` likewise.
    """

    code: str
    label: str
    value: int
    unit: Unit
    definition: str
    version: int
    place: str
    when: str
    digest: str
    question: dict[str, str] = field(default_factory=dict)
    is_own_time: bool = True
    is_own_place: bool = True
    cut: str = ""
    rounded_to: int = 1


@dataclass(frozen=True, slots=True)
class Absent:
    """A number that the report allows to be missing, and the words that stand there instead."""

    text: str


Answer = Resolved | Absent


@dataclass(frozen=True, slots=True)
class Series:
    """A figure over months: the labels of the months, and a value for each (None: not told)."""

    labels: tuple[str, ...]
    values: tuple[int | None, ...]
    of: Resolved
    digests: tuple[str, ...] = ()


@dataclass
class Answers:
    """The answers by the index of the slot; a slot in neither has a fault."""

    numbers: dict[int, Answer] = field(default_factory=dict)
    series: dict[int, Series] = field(default_factory=dict)


Document = dict[str, Any]
"""A finished report as plain values: what is frozen, and what every format is made from."""
