"""我的: one's membership, what is asked of one, one's data, who looked, leaving."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.membership.actions import confirm, leaving, retention, transfer, withdraw
from nuanxin.membership.forms.standing import KeepForm
from nuanxin.membership.queries.invitations import invitation_of_token, token_of
from nuanxin.membership.queries.mine import Mine, get_my_membership
from nuanxin.membership.rules.invitations import may_confirm
from nuanxin.membership.rules.receipts import HOTLINE
from nuanxin.membership.states import JoinState, MemberState
from nuanxin.people import queries as people


@public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first page: what the union does and the two ways in; a worker's own state first."""
    actor = actor_of(request)
    mine = get_my_membership(actor=actor) if actor.worker_id is not None else None
    context = {
        "page_title": "暖新",
        "mine": mine,
        "title": _title(mine) if mine else "",
        "has_card": mine is not None and _has_card(mine),
        "lead": _lead(mine) if mine else "",
        "points": [
            {"word": "看病", "text": "医疗互助，住院自己掏的部分，能再报一笔。"},
            {"word": "歇脚", "text": "街边的工会驿站，进门就能坐，喝水、充电不收钱。"},
            {"word": "撑腰", "text": "欠薪、受伤、乱扣钱，工会帮你找律师、讲道理。"},
        ],
    }
    return render(request, "membership/mine/home.html", context)


@requires("own.open")
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """One's membership, the application on its way, a proposal to move, one's past."""
    actor = _worker(request)
    mine = get_my_membership(actor=actor)
    asked = mine.application if mine.membership is None else None
    context = {
        "page_title": "我的",
        "title": _title(mine),
        "lead": _lead(mine),
        "mine": mine,
        "has_card": _has_card(mine),
        "facts": _facts(mine),
        "may_keep": mine.membership is not None and mine.membership.state == MemberState.LIVE,
        "state": asked.state.name.lower() if asked else "",
        "invitation_url": _invitation_url(asked),
        "past": [
            {
                "title": past.union_name,
                "text": f"{_said(past.started_on)}至 {_said(past.ended_on)}，{past.reason.label}",
            }
            for past in mine.past
        ],
        "rooms": _rooms(mine),
        "services": [
            {"title": title, "text": text, "url": reverse(name)} for name, title, text in _SERVICES
        ],
        "banner": _moved(mine) if request.GET.get("moved") else None,
    }
    return render(request, "membership/mine/me.html", context)


@requires("own.open")
@require_POST
def withdraw_application(request: HttpRequest) -> HttpResponse:
    """Take one's application back before it is decided."""
    actor = _worker(request)
    mine = get_my_membership(actor=actor)
    if mine.application is None:
        return HttpResponseRedirect(reverse("worker-me"))
    withdraw.withdraw_application(application_id=mine.application.id, actor=actor, now=clock.now())
    return HttpResponseRedirect(reverse("worker-me"))


@requires("own.open")
@require_POST
def answer_transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Say yes or no to the proposal to move."""
    act = transfer.accept_transfer if request.POST.get("do") == "yes" else transfer.decline_transfer
    act(transfer_id=transfer_id, actor=_worker(request), now=clock.now())
    moved = "?moved=1" if request.POST.get("do") == "yes" else ""
    return HttpResponseRedirect(reverse("worker-me") + moved)


@requires("own.open")
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Leave: say what ends with it, then at once."""
    actor = _worker(request)
    mine = get_my_membership(actor=actor)
    if mine.membership is None:
        return HttpResponseRedirect(reverse("worker-me"))
    if request.method == "POST":
        leaving.leave_union(reason=request.POST.get("reason", ""), actor=actor, now=clock.now())
        return HttpResponseRedirect(reverse("worker-me"))
    context = {
        "page_title": "要退会吗？",
        "union_name": mine.membership.where.name,
        "back_url": reverse("worker-me"),
        "back_label": "不退了",
    }
    return render(request, "membership/mine/leave.html", context)


@requires("own.open")
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest) -> HttpResponse:
    """Put one's own membership on hold: out of work for a while, but not out of the union."""
    actor = _worker(request)
    held = get_my_membership(actor=actor).membership
    if held is None or held.state != MemberState.LIVE:
        return HttpResponseRedirect(reverse("worker-me"))
    form = KeepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        retention.retain_membership(
            membership_id=held.id, reason=form.cleaned_data["reason"], actor=actor, now=clock.now()
        )
        return HttpResponseRedirect(reverse("worker-me"))
    context = {
        "page_title": "先保留会籍？",
        "union_name": held.where.name,
        "form": form,
        "back_url": reverse("worker-me"),
        "back_label": "不用了",
    }
    status = 422 if form.is_bound else 200
    return render(request, "membership/mine/keep.html", context, status=status)


@requires("reading_log.own")
@require_GET
def readings(request: HttpRequest) -> HttpResponse:
    """Who read one's number or phone, when, and what for."""
    actor = _worker(request)
    found = people.list_readings(actor.worker_id, actor=actor, limit=100)
    context = {
        "page_title": "谁看过我的号码",
        "rows": [
            {
                "title": f"{row.actor_name}看了{row.field_label}",
                "text": f"为了：{row.purpose}",
                "end": row.at,
            }
            for row in found
        ],
    }
    return render(request, "membership/mine/readings.html", context)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an invitation from the link in the message: one tap; no is as near as yes.

    A link that is over, used or broken leads on: it says what happened and what can be done.
    """
    try:
        if request.method == "POST":
            return _answer_invitation(request, token)
        return _show_invitation(request, token)
    except NotFound:
        raise
    except Refusal as refusal:
        context = {
            "page_title": _OVER.get(refusal.code, "这个邀请结束了"),
            "is_over": True,
            "message": refusal.message,
            "hotline": HOTLINE,
        }
        page = "membership/mine/invitation.html"
        return render(request, page, context, status=refusal.status)


# ---- inside -----------------------------------------------------------------------------------


_OVER = {
    "membership.link_unreadable": "这个链接打不开。",
    "membership.link_expired": "这个邀请过期了。",
}


def _answer_invitation(request: HttpRequest, token: str) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    if request.POST.get("do") == "no":
        confirm.decline_invitation(token=token, actor=actor, now=now)
        context: dict[str, Any] = {"page_title": "好的，不会再发了", "is_declined": True}
    else:
        receipt = confirm.confirm_invitation(token=token, actor=actor, now=now)
        context = confirmed_context(receipt)
    return render(request, "membership/mine/invitation.html", context)


def _show_invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = invitation_of_token(token, clock.business_day(clock.now()))
    where, state = found.waiting.where, found.waiting.state
    decision = may_confirm(state)
    context: dict[str, Any] = {
        "page_title": f"{where.name}请你入会",
        "rows": [
            {"label": "姓名", "value": found.masked_name, "url": ""},
            {"label": "单位或网点", "value": found.place_stated or "没写", "url": ""},
            {"label": "工会", "value": where.name, "url": ""},
            {"label": "最晚", "value": f"{_said(found.expires_on)}前答复", "url": ""},
        ],
    }
    if not decision.is_yes:
        is_used = decision.code == "already_confirmed"
        context = {
            "page_title": "你已经确认过了。" if is_used else "这个邀请结束了。",
            "is_over": True,
            "is_used": is_used,
            "message": f"{where.name}那边收到了。进度在“我的”里看。"
            if is_used else decision.message,
            "hotline": HOTLINE,
        }  # fmt: skip
    return render(request, "membership/mine/invitation.html", context)


def confirmed_context(receipt: Any) -> dict[str, Any]:
    """Return what the page after a confirmation shows: the card's number and what happens next."""
    return {
        "page_title": receipt.title,
        "receipt": receipt,
        "is_done": True,
        "steps": [
            {"text": step.when, "detail": step.what, "is_done": at == 0}
            for at, step in enumerate(receipt.steps)
        ],
    }


def _worker(request: HttpRequest) -> Any:
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    return actor


def _has_card(mine: Mine) -> bool:
    return mine.membership is not None or mine.is_provisional


def _title(mine: Mine) -> str:
    if mine.membership is not None:
        if mine.membership.state == MemberState.RETAINED:
            return "你的会籍保留着。"
        return "你是工会会员。"
    state = mine.application.state if mine.application is not None else None
    return {
        JoinState.SUBMITTED: "你的申请在路上。",
        JoinState.RETURNED: "申请差一点，补好再交。",
        JoinState.INVITED: "有个工会请你入会。",
    }.get(state, "你还没有入会。")  # type: ignore[arg-type]


def _lead(mine: Mine) -> str:
    """Return the one sentence under the title: since when, by when, or why not."""
    held, asked = mine.membership, mine.application
    if held is not None:
        return f"{held.where.name}，{_said(held.joined_on)}入会。"
    if asked is None:
        return "入会不要钱，一分半钟办完。"
    if asked.state is JoinState.SUBMITTED:
        return f"{asked.where.name}，{_said(asked.due_on)}前审核完。你不用做什么。"
    if asked.state is JoinState.INVITED:
        return f"{asked.where.name}等你答复，{_said(asked.expires_on)}前都可以。"
    if asked.state in (JoinState.RETURNED, JoinState.DECLINED) and asked.note:
        return f"{asked.where.name}说：{asked.note}"
    return f"上次申请进{asked.where.name}，{asked.state.label}。想入会随时再申请。"


def _facts(mine: Mine) -> list[dict[str, Any]]:
    held, asked = mine.membership, mine.application
    if held is not None:
        return [
            {"label": "工会", "value": held.where.name, "url": ""},
            {"label": "状态", "value": held.state.label, "url": ""},
            {"label": "职业", "value": held.occupation_label, "url": ""},
            {"label": "入会", "value": _said(held.joined_on), "url": ""},
        ]
    if asked is not None and asked.state.is_open:
        return [
            {"label": "工会", "value": asked.where.name, "url": ""},
            {"label": "状态", "value": asked.state.label, "url": ""},
            {"label": "申请", "value": _said(clock.business_day(asked.created_at)), "url": ""},
        ]
    return []


# Rooms of 服务 that are one's own, by name of their address.
_SERVICES = (
    ("my-offers", "我报过的", "报名、候补、名额，到了哪一步"),
    ("my-facts", "我填报的情况", "学历、证书、社保，报名时用"),
    ("proofs", "工作证明", "请工会、网点在手机上确认"),
    ("my-payments", "发给我的钱", "收款账户和每一笔"),
    ("my-station-bookings", "约的驿站服务", "法律咨询、心理咨询、读书活动"),
    ("children", "孩子的托管", "报名、同意书、接送"),
    ("helped", "别人替我办的", "每一件有回执，办错了能撤"),
)


def _rooms(mine: Mine) -> list[dict[str, str]]:
    rooms = [
        {"title": "我的通知", "text": "要告诉我什么，也在里面设", "url": reverse("my-notices")},
        {"title": "我的资料", "text": "看、改、下载、删", "url": reverse("worker-data")},
        {
            "title": "谁看过我的号码",
            "text": "每次查看都留名、留用途",
            "url": reverse("worker-readings"),
        },
    ]
    if _has_card(mine):
        rooms.append(
            {"title": "存一份会员卡", "text": "PDF，能打印", "url": reverse("worker-card-paper")}
        )
        rooms.append(
            {"title": "入会申请书", "text": "PDF，填好的", "url": reverse("worker-joining-paper")}
        )
    return rooms


def _invitation_url(asked: Any) -> str:
    if asked is None or asked.state is not JoinState.INVITED or asked.expires_on is None:
        return ""
    return reverse("invitation", args=[token_of(asked.id, asked.expires_on)])


def _moved(mine: Mine) -> dict[str, str] | None:
    if mine.membership is None:
        return None
    return {
        "text": f"会籍已经转到{mine.membership.where.name}。",
        "detail": "入会日期和卡号不变。",
    }


def _said(day: date | None) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日" if day else ""
