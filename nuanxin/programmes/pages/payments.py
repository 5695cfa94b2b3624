"""发放: lists at the desk from making to the bank's answer; a person's own account and receipts."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.text import whole_number
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import paying
from nuanxin.programmes.forms.payments import AccountForm, ResultsForm, bank_csv, bank_workbook
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import payments as queries
from nuanxin.programmes.rules.paying import Results, read_results
from nuanxin.programmes.states import ListState

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KINDS = {
    ListState.MADE: "care",
    ListState.CHECKED: "ok",
    ListState.SENT: "ok",
    ListState.CANCELLED: "off",
}


@requires("payment.view")
@require_GET
def payment_lists(request: HttpRequest) -> HttpResponse:
    """List the payment lists below one's unions, and the offers that still need one."""
    return _lists_page(request)


def _lists_page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    rows, following = queries.list_payment_lists(
        actor=actor, after=whole_number(request.GET.get("after"))
    )
    may_make = policy.holds(actor, permissions.MAKE_PAYMENTS)
    context = {
        "page_title": "发放",
        "page_lead": "名额定了才做名册；一个人做，另一个人复核，再交银行。发没发成，都记在册上。",
        "columns": [
            {"label": "哪一期"}, {"label": "主办"}, {"label": "几个人", "css": "num"},
            {"label": "合计", "css": "num"}, {"label": "发了", "css": "num"}, {"label": "现在"},
        ],
        "rows": [_list_row(row) for row in rows],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
        "payable": [
            {"value": one.id, "label": f"{one.title}，{one.persons:,} 人还不在册上"}
            for one in (queries.list_payable_offers(actor=actor) if may_make else [])
        ],
        "make_url": reverse("desk-payment-make") if may_make else "",
        "problem": problem,
    }  # fmt: skip
    return render(request, "programmes/payments/lists.html", context, status=status)


@requires("payment.make")
@require_POST
def payment_make(request: HttpRequest) -> HttpResponse:
    """Make a list of the people of an offer who are on none."""
    offer_id = whole_number(request.POST.get("offer")) or 0
    try:
        made = paying.make_list(offer_id=offer_id, actor=actor_of(request), now=clock.now())
    except Refusal as refusal:
        said = "没看清是哪一期。选一期，再点。" if refusal.status == 404 else refusal.message
        status = 422 if refusal.status == 404 else refusal.status
        return _lists_page(request, problem=said, status=status)
    return HttpResponseRedirect(reverse("desk-payment-list", args=[made.id]))


@requires("payment.view")
@require_GET
def payment_list(request: HttpRequest, list_id: int) -> HttpResponse:
    """Show a list: its lines, who made and checked it, what came of it."""
    return _list_page(request, list_id)


def _list_page(
    request: HttpRequest,
    list_id: int,
    *,
    problem: str = "",
    status: int = 200,
    form: ResultsForm | None = None,
    read: Results | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    found = queries.get_payment_list(list_id, actor=actor)
    rows, following = queries.list_payments(
        list_id, after=whole_number(request.GET.get("after")) or 0
    )
    may_export = policy.holds(actor, permissions.EXPORT_PAYMENTS)
    leaves = may_export and found.state in (ListState.CHECKED, ListState.SENT)
    context = {
        "page_title": f"发放名册：{found.title}",
        "page_lead": f"{found.union_name}，{found.persons:,} 人，合计 {format_yuan(found.total_fen)}。",
        "facts": _facts(found),
        "columns": [
            {"label": "姓名"}, {"label": "账户"},
            {"label": "金额", "css": "num"}, {"label": "发没发"},
        ],
        "rows": [_payment_row(row) for row in rows],
        "paid": [{"value": row.id, "label": f"{row.id}　{row.name}"} for row in rows if row.paid_fen]
        if leaves
        else [],
        "next_url": f"?{urlencode({'after': following})}" if following is not None else "",
        "acts": _acts(found, actor),
        "act_url": reverse("desk-payment-act", args=[list_id]),
        "export_url": reverse("desk-payment-export", args=[list_id]) if leaves else "",
        "results_url": reverse("desk-payment-results", args=[list_id])
        if may_export and found.state is ListState.SENT
        else "",
        "reverse_url": reverse("desk-payment-reverse", args=[list_id]),
        "form": form or ResultsForm(),
        "read": read,
        "read_paid": sum(one.is_paid for one in read.rows) if read else 0,
        "read_failed": sum(not one.is_paid for one in read.rows) if read else 0,
        "read_lines": _lines_of(read) if read else "",
        "problem": problem,
        "crumbs": [{"label": "发放", "url": reverse("desk-payments")}, {"label": found.title}],
    }  # fmt: skip
    return render(request, "programmes/payments/list.html", context, status=status)


@requires("payment.make", "payment.check")
@require_POST
def payment_act(request: HttpRequest, list_id: int) -> HttpResponse:
    """Check a list, or take it back."""
    queries.get_payment_list(list_id, actor=actor_of(request))
    act = {"check": paying.check_list, "cancel": paying.cancel_list}.get(request.POST.get("do", ""))
    if act is None:
        return _list_page(request, list_id, problem="没看清要做哪一步，再点一下。", status=422)
    try:
        act(list_id=list_id, actor=actor_of(request), now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _list_page(request, list_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-payment-list", args=[list_id]))


@requires("payment.export")
@require_POST
def payment_export(request: HttpRequest, list_id: int) -> HttpResponse:
    """Give the list for the bank, with whole accounts; what for is asked and kept."""
    actor, now = actor_of(request), clock.now()
    queries.get_payment_list(list_id, actor=actor)
    try:
        rows = paying.export_list(
            list_id=list_id, purpose=request.POST.get("purpose", ""), actor=actor, now=now
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _list_page(request, list_id, problem=refusal.message, status=refusal.status)
    day = clock.business_day(now).isoformat()
    mark = f"名册{list_id} {actor.name}{day}导出"
    is_csv = request.POST.get("do") == "csv"
    body = bank_csv(rows, mark) if is_csv else bank_workbook(rows, mark)
    kind = "csv" if is_csv else "xlsx"
    answer = HttpResponse(body, content_type="text/csv; charset=utf-8" if is_csv else _XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="payments-{list_id}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@requires("payment.export")
@require_POST
def payment_results(request: HttpRequest, list_id: int) -> HttpResponse:
    """Read what the bank says, show it, and enter it once it is confirmed."""
    actor = actor_of(request)
    queries.get_payment_list(list_id, actor=actor)
    form = ResultsForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list_page(request, list_id, form=form, status=422)
    read = read_results(form.rows(), queries.payment_ids(list_id))
    if request.POST.get("do") != "enter" or not read.rows:
        status = 200 if read.rows else 422
        return _list_page(request, list_id, form=form, read=read, status=status)
    try:
        paying.enter_results(list_id=list_id, results=read.rows, actor=actor, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _list_page(request, list_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-payment-list", args=[list_id]))


@requires("payment.export")
@require_POST
def payment_reverse(request: HttpRequest, list_id: int) -> HttpResponse:
    """Take back what was entered as paid."""
    queries.get_payment_list(list_id, actor=actor_of(request))
    payment_id = whole_number(request.POST.get("payment")) or 0
    if payment_id not in queries.payment_ids(list_id):
        return _list_page(request, list_id, problem="选一笔发了的，再冲回。", status=422)
    try:
        paying.reverse_payment(
            payment_id=payment_id,
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            now=clock.now(),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _list_page(request, list_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-payment-list", args=[list_id]))


@requires("own.open")
@require_http_methods(["GET", "HEAD", "POST"])
def my_payments(request: HttpRequest) -> HttpResponse:
    """Show what one is paid and where it goes; take another account."""
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    form = AccountForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            paying.state_account(
                bank=form.cleaned_data["bank"],
                number=form.cleaned_data["number"],
                actor=actor,
                now=clock.now(),
            )
            return HttpResponseRedirect(reverse("my-payments"))
        except Refusal as refusal:
            form.add_error(
                "number" if refusal.code == "payments.account" else "bank", refusal.message
            )
    rows = queries.list_my_payments(actor.worker_id)
    context = {
        "page_title": "工会发给我的钱",
        "account": queries.find_my_account(actor.worker_id),
        "rows": [_own_row(row) for row in rows],
        "form": form,
    }
    return render(request, "programmes/payments/mine.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------


def _lines_of(read: Results) -> str:
    return "\n".join(
        f"{one.payment_id},{'成功' if one.is_paid else '失败'},{one.reason.replace(',', '、')}"
        for one in read.rows
    )


def _list_row(row: queries.ListRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.title,
        "url": reverse("desk-payment-list", args=[row.id]),
        "cells": [
            row.title,
            row.union_name,
            {"text": f"{row.persons:,}", "css": "num"},
            {"text": format_yuan(row.total_fen), "css": "num"},
            {"text": f"{row.paid_persons:,} 人", "css": "num"},
            {"text": row.state.label, "state": _KINDS[row.state]},
        ],
    }


def _facts(found: queries.ListRow) -> list[dict[str, str]]:
    facts = [
        {"label": "现在", "value": found.state.label, "state": _KINDS[found.state]},
        {"label": "做册", "value": f"{found.made_by_name}，{words.moment(found.made_at)}"},
        {"label": "合计", "value": f"{found.persons:,} 人，{format_yuan(found.total_fen)}"},
        {"label": "发了", "value": f"{found.paid_persons:,} 人，{format_yuan(found.paid_fen)}"},
    ]
    if found.checked_at:
        said = f"{found.checked_by_name}，{words.moment(found.checked_at)}"
        facts.insert(2, {"label": "复核", "value": said})
    if found.without_account:
        facts.append(
            {"label": "没填账户", "value": f"{found.without_account:,} 人，填了再导出一次"}
        )
    return facts


def _payment_row(row: queries.PaymentRow) -> dict[str, Any]:
    if row.paid_fen:
        state = {"text": "发了", "state": "ok", "note": words.moment(row.last_at)}
    elif row.tries:
        state = {"text": "没发成", "state": "care", "note": row.last_reason}
    else:
        state = {"text": "还没发", "state": "off", "note": ""}
    return {
        "cells": [
            {"text": row.name, "note": f"编号 {row.id}"},
            {"text": row.bank, "note": f"尾号 {row.hint}"} if row.hint else "还没填",
            {"text": format_yuan(row.amount_fen), "css": "num"},
            state,
        ]
    }


def _acts(found: queries.ListRow, actor: Any) -> list[dict[str, str]]:
    acts = []
    if found.state is ListState.MADE and policy.holds(actor, permissions.CHECK_PAYMENTS):
        acts.append({"do": "check", "label": "复核了，没错", "kind": "go"})
    may_cancel = policy.holds(actor, permissions.MAKE_PAYMENTS)
    if may_cancel and found.state in (ListState.MADE, ListState.CHECKED):
        acts.append({"do": "cancel", "label": "作废这本", "kind": ""})
    return acts


def _own_row(row: queries.OwnPayment) -> dict[str, str]:
    if row.paid_fen:
        text, answer = f"发了，{words.day(row.at)}", "yes"
    elif row.reason:
        text, answer = f"没发成：{row.reason}", "no"
    else:
        text, answer = "名册做好了，还没发", "maybe"
    return {
        "title": row.title,
        "text": text,
        "answer": answer,
        "end_strong": format_yuan(row.amount_fen),
    }
