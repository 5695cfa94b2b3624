"""Desk hours of a station for who runs it: open and end them, who comes, joining and 代办 at the station."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.stations.actions import serving
from nuanxin.stations.forms.services import ServiceForm
from nuanxin.stations.pages.services import slot_words
from nuanxin.stations.queries import services as queries
from nuanxin.stations.rules.hours_words import say_hours
from nuanxin.stations.states.services import BookingState, ServiceKind

_STATES = {BookingState.BOOKED: "info", BookingState.DONE: "ok", BookingState.NO_SHOW: "off"}
_OUTCOMES = {"done": BookingState.DONE, "no_show": BookingState.NO_SHOW}


@requires("station.serve")
@require_http_methods(["GET", "HEAD", "POST"])
def services(request: HttpRequest, code: str) -> HttpResponse:
    """Show desk hours and bookings; open and end hours, settle a booking."""
    actor, now = actor_of(request), clock.now()
    served = queries.served_station(code, actor=actor)
    do = request.POST.get("do", "")
    form = ServiceForm(request.POST if do == "open" else None)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _act(request, do, code, form, now):
                return HttpResponseRedirect(request.path)
            status = 422
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    context = _page(served, now) | {"form": form, "problem": problem}
    answer = render(request, "stations/desk/services.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _act(request: HttpRequest, do: str, code: str, form: ServiceForm, now: datetime) -> bool:
    given: dict[str, Any] = {"code": code, "actor": actor_of(request), "now": now}
    number = request.POST.get("id", "")
    asked = whole_number(number) or 0
    if do == "open" and form.is_valid():
        serving.open_service(**given, **form.terms())
    elif do == "end":
        serving.end_service(service_id=asked, **given)
    elif do in _OUTCOMES:
        serving.settle_booking(booking_id=asked, state=_OUTCOMES[do], **given)
    else:
        return False
    return True


def _page(served: queries.Served, now: datetime) -> dict[str, Any]:
    station, rows = served.station, queries.list_desk(served, now=now)
    labels = queries.topics_at(served, now=now)
    open_ones = queries.list_services(served)
    crumbs = [{"label": station.name}, {"label": "服务和预约"}]
    if served.manages:
        url = reverse("desk-station", args=[station.code])
        crumbs[0] = {"label": station.name, "url": url}
    return {
        "page_title": f"{station.name}的服务和预约",
        "page_lead": "谁约了、约的哪一类事。名字盖着，到了再核对。",
        "crumbs": crumbs,
        "columns": [
            {"label": "什么时候", "css": "nw"}, {"label": "做什么"}, {"label": "谁"},
            {"label": "到哪一步"},
        ],
        "rows": [_booking(one, labels) for one in rows],
        "to_settle": [
            {"value": str(one.id), "label": f"{slot_words(one.starts_at, one.ends_at)} {one.masked_name}"}
            for one in rows
            if one.state is BookingState.BOOKED and one.starts_at <= now
        ],
        "services": [_service(one) for one in open_ones],
        "service_choices": [
            {"value": str(one.id), "label": f"{ServiceKind(one.kind).label}，{say_hours(one.hours)}"}
            for one in open_ones
        ],
        "joinings": [
            {"text": f"{one.month_on.year} 年 {one.month_on.month} 月", "end": f"{one.applied:,} 人"}
            for one in queries.list_joinings(served)
        ],
        "poster_url": reverse("station-join-poster", args=[station.code, "a4"]),
        "help_url": reverse("desk-help"),
    }  # fmt: skip


def _booking(
    one: queries.DeskBooking, labels: dict[tuple[ServiceKind, str], str]
) -> dict[str, Any]:
    topic = labels.get((one.kind, one.topic), "别的事")
    phone = f"{one.phone_hint[:3]}****{one.phone_hint[3:]}" if one.phone_hint else ""
    return {
        "cells": [
            {"text": slot_words(one.starts_at, one.ends_at), "css": "nw"},
            {"text": one.kind.label, "note": f"{topic}。{one.note}" if one.note else topic},
            {"text": one.masked_name, "note": phone},
            {"text": one.state.label, "state": _STATES.get(one.state, "")},
        ]
    }


def _service(one: Any) -> dict[str, str]:
    how = "电话或者视频" if one.is_remote else "到站"
    return {
        "text": f"{ServiceKind(one.kind).label}：{say_hours(one.hours)}",
        "note": f"{one.server_hint}，{how}，一次 {one.slot_minutes} 分钟，同时 {one.seats} 位",
    }
