"""Joining in the browser's terms: one person from the QR to the receipt, and the ways back."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.kernel.identity import check_digit
from nuanxin.membership.models import JoinApplication, Membership
from nuanxin.membership.states import Channel, JoinState
from nuanxin.people.models import Consent, Worker
from tests.access import outbox

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PHONE = "13800006027"
FIRST = "33010519930517241"
NUMBER = FIRST + check_digit(FIRST)


@pytest.fixture
def browser(cast, settings):
    settings.ACCESS_CODE_SENDER = "tests.access.outbox.keep"
    outbox.SENT.clear()
    return cast.client("anonymous")


def last_code():
    return outbox.SENT[-1]["values"]["code"]


def verify_phone(browser, way_on):
    page = reverse("sign-in")
    browser.post(page, {"phone": PHONE, "do": "send", "next": way_on})
    answer = browser.post(
        page, {"phone": PHONE, "code": last_code(), "do": "check", "next": way_on}
    )
    assert answer.status_code == 302
    return answer["Location"]


def fill_in(browser, *, identity=NUMBER, jobs=("delivery_rider",), start="join-work"):
    at = verify_phone(browser, reverse(start))
    answer = browser.post(at, {"jobs": list(jobs), "county": 330105, "place": ""})
    assert answer["Location"] == reverse("join-person")
    answer = browser.post(
        reverse("join-person"), {"name": "陈永强", "identity": identity, "consent": "on"}
    )
    return answer


def test_from_the_code_of_a_union_to_the_receipt_with_four_typed_fields(browser, cast):
    code = cast.union("couriers").code
    assert "大关快递行业联合工会" in browser.get(reverse("join-of", args=[code])).content.decode()
    at = verify_phone(browser, f"{reverse('join-work')}?u={code}")
    browser.get(at)
    browser.post(at, {"jobs": ["courier", "delivery_rider"], "county": 330105, "place": ""})
    browser.post(
        reverse("join-person"), {"name": "陈永强", "identity": NUMBER.lower(), "consent": "on"}
    )
    proposed = browser.get(reverse("join-union")).content.decode()
    assert "你扫的就是它的码" in proposed
    browser.post(reverse("join-union"), {"union": code})
    page = browser.get(reverse("join-check")).content.decode()
    assert NUMBER not in page
    assert "拱墅区" in page
    done = browser.post(reverse("join-check"), follow=True).content.decode()
    assert "收到了" in done
    application = JoinApplication.objects.get()
    assert application.state == JoinState.SUBMITTED
    assert application.channel == Channel.ONE_CLICK
    assert Consent.objects.filter(worker=application.worker).count() >= 2


def test_the_second_time_is_a_polite_answer_and_no_second_application(browser, cast):
    for minutes in (0, 5):
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes)):
            fill_in(browser)
            browser.post(reverse("join-union"), {"union": cast.union("couriers").code})
            browser.post(reverse("join-check"))
            browser.post(reverse("sign-out"))
        JoinApplication.objects.get()
    assert Worker.objects.filter(name="陈永强").count() == 1


def test_a_wrong_number_keeps_what_was_typed_and_says_what_is_wrong(browser):
    answer = fill_in(browser, identity=NUMBER[:17])
    assert answer.status_code == 422
    assert "少了一位，现在是 17 位" in answer.content.decode()
    assert "陈永强" in answer.content.decode()


def test_without_the_numbers_own_consent_nothing_goes_on(browser):
    verify_phone(browser, reverse("join-work"))
    browser.post(reverse("join-work"), {"jobs": ["courier"], "county": 330105})
    answer = browser.post(reverse("join-person"), {"name": "陈永强", "identity": NUMBER})
    assert answer.status_code == 422


@pytest.mark.parametrize("name", ["join-work", "join-person", "join-union", "join-check"])
def test_a_step_taken_too_early_leads_back_to_the_first_open_question(browser, name):
    answer = browser.get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign-in"))


@pytest.mark.parametrize(
    ("birth", "words"), [("20150517", "满 16 周岁才能入会"), ("19500517", "保留会籍")]
)
def test_who_may_not_join_is_told_right_after_the_number_with_a_way_on(browser, birth, words):
    first = f"330105{birth}241"
    answer = fill_in(browser, identity=first + check_digit(first))
    assert answer["Location"] == reverse("join-done")
    page = browser.get(answer["Location"]).content.decode()
    assert words in page
    assert "tel:12351" in page
    assert not JoinApplication.objects.exists()


def test_who_has_applied_is_told_so_at_the_first_page_with_his_card(browser, cast):
    fill_in(browser)
    browser.post(reverse("join-union"), {"union": cast.union("couriers").code})
    browser.post(reverse("join-check"))
    page = browser.get(reverse("join")).content.decode()
    assert "你的申请已经在办了" in page
    assert reverse("worker-card") in page


def test_a_member_who_scans_another_unions_code_moves_with_one_tap(cast):
    today = clock.business_day(clock.now())
    Membership.objects.create(
        worker_id=cast.rider_ye.worker_id, union=cast.union("couriers"), channel=1, occupation=4,
        started_on=today, joined_on=today, recorded_at=clock.now(),
    )  # fmt: skip
    rider, there = cast.client("rider_ye"), cast.union("drivers").code
    page = rider.get(reverse("join-of", args=[there])).content.decode()
    way = reverse("worker-transfer-here")
    assert "你已经有会籍了，在大关快递行业联合工会" in page
    assert way in page
    answer = rider.post(way, {"to": there}, follow=True).content.decode()
    assert "会籍已经转到大关网约车联合工会" in answer
    held = Membership.objects.get(worker_id=cast.rider_ye.worker_id, ended_on=None)
    assert (held.union_id, held.joined_on) == (cast.union("drivers").id, today)


def test_where_no_union_takes_people_those_nearest_are_offered_with_the_reason(browser, cast):
    at = verify_phone(browser, reverse("join-work"))
    browser.post(at, {"jobs": ["courier"], "county": 330727, "place": ""})
    browser.post(reverse("join-person"), {"name": "陈永强", "identity": NUMBER, "consent": "on"})
    page = browser.get(reverse("join-union")).content.decode()
    assert "就进这个" in page
    assert "当地建好了，点一下就转" in page


def test_both_gaps_of_the_second_page_are_listed_with_links_to_them(browser):
    at = verify_phone(browser, reverse("join-work"))
    page = browser.post(at, {"place": "迅达速运"})
    assert page.status_code == 422
    text = page.content.decode()
    assert 'href="#id_jobs"' in text
    assert 'href="#id_county"' in text
    assert "迅达速运" in text


def test_sending_the_last_page_twice_leaves_one_application_and_the_same_receipt(browser, cast):
    fill_in(browser)
    browser.post(reverse("join-union"), {"union": cast.union("couriers").code})
    browser.post(reverse("join-check"))
    again = browser.post(reverse("join-check"))
    assert again["Location"] == reverse("join-done")
    assert "临时卡现在就能用" in browser.get(reverse("join-done")).content.decode()
    assert JoinApplication.objects.count() == 1


def test_the_card_and_the_filled_joining_form_come_as_papers(browser, cast):
    fill_in(browser)
    browser.post(reverse("join-union"), {"union": cast.union("couriers").code})
    browser.post(reverse("join-check"))
    for name in ("worker-card-paper", "worker-joining-paper"):
        paper = browser.get(reverse(name))
        assert paper.status_code == 200
        assert paper.content.startswith(b"%PDF")
