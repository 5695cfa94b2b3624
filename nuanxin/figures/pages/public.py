"""数读, the page that anybody reads: a region as of a day, and the same numbers to take away."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public
from nuanxin.figures.forms.days import DaysForm, MonthForm
from nuanxin.figures.pages.pictures import CHARTS
from nuanxin.figures.pages.sheets import as_csv, as_xlsx, board_rows
from nuanxin.figures.queries import Board, BoardFigure, BoardRow, UnionRow, get_board
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.figure import Unit
from nuanxin.kernel.period import shift_months

PROVINCE = 330000
WITHHELD = "不公布"
TREND_MONTHS = 60
_WAN = 10_000
_CHART_IN_WAN_FROM = 100_000


@public
@require_safe
def figures(request: HttpRequest, region: int = PROVINCE) -> HttpResponse:
    """Show what there is in a region as of a day; a step of the slider leads to its day."""
    stepped = MonthForm(request.GET)
    if stepped.is_valid():
        return HttpResponseRedirect(f"{request.path}{_day_of_step(stepped.cleaned_data['m'])}")
    form = DaysForm(request.GET or None)
    now = clock.now()
    status = 200
    try:
        board = get_board(region=region, now=now, **form.days())
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        form.add_error("as_of" if refusal.code == "figures.not_yet" else "since", refusal.message)
        board = get_board(region=region, now=now)
    if form.errors:
        status = 422
    return render(request, "figures/figures.html", _context(board, form), status=status)


@public
@require_safe
def figures_table(request: HttpRequest, region: int, kind: str) -> HttpResponse:
    """Give the numbers of the page as csv, json or xlsx."""
    form = DaysForm(request.GET or None)
    board = get_board(region=region, now=clock.now(), **form.days())
    name = f"nuanxin-figures-{board.region}-{board.as_of.isoformat()}.{kind}"
    if kind == "json":
        answer: HttpResponse = JsonResponse(
            {
                "region": board.region,
                "region_name": board.region_name,
                "as_of": board.as_of.isoformat(),
                "since": board.since.isoformat() if board.since else None,
                "measured_at": board.measured_at.isoformat(),
                "locked_at": board.locked_at.isoformat() if board.locked_at else None,
                "digest": board.digest,
                "least_cell_persons": board.least,
                "rows": board_rows(board),
            },
            json_dumps_params={"ensure_ascii": False},
        )
    elif kind == "csv":
        answer = HttpResponse(as_csv(board), content_type="text/csv; charset=utf-8")
    elif kind == "xlsx":
        answer = HttpResponse(
            as_xlsx(board),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    else:
        raise Http404
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _day_of_step(step: int) -> str:
    if step == TREND_MONTHS:
        return ""
    first = clock.business_day(clock.now()).replace(day=1)
    end = shift_months(first, step - TREND_MONTHS + 1) - timedelta(days=1)
    return f"?{urlencode({'as_of': end.isoformat()})}"


def _slider(board: Board) -> dict[str, Any]:
    """Return where the slider stands and the years below it."""
    today = clock.business_day(board.measured_at)
    back = 12 * (today.year - board.as_of.year) + today.month - board.as_of.month
    return {
        "at": max(0, TREND_MONTHS - back),
        "most": TREND_MONTHS,
        "now": f"{today.year}-{today.month}",
        "words": "今天" if board.as_of == today else _spoken(board.as_of),
        "ticks": [f"{shift_months(today, -12 * years):%Y.%m}" for years in range(5, -1, -1)],
    }


def _cards(board: Board) -> list[dict[str, str]]:
    """Return what to paste into another page for each big number, and its picture."""
    home = settings.PUBLIC_ADDRESS.rstrip("/")
    rows = []
    for one in board.figures:
        code = one.definition.code
        address = f"{reverse('figures-card', args=[code])}?region={board.region}&size=m"
        rows.append(
            {
                "label": one.definition.label,
                "url": address,
                "picture": reverse("figures-card-picture", args=[code])
                + f"?region={board.region}&as_of={board.as_of.isoformat()}",
                "snippet": f'<iframe src="{home}{address}" width="320" height="168"'
                f' title="{board.region_name}{one.definition.label}" loading="lazy"></iframe>',
            }
        )
    return rows


def _context(board: Board, form: DaysForm) -> dict[str, Any]:
    asked = _asked(board)
    live = [row for row in board.counties if row.live]
    return {
        "page_title": "数读浙工会" if board.is_province else f"数读 · {board.region_name}",
        "page_lead": _lead(board),
        "board": board,
        "days_form": form if form.is_bound else DaysForm(initial={"as_of": board.as_of}),
        "days_ago": _days_ago(board),
        "crumbs": _crumbs(board, asked),
        "figures": [_figure(one, board) for one in board.figures],
        "trend": _trend(board),
        "map_values": {row.key: row.live for row in board.counties},
        "map_title": _map_title(board),
        "map_finding": _map_finding(board, live),
        "map_urls": reverse("figures") + "{adcode}/" + asked,
        "map_city": "" if board.is_province else f"{board.region[:4]}00",
        "map_chosen": board.region if board.is_county else "",
        "cities": [_bar(row, "figures-region", asked, board) for row in board.cities],
        "occupations": [_bar(row, "", "", board) for row in board.occupations],
        "channels": [_bar(row, "", "", board) for row in board.channels],
        "routes": [_union_bar(row) for row in board.routes],
        "kinds": [_union_bar(row) for row in board.kinds],
        "lineage": _lineage(board),
        "locked_words": _locked_words(board),
        "tables": [
            {
                "label": label,
                "url": reverse("figures-table", args=[int(board.region), kind]) + asked,
            }
            for kind, label in (("csv", "CSV"), ("xlsx", "Excel"), ("json", "JSON"))
        ],
        "compare_url": reverse("figures-compare")
        + f"?{urlencode({'region': board.region, 'as_of': board.as_of.isoformat()})}",
        "services_url": reverse("figures-region-services", args=[int(board.region)]),
        "pictures": {
            kind: reverse("figures-chart", args=[int(board.region), kind]) + asked
            for kind in CHARTS
        },
        "slider": _slider(board),
        "cards": _cards(board),
        "is_empty": not any(one.value for one in board.figures),
    }


def _locked_words(board: Board) -> str:
    """Return that the month is locked here, or in some places shown; "" where it is not."""
    month = f"{board.as_of.year}年{board.as_of.month}月"
    if board.locked_at is not None:
        day = _spoken(clock.business_day(board.locked_at))
        words = f"{month}在{day}锁定，数按锁定时所知，后来补录的不算进去。"
        below = board.locked_places - 1
        return f"{words}下面 {below} 个地方按各自锁定的时候。" if below else words
    if board.locked_places:
        return f"{month}有 {board.locked_places} 个地方锁定了，它们的数按各自锁定时所知。"
    return ""


def _lead(board: Board) -> str:
    if board.is_province:
        return (
            "快递员、骑手、货车和网约车司机、护理员，在浙江有多少人有了自己的工会。"
            "每个数字都能点开，看它怎么算。"
        )
    return f"{board.region_name}新就业形态劳动者加入工会的情况，截至{_spoken(board.as_of)}。"


def _asked(board: Board) -> str:
    """Return the query that keeps the days while one goes from region to region."""
    kept = {}
    if board.as_of != clock.business_day(board.measured_at):
        kept["as_of"] = board.as_of.isoformat()
    if board.since:
        kept["since"] = board.since.isoformat()
    return f"?{urlencode(kept)}" if kept else ""


def _days_ago(board: Board) -> list[dict[str, Any]]:
    today = clock.business_day(board.measured_at)
    first = today.replace(day=1)
    days = {
        "今天": today,
        "上月底": first.fromordinal(first.toordinal() - 1),
        "去年底": date(today.year - 1, 12, 31),
        "前年底": date(today.year - 2, 12, 31),
    }
    return [
        {
            "label": label,
            "url": f"?{urlencode({'as_of': day.isoformat()})}",
            "active": day == board.as_of,
        }
        for label, day in days.items()
    ]


def _crumbs(board: Board, asked: str) -> list[dict[str, str]]:
    if board.is_province:
        return []
    above = list(reversed(regions.ancestors(board.region)))
    return [
        {
            "label": one.name,
            "url": (
                reverse("figures")
                if one.code == str(PROVINCE)
                else reverse("figures-region", args=[int(one.code)])
            )
            + asked,
        }
        for one in above
    ] + [{"label": regions.region(board.region).name, "url": ""}]


def _figure(one: BoardFigure, board: Board) -> dict[str, Any]:
    in_period = one.definition.period_kind.value == "in_period"
    told = ""
    if one.value is not None and one.definition.unit is Unit.PERSONS:
        to = "写到个位" if one.step == 1 else "写到十位"
        told = f"{to}：{one.value:,} {one.definition.unit.label}。"
    words = board.period_words if in_period else f"截至{board.as_of.isoformat()}"
    if one.denominator is not None:
        words = f"{words}，分母 {one.denominator.value:,}（{one.denominator.as_of.isoformat()}）"
        told = _parts_words(one)
    elif one.missing:
        words, told = "分母还没有，先不算", one.missing
    elif one.value is None:
        words = f"不到 {board.least} 人，{WITHHELD}"
    return {
        "label": one.definition.label,
        "value": one.plain_value,
        "unit": one.definition.unit.label if one.value is not None else "",
        "definition": f"{one.definition.version_on(board.as_of).text}{told}",
        "words": words,
    }


def _parts_words(one: BoardFigure) -> str:
    """Return what a ratio was made of: numerator, denominator, its source and day."""
    ratio, known = one.definition.ratio, one.denominator
    assert ratio is not None
    assert known is not None
    unit = ratio.unit.label
    above = WITHHELD if one.numerator is None else f"{one.numerator:,} {unit}"
    return (
        f"分子 {above}；分母是{ratio.label} {known.value:,} {unit}，"
        f"{known.as_of.isoformat()}，来源：{known.source_words}。"
    )


def _trend(board: Board) -> dict[str, Any]:
    points = board.trend
    series = [[point.new for point in points], [point.live for point in points]]
    highest = max((value for each in series for value in each if value), default=0)
    in_wan = highest >= _CHART_IN_WAN_FROM
    shown = [
        [None if value is None else round(value / _WAN, 2) if in_wan else value for value in each]
        for each in series
    ]
    last = points[-1]
    said = [
        f"{label} {value:,} 人"
        for label, value in (("新发展会员累计", last.new), ("在籍会员", last.live))
        if value is not None
    ]
    return {
        "series": [
            {"label": "新发展", "values": shown[0]},
            {"label": "在籍", "values": shown[1]},
        ],
        "labels": [f"{p.day.year}.{p.day.month:02d}" for p in points[:-1]]
        + [f"{last.day.year}.{last.day.month:02d}.{last.day.day:02d}"],
        "unit": "万人" if in_wan else "人",
        "finding": "，".join([f"{board.region_name}，截至{_spoken(last.day)}", *said]),
    }


def _map_title(board: Board) -> str:
    count = sum(1 for row in board.counties if regions.region(row.key).is_valid_on(board.as_of))
    if board.is_province:
        return f"{count} 个县（市、区）"
    return f"{regions.region(f'{board.region[:4]}00').name}的 {count} 个县（市、区）"


def _map_finding(board: Board, live: list[BoardRow]) -> str:
    if not live:
        return f"截至{_spoken(board.as_of)}还没有会员"
    words = f"在籍会员最多的是{live[0].label}，{live[0].live:,} 人"
    shown = [row for row in board.counties if row.live is not None]
    if board.is_county and any(row.key == board.region for row in shown):
        place = 1 + sum(
            (row.live or 0) > next(r.live or 0 for r in shown if r.key == board.region)
            for row in shown
        )
        words += f"；{regions.region(board.region).name}排第 {place}"
    return words


def _bar(row: BoardRow, url_name: str, asked: str, board: Board) -> dict[str, Any]:
    return {
        "label": row.label,
        "value": row.live or 0,
        "text": WITHHELD if row.live is None else "",
        "url": reverse(url_name, args=[int(row.key)]) + asked if url_name else "",
        "is_chosen": row.key == board.region,
    }


def _union_bar(row: UnionRow) -> dict[str, Any]:
    return {"label": row.label, "value": row.living, "text": "", "url": "", "is_chosen": False}


def _lineage(board: Board) -> list[dict[str, Any]]:
    versions = {one.definition.version_on(board.as_of).number for one in board.figures}
    said = "、".join(f"第 {version} 版" for version in sorted(versions))
    local = board.measured_at.astimezone(clock.SHANGHAI)
    return [
        {"label": "口径", "value": f"{len(board.figures)} 项，{said}"},
        {"label": "截至", "value": board.as_of.isoformat()},
        {"label": "新增算自", "value": board.since.isoformat() if board.since else "有记录以来"},
        {"label": "地区划分", "value": "按变动当天工会驻地"},
        {"label": "算出时间", "value": f"{local:%Y-%m-%d %H:%M}"},
        {"label": "指纹", "value": board.digest, "is_code": True},
    ]


def _spoken(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
