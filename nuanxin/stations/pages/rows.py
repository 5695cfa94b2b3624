"""A station in the words of the finder's list, and the plain map drawn from own data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from nuanxin.kernel import regions
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.geo import haversine_m
from nuanxin.stations.queries.finder import Near, StationRow
from nuanxin.stations.rules.backdrop import backdrop
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.navigation import map_links
from nuanxin.stations.rules.seasons import season_on
from nuanxin.stations.rules.showing import (
    Shown,
    Speeds,
    day_parts,
    minutes,
    next_opening,
    said_distance,
    said_time,
    speeds,
)
from nuanxin.stations.states import ConfirmedBy

_SHORT = {
    "hot_water": "热水", "charge": "充电", "toilet": "厕所", "nap": "能躺", "microwave": "微波炉",
    "medicine": "药箱", "battery_swap": "换电", "counselling": "心理", "legal_desk": "法律",
    "fridge": "冰箱", "two_wheeler_parking": "停电动车", "mother_baby": "母婴室",
}  # fmt: skip
_FIRST = tuple(_SHORT)
MOST_KINDS = 5


def station_line(near: Near, *, now: datetime, pace: Speeds | None = None) -> dict[str, Any]:
    """Return what the list shows of a station that is so far away."""
    pace = pace or speeds(business_day(now))
    number, unit = said_distance(near.distance_m)
    return station_words(near.row, now=now) | {
        "far": number,
        "unit": unit,
        "walk": minutes(near.distance_m, pace.walk),
        "ride": minutes(near.distance_m, pace.ebike),
    }


def station_words(row: StationRow, *, now: datetime) -> dict[str, Any]:
    """Return what every page says of a station now."""
    shown = row.shown_at(now)
    return {
        "code": row.code,
        "name": row.name,
        "address": row.address,
        "url": reverse("worker-station", args=[row.code]),
        "shown": shown.value,
        "is_open": shown == Shown.OPEN,
        "is_shut": shown in (Shown.OUT_OF_USE, Shown.CLOSED, Shown.FULL),
        "says": _says(row, shown, now),
        "by": _by(row, shown, now),
        "has": "、".join(_kinds(row.kinds, business_day(now))),
        "day": day_bar(row, now=now, is_sure=shown == Shown.OPEN),
        "links": map_links(row.name, wgs_lng=row.lng, wgs_lat=row.lat),
    }


def _kinds(kinds: Sequence[str], on: date) -> list[str]:
    names, season = facility_labels(on), season_on(on)
    first = [*(season.facilities if season else ()), *_FIRST]
    ordered = sorted(kinds, key=lambda kind: first.index(kind) if kind in first else 99)
    return [_SHORT.get(kind, names.get(kind, kind)) for kind in ordered][:MOST_KINDS]


def _says(row: StationRow, shown: Shown, now: datetime) -> str:
    until = row.open_until(now)
    if shown in (Shown.OPEN, Shown.FULL):
        word = "开着" if shown == Shown.OPEN else "开着，坐满了"
        if until is None or (until - now).total_seconds() > 20 * 3600:
            return f"{word}，通宵"
        return f"{word}，到 {said_time(until, now)}"
    if shown == Shown.OUT_OF_USE:
        return f"停用，{row.standing_reason}" if row.standing_reason else "停用"
    if shown == Shown.UNKNOWN:
        return "说不准开没开"
    opens = next_opening(row.spans, now)
    return f"没开，{said_time(opens, now)} 开" if opens else "没开"


def _by(row: StationRow, shown: Shown, now: datetime) -> str:
    if shown == Shown.OUT_OF_USE:
        end = row.standing_until
        return f"到 {end.month} 月 {end.day} 日，{row.union_name}发的" if end else row.union_name
    if row.confirmed_at is None or row.confirmed_by is None:
        return "还没有人确认过"
    if row.confirmed_by == ConfirmedBy.PLAN:
        return "按公布的时间，还没有人当面确认"
    who = {
        ConfirmedBy.KEEPER: "站长",
        ConfirmedBy.MEMBER: "来过的会员",
        ConfirmedBy.DOOR: "门禁",
        ConfirmedBy.CADRE: "工会干部",
    }[row.confirmed_by]
    told = f"{who} {said_time(row.confirmed_at, now)} 确认"
    if shown == Shown.UNKNOWN:
        days = (business_day(now) - business_day(row.confirmed_at)).days
        return f"{days} 天没人确认" if days else f"{told}，后来没人再确认"
    return told


def day_bar(row: StationRow, *, now: datetime, is_sure: bool) -> dict[str, Any]:
    """Return the bar of today: a step is six minutes, 240 a day; with the words beside it."""
    parts = day_parts(row.spans, business_day(now))
    there = now.astimezone(SHANGHAI)
    words = "、".join(f"{_clock(first)} 到 {_clock(last)}" for first, last in parts) or "不开"
    sure = "" if is_sure else "，没人确认"
    return {
        "parts": [{"x": first // 6, "width": max(1, (last - first) // 6)} for first, last in parts],
        "now": (there.hour * 60 + there.minute) // 6,
        "is_sure": is_sure,
        "words": f"今天 {words}{sure}，现在 {there.hour}:{there.minute:02}",
    }


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


# ---- the map ----------------------------------------------------------------------------------

WIDTH, HEIGHT, MIDDLE = 360, 400, (180, 200)
_REACH = 150
_RINGS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True, slots=True)
class MapPoint:
    """Something on the map, at steps of its picture."""

    x: int
    y: int
    label: str
    kind: str
    number: str = ""
    label_x: int = 0
    label_y: int = 0
    anchor: str = "start"


def draw_map(
    lng: float, lat: float, usable: Sequence[Near], others: Sequence[Near]
) -> dict[str, Any]:
    """Return the picture around a place: rings to scale, the stations, names of towns near by."""
    farthest = max((near.distance_m for near in (*usable, *others)), default=1_000.0)
    scale = _REACH / max(farthest, 120.0)
    rings = [ring for ring in _RINGS if 45 <= ring * scale <= 175][-2:]
    points = [
        _point(near, lng, lat, scale, kind="pin", number=str(at))
        for at, near in enumerate(usable, start=1)
    ]
    points += [_point(near, lng, lat, scale, kind="pin-x") for near in others]
    placed = _apart(points)
    return {
        "rings": [{"r": round(ring * scale), "y": MIDDLE[1] - round(ring * scale) - 5,
                   "label": said_ring(ring)} for ring in rings],
        "points": [*placed[len(usable):], *reversed(placed[:len(usable)])],
        "towns": _towns(lng, lat, scale, points),
        "backdrop": backdrop(
            lng, lat, steps_a_metre=scale, size=(WIDTH, HEIGHT), key=settings.TIANDITU_KEY
        ),
        "x": MIDDLE[0],
        "y": MIDDLE[1],
        "title": f"{len(usable)} 个开着的驿站，{len(others)} 个没开或说不准，圈是 "
                 f"{'、'.join(said_ring(ring) for ring in rings)}",
    }  # fmt: skip


def said_ring(metres: int) -> str:
    """Return 500 米 or 2 公里."""
    return f"{metres} 米" if metres < 1_000 else f"{metres / 1000:g} 公里"


def _at(lng: float, lat: float, here: tuple[float, float], scale: float) -> tuple[int, int]:
    east = haversine_m(here[1], here[0], here[1], lng) * (1 if lng >= here[0] else -1)
    north = (lat - here[1]) * 111_195
    return round(MIDDLE[0] + east * scale), round(MIDDLE[1] - north * scale)


def _point(
    near: Near, lng: float, lat: float, scale: float, *, kind: str, number: str = ""
) -> MapPoint:
    x, y = _at(near.row.lng, near.row.lat, (lng, lat), scale)
    label = near.row.name.removesuffix("驿站")[:8]
    is_right = x < WIDTH * 0.6
    return MapPoint(
        x, y, label, kind, number,
        label_x=x + (19 if is_right else -19), label_y=y + 5, anchor="start" if is_right else "end",
    )  # fmt: skip


def _apart(points: Sequence[MapPoint]) -> list[MapPoint]:
    """Return the points with labels moved down where two would stand on each other."""
    placed: list[MapPoint] = []
    for one in points:
        y = one.label_y
        taken = [(MIDDLE[0], MIDDLE[1] + 28), *((other.x, other.label_y) for other in placed)]
        while any(abs(y - there) < 15 and abs(one.x - x) < 140 for x, there in taken):
            y += 15
        placed.append(MapPoint(one.x, one.y, one.label, one.kind, one.number, one.label_x,
                               min(y, HEIGHT - 6), one.anchor))  # fmt: skip
    return placed


def _towns(
    lng: float, lat: float, scale: float, points: Sequence[MapPoint]
) -> list[dict[str, Any]]:
    """Return names of counties whose seat lies on the picture."""
    shown = []
    taken = [MIDDLE, *((one.x, one.y) for one in points), *((one.x, one.label_y) for one in points)]
    for county in regions.counties():
        x, y = _at(county.lng, county.lat, (lng, lat), scale)
        is_free = all(math.hypot(x - x2, (y - y2) * 2) > 60 for x2, y2 in taken)
        if 30 < x < WIDTH - 50 and 20 < y < HEIGHT - 10 and is_free:
            shown.append({"x": x, "y": y, "name": county.short_name})
    return shown[:6]


# ---- other places -------------------------------------------------------------------------------


def said_aside(metres: float) -> str:
    """Return how far off the way a station lies."""
    number, unit = said_distance(metres)
    return "就在路上" if metres < 100 else f"偏 {number} {unit}"


def saved_line(row: StationRow, *, now: datetime) -> list[Any]:
    """Return a station as a device keeps it.

    Number, name, longitude and latitude (WGS-84), address, what it has, opening times of today and
    tomorrow as pairs of Unix minutes, until when it may be shown as open (Unix minutes, 0: never).
    """
    spans = [
        [int(begin.timestamp() // 60), int(end.timestamp() // 60)]
        for begin, end in row.spans
        if end > now and (begin - now).total_seconds() < 36 * 3600
    ]
    sure = row.fresh_until if row.shown_at(now) == Shown.OPEN else None
    return [
        row.code, row.name, round(row.lng, 5), round(row.lat, 5), row.address,
        "、".join(_kinds(row.kinds, business_day(now))), spans,
        int(sure.timestamp() // 60) if sure else 0,
    ]  # fmt: skip
