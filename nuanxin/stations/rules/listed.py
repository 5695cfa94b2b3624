"""A row of a list read as a station: texts become values, or a sentence says what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from nuanxin.kernel import regions
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.text import compact
from nuanxin.stations.rules.hours_words import read_any_hours
from nuanxin.stations.rules.names import compact_name
from nuanxin.stations.states import DefinitionTag, HostKind

_SPLIT = re.compile(r"[、,，;；/|\n\s]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DEGREES = re.compile(r"^(\d{1,3})[°度](\d{1,2})[′'分](\d{1,2}(?:\.\d+)?)[″\"秒]?[ENen东北]?$")
_YES = frozenset({"是", "有", "1", "true", "yes", "y", "√", "✓"})
_NO = frozenset({"否", "无", "没有", "0", "false", "no", "n", "×"})
_CRS_WORDS = {
    CRS.GCJ02: ("gcj02", "gcj-02", "高德", "腾讯", "火星", "国测局"),
    CRS.BD09: ("bd09", "bd-09", "百度"),
    CRS.WGS84: ("wgs84", "wgs-84", "cgcs2000", "天地图", "gps", "2000"),
}
_TAGS = {"is_benchmark": "标杆", "is_24h": "24", "is_smart": "智慧", "is_shared": "共享"}
_FACILITY_WORDS = {
    "water": "饮水 饮用水 饮水机 直饮水 水", "hot_water": "热水 开水", "charge": "充电 手机充电 充电插座 插座 充电宝",
    "toilet": "厕所 卫生间 洗手间", "nap": "躺椅 午休 休息床 床", "microwave": "微波炉 热饭",
    "medicine": "医药箱 药箱 急救箱 常用药 药品", "battery_swap": "换电 换电柜 电池", "counselling": "心理疏导 心理咨询 心理",
    "legal_desk": "法律服务 法律援助 法律咨询", "fridge": "冰箱 冰柜", "heating_cooling": "冷暖设备 空调 取暖 风扇 制冷",
    "table_chairs": "桌椅 座椅 桌子 椅子", "reading": "读书角 图书 书籍 阅读 报刊 书架", "wifi": "无线网络 wifi wi-fi 无线 网络",
    "rain_gear": "雨具 雨伞 雨衣 爱心伞", "tools": "常用工具 工具 工具箱 维修工具 打气筒", "aed": "aed 除颤仪",
    "blood_pressure": "血压计 血压", "mother_baby": "母婴室 母婴", "tv": "电视 电视机", "haircut": "理发",
    "sofa": "沙发", "two_wheeler_parking": "两轮车停放 停车 停车位 电动车停放 非机动车停放",
}  # fmt: skip
_KIND_OF_WORD = {word: kind for kind, words in _FACILITY_WORDS.items() for word in words.split()}


@dataclass(slots=True)
class Parsed:
    """What a row says, as plain values by field; only what was written is in ``values``.

    ``problem`` is (code, sentence) where it cannot be a station; ``notes`` what was left aside.
    """

    row: int
    values: dict[str, Any] = field(default_factory=dict)
    facilities: dict[str, int] = field(default_factory=dict)
    brand: str = ""
    aliases: list[str] = field(default_factory=list)
    maps: list[tuple[str, str]] = field(default_factory=list)
    code: str = ""
    problem: tuple[str, str] | None = None
    notes: list[str] = field(default_factory=list)


def parse_row(
    row: int, cells: Mapping[str, str], *, crs: CRS, low: int, high: int, labels: Mapping[str, str]
) -> Parsed:
    """Return what the row says; ``low`` to ``high`` are the county codes of the union, ``crs`` the
    system where the row names none, ``labels`` the facilities by kind."""
    parsed = Parsed(row)
    try:
        _texts(parsed, cells)
        _place(parsed, cells, crs, low, high)
        _measures(parsed, cells)
        _facilities(parsed, cells, labels)
    except Malformed as refusal:
        parsed.problem = (refusal.code, refusal.message)
    return parsed


def _texts(parsed: Parsed, cells: Mapping[str, str]) -> None:
    name = cells.get("name", "")[:80]
    if not compact_name(name):
        raise Malformed("station.name", "没有写驿站的名称。")
    parsed.values["name"] = name
    parsed.code = compact_code(cells.get("code", ""))
    parsed.brand = cells.get("brand", "")[:80]
    parsed.aliases = [one[:80] for one in _SPLIT.split(cells.get("aliases", "")) if one]
    if cells.get("host_name"):
        parsed.values["host_name"] = cells["host_name"][:80]
    for column in ("hours", "extended_hours", "scan_hours"):
        _hours(parsed, column, cells.get(column, ""))
    if host := cells.get("host_kind"):
        parsed.values["host_kind"] = int(_alike(host, HostKind, HostKind.OTHER))
    if kind := cells.get("name_kind"):
        parsed.values["name_kind"] = int(_alike(kind, DefinitionTag, DefinitionTag.UNION_STATION))
    parsed.maps = [(p, cells[p][:64]) for p in ("amap", "baidu", "tencent") if cells.get(p)]


def _hours(parsed: Parsed, column: str, text: str) -> None:
    """Take hours in OSM or in Chinese; what is not understood is told and left aside."""
    if not text:
        return
    read, problem = _read_hours(text)
    if problem:
        parsed.notes.append(f"“{text[:30]}”先空着：{problem}")
    else:
        parsed.values[column] = read


@lru_cache(maxsize=4_096)
def _read_hours(text: str) -> tuple[str, str]:
    """Return (hours in OSM, what is wrong): a list says the same few hours in most of its rows."""
    try:
        return read_any_hours(text), ""
    except Malformed as refusal:
        return "", refusal.message


def same_hours(one: str, other: str) -> bool:
    """Return whether two texts of hours say the same, however they are written."""
    return one == other or (bool(one and other) and _read_hours(one) == _read_hours(other))


def compact_code(text: str) -> str:
    """Return 330105-0001 for whatever dash was typed; "" for what is no number of a station."""
    digits = compact(text)
    is_code = digits.isdigit() and digits.startswith("33") and 10 <= len(digits) <= 12
    return f"{digits[:6]}-{digits[6:]}" if is_code else ""


def _alike(text: str, kinds: Any, otherwise: Any) -> Any:
    return next((one for one in kinds if text in one.label or one.label in text), otherwise)


def _place(parsed: Parsed, cells: Mapping[str, str], crs: CRS, low: int, high: int) -> None:
    address = cells.get("address", "")
    if not address:
        raise Malformed("station.address", "没有写地址，劳动者照着找不到。")
    county = _county(cells.get("county", ""), address, low, high)
    parsed.values |= {"address": address[:160], "adcode": int(county.code)}
    if town := cells.get("town", ""):
        code = _town(county.code, town)
        if code:
            parsed.values["town_code"] = code
        else:
            parsed.notes.append(f"{county.name}没有叫“{town}”的乡镇（街道），先空着")
    said = cells.get("crs", "").lower()
    words = {word: one for one, several in _CRS_WORDS.items() for word in several}
    crs = next((one for word, one in words.items() if said and word in said), crs)
    lng, lat = cells.get("lng", ""), cells.get("lat", "")
    if not (lng and lat) and cells.get("lng_lat"):
        both = _NUMBER.findall(cells["lng_lat"])
        lng, lat = (both[0], both[1]) if len(both) == 2 else ("", "")
    if not (lng and lat):
        raise Malformed("station.no_position", "没有写经纬度。在地图上选一下，再填进来。")
    parsed.values |= {"lng": _degrees(lng), "lat": _degrees(lat), "crs": crs.value}


def _degrees(text: str) -> float:
    if found := _DEGREES.match(compact(text).replace("’", "'")):
        whole, minutes, seconds = (float(part) for part in found.groups())
        return round(whole + minutes / 60 + seconds / 3_600, 8)
    try:
        value = float(text.rstrip("°度EN"))
    except ValueError:
        raise Malformed(
            "station.not_a_number", f"经纬度“{text[:20]}”读不懂，要写成 120.1505 这样。"
        ) from None
    if not -400 < value < 400:
        raise Malformed("station.not_a_number", f"经纬度“{text[:20]}”太大，多半漏了小数点。")
    return value


@lru_cache(maxsize=1)
def _counties() -> dict[str, regions.Region]:
    found: dict[str, regions.Region] = {}
    for county in regions.counties():
        city = regions.region(county.parent_code)
        for head in ("", city.name, city.short_name, f"浙江省{city.name}"):
            found[f"{head}{county.name}"] = county
        found[county.code] = county
        found.setdefault(county.short_name, county)
    return found


def _county(text: str, address: str, low: int, high: int) -> regions.Region:
    """Return the county that is written, that the address names, or the only one of the union."""
    known = _counties()
    county = known.get(compact(text)) if text else None
    if text and county is None:
        raise Malformed("station.county", f"没有认出县（市、区）“{text[:20]}”。")
    if county is None and low == high:
        county = known.get(str(low))
    if county is None:
        named = [one for name, one in known.items() if len(name) > 2 and name in address]
        within = {one.code: one for one in named if low <= int(one.code) <= high}
        county = next(iter(within.values())) if len(within) == 1 else None
    if county is None:
        raise Malformed("station.county", "没有写县（市、区），地址里也看不出来。")
    if not low <= int(county.code) <= high:
        raise Malformed("station.county", f"{county.name}不归这家工会，请它所在地的工会来登记。")
    return county


def _town(county: str, text: str) -> str:
    return next(
        (one.code for one in regions.towns(county) if text in (one.code, one.name, one.short_name)),
        "",
    )


def _measures(parsed: Parsed, cells: Mapping[str, str]) -> None:
    for column, most in (("area_m2", 20_000), ("capacity_persons", 2_000), ("floor", 120)):
        found = _NUMBER.search(cells.get(column, ""))
        if found and 1 <= (value := round(float(found[0]))) <= most:
            parsed.values[column] = value
    for column, word in _TAGS.items():
        said = cells.get(column, "").lower()
        if said in _YES or (word in cells.get("tags", "")):
            parsed.values[column] = True
        elif said in _NO:
            parsed.values[column] = False
    if text := cells.get("opened_on"):
        try:
            parsed.values["opened_on"] = date.fromisoformat(text).isoformat()
        except ValueError:
            parsed.notes.append(f"启用日期“{text[:20]}”读不懂，先空着")


def _facilities(parsed: Parsed, cells: Mapping[str, str], labels: Mapping[str, str]) -> None:
    by_label = {label.replace("、", "").lower(): kind for kind, label in labels.items()}
    for part in _SPLIT.split(cells.get("facilities", "")):
        count = re.search(r"[×xX*](\d{1,3})$", part)
        word = part[: count.start()].lower() if count else part.lower()
        kind = by_label.get(word) or _KIND_OF_WORD.get(word) or (word if word in labels else "")
        if kind and kind in labels:
            parsed.facilities[kind] = int(count[1]) if count else 1
        elif word:
            parsed.notes.append(f"设施“{word[:12]}”不认识，先不记")
