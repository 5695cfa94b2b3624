"""A decision explains itself: yes, no or unknown, with its code, facts, and what would help.

Logic is three-valued (Kleene): a missing fact makes a rule unknown, never silently no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from nuanxin.kernel.errors import Conflict, Refusal


class Answer(StrEnum):
    """The three answers."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {Answer.YES: "可以", Answer.NO: "不可以", Answer.UNKNOWN: "还不能确定"}[self]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule says about one case.

    ``code`` is stable; ``facts`` are the plain values that the rule looked at (never personal data
    in clear); ``fact``/``has``/``needs`` name the one that decided; ``would_change`` says what
    would turn the answer; ``message`` is for the person concerned; ``parts`` are the decisions
    that a combined one was made of.
    """

    answer: Answer
    code: str = ""
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    fact: str = ""
    has: Any = None
    needs: Any = None
    would_change: str = ""
    parts: tuple[Decision, ...] = ()

    @classmethod
    def yes(cls, code: str = "", message: str = "", **details: Any) -> Decision:
        """Return a yes; ``details`` are the other fields by name."""
        return cls(Answer.YES, code, message, **details)

    @classmethod
    def no(cls, code: str, message: str = "", **details: Any) -> Decision:
        """Return a no; give ``fact``, ``has``, ``needs`` where one fact decided."""
        return cls(Answer.NO, code, message, **details)

    @classmethod
    def unknown(cls, code: str, message: str = "", **details: Any) -> Decision:
        """Return that it cannot be said yet; ``fact`` names what must be asked."""
        return cls(Answer.UNKNOWN, code, message, **details)

    @property
    def is_yes(self) -> bool:
        """Return whether the answer is yes."""
        return self.answer is Answer.YES

    @property
    def is_no(self) -> bool:
        """Return whether the answer is no."""
        return self.answer is Answer.NO

    @property
    def is_unknown(self) -> bool:
        """Return whether a fact is missing."""
        return self.answer is Answer.UNKNOWN

    @property
    def reasons(self) -> tuple[Decision, ...]:
        """Return the single decisions that led to this answer (itself, if it is single)."""
        if not self.parts:
            return (self,)
        same = [part for part in self.parts if part.answer is self.answer]
        return tuple(reason for part in same for reason in part.reasons)

    @property
    def missing_facts(self) -> tuple[str, ...]:
        """Return the names of the facts to ask for, each once, in order."""
        unknown = [self] if not self.parts else [p for p in self.parts if p.is_unknown]
        if self.parts:
            names = [name for part in unknown for name in part.missing_facts]
        else:
            names = [self.fact] if self.is_unknown and self.fact else []
        return tuple(dict.fromkeys(names))

    def __bool__(self) -> bool:
        """Refuse: a decision has three answers, ask ``is_yes``, ``is_no`` or ``is_unknown``."""
        raise TypeError("a Decision has three answers: ask is_yes, is_no or is_unknown")

    def insist(self, error: type[Refusal] = Conflict) -> None:
        """Return if the answer is yes; raise ``error`` with the first reason otherwise."""
        if self.is_yes:
            return
        reason = self.reasons[0]
        raise error(reason.code, reason.message, has=reason.has, needs=reason.needs)


def all_of(decisions: Iterable[Decision], *, code: str = "") -> Decision:
    """Return no if any is no, else unknown if any is unknown, else yes (also for none at all)."""
    return _combine(tuple(decisions), (Answer.NO, Answer.UNKNOWN, Answer.YES), Answer.YES, code)


def any_of(decisions: Iterable[Decision], *, code: str = "") -> Decision:
    """Return yes if any is yes, else unknown if any is unknown, else no (also for none at all)."""
    return _combine(tuple(decisions), (Answer.YES, Answer.UNKNOWN, Answer.NO), Answer.NO, code)


def negate(decision: Decision, *, code: str, message: str = "") -> Decision:
    """Return the opposite under a code of its own; unknown stays unknown."""
    opposite = {Answer.YES: Answer.NO, Answer.NO: Answer.YES, Answer.UNKNOWN: Answer.UNKNOWN}
    return Decision(
        opposite[decision.answer],
        code,
        message,
        facts=decision.facts,
        fact=decision.fact,
        has=decision.has,
        needs=decision.needs,
    )


def _combine(
    parts: tuple[Decision, ...], precedence: tuple[Answer, ...], empty: Answer, code: str
) -> Decision:
    if not parts:
        return Decision(empty, code)
    answers = {part.answer for part in parts}
    answer = next(candidate for candidate in precedence if candidate in answers)
    first = next(part for part in parts if part.answer is answer)
    facts = {name: value for part in parts for name, value in part.facts.items()}
    return Decision(
        answer,
        code or first.code,
        first.message,
        facts=facts,
        fact=first.fact,
        has=first.has,
        needs=first.needs,
        would_change=first.would_change,
        parts=parts,
    )
