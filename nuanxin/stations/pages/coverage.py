"""县里的服务圈 and the programme's targets at the desk: map, hours, towns, whom to raise."""

import io
from typing import Any

import numpy as np
import xlsxwriter  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import whole_number
from nuanxin.stations import permissions
from nuanxin.stations.pages.site_map import Mark, SiteMap, draw
from nuanxin.stations.pages.siting_words import located_words
from nuanxin.stations.queries import coverage as queries
from nuanxin.stations.queries import upgrades
from nuanxin.stations.queries.areas import Area, get_area, list_areas
from nuanxin.stations.queries.siting import GridRow, list_grids_of
from nuanxin.stations.queries.siting_demand import usual_day
from nuanxin.stations.rules.siting_settings import ProgrammeTargets
from nuanxin.stations.rules.targets import Target
from nuanxin.stations.states import Travel

ROWS = 200


@requires("station.coverage")
@require_GET
def coverage(request: HttpRequest) -> HttpResponse:
    """Show one county: who is within 15 minutes of an open station, by hour and by town."""
    areas = list_areas(actor_of(request), permissions.COVERAGE, counties_only=True)
    area = _area(request, areas)
    if area is None:
        return _nowhere(request, "服务圈")
    now = clock.now()
    travel = Travel.EBIKE if request.GET.get("travel") == Travel.EBIKE else Travel.WALK
    hour = _hour(request.GET.get("hour", ""), queries.this_hour(now))
    day = usual_day(clock.business_day(now))
    grids = list_grids_of(area.path)
    grid = _grid(request.GET.get("grid", ""), grids)
    found = queries.get_coverage(area, travel=travel, hour=hour, day=day, grid_id=grid)
    if "grid" not in request.GET and grids and found.told.get("nowhere_hours"):
        # Of most people nothing is known but the county: a table that says where they are says more.
        grid = grids[0].id
        found = queries.get_coverage(area, travel=travel, hour=hour, day=day, grid_id=grid)
    context = {
        "page_title": f"{area.name}：{found.minutes} 分钟服务圈",
        "page_lead": f"按 {day.isoformat()} 公布的开放时间。人到得了、站开着，算在圈里。",
        "grids": [{"value": "", "label": "登记的从业人员", "is_chosen": not grid}, *({"value": str(one.id), "label": one.name, "is_chosen": one.id == grid} for one in grids)],
        "areas": _choices(areas, area.adcode),
        "hours": [{"value": str(one), "label": f"{one} 点", "is_chosen": one == hour} for one in range(24)],
        "travels": [{"value": one.value, "label": one.label, "is_chosen": one == travel} for one in Travel],
        "facts": _coverage_facts(found),
        "drawn": _map(area, found, travel),
        "finding": f"地图：{hour} 点，颜色越深的格子里{travel.label}{found.minutes} 分钟到不了开着的驿站的人越多",
        "hour_columns": [
            {"label": "几点", "css": "nw"}, {"label": "在外面的人", "css": "num"}, {"label": "开着的驿站（含邻县近处的）", "css": "num"},
            {"label": "步行到得了", "css": "num"}, {"label": "骑车到得了", "css": "num"},
        ],
        "hour_rows": _hour_rows(found),
        "town_columns": [
            {"label": "乡镇（街道）"}, {"label": "驿站", "css": "num"}, {"label": "标杆", "css": "num"}, {"label": "24 小时", "css": "num"},
            {"label": "在外面（人时/天）", "css": "num"}, {"label": "步行圈里", "css": "num"}, {"label": "骑车圈里", "css": "num"},
        ],
        "town_rows": [_town_row(one) for one in found.towns],
        "remarks": _remarks(found),
        "upgrades_url": f"{reverse('desk-station-upgrades')}?{urlencode({'area': area.adcode})}",
        "siting_url": reverse("desk-siting") if permissions.can_plan(actor_of(request), path=area.path) else "",
        "crumbs": [{"label": "驿站服务圈"}],
    }  # fmt: skip
    return render(request, "stations/siting/coverage.html", context)


@requires("station.coverage")
@require_GET
def upgrade_plan(request: HttpRequest) -> HttpResponse:
    """Show a place against the programme's targets; of a county also which stations to raise."""
    areas = list_areas(actor_of(request), permissions.COVERAGE)
    area = _area(request, areas)
    if area is None:
        return _nowhere(request, "提升计划")
    day = clock.business_day(clock.now())
    told, places = upgrades.list_targets(area.adcode, day=day)
    plan = upgrades.get_upgrade_plan(places[0], day=day) if area.is_county and places else None
    context: dict[str, Any] = {
        "page_title": f"{area.name}：驿站提升计划",
        "page_lead": "对着三年行动的目标，看差多少，先提升哪几个最省事。",
        "areas": _choices(areas, area.adcode),
        "told": told,
        "rules": _rules(told),
        "place_columns": [
            {"label": "地方"}, {"label": "驿站", "css": "num"}, {"label": "标杆 有/要", "css": "num"}, {"label": "24 小时 有/要", "css": "num"},
            {"label": "乡镇（街道）", "css": "num"}, {"label": "没有驿站的乡镇（街道）"},
        ],
        "place_rows": [_place_row(one, links=not area.is_county) for one in places],
        "plan": plan,
        "raise_columns": [{"label": "驿站"}, {"label": "乡镇（街道）"}, {"label": "还缺"}],
        "benchmark_rows": [_raise_row(one) for one in plan.benchmark[:ROWS]] if plan else [],
        "all_day_rows": [_raise_row(one) for one in plan.all_day[:ROWS]] if plan else [],
        "workbook_url": f"{reverse('desk-station-upgrades-workbook')}?{urlencode({'area': area.adcode})}" if plan else "",
        "coverage_url": f"{reverse('desk-station-coverage')}?{urlencode({'area': area.adcode})}" if area.is_county else "",
        "crumbs": [{"label": "驿站服务圈", "url": reverse("desk-station-coverage")}, {"label": "提升计划"}],
    }  # fmt: skip
    return render(request, "stations/siting/upgrades.html", context)


@requires("station.coverage")
@require_GET
def upgrade_workbook(request: HttpRequest) -> HttpResponse:
    """Return a county's plan as a workbook."""
    areas = list_areas(actor_of(request), permissions.COVERAGE, counties_only=True)
    area = _area(request, areas)
    day = clock.business_day(clock.now())
    places = upgrades.list_targets(area.adcode, day=day)[1] if area and area.is_county else []
    if not places:
        raise NotFound()
    plan = upgrades.get_upgrade_plan(places[0], day=day)
    file = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, plain) as book:
        for name, rows in (("提升成标杆", plan.benchmark), ("改成 24 小时", plan.all_day)):
            sheet = book.add_worksheet(name)
            sheet.set_column(1, 1, 32)
            sheet.set_column(3, 3, 60)
            lines = [("编号", "驿站", "乡镇（街道）", "还缺")]
            lines += [(one.code, one.name, one.town, _lacks(one.lacks)) for one in rows]
            for at, line in enumerate(lines):
                for column, text in enumerate(line):
                    sheet.write_string(at, column, text)
    response = HttpResponse(
        file.getvalue(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = f'attachment; filename="upgrades-{places[0].adcode}.xlsx"'
    return response


def _area(request: HttpRequest, areas: list[tuple[int, str]]) -> Area | None:
    """Return the area asked for, else the first of the scope; None where there is none."""
    asked = request.GET.get("area", "")
    if asked:
        code = whole_number(asked, longest=6) or 0
        return get_area(actor_of(request), permissions.COVERAGE, code)
    return get_area(actor_of(request), permissions.COVERAGE, areas[0][0]) if areas else None


def _nowhere(request: HttpRequest, title: str) -> HttpResponse:
    context = {"page_title": title, "crumbs": [{"label": title}]}
    return render(request, "stations/siting/nowhere.html", context)


def _map(area: Area, found: queries.Coverage, travel: Travel) -> SiteMap | None:
    told = parameter("stations.smallest_cell", adcode=str(area.adcode), on=usual_day(clock.business_day(clock.now())))  # fmt: skip
    cells, hour = found.cells, found.hour
    left = cells.persons[:, hour] * ~found.reached[:, hour]
    squares = [
        (float(cells.lat[at]), float(cells.lng[at]), round(float(left[at]), 1))
        for at in np.flatnonzero(cells.persons.max(axis=1) >= float(told.value))
    ]
    open_now = found.stations.hours[:, found.hour].tolist() if found.stations.ids else []
    marks = [
        Mark(float(lat), float(lng), "station" if is_open else "closed")
        for lat, lng, is_open in zip(found.stations.lat, found.stations.lng, open_now, strict=True)
    ]
    return draw(
        squares=squares, side_m=queries.CELL_M, marks=marks, names=found.names, holds_all=True
    )


def _coverage_facts(found: queries.Coverage) -> list[dict[str, Any]]:
    empty = [one.name for one in found.towns if not one.stations and one.code]
    return [
        {"label": f"步行 {found.minutes} 分钟圈里", "value": _percent(found.walk_share)},
        {"label": f"骑车 {found.minutes} 分钟圈里", "value": _percent(found.ebike_share)},
        {"label": "驿站", "value": f"{sum(one.stations for one in found.towns):,} 个"},
        {"label": "还没有驿站的乡镇（街道）", "value": "、".join(empty) if empty else "没有"},
    ]


def _hour_rows(found: queries.Coverage) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                f"{hour} 点",
                {"text": f"{round(found.out_by_hour[hour]):,}", "css": "num"},
                {"text": f"{found.open_by_hour[hour]:,}", "css": "num"},
                {"text": _percent(found.walk_by_hour[hour]), "css": "num"},
                {"text": _percent(found.ebike_by_hour[hour]), "css": "num"},
            ],
            "is_open": hour == found.hour,
        }
        for hour in range(24)
    ]


def _town_row(one: queries.TownRow) -> dict[str, Any]:
    numbers = [f"{one.stations:,}", f"{one.benchmarks:,}", f"{one.all_day:,}", f"{round(one.persons_hours):,}"]  # fmt: skip
    shares = [_percent(share if one.persons_hours else None) for share in (one.within_walk, one.within_ebike)]  # fmt: skip
    return {"cells": [one.name, *({"text": text, "css": "num"} for text in (*numbers, *shares))]}


def _remarks(found: queries.Coverage) -> list[str]:
    told = found.told
    if "grid_points" in told:
        return [
            f"人数用的是上传的需求表，{told['grid_points']:,} 个点；它不分乡镇（街道）。一个站能坐几个人没有算进去。"
        ]
    said = ["在外面的人数按登记的职业推定，不是数出来的；一个站能坐几个人没有算进去。"]
    said += located_words(told)
    if not told.get("located"):
        said.append("这里还没有人写了带位置的网点，算不出圈里有多少人，只画得出驿站。")
    return said


def _rules(told: ProgrammeTargets | None) -> list[str]:
    if told is None:
        return []
    if told.raised == "all":
        year = "今年要全部提升完。"
    else:
        built = f"、新建 {told.built:,} 个" if told.built else ""
        year = f"今年全省要提升 {told.raised:,} 个{built}。"
    return [
        f"标杆驿站不少于驿站数的 {told.benchmark_permille / 10:g}%，并且不少于乡镇（街道）数的 {told.town_permille / 1000:g} 倍；两个里取大的。",
        f"24 小时智慧驿站不少于 {told.allday_permille / 10:g}%。每个乡镇（街道）争取一个。",
        year,
        f"出处：{told.source}。执行到 {told.until.isoformat() if told.until else '另行通知'}。",
    ]  # fmt: skip


def _place_row(one: upgrades.PlaceTargets, *, links: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "cells": [
            one.name,
            {"text": f"{one.stations:,}", "css": "num"},
            {"text": _pair(one.benchmark), "css": "num"},
            {"text": _pair(one.all_day), "css": "num"},
            {"text": str(one.towns), "css": "num"},
            _some(one.towns_without),
        ]
    }
    if links:
        row["url"] = f"{reverse('desk-station-upgrades')}?{urlencode({'area': one.adcode})}"
    return row


def _raise_row(one: upgrades.RaiseRow) -> dict[str, Any]:
    lacks = _lacks(one.lacks) or "都齐了，只差认定"
    return {"cells": [{"text": one.name, "note": one.code}, one.town or "—", lacks]}


def _lacks(lacks: tuple[tuple[str, str], ...]) -> str:
    """Return 「没有：雨具、冰箱；没有登记：面积」: what is lacking, by why."""
    by_why: dict[str, list[str]] = {}
    for label, why in lacks:
        by_why.setdefault(why, []).append(label)
    return "；".join(f"{why}：{'、'.join(labels)}" for why, labels in by_why.items())


def _pair(target: Target) -> str:
    short = f"，差 {target.missing:,}" if target.missing else ""
    return f"{target.has:,}/{target.needs:,}{short}"


def _some(names: tuple[str, ...]) -> str:
    if not names:
        return "—"
    return "、".join(names[:4]) + (f"等 {len(names)} 个" if len(names) > 4 else "")


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.0%}"


def _grid(text: str, grids: list[GridRow]) -> int | None:
    return next((one.id for one in grids if str(one.id) == text), None)


def _hour(text: str, usual: int) -> int:
    hour = whole_number(text, longest=2)
    return usual if hour is None or hour > 23 else hour


def _choices(areas: list[tuple[int, str]], chosen: int) -> list[dict[str, Any]]:
    return [
        {"value": str(code), "label": name, "is_chosen": code == chosen} for code, name in areas
    ]
