"""Charts of the public page as pictures that stand alone: plain SVG with title, day, source and hash.

Pure: finished numbers in, SVG out, as everybody may read them (None is withheld). Text is escaped;
colours are the product's.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from nuanxin.figures.rules.reports.charts import INK, INK_2, RULE
from nuanxin.kernel import regions
from nuanxin.kernel.boundaries import Boundaries, box_around
from nuanxin.kernel.map_classes import class_of, round_breaks

WIDTH = 640.0
_PAPER, _WHITE = "#FBF7F2", "#FFFFFF"
_SHADES = (_WHITE, "#F7E6D9", "#EDBFA3", "#DD8F6D", "#BF5238", "#7E1D12")
_DARK_FROM = 4
_SIDE, _TILE, _MARGIN = 24.0, 40.0, 16.0
_HEAD, _FOOT = 76.0, 62.0
_MOST_TITLE = 30
_WAN = 10_000
WITHHELD = "不公布"


@dataclass(frozen=True, slots=True)
class Caption:
    """The words of a picture: what it shows, of when, and how one finds the numbers again."""

    title: str
    day: str
    note: str
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A piece of SVG and its height at a width of ``WIDTH``."""

    svg: str
    height: float


def framed(drawing: Drawing, caption: Caption, family: str) -> str:
    """Return the whole picture: the words above and below a drawing, on paper."""
    width, height = WIDTH + 2 * _SIDE, _HEAD + drawing.height + _FOOT
    bottom = height - _FOOT
    words = (
        _text(_SIDE, 34, caption.title, INK, size=20 if len(caption.title) <= _MOST_TITLE else 16),
        _text(_SIDE, 58, caption.day, INK_2, size=13),
        _text(_SIDE, bottom + 26, caption.note, INK_2, size=11),
        _text(_SIDE, bottom + 46, f"{caption.source}　指纹 {caption.digest}", INK_2, size=11),
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width:g}" height="{height:g}" font-family="{escape(family)}">'
        f'<rect width="{width:g}" height="{height:g}" fill="{_PAPER}"/>{"".join(words)}'
        f'<g transform="translate({_SIDE:g} {_HEAD:g})">{drawing.svg}</g></svg>'
    )


def county_map(
    values: Mapping[str, int | None], *, city: str = "", borders: Boundaries | None = None
) -> Drawing:
    """Return the counties of a city, or all, shaded; within ``borders`` where there are some."""
    tiles = [tile for tile in regions.tilemap().tiles if not city or tile.city_code == city]
    breaks = round_breaks([v for v in (values.get(tile.code) for tile in tiles) if v])
    if borders is None:
        shapes, height = _squares(tiles, values, breaks)
    else:
        shapes, height = _areas(borders, city, values, breaks)
    return Drawing("".join(shapes) + _legend(breaks, height + 22), height + 36)


def _squares(
    tiles: Sequence[regions.Tile], values: Mapping[str, int | None], breaks: Sequence[float]
) -> tuple[list[str], float]:
    left, top = min(t.x for t in tiles), min(t.y for t in tiles)
    across, down = max(t.x for t in tiles) - left + 1, max(t.y for t in tiles) - top + 1
    side = min(WIDTH / across, _TILE * 2)
    offset = (WIDTH - across * side) / 2
    shapes = []
    for tile in tiles:
        x, y = offset + (tile.x - left) * side, (tile.y - top) * side
        shade = class_of(values.get(tile.code), breaks)
        ink = _WHITE if shade >= _DARK_FROM else INK
        shapes.append(
            f'<rect x="{x + 1:.1f}" y="{y + 1:.1f}" width="{side - 2:.1f}" height="{side - 2:.1f}"'
            f' rx="2" fill="{_SHADES[shade]}" stroke="{RULE}" stroke-width="0.75"/>'
        )
        middle = x + side / 2
        shapes.append(_text(middle, y + side / 2, tile.short_name, ink, size=12, anchor="middle"))
        told = _told(values, tile.code)
        shapes.append(_text(middle, y + side / 2 + 15, told, ink, size=10, anchor="middle"))
    return shapes, down * side


def _areas(
    borders: Boundaries, city: str, values: Mapping[str, int | None], breaks: Sequence[float]
) -> tuple[list[str], float]:
    areas = borders.of_city(city)
    left, top, right, bottom = box_around(areas)
    scale = WIDTH / max(1, right - left)
    shapes = [
        f'<path d="{area.path}" fill="{_SHADES[class_of(values.get(area.adcode), breaks)]}"'
        f' stroke="{INK_2}" stroke-width="{0.6 / scale:.2f}" stroke-linejoin="round"'
        f' transform="scale({scale:.5f}) translate({-left} {-top})"/>'
        for area in areas
    ]
    names = {tile.code: tile.short_name for tile in regions.tilemap().tiles}
    for area in areas if city else ():
        x = ((area.box[0] + area.box[2]) / 2 - left) * scale
        y = ((area.box[1] + area.box[3]) / 2 - top) * scale
        ink = _WHITE if class_of(values.get(area.adcode), breaks) >= _DARK_FROM else INK
        shapes.append(_text(x, y, names[area.adcode], ink, size=12, anchor="middle"))
    return shapes, (bottom - top) * scale


def _told(values: Mapping[str, int | None], code: str) -> str:
    value = values.get(code, 0)
    return WITHHELD if value is None else written(value)


def _legend(breaks: Sequence[float], y: float) -> str:
    if not breaks:
        return ""
    bounds = [written(bound) for bound in breaks]
    words = [f"不到 {bounds[0]}"]
    words += [f"{low}—{high}" for low, high in itertools.pairwise(bounds)]
    words.append(f"{bounds[-1]}以上")
    step = WIDTH / len(words)
    return "".join(
        f'<rect x="{number * step:.1f}" y="{y:.1f}" width="22" height="12"'
        f' fill="{_SHADES[number + 1]}" stroke="{RULE}" stroke-width="0.5"/>'
        + _text(number * step + 28, y + 10, told, INK_2, size=11)
        for number, told in enumerate(words)
    )


def written(value: float) -> str:
    """Return a number as charts write it: 1,234 or 1.2万."""
    if value >= _WAN:
        return f"{int(value / _WAN * 100) / 100:,.2f}".rstrip("0").rstrip(".") + "万"
    return f"{value:,.0f}"


def _text(x: float, y: float, words: str, ink: str, *, size: float, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{ink}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )
