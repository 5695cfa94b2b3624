"""A rule as it was written: frozen, with the place of every clause; parameters not yet resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from nuanxin.eligibility.rules.faults import Place
from nuanxin.eligibility.states import Join, Operator
from nuanxin.kernel.fact import Fact

Value = bool | int | str | date


@dataclass(frozen=True, slots=True)
class Reference:
    """``@package.key``, ``@package.key × 1.5`` or ``@package.key × @other.key``: a parameter.

    ``times`` is a number; ``times_key`` names another parameter (‰ and % by its unit).
    """

    key: str
    times: Fraction = Fraction(1)
    times_key: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """The day that the rule is asked for."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value as it stands in the text."""

    value: Value | Reference | Today
    place: Place


@dataclass(frozen=True, slots=True)
class Clause:
    """One question about one fact. ``label`` "" where the text gives none."""

    fact: Fact
    operator: Operator
    values: tuple[Written, ...]
    label: str
    place: Place


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses joined. ``count`` is for ``Join.AT_LEAST`` only."""

    join: Join
    parts: tuple[Node, ...]
    label: str
    place: Place
    count: int = 0


Node = Clause | Group


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its document and dates. ``text`` is what was read, word for word."""

    code: str
    title: str
    document: str
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    checked_on: date
    who: Node
    text: str

    @property
    def conditions(self) -> tuple[Node, ...]:
        """Return the clauses that must all hold: what reasons and masks are told by."""
        if isinstance(self.who, Group) and self.who.join is Join.ALL:
            return self.who.parts
        return (self.who,)

    def is_in_force_on(self, day: date) -> bool:
        """Return whether the rule counts on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def clauses_of(node: Node) -> Iterator[Clause]:
    """Yield the single questions below a node, in the order of the text."""
    if isinstance(node, Clause):
        yield node
        return
    for part in node.parts:
        yield from clauses_of(part)
