"""政策找人: who newly fits is found once, told once, in his hours; never without his consent."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.membership.models import Membership
from nuanxin.notices.models import Message, Notice
from nuanxin.people.actions import grant_consent, withdraw_consent
from nuanxin.people.models import Worker
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions import finding, reminders
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.finding import find_people, tell_found
from nuanxin.programmes.actions.merging import ProgrammesMergeStep
from nuanxin.programmes.actions.ruling import keep_answers
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import KeptRule, Offer, OfferReminder, ReminderOff
from nuanxin.programmes.queries.finding import count_reminders, preview_finds
from nuanxin.programmes.rules.conditions import rule_text
from nuanxin.programmes.states import Way
from tests.programmes.conftest import COURIER, DRIVER, POOLS_BY_TRADE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

RIDER = 4
MOST_QUERIES = 8


def consent(rider, now):
    grant_consent(
        worker_id=rider.worker_id,
        purpose=ConsentPurpose.SERVICE_NOTICES,
        notice_version="2026-11-01",
        via="test",
        actor=rider,
        now=now,
    )


def judge(now: datetime, *codes: str) -> None:
    """Keep the answers of the rules, as the night does before it finds."""
    for code in codes or ("health_exam",):
        bound = read_checked(rule_text(code), CATALOGUE, on=business_day(now))
        keep_answers(bound, now=now)


@pytest.fixture
def night(town) -> datetime:
    """Return ten to three of the night after the cast's day, with health checks on offer."""
    day = business_day(town.cast.now) + timedelta(days=1)
    return datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=2, minutes=50)


def by_day(night: datetime, hour: int = 15) -> datetime:
    return night.replace(hour=hour, minute=0)


def found(town, night, count=3, **offer):
    """Return members who agreed, an offer, after the night found them."""
    riders = town.riders(count)
    for rider in riders:
        consent(rider, town.cast.now)
    made = town.offer(**offer)
    judge(night)
    find_people(now=night)
    return riders, made


def told_of(rider) -> list[str]:
    return list(Notice.objects.filter(worker_id=rider.worker_id).values_list("title", flat=True))


def test_who_fits_and_agreed_is_found_at_night_and_told_by_day(town, night):
    riders, offer = found(town, night)
    assert OfferReminder.objects.filter(offer=offer).count() == 3
    assert tell_found(now=night) == (0, 0)
    assert tell_found(now=by_day(night)) == (3, 0)
    assert told_of(riders[0]) == ["免费体检，你符合条件"]
    assert tell_found(now=by_day(night, 16)) == (0, 0)


def test_nobody_is_found_who_did_not_agree_or_applied_or_does_not_fit(town, night):
    silent, asking, fitting = town.riders(3)
    for rider in (asking, fitting):
        consent(rider, town.cast.now)
    offer = town.offer(way=Way.DRAW, definition="recuperation")
    Offer.objects.filter(id=offer.id).update(rule_code="health_exam")
    apply_for_place(code=offer.code, actor=asking, now=town.cast.now)
    stranger = Worker.objects.create(name="不是会员", created_at=town.cast.now)
    judge(night)
    find_people(now=night)
    assert list(OfferReminder.objects.values_list("worker_id", flat=True)) == [fitting.worker_id]
    tell_found(now=by_day(night))
    assert told_of(fitting)
    assert not told_of(silent)
    assert not Notice.objects.filter(worker_id=stranger.id).exists()


def test_finding_again_and_after_a_death_in_the_middle_tells_each_once(town, night, monkeypatch):
    riders, _ = found(town, night, 5, places=9)
    find_people(now=night)
    assert OfferReminder.objects.count() == 5
    assert tell_found(now=by_day(night), limit=2) == (2, 0)

    def dies(**_: object) -> None:
        raise RuntimeError("the process was killed")

    with monkeypatch.context() as patched:
        patched.setattr(finding, "send_sms_to_many", dies)
        with pytest.raises(RuntimeError):
            tell_found(now=by_day(night), limit=2)
    assert Notice.objects.count() == 2
    assert tell_found(now=by_day(night)) == (3, 0)
    assert all(len(told_of(rider)) == 1 for rider in riders)


def test_what_changed_between_night_and_day_counts(town, night):
    riders, offer = found(town, night, 5, places=9)
    withdrawn, off, gone, applied, left = riders
    now = town.cast.now
    purpose = ConsentPurpose.SERVICE_NOTICES
    withdraw_consent(worker_id=withdrawn.worker_id, purpose=purpose, actor=withdrawn, now=now)
    reminders.turn_kind_off(kind="exam", actor=off, now=now)
    Worker.objects.filter(id=gone.worker_id).update(erased_at=now)
    apply_for_place(code=offer.code, actor=applied, now=now)
    assert tell_found(now=by_day(night)) == (1, 4)
    assert told_of(left)
    assert not any(told_of(rider) for rider in riders[:4])


def test_an_offer_that_closed_meanwhile_is_not_told(town, night):
    found(town, night, 2)
    Offer.objects.update(closes_at=night + timedelta(hours=1))
    assert tell_found(now=by_day(night)) == (0, 2)


def test_each_trade_is_told_outside_its_own_peak(town, night):
    for rider in [*town.riders(1, occupation=RIDER), *town.riders(1, occupation=COURIER)]:
        consent(rider, town.cast.now)
    town.offer()
    judge(night)
    find_people(now=night)
    assert tell_found(now=by_day(night, 12)) == (1, 0)  # the courier: riders carry lunch
    assert tell_found(now=by_day(night, 14)) == (1, 0)


def test_one_person_hears_of_few_in_a_week_the_soonest_deadline_first(town, night):
    [rider] = town.riders(1)
    consent(rider, town.cast.now)
    offers = [town.offer(definition="health_exam") for _ in range(5)]
    for days, offer in enumerate(reversed(offers)):
        Offer.objects.filter(id=offer.id).update(closes_at=night + timedelta(days=2 + days))
    judge(night)
    assert [one.chosen for one in preview_finds(now=night)] == [1, 1, 1, 0, 0]
    assert find_people(now=night).people == 3
    assert set(OfferReminder.objects.values_list("offer_id", flat=True)) == {
        one.id for one in offers[2:]
    }
    judge(night + timedelta(days=1))
    assert find_people(now=night + timedelta(days=1)).people == 0
    judge(night + timedelta(days=7))
    assert find_people(now=night + timedelta(days=7)).people == 0  # the two left have closed


def test_a_night_has_a_limit_and_a_second_run_does_not_pass_it(town, night, monkeypatch):
    for rider in town.riders(4):
        consent(rider, town.cast.now)
    town.offer(places=9)
    judge(night)
    values = finding.finding_values
    monkeypatch.setattr(finding, "finding_values", lambda now: values(now) | {"nightly": 3})
    assert find_people(now=night).people == 3
    assert find_people(now=night).people == 0
    assert find_people(now=night + timedelta(days=1)).people == 1


def test_only_members_below_the_union_with_a_pool_of_theirs_are_found(town, night):
    courier, driver = *town.riders(1), *town.riders(1, occupation=RIDER)
    for rider in (courier, driver):
        consent(rider, town.cast.now)
    town.offer(way=Way.DRAW, definition="recuperation", pools=POOLS_BY_TRADE)
    Offer.objects.update(rule_code="health_exam")
    judge(night)
    find_people(now=night)
    assert list(OfferReminder.objects.values_list("worker_id", flat=True)) == [courier.worker_id]
    assert DRIVER not in OfferReminder.objects.values_list("trade", flat=True)


def test_a_full_offer_and_old_answers_find_nobody(town, night):
    rider, other = town.riders(2)
    consent(other, town.cast.now)
    offer = town.offer(places=1)
    judge(night)
    assert preview_finds(now=night)[0].chosen == 1
    apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    assert find_people(now=night).people == 0
    town.offer()
    KeptRule.objects.update(applied_at=night - timedelta(days=3))
    assert find_people(now=night).people == 0


def test_a_text_goes_out_only_when_little_time_is_left(town, night):
    rider, other = town.riders(2)
    for one, _tail in ((rider, "1"), (other, "2")):
        consent(one, town.cast.now)
    Worker.objects.filter(id=rider.worker_id).update(
        phone_hash="00000000-0000-4000-8000-000000000001", phone_sealed=b"x", phone_hint="1380001"
    )
    town.offer()
    judge(night)
    find_people(now=night)
    Offer.objects.update(closes_at=night + timedelta(days=2))
    tell_found(now=by_day(night))
    [text] = Message.objects.filter(template="programmes.found")
    assert text.worker_id == rider.worker_id
    assert "免费体检" in text.body


def test_two_records_of_one_person_keep_one_reminder_and_come_apart_again(town, night):
    (kept, folded), offer = found(town, night, 2)
    tell_found(now=by_day(night), limit=1)
    for rider in (kept, folded):
        reminders.turn_kind_off(kind="gift", actor=rider, now=night)
    told = OfferReminder.objects.get(told_at__isnull=False)
    step = ProgrammesMergeStep()
    waiting = OfferReminder.objects.get(told_at__isnull=True).worker_id
    ids = {"kept_id": waiting, "folded_id": told.worker_id}
    actor = town.cast.county_cadre
    memo = step.fold(**ids, actor=actor, now=night)
    assert list(OfferReminder.objects.filter(offer=offer)) == [told]
    assert ReminderOff.objects.count() == 1
    step.unfold(memo, **ids, actor=actor, now=night)
    assert OfferReminder.objects.count() == 2
    assert ReminderOff.objects.count() == 2


def test_who_is_erased_leaves_no_reminder(town, night):
    (rider, _), _ = found(town, night, 2)
    reminders.turn_kind_off(kind="gift", actor=rider, now=night)
    assert reminders.erase_reminders([rider.worker_id], night)
    assert not OfferReminder.objects.filter(worker_id=rider.worker_id).exists()
    assert not ReminderOff.objects.exists()


def test_what_became_of_it_is_counted_by_offer(town, night):
    riders, offer = found(town, night, 3, places=9)
    tell_found(now=by_day(night), limit=2)
    told = list(OfferReminder.objects.filter(told_at__isnull=False).order_by("id"))
    Notice.objects.filter(id=told[0].notice_id).update(read_at=by_day(night))
    rider = next(one for one in riders if one.worker_id == told[0].worker_id)
    apply_for_place(code=offer.code, actor=rider, now=by_day(night))
    counts = count_reminders(offer.id)
    assert (counts.found, counts.told, counts.waiting, counts.dropped) == (3, 2, 1, 0)
    assert (counts.opened, counts.applied) == (1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM records_event WHERE kind = 'programmes.people_found'")
        assert "3" in str(cursor.fetchone()[0])


@pytest.fixture
def browser(town):
    """Rider Ye, found for a health check and told, in his browser."""
    town.riders(0)
    return town.cast.client("rider_ye")


def found_ye(town, night):
    ye = town.cast.rider_ye
    today = business_day(town.cast.now)
    Membership.objects.create(
        worker_id=ye.worker_id, union=town.cast.unions["couriers"], channel=1, occupation=COURIER,
        started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    consent(ye, town.cast.now)
    offer = town.offer()
    judge(night)
    find_people(now=night)
    tell_found(now=by_day(night))
    return offer


def test_a_notice_is_opened_by_a_tap_and_leads_to_the_offer(town, night, browser):
    offer = found_ye(town, night)
    page = browser.get("/notices/").content.decode()
    assert "1 条没看过" in page
    assert "免费体检，你符合条件" in page
    notice = Notice.objects.get()
    answer = browser.post("/notices/open/", {"notice": notice.id})
    assert answer.headers["Location"] == f"/programmes/{offer.code}/"
    assert "通知都看过了" in browser.get("/notices/").content.decode()
    assert count_reminders(offer.id).opened == 1
    other = Notice.objects.create(account_id=None, worker_id=1, kind="x", title="x", body="x",
                                  created_at=night)  # fmt: skip
    assert browser.post("/notices/open/", {"notice": other.id}).status_code == 404


def test_a_kind_is_turned_off_by_one_tap_on_the_notice_and_on_again(town, night, browser):
    found_ye(town, night)
    page = browser.get("/notices/").content.decode()
    assert 'action="/notices/settings/"' in page
    assert 'value="stop.exam"' in page
    answer = browser.post("/notices/settings/", {"do": "stop.exam"}, follow=True)
    assert "好，体检不再告诉你" in answer.content.decode()
    assert ReminderOff.objects.get().kind == "exam"
    browser.post("/notices/settings/", {"do": "tell.exam"})
    assert not ReminderOff.objects.exists()


def test_all_of_it_is_turned_off_and_on_by_one_tap(town, night, browser):
    found_ye(town, night)
    answer = browser.post("/notices/settings/", {"do": "off"}, follow=True)
    assert "现在不告诉你" in answer.content.decode()
    browser.post("/notices/settings/", {"do": "off"})
    answer = browser.post("/notices/settings/", {"do": "on"}, follow=True)
    assert "有能领的，告诉我" in answer.content.decode()


@pytest.mark.parametrize("do", ["", "stop.nothing", "stop", "x"])
def test_what_was_not_tapped_is_told_not_done(town, browser, do):
    assert browser.post("/notices/settings/", {"do": do}).status_code == 422
    assert not ReminderOff.objects.exists()


@pytest.mark.parametrize("url", ["/notices/", "/notices/settings/"])
def test_the_pages_cost_few_queries(town, night, browser, url):
    found_ye(town, night)
    browser.get(url)
    with CaptureQueriesContext(connection) as seen:
        browser.get(url)
    assert len(seen) <= MOST_QUERIES


def test_the_desk_sees_what_became_of_it(town, night):
    offer = found_ye(town, night)
    page = town.cast.client("county_cadre").get(f"/desk/programmes/{offer.id}/").content.decode()
    assert "找到的人" in page
    assert "告诉了" in page
