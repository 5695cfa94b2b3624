"""The rows behind a number on the officer's desk, page by page, and as a workbook."""

import io
from typing import Any
from urllib.parse import urlencode

import xlsxwriter  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from nuanxin.access.permissions import may, requires
from nuanxin.figures import actions
from nuanxin.figures.forms.days import DaysForm
from nuanxin.figures.pages.sheets import write_table
from nuanxin.figures.queries.behind import BehindPage, rows_behind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor

_HEADS = ("姓名", "证件号", "手机号", "工会", "职业", "入会渠道", "计入日期", "加减")


@requires("figure.rows")
@require_safe
def figure_rows(request: HttpRequest, figure: str, code: str) -> HttpResponse:
    """Show who was counted in a figure below a union."""
    days = DaysForm(request.GET or None).days()
    page = rows_behind(
        actor=_actor(request),
        code=figure,
        union_code=code,
        after=request.GET.get("after", ""),
        now=clock.now(),
        **days,
    )
    return render(request, "figures/rows.html", _context(_actor(request), page, days))


@requires("membership.export")
@require_POST
def figure_rows_export(request: HttpRequest, figure: str, code: str) -> HttpResponse:
    """Give all rows as a workbook; it is recorded who took it."""
    page = actions.export_rows(
        code=figure,
        union_code=code,
        actor=_actor(request),
        now=clock.now(),
        **DaysForm(request.POST).days(),
    )
    measured = page.measurement
    answer = HttpResponse(
        _workbook(page),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    name = f"{measured.code}-{measured.union_code}-{measured.as_of.isoformat()}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _context(actor: Actor, page: BehindPage, days: dict[str, Any]) -> dict[str, Any]:
    measured = page.measurement
    asked = {key: day.isoformat() for key, day in days.items() if day}
    in_period = measured.period is not None
    opens = may(actor, "membership.list", path=page.union_path)
    words = str(measured.as_of) if not days["since"] else f"{days['since']} 到 {measured.as_of}"
    return {
        "page_title": f"{measured.label}：{measured.value:,} {measured.unit.label}",
        "page_lead": f"{measured.union_name}和下面所有工会，{words if in_period else measured.as_of}"
        f"{'' if in_period and days['since'] else '为止'}。下面一行一人，加起来就是这个数。",
        "crumbs": [
            {
                "label": f"{measured.union_name}概览",
                "url": reverse("desk-overview-of", args=[measured.union_code]),
            },
            {"label": f"{measured.label}明细", "url": ""},
        ],
        "columns": [
            {"label": "姓名"},
            {"label": "证件号"},
            {"label": "工会"},
            {"label": "职业"},
            {"label": "计入日期" if in_period else "入会日期"},
        ],
        "rows": [
            {
                "url": reverse("desk-member", args=[row.membership_id]) if opens else "",
                "cells": [
                    {"text": row.name, "note": row.masked_phone},
                    {"text": row.masked_identity, "css": "nw"},
                    {"text": row.union_name, "note": row.channel_label},
                    row.occupation_label,
                    {
                        "text": row.counted_on.isoformat(),
                        "css": "nw",
                        "note": "审批撤回，减去" if row.sign < 0 else "",
                    },
                ],
            }
            for row in page.rows
        ],
        "changes_url": reverse("figure-changes", args=[measured.union_code]),
        "page": page,
        "last": page.first + len(page.rows) - 1,
        "total": measured.value,
        "next_url": f"?{urlencode({**asked, 'after': page.next})}" if page.next else "",
        "start_url": f"?{urlencode(asked)}" if page.first > 1 else "",
        "export_url": reverse("figure-rows-export", args=[measured.code, measured.union_code])
        if may(actor, "membership.export", path=page.union_path)
        else "",
        "kept": [{"name": key, "value": value} for key, value in asked.items()],
        "lineage": [
            {"label": "口径", "value": f"第 {measured.definition_version} 版"},
            {"label": "截至", "value": measured.as_of.isoformat()},
            {"label": "隶属关系", "value": "变动当天的" if in_period else "当天的"},
            {"label": "指纹", "value": measured.digest, "is_code": True},
        ],
        "definition": measured.definition,
    }


def _workbook(page: BehindPage) -> bytes:
    measured = page.measurement
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        write_table(
            book,
            "明细",
            _HEADS,
            [
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
            ],
        )
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
                ["口径", f"第 {measured.definition_version} 版：{measured.definition}"],
                ["指纹", measured.digest],
            ],
            width=40,
        )
    return buffer.getvalue()


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
