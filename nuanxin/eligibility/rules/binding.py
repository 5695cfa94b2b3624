"""A rule bound to a place and a day: parameters resolved, each fact's values cut into regions.

A region holds the values of a fact that no clause of the rule tells apart. So whatever a rule can
say about a person depends only on the region of each fact; explaining, asking, finding and the
column engine all work on regions, and agree because of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from nuanxin.eligibility.rules.faults import Fault, Place, RuleFaulty, faulty
from nuanxin.eligibility.rules.predicates import (
    ONE_DAY,
    OneOf,
    Predicate,
    StartsWith,
    Within,
    least,
    most,
)
from nuanxin.eligibility.rules.tree import (
    Clause,
    Group,
    Node,
    Reference,
    Rule,
    Today,
    Value,
    Written,
    clauses_of,
)
from nuanxin.eligibility.rules.values import MONTHS, check_parameter, read_times
from nuanxin.eligibility.rules.words import say_clause
from nuanxin.eligibility.states import Join, Operator, Truth
from nuanxin.kernel.fact import Fact, FactType
from nuanxin.kernel.parameters import Parameter, ParameterMissing, parameter
from nuanxin.kernel.period import Month, shift_months

MOST_STEPS = 8


@dataclass(frozen=True, slots=True)
class Regions:
    """A fact and the tests that the rule puts to it; ``samples`` are values, by region signature."""

    fact: Fact
    tests: tuple[Predicate, ...]
    samples: tuple[tuple[int, tuple[Value, ...]], ...]

    def signature(self, value: Value) -> int:
        """Return the region of a value: a bit for each test that holds."""
        return sum(1 << at for at, test in enumerate(self.tests) if test.holds(value))

    def number(self, value: Value) -> int:
        """Return the place of the value's region in ``samples``, from 0."""
        found = self.signature(value)
        return next(at for at, (signature, _) in enumerate(self.samples) if signature == found)


@dataclass(frozen=True, slots=True)
class Test:
    """A clause bound: fact number ``fact`` lies in one of the regions of ``mask`` (bits)."""

    fact: int
    predicate: Predicate
    negated: bool
    mask: int
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Joined:
    """A group bound."""

    join: Join
    count: int
    parts: tuple[Bound, ...]
    text: str
    place: Place


Bound = Test | Joined


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule for a place and a day: ``facts`` in the order of first mention, ``conditions`` to hold."""

    rule: Rule
    day: date
    facts: tuple[Regions, ...]
    conditions: tuple[Bound, ...]
    parameters: tuple[tuple[str, str], ...]

    def states(self, values: dict[str, Value]) -> list[int]:
        """Return the region of each fact as a bit, 0 where the value is not known."""
        found = []
        for regions in self.facts:
            value = values.get(regions.fact.name)
            found.append(0 if value is None else 1 << regions.number(value))
        return found


def bind(rule: Rule, *, on: date, adcode: str = "") -> BoundRule:
    """Return the rule as it reads on a day, at a place (the rule's own when not given).

    Raises ``RuleFaulty`` for a parameter that is missing, circular or of another type, and for
    clauses that can never hold together.
    """
    binder = _Binder(on, adcode or rule.jurisdiction)
    clauses = list(clauses_of(rule.who))
    predicates: dict[int, tuple[Predicate, bool]] = {}
    faults: list[Fault] = []
    for clause in clauses:
        try:
            predicates[id(clause)] = binder.predicate(clause)
        except RuleFaulty as error:
            faults += error.faults
    if faults:
        raise RuleFaulty(faults)
    by_fact: dict[str, list[Predicate]] = {}
    facts: dict[str, Fact] = {}
    for clause in clauses:
        facts[clause.fact.name] = clause.fact
        tests = by_fact.setdefault(clause.fact.name, [])
        if predicates[id(clause)][0] not in tests:
            tests.append(predicates[id(clause)][0])
    regions = tuple(_regions(facts[name], tests) for name, tests in by_fact.items())
    numbers = {name: at for at, name in enumerate(by_fact)}
    conditions = tuple(_bound(node, predicates, regions, numbers) for node in rule.conditions)
    return BoundRule(rule, on, regions, conditions, tuple(binder.used.items()))


def truth_of(bound: Bound, states: list[int]) -> Truth:
    """Return what a condition says of a person whose facts lie in these regions (Kleene)."""
    return Truth(_truth(bound, states))


def truths_of(bound: BoundRule, states: list[int]) -> list[Truth]:
    """Return what each condition says."""
    return [Truth(_truth(condition, states)) for condition in bound.conditions]


def _truth(bound: Bound, states: list[int]) -> int:
    if isinstance(bound, Test):
        state = states[bound.fact]
        return 1 if not state else 2 if state & bound.mask else 0
    found = [_truth(part, states) for part in bound.parts]
    if bound.join is Join.ALL:
        return min(found)
    if bound.join is Join.ANY:
        return max(found)
    if bound.join is Join.NOT:
        return 2 - found[0]
    return sorted(found, reverse=True)[bound.count - 1]


def _regions(fact: Fact, tests: list[Predicate]) -> Regions:
    """Return the regions of a fact, each with values that lie in it, smallest first.

    A region without values is one that only a stored value no list names can lie in: it is never
    proposed.
    """
    edges: dict[Value, None] = dict.fromkeys(edge for test in tests for edge in test.edges())
    values = dict.fromkeys(choice.value for choice in fact.choices) if fact.choices else edges
    is_ordered = fact.type in (FactType.INTEGER, FactType.FEN, FactType.DATE)
    if is_ordered and not fact.choices:
        values = dict.fromkeys(sorted(values))
    draft = Regions(fact, tuple(tests), ())
    samples: dict[int, list[Value]] = {}
    for value in values:
        samples.setdefault(draft.signature(value), []).append(value)
    for value in edges:
        samples.setdefault(draft.signature(value), [])
    if not is_ordered and fact.type is not FactType.BOOLEAN:
        samples.setdefault(0, [])
    return Regions(fact, tuple(tests), tuple((key, tuple(of)) for key, of in samples.items()))


def _bound(
    node: Node,
    predicates: dict[int, tuple[Predicate, bool]],
    regions: tuple[Regions, ...],
    numbers: dict[str, int],
) -> Bound:
    if isinstance(node, Group):
        parts = tuple(_bound(part, predicates, regions, numbers) for part in node.parts)
        return Joined(node.join, node.count, parts, node.label or _say_group(node), node.place)
    predicate, negated = predicates[id(node)]
    number = numbers[node.fact.name]
    bit = 1 << regions[number].tests.index(predicate)
    mask = sum(
        1 << at
        for at, (signature, _) in enumerate(regions[number].samples)
        if bool(signature & bit) is not negated
    )
    text = node.label or say_clause(node, predicate)
    return Test(number, predicate, negated, mask, text, node.place)


def _say_group(group: Group) -> str:
    if group.join is Join.AT_LEAST:
        return f"下面至少满足 {group.count} 项"
    return group.join.label


class _Binder:
    """Turns clauses into predicates for one place and day; remembers the parameters used."""

    def __init__(self, on: date, adcode: str) -> None:
        self.on, self.adcode = on, adcode
        self.used: dict[str, str] = {}

    def predicate(self, clause: Clause) -> tuple[Predicate, bool]:
        """Return the predicate, and whether it is negated."""
        values = [self.value(written, clause) for written in clause.values]
        operator, negated = clause.operator, clause.operator in (Operator.IS_NOT, Operator.NOT_IN)
        if operator in (Operator.IS, Operator.IS_NOT, Operator.IN, Operator.NOT_IN):
            whole = (self.whole(value, clause) for value in values)
            return OneOf(tuple(dict.fromkeys(whole))), negated
        if operator is Operator.STARTS_WITH:
            return StartsWith(str(values[0])), False
        if operator in MONTHS:
            return self.months(values[0], operator), False
        if clause.fact.type is FactType.DATE:
            return _days(operator, values), False
        return self.numbers(clause, operator, values), False

    def numbers(
        self, clause: Clause, operator: Operator, values: list[Value | Fraction]
    ) -> Predicate:
        first, last = (Fraction(value) for value in (values[0], values[-1]))  # type: ignore[arg-type]
        match operator:
            case Operator.AT_LEAST:
                return Within(least(first), None)
            case Operator.AT_MOST:
                return Within(None, most(first))
            case Operator.ABOVE:
                return Within(most(first) + 1, None)
            case Operator.BELOW:
                return Within(None, least(first) - 1)
        if least(first) > most(last):
            raise faulty(clause.place, "range_reversed", "between 的第一个值要不大于第二个。")
        return Within(least(first), most(last))

    def months(self, value: Value | Fraction, operator: Operator) -> Predicate:
        """Return the days from which so many whole months have passed, or have not (民法典 a.202)."""
        months = most(Fraction(value))  # type: ignore[arg-type]
        last = shift_months(self.on, -months)
        if (
            self.on == Month.of(self.on).end
        ):  # where there is no matching day, the month's end is it
            last = Month.of(last).end
        if operator is Operator.MONTHS_SINCE_AT_LEAST:
            return Within(None, last)
        return Within(last + ONE_DAY, None)

    def whole(self, value: Value | Fraction, clause: Clause) -> Value:
        if not isinstance(value, Fraction):
            return value
        if value.denominator != 1:
            raise faulty(clause.place, "type_mismatch", "乘出来不是整数，不能用“是”来比较。")
        return int(value)

    def value(self, written: Written, clause: Clause) -> Value | Fraction:
        if isinstance(written.value, Today):
            return self.on
        if not isinstance(written.value, Reference):
            return written.value
        reference = written.value
        found = self.parameter(reference.key, written.place)
        value = check_parameter(found.value, found.unit, written.place, clause.fact, reference.key)
        if not isinstance(value, Fraction):
            return value
        if reference.times_key:
            other = self.parameter(reference.times_key, written.place)
            return value * read_times(other.value, other.unit, written.place, reference.times_key)
        return value * reference.times

    def parameter(self, key: str, place: Place) -> Parameter:
        """Return the value in force; a parameter may point to another, but never back to itself."""
        steps = [key]
        while True:
            try:
                found = parameter(steps[-1], adcode=self.adcode, on=self.on)
            except ParameterMissing:
                raise faulty(
                    place,
                    "parameter_missing",
                    f"{self.adcode} 在 {self.on} 没有参数 @{steps[-1]}。",
                ) from None
            if not (isinstance(found.value, str) and found.value.startswith("@")):
                break
            steps.append(found.value.removeprefix("@"))
            if steps[-1] in steps[:-1] or len(steps) > MOST_STEPS:
                raise faulty(place, "parameter_circular", f"参数绕回了自己：{' → '.join(steps)}。")
        self.used[key] = f"{found.label}：{found.value} {found.unit}（{found.source}）"
        return found


def _days(operator: Operator, values: list[Value | Fraction]) -> Predicate:
    first, last = values[0], values[-1]
    assert isinstance(first, date)
    assert isinstance(last, date)
    match operator:
        case Operator.BEFORE:
            return Within(None, first - ONE_DAY)
        case Operator.AFTER:
            return Within(first + ONE_DAY, None)
        case Operator.ON_OR_BEFORE:
            return Within(None, first)
        case Operator.ON_OR_AFTER:
            return Within(first, None)
    return Within(first, last)
