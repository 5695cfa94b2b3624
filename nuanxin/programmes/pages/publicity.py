"""公示 for everybody: lists, one list with its sheet to print, objecting, looking an answer up."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import public
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.membership.queries.card import qr_svg
from nuanxin.programmes.actions.objecting import file_objection
from nuanxin.programmes.forms.publicity import ObjectionForm, ReceiptForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import publicity as queries
from nuanxin.programmes.queries.contests import find_public_contest
from nuanxin.programmes.states import Kind, ObjectionState, OfferState

_RECEIPT = "objection_receipt"
_METHODS = ["GET", "HEAD", "POST"]


@public
@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    """List the lists that are before the public, what ends first first."""
    now = clock.now()
    rows = queries.list_public_notices(now=now)
    running = sum(row.is_running(now) for row in rows)
    context = {
        "page_title": f"正在公示 {running} 份名单" if running else "现在没有在公示的名单",
        "page_lead": "名额给谁，先让大家看。觉得不对，公示期里可以提异议。",
        "columns": [
            {"label": "哪一期"}, {"label": "主办"}, {"label": "几个人", "css": "num"},
            {"label": "公示到"}, {"label": "现在"},
        ],
        "rows": [_row(row, now) for row in rows],
        "receipt_url": reverse("objection-receipt"),
    }  # fmt: skip
    return render(request, "programmes/publicity/list.html", context)


@public
@require_GET
def notice(request: HttpRequest, code: str) -> HttpResponse:
    """Show one list with masked names while it may be read; one's own line is told to oneself."""
    now = clock.now()
    found = queries.get_public_notice(code, now=now)
    after = whole_number(request.GET.get("after"), longest=7) or 0
    lines, following = queries.list_lines(found.id, after=after) if found.is_shown else ([], None)
    worker_id = actor_of(request).worker_id
    mine = queries.find_my_line(found.id, worker_id) if worker_id and found.is_shown else None
    context = {
        **_about(found, now),
        "page_title": f"公示：{found.title}",
        "page_lead": _lead(found, now),
        "columns": _COLUMNS,
        "rows": [_line(line) for line in lines],
        "next_url": f"?{urlencode({'after': following})}" if following is not None else "",
        "mine": mine,
        "object_url": reverse("notice-object", args=[code]) if found.is_running(now) else "",
        "sheet_url": reverse("notice-sheet", args=[code]) if found.is_shown else "",
        "receipt_url": reverse("objection-receipt"),
        "contest_url": reverse("contest", args=[found.offer_code])
        if found.kind is Kind.CONTEST and find_public_contest(found.offer_code)
        else "",
        "crumbs": [{"label": "公示", "url": reverse("notices")}, {"label": found.title}],
    }
    answer = render(request, "programmes/publicity/notice.html", context)
    answer.headers["X-Robots-Tag"] = "noindex, noarchive"
    return answer


@public
@require_GET
def notice_sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Give the list as a sheet to print and post on the wall, with a place for the seal."""
    now = clock.now()
    found = queries.get_public_notice(code, now=now)
    if not found.is_shown:
        raise NotFound()
    lines, following = queries.list_lines(found.id, limit=queries.SHEET_LIMIT)
    context = {
        **_about(found, now),
        "page_title": f"关于“{found.title}”名单的公示",
        "page_lead": "",
        "columns": _COLUMNS,
        "rows": [_line(line) for line in lines],
        "left": found.persons - len(lines) if following is not None else 0,
        "posted_on": words.day(found.posted_at),
        "back_url": reverse("public-notice", args=[code]),
    }
    answer = render(request, "programmes/publicity/sheet.html", context)
    answer.headers["X-Robots-Tag"] = "noindex, noarchive"
    return answer


@public
@require_http_methods(_METHODS)
def notice_object(request: HttpRequest, code: str) -> HttpResponse:
    """Take an objection; then show its receipt number, once."""
    now = clock.now()
    found = queries.get_public_notice(code, now=now)
    form = ObjectionForm(
        request.POST or None,
        request.FILES or None,
        initial={"line": whole_number(request.GET.get("line"), longest=7)},
    )
    problem, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            request.session[_RECEIPT] = file_objection(
                code=code,
                said=form.said(),
                actor=actor_of(request),
                now=now,
                network=origin_of(request).network,
            )
            return HttpResponseRedirect(reverse("objection-receipt"))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    here = reverse("notice-object", args=[code])
    context = {
        "page_title": "提异议",
        "notice": found,
        "is_running": found.is_running(now),
        "until": f"{found.last_on.month} 月 {found.last_on.day} 日 24:00",
        "form": form,
        "problem": problem,
        "sign_in_url": f"/sign-in/?{urlencode({'next': here})}"
        if actor_of(request).account_id is None
        else "",
        "back_url": reverse("public-notice", args=[code]),
    }
    return render(request, "programmes/publicity/object.html", context, status=status)


@public
@require_http_methods(_METHODS)
def objection_receipt(request: HttpRequest) -> HttpResponse:
    """Show the number just given, or the answer to the number that is asked for."""
    given = request.session.get(_RECEIPT, "")
    form = ReceiptForm(request.POST or None, initial={"receipt": given})
    found, status = None, 200
    if request.method == "POST":
        found = queries.find_by_receipt(form.cleaned_data["receipt"]) if form.is_valid() else None
        if found is None:
            status = 422
            if form.is_valid():
                form.add_error("receipt", "没有这个回执号。看看有没有抄错一位。")
    elif given:
        found = queries.find_by_receipt(given)
    context = {
        "page_title": "异议的答复",
        "form": form,
        "found": found,
        "is_answered": found is not None and found.state is not ObjectionState.OPEN,
        "due": f"{found.due_on.month} 月 {found.due_on.day} 日" if found else "",
        "list_url": reverse("notices"),
    }
    return render(request, "programmes/publicity/receipt.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------

_COLUMNS = [
    {"label": "第几行，姓名"}, {"label": "工会"}, {"label": "哪一份"},
]  # fmt: skip


def _row(row: queries.NoticeRow, now: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.title,
        "url": reverse("public-notice", args=[row.code]),
        "cells": [
            {"text": row.title, "note": row.why if row.number > 1 else ""},
            row.union_name,
            {"text": f"{row.persons:,}", "css": "num"},
            f"{row.last_on.month} 月 {row.last_on.day} 日",
            _state(row, now),
        ],
    }


def _state(row: queries.NoticeRow, now: Any) -> dict[str, str]:
    if row.is_running(now):
        return {"text": "公示中", "state": "ok"}
    return {"text": "公示完了" if row.state is OfferState.AWARDED else "到期，等定", "state": "off"}


def _lead(found: queries.NoticeRow, now: Any) -> str:
    days = f"{found.first_on.month} 月 {found.first_on.day} 日到 {found.last_on.month} 月 {found.last_on.day} 日"
    said = f"{found.union_name}，{days}，{found.days} 个工作日。"
    if found.is_provisional:
        said += "那一年的放假安排还没公布，截止日先按现在知道的算。"
    return said


def _line(line: queries.LineRow) -> dict[str, Any]:
    note = "有异议，成立，划去了" if line.is_struck else ""
    name = {"text": f"{line.ordinal}　{line.masked_name}", "note": note}
    return {"cells": [name, line.union_name or "—", line.pool]}


def _about(found: queries.NoticeRow, now: Any) -> dict[str, Any]:
    link = settings.PUBLIC_ADDRESS.rstrip("/") + reverse("public-notice", args=[found.code])
    return {
        "notice": found,
        "is_running": found.is_running(now),
        "link": link,
        "qr": mark_safe(qr_svg(link)),
        "until": f"{found.last_on.month} 月 {found.last_on.day} 日 24:00",
    }
