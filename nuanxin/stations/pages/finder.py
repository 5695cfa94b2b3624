"""驿站 for whoever works outdoors: the nearest usable now, on a list and a plain map. No sign-in.

A device's position comes in a form's body, is rounded by nobody and kept nowhere: the answer is
never stored (no-store), no address and no log has it. Named places stand in the address.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.middleware.headers import CONTENT_SECURITY_POLICY
from nuanxin.access.permissions import public
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import Malformed, Refusal
from nuanxin.kernel.regions import RegionLevel
from nuanxin.stations.forms import finder as forms
from nuanxin.stations.forms.finder import Standpoint
from nuanxin.stations.pages import rows as words
from nuanxin.stations.queries import finder as queries
from nuanxin.stations.rules.backdrop import HOST
from nuanxin.stations.rules.seasons import season_on
from nuanxin.stations.rules.showing import speeds

_COUNTED = "零一两三四五六七八九十"


@public
@require_http_methods(["GET", "HEAD", "POST"])
def finder(request: HttpRequest) -> HttpResponse:
    """Show the three nearest usable now around a place; without one, ask where."""
    sent = request.POST if request.method == "POST" else request.GET
    wish, problem = forms.read_wish(sent), ""
    here: Standpoint | None = None
    try:
        here = forms.read_position(sent) if request.method == "POST" else None
        here = here or forms.read_place(sent.get("place", ""))
        if request.method == "POST" and here is None:
            problem = "没有拿到你的位置。可能没开定位，或者没允许这个网页用。选一个地方也能找。"
    except Refusal as refusal:
        problem = refusal.message
    context = _frame(wish) | (_found(here, wish) if here else _asking(problem))
    status = 422 if problem else 200
    answer = render(request, "stations/finder.html", context, status=status)
    if settings.TIANDITU_KEY:
        answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
            "img-src ", f"img-src {HOST} "
        )
    return _unkept(answer)


def _frame(wish: str) -> dict[str, Any]:
    return {
        "wish": wish,
        "place_url": reverse("worker-stations-place"),
        "along_url": reverse("worker-stations-along"),
        "saved_url": reverse("worker-stations-saved"),
        "map_url": reverse("stations-map"),
        "worker_url": reverse("worker-stations-worker"),
    }


def _asking(problem: str) -> dict[str, Any]:
    return {
        "page_title": "找驿站",
        "problem": problem,
        "here": None,
        "county_url": "",
        "counties": county_choices(),
    }


def _found(here: Standpoint, wish: str) -> dict[str, Any]:
    now = clock.now()
    pace = speeds(clock.business_day(now))
    around = queries.list_around(here.place, kinds=forms.kinds_of(wish), now=now)
    usable = [words.station_line(near, now=now, pace=pace) for near in around.usable]
    others = [words.station_line(near, now=now, pace=pace) for near in around.others]
    county = next((str(near.row.adcode) for near in (*around.usable, *around.others)), "")
    return {
        "page_title": _title(usable, wish),
        "here": here,
        "lng": here.place.lng if not here.code else "",
        "lat": here.place.lat if not here.code else "",
        "chips": _chips(here, wish),
        "usable": usable,
        "others": others,
        "others_title": f"还有{_COUNTED[len(others)]}个，别白跑" if others else "",
        "map": words.draw_map(here.place.wgs_lng, here.place.wgs_lat, around.usable, around.others),
        "county_url": reverse("worker-stations-county", args=[county]) if county else "",
        "map_url": reverse("stations-map") + (f"?county={county}" if county else ""),
    }


def _title(usable: list[dict[str, Any]], wish: str) -> str:
    having = f"有{forms.CHIPS[wish][0]}的" if wish else ""
    if not usable:
        return f"附近没有{having}开着的"
    return f"附近{having} {len(usable)} 个开着"


def _chips(here: Standpoint, wish: str) -> list[dict[str, Any]]:
    """Return the chips, those of the season first: links where the place is a named one, else buttons of the form."""
    base = reverse("worker-stations")
    chips = []
    season = season_on(clock.business_day(clock.now()))
    wanted = season.facilities if season else ()
    ordered = sorted(forms.CHIPS.items(), key=lambda chip: not set(chip[1][1]) & set(wanted))
    for code, label in [("", "全部"), *((code, chip[0]) for code, chip in ordered)]:
        query = {"place": here.code} | ({"has": code} if code else {})
        url = f"{base}?{urlencode(query)}" if here.code else ""
        chips.append({"value": code, "label": label, "url": url, "is_chosen": code == wish})
    return chips


def county_choices() -> list[dict[str, Any]]:
    """Return the counties to choose from, each with its city."""
    found = [{"value": "", "label": "选一个县（市、区）", "is_chosen": True}]
    for city in regions.cities():
        for county in regions.counties(city=city.code):
            label = f"{city.short_name} {county.name}"
            found.append({"value": county.code, "label": label, "is_chosen": False})
    return found


@public
@require_GET
def place(request: HttpRequest) -> HttpResponse:
    """Help to name a place: a county's towns, or what a few words match."""
    text = request.GET.get("q", "")[:40].strip()
    county = request.GET.get("county", "")
    places, stations = [], []
    if text:
        places = [
            one
            for one in regions.search(text, 20)
            if one.level in (RegionLevel.COUNTY, RegionLevel.TOWN)
        ][: queries.MOST_FOUND]
        stations = queries.search_by_name(text)
    found = regions.REGIONS.get(county) if county.isdigit() else None
    towns = regions.towns(county) if found and found.level == RegionLevel.COUNTY else []
    base = reverse("worker-stations")
    context = {
        "page_title": "换个地方找",
        "text": text,
        "rows": [
            {"title": regions.full_name(one.code, with_province=False), "note": "",
             "url": f"{base}?place={one.code}"} for one in places
        ] + [
            {"title": one.name, "note": one.address, "url": f"{base}?place={one.code}"}
            for one in stations
        ],
        "county": found.name if found else "",
        "county_url": f"{base}?place={county}" if towns else "",
        "towns": [{"title": one.name, "url": f"{base}?place={one.code}"} for one in towns],
        "counties": county_choices(),
        "finder_url": base,
        "along_url": reverse("worker-stations-along"),
    }  # fmt: skip
    return render(request, "stations/place.html", context)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def along(request: HttpRequest) -> HttpResponse:
    """Show what is usable on the way from one named place to another."""
    start_text = request.POST.get("from", "")[:40].strip()
    end_text = request.POST.get("to", "")[:40].strip()
    problem, lines, start, end = "", [], None, None
    wish = forms.read_wish(request.POST)
    if request.method == "POST":
        try:
            start, end = _named(start_text, "从哪里"), _named(end_text, "到哪里")
            now = clock.now()
            lines = [
                words.station_words(row, now=now) | {"aside": words.said_aside(off)}
                for row, _, off in queries.list_along(
                    start.place, end.place, kinds=forms.kinds_of(wish), now=now
                )
            ]
        except Refusal as refusal:
            problem = refusal.message
    context = {
        "page_title": "一路上的驿站",
        "from": start_text, "to": end_text, "start": start, "end": end,
        "problem": problem, "lines": lines, "finder_url": reverse("worker-stations"),
    }  # fmt: skip
    return _unkept(render(request, "stations/along.html", context, status=422 if problem else 200))


def _named(text: str, what: str) -> Standpoint:
    """Return the place that a few words name. Raises ``Malformed`` station.no_such_place."""
    for one in regions.search(text, 5) if text else []:
        if one.level in (RegionLevel.COUNTY, RegionLevel.TOWN):
            found = forms.read_place(one.code)
            assert found is not None
            return found
    for row in queries.search_by_name(text):
        found = forms.read_place(row.code)
        assert found is not None
        return found
    raise Malformed(
        "station.no_such_place",
        f"「{what}」没找到{f'：{text}' if text else ''}。写县（市、区）、街道的名字，或者驿站的名字。",
    )


# ---- without a network --------------------------------------------------------------------------


@public
@require_GET
def county(request: HttpRequest, adcode: str) -> HttpResponse:
    """Give a county's stations for the device to keep."""
    found = regions.region(adcode)
    now = clock.now()
    page = queries.list_stations(region=found.code, limit=queries.MOST_OF_A_COUNTY)
    body = {
        "county": found.name,
        "at": now.isoformat(),
        "stations": [words.saved_line(row, now=now) for row in page.items],
    }
    answer = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})
    answer["Cache-Control"] = "public, max-age=300"
    return answer


@public
@require_GET
def saved(request: HttpRequest) -> HttpResponse:
    """Give the page that is shown without a network; the device fills it from what it has kept."""
    context = {"page_title": "存下来的驿站", "finder_url": reverse("worker-stations")}
    return render(request, "stations/saved.html", context)


@public
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """Give the script that answers without a network; its scope is the finder alone."""
    found = finders.find("js/finder_worker.js")
    assert isinstance(found, str)
    answer = HttpResponse(Path(found).read_bytes(), content_type="text/javascript")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def _unkept(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store, private"
    return answer
