"""Codes at doors open once, within a minute, here; visits are counted and nobody is known."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuanxin.kernel import sealing
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.errors import Forbidden, NotFound, TooMany
from nuanxin.stations.actions import doors, opening
from nuanxin.stations.actions.visits import close_visit_days, count_visits
from nuanxin.stations.models import (
    DoorDevice,
    DoorScan,
    StationReport,
    StationState,
    VisitMonth,
    VisitSalt,
    VisitSketch,
)
from nuanxin.stations.rules.door_codes import judge_code, make_code, read_code, step_at
from nuanxin.stations.rules.visits import (
    DayHours,
    add_visitors,
    busy_hours,
    visitor_hash,
)
from nuanxin.stations.states import OpenState
from nuanxin.stations.states.living import DoorOutcome
from nuanxin.stations.states.reporting import ReportSource

NETWORK = "203.0.113.0/24"
MINUTE = timedelta(seconds=60)
KEY = b"k" * 32
AT = datetime(2026, 11, 27, 12, 0, 0, tzinfo=SHANGHAI)


# ---- the code by itself -------------------------------------------------------------------------


def judged(text, *, at=AT, key=KEY, is_here=True):
    code = read_code(text)
    assert code is not None
    return judge_code(
        code, key, at=at, good_for=MINUTE, ahead=timedelta(seconds=5), is_here=is_here
    )


def code_at(at, *, serial=0, device=7, key=KEY):
    return make_code(key, device_id=device, step=step_at(at), serial=serial)


def test_a_code_is_good_for_a_minute_and_not_before_its_time():
    text = code_at(AT)
    assert judged(text) is DoorOutcome.OPENED
    assert judged(text, at=AT + timedelta(seconds=60)) is DoorOutcome.OPENED
    assert judged(text, at=AT + timedelta(seconds=61)) is DoorOutcome.EXPIRED
    assert judged(text, at=AT - timedelta(seconds=6)) is DoorOutcome.CLOCK
    assert judged(code_at(AT + timedelta(hours=1))) is DoorOutcome.CLOCK


def test_a_code_of_another_key_or_place_opens_nothing():
    assert judged(code_at(AT), key=b"x" * 32) is DoorOutcome.ALTERED
    assert judged(code_at(AT), is_here=False) is DoorOutcome.OTHER_STATION


@pytest.mark.slow
@settings(deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 2**31), st.integers(0, 250), st.data())
def test_a_code_with_one_changed_sign_never_opens(device, step, serial, data):
    text = make_code(KEY, device_id=device, step=step, serial=serial)
    place = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from("ABCxyz019-_"))
    altered = text[:place] + sign + text[place + 1 :]
    code = read_code(altered)
    if altered == text or code is None or code == read_code(text):
        return
    assert (
        judge_code(code, KEY, at=code_begin(step), good_for=MINUTE, ahead=MINUTE)
        is not DoorOutcome.OPENED
    )


def code_begin(step):
    return datetime.fromtimestamp(step * 30, SHANGHAI)


@pytest.mark.parametrize("text", ["", "x", "https://example.com", "A" * 200, "暖新", "AAAA" * 8])
def test_what_is_no_code_is_read_as_none(text):
    assert read_code(text) is None or judged(text) is DoorOutcome.ALTERED


# ---- at the door --------------------------------------------------------------------------------


def screen(street, **more):
    now = street.cast.now
    station = street.station(**({"hours": "", "scan_hours": "24/7"} | more))
    opening.refresh_opening(now=now, station_ids=[station.id])
    made = doors.make_screen(
        code=station.code, label="正门", actor=street.cast.county_cadre, now=now
    )
    return station, DoorDevice.objects.select_related("station").get(id=made.id)


def scan(text, now, mark="visitor a"):
    return doors.scan(text=text, mark=mark, network=NETWORK, now=now).outcome


@pytest.mark.slow
def test_a_code_opens_once_and_the_screen_shows_the_next(street):
    station, device = screen(street)
    now = street.cast.now
    first = doors.current_code(device, now=now)
    assert scan(first, now) is DoorOutcome.OPENED
    assert scan(first, now) is DoorOutcome.USED
    assert scan(first, now) is DoorOutcome.USED
    second = doors.current_code(device, now=now)
    assert second != first
    assert scan(second, now) is DoorOutcome.OPENED
    assert DoorScan.objects.filter(outcome=DoorOutcome.USED).count() == 1
    state = StationState.objects.get(station=station)
    assert (state.state, state.confirmed_by_kind) == (OpenState.OPEN, ReportSource.DOOR)
    assert StationReport.objects.filter(station=station).count() == 1


@pytest.mark.slow
def test_a_screenshot_a_shifted_clock_and_an_altered_code_are_refused_and_logged_once(street):
    _, device = screen(street)
    now = street.cast.now
    old = doors.current_code(device, now=now - timedelta(minutes=5))
    early = doors.current_code(device, now=now + timedelta(minutes=5))
    altered = doors.current_code(device, now=now)[:-2] + "xx"
    for _ in range(3):
        assert scan(old, now) is DoorOutcome.EXPIRED
        assert scan(early, now) is DoorOutcome.CLOCK
        assert scan(altered, now) is DoorOutcome.ALTERED
        assert scan("nonsense", now) is DoorOutcome.ALTERED
    assert sorted(DoorScan.objects.values_list("outcome", flat=True)) == sorted(
        [DoorOutcome.EXPIRED, DoorOutcome.CLOCK, DoorOutcome.ALTERED, DoorOutcome.ALTERED]
    )
    assert not VisitSketch.objects.exists()


@pytest.mark.slow
def test_a_station_that_is_shut_is_not_opened_by_a_code(street):
    _, device = screen(street, scan_hours="")
    assert (
        scan(doors.current_code(device, now=street.cast.now), street.cast.now) is DoorOutcome.SHUT
    )


@pytest.mark.slow
def test_what_a_controller_scanned_without_network_counts_within_a_day(street):
    _, device = screen(street)
    _, other = screen(street)
    now = street.cast.now
    at = [now - timedelta(hours=hours) for hours in (2, 3, 30)]
    texts = [doors.current_code(device, now=moment) for moment in at]
    foreign = doors.current_code(other, now=at[0])
    scans = [
        *zip(texts, at, strict=True),
        (texts[0], at[0]),
        (foreign, at[0]),
        (texts[1], at[0]),
    ]
    assert doors.take_late_scans(device=device, scans=scans, now=now) == [
        DoorOutcome.OPENED,
        DoorOutcome.OPENED,
        DoorOutcome.CLOCK,
        DoorOutcome.USED,
        DoorOutcome.OTHER_STATION,
        DoorOutcome.EXPIRED,
    ]
    assert sum(VisitSketch.objects.values_list("visits_person_times", flat=True)) == 2


@pytest.mark.slow
def test_who_tries_codes_of_his_own_is_stopped(street):
    screen(street)
    for number in range(60):
        scan(f"nonsense {number}", street.cast.now)
    with pytest.raises(TooMany):
        scan("nonsense", street.cast.now)


@pytest.mark.slow
def test_who_forges_codes_of_a_screen_that_exists_is_stopped_and_fills_no_table(street):
    _, device = screen(street)
    now = street.cast.now
    forged = [
        make_code(b"not the key", device_id=device.id, step=step_at(now), serial=number)
        for number in range(62)
    ]
    for text in forged[:60]:
        assert scan(text, now) is DoorOutcome.ALTERED
    for text in forged[60:]:
        with pytest.raises(TooMany):
            scan(text, now)
    assert DoorScan.objects.count() == 60
    assert scan(doors.current_code(device, now=now), now) is DoorOutcome.OPENED


@pytest.mark.slow
def test_a_screen_out_of_use_opens_nothing_and_a_stranger_makes_none(street):
    station, device = screen(street)
    now = street.cast.now
    text = doors.current_code(device, now=now)
    with pytest.raises((NotFound, Forbidden)):
        doors.make_screen(
            code=station.code, label="x", actor=street.cast.cadre_of_next_county, now=now
        )
    doors.close_screen(
        device_id=device.id, code=station.code, actor=street.cast.county_cadre, now=now
    )
    assert scan(text, now) is DoorOutcome.ALTERED


def test_the_key_lies_sealed(street):
    _, device = screen(street)
    key = sealing.unseal(doors.SEAL, bytes(device.key_sealed), device.bound_to)
    assert key.encode() not in bytes(device.key_sealed)


# ---- counting -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("true", [1, 10, 500, 5_000, 100_000])
def test_different_persons_are_estimated_within_three_percent(true):
    sketch = None
    batch = 20_000
    for start in range(0, true, batch):
        visitors = [
            visitor_hash(b"s" * 32, station_id=5, mark=f"mark {number}")
            for number in range(start, min(start + batch, true))
        ]
        sketch, estimate = add_visitors(sketch, [*visitors, *visitors[: len(visitors) // 2]])
    assert abs(estimate - true) <= max(0.03 * true, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("salt", range(12))
def test_at_a_hundred_thousand_the_error_stays_under_three_percent_for_every_salt(salt):
    from datasketches import cpc_sketch

    from nuanxin.stations.rules.visits import LG_REGISTERS

    sketch = cpc_sketch(LG_REGISTERS)
    for number in range(100_000):
        sketch.update(salt * 1_000_003 + number * 7_919)
    assert abs(sketch.get_estimate() / 100_000 - 1) < 0.03


@pytest.mark.slow
def test_person_times_and_persons_are_two_counts(street):
    station, now = street.station(), street.cast.now
    for mark in ("a", "a", "a", "b"):
        count_visits(station_id=station.id, marks=[mark], person_times=1, at=now, now=now)
    day = VisitSketch.objects.get(station=station)
    month = VisitMonth.objects.get(station=station)
    hour = now.astimezone(SHANGHAI).hour
    assert (day.visits_person_times, day.visitors_persons, day.hours[hour]) == (4, 2, 4)
    assert (month.visits_person_times, month.visitors_persons) == (4, 2)


@pytest.mark.slow
def test_when_the_day_is_over_salt_and_sketch_are_gone_and_the_counts_stay(street):
    station, now = street.station(), street.cast.now
    count_visits(station_id=station.id, marks=["a"], person_times=1, at=now, now=now)
    day = VisitSketch.objects.get(station=station)
    assert day.sketch is not None
    assert close_visit_days(now=now) == 0
    tomorrow = now + timedelta(days=1)
    is_new_month = business_day(now).month != business_day(tomorrow).month
    assert close_visit_days(now=tomorrow) == 1 + is_new_month
    day = VisitSketch.objects.get(station=station)
    assert (day.sketch, day.visitors_persons) == (None, 1)
    assert not VisitSalt.objects.filter(is_month=False).exists()
    close_visit_days(now=now + timedelta(days=120))
    assert VisitSketch.objects.get(station=station).hours is None
    assert not VisitSalt.objects.exists()
    count_visits(station_id=station.id, marks=["a"], person_times=1, at=now, now=tomorrow)
    assert VisitSketch.objects.get(station=station).visitors_persons == 1


def test_the_same_person_is_another_number_at_another_station_and_with_another_salt():
    here = visitor_hash(b"s" * 32, station_id=1, mark="a")
    assert here == visitor_hash(b"s" * 32, station_id=1, mark="a")
    assert here != visitor_hash(b"s" * 32, station_id=2, mark="a")
    assert here != visitor_hash(b"t" * 32, station_id=1, mark="a")


def test_no_table_of_visits_holds_a_person():
    for model in (VisitSketch, VisitMonth, VisitSalt, DoorScan):
        names = {field.name for field in model._meta.get_fields()}
        assert not names & {"worker", "worker_id", "account_id", "person", "phone", "reporter"}


def test_busy_hours_are_told_by_kind_of_day_and_small_ones_are_not():
    noonish = tuple(40 if hour == 12 else 22 if hour == 18 else 3 for hour in range(24))
    days = [DayHours(AT.date(), True, noonish)] * 5
    busy = busy_hours(days, workdays=True, least=5)
    assert (busy.levels[12], busy.levels[18], busy.levels[3]) == (3, 2, 0)
    assert busy_hours(days, workdays=False, least=5) is None
    assert busy_hours(days, workdays=True, least=30).levels[18] == 0, "by its parameter"
