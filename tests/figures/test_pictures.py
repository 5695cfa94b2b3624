"""Charts as pictures: the same numbers as the page, where they are from, and not drawn without end."""

import threading

import pytest
from django.urls import reverse

from nuanxin.figures.forms import pictures
from nuanxin.figures.pages.pictures import CHARTS
from nuanxin.figures.queries import get_board
from nuanxin.figures.rules.pictures import Caption, Drawing, county_map, framed
from nuanxin.kernel import clock
from nuanxin.kernel.boundaries import get_boundaries
from nuanxin.kernel.errors import Unavailable
from tests.figures.conftest import NOW
from tests.kernel.made_up_borders import NUMBER, squares, write

CAPTION = Caption("杭州市　在籍会员，人", "截至2026年10月20日", "示意图", "来源：<某处>", "ab12")


def test_a_picture_says_what_when_and_where_from():
    svg = framed(Drawing("<path/>", 100), CAPTION, "Noto Sans CJK SC")
    for told in ("在籍会员", "截至2026年10月20日", "示意图", "指纹 ab12", "来源：&lt;某处&gt;"):
        assert told in svg


def test_the_map_tells_what_is_withheld_and_shades_nothing_for_it():
    drawn = county_map({"330105": 190, "330106": None}, city="330100").svg
    assert ">190<" in drawn
    assert ">不公布<" in drawn
    assert drawn.count('fill="#FFFFFF"') == 12


def test_the_map_lies_within_the_operators_borders(tmp_path):
    borders = get_boundaries(write(tmp_path, squares()), NUMBER)
    assert county_map({"330105": 190}, borders=borders).svg.count("<path") == 90


@pytest.fixture
def chart(client, world, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    drawn = []
    monkeypatch.setattr(
        "nuanxin.figures.pages.pictures.picture_of", lambda svg: drawn.append(svg) or b"PNG"
    )

    def get(kind, region=330000, headers=None, **asked):
        answer = client.get(reverse("figures-chart", args=[region, kind]), asked, headers=headers)
        return answer, drawn

    return get


@pytest.mark.django_db
@pytest.mark.parametrize("kind", CHARTS)
def test_every_chart_carries_day_source_and_digest(chart, kind):
    answer, (svg,) = chart(kind, as_of="2025-06-11")
    board = get_board(as_of=clock.business_day(NOW).replace(2025, 6, 11), now=NOW)
    assert answer["Content-Type"] == "image/png"
    assert "public, max-age=60" in answer["Cache-Control"]
    for told in ("浙江省", "截至2025年6月11日", "/figures/330000/", board.digest):
        assert told in svg


@pytest.mark.django_db
def test_the_bars_tell_the_numbers_of_the_page(chart):
    _, (svg,) = chart("occupations", 330100)
    for row in get_board(region=330100, now=NOW).occupations:
        assert row.label in svg
        assert ">不公布<" in svg if row.live is None else f">{row.live:,}<" in svg


@pytest.mark.django_db
def test_who_has_the_picture_already_has_none_drawn(chart):
    first, drawn = chart("trend")
    again, _ = chart("trend", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, len(drawn)) == (304, 1)


@pytest.mark.django_db
def test_the_map_names_the_number_of_its_borders(chart, settings, tmp_path):
    settings.FIGURES_BOUNDARIES = write(tmp_path, squares())
    settings.FIGURES_BOUNDARIES_NUMBER = NUMBER
    _, (svg,) = chart("map")
    assert f"审图号：{NUMBER}" in svg
    assert "示意图" not in svg


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "region", "asked", "status"),
    [
        ("pie", 330000, {}, 404),
        ("trend", 999999, {}, 404),
        ("trend", 330000, {"as_of": "2027-01-01"}, 422),
        ("trend", 330000, {"as_of": "昨天"}, 422),
    ],
)
def test_what_is_not_there_is_refused(chart, kind, region, asked, status):
    answer, drawn = chart(kind, region, **asked)
    assert (answer.status_code, drawn) == (status, [])


def test_only_a_few_are_drawn_at_once(monkeypatch):
    monkeypatch.setattr(pictures, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(pictures, "_places", threading.BoundedSemaphore(1))

    def draw_another() -> bytes:
        with pytest.raises(Unavailable, match="过几秒"):
            pictures._in_turn(lambda: b"second")
        return b"first"

    assert pictures._in_turn(draw_another) == b"first"
    assert pictures._in_turn(lambda: b"third") == b"third"


@pytest.mark.slow
def test_it_is_a_png():
    svg = framed(county_map({"330105": 190}), CAPTION, pictures.type_family())
    assert pictures.picture_of(svg)[:4] == b"\x89PNG"
