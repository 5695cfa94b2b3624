"""The geometry of charts: numbers in, points and paths out. Pure; templates draw what it returns.

Lengths are in the units of an SVG view box. Colours and dashes are CSS classes, because a strict
content security policy allows no inline style.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.presentation import formats
from nuanxin.kernel import regions
from nuanxin.kernel.boundaries import Area
from nuanxin.kernel.map_classes import CLASSES, class_of, round_breaks
from nuanxin.kernel.regions import Tile

__all__ = ["CLASSES", "class_of", "round_breaks"]  # so that charts need one import

TILE = 56.0
GAP = 1.5
BASELINE = 5.0
LABEL_HEIGHT = 17.0
ROUND_STEPS = (1, 2, 3, 6, 12, 24, 60)

# the county-level division whose tile carries the name of its city
SEATS = frozenset(
    [
        "330102",
        "330212",
        "330302",
        "330402",
        "330502",
        "330602",
        "330702",
        "330802",
        "330902",
        "331002",
        "331102",
    ]
)


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its label and its values in order; ``None`` is a gap."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """The finished geometry of one line chart at one width."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    ticks: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)


def nice_ticks(highest: float) -> list[float]:
    """Return four or five round ticks from 0 that reach ``highest``: ``[0, 30, 60, 90, 120]``."""
    if highest <= 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(highest))
    candidates = [power * part / 10 for part in (1, 2, 2.5, 3, 5, 10, 20, 25, 30, 50)]
    for step in candidates:
        count = math.ceil(highest / step - 1e-9)
        if 2 <= count <= 4:
            return [step * i for i in range(count + 1)]
    return [0.0, highest]


def text_width(text: str, size: float = 13.0) -> float:
    """Return about how wide ``text`` is: Chinese characters are square, others half as wide."""
    return sum(size if ord(char) > 0x2E80 else size * 0.58 for char in text)


def plot_lines(
    series: Sequence[Series],
    labels: Sequence[str],
    *,
    width: float,
    height: float,
    events: Mapping[str, str] | None = None,
) -> Plot:
    """Return the geometry of a line chart: at most three series over the same ``labels``.

    ``events`` maps a label to the words of a thin upright line. With one series the end of the
    line carries its last value, with more it carries the name of the series.
    """
    if not 1 <= len(series) <= 3:
        raise ValueError("a line chart has one to three series")
    known = [v for one in series for v in one.values if v is not None]
    ticks = nice_ticks(max(known, default=0.0))
    ends = [_end_text(one, is_single=len(series) == 1) for one in series]
    tick_texts = [formats.number(tick) for tick in ticks]
    left = max(text_width(text) for text in tick_texts) + 10
    right = width - max([text_width(end) for end in ends]) - 14
    top, bottom = 28.0, height - 30
    step = (right - left) / max(1, len(labels) - 1)

    def at(index: int, value: float) -> tuple[float, float]:
        return left + step * index, bottom - (bottom - top) * value / ticks[-1]

    plot = Plot(width, height, left, right, top, bottom)
    for tick, text in zip(ticks, tick_texts, strict=True):
        y = at(0, tick)[1]
        plot.ticks.append({"y": _r(y), "text_y": _r(y + BASELINE), "text": text})
    plot.marks.extend(_axis_marks(labels, left, step, room=right - left))
    plot.events.extend(_event_marks(events or {}, labels, left, step, width))
    for number, (one, end) in enumerate(zip(series, ends, strict=True), start=1):
        points = [None if v is None else at(i, v) for i, v in enumerate(one.values)]
        drawn = [point for point in points if point is not None]
        if drawn:
            x, y = drawn[-1]
            line = {"number": number, "path": _path(points), "x": _r(x), "y": _r(y), "end": end}
            plot.lines.append({**line, "end_x": _r(x + 9), "end_y": y + BASELINE})
    _part_end_labels(plot.lines, lowest=bottom + BASELINE)
    return plot


def _end_text(one: Series, *, is_single: bool) -> str:
    known = [v for v in one.values if v is not None]
    return formats.number(known[-1]) if is_single and known else one.label


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    parts, pen_is_up = [], True
    for point in points:
        if point is not None:
            parts.append(f"{'M' if pen_is_up else 'L'}{_r(point[0])} {_r(point[1])}")
        pen_is_up = point is None
    return "".join(parts)


def _axis_marks(
    labels: Sequence[str], left: float, step: float, *, room: float
) -> list[dict[str, Any]]:
    """Return as many labels as fit, always with the first and the last."""
    if not labels:
        return []
    widest = max(text_width(label) for label in labels) + 18
    fits = max(2, min(len(labels), int(room // widest) + 1))
    least = math.ceil((len(labels) - 1) / max(1, fits - 1))
    every = next((step for step in ROUND_STEPS if step >= least), max(1, least))
    last = len(labels) - 1
    chosen = [i for i in range(0, last + 1, every) if last - i >= every or i == last]
    if last not in chosen:
        chosen.append(last)
    return [{"x": _r(left + step * i), "text": labels[i]} for i in chosen]


def _event_marks(
    events: Mapping[str, str], labels: Sequence[str], left: float, step: float, width: float
) -> list[dict[str, Any]]:
    marks = []
    for label, text in events.items():
        if label in labels:
            x = left + step * labels.index(label)
            half = text_width(text) / 2
            middle = min(max(x, half), width - half)
            marks.append({"x": _r(x), "text_x": _r(middle), "text": text})
    return marks


def _part_end_labels(lines: list[dict[str, Any]], *, lowest: float) -> None:
    """Move the labels at the line ends apart so that they can be read, none below ``lowest``."""
    above = -math.inf
    in_order = sorted(lines, key=lambda one: float(one["end_y"]))
    for line in in_order:
        line["end_y"] = _r(max(float(line["end_y"]), above + LABEL_HEIGHT))
        above = float(line["end_y"])
    below = lowest + LABEL_HEIGHT
    for line in reversed(in_order):
        line["end_y"] = _r(min(float(line["end_y"]), below - LABEL_HEIGHT))
        below = float(line["end_y"])


def bar_lengths(values: Sequence[float]) -> list[float]:
    """Return lengths out of 100 for horizontal bars; the longest is 100."""
    highest = max([abs(v) for v in values], default=0.0) or 1.0
    return [_r(100 * max(0.0, v) / highest) for v in values]


def part_spans(
    counts: Sequence[int], *, gap: float = 0.25, least: float = 0.6
) -> list[tuple[float, float]]:
    """Return ``(x, width)`` out of 100 for parts that add up; a part of one is still seen."""
    total = sum(counts)
    if not total:
        return [(0.0, 0.0) for _ in counts]
    shown = [max(least, 100 * count / total) if count else 0.0 for count in counts]
    scale = 100 / sum(shown)
    spans, x = [], 0.0
    for share in shown:
        length = share * scale
        spans.append((_r(x), _r(max(0.0, length - gap))))
        x += length
    return spans


# ---- the tile map -----------------------------------------------------------------------------


def legend_of(breaks: Sequence[float]) -> list[dict[str, Any]]:
    """Return the written-out classes: 不到 5,000 / 5,000—1万 / 2.6万以上."""
    if not breaks:
        return []
    texts = ["".join(formats.in_wan(bound)) for bound in breaks]
    rows = [{"number": 1, "text": f"不到 {texts[0]}"}]
    for i in range(1, len(texts)):
        rows.append({"number": i + 1, "text": f"{texts[i - 1]}—{texts[i]}"})
    rows.append({"number": len(texts) + 1, "text": f"{texts[-1]}以上"})
    return rows


def place_tiles(
    tiles: Sequence[Tile], values: Mapping[str, float | None], breaks: Sequence[float]
) -> list[dict[str, Any]]:
    """Return what a template needs to draw each tile, in reading order of city and place."""
    drawn = []
    for tile in tiles:
        value = values.get(tile.code)
        number = class_of(value, breaks)
        drawn.append(
            {
                "tile": tile,
                "value": value,
                "number": number,
                "is_dark": number >= CLASSES - 1,
                "is_seat": tile.code in SEATS,
                "x": tile.x * TILE + GAP,
                "y": tile.y * TILE + GAP,
                "size": TILE - 2 * GAP,
                "middle": tile.x * TILE + TILE / 2,
                "line": tile.y * TILE + TILE / 2 + BASELINE,
            }
        )
    return drawn


def place_areas(
    areas: Sequence[Area], values: Mapping[str, float | None], breaks: Sequence[float]
) -> list[dict[str, Any]]:
    """Return what a template needs to draw each county within its border."""
    tiles = {tile.code: tile for tile in regions.tilemap().tiles}
    drawn = []
    for area in areas:
        value = values.get(area.adcode)
        left, top, right, bottom = area.box
        drawn.append(
            {
                "tile": tiles[area.adcode],
                "value": value,
                "number": class_of(value, breaks),
                "path": area.path,
                "is_dark": class_of(value, breaks) >= CLASSES - 1,
                "is_seat": area.adcode in SEATS,
                "middle": (left + right) / 2,
                "line": (top + bottom) / 2,
            }
        )
    return drawn


def city_edges(tiles: Sequence[Tile]) -> str:
    """Return one path along every cell edge where one city ends."""
    city_at = {(tile.x, tile.y): tile.city_code for tile in tiles}
    side = int(TILE)
    strokes: set[tuple[int, int, str]] = set()
    for (x, y), city in city_at.items():
        if city_at.get((x, y - 1)) != city:
            strokes.add((x * side, y * side, f"h{side}"))
        if city_at.get((x, y + 1)) != city:
            strokes.add((x * side, (y + 1) * side, f"h{side}"))
        if city_at.get((x - 1, y)) != city:
            strokes.add((x * side, y * side, f"v{side}"))
        if city_at.get((x + 1, y)) != city:
            strokes.add(((x + 1) * side, y * side, f"v{side}"))
    return "".join(f"M{x} {y}{stroke}" for x, y, stroke in sorted(strokes))


def _r(value: float) -> float:
    return round(value, 1)
