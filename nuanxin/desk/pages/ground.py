"""What a union covers: its outlets with their members, and one employer as the union sees it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.desk.queries.ground import RIGHT, CoveredEmployer, OutletsOf, get_employer, get_outlets
from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.text import whole_number
from nuanxin.orgs.queries import UnionRow

OUTLETS = "outlet.register"


@requires(RIGHT)
@require_GET
def outlets(request: HttpRequest, code: str) -> HttpResponse:
    """List the outlets that a union covers, of one county or all, with the members at each."""
    actor: Actor = actor_of(request)
    region = request.GET.get("region", "")
    shown = get_outlets(
        actor=actor,
        code=code,
        region=whole_number(region, longest=6),
        after=request.GET.get("after") or None,
        is_closed=bool(request.GET.get("closed")),
    )
    context = _outlets_context(shown, actor, is_closed=bool(request.GET.get("closed")))
    if shown.union.is_live and policy.may(actor, OUTLETS, path=shown.union.path):
        context["sheet_url"] = reverse("desk-outlets-sheet", args=[code])
    return render(request, "desk/outlets.html", context)


@requires(RIGHT)
@require_GET
def employer(request: HttpRequest, code: str, employer_id: int) -> HttpResponse:
    """Show one employer that the union covers: who else covers it, and where its outlets are."""
    actor: Actor = actor_of(request)
    shown = get_employer(actor=actor, code=code, employer_id=employer_id)
    return render(request, "desk/employer.html", _employer_context(actor, shown))


def _outlets_context(shown: OutletsOf, actor: Actor, *, is_closed: bool) -> dict[str, Any]:
    region = shown.region
    kept = ({"region": region} if region else {}) | ({"closed": 1} if is_closed else {})
    may_close = shown.union.is_live and policy.may(actor, OUTLETS, path=shown.union.path)
    what = "已停用的网点" if is_closed else "网点"
    return {
        "page_title": f"{shown.total:,} 个{what}" if shown.total else f"没有{what}",
        "is_closed": is_closed,
        "closed_words": f"看 {shown.closed:,} 个已停用的" if shown.closed and not is_closed else "",
        "in_use_url": reverse("desk-union-outlets", args=[shown.union.code]) if is_closed else "",
        "page_lead": f"{shown.union.name}覆盖的" + (f"，只看{shown.region_name}" if region else ""),
        "crumbs": _crumbs(shown.union, "网点"),
        "regions": [{"value": "", "label": "全部地方", "is_chosen": not region}]
        + [
            {
                "value": one.adcode,
                "label": f"{one.name}（{one.count:,}）",
                "is_chosen": one.adcode == region,
            }
            for one in shown.regions
        ],
        "clear_url": "?" if region else "",
        "sheet_url": "",
        "columns": [
            {"label": "网点"},
            {"label": "在哪里"},
            {"label": "单位"},
            {"label": "在籍会员，人", "css": "num"},
        ],
        "rows": [
            {
                "url": reverse("desk-outlet", args=[shown.union.code, one.id]) if may_close else "",
                "cells": [
                    {"text": one.name, "note": one.note},
                    one.place,
                    one.employer_name,
                    {"text": "—" if one.members is None else f"{one.members:,}", "css": "num"},
                ],
            }
            for one in shown.rows
        ],
        "next_url": f"?{urlencode(kept | {'after': shown.next})}" if shown.next else "",
    }


def _employer_context(actor: Actor, shown: CoveredEmployer) -> dict[str, Any]:
    row, union = shown.employer, shown.union
    return {
        "page_title": row.name,
        "page_lead": f"由{union.name}覆盖",
        "crumbs": _crumbs(union, row.name),
        "facts": [
            {"label": "信用代码", "value": row.credit_code or "—"},
            {"label": "注册地", "value": shown.place or "—"},
            {"label": "平台企业", "value": "是" if row.is_platform else "不是"},
            {"label": "停业", "value": str(row.closed_on or "没有")},
            {"label": "本工会覆盖的网点", "value": f"{shown.outlets:,} 个"},
        ],
        "covering": [
            {
                "text": one.name,
                "note": one.kind.label,
                "url": reverse("desk-union", args=[one.code])
                if policy.may(actor, RIGHT, path=one.path)
                else "",
            }
            for one in shown.covering
        ],
        "outlets_url": reverse("desk-union-outlets", args=[union.code]),
        "close_url": reverse("desk-employer-close", args=[union.code, row.id])
        if policy.may(actor, "org_unit.edit", path=union.path)
        else "",
        "close_label": "恢复这家单位" if row.closed_on else "登记单位终止",
        "uncover_url": f"{reverse('desk-union-edit', args=[union.code, 'uncover'])}"
        f"?{urlencode({'employer': row.name})}"
        if policy.may(actor, "org_unit.edit", path=union.path)
        else "",
    }


def _crumbs(union: UnionRow, here: str) -> list[dict[str, str]]:
    return [
        {"label": "工会", "url": reverse("desk-tree")},
        {"label": union.name, "url": reverse("desk-union", args=[union.code])},
        {"label": here},
    ]


ground_urls = [
    path("desk/unions/<slug:code>/outlets/", outlets, name="desk-union-outlets"),
    path("desk/unions/<slug:code>/employers/<int:employer_id>/", employer, name="desk-employer"),
]
