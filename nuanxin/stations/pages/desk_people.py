"""Keepers and photos of a station on the desk; a photo for everybody."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.stations.actions import keepers, photos
from nuanxin.stations.actions.keepers import KeeperDraft
from nuanxin.stations.forms.people import KeeperForm, PhotoForm
from nuanxin.stations.pages import words
from nuanxin.stations.pages.managed import crumbs_below, managed_station
from nuanxin.stations.queries.keepers import KeeperLine, list_station_keepers
from nuanxin.stations.queries.photos import list_photos, open_photo

_METHODS = ["GET", "HEAD", "POST"]
_KEEPER_FIELDS = {
    "name": "name",
    "phone": "phone",
    "keeper.account": "username",
    "keeper.day": "from_on",
}


@requires("station.manage")
@require_http_methods(_METHODS)
def keeper_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show who keeps the station; appoint somebody, end somebody's keeping."""
    actor, now = actor_of(request), clock.now()
    detail = managed_station(request, code)
    station_id, do = detail.station.id, request.POST.get("do", "")
    today = clock.business_day(now)
    form = KeeperForm(request.POST if do == "appoint" else None, initial={"from_on": today})
    problem, status = "", 200
    try:
        if do == "appoint" and form.is_valid():
            keepers.appoint_keeper(
                station_id=station_id, draft=KeeperDraft(**form.cleaned_data), actor=actor, now=now
            )
            return HttpResponseRedirect(request.path)
        if do == "end":
            number = request.POST.get("keeper", "")
            keepers.end_keeper(
                station_id=station_id, until_on=today, actor=actor, now=now,
                keeper_id=whole_number(number) or 0,
            )  # fmt: skip
            return HttpResponseRedirect(request.path)
    except NotFound:
        raise
    except Refusal as refusal:
        field = _KEEPER_FIELDS.get(refusal.code) or _KEEPER_FIELDS.get(refusal.code.split(".")[0])
        if field and do == "appoint":
            form.add_error(field, refusal.message)
        else:
            problem, status = refusal.message, refusal.status
    lines = list_station_keepers(station_id)
    context = {
        "page_title": "站长",
        "page_lead": f"{detail.station.name}。姓名和手机号是加密存的，这里只显示称呼和掩码。",
        "crumbs": crumbs_below(detail, "站长"),
        "columns": [
            {"label": "站长"}, {"label": "手机号", "css": "nw"}, {"label": "从", "css": "nw"},
            {"label": "到", "css": "nw"}, {"label": "账号", "css": "nw"},
        ],
        "rows": [_keeper_row(one) for one in lines],
        "endings": [
            {"id": one.id, "label": f"{one.name_hint}今天卸任"} for one in lines if not one.until_on
        ],
        "form": form,
        "problem": problem,
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors else status
    return render(request, "stations/desk/keepers.html", context, status=status)


def _keeper_row(one: KeeperLine) -> dict[str, Any]:
    return {
        "cells": [
            {"text": one.name_hint, "note": one.role.label},
            {"text": one.masked_phone, "css": "nw"},
            {"text": words.said(one.from_on), "css": "nw"},
            {"text": words.said(one.until_on) or "现在", "css": "nw"},
            {"text": "有" if one.has_account else "没有", "css": "nw"},
        ]
    }


@requires("station.manage")
@require_http_methods(_METHODS)
def photo_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show the photos of the station; add one, take one down."""
    actor, now = actor_of(request), clock.now()
    detail = managed_station(request, code)
    station_id, do = detail.station.id, request.POST.get("do", "")
    form = PhotoForm(request.POST, request.FILES) if do == "add" else PhotoForm()
    if do == "remove":
        number = request.POST.get("photo", "")
        photos.remove_photo(
            station_id=station_id, actor=actor, now=now,
            photo_id=whole_number(number) or 0,
        )  # fmt: skip
        return HttpResponseRedirect(request.path)
    if do == "add" and form.is_valid():
        try:
            photos.add_photo(
                station_id=station_id, content=form.cleaned_data["file"].read(),
                caption=form.cleaned_data["caption"], actor=actor, now=now,
            )  # fmt: skip
        except NotFound:
            raise
        except Refusal as refusal:
            form.add_error(
                "caption" if refusal.code == "photo.caption" else "file", refusal.message
            )
        else:
            return HttpResponseRedirect(request.path)
    context = {
        "page_title": "照片",
        "page_lead": f"{detail.station.name}。拍摄的时间、地点、手机型号存的时候都去掉了，别拍到人脸。",
        "crumbs": crumbs_below(detail, "照片"),
        "photos": [
            {
                "id": one.id, "caption": one.caption, "width": one.width, "height": one.height,
                "url": reverse("station-photo", args=[code, one.id]),
            }
            for one in list_photos(station_id)
        ],
        "form": form,
        "file_error": (form.errors.get("file") or [""])[0],
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "stations/desk/photos.html", context, status=status)


@public
@require_safe
def photo(request: HttpRequest, code: str, photo_id: int) -> StreamingHttpResponse:
    """Give a photo of a station."""
    media_type, pieces = open_photo(code, photo_id)
    answer = StreamingHttpResponse(pieces, content_type=media_type)
    answer["Content-Disposition"] = "inline"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "public, max-age=86400"
    return answer
