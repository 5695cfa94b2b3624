"""The overview of a county, a city, the province or any other union: one page, numbers only."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import holds, requires
from nuanxin.desk.queries.overview import SORTS, BelowRow, Overview, get_overview
from nuanxin.figures.permissions import can_see_rows
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.membership.figures.definitions import LEFT, LIVE, NEW

_HEADS = (
    ("工会", "", ""),
    ("在籍，人", "live", "num"),
    ("本月新发展", "new", "num"),
    ("待审批", "waiting", "num"),
    ("新业态工会，家", "unions", "num"),
)


@requires("membership.count")
@require_safe
def overview(request: HttpRequest, code: str = "") -> HttpResponse:
    """Show the union asked for, or the one the actor holds a post in."""
    actor: Actor = actor_of(request)
    sort = request.GET.get("sort", "live").lstrip("-")
    sort = sort if sort in SORTS else "live"
    found = get_overview(
        actor=actor,
        union_code=code,
        sort=sort,
        after=request.GET.get("after", ""),
        now=clock.now(),
    )
    return render(request, "desk/overview.html", _context(actor, found, sort))


def _context(actor: Actor, found: Overview, sort: str) -> dict[str, Any]:
    union = found.union
    may_see_rows = can_see_rows(actor, path=union.path)
    return {
        "page_title": _title(found),
        "page_lead": f"{found.day.year}年{found.day.month}月{found.day.day}日，{union.name}和下面所有工会合在一起",
        "crumbs": _crumbs(found),
        "posts": [
            {
                "label": one.name,
                "url": reverse("desk-overview-of", args=[one.code]),
                "active": False,
            }
            for one in found.others
        ],
        "union_name": union.name,
        "union_url": reverse("desk-union", args=[union.code]),
        "figures": _figures(found, rows=may_see_rows),
        "todo": _todo(actor, found),
        "growth": [
            {"label": "近十二个月", "values": [new for _, new in found.months]},
            {"label": "再前一年", "values": [new for _, new in found.months_before]},
        ],
        "months": [f"{month.year % 100}.{month.month:02d}" for month, _ in found.months],
        "growth_finding": _growth_finding(found),
        "trades": [{"label": label, "value": live} for label, live in found.trades],
        "columns": [
            {
                "label": label,
                "css": css,
                "key": key,
                "url": f"?{urlencode({'sort': key})}",
                "is_sorted": key == sort,
            }
            for label, key, css in _HEADS
        ],
        "rows": [_row(row) for row in found.below.rows],
        "below": found.below,
        "below_last": found.below.first + len(found.below.rows) - 1,
        "next_url": f"?{urlencode({'sort': sort, 'after': found.below.next})}"
        if found.below.next
        else "",
        "start_url": f"?{urlencode({'sort': sort})}" if found.below.first > 1 else "",
        "public_url": reverse("figures-region", args=[union.adcode]),
        "lineage": [
            {"label": "口径", "value": f"{one.label}，第 {one.version} 版"} for one in (LIVE, NEW)
        ]
        + [
            {"label": "截至", "value": found.day.isoformat()},
            {"label": "隶属关系", "value": "今天的"},
        ],
    }


def _title(found: Overview) -> str:
    """Say the state: what waits, or how many there are."""
    if found.waiting.overdue:
        return f"{found.waiting.to_review:,} 份申请等审批，{found.waiting.overdue:,} 份已过期"
    if found.waiting.to_review:
        return f"{found.waiting.to_review:,} 份申请等审批，都还在期限内"
    return f"{found.live:,} 名会员在籍，没有等审批的申请"


def _crumbs(found: Overview) -> list[dict[str, str]]:
    crumbs = [{"label": f"{found.union.name}概览", "url": ""}]
    if found.parent:
        above = found.parent
        url = reverse("desk-overview-of", args=[above.code])
        crumbs.insert(0, {"label": above.name, "url": url})
    return crumbs


def _figures(found: Overview, *, rows: bool) -> list[dict[str, Any]]:
    change = found.live - found.live_before
    since = found.day.replace(day=1).isoformat()
    sign = "+" if change > 0 else "−" if change < 0 else ""

    def behind(code: str, **asked: str) -> str:
        if not rows:
            return ""
        url = reverse("figure-rows", args=[code, found.union.code])
        return f"{url}?{urlencode(asked)}" if asked else url

    return [
        {
            "label": LIVE.label,
            "value": found.live,
            "unit": "人",
            "words": f"比上月底 {sign}{abs(change):,}",
            "definition": LIVE.definition_zh,
            "url": behind(LIVE.code),
        },
        {
            "label": "本月新发展",
            "value": found.new,
            "unit": "人",
            "words": "",
            "definition": NEW.definition_zh,
            "url": behind(NEW.code, since=since),
        },
        {
            "label": "本月退会",
            "value": found.left,
            "unit": "人",
            "words": "",
            "definition": LEFT.definition_zh,
            "url": behind(LEFT.code, since=since),
        },
        {
            "label": "新就业形态工会",
            "value": found.unions_new_form,
            "unit": "家",
            "words": f"今年新建 {found.unions_founded:,} 家",
            "definition": "",
            "url": "",
        },
    ]


def _todo(actor: Actor, found: Overview) -> list[dict[str, Any]]:
    """Return what waits; a link only where the reader may go."""
    lines = [
        (
            "等审批的申请",
            found.waiting.to_review,
            "份",
            f"{found.waiting.overdue:,} 份已过期" if found.waiting.overdue else "",
            "desk-review" if holds(actor, "membership.decide") else "",
        ),
        ("等本人确认的邀请", found.waiting.invited, "人", "", ""),
        (
            "没办完的名册",
            found.work.batches,
            "批",
            "",
            "desk-rosters" if holds(actor, "roster.view") else "",
        ),
        (
            "没办结的待办",
            found.work.tasks,
            "件",
            f"{found.work.tasks_overdue:,} 件已过期" if found.work.tasks_overdue else "",
            "desk-home" if holds(actor, "membership.view") else "",
        ),
    ]
    return [
        {
            "text": label,
            "end": f"{count:,} {unit}",
            "note": note,
            "url": reverse(name) if name and count else "",
        }
        for label, count, unit, note, name in lines
    ]


def _growth_finding(found: Overview) -> str:
    this_year = sum(new for _, new in found.months)
    year_before = sum(new for _, new in found.months_before)
    change = this_year - year_before
    said = "一样多" if not change else f"{'多' if change > 0 else '少'} {abs(change):,}"
    return f"近十二个月新发展 {this_year:,} 人，和再前一年比{said}"


def _row(row: BelowRow) -> dict[str, Any]:
    return {
        "name": f"{row.name}（本级）" if row.is_own else row.name,
        "url": reverse("desk-union", args=[row.code])
        if row.is_own or row.unions <= 1
        else reverse("desk-overview-of", args=[row.code]),
        "union_url": reverse("desk-union", args=[row.code]),
        "live": row.live,
        "new": row.new,
        "waiting": row.waiting,
        "overdue": row.overdue,
        "unions": row.unions,
    }


overview_urls = [
    path("desk/overview/", overview, name="desk-overview"),
    path("desk/overview/<slug:code>/", overview, name="desk-overview-of"),
]
