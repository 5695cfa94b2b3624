"""The geometry of charts holds for any numbers."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.presentation import charting
from nuanxin.kernel import regions
from tests.kernel.made_up_borders import NUMBER, squares, write

positive = st.floats(min_value=0.01, max_value=1e9, allow_nan=False)
counts = st.lists(st.integers(min_value=0, max_value=2_000_000), min_size=1, max_size=8)


@pytest.mark.slow
@given(positive)
def test_ticks_begin_at_zero_reach_the_highest_and_are_even(highest: float) -> None:
    ticks = charting.nice_ticks(highest)
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    assert ticks[0] == 0
    assert ticks[-1] >= highest * (1 - 1e-6)
    assert 3 <= len(ticks) <= 5
    assert max(steps) - min(steps) < ticks[-1] * 1e-6


@pytest.mark.slow
@given(st.lists(st.one_of(st.none(), positive), min_size=2, max_size=80))
def test_a_line_stays_inside_its_plot(values: list[float | None]) -> None:
    labels = [str(i) for i in range(len(values))]
    plot = charting.plot_lines(
        [charting.Series("甲", tuple(values))], labels, width=330, height=220
    )
    for line in plot.lines:
        points = [
            tuple(map(float, p.split())) for p in re.findall(r"[ML]([\d.]+ [\d.]+)", line["path"])
        ]
        assert all(plot.left - 0.1 <= x <= plot.right + 0.1 for x, _ in points)
        assert all(plot.top - 0.1 <= y <= plot.bottom + 0.1 for _, y in points)


def test_a_gap_lifts_the_pen() -> None:
    series = charting.Series("甲", (1, 2, None, 4))
    plot = charting.plot_lines([series], list("abcd"), width=330, height=220)
    assert plot.lines[0]["path"].count("M") == 2


def test_a_fourth_line_is_refused() -> None:
    with pytest.raises(ValueError, match="one to three"):
        charting.plot_lines([charting.Series("甲", (1,))] * 4, ["a"], width=330, height=220)


def test_the_names_at_the_line_ends_do_not_cover_each_other() -> None:
    series = [charting.Series(name, (1, 100 + i)) for i, name in enumerate("甲乙丙")]
    plot = charting.plot_lines(series, ["a", "b"], width=800, height=260)
    heights = sorted(line["end_y"] for line in plot.lines)
    assert all(b - a >= charting.LABEL_HEIGHT - 0.2 for a, b in itertools.pairwise(heights))


def test_the_axis_always_names_the_first_and_the_last() -> None:
    labels = [f"2021.{i}" for i in range(61)]
    plot = charting.plot_lines(
        [charting.Series("甲", tuple(range(61)))], labels, width=330, height=220
    )
    assert [plot.marks[0]["text"], plot.marks[-1]["text"]] == [labels[0], labels[-1]]
    assert len(plot.marks) <= 5


@pytest.mark.slow
@given(counts)
def test_parts_fill_the_bar_and_every_part_is_seen(numbers: list[int]) -> None:
    spans = charting.part_spans(numbers)
    assert all(x + width <= 100.2 for x, width in spans)
    assert all(width > 0 for (_, width), n in zip(spans, numbers, strict=True) if n)
    assert all(width == 0 for (_, width), n in zip(spans, numbers, strict=True) if not n)


@pytest.mark.slow
@given(st.lists(st.integers(min_value=0, max_value=10**7), max_size=90))
def test_breaks_rise_and_every_value_has_a_class(values: list[int]) -> None:
    breaks = charting.round_breaks(values)
    assert breaks == sorted(set(breaks))
    assert len(breaks) <= charting.CLASSES - 1
    assert all(charting.class_of(v, breaks) == 0 for v in values if v == 0)
    assert all(1 <= charting.class_of(v, breaks) <= charting.CLASSES for v in values if v)


def test_the_legend_writes_the_bounds_out() -> None:
    texts = [row["text"] for row in charting.legend_of([5_000, 10_000, 16_000, 26_000])]
    assert texts == ["不到 5,000", "5,000—1万", "1万—1.6万", "1.6万—2.6万", "2.6万以上"]


def test_each_city_is_named_once_on_the_map() -> None:
    seats = [tile for tile in regions.tilemap().tiles if tile.code in charting.SEATS]
    assert len({tile.city_code for tile in seats}) == len(seats) == 11


def test_the_map_draws_every_county_and_withholds_what_is_withheld(draw) -> None:
    values = {tile.code: 10 for tile in regions.tilemap().tiles} | {"330922": None}
    html = draw("{% load charts %}{% tile_map values '都一样多' %}", values=values)
    assert html.count("<title>") == 90
    assert "嵊泗县 不公布" in html
    assert 'aria-label="都一样多"' in html
    assert html.count("<tr>") == 91


def test_a_chart_brings_its_numbers_as_a_table(draw) -> None:
    series = [{"label": "新发展会员", "values": [0, 12, None]}]
    html = draw(
        "{% load charts %}{% line_chart s l '多起来了' %}", s=series, l=["1月", "2月", "3月"]
    )
    assert html.count('role="img" aria-label="多起来了"') == 2
    assert re.findall(r'<td class="num">(.*?)</td>', html) == ["0", "12", "—"]


def test_the_operators_borders_take_the_place_of_the_squares(draw, settings, tmp_path) -> None:
    settings.FIGURES_BOUNDARIES = write(tmp_path, squares())
    settings.FIGURES_BOUNDARIES_NUMBER = NUMBER
    values = {tile.code: 10 for tile in regions.tilemap().tiles} | {"330922": None}
    html = draw("{% load charts %}{% tile_map values '都一样多' chosen='330105' %}", values=values)
    assert html.count("<title>") == 90
    assert "嵊泗县 不公布" in html
    assert f"审图号：{NUMBER}" in html
    assert "示意图" not in html
    assert html.count('class="pick"') == 1
    assert html.count("<tr>") == 91


def test_a_file_that_went_bad_leaves_the_squares(draw, settings, tmp_path) -> None:
    settings.FIGURES_BOUNDARIES = write(tmp_path, "nothing")
    settings.FIGURES_BOUNDARIES_NUMBER = NUMBER
    assert "示意图" in draw("{% load charts %}{% tile_map values '都一样多' %}", values={})


def test_the_names_of_lines_that_end_at_nothing_stay_above_the_axis() -> None:
    lines = [charting.Series(name, (0, 0)) for name in ("新发展", "在籍")]
    plot = charting.plot_lines(lines, ["1月", "2月"], width=400, height=200)
    upper, lower = sorted(float(line["end_y"]) for line in plot.lines)
    assert lower <= plot.bottom + charting.BASELINE
    assert lower - upper >= charting.LABEL_HEIGHT
