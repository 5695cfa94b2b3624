"""我的预约: code and QR to show at the door, changing, excusing oneself, saying how it was."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.membership.queries.card import qr_svg
from nuanxin.programmes.actions import feedback, sessions
from nuanxin.programmes.forms.sessions import calendar_text
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import sessions as queries
from nuanxin.programmes.rules.attendance import Excuse, Face, FeedbackReason
from nuanxin.programmes.rules.booking_codes import shown_code


@requires("own.open")
@require_GET
def booking_list(request: HttpRequest) -> HttpResponse:
    """List one's bookings; where one has a place and no session yet, choose one."""
    return _list_page(request)


def _list_page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    worker_id, now = actor_of(request).worker_id, clock.now()
    if worker_id is None:
        raise NotFound()
    rows = queries.list_my_bookings(worker_id)
    choices = queries.list_choices(worker_id, now=now)
    context = {
        "page_title": "我的预约",
        "problem": problem,
        "choices": [_choice(one, title) for title, one in choices],
        "rows": [
            {
                "title": row.offer_title,
                "text": f"{words.moment(row.starts_at)}，{row.place}",
                "end": row.attended.label if row.attended else "",
                "url": reverse("my-booking", args=[row.id]),
            }
            for row in rows
        ],
        "offers_url": reverse("worker-offers"),
    }
    return render(request, "programmes/bookings/list.html", context, status=status)


@requires("own.open")
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Go to a session, or change to another."""
    session_id = whole_number(request.POST.get("session"))
    try:
        made = sessions.choose_session(
            session_id=session_id or 0, actor=actor_of(request), now=clock.now()
        )
    except NotFound:
        return _list_page(request, problem="先选一场，再点「就这场」。", status=422)
    except Refusal as refusal:
        return _list_page(request, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("my-booking", args=[made]))


@requires("own.open")
@require_GET
def booking(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Show one booking: the code big, when, where, what to bring."""
    return _booking_page(request, booking_id)


def _booking_page(
    request: HttpRequest, booking_id: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    row = queries.get_my_booking(booking_id, actor.worker_id)
    may_change = now < row.change_until
    others = (
        queries.list_choices(actor.worker_id, now=now, offer_code=row.offer_code)
        if may_change and actor.worker_id is not None
        else []
    )
    context = {
        "page_title": row.offer_title,
        "row": row,
        "problem": problem,
        "code": shown_code(row.code),
        "qr": mark_safe(qr_svg(row.code)),
        "is_over": now >= row.ends_at,
        "facts": _facts(row),
        "stands": _stands(row),
        "choices": [_choice(one) for _, one in others if one.id != row.session_id],
        "may_change": may_change,
        "may_excuse": row.excuse is None and row.attended is None,
        "excuses": [{"value": int(one), "label": one.label} for one in Excuse],
        "may_say": row.attended is not None and row.attended.was_there and not row.has_feedback,
        "calendar_url": reverse("my-booking-calendar", args=[row.id]),
        "act_url": reverse("my-booking-act", args=[row.id]),
        "say_url": reverse("my-booking-say", args=[row.id]),
        "list_url": reverse("my-bookings"),
    }
    return render(request, "programmes/bookings/booking.html", context, status=status)


@requires("own.open")
@require_POST
def booking_act(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Excuse oneself, in two taps."""
    queries.get_my_booking(booking_id, actor_of(request).worker_id)
    chosen = whole_number(request.POST.get("excuse"))
    if chosen not in {int(one) for one in Excuse}:
        return _booking_page(request, booking_id, problem="先点一下是什么事。", status=422)
    try:
        sessions.ask_excuse(
            booking_id=booking_id, reason=Excuse(chosen), actor=actor_of(request), now=clock.now()
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _booking_page(request, booking_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("my-booking", args=[booking_id]))


@requires("own.open")
@require_GET
def booking_calendar(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Give the session for the phone's calendar."""
    row = queries.get_my_booking(booking_id, actor_of(request).worker_id)
    text = calendar_text(
        uid=f"booking-{row.id}@nuanxin", title=f"{row.offer_title}：{row.title}", place=row.place,
        starts_at=row.starts_at, ends_at=row.ends_at, stamp=clock.now(),
    )  # fmt: skip
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="booking.ics"'
    return answer


@requires("own.open")
@require_http_methods(["GET", "HEAD", "POST"])
def booking_say(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Say how it was: a face, and send."""
    actor = actor_of(request)
    row = queries.get_my_booking(booking_id, actor.worker_id)
    problem, status, is_said = "", 200, row.has_feedback
    if request.method == "POST":
        chosen = whole_number(request.POST.get("face"))
        known = {int(one) for one in FeedbackReason}
        reasons = [whole_number(one) for one in request.POST.getlist("reasons")]
        try:
            if chosen not in {int(one) for one in Face}:
                problem, status = "先点一张脸，再交。", 422
            else:
                feedback.give_feedback(
                    booking_id=booking_id,
                    face=Face(chosen),
                    reasons=[FeedbackReason(one) for one in reasons if one in known],
                    remark=request.POST.get("remark", ""),
                    actor=actor,
                    now=clock.now(),
                )
                is_said = True
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    context = {
        "page_title": "这次怎么样？",
        "row": row,
        "is_said": is_said,
        "problem": problem,
        "faces": [{"value": int(one), "label": one.label} for one in reversed(Face)],
        "reasons": [{"value": int(one), "label": one.label} for one in FeedbackReason],
        "list_url": reverse("my-bookings"),
    }
    return render(request, "programmes/bookings/say.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------


def _choice(one: queries.Choice, offer: str = "") -> dict[str, Any]:
    before = f"{offer}：" if offer else ""
    said = f"{before}{words.moment(one.starts_at)}，{one.title}，{one.place}，剩 {one.left:,} 个"
    return {"value": one.id, "label": said}


def _facts(row: queries.MyBooking) -> list[dict[str, str]]:
    facts = [
        {"label": "什么时候", "value": f"{words.moment(row.starts_at)}，{row.title}"},
        {"label": "在哪里", "value": row.place},
        {"label": "带什么", "value": row.bring or "会员卡，人来就行"},
        {"label": "自己能改到", "value": words.moment(row.change_until)},
    ]
    return facts


def _stands(row: queries.MyBooking) -> str:
    """Return where the booking stands, in a sentence; empty while nothing has happened."""
    if row.attended is not None:
        return {1: "你到了。", 2: "你到了，比开始晚。", 3: "记的是没来。", 4: "请了假，不算失约。"}[
            int(row.attended)
        ]
    if row.excuse is None:
        return ""
    if row.excuse_granted is None:
        return f"请假交上去了（{row.excuse.label}），等工会定。"
    return "准假了，不算失约。" if row.excuse_granted else "这次没准假，能来还是来。"
