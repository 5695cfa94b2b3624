"""Recording what was delivered: tick who had it, one button; a mistake is taken back with a reason."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number, whole_numbers
from nuanxin.programmes.actions.deliveries import record_deliveries, take_back_deliveries
from nuanxin.programmes.queries.deliveries import Deliveries, get_deliveries


@requires("programme.view")
@require_GET
def deliveries(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Show who waits for what he was promised, and who had it lately."""
    return _page(request, offer_id)


@requires("programme.manage")
@require_POST
def deliver(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Record the ticked (or everybody), or take the ticked back."""
    try:
        _carry_out(request, offer_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(request, offer_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-offer-deliveries", args=[offer_id]))


def _carry_out(request: HttpRequest, offer_id: int) -> None:
    who: dict[str, Any] = {"actor": actor_of(request), "now": clock.now()}
    ids = _ids(request)
    if request.POST.get("do") == "take_back":
        if not ids:
            raise Malformed("programmes.nobody_ticked", "先勾选要撤销的，再点撤销。")
        reason = request.POST.get("reason", "")
        take_back_deliveries(offer_id=offer_id, delivery_ids=ids, reason=reason, **who)
        return
    everybody = request.POST.get("do") == "record_all"
    if not ids and not everybody:
        raise Malformed("programmes.nobody_ticked", "先勾选办好了的人，再点登记。")
    chosen = None if everybody else ids
    record_deliveries(offer_id=offer_id, day=_day(request), application_ids=chosen, **who)


def _page(
    request: HttpRequest, offer_id: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    told = request.GET.get("after", "")
    after = whole_number(told) or 0
    found = get_deliveries(offer_id, actor=actor_of(request), after=after)
    return render(
        request, "programmes/desk/deliveries.html", _context(found, problem), status=status
    )


def _context(found: Deliveries, problem: str) -> dict[str, Any]:
    row = found.offer.row
    return {
        "page_title": f"登记兑现：{row.title}",
        "page_lead": f"{found.with_place:,} 人有名额，登记了 {found.recorded:,} 人。登记了的才算进数读。",
        "problem": problem,
        "may_manage": found.offer.may_manage,
        "today": clock.business_day(clock.now()).isoformat(),
        "act_url": reverse("desk-offer-deliver", args=[row.id]),
        "columns": [{"label": label} for label in ("姓名", "手机", "工会")],
        "rows": [
            {"id": one.id, "name": one.name, "cells": [one.name, one.masked_phone or "—", one.union_name or "—"]}
            for one in found.promised
        ],
        "next_url": f"?{urlencode({'after': found.following})}" if found.following else "",
        "all_label": f"{max(0, found.with_place - found.recorded):,} 人全部登记",
        "done_columns": [{"label": label} for label in ("姓名", "手机", "哪天", "谁登记的", "")],
        "done": [
            {
                "id": one.id,
                "name": one.name,
                "cells": [
                    one.name,
                    one.masked_phone or "—",
                    one.day.isoformat(),
                    one.recorded_by_name or "—",
                    {"text": "撤销了", "state": "off"} if one.is_taken_back else {"text": "算数", "state": "ok"},
                ],
            }
            for one in found.delivered
        ],
        "crumbs": [
            {"label": "服务项目", "url": reverse("desk-offers")},
            {"label": row.title, "url": reverse("desk-offer", args=[row.id])},
            {"label": "登记兑现"},
        ],
    }  # fmt: skip


def _ids(request: HttpRequest) -> list[int]:
    return whole_numbers(request.POST.getlist("id"))


def _day(request: HttpRequest) -> date:
    told = request.POST.get("day", "")
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise Malformed(
            "programmes.delivery_day", "日期没有读懂，请写成 2026-11-23 这样。"
        ) from None
