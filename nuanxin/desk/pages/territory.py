"""地域的经过: where a union works and worked, on which days, and since when we have known it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.desk.queries.union_changes import SHAPE, get_union_in_scope
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import TerritoryRecord, UnionRow

RIGHT = "org_unit.manage"


@requires(RIGHT)
@require_GET
def territory(request: HttpRequest, code: str) -> HttpResponse:
    """List every entry of a union's territory, the last recorded first, corrected ones too."""
    actor: Actor = actor_of(request)
    union = get_union_in_scope(actor, code, RIGHT)
    page = orgs.list_territory_history(union.id, before=request.GET.get("before") or None)
    may_change = (
        union.is_live
        and bool(union.parent_path)
        and policy.may(actor, SHAPE, path=union.parent_path)
    )
    change_url = reverse("desk-union-shape", args=[union.code, "territory"])
    context = {
        "page_title": "地域的经过",
        "page_lead": f"{union.name}，驻地和还在的地方。登记过的每一条都留着，更正掉的也查得到。",
        "crumbs": [
            {"label": "工会", "url": reverse("desk-tree")},
            {"label": union.name, "url": reverse("desk-union", args=[union.code])},
            {"label": "地域"},
        ],
        "columns": [
            {"label": "地方"}, {"label": "哪些天", "css": "nw"}, {"label": "什么时候登记的"},
            {"label": "现在算不算数"}, *([{"label": "更正"}] if may_change else []),
        ],
        "rows": [_row(one, union, may_change=may_change) for one in page.items],
        "next_url": f"?{urlencode({'before': page.next})}" if page.next else "",
        "change_url": change_url if may_change else "",
        "union_url": reverse("desk-union", args=[union.code]),
    }  # fmt: skip
    return render(request, "desk/territory.html", context)


def _row(one: TerritoryRecord, union: UnionRow, *, may_change: bool) -> dict[str, Any]:
    until = f"到 {one.valid_to} 前一天" if one.valid_to else "起"
    known = clock.business_day(one.recorded_at)
    state: dict[str, str] = {"text": "算数", "state": "ok"}
    if one.superseded_at is not None:
        state = {
            "text": "改过了",
            "state": "rest",
            "note": f"{clock.business_day(one.superseded_at)} 起按新的登记",
        }
    correct: list[dict[str, str]] = []
    if may_change:
        url = reverse("desk-union-shape", args=[union.code, "territory-days"])
        link = {"text": "更正日期", "url": f"{url}?{urlencode({'entry': one.id})}"}
        correct = [link if one.holds else {"text": ""}]
    return {
        "cells": [
            {"text": one.name, "note": "驻地" if one.is_seat else ""},
            {"text": f"{one.valid_from} {until}", "css": "nw"},
            f"{known} 登记",
            state,
            *correct,
        ]
    }


territory_urls = [
    path("desk/unions/<slug:code>/territory/", territory, name="desk-union-territory"),
]
