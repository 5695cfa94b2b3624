"""口径: every figure that is published, with its definition in words, version and owner."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public
from nuanxin.figures.queries.registry import list_figures
from nuanxin.kernel.figure import DefinitionVersion, FigureDefinition

_OWNERS = {"orgs": "组织", "membership": "会籍"}
_LONGEST_SEARCH = 40


@public
@require_safe
def definitions(request: HttpRequest) -> HttpResponse:
    """List the public figures; ``q`` keeps those whose label, code or definition holds it."""
    asked = request.GET.get("q", "").strip()[:_LONGEST_SEARCH]
    found = [one for one in list_figures(public_only=True) if _holds(one, asked)]
    context = {
        "page_title": "每个数怎么算",
        "page_lead": "公开的数都在这里：数的是什么，什么算，什么不算，从哪天起按这个口径。",
        "q": asked,
        "figures": [_shown(one) for one in found],
        "crumbs": [{"label": "数读", "url": reverse("figures")}, {"label": "口径"}],
    }
    return render(request, "figures/definitions.html", context)


def _holds(one: FigureDefinition, asked: str) -> bool:
    return not asked or any(
        asked.casefold() in text.casefold()
        for text in (one.label, one.code, *(v.text for v in one.versions))
    )


def _span(old: DefinitionVersion) -> str:
    return f"{old.valid_from or '最早'} 到 {old.valid_to}"


def _shown(one: FigureDefinition) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": one.label,
        "text": one.definition_zh,
        "former": [
            {
                "label": f"第 {old.number} 版，{_span(old)}",
                "text": old.text,
            }
            for old in reversed(one.former)
        ],
        "facts": [
            {"label": "单位", "value": one.unit.label},
            {"label": "时间", "value": one.period_kind.label},
            {"label": "哪一块", "value": _OWNERS.get(one.owner, one.owner)},
            {
                "label": "口径",
                "value": f"第 {one.version} 版"
                + (f"，{one.valid_from} 起" if one.valid_from else ""),
            },
            *(
                [{"label": "分母", "value": f"{one.ratio.label}（{one.ratio.unit.label}）"}]
                if one.ratio
                else []
            ),
            {"label": "代码", "value": one.code, "is_code": True},
        ],
    }
