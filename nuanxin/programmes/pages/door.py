"""签到: what a keeper at the door opens with link and PIN; works without network; the provider's list.

No account: a signed cookie names the gate, and each request asks whether the gate is open. Nothing
here tells more of a person than surname, or for a provider name, age band and booking code.
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.permissions import public
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.membership.queries.card import card_check_bundle
from nuanxin.programmes.actions.checking_in import ScanSent, take_scans
from nuanxin.programmes.actions.feedback import note_list_read
from nuanxin.programmes.actions.gates import check_open, enter_gate
from nuanxin.programmes.forms.sessions import read_scans
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import sessions as queries
from nuanxin.programmes.rules.attendance import ScanOutcome

_COOKIE, _SALT, _PATH = "nuanxin_door", "programmes.door", "/door/"
_METHODS = ["GET", "HEAD", "POST"]


@public
@require_http_methods(_METHODS)
def enter(request: HttpRequest, link: str) -> HttpResponse:
    """Ask for the PIN; then lead to the list of the session."""
    problem, status, now = "", 200, clock.now()
    if request.method == "POST":
        try:
            gate_id = enter_gate(link=link[:40], pin=request.POST.get("pin", "")[:12], now=now)
        except NotFound:
            problem, status = "没有这个链接。照着工会发的再点一次。", 404
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        else:
            answer = HttpResponseRedirect(reverse("door"))
            answer.set_signed_cookie(
                _COOKIE, str(gate_id), salt=_SALT, path=_PATH, httponly=True, samesite="Lax",
                secure=settings.IS_HTTPS, max_age=4 * 86_400,
            )  # fmt: skip
            return answer
    context = {"page_title": "签到", "problem": problem}
    return _private(render(request, "programmes/door/enter.html", context, status=status))


@public
@require_http_methods(_METHODS)
def door(request: HttpRequest) -> HttpResponse:
    """Check people in: by camera or typed; the script keeps the page for when there is no network."""
    now = clock.now()
    found, refusal = _door(request, now)
    if found is None:
        shut = {"page_title": "签到", "closed": refusal}
        return _private(render(request, "programmes/door/closed.html", shut))
    said = _typed(request, found, now) if request.method == "POST" else None
    context = {
        "page_title": f"{found.title}签到",
        "door": found,
        "when": f"{words.moment(found.starts_at)}，{found.place}",
        "said": said.label if said else "",
        "is_good": said in (ScanOutcome.TAKEN, ScanOutcome.AGAIN, ScanOutcome.EARLIER),
        "outcomes": [{"key": int(one), "label": one.label} for one in ScanOutcome],
        "people_url": reverse("door-people") if found.gate.shows_names else "",
    }
    return _private(render(request, "programmes/door/door.html", context))


def _typed(request: HttpRequest, found: queries.Door, now: datetime) -> ScanOutcome:
    """Take one code from a browser without scripts."""
    sent = ScanSent(uuid4(), now, request.POST.get("code", "")[:40])
    said = take_scans(gate_id=found.gate.id, device="网页", scans=[sent], now=now)
    return said[sent.client_id]


@public
@require_GET
def list_file(request: HttpRequest) -> HttpResponse:
    """Give a device the digests that it needs without a network; 404 once the gate is shut."""
    now = clock.now()
    found, _ = _door(request, now)
    if found is None:
        raise NotFound()
    told = {
        "session": found.gate.session_id,
        "day": words.day(found.starts_at),
        "expires": found.gate.expires_at.isoformat(),
        "salt": found.gate.salt,
        "digits": queries.DIGEST_HEX,
        "card_key": card_check_bundle(now)["public_key"],
        "people": queries.list_digests(found),
    }
    return _private(JsonResponse(told))


@public
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Take what a device has scanned, each once; tell what became of each."""
    now = clock.now()
    found, _ = _door(request, now)
    if found is None:
        raise NotFound()
    device, scans = read_scans(request.body)
    said = take_scans(gate_id=found.gate.id, device=device, scans=scans, now=now)
    rows = [{"id": str(one), "outcome": int(outcome)} for one, outcome in said.items()]
    return _private(JsonResponse({"taken": rows}))


@public
@require_http_methods(_METHODS)
def people(request: HttpRequest) -> HttpResponse:
    """Show a provider name, age band and code of his own session, to print; each look is kept."""
    now = clock.now()
    found, _ = _door(request, now)
    if found is None or not found.gate.shows_names:
        raise NotFound()
    rows: list[dict[str, Any]] = []
    if request.method == "POST":
        listed = queries.list_for_provider(found, on=clock.business_day(found.starts_at))
        note_list_read(found, persons=len(listed), now=now)
        rows = [{"name": one.name, "cells": [one.name, one.age_band, one.code]} for one in listed]
    context = {
        "page_title": f"{found.title}名单",
        "page_lead": f"{found.offer_title}，{words.moment(found.starts_at)}，{found.place}。",
        "columns": [{"label": "姓名"}, {"label": "年龄段"}, {"label": "预约码"}],
        "rows": rows,
        "is_shown": request.method == "POST",
        "until": words.moment(found.gate.expires_at),
        "door_url": reverse("door"),
    }
    return _private(render(request, "programmes/door/people.html", context))


@public
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """Give the script that keeps the page on the device; its scope is the door alone."""
    found = finders.find("js/kept_worker.js")
    assert isinstance(found, str)
    answer = HttpResponse(Path(found).read_bytes(), content_type="text/javascript")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


# ---- inside -----------------------------------------------------------------------------------


def _door(request: HttpRequest, now: datetime) -> tuple[queries.Door | None, str]:
    """Return the door that the cookie opens, or None and why not."""
    known = request.get_signed_cookie(_COOKIE, default="", salt=_SALT)
    if not known:
        return None, "用工会发的链接打开，再输 6 位口令。"
    try:
        found = queries.get_door(int(known))
        check_open(found.gate, now=now)
    except Refusal as refusal:
        return None, refusal.message
    return found, ""


def _private(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store, private"
    return answer
