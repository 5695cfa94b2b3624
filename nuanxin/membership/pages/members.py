"""会员 on the desk: the list with search and filters, one member, reading a number in clear."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.occupations import all_occupations, by_key
from nuanxin.kernel.text import whole_number
from nuanxin.membership import permissions
from nuanxin.membership.forms.contacts import ContactForm
from nuanxin.membership.queries.members import MemberFilter, get_member, list_members
from nuanxin.membership.states import Channel, MemberState
from nuanxin.orgs import queries as orgs
from nuanxin.people import actions as people_actions
from nuanxin.people import queries as people

CLEAR_SECONDS = 60
"""How long a number stays on the screen."""
PURPOSES = ("核对入会资料", "联系本人", "处理本人的求助", "配合审计")


@requires("membership.list")
@require_http_methods(["GET", "HEAD", "POST"])
def member_list(request: HttpRequest) -> HttpResponse:
    """List the members below a union: search, filters, keyset pages, an address to keep.

    The form is sent by POST: a name goes on to the address that shows it, a whole number (of an
    identity card, of a phone) is answered at once and never becomes part of an address; one that
    came in an address is taken out of it.
    """
    actor = actor_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    text = asked.get("q", "").strip()
    if is_whole_number(text) and request.method == "POST":
        return _list_page(request, actor, asked, number=text)
    if request.method != "POST" and not is_whole_number(text):
        return _list_page(request, actor, asked, number="")
    kept = {name: value for name in ("union", *_NAMES) if (value := asked.get(name, ""))}
    if is_whole_number(text):
        del kept["q"]
    return HttpResponseRedirect(f"{reverse('desk-members')}?{urlencode(kept)}")


@requires("membership.list")
@require_GET
def member(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Show one member: masked; who may, reads in clear after saying why."""
    return _member_page(request, membership_id)


@requires("person.unmask")
@require_POST
def member_unmask(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Read a number in clear: the reason is kept, and the person can see who looked."""
    actor = actor_of(request)
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


@requires("contact.record")
@require_POST
def member_contact(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Write down that the member was reached or served."""
    actor = actor_of(request)
    found = _present(actor, membership_id)
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            people_actions.write_down_contact(
                worker_id=found.row.worker_id, actor=actor, now=clock.now(), **form.cleaned_data
            )
        except Malformed as refusal:
            form.add_error("day" if "contact" in refusal.code else None, refusal.message)
        else:
            return HttpResponseRedirect(f"{reverse('desk-member', args=[membership_id])}#contacts")
    return _member_page(request, membership_id, contact_form=form)


@requires("contact.record")
@require_POST
def member_contact_back(request: HttpRequest, membership_id: int, contact_id: int) -> HttpResponse:
    """Take back what was written down today by mistake."""
    actor = actor_of(request)
    found = _present(actor, membership_id)
    people_actions.take_back_contact(
        contact_id=contact_id, worker_id=found.row.worker_id, actor=actor, now=clock.now()
    )
    return HttpResponseRedirect(f"{reverse('desk-member', args=[membership_id])}#contacts")


# ---- the list ---------------------------------------------------------------------------------

_NAMES = ("q", "state", "occupation", "channel", "from", "to", "region")
_DIGITS_OF_A_NUMBER = 7
_LONGEST_CODE = 6


def is_whole_number(text: str) -> bool:
    """Return whether a search text holds so many digits that it can only be somebody's number."""
    return sum(char.isdigit() for char in text) >= _DIGITS_OF_A_NUMBER


def _list_page(
    request: HttpRequest, actor: Any, asked: Mapping[str, str], *, number: str
) -> HttpResponse:
    union = _union_asked(actor, asked.get("union", ""))
    only, kept = filter_of(asked)
    if number:
        only, kept = MemberFilter(search=number), {}
    sort = asked.get("sort", "")
    page = list_members(
        actor=actor, union_id=union.id, only=only, cursor=asked.get("after") or None, sort=sort
    )
    context = {
        "page_title": "找到这位会员" if number and page.items else _title(union.name, page, kept),
        "page_lead": union.name if kept or number else "",
        "q": kept.get("q", ""),
        "states": _choices(MemberState, kept.get("state", ""), "在籍和保留的"),
        "channels": _choices(Channel, kept.get("channel", ""), "全部渠道"),
        "occupations": _occupations(kept.get("occupation", "")),
        "joined_from": kept.get("from", ""),
        "joined_to": kept.get("to", ""),
        "kept": [{"name": "union", "value": union.code}]
        + [{"name": "region", "value": kept["region"]} for _ in range("region" in kept)],
        "clear_url": f"?{urlencode({'union': union.code})}" if kept or number else "",
        "chosen": _chosen(kept, union.code),
        "columns": _columns(page, kept, number),
        "rows": [_row(member) for member in page.items],
        "total": _total(page),
        "next_url": _next_url(kept, union.code, sort, page.next),
        "start_url": _next_url(kept, union.code, sort, "") if asked.get("after") else "",
        "drop_url": reverse("desk-roster-new") if policy.holds(actor, "roster.create") else "",
        "export_url": _export_url(actor, union, kept) if page.items and not number else "",
        "scope": f"您看的是{union.name}和它下面的。",
    }  # fmt: skip
    return render(request, "membership/members/list.html", context)


def _total(page: Any) -> str:
    if page.count is None:
        return ""
    return f"{'多于' if page.count_is_capped else '共'} {page.count:,} 人"


def _columns(page: Any, kept: dict[str, str], number: str) -> list[dict[str, str]]:
    """Return the heads; the day of joining sorts where the whole list is short enough."""
    is_short = page.count is not None and not page.count_is_capped
    joined = {"label": "入会", "css": "nw"}
    if is_short and "q" not in kept and not number:
        joined["key"] = "joined"
    heads = ("姓名", "手机号", "职业", "工会", "状态")
    return [*({"label": label} for label in heads), joined]


def _next_url(kept: dict[str, str], code: str, sort: str, after: str | None) -> str:
    if after is None:
        return ""
    more = {name: value for name, value in (("sort", sort), ("after", after)) if value}
    return f"?{urlencode(kept | {'union': code} | more)}"


def _export_url(actor: Any, union: Any, kept: dict[str, str]) -> str:
    """Return where the list is taken away; not what was found by name."""
    if "q" in kept or not permissions.can_export(actor, path=union.path):
        return ""
    return f"{reverse('desk-members-export')}?{urlencode(kept | {'union': union.code})}"


def _chosen(kept: dict[str, str], code: str) -> list[dict[str, str]]:
    """Return each filter that is on, with the list without it."""
    return [
        {
            "label": label,
            "url": f"?{urlencode({k: v for k, v in kept.items() if k != name} | {'union': code})}",
        }
        for name, label in words_of_filter(kept)
    ]


def words_of_filter(kept: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (name, Chinese words) of each filter that is on."""
    only, _ = filter_of(kept)
    words = {
        "q": f"姓名有“{kept.get('q', '')}”",
        "state": only.state.label if only.state else "",
        "occupation": by_key(only.occupation).label if only.occupation else "",
        "channel": only.channel.label if only.channel else "",
        "from": f"{only.joined_from} 起入会" if only.joined_from else "",
        "to": f"{only.joined_to} 前入会" if only.joined_to else "",
        "region": f"在{orgs.region_name(only.region)}" if only.region else "",
    }
    return [(name, words[name]) for name in _NAMES if name in kept and words[name]]


# ---- inside -----------------------------------------------------------------------------------


def _member_page(
    request: HttpRequest,
    membership_id: int,
    *,
    clear: dict[str, str] | None = None,
    contact_form: ContactForm | None = None,
) -> HttpResponse:
    actor = actor_of(request)
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
        "standing_url": _standing_url(actor, found),
        "crumbs": [{"label": "会员", "url": reverse("desk-members")}, {"label": row.name}],
        **_contacts(actor, found, contact_form),
    }
    status = 422 if contact_form is not None else 200
    answer = render(request, "membership/members/member.html", context, status=status)
    if shown:
        answer["Refresh"] = f"{CLEAR_SECONDS}; url={reverse('desk-member', args=[membership_id])}"
    return answer


def _contacts(actor: Any, found: Any, form: ContactForm | None) -> dict[str, Any]:
    """Return the contacts of a member and, for who may write them down, the form."""
    if found.is_former:
        return {"contacts": [], "contact_form": None, "contact_url": "", "shows_contacts": False}
    now = clock.now()
    rows = people.list_contacts(worker_id=found.row.worker_id, actor=actor, now=now)
    may = policy.holds(actor, "contact.record") and actor.worker_id != found.row.worker_id
    return {
        "shows_contacts": True,
        "contacts": [
            {
                "text": row.kind.label,
                "detail": "，".join(
                    part for part in (str(row.day), row.recorded_by_name, row.note) if part
                ),
                "back_url": reverse("desk-member-contact-back", args=[found.row.id, row.id])
                if row.may_take_back
                else "",
            }
            for row in rows
        ],
        "contact_form": (form or ContactForm.fresh(clock.business_day(now))) if may else None,
        "contact_url": reverse("desk-member-contact", args=[found.row.id]),
    }


def _present(actor: Any, membership_id: int) -> Any:
    """Return the member; raise ``NotFound`` for one who has gone elsewhere."""
    found = get_member(actor=actor, membership_id=membership_id)
    if found.is_former:
        raise NotFound()
    return found


def _standing_url(actor: Any, found: Any) -> str:
    """Return where the membership is kept, moved or ended; "" for who may not or when it is over."""
    path = orgs.get_union(found.row.union_id).path
    may = found.row.state is not MemberState.ENDED and permissions.can_decide(actor, path=path)
    return reverse("desk-standing", args=[found.row.id]) if may else ""


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


def filter_of(asked: Mapping[str, str]) -> tuple[MemberFilter, dict[str, str]]:
    """Return what the list is narrowed to, and the parts of the address that say so.

    A whole number in an address is left out: it has no business there.
    """
    kept = {name: value for name in _NAMES if (value := asked.get(name, "").strip())}
    if is_whole_number(kept.get("q", "")):
        del kept["q"]
    return (
        MemberFilter(
            search=kept.get("q", ""),
            state=_member_of(MemberState, kept.get("state")),
            occupation=_known_job(kept.get("occupation")),
            channel=_member_of(Channel, kept.get("channel")),
            joined_from=_day(kept.get("from")),
            joined_to=_day(kept.get("to")),
            region=_number(kept.get("region")),
        ),
        kept,
    )


def _known_job(value: str | None) -> int | None:
    number = _number(value)
    today = clock.business_day(clock.now())
    return number if number in {job.key for job in all_occupations(today)} else None


def _member_of(kind: Any, value: str | None) -> Any:
    number = _number(value)
    return kind(number) if number in set(kind) else None


def _number(value: str | None) -> int | None:
    return whole_number(value, longest=_LONGEST_CODE)


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
