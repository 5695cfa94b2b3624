"""Who booked and did not come waits, is told until when, and is free again when it was put right."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Conflict
from nuanxin.programmes.actions import attending
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.rules.attendance import Attended
from nuanxin.programmes.rules.no_shows import may_apply_again
from nuanxin.programmes.states import ClaimState
from tests.programmes.test_fulfilment import DAY, Day

TODAY = date(2026, 11, 27)
days = st.lists(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=6)


def decided(*no_shows, limit=2, wait=180):
    return may_apply_again(no_shows, today=TODAY, months=12, limit=limit, wait_days=wait)


def test_twice_makes_one_wait_and_says_until_when():
    once, twice = date(2026, 8, 3), date(2026, 9, 1)
    assert decided(once).answer is Answer.YES
    no = decided(once, twice)
    assert (no.answer, no.code) == (Answer.NO, "programmes.no_shows")
    assert "2026 年 8 月 3 日、2026 年 9 月 1 日" in no.message
    assert "2027 年 2 月 28 日起又能报" in no.message


def test_on_the_day_one_is_free():
    first, last = TODAY - timedelta(days=200), TODAY - timedelta(days=180)
    assert decided(first, last).answer is Answer.YES
    assert decided(first, last + timedelta(days=1)).answer is Answer.NO


def test_the_rule_can_be_switched_off():
    assert decided(*[TODAY] * 5, limit=0).answer is Answer.YES


@given(days, st.integers(1, 4), st.integers(0, 400))
def test_one_absence_less_never_makes_one_wait(no_shows, limit, wait):
    if decided(*no_shows, limit=limit, wait=wait).answer is Answer.YES:
        for at in range(len(no_shows)):
            fewer = no_shows[:at] + no_shows[at + 1 :]
            assert decided(*fewer, limit=limit, wait=wait).answer is Answer.YES


@given(days)
def test_what_is_longer_ago_than_a_year_counts_for_nothing(no_shows):
    recent = [day for day in no_shows if day >= date(2025, 11, 27)]
    assert decided(*no_shows).answer is decided(*recent).answer


@pytest.mark.django_db
@pytest.mark.slow
def test_who_missed_two_sessions_is_refused_until_one_is_put_right(town):
    day = Day(town, people=2)
    second = day.add("第二晚", after=DAY, series=day.session.series)
    day.place()
    gate = day.gate()
    day.scan(gate, 1)
    day.scan(day.gate(second), code=day.booking(1, second).code, at=second.starts_at)
    later = second.starts_at + DAY
    for session in (day.session, second):
        attending.close_session(session_id=session.id, actor=day.cadre, now=later)
    missed, came = day.members
    other = town.offer(places=5, definition="season_gift")
    now = town.cast.now + 9 * DAY - timedelta(hours=1)
    with pytest.raises(Conflict) as refused:
        apply_for_place(code=other.code, actor=missed, now=now)
    assert refused.value.code == "programmes.no_shows"
    assert apply_for_place(code=other.code, actor=came, now=now).state is ClaimState.CONFIRMED
    attending.correct_attendance(
        booking_id=day.booking(0).id,
        kind=Attended.EXCUSED,
        reason="孩子急诊，有病历",
        actor=day.cadre,
        now=later,
    )
    assert apply_for_place(code=other.code, actor=missed, now=now).state is ClaimState.CONFIRMED
