"""Pages of services at stations: two taps to a booking, the desk, stars, joining through a station."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nuanxin.stations.actions.joining_through import COOKIE
from nuanxin.stations.models import ServiceBooking, StationRating, StationService
from nuanxin.stations.queries import services as queries
from nuanxin.stations.states.services import BookingState

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HOURS = {
    "do": "open", "kind": "1", "hours": "每天 00:00-24:00", "slot_minutes": "60", "seats": "1",
    "server_hint": "王律师",
}  # fmt: skip


@pytest.fixture
def station(street):
    found = street.station(union="town")
    street.keeper(found)
    street.cast.client("station_keeper").post(
        reverse("desk-station-services", args=[found.code]), HOURS
    )
    return found


def asked(station, now, number=5):
    service = StationService.objects.get()
    begin, _ = queries.slots_of(service, now=now)[number]
    return {"service": service.id, "at": begin.isoformat(), "topic": "pay"}


def test_from_the_station_page_a_link_and_a_time_are_the_two_taps(street, station):
    rider = street.cast.client("rider_ye")
    address = reverse("station-services", args=[station.code])
    assert address in rider.get(reverse("worker-station", args=[station.code])).content.decode()
    page = rider.get(address).content.decode()
    given = asked(station, street.cast.now)
    assert given["at"] in page
    answer = rider.post(address, given)
    assert answer.headers["Location"] == reverse("my-station-bookings") + "?booked=1"
    assert "王律师" in rider.get(answer.headers["Location"]).content.decode()


def test_who_is_not_signed_in_sees_times_and_is_asked_to_sign_in(street, station):
    nobody = street.cast.client("anonymous")
    address = reverse("station-services", args=[station.code])
    page = nobody.get(address).content.decode()
    assert "登录以后约" in page
    assert 'name="at"' not in page
    assert nobody.post(address, asked(station, street.cast.now)).status_code == 403
    assert not ServiceBooking.objects.exists()


def test_a_time_taken_meanwhile_is_told_and_what_was_written_stays(street, station):
    address, given = (
        reverse("station-services", args=[station.code]),
        asked(station, street.cast.now),
    )
    street.cast.client("rider_lu").post(address, given)
    answer = street.cast.client("rider_ye").post(address, given | {"note": "扣了三百"})
    assert answer.status_code == 409
    assert "刚被约走" in answer.content.decode()
    assert "扣了三百" in answer.content.decode()
    for strange in ({"at": "later"}, {"at": "2026-12-01T09:00"}, {"at": ""}):
        assert street.cast.client("rider_ye").post(address, given | strange).status_code == 422


def test_one_cancels_ones_own_and_nobody_elses(street, station):
    rider = street.cast.client("rider_ye")
    rider.post(reverse("station-services", args=[station.code]), asked(station, street.cast.now))
    made = ServiceBooking.objects.get()
    address = reverse("my-station-bookings")
    assert street.cast.client("rider_lu").post(address, {"booking": made.id}).status_code == 404
    assert rider.post(address, {"booking": made.id}).status_code == 302
    made.refresh_from_db()
    assert made.state == BookingState.CANCELLED


def test_the_desk_shows_who_comes_masked_within_a_budget(street, station):
    street.cast.client("rider_ye").post(
        reverse("station-services", args=[station.code]),
        asked(station, street.cast.now) | {"note": "扣了三百"},
    )
    address = reverse("desk-station-services", args=[station.code])
    cadre, keeper = street.cast.client("county_cadre"), street.cast.client("station_keeper")
    cadre.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        page = cadre.get(address).content.decode()
    assert len(seen) <= 22
    assert "叶**" in page
    assert "叶小满" not in page
    assert "扣了三百" in page
    kept = keeper.get(address).content.decode()
    assert "工钱、扣款" in kept
    assert "扣了三百" not in kept
    ahead = keeper.post(address, {"do": "done", "id": ServiceBooking.objects.get().id})
    assert ahead.status_code == 409
    assert cadre.post(address, {"do": "open"}).status_code == 422


def test_the_desk_is_closed_to_other_keepers_and_counties(street, station):
    other = street.station(union="town")
    address = reverse("desk-station-services", args=[other.code])
    assert street.cast.client("station_keeper").get(address).status_code == 404
    assert street.cast.client("cadre_of_next_county").get(address).status_code == 404
    assert street.cast.client("rider_ye").get(address).status_code == 403


def test_stars_are_taken_once_a_month_and_not_told_of_a_few(street, station):
    address, rider = reverse("station-stars", args=[station.code]), street.cast.client("rider_ye")
    for number in ("5", "3"):
        assert rider.post(address, {"stars": number}).status_code == 302
    assert StationRating.objects.get().stars == 3
    assert rider.post(address, {"stars": "9"}).status_code == 422
    page = rider.get(reverse("worker-station", args=[station.code])).content.decode()
    assert "打分的人还不够多" in page
    assert street.cast.client("anonymous").post(address, {"stars": "5"}).status_code == 403


def test_the_code_at_the_door_leads_to_joining_with_the_stations_union(street, station):
    client = street.cast.client("anonymous")
    answer = client.get(reverse("station-join", args=[station.code]))
    union = street.cast.unions["town"]
    assert answer.headers["Location"] == reverse("join-of", args=[union.code])
    assert answer.cookies[COOKIE]["path"] == reverse("join")
    paper = client.get(reverse("station-join-poster", args=[station.code, "a4"]))
    assert paper.content.startswith(b"%PDF")
    assert client.get(reverse("station-join", args=["330105-9999"])).status_code == 404
