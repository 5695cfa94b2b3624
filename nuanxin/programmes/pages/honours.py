"""光荣榜: winners of contests who agreed to be named; and the tap by which one agrees."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.programmes.actions.honouring import agree_to_be_named
from nuanxin.programmes.queries.contests import get_public_contest
from nuanxin.programmes.queries.honours import HonourRow, list_honours


@public
@require_GET
def honour_list(request: HttpRequest) -> HttpResponse:
    """List winners by contest, the latest first; search engines keep nothing of it."""
    rows = list_honours(today=clock.business_day(clock.now()))
    context = {
        "page_title": "光荣榜",
        "contests": _by_contest(rows),
        "contests_url": reverse("contests"),
    }
    answer = render(request, "programmes/contests/honours.html", context)
    answer.headers["X-Robots-Tag"] = "noindex, noarchive"
    return answer


@requires("own.open")
@require_POST
def name_me(request: HttpRequest, code: str) -> HttpResponse:
    """Agree to be named, or take it back."""
    get_public_contest(code)
    agree_to_be_named(
        is_agreed=request.POST.get("do") == "agree",
        actor=actor_of(request),
        now=clock.now(),
    )
    return HttpResponseRedirect(reverse("contest", args=[code]))


# ---- inside -----------------------------------------------------------------------------------


def _by_contest(rows: list[HonourRow]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        of = found.setdefault(
            row.contest_code,
            {
                "title": row.contest,
                "union": row.union,
                "url": reverse("contest", args=[row.contest_code]),
                "rows": [],
            },
        )
        team = f"{row.team}，" if row.team else ""
        of["rows"].append(
            {"title": row.name, "text": f"{team}{row.own_union}", "end": f"第 {row.rank} 名"}
        )
    return list(found.values())
