"""Two regions, or one region on two days, beside each other: for anybody, on one address."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public
from nuanxin.figures.forms.comparing import CompareForm
from nuanxin.figures.queries import Board, BoardFigure, BoardRow
from nuanxin.figures.queries.comparing import Comparison, FigurePair, RowPair, get_comparison
from nuanxin.figures.rules.differing import (
    Published,
    change_words,
    difference_words,
    points_change_words,
    points_words,
)
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.figure import Unit

WITHHELD = "不公布"
MOST_BARS = 12
_WAN, _CHART_IN_WAN_FROM = 10_000, 100_000


@public
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show two boards beside each other; until both sides are chosen, the form."""
    form = CompareForm(request.GET or None)
    compared, status = None, 200
    if form.is_bound:
        compared, status = _compared(form)
    context = {
        "page_title": "比一比",
        "page_lead": "两个地方同一天，或者一个地方的两天，同样的数放在一起看。",
        "crumbs": [{"label": "数读", "url": reverse("figures")}, {"label": "比一比"}],
        "compare_form": form,
        "shown": _shown(compared) if compared else None,
    }
    return render(request, "figures/compare.html", context, status=status)


def _compared(form: CompareForm) -> tuple[Comparison | None, int]:
    if not form.is_valid():
        return None, 422
    asked = form.asked()
    if asked is None:
        return None, 200
    try:
        return get_comparison(**asked, now=clock.now()), 200
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return None, refusal.status


def _shown(two: Comparison) -> dict[str, Any]:
    heads = _heads(two)
    return {
        "page_title": f"{heads[0]['text']} · {heads[1]['text']}",
        "heads": heads,
        "rows": [_figure(pair, two) for pair in two.figures],
        "trend": _trend(two),
        "cuts": [
            {
                "id": "occupations",
                "title": "他们做什么，在籍会员，人",
                "rows": _bars(two.occupations),
            },
            {"id": "channels", "title": "从哪个门进来，在籍会员，人", "rows": _bars(two.channels)},
        ],
        "least": two.left.least,
        "address": _address(two),
        "lineage": _lineage(two),
        "is_empty": not any(one.value for board in (two.left, two.right) for one in board.figures),
    }


def _heads(two: Comparison) -> list[dict[str, str]]:
    return [
        {
            "text": _name(board, two),
            "day": f"截至{spoken(board.as_of)}",
            "url": reverse("figures-region", args=[int(board.region)])
            + f"?{urlencode({'as_of': board.as_of.isoformat()})}",
        }
        for board in (two.left, two.right)
    ]


def _name(board: Board, two: Comparison) -> str:
    if two.is_of_one_place:
        return f"{board.region_name}，{spoken(board.as_of)}"
    if two.left.as_of != two.right.as_of:
        return f"{board.region_name}（{board.as_of.isoformat()}）"
    return board.region_name


def _figure(pair: FigurePair, two: Comparison) -> dict[str, Any]:
    definition = pair.definition
    return {
        "label": definition.label,
        "unit": definition.unit.label,
        "values": [_text(one) for one in (pair.left, pair.right)],
        "words": _difference(pair, two),
    }


def _difference(pair: FigurePair, two: Comparison) -> str:
    names = (_name(two.left, two), _name(two.right, two))
    if pair.definition.unit is Unit.PERCENT:
        rates = (pair.left.plain_value, pair.right.plain_value)
        if two.is_of_one_place:
            return points_change_words(*rates)
        return points_words(*rates, names=names)
    unit = pair.definition.unit.label
    left, right = (Published(one.value, one.step) for one in (pair.left, pair.right))
    if two.is_of_one_place:
        return change_words(left, right, unit=unit)
    return difference_words(left, right, names=names, unit=unit)


def _text(one: BoardFigure) -> str:
    if one.plain_value is None:
        return "—" if one.missing else WITHHELD
    return f"{one.plain_value:,}".replace("-", "−")


def _bars(pairs: tuple[RowPair, ...]) -> list[dict[str, Any]]:
    rows = sorted(pairs, key=lambda one: -max(one.left.live or 0, one.right.live or 0))
    return [
        {"label": one.label, "bars": [_bar(one.left), _bar(one.right)]} for one in rows[:MOST_BARS]
    ]


def _bar(row: BoardRow) -> dict[str, Any]:
    return {"value": row.live or 0, "text": WITHHELD if row.live is None else f"{row.live:,}"}


def _trend(two: Comparison) -> dict[str, Any]:
    highest = max((value for each in two.live for value in each if value), default=0)
    in_wan = highest >= _CHART_IN_WAN_FROM
    names = [two.right.region_name] if two.is_of_one_place else [
        _name(board, two) for board in (two.left, two.right)
    ]  # fmt: skip
    labels = [f"{day.year}.{day.month:02d}" for day in two.days[:-1]] + [f"{two.days[-1]:%Y.%m.%d}"]
    events = {}
    if two.is_of_one_place:
        month = f"{two.left.as_of:%Y.%m}"
        events = {month: month} if month in labels else {}
    return {
        "series": [
            {
                "label": name,
                "values": [
                    None if value is None else round(value / _WAN, 2) if in_wan else value
                    for value in each
                ],
            }
            for name, each in zip(names, two.live, strict=True)
        ],
        "labels": labels,
        "events": events,
        "unit": "万人" if in_wan else "人",
        "finding": "在籍会员，每月底：" + "，".join(names),
    }


def _address(two: Comparison) -> str:
    """Return the address that shows the same two days for ever."""
    asked = urlencode(
        {
            "region": two.left.region,
            "as_of": two.left.as_of.isoformat(),
            "other": two.right.region,
            "other_as_of": two.right.as_of.isoformat(),
        }
    )
    return f"{settings.PUBLIC_ADDRESS.rstrip('/')}{reverse('figures-compare')}?{asked}"


def _lineage(two: Comparison) -> list[dict[str, Any]]:
    local = two.left.measured_at.astimezone(clock.SHANGHAI)
    return [
        {"label": "算出时间", "value": f"{local:%Y-%m-%d %H:%M}"},
        *(
            {"label": f"{_name(board, two)}，指纹", "value": board.digest, "is_code": True}
            for board in (two.left, two.right)
        ),
    ]


def spoken(day: date) -> str:
    """Return a day as one says it."""
    return f"{day.year}年{day.month}月{day.day}日"
