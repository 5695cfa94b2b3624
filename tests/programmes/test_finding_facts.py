"""只差一项: who lacks one fact that decides is told once which, on consent, in his hours; never more."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.clock import business_day
from nuanxin.membership.models import Membership
from nuanxin.notices.models import Notice
from nuanxin.people.actions import grant_consent, withdraw_consent
from nuanxin.people.models import Worker
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions import finding_facts, reminders
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.finding import find_people, tell_found
from nuanxin.programmes.actions.finding_facts import find_missing_facts, tell_missing_facts
from nuanxin.programmes.actions.merging import ProgrammesMergeStep
from nuanxin.programmes.actions.stating import state_fact
from nuanxin.programmes.models import Offer, OfferReminder
from nuanxin.programmes.queries import one_fact
from nuanxin.programmes.queries.finding import count_reminders
from nuanxin.programmes.queries.qualifying import bound_rule_of, explain_person
from nuanxin.programmes.states import Way
from nuanxin.records.models import Event
from tests.programmes.conftest import COURIER
from tests.programmes.test_finding import RIDER, by_day, consent, judge, night, told_of  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ADMITTED = "programmes.is_admitted"
FIT = "programmes.fit_for_sport"
LACKS = "免费体检，只差一项"
MOST_STATEMENTS = 16  # fourteen in all, and one a rule


def yearly(town, **more):
    """Return an offer whose rule asks whether one is admitted to a school, and of members only that."""
    offer = town.offer(Way.SCORE, definition="degree_yearly", **more)
    Offer.objects.filter(id=offer.id).update(
        closes_at=town.cast.now + timedelta(days=9, minutes=offer.id)
    )
    return offer


def sport(town):
    """Return an offer whose rule asks, after a consent of its own, whether one is fit."""
    return town.offer(Way.FIRST_COME, definition="physical_training", places=60)


def agreed(town, count=1, **more):
    riders = town.riders(count, **more)
    Worker.objects.filter(birth_on=None).update(birth_on=date(1990, 5, 1))
    for rider in riders:
        consent(rider, town.cast.now)
    return riders


def state(rider, town, value, name=ADMITTED, now=None):
    now = now or town.cast.now
    state_fact(worker_id=rider.worker_id, name=name, value=value, source="本人", actor=rider,
               now=now, on=business_day(now))  # fmt: skip


def may_ask_sensitive(rider, now):
    grant_consent(worker_id=rider.worker_id, purpose=ConsentPurpose.PROGRAMME_FACTS,
                  notice_version="2026-11-01", via="test", actor=rider, now=now)  # fmt: skip


def search(when: datetime, *codes: str):
    judge(when, *(codes or ("degree_yearly",)))
    find_people(now=when)
    return find_missing_facts(now=when)


def asked_of(*riders) -> list[tuple[int, str]]:
    rows = OfferReminder.objects.exclude(fact="").order_by("id")
    places = {rider.worker_id: at for at, rider in enumerate(riders)}
    return [(places[one.worker_id], one.fact) for one in rows]


def test_who_lacks_one_fact_is_found_at_night_and_told_by_day_which(town, night):  # noqa: F811
    riders = agreed(town, 3)
    offer = yearly(town)
    state(riders[1], town, True)
    state(riders[2], town, False)
    assert search(night).by_offer == {offer.code: 1}
    assert asked_of(*riders) == [(0, ADMITTED)]
    assert tell_missing_facts(now=night) == (0, 0)
    assert tell_missing_facts(now=by_day(night)) == (1, 0)
    assert told_of(riders[0]) == [LACKS]
    notice = Notice.objects.get(worker_id=riders[0].worker_id)
    assert notice.body.startswith("只差一项：已被录取或在读。")
    assert notice.url == f"/can-get/questions/?of={offer.code}"
    assert Event.objects.get(kind="programmes.one_fact_found").data == {"found": 1}
    tell_found(now=by_day(night))
    assert told_of(riders[1]) == ["免费体检，你符合条件"]
    assert not told_of(riders[2])


def test_nobody_is_asked_without_consent_after_turning_it_off_or_applying(town, night):  # noqa: F811
    silent, off, kind_off, applied, asked = riders = town.riders(5)
    for rider in riders[1:]:
        consent(rider, town.cast.now)
    reminders.turn_kind_off(kind="one_fact", actor=off, now=night)
    reminders.turn_kind_off(kind="degree", actor=kind_off, now=night)
    offer = yearly(town)
    apply_for_place(code=offer.code, actor=applied, now=town.cast.now)
    search(night)
    assert asked_of(*riders) == [(4, ADMITTED)]
    assert not OfferReminder.objects.filter(worker_id=silent.worker_id).exists()
    assert tell_missing_facts(now=by_day(night)) == (1, 0)
    assert told_of(asked) == [LACKS]


def test_never_twice_for_the_same_fact_and_offer_even_years_after(town, night):  # noqa: F811
    (rider,) = agreed(town)
    offer = yearly(town)
    Offer.objects.update(closes_at=night + timedelta(days=800))
    search(night)
    tell_missing_facts(now=by_day(night))
    for later in (1, 40, 400):
        assert search(night + timedelta(days=later)).people == 0
    assert OfferReminder.objects.get(offer=offer, worker_id=rider.worker_id).fact == ADMITTED
    assert len(told_of(rider)) == 1


def test_one_fact_that_several_offers_wait_for_is_asked_once(town, night):  # noqa: F811
    riders = agreed(town)
    first, second = yearly(town), yearly(town)
    assert search(night).by_offer == {first.code: 1}
    assert search(night + timedelta(hours=1)).people == 0  # it waits to be told
    state(riders[0], town, True)
    assert tell_missing_facts(now=by_day(night)) == (0, 1)  # answered meanwhile: nothing to say
    assert search(night + timedelta(days=1)).people == 0
    assert OfferReminder.objects.filter(fact="", offer__in=[first, second]).count() == 2


def test_a_person_is_asked_so_often_a_month_and_anew_in_the_next(town, night):  # noqa: F811
    (rider,) = agreed(town)
    offers = [yearly(town) for _ in range(4)]
    Offer.objects.update(closes_at=night + timedelta(days=60))
    heard = []
    for days in (0, 8, 16, 24):
        moment = night + timedelta(days=days)
        search(moment)
        tell_missing_facts(now=by_day(moment))
        heard.append(len(told_of(rider)))
    month = [business_day(night + timedelta(days=days)).month for days in (0, 8, 16, 24)]
    allowed = 0
    for at, _ in enumerate(month):
        in_month = [one for one in month[: at + 1] if one == month[at]]
        allowed += len(in_month) <= 2
        assert heard[at] == allowed
    assert len(offers) == 4


def test_what_he_is_told_of_otherwise_in_a_week_counts_too(town, night):  # noqa: F811
    riders = agreed(town)
    for _ in range(3):
        town.offer()
    yearly(town)
    assert search(night, "health_exam", "degree_yearly").people == 0
    assert OfferReminder.objects.count() == 3
    later = night + timedelta(days=7)
    assert search(later, "health_exam", "degree_yearly").people == 1
    assert asked_of(*riders) == [(0, ADMITTED)]


def test_each_trade_is_told_outside_its_own_peak(town, night):  # noqa: F811
    agreed(town, 1, occupation=RIDER)
    agreed(town, 1, occupation=COURIER)
    yearly(town)
    search(night)
    assert tell_missing_facts(now=by_day(night, 12)) == (1, 0)  # the courier: riders carry lunch
    assert tell_missing_facts(now=by_day(night, 14)) == (1, 0)


def test_a_death_in_the_middle_tells_each_once(town, night, monkeypatch):  # noqa: F811
    riders = agreed(town, 5)
    yearly(town)
    judge(night, "degree_yearly")
    fill = finding_facts.fill_decided

    def dies(*given: object, **more: object) -> None:
        fill(*given, **more)
        raise RuntimeError("the process was killed")

    with monkeypatch.context() as patched:
        patched.setattr(finding_facts, "fill_decided", dies)
        with pytest.raises(RuntimeError):
            find_missing_facts(now=night)
    assert OfferReminder.objects.count() == 0
    assert find_missing_facts(now=night).people == 5
    assert tell_missing_facts(now=by_day(night), limit=2) == (2, 0)
    told = finding_facts.told_values
    with monkeypatch.context() as patched:
        patched.setattr(finding_facts, "told_values", lambda rules: told(rules) | {"facts": 1 // 0})
        with pytest.raises(ZeroDivisionError):
            tell_missing_facts(now=by_day(night), limit=2)
    assert tell_missing_facts(now=by_day(night)) == (3, 0)
    assert tell_missing_facts(now=by_day(night)) == (0, 0)
    assert all(told_of(rider) == [LACKS] for rider in riders)


def test_what_changed_between_night_and_day_counts(town, night):  # noqa: F811
    withdrawn, off, answered, applied, left = riders = agreed(town, 5)
    offer = yearly(town)
    assert search(night).people == 5
    now = town.cast.now
    withdraw_consent(worker_id=withdrawn.worker_id, purpose=ConsentPurpose.SERVICE_NOTICES,
                     actor=withdrawn, now=now)  # fmt: skip
    reminders.turn_kind_off(kind="one_fact", actor=off, now=now)
    state(answered, town, False)
    apply_for_place(code=offer.code, actor=applied, now=now)
    assert tell_missing_facts(now=by_day(night)) == (1, 4)
    assert told_of(left)
    assert not any(told_of(rider) for rider in riders[:4])


def test_a_sensitive_fact_is_asked_for_only_on_its_own_consent_and_not_named(town, night):  # noqa: F811
    silent, willing = riders = agreed(town, 2)
    may_ask_sensitive(willing, town.cast.now)
    sport(town)
    rule = bound_rule_of("physical_training", business_day(night))
    for rider in riders:
        told = explain_person("physical_training", worker_id=rider.worker_id,
                              on=business_day(night))  # fmt: skip
        assert FIT in [seen.fact.name for seen in told.missing]
    named = {rule.facts[number].fact.name for number in one_fact.facts_to_tell(rule)}
    assert FIT in named
    found = search(night, "physical_training").people
    assert asked_of(*riders) == [(1, FIT)] * found
    assert found == 1
    tell_missing_facts(now=by_day(night))
    body = Notice.objects.get(worker_id=willing.worker_id).body
    assert "体能" not in body
    assert "身体" not in body
    assert not told_of(silent)


def test_a_sensitive_consent_withdrawn_by_day_drops_it(town, night):  # noqa: F811
    (willing,) = agreed(town)
    may_ask_sensitive(willing, town.cast.now)
    sport(town)
    assert search(night, "physical_training").people == 1
    withdraw_consent(worker_id=willing.worker_id, purpose=ConsentPurpose.PROGRAMME_FACTS,
                     actor=willing, now=night)  # fmt: skip
    assert tell_missing_facts(now=by_day(night)) == (0, 1)


def test_a_number_that_is_typed_is_not_asked_and_one_that_is_attested_is(town):
    day = business_day(town.cast.now)
    named = {}
    for code in ("degree_and_skill", "degree_yearly"):
        bound = bound_rule_of(code, day)
        named |= {one.fact.name: one_fact.may_be_asked_for(one.fact, bound) for one in bound.facts}
    assert named["programmes.degree"]
    assert not named["programmes.insured_months"]
    assert not named["people.age_years"]


def test_whatever_he_answers_the_rule_answers(town, night):  # noqa: F811
    riders = agreed(town, 4)
    yearly(town)
    search(night)
    for at, fact in asked_of(*riders):
        for value, answer in ((True, "yes"), (False, "no")):
            state(riders[at], town, value, fact, now=by_day(night))
            told = explain_person("degree_yearly", worker_id=riders[at].worker_id,
                                  on=business_day(night))  # fmt: skip
            assert told.answer.value == answer
    assert len(asked_of(*riders)) == 4


def test_however_many_people_the_night_takes_as_many_statements(town, night):  # noqa: F811
    agreed(town, 2)
    yearly(town)
    sport(town)
    judge(night, "degree_yearly", "physical_training")
    with CaptureQueriesContext(connection) as few:
        find_missing_facts(now=night)
    agreed(town, 40)
    judge(night, "degree_yearly", "physical_training")
    with CaptureQueriesContext(connection) as many:
        assert find_missing_facts(now=night).people == 40
    assert len(many) == len(few) <= MOST_STATEMENTS
    with CaptureQueriesContext(connection) as told:
        assert tell_missing_facts(now=by_day(night)) == (42, 0)
    assert len(told) <= 6


def test_two_records_of_one_person_keep_one_reminder_of_each_fact(town, night):  # noqa: F811
    kept, folded = agreed(town, 2)
    offer = yearly(town)
    search(night)
    state(kept, town, True)
    search(night + timedelta(days=1))
    assert OfferReminder.objects.filter(offer=offer).count() == 3
    step, ids = ProgrammesMergeStep(), {"kept_id": kept.worker_id, "folded_id": folded.worker_id}
    memo = step.fold(**ids, actor=town.cast.county_cadre, now=night)
    assert sorted(OfferReminder.objects.values_list("fact", flat=True)) == ["", ADMITTED]
    step.unfold(memo, **ids, actor=town.cast.county_cadre, now=night)
    assert OfferReminder.objects.count() == 3


# ---- pages ------------------------------------------------------------------------------------


@pytest.fixture
def browser(town):
    """Rider Ye, a member who agreed, in his browser."""
    ye, today = town.cast.rider_ye, business_day(town.cast.now)
    town.riders(0)
    Membership.objects.create(
        worker_id=ye.worker_id, union=town.cast.unions["couriers"], channel=1, occupation=COURIER,
        started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    consent(ye, town.cast.now)
    return town.cast.client("rider_ye")


@pytest.mark.parametrize(("said", "told"), [("yes", "你能领"), ("no", "现在还不能")])
def test_the_notice_leads_to_the_question_and_its_answer_says_so_at_once(
    town, night, browser, said, told  # noqa: F811
):  # fmt: skip
    yearly(town)
    search(night)
    tell_missing_facts(now=by_day(night))
    page = browser.get("/notices/").content.decode()
    assert LACKS in page
    assert 'value="stop.one_fact"' in page
    opened = browser.post("/notices/open/", {"notice": Notice.objects.get().id})
    question = browser.get(opened["Location"]).content.decode()
    assert "您已经被学校录取，或者正在读吗？" in question
    answer = browser.post(opened["Location"], {"a": f"{ADMITTED}={said}"})
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert "没有存" not in answer.content.decode()


def test_what_lacks_one_fact_is_shown_apart_in_what_one_can_get(town, browser):
    yearly(town)
    page = browser.get("/can-get/")
    assert "只差一项，答了就知道" in page.content.decode()
    assert len(page.context["lacking_one"]) == 1


def test_it_is_turned_off_on_the_notice_and_on_again_in_the_settings(town, night, browser):  # noqa: F811
    yearly(town)
    page = browser.post("/notices/settings/", {"do": "stop.one_fact"}, follow=True)
    assert "好，只差一项的不再告诉你" in page.content.decode()
    assert search(night).people == 0
    page = browser.post("/notices/settings/", {"do": "tell.one_fact"}, follow=True)
    assert "一个月最多 2 次" in page.content.decode()
    assert search(night).people == 1


def test_the_desk_sees_how_many_were_asked_and_then_fitted(town, night, browser):  # noqa: F811
    offer = yearly(town)
    search(night)
    tell_missing_facts(now=by_day(night))
    counts = count_reminders(offer.id)
    assert (counts.found, counts.one_fact, counts.answered) == (0, 1, 0)
    state(town.cast.rider_ye, town, True)
    search(night + timedelta(days=1))
    assert count_reminders(offer.id).answered == 1
    page = town.cast.client("county_cadre").get(f"/desk/programmes/{offer.id}/").content.decode()
    assert "只差一项、问了的" in page
