"""What can be answered to a question with one tap: few answers, cut where rules tell values apart.

A number is not typed: the rules that are looked at say where it matters (at 16, above 45), and each
stretch between two such places is one answer. Any value of a stretch gives the same result.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.predicates import ONE_DAY, OneOf, Predicate, Within
from nuanxin.eligibility.rules.tree import Value
from nuanxin.eligibility.rules.words import say_value
from nuanxin.kernel.fact import Fact, FactType

_OF_WHAT_WAS = ("过", "了吗", "有")


@dataclass(frozen=True, slots=True)
class Offered:
    """One answer to choose: a value that stands for it, and what people read."""

    value: Value
    label: str


def question_of(fact: Fact) -> str:
    """Return the question that asks for a fact with one tap: of money, for the sum that rules compare."""
    if fact.type is FactType.FEN:
        return f"{fact.label}，大概多少？"
    return fact.question_zh or f"{fact.label}？"


def tests_of(fact: Fact, rules: Iterable[BoundRule]) -> tuple[Predicate, ...]:
    """Return what these rules test of a fact, each test once."""
    found = (
        test
        for rule in rules
        for regions in rule.facts
        if regions.fact.name == fact.name
        for test in regions.tests
    )
    return tuple(dict.fromkeys(found))


def answers_to(fact: Fact, tests: Iterable[Predicate]) -> tuple[Offered, ...]:
    """Return the answers to a fact's question, smallest first; () when it cannot be tapped."""
    if fact.choices:
        return tuple(Offered(choice.value, choice.label) for choice in fact.choices)
    match fact.type:
        case FactType.BOOLEAN:
            is_past = any(mark in question_of(fact) for mark in _OF_WHAT_WAS)
            yes, no = ("是的", "没有") if is_past else ("是", "不是")
            return (Offered(True, yes), Offered(False, no))
        case FactType.INTEGER | FactType.FEN | FactType.DATE:
            cuts = sorted({cut for test in tests for cut in _cuts(test)})
            return tuple(_stretches(fact, cuts))
    return ()


def say_answer(fact: Fact, value: Value, tests: Iterable[Predicate]) -> str:
    """Return how an answer that was chosen is told again: by its stretch where it stands for one."""
    if fact.choices or fact.type is FactType.BOOLEAN:
        offered = answers_to(fact, tests)
        return next((one.label for one in offered if one.value == value), say_value(fact, value))
    found = [one for one in answers_to(fact, tests) if one.value <= value]  # type: ignore[operator]
    return found[-1].label if found else say_value(fact, value)


def _cuts(test: Predicate) -> Iterable[int | date]:
    """Yield the first value of each new stretch."""
    if isinstance(test, Within):
        if test.low is not None:
            yield test.low
        if test.high is not None:
            yield test.high + (ONE_DAY if isinstance(test.high, date) else 1)  # type: ignore[operator]
    elif isinstance(test, OneOf):
        for value in test.values:
            if isinstance(value, date):
                yield from (value, value + ONE_DAY)
            elif isinstance(value, int):
                yield from (value, value + 1)


def _stretches(fact: Fact, cuts: list[int | date]) -> Iterable[Offered]:
    cuts = [cut for cut in cuts if isinstance(cut, date) or cut > 0]
    if not cuts:
        return
    first = cuts[0]
    if isinstance(first, date):
        yield Offered(first - ONE_DAY, f"{say_value(fact, first)}以前")
    else:
        # The value is zero: it is the one that is surely in the lowest stretch of a count.
        yield Offered(0, f"不满 {say_value(fact, first)}")
    for low, following in pairwise(cuts):
        if isinstance(low, date) or isinstance(following, date):
            assert isinstance(following, date)
            yield Offered(low, f"{say_value(fact, low)}到 {say_value(fact, following - ONE_DAY)}")
        elif following - low == 1:
            yield Offered(low, say_value(fact, low))
        elif fact.type is FactType.FEN:
            yield Offered(low, f"{say_value(fact, low)}起，不到 {say_value(fact, following)}")
        else:
            yield Offered(low, f"{low} 到 {say_value(fact, following - 1)}")
    yield Offered(cuts[-1], f"{say_value(fact, cuts[-1])}以上" if not isinstance(cuts[-1], date)
                  else f"{say_value(fact, cuts[-1])}起")  # fmt: skip
