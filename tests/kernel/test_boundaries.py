"""The operator's borders: read within limits, told in Chinese what does not fit, never without a number."""

import json
import re
from pathlib import Path

import pytest

from nuanxin.kernel import boundaries
from nuanxin.kernel.boundaries import box_around, get_boundaries
from nuanxin.kernel.errors import Malformed
from tests.kernel.made_up_borders import NUMBER, squares, write


def test_every_county_is_a_path_without_points_that_say_nothing(tmp_path: Path):
    found = get_boundaries(write(tmp_path, squares()), NUMBER)
    assert found is not None
    assert len(found.areas) == 90
    assert found.points == 4 * 90  # the fifth point of each lies on a line
    assert all(re.fullmatch(r"M\d+ \d+l[-\d ]+z", one.path) for one in found.areas)


def test_the_map_is_as_wide_as_its_grid_and_north_is_up(tmp_path: Path):
    found = get_boundaries(write(tmp_path, squares()), NUMBER)
    assert found is not None
    assert box_around(found.areas)[:3] == (0, 0, boundaries.WIDTH)
    by_code = {one.adcode: one.box for one in found.areas}
    assert by_code["330522"][1] < by_code["330328"][1]  # 长兴 is north of 文成


def test_a_city_is_its_counties(tmp_path: Path):
    found = get_boundaries(write(tmp_path, squares()), NUMBER)
    assert found is not None
    assert {one.adcode[:4] for one in found.of_city("330100")} == {"3301"}
    assert found.of_city("") == found.areas


def test_without_a_file_there_are_no_borders():
    assert get_boundaries("", "") is None


def _without(document, adcode):
    rows = [one for one in document["features"] if one["properties"]["adcode"] != adcode]
    return document | {"features": rows}


def _changed(document, coordinates, kind="Polygon"):
    document["features"][0]["geometry"] = {"type": kind, "coordinates": coordinates}
    return document


@pytest.mark.parametrize(
    ("document", "code", "said"),
    [
        ("", "unreadable", "不是 GeoJSON"),
        ("[" * 100_000, "unreadable", "不是 GeoJSON"),
        ({"type": "Feature"}, "unreadable", "FeatureCollection"),
        ([], "unreadable", "FeatureCollection"),
        (_without(squares(), 330105), "places", "缺 1 个县（市、区）：拱墅区"),
        (squares() | {"features": squares()["features"] * 2}, "places", "写了两次"),
        (squares() | {"features": [{}] * 401}, "too_large", "最多 400 个"),
        (_changed(squares(), [[[30.1, 120.2]] * 4]), "coordinates", "先经后纬"),
        (_changed(squares(), [[[500_000, 3_300_000]] * 4]), "coordinates", "投影坐标"),
        (_changed(squares(), [[["一", 30]] * 4]), "coordinates", "坐标读不出来"),
        (_changed(squares(), [[[float("nan"), 30]] * 4]), "coordinates", "不在国内"),
        (_changed(squares(), 7), "coordinates", "坐标读不出来"),
        (_changed(squares(), [120, 30], "Point"), "coordinates", "不是面"),
        (_changed(squares(), [[[120, 30]] * 4]), "coordinates", "太小"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(tmp_path: Path, document, code, said):
    with pytest.raises(Malformed) as refused:
        get_boundaries(write(tmp_path, document), NUMBER)
    assert refused.value.code == f"boundaries.{code}"
    assert said in refused.value.message


@pytest.mark.parametrize("number", ["", "12号", "浙S2024-12", "浙S（24）12号"])
def test_borders_without_the_number_of_their_map_are_refused(tmp_path: Path, number):
    with pytest.raises(Malformed, match="审图号"):
        get_boundaries(write(tmp_path, squares()), number)


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(boundaries, "MOST_BYTES", 1000)
    with pytest.raises(Malformed, match="太大"):
        get_boundaries(write(tmp_path, squares()), NUMBER)


def test_too_many_points_are_told_with_a_way_out(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(boundaries, "MOST_POINTS_DRAWN", 100)
    with pytest.raises(Malformed, match="mapshaper"):
        get_boundaries(write(tmp_path, squares()), NUMBER)


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(Malformed, match="打不开"):
        get_boundaries(str(tmp_path / "nowhere.json"), NUMBER)


def test_islands_and_holes_are_drawn_too(tmp_path: Path):
    document = squares()
    island = json.loads(json.dumps(document["features"][0]["geometry"]["coordinates"]))
    document = _changed(document, [island, [[[x + 1, y] for x, y in island[0]]]], "MultiPolygon")
    found = get_boundaries(write(tmp_path, document), NUMBER)
    assert found is not None
    assert sum(one.path.count("M") for one in found.areas) == 91
