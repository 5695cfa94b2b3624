"""Contests at the desk: setting up, entrants and judges, a round's matrix and result, appeals."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.programmes.actions import contest_results as results
from nuanxin.programmes.actions import contests
from nuanxin.programmes.forms.contests import (
    AppealAnswerForm,
    JudgesForm,
    RecuseForm,
    RenewForm,
    RoundsForm,
    SheetEndForm,
    TeamForm,
)
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import contests as queries
from nuanxin.programmes.queries.desk import get_desk_offer
from nuanxin.programmes.states import AppealState, RoundState

_METHODS = ["GET", "HEAD", "POST"]
_STATES = {
    RoundState.PREPARING: "off",
    RoundState.SCORING: "care",
    RoundState.CHECKING: "care",
    RoundState.CLOSED: "ok",
}


@requires("programme.manage")
@require_http_methods(_METHODS)
def contest_new(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Make a contest of an offer: rounds and what is scored; lead to it where there is one."""
    actor = actor_of(request)
    offer = get_desk_offer(offer_id, actor=actor)
    known = queries.find_contest_of(offer_id)
    if known is not None:
        return HttpResponseRedirect(reverse("desk-contest", args=[known]))
    form = RoundsForm(request.POST or None)
    problem, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            made = contests.create_contest(
                offer_id=offer_id, rounds=form.cleaned_data["drafts"], actor=actor, now=clock.now()
            )
            return HttpResponseRedirect(reverse("desk-contest", args=[made.id]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    context = {
        "page_title": f"赛程：{offer.row.title}",
        "page_lead": "分几轮、每轮评什么、怎么算，先写清楚。开始打分以后不能改。",
        "form": form,
        "problem": problem,
        "crumbs": [
            {"label": "服务项目", "url": reverse("desk-offers")},
            {"label": offer.row.title, "url": reverse("desk-offer", args=[offer_id])},
            {"label": "赛程"},
        ],
    }
    return render(request, "programmes/contests/desk_new.html", context, status=status)


@requires("programme.view")
@require_http_methods(_METHODS)
def contest(request: HttpRequest, contest_id: int) -> HttpResponse:
    """Show a contest; number entrants, form teams, name judges (their codes are shown once)."""
    actor, now = actor_of(request), clock.now()
    found = queries.get_desk_contest(contest_id, actor=actor)
    do = request.POST.get("do", "")
    team = TeamForm(request.POST if do == "team" else None)
    judges = JudgesForm(request.POST if do == "judges" else None)
    renewing = RenewForm(request.POST if do == "renew" else None)
    recusing = RecuseForm(request.POST if do == "recuse" else None)
    named: list[contests.NamedJudge] = []
    problem, status = "", 200
    if request.method == "POST":
        try:
            if do == "take":
                contests.take_entrants(contest_id=contest_id, actor=actor, now=now)
            elif do == "team" and team.is_valid():
                contests.form_team(contest_id=contest_id, actor=actor, now=now, **team.cleaned_data)
            elif do == "judges" and judges.is_valid():
                named = contests.name_judges(
                    contest_id=contest_id, judges=judges.drafts(), actor=actor, now=now,
                    code_until=judges.code_until(),
                )  # fmt: skip
            elif do == "renew" and renewing.is_valid():
                named = [_renew(contest_id, renewing, actor)]
            elif do == "recuse" and recusing.is_valid():
                _recuse(contest_id, recusing, actor)
            else:
                status = 422
            if status == 200 and not named:
                return HttpResponseRedirect(reverse("desk-contest", args=[contest_id]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        found = queries.get_desk_contest(contest_id, actor=actor)
    context = _contest_told(found, actor) | {
        "team": team,
        "judges_form": judges,
        "renewing": renewing,
        "recusing": recusing,
        "named": named,
        "problem": problem,
    }
    return render(request, "programmes/contests/desk.html", context, status=status)


def _contest_told(found: queries.ContestRow, actor: Actor) -> dict[str, Any]:
    """Return a contest as the desk tells it: rounds, judges, appeals, where each leads."""
    return {
        "page_title": found.title,
        "page_lead": f"{found.union_name}主办，成绩公布后 {found.appeal_days} 个工作日内可以申诉。",
        "may_manage": queries.may_manage(found, actor=actor),
        "columns": _ROUND_COLUMNS,
        "rows": [_round_row(found, row) for row in found.rounds],
        "judge_columns": [
            {"label": "第几位"}, {"label": "评委"}, {"label": "回避几名选手", "css": "num"},
            {"label": "评委码用到", "css": "nw"},
        ],
        "judges": [_judge_row(row) for row in queries.list_judges(found.id)],
        "appeal_columns": _APPEAL_COLUMNS,
        "appeals": [_appeal_row(row) for row in queries.list_appeals(found.id)],
        "judging_link": settings.PUBLIC_ADDRESS.rstrip("/") + reverse("judging"),
        "is_begun": found.rounds[0].state is not RoundState.PREPARING,
        "public_url": reverse("contest", args=[found.code]),
        "offer_url": reverse("desk-offer", args=[found.offer_id]),
        "crumbs": _crumbs(found),
    }  # fmt: skip


@requires("programme.view")
@require_http_methods(_METHODS)
def contest_round(request: HttpRequest, contest_id: int, round_id: int) -> HttpResponse:
    """Show who lacks, the ranking with its proof, and the one next step of a round."""
    actor = actor_of(request)
    found = queries.get_desk_contest(contest_id, actor=actor)
    row = queries.round_of(found, round_id)
    do = request.POST.get("do", "")
    ending = SheetEndForm(request.POST if do == "end" else None)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _act(do, ending, row, actor, request.POST):
                return HttpResponseRedirect(
                    reverse("desk-contest-round", args=[contest_id, round_id])
                )
            status = 422
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    judges = queries.list_judges(contest_id)
    missing = queries.count_missing(round_id)
    is_scored = row.state in (RoundState.SCORING, RoundState.CHECKING)
    context = {
        "page_title": row.label,
        "page_lead": f"{row.held_on.month} 月 {row.held_on.day} 日，{row.entrants} 名选手，{row.state.label}。",
        "row": row,
        "missing": missing if is_scored else 0,
        "acts": _acts(row, missing) if queries.may_manage(found, actor=actor) else [],
        "columns": [
            {"label": "选手号"}, {"label": "是谁"},
            *({"label": f"{judge.ordinal} {judge.name}", "css": "nw"} for judge in judges),
        ],
        "matrix": [_matrix_row(one) for one in queries.list_matrix(round_id)],
        "result_columns": [
            {"label": "名次"}, {"label": "选手号"}, {"label": "是谁"},
            {"label": "总分", "css": "num"}, {"label": "获奖" if row.is_last else "晋级"},
        ],
        "results": [_result_row(one) for one in queries.list_results(round_id)],
        "ending": ending,
        "may_end": row.state is RoundState.SCORING and queries.may_manage(found, actor=actor),
        "problem": problem,
        "crumbs": [*_crumbs(found, is_last=False), {"label": row.label}],
    }  # fmt: skip
    return render(request, "programmes/contests/desk_round.html", context, status=status)


def _renew(contest_id: int, form: RenewForm, actor: Any) -> contests.NamedJudge:
    """Give a judge another code."""
    judge_id = _judge_id(contest_id, form.cleaned_data["renew_judge"])
    return contests.renew_code(
        judge_id=judge_id, code_until=form.code_until(), actor=actor, now=clock.now()
    )


def _recuse(contest_id: int, form: RecuseForm, actor: Any) -> None:
    """Keep a judge from an entrant."""
    given = form.cleaned_data
    try:
        contests.recuse(
            judge_id=_judge_id(contest_id, given["recuse_judge"]), number=given["recuse_number"],
            why=given["recuse_why"], actor=actor, now=clock.now(),
        )  # fmt: skip
    except NotFound as missing:
        raise Malformed("contests.number", "没有这个选手号。看看上面的选手名单。") from missing


def _judge_id(contest_id: int, ordinal: int) -> int:
    """Return the judge of this number; raise ``Malformed`` contests.judge."""
    for judge in queries.list_judges(contest_id):
        if judge.ordinal == ordinal:
            return judge.id
    raise Malformed("contests.judge", f"没有第 {ordinal} 位评委。看看上面的评委名单。")


_STEPS: dict[str, Callable[..., Any]] = {
    "start": contests.start_round,
    "ask": results.ask_to_close,
    "back": results.send_back,
    "close": results.close_round,
}


def _act(
    do: str, ending: SheetEndForm, row: queries.RoundRow, actor: Any, absent: Mapping[str, Any]
) -> bool:
    """Do what was asked; return whether it was understood."""
    step = _STEPS.get(do)
    if step is not None:
        step(round_id=row.id, actor=actor, now=clock.now())
        return True
    if do in ("absent", "present"):
        number = whole_number(absent.get("absent_number")) or 0
        results.set_absent(
            round_id=row.id, number=number, is_absent=do == "absent", actor=actor, now=clock.now()
        )
        return True
    if do == "end" and ending.is_valid():
        given = ending.cleaned_data
        results.end_sheet(
            round_id=row.id, number=given["number"], judge_ordinal=given["judge"],
            why=given["why"], actor=actor, now=clock.now(),
        )  # fmt: skip
        return True
    return False


def _acts(row: queries.RoundRow, missing: int) -> list[dict[str, str]]:
    if row.state is RoundState.PREPARING and row.entrants:
        return [{"do": "start", "label": f"{row.label}开始打分", "kind": "go"}]
    if row.state is RoundState.SCORING and not missing:
        return [{"do": "ask", "label": "分齐了，提请复核", "kind": "go"}]
    if row.state is RoundState.CHECKING:
        return [
            {"do": "close", "label": "复核没问题，定成绩", "kind": "go"},
            {"do": "back", "label": "退回打分", "kind": ""},
        ]
    return []


@requires("programme.view")
@require_http_methods(_METHODS)
def contest_appeal(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """Show an appeal and take the answer, from somebody who did not close the round."""
    actor = actor_of(request)
    row = queries.get_appeal(appeal_id, actor=actor)
    found = queries.get_desk_contest(row.contest_id, actor=actor)
    is_reading = request.POST.get("do") == "read"
    form = AppealAnswerForm(None if is_reading else request.POST or None)
    problem, status, text = "", 200, ""
    if is_reading:
        try:
            text = results.read_appeal(appeal_id=appeal_id, actor=actor, now=clock.now())
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST" and form.is_valid():
        try:
            results.answer_appeal(
                appeal_id=appeal_id,
                is_upheld=form.cleaned_data["outcome"] == "yes",
                answer=form.cleaned_data["answer"],
                actor=actor,
                now=clock.now(),
            )
            return HttpResponseRedirect(
                reverse("desk-contest-round", args=[row.contest_id, row.round_id])
            )
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    context = _appeal_told(found, row, actor) | {"text": text, "form": form, "problem": problem}
    page = render(request, "programmes/contests/desk_appeal.html", context, status=status)
    if text:
        page.headers["Cache-Control"] = "no-store, private"
    return page


def _appeal_told(found: queries.ContestRow, row: queries.AppealRow, actor: Actor) -> dict[str, Any]:
    """Return an appeal as its page tells it: what it is about, when it is due, who may answer."""
    return {
        "page_title": f"{row.number} 号选手的申诉",
        "page_lead": f"{found.title}，{row.round_label}。",
        "row": row,
        "facts": [
            {"label": "现在", "value": row.state.label},
            {"label": "提出", "value": words.moment(row.filed_at)},
            {"label": "答复期限", "value": f"{row.due_on.month} 月 {row.due_on.day} 日"},
            *(
                [{"label": "答复", "value": f"{row.answer}（{row.answered_name}）"}]
                if row.answer
                else []
            ),
        ],
        "may_answer": row.state is AppealState.OPEN
        and queries.may_manage(found, actor=actor)
        and f",{actor.person_key}," not in row.closed_keys,
        "is_open": row.state is AppealState.OPEN,
        "crumbs": [*_crumbs(found, is_last=False), {"label": "申诉"}],
    }


# ---- inside -----------------------------------------------------------------------------------

_ROUND_COLUMNS = [
    {"label": "赛程"}, {"label": "选手", "css": "num"}, {"label": "晋级或获奖", "css": "num"},
    {"label": "评分项"}, {"label": "现在"},
]  # fmt: skip
_APPEAL_COLUMNS = [
    {"label": "选手号"}, {"label": "哪一轮"}, {"label": "提出", "css": "nw"},
    {"label": "答复期限", "css": "nw"}, {"label": "现在"},
]  # fmt: skip


def _crumbs(found: queries.ContestRow, *, is_last: bool = True) -> list[dict[str, str]]:
    here = {"label": found.title}
    if not is_last:
        here["url"] = reverse("desk-contest", args=[found.id])
    return [{"label": "服务项目", "url": reverse("desk-offers")}, here]


def _round_row(found: queries.ContestRow, row: queries.RoundRow) -> dict[str, Any]:
    criteria = "、".join(f"{one.label} {one.weight.normalize():f}%" for one in row.criteria)
    return {
        "id": row.id,
        "name": row.label,
        "url": reverse("desk-contest-round", args=[found.id, row.id]),
        "cells": [
            {"text": row.label, "note": f"{row.held_on.month} 月 {row.held_on.day} 日 {row.place}"},
            {"text": str(row.entrants), "css": "num"},
            {"text": str(row.goes_on), "css": "num"},
            criteria,
            {"text": row.state.label, "state": _STATES[row.state]},
        ],
    }


def _judge_row(row: queries.JudgeRow) -> dict[str, Any]:
    return {
        "cells": [
            str(row.ordinal),
            row.name,
            {"text": str(row.recused), "css": "num"},
            words.moment(row.code_until),
        ]
    }


def _appeal_row(row: queries.AppealRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": f"{row.number} 号",
        "url": reverse("desk-contest-appeal", args=[row.id]),
        "cells": [
            f"{row.number} 号",
            row.round_label,
            words.moment(row.filed_at),
            f"{row.due_on.month} 月 {row.due_on.day} 日",
            {"text": row.state.label, "state": "care" if row.state is AppealState.OPEN else "ok"},
        ],
    }


def _matrix_row(row: queries.MatrixRow) -> dict[str, Any]:
    kinds = {"交了": "ok", "没打": "care", "在打": "care", "回避": "off"}
    return {
        "cells": [
            str(row.number),
            row.name,
            *({"text": cell, "state": kinds[cell]} for cell in row.cells),
        ]
    }


def _result_row(row: queries.ResultRow) -> dict[str, Any]:
    return {
        "cells": [
            str(row.rank),
            str(row.number),
            row.masked_name,
            {"text": row.total, "css": "num"},
            "是" if row.goes_on else "",
        ]
    }
