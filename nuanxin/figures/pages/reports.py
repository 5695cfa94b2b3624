"""Reports on the desk: the list, the editor with its preview, versions, frozen reports, files."""

import re
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import may, requires
from nuanxin.figures import actions
from nuanxin.figures.forms.report_addresses import address_of
from nuanxin.figures.forms.report_files import FORMATS, report_file
from nuanxin.figures.forms.report_html import with_addresses
from nuanxin.figures.forms.reports import EditorForm, NewReportForm, find_figures
from nuanxin.figures.queries import stored_reports as stored
from nuanxin.figures.queries.report_templates import list_templates
from nuanxin.figures.queries.reports import Composed, compose_report
from nuanxin.figures.rules.reports import Fault
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.text import whole_number

_FILE_WORDS = {"html": "网页", "docx": "Word", "pdf": "PDF"}
_AROUND = 28
_MARKED = re.compile(r"\{\{.*?\}\}|[近约超]?[\d,.]+ ?[万亿千百]*[余多]?(?:人次|[^\W\d_])?|\S{1,20}")
"""What is marked in a line: a reference, a number with its unit, or a word."""


@requires("report.view")
@require_http_methods(["GET", "HEAD", "POST"])
def report_list(request: HttpRequest) -> HttpResponse:
    """List the reports in scope; begin one from a template."""
    actor = actor_of(request)
    unions = [(str(one.id), one.name) for one in stored.list_writing_unions(actor)]
    form = NewReportForm(request.POST or None, unions=unions)
    if request.method == "POST" and form.is_valid():
        report_id = actions.create_report(
            union_id=int(form.cleaned_data["union"]),
            template=form.cleaned_data["template"],
            actor=actor,
            now=clock.now(),
        )
        return HttpResponseRedirect(reverse("desk-report", args=[report_id]))
    only_own = request.GET.get("who") == "own"
    page = stored.list_reports(actor, only_own=only_own, after=request.GET.get("after", ""))
    who = "who=own&" if only_own else ""
    context = {
        "page_title": "写报告",
        "page_lead": "正文里引用数读的数，引用对不上、手写的数互相矛盾，就做不成。",
        "form": form if unions else None,
        "templates": [{"label": one.label, "lead": one.lead} for one in list_templates()],
        "tabs": [
            {"label": "范围里的", "url": reverse("desk-reports"), "active": not only_own},
            {"label": "我起草的", "url": f"{reverse('desk-reports')}?who=own", "active": only_own},
        ],
        "columns": [
            {"label": "报告"}, {"label": "工会"}, {"label": "起草人"}, {"label": "最近一版"},
        ],
        "rows": [_list_row(row) for row in page.rows],
        "next_url": f"?{who}after={page.next}" if page.next else "",
    }  # fmt: skip
    return render(request, "figures/reports.html", context, status=422 if form.errors else 200)


@requires("report.view")
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, report_id: int) -> HttpResponse:
    """Show the editor and the preview; save a version, look again, or put a figure in."""
    actor = actor_of(request)
    row = stored.get_report(report_id, actor=actor)
    if request.method != "POST":
        form = EditorForm(initial={"source": stored.get_source(row), "seen": row.versions})
        return _editor(request, row, form, stored.get_source(row))
    form = EditorForm(request.POST)
    if not form.is_valid():
        return _editor(request, row, form, request.POST.get("source", ""), status=422)
    text = form.text()
    status, refusal = 200, None
    if "save" in request.POST:
        try:
            actions.save_version(
                report_id=report_id,
                source=text,
                seen=form.cleaned_data["seen"],
                actor=actor,
                now=clock.now(),
            )
            return HttpResponseRedirect(reverse("desk-report", args=[report_id]))
        except Refusal as told:
            if told.status not in (409, 422):
                raise
            status, refusal = told.status, told
    shown = EditorForm(
        initial={
            "source": text,
            "seen": row.versions if refusal else form.cleaned_data["seen"],
            "find": form.cleaned_data["find"],
        }
    )
    return _editor(
        request, row, shown, text, status=status, words=form.cleaned_data["find"], refusal=refusal
    )


@requires("report.view")
@require_safe
def report_versions(request: HttpRequest, report_id: int) -> HttpResponse:
    """Show every version that was saved, and one of them with its text."""
    actor = actor_of(request)
    row = stored.get_report(report_id, actor=actor)
    told = request.GET.get("number", "")
    number = whole_number(told, longest=5)
    number = row.versions if number is None else number
    versions = stored.list_versions(row)
    context = {
        "page_title": f"{row.title}：存过的版本",
        "page_lead": f"共 {row.versions} 版，一版都不会丢。恢复是把旧的一版再存成新的一版。",
        "crumbs": _crumbs(row, "存过的版本"),
        "versions": [
            {
                "number": one.number,
                "title": one.title,
                "name": one.name,
                "saved_at": one.saved_at,
                "note": f"恢复自第 {one.restored_from} 版" if one.restored_from else "",
                "url": f"?number={one.number}",
                "is_shown": one.number == number,
            }
            for one in versions
        ],
        "number": number,
        "source": stored.get_source(row, number),
        "restore_url": reverse("desk-report-restore", args=[report_id])
        if number != row.versions and may(actor, "report.edit", path=row.union_path)
        else "",
    }
    return render(request, "figures/report_versions.html", context)


@requires("report.edit")
@require_POST
def report_restore(request: HttpRequest, report_id: int) -> HttpResponse:
    """Bring an old version back as a new one."""
    told = request.POST.get("number", "")
    number = whole_number(told, longest=5) or 0
    actions.restore_version(
        report_id=report_id, number=number, actor=actor_of(request), now=clock.now()
    )
    return HttpResponseRedirect(reverse("desk-report", args=[report_id]))


@requires("report.edit")
@require_POST
def report_freeze(request: HttpRequest, report_id: int) -> HttpResponse:
    """Freeze the last version with its numbers, or show what stops it."""
    actor = actor_of(request)
    told = request.POST.get("seen", "")
    frozen, _ = actions.freeze_report(
        report_id=report_id,
        seen=whole_number(told, longest=5) or 0,
        actor=actor,
        now=clock.now(),
    )
    if frozen is None:
        return HttpResponseRedirect(reverse("desk-report", args=[report_id]) + "#faults")
    return HttpResponseRedirect(reverse("desk-report-render", args=[frozen]))


@requires("report.view")
@require_safe
def report_render(request: HttpRequest, render_id: int) -> HttpResponse:
    """Show a frozen report, as it can be taken away."""
    actor = actor_of(request)
    frozen = stored.get_render(render_id, actor=actor)
    context = {
        "page_title": "",
        "crumbs": _crumbs(frozen.report, "定稿"),
        "frozen": frozen,
        "report": with_addresses(frozen.document, address_of),
        "files": [{"kind": kind, "label": words} for kind, words in _FILE_WORDS.items()],
        "file_url": reverse("desk-report-file", args=[render_id]),
    }
    return render(request, "figures/report_frozen.html", context)


@requires("report.view")
@require_POST
def report_take(request: HttpRequest, render_id: int) -> HttpResponse:
    """Give a frozen report as a file; it is recorded who took it."""
    kind = request.POST.get("kind", "")
    actor = actor_of(request)
    frozen = stored.get_render(render_id, actor=actor)
    if kind not in FORMATS:
        raise Http404
    site = f"{request.scheme}://{request.get_host()}"
    made = report_file(frozen.document, kind, partial(address_of, site=site))
    actions.record_taken(render_id=render_id, kind=kind, actor=actor, now=clock.now())
    answer = HttpResponse(made, content_type=FORMATS[kind])
    name = f"{frozen.report.title[:60]}-{frozen.digest}.{kind}"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


# ---- inside -----------------------------------------------------------------------------------


def _editor(
    request: HttpRequest,
    row: stored.ReportRow,
    form: EditorForm,
    text: str,
    *,
    status: int = 200,
    words: str = "",
    refusal: Refusal | None = None,
) -> HttpResponse:
    composed = compose_report(text, now=clock.now())
    is_saved = request.method != "POST"
    may_edit = may(actor_of(request), "report.edit", path=row.union_path)
    context = {
        "page_title": row.title,
        "page_lead": f"{row.union_name}，第 {row.versions} 版，{row.created_name}起草。",
        "crumbs": _crumbs(row, ""),
        "row": row,
        "form": form,
        "refusal": refusal,
        "may_edit": may_edit,
        "is_saved": is_saved,
        "versions_url": reverse("desk-report-versions", args=[row.id]),
        "freeze_url": reverse("desk-report-freeze", args=[row.id])
        if may_edit and is_saved and composed.document is not None
        else "",
        "figures": find_figures(words),
        "find": words,
        "renders": stored.list_renders(row),
        **_found(composed, text),
    }
    return render(request, "figures/report_edit.html", context, status=status)


def _found(composed: Composed, text: str) -> dict[str, Any]:
    lines = text.split("\n")
    document = composed.document
    return {
        "faults": [_fault(one, lines) for one in composed.faults],
        "warnings": [_fault(one, lines) for one in composed.warnings],
        "numbers": composed.numbers,
        "report": with_addresses(document, address_of) if document else None,
    }


def _fault(fault: Fault, lines: list[str]) -> dict[str, Any]:
    """Return a fault with its line in three parts: before its place, the sign there, after."""
    line = lines[fault.line - 1] if fault.line <= len(lines) else ""
    at = min(fault.column - 1, len(line))
    start = max(0, at - _AROUND)
    marked = _MARKED.match(line, at)
    end = marked.end() if marked else at + 1
    return {
        "line": fault.line,
        "column": fault.column,
        "message": fault.message,
        "before": ("…" if start else "") + line[start:at],
        "marked": line[at:end][:80],
        "after": line[end : end + _AROUND],
    }


def _list_row(row: stored.ReportRow) -> dict[str, Any]:
    local = row.changed_at.astimezone(clock.SHANGHAI)
    return {
        "url": reverse("desk-report", args=[row.id]),
        "cells": [
            row.title,
            row.union_name,
            row.created_name,
            {"text": f"第 {row.versions} 版", "note": f"{local:%Y-%m-%d %H:%M}", "css": "nw"},
        ],
    }


def _crumbs(row: stored.ReportRow, last: str) -> list[dict[str, str]]:
    crumbs = [{"label": "写报告", "url": reverse("desk-reports")}]
    if last:
        crumbs.append({"label": row.title, "url": reverse("desk-report", args=[row.id])})
    return [*crumbs, {"label": last or row.title, "url": ""}]
