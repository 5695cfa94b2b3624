"""Divisions of Zhejiang: the right number on each day, and every abolished code leads somewhere."""

from datetime import date

import pytest

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import haversine_m
from nuanxin.kernel.regions import (
    REGIONS,
    RegionLevel,
    ancestors,
    area_prefix,
    canonical_code,
    changes_of,
    children,
    cities,
    city_of,
    counties,
    county_of,
    current_successors,
    full_name,
    is_within,
    level_of,
    region,
    search,
    tilemap,
    towns,
)

NOW = date(2026, 11, 23)


def _names(regions):
    return {one.name for one in regions}


def test_zhejiang_has_eleven_cities_ninety_counties_and_all_their_towns():
    assert len(cities()) == 11
    assert len(counties()) == 90
    assert sum(len(towns(county.code)) for county in counties()) == 1387
    assert min(len(towns(county.code)) for county in counties()) >= 1


@pytest.mark.parametrize(
    ("day", "count"),
    [
        ("2005-06-01", 90),
        ("2016-10-01", 89),
        ("2019-01-01", 89),
        ("2020-01-01", 90),
        ("2026-01-01", 90),
    ],
)
def test_the_number_of_counties_follows_the_day(day, count):
    assert len(counties(on=date.fromisoformat(day))) == count


def test_hangzhou_before_and_after_the_spring_of_2021():
    before = _names(children("3301", on=date(2021, 4, 8)))
    after = _names(children("3301", on=date(2021, 4, 9)))
    assert before - after == {"下城区", "江干区"}
    assert after - before == {"临平区", "钱塘区"}


@pytest.mark.parametrize(
    ("abolished", "followers"),
    [
        ("330103", {"拱墅区"}),
        ("330104", {"上城区", "钱塘区"}),
        ("330204", {"鄞州区"}),
        ("330283", {"奉化区"}),
        ("330322", {"洞头区"}),
        ("330621", {"柯桥区", "越城区"}),
        ("330682", {"上虞区"}),
        ("330183", {"富阳区"}),
        ("330185", {"临安区"}),
        ("331021", {"玉环市"}),
        ("330184", {"余杭区", "临平区"}),
        ("330227", {"鄞州区", "海曙区"}),
        ("330721", {"婺城区", "金东区"}),
        ("330821", {"衢江区"}),
    ],
)
def test_an_abolished_county_leads_to_what_has_its_area_now(abolished, followers):
    assert region(abolished).is_abolished
    assert _names(current_successors(abolished, NOW)) == followers


def test_a_living_code_is_its_own_successor_and_brings_what_it_gave_away_when_asked_since():
    assert _names(current_successors("330110", NOW)) == {"余杭区"}
    assert _names(current_successors("330110", NOW, since=date(2018, 1, 1))) == {"余杭区", "临平区"}
    assert _names(current_successors("330104", date(2020, 1, 1))) == {"江干区"}
    assert current_successors("330114", date(2020, 1, 1)) == []


def test_every_abolished_code_ends_in_codes_that_are_in_use_and_every_change_has_a_document():
    abolished = [one for one in REGIONS.all() if one.is_abolished]
    assert len(abolished) == 15
    for one in abolished:
        followers = current_successors(one.code, NOW)
        assert followers
        assert all(not follower.is_abolished for follower in followers)
        assert all(change.document for change in changes_of(one.code))
        assert one.successors


def test_codes_read_in_every_usual_length():
    assert region("33").name == "浙江省"
    assert region("3301").name == "杭州市"
    assert canonical_code("330106109001") == "330106109"
    assert region("330106109").name == "三墩镇"
    assert REGIONS.get("999999") is None
    assert "330106" in REGIONS


@pytest.mark.parametrize("code", ["", "33010", "3301o6", "３３０１０６", "999999", "330106999"])
def test_an_unknown_code_is_refused_with_a_way_out(code):
    with pytest.raises(Malformed) as refused:
        region(code)
    assert refused.value.code == "region.unknown"
    assert "从列表里选" in refused.value.message


@pytest.mark.parametrize(
    ("code", "ancestor", "within"),
    [
        ("330106109", "330106", True),
        ("330106109", "330100", True),
        ("330106109", "33", True),
        ("330106", "000000", True),
        ("330100", "330100", True),
        ("330110", "330100", True),
        ("330106", "330200", False),
        ("330100", "330106", False),
        ("331000", "330100", False),
        ("330104001", "330104", True),
    ],
)
def test_within_is_told_by_the_code(code, ancestor, within):
    assert is_within(code, ancestor) is within


def test_every_division_lies_within_its_parent():
    for one in REGIONS.all():
        assert is_within(one.code, one.parent_code)
        assert level_of(one.code) == one.level
        assert one.code.startswith(area_prefix(one.parent_code))


def test_the_way_up_and_the_full_name():
    assert [one.name for one in ancestors("330106109")] == ["西湖区", "杭州市", "浙江省"]
    assert county_of("330106109").name == "西湖区"
    assert county_of("330104999").name == "江干区"
    assert county_of("3301") is None
    assert city_of("330106109").name == "杭州市"
    assert city_of("33") is None
    assert full_name("330106109") == "浙江省杭州市西湖区三墩镇"
    assert full_name("330106", with_province=False) == "杭州市西湖区"


def test_short_names_are_what_people_say():
    assert region("330106").short_name == "西湖"
    assert region("330106109").short_name == "三墩"
    names = {one.name: one.short_name for one in REGIONS.all() if one.name.endswith("族乡")}
    assert names["莪山畲族乡"] == "莪山"
    assert all(len(one.short_name) >= 2 for one in REGIONS.all())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("西湖", "330106"),
        ("杭州西湖", "330106"),
        ("西湖区三墩", "330106109"),
        ("三墩镇", "330106109"),
        ("330106109", "330106109"),
        ("浙江", "330000"),
        ("宁波", "330200"),
    ],
)
def test_a_search_finds_the_likeliest_first(text, first):
    assert search(text, 5)[0].code == first


def test_a_search_keeps_its_limit_and_never_shows_what_is_abolished():
    assert len(search("街道", 7)) == 7
    assert len(search("街道", 10_000)) == 50
    assert search("江干区", 5) == []
    assert search("", 5) == []
    assert search("没有这个地方", 5) == []


def test_points_are_plausible():
    for county in counties():
        assert 118.0 < county.lng < 123.0
        assert 27.0 < county.lat < 31.3
        city = city_of(county.code)
        assert haversine_m(county.lat, county.lng, city.lat, city.lng) < 140_000
    for one, other in zip(counties(), counties()[1:], strict=False):
        assert haversine_m(one.lat, one.lng, other.lat, other.lng) > 1_000


def test_a_town_has_its_countys_point_and_says_so():
    town, county = region("330106109"), region("330106")
    assert (town.lng, town.lat, town.precision) == (county.lng, county.lat, "county")
    assert county.precision == "seat"


def test_a_known_distance_between_two_seats():
    west, hangzhou = region("330800"), region("330200")
    assert 270_000 < haversine_m(west.lat, west.lng, hangzhou.lat, hangzhou.lng) < 300_000


def test_the_schematic_map_has_each_county_once():
    drawn = tilemap()
    assert {tile.code for tile in drawn.tiles} == {county.code for county in counties()}
    assert len({(tile.x, tile.y) for tile in drawn.tiles}) == 90
    assert all(0 <= tile.x < drawn.cols and 0 <= tile.y < drawn.rows for tile in drawn.tiles)
    assert all(city_of(tile.code).code == tile.city_code for tile in drawn.tiles)
    assert all(region(tile.code).short_name == tile.short_name for tile in drawn.tiles)


def test_west_on_the_schematic_map_is_west_on_the_ground():
    drawn = tilemap()
    west = [region(tile.code).lng for tile in drawn.tiles if tile.x <= 2]
    east = [region(tile.code).lng for tile in drawn.tiles if tile.x >= drawn.cols - 3]
    assert max(west) < min(east)


def test_levels_have_chinese_names():
    assert [level.label for level in RegionLevel] == [
        "省",
        "设区市",
        "县（市、区）",
        "乡镇（街道）",
    ]
