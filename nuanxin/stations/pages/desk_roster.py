"""值班 of a station's week on the desk: who stands when, what nobody has taken, papers of keepers."""

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.stations import permissions
from nuanxin.stations.actions import keeping
from nuanxin.stations.forms.keeping import PaperForm, ShiftForm
from nuanxin.stations.pages import words
from nuanxin.stations.queries.keeping import KeeperRow, Roster, ShiftRow, get_roster
from nuanxin.stations.states import KeeperRole

_WEEKDAYS = "一二三四五六日"


@requires("station.list")
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: HttpRequest, code: str) -> HttpResponse:
    """Show a week; plan a shift, take one off, repeat the week, note a paper."""
    actor, now = actor_of(request), clock.now()
    monday = _monday(request.GET.get("week", ""), clock.business_day(now))
    found = get_roster(code, clock.day_start(monday), actor=actor)
    keepers = [(one.id, one.name_hint) for one in found.keepers]
    do = request.POST.get("do", "")
    shift = ShiftForm(request.POST if do == "shift" else None, keepers=keepers)
    paper = PaperForm(request.POST if do == "paper" else None, keepers=keepers)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _act(request, do, found, shift, paper, actor, now):
                return HttpResponseRedirect(request.get_full_path())
            status = 422
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    context = _week(found, monday, actor) | {"shift": shift, "paper": paper, "problem": problem}
    return render(request, "stations/keeping/roster.html", context, status=status)


def _week(found: Roster, monday: date, actor: Actor) -> dict[str, Any]:
    """Return a week of a station as its page tells it: days, shifts, keepers with their papers."""
    return {
        "page_title": f"{found.name}的值班",
        "page_lead": f"{words.said(monday)}起的一周。",
        "gap_words": _gap_words(found),
        "columns": [{"label": "哪天", "css": "nw"}, {"label": "谁在"}, {"label": "没人接的", "css": "nw"}],
        "rows": [_day_row(found, monday + timedelta(days=n)) for n in range(7)],
        "shifts": bool(found.shifts),
        "shift_choices": [
            {"value": str(one.id), "label": _shift_words(one), "is_chosen": False}
            for one in found.shifts
        ],
        "keeper_columns": [
            {"label": "站长"}, {"label": "职责"}, {"label": "培训", "css": "nw"},
            {"label": "犯罪记录查询", "css": "nw"},
        ],
        "keepers": [_keeper_row(one) for one in found.keepers],
        "may_manage": permissions.can_manage(actor, path=found.union_path),
        "before_url": f"?week={monday - timedelta(days=7)}",
        "after_url": f"?week={monday + timedelta(days=7)}",
        "crumbs": [
            {"label": "驿站", "url": reverse("desk-stations")},
            {"label": found.name, "url": reverse("desk-station", args=[found.code])},
            {"label": "值班"},
        ],
    }  # fmt: skip


def _act(
    request: HttpRequest, do: str, found: Roster, shift: ShiftForm, paper: PaperForm, actor: Any,
    now: datetime,
) -> bool:  # fmt: skip
    if do == "shift" and shift.is_valid():
        keeping.plan_shift(actor=actor, now=now, **shift.terms())
    elif do == "paper" and paper.is_valid():
        keeping.note_paper(actor=actor, now=now, **paper.terms())
    elif do == "repeat":
        keeping.repeat_week(station_id=found.station_id, since=found.since, actor=actor, now=now)
    elif do == "end":
        known = {str(one.id): one.id for one in found.shifts}
        picked = known.get(request.POST.get("shift_id", ""))
        if picked is None:
            raise Malformed("stations.which_shift", "选要撤下的那一班。")
        keeping.end_shift(shift_id=picked, actor=actor, now=now)
    else:
        return False
    return True


def _monday(asked: str, today: date) -> date:
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = today
    if abs((day - today).days) > 400:
        day = today
    return day - timedelta(days=day.weekday())


def _gap_words(found: Roster) -> str:
    if not found.promised_hours:
        return ""
    if not found.gap_hours:
        return f"这一周说好开 {found.promised_hours:.0f} 小时，每一小时都有人。"
    return f"这一周说好开 {found.promised_hours:.0f} 小时，{found.gap_hours:.0f} 小时还没人接。"


def _day_row(found: Roster, day: date) -> dict[str, Any]:
    on_day = [one for one in found.shifts if clock.business_day(one.starts_at) == day]
    open_ = [one for one in found.gaps if clock.business_day(one[0]) == day]
    return {
        "cells": [
            {"text": f"{day.month} 月 {day.day} 日", "note": f"周{_WEEKDAYS[day.weekday()]}"},
            "；".join(f"{one.keeper_hint} {_span(one.starts_at, one.ends_at)}" for one in on_day),
            {"text": "；".join(f"{_span(*one)} 没人" for one in open_), "css": "nw"},
        ]
    }


def _span(since: datetime, until: datetime) -> str:
    a, b = since.astimezone(clock.SHANGHAI), until.astimezone(clock.SHANGHAI)
    return f"{a:%H:%M} 到 {'第二天 ' if b.date() > a.date() else ''}{b:%H:%M}"


def _shift_words(one: ShiftRow) -> str:
    return f"{words.moment(one.starts_at)}，{one.keeper_hint}"


def _keeper_row(one: KeeperRow) -> dict[str, Any]:
    check = "没有查询记录" if one.checked_on is None else f"{one.checked_on} 查过"
    trained = "没有培训记录" if one.trained_on is None else f"{one.trained_on} 训过"
    return {
        "cells": [
            one.name_hint,
            KeeperRole(one.role).label,
            {"text": trained, "note": one.course, "css": "nw"},
            {"text": check, "note": "没有通过" if one.is_clear is False else "", "css": "nw"},
        ]
    }
