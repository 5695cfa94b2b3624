"""The readings of one rule agree: explained one by one, found by SQL, changed, asked."""

import itertools
from unittest import mock

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.eligibility.rules import columns as columns_room
from nuanxin.eligibility.rules.asking import facts_to_ask, rule_truth
from nuanxin.eligibility.rules.binding import BoundRule, bind, truths_of
from nuanxin.eligibility.rules.columns import Column, Engine, column_of, masks_in
from nuanxin.eligibility.rules.explaining import Known, explain
from nuanxin.eligibility.rules.reading import read_rule
from nuanxin.eligibility.rules.statement import (
    deciding_statement,
    find_statement,
    masks_of,
    truth_of_masks,
)
from nuanxin.eligibility.states import Truth
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.fact import Fact
from tests.eligibility.random_rules import CATALOGUE, COLUMNS, DAY, FACTS, people, texts, values_of

PARTLY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def bound_of(text: str) -> BoundRule:
    return bind(read_rule(text, CATALOGUE), on=DAY)


def explained(bound: BoundRule, person: dict):
    known = {name: Known(value) for name, value in values_of(person).items()}
    return explain(bound, known, consents=frozenset(person["consents"]))


def states_of(bound: BoundRule, person: dict) -> list[int]:
    values = values_of(person)
    if 7 not in person["consents"]:
        values.pop("t.is_ill", None)
    return bound.states(values)


@pytest.fixture
def register(db):
    """A table of people, as wide as the facts."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE random_people (id bigint, {columns}, consents int[])")
        yield cursor
        cursor.execute("DROP TABLE random_people")


def fill(cursor, persons: list[dict]) -> None:
    cursor.execute("TRUNCATE random_people")
    names = [*COLUMNS, "consents"]
    marks = ", ".join(["%s"] * (len(names) + 1))
    cursor.executemany(
        f"INSERT INTO random_people (id, {', '.join(names)}) VALUES ({marks})",
        [[number, *(person[name] for name in names)] for number, person in enumerate(persons)],
    )


@pytest.mark.slow
@given(st.lists(texts, min_size=1, max_size=3), st.lists(people, min_size=1, max_size=25))
@PARTLY
def test_everybody_found_by_sql_has_the_answer_that_he_is_told(register, some, persons):
    rules = [bound_of(text) for text in some]
    fill(register, persons)
    statement = find_statement(rules, CATALOGUE, population="random_people w")
    register.execute(statement.sql, statement.parameters)
    found = {row[0]: row[1:] for row in register.fetchall()}
    assert set(found) == set(range(len(persons)))
    for number, person in enumerate(persons):
        for at, bound in enumerate(rules):
            failing, missing = found[number][2 * at : 2 * at + 2]
            told = explained(bound, person)
            assert truth_of_masks(failing, missing).answer is told.answer
            assert (failing, missing) == masks_of(truths_of(bound, states_of(bound, person)))
            assert [clause.answer for clause in told.clauses] == [
                Answer.NO
                if failing >> n & 1
                else Answer.UNKNOWN
                if missing >> n & 1
                else Answer.YES
                for n in range(len(told.clauses))
            ]


def columns_of(persons: list[dict]) -> dict[str, Column]:
    """The register as columns; what consent does not allow is not in them."""
    return {
        fact.name: column_of(fact, [person_value(person, fact) for person in persons])
        for fact in FACTS
    }


def person_value(person: dict, fact: Fact):
    if fact.consent and fact.consent not in person["consents"]:
        return None
    return person[fact.name.removeprefix("t.")]


@pytest.mark.slow
@given(st.lists(texts, min_size=1, max_size=3), st.lists(people, min_size=1, max_size=25))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_columns_say_of_everybody_what_he_is_told(some, persons):
    rules = [bound_of(text) for text in some]
    answers = Engine(rules, columns_of(persons)).answers()
    for bound, packed in zip(rules, answers, strict=True):
        told = [masks_of(truths_of(bound, states_of(bound, person))) for person in persons]
        failing, missing = masks_in(bound, packed)
        assert list(zip(failing.tolist(), missing.tolist(), strict=True)) == told


@pytest.mark.slow
@given(
    st.lists(texts, min_size=1, max_size=2),
    st.lists(people, min_size=2, max_size=12),
    st.lists(people, min_size=1, max_size=4),
    st.integers(1, 300),
    st.integers(0, 8),
    st.integers(1, 4),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_columns_follow_changes_and_tables_too_large_are_worked_out(
    some, persons, fresh, table, steps, part
):
    rows = np.arange(min(len(fresh), len(persons)))
    fresh = fresh[: len(rows)]
    columns = {
        name: column.changed(rows, [person_value(person, column.fact) for person in fresh])
        for name, column in columns_of(persons).items()
    }
    now = [*fresh, *persons[len(rows) :]]
    rules = [bound_of(text) for text in some]
    with mock.patch.multiple(columns_room, LARGEST_TABLE=table, MOST_STEPS=steps, CHUNK=part):
        engine = Engine(rules, columns)
        everybody, changed = engine.answers(), engine.answers(rows)
    for bound, packed, again in zip(rules, everybody, changed, strict=True):
        told = [masks_of(truths_of(bound, states_of(bound, person))) for person in now]
        failing, missing = masks_in(bound, packed)
        assert list(zip(failing.tolist(), missing.tolist(), strict=True)) == told
        assert again.tolist() == packed[rows].tolist()


@pytest.mark.slow
@given(texts, people)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_making_the_named_change_turns_the_answer(text, person):
    bound = bound_of(text)
    told = explained(bound, person)
    changed = {name: Known(value) for name, value in values_of(person).items()}
    consents = set(person["consents"])
    for change in told.changes:
        changed[change.regions.fact.name] = Known(change.after)
        if change.regions.fact.consent:
            consents.add(change.regions.fact.consent)
            assert change.before is None or 7 in person["consents"]
    if 7 not in person["consents"] and not any(c.regions.fact.consent for c in told.changes):
        consents.discard(7)
    turned = explain(bound, changed, consents=frozenset(consents))
    if told.changes:
        assert turned.answer is (Answer.NO if told.answer is Answer.YES else Answer.YES)
    else:
        assert_nothing_turns(bound, told.answer)


def assert_nothing_turns(bound: BoundRule, answer: Answer) -> None:
    """Where no change was named there is none: no combination of values has the other answer."""
    wish = Truth.NO if answer is Answer.YES else Truth.YES
    assert all(rule_truth(bound, states) is not wish for states in combinations(bound))


def combinations(bound: BoundRule, fixed: dict[int, int] | None = None):
    """Yield every combination of regions that a person's facts may lie in."""
    fixed = fixed or {}
    choices = [
        [fixed[number]]
        if number in fixed
        else [1 << at for at, (_, samples) in enumerate(regions.samples) if samples]
        for number, regions in enumerate(bound.facts)
    ]
    for combination in itertools.islice(itertools.product(*choices), 20_000):
        yield list(combination)


@pytest.mark.slow
@given(texts, people)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_smaller_change_would_do(text, person):
    bound = bound_of(text)
    told = explained(bound, person)
    if len(told.changes) < 2:
        return
    states = states_of(bound, person)
    wish = Truth.NO if told.answer is Answer.YES else Truth.YES
    for number, regions in enumerate(bound.facts):
        for at in range(len(regions.samples)):
            tried = list(states)
            tried[number] = 1 << at
            if regions.samples[at][1]:
                assert rule_truth(bound, tried) is not wish


@pytest.mark.slow
@given(texts, people)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_answered_to_what_was_asked_decides_and_nothing_can_be_left_out(text, person):
    bound = bound_of(text)
    states = states_of(bound, person)
    asked = facts_to_ask(bound, states)
    assert bool(asked) is (rule_truth(bound, states) is Truth.UNKNOWN)
    assert all(not states[number] for number in asked)
    assert decides(bound, states, asked)
    for number in asked:
        assert not decides(bound, states, [other for other in asked if other != number])


@pytest.mark.slow
@given(texts, st.lists(people, min_size=1, max_size=25))
@PARTLY
def test_the_fact_that_sql_names_alone_decides_and_whoever_lacks_one_is_named(
    register, text, persons
):
    bound = bound_of(text)
    fill(register, persons)
    numbers = range(len(bound.facts))
    statement = deciding_statement(
        bound, CATALOGUE, population="random_people w", facts=list(numbers)
    )
    register.execute(statement.sql, statement.parameters)
    named = dict(register.fetchall())
    for number, person in enumerate(persons):
        states = states_of(bound, person)
        ways = {at: said_to(bound, states, at) for at in numbers if may_be_named(bound, at, person)}
        alone = [at for at, said in ways.items() if Truth.UNKNOWN not in said and Truth.YES in said]
        is_open = rule_truth(bound, states) is Truth.UNKNOWN
        assert (number in named) is (is_open and bool(alone))
        if number in named:
            assert named[number] in alone
        asked = facts_to_ask(bound, states)
        if len(asked) == 1 and asked[0] in alone:
            assert number in named


def may_be_named(bound: BoundRule, fact: int, person: dict) -> bool:
    consent = bound.facts[fact].fact.consent
    return not states_of(bound, person)[fact] and (not consent or consent in person["consents"])


def said_to(bound: BoundRule, states: list[int], fact: int) -> list[Truth]:
    """What the rule says to each value that somebody can give to one fact."""
    found = []
    for at, (_, samples) in enumerate(bound.facts[fact].samples):
        if samples:
            tried = list(states)
            tried[fact] = 1 << at
            found.append(rule_truth(bound, tried))
    return found


def decides(bound: BoundRule, states: list[int], asked: list[int]) -> bool:
    regions = [[1 << at for at in range(len(bound.facts[n].samples))] for n in asked]
    for answers in itertools.product(*regions):
        tried = list(states)
        for number, answer in zip(asked, answers, strict=True):
            tried[number] = answer
        if rule_truth(bound, tried) is Truth.UNKNOWN:
            return False
    return True


@pytest.mark.slow
@given(texts)
@settings(max_examples=50, deadline=None)
def test_the_same_text_reads_the_same_twice(text):
    assert bound_of(text).conditions == bound_of(text).conditions
