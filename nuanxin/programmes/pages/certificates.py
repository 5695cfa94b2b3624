"""结业证: anybody proves one by its number, the holder prints it, the desk issues and revokes."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.programmes.actions import certifying
from nuanxin.programmes.forms.certificate_paper import certificate_pdf
from nuanxin.programmes.queries import certificates as queries
from nuanxin.programmes.queries.definitions import definition_of


@public
@require_GET
def prove(request: HttpRequest, number: str = "") -> HttpResponse:
    """Say of a number whether it is a certificate that stands; without one, ask for it."""
    asked = (number or request.GET.get("number", "")).strip().upper()
    found, problem, status = None, "", 200
    if asked:
        try:
            found = queries.get_certificate(asked)
        except NotFound as refusal:
            problem, status = refusal.message, 404
    context = {
        "page_title": _heading(found) if found else "核验结业证",
        "asked": asked[:20],
        "problem": problem,
        "found": found,
        "facts": _facts(found) if found else [],
    }
    return render(request, "programmes/certificates/prove.html", context, status=status)


@requires("own.open")
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List one's own certificates."""
    rows = queries.list_my_certificates(_worker_id(request))
    context = {
        "page_title": f"我的结业证，{len(rows)} 张" if rows else "还没有结业证",
        "rows": [
            {
                "title": row.title,
                "text": "作废了" if row.revoked_on else f"编号 {row.number}",
                "end": row.issued_on.isoformat(),
                "url": reverse("certificate-paper", args=[row.number]),
            }
            for row in rows
        ],
    }
    return render(request, "programmes/certificates/mine.html", context)


@requires("own.open")
@require_GET
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """Give one's own certificate as a PDF; one that was taken back leads to what is said of it."""
    own = queries.get_own_certificate(number, worker_id=_worker_id(request))
    told = reverse("certificate", args=[own.row.number])
    if own.row.revoked_on is not None:
        return HttpResponseRedirect(told)
    body = certificate_pdf(own, address=f"{settings.PUBLIC_ADDRESS.rstrip('/')}{told}")
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="certificate-{own.row.number}.pdf"'
    return answer


@requires("programme.view")
@require_GET
def desk(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Show who of an offer has earned a certificate, and who has it."""
    return _desk_page(request, offer_id)


@requires("programme.manage")
@require_POST
def act(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Issue what is earned, or take one back."""
    who: dict[str, Any] = {"actor": actor_of(request), "now": clock.now()}
    try:
        if request.POST.get("do") == "revoke":
            number, reason = request.POST.get("number", ""), request.POST.get("reason", "")
            certifying.revoke_certificate(offer_id=offer_id, number=number, reason=reason, **who)
        else:
            certifying.issue_certificates(offer_id=offer_id, **who)
    except NotFound:
        raise
    except Refusal as refusal:
        return _desk_page(request, offer_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-certificates", args=[offer_id]))


# ---- inside -----------------------------------------------------------------------------------


def _desk_page(
    request: HttpRequest, offer_id: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    told = request.GET.get("after", "")
    after = whole_number(told) or 0
    defined = definition_of(offer_id)
    percent = defined.certificate_percent if defined else 0
    found = queries.get_certificates(
        offer_id,
        percent=percent or 101,
        actor=actor_of(request),
        now=clock.now(),
        after=after,
    )
    row = found.offer.row
    context = {
        "page_title": f"结业证：{row.title}",
        "page_lead": f"{percent}% 以上的场次到了，就能发。发了 {found.issued:,} 张，够条件还没发的 {found.to_issue:,} 人。"
        if percent
        else "这项服务不发结业证。",
        "problem": problem,
        "may_manage": found.offer.may_manage,
        "issue_label": f"给 {found.to_issue:,} 人发证",
        "left": found.to_issue,
        "act_url": reverse("desk-certificates-act", args=[offer_id]),
        "columns": [{"label": label} for label in ("姓名", "到了几场", "编号", "")],
        "rows": [_desk_row(one) for one in found.rows],
        "next_url": f"?{urlencode({'after': found.following})}" if found.following else "",
        "crumbs": [
            {"label": "服务项目", "url": reverse("desk-offers")},
            {"label": row.title, "url": reverse("desk-offer", args=[row.id])},
            {"label": "结业证"},
        ],
    }
    return render(request, "programmes/desk/certificates.html", context, status=status)


def _desk_row(one: queries.EarnedRow) -> dict[str, Any]:
    if one.is_revoked:
        state = {"text": "作废了", "state": "stop"}
    elif one.number:
        state = {"text": "发了", "state": "ok"}
    else:
        state = {"text": "还没发", "state": "off"}
    share = f"{one.sessions} 场到了 {one.attended} 场"
    return {"cells": [one.name, share, {"text": one.number or "—", "css": "nw"}, state]}


def _heading(row: queries.CertificateRow) -> str:
    return "这张结业证作废了" if row.revoked_on else "这张结业证是真的"


def _facts(row: queries.CertificateRow) -> list[dict[str, str]]:
    facts = [
        {"label": "编号", "value": row.number},
        {"label": "姓名", "value": row.masked_name},
        {"label": "项目", "value": row.title},
        {"label": "哪家工会发的", "value": row.union_name},
        {"label": "哪天发的", "value": row.issued_on.isoformat()},
        {"label": "到场", "value": f"{row.sessions} 场到了 {row.attended} 场"},
    ]
    if row.revoked_on:
        facts.append({"label": "哪天作废的", "value": row.revoked_on.isoformat()})
    return facts


def _worker_id(request: HttpRequest) -> int:
    found: int | None = actor_of(request).worker_id
    if found is None:
        raise NotFound()
    return found
