"""An uploaded table of demand, .csv, .xlsx, .xls or GeoJSON: points with persons by hour.

Whatever the file is, it becomes one heading and numbered lines of texts; what is wrong with a line is
told with its number, and nothing is kept then. An area of GeoJSON stands for the middle of it.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import CRS, convert, is_in_china
from nuanxin.membership.forms.roster_file import read_sheets_safely
from nuanxin.membership.rules.limits import UPLOAD_LIMITS
from nuanxin.stations.models.station import EAST, NORTH, SOUTH, WEST
from nuanxin.stations.rules.siting_grid import HOURS

MOST_LINES = 100_000
MOST_PERSONS = 100_000
HEADING_SEARCH_ROWS = 30
_FAULTS_TOLD = 20
_LNG, _LAT, _PERSONS = (
    ("经度", "lng", "lon", "longitude"),
    ("纬度", "lat", "latitude"),
    ("人数", "persons"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

Point = tuple[float, float, list[float]]
Line = tuple[int, Sequence[str]]


def read_points(body: bytes, *, crs: CRS, hours: tuple[int, int]) -> list[Point]:
    """Return the points of a file in WGS-84: (lng, lat, persons by hour).

    ``hours`` are those over which a single column of persons is spread. What kind of file it is tells
    its content. Raises ``Malformed`` stations.grid_unreadable or stations.grid_faults with the first
    faulty lines, and what a workbook that cannot be read raises.
    """
    heads, lines, unit = _table(body)
    listed = list(islice(lines, MOST_LINES + 1))
    if not listed:
        raise _unreadable("这个文件里没有数据行。第一行写列名，下面一行一个点。")
    if len(listed) > MOST_LINES:
        raise _unreadable(f"最多 {MOST_LINES:,} 行，这份更多。格子取大一点。")
    lng, lat, by_hour = _columns([head.strip().lower() for head in heads])
    points, faults = [], []
    for number, cells in listed:
        try:
            points.append(_point(cells, lng, lat, by_hour, crs, hours))
        except ValueError as fault:
            faults.append(f"第 {number} {unit}：{fault}")
            if len(faults) == _FAULTS_TOLD:
                break
    if faults:
        raise Malformed("stations.grid_faults", "；".join(faults) + "。改好再传，这次什么都没存。")
    return points


def _unreadable(words: str) -> Malformed:
    return Malformed("stations.grid_unreadable", words)


# ---- kinds of files -----------------------------------------------------------------------------


def _table(body: bytes) -> tuple[Sequence[str], Iterator[Line], str]:
    """Return the heading, the lines that say something, and what a line is called."""
    if body.startswith(_WORKBOOKS):
        return _workbook(body)
    if body[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _geojson(body)
    rows = enumerate(csv.reader(io.StringIO(_decoded(body).replace("\x00", ""))), start=1)
    _, heads = next(rows, (0, []))
    return heads, _told(rows), "行"


def _told(rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[Line]:
    return ((number, cells) for number, cells in rows if any(cell.strip() for cell in cells))


def _workbook(body: bytes) -> tuple[Sequence[str], Iterator[Line], str]:
    """Take the sheet and the row that name longitude and latitude; titles may stand above."""
    for grid in read_sheets_safely(body, "需求表.xlsx", limits=UPLOAD_LIMITS):
        for at, cells in enumerate(grid.rows(0, HEADING_SEARCH_ROWS)):
            heads = [cell.strip().lower() for cell in cells]
            if _place_of(heads, _LNG) >= 0 and _place_of(heads, _LAT) >= 0:
                below = enumerate(grid.rows(at + 1, grid.height), start=at + 2)
                return heads, _told(below), "行"
    raise _unreadable("表里没有找到「经度」和「纬度」两列。列名写在一行里，下面一行一个点。")


def _geojson(body: bytes) -> tuple[Sequence[str], Iterator[Line], str]:
    try:
        document: Any = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _unreadable("这个文件不是完整的 GeoJSON，多半没有下载完。请重新导出一份。") from None
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise _unreadable("GeoJSON 里要有 FeatureCollection，每个点或每个格子一个 Feature。")
    names = list(dict.fromkeys(str(key) for one in features for key in _properties(one)))
    heads = ["经度", "纬度", *(name for name in names if name not in ("经度", "纬度"))]
    lines = (
        (number, [*_middle_of(one), *(_text(_properties(one).get(name)) for name in heads[2:])])
        for number, one in enumerate(features, start=1)
    )
    return heads, lines, "个"


def _properties(feature: Any) -> dict[str, Any]:
    told = feature.get("properties") if isinstance(feature, dict) else None
    return told if isinstance(told, dict) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _middle_of(feature: Any) -> tuple[str, str]:
    """Return longitude and latitude as texts: of a point, or of the middle of an area; else empty."""
    shape = feature.get("geometry") if isinstance(feature, dict) else None
    kind: Any = shape.get("type") if isinstance(shape, dict) else None
    given: Any = shape.get("coordinates") if isinstance(shape, dict) else None
    try:
        if kind == "Point":
            return repr(float(given[0])), repr(float(given[1]))
        if kind not in ("Polygon", "MultiPolygon"):
            return "", ""
        lng, lat = _centroid(given[:1] if kind == "Polygon" else [area[0] for area in given])
        return repr(lng), repr(lat)
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return "", ""


def _centroid(rings: Sequence[Sequence[Sequence[float]]]) -> tuple[float, float]:
    """Return the centroid of outer rings; in degrees, which over a cell is near enough.

    Reckoned from the first corner: areas of a cell are lost in the digits of whole degrees.
    """
    east, north = float(rings[0][0][0]), float(rings[0][0][1])
    area = lng = lat = 0.0
    for ring in rings:
        corners = [(float(corner[0]) - east, float(corner[1]) - north) for corner in ring]
        part, part_lng, part_lat = 0.0, 0.0, 0.0
        for (x, y), (u, v) in zip(corners, [*corners[1:], corners[0]], strict=True):
            cross = x * v - u * y
            part, part_lng, part_lat = part + cross, part_lng + (x + u) * cross, part_lat + (y + v) * cross  # fmt: skip
        turn = math.copysign(1.0, part)
        area, lng, lat = area + turn * part, lng + turn * part_lng, lat + turn * part_lat
    return east + lng / (3 * area), north + lat / (3 * area)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030", errors="replace")


# ---- lines --------------------------------------------------------------------------------------


def _place_of(heads: Sequence[str], names: tuple[str, ...]) -> int:
    return next((at for at, head in enumerate(heads) if head in names), -1)


def _columns(heads: Sequence[str]) -> tuple[int, int, list[int]]:
    lng, lat, persons = (_place_of(heads, names) for names in (_LNG, _LAT, _PERSONS))
    by_hour = [_place_of(heads, (f"{hour}点", f"{hour}", f"{hour:02}", f"{hour:02}点", f"h{hour}")) for hour in range(HOURS)]  # fmt: skip
    if lng < 0 or lat < 0:
        raise _unreadable("第一行里没有找到「经度」和「纬度」两列。")
    if min(by_hour) < 0:
        if persons < 0:
            raise _unreadable("没有找到「人数」这一列，也没有 0点到 23点 的 24 列。")
        by_hour = [persons]
    return lng, lat, by_hour


def _point(
    cells: Sequence[str], lng: int, lat: int, by_hour: list[int], crs: CRS, hours: tuple[int, int]
) -> Point:
    try:
        east, north = float(cells[lng]), float(cells[lat])
    except (ValueError, IndexError):
        raise ValueError("经度、纬度要是数字") from None
    if is_in_china(north, east) and not is_in_china(east, north):
        raise ValueError("经度和纬度写反了")
    east, north = convert(east, north, source=crs, target=CRS.WGS84)
    if not (WEST <= east <= EAST and SOUTH <= north <= NORTH):
        raise ValueError("这个点不在浙江")
    told = [_persons(cells[at] if at < len(cells) else "") for at in by_hour]
    if len(told) == 1:
        told = [told[0] if hours[0] <= hour < hours[1] else 0.0 for hour in range(HOURS)]
    return east, north, told


def _persons(text: str) -> float:
    try:
        persons = float(text.strip() or 0)
    except ValueError:
        raise ValueError(f"「{text[:20]}」不是人数") from None
    if not 0 <= persons <= MOST_PERSONS:
        raise ValueError(f"人数要在 0 和 {MOST_PERSONS:,} 之间")
    return persons
