"""工作证明 at the desk: the list with its filters, one, who may attest, and what one is asked oneself."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.membership.queries.card import check_card
from nuanxin.membership.rules.card import token_of_link, worker_of_number
from nuanxin.orgs.queries.unions import get_union, list_unions_by_id
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import attesters as register
from nuanxin.programmes.actions import attesting
from nuanxin.programmes.forms.attestations import AttesterForm, CardForm, ReplyForm, WhyForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.pages.proofs import METHODS, question_of
from nuanxin.programmes.queries import attestations as queries
from nuanxin.programmes.queries import attesters
from nuanxin.programmes.rules.attestations import say_points

_FILTERS = (
    ("", "全部"), ("live", "有效的"), ("soon", "30 天内到期"), ("flagged", "待复核"), ("over", "不算数了"),
)  # fmt: skip


@requires("attestation.view")
@require_GET
def proof_list(request: HttpRequest) -> HttpResponse:
    """List what was attested below one's unions; narrowed by state or attester."""
    now = clock.now()
    chosen = request.GET.get("state", "")
    by = whole_number(request.GET.get("by"))
    rows, following = queries.list_attestations(
        actor=actor_of(request), now=now, chosen=chosen, attester_id=by,
        after=whole_number(request.GET.get("after")),
    )  # fmt: skip
    kept = {"state": chosen} | ({"by": by} if by else {})
    context = {
        "page_title": "工作证明",
        "page_lead": "知道他工作的人点一下就算数。到期、停用证明人、对不上的，在这里看。",
        "columns": [
            {"label": "谁"}, {"label": "证明了什么"}, {"label": "谁证明的"},
            {"label": "有效到", "css": "nw"}, {"label": "现在"},
        ],
        "rows": [_row(row, now) for row in rows],
        "states": [
            {"value": value, "label": label, "is_chosen": value == chosen}
            for value, label in _FILTERS
        ],
        "by": by or "",
        "next_url": f"?{urlencode(kept | {'after': following})}" if following else "",
        "attesters_url": reverse("desk-attesters"),
        "clear_url": reverse("desk-proofs") if chosen or by else "",
    }  # fmt: skip
    return render(request, "programmes/proofs/desk_list.html", context)


@requires("attestation.view")
@require_GET
def proof(request: HttpRequest, attestation_id: int) -> HttpResponse:
    """Show one attestation, with what may be done about it."""
    return _proof_page(request, attestation_id)


@requires("attestation.manage")
@require_POST
def proof_act(request: HttpRequest, attestation_id: int) -> HttpResponse:
    """Take an attestation back with a reason, or let a flagged one stand."""
    actor, now = actor_of(request), clock.now()
    form = WhyForm(request.POST)
    try:
        if request.POST.get("do") == "keep":
            attesting.keep_flagged(attestation_id=attestation_id, actor=actor, now=now)
        else:
            form.is_valid()
            attesting.take_back_attestation(
                attestation_id=attestation_id, why=form.cleaned_data.get("why", ""), actor=actor,
                now=now,
            )  # fmt: skip
    except NotFound:
        raise
    except Refusal as refusal:
        return _proof_page(request, attestation_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-proof", args=[attestation_id]))


def _proof_page(
    request: HttpRequest, attestation_id: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    row, now = queries.get_attestation(attestation_id, actor=actor_of(request)), clock.now()
    may_manage = policy.may(actor_of(request), permissions.ATTEST_MANAGE, path=row.path)
    context = {
        "page_title": f"{row.masked_worker}的工作证明",
        "facts": _facts(row, now),
        "form": WhyForm(),
        "may_take_back": may_manage and row.taken_back_at is None,
        "is_flagged": row.is_flagged,
        "flagged_why": row.flagged_why,
        "act_url": reverse("desk-proof-act", args=[row.id]),
        "problem": problem,
        "crumbs": [
            {"label": "工作证明", "url": reverse("desk-proofs")}, {"label": row.masked_worker},
        ],
    }  # fmt: skip
    return render(request, "programmes/proofs/desk_one.html", context, status=status)


# ---- who may attest -----------------------------------------------------------------------------


@requires("attestation.view")
@require_GET
def attester_list(request: HttpRequest) -> HttpResponse:
    """List who may attest below one's unions, how much each did; who did very much is marked."""
    actor, now = actor_of(request), clock.now()
    rows, following = attesters.list_attesters(
        actor=actor, now=now, after=whole_number(request.GET.get("after"))
    )
    on = clock.business_day(now)
    context = {
        "page_title": "证明人",
        "page_lead": "谁能给劳动者证明工作情况。站长由县级工会登记，平台和网点的联系人写明是哪个网点。",
        "columns": [
            {"label": "证明人"}, {"label": "给谁证明"}, {"label": "30 天证明", "css": "num"},
            {"label": "今天", "css": "num"}, {"label": "到哪天", "css": "nw"}, {"label": "现在"},
        ],
        "rows": [
            {
                "id": row.id, "name": row.name, "url": reverse("desk-attester", args=[row.id]),
                "cells": [
                    {"text": row.name, "note": f"{row.kind.label}，{row.post_title}"},
                    {"text": row.union_name, "note": row.outlet_name or row.place},
                    {"text": f"{row.month:,}", "css": "num", "note": "偏多，看一看" if row.is_odd else ""},
                    {"text": f"{row.today:,}", "css": "num"},
                    {"text": _said(row.valid_to), "css": "nw"},
                    {"text": _standing(row, on), "state": "ok" if row.is_live_on(on) else "off"},
                ],
            }
            for row in rows
        ],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
        "new_url": reverse("desk-attester-new") if policy.holds(actor, permissions.ATTEST_MANAGE)
        else "",
        "crumbs": [{"label": "工作证明", "url": reverse("desk-proofs")}, {"label": "证明人"}],
    }  # fmt: skip
    return render(request, "programmes/proofs/attesters.html", context)


@requires("attestation.manage")
@require_http_methods(METHODS)
def attester_new(request: HttpRequest) -> HttpResponse:
    """Register somebody who may attest."""
    actor = actor_of(request)
    own = {grant.union_id for grant in actor.grants if grant.union_id is not None}
    unions = list_unions_by_id(sorted(own))
    outlets = [one for union in unions.values() for one in attesters.list_outlets_of(union)][:200]
    form = AttesterForm(
        request.POST if request.method == "POST" else None,
        unions=[(key, union.name) for key, union in unions.items()],
        outlets=list(dict.fromkeys(outlets)),
    )
    problem, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            register.register_attester(
                draft=form.draft(),
                union_id=form.cleaned_data["union"],
                actor=actor,
                now=clock.now(),
            )
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        else:
            return HttpResponseRedirect(reverse("desk-attesters"))
    elif request.method == "POST":
        status = 422
    context = {
        "page_title": "登记证明人",
        "form": form,
        "problem": problem,
        "crumbs": [{"label": "证明人", "url": reverse("desk-attesters")}, {"label": "登记"}],
    }
    return render(request, "programmes/proofs/attester_new.html", context, status=status)


@requires("attestation.manage")
@require_http_methods(METHODS)
def attester(request: HttpRequest, attester_id: int) -> HttpResponse:
    """Show somebody who may attest; end it with a reason."""
    actor, now = actor_of(request), clock.now()
    on = clock.business_day(now)
    row = attesters.get_attester(attester_id, on=on)
    permissions.check_can_manage_attestations(actor, path=get_union(row.union_id).path)
    form = WhyForm(request.POST if request.method == "POST" else None)
    problem, status = "", 200
    if request.method == "POST":
        form.is_valid()
        try:
            register.revoke_attester(
                attester_id=attester_id, why=form.cleaned_data.get("why", ""), actor=actor, now=now
            )
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        else:
            query = f"by={attester_id}&state=flagged"
            return HttpResponseRedirect(f"{reverse('desk-proofs')}?{query}")
    phone = f"{row.phone_hint[:3]}****{row.phone_hint[3:]}" if row.phone_hint else "用账号登录"
    context = {
        "page_title": row.name,
        "facts": [
            {"label": "哪一种", "value": f"{row.kind.label}，{row.post_title}"},
            {"label": "给谁证明", "value": row.outlet_name or row.union_name},
            {"label": "在哪里", "value": row.place or "—"},
            {"label": "手机", "value": phone},
            {"label": "到哪天", "value": _said(row.valid_to)},
            {"label": "证明了", "value": f"今天 {row.today:,} 人次，30 天 {row.month:,} 人次"},
            {"label": "现在", "value": _standing(row, on),
             "state": "ok" if row.is_live_on(on) else "off"},
        ],
        "is_live": row.revoked_at is None,
        "proofs_url": f"{reverse('desk-proofs')}?{urlencode({'by': row.id})}",
        "form": form,
        "problem": problem,
        "crumbs": [{"label": "证明人", "url": reverse("desk-attesters")}, {"label": row.name}],
    }  # fmt: skip
    return render(request, "programmes/proofs/attester.html", context, status=status)


# ---- what one is asked oneself ------------------------------------------------------------------


@requires("attestation.answer")
@require_http_methods(METHODS)
def asked(request: HttpRequest) -> HttpResponse:
    """List what waits for one's own answer; attest at once for who shows the card."""
    actor, now = actor_of(request), clock.now()
    kind = attesters.kind_at_desk(actor, on=clock.business_day(now))
    form = CardForm(request.POST if request.POST.get("do") == "card" else None, kind=kind)
    problem, done, status = "", "", 200
    if request.method == "POST":
        try:
            if request.POST.get("do") == "register":
                register.register_self(actor=actor, now=now)
                return HttpResponseRedirect(reverse("desk-proofs-asked"))
            if form.is_valid():
                done = _attest_card(form, actor)
                form = CardForm(kind=kind)
            else:
                status = 422
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    own = attesters.find_own(actor, on=clock.business_day(now))
    context = {
        "page_title": "请我证明的",
        "page_lead": "只证明你知道的。本人在面前，扫一下他手机上的会员卡就行。",
        "columns": [
            {"label": "谁"}, {"label": "请你证明"}, {"label": "在哪里"}, {"label": "到", "css": "nw"},
        ],
        "rows": [
            {
                "url": reverse("desk-proof-answer", args=[row.id]),
                "cells": [
                    row.masked_worker, say_points(row.points), row.workplace or "—",
                    {"text": words.moment(row.expires_at), "css": "nw"},
                ],
            }
            for row in queries.list_asked_of(actor, now=now)
        ],
        "is_registered": own is not None,
        "form": form,
        "problem": problem,
        "done": done,
    }  # fmt: skip
    return render(request, "programmes/proofs/asked.html", context, status=status)


@requires("attestation.answer")
@require_http_methods(METHODS)
def answer(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show what one is asked, and take the answer."""
    actor, now = actor_of(request), clock.now()
    row = queries.get_asked_of(request_id, actor=actor)
    form = ReplyForm(request.POST if request.method == "POST" else None, points=row.points)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if form.is_valid():
                reply = form.reply(request.POST.get("do", ""))
                attesting.answer_signed_in(request_id=request_id, reply=reply, actor=actor, now=now)
                return HttpResponseRedirect(reverse("desk-proofs-asked"))
            status = 422
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    context = question_of(row) | {
        "page_title": f"{row.masked_worker}请你证明",
        "form": form,
        "problem": problem,
        "crumbs": [
            {"label": "请我证明的", "url": reverse("desk-proofs-asked")},
            {"label": row.masked_worker},
        ],
    }
    return render(request, "programmes/proofs/desk_answer.html", context, status=status)


# ---- inside -------------------------------------------------------------------------------------


def _attest_card(form: CardForm, actor: Any) -> str:
    checked = check_card(token_of_link(form.cleaned_data["code"]), now=clock.now())
    if not checked.is_good or checked.payload is None:
        raise Malformed("attestation.card", checked.fault.message)
    if checked.payload.is_paper:
        raise Malformed("attestation.card", "纸质卡不行。请本人打开手机上的会员卡。")
    made = attesting.attest_by_card(
        worker_id=worker_of_number(checked.payload.number),
        values=form.values(),
        workplace=form.cleaned_data["workplace"],
        actor=actor,
        now=clock.now(),
    )
    return f"{checked.payload.masked_name}的证明好了，有效到 {_said(made.valid_until)}。"


def _row(row: queries.AttestationRow, now: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.masked_worker,
        "url": reverse("desk-proof", args=[row.id]),
        "cells": [
            {"text": row.masked_worker, "note": row.workplace},
            say_points(row.points),
            {"text": f"{row.by_name}", "note": f"{row.union_name}，{row.by_post}"},
            {"text": _said(row.valid_until), "css": "nw"},
            {"text": _state(row, now), "state": _kind(row, now)},
        ],
    }


def _facts(row: queries.AttestationRow, now: Any) -> list[dict[str, str]]:
    facts = [
        {"label": "现在", "value": _state(row, now), "state": _kind(row, now)},
        *({"label": point.label, "value": point.said} for point in row.points),
        {"label": "在哪里", "value": row.workplace or "—"},
        {"label": "谁证明的", "value": f"{row.by_name}，{row.union_name}，{row.by_post}"},
        {"label": "怎么证明的", "value": f"{words.moment(row.attested_at)}，{row.way.label}"},
        {"label": "有效到", "value": _said(row.valid_until)},
        {"label": "指纹", "value": row.digest},
        {"label": "有没有改过", "value": "没有，和当时的一样", "state": "ok"}
        if attesting.is_intact_by_id(row.id)
        else {"label": "有没有改过", "value": "对不上，先别用，报给管理员查", "state": "bad"},
    ]
    if row.taken_back_at:
        said = f"{words.moment(row.taken_back_at)}，{row.taken_back_by_name}：{row.taken_back_why}"
        facts.append({"label": "收回", "value": said})
    return facts


def _state(row: queries.AttestationRow, now: Any) -> str:
    if row.taken_back_at:
        return "收回了"
    if row.is_flagged:
        return "待复核"
    return "有效" if row.is_live_on(clock.business_day(now)) else "到期了"


def _kind(row: queries.AttestationRow, now: Any) -> str:
    return {"有效": "ok", "待复核": "care"}.get(_state(row, now), "off")


def _standing(row: attesters.AttesterRow, on: Any) -> str:
    if row.revoked_at is not None:
        return "停用了"
    return "在用" if row.is_live_on(on) else "到期了"


def _said(day: Any) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
