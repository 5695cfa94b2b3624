"""Borders of the counties that the operator brings: read once, within limits, drawn as SVG paths.

The product holds no border. Whoever shows one needs a map that the surveying authority has passed,
and its number (审图号) beside it (《地图管理条例》, 2015): without the number nothing is
drawn. The file is GeoJSON in degrees (CGCS2000 or WGS-84), one feature a county with ``adcode``.

Points are put on a grid of ``WIDTH`` steps, and what falls together or lies on a straight line is
left out; neighbours share their grid points, so no gap opens between them.
"""

import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanxin.kernel import regions
from nuanxin.kernel.errors import Malformed

WIDTH = 2000
MOST_BYTES = 20 * 1024 * 1024
MOST_FEATURES = 400
MOST_POINTS_READ = 1_000_000
MOST_POINTS_DRAWN = 40_000
_LNG, _LAT = (73.0, 136.0), (3.0, 54.0)
_NUMBER = re.compile(r"[A-Z\u4e00-\u9fff]{1,6}[（(](19|20)\d{2}[)）]\d{1,6}号")

Point = tuple[int, int]
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Area:
    """A county as drawn: the path, and the box around it (left, top, right, bottom)."""

    adcode: str
    path: str
    box: Box


@dataclass(frozen=True, slots=True)
class Boundaries:
    """All counties of today, with the number of the map that they are from."""

    areas: tuple[Area, ...]
    number: str
    points: int

    def of_city(self, city: str) -> tuple[Area, ...]:
        """Return the areas of a city's counties, of all counties for an empty code."""
        return tuple(one for one in self.areas if not city or one.adcode[:4] == city[:4])


def box_around(areas: Iterable[Area]) -> Box:
    """Return the box that holds all areas."""
    boxes = [one.box for one in areas]
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


@lru_cache(maxsize=4)
def get_boundaries(path: str, number: str) -> Boundaries | None:
    """Return the operator's boundaries, None where none are set; each file is read once a process.

    Raises ``Malformed`` boundaries.no_number, .unreadable, .too_large, .places, .coordinates.
    """
    if not path:
        return None
    if not _NUMBER.fullmatch(number):
        raise _fault(
            "no_number",
            "用了县界，图上就要写审图号，例如“浙S（2024）12号”。请把它写进设置"
            " NUANXIN_FIGURES_BOUNDARIES_NUMBER。",
        )
    return _drawn(_rings_by_county(_read(Path(path))), number)


def _read(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _fault("too_large", f"县界文件太大，最多 {MOST_BYTES // 1024**2} MB。请先简化。")
        document = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise _fault("unreadable", f"打不开县界文件 {path.name}。请检查路径和权限。") from error
    except (ValueError, RecursionError) as error:
        raise _fault("unreadable", f"{path.name} 不是 GeoJSON，读不出来。请重新导出。") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise _fault("unreadable", "县界文件里没有 FeatureCollection。请导出成 GeoJSON 要素集合。")
    if len(features) > MOST_FEATURES:
        raise _fault("too_large", f"县界文件里有 {len(features)} 个要素，最多 {MOST_FEATURES} 个。")
    return features


def _rings_by_county(features: list[Any]) -> dict[str, list[list[tuple[float, float]]]]:
    wanted = {tile.code: tile.name for tile in regions.tilemap().tiles}
    found: dict[str, list[list[tuple[float, float]]]] = {}
    read = 0
    for feature in features:
        adcode = _adcode(feature)
        if adcode not in wanted:
            continue  # another province, or a county of earlier days
        if adcode in found:
            raise _fault("places", f"{wanted[adcode]}（{adcode}）在县界文件里写了两次。请留一个。")
        found[adcode] = list(_rings(feature, wanted[adcode]))
        read += sum(map(len, found[adcode]))
        if read > MOST_POINTS_READ:
            raise _fault("too_large", f"县界的点太多，最多 {MOST_POINTS_READ:,} 个。请先简化。")
    missing = [name for code, name in wanted.items() if code not in found]
    if missing:
        raise _fault(
            "places",
            f"县界文件里缺 {len(missing)} 个县（市、区）：{'、'.join(missing[:5])}"
            f"{'等' if len(missing) > 5 else ''}。每个要素要有 adcode，例如 330105。",
        )
    return found


def _adcode(feature: Any) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    told = properties.get("adcode") if isinstance(properties, dict) else None
    return str(told).strip() if isinstance(told, int | str) else ""


def _rings(feature: dict[str, Any], name: str) -> Iterator[list[tuple[float, float]]]:
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
        raise _fault("coordinates", f"{name}不是面（Polygon 或 MultiPolygon）。请重新导出。")
    told = geometry.get("coordinates")
    try:
        polygons: list[Any] = [told] if kind == "Polygon" else list(told or ())
        for polygon in polygons:
            for ring in polygon:
                yield [_point(point, name) for point in ring]
    except (TypeError, ValueError, IndexError) as error:
        raise _fault("coordinates", f"{name}的坐标读不出来。请重新导出。") from error


def _point(told: Any, name: str) -> tuple[float, float]:
    lng, lat = float(told[0]), float(told[1])
    if not (_LNG[0] <= lng <= _LNG[1] and _LAT[0] <= lat <= _LAT[1]):
        raise _fault(
            "coordinates",
            f"{name}有一个点在 {lng:g}, {lat:g}，不在国内。坐标要是经纬度，先经后纬；"
            "投影坐标请先换成 CGCS2000 或 WGS-84。",
        )
    return lng, lat


def _drawn(counties: dict[str, list[list[tuple[float, float]]]], number: str) -> Boundaries:
    """Return the counties on the grid: equirectangular, true to scale in the middle of the map."""
    points = [point for rings in counties.values() for ring in rings for point in ring]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    narrow = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / max((east - west) * narrow, 1e-9)
    areas, drawn = [], 0
    for adcode, rings in sorted(counties.items()):
        placed = [
            _thinned(
                [(round((x - west) * narrow * scale), round((north - y) * scale)) for x, y in r]
            )
            for r in rings
        ]
        kept = [ring for ring in placed if len(ring) >= 3]
        if not kept:
            name = regions.region(adcode).name
            raise _fault("coordinates", f"{name}的面太小，画不出来。请检查它的坐标。")
        drawn += sum(map(len, kept))
        areas.append(Area(adcode, "".join(map(_path, kept)), _box(kept)))
    if drawn > MOST_POINTS_DRAWN:
        raise _fault(
            "too_large",
            f"县界简化后还有 {drawn:,} 个点，最多 {MOST_POINTS_DRAWN:,} 个，网页会太慢。"
            "请先简化，例如 mapshaper 的 -simplify。",
        )
    return Boundaries(tuple(areas), number, drawn)


def _thinned(ring: Sequence[Point]) -> list[Point]:
    """Return the ring without points that fall together or lie straight between their neighbours."""
    kept: list[Point] = []
    for point in ring:
        if kept and kept[-1] == point:
            continue
        while len(kept) >= 2 and _is_straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    if len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    return kept


def _is_straight(one: Point, two: Point, three: Point) -> bool:
    (ax, ay), (bx, by) = (two[0] - one[0], two[1] - one[1]), (three[0] - two[0], three[1] - two[1])
    return ax * by == ay * bx and ax * bx + ay * by > 0


def _path(ring: Sequence[Point]) -> str:
    parts = [f"M{ring[0][0]} {ring[0][1]}l"]
    steps = [f"{x - was_x} {y - was_y}" for (was_x, was_y), (x, y) in itertools.pairwise(ring)]
    return "".join(parts) + " ".join(steps) + "z"


def _box(rings: Sequence[Sequence[Point]]) -> Box:
    xs = [x for ring in rings for x, _ in ring]
    ys = [y for ring in rings for _, y in ring]
    return min(xs), min(ys), max(xs), max(ys)


def _fault(code: str, message: str) -> Malformed:
    return Malformed(f"boundaries.{code}", message)
