"""Why somebody could have a place, as it was when he asked: for himself and at the desk of the offer."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.programmes.pages import rule_words as words
from nuanxin.programmes.pages.version_words import moment
from nuanxin.programmes.queries import bases as queries

_ICONS = {"yes": "yes", "unknown": "maybe", "no": "no"}
_SAID = {"yes": "可以", "no": "不可以，经人工复核", "unknown": "资料不全，看材料定"}


@requires("own.open")
@require_GET
def own_basis(request: HttpRequest, code: str) -> HttpResponse:
    """Tell a member what his application was judged by."""
    basis = queries.get_own_basis(code, actor=actor_of(request))
    context = _context(basis) | {
        "page_title": "当时的条件",
        "back_url": reverse("offer", args=[code]),
    }
    return render(request, "programmes/basis.html", context)


@requires("programme.view")
@require_GET
def desk_basis(request: HttpRequest, offer_id: int, application_id: int) -> HttpResponse:
    """Show an official what an application was judged by; it does not change with rule or facts."""
    basis = queries.get_basis(offer_id, application_id, actor=actor_of(request))
    context = _context(basis) | {
        "page_title": f"{basis.name}报名时的依据",
        "page_lead": f"{basis.offer_title}，{moment(basis.applied_at)} 报名。后来条件或者情况变了，这里不变。",
        "crumbs": [
            {"label": "服务项目", "url": reverse("desk-offers")},
            {"label": basis.offer_title, "url": reverse("desk-offer", args=[offer_id])},
            {"label": "名单", "url": reverse("desk-offer-awards", args=[offer_id])},
            {"label": "报名时的依据"},
        ],
        "facts": [
            {"label": "结论", "value": _SAID[basis.answer]},
            {"label": "按哪天", "value": basis.as_of},
            {"label": "按哪一版", "value": f"第 {basis.number} 版" if basis.number else "随系统带的", "url": reverse("desk-rule-version", args=[basis.code, basis.number])},
            {"label": "全文指纹", "value": basis.digest[:16]},
        ],
    }  # fmt: skip
    return render(request, "programmes/desk/basis.html", context)


def _context(basis: queries.Basis) -> dict[str, Any]:
    return {"basis": basis, "said": _SAID[basis.answer], "rows": [_row(c) for c in basis.clauses]}


def _row(clause: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": clause["text"],
        "text": "；".join(_fact(fact) for fact in clause["facts"]),
        "answer": _ICONS[clause["answer"]],
        "said": words.ANSWERS[clause["answer"]],
    }


def _fact(fact: dict[str, Any]) -> str:
    if fact.get("is_sensitive"):
        return f"{fact['label']}：敏感情况，只比对，没有存"
    source = f"（{fact['source']}）" if fact.get("source") else ""
    return f"{fact['label']}：{fact['said']}{source}"
