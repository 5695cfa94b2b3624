"""Reports, confidence, closures, repairs: how a station stands follows from what was said of it."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from nuanxin.kernel.actor import ANONYMOUS
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, TooMany
from nuanxin.stations.actions import keeper_links, opening, reporting
from nuanxin.stations.actions.repairing import finish_repair
from nuanxin.stations.actions.reporting import Speaker
from nuanxin.stations.models import PlannedClosure, Repair, Station, StationReport, StationState
from nuanxin.stations.states import OpenState, Standing
from nuanxin.stations.states.reporting import ReportSource, Said

pytestmark = pytest.mark.slow

KEEPER = Speaker(ReportSource.KEEPER, "link 1")
NETWORK = "203.0.113.0/24"


def say(station, said, *, at, speaker=KEEPER, **more):
    return reporting.report(station_id=station.id, said=said, speaker=speaker, now=at, **more)


def state_of(station):
    return StationState.objects.get(station=station)


def is_usable(station, at):
    """Ask as the finder does: in its hours, said to be open, and not stale."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT open_during @> %s::timestamptz AND state = 1 AND fresh_until > %s "
            "FROM stations_stationstate WHERE station_id = %s",
            [at, at, station.id],
        )
        return bool(cursor.fetchone()[0])


def noon(cast, days=0):
    day = business_day(cast.now) + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 12, 0, tzinfo=SHANGHAI)


def opened(street, **more):
    station = street.station(**({"hours": "08:00-20:00"} | more))
    opening.refresh_opening(now=street.cast.now)
    return station


def test_usable_times_are_made_for_all_stations_at_once(street, django_assert_num_queries):
    stations = [street.station(hours="08:00-20:00") for _ in range(3)]
    stations.append(street.station(hours="Mo-Fr 09:00-17:00", scan_hours="17:00-09:00"))
    with django_assert_num_queries(5):
        assert opening.refresh_opening(now=street.cast.now) >= 4
    spans = [list(state_of(one).open_during) for one in stations]
    assert spans[0] == spans[1] == spans[2]
    assert len(spans[0]) == 17
    assert state_of(stations[3]).scan_during
    assert opening.refresh_opening(now=street.cast.now, since=street.cast.now) == 0


def test_a_text_that_cannot_be_read_is_no_hours(street):
    assert not state_of(opened(street, hours="随便")).open_during


def test_a_paused_station_is_not_open_on_those_days(street):
    station = opened(street)
    today = business_day(street.cast.now)
    Station.objects.filter(id=station.id).update(
        standing=Standing.PAUSED,
        standing_reason="装修",
        standing_from=today,
        standing_until=today + timedelta(days=1),
    )
    opening.refresh_opening(now=street.cast.now, station_ids=[station.id])
    days = {span.lower.astimezone(SHANGHAI).date() for span in state_of(station).open_during}
    assert today not in days
    assert today + timedelta(days=1) not in days
    assert today + timedelta(days=2) in days


def test_a_planned_closure_is_cut_out_and_two_never_overlap(street):
    station, cadre, now = opened(street), street.cast.county_cadre, street.cast.now
    begins = noon(street.cast, 1)

    def plan(begin, end):
        return opening.plan_closure(
            code=station.code, begins_at=begin, ends_at=end, reason="空调检修", actor=cadre, now=now
        )

    made = plan(begins, begins + timedelta(hours=2))
    assert not _during(station, begins + timedelta(hours=1))
    assert _during(station, begins + timedelta(hours=3))
    with pytest.raises(Conflict, match="重叠"):
        plan(begins + timedelta(hours=1), begins + timedelta(hours=4))
    with pytest.raises(IntegrityError), transaction.atomic():
        PlannedClosure.objects.create(
            station=station, during=(begins, begins + timedelta(hours=9)), reason="x", made_at=now
        )
    opening.cancel_closure(closure_id=made, code=station.code, actor=cadre, now=now)
    assert _during(station, begins + timedelta(hours=1))


def _during(station, at):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT open_during @> %s::timestamptz FROM stations_stationstate WHERE station_id = %s",
            [at, station.id],
        )
        return cursor.fetchone()[0]


def test_a_cadre_of_another_county_plans_no_closure(street):
    station, begin = opened(street), noon(street.cast, 1)
    given = {
        "code": station.code,
        "begins_at": begin,
        "ends_at": begin + timedelta(hours=1),
        "reason": "检修",
        "now": street.cast.now,
    }
    for actor in (street.cast.cadre_of_next_county, street.cast.rider_ye):
        with pytest.raises((NotFound, Forbidden)):
            opening.plan_closure(**given, actor=actor)
    assert opening.plan_closure(**given, actor=street.cast.county_cadre)


def test_a_keepers_word_opens_and_closes(street):
    station, at = opened(street), noon(street.cast)
    say(station, Said.OPEN, at=at)
    assert is_usable(station, at + timedelta(minutes=1))
    say(station, Said.CLOSED, at=at + timedelta(minutes=5))
    state = state_of(station)
    assert (state.state, state.confirmed_by_kind) == (OpenState.CLOSED, ReportSource.KEEPER)
    assert not is_usable(station, at + timedelta(minutes=6))


def test_a_stale_station_is_never_open(street):
    station, at = opened(street, hours="24/7"), noon(street.cast)
    say(station, Said.OPEN, at=at)
    assert is_usable(station, at + timedelta(hours=47))
    assert not is_usable(station, at + timedelta(hours=49))
    assert reporting.settle_what_went_stale(now=at + timedelta(hours=49)) == 1
    assert state_of(station).state == OpenState.UNKNOWN
    with pytest.raises(IntegrityError, match="state_ends_some_time"), transaction.atomic():
        StationState.objects.filter(station=station).update(state=OpenState.OPEN, fresh_until=None)


def test_after_a_promised_hour_the_earlier_word_counts_again(street):
    station, at = opened(street), noon(street.cast)
    say(station, Said.OPEN, at=at - timedelta(hours=3))
    say(station, Said.CLOSED, at=at, until=at + timedelta(hours=1))
    assert state_of(station).state == OpenState.CLOSED
    reporting.settle_what_went_stale(now=at + timedelta(hours=1))
    assert state_of(station).state == OpenState.OPEN
    with pytest.raises(Malformed):
        say(station, Said.CLOSED, at=at, until=at)


def test_a_word_is_taken_back_within_minutes_and_nothing_is_deleted(street):
    station, at = opened(street), noon(street.cast)
    say(station, Said.OPEN, at=at - timedelta(hours=1))
    given = say(station, Said.CLOSED, at=at)
    other = Speaker(ReportSource.KEEPER, "link 2")
    with pytest.raises(NotFound):
        reporting.take_back(report_id=given, station_id=station.id, speaker=other, now=at)
    with pytest.raises(Conflict):
        reporting.take_back(
            report_id=given, station_id=station.id, speaker=KEEPER, now=at + timedelta(minutes=11)
        )
    later = at + timedelta(minutes=2)
    for _ in range(2):
        reporting.take_back(report_id=given, station_id=station.id, speaker=KEEPER, now=later)
    assert state_of(station).state == OpenState.OPEN
    assert StationReport.objects.filter(station=station).count() == 3


def test_reports_are_only_appended(street):
    station = opened(street)
    say(station, Said.OPEN, at=noon(street.cast))
    with pytest.raises(DatabaseError), transaction.atomic():
        StationReport.objects.filter(station=station).update(said=Said.CLOSED)


def test_members_confirm_and_contradict_and_visitors_shut_nothing(street):
    station, at = opened(street), noon(street.cast)
    say(station, Said.OPEN, at=at)
    later = at + timedelta(minutes=10)
    for number in range(30):
        reporting.report_from_page(
            code=station.code, said=Said.CLOSED, actor=ANONYMOUS, network=f"n{number}", now=later
        )
    assert state_of(station).state == OpenState.OPEN
    for actor in (street.cast.rider_ye, street.cast.rider_lu):
        reporting.report_from_page(
            code=station.code, said=Said.CLOSED, actor=actor, network=NETWORK, now=later
        )
    assert state_of(station).state == OpenState.UNKNOWN


def test_a_flood_of_anonymous_reports_is_stopped_at_the_limit(street):
    station, at = opened(street), noon(street.cast)

    def shut(network):
        reporting.report_from_page(
            code=station.code, said=Said.CLOSED, actor=ANONYMOUS, network=network, now=at
        )

    for _ in range(12):
        shut(NETWORK)
    with pytest.raises(TooMany):
        shut(NETWORK)
    for number in range(18):
        shut(f"network {number}")
    with pytest.raises(TooMany):
        shut("one network more")
    assert StationReport.objects.filter(station=station).count() == 30


def test_who_does_not_keep_it_says_nothing_of_power(street):
    with pytest.raises(Malformed):
        reporting.report_from_page(
            code=opened(street).code,
            said=Said.POWER_OUT,
            actor=ANONYMOUS,
            network="n",
            now=noon(street.cast),
        )


def test_no_report_tells_who_said_it(street):
    station, at = opened(street), noon(street.cast)
    reporting.report_from_page(
        code=station.code, said=Said.OPEN, actor=street.cast.rider_ye, network=NETWORK, now=at
    )
    row = StationReport.objects.filter(station=station).values().get()
    assert str(street.cast.rider_ye.worker_id) not in {str(row["reporter"])}
    assert not {"account_id", "worker_id", "network"} & set(row)


def test_no_water_becomes_a_repair_due_on_a_working_day(street):
    station = opened(street)
    friday = datetime(2026, 11, 27, 12, 0, tzinfo=SHANGHAI)
    say(station, Said.WATER_OUT, at=friday, note="桶空了")
    say(station, Said.WATER_OUT, at=friday + timedelta(minutes=1))
    repair = Repair.objects.get(station=station)
    assert (repair.what, str(repair.due_on), repair.note) == ("water", "2026-11-30", "桶空了")
    assert state_of(station).has_water is False
    say(station, Said.WATER_THERE, at=friday + timedelta(hours=1))
    repair.refresh_from_db()
    assert (repair.done_by_name, state_of(station).has_water) == ("站长", True)


def test_a_repair_is_ended_by_who_may_manage_the_station(street):
    station = opened(street)
    say(station, Said.HOT, at=noon(street.cast))
    repair = Repair.objects.get(station=station)
    for actor in (street.cast.cadre_of_next_county, street.cast.rider_ye):
        with pytest.raises((NotFound, Forbidden)):
            finish_repair(repair_id=repair.id, actor=actor, now=street.cast.now)
    done = finish_repair(repair_id=repair.id, actor=street.cast.county_cadre, now=street.cast.now)
    assert done.done_by_name


def test_a_link_opens_one_station_until_it_is_closed(street):
    mine, other, now = opened(street), opened(street), street.cast.now
    cadre = street.cast.county_cadre
    made = keeper_links.make_keeper_link(code=mine.code, label="站长沈老师", actor=cadre, now=now)
    token = made.link.rstrip("/").rsplit("/", 1)[-1]
    assert keeper_links.open_keeper_link(token, now=now).station_id == mine.id != other.id
    assert keeper_links.open_keeper_link(token[:-1] + "x", now=now) is None
    assert keeper_links.open_keeper_link(token, now=now + timedelta(days=366)) is None
    with pytest.raises(NotFound):
        keeper_links.close_keeper_link(link_id=made.id, code=other.code, actor=cadre, now=now)
    keeper_links.close_keeper_link(link_id=made.id, code=mine.code, actor=cadre, now=now)
    assert keeper_links.open_keeper_link(token, now=now) is None
    with pytest.raises((NotFound, Forbidden)):
        keeper_links.make_keeper_link(
            code=mine.code, label="x", actor=street.cast.cadre_of_next_county, now=now
        )
