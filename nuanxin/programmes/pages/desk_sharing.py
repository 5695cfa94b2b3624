"""The desk's side of sharing: places that are added, points that are entered; each seen before."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.programmes.actions import more_places, points
from nuanxin.programmes.forms.sharing import MorePlacesForm, PointsForm
from nuanxin.programmes.queries import desk as queries
from nuanxin.programmes.queries.points import count_applicants, list_applicants
from nuanxin.programmes.states import Way

_METHODS = ["GET", "HEAD", "POST"]


@requires("programme.manage")
@require_http_methods(_METHODS)
def places(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Add places: see first what each pool would have, then add."""
    actor = actor_of(request)
    found = queries.get_desk_offer(offer_id, actor=actor)
    form = MorePlacesForm(request.POST or None)
    split, problem, status = None, "", 200
    if request.method == "POST" and form.is_valid():
        more = form.cleaned_data["more"]
        try:
            split = more_places.preview_more_places(queries.get_offer_row(offer_id), more)
            if request.POST.get("do") == "add":
                more_places.add_places(offer_id=offer_id, more=more, actor=actor, now=clock.now())
                return HttpResponseRedirect(reverse("desk-offer", args=[offer_id]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    context = {
        "page_title": f"加名额：{found.row.title}",
        "page_lead": f"现在 {found.row.places:,} 个。只能加：公布了的，哪一份也不会少。",
        "form": form,
        "split": split,
        "columns": [
            {"label": "哪一份"}, {"label": "现在", "css": "num"}, {"label": "加到", "css": "num"},
            {"label": "其中定向", "css": "num"},
        ],
        "rows": _split_rows(found, split) if split else [],
        "problem": problem,
        "crumbs": _crumbs(found.row.title, offer_id, "加名额"),
    }  # fmt: skip
    return render(request, "programmes/desk/sharing/places.html", context, status=status)


def _split_rows(found: queries.DeskOffer, split: Any) -> list[dict[str, Any]]:
    pools = zip(found.pools, split.places, split.directed, strict=True)
    return [
        {
            "id": number,
            "name": pool.label,
            "cells": [
                pool.label,
                *({"text": f"{value:,}", "css": "num"} for value in (pool.places, now, directed)),
            ],
        }
        for number, (pool, now, directed) in enumerate(pools)
    ]


@requires("programme.manage")
@require_http_methods(_METHODS)
def enter_points(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Enter points: paste, see what was understood and what not, enter; one tap takes it back."""
    actor = actor_of(request)
    found = queries.get_desk_offer(offer_id, actor=actor)
    if found.row.way not in (Way.SCORE, Way.NEED):
        raise NotFound()
    do = request.POST.get("do", "") if request.method == "POST" else ""
    is_sent = do in ("preview", "enter")
    form = PointsForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    read, problem, status = None, "", 422 if request.method == "POST" else 200
    row = queries.get_offer_row(offer_id)
    try:
        if do == "undo":
            points.take_points_back(offer_id=offer_id, actor=actor, now=clock.now())
            return HttpResponseRedirect(request.path)
        if form.is_bound and form.is_valid():
            text = form.cleaned_data["text"]
            read, status = points.read_points(row, text), 200
            form = PointsForm(initial={"text": text})  # what a file says stands in the field now
            if do == "enter":
                changed = points.enter_points(
                    offer_id=offer_id, points=read.points, actor=actor, now=clock.now()
                )
                if changed:
                    return HttpResponseRedirect(request.path)
                problem = "和录过的一模一样，没有改动。"
    except NotFound:
        raise
    except Refusal as refusal:
        problem, status = refusal.message, refusal.status
    context = _points_context(request, found, offer_id) | {
        "form": form,
        "read": read,
        "read_words": _read_words(read) if read else "",
        "problem": problem,
        "can_undo": points.last_points_before(row) is not None,
    }
    return render(request, "programmes/desk/sharing/points.html", context, status=status)


def _points_context(
    request: HttpRequest, found: queries.DeskOffer, offer_id: int
) -> dict[str, Any]:
    after = request.GET.get("after", "")
    known = whole_number(after) or 0
    rows, following = list_applicants(offer_id, after=known)
    people, scored = count_applicants(offer_id)
    return {
        "page_title": f"录分：{found.row.title}",
        "page_lead": f"{people:,} 人报名，{scored:,} 人有分了。没有分的排在最后。",
        "columns": [
            {"label": "报名编号"}, {"label": "姓名"}, {"label": "分数", "css": "num"},
            {"label": "手机"}, {"label": "工会"},
        ],
        "rows": [
            {
                "id": row.id,
                "name": row.name,
                "cells": [
                    str(row.id), row.name,
                    {"text": "—" if row.points is None else f"{row.points:,}", "css": "num"},
                    row.masked_phone or {"text": "—", "css": "none"},
                    row.union_name or {"text": "—", "css": "none"},
                ],
            }
            for row in rows
        ],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
        "crumbs": _crumbs(found.row.title, offer_id, "录分"),
    }  # fmt: skip


def _read_words(read: points.PointsRead) -> str:
    told = f"读懂了 {len(read.points):,} 人的分数"
    if read.unmatched:
        return f"{told}，{len(read.unmatched):,} 行没对上，不会录进去。"
    return f"{told}，每一行都对上了。"


def _crumbs(title: str, offer_id: int, here: str) -> list[dict[str, str]]:
    return [
        {"label": "服务项目", "url": reverse("desk-offers")},
        {"label": title, "url": reverse("desk-offer", args=[offer_id])},
        {"label": here},
    ]
