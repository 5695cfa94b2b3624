"""Papers of one's own to keep: the member card, and the joining form as it was filled in."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.forms.papers import card_pdf, joining_form_pdf
from nuanxin.membership.queries.card import get_card
from nuanxin.membership.queries.papers import get_my_joining_form


@requires("card.view")
@require_GET
def card_paper(request: HttpRequest) -> HttpResponse:
    """Give one's card as a PDF in the size of a bank card; who has none is led to 我的."""
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    try:
        card = get_card(actor=actor, now=clock.now(), is_paper=True)
    except NotFound:
        return HttpResponseRedirect(reverse("worker-me"))
    return _pdf(card_pdf(card), "member-card.pdf")


@requires("own.open")
@require_GET
def joining_paper(request: HttpRequest) -> HttpResponse:
    """Give one's latest 入会申请书 with the register form as a PDF; without one, 我的."""
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    try:
        form = get_my_joining_form(actor=actor)
    except NotFound:
        return HttpResponseRedirect(reverse("worker-me"))
    return _pdf(joining_form_pdf(form), "joining-form.pdf")


def _pdf(body: bytes, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
