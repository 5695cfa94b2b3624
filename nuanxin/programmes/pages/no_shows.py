"""约了没来: one's own with the rule that follows and a word to say; the desk's list and answers."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import no_shows as actions
from nuanxin.programmes.forms.no_shows import PleaAnswerForm, PleaForm, TakeBackForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import no_shows as queries
from nuanxin.programmes.states import NoShowStands, PleaKind

_METHODS = ["GET", "HEAD", "POST"]
_KINDS = {
    NoShowStands.COUNTS: "stop",
    NoShowStands.PLEADED: "care",
    NoShowStands.REFUSED: "stop",
    NoShowStands.TAKEN_BACK: "off",
}


@requires("own.open")
@require_http_methods(_METHODS)
def mine(request: HttpRequest) -> HttpResponse:
    """Show one's own, what follows from them, and take what one says to one of them."""
    actor, now = actor_of(request), clock.now()
    if actor.worker_id is None:
        raise NotFound()
    problem, status = "", 200
    if request.method == "POST":
        form = PleaForm(request.POST)
        try:
            if form.is_valid():
                actions.plead(
                    no_show_id=form.cleaned_data["id"], kind=PleaKind(form.cleaned_data["kind"]),
                    actor=actor, now=now,
                )  # fmt: skip
                return HttpResponseRedirect(reverse("my-no-shows"))
            problem, status = "先点一下是怎么回事，再点「交上去」。", 422
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    told = queries.get_own_standing(actor.worker_id, on=clock.business_day(now))
    context = {
        "page_title": "约了没来",
        "problem": problem,
        "follows": told.sentence,
        "is_free": told.is_free,
        "rule": told.rule,
        "rows": [_own(row) for row in queries.list_my_no_shows(actor.worker_id)],
        "choices": [{"value": int(one), "label": one.label} for one in PleaKind],
    }
    return render(request, "programmes/no_shows/mine.html", context, status=status)


@requires("programme.view")
@require_GET
def no_show_list(request: HttpRequest) -> HttpResponse:
    """List what waits for an answer, then the no-shows below one's unions, the latest first."""
    actor = actor_of(request)
    after = whole_number(request.GET.get("after"))
    rows, following = queries.list_no_shows(actor=actor, after=after)
    waiting = [] if after else queries.list_open_pleas(actor=actor)
    context = {
        "page_title": "约了没来",
        "page_lead": "留了名额没来、也没请假的，场次、时段、托管、竞赛都记在这里。说明了的，答复以前不算。",
        "columns": [
            {"label": "谁"}, {"label": "哪一期"}, {"label": "哪天", "css": "nw"},
            {"label": "本人怎么说"}, {"label": "现在"},
        ],
        "waiting": [_desk_row(row, is_due=True) for row in waiting],
        "rows": [_desk_row(row) for row in rows],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
    }  # fmt: skip
    return render(request, "programmes/no_shows/list.html", context)


@requires("programme.view")
@require_http_methods(_METHODS)
def no_show(request: HttpRequest, no_show_id: int) -> HttpResponse:
    """Show one; answer what the person says, or take it back."""
    actor = actor_of(request)
    found = queries.get_no_show(no_show_id, actor=actor)
    do = request.POST.get("do", "")
    answering = PleaAnswerForm(request.POST if do == "answer" else None)
    taking = TakeBackForm(request.POST if do == "take_back" else None)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _act(do, no_show_id, answering, taking, actor):
                return HttpResponseRedirect(reverse("desk-no-show", args=[no_show_id]))
            status = 422
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    may = policy.holds(actor, permissions.MANAGE) and found.worker_id != actor.worker_id
    context = {
        "page_title": f"{found.name}：{found.day.month} 月 {found.day.day} 日约了没来",
        "page_lead": f"{found.title}，{found.union_name}。",
        "facts": _facts(found),
        "answering": answering if may and found.stands is NoShowStands.PLEADED else None,
        "taking": taking
        if may and found.stands in (NoShowStands.COUNTS, NoShowStands.REFUSED)
        else None,
        "problem": problem,
        "crumbs": [{"label": "约了没来", "url": reverse("desk-no-shows")}, {"label": found.name}],
    }
    return render(request, "programmes/no_shows/desk.html", context, status=status)


def _act(
    do: str, no_show_id: int, answering: PleaAnswerForm, taking: TakeBackForm, actor: Any
) -> bool:
    """Do what was asked; return whether it was understood."""
    if do == "answer" and answering.is_valid():
        actions.answer_plea(
            no_show_id=no_show_id,
            is_accepted=answering.cleaned_data["outcome"] == "yes",
            answer=answering.cleaned_data["answer"],
            actor=actor,
            now=clock.now(),
        )
        return True
    if do == "take_back" and taking.is_valid():
        actions.take_back_no_show(
            no_show_id=no_show_id,
            reason=taking.cleaned_data["reason"],
            actor=actor,
            now=clock.now(),
        )
        return True
    return False


# ---- inside -----------------------------------------------------------------------------------


def _own(row: queries.NoShowRow) -> dict[str, Any]:
    told = {
        NoShowStands.COUNTS: "算一次。",
        NoShowStands.PLEADED: "你说明了，等工会答复。答复以前不算。",
        NoShowStands.REFUSED: "说明没有接受，算一次。",
        NoShowStands.TAKEN_BACK: "不算了。",
    }[row.stands]
    if row.stands is NoShowStands.PLEADED and row.due_on is not None:
        told = (
            f"你说的是“{row.plea.label if row.plea else ''}”。{row.due_on.month} 月"
            f" {row.due_on.day} 日前答复，答复以前不算。"
        )
    return {
        "id": row.id,
        "title": row.title,
        "day": f"{row.day.year} 年 {row.day.month} 月 {row.day.day} 日，{row.what.label}",
        "told": told,
        "answer": row.answer or row.taken_back_why,
        "is_open": row.stands is NoShowStands.COUNTS,
        "field": f"kind-{row.id}",
    }


def _desk_row(row: queries.NoShowRow, *, is_due: bool = False) -> dict[str, Any]:
    said = row.plea.label if row.plea else "—"
    due = f"{row.due_on.month} 月 {row.due_on.day} 日前答复" if is_due and row.due_on else ""
    return {
        "id": row.id,
        "name": row.name,
        "url": reverse("desk-no-show", args=[row.id]),
        "cells": [
            row.name,
            row.title,
            f"{row.day.month} 月 {row.day.day} 日",
            {"text": said, "note": due},
            {"text": row.stands.label, "state": _KINDS[row.stands]},
        ],
    }


def _facts(found: queries.NoShowRow) -> list[dict[str, str]]:
    facts = [
        {"label": "现在", "value": found.stands.label, "state": _KINDS[found.stands]},
        {"label": "在哪里等他", "value": found.what.label},
        {
            "label": "记下来",
            "value": f"{words.moment(found.recorded_at)}，{found.recorded_by_name or '系统'}",
        },
    ]
    if found.plea and found.said_at:
        facts.append(
            {"label": "本人说", "value": f"{found.plea.label}（{words.moment(found.said_at)}）"}
        )
    if found.answer:
        facts.append({"label": "答复", "value": f"{found.answer}（{found.answered_by_name}）"})
    elif found.taken_back_why:
        facts.append(
            {"label": "为什么不算", "value": f"{found.taken_back_why}（{found.taken_back_by}）"}
        )
    return facts
