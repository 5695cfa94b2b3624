"""Finding all people: one SQL statement over the register, from the same bound rules.

NULL is unknown, and SQL's and, or, not are Kleene's. Each rule comes out as two numbers a person:
the conditions that fail and those that are not known, a bit each, in the order of the rule. Values
are parameters of the statement, never part of its text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.eligibility.rules.binding import Bound, BoundRule, Test
from nuanxin.eligibility.rules.catalogue import Catalogue
from nuanxin.eligibility.rules.predicates import OneOf, StartsWith, Within
from nuanxin.eligibility.rules.tree import Value
from nuanxin.eligibility.states import Join, Truth
from nuanxin.kernel.fact import Fact, FactType

_CASTS = {
    FactType.BOOLEAN: "boolean",
    FactType.INTEGER: "bigint",
    FactType.FEN: "bigint",
    FactType.DATE: "date",
    FactType.CODE: "text",
    FactType.TEXT: "text",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters: a row a person, ``id`` and then ``failing_n, missing_n`` a rule."""

    sql: str
    parameters: dict[str, Any]


def find_statement(
    rules: Sequence[BoundRule], catalogue: Catalogue, *, population: str, key: str = "w.id"
) -> Statement:
    """Return the statement that answers every rule for everybody in ``population``.

    ``population`` is what stands after FROM, with the worker row as ``w``; all rules are of one day.
    Each fact is read once, however many rules ask for it.
    """
    days = {bound.day for bound in rules}
    if len(days) != 1:
        raise ValueError("rules of one statement are bound to one day")
    facts = {regions.fact.name: regions.fact for bound in rules for regions in bound.facts}
    names = {name: f"f{number}" for number, name in enumerate(facts)}
    parameters: dict[str, Any] = {"day": days.pop()}
    columns = [
        f"{catalogue.sql_of(fact)}::{cast_of(fact)} AS {names[name]}"
        for name, fact in facts.items()
    ]
    masks = []
    for number, bound in enumerate(rules):
        conditions = [_sql(one, bound, names, parameters) for one in bound.conditions]
        masks.append(f"{_bits(conditions, 'IS FALSE')} AS failing_{number}")
        masks.append(f"{_bits(conditions, 'IS NULL')} AS missing_{number}")
    told = ",\n       ".join(masks)
    read = ",\n        ".join([f"{key} AS id", *columns])
    return Statement(
        f"WITH facts AS MATERIALIZED (\n    SELECT {read}\n    FROM {population}\n)\n"
        f"SELECT id, {told}\nFROM facts",
        parameters,
    )


def deciding_statement(
    bound: BoundRule, catalogue: Catalogue, *, population: str, facts: Sequence[int],
    key: str = "w.id",
) -> Statement:  # fmt: skip
    """Return the statement that finds for whom one fact alone is missing: a row ``id, fact`` each.

    ``fact`` is the number in the rule of one of ``facts``: it is not known of him, whatever its value
    were the rule would answer, and at least one value is a yes. Who needs more than one is no row. A
    sensitive fact is named only while the consent to it stands. ``population`` as above.
    """
    names = {regions.fact.name: f"f{number}" for number, regions in enumerate(bound.facts)}
    parameters: dict[str, Any] = {"day": bound.day}
    columns = [
        f"{catalogue.sql_of(regions.fact)}::{cast_of(regions.fact)} AS f{number}"
        for number, regions in enumerate(bound.facts)
    ]
    columns += [
        f"{catalogue.consent_sql.replace('{purpose}', str(int(consent)))} AS may{number}"
        for number in facts
        if (consent := bound.facts[number].fact.consent) is not None
    ]
    whole = _whole(bound, names, parameters)
    cases = "\n".join(
        f"WHEN {_decides(bound, number, names, parameters)} THEN {number}"
        for number in facts
        if _values_of(bound, number)
    )
    read = ",\n        ".join([f"{key} AS id", *columns])
    named = f"CASE {cases} END" if cases else "NULL::int"
    return Statement(
        f"WITH facts AS MATERIALIZED (\n    SELECT {read}\n    FROM {population}\n)\n"
        f"SELECT id, fact FROM (SELECT id, {named} AS fact FROM facts WHERE ({whole}) IS NULL) named\n"
        "WHERE fact IS NOT NULL",
        parameters,
    )


def _decides(
    bound: BoundRule, number: int, names: dict[str, str], parameters: dict[str, Any]
) -> str:  # fmt: skip
    """Return whether a fact is unknown and each of its values decides, one of them to a yes."""
    fact = bound.facts[number].fact
    cast = cast_of(fact)
    tried = ", ".join(f"({_bind(one, cast, parameters)})" for one in _values_of(bound, number))
    whole = _whole(bound, names | {fact.name: "tried.value"}, parameters)
    consented = f" AND may{number}" if fact.consent is not None else ""
    return f"""f{number} IS NULL{consented} AND (
        SELECT bool_and(said IS NOT NULL) AND bool_or(said)
        FROM (SELECT {whole} AS said FROM (VALUES {tried}) AS tried (value)) AS answers)"""


def _values_of(bound: BoundRule, number: int) -> list[Value]:
    """Return a value of each region of a fact."""
    return [values[0] for _, values in bound.facts[number].samples if values]


def _whole(bound: BoundRule, names: dict[str, str], parameters: dict[str, Any]) -> str:
    return "(" + " AND ".join(_sql(one, bound, names, parameters) for one in bound.conditions) + ")"


def cast_of(fact: Fact) -> str:
    """Return the SQL type that a fact is compared as."""
    if fact.choices and isinstance(fact.choices[0].value, int):
        return "bigint"
    return _CASTS[fact.type]


def truth_of_masks(failing: int, missing: int) -> Truth:
    """Return the answer that two numbers stand for."""
    return Truth.NO if failing else Truth.UNKNOWN if missing else Truth.YES


def masks_of(truths: Sequence[Truth]) -> tuple[int, int]:
    """Return the two numbers of conditions that came out so."""
    failing = sum(1 << at for at, truth in enumerate(truths) if truth is Truth.NO)
    missing = sum(1 << at for at, truth in enumerate(truths) if truth is Truth.UNKNOWN)
    return failing, missing


def _bits(conditions: Sequence[str], test: str) -> str:
    return " + ".join(
        f"(({condition}) {test})::int * {1 << at}" for at, condition in enumerate(conditions)
    )


def _sql(bound: Bound, rule: BoundRule, names: dict[str, str], parameters: dict[str, Any]) -> str:
    """Return a condition as a three-valued expression; add its values to the parameters."""
    if isinstance(bound, Test):
        fact = rule.facts[bound.fact].fact
        said = _test(bound, names[fact.name], cast_of(fact), parameters)
        return f"NOT ({said})" if bound.negated else said
    parts = [_sql(part, rule, names, parameters) for part in bound.parts]
    if bound.join is Join.ALL:
        return "(" + " AND ".join(parts) + ")"
    if bound.join is Join.ANY:
        return "(" + " OR ".join(parts) + ")"
    if bound.join is Join.NOT:
        return f"(NOT {parts[0]})"
    surely = " + ".join(f"coalesce({part}, false)::int" for part in parts)
    maybe = " + ".join(f"coalesce({part}, true)::int" for part in parts)
    return f"(CASE WHEN {surely} >= {bound.count} THEN true WHEN {maybe} < {bound.count} THEN false END)"


def _test(test: Test, column: str, cast: str, parameters: dict[str, Any]) -> str:
    predicate = test.predicate
    if isinstance(predicate, StartsWith):
        return f"starts_with({column}, {_bind(predicate.prefix, 'text', parameters)})"
    if isinstance(predicate, OneOf):
        return f"({column} = ANY ({_bind(list(predicate.values), f'{cast}[]', parameters)}))"
    assert isinstance(predicate, Within)
    ends = [
        f"{column} {sign} {_bind(end, cast, parameters)}"
        for sign, end in ((">=", predicate.low), ("<=", predicate.high))
        if end is not None
    ]
    return "(" + " AND ".join(ends) + ")"


def _bind(value: Value | list[Value] | date, cast: str, parameters: dict[str, Any]) -> str:
    name = f"p{len(parameters)}"
    parameters[name] = value
    return f"%({name})s::{cast}"
