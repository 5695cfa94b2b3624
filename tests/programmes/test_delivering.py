"""Who came has it: the door's records become deliveries, once, and a correction takes them back."""

import pytest

from nuanxin.kernel.errors import Conflict
from nuanxin.kernel.period import Period
from nuanxin.programmes.actions import attending, camp_days
from nuanxin.programmes.actions.deliveries import record_deliveries
from nuanxin.programmes.actions.delivering import AT_THE_DOOR, deliver_attended
from nuanxin.programmes.models import CampPresence, Delivery, DoorDue
from nuanxin.programmes.queries.delivered import Asked, Count, count_delivered
from nuanxin.programmes.rules.attendance import Attended
from nuanxin.programmes.states import Presence
from tests.programmes.camp_day import Day as CampDay
from tests.programmes.test_fulfilment import DAY, HOUR, Day

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def day(town):
    made = Day(town)
    made.place()
    return made


def counted(*days):
    return count_delivered(Asked(Period(min(days), max(days))))


def come(day, number=0):
    day.scan(day.gate(), number)
    return (day.starts_at + 8 * HOUR).date()


def test_who_came_has_it_once(day):
    on = come(day)
    assert DoorDue.objects.count() == 1
    assert deliver_attended(now=day.starts_at) == 1
    assert deliver_attended(now=day.starts_at) == 0
    assert counted(on) == Count(1, 1)
    one = Delivery.objects.get()
    assert (one.recorded_by_name, one.occasion) == (AT_THE_DOOR, day.session.id)


def test_two_evenings_are_one_person_and_two_times(town):
    day = Day(town)
    second = day.add("第二晚", after=DAY, series=day.session.series)
    day.place()
    on = come(day)
    day.scan(day.gate(second), code=day.booking(0, second).code, at=second.starts_at)
    deliver_attended(now=second.starts_at)
    assert counted(on, on + DAY) == Count(1, 2)


def test_a_correction_takes_it_back_and_gives_it_again(day):
    on = come(day)
    deliver_attended(now=day.starts_at)
    correct(day, Attended.ABSENT)
    deliver_attended(now=day.starts_at)
    assert counted(on) == Count(0, 0)
    correct(day, Attended.LATE)
    deliver_attended(now=day.starts_at)
    assert counted(on) == Count(1, 1)
    assert [one.step for one in Delivery.objects.order_by("id")] == [1, -1, 1]


def correct(day, kind):
    attending.correct_attendance(
        booking_id=day.booking().id,
        kind=kind,
        reason="签到机没电，本人在场",
        actor=day.cadre,
        now=day.starts_at + HOUR,
    )


def test_who_did_not_come_has_nothing(day):
    on = come(day)
    attending.close_session(session_id=day.session.id, actor=day.cadre, now=day.starts_at + DAY)
    deliver_attended(now=day.starts_at + DAY)
    assert counted(on) == Count(1, 1)


def test_with_sessions_nothing_is_recorded_by_ticking(day):
    with pytest.raises(Conflict) as refused:
        record_deliveries(
            offer_id=day.offer.id,
            day=day.now.date(),
            actor=day.cadre,
            now=day.now + DAY,
        )
    assert refused.value.code == "programmes.counted_at_the_door"


def test_a_child_who_arrived_has_had_a_day_of_the_camp(camp_town):
    day = CampDay(camp_town)
    day.open()
    day.record()
    assert deliver_attended(now=day.town.now) == 1
    today = day.town.today
    assert counted(today) == Count(1, 1)
    assert Delivery.objects.get().child_place_id == day.place_id
    arrival = CampPresence.objects.get(kind=Presence.ARRIVED)
    camp_days.take_back_presence(
        class_id=day.room.id, presence_id=arrival.id, actor=day.keeper, now=day.town.now
    )
    deliver_attended(now=day.town.now)
    assert counted(today) == Count(0, 0)
    day.record()
    deliver_attended(now=day.town.now)
    assert counted(today) == Count(1, 1)
