"""门码: what a phone opens that scanned a door, and the screen that shows the code."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import public
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.membership.queries.card import qr_svg
from nuanxin.stations.actions import doors
from nuanxin.stations.pages import living_words as words
from nuanxin.stations.queries.living import get_living, living_of_device
from nuanxin.stations.states.living import DoorOutcome

METHODS = ["GET", "HEAD", "POST"]
MARK_COOKIE, _SALT, _PATH = "nx_visit", "stations.visit", "/q/"
SCREEN_SECONDS = 10


@public
@require_http_methods(METHODS)
def door_code(request: HttpRequest, code: str) -> HttpResponse:
    """Show whose door was scanned; open it by one tap, which counts the visit and nobody's name."""
    now = clock.now()
    if request.method != "POST":
        return _private(render(request, "stations/door.html", _asked(code, now)))
    mark = request.get_signed_cookie(MARK_COOKIE, default="", salt=_SALT)
    mark = mark or secrets.token_urlsafe(16)
    try:
        found = doors.scan(text=code, mark=mark, network=origin_of(request).network, now=now)
    except Refusal as refusal:
        context = {"page_title": "门没有开", "text": refusal.message, "is_open": False}
        return _private(render(request, "stations/door_said.html", context, status=refusal.status))
    is_open = found.outcome is DoorOutcome.OPENED
    title = "门开了" if found.by_code else "记下了，进来吧"
    context = {
        "page_title": title if is_open else "门没有开",
        "text": "" if is_open else f"{found.outcome.label}。",
        "is_open": is_open,
    }
    answer = render(request, "stations/door_said.html", context, status=200 if is_open else 409)
    if is_open:
        answer.set_signed_cookie(
            MARK_COOKIE, mark, salt=_SALT, path=_PATH, httponly=True, samesite="Lax",
            secure=settings.IS_HTTPS, max_age=_to_end_of_month(now),
        )  # fmt: skip
    return _private(answer)


@public
@require_GET
def screen(request: HttpRequest, token: str) -> HttpResponse:
    """Show the code of this moment on the screen at a door; the page renews itself."""
    now = clock.now()
    device = doors.find_screen(token)
    if device is None:
        raise NotFound()
    code = doors.current_code(device, now=now)
    living = get_living(device.station.code, now=now)
    context = {
        "page_title": living.station.name,
        "seconds": SCREEN_SECONDS,
        "drawn": mark_safe(qr_svg(settings.PUBLIC_ADDRESS + reverse("door-code", args=[code]))),
        "state": words.state_words(living),
        "is_by_code": living.is_by_code,
        "is_shut": living.open_until is None,
    }
    return _private(render(request, "stations/screen.html", context))


def _asked(code: str, now: datetime) -> dict[str, object]:
    living = living_of_device(doors.device_of(code), now=now)
    if living is None:
        return {
            "page_title": "扫门码",
            "problem": f"{DoorOutcome.ALTERED.label}。",
        }
    return {
        "page_title": living.station.name,
        "problem": "" if living.open_until else f"现在不开。{words.state_words(living)['text']}",
        "label": "开门" if living.is_by_code else "我到了",
    }


def _to_end_of_month(now: datetime) -> int:
    day = clock.business_day(now)
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return int((clock.day_start(following) - now).total_seconds())


def _private(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store, private"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, noarchive"
    return answer
