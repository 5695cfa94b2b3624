"""Answers of a what-if: ``name=value`` each, one after the other; the last of a name counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from nuanxin.eligibility.rules.tree import Value
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.fact import Fact, FactType
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.rules.can_get import can_be_tapped

AREA = "area"
NOT_SAID = "?"
MOST_ANSWERS = 40
LONGEST_ANSWER = 80
_MOST = {"周岁": 120, "个月": 1_200, "份": 50}
_LARGEST_FEN = 100_000_000_00


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered. ``asked`` are the names of all questions put, also of those passed over."""

    values: Mapping[str, Value] = field(default_factory=dict)
    area: int | None = None
    asked: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was asked yet."""
        return not self.asked


def read_answers(written: Iterable[str]) -> Answers:
    """Return the answers; raise ``Malformed`` programmes.answer_unreadable or .answer_absurd."""
    listed = list(written)
    if len(listed) > MOST_ANSWERS:
        raise _unreadable()
    values: dict[str, Value] = {}
    asked: set[str] = set()
    area: int | None = None
    for one in listed:
        name, sign, said = one.partition("=")
        if not sign or len(one) > LONGEST_ANSWER:
            raise _unreadable()
        asked.add(name)
        if name == AREA:
            area = _area(said)
        elif said == NOT_SAID:
            values.pop(read_fact(name).name, None)
        else:
            values[name] = read_value(read_fact(name), said)
    return Answers(values, area, frozenset(asked))


def write_answer(name: str, value: Value | None) -> str:
    """Return an answer as a form carries it."""
    if value is None:
        return f"{name}={NOT_SAID}"
    return f"{name}={write_value(CATALOGUE.facts[name], value)}"


def write_value(fact: Fact, value: Value) -> str:
    """Return a value as a form carries it: yes, 12, 2026-11-27, delivery_rider."""
    for choice in fact.choices:
        if choice.value == value:
            return choice.code
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def read_fact(name: str) -> Fact:
    """Return the fact of this name; raise ``Malformed`` where there is none that can be tapped."""
    fact = CATALOGUE.get(name)
    if fact is None or not can_be_tapped(fact):
        raise _unreadable()
    return fact


def read_value(fact: Fact, said: str) -> Value:
    """Return the value that stands in a form; raise ``Malformed`` for what cannot be true."""
    if fact.choices:
        for choice in fact.choices:
            if said == choice.code:
                return choice.value
        raise _unreadable()
    if fact.type is FactType.BOOLEAN:
        if said not in ("yes", "no"):
            raise _unreadable()
        return said == "yes"
    if fact.type is FactType.DATE:
        try:
            return date.fromisoformat(said)
        except ValueError:
            raise _unreadable() from None
    if not said.removeprefix("-").isascii() or not said.removeprefix("-").isdigit():
        raise _unreadable()
    value = int(said)
    if not 0 <= value <= _MOST.get(fact.unit, _LARGEST_FEN):
        raise Malformed(
            "programmes.answer_absurd",
            f"“{fact.label}”写的是 {value} {fact.unit}".rstrip() + "，不像真的。请从下面选一个。",
        )
    return value


def _area(said: str) -> int | None:
    if said == NOT_SAID:
        return None
    if not (said.isascii() and said.isdigit() and len(said) == 6):
        raise _unreadable()
    return int(said)


def _unreadable() -> Malformed:
    return Malformed(
        "programmes.answer_unreadable", "有一句回答没看懂，前面的没有留下。从这一句重新选就行。"
    )
