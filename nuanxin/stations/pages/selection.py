"""最美驿站 on the desk and before everybody: nominating, ranking, showing, objecting, deciding."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.orgs import queries as orgs
from nuanxin.stations import permissions
from nuanxin.stations.actions import selecting
from nuanxin.stations.forms.selection import AnswerForm, NominationForm, SelectionForm
from nuanxin.stations.pages import words
from nuanxin.stations.queries import selection as queries
from nuanxin.stations.states.inspections import ObjectionOutcome, SelectionState

_METHODS = ["GET", "HEAD", "POST"]
_STATES = {
    SelectionState.NOMINATING: "care",
    SelectionState.CHECKING: "care",
    SelectionState.PUBLICITY: "care",
    SelectionState.DECIDED: "ok",
}


# ---- the desk ----------------------------------------------------------------------------------


@requires("station.list")
@require_http_methods(_METHODS)
def desk_list(request: HttpRequest) -> HttpResponse:
    """List selections; open one."""
    actor, now = actor_of(request), clock.now()
    own = [
        int(path.rstrip("/").rsplit("/", 1)[-1])
        for path in policy.scope_paths(actor, permissions.SELECT)
        if path.strip("/")
    ]
    unions = [(key, row.name) for key, row in orgs.list_unions_by_id(own).items()]
    form = (
        SelectionForm(
            request.POST or None, unions=unions, initial={"year": clock.business_day(now).year}
        )
        if unions
        else None
    )
    problem, status = "", 200
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            made = selecting.open_selection(actor=actor, now=now, **form.terms())
            return HttpResponseRedirect(reverse("desk-selection", args=[made.id]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    after = request.GET.get("after", "")
    rows, more = queries.list_selections(actor=actor, after=whole_number(after))
    context = {
        "page_title": "最美驿站",
        "page_lead": "先推荐，再按检查、评价和开放时间核对，公示没有异议才定。",
        "columns": [
            {"label": "评选"}, {"label": "推荐", "css": "num"}, {"label": "评几家", "css": "num"},
            {"label": "到哪一步"},
        ],
        "rows": [_row(one, permissions.can_list(actor, path=one.union_path)) for one in rows],
        "nominate_url": reverse("desk-nominate")
        if queries.list_open_for_nomination(actor=actor, now=now)
        else "",
        "next_url": f"?after={more}" if more else "",
        "form": form,
        "problem": problem,
    }  # fmt: skip
    return render(request, "stations/selections/desk_list.html", context, status=status)


def _row(one: queries.SelectionRow, is_own: bool) -> dict[str, Any]:
    return {
        "url": reverse("desk-selection", args=[one.id]) if is_own else "",
        "name": one.title,
        "cells": [
            {"text": one.title, "note": one.union_name},
            {"text": f"{one.nominated} 家", "css": "num"},
            {"text": f"{one.places} 家", "css": "num"},
            {"text": one.state.label, "state": _STATES[one.state]},
        ],
    }


@requires("station.list")
@require_http_methods(_METHODS)
def desk_one(request: HttpRequest, selection_id: int) -> HttpResponse:
    """Show a selection with its one next step: nominate, rank, show, answer, decide."""
    actor, now = actor_of(request), clock.now()
    found = queries.get_selection(selection_id, actor=actor)
    do = request.POST.get("do", "")
    answer = AnswerForm(request.POST if do == "answer" else None)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _act(request, do, selection_id, answer):
                return HttpResponseRedirect(reverse("desk-selection", args=[selection_id]))
            status = 422
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    rows = queries.list_nominations(selection_id)
    may_select = permissions.can_select(actor, path=found.union_path)
    edge = _edge(rows, found) if found.state is SelectionState.CHECKING else []
    context = {
        "page_title": found.title,
        "page_lead": f"{found.union_name}主办，评 {found.places} 家，"
        f"推荐到 {words.said(found.nominate_until)}。现在{found.state.label}。",
        "columns": _LINES,
        "rows": [_line(one) for one in rows],
        "nominate_url": reverse("desk-nominate")
        if found.state is SelectionState.NOMINATING
        and clock.business_day(now) <= found.nominate_until
        else "",
        "may_rank": may_select and found.state <= SelectionState.CHECKING and rows,
        "may_post": may_select and found.state is SelectionState.CHECKING,
        "edge": edge,
        "edge_room": found.places - sum(1 for r in rows if r.rank and r.rank < edge[0]["rank"])
        if edge else 0,
        "may_decide": may_select and found.state is SelectionState.PUBLICITY,
        "until": words.moment(found.publicity_until) if found.publicity_until else "",
        "is_over": bool(found.publicity_until and now >= found.publicity_until),
        "objections": [_objection(one) for one in queries.list_objections(selection_id, actor=actor)],
        "answer": answer,
        "public_url": reverse("station-selection", args=[found.code])
        if found.state >= SelectionState.PUBLICITY else "",
        "problem": problem,
        "crumbs": [
            {"label": "最美驿站", "url": reverse("desk-selections")}, {"label": found.title}
        ],
    }  # fmt: skip
    return render(request, "stations/selections/desk_one.html", context, status=status)


def _act(request: HttpRequest, do: str, selection_id: int, answer: AnswerForm) -> bool:
    actor, now = actor_of(request), clock.now()
    if do == "rank":
        selecting.rank_nominations(selection_id=selection_id, actor=actor, now=now)
    elif do == "post":
        selecting.post_selection(
            selection_id=selection_id, at_edge=request.POST.getlist("edge"), actor=actor, now=now
        )
    elif do == "answer" and answer.is_valid():
        data = answer.cleaned_data
        selecting.answer_objection(
            objection_id=data["objection"], upheld=data["upheld"], answer=data["answer"],
            actor=actor, now=now,
        )  # fmt: skip
    elif do == "decide":
        selecting.decide_selection(selection_id=selection_id, actor=actor, now=now)
    else:
        return False
    return True


_LINES = [
    {"label": "驿站"}, {"label": "为什么推荐"}, {"label": "名次", "css": "num"},
    {"label": "合计", "css": "num"}, {"label": "怎么算的"},
]  # fmt: skip


def _line(one: queries.NominationRow) -> dict[str, Any]:
    how = one.left_out or one.proof
    if one.struck_at:
        how = f"划去了：{one.struck_reason}"
    return {
        "url": reverse("desk-station", args=[one.station_code]),
        "name": one.station_name,
        "cells": [
            {"text": one.station_name, "note": f"{one.station_code}，{one.union_name}"},
            one.reason,
            {"text": str(one.rank) if one.rank else "没排", "css": "num"},
            {"text": f"{one.total / 10:.1f}" if one.total is not None else "", "css": "num"},
            how,
        ],
    }


def _edge(rows: list[queries.NominationRow], found: queries.SelectionRow) -> list[dict[str, Any]]:
    """Return those with equal sums of whom not all fit: the committee chooses among them."""
    ranked = [one for one in rows if one.rank is not None]
    if len(ranked) <= found.places or ranked[found.places - 1].rank != ranked[found.places].rank:
        return []
    rank = ranked[found.places].rank
    return [
        {"value": one.station_code, "label": one.station_name, "is_chosen": False, "rank": rank}
        for one in ranked
        if one.rank == rank
    ]


def _objection(one: queries.ObjectionRow) -> dict[str, Any]:
    return {
        "id": one.id,
        "station": one.station_name,
        "text": one.text,
        "filed": words.moment(one.filed_at),
        "outcome": one.outcome.label,
        "answer": one.answer,
        "is_open": one.outcome is ObjectionOutcome.OPEN,
    }


@requires("station.manage", "station.select")
@require_http_methods(_METHODS)
def nominate(request: HttpRequest) -> HttpResponse:
    """Propose a station in a selection that is open, also one of a union above."""
    actor, now = actor_of(request), clock.now()
    open_ = queries.list_open_for_nomination(actor=actor, now=now)
    form = NominationForm(
        request.POST or None, selections=[(one.id, _said_open(one)) for one in open_]
    )
    problem, status, done = "", 200, ""
    if request.method == "POST" and form.is_valid():
        try:
            made = selecting.nominate(actor=actor, now=now, **form.cleaned_data)
            done = made.station.name
            form = NominationForm(selections=[(one.id, _said_open(one)) for one in open_])
        except NotFound:
            problem, status = "没有这个编号的驿站，或者不归您管。对一下编号。", 422
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    context = {
        "page_title": "推荐最美驿站",
        "page_lead": "推荐自己管的驿站。检查要整改的、停用的，核对的时候会排除。",
        "form": form if open_ else None,
        "done": done,
        "problem": problem,
        "list_url": reverse("desk-selections"),
        "crumbs": [{"label": "最美驿站", "url": reverse("desk-selections")}, {"label": "推荐"}],
    }
    return render(request, "stations/selections/nominate.html", context, status=status)


def _said_open(one: queries.SelectionRow) -> str:
    return f"{one.title}（{one.union_name}，到 {one.nominate_until.month} 月 {one.nominate_until.day} 日）"


# ---- before everybody ------------------------------------------------------------------------------


@public
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """List the selections whose list is shown or decided."""
    rows = [
        {
            "text": one.title,
            "note": one.union_name,
            "end": "公示中" if one.state is SelectionState.PUBLICITY else "定了",
            "url": reverse("station-selection", args=[one.code]),
        }
        for one in queries.list_public_selections()
    ]
    context = {
        "page_title": "最美驿站",
        "page_lead": "各地推荐、核对、公示过的驿站。",
        "rows": rows,
    }
    return render(request, "stations/selections/board.html", context)


@public
@require_http_methods(_METHODS)
def shown(request: HttpRequest, code: str) -> HttpResponse:
    """Show a list; take an objection while it runs; tell the answer to a receipt."""
    found, now = queries.get_public_selection(code), clock.now()
    do, problem, status, receipt, told = request.POST.get("do", ""), "", 200, "", None
    if request.method == "POST":
        try:
            if do == "receipt":
                told = queries.find_objection(request.POST.get("receipt", ""))
            else:
                receipt = _object(request, found, now)
        except NotFound:
            problem, status = "没有这个回执号，或者这一家不在名单上。对一下再试。", 404
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    rows = queries.list_proposed(found.id)
    runs = (
        found.state is SelectionState.PUBLICITY
        and found.publicity_until is not None
        and now < found.publicity_until
    )
    context = {
        "page_title": found.title,
        "page_lead": f"{found.union_name}主办。"
        + (f"公示到 {words.moment(found.publicity_until)}，名单还没定。" if runs and
           found.publicity_until else "公示过了。" if not found.decided_at else "名单定了。"),
        "columns": [{"label": "驿站"}, {"label": "为什么推荐"}, {"label": "怎么算的"}],
        "rows": [_public_line(one) for one in rows],
        "choices": [
            {"value": str(one.id), "label": one.station_name, "is_chosen": False}
            for one in rows
            if not one.struck_at
        ],
        "runs": runs,
        "receipt": receipt,
        "told": {"station": told[0], "outcome": told[1].label, "answer": told[2]} if told else None,
        "text": "" if receipt else request.POST.get("text", ""),
        "problem": problem,
        "crumbs": [
            {"label": "最美驿站", "url": reverse("station-selections")}, {"label": found.title}
        ],
    }  # fmt: skip
    return render(request, "stations/selections/shown.html", context, status=status)


def _object(request: HttpRequest, found: queries.SelectionRow, now: Any) -> str:
    known = {str(one.id): one.id for one in queries.list_proposed(found.id)}
    picked = known.get(request.POST.get("line", ""))
    if picked is None:
        raise Malformed("stations.which_line", "选一下是对哪一家。")
    return selecting.object_to_nomination(
        nomination_id=picked, text=request.POST.get("text", ""), now=now
    )


def _public_line(one: queries.NominationRow) -> dict[str, Any]:
    how = "划去了：" + one.struck_reason if one.struck_at else one.proof
    return {
        "cells": [{"text": one.station_name, "note": one.union_name}, one.reason, how],
    }
