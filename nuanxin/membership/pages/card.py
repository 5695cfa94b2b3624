"""会员卡: the worker's own with a code that ages; checking somebody's."""

from datetime import date, timedelta
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.queries.card import card_check_bundle, check_card, get_card
from nuanxin.membership.rules.card import (
    PREFIX,
    CardCheck,
    CardFault,
    CardState,
    shown_number,
    token_of_link,
)


@requires("card.view")
@require_GET
def card(request: HttpRequest) -> HttpResponse:
    """Show one's card with a code issued now."""
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    try:
        shown = get_card(actor=actor, now=clock.now())
    except NotFound:
        return HttpResponseRedirect(reverse("worker-me"))
    context = {
        "page_title": "会员卡",
        "card": shown,
        "union_name": shown.where.name,
        "standing": f"{shown.state.label}，{_said(shown.since)}入会" if shown.since
        else shown.state.label,
        "qr": mark_safe(shown.qr_svg),
        "renew_at": shown.issued_at + timedelta(seconds=shown.valid_seconds),
    }  # fmt: skip
    return render(request, "membership/mine/card.html", context)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Say whether the card in a code stands; without a code, how to look.

    A phone's camera opens this page with the code behind the #; a script checks it right there,
    also without network. Pasted or sent by an old phone, the code comes in the body.
    """
    token = token_of_link(request.POST.get("code", ""))
    result = check_card(token, now=clock.now()) if token else None
    context = {
        "page_title": "验会员卡",
        "result": result,
        "card": _seen(result),
        "faults": [
            {"key": int(fault), "text": fault.message} for fault in CardFault if fault.message
        ],
        "states": [{"key": int(state), "label": state.label} for state in CardState],
        "prefix": PREFIX,
    }
    return render(request, "membership/mine/check_card.html", context)


@public
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """Give the script that keeps the checking page on the phone; it may serve nothing else."""
    found = finders.find("js/card_check_worker.js")
    assert isinstance(found, str)
    answer = HttpResponse(Path(found).read_bytes(), content_type="text/javascript")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


@public
@require_GET
def bundle(request: HttpRequest) -> HttpResponse:
    """Give a keeper's phone what it needs to check cards without a network for a day."""
    answer = JsonResponse(card_check_bundle(clock.now()))
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


# ---- inside -----------------------------------------------------------------------------------


def _seen(result: CardCheck | None) -> dict[str, str]:
    """Return what the card says of its holder, for comparing with whoever shows it."""
    if result is None or result.payload is None:
        return {}
    says = result.payload
    return {
        "name": says.masked_name,
        "number": shown_number(says.number),
        "state": says.state.label,
    }


def _said(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
