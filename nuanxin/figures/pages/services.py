"""A year of services, for anybody: beside the plan, and place by place."""

import csv
import io
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public
from nuanxin.figures.forms.days import YearForm
from nuanxin.figures.queries.services import (
    PER_MEMBERS,
    LeagueRow,
    ServiceBoard,
    ServiceLine,
    get_service_board,
)
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import Malformed

PROVINCE = 330000
WITHHELD = "不公布"
_WHOLE = 10_000
_COLUMNS = {
    "region": "区划代码",
    "region_name": "地区",
    "code": "指标代码",
    "label": "指标",
    "year": "年度",
    "value": "数值",
    "unit": "单位",
    "planned": "计划数",
    "planned_source": "计划来源",
    "percent": "完成计划%",
}


@public
@require_safe
def services(request: HttpRequest, region: int = PROVINCE) -> HttpResponse:
    """Show what a year's services came to in a region, with the league of the places in it."""
    form = YearForm(request.GET or None)
    problem, status = "", 200
    try:
        board = get_service_board(region=region, year=form.asked(), now=clock.now())
    except Malformed as refusal:
        problem, status = refusal.message, 422
        board = get_service_board(region=region, now=clock.now())
    return render(request, "figures/services.html", _context(board, problem), status=status)


@public
@require_safe
def services_table(request: HttpRequest, region: int, kind: str) -> HttpResponse:
    """Give the numbers of the page as csv or json."""
    board = get_service_board(
        region=region, year=YearForm(request.GET or None).asked(), now=clock.now()
    )
    name = f"nuanxin-services-{board.region}-{board.year}.{kind}"
    if kind == "json":
        answer: HttpResponse = JsonResponse(
            {
                "region": board.region,
                "region_name": board.region_name,
                "year": board.year,
                "as_of": board.as_of.isoformat(),
                "measured_at": board.measured_at.isoformat(),
                "digest": board.digest,
                "rows": _rows(board),
            },
            json_dumps_params={"ensure_ascii": False},
        )
    elif kind == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(_COLUMNS), restval="")
        writer.writerow(_COLUMNS)
        writer.writerows(_rows(board))
        answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    else:
        raise Http404
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# ---- inside -----------------------------------------------------------------------------------


def _context(board: ServiceBoard, problem: str) -> dict[str, Any]:
    asked = f"?{urlencode({'year': board.year})}"
    told = [row for row in board.league if row.rate is not None and row.person_times]
    return {
        "page_title": f"{board.year} 年，兑现了哪些服务" + ("" if board.is_province else f" · {board.region_name}"),
        "page_lead": _lead(board),
        "board": board,
        "problem": problem,
        "crumbs": _crumbs(board, asked),
        "years": [
            {"label": f"{year} 年", "url": f"?{urlencode({'year': year})}", "active": year == board.year}
            for year in board.years
        ],
        "is_empty": not board.person_times and not any(one.planned for one in board.lines),
        "totals": _totals(board),
        "lines": [_line(one, board) for one in board.lines if one.is_recorded or one.planned],
        "league": [_league(number, row, asked) for number, row in enumerate(told, 1)],
        "quiet": "、".join(row.name for row in board.league if row not in told),
        "league_title": "各市比一比" if board.is_province else "各县（市、区）比一比",
        "per": PER_MEMBERS,
        "lineage": [
            {"label": "截至", "value": board.as_of.isoformat()},
            {"label": "算出时间", "value": f"{board.measured_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"},
            {"label": "指纹", "value": board.digest, "is_code": True},
        ],
        "tables": [
            {"label": label, "url": reverse("figures-services-table", args=[int(board.region), kind]) + asked}
            for kind, label in (("csv", "CSV"), ("json", "JSON"))
        ],
    }  # fmt: skip


def _lead(board: ServiceBoard) -> str:
    words = f"截至 {board.as_of.isoformat()}。" if board.as_of != date(board.year, 12, 31) else ""
    return f"体检、疗休养、医疗互助、培训……一笔一笔登记了兑现的才算。{words}"


def _totals(board: ServiceBoard) -> list[dict[str, Any]]:
    told = [
        ("兑现的服务", board.person_times, "人次", "一个人享受一次算一次。"),
        ("享受到的人", board.persons, "人", "一个人一年里不论几次只算一次。"),
        (
            f"每 {PER_MEMBERS:,} 名会员",
            None if board.rate is None else board.rate / 10,
            "人次",
            f"兑现的服务除以 {board.as_of.isoformat()} 的在籍会员 {_number(board.members)} 人。",
        ),
    ]
    if board.directed_percent is not None:
        told.append(
            (
                "学历名额里定向的",
                board.directed_percent / 100,
                "%",
                f"{board.places:,} 个名额里 {board.directed_places:,} 个定向给新就业形态劳动者。",
            )
        )
    return [
        {"label": label, "value": value, "unit": "" if value is None else unit, "definition": text, "words": "" if value is not None else f"不到 {board.least} 的{WITHHELD}"}
        for label, value, unit, text in told
    ]  # fmt: skip


def _line(one: ServiceLine, board: ServiceBoard) -> dict[str, Any]:
    unit = one.definition.unit.label
    percent = None if one.percent is None else one.percent / 100
    return {
        "label": one.definition.label,
        "definition": one.definition.definition_zh,
        "done": f"{one.done:,} {unit}" if one.done is not None else f"不到 {board.least} {unit}，{WITHHELD}",
        "planned": f"{one.planned.value:,} {unit}" if one.planned else "",
        "source": one.planned.source_words if one.planned else one.missing,
        "percent": f"{percent:g}%" if percent is not None else "",
        "length": 0 if one.percent is None else min(100, round(100 * one.percent / _WHOLE)),
        "is_over": one.percent is not None and one.percent >= _WHOLE,
    }  # fmt: skip


def _league(number: int, row: LeagueRow, asked: str) -> dict[str, Any]:
    return {
        "place": number,
        "name": row.name,
        "url": reverse("figures-region-services", args=[int(row.region)]) + asked,
        "rate": f"{(row.rate or 0) / 10:,.1f}",
        "person_times": _number(row.person_times),
        "persons": _number(row.persons),
        "members": _number(row.members),
    }


def _number(value: int | None) -> str:
    return WITHHELD if value is None else f"{value:,}"


def _crumbs(board: ServiceBoard, asked: str) -> list[dict[str, str]]:
    first = {"label": "数读", "url": reverse("figures")}
    above = [
        {
            "label": one.name,
            "url": reverse("figures-region-services", args=[int(one.code)]) + asked,
        }
        for one in reversed(regions.ancestors(board.region))
    ]
    return [first, *above, {"label": f"{regions.region(board.region).name}的服务"}]


def _rows(board: ServiceBoard) -> list[dict[str, Any]]:
    here = {"region": board.region, "region_name": board.region_name, "year": board.year}
    rows: list[dict[str, Any]] = [
        here
        | {
            "code": one.definition.code,
            "label": one.definition.label,
            "value": one.done,
            "unit": one.definition.unit.label,
            "planned": one.planned.value if one.planned else None,
            "planned_source": one.planned.source_words if one.planned else None,
            "percent": None if one.percent is None else one.percent / 100,
        }
        for one in board.lines
        if one.is_recorded or one.planned
    ]
    whole = LeagueRow(
        board.region,
        board.region_name,
        board.persons,
        board.person_times,
        board.members,
        board.rate,
    )
    for row in (whole, *board.league):
        place = {"region": row.region, "region_name": row.name, "year": board.year}
        for code, label, value, unit in (
            ("programmes.given_person_times", "兑现的服务", row.person_times, "人次"),
            ("programmes.given_persons", "享受到服务项目", row.persons, "人"),
        ):
            rows.append(place | {"code": code, "label": label, "value": value, "unit": unit})
    return rows
