"""Coordinates: known distances, and conversions that come back to where they started."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.geo import CRS, convert, haversine_m, wgs84_to_gcj02

points = st.tuples(st.floats(118.0, 123.0), st.floats(27.0, 31.5))
systems = st.sampled_from(CRS)


def test_a_degree_of_latitude_is_about_111_km():
    assert haversine_m(30.0, 120.0, 31.0, 120.0) == pytest.approx(111_195, rel=1e-3)
    assert haversine_m(30.0, 120.0, 30.0, 120.0) == 0
    assert haversine_m(0, 0, 0, 180) == pytest.approx(20_015_115, rel=1e-6)


@pytest.mark.slow
@given(points, points)
def test_there_is_as_far_as_back(one, other):
    there = haversine_m(one[1], one[0], other[1], other[0])
    assert there == pytest.approx(haversine_m(other[1], other[0], one[1], one[0]))
    assert 0 <= there < 700_000


@pytest.mark.slow
@given(points, systems, systems)
def test_every_conversion_comes_back_to_the_same_place(point, source, target):
    there = convert(*point, source=source, target=target)
    back = convert(*there, source=target, target=source)
    assert back == pytest.approx(point, abs=1e-8)


def test_the_shift_of_the_maps_is_of_the_known_size():
    shifted = wgs84_to_gcj02(120.155, 30.274)
    assert 300 < haversine_m(30.274, 120.155, shifted[1], shifted[0]) < 700
    baidu = convert(120.155, 30.274, source=CRS.WGS84, target=CRS.BD09)
    assert 700 < haversine_m(30.274, 120.155, baidu[1], baidu[0]) < 1_600


def test_outside_china_nothing_is_shifted():
    assert wgs84_to_gcj02(2.35, 48.85) == (2.35, 48.85)
    assert convert(2.35, 48.85, source=CRS.GCJ02, target=CRS.WGS84) == (2.35, 48.85)


def test_systems_have_chinese_names():
    assert "高德" in CRS.GCJ02.label


# What others print: (given, source, target, what they print, tolerance in degrees).
# Aliyun 地址标准化 TransferCoord, example of the answer (a place in Hangzhou, six digits):
#   help.aliyun.com/zh/address-purification/addrpapi/developer-reference/coordinate-system-conversion
# wandergis/coordtransform test/app.js, repeated by hutool's CoordinateUtilTest (full precision).
# Those print the shortcut inverses; ours are exact, so the way back differs by what they leave out.
PUBLISHED = (
    ((120.026268, 30.279164), CRS.GCJ02, CRS.BD09, (120.032768, 30.285238), 1e-6),
    ((120.026268, 30.279164), CRS.GCJ02, CRS.WGS84, (120.021519, 30.281543), 2e-5),
    ((116.404, 39.915), CRS.WGS84, CRS.GCJ02, (116.41024449916938, 39.91640428150164), 1e-12),
    ((116.404, 39.915), CRS.GCJ02, CRS.BD09, (116.41036949371029, 39.92133699351021), 1e-12),
    ((116.404, 39.915), CRS.GCJ02, CRS.WGS84, (116.39775550083061, 39.91359571849836), 2e-5),
    ((116.404, 39.915), CRS.BD09, CRS.GCJ02, (116.39762729119315, 39.90865673957631), 1e-5),
)


@pytest.mark.parametrize(("point", "source", "target", "printed", "within"), PUBLISHED)
def test_conversions_give_what_others_have_published(point, source, target, printed, within):
    assert convert(*point, source=source, target=target) == pytest.approx(printed, abs=within)
