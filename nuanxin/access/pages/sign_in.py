"""Signing in with a phone and a code, claiming a registration, signing out, large type."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access import actions, forms, queries, rules
from nuanxin.access.pages.origins import knows, origin_of, remember
from nuanxin.access.permissions import public
from nuanxin.access.states import CodePurpose, SessionKind
from nuanxin.kernel import clock, sealing
from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.phone import normalise_phone

LARGE_COOKIE = "nx_large"
LARGE_SECONDS = 365 * 24 * 3600
JOIN_STEPS = 5


@public
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("phone", "code")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the phone, send a code, take the code: one page, with or without a script."""
    if request.method != "POST":
        pending = queries.pending_code_of(request)
        initial = {"phone": pending.phone if pending else ""}
        return _page(request, forms.PhoneForm(initial=initial), forms.CodeForm())
    if request.POST.get("do") == "send":
        return _send(request)
    return _check(request)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Ask the name of somebody whose verified phone stands on a roster, and open the account."""
    verified = queries.verified_phone_of(request)
    if verified is None:
        return _to("sign-in", request)
    form = forms.ClaimForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            account_id = actions.claim_account(
                phone=verified.phone, name=form.cleaned_data["name"], now=clock.now()
            )
        except Refusal as refusal:
            form.add_error("name", refusal.message)
            status = refusal.status
        else:
            return _signed_in(request, account_id, verified.phone)
    context = {
        "page_title": "你的名字",
        "form": form,
        "way_on": _way_on(request, otherwise=""),
        "join_url": _join_url(request),
        "back_url": reverse("sign-in"),
        "back_label": "换个手机号",
    }
    return render(request, "access/claim.html", context, status=status)


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this browser's session."""
    actions.end_session(request.session)
    return HttpResponseRedirect("/")


@public
@require_GET
def large(request: HttpRequest) -> HttpResponse:
    """Switch large type on or off by a cookie; nothing is stored here."""
    is_on = request.GET.get("on") == "1"
    response = HttpResponseRedirect(rules.safe_way_on(request.GET.get("next", ""), otherwise="/"))
    response.set_cookie(
        LARGE_COOKIE,
        "1" if is_on else "0",
        max_age=LARGE_SECONDS,
        httponly=True,
        secure=settings.IS_HTTPS,
        samesite="Lax",
    )
    return response


# ---- inside -----------------------------------------------------------------------------------


def _send(request: HttpRequest) -> HttpResponse:
    form = forms.PhoneForm(request.POST)
    form.is_valid()
    phone = form.cleaned_data.get("phone", "")
    try:
        number = normalise_phone(phone)
        sent = actions.send_code(
            phone=number,
            purpose=CodePurpose.SIGN_IN,
            origin=origin_of(request),
            is_known_device=knows(request, number),
            now=clock.now(),
        )
    except Refusal as refusal:
        return _page(request, form, forms.CodeForm(), refusal=refusal, field="phone")
    actions.hold_pending_code(
        request.session, code_id=sent.code_id, phone=number, expires_at=sent.expires_at
    )
    return _to("sign-in", request)


def _check(request: HttpRequest) -> HttpResponse:
    pending = queries.pending_code_of(request)
    typed = forms.PhoneForm(request.POST)
    code = forms.CodeForm(request.POST)
    code.is_valid()
    typed.is_valid()
    if pending is None:
        return _send(request)
    now = clock.now()
    try:
        actions.check_code(
            code_id=pending.code_id,
            code=code.cleaned_data.get("code", ""),
            purpose=CodePurpose.SIGN_IN,
            now=now,
        )
    except Refusal as refusal:
        phone = forms.PhoneForm(initial={"phone": pending.phone})
        return _page(request, phone, code, refusal=refusal, field="code")
    actions.forget_pending_code(request.session)
    actions.hold_verified_phone(request.session, phone=pending.phone, now=now)
    phone_hash = sealing.lookup_hash("phone", pending.phone)
    account_id = actions.sign_in_by_phone(phone_hash=phone_hash, now=now)
    if account_id is not None:
        return _signed_in(request, account_id, pending.phone)
    request.session.cycle_key()
    response = _new_here(request, phone_hash)
    remember(request, response, pending.phone)
    return response


def _signed_in(request: HttpRequest, account_id: Any, phone: str) -> HttpResponse:
    actions.begin_session(
        request.session, account_id=account_id, kind=SessionKind.PHONE, now=clock.now()
    )
    response = HttpResponseRedirect(_way_on(request, otherwise=_home()))
    remember(request, response, phone)
    return response


def _new_here(request: HttpRequest, phone_hash: Any) -> HttpResponse:
    """Send a verified phone without account on: to the claim, or to joining."""
    if queries.has_unclaimed_records(phone_hash) and not _is_joining(request):
        return _to("sign-in-claim", request)
    return HttpResponseRedirect(_join_url(request))


def _page(
    request: HttpRequest,
    phone: forms.PhoneForm,
    code: forms.CodeForm,
    *,
    refusal: Refusal | None = None,
    field: str = "",
) -> HttpResponse:
    pending = queries.pending_code_of(request)
    context: dict[str, Any] = {
        "page_title": "你的手机号",
        "phone_form": phone,
        "code_form": code,
        "sent_to": pending.masked_phone if pending else "",
        "code_hint": _code_hint(pending.masked_phone) if pending else "",
        "phone_attrs": {"inputmode": "tel", "autocomplete": "tel", "maxlength": 30},
        "code_attrs": {
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "maxlength": 12,
            "pattern": "[0-9 ]*",
        },
        "way_on": _way_on(request, otherwise=""),
        "hosts": _hosts(request),
        "is_joining": _is_joining(request),
        "desk_url": reverse("desk-sign-in"),
        "phone_error": "",
        "code_error": "",
        "back_url": "/",
        "back_label": "回首页",
    }
    if _is_joining(request):
        context |= {"step": 1, "steps": JOIN_STEPS, "back_label": "上一步"}
    if refusal is not None:
        context[f"{field}_error"] = _words(refusal)
    status = refusal.status if refusal else 200
    return render(request, "access/sign_in.html", context, status=status)


def _code_hint(masked_phone: str) -> str:
    minutes = rules.setting("code_valid_minutes", clock.business_day(clock.now()))
    return f"已发到 {masked_phone}，{minutes} 分钟内有效。"


def _words(refusal: Refusal) -> str:
    """Return the sentence, with the wait where there is one."""
    seconds = refusal.details.get("retry_after_seconds")
    if not isinstance(seconds, int):
        return refusal.message
    wait = f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"
    return f"{refusal.message}过 {wait}再点。"


def _hosts(request: HttpRequest) -> list[dict[str, str]]:
    way_on = _way_on(request, otherwise="")
    more = f"?{urlencode({'next': way_on})}" if way_on else ""
    named: Any = settings.OIDC_PROVIDERS
    return [
        {"title": given.get("label", code), "url": reverse("sign-in-host", args=[code]) + more}
        for code, given in named.items()
    ]


def _way_on(request: HttpRequest, *, otherwise: str) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    return rules.safe_way_on(asked, otherwise=otherwise)


def _is_joining(request: HttpRequest) -> bool:
    return _way_on(request, otherwise="").startswith("/join")


def _to(name: str, request: HttpRequest) -> HttpResponse:
    way_on = _way_on(request, otherwise="")
    more = f"?{urlencode({'next': way_on})}" if way_on else ""
    return HttpResponseRedirect(reverse(name) + more)


def _join_url(request: HttpRequest) -> str:
    return _way_on(request, otherwise=_address("join") or "/")


def _home() -> str:
    return _address("worker-me") or "/"


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
