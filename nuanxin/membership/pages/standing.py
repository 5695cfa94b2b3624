"""办会籍: an officer keeps, restores, moves or ends one member's 会籍; each says what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.membership import permissions
from nuanxin.membership.actions import leaving, retention, transfer
from nuanxin.membership.forms.standing import (
    EndForm,
    LapseForm,
    ProposeForm,
    RestoreForm,
    RetainForm,
)
from nuanxin.membership.queries.members import get_member
from nuanxin.membership.queries.standing import WaitingTransfer, waiting_transfer
from nuanxin.membership.states import Channel, MemberState
from nuanxin.orgs import queries as orgs


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that can be done with a membership: its form, and what it does."""

    key: str
    title: str
    effect: str
    button: str
    form: type[forms.Form]
    act: Callable[[int, dict[str, Any], Any, datetime], None]
    states: frozenset[MemberState]
    is_final: bool = False


@requires("membership.decide")
@require_http_methods(["GET", "HEAD", "POST"])
def standing(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Show what can be done with a membership, and do it."""
    actor = actor_of(request)
    found = get_member(actor=actor, membership_id=membership_id)
    permissions.check_can_decide(actor, path=orgs.get_union(found.row.union_id).path)
    waiting = waiting_transfer(worker_id=found.row.worker_id, membership_id=membership_id)
    ways = [way for way in WAYS if found.row.state in way.states]
    chosen = next((way for way in ways if way.key == request.POST.get("do")), None)
    if request.method == "POST" and chosen is None:
        if waiting is None or request.POST.get("do") != "cancel":
            raise Malformed("membership.no_such_way", "这段会籍刚刚变动过。请刷新看看，再办。")
        transfer.cancel_transfer(transfer_id=waiting.id, actor=actor, now=clock.now())
        return HttpResponseRedirect(request.path)
    bound = chosen.form(request.POST) if chosen else None
    if chosen and bound and bound.is_valid() and _done(chosen, bound, membership_id, actor):
        return HttpResponseRedirect(reverse("desk-member", args=[membership_id]))
    context = {
        "page_title": f"{found.row.name}的会籍",
        "page_lead": f"{found.row.union_name} · {found.row.state.label}",
        "ways": [_shown(way, bound if way is chosen else None) for way in ways],
        "waiting": _waiting(waiting, actor),
        "is_own": permissions.is_own_person(actor, found.row.worker_id),
        "crumbs": [
            {"label": "会员", "url": reverse("desk-members")},
            {"label": found.row.name, "url": reverse("desk-member", args=[membership_id])},
            {"label": "办会籍"},
        ],
    }
    status = 422 if bound is not None and bound.errors else 200
    return render(request, "membership/members/standing.html", context, status=status)


def _done(way: Way, form: forms.Form, membership_id: int, actor: Any) -> bool:
    """Act; a refusal is put beside the form, and what was typed stays."""
    try:
        way.act(membership_id, form.cleaned_data, actor, clock.now())
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return False
    return True


def _shown(way: Way, bound: forms.Form | None) -> dict[str, Any]:
    return {
        "way": way,
        "form": bound or way.form(auto_id=f"{way.key}-%s"),
        "is_open": bound is not None,
    }


def _waiting(waiting: WaitingTransfer | None, actor: Any) -> dict[str, Any] | None:
    if waiting is None:
        return None
    until = f"，{waiting.expires_on} 前有效" if waiting.expires_on else ""
    return {
        "text": f"已经提议转到{waiting.union_name}，等本人答复{until}。",
        "may_cancel": permissions.can_decide(actor, path=waiting.path),
    }


def _retain(membership_id: int, given: dict[str, Any], actor: Any, now: datetime) -> None:
    retention.retain_membership(
        membership_id=membership_id,
        reason=given["reason"],
        note=given["note"],
        actor=actor,
        now=now,
    )


def _restore(membership_id: int, given: dict[str, Any], actor: Any, now: datetime) -> None:
    retention.restore_membership(
        membership_id=membership_id, note=given["note"], actor=actor, now=now
    )


def _propose(membership_id: int, given: dict[str, Any], actor: Any, now: datetime) -> None:
    try:
        union = orgs.get_union_by_code(given["union"].strip())
        permissions.check_can_decide(actor, path=union.path)
    except NotFound:
        raise Malformed(
            "union.not_in_reach", "您管的范围里没有这个编码的工会。请再核对一下。"
        ) from None
    transfer.propose_transfer(
        membership_id=membership_id,
        to_union_id=union.id,
        channel=Channel.COLLECTIVE,
        actor=actor,
        now=now,
    )


def _end(membership_id: int, given: dict[str, Any], actor: Any, now: datetime) -> None:
    leaving.end_membership(
        membership_id=membership_id,
        reason=given["reason"],
        note=given["note"],
        actor=actor,
        now=now,
    )


def _lapse(membership_id: int, given: dict[str, Any], actor: Any, now: datetime) -> None:
    leaving.lapse_membership(membership_id=membership_id, actor=actor, now=now, **given)


_LIVE = frozenset({MemberState.LIVE})
_RETAINED = frozenset({MemberState.RETAINED})
WAYS = (
    Way(
        "restore",
        "恢复会籍",
        "又开始干活了，从今天起算在籍会员，卡号和入会日期不变。",
        "恢复会籍",
        RestoreForm,
        _restore,
        _RETAINED,
    ),
    Way(
        "retain",
        "保留会籍",
        "退休、失业、单位关停的，会籍留着，不交会费，不算在籍会员，也没有选举权。随时可以恢复。",
        "保留会籍",
        RetainForm,
        _retain,
        _LIVE,
    ),
    Way(
        "propose",
        "提议转会",
        "发给本人，本人点头才转。会籍不断，入会日期和卡号不变。",
        "提议转会",
        ProposeForm,
        _propose,
        _LIVE | _RETAINED,
    ),
    Way(
        "end",
        "终止会籍",
        "本人书面退会、除名、去世的，登记后马上终止，会员卡作废，不能撤回。"
        "办错了，只能请本人再申请入会。",
        "终止会籍",
        EndForm,
        _end,
        _LIVE | _RETAINED,
        is_final=True,
    ),
    Way(
        "lapse",
        "自动退会",
        "长期不交会费、不参加活动，谈过话仍不改的，才能办；差什么会告诉您。免缴会费的地方不办。",
        "按自动退会办",
        LapseForm,
        _lapse,
        _LIVE,
        is_final=True,
    ),
)
"""What can be done, in the order of the page (domain M-12 to M-18)."""
