"""工会 on the desk: the tree, one union with its counts, its QR poster address."""

from datetime import date
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.queries.members import count_members
from nuanxin.membership.states import MemberState
from nuanxin.orgs import queries as orgs


@requires("org_unit.manage")
@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """Lead to one's own union, or to what was searched for."""
    actor = request.actor  # type: ignore[attr-defined]
    paths = policy.scope_paths(actor, "org_unit.manage")
    if not paths:
        raise NotFound()
    text = request.GET.get("q", "").strip()
    if not text:
        own = int(paths[0].rstrip("/").rsplit("/", 1)[-1])
        return HttpResponseRedirect(reverse("desk-union", args=[orgs.get_union(own).code]))
    found = orgs.search_unions(text, paths=paths)
    context = {
        "page_title": f"找到 {len(found)} 家工会" if found else "没有找到",
        "q": text,
        "columns": [{"label": "工会"}, {"label": "类型"}, {"label": "状态"}],
        "rows": [
            {
                "url": reverse("desk-union", args=[union.code]),
                "cells": [{"text": union.name, "note": union.code}, union.kind.label,
                          union.state.label],
            }
            for union in found
        ],
    }  # fmt: skip
    return render(request, "membership/unions/search.html", context)


@requires("org_unit.manage")
@require_GET
def union(request: HttpRequest, code: str) -> HttpResponse:
    """Show one union: where it stands (on any day), what is below it, its members, its history."""
    actor = request.actor  # type: ignore[attr-defined]
    found = orgs.get_union_by_code(code)
    policy.check(actor, "org_unit.manage", path=found.path)
    on = _day(request.GET.get("on", ""))
    page = orgs.union_page(
        actor, found.id, now=clock.now(), on=on, after=request.GET.get("after") or None
    )
    join_url = f"{settings.PUBLIC_ADDRESS}{reverse('join-of', args=[code])}"
    context = {
        "page_title": found.name,
        "page_lead": f"{found.kind.label} · {page.region} · 编码 {found.code}",
        "crumbs": [
            {"label": crumb.name, "url": reverse("desk-union", args=[crumb.code])}
            if policy.may(actor, "org_unit.manage", path=orgs.get_union(crumb.id).path)
            else {"label": crumb.name}
            for crumb in page.breadcrumb
        ],
        "page": page,
        "on": on.isoformat() if on else "",
        "facts": _facts(page),
        "counts": _counts(actor, found),
        "members_url": f"{reverse('desk-members')}?{urlencode({'union': code})}"
        if policy.may(actor, "membership.list", path=found.path) else "",
        "children_columns": [
            {"label": "下面的工会"}, {"label": "类型"}, {"label": "再下面", "css": "num"},
        ],
        "children": [_child(node) for node in page.children.items],
        "next_url": _next(on, page.children.next),
        "changes": [
            {"text": f"{change.kind.label}{'：' + change.other_name if change.other_name else ''}",
             "detail": f"{change.effective_on}　{change.reason}"}
            for change in page.changes
        ],
        "join_url": join_url if found.accepts_members else "",
        "join_qr": mark_safe(
            segno.make(join_url, error="m").svg_inline(scale=4, border=2, svgclass=None,
                                                        lineclass=None)
        ) if found.accepts_members else "",
    }  # fmt: skip
    return render(request, "membership/unions/union.html", context)


def _facts(page: Any) -> list[dict[str, Any]]:
    union = page.union
    rows = [
        {"label": "状态", "value": union.state.label},
        {"label": "成立", "value": str(union.founded_on)},
        {"label": "统一社会信用代码", "value": union.credit_code or "—"},
        {"label": "地址", "value": union.address or "—"},
        {"label": "联系", "value": f"{union.contact_name} {union.contact_phone}".strip() or "—"},
        {"label": "覆盖网点", "value": f"{page.outlets_count:,} 个"},
    ]
    if union.term_ends_on:
        rows.append({"label": "届满", "value": str(union.term_ends_on)})
    return rows


def _counts(actor: Any, union: Any) -> list[dict[str, Any]]:
    if not policy.may(actor, "membership.view", path=union.path):
        return []
    counted = count_members(actor=actor, union_id=union.id)
    return [
        {"label": "在籍会员", "value": f"{counted[MemberState.LIVE]:,}", "unit": "人"},
        {"label": "保留会籍", "value": f"{counted[MemberState.RETAINED]:,}", "unit": "人"},
    ]


def _child(node: Any) -> dict[str, Any]:
    return {
        "url": reverse("desk-union", args=[node.code]),
        "cells": [
            {"text": node.name, "note": node.code},
            node.kind.label,
            f"{node.children_count:,}" if node.children_count else "—",
        ],
    }


def _next(on: date | None, after: str | None) -> str:
    if not after:
        return ""
    return f"?{urlencode({'on': on.isoformat(), 'after': after} if on else {'after': after})}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
