"""Signing in of cadres: user name and password, then the TOTP code, set up at the first time."""

from typing import Any
from uuid import UUID

import pyotp
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from nuanxin.access import actions, forms, queries, rules
from nuanxin.access.pages.origins import knows, origin_of, remember
from nuanxin.access.permissions import public
from nuanxin.access.queries import PendingPassword
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal

ISSUER = "暖新"


@public
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("username", "password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """First step: user name and password."""
    form = forms.PasswordForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"].strip().lower()
        now = clock.now()
        try:
            passed = actions.check_password(
                username=username,
                password=form.cleaned_data["password"],
                origin=origin_of(request),
                is_known_device=knows(request, username),
                now=now,
            )
        except Refusal as refusal:
            form.add_error(None, _words(refusal))
            status = refusal.status
        else:
            actions.hold_pending_password(
                request.session,
                account_id=passed.account_id,
                username=username,
                epoch=passed.epoch,
                secret="" if passed.has_totp else pyotp.random_base32(),
                now=now,
            )
            request.session.cycle_key()
            return _to("desk-sign-in-code" if passed.has_totp else "desk-sign-in-enrol", request)
    context = {
        "page_title": "登录工作台",
        "page_lead": "工会干部用。劳动者用手机号登录。",
        "form": form,
        "way_on": _way_on(request, otherwise=""),
        "worker_url": reverse("sign-in"),
        "is_lost": request.method != "POST" and request.GET.get("lost") == "1",
    }
    return render(request, "access/desk_sign_in.html", context, status=status)


@public
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
def second_step(request: HttpRequest) -> HttpResponse:
    """Second step: the TOTP code."""
    pending = queries.pending_password_of(request)
    if pending is None or pending.secret:
        return _to("desk-sign-in", request)
    form = forms.TotpForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.check_totp(
                account_id=pending.account_id,
                epoch=pending.epoch,
                code=form.cleaned_data["code"],
                origin=origin_of(request),
                is_known_device=knows(request, pending.username),
                now=clock.now(),
            )
        except NotFound:
            return _to("desk-sign-in", request)
        except Refusal as refusal:
            form.add_error("code", _words(refusal))
            status = refusal.status
        else:
            return _signed_in(request, pending.account_id, pending.username)
    context = {
        "page_title": "输动态口令",
        "form": form,
        "way_on": _way_on(request, otherwise=""),
        "back_url": reverse("desk-sign-in"),
    }
    return render(request, "access/desk_second_step.html", context, status=status)


@public
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code", "password", "again")
def enrol(request: HttpRequest) -> HttpResponse:
    """First sign-in: take up the TOTP secret, and set a password of one's own."""
    pending = queries.pending_password_of(request)
    if pending is None or not pending.secret:
        return _to("desk-sign-in", request)
    form = forms.EnrolForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.enrol_totp(
                account_id=pending.account_id,
                epoch=pending.epoch,
                secret=pending.secret,
                code=form.cleaned_data["code"],
                password=form.cleaned_data["password"],
                now=clock.now(),
            )
        except NotFound:
            return _to("desk-sign-in", request)
        except Refusal as refusal:
            form.add_error(_field_of(refusal), refusal.message)
            status = refusal.status
        else:
            return _signed_in(request, pending.account_id, pending.username)
    context = {
        "page_title": "第一次登录：绑定动态口令",
        "page_lead": "在手机上装一个验证器，扫下面的码；再给自己设一个新密码。",
        "form": form,
        "way_on": _way_on(request, otherwise=""),
        **_secret_drawn(pending),
    }
    return render(request, "access/desk_enrol.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------


def _signed_in(request: HttpRequest, account_id: UUID, username: str) -> HttpResponse:
    actions.forget_pending_password(request.session)
    actions.begin_session(
        request.session, account_id=account_id, kind=SessionKind.CADRE, now=clock.now()
    )
    response = HttpResponseRedirect(_way_on(request, otherwise=_home()))
    remember(request, response, username)
    return response


def _secret_drawn(pending: PendingPassword) -> dict[str, Any]:
    import segno  # late: only the few who sign in for the first time need it

    address = pyotp.TOTP(pending.secret).provisioning_uri(name=pending.username, issuer_name=ISSUER)
    code = segno.make(address, error="m")
    groups = [pending.secret[i : i + 4] for i in range(0, len(pending.secret), 4)]
    return {
        "qr": code.svg_inline(omitsize=True, svgclass="qr", lineclass=None, border=2),
        "secret": " ".join(groups),
    }


def _field_of(refusal: Refusal) -> str | None:
    return {
        "access.totp_not_matching": "code",
        "access.password_weak": "password",
    }.get(refusal.code)


def _words(refusal: Refusal) -> str:
    seconds = refusal.details.get("retry_after_seconds")
    if not isinstance(seconds, int):
        return refusal.message
    wait = f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"
    return f"{refusal.message}请过 {wait}再试。"


def _way_on(request: HttpRequest, *, otherwise: str) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    return rules.safe_way_on(asked, otherwise=otherwise)


def _to(name: str, request: HttpRequest) -> HttpResponse:
    way_on = _way_on(request, otherwise="")
    more = f"?{urlencode({'next': way_on})}" if way_on else ""
    return HttpResponseRedirect(reverse(name) + more)


def _home() -> str:
    try:
        return reverse("desk-home")
    except NoReverseMatch:
        return reverse("desk-me")
