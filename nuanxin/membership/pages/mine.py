"""我的: one's membership, what is asked of one, one's data, who looked, leaving."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.membership.actions import confirm, leaving, transfer
from nuanxin.membership.queries.invitations import invitation_of_token
from nuanxin.membership.queries.mine import Mine, get_my_membership
from nuanxin.membership.states import MemberState
from nuanxin.people import actions as people_actions
from nuanxin.people import queries as people
from nuanxin.people.states import ConsentPurpose

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first page for everybody: what the union does, and the two ways in."""
    context = {
        "page_title": "暖新",
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
    context = {
        "page_title": _title(mine),
        "mine": mine,
        "facts": _facts(mine),
        "past": [
            {
                "title": past.union_name,
                "text": f"{past.started_on} 至 {past.ended_on}，{past.reason.label}",
            }
            for past in mine.past
        ],
        "rooms": [
            {"title": "我的资料", "text": "看、改、下载、删", "url": reverse("worker-data")},
            {
                "title": "谁看过我的号码",
                "text": "每次查看都留名、留用途",
                "url": reverse("worker-readings"),
            },
        ],
    }
    return render(request, "membership/mine/me.html", context)


@requires("own.open")
@require_POST
def answer_transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Say yes or no to the proposal to move."""
    act = transfer.accept_transfer if request.POST.get("do") == "yes" else transfer.decline_transfer
    act(transfer_id=transfer_id, actor=_worker(request), now=clock.now())
    return HttpResponseRedirect(reverse("worker-me"))


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


@requires("own.open")
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Everything kept about oneself; as a page, as JSON, as a workbook."""
    actor = _worker(request)
    kept = people.my_data(actor.worker_id)
    wanted = request.GET.get("as", "")
    if wanted == "json":
        body = json.dumps(kept, ensure_ascii=False, indent=2, default=str)
        return _download(body.encode(), "application/json", "my-data.json")
    if wanted == "xlsx":
        return _download(people.my_data_workbook(kept), WORKBOOK, "my-data.xlsx")
    consents = [
        {"title": c.purpose.label, "text": f"{clock.business_day(c.granted_at)} 同意",
         "purpose": int(c.purpose)}
        for c in people.list_consents(actor.worker_id) if c.is_live
    ]  # fmt: skip
    context = {"page_title": "我的资料", "sections": _sections(kept), "consents": consents}
    return render(request, "membership/mine/data.html", context)


@requires("own.open")
@require_POST
def withdraw_consent(request: HttpRequest) -> HttpResponse:
    """Withdraw a consent: as easy as giving it."""
    actor = _worker(request)
    purpose = request.POST.get("purpose", "")
    if not purpose.isdecimal() or int(purpose) not in set(ConsentPurpose):
        raise Malformed("people.no_such_purpose", "先选要撤回哪一项同意。")
    people_actions.withdraw_consent(
        worker_id=actor.worker_id, purpose=int(purpose), actor=actor, now=clock.now()
    )
    return HttpResponseRedirect(reverse("worker-data"))


@public
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an invitation from the link in the message: one tap; no is as near as yes."""
    actor = request.actor  # type: ignore[attr-defined]
    now = clock.now()
    if request.method == "POST" and request.POST.get("do") == "no":
        confirm.decline_invitation(token=token, actor=actor, now=now)
        context = {"page_title": "好的，不会再发了", "is_declined": True}
        return render(request, "membership/mine/invitation.html", context)
    if request.method == "POST":
        receipt = confirm.confirm_invitation(token=token, actor=actor, now=now)
        context = {"page_title": receipt.title, "receipt": receipt, "is_done": True}
        return render(request, "membership/mine/invitation.html", context)
    found = invitation_of_token(token, clock.business_day(now))
    context = {
        "page_title": f"{found.waiting.where.name}请你入会",
        "found": found,
        "rows": [
            {"label": "姓名", "value": found.masked_name, "url": ""},
            {"label": "单位或网点", "value": found.place_stated or "没写", "url": ""},
            {"label": "工会", "value": found.waiting.where.name, "url": ""},
        ],
    }
    return render(request, "membership/mine/invitation.html", context)


# ---- inside -----------------------------------------------------------------------------------


def _worker(request: HttpRequest) -> Any:
    actor = request.actor  # type: ignore[attr-defined]
    if actor.worker_id is None:
        raise NotFound()
    return actor


def _title(mine: Mine) -> str:
    if mine.membership is not None:
        if mine.membership.state == MemberState.RETAINED:
            return "你的会籍保留着。"
        return f"你是{mine.membership.where.name}的会员。"
    return "你的申请在路上。" if mine.application is not None else "你还没有入会。"


def _facts(mine: Mine) -> list[dict[str, Any]]:
    if mine.membership is not None:
        held = mine.membership
        return [
            {"label": "卡号", "value": mine.shown_number, "url": ""},
            {"label": "工会", "value": held.where.name, "url": ""},
            {"label": "状态", "value": held.state.label, "url": ""},
            {"label": "职业", "value": held.occupation_label, "url": ""},
            {"label": "入会", "value": str(held.joined_on), "url": ""},
        ]
    if mine.application is not None:
        asked = mine.application
        rows = [
            {"label": "工会", "value": asked.where.name, "url": ""},
            {"label": "状态", "value": asked.state.label, "url": ""},
        ]
        if asked.due_on:
            rows.append({"label": "最晚", "value": f"{asked.due_on} 前答复", "url": ""})
        if asked.note:
            rows.append({"label": "说明", "value": asked.note, "url": ""})
        return rows
    return []


def _sections(kept: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each section as rows of label and value, for the page."""
    return [
        {
            "title": section["title"],
            "blocks": [
                [
                    {"label": section["labels"].get(key, key), "value": value, "url": ""}
                    for key, value in row.items()
                    if value not in ("", None)
                ]
                for row in section["rows"]
            ],
        }
        for section in kept["sections"]
        if section["rows"]
    ]


def _download(body: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
