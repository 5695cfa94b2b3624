"""公示 at the desk: the board with days left, one list with its objections, one objection, the award."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.awarding import finish_publicity
from nuanxin.programmes.actions.objecting import answer_objection, read_objection
from nuanxin.programmes.forms.publicity import AnswerForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import publicity as queries
from nuanxin.programmes.states import ObjectionState, OfferState
from nuanxin.records.queries.files import get_file, list_files, open_file

_METHODS = ["GET", "HEAD", "POST"]
_OWNER = "programme_objection"
_KINDS = {
    ObjectionState.OPEN: "care",
    ObjectionState.UPHELD: "stop",
    ObjectionState.NOT_UPHELD: "off",
}


@requires("programme.view")
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """List the lists below one's unions, with the days left and the objections that wait."""
    now = clock.now()
    after = whole_number(request.GET.get("after"))
    rows, following = queries.list_desk_notices(actor=actor_of(request), after=after)
    context = {
        "page_title": "公示",
        "page_lead": "公示期满、异议都答复了，才能定名额。最近贴出的在前面。",
        "columns": [
            {"label": "哪一期"}, {"label": "主办"}, {"label": "几个人", "css": "num"},
            {"label": "公示到", "css": "nw"}, {"label": "异议", "css": "num"}, {"label": "现在"},
        ],
        "rows": [_row(row, now) for row in rows],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
    }  # fmt: skip
    return render(request, "programmes/publicity/board.html", context)


@requires("programme.view")
@require_GET
def notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Show a list with its lines and its objections, and the button that makes it final."""
    return _notice_page(request, notice_id)


def _notice_page(
    request: HttpRequest, notice_id: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    found = queries.get_desk_notice(notice_id, actor=actor)
    after = whole_number(request.GET.get("after"), longest=7) or 0
    lines, following = queries.list_lines(notice_id, after=after)
    may_manage = policy.holds(actor, permissions.MANAGE)
    context = {
        "page_title": f"公示：{found.title}",
        "page_lead": f"{found.union_name}，{found.persons:,} 人，{found.days} 个工作日。",
        "facts": _facts(found, now),
        "columns": [
            {"label": "第几行，姓名"}, {"label": "工会"}, {"label": "哪一份"},
        ],
        "rows": [
            {"cells": [
                {
                    "text": f"{line.ordinal}　{line.masked_name}",
                    "note": "划去了" if line.is_struck else "",
                },
                line.union_name or "—", line.pool,
            ]}
            for line in lines
        ],
        "next_url": f"?{urlencode({'after': following})}" if following is not None else "",
        "objection_columns": [
            {"label": "回执号"}, {"label": "对哪一行"}, {"label": "提出", "css": "nw"},
            {"label": "答复期限", "css": "nw"}, {"label": "现在"},
        ],
        "objections": [_objection_row(row, may_manage) for row in queries.list_objections(notice_id)],
        "problem": problem,
        "finish_url": reverse("desk-notice-finish", args=[notice_id])
        if may_manage and found.state is OfferState.PUBLICITY and now >= found.ends_at
        else "",
        "found_open": found.is_running(now),
        "public_url": reverse("public-notice", args=[found.code]),
        "sheet_url": reverse("notice-sheet", args=[found.code]),
        "offer_url": reverse("desk-offer", args=[found.offer_id]),
        "crumbs": [{"label": "公示", "url": reverse("desk-notices")}, {"label": found.title}],
    }  # fmt: skip
    return render(request, "programmes/publicity/desk.html", context, status=status)


@requires("programme.manage")
@require_POST
def finish(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Make the places of the list's offer final."""
    found = queries.get_desk_notice(notice_id, actor=actor_of(request))
    try:
        finish_publicity(offer_id=found.offer_id, actor=actor_of(request), now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _notice_page(request, notice_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-offer", args=[found.offer_id]))


@requires("programme.manage")
@require_http_methods(_METHODS)
def objection(request: HttpRequest, objection_id: int) -> HttpResponseBase:
    """Show an objection; what it says opens by a button, which is recorded; take the answer."""
    actor, now = actor_of(request), clock.now()
    found = queries.get_objection(objection_id, actor=actor)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    form = AnswerForm(request.POST if do == "answer" else None)
    text, problem, status = "", "", 200
    try:
        if do == "file":
            return _file(request, objection_id)
        if do == "read":
            text = read_objection(objection_id=objection_id, actor=actor, now=now)
        elif do == "answer" and form.is_valid():
            answer_objection(
                objection_id=objection_id,
                is_upheld=form.cleaned_data["outcome"] != "no",
                strikes_list=form.cleaned_data["outcome"] == "all",
                answer=form.cleaned_data["answer"],
                actor=actor,
                now=now,
            )
            return HttpResponseRedirect(reverse("desk-notice", args=[found.notice_id]))
        elif request.method == "POST":
            status = 422
    except NotFound:
        raise
    except Refusal as refusal:
        problem, status = refusal.message, refusal.status
    context = {
        "page_title": f"异议 {found.receipt}",
        "page_lead": f"对“{found.title}”的{found.line or '整份名单'}。",
        "facts": _objection_facts(found),
        "found": found,
        "is_open": found.state is ObjectionState.OPEN,
        "text": text,
        "files": list_files(owner_type=_OWNER, owner_id=objection_id) if text else [],
        "form": form,
        "problem": problem,
        "crumbs": [
            {"label": "公示", "url": reverse("desk-notices")},
            {"label": found.title, "url": reverse("desk-notice", args=[found.notice_id])},
            {"label": "异议"},
        ],
    }
    return render(request, "programmes/publicity/objection.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------


def _file(request: HttpRequest, objection_id: int) -> HttpResponseBase:
    """Give a file of an objection to take away; opening it is recorded as reading it is."""
    try:
        file_id = UUID(request.POST.get("file", ""))
    except ValueError:
        raise NotFound() from None
    row = get_file(file_id, owner_type=_OWNER, owner_id=objection_id)
    read_objection(objection_id=objection_id, actor=actor_of(request), now=clock.now())
    answer = StreamingHttpResponse(
        open_file(file_id, owner_type=_OWNER, owner_id=objection_id),
        content_type="application/octet-stream",
    )
    answer["Content-Disposition"] = f'attachment; filename="objection-{row.id}"'
    return answer


def _row(row: queries.NoticeRow, now: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.title,
        "url": reverse("desk-notice", args=[row.id]),
        "cells": [
            {"text": row.title, "note": row.why if row.number > 1 else ""},
            row.union_name,
            {"text": f"{row.persons:,}", "css": "num"},
            {"text": _said(row.last_on), "note": "截止日待定" if row.is_provisional else ""},
            {
                "text": f"{row.open_objections} 件等答复" if row.open_objections else "没有",
                "css": "num",
            },
            {"text": _where(row, now), "state": _kind(row, now)},
        ],
    }


def _where(row: queries.NoticeRow, now: Any) -> str:
    if row.state is not OfferState.PUBLICITY:
        return row.state.label
    if not row.is_running(now):
        return "有异议没答复" if row.open_objections else "到期，可以定"
    left = (row.last_on - clock.business_day(now)).days
    return f"还有 {left} 天" if left else "今天 24:00 到期"


def _kind(row: queries.NoticeRow, now: Any) -> str:
    if row.state is not OfferState.PUBLICITY:
        return "off"
    return "care" if row.open_objections else "ok"


def _facts(found: queries.NoticeRow, now: Any) -> list[dict[str, str]]:
    return [
        {"label": "现在", "value": _where(found, now), "state": _kind(found, now)},
        {
            "label": "贴出",
            "value": f"{words.moment(found.posted_at)}，{found.posted_by_name or '系统'}",
        },
        {"label": "公示期", "value": f"{_said(found.first_on)}到 {_said(found.last_on)} 24:00"},
        {"label": "几个人", "value": f"{found.persons:,} 人，划去 {found.struck:,} 人"},
        {"label": "名单指纹", "value": found.digest},
    ]


def _objection_row(row: queries.ObjectionRow, may_manage: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.receipt,
        "url": reverse("desk-objection", args=[row.id]) if may_manage else "",
        "cells": [
            {"text": row.receipt, "note": "" if row.has_name else "没署名"},
            row.line or "整份名单",
            words.moment(row.filed_at),
            _said(row.due_on),
            {"text": row.state.label, "state": _KINDS[row.state]},
        ],
    }


def _objection_facts(row: queries.ObjectionRow) -> list[dict[str, str]]:
    facts = [
        {"label": "现在", "value": row.state.label, "state": _KINDS[row.state]},
        {
            "label": "提出",
            "value": f"{words.moment(row.filed_at)}，{'署名' if row.has_name else '没署名'}",
        },
        {"label": "答复期限", "value": _said(row.due_on)},
    ]
    if row.answered_at:
        facts.append(
            {
                "label": "答复",
                "value": f"{row.answer}（{row.answered_by_name}，{words.moment(row.answered_at)}）",
            }
        )
    return facts


def _said(day: date) -> str:
    return f"{day.month} 月 {day.day} 日"
