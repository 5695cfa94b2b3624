"""驿站 on the desk: the list, one station, entering and changing it, pausing and closing."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy, regions
from nuanxin.kernel.errors import Conflict, NotFound, Refusal
from nuanxin.orgs import queries as orgs
from nuanxin.stations import permissions
from nuanxin.stations.actions import register
from nuanxin.stations.forms.station import StandingForm, StationForm
from nuanxin.stations.pages import words
from nuanxin.stations.queries import register as queries
from nuanxin.stations.queries.keepers import list_station_keepers
from nuanxin.stations.queries.register import TAGS, StationFilter, StationRow
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.states import STANDING_MOVES, Standing

METHODS = ["GET", "HEAD", "POST"]
_NAMES = ("q", "region", "tag", "standing", "facility")


@requires("station.list")
@require_GET
def station_list(request: HttpRequest) -> HttpResponse:
    """List the stations below one's unions: search, filters, keyset pages, an address to keep."""
    actor, asked = actor_of(request), request.GET
    only, kept = filter_of(asked)
    sort = asked.get("sort", "")
    page = queries.list_stations(
        actor=actor, only=only, sort=sort, cursor=asked.get("after") or None
    )
    may_manage = policy.holds(actor, permissions.MANAGE)
    on = clock.business_day(clock.now())
    more = {"sort": sort} if sort else {}
    context = {
        "page_title": "驿站",
        "page_lead": f"{'多于' if page.count_is_capped else '共'} {page.count:,} 个"
        + ("，关停的没有算" if only.standing is None else ""),
        "q": kept.get("q", ""),
        "regions": region_choices(actor, kept.get("region", "")),
        "tags": words.choices(TAGS, kept.get("tag", ""), "全部类型"),
        "standings": words.choices(
            {str(int(one)): one.label for one in Standing}, kept.get("standing", ""), "没关停的"
        ),
        "facilities": words.choices(facility_labels(on), kept.get("facility", ""), "全部设施"),
        "chosen": _chosen(kept, more),
        "clear_url": reverse("desk-stations") if kept else "",
        "columns": _COLUMNS,
        "rows": [_row(one) for one in page.items],
        "next_url": f"?{urlencode(kept | more | {'after': page.next})}" if page.next else "",
        "start_url": f"?{urlencode(kept | more)}" if asked.get("after") else "",
        "total": f"{'多于' if page.count_is_capped else '共'} {page.count:,} 个",
        "new_url": reverse("desk-station-new") if may_manage else "",
        "exports": [
            {"label": label, "url": f"{reverse('desk-stations-export', args=[kind])}?{urlencode(kept)}"}
            for kind, label in (("xlsx", "导出表格"), ("geojson", "导出 GeoJSON"))
        ] if page.items else [],
        "import_url": reverse("desk-station-import-new") if may_manage else "",
        "stale_url": reverse("desk-stations-stale"),
        "repairs_url": reverse("desk-station-repairs"),
        "is_narrowed": bool(kept),
        "kept": [{"name": "sort", "value": sort}] if sort else [],
    }  # fmt: skip
    return render(request, "stations/desk/list.html", context)


_COLUMNS = [
    {"label": "驿站"}, {"label": "在哪里"}, {"label": "类型"}, {"label": "设施", "css": "nw"},
    {"label": "站长", "css": "nw"}, {"label": "去留"},
    {"label": "改动", "css": "nw", "key": "changed"},
]  # fmt: skip


def filter_of(asked: Any) -> tuple[StationFilter, dict[str, str]]:
    """Return the filter that an address asks for, and what of it is kept in addresses."""
    kept = {name: value for name in _NAMES if (value := asked.get(name, "").strip()[:40])}
    region = kept.get("region", "")
    if region and regions.REGIONS.get(region) is None:
        del kept["region"]
        region = ""
    known = {str(int(one)): one for one in Standing}
    only = StationFilter(
        search=kept.get("q", ""),
        region=int(region) if region else None,
        tag=kept.get("tag", "") if kept.get("tag", "") in TAGS else "",
        standing=known.get(kept.get("standing", "")),
        facility=kept.get("facility", ""),
    )
    return only, kept


def _chosen(kept: dict[str, str], more: dict[str, str]) -> list[dict[str, str]]:
    on = clock.business_day(clock.now())
    labels = facility_labels(on)
    said = {
        "q": lambda v: f"有“{v}”",
        "region": lambda v: f"在{regions.region(v).name}",
        "tag": lambda v: TAGS.get(v, ""),
        "standing": lambda v: Standing(int(v)).label if v in ("1", "2", "3") else "",
        "facility": lambda v: f"能用{labels[v]}" if v in labels else "",
    }
    return [
        {
            "label": label,
            "url": f"?{urlencode({k: v for k, v in kept.items() if k != name} | more)}",
        }
        for name, value in kept.items()
        if (label := said[name](value))
    ]


def region_choices(actor: Any, chosen: str) -> list[dict[str, Any]]:
    """Return the counties (and cities) of the actor's unions to choose from."""
    found = {f"{code:06}": regions.region(f"{code:06}").name for code in _counties_of(actor)}
    return words.choices(found, chosen, "全部地区")


def _counties_of(actor: Any) -> list[int]:
    """Return the codes of the cities and counties that the actor's unions lie in, in order."""
    paths = policy.scope_paths(actor, permissions.LIST)
    own = [int(path.rstrip("/").rsplit("/", 1)[-1]) for path in paths if path != "/"]
    adcodes = [union.adcode for union in orgs.list_unions_by_id(own).values()]
    found: list[int] = []
    for adcode in sorted(set(adcodes)):
        level = regions.region(f"{adcode:06}").level
        if level is regions.RegionLevel.PROVINCE:
            for city in regions.cities():
                found.append(int(city.code))
                found += [int(one.code) for one in regions.children(city.code)]
        elif level is regions.RegionLevel.CITY:
            found += [adcode, *(int(one.code) for one in regions.children(str(adcode)))]
        else:
            found.append(adcode)
    return found


def _row(row: StationRow) -> dict[str, Any]:
    broken = f"坏了 {row.broken} 样" if row.broken else ""
    return {
        "url": reverse("desk-station", args=[row.code]),
        "name": row.name,
        "id": row.id,
        "cells": [
            {"text": row.name, "note": row.code},
            {"text": row.place, "note": row.address},
            "、".join(row.tags) or "普通",
            {"text": f"{row.facilities} 样", "note": broken, "css": "nw"},
            {"text": row.keeper_hint or "还没有", "css": "nw"},
            {"text": row.standing.label, "state": words.STANDING_STATES[row.standing]},
            {"text": str(clock.business_day(row.updated_at)), "css": "nw"},
        ],
    }


# ---- one ----------------------------------------------------------------------------------------


@requires("station.list")
@require_GET
def station(request: HttpRequest, code: str) -> HttpResponse:
    """Show one station with everything: facts, facilities, grade, standing, history."""
    return _station_page(request, code)


@requires("station.manage")
@require_POST
def standing(request: HttpRequest, code: str) -> HttpResponse:
    """Pause the station, close it, or open it again, with a reason."""
    detail = _managed(request, code)
    form = StandingForm(request.POST)
    problem = ""
    if form.is_valid():
        given = form.cleaned_data | {"standing": Standing(form.cleaned_data["standing"])}
        try:
            register.set_standing(
                station_id=detail.station.id, actor=actor_of(request), now=clock.now(), **given
            )
        except NotFound:
            raise
        except Refusal as refusal:
            problem = refusal.message
        else:
            return HttpResponseRedirect(reverse("desk-station", args=[code]))
    return _station_page(request, code, form=form, problem=problem)


MORE_PAGES = (
    ("desk-station-keepers", "站长"),
    ("desk-station-photos", "照片"),
    ("desk-station-services", "服务和预约"),
    ("desk-station-funding", "投入"),
    ("desk-station-map-ids", "地图编号"),
)


def _station_page(
    request: HttpRequest, code: str, *, form: StandingForm | None = None, problem: str = ""
) -> HttpResponse:
    now = clock.now()
    detail = queries.get_station(actor=actor_of(request), code=code, now=now)
    one = detail.station
    labels = facility_labels(clock.business_day(now))
    moves = STANDING_MOVES[Standing(one.standing)]
    form = form or StandingForm()
    form.fields["standing"].choices = [  # type: ignore[attr-defined]
        (int(move), words.MOVE_WORDS[move]) for move in sorted(moves)
    ]
    context = {
        "page_title": one.name,
        "page_lead": f"{one.code} · {queries.place_words(one.adcode, one.town_code)}",
        "crumbs": [{"label": "驿站", "url": reverse("desk-stations")}, {"label": one.name}],
        "facts": words.station_facts(detail),
        "standing_words": words.standing_words(one),
        "is_open": one.standing == Standing.OPEN,
        "facilities": words.facility_lines(detail, labels),
        "grade_columns": [{"label": "要有的"}, {"label": "现在"}],
        "grade_rows": words.grade_rows(detail.ladder),
        "grade_lead": words.grade_lead(detail.ladder),
        "funding": words.funding_lines(detail.funding),
        "history": words.history_lines(queries.history_of(one.id)),
        "may_manage": detail.may_manage,
        "living_url": reverse("desk-station-living", args=[code]),
        "more": [{"label": label, "url": reverse(name, args=[code])} for name, label in MORE_PAGES]
        if detail.may_manage
        else [],
        "keepers": [
            {"text": k.name_hint, "note": k.masked_phone, "end": f"从 {words.said(k.from_on)}"}
            for k in list_station_keepers(one.id)
            if k.until_on is None
        ],
        "edit_url": reverse("desk-station-edit", args=[code]) if detail.may_manage else "",
        "standing_url": reverse("desk-station-standing", args=[code]),
        "roster_url": reverse("desk-station-roster", args=[code]),
        "inspect_url": reverse("desk-inspect", args=[code])
        if permissions.can_inspect(actor_of(request), path=detail.path)
        else "",
        "form": form,
        "problem": problem,
    }
    status = 422 if problem or (form.is_bound and form.errors) else 200
    return render(request, "stations/desk/station.html", context, status=status)


# ---- entering and changing ----------------------------------------------------------------------


@requires("station.manage")
@require_http_methods(METHODS)
def station_new(request: HttpRequest) -> HttpResponse:
    """Enter a station."""
    actor = actor_of(request)
    form = _form(request, actor, initial=_initial(actor))
    asks: dict[str, str] = {}
    if form.is_valid():
        try:
            made = register.register_station(
                draft=form.draft(),
                actor=actor,
                now=clock.now(),
                is_another=request.POST.get("is_another") == "1",
                crs_is_sure=request.POST.get("crs_is_sure") == "1",
            )
        except Refusal as refusal:
            asks = _refused(form, refusal)
        else:
            return HttpResponseRedirect(reverse("desk-station", args=[made.code]))
    return _form_page(request, form, "登记驿站", "登记好了，劳动者在“驿站”里就能找到。", asks)


@requires("station.manage")
@require_http_methods(METHODS)
def station_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a station; what changed is kept in its history."""
    actor = actor_of(request)
    detail = _managed(request, code)
    form = _form(request, actor, initial=_values(detail))
    asks: dict[str, str] = {}
    if form.is_valid():
        try:
            register.change_station(
                station_id=detail.station.id,
                draft=form.draft(),
                actor=actor,
                now=clock.now(),
                crs_is_sure=request.POST.get("crs_is_sure") == "1",
            )
        except Refusal as refusal:
            asks = _refused(form, refusal)
        else:
            return HttpResponseRedirect(reverse("desk-station", args=[code]))
    return _form_page(request, form, f"改{detail.station.name}", code, asks, code=code)


def _form(request: HttpRequest, actor: Any, *, initial: dict[str, Any]) -> StationForm:
    codes = [code for code in _counties_of(actor) if code % 100]
    known = [(f"{code:06}", regions.region(f"{code:06}").name) for code in codes]
    return StationForm(
        request.POST or None,
        initial=initial,
        on=clock.business_day(clock.now()),
        counties=known,
    )


_FIELDS_OF_CODES = {
    "station.name": "name", "station.address": "address", "station.county": "adcode",
    "station.town": "town_code", "station.swapped": "lng", "station.no_position": "lng",
    "station.outside": "lng", "station.far_from_county": "lng", "station.facility": "facilities",
    "station.union_has_ended": "union", "not_found": "union", "access.no_right": "union",
}  # fmt: skip
_ASKS = {
    "station.there_already": ("is_another", "是另一个驿站"),
    "station.maybe_there": ("is_another", "是另一个驿站"),
    "station.crs_doubtful": ("crs_is_sure", "坐标系没有选错，就这样存"),
}


def _refused(form: StationForm, refusal: Refusal) -> dict[str, str]:
    """Put the refusal to its field, or return the box that a person ticks to go on."""
    if isinstance(refusal, Conflict) and refusal.code in _ASKS:
        name, label = _ASKS[refusal.code]
        other = str(refusal.details.get("code_of", ""))
        return {
            "name": name,
            "label": label,
            "text": refusal.message,
            "url": reverse("desk-station", args=[other]) if other else "",
        }
    message = refusal.message
    if refusal.code in ("not_found", "access.no_right"):
        message = "这家工会不在您的范围里，换一家。"
    form.add_error(refusal.details.get("field") or _FIELDS_OF_CODES.get(refusal.code), message)
    return {}


def _form_page(
    request: HttpRequest,
    form: StationForm,
    title: str,
    lead: str,
    asks: dict[str, str],
    *,
    code: str = "",
) -> HttpResponse:
    back = reverse("desk-station", args=[code]) if code else reverse("desk-stations")
    context = {
        "page_title": title,
        "page_lead": lead,
        "crumbs": [{"label": "驿站", "url": reverse("desk-stations")}, {"label": title}],
        "form": form,
        "asks": asks,
        "back_url": back,
    }
    status = 409 if asks else 422 if form.is_bound and form.errors else 200
    return render(request, "stations/desk/edit.html", context, status=status)


def _initial(actor: Any) -> dict[str, Any]:
    paths = policy.scope_paths(actor, permissions.MANAGE)
    own = int(paths[0].rstrip("/").rsplit("/", 1)[-1]) if paths and paths[0] != "/" else None
    union = orgs.get_union(own) if own else None
    return {"union": union.code, "adcode": union.adcode} if union else {}


def _values(detail: Any) -> dict[str, Any]:
    values = queries.draft_values(detail)
    town = regions.REGIONS.get(values["town_code"]) if values["town_code"] else None
    return values | {"town_code": town.name if town else ""}


def _managed(request: HttpRequest, code: str) -> queries.StationDetail:
    """Return the station; raise ``NotFound`` where the actor may look at it but not change it."""
    detail = queries.get_station(actor=actor_of(request), code=code, now=clock.now())
    permissions.check_can_manage(actor_of(request), path=detail.path)
    return detail
