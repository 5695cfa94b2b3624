"""场次 at the desk: sessions of an offer, who is in one and who came, gates, corrections, excuses."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.programmes.actions import attending, gates, sessions, slot_sessions
from nuanxin.programmes.forms.sessions import SessionForm, SlotSessionsForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import desk as offers
from nuanxin.programmes.queries import sessions as queries
from nuanxin.programmes.queries.attendance import count_attended
from nuanxin.programmes.queries.feedback import Answers, count_answers
from nuanxin.programmes.rules.attendance import Attended, ScanOutcome
from nuanxin.programmes.states import Way


@requires("programme.view")
@require_GET
def session_list(request: HttpRequest, offer_id: int) -> HttpResponse:
    """List the sessions of an offer, with how many came as persons and as person-times."""
    return _list_page(request, offer_id)


def _list_page(
    request: HttpRequest,
    offer_id: int,
    *,
    form: SessionForm | None = None,
    slots: SlotSessionsForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    found = offers.get_desk_offer(offer_id, actor=actor_of(request))
    counted = count_attended(offer_id)
    answers = count_answers(offer_id, on=clock.business_day(clock.now()))
    context = {
        "page_title": f"场次：{found.row.title}",
        "page_lead": f"到场 {counted.persons:,} 人，{counted.person_times:,} 人次。{_found(answers)}",
        "problem": problem,
        "columns": [
            {"label": "场次"}, {"label": "什么时候", "css": "nw"}, {"label": "地点"},
            {"label": "班", "css": "num"}, {"label": "约了", "css": "num"},
            {"label": "到了", "css": "num"}, {"label": "没来", "css": "num"}, {"label": "状态"},
        ],
        "rows": [_session_row(row) for row in queries.list_sessions(offer_id)],
        "form": (form or SessionForm()) if found.may_manage else None,
        "slots": (slots or SlotSessionsForm())
        if found.may_manage and found.row.way is Way.SLOT
        else None,
        "act_url": reverse("desk-sessions-act", args=[offer_id]),
        "crumbs": [
            {"label": "服务项目", "url": reverse("desk-offers")},
            {"label": found.row.title, "url": reverse("desk-offer", args=[offer_id])},
            {"label": "场次"},
        ],
    }  # fmt: skip
    return render(request, "programmes/sessions/list.html", context, status=status)


@requires("programme.manage")
@require_POST
def session_list_act(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Add a session or one for each slot, or put those with a place into the sessions."""
    offers.get_desk_offer(offer_id, actor=actor_of(request))
    shared: dict[str, Any] = {"actor": actor_of(request), "now": clock.now()}
    form = SessionForm(request.POST) if request.POST.get("do") == "new" else None
    slots = SlotSessionsForm(request.POST) if request.POST.get("do") == "slots" else None
    try:
        if not all(one is None or one.is_valid() for one in (form, slots)):
            return _list_page(request, offer_id, form=form, slots=slots, status=422)
        if slots is not None:
            slot_sessions.make_slot_sessions(offer_id=offer_id, draft=slots.draft(), **shared)
            return HttpResponseRedirect(reverse("desk-sessions", args=[offer_id]))
        if form is not None:
            sessions.create_session(offer_id=offer_id, draft=form.draft(), **shared)
        elif request.POST.get("do") == "place":
            placed = sessions.place_people(offer_id=offer_id, **shared)
            if not placed:
                raise Malformed("programmes.nobody_placed", "没有人要排：都排好了，或者场次满了。")
        else:
            raise Malformed("programmes.no_act", "没看清要做哪一步，再点一下。")
    except NotFound:
        raise
    except Refusal as refusal:
        return _list_page(
            request,
            offer_id,
            form=form,
            slots=slots,
            problem=refusal.message,
            status=refusal.status,
        )
    return HttpResponseRedirect(reverse("desk-sessions", args=[offer_id]))


@requires("programme.view")
@require_GET
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show a session: people, attendance, gates, what became of scans, how people found it."""
    return _session_page(request, session_id)


def _session_page(
    request: HttpRequest,
    session_id: int,
    *,
    opened: gates.OpenedGate | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    found = queries.get_desk_session(
        session_id, actor=actor_of(request), on=clock.business_day(now)
    )
    people, following = queries.list_people(
        session_id, after=whole_number(request.GET.get("after")) or 0
    )
    row = found.row
    context = {
        "page_title": f"{row.title}，{words.moment(row.starts_at)}",
        "page_lead": f"{row.place}。约了 {row.booked:,} 人，到了 {row.came:,} 人。{_found(found.answers)}",
        "problem": problem,
        "opened": opened,
        "opened_url": f"{settings.PUBLIC_ADDRESS.rstrip('/')}{reverse('door-enter', args=[opened.link])}"
        if opened
        else "",
        "may_manage": found.may_manage,
        "may_close": found.may_manage and not row.is_closed and now >= row.ends_at,
        "is_begun": now >= row.starts_at,
        "people": [_person(one) for one in people],
        "kinds": [{"value": int(one), "label": one.label} for one in Attended],
        "gates": [_gate(gate, now) for gate in found.gates],
        "reason_rows": [
            {"label": reason.label, "value": f"{count:,} 次"}
            for reason, count in found.answers.reasons
        ],
        "remarks": found.answers.remarks,
        "scan_rows": [
            {"label": ScanOutcome(outcome).label, "value": f"{count:,} 次"}
            for outcome, count in found.scans
        ],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
        "act_url": reverse("desk-session-act", args=[session_id]),
        "crumbs": [
            {"label": "服务项目", "url": reverse("desk-offers")},
            {"label": found.offer_title, "url": reverse("desk-sessions", args=[found.offer_id])},
            {"label": row.title},
        ],
    }
    return render(request, "programmes/sessions/session.html", context, status=status)


@requires("programme.manage")
@require_POST
def session_act(request: HttpRequest, session_id: int) -> HttpResponse:
    """Close the session, open or close a gate, correct somebody, decide an excuse."""
    queries.get_desk_session(
        session_id, actor=actor_of(request), on=clock.business_day(clock.now())
    )
    try:
        opened = _act(request, session_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _session_page(request, session_id, problem=refusal.message, status=refusal.status)
    if opened is not None:
        answer = _session_page(request, session_id, opened=opened)
        answer.headers["Cache-Control"] = "no-store, private"
        return answer
    return HttpResponseRedirect(reverse("desk-session", args=[session_id]))


def _act(request: HttpRequest, session_id: int) -> gates.OpenedGate | None:
    sent = request.POST
    shared: dict[str, Any] = {"actor": actor_of(request), "now": clock.now()}
    step, booking_id = sent.get("do", ""), whole_number(sent.get("booking")) or 0
    if step == "close":
        attending.close_session(session_id=session_id, **shared)
    elif step == "gate":
        return gates.open_gate(
            session_id=session_id, label=sent.get("label", ""),
            shows_names=sent.get("names") == "1", **shared,
        )  # fmt: skip
    elif step.startswith("shut-"):
        gate_id = whole_number(step.removeprefix("shut-")) or 0
        gates.close_gate(gate_id=gate_id, session_id=session_id, **shared)
    elif step == "correct":
        kind = whole_number(sent.get("kind"))
        if kind not in {int(one) for one in Attended}:
            raise Malformed("programmes.no_kind", "先选到了、迟到、没来还是请假。")
        attending.correct_attendance(
            booking_id=booking_id, kind=Attended(kind), reason=sent.get("reason", ""), **shared
        )
    elif step in ("grant", "refuse"):
        attending.decide_excuse(booking_id=booking_id, is_granted=step == "grant", **shared)
    else:
        raise Malformed("programmes.no_act", "没看清要做哪一步，再点一下。")
    return None


# ---- inside -----------------------------------------------------------------------------------


def _found(answers: Answers) -> str:
    if not answers.count:
        return ""
    if answers.share_percent is None:
        return f"评价还不到 {answers.least} 份，先不算。"
    return f"{answers.count:,} 份评价，{answers.share_percent}% 满意。"


def _session_row(row: queries.SessionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.title,
        "url": reverse("desk-session", args=[row.id]),
        "cells": [
            row.title,
            words.moment(row.starts_at),
            row.place,
            {"text": f"第 {row.series} 班", "css": "num"},
            {"text": f"{row.booked:,} / {row.capacity:,}", "css": "num"},
            {"text": f"{row.came:,}", "css": "num"},
            {"text": f"{row.absent:,}", "css": "num"},
            {
                "text": "结场了" if row.is_closed else "没结场",
                "state": "off" if row.is_closed else "ok",
            },
        ],
    }


def _person(one: queries.PersonRow) -> dict[str, Any]:
    said = one.attended.label if one.attended else "还没到"
    if one.arrived_at is not None:
        said += f"，{words.moment(one.arrived_at)}"
    is_waiting = one.excuse is not None and one.excuse_granted is None
    return {
        "booking_id": one.booking_id,
        "name": one.name,
        "code": one.code,
        "said": said,
        "excuse": one.excuse.label if one.excuse else "",
        "is_waiting": is_waiting,
    }


def _gate(gate: Any, now: Any) -> dict[str, Any]:
    is_open = gate.closed_at is None and now < gate.expires_at
    return {
        "id": gate.id,
        "label": gate.label,
        "text": f"{'签到和名单' if gate.shows_names else '只签到'}，用到 {words.moment(gate.expires_at)}"
        if is_open
        else "停用了",
        "is_open": is_open,
    }
