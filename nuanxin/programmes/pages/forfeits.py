"""Forfeits at the desk, from the nightly proposal to the money that came back; and one's own."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.text import whole_number
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import forfeiting
from nuanxin.programmes.forms.forfeits import DecisionForm, HearingForm, ReturnForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import forfeits as queries
from nuanxin.programmes.states import DebtKind, ForfeitState

_KINDS = {
    ForfeitState.PROPOSED: "care",
    ForfeitState.HEARING: "care",
    ForfeitState.DECIDED: "stop",
    ForfeitState.DROPPED: "off",
}


@requires("programme.view")
@require_GET
def forfeit_list(request: HttpRequest) -> HttpResponse:
    """List the forfeits below one's unions, the latest first."""
    after = whole_number(request.GET.get("after"))
    rows, following = queries.list_forfeits(actor=actor_of(request), after=after)
    context = {
        "page_title": "取消资格",
        "page_lead": "每天夜里对一遍，查到的只是提出来。听过本人说，由干部决定。",
        "columns": [
            {"label": "谁"}, {"label": "哪一期"}, {"label": "查到什么"},
            {"label": "查到日期", "css": "nw"}, {"label": "还应退", "css": "num"}, {"label": "现在"},
        ],
        "rows": [
            {
                "id": row.id,
                "name": row.name,
                "url": reverse("desk-forfeit", args=[row.id]),
                "cells": [
                    row.name, row.title, row.label,
                    f"{row.found_on.month} 月 {row.found_on.day} 日",
                    {"text": format_yuan(row.left_fen) if row.left_fen else "—", "css": "num"},
                    {"text": row.state.label, "state": _KINDS[row.state]},
                ],
            }
            for row in rows
        ],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
    }  # fmt: skip
    return render(request, "programmes/forfeits/list.html", context)


@requires("programme.view")
@require_GET
def forfeit(request: HttpRequest, forfeit_id: int) -> HttpResponse:
    """Show what was found, on what ground, what was said and decided, and the money."""
    return _forfeit_page(request, forfeit_id)


def _forfeit_page(
    request: HttpRequest,
    forfeit_id: int,
    *,
    problem: str = "",
    status: int = 200,
    text: str = "",
    decision: DecisionForm | None = None,
    money: ReturnForm | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    found = queries.get_forfeit(forfeit_id, actor=actor)
    may = policy.holds(actor, permissions.MANAGE)
    entries = queries.list_entries(forfeit_id)
    context = {
        "page_title": f"{found.name}：{found.label}",
        "page_lead": f"{found.title}，{found.union_name}。",
        "facts": _facts(found),
        "found": found,
        "may_hear": may and found.state is ForfeitState.PROPOSED,
        "may_read": may and found.said_at is not None,
        "may_decide": may and found.state in (ForfeitState.PROPOSED, ForfeitState.HEARING),
        "may_return": may and found.left_fen > 0,
        "text": text,
        "decision": decision or DecisionForm(),
        "money": money or ReturnForm(),
        "left": format_yuan(found.left_fen),
        "columns": [
            {"label": "哪天"}, {"label": "什么"}, {"label": "金额", "css": "num"},
            {"label": "说明"}, {"label": "谁记的"},
        ],
        "entries": [_entry(row) for row in entries],
        "returned": [
            {"value": row.id, "label": f"{words.moment(row.at)}　{format_yuan(-row.amount_fen)}"}
            for row in entries
            if may and row.kind is DebtKind.RETURNED and not row.is_reversed
        ],
        "act_url": reverse("desk-forfeit-act", args=[forfeit_id]),
        "problem": problem,
        "crumbs": [{"label": "取消资格", "url": reverse("desk-forfeits")}, {"label": found.name}],
    }  # fmt: skip
    return render(request, "programmes/forfeits/desk.html", context, status=status)


@requires("programme.manage")
@require_POST
def forfeit_act(request: HttpRequest, forfeit_id: int) -> HttpResponse:
    """Open the hearing, read what was said, decide, enter money or take an entry back."""
    queries.get_forfeit(forfeit_id, actor=actor_of(request))
    act = _ACTS.get(request.POST.get("do", ""))
    if act is None:
        return _forfeit_page(
            request, forfeit_id, problem="没看清要做哪一步，再点一下。", status=422
        )
    try:
        answer = act(request, forfeit_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _forfeit_page(request, forfeit_id, problem=refusal.message, status=refusal.status)
    return answer or HttpResponseRedirect(reverse("desk-forfeit", args=[forfeit_id]))


def _hear(request: HttpRequest, forfeit_id: int) -> HttpResponse | None:
    forfeiting.open_hearing(forfeit_id=forfeit_id, actor=actor_of(request), now=clock.now())
    return None


def _read(request: HttpRequest, forfeit_id: int) -> HttpResponse | None:
    text = forfeiting.read_hearing(forfeit_id=forfeit_id, actor=actor_of(request), now=clock.now())
    return _forfeit_page(request, forfeit_id, text=text)


def _decide(request: HttpRequest, forfeit_id: int) -> HttpResponse | None:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _forfeit_page(request, forfeit_id, decision=form, status=422)
    forfeiting.decide_forfeit(
        forfeit_id=forfeit_id,
        is_forfeited=form.cleaned_data["outcome"] == "yes",
        reason=form.cleaned_data["reason"],
        actor=actor_of(request),
        now=clock.now(),
    )
    return None


def _return(request: HttpRequest, forfeit_id: int) -> HttpResponse | None:
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _forfeit_page(request, forfeit_id, money=form, status=422)
    forfeiting.enter_return(
        forfeit_id=forfeit_id,
        amount_fen=form.cleaned_data["amount"],
        note=form.cleaned_data["note"],
        actor=actor_of(request),
        now=clock.now(),
    )
    return None


def _reverse(request: HttpRequest, forfeit_id: int) -> HttpResponse | None:
    entry_id = whole_number(request.POST.get("entry")) or 0
    if entry_id not in {row.id for row in queries.list_entries(forfeit_id)}:
        raise NotFound()
    forfeiting.reverse_entry(
        entry_id=entry_id,
        note=request.POST.get("note", ""),
        actor=actor_of(request),
        now=clock.now(),
    )
    return None


_ACTS = {"hear": _hear, "read": _read, "decide": _decide, "return": _return, "reverse": _reverse}


@requires("own.open")
@require_http_methods(["GET", "HEAD", "POST"])
def my_forfeits(request: HttpRequest) -> HttpResponse:
    """Tell one what was found and decided, in plain words; take what one says."""
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    form = HearingForm(request.POST or None)
    problem, status = "", 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            forfeiting.say_at_hearing(
                forfeit_id=whole_number(request.POST.get("id")) or 0,
                text=form.cleaned_data["text"],
                actor=actor,
                now=clock.now(),
            )
            return HttpResponseRedirect(reverse("my-forfeits"))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    rows = queries.list_my_forfeits(actor.worker_id)
    context = {
        "page_title": "名额会不会取消",
        "rows": [_own(row, clock.now()) for row in rows],
        "form": form,
        "problem": problem,
    }
    return render(request, "programmes/forfeits/mine.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------


def _facts(found: queries.ForfeitRow) -> list[dict[str, str]]:
    facts = [
        {"label": "现在", "value": found.state.label, "state": _KINDS[found.state]},
        {"label": "没满足的", "value": "、".join(found.evidence)},
        {"label": "查到", "value": f"{found.found_on.month} 月 {found.found_on.day} 日，夜里比对"},
        {"label": "依据", "value": found.source},
    ]
    if found.hear_until:
        facts.append({"label": "听本人说到", "value": words.moment(found.hear_until)})
    if found.decided_at:
        said = f"{found.reason}（{found.decided_by_name}，{words.moment(found.decided_at)}）"
        facts.append({"label": "理由", "value": said})
    return facts


def _entry(row: queries.EntryRow) -> dict[str, Any]:
    return {
        "cells": [
            words.moment(row.at),
            {"text": row.kind.label, "note": "后来冲回了" if row.is_reversed else ""},
            {"text": format_yuan(row.amount_fen), "css": "num"},
            row.note or "—",
            row.recorded_by_name or "系统",
        ]
    }


def _own(row: queries.ForfeitRow, now: Any) -> dict[str, Any]:
    is_open = (
        row.state is ForfeitState.HEARING and row.hear_until is not None and now < row.hear_until
    )
    told = {
        ForfeitState.HEARING: f"登记上看到：{row.label}。还没有决定，先听你说。",
        ForfeitState.DECIDED: f"名额取消了。{row.reason}",
        ForfeitState.DROPPED: f"不取消。{row.reason}",
    }
    return {
        "id": row.id,
        "field": f"text-{row.id}",
        "title": row.title,
        "told": told.get(row.state, ""),
        "until": f"说到 {words.moment(row.hear_until)} 为止。" if is_open else "",
        "has_said": row.said_at is not None,
        "is_open": is_open,
        "is_decided": row.state is ForfeitState.DECIDED,
        "left": format_yuan(row.left_fen) if row.left_fen else "",
        "proof": row.proof,
        "source": row.source,
    }
