"""会员卡: the worker's own with a code that ages; checking somebody's."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.queries.card import card_check_bundle, check_card, get_card


@requires("card.view")
@require_GET
def card(request: HttpRequest) -> HttpResponse:
    """Show one's card with a code issued now."""
    actor = request.actor  # type: ignore[attr-defined]
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
        "standing": f"{shown.state.label}，{shown.since} 入会" if shown.since
        else shown.state.label,
        "qr": mark_safe(shown.qr_svg),
        "renew_at": shown.issued_at + timedelta(seconds=shown.valid_seconds),
    }  # fmt: skip
    return render(request, "membership/mine/card.html", context)


@public
@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Say whether the card in a code stands; without a code, how to look."""
    token = request.GET.get("code", "").strip()
    result = check_card(token, now=clock.now()) if token else None
    context = {"page_title": "验会员卡", "result": result, "token": token}
    return render(request, "membership/mine/check_card.html", context)


@public
@require_GET
def bundle(request: HttpRequest) -> HttpResponse:
    """Give a keeper's phone what it needs to check cards without a network for a day."""
    answer = JsonResponse(card_check_bundle(clock.now()))
    answer["Cache-Control"] = "public, max-age=3600"
    return answer
