"""A keeper checks people in with the network cut: nothing is lost, nobody is counted twice."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright import sync_api

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.membership.queries.card import get_card
from nuanxin.programmes.actions import gates
from nuanxin.programmes.actions.sessions import SessionDraft, create_session, place_people
from nuanxin.programmes.models import Application, Attendance, Booking, Offer, Scan
from tests.chromium import findings, follow, runs_out_px

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NO_NETWORK = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def opened(site):
    """A session that is on now, with people in it, and a gate of it."""
    from nuanxin.kernel.actor import Grant, Role

    now = clock.now()
    # Of an offer that has no sessions yet: in the demonstration all others are booked.
    held = Application.objects.filter(state=4, offer__session=None).order_by("id").first()
    offer = Offer.objects.select_related("union").get(id=held.offer_id)
    cadre = Actor(name="样例", grants=(Grant(Role.COUNTY_CADRE, offer.union_id, offer.union.path),))
    draft = SessionDraft("上午场", "体检中心", now + timedelta(seconds=1), now + timedelta(hours=2), 20,
                         change_hours=0)  # fmt: skip
    made = create_session(offer_id=offer.id, draft=draft, actor=cadre, now=now)
    place_people(offer_id=offer.id, actor=cadre, now=now)
    gate = gates.open_gate(session_id=made.id, label="前台", shows_names=True, actor=cadre, now=now)
    return gate, list(Booking.objects.filter(session=made).order_by("id"))


def check_in(tab, text):
    tab.locator('[name="code"]').fill(text)
    tab.get_by_role("button", name="签到", exact=True).click()
    sync_api.expect(tab.locator('[name="code"]')).to_have_value("")
    return tab.locator("[data-said]:visible").inner_text()


def waiting(tab, count):
    sync_api.expect(tab.locator("[data-waiting]")).to_have_text(str(count), timeout=30_000)


def test_without_a_network_people_are_checked_in_and_sent_later_exactly_once(site, opened):
    gate, bookings = opened
    tab = site.visit(360)
    tab.context.clock.set_fixed_time(clock.now())  # the phone has the time of the server
    tab.goto(reverse("door-enter", args=[gate.link]))
    tab.locator('[name="pin"]').fill(gate.pin)
    follow(tab, tab.get_by_role("button", name="打开签到"))
    tab.wait_for_selector("[data-ready]:not([hidden])")
    assert "签到了" in check_in(tab, bookings[0].code)
    waiting(tab, 0)
    assert Attendance.objects.filter(booking=bookings[0]).count() == 1
    assert findings(tab) == []
    assert runs_out_px(tab) <= 0

    tab.context.set_offline(True)
    assert "签到了" in check_in(tab, bookings[1].code.lower())
    assert "已经签过到" in check_in(tab, bookings[1].code)
    assert "没有这个码" in check_in(tab, "22222222")
    card = get_card(actor=Actor(worker_id=bookings[2].application.worker_id), now=clock.now())
    assert "签到了" in check_in(tab, card.token)
    waiting(tab, 4)
    tab.reload()  # the page and its list come from the device
    tab.wait_for_selector("[data-waiting-line]:not([hidden])")
    waiting(tab, 4)
    assert "签到了" in check_in(tab, bookings[3].code)
    assert Scan.objects.filter(session=bookings[0].session).count() == 1

    tab.context.set_offline(False)
    waiting(tab, 0)
    came = Attendance.objects.filter(session=bookings[0].session, kind__in=[1, 2])
    assert sorted(came.values_list("booking_id", flat=True)) == [one.id for one in bookings[:4]]
    scans = Scan.objects.filter(session=bookings[0].session).order_by("id")
    assert sorted(scans.values_list("outcome", flat=True)) == [1, 1, 1, 1, 2, 5]
    heard = site.witnesses[-1].said
    heard[:] = [line for line in heard if NO_NETWORK not in line]


def test_the_providers_list_fits_a_phone_and_a_desk(site, opened):
    gate, bookings = opened
    for width in (360, 1440):
        tab = site.visit(width)
        tab.goto(reverse("door-enter", args=[gate.link]))
        assert findings(tab) == []
        tab.locator('[name="pin"]').fill(gate.pin)
        follow(tab, tab.get_by_role("button", name="打开签到"))
        tab.goto(reverse("door-people"))
        assert findings(tab) == []
        follow(tab, tab.get_by_role("button", name="看名单"))
        assert bookings[0].code in tab.locator("main").inner_text()
        assert findings(tab) == []
        assert runs_out_px(tab) <= 0
