"""How a siting plan is said: facts, reasons, timetables, its map."""

from typing import Any

from nuanxin.kernel import regions
from nuanxin.stations.pages.site_map import Mark, SiteMap, draw
from nuanxin.stations.queries.siting import PlanRow
from nuanxin.stations.rules.siting_bound import Proof
from nuanxin.stations.rules.siting_plan import Question
from nuanxin.stations.rules.siting_proof import ProvedBy
from nuanxin.stations.states import PlanState

STATE_KINDS = {
    PlanState.WAITING: "care",
    PlanState.RUNNING: "care",
    PlanState.DONE: "ok",
    PlanState.FAILED: "stop",
}


def place_name(adcode: int) -> str:
    """Return the area's name, with its city."""
    return regions.full_name(str(adcode), with_province=adcode % 10_000 == 0)


def hours(value: float) -> str:
    """Return person-hours as they are said: whole ones."""
    return f"{round(value):,}"


def clock(minutes: int) -> str:
    """Return 9:45 for 585."""
    return f"{minutes // 60}:{minutes % 60:02}"


def asked(plan: PlanRow) -> str:
    """Return in a sentence what was asked."""
    told = plan.settings
    parts = []
    if told.count:
        open_all_day = told.opens == 0 and told.closes == 24
        open_words = "24 小时开放" if open_all_day else f"{told.opens}–{told.closes} 点开放"
        parts.append(f"新建 {told.count} 个固定驿站（{open_words}）")
    if told.vans:
        parts.append(f"{told.vans} 辆流动车（{told.van_from}–{told.van_until} 点）")
    if told.seats:
        parts.append(f"计入容量（新站 {told.seats} 座）")
    return f"{place_name(told.adcode)}，{'、'.join(parts)}；{told.travel.label} {told.minutes} 分钟内到得了，{told.side_m} 米一格。"


def gap_words(result: dict[str, Any]) -> str:
    """Return how far at most the best choice is from this one, in words."""
    if result["is_best"]:
        return "已证明没有更好的"
    more = hours(result["bound"] - result["served"])
    return f"{result['gap']:.1%}：换任何一组点，最多再多接住 {more} 人时"


def may_prove(plan: PlanRow) -> bool:
    """Return whether something is left to prove and nobody is at it."""
    if not plan.is_done or not plan.result["sites"] or plan.result["is_best"]:
        return False
    return plan.proof_state is None or not plan.proof_state.is_working


def proof_words(plan: PlanRow) -> str:
    """Return what the proof that takes time came to, "" where there is none."""
    if plan.proof_state is None or plan.proof_state.is_working:
        return ""
    by, seconds = ProvedBy(plan.proof["by"]).label, plan.proof["seconds"]
    if plan.proof_state is not PlanState.DONE:
        return f"{by}算了 {seconds:g} 秒，没有算完。上面的上限仍然成立。"
    more = hours(plan.proof["bound"] - plan.result["served"])
    return (
        f"{by}，{seconds:g} 秒：换任何一组点，一天最多再多接住 {more} 人时，"
        f"离最好最多差 {plan.proof['gap']:.2%}。"
    )


def facts(plan: PlanRow) -> list[dict[str, Any]]:
    """Return what came out, and what the plan can be worked out again from."""
    result = plan.result
    left = result["total"] - result["served_before"]
    rows = [
        {"label": "一天在外面的", "value": f"{hours(result['total'])} 人时"},
        {"label": "现有驿站接得住", "value": f"{hours(result['served_before'])} 人时（{_share(result['served_before'], result['total'])}）"},
        {"label": "没人接的", "value": f"{hours(left)} 人时"},
    ]  # fmt: skip
    if plan.settings.count:
        rows += [
            {"label": "新站多接住", "value": f"{hours(result['served'])} 人时"},
            {"label": "再好也不超过", "value": f"{hours(result['bound'])} 人时"},
            {"label": "离最好最多差", "value": gap_words(result)},
            {"label": "怎么算的", "value": Proof(result["proof"]).label},
        ]  # fmt: skip
    if result["vans"]:
        by_van = sum(stop["worth"] for day in result["vans"] for stop in day)
        rows.append({"label": "流动车多接住", "value": f"{hours(by_van)} 人时"})
    rows += [
        {"label": "按哪一天的开放时间", "value": plan.settings.day.isoformat()},
        {"label": "格子、备选点", "value": f"{result['cells']:,} 格，{result['candidates']:,} 个备选点"},
        {"label": "直线多远算到得了", "value": f"{result['reach_m']:,} 米"},
        {"label": "种子", "value": str(plan.seed)},
        {"label": "数据指纹", "value": plan.digest[:16]},
    ]  # fmt: skip
    return rows


def remarks(plan: PlanRow) -> list[str]:
    """Return what the numbers leave out, in sentences."""
    told = plan.told
    said = [_room_words(plan)]
    said += located_words(told)
    if told.get("grid_points"):
        said.append(f"用了上传的需求表，{told['grid_points']:,} 个点。")
    if told.get("visits"):
        said.append(f"用了最近 28 天驿站来过的 {told['visits']:,} 人次，算成平均一天。")
    return said


def _room_words(plan: PlanRow) -> str:
    """Return whether the seats were counted, and how."""
    told = plan.told
    if not plan.settings.seats:
        return "一个驿站能坐几个人没有算进去：到得了、开着，就算接得住。"
    stay = told["stay"]
    said = (
        f"座位算进去了：一个人待 {stay} 分钟，一个座位一小时接 {60 / stay:g} 人次；"
        f"新站 {plan.settings.seats} 个座位，一小时最多接 {plan.settings.seats * 60 / stay:g} 人次。"
    )
    if told["seats_unknown"]:
        said += (
            f"附近 {told['stations']} 个站里有 {told['seats_unknown']} 个没有登记座位，当它坐得下。"
        )
    return said + "流动车的座位没有算。"


def located_words(told: dict[str, Any]) -> list[str]:
    """Return how many of the registered people have a known place, and what became of the others."""
    if not told.get("unlocated"):
        return []
    known = f"{told['located']:,} 人知道在哪个网点干活，另外 {told['unlocated']:,} 人只知道在哪个县"
    if told.get("nowhere_hours"):
        return [
            f"{known}。知道网点的太少的县，摊开不可信，{told['nowhere_hours']:,} 人时没有算进去。"
        ]
    return [f"{known}，按网点的人数摊开。"]


def reason(site: dict[str, Any]) -> str:
    """Return why here: when how many person-hours have nobody."""
    first, last, worth = site["busy"]
    return f"这里 {first}–{last} 点有 {hours(worth)} 人时没人接"


def spot(plan: PlanRow, place: int, lat: float, lng: float) -> dict[str, str]:
    """Return the cell that names a place: what is near it, and its point."""
    near = plan.result["names"].get(str(place)) or ""
    return {
        "text": near or "附近没有登记的网点和驿站",
        "note": f"{lat:.4f}，{lng:.4f}（WGS-84）",
    }


def site_rows(plan: PlanRow) -> list[dict[str, Any]]:
    """Return a row a suggested place, the one that adds most first."""
    return [
        {
            "cells": [
                str(number),
                spot(plan, site["place"], site["lat"], site["lng"]),
                {"text": f"{hours(site['gain'])} 人时", "css": "num"},
                reason(site),
            ]
        }
        for number, site in enumerate(plan.result["sites"], start=1)
    ]


def van_tables(plan: PlanRow) -> list[dict[str, Any]]:
    """Return each van's day: a line a stand, a drive, the rest."""
    return [
        {"title": f"{number} 号车" if len(plan.result["vans"]) > 1 else "流动车的一天", "rows": _day(plan, day)}
        for number, day in enumerate(plan.result["vans"], start=1)
    ]  # fmt: skip


def trial_rows(plan: PlanRow) -> list[dict[str, Any]]:
    """Return what plain ways of placing serve of the half of the demand that was not looked at."""
    trial = plan.result["trial"]
    named = (
        ("按这个办法选", "planned"),
        ("选人最多的格子", "by_persons"),
        ("按人数抽（20 次平均）", "by_chance"),
        ("随便抽（20 次平均）", "random"),
    )
    return [
        {
            "cells": [
                label,
                {"text": hours(trial[name]), "css": "num"},
                {"text": _share(trial[name], trial["planned"]), "css": "num"},
            ]
        }
        for label, name in named
    ]


def map_of(
    plan: PlanRow,
    question: Question,
    stations: list[Mark],
    smallest: float,
    steps: list[float] | None = None,
) -> SiteMap | None:
    """Return the map: what nobody serves, stations, suggested places with their reach, the vans' ways.

    Cells with fewer than ``smallest`` people in their fullest hour are not drawn.
    """
    sites = plan.result["sites"]
    marks = [
        Mark(site["lat"], site["lng"], "site", str(number), f"{number} 号：{reason(site)}")
        for number, site in enumerate(sites, start=1)
    ]
    stops = [
        Mark(stop["lat"], stop["lng"], "van", str(number), f"{clock(stop['from'])}–{clock(stop['until'])}")
        for day in plan.result["vans"]
        for number, stop in enumerate(day, start=1)
    ]  # fmt: skip
    ways = [[(stop["lat"], stop["lng"]) for stop in day] for day in plan.result["vans"]]
    return draw(
        squares=squares_of(question, smallest),
        side_m=plan.settings.side_m,
        marks=[*stations, *stops, *marks],
        reach_m=question.reach_m,
        ways=ways,
        steps=steps,
    )


def squares_of(question: Question, smallest: float) -> list[tuple[float, float, float]]:
    """Return (lat, lng, person-hours that nobody serves) of the cells that may be drawn."""
    drawn = question.persons.max(axis=1) >= smallest
    left = question.unserved.sum(axis=1)
    return [
        (float(question.lat[cell]), float(question.lng[cell]), round(float(left[cell]), 1))
        for cell in drawn.nonzero()[0]
    ]


def _day(plan: PlanRow, day: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    before = plan.settings.van_from * 60
    rest = plan.result.get("rest_minutes", 0)
    for number, stop in enumerate(day, start=1):
        way = stop["from"] - before
        rows.append(
            _line(f"{clock(before)}–{clock(stop['from'])}", "开过去", f"{way} 分钟，含找地方停", "")
        )
        rows.append(
            {
                "cells": [
                    f"{clock(stop['from'])}–{clock(stop['until'])}",
                    f"停靠 {number}",
                    spot(plan, stop["place"], stop["lat"], stop["lng"]),
                    {"text": f"{hours(stop['worth'])} 人时", "css": "num"},
                ]
            }
        )
        if stop["rest"] is not None:
            rows.append(
                _line(
                    f"{clock(stop['rest'])}–{clock(stop['rest'] + rest)}",
                    "歇一歇",
                    "就地休息，不接待",
                    "",
                )
            )
        before = stop["until"]
    last = plan.settings.van_until * 60
    rows.append(_line(f"{clock(before)}–", "收车", f"{clock(last)} 前回到驻地", ""))
    return rows  # fmt: skip


def _line(when: str, what: str, note: str, worth: str) -> dict[str, Any]:
    return {"cells": [when, what, note, {"text": worth, "css": "num"}]}


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "—"
