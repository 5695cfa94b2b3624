"""The door, the provider's list, one's own booking, the desk: what each shows, and what it never shows."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.clock import business_day
from nuanxin.people.models import Worker
from nuanxin.programmes.actions import attending
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.sessions import choose_session
from nuanxin.programmes.models import Attendance, Booking, Feedback, Gate, Scan
from nuanxin.programmes.queries.feedback import count_answers
from nuanxin.programmes.queries.sessions import age_band
from nuanxin.programmes.rules.attendance import Attended
from nuanxin.records.models import Event
from tests.programmes.test_fulfilment import Day
from tests.programmes.test_pages import rider  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 20


@pytest.fixture
def day(town):
    made = Day(town)
    made.place()
    return made


@pytest.fixture
def opened(day):
    """A browser without an account, let in with link and PIN on the session's morning."""
    return enter(day, day.gate(shows_names=True))


def enter(day, gate):
    client = Client()
    with time_machine.travel(day.starts_at, tick=False):
        answer = client.post(f"/door/enter/{gate.link}/", {"pin": gate.pin})
    assert answer.status_code == 302
    return client


def at_the_door(day, client, path, body=None, **more):
    with time_machine.travel(day.starts_at, tick=False):
        if body is None:
            return client.get(path)
        return client.post(path, body, **more)


def text_of(answer):
    return answer.content.decode()


def test_the_door_opens_with_link_and_pin_and_takes_a_typed_code(day, opened):
    page = text_of(at_the_door(day, opened, "/door/"))
    assert "约了 3 人" in page
    said = text_of(at_the_door(day, opened, "/door/", {"code": day.booking().code.lower()}))
    assert "签到了" in said
    assert day.stands() is Attended.PRESENT


@pytest.mark.parametrize("is_https", [True, False])
def test_the_cookie_of_a_gate_keeps_to_https_where_the_product_is_reached_so(
    day, settings, is_https
):
    settings.IS_HTTPS = is_https  # a proxy before us ends TLS: the request itself does not tell
    cookie = enter(day, day.gate()).cookies["nuanxin_door"]
    assert bool(cookie["secure"]) is is_https
    assert cookie["httponly"]


def test_without_the_cookie_of_a_gate_nothing_is_shown(day):
    day.gate()
    client = Client()
    assert "用工会发的链接打开" in text_of(at_the_door(day, client, "/door/"))
    assert at_the_door(day, client, "/door/list.json").status_code == 404
    assert at_the_door(day, client, "/door/people/").status_code == 404
    assert at_the_door(day, client, "/door/send/", "{}", content_type="application/json").status_code == 404  # fmt: skip


def test_a_device_sends_what_it_holds_as_often_as_it_likes(day, opened):
    scans = [
        {"id": str(uuid4()), "at": day.starts_at.isoformat(), "code": day.booking(n).code}
        for n in (0, 1)
    ]
    body = json.dumps({"device": "手机", "scans": scans})
    for _ in range(2):
        answer = at_the_door(day, opened, "/door/send/", body, content_type="application/json")
        assert [one["outcome"] for one in answer.json()["taken"]] == [1, 1]
    assert (Scan.objects.count(), Attendance.objects.count()) == (2, 2)


@pytest.mark.parametrize("body", ["", "[]", '{"scans": [1]}', '{"scans": [{"id": "x"}]}'])
def test_what_cannot_be_read_is_refused_with_a_sentence(day, opened, body):
    answer = at_the_door(day, opened, "/door/send/", body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert not Scan.objects.exists()


def test_a_provider_sees_name_age_band_and_code_of_his_session_and_nothing_else(day, opened):
    """Plant what must not be seen in every column of the person, and look for it in every answer."""
    worker_id = day.members[0].worker_id
    born = day.starts_at.date() - timedelta(days=365 * 34)
    Worker.objects.filter(id=worker_id).update(
        name="欧阳小满", birth_on=born, phone_hint="1388001", identity_hint="33010519",
    )  # fmt: skip
    other = day.add("下午场", after=timedelta(hours=4))
    (stranger,) = day.town.riders(1)
    Worker.objects.filter(id=stranger.worker_id).update(name="别场的人")
    before = Event.objects.filter(kind="programmes.list_read_by_provider").count()
    answers = [
        text_of(at_the_door(day, opened, "/door/")),
        text_of(at_the_door(day, opened, "/door/list.json")),
        text_of(at_the_door(day, opened, "/door/people/")),
    ]
    listed = text_of(at_the_door(day, opened, "/door/people/", {}))
    assert all(said in listed for said in ("欧阳小满", "30 到 39 岁", day.booking().code))
    assert all("欧阳小满" not in text for text in answers)
    assert "欧阳**" in json.loads(answers[1])["people"][0]["name"] + answers[1].encode().decode(
        "unicode_escape"
    )
    for text in [*answers, listed]:
        for secret in (
            "1388001",
            "33010519",
            born.isoformat(),
            "别场的人",
            "大关快递",
            other.title,
        ):
            assert secret not in text
    assert Event.objects.filter(kind="programmes.list_read_by_provider").count() == before + 1
    rows = json.loads(answers[1])["people"]
    assert {tuple(sorted(row)) for row in rows} == {("card", "code", "here", "name")}
    assert day.booking().code not in answers[1]


def test_a_gate_for_check_in_alone_has_no_list(day):
    client = enter(day, day.gate(shows_names=False))
    assert at_the_door(day, client, "/door/people/", {}).status_code == 404


def test_after_its_days_a_gate_shows_and_takes_nothing(day, opened):
    with time_machine.travel(day.starts_at + timedelta(days=3), tick=False):
        assert "到期了" in text_of(opened.get("/door/"))
        assert opened.get("/door/list.json").status_code == 404
        assert opened.post("/door/people/").status_code == 404


def test_a_wrong_pin_is_refused_with_the_tries_left(day):
    gate = day.gate()
    with time_machine.travel(day.starts_at, tick=False):
        answer = Client().post(f"/door/enter/{gate.link}/", {"pin": "x"})
    assert answer.status_code == 403
    assert "还能试 9 次" in text_of(answer)


def test_the_age_band_hides_the_day_of_birth(day):
    on = day.starts_at.date()
    assert age_band(None, on) == "不详"
    assert age_band(on.replace(year=on.year - 30), on) == "30 到 39 岁"
    assert age_band(on.replace(year=on.year - 17), on) == "20 岁以下"


# ---- one's own --------------------------------------------------------------------------------


def booked(day, rider):  # noqa: F811
    """Let rider Ye have a place and choose the session."""
    offer = day.town.offer(places=1)
    day.offer = offer
    day.session = day.add("晚场")
    apply_for_place(code=offer.code, actor=day.cast.rider_ye, now=day.now)
    made = choose_session(session_id=day.session.id, actor=day.cast.rider_ye, now=day.now)
    return Booking.objects.get(id=made)


def test_a_member_sees_his_code_and_qr_and_where_and_takes_the_calendar_along(day, rider):  # noqa: F811
    booking = booked(day, rider)
    assert "晚场" not in text_of(rider.get("/programmes/mine/"))
    assert "拱宸体检中心" in text_of(rider.get("/bookings/"))
    page = text_of(rider.get(f"/bookings/{booking.id}/"))
    assert f"{booking.code[:4]} {booking.code[4:]}" in page
    assert "<svg" in page
    calendar = text_of(rider.get(f"/bookings/{booking.id}/booking.ics"))
    assert "BEGIN:VEVENT" in calendar
    assert all(len(line.encode()) <= 75 for line in calendar.split("\r\n"))


def test_somebody_elses_booking_is_not_there(day, rider):  # noqa: F811
    booking_id = day.booking().id
    for path in ("", "booking.ics", "say/"):
        assert rider.get(f"/bookings/{booking_id}/{path}").status_code == 404


def test_excusing_oneself_is_two_taps_and_an_officer_decides(day, rider):  # noqa: F811
    booking = booked(day, rider)
    answer = rider.post(f"/bookings/{booking.id}/act/", {"excuse": "1"}, follow=True)
    assert "等工会定" in text_of(answer)
    desk = day.cast.client("county_cadre")
    page = f"/desk/sessions/{day.session.id}/"
    assert "请假：生病了" in text_of(desk.get(page))
    desk.post(f"{page}act/", {"do": "grant", "booking": booking.id})
    assert "准假了" in text_of(rider.get(f"/bookings/{booking.id}/"))


def test_how_it_was_is_said_once_in_two_taps_by_who_came(day, rider):  # noqa: F811
    booking = booked(day, rider)
    say = f"/bookings/{booking.id}/say/"
    assert rider.post(say, {"face": "5"}).status_code == 409
    attending.correct_attendance(
        booking_id=booking.id, kind=Attended.PRESENT, reason="本人在场", actor=day.cadre,
        now=day.session.ends_at,
    )  # fmt: skip
    assert "收到了" in text_of(
        rider.post(say, {"face": "5", "reasons": ["2", "x"], "remark": "快"})
    )
    rider.post(say, {"face": "1"})
    assert list(Feedback.objects.values_list("face", "reasons")) == [(5, [2])]


def test_fewer_than_ten_answers_tell_nothing(day):
    for n in range(3):
        Feedback.objects.create(
            booking=day.booking(n), session=day.session, face=5, said_at=day.now
        )
    answers = count_answers(day.offer.id, on=business_day(day.now))
    assert (answers.count, answers.share_percent) == (3, None)
    page = text_of(
        day.cast.client("county_cadre").get(f"/desk/programmes/{day.offer.id}/sessions/")
    )
    assert "先不算" in page
    assert "100%" not in page


# ---- the desk ---------------------------------------------------------------------------------


def test_the_desk_makes_a_session_places_people_and_opens_a_gate_shown_once(town):
    day = Day(town)
    desk = day.cast.client("county_cadre")
    page = f"/desk/programmes/{day.offer.id}/sessions/"
    form = {
        "do": "new", "title": "第二场", "place": "拱宸体检中心", "day": "2030-01-02", "begins": "09:00",
        "ends": "11:00", "capacity": "5", "change_hours": "24",
    }  # fmt: skip
    assert desk.post(f"{page}act/", form).status_code == 302
    assert desk.post(f"{page}act/", form | {"ends": "08:00"}).status_code == 422
    desk.post(f"{page}act/", {"do": "place"})
    assert day.booking().id
    one = f"/desk/sessions/{day.session.id}/"
    shown = text_of(desk.post(f"{one}act/", {"do": "gate", "label": "前台", "names": "1"}))
    assert "/door/enter/" in shown
    assert "/door/enter/" not in text_of(desk.get(one))
    gate = Gate.objects.get()
    desk.post(f"{one}act/", {"do": f"shut-{gate.id}"})
    gate.refresh_from_db()
    assert gate.closed_at is not None


def test_the_pages_cost_no_more_queries_than_they_may(day, rider):  # noqa: F811
    desk, booking = day.cast.client("county_cadre"), day.booking()
    mine = booked(day, rider)
    pages = (
        (desk, f"/desk/programmes/{booking.session.offer_id}/sessions/"),
        (desk, f"/desk/sessions/{booking.session_id}/"),
        (rider, "/bookings/"),
        (rider, f"/bookings/{mine.id}/"),
    )
    for client, path in pages:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(path).status_code == 200
        assert len(asked) <= MOST_QUERIES, path
