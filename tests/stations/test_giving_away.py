"""The register given away, and taken back in without a change; open data holds no person."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from nuanxin.kernel.geo import CRS, convert
from nuanxin.stations.models import MapId, StationImportRow, StationName
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.states import NameKind, Standing
from tests.stations.test_importing import drop, verdicts

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def full_street(street):
    every = " ".join(facility_labels(street.cast.now.date()))
    first = street.station(
        "=大关驿站", facilities=every, is_24h=True, hours="24/7", town_code="330105007"
    )
    StationName.objects.create(
        station=first, kind=NameKind.BRAND, name="杭工e家", compact="杭工e家"
    )
    StationName.objects.create(station=first, kind=NameKind.ALIAS, name="老邮局", compact="老邮局")
    MapId.objects.create(station=first, provider="amap", ident="B01")
    lng, lat = convert(120.16, 30.33, source=CRS.WGS84, target=CRS.BD09)
    street.station(lng=lng, lat=lat, crs=CRS.BD09, area_m2=30, capacity_persons=8, floor=2)
    street.station("关掉的", standing=Standing.CLOSED, standing_reason="到期",
                   standing_from=street.cast.now.date(), lat=30.34)  # fmt: skip
    street.keeper(first)
    return street


@pytest.mark.parametrize("kind", ["xlsx", "geojson"])
def test_what_is_exported_comes_in_again_without_a_change(full_street, kind):
    answer = full_street.cast.client("county_cadre").get(f"/desk/stations/export.{kind}")
    content = answer.getvalue()
    listing = drop(full_street, content, crs=CRS.WGS84, name=f"驿站.{kind}")
    assert verdicts(listing) == ["SAME", "SAME"]
    rows = StationImportRow.objects.filter(listing=listing).order_by("row")
    assert len(rows[0].draft["facilities"]) == len(facility_labels(full_street.cast.now.date()))


def test_an_export_holds_what_the_list_holds(full_street):
    get = full_street.cast.client("county_cadre").get
    told = json.loads(get("/desk/stations/export.geojson?tag=24h").getvalue())
    assert [one["id"] for one in told["features"]] == ["330105-0001"]
    beside = full_street.cast.client("cadre_of_next_county").get("/desk/stations/export.geojson")
    assert json.loads(beside.getvalue())["features"] == []
    assert get("/desk/stations/export.pdf").status_code == 404


def test_open_data_is_wgs84_holds_no_person_and_no_formula(full_street):
    told = json.loads(Client().get("/open-data/stations/330100.geojson").getvalue())
    codes = {one["id"]: one for one in told["features"]}
    assert set(codes) == {"330105-0001", "330105-0002"}
    assert codes["330105-0002"]["geometry"]["coordinates"] == pytest.approx(
        [120.16, 30.33], abs=1e-6
    )
    answer = Client().get("/open-data/stations/330105.csv")
    lines = answer.getvalue().decode("utf-8-sig")
    assert "'=大关驿站" in lines
    for text in (lines, json.dumps(told, ensure_ascii=False)):
        assert "沈" not in text
        assert "1999999" not in text
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert Client().get("/open-data/stations/999999.csv").status_code == 404
    assert Client().get("/open-data/stations/330105.pdf").status_code == 404


def test_the_catalogue_of_open_data_lists_the_stations(db):
    told = Client().get(reverse("figures-dcat")).content.decode()
    assert "户外劳动者驿站" in told
    assert "/open-data/stations/330000.geojson" in told
