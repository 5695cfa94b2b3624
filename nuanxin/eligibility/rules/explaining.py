"""One person, one rule: the answer, every clause with its fact, what would change it, what to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from nuanxin.eligibility.rules.asking import facts_to_ask, rule_truth
from nuanxin.eligibility.rules.binding import Bound, BoundRule, Test, truth_of
from nuanxin.eligibility.rules.changing import Change, smallest_change
from nuanxin.eligibility.rules.tree import Value
from nuanxin.eligibility.rules.words import say_value
from nuanxin.eligibility.states import Truth
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.fact import Fact, Sensitivity


class Withheld(StrEnum):
    """Why a fact is not known to the rule."""

    MISSING = "missing"
    CONSENT = "consent"
    STALE = "stale"

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return {
            Withheld.MISSING: "还没有登记",
            Withheld.CONSENT: "没有本人同意，不读取",
            Withheld.STALE: "登记得太久，要重新确认",
        }[self]


@dataclass(frozen=True, slots=True)
class Known:
    """A value with where it comes from and the day it is of; ``value`` None is not known."""

    value: Value | None
    source: str = ""
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class FactSeen:
    """A fact as the rule saw it. ``value`` is None when ``withheld`` says why."""

    fact: Fact
    value: Value | None
    withheld: Withheld | None
    source: str
    as_of: date | None
    age_days: int | None

    @property
    def value_zh(self) -> str:
        """Return the value in words, or why there is none."""
        return self.withheld.label if self.withheld else say_value(self.fact, self.value)

    @property
    def source_zh(self) -> str:
        """Return the source and its age in words."""
        where = self.source or self.fact.freshness.label
        if self.age_days is None:
            return where
        return f"{where}，{'今天' if self.age_days <= 0 else f'{self.age_days} 天前'}"


@dataclass(frozen=True, slots=True)
class ClauseSeen:
    """A clause or group as it came out; ``parts`` are those of a group."""

    text: str
    answer: Answer
    facts: tuple[FactSeen, ...]
    parts: tuple[ClauseSeen, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one person and one rule. ``changes`` turn a yes to no, anything else to yes."""

    bound: BoundRule
    answer: Answer
    clauses: tuple[ClauseSeen, ...]
    changes: tuple[Change, ...]
    missing: tuple[FactSeen, ...]

    @property
    def failing(self) -> tuple[ClauseSeen, ...]:
        """Return the clauses that are not fulfilled."""
        return tuple(clause for clause in self.clauses if clause.answer is Answer.NO)

    @property
    def sentence(self) -> str:
        """Return the answer in a sentence or two, for the person concerned."""
        if self.answer is Answer.YES:
            return "可以，条件都满足。"
        if self.answer is Answer.NO:
            texts = "”、“".join(clause.text for clause in self.failing)
            return f"现在还不可以：“{texts}”没有满足。{self.change_sentence}"
        names = "、".join(_say_missing(seen) for seen in self.missing)
        return f"还不能确定，差这些情况：{names}。补上就知道了。"

    @property
    def change_sentence(self) -> str:
        """Return what would turn the answer, in a sentence; "" when nothing would."""
        if not self.changes:
            return ""
        said = "，".join(_say_change(change) for change in self.changes)
        end = "就不可以了" if self.answer is Answer.YES else "就可以了"
        fixed = any(change.regions.fact.is_given for change in self.changes)
        return f"如果{said}，{end}。" + ("（这一项自己改不了。）" if fixed else "")

    def as_plain(self) -> dict[str, Any]:
        """Return it for a program: the contract of ``nuanxin eligibility explain``."""
        rule = self.bound.rule
        return {
            "programme": rule.code,
            "title": rule.title,
            "as_of": self.bound.day.isoformat(),
            "answer": self.answer.value,
            "message": self.sentence,
            "clauses": [_plain_clause(clause) for clause in self.clauses],
            "would_change": _plain_changes(self.changes, self.change_sentence),
            "missing": [seen.fact.name for seen in self.missing],
            "ask": [_plain_question(seen) for seen in self.missing],
            "document": rule.document,
            "parameters": dict(self.bound.parameters),
        }


def explain(
    bound: BoundRule, known: Mapping[str, Known], *, consents: frozenset[int] = frozenset()
) -> Explanation:
    """Return what the rule says of a person, from what is known and the consents that stand."""
    seen = [
        see(regions.fact, known.get(regions.fact.name), on=bound.day, consents=consents)
        for regions in bound.facts
    ]
    values = {one.fact.name: one.value for one in seen if one.value is not None}
    states = bound.states(values)
    truth = rule_truth(bound, states)
    wish = Truth.NO if truth is Truth.YES else Truth.YES
    return Explanation(
        bound=bound,
        answer=truth.answer,
        clauses=tuple(_clause(condition, states, seen) for condition in bound.conditions),
        changes=smallest_change(bound, states, values, to=wish),
        missing=tuple(seen[number] for number in facts_to_ask(bound, states)),
    )


def see(fact: Fact, known: Known | None, *, on: date, consents: frozenset[int]) -> FactSeen:
    """Return a fact as a rule may see it: not without consent, not when it is too old."""
    if fact.consent is not None and fact.consent not in consents:
        return FactSeen(fact, None, Withheld.CONSENT, "", None, None)
    if known is None or known.value is None:
        return FactSeen(fact, None, Withheld.MISSING, "", None, None)
    age = (on - known.as_of).days if known.as_of else None
    if (
        fact.keeps_days is not None
        and known.as_of
        and on - known.as_of > timedelta(fact.keeps_days)
    ):
        return FactSeen(fact, None, Withheld.STALE, known.source, known.as_of, age)
    return FactSeen(fact, known.value, None, known.source, known.as_of, age)


def _clause(bound: Bound, states: list[int], seen: list[FactSeen]) -> ClauseSeen:
    parts: tuple[ClauseSeen, ...] = ()
    if isinstance(bound, Test):
        facts: tuple[FactSeen, ...] = (seen[bound.fact],)
    else:
        parts = tuple(_clause(part, states, seen) for part in bound.parts)
        facts = tuple(dict.fromkeys(fact for part in parts for fact in part.facts))
    return ClauseSeen(bound.text, truth_of(bound, states).answer, facts, parts)


def _say_change(change: Change) -> str:
    fact = change.regions.fact
    after = say_value(fact, change.after)
    if change.before is None:
        return f"“{fact.label}”补上后是“{after}”"
    return f"“{fact.label}”从 {say_value(fact, change.before)} 变成 {after}"


def _say_missing(seen: FactSeen) -> str:
    why = (
        ""
        if seen.withheld is Withheld.MISSING or not seen.withheld
        else f"（{seen.withheld.label}）"
    )
    return f"“{seen.fact.label}”{why}"


def plain(value: Value | None) -> bool | int | str | None:
    """Return a value as JSON has it: days as 2026-11-27."""
    return value.isoformat() if isinstance(value, date) else value


def _plain_clause(clause: ClauseSeen) -> dict[str, Any]:
    found: dict[str, Any] = {
        "text": clause.text,
        "answer": clause.answer.value,
        "facts": {seen.fact.name: plain(seen.value) for seen in clause.facts},
        "details": [_plain_fact(seen) for seen in clause.facts],
    }
    if clause.parts:
        found["parts"] = [_plain_clause(part) for part in clause.parts]
    return found


def _plain_fact(seen: FactSeen) -> dict[str, Any]:
    return {
        "fact": seen.fact.name,
        "label": seen.fact.label,
        "value": plain(seen.value),
        "value_zh": seen.value_zh,
        "source": seen.source_zh,
        "as_of": seen.as_of.isoformat() if seen.as_of else None,
        "age_days": seen.age_days,
        "freshness": seen.fact.freshness.value,
        "sensitive": seen.fact.sensitivity is Sensitivity.SENSITIVE,
        "not_known_because": seen.withheld.value if seen.withheld else None,
    }


def _plain_changes(changes: tuple[Change, ...], sentence: str) -> dict[str, Any] | None:
    if not changes:
        return None
    listed = [
        {
            "fact": change.regions.fact.name,
            "label": change.regions.fact.label,
            "from": plain(change.before),
            "to": plain(change.after),
        }
        for change in changes
    ]
    return {**listed[0], "together_with": listed[1:], "text": sentence}


def _plain_question(seen: FactSeen) -> dict[str, Any]:
    fact = seen.fact
    return {
        "fact": fact.name,
        "question": fact.question_zh or f"{fact.label}？",
        "document": fact.document_zh,
        "choices": [{"value": choice.code, "label": choice.label} for choice in fact.choices],
        "unit": fact.unit,
        "why": seen.withheld.label if seen.withheld else "",
    }
