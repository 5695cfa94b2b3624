"""Dissolutions that the union above has to take notice of: what waits, one click each."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.desk.queries.union_changes import get_union_in_scope, insist_on_upper
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.orgs import actions as orgs_actions
from nuanxin.orgs import queries as orgs

RIGHT = "org_unit.create"


@requires(RIGHT)
@require_safe
def dissolutions(request: HttpRequest) -> HttpResponse:
    """List the dissolutions below that nobody above has acknowledged, the oldest first."""
    actor: Actor = actor_of(request)
    paths = policy.scope_paths(actor, RIGHT)
    page = orgs.list_reports_due(paths, after=request.GET.get("after") or None)
    total = orgs.count_reports_due(paths)
    uppers = orgs.list_unions_by_id([one.parent_id for one in page.items if one.parent_id])
    context = {
        "page_title": f"{total:,} 家撤销的工会等着记下" if total else "没有等着记下的撤销",
        "page_lead": "撤销基层工会要报告上一级工会（工会法第十三条）。看过就记一笔，会员和数都不动。",
        "crumbs": [{"label": "工会", "url": reverse("desk-tree")}, {"label": "撤销的报告"}],
        "banner": {"text": "记下了，写进了那家工会的“变动”。"} if request.GET.get("done") else "",
        "rows": [_row(one, uppers) for one in page.items],
        "next_url": f"?{urlencode({'after': page.next})}" if page.next else "",
        "tree_url": reverse("desk-tree"),
    }
    return render(request, "desk/dissolutions.html", context)


@requires(RIGHT)
@require_POST
def acknowledge(request: HttpRequest, code: str) -> HttpResponse:
    """Note that the union above has taken notice; ``Conflict`` where there is nothing to note."""
    actor: Actor = actor_of(request)
    union = get_union_in_scope(actor, code, RIGHT)
    insist_on_upper(actor, union)
    orgs_actions.acknowledge_dissolution(union_id=union.id, actor=actor, now=clock.now())
    return HttpResponseRedirect(f"{reverse('desk-dissolutions')}?done=1")


def _row(one: orgs.ReportDue, uppers: dict[int, orgs.UnionRow]) -> dict[str, Any]:
    upper = uppers.get(one.parent_id or 0)
    said = [f"{one.effective_on} 撤销", one.reason, one.document]
    return {
        "name": one.name,
        "url": reverse("desk-union", args=[one.code]),
        "text": "，".join(part for part in said if part),
        "upper": upper.name if upper else "",
        "known": f"{clock.business_day(one.recorded_at)} 登记",
        "done_url": reverse("desk-dissolution", args=[one.code]),
    }


dissolution_urls = [
    path("desk/dissolutions/", dissolutions, name="desk-dissolutions"),
    path("desk/dissolutions/<slug:code>/", acknowledge, name="desk-dissolution"),
]
