"""One station under two names, two stations under one name, and coordinates of the wrong map."""

from datetime import date

import pytest

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import CRS, convert
from nuanxin.stations.rules.matching import Known, Likeness, Listed, Neighbourhood, distances_on
from nuanxin.stations.rules.names import compact_address, compact_name, core_of, sound_of
from nuanxin.stations.rules.placing import Pair, check_county, likelier_crs, place_of

LNG, LAT = 120.1505, 30.3195
METRE = 1 / 111_000


def known(
    number=1, name="大关街道邮政爱心驿站", *, address="拱墅区大关路100号", north=0.0, adcode=330105
):
    return Known(
        number, f"{adcode}-{number:04}", name, (compact_name(name),), compact_address(address),
        LNG, LAT + north * METRE, adcode,
    )  # fmt: skip


def listed(name, *, address="", north=0.0, **more):
    return Listed(
        compact_name(name), compact_address(address), LNG, LAT + north * METRE,
        more.pop("adcode", 330105), **more,
    )  # fmt: skip


def likeness(row, *stations, maps=()):
    found = Neighbourhood(stations, maps, distances=distances_on(date(2026, 11, 28))).candidates(
        row
    )
    return [one.likeness for one in found]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (listed("大关街道邮政爱心驿站", north=120), Likeness.NAME_AND_PLACE),
        (listed("大关街道 邮政（爱心）驿站", north=10), Likeness.SOUND_AND_PLACE),
        (listed("大关街道邮政爱心驿站（北门）", north=10), Likeness.NAME_AND_PLACE),
        (listed("杭工e家大关站", address="浙江省杭州市拱墅区大关路100号", north=30), Likeness.ADDRESS_AND_PLACE),
        (listed("大关街道邮正驿站", north=200), Likeness.SOUND_AND_PLACE),
        (listed("大关街道邮政储蓄劳动驿站", north=300), Likeness.NAME_LIKE),
        (listed("大关街道邮政爱心驿站", north=900), Likeness.NAME_FAR),
        (listed("中国移动大关营业厅", north=20), Likeness.SAME_DOOR),
        (listed("谁也不像", code="330105-0001", north=9_000), Likeness.CODE),
    ],
)  # fmt: skip
def test_a_row_is_likened_to_the_station_that_is_there(row, expected):
    assert likeness(row, known()) == [expected]


def test_only_certain_likenesses_need_no_person():
    assert Likeness.ADDRESS_AND_PLACE.is_sure
    assert not Likeness.SAME_DOOR.is_sure
    assert not Likeness.NAME_FAR.is_sure


def test_another_name_far_off_is_another_station():
    assert likeness(listed("中国移动营业厅", north=90), known()) == []
    assert likeness(listed("大关街道邮政爱心驿站", north=9_000, adcode=330106), known()) == []


def test_an_id_on_a_map_is_certain():
    row = listed("谁也不像", maps=(("amap", "B023"),), north=3_000)
    assert likeness(row, known(), maps=[("amap", "B023", 1)]) == [Likeness.MAP_ID]


def test_between_two_of_the_same_name_nearby_a_person_decides():
    two = (known(1, north=-50), known(2, north=60))
    assert likeness(listed("大关街道邮政爱心驿站"), *two) == [Likeness.NAME_AND_PLACE] * 2


def test_names_are_compared_without_what_all_stations_share():
    assert core_of(compact_name("文晖街道户外劳动者服务站点")) == "文晖街道"
    assert sound_of(core_of(compact_name("文辉街道劳动驿站"))) == sound_of("文晖街道")
    assert compact_address("杭州市拱墅区大关路 1 号") == compact_address("大关路1号") == "大关路1号"
    assert compact_address("朝晖小区12幢") == "朝晖小区12幢"


@pytest.mark.parametrize(
    ("lng", "lat", "code"),
    [
        (LAT, LNG, "station.swapped"),
        (0.0, 0.0, "station.no_position"),
        (116.4, 39.9, "station.outside"),
        (12.01505, 30.3195, "station.outside"),
        (-LNG, LAT, "station.outside"),
    ],
)
def test_two_numbers_that_cannot_be_are_told_apart(lng, lat, code):
    with pytest.raises(Malformed) as refused:
        place_of(lng, lat, CRS.GCJ02)
    assert refused.value.code == code


def test_swapped_numbers_are_given_back_the_right_way_round():
    with pytest.raises(Malformed) as refused:
        place_of(LAT, LNG, CRS.WGS84)
    assert refused.value.details == {"lng": LNG, "lat": LAT}
    assert f"经度应当是 {LNG:g}" in refused.value.message


def test_a_place_far_from_its_county_is_told():
    place = place_of(LNG, LAT, CRS.WGS84)
    check_county(place, seat=(LNG, LAT + 0.2), name="拱墅区", far_km=90)
    with pytest.raises(Malformed, match=r"station\.far_from_county"):
        check_county(place, seat=(121.5, 28.0), name="温岭市", far_km=90)


def pairs(true, shift=0.0):
    """Points known in WGS-84, given in the system ``true`` (and measured carelessly by ``shift``)."""
    found = []
    for at in range(5):
        lng, lat = LNG + at / 100, LAT + at / 150
        there = convert(lng, lat, source=CRS.WGS84, target=true)
        found.append(Pair(there[0] + shift, there[1] - shift, lng, lat))
    return found


def test_bd09_said_to_be_gcj02_is_noticed():
    crs, off_said, off_likelier = likelier_crs(pairs(CRS.BD09, 3e-4), CRS.GCJ02, at_least=3)
    assert crs is CRS.BD09
    assert off_said > 600
    assert off_likelier < 60


@pytest.mark.parametrize("crs", list(CRS))
def test_what_was_said_rightly_raises_no_question(crs):
    assert likelier_crs(pairs(crs), crs) is None
    assert likelier_crs(pairs(crs, 1e-3), crs) is None
    assert likelier_crs(pairs(CRS.BD09)[:2], CRS.GCJ02, at_least=3) is None
    assert likelier_crs([], crs) is None
