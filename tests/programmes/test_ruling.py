"""A rule over the whole register: counted, kept with reasons, the same for each person as told."""

from datetime import date, timedelta

import pytest
from django.db import connection

from nuanxin.eligibility.rules.asking import rule_truth
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.explaining import explain
from nuanxin.eligibility.rules.statement import truth_of_masks
from nuanxin.eligibility.states import Oddity, Truth
from nuanxin.kernel import clock
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.people.actions import add_engagement, erase_worker, grant_consent
from nuanxin.people.models import Worker
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions.ruling import keep_answers
from nuanxin.programmes.actions.stating import state_fact
from nuanxin.programmes.facts import BENEFITS, CATALOGUE
from nuanxin.programmes.models import Application, KeptRule, Ruling, StatedFact
from nuanxin.programmes.queries.kept_answers import list_kept
from nuanxin.programmes.queries.ruling import count_answers, get_known
from nuanxin.programmes.rules.conditions import rule_codes, rule_text
from nuanxin.programmes.states import Kind
from nuanxin.programmes.tasks import keep_rulings

pytestmark = pytest.mark.django_db


def bound_of(code: str, on: date):
    return read_checked(rule_text(code), CATALOGUE, on=on)


@pytest.fixture
def today(town) -> date:
    return clock.business_day(town.cast.now)


def state(rider, name, value, on, cast):
    return state_fact(
        worker_id=rider.worker_id,
        name=name,
        value=value,
        source="本人填报",
        actor=rider,
        now=cast.now,
        on=on,
    )


def test_everybody_is_counted_by_answer_and_by_condition(town, today):
    town.riders(3)
    counts = count_answers(bound_of("health_exam", today))
    others = Worker.objects.count() - 3
    assert (counts.people, counts.yes, counts.no, counts.unknown) == (others + 3, 3, others, 0)
    assert (counts.clauses[0].text, counts.clauses[0].no) == ("是工会会员", others)
    assert not KeptRule.objects.exists()


def test_each_answer_is_kept_with_its_reason_and_only_changes_are_written(town, today):
    riders = town.riders(3)
    bound = bound_of("health_exam", today)
    first = keep_answers(bound, now=town.cast.now)
    assert first.changed == first.people == Ruling.objects.count()
    assert keep_answers(bound, now=town.cast.now).changed == 0
    Worker.objects.filter(id=riders[0].worker_id).update(erased_at=town.cast.now)
    assert keep_answers(bound, now=town.cast.now).changed == 0
    assert Ruling.objects.count() == first.people - 1


@pytest.mark.slow
def test_what_is_kept_of_a_person_is_what_he_is_told_for_every_programme(town, today):
    riders = town.riders(3)
    add_engagement(
        worker_id=riders[0].worker_id,
        occupation=4,
        source="test",
        actor=riders[0],
        now=town.cast.now,
    )
    state(riders[1], "programmes.insured_months", 8, today, town.cast)
    state(riders[1], "programmes.degree", 3, today, town.cast)
    Worker.objects.filter(id=riders[1].worker_id).update(birth_on=date(1990, 5, 1))
    for code in rule_codes():
        bound = bound_of(code, today)
        keep_answers(bound, now=town.cast.now)
        facts = [regions.fact for regions in bound.facts]
        for rider in riders:
            known, consents = get_known(rider.worker_id, facts=facts, on=today)
            told = explain(bound, known, consents=consents)
            assert truth_of_masks(*list_kept(code)[rider.worker_id]).answer is told.answer
    assert list_kept("degree_and_skill")[riders[1].worker_id] == (0, 0)


def test_a_stated_fact_counts_until_it_is_too_old(town, today):
    [rider] = town.riders(1)
    bound = bound_of("degree_and_skill", today)
    facts = [regions.fact for regions in bound.facts]
    name = "programmes.insured_months"
    state(rider, name, 8, today - timedelta(days=181), town.cast)
    assert name not in get_known(rider.worker_id, facts=facts, on=today)[0]
    state(rider, name, 9, today - timedelta(days=180), town.cast)
    assert get_known(rider.worker_id, facts=facts, on=today)[0][name].value == 9
    StatedFact.objects.update(taken_back_at=town.cast.now)
    assert name not in get_known(rider.worker_id, facts=facts, on=today)[0]


def test_a_benefit_of_any_level_counts_for_twelve_months_and_says_nothing_of_who_gave_it(
    town, today
):
    from nuanxin.programmes.actions.claims import apply_for_place

    bound = bound_of("health_exam", today)
    [rider] = town.riders(1)
    facts = [regions.fact for regions in bound.facts]
    before = get_known(rider.worker_id, facts=facts, on=today)[0]
    assert before["programmes.had_exam"].value is False
    offer = town.offer(places=1)
    apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    assert Application.objects.get(worker_id=rider.worker_id).state == 4
    known, consents = get_known(rider.worker_id, facts=facts, on=today)
    told = explain(bound, known, consents=consents)
    assert told.answer is Answer.NO
    assert offer.code not in str(told.as_plain())
    later = get_known(rider.worker_id, facts=facts, on=today + timedelta(days=400))[0]
    assert later["programmes.had_exam"].value is False


@pytest.mark.parametrize("name", ["programmes.fit_for_sport", "people.age_years", "no.such"])
def test_a_sensitive_fact_is_never_kept(town, today, name):
    [rider] = town.riders(1)
    with pytest.raises(Malformed) as caught:
        state(rider, name, True, today, town.cast)
    assert caught.value.code == "programmes.not_kept"


def test_nobody_states_for_somebody_out_of_his_scope(town, today):
    rider, other = town.riders(2)
    with pytest.raises(NotFound):
        state_fact(
            worker_id=rider.worker_id,
            name="programmes.insured_months",
            value=8,
            source="本人填报",
            actor=other,
            now=town.cast.now,
            on=today,
        )


def test_consent_does_not_make_known_what_is_not_kept(town, today):
    [rider] = town.riders(1)
    grant_consent(
        worker_id=rider.worker_id,
        purpose=ConsentPurpose.PROGRAMME_FACTS,
        notice_version="2026-11-01",
        via="test",
        actor=rider,
        now=town.cast.now,
    )
    bound = bound_of("season_physical", date(2022, 7, 1))
    facts = [regions.fact for regions in bound.facts]
    known, consents = get_known(rider.worker_id, facts=facts, on=today)
    assert consents == {int(ConsentPurpose.PROGRAMME_FACTS)}
    assert "programmes.fit_for_sport" not in known


def test_who_is_erased_leaves_nothing_stated_and_no_ruling(town, today):
    worker = Worker.objects.create(name="叶小明", created_at=town.cast.now)
    rider = type(town.cast.county_cadre)(worker_id=worker.id, name="叶小明")
    state(rider, "programmes.insured_months", 8, today, town.cast)
    keep_answers(bound_of("health_exam", today), now=town.cast.now)
    erase_worker(worker_id=worker.id, actor=rider, now=town.cast.now)
    assert not StatedFact.objects.filter(worker_id=worker.id).exists()
    assert not Ruling.objects.filter(worker_id=worker.id).exists()


def test_nobody_who_is_not_there_is_known(town, today):
    with pytest.raises(NotFound):
        get_known(0, facts=[], on=today)


def test_a_rule_that_fits_nobody_or_cannot_be_told_is_pointed_out(town, today):
    never = rule_text("health_exam").replace("is: true", "is: false", 1)
    bound = read_checked(never, CATALOGUE, on=today)
    assert truth_of_masks(0, 0) is Truth.YES
    assert rule_truth(bound, [0, 0]) is Truth.UNKNOWN
    Worker.objects.exclude(membership__isnull=False).update(erased_at=town.cast.now)
    town.riders(2)
    assert count_answers(bound).oddities == (Oddity.FITS_NOBODY,)
    assert count_answers(bound_of("health_exam", today)).oddities == (Oddity.FITS_EVERYBODY,)


@pytest.mark.slow
def test_at_night_every_rule_in_force_is_answered_for_everybody(town):
    town.riders(1)
    keep_rulings(0)
    in_force = set(KeptRule.objects.values_list("code", flat=True))
    assert "health_exam" in in_force
    assert "season_exam" not in in_force
    assert {code: len(list_kept(code)) for code in in_force} == dict.fromkeys(
        in_force, Worker.objects.count()
    )


def test_benefits_are_kinds_of_programmes():
    assert {kind for kind, _ in BENEFITS} <= set(Kind)


def test_the_statement_reads_the_register_once(town, today, django_assert_num_queries):
    with django_assert_num_queries(1):
        count_answers(bound_of("degree_and_skill", today))
    assert connection.vendor == "postgresql"
