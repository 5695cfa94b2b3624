"""会员 on the desk: the list with search and filters, one member, reading a number in clear."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.occupations import all_occupations
from nuanxin.membership.queries.members import MemberFilter, get_member, list_members
from nuanxin.membership.states import Channel, MemberState
from nuanxin.orgs import queries as orgs
from nuanxin.people import actions as people_actions

PURPOSES = ("核对入会资料", "联系本人", "处理本人的求助", "配合审计")


@requires("membership.list")
@require_GET
def member_list(request: HttpRequest) -> HttpResponse:
    """List the members below a union: search, filters, keyset pages."""
    actor = _actor(request)
    union = _union_asked(actor, request.GET.get("union", ""))
    only, kept = _filter(request)
    page = list_members(
        actor=actor, union_id=union.id, only=only, cursor=request.GET.get("after") or None
    )
    context = {
        "page_title": _title(union.name, page, kept),
        "search_value": kept.get("q", ""),
        "q": kept.get("q", ""),
        "states": _choices(MemberState, kept.get("state", ""), "在籍和保留的"),
        "channels": _choices(Channel, kept.get("channel", ""), "全部渠道"),
        "occupations": _occupations(kept.get("occupation", "")),
        "kept": [{"name": "union", "value": union.code}],
        "clear_url": f"?{urlencode({'union': union.code})}" if kept else "",
        "columns": [
            {"label": "姓名"}, {"label": "手机号"}, {"label": "职业"}, {"label": "工会"},
            {"label": "状态"}, {"label": "入会", "css": "nw"},
        ],
        "rows": [_row(member) for member in page.items],
        "total": page.count,
        "next_url": f"?{urlencode(kept | {'union': union.code, 'after': page.next})}"
        if page.next else "",
        "drop_url": reverse("desk-roster-new") if policy.holds(actor, "roster.create") else "",
        "scope": f"您看的是{union.name}和它下面的。",
    }  # fmt: skip
    return render(request, "membership/members/list.html", context)


@requires("membership.list")
@require_GET
def member(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Show one member: masked; who may, reads in clear after saying why."""
    return _member_page(request, membership_id)


@requires("person.unmask")
@require_POST
def member_unmask(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Read a number in clear: the reason is kept, and the person can see who looked."""
    actor = _actor(request)
    found = get_member(actor=actor, membership_id=membership_id)
    path = orgs.get_union(found.row.union_id).path
    policy.check(actor, "person.unmask", path=path, worker_id=found.row.worker_id)
    field, purpose = request.POST.get("field", ""), request.POST.get("purpose", "").strip()
    if field not in ("identity", "phone"):
        raise NotFound()
    if not purpose:
        raise Malformed("people.purpose_missing", "先写明为什么要看，本人能查到这句话。")
    clear = people_actions.read_in_clear(
        worker_id=found.row.worker_id, field=field, purpose=purpose, actor=actor, now=clock.now()
    )
    return _member_page(request, membership_id, clear={field: clear})


# ---- inside -----------------------------------------------------------------------------------


def _member_page(
    request: HttpRequest, membership_id: int, clear: dict[str, str] | None = None
) -> HttpResponse:
    actor = _actor(request)
    found = get_member(actor=actor, membership_id=membership_id)
    row = found.row
    shown = clear or {}
    context = {
        "page_title": row.name,
        "page_lead": f"{row.union_name} · {row.state.label}",
        "facts": [
            {"label": "手机号", "value": shown.get("phone", row.masked_phone or "—")},
            {"label": "身份证号", "value": shown.get("identity", row.masked_identity or "—")},
            {"label": "职业", "value": row.occupation_label},
            {"label": "单位或网点", "value": row.place or "—"},
            {"label": "入会渠道", "value": row.channel.label},
            {"label": "首次入会", "value": str(row.joined_on)},
        ],
        "is_clear": bool(shown),
        "may_unmask": policy.holds(actor, "person.unmask") and not found.is_former,
        "unmask_url": reverse("desk-member-unmask", args=[membership_id]),
        "purposes": [{"value": p, "label": p, "is_chosen": False} for p in PURPOSES],
        "periods": [
            {
                "text": f"{period.union_name}，{period.channel.label}",
                "detail": f"{period.started_on} 至 {period.ended_on or '今'}"
                + (f"，{period.end_reason.label}" if period.end_reason else ""),
            }
            for period in found.periods
        ],
        "crumbs": [{"label": "会员", "url": reverse("desk-members")}, {"label": row.name}],
    }
    return render(request, "membership/members/member.html", context)


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]


def _union_asked(actor: Any, code: str) -> Any:
    """Return the union asked for, or the first of the actor's own."""
    if code:
        union = orgs.get_union_by_code(code)
        policy.check(actor, "membership.list", path=union.path)
        return union
    paths = policy.scope_paths(actor, "membership.list")
    if not paths:
        raise NotFound()
    return orgs.get_union(int(paths[0].rstrip("/").rsplit("/", 1)[-1]))


def _filter(request: HttpRequest) -> tuple[MemberFilter, dict[str, str]]:
    kept = {
        name: value
        for name in ("q", "state", "channel", "occupation", "from", "to", "region")
        if (value := request.GET.get(name, "").strip())
    }
    return (
        MemberFilter(
            search=kept.get("q", ""),
            state=_member_of(MemberState, kept.get("state")),
            occupation=_number(kept.get("occupation")),
            channel=_member_of(Channel, kept.get("channel")),
            joined_from=_day(kept.get("from")),
            joined_to=_day(kept.get("to")),
            region=_number(kept.get("region")),
        ),
        kept,
    )


def _member_of(kind: Any, value: str | None) -> Any:
    number = _number(value)
    return kind(number) if number in set(kind) else None


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() else None


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _title(name: str, page: Any, kept: dict[str, str]) -> str:
    if page.count is None:
        return f"{name}的会员"
    more = "多于 " if page.count_is_capped else ""
    return f"找到 {more}{page.count:,} 人" if kept else f"{name}，会员 {more}{page.count:,} 人"


def _row(member: Any) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "url": reverse("desk-member", args=[member.id]),
        "cells": [
            {"text": member.name, "note": member.masked_identity},
            member.masked_phone or "—",
            member.occupation_label,
            {"text": member.union_name, "note": member.place},
            {"text": member.state.label, "state": _STATE[member.state]},
            str(member.joined_on),
        ],
    }


_STATE = {MemberState.LIVE: "ok", MemberState.RETAINED: "care", MemberState.ENDED: ""}


def _choices(kind: Any, chosen: str, otherwise: str) -> list[dict[str, Any]]:
    return [{"value": "", "label": otherwise, "is_chosen": not chosen}] + [
        {"value": int(one), "label": one.label, "is_chosen": str(int(one)) == chosen}
        for one in kind
    ]


def _occupations(chosen: str) -> list[dict[str, Any]]:
    today = clock.business_day(clock.now())
    return [{"value": "", "label": "全部职业", "is_chosen": not chosen}] + [
        {"value": job.key, "label": job.label, "is_chosen": str(job.key) == chosen}
        for job in all_occupations(today)
    ]
