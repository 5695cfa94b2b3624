"""How the state of a station is said: what is known, how old it is, what comes next."""

from datetime import datetime, timedelta
from typing import Any

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.stations.actions.reporting import settled_topics
from nuanxin.stations.models import PlannedClosure, Repair, Station
from nuanxin.stations.queries.living import Living
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.hours_words import say_hours
from nuanxin.stations.states import ConfirmedBy, OpenState
from nuanxin.stations.states.reporting import Outcome, Topic

_ROUND_THE_CLOCK = timedelta(hours=20)
THINGS = {"water": "饮水", "power": "用电", "cool": "26 度（空调）"}


def clock_words(at: datetime, now: datetime) -> str:
    """Return 14:02, 明天 08:00, 昨天 20:00, or 11 月 3 日 08:00."""
    there, here = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    days = (there.date() - here.date()).days
    day = {0: "", 1: "明天 ", -1: "昨天 "}.get(days, f"{there.month} 月 {there.day} 日 ")
    return f"{day}{there:%H:%M}"


def state_words(living: Living) -> dict[str, str]:
    """Return ``title``, ``text`` and ``kind`` (open, shut, unsure) of how a station stands now."""
    now, until, opens = living.now, living.open_until, living.opens_at
    following = f"{clock_words(opens, now)} 开。" if opens else "最近两周没有开放时间。"
    if until is None:
        return {"title": "这会儿不开", "text": following, "kind": "shut"}
    end = f"到 {clock_words(until, now)}" if until - now < _ROUND_THE_CLOCK else "白天夜里都开"
    by = confirmed_words(living)
    if living.shown is OpenState.OPEN:
        code = "扫门上的码进。" if living.is_by_code else ""
        return {"title": f"开着，{end}", "text": f"{code}{by}", "kind": "open"}
    if living.shown is OpenState.FULL:
        return {"title": "满了", "text": by, "kind": "shut"}
    if living.shown is OpenState.CLOSED:
        return {"title": "没开", "text": by, "kind": "shut"}
    text = f"按时间该开着（{end}），"
    text += {Outcome.NOBODY: "还没有人确认过。", Outcome.DISPUTED: "有人说开着、有人说没开。"}.get(
        Outcome(living.state.outcome), "确认过的太久了。"
    )
    return {"title": "说不准开没开", "text": text, "kind": "unsure"}


def confirmed_words(living: Living) -> str:
    """Return who confirmed it and when; "" where nobody did."""
    at, kind = living.state.confirmed_at, living.state.confirmed_by_kind
    if at is None or kind is None:
        return ""
    note = f"：{living.state.note}" if living.state.note else ""
    return f"{ConfirmedBy(kind).label} {clock_words(at, living.now)} 确认{note}。"


def hours_rows(living: Living) -> list[dict[str, str]]:
    """Return the hours in Chinese, as label and value."""
    one = living.station
    rows = (
        ("有人值守", say_hours(one.hours)),
        ("延时开放", say_hours(one.extended_hours)),
        ("扫码进门", say_hours(one.scan_hours)),
    )
    return [{"label": label, "value": value} for label, value in rows if value]


def closure_rows(closures: list[PlannedClosure], now: datetime) -> list[dict[str, Any]]:
    """Return planned closures as text and end."""
    return [
        {
            "id": one.id,
            "text": f"{clock_words(one.during.lower, now)} 到 {clock_words(one.during.upper, now)}",
            "note": one.reason,
        }
        for one in closures
    ]


def thing_words(what: str, on: Any) -> str:
    """Return what is out of order in Chinese."""
    return THINGS.get(what) or facility_labels(on).get(what, what)


def repair_rows(repairs: list[Repair], on: Any) -> list[dict[str, str]]:
    """Return what is out of order, with its day."""
    return [
        {
            "title": one.text or thing_words(one.what, on),
            "text": one.note,
            "end": "等人复查"
            if one.done_at
            else f"{one.due_on.month} 月 {one.due_on.day} 日前修好",
        }
        for one in repairs
    ]


def conditions(living: Living) -> list[dict[str, str]]:
    """Return water, power, 26 degrees: what was said of them."""
    rows = []
    for label, value, words in (
        ("饮水", living.state.has_water, ("有", "没有")),
        ("用电", living.state.has_power, ("有", "没有")),
        ("室内", living.state.is_cool, ("26 度左右", "太热或太冷")),
    ):
        if value is not None:
            rows.append({"label": label, "value": words[0] if value else words[1]})
    return rows


def trace_lines(station: Station, now: datetime) -> list[dict[str, str]]:
    """Return how it was settled whether the station is open, line by line."""
    return [{"text": line} for line in settled_topics(station, now)[Topic.DOOR].trace]
