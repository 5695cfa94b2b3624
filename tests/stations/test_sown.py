"""The stations of the demonstration: as many as there should be, where people are, of every kind."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from config.demo import stations
from config.demo.scales import SCALES
from nuanxin.kernel import regions
from nuanxin.kernel.geo import CRS, convert, haversine_m
from nuanxin.stations.rules.hours import read_hours
from nuanxin.stations.rules.placing import is_in_the_box

pytestmark = pytest.mark.slow


@pytest.fixture
def sown(monkeypatch):
    monkeypatch.setitem(stations.COUNTS, "province", 1_500)
    managers = {int(county.code): [(None, 1)] for county in regions.counties()}
    random = np.random.default_rng([1, 12])
    return stations._sow(SCALES["province"], managers, random, date(2026, 11, 26))


def test_there_are_as_many_as_asked_and_some_in_every_county(sown):
    counted = Counter(row["adcode"] for row in sown.stations)
    assert len(sown.stations) == len({row["code"] for row in sown.stations}) == 1_500
    assert len(counted) == 90
    assert counted[330782] > 5 * counted[330127]


def test_they_are_in_the_province_near_their_county_and_told_in_three_systems(sown):
    for row in sown.stations:
        county = regions.region(str(row["adcode"]))
        assert is_in_the_box(row["wgs_lng"], row["wgs_lat"])
        off = haversine_m(row["wgs_lat"], row["wgs_lng"], county.lat, county.lng)
        assert off < 60_000
        wgs = convert(row["lng"], row["lat"], source=CRS(row["crs"]), target=CRS.WGS84)
        assert wgs == pytest.approx((row["wgs_lng"], row["wgs_lat"]), abs=1e-7)
    assert set(Counter(row["crs"] for row in sown.stations)) == {"gcj02", "bd09", "wgs84"}


def test_the_three_years_targets_are_in_reach_and_hosts_are_many(sown):
    total = len(sown.stations)
    assert sum(row["is_benchmark"] for row in sown.stations) >= 0.10 * total
    assert sum(row["is_24h"] for row in sown.stations) >= 0.15 * total
    assert len({row["host_kind"] for row in sown.stations}) >= 10
    assert len({kind for _, kind, _, _ in sown.facilities}) == 24
    for text in {row[name] for row in sown.stations for name in ("hours", "scan_hours")}:
        read_hours(text)
