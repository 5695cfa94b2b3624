"""Posts and one's own sign-in: lists, granting, approving, taking back; the matrix."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access import actions, forms, queries, rules
from nuanxin.access.middleware.frames import post_words
from nuanxin.access.pages.asking import actor_of, today, union_asked
from nuanxin.access.permissions import holds, requires
from nuanxin.access.queries.posts import LISTS, PAGE_SIZE, PostRow
from nuanxin.access.states import PostState, SessionKind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.errors import Malformed, Refusal
from nuanxin.kernel.text import whole_number

_LIST_WORDS = {"live": "在任", "waiting": "等复核", "ended": "已结束", "all": "全部"}
_STATE_LOOK = {
    PostState.LIVE: "ok",
    PostState.WAITING: "care",
    PostState.COMING: "info",
    PostState.EXPIRED: "",
    PostState.REVOKED: "stop",
}


@requires("post.view")
@require_GET
def post_list(request: HttpRequest) -> HttpResponse:
    """List the posts in the reader's scope."""
    actor, on = actor_of(request), today()
    show = request.GET.get("show", "live")
    show = show if show in LISTS else "live"
    before = request.GET.get("before", "")
    posts = queries.list_posts(actor, show=show, before=whole_number(before), on=on)
    context = {
        "page_title": "职务",
        "page_lead": "谁在哪个工会有什么职务，到哪天为止。您只看得到您管的范围。",
        "tabs": [
            {"label": words, "url": f"?show={name}", "active": name == show, "count": ""}
            for name, words in _LIST_WORDS.items()
        ],
        "columns": _COLUMNS,
        "rows": [_row(post) for post in posts],
        "more_url": f"?show={show}&before={posts[-1].id}" if len(posts) == PAGE_SIZE else "",
        "may_grant": holds(actor, "post.grant"),
    }
    return render(request, "access/post_list.html", context)


@requires("post.view")
@require_GET
def post(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show one post and what may be done with it."""
    actor = actor_of(request)
    found = queries.get_post(actor, post_id, on=today())
    return _post_page(request, actor, found)


@requires("post.grant")
@require_http_methods(["GET", "HEAD", "POST"])
def grant(request: HttpRequest) -> HttpResponse:
    """Grant a post to somebody who has an account."""
    actor, on = actor_of(request), today()
    roles = rules.roles_grantable_by(actor)
    initial = {"valid_from": on, "valid_to": rules.months_after(on, 12)}
    form = forms.GrantForm(request.POST or None, roles=roles, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            post_id = _grant(form.cleaned_data, actor)
        except Refusal as refusal:
            form.add_error(_GRANT_FIELDS.get(refusal.code), refusal.message)
            status = refusal.status
        else:
            return HttpResponseRedirect(reverse("desk-post", args=[post_id]))
    context = {
        "page_title": "授予职务",
        "crumbs": [{"label": "职务", "url": reverse("desk-posts")}],
        "form": form,
        "strong": "、".join(Role(name).label for name in rules.setting("strong_roles", on)),
    }
    return render(request, "access/grant.html", context, status=status)


@requires("post.grant")
@require_POST
def approve(request: HttpRequest, post_id: int) -> HttpResponse:
    """Approve a strong post as the second person."""
    actions.approve_post(post_id=post_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-post", args=[post_id]))


@requires("post.grant")
@require_POST
def revoke(request: HttpRequest, post_id: int) -> HttpResponse:
    """Take a post back."""
    form = forms.ReasonForm(request.POST)
    form.is_valid()
    actions.revoke_post(
        post_id=post_id,
        actor=actor_of(request),
        now=clock.now(),
        reason=form.cleaned_data.get("reason", ""),
    )
    return HttpResponseRedirect(reverse("desk-post", args=[post_id]))


@requires("account.own")
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("old", "password", "again")
def me(request: HttpRequest) -> HttpResponse:
    """Show one's own posts; change one's own password."""
    actor = actor_of(request)
    form = forms.ChangePasswordForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_password(
                old=form.cleaned_data["old"],
                new=form.cleaned_data["password"],
                actor=actor,
                now=clock.now(),
            )
        except Refusal as refusal:
            wrong = "old" if refusal.code == "access.old_password_wrong" else "password"
            form.add_error(wrong, refusal.message)
            status = refusal.status
        else:
            assert actor.account_id is not None
            actions.begin_session(
                request.session,
                account_id=actor.account_id,
                kind=SessionKind.CADRE,
                now=clock.now(),
            )
            return HttpResponseRedirect(reverse("desk-me") + "?changed=1")
    context: dict[str, Any] = {
        "page_title": "我的登录",
        "page_lead": post_words(actor),
        "form": form,
        "columns": _COLUMNS,
        "rows": [_row(post, is_own=True) for post in queries.list_own_posts(actor, on=today())],
    }
    if request.GET.get("changed") == "1":
        context["banner"] = {"text": "密码改好了", "detail": "别处登录着的都已退出。"}
    return render(request, "access/me.html", context, status=status)


@requires("desk.open")
@require_GET
def matrix(request: HttpRequest) -> HttpResponse:
    """Show the policy file as a table: who may do what, over what."""
    roles = queries.matrix_roles()
    held = actor_of(request).roles
    context = {
        "page_title": "权限表",
        "page_lead": "程序照着这张表放行，没有第二张。您的职务那一列标出来了。",
        "roles": [{"label": role.label, "is_mine": role in held} for role in roles],
        "matrix": queries.matrix(),
        "letters": _LETTERS,
    }
    return render(request, "access/matrix.html", context)


# ---- inside -----------------------------------------------------------------------------------

_COLUMNS = [
    {"label": "谁"},
    {"label": "职务"},
    {"label": "管哪里"},
    {"label": "起止", "css": "nw"},
    {"label": "状态"},
]
_LETTERS = [
    {"letter": "S", "words": "本人"},
    {"letter": "U", "words": "本工会和它下面的"},
    {"letter": "T", "words": "本级工会以下整棵树"},
    {"letter": "E", "words": "所管企业，跨地区"},
    {"letter": "A", "words": "派到手上的"},
    {"letter": "K", "words": "本驿站"},
    {"letter": "C", "words": "本合同的预约"},
    {"letter": "P", "words": "公开或汇总，不分范围"},
    {"letter": "X", "words": "整个平台"},
]
_GRANT_FIELDS = {
    "access.no_such_account": "username",
    "access.self_grant": "username",
    "access.administrators_kept_apart": "username",
    "access.same_post_twice": "username",
    "access.grants_more_than_held": "role",
    "access.role_of_other_level": "role",
    "access.no_such_union": "union_code",
    "access.post_without_union": "union_code",
    "access.administrator_has_no_union": "union_code",
    "access.post_ends_before_start": "valid_to",
    "access.post_already_over": "valid_to",
    "access.post_too_long": "valid_to",
}


def _grant(given: dict[str, Any], actor: Actor) -> int:
    account = queries.find_account_by_username(given["username"])
    if account is None:
        raise Malformed(
            "access.no_such_account", "没有这个用户名，或者账号已经停用。请再核对一下。"
        )
    union = union_asked(actor, given["union_code"], "post.grant")
    return actions.grant_post(
        account_id=account.id,
        role=Role(given["role"]),
        union_id=union,
        title=given["title"],
        valid_from=given["valid_from"],
        valid_to=given["valid_to"],
        actor=actor,
        now=clock.now(),
    )


def _post_page(request: HttpRequest, actor: Actor, found: PostRow) -> HttpResponse:
    is_other = found.holder_key != actor.person_key
    may_grant = holds(actor, "post.grant")
    context = {
        "page_title": f"{found.holder}：{found.role.label}",
        "crumbs": [{"label": "职务", "url": reverse("desk-posts")}],
        "facts": [
            {"label": "状态", "value": found.state.label, "state": _STATE_LOOK[found.state]},
            {"label": "谁", "value": f"{found.holder}（{found.username or '手机号登录'}）"},
            {"label": "职务", "value": found.title or found.role.label},
            {"label": "管哪里", "value": found.union_name or "整个平台"},
            {"label": "起止", "value": _term(found)},
            {"label": "谁授予", "value": found.granted_by or "平台开通时设定"},
            {"label": "谁复核", "value": _approval_words(found)},
        ],
        "post": found,
        "may_approve": (
            may_grant
            and found.state is PostState.WAITING
            and is_other
            and found.granted_by_key != actor.person_key
        ),
        "may_revoke": may_grant and not found.is_ended,
    }
    return render(request, "access/post.html", context)


def _row(found: PostRow, *, is_own: bool = False) -> dict[str, Any]:
    return {
        "url": "" if is_own else reverse("desk-post", args=[found.id]),
        "cells": [
            {"text": found.holder, "note": found.username},
            {"text": found.role.label, "note": found.title},
            found.union_name or "整个平台",
            {"text": _term(found), "css": "nw"},
            {"text": found.state.label, "state": _STATE_LOOK[found.state] or "rest"},
        ],
    }


def _term(found: PostRow) -> str:
    return f"{found.valid_from} 至 {found.valid_to}"


def _approval_words(found: PostRow) -> str:
    if not found.needs_second_person:
        return "这个职务不用复核"
    return found.approved_by or "还没有人复核"
