"""Coordinates of Baidu sent as those of AMap: noticed beside a station a few doors away."""

import math
import random
from datetime import date

import pytest

from nuanxin.kernel.geo import CRS, convert
from nuanxin.stations.queries.neighbours import pairs_of
from nuanxin.stations.rules.matching import Known, Neighbourhood, distances_on
from nuanxin.stations.rules.names import compact_address, road_and_number
from nuanxin.stations.rules.placing import likelier_crs

COUNTY = 330105
TRIES = 2_000
NEXT_DOOR_M = 180.0
DISTANCES = distances_on(date(2026, 11, 28))
"""How far two doors are apart that are up to twenty house numbers away from each other."""


def asked(real: CRS, said: CRS, chance: random.Random) -> CRS | None:
    """Return the system that is asked about for a random new station, None where nothing is asked."""
    lng, lat = chance.uniform(118.2, 122.2), chance.uniform(27.3, 31.0)
    far, way = NEXT_DOOR_M * math.sqrt(chance.random()), chance.uniform(0, 2 * math.pi)
    there = (
        lng + far * math.cos(way) / (111_195 * math.cos(math.radians(lat))),
        lat + far * math.sin(way) / 111_195,
    )
    known = Known(1, "330105-0001", "旧站", ("旧站",), "文化路310号", *there, COUNTY)
    as_sent = convert(lng, lat, source=CRS.WGS84, target=real)
    pairs = pairs_of(
        Neighbourhood([known], distances=DISTANCES), COUNTY, "新站", "文化路322号", *as_sent
    )
    found = likelier_crs(pairs, said)
    return found[0] if found else None


@pytest.mark.slow
def test_shifted_points_are_asked_about_and_others_are_not():
    chance = random.Random(171)
    right = [asked(CRS.GCJ02, CRS.GCJ02, chance) for _ in range(TRIES)]
    shifted = [asked(CRS.BD09, CRS.GCJ02, chance) for _ in range(TRIES)]
    assert right.count(None) == TRIES
    named = shifted.count(CRS.BD09) / TRIES
    assert named >= 0.95
    assert TRIES - shifted.count(None) - shifted.count(CRS.BD09) <= TRIES // 100


@pytest.mark.parametrize(
    ("address", "door"),
    [
        ("杭州市拱墅区大关街道大关路12号", ("大关路", 12)),
        ("文化路332号一楼", ("文化路", 332)),
        ("半山街道社区服务中心", None),
        ("东新大道5号", ("东新大道", 5)),
    ],
)
def test_a_door_is_a_road_and_a_number(address, door):
    assert road_and_number(compact_address(address)) == door


def test_another_road_or_a_far_number_is_no_neighbour():
    known = Known(1, "c", "旧站", ("旧站",), "文化路310号", 120.15, 30.3, COUNTY)
    around = Neighbourhood([known], distances=DISTANCES)
    for address in ("文晖路310号", "文化路331号", "文化路289号", "没有门牌"):
        assert pairs_of(around, COUNTY, "新站", address, 120.15, 30.3) == []
    assert pairs_of(around, COUNTY, "新站", "文化路330号", 120.15, 30.3)
    assert pairs_of(around, COUNTY, "新站", "文化路330号", 120.15, 30.3, but=1) == []
