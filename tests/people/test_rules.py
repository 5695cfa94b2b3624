"""Pure rules of 人员, and the facts that others' rules ask for."""

from datetime import date, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import identity
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.parameters import all_parameters, check_all
from nuanxin.people import rules
from nuanxin.people.actions import add_engagement
from nuanxin.people.facts import FACTS
from nuanxin.people.states import ConsentPurpose, IdentityKind
from tests.people.conftest import NOW, number, phone, register

DAY = date(2026, 11, 23)


@given(st.integers(0, 999), st.dates(date(1930, 1, 1), date(2010, 12, 31)))
def test_a_mask_shows_the_ends_only_and_agrees_with_the_kernel(serial, born):
    text = number(serial, born=born.strftime("%Y%m%d"))
    masked = rules.masked_identity(rules.identity_hint(text))
    assert masked == identity.mask_identity(text)
    assert born.strftime("%m%d") not in masked[4:14]


@given(st.integers(0, 99_999_999))
def test_a_phone_keeps_seven_digits(serial):
    text = phone(serial)
    masked = rules.masked_phone(rules.phone_hint(text))
    assert masked == f"{text[:3]}****{text[-4:]}"


@pytest.mark.parametrize("hint", ["", "1", "1234567", "123456789"])
def test_without_a_whole_hint_there_is_no_mask(hint):
    assert rules.masked_identity(hint) == ""
    assert rules.masked_phone(hint[:6]) == ""


@pytest.mark.parametrize(
    ("born", "answer"),
    [
        (date(2010, 11, 23), "yes"),
        (date(2010, 11, 24), "no"),
        (None, "unknown"),
    ],
)
def test_sixteen_is_reached_on_the_birthday(born, answer):
    decision = rules.decide_minimum_age(born, day=DAY, minimum_years=16)
    assert decision.answer == answer
    if answer == "no":
        assert (decision.has, decision.needs) == (15, 16)


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("330106", IdentityKind.RESIDENT),
        ("810000", IdentityKind.RESIDENCE_PERMIT),
        ("930106", IdentityKind.OTHER),
    ],
)
def test_the_kind_of_paper_is_read_from_the_number(prefix, kind):
    parsed = identity.parse_identity(number(1, area=prefix), today=DAY)
    assert rules.kind_of(parsed.kind) is kind


@pytest.mark.parametrize("purpose", list(ConsentPurpose))
def test_every_withdrawal_says_what_follows(purpose):
    assert rules.withdrawal_meaning(purpose).startswith("撤回后")


def test_the_parameters_of_the_lower_packages_name_source_and_day():
    assert not [problem for problem in check_all() if "people." in problem or "records." in problem]
    keys = {one.key for one in all_parameters()}
    assert {"people.merge_undo_days", "people.clear_display_seconds"} <= keys


def ask(worker_id, name, day=DAY):
    (fact,) = (one for one in FACTS if one.name == name)
    with connection.cursor() as db:
        db.execute(
            f"SELECT {fact.sql} FROM people_worker w WHERE w.id = %(id)s",
            {"day": day, "id": worker_id},
        )
        return db.fetchone()[0]


@pytest.mark.django_db
def test_every_fact_is_an_expression_that_the_database_understands():
    bare = register(1, identity=None)
    answers = {fact.name: ask(bare, fact.name) for fact in FACTS}
    assert answers["people.age_years"] is None
    assert answers["people.sex"] is None
    assert answers["people.occupation"] is None
    assert answers["people.has_identity_number"] is False
    assert answers["people.occupations_count"] == 0
    assert len(answers) == len(FACTS)
    assert all(fact.definition_zh and fact.label for fact in FACTS)


@pytest.mark.django_db
def test_facts_are_asked_for_a_day():
    worker = register(1)
    job = {"worker_id": worker, "source": "join", "actor": SYSTEM, "now": NOW}
    add_engagement(occupation=4, relation=2, started_on=date(2026, 1, 1), **job)
    assert ask(worker, "people.occupation") == 4
    assert ask(worker, "people.occupation", date(2025, 12, 31)) is None
    assert ask(worker, "people.labour_relation") == 2
    assert ask(worker, "people.sex") == "M"


@pytest.mark.slow
@pytest.mark.django_db
@given(
    born=st.dates(date(1950, 1, 1), date(2008, 12, 31)),
    later=st.integers(0, 36_500),
)
def test_the_age_of_the_database_is_the_age_of_the_rules(born, later):
    day = born + timedelta(days=later)
    (fact,) = (one for one in FACTS if one.name == "people.age_years")
    with connection.cursor() as db:
        db.execute(
            f"SELECT {fact.sql} FROM (SELECT %(born)s::date AS birth_on) AS w",
            {"born": born, "day": day},
        )
        assert db.fetchone()[0] == rules.age_years(born, day)
