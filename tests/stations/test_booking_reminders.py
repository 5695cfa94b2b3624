"""The day before: one reminder, at an hour that suits the trade; one's own bookings in one's own data."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.clock import SHANGHAI, business_day, day_end
from nuanxin.notices.models import Message, Notice
from nuanxin.people.actions import add_engagement, grant_consent
from nuanxin.people.queries import my_data
from nuanxin.stations.actions import serving
from nuanxin.stations.actions.booking_reminders import NOTICE_KIND, remind_bookings
from nuanxin.stations.models import ServiceBooking
from nuanxin.stations.states.services import BookingState
from tests.stations.test_services import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
RIDER = 4
"""取餐送餐: not to be disturbed from 10:30 to 13:30."""


@pytest.fixture
def desk(street):
    return Desk(street)


def clock_of(desk, hour, minute=0, *, days=0):
    day = business_day(desk.now) + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def booked_for_the_day_after(desk, **more):
    """Book now the first slot of the day after tomorrow, so that tomorrow is the day before."""
    first = day_end(business_day(desk.now) + timedelta(days=1))
    starts_at = next(begin for begin, _ in _slots(desk) if begin >= first)
    return desk.book(starts_at=starts_at, **more)


def _slots(desk):
    return serving.queries.slots_of(desk.service, now=desk.now)


def told(desk):
    return Notice.objects.filter(kind=NOTICE_KIND)


def test_the_day_before_one_is_told_once_where_and_when(desk):
    booking = booked_for_the_day_after(desk)
    at = clock_of(desk, 9, 30, days=1)
    assert [remind_bookings(now=at + timedelta(minutes=10 * run)) for run in range(3)] == [1, 0, 0]
    (notice,) = told(desk)
    assert notice.worker_id == desk.cast.rider_ye.worker_id
    assert notice.title == "明天 00:00 有约"
    assert desk.station.name in notice.body
    assert notice.url == reverse("my-station-bookings")
    booking.refresh_from_db()
    assert booking.reminded_at == at


def test_what_it_is_for_stands_in_no_reminder(desk):
    booked_for_the_day_after(desk, note="被平台扣了钱")
    remind_bookings(now=clock_of(desk, 9, 30, days=1))
    (notice,) = told(desk)
    for said in (notice.title + notice.body, *Message.objects.values_list("body", flat=True)):
        assert "法律" not in said
        assert "扣" not in said


def test_a_text_goes_to_who_has_agreed_to_texts(desk):
    grant_consent(
        worker_id=desk.cast.rider_ye.worker_id, purpose=3, notice_version="2026-11-01", via="web",
        actor=desk.cast.rider_ye, now=desk.now,
    )  # fmt: skip
    booked_for_the_day_after(desk)
    remind_bookings(now=clock_of(desk, 9, 30, days=1))
    (text,) = Message.objects.filter(template="stations.booking_tomorrow")
    assert f"明天 00:00 您有约：{desk.station.name}" in text.body
    assert text.not_before is None


@pytest.mark.parametrize(("days", "hour"), [(0, 9), (2, 0), (1, 7), (1, 21)])
def test_not_earlier_nor_on_the_day_itself_nor_at_night(desk, days, hour):
    booked_for_the_day_after(desk)
    assert remind_bookings(now=clock_of(desk, hour, days=days)) == 0
    assert not told(desk)


def test_a_rider_is_told_after_his_busiest_hours(desk):
    worker = desk.cast.rider_ye.worker_id
    add_engagement(worker_id=worker, occupation=RIDER, source="join", actor=SYSTEM, now=desk.now)
    booked_for_the_day_after(desk)
    assert remind_bookings(now=clock_of(desk, 12, days=1)) == 0
    assert remind_bookings(now=clock_of(desk, 13, 40, days=1)) == 1


def test_who_booked_it_only_today_needs_no_reminding(desk):
    first = day_end(business_day(desk.now))
    starts_at = next(begin for begin, _ in _slots(desk) if begin >= first)
    desk.book(starts_at=starts_at)
    assert remind_bookings(now=clock_of(desk, 19)) == 0


def test_what_was_cancelled_is_not_reminded_of(desk):
    booking = booked_for_the_day_after(desk)
    serving.cancel_booking(booking_id=booking.id, actor=desk.cast.rider_ye, now=desk.now)
    assert remind_bookings(now=clock_of(desk, 9, 30, days=1)) == 0
    assert ServiceBooking.objects.get().state == BookingState.CANCELLED


def test_many_are_reminded_in_turns_and_each_turn_takes_the_same_questions(desk):
    desk.service.seats = 2
    desk.service.save()
    for who in ("rider_ye", "rider_lu"):
        booked_for_the_day_after(desk, who=who)
    at = clock_of(desk, 9, 30, days=1)
    assert remind_bookings(now=at, limit=1) == 2
    with CaptureQueriesContext(connection) as seen:
        assert remind_bookings(now=at) == 0
    assert len(seen) <= 4


def test_ones_bookings_and_ones_own_words_are_in_ones_own_data(desk):
    booked_for_the_day_after(desk, note="带着合同来")
    kept = my_data(desk.cast.rider_ye.worker_id)
    (section,) = [one for one in kept["sections"] if one["key"] == "station_bookings"]
    (row,) = section["rows"]
    assert row["note"] == "带着合同来"
    assert (row["kind"], row["topic"], row["state"]) == ("法律咨询", "工钱、扣款", "约好了")
    assert row["station"] == desk.station.name


def test_my_page_leads_to_what_i_booked(desk):
    page = desk.cast.client("rider_ye").get(reverse("worker-me"))
    assert reverse("my-station-bookings") in page.text
