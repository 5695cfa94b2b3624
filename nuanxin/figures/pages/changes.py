"""比上月变了多少: why the number of live members below a union is not what it was, part by part."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import may, requires
from nuanxin.figures.forms.days import DaysForm
from nuanxin.figures.queries.changes import Change, Part, explain_change
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import UnionRow
from nuanxin.orgs.states import UnionKind

_SAID = {
    "corrections": "前一天以前的变动，后来才补进来或者改过",
    "tree": "整个工会从别处划进来，或者划到别处去",
    "with_unions": "所在的工会合并或者搬了地方",
}


@requires("membership.count")
@require_safe
def figure_changes(request: HttpRequest, code: str) -> HttpResponse:
    """Show what live members below a union changed by between two days, adding up exactly."""
    actor: Actor = actor_of(request)
    union = orgs.get_union_by_code(code)
    policy.check(actor, "membership.count", path=union.path)
    now = clock.now()
    since, until = _days(request, clock.business_day(now))
    # A federation is also its region: members whose union sits there, whoever it stands under.
    is_by_region = union.kind is UnionKind.FEDERATION and request.GET.get("by") == "region"
    place: dict[str, Any] = {"region": union.adcode} if is_by_region else {"union_id": union.id}
    change = explain_change(**place, since=since, until=until, now=now)
    shows_rows = may(actor, "figure.rows", path=union.path) and not is_by_region
    context = {
        "page_title": f"在籍会员{_by(change.end - change.start)}",
        "page_lead": f"{_whom(union, is_by_region=is_by_region)}，{since} 到 {until}。",
        "ways": _ways(union, is_by_region=is_by_region, since=since, until=until),
        "by": "region" if is_by_region else "",
        "crumbs": [
            {"label": f"{union.name}概览", "url": reverse("desk-overview-of", args=[code])},
            {"label": "变了多少"},
        ],
        "since": since,
        "until": until,
        "columns": [{"label": "因为什么"}, {"label": "人数", "css": "num"}],
        "rows": _rows(change, code if shows_rows else ""),
        "total": _total(f"{change.until} 结束时", change.end)["cells"],
        "nothing": "、".join(part.label for part in change.parts if not part.persons),
    }
    return render(request, "figures/changes.html", context)


def _whom(union: UnionRow, *, is_by_region: bool) -> str:
    if is_by_region:
        return f"驻地在{orgs.region_name(union.adcode)}的所有工会"
    return f"{union.name}和下面所有工会"


def _ways(union: UnionRow, *, is_by_region: bool, since: date, until: date) -> list[dict[str, Any]]:
    """Return both ways to count a federation; any other union has one."""
    if union.kind is not UnionKind.FEDERATION:
        return []
    days = {"since": since.isoformat(), "as_of": until.isoformat()}
    return [
        {"label": "按隶属", "url": f"?{urlencode(days)}", "active": not is_by_region},
        {
            "label": "按地区",
            "url": f"?{urlencode(days | {'by': 'region'})}",
            "active": is_by_region,
        },
    ]


def _days(request: HttpRequest, today: date) -> tuple[date, date]:
    """Return the days asked for; by default from the end of last month to today."""
    days = DaysForm(request.GET or None).days()
    until = days["as_of"] or today
    return days["since"] or until.replace(day=1) - timedelta(days=1), until


def _rows(change: Change, code: str) -> list[dict[str, Any]]:
    lines = [_total(f"{change.since} 结束时", change.start)]
    return lines + [_line(part, change, code) for part in change.parts if part.persons]


def _total(label: str, persons: int) -> dict[str, Any]:
    return {"cells": [label, {"text": f"{persons:,}", "css": "num"}]}


def _line(part: Part, change: Change, code: str) -> dict[str, Any]:
    asked = {
        "since": (change.since + timedelta(days=1)).isoformat(),
        "as_of": change.until.isoformat(),
    }
    opens = code and part.figure
    url = f"{reverse('figure-rows', args=[part.figure, code])}?{urlencode(asked)}" if opens else ""
    return {
        "url": url,
        "cells": [
            {"text": part.label, "note": _SAID.get(part.key, "")},
            {"text": f"{part.persons:+,}".replace("-", "−"), "css": "num"},
        ],
    }


def _by(difference: int) -> str:
    if difference == 0:
        return "没有变"
    return f"{'多' if difference > 0 else '少'}了 {abs(difference):,} 人"
