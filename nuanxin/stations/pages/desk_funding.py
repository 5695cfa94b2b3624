"""投入 and 地图编号 of a station on the desk: written down, corrected, ended, taken away."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.money import format_yuan, parse_yuan
from nuanxin.kernel.text import whole_number
from nuanxin.stations.actions import funding as actions
from nuanxin.stations.actions.map_ids import add_map_id, end_map_id
from nuanxin.stations.forms.money import CorrectionForm, FundingForm, MapIdForm, funding_workbook
from nuanxin.stations.models import Funding
from nuanxin.stations.pages import words
from nuanxin.stations.pages.managed import crumbs_below, managed_station
from nuanxin.stations.queries import funding as queries
from nuanxin.stations.queries.register import StationDetail, list_map_ids
from nuanxin.stations.states import FundingLevel, MapProvider

_METHODS = ["GET", "HEAD", "POST"]
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires("station.manage")
@require_http_methods(_METHODS)
def funding(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was paid for the station; write a payment down, correct one."""
    detail = managed_station(request, code)
    now, do = clock.now(), request.POST.get("do", "")
    year = clock.business_day(now).year
    form = FundingForm(request.POST if do == "record" else None, initial={"year": year})
    fixing = CorrectionForm(request.POST if do == "correct" else None)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _act(request, do, form, fixing, detail):
                return HttpResponseRedirect(request.path)
            status = 422
        except NotFound:
            raise
        except Refusal as refusal:
            status = refusal.status
            field = _FIELDS.get(refusal.code)
            if field and do == "record":
                form.add_error(field, refusal.message)
            elif field == "amount":
                fixing.add_error("to", refusal.message)
            else:
                problem = refusal.message
    context = _told(detail, request.POST.get("funding", "")) | {
        "fixing": fixing,
        "form": form,
        "problem": problem,
    }
    return render(request, "stations/desk/funding.html", context, status=status)


def _told(detail: StationDetail, chosen: str) -> dict[str, Any]:
    """Return what was paid for a station: by year, by level, and what was corrected."""
    rows = queries.list_funding(detail.station.id)
    code = detail.station.code
    return {
        "page_title": "投入",
        "page_lead": f"{detail.station.name}。记错了不改原来的，另记一笔更正。",
        "crumbs": crumbs_below(detail, "投入"),
        "columns": [
            {"label": "年份", "css": "nw"}, {"label": "谁出的", "css": "nw"},
            {"label": "金额", "css": "nw"}, {"label": "依据"},
        ],
        "rows": [_row(one) for one in rows],
        "by_year": [
            {"label": f"{one} 年", "value": format_yuan(fen)}
            for one, fen in queries.sum_by_year(rows).items()
        ],
        "by_level": [
            {"label": level.label, "value": format_yuan(fen)}
            for level, fen in queries.sum_by_level(rows).items()
        ],
        "corrected": [_corrected(one) for one in queries.list_corrected(detail.station.id)],
        "choices": [
            {"value": str(one.id), "is_chosen": str(one.id) == chosen,
             "label": f"{one.year} 年，{FundingLevel(one.level).label}，{format_yuan(one.amount_fen)}"}
            for one in rows
        ],
        "sheet_url": reverse("desk-station-funding-workbook", args=[code]) if rows else "",
    }  # fmt: skip


_FIELDS = {
    "funding.year": "year",
    "funding.amount": "amount",
    "funding.source": "source",
    "money.unreadable": "amount",
    "money.too_large": "amount",
}


def _act(
    request: HttpRequest, do: str, form: FundingForm, fixing: CorrectionForm, detail: StationDetail
) -> bool:
    actor, now = actor_of(request), clock.now()
    if do == "record" and form.is_valid():
        asked = dict(form.cleaned_data)
        actions.record_funding(
            station_id=detail.station.id, amount_fen=parse_yuan(asked.pop("amount")), actor=actor,
            now=now, **asked,
        )  # fmt: skip
        return True
    if do == "correct" and fixing.is_valid():
        number = whole_number(request.POST.get("funding")) or 0
        if not number:
            raise Malformed("funding.which", "选要更正的那一笔。")
        actions.correct_funding(
            station_id=detail.station.id, funding_id=number, actor=actor, now=now,
            amount_fen=parse_yuan(fixing.cleaned_data["to"]),
        )  # fmt: skip
        return True
    return False


def _row(one: Funding) -> dict[str, Any]:
    return {
        "cells": [
            {"text": str(one.year), "css": "nw"},
            {"text": FundingLevel(one.level).label, "css": "nw"},
            {"text": format_yuan(one.amount_fen), "css": "nw"},
            {"text": one.source, "note": f"{words.moment(one.recorded_at)} 记"},
        ]
    }


def _corrected(one: Funding) -> dict[str, str]:
    instead = one.replaced_by.amount_fen
    return {
        "text": f"{one.year} 年，{FundingLevel(one.level).label}，{format_yuan(one.amount_fen)}",
        "note": one.source,
        "end": f"更正成 {format_yuan(instead)}" if instead else "没有这一笔",
    }


@requires("station.manage")
@require_safe
def funding_sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Give what was paid as a workbook."""
    detail = managed_station(request, code)
    rows = queries.list_funding(detail.station.id)
    answer = HttpResponse(funding_workbook(rows), content_type=_SHEET)
    answer["Content-Disposition"] = f'attachment; filename="funding-{detail.station.code}.xlsx"'
    return answer


@requires("station.manage")
@require_http_methods(_METHODS)
def map_ids(request: HttpRequest, code: str) -> HttpResponse:
    """Show under which ids maps know the station; add one, end one."""
    detail = managed_station(request, code)
    actor, now, do = actor_of(request), clock.now(), request.POST.get("do", "")
    form = MapIdForm(request.POST if do == "add" else None)
    station_id, problem, status = detail.station.id, "", 200
    try:
        if do == "add" and form.is_valid():
            add_map_id(station_id=station_id, actor=actor, now=now, **form.cleaned_data)
            return HttpResponseRedirect(request.path)
        if do == "end":
            number = whole_number(request.POST.get("map")) or 0
            end_map_id(station_id=station_id, map_id=number, actor=actor, now=now)
            return HttpResponseRedirect(request.path)
    except NotFound:
        raise
    except Refusal as refusal:
        status = refusal.status
        if do == "add":
            form.add_error("ident", refusal.message)
        else:
            problem = refusal.message
    rows = list_map_ids(station_id)
    context = {
        "page_title": "地图编号",
        "page_lead": f"{detail.station.name}。名册和地图靠它认出是同一个站；一个编号只指一个站。",
        "crumbs": crumbs_below(detail, "地图编号"),
        "rows": [
            {"id": one.id, "label": MapProvider(one.provider).label, "ident": one.ident}
            for one in rows
        ],
        "form": form,
        "problem": problem,
    }
    status = 422 if form.is_bound and not form.is_valid() and status == 200 else status
    return render(request, "stations/desk/map_ids.html", context, status=status)
