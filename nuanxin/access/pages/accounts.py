"""Accounts of cadres, for the system administrator: opened, closed, reset. Posts are not given here."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access import actions, forms, queries
from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.access.queries.tokens import PAGE_SIZE
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Refusal


@requires("account.manage")
@require_GET
def account_list(request: HttpRequest) -> HttpResponse:
    """List the accounts of cadres."""
    text = request.GET.get("q", "")[:60]
    after = request.GET.get("after", "")[:60]
    accounts = queries.list_accounts(actor_of(request), text=text, after=after)
    context = {
        "page_title": "账号",
        "page_lead": "开账号、停账号、重置登录。职务由管这个范围的工会授予，这里不能给。",
        "text": text,
        "columns": [{"label": "用户名"}, {"label": "姓名"}, {"label": "状态"}],
        "rows": [
            {
                "url": reverse("desk-account", args=[account.id]),
                "cells": [
                    account.username,
                    account.name,
                    {
                        "text": _account_state(account),
                        "state": "ok" if account.is_active else "stop",
                    },
                ],
            }
            for account in accounts
        ],
        "more_url": (
            f"?{urlencode({'q': text, 'after': accounts[-1].username})}"
            if len(accounts) == PAGE_SIZE
            else ""
        ),
    }
    return render(request, "access/account_list.html", context)


@requires("account.manage")
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "again")
def account_new(request: HttpRequest) -> HttpResponse:
    """Open an account with a first password."""
    form = forms.AccountForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            account_id = actions.create_cadre_account(
                username=form.cleaned_data["username"],
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password"],
                actor=actor_of(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            wrong = "password" if refusal.code == "access.password_weak" else "username"
            form.add_error(wrong, refusal.message)
            status = refusal.status
        else:
            return HttpResponseRedirect(reverse("desk-account", args=[account_id]))
    context = {
        "page_title": "开一个账号",
        "crumbs": [{"label": "账号", "url": reverse("desk-accounts")}],
        "form": form,
    }
    return render(request, "access/account_new.html", context, status=status)


@requires("account.manage")
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "again")
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Show an account; a POST resets its password and second step."""
    actor = actor_of(request)
    found = queries.get_account(actor, account_id)
    form = forms.NewPasswordForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.reset_credentials(
                account_id=account_id,
                password=form.cleaned_data["password"],
                actor=actor,
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error("password", refusal.message)
            status = refusal.status
        else:
            return HttpResponseRedirect(reverse("desk-account", args=[account_id]))
    context = {
        "page_title": found.name,
        "crumbs": [{"label": "账号", "url": reverse("desk-accounts")}],
        "account": found,
        "facts": [
            {"label": "用户名", "value": found.username},
            {"label": "状态", "value": _account_state(found)},
            {"label": "动态口令", "value": "已绑定" if found.has_totp else "下次登录时绑定"},
        ],
        "is_own": found.id == actor.account_id,
        "form": form,
    }
    return render(request, "access/account.html", context, status=status)


@requires("account.manage")
@require_POST
def account_close(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Close a leaver's account."""
    actions.close_account(account_id=account_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-account", args=[account_id]))


@requires("account.manage")
@require_POST
def account_reopen(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Open a closed account again."""
    actions.reopen_account(account_id=account_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-account", args=[account_id]))


def _account_state(found: queries.AccountRow) -> str:
    return "可登录" if found.is_active else "已停用"
