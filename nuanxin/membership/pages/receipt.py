"""What has come of asking to join: applying, and the page that says where, by when, whom to call."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access import actions as access_actions
from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.membership.actions import transfer
from nuanxin.membership.actions.confirm import NEEDED_CONSENTS
from nuanxin.membership.actions.join import submit_application
from nuanxin.membership.pages.draft import Draft, after_draft, forget
from nuanxin.membership.queries import mine
from nuanxin.membership.rules.receipts import HOTLINE, Receipt
from nuanxin.membership.states import Channel, ReceiptKind, after_applying
from nuanxin.orgs import queries as orgs
from nuanxin.people.states import Assurance

_RECEIPT = "join_receipt"
_ON_RECORD = {"is_on_record": True}
"""Instead of a receipt: the signed-in person's application says it all."""
_TAKEN = (ReceiptKind.NEW, ReceiptKind.CONFIRMED, ReceiptKind.RESUBMITTED)


@public
@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """Say what has come of it: the card, what happens next and by when, whom to call."""
    receipt = request.session.get(_RECEIPT)
    if receipt is None:
        return HttpResponseRedirect(reverse("join"))
    if receipt == _ON_RECORD:
        actor = actor_of(request)
        try:
            receipt = _shown(mine.get_my_receipt(actor=actor), actor.name)
        except NotFound:  # it has been decided meanwhile
            return HttpResponseRedirect(reverse("worker-me"))
    return render(request, "membership/join/done.html", receipt)


@requires("own.open")
@require_POST
def transfer_here(request: HttpRequest) -> HttpResponse:
    """Move one's membership to the union that one asked for: the one tap."""
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    code = request.POST.get("to", "")
    if not code:
        raise Malformed("membership.no_union_chosen", "先选要转到哪家工会，再点。")
    union = orgs.get_union_by_code(code)
    transfer.transfer_me(
        to_union_id=union.id, channel=Channel.ONE_CLICK, actor=actor, now=clock.now()
    )
    request.session.pop(_RECEIPT, None)
    return HttpResponseRedirect(f"{reverse('worker-me')}?moved=1")


def apply_with(request: HttpRequest, draft: Draft, *, phone: str, host: Any) -> HttpResponse:
    """Apply with a whole draft, open the account of who applied, and lead to the receipt.

    ``host`` is the ``HostPerson`` of this session or None; his number has been verified by it.
    """
    now = clock.now()
    is_vouched = host is not None and draft.identity == host.identity
    sign_in = access_actions.foresee_sign_in(
        request.session,
        kept=after_draft(request) | {_RECEIPT: _ON_RECORD},
        name=draft.name,
        phone=phone or None,
        host=host if is_vouched else None,
        now=now,
    )
    receipt = submit_application(
        name=draft.name,
        identity=draft.identity,
        phone=phone,
        union_code=draft.union,
        channel=Channel(draft.channel),
        occupations=draft.jobs,
        work_adcode=draft.county,
        place_stated=draft.place,
        consents=NEEDED_CONSENTS,
        actor=actor_of(request),
        now=now,
        assurance=Assurance.HOST_VERIFIED if is_vouched else Assurance.PHONE_CONFIRMED,
        via=f"host:{host.provider}"[:16] if is_vouched else "online",
        sign_in=sign_in,
    )
    if receipt.kind is ReceiptKind.NEW:
        for tell in after_applying:
            tell(request.COOKIES, now)
    if sign_in and receipt.account_id and receipt.worker_id is not None:
        access_actions.adopt_sign_in(
            request.session,  # type: ignore[arg-type]
            sign_in,
            worker_id=receipt.worker_id,
        )
        return HttpResponseRedirect(reverse("join-done"))
    if receipt.worker_id is not None and not actor_of(request).account_id:
        _open_account(request, receipt.worker_id, draft, phone, host if is_vouched else None)
    forget(request)
    return show_later(request, receipt, draft.name)


def has_receipt(request: HttpRequest) -> bool:
    """Return whether this browser has a receipt to come back to."""
    return _RECEIPT in request.session


def show_later(request: HttpRequest, receipt: Receipt, name: str) -> HttpResponse:
    """Keep a receipt for the last page and lead there: coming back to it sends nothing again."""
    request.session[_RECEIPT] = _shown(receipt, name)
    return HttpResponseRedirect(reverse("join-done"))


def receipt_page(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """Show a receipt at once: for somebody signed in who is a member, or has applied."""
    name = actor_of(request).name
    return render(request, "membership/join/done.html", _shown(receipt, name))


# ---- inside -----------------------------------------------------------------------------------


def _open_account(
    request: HttpRequest, worker_id: int, draft: Draft, phone: str, host: Any
) -> None:
    now = clock.now()
    account_id = access_actions.open_worker_account(
        worker_id=worker_id, name=draft.name, phone=phone or None, actor=SYSTEM, now=now
    )
    if host is not None:
        access_actions.bind_host(
            provider=host.provider,
            subject=host.subject,
            account_id=account_id,
            actor=SYSTEM,
            now=now,
        )
    kind = SessionKind.HOST if host is not None else SessionKind.PHONE
    access_actions.begin_session(request.session, account_id=account_id, kind=kind, now=now)


def _shown(receipt: Receipt, name: str) -> dict[str, Any]:
    """Return what the last page shows of a receipt, as plain values for the session."""
    is_taken = receipt.kind in _TAKEN
    is_own = receipt.worker_id is not None
    to = receipt.instead[0] if receipt.can_transfer and receipt.instead else None
    return {
        "page_title": receipt.title,
        "message": receipt.message,
        "is_in": is_taken,
        "is_own": is_own,
        "name": name,
        "union_name": receipt.where.name if receipt.where else "",
        "number": receipt.shown_number if is_own else "",
        "standing": _standing(receipt),
        "steps": [
            {"text": step.when, "detail": step.what, "is_done": at == 0}
            for at, step in enumerate(receipt.steps)
        ],
        "by": _said(receipt.due_on),
        "call_name": receipt.call_name,
        "call_phone": receipt.call_phone,
        "hotline": HOTLINE,
        "transfer_to": to.code if to else "",
        "transfer_name": to.name if to else "",
        "instead": []
        if to
        else [{"title": w.name, "url": reverse("join-of", args=[w.code])} for w in receipt.instead],
    }


def _standing(receipt: Receipt) -> str:
    if receipt.since is not None:
        return f"会员，{receipt.since.year} 年 {_said(receipt.since)}入会"
    return "临时会员卡，审核通过后自动转正"


def _said(day: Any) -> str:
    return f"{day.month} 月 {day.day} 日" if day else ""
