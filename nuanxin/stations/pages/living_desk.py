"""驿站现状 on the desk: what nobody confirms, one station's hours, links, screens."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.membership.queries.card import qr_svg
from nuanxin.stations.actions import doors, keeper_links, opening
from nuanxin.stations.forms.living import read_local
from nuanxin.stations.pages import living_words as words
from nuanxin.stations.pages.busy import charts, spans_of
from nuanxin.stations.queries import living as queries
from nuanxin.stations.queries.living import PAGE_ROWS
from nuanxin.stations.queries.repairs import list_repairs_of
from nuanxin.stations.rules.hours_words import say_hours
from nuanxin.stations.rules.plain_hours import (
    AS_USUAL,
    LABELS,
    OWN,
    SHUT,
    PlainHours,
    Times,
    plain_hours,
    read_plain,
)
from nuanxin.stations.states import ConfirmedBy
from nuanxin.stations.states.reporting import Outcome

METHODS = ["GET", "HEAD", "POST"]


@requires("station.list")
@require_GET
def stale_list(request: HttpRequest) -> HttpResponse:
    """List stations that should be open now by their hours and that nobody confirmed of late."""
    now = clock.now()
    after = whole_number(request.GET.get("after")) or 0
    rows = queries.list_stale(actor=actor_of(request), now=now, after=after)
    page = rows[:PAGE_ROWS]
    context = {
        "page_title": "没人确认的驿站",
        "page_lead": "按时间现在该开着，可是没人确认、确认过的太久了，或者说法不一。打个电话，或把链接发给站长。",
        "columns": [
            {"label": "驿站"}, {"label": "工会"}, {"label": "站长", "css": "nw"},
            {"label": "上次确认", "css": "nw"}, {"label": "为什么"},
        ],
        "rows": [_stale(one, now) for one in page],
        "next_url": f"?{urlencode({'after': page[-1].id})}" if len(rows) > PAGE_ROWS else "",
        "other_url": reverse("desk-station-repairs"),
    }  # fmt: skip
    return render(request, "stations/desk/stale.html", context)


@requires("station.list")
@require_GET
def station_living(request: HttpRequest, code: str) -> HttpResponse:
    """Show how one station stands, its closures, links, screens and visits."""
    return _station_page(request, code)


@requires("station.manage")
@require_POST
def station_living_act(request: HttpRequest, code: str) -> HttpResponse:
    """Plan or cancel a closure, make or close a link or a screen."""
    shown: dict[str, Any] = {}
    try:
        shown = _act(request, code)
    except NotFound:
        raise
    except Refusal as refusal:
        return _station_page(request, code, {"problem": refusal.message}, refusal.status)
    if shown:
        return _station_page(request, code, shown)
    return HttpResponseRedirect(reverse("desk-station-living", args=[code]))


@requires("station.manage")
@require_http_methods(METHODS)
def station_hours(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Write hours in the plain form, or as text; the form writes what OSM understands."""
    now, actor = clock.now(), actor_of(request)
    living, may_manage = queries.get_managed(code, actor=actor, now=now)
    if kind not in opening.HOURS_KINDS or not may_manage:
        raise NotFound()
    text = getattr(living.station, kind)
    problem, status, form = "", 200, plain_hours(text)
    if request.method == "POST":
        try:
            if request.POST.get("by") == "text":
                text = request.POST.get("text", "")
            else:
                form = read_plain(request.POST)
                text = form.as_osm()
            opening.set_hours(code=code, kind=kind, text=text, actor=actor, now=now)
        except Malformed as refusal:
            problem, status = refusal.message, refusal.status
        else:
            return HttpResponseRedirect(reverse("desk-station-living", args=[code]))
    context = {
        "page_title": f"{living.station.name}：{opening.HOURS_KINDS[kind]}",
        "page_lead": "空着就是那天不开。过了半夜就写 22:00 到 06:00，算前一天的。",
        "problem": problem,
        "form": _form_rows(form or PlainHours()),
        "holidays": _holidays(form or PlainHours()),
        "holiday_row": {
            "label": "另外写的",
            "name": "p",
            "times": _times_of((form or PlainHours()).holiday_times),
        },
        "is_plain": form is not None,
        "text": text,
        "said": say_hours(getattr(living.station, kind)),
        "back_url": reverse("desk-station-living", args=[code]),
    }
    return render(request, "stations/desk/hours.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------


def _act(request: HttpRequest, code: str) -> dict[str, Any]:
    """Do one thing; return what is to be shown once."""
    asked, actor, now = request.POST, actor_of(request), clock.now()
    do, _, number = asked.get("do", "").partition("-")
    if do == "closure":
        opening.plan_closure(
            code=code,
            begins_at=read_local(asked.get("begins", ""), "开始"),
            ends_at=read_local(asked.get("ends", ""), "结束"),
            reason=asked.get("reason", ""),
            actor=actor,
            now=now,
        )
    elif do == "cancel":
        opening.cancel_closure(
            closure_id=whole_number(number) or 0, code=code, actor=actor, now=now
        )
    elif do == "link":
        made = keeper_links.make_keeper_link(
            code=code, label=asked.get("label", ""), actor=actor, now=now
        )
        return {"link": made.link, "drawn": mark_safe(qr_svg(made.link))}
    elif do == "unlink":
        keeper_links.close_keeper_link(
            link_id=whole_number(number) or 0, code=code, actor=actor, now=now
        )
    elif do == "screen":
        screen = doors.make_screen(code=code, label=asked.get("place", ""), actor=actor, now=now)
        return {"screen": screen.link, "screen_key": screen.key}
    elif do == "unscreen":
        doors.close_screen(device_id=whole_number(number) or 0, code=code, actor=actor, now=now)
    else:
        raise Malformed("stations.act", "没看懂要做什么，回到上一页再点一次。")
    return {}


def _station_page(
    request: HttpRequest, code: str, more: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    now = clock.now()
    living, may_manage = queries.get_managed(code, actor=actor_of(request), now=now)
    one, on = living.station, clock.business_day(now)
    today, persons, month, month_persons = queries.visits_of(one.id, on=on)
    context = {
        "page_title": f"{one.name}：现状",
        "page_lead": one.code,
        "state": words.state_words(living),
        "trace": words.trace_lines(one, now),
        "conditions": words.conditions(living),
        "hours": [
            {
                "label": label,
                "value": say_hours(getattr(one, kind)) or "没有",
                "url": reverse("desk-station-hours", args=[code, kind]) if may_manage else "",
            }
            for kind, label in opening.HOURS_KINDS.items()
        ],
        "closures": words.closure_rows(queries.list_closures(one.id, now=now), now),
        "links": [
            {"id": link.id, "text": link.label, "note": f"到 {clock.business_day(link.expires_at)}"}
            for link in queries.list_links(one.id, now=now)
        ],
        "screens": [
            {"id": device.id, "text": device.label} for device in queries.list_screens(one.id)
        ],
        "repairs": [
            {"text": row["title"], "note": row["text"], "end": row["end"]}
            for row in words.repair_rows(list_repairs_of(one.id), on)
        ],
        "repairs_url": f"{reverse('desk-station-repairs')}?{urlencode({'station': code})}",
        "visits": [
            {"label": "今天", "value": f"{today:,} 人次，约 {persons:,} 人"},
            {"label": "这个月", "value": f"{month:,} 人次，约 {month_persons:,} 人"},
        ],
        "charts": charts(
            one.id, spans_of(living), adcode=living.station.adcode, now=now, with_numbers=True
        ),
        "may_manage": may_manage,
        "act_url": reverse("desk-station-living-act", args=[code]),
    }
    answer = render(request, "stations/desk/living.html", context | (more or {}), status=status)
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


def _form_rows(form: PlainHours) -> list[dict[str, Any]]:
    return [
        {"label": label, "name": f"d{number}", "times": _times_of(form.days[number])}
        for number, label in enumerate(LABELS)
    ]


def _times_of(times: Times) -> list[str]:
    flat = [clock_text for span in times for clock_text in span]
    return [*flat, "", "", "", ""][:4]


def _holidays(form: PlainHours) -> list[dict[str, Any]]:
    labels = {AS_USUAL: "和平常的周几一样", SHUT: "不开", OWN: "另外写"}
    return [
        {"value": value, "label": label, "is_chosen": form.holidays == value}
        for value, label in labels.items()
    ]


def _stale(row: queries.StaleRow, now: Any) -> dict[str, Any]:
    at = words.clock_words(row.confirmed_at, now) if row.confirmed_at else "从来没有"
    by = ConfirmedBy(row.confirmed_by).label if row.confirmed_by else ""
    outcome = Outcome(row.outcome)
    # What is fresh_until over counts as too old even before the minute's job has settled it again.
    why = Outcome.STALE if outcome is Outcome.SETTLED else outcome
    return {
        "url": reverse("desk-station-living", args=[row.code]),
        "cells": [
            {"text": row.name, "note": row.code},
            row.union_name,
            {"text": row.keeper_hint or "还没有", "css": "nw"},
            {"text": at, "note": by, "css": "nw"},
            {"text": why.label, "state": "care"},
        ],
    }
