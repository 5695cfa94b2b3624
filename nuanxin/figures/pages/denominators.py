"""分母 on the desk: what is entered so far, one more, or a whole table."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import holds, requires
from nuanxin.figures.actions.denominators import Loaded, enter_denominator, enter_denominators
from nuanxin.figures.forms.denominators import DenominatorForm, DenominatorTableForm
from nuanxin.figures.queries.denominators import (
    DenominatorRow,
    list_denominators,
    places_to_enter,
)
from nuanxin.figures.rules.denominators import HEADS
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.numbers_zh import format_thousands
from nuanxin.kernel.text import whole_number


@requires("figure.drafts")
@require_safe
def denominator_list(request: HttpRequest) -> HttpResponse:
    """List what is entered, the latest first, and offer to enter more."""
    actor = actor_of(request)
    return _page(request, actor, _empty_form(actor), DenominatorTableForm())


@requires("figure.decide")
@require_POST
def denominator_add(request: HttpRequest) -> HttpResponse:
    """Enter one."""
    actor, now = actor_of(request), clock.now()
    form = DenominatorForm(request.POST, places=places_to_enter(actor))
    if form.is_valid():
        try:
            return _done(enter_denominator(entry=form.entry(), actor=actor, now=now))
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    return _page(request, actor, form, DenominatorTableForm(), status=422)


@requires("figure.decide")
@require_POST
def denominator_load(request: HttpRequest) -> HttpResponse:
    """Take in a table: all of it, or nothing."""
    actor, now = actor_of(request), clock.now()
    form = DenominatorTableForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            entries = form.cleaned_data["file"]
            return _done(enter_denominators(entries=entries, actor=actor, now=now))
        except Refusal as refusal:
            form.add_error("file", refusal.message)
    return _page(request, actor, _empty_form(actor), form, status=422)


def _empty_form(actor: Actor) -> DenominatorForm:
    return DenominatorForm(places=places_to_enter(actor))


def _done(loaded: Loaded) -> HttpResponse:
    told = urlencode({"added": loaded.added, "corrected": loaded.corrected, "known": loaded.known})
    return HttpResponseRedirect(f"{reverse('desk-denominators')}?{told}")


def _page(
    request: HttpRequest,
    actor: Actor,
    form: DenominatorForm,
    table: DenominatorTableForm,
    *,
    status: int = 200,
) -> HttpResponse:
    page = list_denominators(before=_number(request.GET.get("before", "")))
    context = {
        "page_title": "分母",
        "page_lead": "入会率、建会率除以什么，哪天的、哪里来的，都记在这里。写错了再录一条更正，旧的留着。",
        "done": _done_words(request),
        "may_enter": holds(actor, "figure.decide"),
        "form": form,
        "is_form_open": bool(form.errors),
        "table_form": table,
        "file_error": (table.errors.get("file") or [""])[0],
        "heads": ",".join(HEADS),
        "columns": [
            {"label": "地区"},
            {"label": "种类"},
            {"label": "截至", "css": "nw"},
            {"label": "数值", "css": "num"},
            {"label": "来源"},
            {"label": "录入"},
        ],
        "rows": [_row(one) for one in page.items],
        "next_url": f"?{urlencode({'before': page.next})}" if page.next else "",
    }
    return render(request, "figures/denominators.html", context, status=status)


def _row(one: DenominatorRow) -> dict[str, Any]:
    local = one.entered_at.astimezone(clock.SHANGHAI)
    note = f"更正：{one.reason}" if one.reason else ""
    if one.is_corrected:
        note = f"{note}　已被更正".strip()
    return {
        "cells": [
            {"text": one.region_name},
            {"text": one.kind.label},
            {"text": one.as_of.isoformat(), "css": "nw"},
            {
                "text": f"{format_thousands(one.value)} {one.kind.unit.label}",
                "note": note,
                "css": "num",
            },
            {"text": one.source, "note": f"{one.checked_on.isoformat()} 核对"},
            {"text": one.entered_by_name, "note": f"{local:%Y-%m-%d %H:%M}"},
        ]
    }


def _done_words(request: HttpRequest) -> str:
    counts = [_number(request.GET.get(name, "")) for name in ("added", "corrected", "known")]
    if "added" not in request.GET:
        return ""
    told = [f"新录入 {counts[0]} 条"] if counts[0] else []
    told += [f"更正 {counts[1]} 条"] if counts[1] else []
    told += [f"已经有的 {counts[2]} 条没有再录"] if counts[2] else []
    return f"{'，'.join(told)}。" if told else ""


def _number(text: str) -> int:
    return whole_number(text, longest=15) or 0
