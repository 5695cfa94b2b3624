"""Stations written as a workbook, as CSV and as GeoJSON, with the columns that lists are read by."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from nuanxin.stations.forms.list_file import LABELS, Column
from nuanxin.stations.queries.listing_out import GivenStation

_CRS = {"gcj02": "GCJ-02", "bd09": "BD-09", "wgs84": "WGS-84"}
_FLAGS = (Column.BENCHMARK, Column.DAY_AND_NIGHT, Column.SMART, Column.SHARED)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝")
COLUMNS = tuple(column for column in Column if column not in (Column.LNG_LAT, Column.TAGS))
STANDING = "去留"


def cells_of(one: GivenStation, labels: Mapping[str, str], *, in_wgs84: bool) -> list[Any]:
    """Return a station under ``COLUMNS`` and its standing, as a spreadsheet holds it."""
    told = _told(one, labels) | one.maps
    values = one.values
    lng, lat, crs = values["lng"], values["lat"], _CRS[values["crs"]]
    if in_wgs84:
        lng, lat, crs = values["wgs_lng"], values["wgs_lat"], "WGS-84"
    told |= {"lng": round(lng, 6), "lat": round(lat, 6), "crs": crs}
    return [*(_cell(told.get(column.value)) for column in COLUMNS), one.standing]


def _told(one: GivenStation, labels: Mapping[str, str]) -> dict[str, Any]:
    plain = one.values
    flags = {column.value: "是" if plain[column.value] else "否" for column in _FLAGS}
    return {
        **{name: plain[name] for name in (
            "code", "name", "address", "host_name", "hours", "extended_hours", "scan_hours",
            "area_m2", "capacity_persons", "floor",
        )},
        **flags,
        "name_kind": one.name_kind,
        "county": one.county,
        "town": one.town,
        "host_kind": one.host_kind,
        "brand": one.brand,
        "aliases": "、".join(one.aliases),
        "opened_on": plain["opened_on"].isoformat() if plain["opened_on"] else "",
        "facilities": "、".join(
            labels.get(kind, kind).replace("、", "") + (f"×{count}" if count > 1 else "")
            for kind, count, works in one.facilities
            if works
        ),
    }  # fmt: skip


def _cell(value: Any) -> Any:
    """Return the value; nothing in a text is read as a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def headings() -> list[str]:
    """Return the heading row."""
    return [*(LABELS[column] for column in COLUMNS), STANDING]


def workbook(rows: Iterable[GivenStation], labels: Mapping[str, str]) -> bytes:
    """Return the stations as an .xlsx, coordinates as they were given, with their system."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet("驿站")
        sheet.freeze_panes(1, 2)
        sheet.set_column(1, 1, 32)
        sheet.write_row(0, 0, headings(), book.add_format({"bold": True}))
        for at, one in enumerate(rows, start=1):
            sheet.write_row(at, 0, cells_of(one, labels, in_wgs84=False))
    return content.getvalue()


def csv_lines(rows: Iterable[GivenStation], labels: Mapping[str, str]) -> Iterator[bytes]:
    """Return the stations as CSV (UTF-8 with its mark), coordinates in WGS-84."""
    yield b"\xef\xbb\xbf" + _csv_line(headings())
    for one in rows:
        yield _csv_line(cells_of(one, labels, in_wgs84=True))


def _csv_line(cells: list[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def geojson_parts(rows: Iterable[GivenStation]) -> Iterator[bytes]:
    """Return the stations as GeoJSON (RFC 7946: WGS-84, six digits), a feature a part."""
    yield b'{"type":"FeatureCollection","features":['
    for at, one in enumerate(rows):
        text = json.dumps(feature_of(one), ensure_ascii=False, separators=(",", ":"))
        yield (b",\n" if at else b"\n") + text.encode()
    yield b"\n]}\n"


def feature_of(one: GivenStation) -> dict[str, Any]:
    """Return one station as a feature; properties in the names that lists are read by."""
    plain = one.values
    properties = {
        "code": plain["code"], "name": plain["name"], "brand": one.brand,
        "aliases": list(one.aliases), "name_kind": one.name_kind,
        "adcode": f"{plain['adcode']:06}", "town": one.town, "address": plain["address"],
        "host": plain["host_name"], "host_kind": one.host_kind, "benchmark": plain["is_benchmark"],
        "is_24h": plain["is_24h"], "smart": plain["is_smart"], "shared": plain["is_shared"],
        "opening_hours": plain["hours"], "extended_hours": plain["extended_hours"],
        "scan_hours": plain["scan_hours"], "area_m2": plain["area_m2"],
        "capacity": plain["capacity_persons"], "floor": plain["floor"],
        "opened_on": plain["opened_on"].isoformat() if plain["opened_on"] else None,
        "facilities": [kind for kind, _, works in one.facilities if works],
        "standing": one.standing, **one.maps,
    }  # fmt: skip
    return {
        "type": "Feature",
        "id": plain["code"],
        "geometry": {
            "type": "Point",
            "coordinates": [round(plain["wgs_lng"], 6), round(plain["wgs_lat"], 6)],
        },
        "properties": {key: value for key, value in properties.items() if value not in (None, "")},
    }
