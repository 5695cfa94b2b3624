"""What somebody can get: the answer of one line, and the question that decides the most lines."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from nuanxin.eligibility.rules.explaining import Explanation, FactSeen
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.fact import Fact, FactType, Sensitivity

MEMBER = "membership.is_member"
MOST_QUESTIONS = 5
"""Taps of a what-if until everything is told."""


class Because(StrEnum):
    """What decided a line."""

    RULE = "rule"
    EXCEPTION = "exception"
    MEMBERS_ONLY = "members_only"
    MEMBER_UNKNOWN = "member_unknown"
    NO_POOL = "no_pool"


@dataclass(frozen=True, slots=True)
class Line:
    """The answer for one offer and what decided it; ``told`` is what its rule said, if it has one."""

    answer: Answer
    because: Because
    told: Explanation | None

    @property
    def missing(self) -> tuple[FactSeen, ...]:
        """Return what would have to be known, the most telling first."""
        if self.answer is not Answer.UNKNOWN or self.told is None:
            return ()
        return self.told.missing


def line_of(
    told: Explanation | None,
    *,
    is_member: bool | None,
    has_pool: bool | None = True,
    is_excepted: bool = False,
) -> Line:
    """Return the answer for one offer: its rule first, then membership, then the pools.

    None is not known. Places are for members, also where the rule does not say so. An exception
    made by an officer stands in the place of the rule, not of membership or of a pool.
    """
    if told is not None and told.answer is Answer.NO and not is_excepted:
        return Line(Answer.NO, Because.RULE, told)
    if is_member is False:
        return Line(Answer.NO, Because.MEMBERS_ONLY, told)
    if has_pool is False:
        return Line(Answer.NO, Because.NO_POOL, told)
    if is_excepted:
        return Line(Answer.YES, Because.EXCEPTION, told)
    if told is not None and told.answer is Answer.UNKNOWN:
        return Line(Answer.UNKNOWN, Because.RULE, told)
    if is_member is None:
        return Line(Answer.UNKNOWN, Because.MEMBER_UNKNOWN, told)
    return Line(Answer.YES, Because.RULE, told)


def can_be_tapped(fact: Fact) -> bool:
    """Return whether a fact's question has answers to choose from; text has none."""
    return bool(fact.choices) or fact.type in (
        FactType.BOOLEAN,
        FactType.INTEGER,
        FactType.FEN,
        FactType.DATE,
    )


def next_question(lines: Iterable[Line], *, asked: Collection[str], member: Fact) -> Fact | None:
    """Return the fact that most of the undecided lines wait for; None when none is left to ask.

    ``member`` is the fact of membership, which lines wait for whose rules do not name it. What is
    sensitive is not among the questions: it is asked where it is needed, by itself.
    """
    ordered = questions_in_order(lines, asked=asked, member=member)
    return ordered[0][0] if ordered else None


def questions_in_order(
    lines: Iterable[Line], *, asked: Collection[str] = (), member: Fact
) -> list[tuple[Fact, int]]:
    """Return every fact that undecided lines wait for, with how many; what most wait for first."""
    waiting: Counter[str] = Counter()
    facts: dict[str, Fact] = {}
    for line in lines:
        wanted = [seen.fact for seen in line.missing]
        if line.because is Because.MEMBER_UNKNOWN:
            wanted = [member]
        for fact in wanted:
            if fact.name in asked or fact.sensitivity is Sensitivity.SENSITIVE:
                continue
            if can_be_tapped(fact):
                facts[fact.name] = fact
                waiting[fact.name] += 1
    return [(facts[name], count) for name, count in waiting.most_common()]
