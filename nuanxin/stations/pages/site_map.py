"""A plain map drawn from own numbers: squares of demand, points, circles of reach, a scale.

No tiles and no borders: places are where they are, north is up. Everything is laid out here; the
component only prints.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nuanxin.stations.rules.siting_grid import METRES_A_DEGREE

WIDTH = 720
TALLEST, LOWEST = 640, 300
_MARGIN = 18
_STEPS_M = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
MOST_SQUARES = 6_000
CLASSES = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """One place: its kind ("site", "van", "station", "closed"), what is written in it and beside."""

    lat: float
    lng: float
    kind: str
    text: str = ""
    title: str = ""
    url: str = ""


@dataclass(slots=True)
class SiteMap:
    """What the component ``charts/site_map`` prints."""

    height: int
    squares: list[dict[str, Any]] = field(default_factory=list)
    rings: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    names: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    scale: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


def draw(
    *,
    squares: Sequence[tuple[float, float, float]] = (),
    side_m: float = 0,
    marks: Sequence[Mark] = (),
    reach_m: float = 0,
    ways: Sequence[Sequence[tuple[float, float]]] = (),
    names: Sequence[tuple[float, float, str]] = (),
    steps: Sequence[float] | None = None,
    holds_all: bool = False,
) -> SiteMap | None:
    """Return the map: ``squares`` are (lat, lng, value) of cells, ``ways`` lines of (lat, lng).

    The frame holds the middle 98 % of squares and what is new (with ``holds_all`` every mark). ``steps`` are
    the lower ends of five classes (drawn from the values where not given). None without any place.
    """
    frame = _frame(squares, marks, holds_all=holds_all)
    if frame is None:
        return None
    view = _View(*frame)
    drawn = SiteMap(height=view.height)
    _draw_squares(drawn, view, squares, side_m, steps)
    for way in ways:
        drawn.lines.append(" ".join(f"{x},{y}" for x, y in (view.at(*point) for point in way)))
    for mark in marks:
        x, y = view.at(mark.lat, mark.lng)
        if not (0 <= x <= WIDTH and 0 <= y <= view.height):
            continue
        if reach_m and mark.kind in ("site", "van"):
            drawn.rings.append(
                {"x": x, "y": y, "r": round(reach_m * view.scale, 1), "kind": mark.kind}
            )
        drawn.marks.append({"x": x, "y": y, "kind": mark.kind, "text": mark.text, "title": mark.title, "url": mark.url, "line": y + 4})  # fmt: skip
    for lat, lng, name in names:
        x, y = view.at(lat, lng)
        if 0 <= x <= WIDTH and 0 <= y <= view.height:
            drawn.names.append({"x": x, "y": y, "text": name})
    drawn.kinds = sorted({mark["kind"] for mark in drawn.marks})
    drawn.scale = view.bar()
    return drawn


def classes_of(values: Sequence[float]) -> list[float]:
    """Return the lower ends of five classes with about as many squares each, round numbers."""
    ordered = sorted(value for value in values if value > 0)
    if not ordered:
        return []
    found = [_round(ordered[len(ordered) * part // CLASSES]) for part in range(CLASSES)]
    return sorted(set(found))


class _View:
    """From degrees to the drawing: metres a pixel the same in both directions."""

    def __init__(self, south: float, north: float, west: float, east: float) -> None:
        self.north, self.west = north, west
        self.flat = math.cos(math.radians((south + north) / 2))
        wide = max((east - west) * self.flat, 0.01) * METRES_A_DEGREE
        tall = max(north - south, 0.01) * METRES_A_DEGREE
        self.scale = min((WIDTH - 2 * _MARGIN) / wide, (TALLEST - 2 * _MARGIN) / tall)
        self.left = (WIDTH - wide * self.scale) / 2
        self.height = max(LOWEST, round(tall * self.scale) + 2 * _MARGIN)
        self.top = (self.height - tall * self.scale) / 2

    def at(self, lat: float, lng: float) -> tuple[float, float]:
        """Return x and y of a point."""
        x = self.left + (lng - self.west) * self.flat * METRES_A_DEGREE * self.scale
        y = self.top + (self.north - lat) * METRES_A_DEGREE * self.scale
        return round(x, 1), round(y, 1)

    def bar(self) -> dict[str, Any]:
        """Return a scale bar of a round length, about a fifth of the width."""
        metres = max(
            step for step in _STEPS_M if step * self.scale <= WIDTH / 4 or step == _STEPS_M[0]
        )
        words = f"{metres // 1000} 公里" if metres >= 1_000 else f"{metres} 米"
        long = round(metres * self.scale, 1)
        return {"x": WIDTH - _MARGIN - long, "y": self.height - 12, "to": WIDTH - _MARGIN, "text": words, "text_y": self.height - 18}  # fmt: skip


def _frame(
    squares: Sequence[tuple[float, float, float]], marks: Sequence[Mark], *, holds_all: bool
) -> tuple[float, float, float, float] | None:
    lat = sorted(one[0] for one in squares)
    lng = sorted(one[1] for one in squares)
    cut = len(lat) // 100
    if cut:
        lat, lng = lat[cut:-cut], lng[cut:-cut]
    new = [mark for mark in marks if mark.kind in ("site", "van")]
    held = list(marks) if holds_all or not (new or squares) else new
    lat += [mark.lat for mark in held]
    lng += [mark.lng for mark in held]
    if not lat:
        return None
    edge = 0.004
    return min(lat) - edge, max(lat) + edge, min(lng) - edge, max(lng) + edge


def _draw_squares(
    drawn: SiteMap,
    view: _View,
    squares: Sequence[tuple[float, float, float]],
    side_m: float,
    steps: Sequence[float] | None,
) -> None:
    ends = list(steps) if steps is not None else classes_of([one[2] for one in squares])
    if not ends:
        return
    size = max(1.5, round(side_m * view.scale, 1))
    paths: dict[int, list[str]] = {}
    most = sorted(squares, key=lambda one: -one[2])[:MOST_SQUARES]
    for lat, lng, value in most:
        number = sum(value >= end for end in ends)
        x, y = view.at(lat, lng)
        if number and 0 <= x <= WIDTH and 0 <= y <= view.height:
            paths.setdefault(number, []).append(
                f"M{round(x - size / 2, 1)} {round(y - size / 2, 1)}h{size}v{size}h-{size}z"
            )
    shift = CLASSES - len(ends)
    drawn.squares = [
        {"number": number + shift, "d": "".join(paths[number])} for number in sorted(paths)
    ]
    drawn.steps = [
        {"number": at + 1 + shift, "text": f"{end:g} 以上" if at == len(ends) - 1 else f"{end:g}–{ends[at + 1]:g}"}
        for at, end in enumerate(ends)
    ]  # fmt: skip


def _round(value: float) -> float:
    if value <= 0:
        return 0.0
    power = 10 ** math.floor(math.log10(value))
    return float(f"{round(value / power) * power:.6g}")
