"""从数字到人、到工会: the rows behind a figure, on a page and as a workbook."""

import io
from datetime import date
from typing import Any
from urllib.parse import urlencode

import xlsxwriter  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import may, requires
from nuanxin.figures import actions
from nuanxin.figures.forms.days import DaysForm
from nuanxin.figures.pages.lineage import lineage_context
from nuanxin.figures.pages.sheets import write_table
from nuanxin.figures.queries.behind import BehindPage, get_lineage, rows_behind
from nuanxin.figures.queries.lineage import OF_UNIONS
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.queries.registry import list_figures
from nuanxin.figures.queries.service_rows import OF_SERVICES
from nuanxin.figures.queries.station_rows import OF_STATIONS
from nuanxin.kernel import clock, regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.figure import Unit
from nuanxin.membership.figures.rows import OF_SPANS, WITH_ROWS
from nuanxin.stations.figures.definitions import OPEN

_HEADS = ("姓名", "证件号", "手机号", "工会", "职业", "入会渠道或服务项目", "计入日期", "加减")
_STATION_HEADS = ("驿站", "编号", "管理工会", "地区", "地址", "启用日期")
_UNION_HEADS = ("工会", "代码", "类型", "建会路径", "成立日期", "驻地")


@requires("figure.rows")
@require_safe
def figure_rows(request: HttpRequest, figure: str, code: str) -> HttpResponse:
    """Show who or which unions were counted in a figure below a union, and where it comes from."""
    days = _days(request.GET)
    is_proof_asked = request.GET.get("proof") == "1"
    now = clock.now()
    page = rows_behind(
        actor=actor_of(request),
        code=figure,
        union_code=code,
        after=request.GET.get("after", ""),
        now=now,
        **days,
    )
    lineage = get_lineage(page, is_proof_asked=is_proof_asked, now=now)
    context = _context(actor_of(request), page, days) | lineage_context(page, lineage, days)
    return render(request, "figures/rows.html", context)


@requires("membership.export")
@require_POST
def figure_rows_export(request: HttpRequest, figure: str, code: str) -> HttpResponse:
    """Give all rows as a workbook; it is recorded who took it."""
    page = actions.export_rows(
        code=figure,
        union_code=code,
        actor=actor_of(request),
        now=clock.now(),
        **_days(request.POST),
    )
    measured = page.measurement
    answer = HttpResponse(
        _workbook(page),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    name = f"{measured.code}-{measured.union_code}-{measured.as_of.isoformat()}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _days(asked: Any) -> dict[str, Any]:
    form = DaysForm(asked or None)
    form.is_valid()
    return form.known() if form.is_bound else {"as_of": None, "since": None, "known_on": None}


def _context(actor: Actor, page: BehindPage, days: dict[str, Any]) -> dict[str, Any]:
    measured = page.measurement
    asked = {key: day.isoformat() for key, day in days.items() if day}
    if measured.unit is Unit.UNIONS:
        table = _union_table(page)
    elif measured.code in OF_STATIONS:
        table = _station_table(page)
    else:
        table = _person_table(actor, page)
    return {
        "page_title": f"{measured.label}：{measured.value or 0:,} {measured.unit.label}",
        "page_lead": _lead(page),
        "crumbs": [
            {
                "label": f"{measured.union_name}概览",
                "url": reverse("desk-overview-of", args=[measured.union_code]),
            },
            {"label": f"{measured.label}明细", "url": ""},
        ],
        **table,
        "changes_url": reverse("figure-changes", args=[measured.union_code]),
        "page": page,
        "row_unit": measured.unit.label,
        "last": page.first + page.count - 1,
        "total": measured.value,
        "next_url": f"?{urlencode({**asked, 'after': page.next})}" if page.next else "",
        "start_url": f"?{urlencode(asked)}" if page.first > 1 else "",
        "export_url": reverse("figure-rows-export", args=[measured.code, measured.union_code])
        if may(actor, "membership.export", path=page.union.path)
        else "",
        "kept": [{"name": key, "value": value} for key, value in asked.items()],
        "days": {"as_of": measured.as_of, "since": days["since"], "known_on": page.known_on},
        "is_in_period": measured.period is not None,
        "definition": measured.definition,
        "others": _others(measured.code, measured.union_code, measured.as_of),
    }


def _others(code: str, union_code: str, as_of: date) -> list[dict[str, str]]:
    """Return the other figures of the union whose rows can be opened, on the same day.

    Of stations all are told beside each other, elsewhere only all stations together.
    """
    with_rows = WITH_ROWS | OF_UNIONS | OF_SERVICES | {OPEN.code}
    if code in OF_STATIONS:
        with_rows = OF_STATIONS
    return [
        {
            "label": one.label,
            "url": f"{reverse('figure-rows', args=[one.code, union_code])}?as_of={as_of}",
        }
        for one in list_figures()
        if one.code != code and one.code in with_rows
    ]


def _lead(page: BehindPage) -> str:
    measured = page.measurement
    if measured.period is None:
        when = f"{measured.as_of}"
    elif measured.period.start > COUNTED_FROM:
        when = f"{measured.period.start} 到 {measured.as_of}"
    else:
        when = f"{measured.as_of} 为止"
    known = f"按 {page.known_on} 结束时所知。" if page.known_on else ""
    row = {Unit.UNIONS: "一行一家工会", Unit.STATIONS: "一行一个驿站"}.get(
        measured.unit, "一行一人"
    )
    if measured.code in OF_SERVICES and measured.unit is Unit.PERSON_TIMES:
        row = "一行一次"
    return f"{measured.union_name}和下面所有工会，{when}。{known}下面{row}，加起来就是这个数。"


def _union_table(page: BehindPage) -> dict[str, Any]:
    return {
        "caption": "被数到的工会",
        "columns": [
            {"label": "工会"},
            {"label": "代码"},
            {"label": "类型"},
            {"label": "成立日期"},
            {"label": "驻地"},
        ],
        "rows": [
            {
                "url": reverse("desk-union", args=[one.code]),
                "cells": [
                    one.name,
                    {"text": one.code, "css": "nw"},
                    {"text": one.kind.label, "note": one.route.label if one.route else ""},
                    {"text": one.founded_on.isoformat(), "css": "nw"},
                    one.region,
                ],
            }
            for one in page.unions
        ],
    }


def _station_table(page: BehindPage) -> dict[str, Any]:
    return {
        "caption": "被数到的驿站",
        "columns": [
            {"label": "驿站"},
            {"label": "编号"},
            {"label": "管理工会"},
            {"label": "启用日期"},
        ],
        "rows": [
            {
                "url": reverse("desk-station", args=[one.code]),
                "cells": [
                    {"text": one.name, "note": one.address},
                    {"text": one.code, "css": "nw"},
                    {"text": one.union_name, "note": _county(one.adcode)},
                    {"text": one.began_on.isoformat(), "css": "nw"},
                ],
            }
            for one in page.stations
        ],
    }


def _county(adcode: int) -> str:
    return regions.full_name(str(adcode), with_province=False)


def _person_table(actor: Actor, page: BehindPage) -> dict[str, Any]:
    opens = may(actor, "membership.list", path=page.union.path)
    return {
        "caption": "被数到的人",
        "columns": [
            {"label": "姓名"},
            {"label": "证件号"},
            {"label": "工会"},
            {"label": "职业"},
            {"label": _day_words(page)},
        ],
        "rows": [
            {
                "url": reverse("desk-member", args=[row.membership_id])
                if opens and row.membership_id
                else "",
                "cells": [
                    {"text": row.name, "note": row.masked_phone},
                    {"text": row.masked_identity, "css": "nw"},
                    {"text": row.union_name, "note": row.channel_label},
                    row.occupation_label,
                    {
                        "text": row.counted_on.isoformat(),
                        "css": "nw",
                        "note": "要减去"
                        if row.sign < 0
                        else f"{row.sign} 次"
                        if row.sign > 1
                        else "",
                    },
                ],
            }
            for row in page.rows
        ],
    }


def _day_words(page: BehindPage) -> str:
    if page.measurement.period is not None:
        return "计入日期"
    return "从哪天起" if page.asked.code in OF_SPANS else "入会日期"


def _workbook(page: BehindPage) -> bytes:
    measured = page.measurement
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        if page.unions:
            write_table(book, "明细", _UNION_HEADS, _union_lines(page))
        elif page.stations:
            write_table(book, "明细", _STATION_HEADS, _station_lines(page))
        else:
            write_table(book, "明细", _HEADS, _person_lines(page))
        write_table(
            book,
            "这个数",
            ["项", "内容"],
            [
                ["指标", f"{measured.label}（{measured.code}）"],
                ["数值", f"{measured.value} {measured.unit.label}"],
                ["工会", measured.union_name],
                ["截至", measured.as_of.isoformat()],
                ["时间段", str(measured.period or "")],
                ["按哪天所知", page.known_on.isoformat() if page.known_on else "现在"],
                ["口径", f"第 {measured.definition_version} 版：{measured.definition}"],
                ["指纹", measured.digest],
            ],
            width=40,
        )
    return buffer.getvalue()


def _union_lines(page: BehindPage) -> list[list[Any]]:
    return [
        [
            one.name,
            one.code,
            one.kind.label,
            one.route.label if one.route else "",
            one.founded_on.isoformat(),
            one.region,
        ]
        for one in page.unions
    ]


def _station_lines(page: BehindPage) -> list[list[Any]]:
    return [
        [
            one.name,
            one.code,
            one.union_name,
            _county(one.adcode),
            one.address,
            one.began_on.isoformat(),
        ]
        for one in page.stations
    ]


def _person_lines(page: BehindPage) -> list[list[Any]]:
    return [
        [
            row.name,
            row.masked_identity,
            row.masked_phone,
            row.union_name,
            row.occupation_label,
            row.channel_label,
            row.counted_on.isoformat(),
            row.sign,
        ]
        for row in page.rows
    ]
