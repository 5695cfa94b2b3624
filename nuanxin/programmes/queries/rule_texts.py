"""A text of a rule looked at: its faults, its words, its cases, its values; nothing is written."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.cases import CaseFailed, cases_of, failed_cases
from nuanxin.eligibility.rules.checking import read_checked, read_near
from nuanxin.eligibility.rules.editing import Slot, list_slots
from nuanxin.eligibility.rules.faults import Fault, RuleFaulty
from nuanxin.eligibility.rules.reading import read_rule
from nuanxin.eligibility.rules.tree import Rule
from nuanxin.programmes.facts import CATALOGUE


@dataclass(frozen=True, slots=True)
class Looked:
    """What can be said of a text. ``bound`` is None while it has faults."""

    bound: BoundRule | None
    faults: tuple[Fault, ...]
    slots: tuple[Slot, ...]
    cases: tuple[tuple[int, str, str], ...]
    failed: tuple[CaseFailed, ...]

    @property
    def is_sound(self) -> bool:
        """Return whether it could be sent for review: it reads, and its cases come out."""
        return self.bound is not None and not self.failed and bool(self.cases)


@lru_cache(maxsize=64)
def look_at(text: str, on: date) -> Looked:
    """Return what can be said of a text as it reads on a day."""
    try:
        slots = tuple(list_slots(text, CATALOGUE))
    except RuleFaulty as faulty:
        return Looked(None, faulty.faults, (), (), ())
    try:
        bound = read_checked(text, CATALOGUE, on=on)
    except RuleFaulty as faulty:
        return Looked(None, faulty.faults, slots, (), ())
    _, failed = failed_cases(bound.rule, CATALOGUE)
    return Looked(bound, (), slots, tuple(cases_of(text)), tuple(failed))


@lru_cache(maxsize=64)
def read_shown(text: str, on: date) -> BoundRule:
    """Return the rule of a text that counted once, on the day or the nearest in its own dates."""
    return read_near(text, CATALOGUE, on=on)


@lru_cache(maxsize=128)
def rule_of(text: str) -> Rule:
    """Return the rule of a text that counts."""
    return read_rule(text, CATALOGUE)


def rule_of_draft(text: str) -> Rule | None:
    """Return the rule of a draft, None while it has faults."""
    try:
        return rule_of(text)
    except RuleFaulty:
        return None


def title_of(text: str, code: str) -> str:
    """Return the title of a draft, its code while it has faults."""
    rule = rule_of_draft(text)
    return code if rule is None else rule.title
