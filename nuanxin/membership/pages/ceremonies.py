"""集体入会仪式: announced at the desk, confirmed on one's phone with the code on the wall."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number, whole_numbers
from nuanxin.membership.actions import ceremony as acts
from nuanxin.membership.forms.ceremonies import CeremonyForm, OnSiteForm
from nuanxin.membership.pages.mine import confirmed_context
from nuanxin.membership.queries.card import qr_svg
from nuanxin.membership.queries.ceremonies import (
    SHEET_LIMIT,
    CeremonyRow,
    count_signed,
    get_ceremony,
    list_ceremonies,
    list_chosen,
    list_invited,
)
from nuanxin.orgs import queries as orgs

_METHODS = ["GET", "HEAD", "POST"]


@public
@require_http_methods(_METHODS)
@sensitive_post_parameters("name", "tail")
def on_site(request: HttpRequest) -> HttpResponse:
    """Confirm one's invitation on site: code, name and the phone's last digits, one tap."""
    form = OnSiteForm(request.POST or None, initial={"code": request.GET.get("c", "")[:12]})
    status = 422 if form.is_bound and not form.is_valid() else 200
    if request.method == "POST" and form.is_valid():
        try:
            receipt = acts.try_on_site(
                code=form.cleaned_data["code"],
                name=form.cleaned_data["name"],
                phone_tail=form.cleaned_data["tail"],
                actor=actor_of(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.message)
            status = 422 if isinstance(refusal, NotFound) else refusal.status
        else:
            context = confirmed_context(receipt)
            return render(request, "membership/mine/invitation.html", context)
    context = {
        "page_title": "在现场入会",
        "form": form,
        "back_url": reverse("worker-home"),
        "back_label": "回首页",
    }
    return render(request, "membership/join/on_site.html", context, status=status)


@requires("roster.create")
@require_GET
def ceremony_list(request: HttpRequest) -> HttpResponse:
    """List the ceremonies of the scope, the latest day first."""
    actor = actor_of(request)
    rows = list_ceremonies(actor=actor, union_id=_own_union_id(actor))
    today = clock.business_day(clock.now())
    context = {
        "page_title": "入会仪式",
        "page_lead": "现场扫码、填名字和手机尾号就能确认，口令只在当天管用。",
        "columns": [
            {"label": "仪式"}, {"label": "工会"}, {"label": "哪一天", "css": "nw"},
            {"label": "口令", "css": "nw"}, {"label": "状态"},
        ],
        "rows": [_row(row, today) for row in rows],
    }  # fmt: skip
    return render(request, "membership/ceremonies/list.html", context)


@requires("roster.create")
@require_http_methods(_METHODS)
def ceremony_new(request: HttpRequest) -> HttpResponse:
    """Announce a ceremony."""
    actor, now = actor_of(request), clock.now()
    initial = {
        "union": orgs.get_union(_own_union_id(actor)).code,
        "held_on": clock.business_day(now),
    }
    form = CeremonyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = acts.create_ceremony(
                union_id=orgs.get_union_by_code(given["union"]).id,
                title=given["title"],
                place=given["place"],
                held_on=given["held_on"],
                actor=actor,
                now=now,
            )
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            return HttpResponseRedirect(reverse("desk-ceremony", args=[made.id]))
    context = {
        "page_title": "办一场入会仪式",
        "form": form,
        "crumbs": [{"label": "入会仪式", "url": reverse("desk-ceremonies")}, {"label": "新的"}],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "membership/ceremonies/new.html", context, status=status)


@requires("roster.create")
@require_GET
def ceremony(request: HttpRequest, ceremony_id: int) -> HttpResponse:
    """Show what hangs on the wall: the code, and the QR that opens the page with it."""
    row = get_ceremony(ceremony_id, actor=actor_of(request))
    link = (
        settings.PUBLIC_ADDRESS.rstrip("/") + f"{reverse('on-site')}?{urlencode({'c': row.code})}"
    )
    today = clock.business_day(clock.now())
    context = {
        "page_title": row.title,
        "page_lead": f"{row.where.name}，{row.held_on}{'，' + row.place if row.place else ''}",
        "code": f"{row.code[:3]} {row.code[3:]}",
        "link": link,
        "qr": mark_safe(qr_svg(link)),
        "is_open": not row.is_closed and row.held_on >= today,
        "close_url": reverse("desk-ceremony-close", args=[row.id]),
        "signed_url": reverse("desk-ceremony-signed", args=[row.id]),
        "sheet_url": reverse("desk-ceremony-sheet", args=[row.id]),
        "crumbs": [{"label": "入会仪式", "url": reverse("desk-ceremonies")}, {"label": row.title}],
    }
    return render(request, "membership/ceremonies/ceremony.html", context)


@requires("roster.create")
@require_http_methods(_METHODS)
def ceremony_signed(request: HttpRequest, ceremony_id: int) -> HttpResponse:
    """Tick who signed on paper: look for people, choose many, see them once more, confirm."""
    actor = actor_of(request)
    row = get_ceremony(ceremony_id, actor=actor)
    if request.method == "POST":
        return _signed_chosen(request, row, whole_numbers(request.POST.getlist("id")))
    looked_for = request.GET.get("q", "")[:40]
    page = list_invited(row, looked_for=looked_for, after=request.GET.get("after") or None)
    is_early = row.held_on > clock.business_day(clock.now())
    done = whole_number(request.GET.get("done"), longest=5)
    context = {
        "page_title": f"{page.total:,} 人还没签" if page.total else "没有等着签的人",
        "page_lead": f"{row.title}，{row.where.name}。"
        f"{'' if is_early else '在现场看过身份证、在纸上签了名的，勾上。'}",
        "banner": {"text": f"记下了，{done:,} 人在现场签了名，申请交到审核里了。"}
        if done is not None
        else "",
        "q": looked_for,
        "clear_url": "?" if looked_for else "",
        "is_early": is_early,
        "has_boxes": not is_early,
        "held_on": row.held_on,
        "signed": count_signed(row),
        "columns": [
            {"label": "姓名"},
            {"label": "手机号"},
            {"label": "职业"},
            {"label": "单位或网点"},
        ],
        "rows": [
            {
                "id": one.id,
                "name": one.name,
                "cells": [
                    one.name,
                    one.masked_phone or "—",
                    one.occupation_label,
                    one.place or {"text": "—", "css": "none"},
                ],
            }
            for one in page.items
        ],
        "next_url": f"?{urlencode({'q': looked_for, 'after': page.next})}" if page.next else "",
        "sheet_url": reverse("desk-ceremony-sheet", args=[row.id]),
        "roster_url": reverse("desk-roster-new"),
        "crumbs": _crumbs_below(row, "签名"),
    }
    return render(request, "membership/ceremonies/signed.html", context)


def _signed_chosen(request: HttpRequest, row: CeremonyRow, ids: list[int]) -> HttpResponse:
    """Show the chosen once more with what follows, or enter them."""
    back = reverse("desk-ceremony-signed", args=[row.id])
    chosen = list_chosen(row, ids)
    error = "" if ids else "还没有勾选谁签了名。"
    note = request.POST.get("note", "")
    status = 200
    if request.POST.get("step") == "confirm":
        try:
            count = acts.confirm_list_on_site(
                ceremony_id=row.id,
                application_ids=ids,
                note=note,
                actor=actor_of(request),
                now=clock.now(),
            )
        except NotFound:
            raise
        except Refusal as refusal:
            error, status = refusal.message, refusal.status
        else:
            return HttpResponseRedirect(f"{back}?{urlencode({'done': count})}")
    if not chosen and not error:
        error = "勾选的人刚刚都确认过了，不用再记。"
    context = {
        "page_title": f"这 {len(chosen):,} 人在现场签了名？" if chosen else "没有选人",
        "page_lead": f"{row.title}，{row.where.name}",
        "chosen": chosen,
        "note": note,
        "error": error,
        "back_url": back,
        "confirm_label": f"确认这 {len(chosen):,} 人",
        "crumbs": _crumbs_below(row, "签名"),
    }
    status = 422 if error and status == 200 else status
    return render(request, "membership/ceremonies/signed_chosen.html", context, status=status)


@requires("roster.create")
@require_GET
def ceremony_sheet(request: HttpRequest, ceremony_id: int) -> HttpResponse:
    """Give the list to be printed and signed: everybody invited who has not confirmed."""
    row = get_ceremony(ceremony_id, actor=actor_of(request))
    page = list_invited(row, limit=SHEET_LIMIT)
    context = {
        "page_title": f"签名册：{row.title}",
        "page_lead": f"{row.where.name}，{row.held_on}{'，' + row.place if row.place else ''}",
        "rows": page.items,
        "left": page.total - len(page.items),
        "back_url": reverse("desk-ceremony-signed", args=[row.id]),
        "crumbs": _crumbs_below(row, "签名册"),
    }
    return render(request, "membership/ceremonies/sheet.html", context)


def _crumbs_below(row: CeremonyRow, here: str) -> list[dict[str, str]]:
    return [
        {"label": "入会仪式", "url": reverse("desk-ceremonies")},
        {"label": row.title, "url": reverse("desk-ceremony", args=[row.id])},
        {"label": here},
    ]


@requires("roster.create")
@require_POST
def ceremony_close(request: HttpRequest, ceremony_id: int) -> HttpResponse:
    """End a ceremony: its code stops working."""
    actor = actor_of(request)
    get_ceremony(ceremony_id, actor=actor)
    acts.close_ceremony(ceremony_id=ceremony_id, actor=actor, now=clock.now())
    return HttpResponseRedirect(reverse("desk-ceremonies"))


# ---- inside -----------------------------------------------------------------------------------


def _own_union_id(actor: Any) -> int:
    paths = policy.scope_paths(actor, "roster.create")
    if not paths or paths[0] == policy.EVERYWHERE:
        raise NotFound()
    return int(paths[0].rstrip("/").rsplit("/", 1)[-1])


def _row(row: Any, today: Any) -> dict[str, Any]:
    is_over = row.is_closed or row.held_on < today
    words = "结束了" if is_over else "今天" if row.held_on == today else "还没到"
    return {
        "id": row.id,
        "name": row.title,
        "url": reverse("desk-ceremony", args=[row.id]),
        "cells": [
            {"text": row.title, "note": row.place},
            row.where.name,
            str(row.held_on),
            row.code,
            {"text": words, "state": "" if is_over else "ok"},
        ],
    }
