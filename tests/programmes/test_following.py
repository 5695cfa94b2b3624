"""Rules answered only for those whose answer can have changed: always what answering everybody gives."""

import random
import re
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta

import psycopg
import pytest
from django.db import connection, connections

from nuanxin.eligibility.rules.checking import read_checked, read_near
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Refusal
from nuanxin.membership.models import Membership
from nuanxin.people.models import Consent, Engagement, Worker
from nuanxin.programmes.actions.claims import apply_for_place, withdraw_from_offer
from nuanxin.programmes.actions.ruling import keep_all_answers
from nuanxin.programmes.actions.stating import erase_stated
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import KeptRule, RuleGround, Ruling, StatedFact
from nuanxin.programmes.queries.changes import (
    CHANGED,
    Ground,
    can_follow,
    days_followed,
    drop_changed,
    find_changed,
    ground_now,
    steps_over,
    tables_of,
)
from nuanxin.programmes.queries.kept_answers import list_kept
from nuanxin.programmes.queries.ruling import counting_sql, counts_of, statement_of
from nuanxin.programmes.rules.conditions import rule_codes, rule_text
from tests.programmes.conftest import Town

pytestmark = pytest.mark.slow
STATED = ("insured_months", "degree", "skill_level", "is_retired", "local_months", "rights_dispute")
DAY = timedelta(days=1)
NONSENSE = 1 << 20


def rules_on(day: date):
    return [read_checked(rule_text(code), CATALOGUE, on=day) for code in CODES]


CODES = ("degree_and_skill", "health_exam", "recuperation", "skill_training", "legal_aid")


def must_equal_everybody(rules, seed) -> None:
    """Compare what is kept, and its counts, with an answer for everybody reckoned now."""
    for bound in rules:
        statement = statement_of(bound)
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.parameters)
            told = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
            masks = (
                f"(SELECT failing_0 AS failing, missing_0 AS missing FROM ({statement.sql}) s) f"
            )
            cursor.execute(counting_sql(bound, masks), statement.parameters)
            counts = counts_of(bound, cursor.fetchone()).as_plain()
        assert list_kept(bound.rule.code) == told, (seed, bound.rule.code)
        of_rule = KeptRule.objects.get(code=bound.rule.code).counts
        assert of_rule | {"changed": 0} == counts | {"changed": 0}, (seed, bound.rule.code)


class Change:
    """Writes of every kind that moves a fact, by whoever: most pass by no action at all."""

    def __init__(self, town: Town, chance: random.Random) -> None:
        self.town, self.chance = town, chance
        self.offer = town.offer(places=50)
        self.people = town.riders(40)

    def make(self, now: datetime) -> None:
        rider = self.chance.choice(self.people)
        writes = (self.states, self.takes_back, self.works, self.stops, self.is_born, self.leaves,
                  self.pauses, self.is_erased, self.joins, self.applies, self.withdraws,
                  self.joined_earlier, self.agrees)  # fmt: skip
        self.chance.choice(writes)(rider, now, business_day(now))

    def states(self, rider, now, today):
        StatedFact.objects.create(
            worker_id=rider.worker_id,
            name=f"programmes.{self.chance.choice(STATED)}",
            whole=self.chance.randint(0, 9),
            stated_on=today - timedelta(days=self.chance.choice((0, 1, 178, 179, 180, 364, 365))),
            source="x",
            recorded_at=now,
            valid_until=self.chance.choice((None, today, today + DAY)),
        )

    def takes_back(self, rider, now, today):
        StatedFact.objects.filter(worker_id=rider.worker_id).update(taken_back_at=now)

    def works(self, rider, now, today):
        Engagement.objects.create(
            worker_id=rider.worker_id, occupation=self.chance.choice((1, 3, 4, 7)),
            relation=self.chance.choice((1, 2, 3, 9)), recorded_at=now, source="x",
            started_on=today + timedelta(days=self.chance.randint(-9, 3)),
        )  # fmt: skip

    def stops(self, rider, now, today):
        end = today + timedelta(days=self.chance.randint(-1, 3))
        Engagement.objects.filter(worker_id=rider.worker_id, started_on__lte=end).update(
            ended_on=end
        )

    def is_born(self, rider, now, today):
        birthday = today + timedelta(days=self.chance.randint(0, 3))
        born = birthday.replace(day=min(birthday.day, 28))
        born = born.replace(year=born.year - self.chance.choice((16, 18, 46)))
        Worker.objects.filter(id=rider.worker_id).update(birth_on=born)

    def leaves(self, rider, now, today):
        end = today + timedelta(days=self.chance.randint(0, 2))
        Membership.objects.filter(worker_id=rider.worker_id, ended_on=None).update(
            ended_on=end, state=3, end_reason=2
        )

    def pauses(self, rider, now, today):
        Membership.objects.filter(worker_id=rider.worker_id, ended_on=None).update(
            retained_on=today + DAY, state=2
        )

    def joined_earlier(self, rider, now, today):
        Membership.objects.filter(worker_id=rider.worker_id).update(
            joined_on=today - timedelta(days=self.chance.randint(363, 367))
        )

    def is_erased(self, rider, now, today):
        if self.chance.random() < 0.3:
            Worker.objects.filter(id=rider.worker_id).update(erased_at=now)
            erase_stated([rider.worker_id], now)

    def joins(self, rider, now, today):
        self.people += self.town.riders(1)

    def applies(self, rider, now, today):
        _try(apply_for_place, code=self.offer.code, actor=rider, now=self.town.cast.now)

    def withdraws(self, rider, now, today):
        _try(withdraw_from_offer, code=self.offer.code, actor=rider, now=self.town.cast.now)

    def agrees(self, rider, now, today):
        Consent.objects.get_or_create(
            worker_id=rider.worker_id, purpose=6, withdrawn_at=None,
            defaults={"notice_version": "2026-11-01", "granted_via": "x", "granted_at": now},
        )  # fmt: skip


def _try(action, **values) -> None:
    with suppress(Refusal):
        action(**values)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_and_days_it_is_what_everybody_answered_would_be(racing_town, seed):
    chance = random.Random(seed)
    change = Change(racing_town, chance)
    now = racing_town.cast.now
    keep_all_answers(rules_on(business_day(now)), now=now)
    for _ in range(6):
        for _ in range(chance.randint(0, 12)):
            change.make(now)
        now += chance.choice((timedelta(0), DAY, DAY, 3 * DAY))
        rules = rules_on(business_day(now))
        keep_all_answers(rules, now=now)
        must_equal_everybody(rules, seed)


def write_nonsense_for_all_but(worker_id: int) -> None:
    """Leave answers that no rule gives: whoever is looked at again loses his."""
    Ruling.objects.exclude(worker_id=worker_id).update(failing=[NONSENSE] * len(CODES))


def who_is_right() -> set[int]:
    rows = Ruling.objects.exclude(failing__contains=[NONSENSE])
    return set(rows.values_list("worker_id", flat=True))


def horizon_of_ours() -> Ground:
    """Return the ground as it is where nobody but this test writes: its next transaction is the oldest.

    The real horizon is that of the whole server: another database's long transaction, a test's or
    autovacuum's, holds it back, and then more people are looked at again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return replace(ground_now(), horizon=cursor.fetchone()[0])


@contextmanager
def somebody_elses_long_transaction():
    """Hold a transaction open that has written, on a connection of its own."""
    chosen = connections["default"].settings_dict
    with psycopg.connect(
        host=chosen["HOST"], port=chosen["PORT"] or None, user=chosen["USER"],
        password=chosen["PASSWORD"] or None, dbname=chosen["NAME"],
    ) as other:  # fmt: skip
        other.execute("SELECT pg_current_xact_id()")
        yield


def test_only_who_changed_is_answered_again(racing_town, monkeypatch):
    now = racing_town.cast.now
    rules = rules_on(business_day(now))
    monkeypatch.setattr("nuanxin.programmes.actions.ruling.ground_now", horizon_of_ours)
    riders = racing_town.riders(5)
    assert all(one.is_whole for one in keep_all_answers(rules, now=now))
    again = keep_all_answers(rules, now=now)
    assert not any(one.is_whole for one in again)
    assert {one.counts.changed for one in again} == {0}
    [rider] = racing_town.riders(1)
    kept = keep_all_answers(rules, now=now)
    assert {one.counts.changed for one in kept} == {1}
    write_nonsense_for_all_but(rider.worker_id)
    keep_all_answers(rules, now=now)  # who is not looked at keeps what stands there
    assert who_is_right() == {rider.worker_id}
    Worker.objects.filter(id=riders[0].worker_id).update(birth_on=date(1990, 5, 5))
    keep_all_answers(rules, now=now)
    assert who_is_right() == {rider.worker_id, riders[0].worker_id}


def test_whoever_changed_is_found_exactly_from_a_horizon_on(racing_town):
    now = racing_town.cast.now
    rules = rules_on(business_day(now))
    racing_town.riders(5)
    horizon = horizon_of_ours().horizon
    riders = racing_town.riders(2)
    find_changed(rules, horizon=horizon, last=business_day(now), day=business_day(now))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT worker_id FROM {CHANGED}")
        assert {row[0] for row in cursor.fetchall()} == {one.worker_id for one in riders}
    drop_changed()


def test_while_others_hold_the_horizon_back_more_are_answered_again_and_none_is_missed(racing_town):
    now = racing_town.cast.now
    rules = rules_on(business_day(now))
    with somebody_elses_long_transaction():
        riders = racing_town.riders(5)  # newer than what is under way: looked at until it ends
        keep_all_answers(rules, now=now)
        [rider] = racing_town.riders(1)
        assert {one.counts.changed for one in keep_all_answers(rules, now=now)} == {1}
        write_nonsense_for_all_but(rider.worker_id)
        kept = keep_all_answers(rules, now=now)
        assert not any(one.is_whole for one in kept)
        assert {one.worker_id for one in riders} <= who_is_right()


def test_everybody_is_answered_anew_after_a_week_and_in_another_database(racing_town):
    now = racing_town.cast.now
    keep_all_answers(rules_on(business_day(now)), now=now)
    later = now + 7 * DAY
    assert all(one.is_whole for one in keep_all_answers(rules_on(business_day(later)), now=later))
    RuleGround.objects.update(database="another")
    assert all(one.is_whole for one in keep_all_answers(rules_on(business_day(later)), now=later))
    RuleGround.objects.update(statement="another parameter")
    assert all(one.is_whole for one in keep_all_answers(rules_on(business_day(later)), now=later))


COUNTING = {
    "people.age_years": ("birth_on", "extract(year FROM age({0}, birth_on))"),
    "membership.months": (
        "joined_on",
        "extract(year FROM age({0}, joined_on)) * 12 + extract(month FROM age({0}, joined_on))",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", COUNTING)
def test_whoever_comes_to_a_number_that_a_rule_asks_for_is_found_and_few_besides(name):
    column, count = COUNTING[name]
    chance = random.Random(name)
    of_facts = {"people.age_years": "degree_and_skill", "membership.months": "recuperation"}
    for _ in range(40):
        last = date(2026, 2, 20) + timedelta(days=chance.randint(0, 800))
        day = last + timedelta(days=chance.choice((1, 1, 2, 6)))
        bound = read_near(rule_text(of_facts[name]), CATALOGUE, on=day)
        [tests] = [regions.tests for regions in bound.facts if regions.fact.name == name]
        turns = sorted(
            {one.low for one in tests if one.low} | {one.high + 1 for one in tests if one.high}
        )
        regions = " + ".join(f"({{0}} >= {turn})::int" for turn in turns)
        before, after = (regions.format(count.format(f"%({at})s::date")) for at in ("last", "day"))
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT count(*) FILTER (WHERE NOT is_found), count(*) FROM (
                      SELECT {before} <> {after} AS is_other, {" OR ".join(steps_over(name, [bound]))}
                          AS is_found
                      FROM (SELECT day::date AS {column} FROM generate_series(
                              %(day)s::date - 20000, %(day)s::date + 3, interval '1 day') AS day) t
                    ) AS asked WHERE is_other OR is_found""",
                {"last": last, "day": day},
            )
            missed, found = cursor.fetchone()
        assert missed == 0, (last, day)
        assert found <= 8 * len(turns) * (day - last).days, (last, day)


def test_of_every_fact_of_the_shipped_rules_it_is_known_what_changes_it():
    day = date(2026, 11, 27)
    for code in rule_codes():
        assert can_follow([read_near(rule_text(code), CATALOGUE, on=day)]), code
    assert tables_of(CATALOGUE.facts["people.occupation"]) == {"people_engagement"}


def test_of_every_day_that_a_fact_asks_for_it_is_known_when_it_begins_and_ends():
    asked = {
        column
        for fact in CATALOGUE.facts.values()
        for column in re.findall(r"\b[a-z]\.([a-z]+_(?:on|at|until))\b", CATALOGUE.sql_of(fact))
    }
    steps_and_marks = {"joined_on", "birth_on", "taken_back_at", "withdrawn_at"}
    assert asked - steps_and_marks <= days_followed()
