"""The API of stations: the nearest in the system that is asked for, all, one, as GeoJSON."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from nuanxin.kernel import clock
from nuanxin.kernel.geo import CRS, convert, haversine_m
from nuanxin.stations.models import StationState
from nuanxin.stations.states import OpenState

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NEAREST = "/api/v1/stations/nearest"
HERE = (120.1505, 30.3195)


@pytest.fixture
def anybody(cast):
    return cast.client("anonymous")


def open_now(station, *, hours=3, state=OpenState.OPEN):
    now = clock.now()
    StationState.objects.filter(station=station).update(
        state=state,
        confirmed_at=now,
        confirmed_by_kind=1,
        fresh_until=now + timedelta(hours=2),
    )
    told = StationState.objects.get(station=station)
    told.open_during = [TimestamptzRange(now - timedelta(hours=1), now + timedelta(hours=hours))]
    told.save()
    return station


def ask(client, **given):
    query = {"lat": HERE[1], "lng": HERE[0]} | given
    return client.get(NEAREST, query)


def codes(answer):
    assert answer.status_code == 200, answer.content.decode()
    return [item["id"] for item in answer.json()["items"]]


def code_of(answer, status=422):
    assert answer.status_code == status, answer.content.decode()
    return answer.json()["code"]


def test_the_nearest_come_first_with_metres_and_what_is_known(street, anybody):
    far, near = street.station(lng=120.17), open_now(street.station(lng=120.151))
    answer = ask(anybody)
    assert codes(answer) == [near.code, far.code]
    first = answer.json()["items"][0]
    true = haversine_m(HERE[1], HERE[0], near.wgs_lat, near.wgs_lng)
    assert first["distance_m"] == round(true)
    assert (first["state"], first["confirmed_by"]) == ("open", "keeper")
    assert first["open_until"]
    assert first["confirmed_at"]
    assert first["services"] == ["water", "charge"]
    assert answer.json()["items"][1]["state"] in ("unknown", "closed")


@pytest.mark.parametrize("crs", list(CRS))
def test_asked_in_a_system_it_answers_in_that_system(street, anybody, crs):
    station = street.station(lng=120.151, crs="gcj02")
    lng, lat = convert(*HERE, source=CRS.WGS84, target=crs)
    item = ask(anybody, lng=lng, lat=lat, crs=crs.value).json()["items"][0]
    there = convert(station.wgs_lng, station.wgs_lat, source=CRS.WGS84, target=crs)
    assert (item["crs"], item["lng"], item["lat"]) == (
        crs.value, pytest.approx(there[0], abs=2e-6), pytest.approx(there[1], abs=2e-6),
    )  # fmt: skip
    true = haversine_m(HERE[1], HERE[0], station.wgs_lat, station.wgs_lng)
    assert abs(item["distance_m"] - true) < 1


def test_what_was_given_in_the_asked_system_comes_back_as_given(street, anybody):
    street.station(lng=120.151234, lat=30.319876, crs="bd09")
    item = ask(anybody, crs="bd09").json()["items"][0]
    assert (item["lng"], item["lat"]) == (120.151234, 30.319876)


def test_usable_now_leaves_out_what_is_stale_full_or_shut(street, anybody):
    usable = open_now(street.station())
    open_now(street.station(), state=OpenState.FULL)
    street.station()
    assert codes(ask(anybody, usable_now="true")) == [usable.code]
    assert len(codes(ask(anybody, usable_now="false"))) == 3


def test_open_at_a_time_and_with_services(street, anybody):
    late = open_now(street.station(facilities="water nap legal_desk"), hours=9)
    open_now(street.station(facilities="water nap"), hours=2)
    at = (clock.now() + timedelta(hours=5)).isoformat()
    assert codes(ask(anybody, open_at=at)) == [late.code]
    assert codes(ask(anybody, services="nap,legal_desk")) == [late.code]
    assert codes(ask(anybody, services="haircut")) == []


def test_what_cannot_be_asked_is_refused_with_a_sentence(street, anybody):
    street.station()
    assert code_of(ask(anybody, lat=HERE[0], lng=HERE[1])) == "station.swapped"
    assert code_of(ask(anybody, lat=0, lng=0)) == "station.no_position"
    assert code_of(ask(anybody, lat=39.9, lng=116.4)) == "station.outside"
    assert code_of(ask(anybody, services="sauna")) == "station.no_such_facility"
    assert code_of(ask(anybody, open_at="tomorrow")) == "station.open_at"
    assert code_of(ask(anybody, open_at="2031-01-01T08:00")) == "station.open_at_far"
    assert code_of(ask(anybody, limit=51)) == "fields.refused"
    assert code_of(ask(anybody, crs="utm")) == "fields.refused"
    assert code_of(anybody.get(NEAREST)) == "fields.refused"


def test_nearest_reads_three_statements(street, anybody):
    for _ in range(6):
        open_now(street.station())
    ask(anybody)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        ask(anybody, usable_now="true")
    assert len(seen) <= 3


def test_all_come_in_pages_and_one_by_its_number(street, anybody):
    made = [street.station() for _ in range(3)]
    first = anybody.get("/api/v1/stations", {"limit": 2}).json()
    rest = anybody.get("/api/v1/stations", {"limit": 2, "cursor": first["next"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [one.code for one in made]
    assert rest["next"] is None
    assert {one["crs"] for one in first["items"]} == {"wgs84"}
    one = anybody.get(f"/api/v1/stations/{made[0].code}").json()
    assert one["id"] == made[0].code
    assert code_of(anybody.get("/api/v1/stations/330105-9999"), 404) == "station.not_found"
    assert anybody.get("/api/v1/stations", {"region": "330200"}).json()["items"] == []


def test_a_county_comes_as_geojson(street, anybody):
    station = street.station()
    answer = anybody.get("/api/v1/stations/geojson", {"region": str(station.adcode)})
    assert answer["Content-Type"].startswith("application/geo+json")
    (feature,) = answer.json()["features"]
    assert feature["geometry"]["coordinates"] == [
        pytest.approx(station.wgs_lng, abs=1e-6), pytest.approx(station.wgs_lat, abs=1e-6),
    ]  # fmt: skip
    assert feature["properties"]["name"] == station.name
