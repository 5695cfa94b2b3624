"""Services at a station for workers: free slots and booking, one's bookings, stars, joining there."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.actor import ANONYMOUS, Actor
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.stations.actions import serving
from nuanxin.stations.actions.joining_through import COOKIE, KEPT_SECONDS, came_through
from nuanxin.stations.actions.rating import rate_station
from nuanxin.stations.forms.posters import PAPERS, joining_pdf
from nuanxin.stations.queries import finder
from nuanxin.stations.queries import services as queries
from nuanxin.stations.states.services import BookingState, ServiceKind

METHODS = ["GET", "HEAD", "POST"]
_WEEKDAYS = "一二三四五六日"
STARS = ("一", "二", "三", "四", "五")


# ---- booking -----------------------------------------------------------------------------------


@public
@require_http_methods(METHODS)
@sensitive_post_parameters("topic", "note")
def services(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is free of a station's desk hours; a tap on a time books it."""
    actor, now = _actor(request), clock.now()
    station = finder.get_station(code)
    instead = whole_number(request.POST.get("instead") or request.GET.get("instead", ""))
    problem, status = "", 200
    if request.method == "POST":
        try:
            serving.book_service(actor=actor, now=now, instead=instead, **_asked(request))
            return _fresh(HttpResponseRedirect(reverse("my-station-bookings") + "?booked=1"))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    chosen = whole_number(request.POST.get("service", ""))
    context = {
        "page_title": f"{station.name}的服务",
        "name": station.name,
        "address": station.address,
        "services": [
            _service(one, request.POST if one.service.id == chosen else {})
            for one in queries.list_free(code, now=now)
        ],
        "is_worker": actor.worker_id is not None,
        "instead": instead or "",
        "sign_in_url": f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}",
        "station_url": reverse("worker-station", args=[code]),
        "mine_url": reverse("my-station-bookings"),
        "problem": problem,
    }
    return _fresh(render(request, "stations/services/services.html", context, status=status))


def _asked(request: HttpRequest) -> dict[str, Any]:
    try:
        starts_at = datetime.fromisoformat(request.POST.get("at", ""))
    except ValueError:
        starts_at = None
    if starts_at is None or starts_at.tzinfo is None:
        raise Malformed("stations.which_slot", "点一个时间。")
    return {
        "service_id": whole_number(request.POST.get("service", "")) or 0,
        "starts_at": starts_at,
        "topic": request.POST.get("topic", "")[:20],
        "note": request.POST.get("note", "")[:1000],
    }


def _service(one: queries.FreeService, given: Any) -> dict[str, Any]:
    days: dict[str, list[dict[str, str]]] = {}
    for begin, _ in one.free:
        local = begin.astimezone(clock.SHANGHAI)
        days.setdefault(day_words(begin), []).append(
            {"value": begin.isoformat(), "label": f"{local:%H:%M}"}
        )
    chosen = given.get("topic", "other")
    return {
        "id": one.service.id,
        "key": str(one.service.id),
        "extra": ServiceKind(one.service.kind).label,
        "takes_words": one.service.kind != ServiceKind.READING,
        "label": ServiceKind(one.service.kind).label,
        "who": one.service.server_hint,
        "how": "电话或者视频，不用跑" if one.service.is_remote else "到站里来",
        "minutes": one.service.slot_minutes,
        "topics": [
            {"value": code, "label": label, "is_chosen": code == chosen}
            for code, label in one.topics.items()
        ],
        "note": given.get("note", "")[:200],
        "days": [{"label": label, "slots": slots} for label, slots in days.items()],
    }


def day_words(at: datetime) -> str:
    """Return 12 月 5 日（周六）."""
    local = at.astimezone(clock.SHANGHAI)
    return f"{local.month} 月 {local.day} 日（周{_WEEKDAYS[local.weekday()]}）"


def slot_words(begin: datetime, end: datetime) -> str:
    """Return 12 月 5 日（周六）09:00–09:30."""
    zone = clock.SHANGHAI
    return f"{day_words(begin)}{begin.astimezone(zone):%H:%M}–{end.astimezone(zone):%H:%M}"


@requires("own.open")
@require_http_methods(METHODS)
def mine(request: HttpRequest) -> HttpResponse:
    """List what one has booked at stations; cancel one."""
    actor, now = _actor(request), clock.now()
    problem, status = "", 200
    if request.method == "POST":
        try:
            booking_id = whole_number(request.POST.get("booking", ""))
            if booking_id is None:
                raise Malformed("stations.which_booking", "点要取消的那一个。")
            serving.cancel_booking(booking_id=booking_id, actor=actor, now=now)
            return HttpResponseRedirect(reverse("my-station-bookings") + "?cancelled=1")
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    rows = queries.list_mine(actor=actor)
    ahead = [one for one in rows if one.state is BookingState.BOOKED and one.ends_at > now]
    context = {
        "page_title": "约的驿站服务",
        "problem": problem,
        "is_booked": request.GET.get("booked") == "1" and not problem,
        "is_cancelled": request.GET.get("cancelled") == "1" and not problem,
        "ahead": [_mine(one, now) for one in reversed(ahead)],
        "past": [
            {
                "title": f"{one.kind.label}，{one.station_name}",
                "text": slot_words(one.starts_at, one.ends_at),
                "end": one.state.label if one.state is not BookingState.BOOKED else "",
            }
            for one in rows
            if one not in ahead
        ],
        "finder_url": reverse("worker-stations"),
    }
    return _fresh(render(request, "stations/services/mine.html", context, status=status))


def _mine(one: queries.MyBooking, now: datetime) -> dict[str, Any]:
    until = one.change_until.astimezone(clock.SHANGHAI)
    where = "电话或者视频" if one.is_remote else f"{one.station_name}，{one.address}"
    return {
        "id": one.id,
        "title": f"{one.kind.label}：{slot_words(one.starts_at, one.ends_at)}",
        "where": where,
        "who": one.server_hint,
        "until": f"{day_words(until)}{until:%H:%M}",
        "may_change": now <= one.change_until,
        "change_url": f"{reverse('station-services', args=[one.station_code])}?instead={one.id}",
    }


# ---- stars -------------------------------------------------------------------------------------


@public
@require_http_methods(METHODS)
def stars(request: HttpRequest, code: str) -> HttpResponse:
    """Show a station's stars, take one's own of this month."""
    actor, now = _actor(request), clock.now()
    station = finder.get_station(code)
    problem, status = "", 200
    if request.method == "POST":
        try:
            given = whole_number(request.POST.get("stars", "")) or 0
            rate_station(code=code, stars=given, actor=actor, now=now)
            return HttpResponseRedirect(reverse("station-stars", args=[code]) + "?kept=1")
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    context = {
        "page_title": f"给{station.name}打分",
        "stars": stars_words(station, now=now),
        "choices": star_choices(),
        "is_worker": actor.worker_id is not None,
        "is_kept": request.GET.get("kept") == "1" and not problem,
        "sign_in_url": f"{reverse('sign-in')}?{urlencode({'next': request.path})}",
        "station_url": reverse("worker-station", args=[code]),
        "problem": problem,
    }
    return _fresh(render(request, "stations/services/stars.html", context, status=status))


def star_choices() -> list[dict[str, Any]]:
    """Return the five buttons."""
    return [{"value": number, "label": f"{word}颗星"} for number, word in enumerate(STARS, 1)]


def stars_words(station: finder.StationRow, *, now: datetime) -> str:
    """Return what the public reads of a station's stars."""
    found = queries.stars_of(station.id, adcode=station.adcode, now=now)
    if found.mean is None:
        return f"打分的人还不够多。一个月里满 {found.least} 个人打分，才公布平均分。"
    return f"近 12 个月平均 {found.mean:.1f} 颗星（满分 5）。"


# ---- joining -----------------------------------------------------------------------------------


@public
@require_GET
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Lead to joining with the station's union preselected; a cookie of the joining pages remembers which station."""
    station, union_code = queries.union_to_join(code)
    answer = HttpResponseRedirect(reverse("join-of", args=[union_code]))
    answer.set_cookie(
        COOKIE,
        came_through(station.id),
        max_age=KEPT_SECONDS,
        path=reverse("join"),
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return _fresh(answer)


@public
@require_GET
def join_poster(request: HttpRequest, code: str, paper: str) -> HttpResponse:
    """Give the poster whose code leads to joining through this station, A4 or A3."""
    if paper not in PAPERS:
        raise Http404
    row = finder.get_station(code)
    link = str(settings.PUBLIC_ADDRESS).rstrip("/") + reverse("station-join", args=[row.code])
    made = joining_pdf(row, paper=paper, link=link, on=clock.business_day(clock.now()))
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="station-{row.code}-join-{paper}.pdf"'
    return answer


# ---- inside -----------------------------------------------------------------------------------


def _actor(request: HttpRequest) -> Actor:
    found = getattr(request, "actor", None)
    return found if isinstance(found, Actor) else ANONYMOUS


def _fresh(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store"
    return answer
