"""One number by its question: where the numbers of reports lead to. Anybody may read it."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import holds, public
from nuanxin.figures.queries.measuring import Measurement
from nuanxin.figures.queries.number import NumberAnswer, get_number
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.numbers_zh import format_thousands

_DIGEST = 16


@public
@require_safe
def figure_number(request: HttpRequest, figure: str) -> HttpResponse:
    """Show a number, what it means, and whether it still is what a paper said."""
    now = clock.now()
    answer = get_number(figure, request.GET.dict(), now=now)
    told = request.GET.get("digest", "").strip()[:_DIGEST]
    return render(request, "figures/number.html", _context(answer, told, actor_of(request)))


def _context(answer: NumberAnswer, told: str, actor: Actor) -> dict[str, Any]:
    wanted, measured = answer.wanted, answer.measured
    cut = wanted.cut()
    local = measured.measured_at.astimezone(clock.SHANGHAI)
    return {
        "page_title": f"{wanted.place}{'，' + cut if cut else ''}：{measured.label}",
        "page_lead": wanted.when(),
        "value": measured.value,
        "exact": _exact(measured),
        "unit": measured.unit.label,
        "step": measured.rounded_to,
        "label": measured.label,
        "definition": measured.definition,
        "check": _check(measured.digest, told),
        "lineage": [
            *_parts(measured),
            {"label": "指标代码", "value": measured.code, "is_code": True},
            {"label": "单位", "value": measured.unit.label},
            {"label": "口径", "value": f"第 {measured.definition_version} 版"},
            {"label": "截至", "value": measured.as_of.isoformat()},
            *_known(wanted.known_on),
            {"label": "算出时间", "value": f"{local:%Y-%m-%d %H:%M}"},
            {"label": "指纹", "value": measured.digest, "is_code": True},
        ],
        "rows_url": reverse("figure-rows", args=[measured.code, wanted.union])
        if wanted.union and holds(actor, "figure.rows")
        else "",
        "region_url": "" if wanted.union else reverse("figures-region", args=[wanted.region]),
        "region_name": wanted.place,
    }


def _known(day: date | None) -> list[dict[str, str]]:
    """Return the line that says as known when, where it was asked."""
    return [{"label": "按哪天所知", "value": f"{day} 结束时"}] if day else []


def _exact(measured: Measurement) -> str:
    if measured.value is None:
        return ""
    if measured.is_ratio:
        return f"{measured.plain_value:,.{measured.decimals}f}"
    return format_thousands(measured.value)


def _parts(measured: Measurement) -> list[dict[str, Any]]:
    """Return the rows that say what a ratio is made of."""
    if not measured.is_ratio or measured.denominator is None:
        return []
    above = "不公布" if measured.numerator is None else format_thousands(measured.numerator)
    rows = [
        {"label": "分子", "value": above},
        {
            "label": "分母",
            "value": f"{format_thousands(measured.denominator)}，{measured.denominator_label}",
        },
    ]
    if measured.denominator_as_of is not None:
        rows += [
            {"label": "分母来源", "value": measured.denominator_source},
            {"label": "分母截至", "value": measured.denominator_as_of.isoformat()},
        ]
    return rows


def _check(digest: str, told: str) -> dict[str, str] | None:
    """Return what comes of holding the fingerprint of a paper to the one of today."""
    if not told:
        return None
    if told == digest:
        return {"kind": "ok", "words": "和报告里的指纹一样：今天再算，还是这个数。"}
    return {
        "kind": "care",
        "words": f"报告里的指纹是 {told}，今天再算不一样。做报告以后这个数补报或更正过，以今天的为准。",
    }
