"""工会 on the desk: finding one, and its page with its place in the tree on any day."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.desk.pages.union_changes import offered
from nuanxin.desk.queries.union_page import RIGHT, DeskUnion, get_desk_union
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import ChangeRow, TermRow, TreeNode, UnionRow
from nuanxin.orgs.states import TermStanding, UnionChangeKind


@requires(RIGHT)
@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """Find a union by name or code; without a question lead to one's own."""
    actor: Actor = actor_of(request)
    paths = policy.scope_paths(actor, RIGHT)
    if not paths:
        raise NotFound()
    text = request.GET.get("q", "").strip()
    own = [orgs.get_union(_last(one)) for one in paths if one != policy.EVERYWHERE]
    if not text and len(own) == 1:
        return HttpResponseRedirect(reverse("desk-union", args=[own[0].code]))
    found = orgs.search_unions(text, paths=paths) if text else own
    context = {
        "page_title": _found_words(text, len(found)),
        "q": text,
        "columns": [
            {"label": "工会"}, {"label": "类型"}, {"label": "在哪里"}, {"label": "状态"},
        ],
        "rows": [_found_row(union) for union in found],
        "own_url": reverse("desk-tree") if text else "",
    }  # fmt: skip
    return render(request, "desk/unions.html", context)


@requires(RIGHT)
@require_GET
def union(request: HttpRequest, code: str) -> HttpResponse:
    """Show one union: where it stands (on any day), what is below it, its members, its history."""
    actor: Actor = actor_of(request)
    shown = get_desk_union(
        actor=actor,
        code=code,
        on=_day(request.GET.get("on", "")),
        as_known_then=request.GET.get("known") == "then",
        after=request.GET.get("after") or None,
        now=clock.now(),
    )
    return render(request, "desk/union.html", _context(actor, shown, request))


# ---- the page ---------------------------------------------------------------------------------


def _context(actor: Actor, shown: DeskUnion, request: HttpRequest) -> dict[str, Any]:
    page, found = shown.page, shown.page.union
    may_list = policy.may(actor, "membership.list", path=found.path)
    return {
        "page_title": found.name,
        "page_lead": _lead(shown),
        "crumbs": [{"label": "工会", "url": reverse("desk-tree")}, {"label": found.name}],
        "banner": {"text": "办好了，记在下面的“变动”里。"} if request.GET.get("done") else "",
        "notes": _notes(shown),
        "on": shown.on.isoformat() if shown.on else "",
        "known_choices": _known_choices(shown),
        "today_url": reverse("desk-union", args=[found.code]) if shown.on else "",
        "tree": _tree(shown),
        "facts": _facts(shown),
        "territory_url": reverse("desk-union-territory", args=[found.code]),
        "term": _term(shown),
        "members_url": _members_url(found) if may_list else "",
        "overview_url": reverse("desk-overview-of", args=[found.code])
        if policy.may(actor, "membership.count", path=found.path) else "",
        "children": page.children_count,
        "children_columns": [
            {"label": "工会"}, {"label": "类型"}, {"label": "状态"},
            {"label": "再下面", "css": "num"},
        ],
        "children_rows": [_child(node, shown) for node in page.children.items],
        "next_url": _next(shown, page.children.next),
        "second_children": [
            {"text": name, "url": reverse("desk-union", args=[code]) if may_open else ""}
            for name, code, may_open in shown.second_children
        ],
        **_ground(shown, may_list=may_list),
        "changes": [_change(one, found) for one in page.changes],
        "menu": offered(actor, found),
        **_poster(found),
    }  # fmt: skip


def _lead(shown: DeskUnion) -> str:
    found = shown.page.union
    said = [found.kind.label, shown.page.region, f"编码 {found.code}"]
    if shown.live is not None:
        said.insert(1, f"{shown.live:,} 名会员")
    if shown.page.outlets_count:
        said.insert(2, f"{shown.page.outlets_count:,} 个网点")
    return " · ".join(said)


def _notes(shown: DeskUnion) -> list[dict[str, str]]:
    page, found = shown.page, shown.page.union
    notes = []
    if page.merged_into is not None:
        words = f"{found.ended_on} 起并入「{page.merged_into.name}」，会员都在那里。"
        url = reverse("desk-union", args=[page.merged_into.code])
        notes.append({"kind": "", "icon": "info", "text": words, "url": url, "label": "看那一家"})
    elif not found.is_live:
        words = f"{found.ended_on} 起撤销，会员的会籍由上级工会保留。"
        notes.append({"kind": "", "icon": "info", "text": words, "url": "", "label": ""})
    if found.is_live and page.term.standing in (TermStanding.ENDS_SOON, TermStanding.EXPIRED):
        notes.append(_term_note(page.term, found, may_edit=page.can_edit))
    if shown.on is not None:
        notes += _not_there(found, shown.on)
        kind = "当时知道的" if shown.as_known_then else "后来更正过的"
        words = f"您看的是 {shown.on} 的隶属，按{kind}。会员数和资料是今天的。"
        notes.append({"kind": "care", "icon": "clock", "text": words, "url": "", "label": ""})
    return notes


def _not_there(found: UnionRow, on: date) -> list[dict[str, str]]:
    """Say so when the union did not exist on the day asked about."""
    if found.founded_on > on:
        words = f"{on} 它还没有成立，那天不在树上。"
    elif found.ended_on is not None and found.ended_on <= on:
        words = f"{on} 它已经不在了，那天不在树上。"
    else:
        return []
    return [{"kind": "care", "icon": "info", "text": words, "url": "", "label": ""}]


def _term_note(term: TermRow, found: UnionRow, *, may_edit: bool) -> dict[str, str]:
    left = term.days_left or 0
    words = f"本届到 {term.ends_on} 届满，" + (
        f"还有 {left} 天。" if left >= 0 else f"已经过了 {-left} 天。"
    )
    if term.renewal is not None:
        words += f"法人证书同日到期，{term.renewal.start} 起可以申请换发。"
    url = reverse("desk-union-edit", args=[found.code, "election"]) if may_edit else ""
    return {"kind": "care", "icon": "clock", "text": words, "url": url, "label": "登记换届选举"}


def _known_choices(shown: DeskUnion) -> list[dict[str, Any]]:
    return [
        {"value": "", "label": "按后来更正过的", "is_chosen": not shown.as_known_then},
        {"value": "then", "label": "按那天当时知道的", "is_chosen": shown.as_known_then},
    ]


def _asked(shown: DeskUnion) -> dict[str, str]:
    asked = {"on": shown.on.isoformat()} if shown.on else {}
    return asked | ({"known": "then"} if shown.as_known_then else {})


def _with_day(code: str, shown: DeskUnion) -> str:
    asked = _asked(shown)
    return reverse("desk-union", args=[code]) + (f"?{urlencode(asked)}" if asked else "")


def _tree(shown: DeskUnion) -> list[dict[str, Any]]:
    """Return the way from the root to this union as nested rows."""
    node: dict[str, Any] = {"label": shown.page.union.name, "is_here": True}
    if shown.page.children_count:
        node["note"] = f"下面 {shown.page.children_count:,} 家"
    for name, code, may_open in reversed(shown.crumbs):
        node = {
            "label": name,
            "url": _with_day(code, shown) if may_open else "",
            "children": [node],
        }
    return [node]


def _facts(shown: DeskUnion) -> list[dict[str, Any]]:
    page, found = shown.page, shown.page.union
    rows = [
        {"label": "状态", "value": found.state.label, "state": "ok" if found.is_live else ""},
        {"label": "成立", "value": str(found.founded_on)},
        {"label": "信用代码", "value": found.credit_code or "—"},
        {"label": "地址", "value": found.address or "—"},
        {"label": "联系", "value": f"{found.contact_name} {found.contact_phone}".strip() or "—"},
    ]
    if found.route_label:
        rows.append({"label": "怎么建的", "value": found.route_label})
    if page.second_parent is not None:
        rows.append({"label": "双重隶属", "value": page.second_parent.name})
    others = [one.name for one in page.territories if not one.is_seat]
    if others:
        shown_few = "、".join(others[:6])
        more = f" 等 {len(others)} 处" if len(others) > 6 else ""
        rows.append({"label": "还在这些地方", "value": f"{shown_few}{more}"})
    if shown.retained:
        rows.append({"label": "保留会籍", "value": f"{shown.retained:,} 人"})
    return rows


def _term(shown: DeskUnion) -> dict[str, Any] | str:
    """Return the term since the last election that is recorded, else since the founding."""
    term, found = shown.page.term, shown.page.union
    if term.ends_on is None or not found.is_live or term.days_left is None:
        return ""
    elected = [c.effective_on for c in shown.page.changes if c.kind is UnionChangeKind.ELECTED]
    begun = max(elected, default=found.founded_on)
    whole = max(1, (term.ends_on - begun).days)
    gone = 100 * (whole - max(0, term.days_left)) / whole
    return {
        "gone": gone,
        "begun": f"{begun} {'选举' if elected else '成立'}",
        "ends": f"{term.ends_on} 届满",
    }


def _members_url(found: UnionRow, **more: Any) -> str:
    return f"{reverse('desk-members')}?{urlencode({'union': found.code, **more})}"


def _child(node: TreeNode, shown: DeskUnion) -> dict[str, Any]:
    return {
        "url": _with_day(node.code, shown),
        "cells": [
            {"text": node.name, "note": node.code},
            node.kind.label,
            {"text": node.state.label, "state": "ok" if node.state.is_live else "rest"},
            {"text": f"{node.children_count:,} 家" if node.children_count else "—", "css": "num"},
        ],
    }


def _next(shown: DeskUnion, after: str | None) -> str:
    return f"?{urlencode(_asked(shown) | {'after': after})}" if after else ""


def _ground(shown: DeskUnion, *, may_list: bool) -> dict[str, Any]:
    """Return what the union covers: its counties with members and outlets, its employers."""
    page, found = shown.page, shown.page.union
    return {
        "outlets": page.outlets_count,
        "outlets_url": reverse("desk-union-outlets", args=[found.code]),
        "assumed": shown.assumed,
        "places_columns": [
            {"label": "在哪里"}, {"label": "会员，人", "css": "num"},
            {"label": "网点，个", "css": "num"},
        ],
        "places": [
            {
                "url": _members_url(found, region=row.adcode) if may_list and row.members else "",
                "cells": [
                    row.name,
                    {"text": "—" if row.members is None else f"{row.members:,}", "css": "num"},
                    {"text": f"{row.outlets:,}", "css": "num"},
                ],
            }
            for row in shown.places
        ],
        "places_total": [
            "合计",
            {"text": "—" if shown.live is None else f"{sum(r.members or 0 for r in shown.places):,}",
             "css": "num"},
            {"text": f"{sum(row.outlets for row in shown.places):,}", "css": "num"},
        ],
        "coverage": [
            {
                "text": row.employer_name + (f"，{row.outlet_name}" if row.outlet_name else ""),
                "note": "只这一个网点" if row.outlet_name else "单位和全部网点",
                "end": f"{row.valid_from} 起",
                "url": reverse("desk-employer", args=[found.code, row.employer_id]),
            }
            for row in page.coverage
        ],
    }  # fmt: skip


# What happened, seen from the union itself, and from the one that it concerns.
_OWN = {
    UnionChangeKind.FOUNDED: "成立，上级是「{other}」",
    UnionChangeKind.MOVED: "改到「{other}」下面",
    UnionChangeKind.MERGED: "并入「{other}」",
    UnionChangeKind.SPLIT: "分出「{other}」",
    UnionChangeKind.DISSOLVED: "撤销",
    UnionChangeKind.CORRECTED: "更正隶属，上级是「{other}」",
    UnionChangeKind.SECOND_PARENT: "双重隶属到「{other}」",
}
_OTHERS = {
    UnionChangeKind.FOUNDED: "下级「{other}」成立",
    UnionChangeKind.MOVED: "「{other}」改到这里下面",
    UnionChangeKind.MERGED: "「{other}」并进来",
    UnionChangeKind.SPLIT: "由「{other}」分出来",
    UnionChangeKind.DISSOLVED: "下级「{other}」撤销",
    UnionChangeKind.CORRECTED: "「{other}」的隶属更正到这里",
    UnionChangeKind.SECOND_PARENT: "「{other}」双重隶属到这里",
}


def _change(row: ChangeRow, found: UnionRow) -> dict[str, Any]:
    table = _OWN if row.union_id == found.id else _OTHERS
    words = row.kind.label
    if row.kind is UnionChangeKind.TERRITORY and "corrects" in row.data:
        words = "更正地域的日期"
    if row.kind is UnionChangeKind.RENAMED and "from" in row.data:
        words = f"更名：{row.data['from']} → {row.data['to']}"
    elif row.other_name and row.kind in table:
        words = table[row.kind].format(other=row.other_name)
    said = [str(row.effective_on), row.reason, row.document]
    if row.is_late:
        said.append(f"{clock.business_day(row.recorded_at)} 登记")
    return {"text": words, "detail": "　".join(part for part in said if part)}


def _poster(found: UnionRow) -> dict[str, Any]:
    if not found.accepts_members or not found.is_live:
        return {"join_url": "", "join_qr": ""}
    url = f"{settings.PUBLIC_ADDRESS}{reverse('join-of', args=[found.code])}"
    drawn = segno.make(url, error="m").svg_inline(scale=4, border=2, svgclass=None, lineclass=None)
    return {"join_url": url, "join_qr": mark_safe(drawn)}


def _found_words(text: str, count: int) -> str:
    if not text:
        return "您管的工会"
    return f"找到 {count} 家工会" if count else "没有找到"


def _found_row(union: UnionRow) -> dict[str, Any]:
    return {
        "url": reverse("desk-union", args=[union.code]),
        "cells": [
            {"text": union.name, "note": union.code},
            union.kind.label,
            orgs.region_name(union.adcode, union.town_code),
            {"text": union.state.label, "state": "ok" if union.is_live else "rest"},
        ],
    }


def _last(path_of_union: str) -> int:
    return int(path_of_union.rstrip("/").rsplit("/", 1)[-1])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


union_urls = [
    path("desk/unions/", tree, name="desk-tree"),
    path("desk/unions/<slug:code>/", union, name="desk-union"),
]
