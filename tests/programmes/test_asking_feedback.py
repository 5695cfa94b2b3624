"""Who came is asked once how it was; what is said is told without names, and only of enough people."""

from datetime import timedelta

import pytest
from django.db import connection

from nuanxin.kernel.clock import business_day
from nuanxin.notices.states import stop_of
from nuanxin.programmes.actions import asking_feedback, attending
from nuanxin.programmes.actions.asking_feedback import ask_how_it_was
from nuanxin.programmes.actions.feedback import give_feedback
from nuanxin.programmes.models import Feedback
from nuanxin.programmes.queries.feedback import count_answers, public_share
from nuanxin.programmes.rules.attendance import Attended, Face, FeedbackReason
from nuanxin.programmes.rules.small_cells import least_persons, masked_remark, told
from tests.programmes.test_fulfilment import Day

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def day(town):
    """A session of three people who have places in it."""
    made = Day(town)
    made.place()
    return made


@pytest.fixture
def by_day(monkeypatch):
    """Let every trade be told things at this hour."""
    monkeypatch.setattr(asking_feedback, "quiet_trades", lambda _: [])


def came(day, number=0, kind=Attended.PRESENT):
    attending.correct_attendance(
        booking_id=day.booking(number).id, kind=kind, reason="本人在场", actor=day.cadre,
        now=day.session.ends_at,
    )  # fmt: skip


def later(day, hours=3):
    return day.session.ends_at + timedelta(hours=hours)


def notices():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT worker_id, url FROM notices_notice WHERE kind = %s",
            [asking_feedback.NOTICE_KIND],
        )
        return cursor.fetchall()


def test_who_came_is_asked_once_and_who_did_not_is_not(day, by_day):
    came(day)
    came(day, 1, Attended.ABSENT)
    assert ask_how_it_was(now=later(day, 1)) == 0, "not while people are on their way home"
    assert [ask_how_it_was(now=later(day, hours)) for hours in (3, 3, 30)] == [1, 0, 0]
    assert [url for _, url in notices()] == [f"/bookings/{day.booking().id}/say/"]


def test_nobody_is_asked_what_he_has_said_nor_about_what_is_long_ago(day, by_day):
    came(day)
    came(day, 1)
    give_feedback(
        booking_id=day.booking().id, face=Face(5), reasons=[], remark="",
        actor=day.members[0], now=later(day),
    )  # fmt: skip
    assert ask_how_it_was(now=later(day, 24 * 8)) == 0
    assert ask_how_it_was(now=later(day)) == 1


def test_the_notice_itself_turns_its_like_off():
    assert stop_of(asking_feedback.NOTICE_KIND) == ("reminder-settings", "stop.feedback")


def test_who_turned_it_off_is_not_asked(day, by_day):
    came(day)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO programmes_reminderoff (worker_id, kind, since) VALUES (%s, %s, %s)",
            [day.members[0].worker_id, "feedback", day.now],
        )
    assert ask_how_it_was(now=later(day)) == 0


def test_the_settings_turn_it_off_and_on(day):
    ye = day.cast.client("rider_ye")
    page = ye.get("/notices/settings/").content.decode()
    assert "不要问我" in page
    answer = ye.post("/notices/settings/", {"do": "stop.feedback"}, follow=True)
    assert "可以问我" in answer.content.decode()
    answer = ye.post("/notices/settings/", {"do": "tell.feedback"}, follow=True)
    assert "不要问我" in answer.content.decode()


def test_in_the_hours_of_his_trade_nobody_is_asked_but_afterwards(day, monkeypatch):
    came(day)
    monkeypatch.setattr(asking_feedback, "quiet_trades", lambda _: [0, 3])
    assert ask_how_it_was(now=later(day)) == 0
    monkeypatch.setattr(asking_feedback, "quiet_trades", lambda _: [])
    assert ask_how_it_was(now=later(day)) == 1


@pytest.fixture
def crowd(town):
    """A session that twelve people came to, of whom ten say how it was."""
    day = Day(town, people=12, capacity=12)
    day.place()
    Feedback.objects.bulk_create(
        Feedback(
            booking=day.booking(n), session=day.session, face=5 if n < 8 else 2,
            reasons=[int(FeedbackReason.WAITING)] if n % 2 else [],
            remark="找李师傅 13812345678" if n == 0 else "", said_at=day.now,
        )
        for n in range(10)
    )  # fmt: skip
    return day


def test_from_as_many_as_may_be_told_on_the_desk_reads_reasons_and_remarks(crowd):
    answers = count_answers(crowd.offer.id, on=business_day(crowd.now))
    assert (answers.count, answers.share_percent) == (10, 80)
    assert answers.reasons == ((FeedbackReason.WAITING, 5),)
    assert answers.remarks == ("×师傅 ××××",)
    page = crowd.cast.client("county_cadre").get(f"/desk/sessions/{crowd.session.id}/")
    assert "×师傅" in page.content.decode()
    assert "13812345678" not in page.content.decode()


def test_one_fewer_tells_neither_share_nor_reasons_nor_remarks(day):
    for n in range(3):
        Feedback.objects.create(
            booking=day.booking(n), session=day.session, face=5, remark="很好", said_at=day.now
        )
    answers = count_answers(day.offer.id, on=business_day(day.now))
    assert (answers.count, answers.share_percent, answers.reasons, answers.remarks) == (
        3,
        None,
        (),
        (),
    )
    assert public_share(day.offer.id, now=day.now, on=business_day(day.now)) is None


def test_the_public_page_tells_the_share_of_enough_answers(crowd):
    assert public_share(crowd.offer.id, now=crowd.now, on=business_day(crowd.now)) == (80, 10)
    page = crowd.cast.client("rider_ye").get(f"/programmes/{crowd.offer.code}/")
    assert "80% 满意" in page.content.decode()
    a_year_on = crowd.now + timedelta(days=400)
    assert public_share(crowd.offer.id, now=a_year_on, on=business_day(crowd.now)) is None


def test_how_few_are_too_few_is_the_parameter_of_publishing(crowd, monkeypatch):
    assert least_persons(330105, business_day(crowd.now)) == 10
    monkeypatch.setattr("nuanxin.programmes.queries.feedback.least_persons", lambda *_: 11)
    assert count_answers(crowd.offer.id, on=business_day(crowd.now)).share_percent is None
    assert public_share(crowd.offer.id, now=crowd.now, on=business_day(crowd.now)) is None


@pytest.mark.parametrize(
    ("number", "least", "said"),
    [
        (0, 10, "0"),
        (9, 10, "不到 10"),
        (14, 10, "约 10"),
        (15, 10, "约 20"),
        (19, 20, "不到 20"),
        (9, None, "9"),
    ],
)
def test_a_small_number_is_told_as_few(number, least, said):
    assert told(number, least=least) == said


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("排队半小时", "排队半小时"),
        ("打 0571-8888 7777 没人接", "打 ×××× 没人接"),
        ("王护士很好", "×护士很好"),
    ],
)
def test_a_remark_names_nobody(written, shown):
    assert masked_remark(written) == shown
