"""How a station is told on pages of the desk."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from nuanxin.kernel import clock
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.money import format_yuan
from nuanxin.records.queries import EventRow
from nuanxin.stations.models import Funding, Station
from nuanxin.stations.queries.register import StationDetail, place_words
from nuanxin.stations.rules.grades import Item, Ladder
from nuanxin.stations.rules.hours_words import say_hours
from nuanxin.stations.states import (
    DefinitionTag,
    FundingLevel,
    HostKind,
    MapProvider,
    NameKind,
    Standing,
)

STANDING_STATES = {Standing.OPEN: "ok", Standing.PAUSED: "care", Standing.CLOSED: "off"}
MOVE_WORDS = {Standing.OPEN: "重新启用", Standing.PAUSED: "暂停", Standing.CLOSED: "关停"}
FIELD_WORDS = {
    "name": "名称", "name_kind": "站点类别", "adcode": "县（市、区）", "town_code": "乡镇（街道）",
    "address": "地址", "lng": "经度", "lat": "纬度", "crs": "坐标系", "host_name": "共建单位",
    "host_kind": "共建单位类别", "is_benchmark": "标杆", "is_24h": "24 小时", "is_smart": "智慧",
    "is_shared": "共享", "floor": "楼层", "area_m2": "面积", "capacity_persons": "座位",
    "has_sign": "统一标识", "has_rules": "制度上墙", "hours": "值守时间",
    "extended_hours": "延时开放", "scan_hours": "扫码进门", "opened_on": "启用日期",
    "facilities": "设施", "names": "别的叫法", "union": "管理工会",
}  # fmt: skip
EVENT_WORDS = {
    "stations.station_registered": "登记",
    "stations.station_changed": "改了",
    "stations.station_imported": "从名册登记",
    "stations.station_updated": "按名册改了",
    "stations.keeper_appointed": "定了站长",
    "stations.keeper_ended": "站长卸任",
    "stations.photo_added": "加了照片",
    "stations.funding_recorded": "记了一笔投入",
    "stations.funding_corrected": "更正了一笔投入",
    "stations.map_id_added": "加了地图编号",
    "stations.map_id_ended": "停了地图编号",
    "stations.photo_removed": "拿掉了照片",
    "stations.inspected": "检查了一次",
    "stations.repair_done": "修好了一样",
    "stations.repair_seen": "复查过，修好了",
    "stations.repair_sent_back": "复查没过，退回去再修",
    "stations.closure_planned": "定了计划停用",
    "stations.closure_cancelled": "取消了计划停用",
    "stations.keeper_link_made": "开了站长链接",
    "stations.keeper_link_closed": "停了站长链接",
    "stations.screen_made": "装了门上的屏幕",
    "stations.screen_closed": "拆了门上的屏幕",
    "records.file_stored": "存了文件",
    "records.file_erased": "清掉了文件",
}
_YES_NO = {True: "有", False: "没有", None: "没有登记"}


def choices(options: Mapping[str, str], chosen: str, first: str) -> list[dict[str, Any]]:
    """Return rows of a select, the first for none."""
    rows = [{"value": "", "label": first, "is_chosen": not chosen}]
    return rows + [
        {"value": value, "label": label, "is_chosen": value == chosen}
        for value, label in options.items()
    ]


def said(on: date | None) -> str:
    """Return 2027 年 12 月 5 日."""
    return f"{on.year} 年 {on.month} 月 {on.day} 日" if on else ""


def station_facts(detail: StationDetail) -> list[dict[str, str]]:
    """Return what a station is, as label and value."""
    one = detail.station
    names = {kind: [n.name for n in detail.names if n.kind == kind] for kind in NameKind}
    tags = [
        label
        for label, has in (
            ("标杆", one.is_benchmark), ("24 小时", one.is_24h), ("智慧", one.is_smart),
            ("共享", one.is_shared),
        )
        if has
    ]  # fmt: skip
    rows = [
        ("站点类别", DefinitionTag(one.name_kind).label),
        ("类型", "、".join(tags) or "普通"),
        *((kind.label, "、".join(names[kind])) for kind in NameKind if names[kind]),
        ("管理工会", detail.union_name),
        ("共建单位", f"{one.host_name}（{HostKind(one.host_kind).label}）" if one.host_name
         else HostKind(one.host_kind).label),
        ("地址", f"{place_words(one.adcode, one.town_code)}，{one.address}"
         + (f"，{one.floor} 楼" if one.floor else "")),
        ("坐标", f"{one.lng:.6f}，{one.lat:.6f}，{CRS(one.crs).label}"),
        ("面积和座位", _sizes(one)),
        ("有人值守", say_hours(one.hours) or "没有登记"),
        ("延时开放", say_hours(one.extended_hours) or "没有"),
        ("扫码进门", say_hours(one.scan_hours) or "没有"),
        ("统一标识，制度上墙", f"{_YES_NO[one.has_sign]}，{_YES_NO[one.has_rules]}"),
        ("地图编号", "、".join(f"{MapProvider(p).label} {i}" for p, i in detail.maps) or "没有登记"),
        ("启用日期", said(one.opened_on) or "没有登记"),
    ]  # fmt: skip
    return [{"label": label, "value": value} for label, value in rows]


def _sizes(one: Station) -> str:
    parts = [
        f"{one.area_m2:,} 平方米" if one.area_m2 else "",
        f"能坐 {one.capacity_persons:,} 人" if one.capacity_persons else "",
    ]
    return "，".join(part for part in parts if part) or "没有登记"


def standing_words(one: Station) -> str:
    """Return why and since when a station is not in use; "" while it is."""
    if one.standing == Standing.OPEN:
        return ""
    until = f"，到 {said(one.standing_until)}" if one.standing_until else ""
    return f"{Standing(one.standing).label}：从 {said(one.standing_from)}{until}。{one.standing_reason}"


def facility_lines(detail: StationDetail, labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a line a facility."""
    return [
        {
            "text": labels.get(one.kind, one.kind) + (f" × {one.count}" if one.count > 1 else ""),
            "end": "能用" if one.works else "坏了",
        }
        for one in detail.facilities
    ]


def grade_lead(ladder: Ladder) -> str:
    """Return what is reached, and how far it is to the next grade."""
    reached = f"已到「{ladder.reached.label}」。" if ladder.reached else "还没有到第一级。"
    if ladder.following is None:
        return f"{reached}上面没有更高的了。"
    short, unknown = len(ladder.following.missing), len(ladder.following.unknown)
    told = [f"还差 {short} 样" if short else "", f"{unknown} 样没有登记" if unknown else ""]
    return f"{reached}到「{ladder.following.label}」{'，'.join(t for t in told if t)}。"


def grade_rows(ladder: Ladder) -> list[dict[str, Any]]:
    """Return the items of the next grade (of the one reached where there is none)."""
    shown = ladder.following or ladder.reached
    if shown is None:
        return []
    order: dict[bool | None, int] = {False: 0, None: 1, True: 2}
    items = sorted(shown.items, key=lambda item: order[item.is_met])
    return [{"cells": [item.label, _met(item)]} for item in items]


def _met(item: Item) -> dict[str, str]:
    if item.is_met:
        return {"text": "有", "state": "ok"}
    return {"text": item.why or "没有", "state": "rest" if item.is_met is None else "care"}


def funding_lines(rows: Sequence[Funding]) -> list[dict[str, str]]:
    """Return a line a year and giver."""
    return [
        {
            "text": f"{one.year} 年，{FundingLevel(one.level).label}",
            "note": one.source,
            "end": format_yuan(one.amount_fen),
        }
        for one in rows
    ]


def history_lines(events: Sequence[EventRow]) -> list[dict[str, str]]:
    """Return what happened, the newest first; events of files are told by the photo's own."""
    return [
        {
            "text": _event_text(event),
            "note": event.actor_name,
            "end": str(clock.business_day(event.at)),
        }
        for event in events
        if not event.kind.startswith("records.")
    ]


def _event_text(event: EventRow) -> str:
    data = event.data or {}
    if event.kind == "stations.standing_changed":
        return f"{MOVE_WORDS[Standing[data['to']]]}：{data['reason']}"
    text = EVENT_WORDS.get(event.kind, "有一处变动")
    changes = data.get("changes")
    if isinstance(changes, dict):
        return f"{text}{'、'.join(FIELD_WORDS.get(str(name), str(name)) for name in changes)}"
    return text


def moment(at: datetime) -> str:
    """Return 12 月 5 日 18:00."""
    there = at.astimezone(clock.SHANGHAI)
    return f"{there.month} 月 {there.day} 日 {there:%H:%M}"
