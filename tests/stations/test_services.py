"""Desk hours at stations: slots, booking, changing, what the desk sees; one seat to one person."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.stations.actions import serving
from nuanxin.stations.actions.joining_through import COOKIE, came_through, count_applied
from nuanxin.stations.actions.rating import rate_station
from nuanxin.stations.models import (
    PlannedClosure,
    ServiceBooking,
    StationJoining,
    StationRating,
)
from nuanxin.stations.queries import services as queries
from nuanxin.stations.rules.services import slots
from nuanxin.stations.states.services import BookingState, ServiceKind

db = [pytest.mark.django_db, pytest.mark.slow]


def at(day, hour, minute=0):
    return datetime(2026, 12, day, hour, minute, tzinfo=SHANGHAI)


# ---- slots -------------------------------------------------------------------------------------


def cut(hours, *, minutes=30, days=1, closed=(), now=None):
    return [
        f"{begin.astimezone(SHANGHAI):%d %H:%M}"
        for begin, _ in slots(
            hours, minutes=minutes, first=date(2026, 12, 1), days=days, closed=closed,
            now=now or at(1, 0).astimezone(UTC),
        )
    ]  # fmt: skip


def test_hours_are_cut_into_whole_slots_only():
    assert cut("Tu 09:00-10:45") == ["01 09:00", "01 09:30", "01 10:00"]


def test_a_single_date_is_a_session():
    assert cut("2026 Dec 05 14:00-15:00", days=14) == ["05 14:00", "05 14:30"]


def test_what_has_begun_is_offered_no_more():
    assert cut("Tu 09:00-10:00", now=at(1, 9)) == ["01 09:30"]


def test_a_closure_takes_its_slots_away():
    closed = [(at(1, 9, 20), at(1, 10))]
    assert cut("Tu 09:00-11:00", closed=closed) == ["01 10:00", "01 10:30"]


# ---- booking -----------------------------------------------------------------------------------


@pytest.fixture
def desk(street):
    return Desk(street)


class Desk:
    """A station with a legal desk open all day, every day, an hour a slot."""

    def __init__(self, street):
        self.street, self.cast, self.now = street, street.cast, street.cast.now
        self.station = street.station(union="town")
        self.service = self.open()

    def open(self, **more):
        given = {
            "code": self.station.code, "kind": ServiceKind.LEGAL, "hours": "Mo-Su 00:00-24:00",
            "slot_minutes": 60, "seats": 1, "server_hint": "王律师", "is_remote": False,
            "actor": self.cast.county_cadre, "now": self.now,
        }  # fmt: skip
        return serving.open_service(**given | more)

    def slot(self, number=5):
        return queries.slots_of(self.service, now=self.now)[number][0]

    def book(self, who="rider_ye", number=5, **more):
        given = {
            "service_id": self.service.id, "starts_at": self.slot(number), "topic": "pay",
            "actor": getattr(self.cast, who), "now": self.now,
        }  # fmt: skip
        return serving.book_service(**given | more)


class TestBooking:
    pytestmark = db

    def test_a_slot_that_is_taken_is_free_for_nobody_else(self, desk):
        desk.book()
        (shown,) = queries.list_free(desk.station.code, now=desk.now)
        assert desk.slot() not in [begin for begin, _ in shown.free]
        with pytest.raises(Conflict) as caught:
            desk.book("rider_lu")
        assert caught.value.code == "stations.slot_taken"

    def test_the_database_alone_refuses_a_second_one_in_a_seat(self, desk):
        first = desk.book()
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            ServiceBooking.objects.create(
                service=desk.service, worker_id=desk.cast.rider_lu.worker_id, seat=1,
                starts_at=first.starts_at + timedelta(minutes=10),
                ends_at=first.ends_at + timedelta(minutes=10), change_until=desk.now,
                topic="pay", bound_to=serving.uuid7(), made_at=desk.now,
            )  # fmt: skip
        assert "one_booking_a_seat" in str(caught.value)

    def test_a_reading_corner_seats_several(self, desk):
        desk.service = desk.open(kind=ServiceKind.READING, seats=2)
        seats = {desk.book(who, topic="other").seat for who in ("rider_ye", "rider_lu")}
        assert seats == {1, 2}

    def test_nobody_is_at_two_desks_at_a_time(self, desk):
        desk.book()
        desk.service = desk.open(kind=ServiceKind.COUNSELLING)
        with pytest.raises(Conflict) as caught:
            desk.book(topic="sleep")
        assert caught.value.code == "stations.booking_twice"

    def test_one_holds_so_many_and_no_more(self, desk):
        for number in (5, 7, 9):
            desk.book(number=number)
        with pytest.raises(Conflict) as caught:
            desk.book(number=11)
        assert caught.value.code == "stations.too_many_bookings"

    def test_changing_gives_the_old_place_up_with_the_new_one(self, desk):
        old = desk.book()
        new = desk.book(number=8, instead=old.id)
        old.refresh_from_db()
        assert (old.state, new.state) == (BookingState.CANCELLED, BookingState.BOOKED)
        desk.book("rider_lu")

    def test_changing_to_a_taken_slot_keeps_the_old_place(self, desk):
        old = desk.book()
        desk.book("rider_lu", number=8)
        with pytest.raises(Conflict):
            desk.book(number=8, instead=old.id)
        old.refresh_from_db()
        assert old.state == BookingState.BOOKED

    def test_shortly_before_it_begins_it_can_no_longer_be_cancelled(self, desk):
        made = desk.book()
        with pytest.raises(Conflict) as caught:
            serving.cancel_booking(
                booking_id=made.id, actor=desk.cast.rider_ye,
                now=made.starts_at - timedelta(minutes=119),
            )  # fmt: skip
        assert caught.value.code == "stations.too_late_to_change"
        serving.cancel_booking(
            booking_id=made.id, actor=desk.cast.rider_ye, now=made.starts_at - timedelta(hours=2)
        )

    def test_somebody_elses_booking_is_not_there(self, desk):
        made = desk.book()
        with pytest.raises(NotFound):
            serving.cancel_booking(booking_id=made.id, actor=desk.cast.rider_lu, now=desk.now)

    def test_who_is_not_signed_in_is_asked_to(self, desk):
        with pytest.raises(Forbidden):
            desk.book("anonymous")

    def test_a_strange_topic_and_a_long_story_are_refused(self, desk):
        with pytest.raises(Malformed):
            desk.book(topic="gossip")
        with pytest.raises(Malformed):
            desk.book(note="说" * 101)

    def test_a_closure_or_a_pause_takes_slots_from_the_station_not_from_the_phone(self, desk):
        span = (desk.slot(), desk.slot() + timedelta(hours=1))
        PlannedClosure.objects.create(
            station=desk.station, during=span, reason="停电", made_at=desk.now
        )
        assert span[0] not in [one for one, _ in queries.slots_of(desk.service, now=desk.now)]
        remote = desk.open(kind=ServiceKind.COUNSELLING, is_remote=True)
        assert span[0] in [one for one, _ in queries.slots_of(remote, now=desk.now)]


class TestDesk:
    pytestmark = db

    def test_the_desk_sees_a_masked_name_and_the_words_only_who_manages(self, desk):
        made = desk.book(note="平台说我超时，扣了三百")
        assert "超时".encode() not in bytes(made.note_sealed)
        served = queries.served_station(desk.station.code, actor=desk.cast.county_cadre)
        (row,) = queries.list_desk(served, now=desk.now)
        assert "*" in row.masked_name or "某" in row.masked_name
        assert row.note == "平台说我超时，扣了三百"
        desk.street.keeper(desk.station)
        kept = queries.served_station(desk.station.code, actor=desk.cast.station_keeper)
        assert queries.list_desk(kept, now=desk.now)[0].note == ""

    def test_another_stations_keeper_finds_nothing(self, desk):
        desk.street.keeper(desk.street.station(union="town"))
        with pytest.raises(NotFound):
            queries.served_station(desk.station.code, actor=desk.cast.station_keeper)

    def test_what_was_written_is_emptied_when_it_is_over(self, desk):
        made = desk.book(note="扣钱")
        given = {"code": desk.station.code, "booking_id": made.id, "actor": desk.cast.county_cadre}
        with pytest.raises(Conflict):
            serving.settle_booking(state=BookingState.DONE, now=desk.now, **given)
        serving.settle_booking(state=BookingState.DONE, now=made.ends_at, **given)
        made.refresh_from_db()
        assert (made.state, made.note_sealed) == (BookingState.DONE, None)
        with pytest.raises(Conflict):
            serving.settle_booking(state=BookingState.NO_SHOW, now=made.ends_at, **given)

    def test_handing_over_is_a_word_that_nobody_can_say_yet(self, desk):
        made = desk.book()
        with pytest.raises(Malformed):
            serving.settle_booking(
                code=desk.station.code, booking_id=made.id, state=BookingState.HANDED_OVER,
                actor=desk.cast.county_cadre, now=made.ends_at,
            )  # fmt: skip

    def test_ended_hours_take_nobody_more(self, desk):
        serving.end_service(
            code=desk.station.code, service_id=desk.service.id, actor=desk.cast.county_cadre,
            now=desk.now,
        )  # fmt: skip
        assert queries.list_free(desk.station.code, now=desk.now) == []
        with pytest.raises(NotFound):
            desk.book()

    def test_a_lawyer_sees_one_at_a_time(self, desk):
        with pytest.raises(Malformed):
            desk.open(seats=2)


class TestCounts:
    pytestmark = db

    def test_the_mean_is_public_only_when_surely_enough_persons_gave_stars(self, street):
        station, now = street.station(), street.cast.now
        month = now.date().replace(day=1)
        for number in range(9):
            for back in (month, (month - timedelta(days=3)).replace(day=1)):
                StationRating.objects.create(
                    station=station, month_on=back, rater=serving.uuid7(),
                    stars=4 if number else 5, rated_at=now,
                )  # fmt: skip
        assert queries.stars_of(station.id, adcode=station.adcode, now=now).mean is None
        rate_station(code=station.code, stars=5, actor=street.cast.rider_ye, now=now)
        found = queries.stars_of(station.id, adcode=station.adcode, now=now).mean
        assert found == pytest.approx(79 / 19)

    def test_who_applies_through_a_station_is_counted_once_and_kept_nowhere(self, street):
        station, now = street.station(), street.cast.now
        for cookies in ({}, {COOKIE: "made:up"}, {COOKIE: came_through(station.id)}):
            count_applied(cookies, now)
        assert StationJoining.objects.get().applied == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM stations_stationjoining LIMIT 0")
            assert [column.name for column in cursor.description] == [
                "id", "month_on", "applied", "station_id",
            ]  # fmt: skip


# ---- the API -----------------------------------------------------------------------------------


class TestApi:
    pytestmark = db

    def test_a_program_reads_what_is_free_and_not_who_took_the_rest(self, desk):
        taken = desk.book()
        client = desk.cast.client("anonymous")
        answer = client.get(f"/api/v1/stations/{desk.station.code}/services")
        assert answer.status_code == 200
        told = answer.json()
        (item,) = told["items"]
        assert (item["kind"], item["slot_minutes"]) == ("legal", 60)
        free = [datetime.fromisoformat(one["starts_at"]) for one in item["free"]]
        assert desk.slot(4) in free
        assert taken.starts_at not in free
        assert "worker" not in answer.text
        assert told["book_at"] == f"/stations/{desk.station.code}/services/"

    def test_an_unknown_station_has_none(self, desk):
        client = desk.cast.client("anonymous")
        assert client.get("/api/v1/stations/330105-9999/services").status_code == 404
