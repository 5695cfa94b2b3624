"""A dropped list of stations, .xlsx, .csv or GeoJSON: its columns found by their headings, its rows.

Every row comes back as texts by column, with its number in the file; nothing is decided here.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import readable
from nuanxin.membership.forms.roster_file import read_sheets_safely
from nuanxin.membership.forms.roster_grid import NUMBER, Grid
from nuanxin.membership.forms.roster_headings import fold_heading
from nuanxin.membership.forms.roster_values import read_day
from nuanxin.membership.rules.limits import UPLOAD_LIMITS

MOST_ROWS = 20_000
HEADING_SEARCH_ROWS = 30
_SUMS = frozenset({"合计", "总计", "小计", "共计"})


class Column(StrEnum):
    """What a column can hold."""

    CODE = "code"
    NAME = "name"
    BRAND = "brand"
    ALIASES = "aliases"
    NAME_KIND = "name_kind"
    COUNTY = "county"
    TOWN = "town"
    ADDRESS = "address"
    LNG = "lng"
    LAT = "lat"
    LNG_LAT = "lng_lat"
    CRS = "crs"
    HOST_NAME = "host_name"
    HOST_KIND = "host_kind"
    TAGS = "tags"
    BENCHMARK = "is_benchmark"
    DAY_AND_NIGHT = "is_24h"
    SMART = "is_smart"
    SHARED = "is_shared"
    HOURS = "hours"
    EXTENDED = "extended_hours"
    SCAN = "scan_hours"
    FACILITIES = "facilities"
    AREA = "area_m2"
    CAPACITY = "capacity_persons"
    FLOOR = "floor"
    OPENED_ON = "opened_on"
    AMAP = "amap"
    BAIDU = "baidu"
    TENCENT = "tencent"


HEADINGS: dict[Column, str] = {
    Column.CODE: "编号 驿站编号 站点编号 站点编码 code",
    Column.NAME: "名称 驿站名称 站点名称 服务站点名称 驿站 站点 站名 点位名称 服务点名称 name",
    Column.BRAND: "品牌名 本地品牌名 品牌 brand",
    Column.ALIASES: "别名 别的叫法 曾用名 其他名称 alias aliases alt_name",
    Column.NAME_KIND: "站点类别 类别 驿站类别 name_kind",
    Column.COUNTY: "县(市、区) 县市区 区县 县区 区 县 所在区县 所在县市区 所属区县 所在区 行政区 地区 行政区划 区划代码 "
    "行政区划代码 adcode county district",
    Column.TOWN: "乡镇(街道) 乡镇街道 街道 乡镇 镇街 所在街道 所属街道 所在乡镇 town street_office",
    Column.ADDRESS: "地址 详细地址 驿站地址 站点地址 所在地址 具体地址 address addr",
    Column.LNG: "经度 lng lon longitude x",
    Column.LAT: "纬度 lat latitude y",
    Column.LNG_LAT: "坐标 经纬度 坐标(经度,纬度) 经度纬度 位置坐标 location",
    Column.CRS: "坐标系 坐标系统 地图来源 crs",
    Column.HOST_NAME: "共建单位 依托单位 建设单位 承建单位 所属单位 单位名称 host operator",
    Column.HOST_KIND: "共建单位类别 依托单位类别 单位类别 host_kind",
    Column.TAGS: "类型 站点类型 驿站类型 标签 tags",
    Column.BENCHMARK: "标杆 是否标杆 benchmark",
    Column.DAY_AND_NIGHT: "24小时 是否24小时 全天 is_24h",
    Column.SMART: "智慧 是否智慧 smart",
    Column.SHARED: "共享 是否共享 shared",
    Column.HOURS: "有人值守 开放时间 服务时间 营业时间 值守时间 开放时段 opening_hours hours",
    Column.EXTENDED: "延时开放 延时时间 extended_hours",
    Column.SCAN: "扫码进门 无人值守时间 扫码时间 scan_hours",
    Column.FACILITIES: "设施 服务设施 设施设备 配套设施 服务功能 服务项目 facilities amenities",
    Column.AREA: "面积 面积(平方米) 建筑面积 使用面积 面积(㎡) area area_m2",
    Column.CAPACITY: "能坐几人 座位 座位数 容纳人数 可容纳人数 capacity",
    Column.FLOOR: "楼层 floor level",
    Column.OPENED_ON: "启用日期 启用时间 建成时间 投用时间 开放日期 建站时间 opened_on start_date",
    Column.AMAP: "高德编号 高德poi 高德id amap",
    Column.BAIDU: "百度编号 百度poi 百度id baidu",
    Column.TENCENT: "腾讯编号 腾讯poi 腾讯id tencent",
}
LABELS = {column: words.split()[0] for column, words in HEADINGS.items()}
_TOLD = {fold_heading(word): column for column, words in HEADINGS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row: its number in the file, and the text under each column that was found."""

    row: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StationList:
    """What was read: the rows, the headings that were not understood, and whether it is GeoJSON."""

    rows: tuple[ListedRow, ...]
    ignored: tuple[str, ...]
    is_geojson: bool


def read_station_list(content: bytes, file_name: str) -> StationList:
    """Return the rows of a file; raise ``Malformed`` station_list.* for one that is none.

    GeoJSON is told by its content, not by the name.
    """
    head = content[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    found = _geojson(content) if head.startswith(b"{") else _sheet(content, file_name)
    if not found.rows:
        raise Malformed("station_list.empty", "这份文件里没有驿站。请确认存过盘，再传一次。")
    if len(found.rows) > MOST_ROWS:
        raise Malformed(
            "station_list.too_many",
            f"这份有 {len(found.rows):,} 行，一次最多 {MOST_ROWS:,} 行。请按县（市、区）拆开传。",
        )
    return found


# ---- GeoJSON ------------------------------------------------------------------------------------


def _geojson(content: bytes) -> StationList:
    try:
        document: Any = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _no_geojson("这个文件不是完整的 GeoJSON，多半没有下载完。请重新导出一份。") from None
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise _no_geojson("GeoJSON 里要有 FeatureCollection，每个驿站一个 Point。")
    rows, ignored = [], dict[str, None]()
    for number, feature in enumerate(features[: MOST_ROWS + 1], start=1):
        rows.append(ListedRow(number, _cells_of(feature, ignored)))
    return StationList(tuple(rows), tuple(ignored)[:20], True)


def _no_geojson(words: str) -> Malformed:
    return Malformed("station_list.not_geojson", words)


def _cells_of(feature: Any, ignored: dict[str, None]) -> dict[str, str]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    cells: dict[str, str] = {}
    for key, value in (properties if isinstance(properties, dict) else {}).items():
        column = _TOLD.get(fold_heading(str(key)))
        if column is None:
            ignored.setdefault(str(key)[:40])
        elif text := _plain(value):
            cells.setdefault(column.value, text)
    point = geometry.get("coordinates") if isinstance(geometry, dict) else None
    is_point = isinstance(geometry, dict) and geometry.get("type") == "Point"
    if point is not None and is_point and _is_point(point):
        cells[Column.LNG.value], cells[Column.LAT.value] = repr(point[0]), repr(point[1])
    return cells


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) >= 2
        and all(
            isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
            for one in point[:2]
        )
    )


def _plain(value: Any) -> str:
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_plain(one) for one in value[:60])
    return readable(str(value))[:400]


# ---- tables -------------------------------------------------------------------------------------


def _sheet(content: bytes, file_name: str) -> StationList:
    grids = [
        one for one in read_sheets_safely(content, file_name, limits=UPLOAD_LIMITS) if one.height
    ]
    if not grids:
        raise Malformed("station_list.empty", "这份文件里没有内容。请确认表格已经保存，再传一次。")
    judged = [(grid, *_heading_row(grid)) for grid in grids]
    grid, at, found = max(
        judged, key=lambda one: (len(one[2]), not one[0].is_hidden, one[0].height)
    )
    if Column.NAME not in found:
        raise Malformed(
            "station_list.no_name",
            "没有认出哪一列是驿站的名称。第一行写上列名，比如名称、县（市、区）、地址、经度、纬度。",
        )
    headings = grid.rows(at, at + 1)[0]
    ignored = [
        readable(text) for place, text in enumerate(headings)
        if text.strip() and place not in found.values()
    ]  # fmt: skip
    return StationList(tuple(_rows_of(grid, at + 1, found)), tuple(ignored)[:20], False)


def _heading_row(grid: Grid) -> tuple[int, dict[Column, int]]:
    """Return the row that says most of the columns, and which column is which."""
    best: tuple[int, dict[Column, int]] = (0, {})
    for at, cells in enumerate(grid.rows(0, HEADING_SEARCH_ROWS)):
        found: dict[Column, int] = {}
        for place, cell in enumerate(cells):
            column = _TOLD.get(fold_heading(cell)) if cell.strip() else None
            if column is not None:
                found.setdefault(column, place)
        if len(found) > len(best[1]):
            best = (at, found)
    return best


def _rows_of(grid: Grid, start: int, found: Mapping[Column, int]) -> Sequence[ListedRow]:
    rows = []
    for at, cells in enumerate(grid.rows(start, grid.height), start=start):
        texts = [readable(cell).lstrip("'")[:400] for cell in cells]
        told = [text for text in texts if text]
        if not told or told[0].replace(" ", "") in _SUMS:
            continue
        values = {
            column.value: texts[place]
            for column, place in found.items()
            if place < len(texts) and texts[place]
        }
        if text := values.get(Column.OPENED_ON.value):
            is_number = bool(grid.columns[found[Column.OPENED_ON]].kind[at] == NUMBER)
            day = read_day(text, is_number=is_number, date_1904=grid.date_1904)
            values[Column.OPENED_ON.value] = day.isoformat() if day else text
        rows.append(ListedRow(at + 1, values))
    return rows
