"""站长一点就行: the keeper's page behind a link, without an app and without signing in."""

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import public
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import whole_number
from nuanxin.stations.actions import keeper_links, reporting
from nuanxin.stations.actions.keeper_links import OpenLink
from nuanxin.stations.forms.living import read_said
from nuanxin.stations.pages import living_words as words
from nuanxin.stations.pages.busy import charts, spans_of
from nuanxin.stations.queries import keepers_page as page_queries
from nuanxin.stations.queries import living as queries
from nuanxin.stations.queries.repairs import list_repairs_of
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.states import OpenState
from nuanxin.stations.states.reporting import Said

METHODS = ["GET", "HEAD", "POST"]
_LATER = {"hour": timedelta(hours=1), "two": timedelta(hours=2)}


@public
@require_http_methods(METHODS)
def keeper(request: HttpRequest, token: str) -> HttpResponse:
    """Show how the station stands; take one tap, or take the last one back."""
    now = clock.now()
    link = keeper_links.open_keeper_link(token, now=now)
    if link is None:
        return _private(_unknown(request, now))
    problem, status = "", 200
    if request.method == "POST":
        try:
            _act(request, link, now)
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        else:
            return _private(HttpResponseRedirect(request.path))
    context = _context(link, now) | {"problem": problem}
    return _private(render(request, "stations/keeper.html", context, status=status))


def _act(request: HttpRequest, link: OpenLink, now: datetime) -> None:
    asked = request.POST
    if "undo" in asked:
        number = asked["undo"]
        reporting.take_back(
            report_id=whole_number(number) or 0,
            station_id=link.station_id,
            speaker=link.speaker,
            now=now,
        )
        return
    kind = asked.get("broken") or asked.get("works")
    if kind:
        reporting.report_facility(
            station_id=link.station_id, kind=kind[:24], works="works" in asked,
            speaker=link.speaker, now=now,
        )  # fmt: skip
        return
    said = read_said(asked.get("do", ""))
    later = asked.get("for", "")
    until = now + _LATER[later] if later in _LATER else None
    if later == "today":
        until = clock.day_end(clock.business_day(now))
    reporting.report(
        station_id=link.station_id,
        said=said,
        speaker=link.speaker,
        now=now,
        until=until,
        note=asked.get("note", ""),
    )


def _context(link: OpenLink, now: datetime) -> dict[str, Any]:
    living = queries.get_living(link.code, now=now)
    on = clock.business_day(now)
    minutes = int(
        parameter("stations.undo_minutes", adcode=f"{living.station.adcode:06d}", on=on).value
    )
    mark = reporting.reporter_of(link.station_id, link.speaker.mark, now)
    last = queries.last_word(
        link.station_id, reporter=mark, now=now, within=timedelta(minutes=minutes)
    )
    today, persons, month, month_persons = queries.visits_of(link.station_id, on=on)
    fresh = living.state.fresh_until if living.is_fresh else None
    return {
        "page_title": living.station.name,
        "state": words.state_words(living),
        "fresh": f"这句话能用到 {words.clock_words(fresh, now)}，到时再点一下。" if fresh else "",
        "is_open": living.shown is OpenState.OPEN,
        "undo": {"id": last[0], "said": _last_words(last, on), "minutes": minutes}
        if last
        else None,
        "things": _things(living),
        "facilities": _facilities(link.station_id, on),
        "days": [_day(one) for one in page_queries.list_master_days(link.station_id)],
        "repairs": words.repair_rows(list_repairs_of(link.station_id), on),
        "visits": f"今天 {today:,} 人次，约 {persons:,} 人；这个月 {month:,} 人次，约 {month_persons:,} 人。",
        "charts": charts(
            link.station_id,
            spans_of(living),
            adcode=living.station.adcode,
            now=now,
            with_numbers=True,
        ),
        "closures": words.closure_rows(queries.list_closures(link.station_id, now=now), now),
        "label": link.label,
    }


def _last_words(last: tuple[int, Said, str], on: date) -> str:
    """Return what was said last: 坏了 alone would not tell of what."""
    _, said, thing = last
    return f"{words.thing_words(thing, on)}{said.label}" if thing else said.label


def _facilities(station_id: int, on: date) -> list[dict[str, Any]]:
    """Return one button a facility: broken where it works, mended where it is broken.

    Water stands above: of it the keeper says more often whether there is some.
    """
    names = facility_labels(on)
    return [
        {
            "label": names.get(one.kind, one.kind) + ("坏了" if one.works else "修好了"),
            "name": "broken" if one.works else "works",
            "value": one.kind,
            "is_broken": not one.works,
        }
        for one in page_queries.list_things(station_id)
        if one.kind != "water"
    ]


def _day(one: page_queries.MasterDay) -> dict[str, Any]:
    """Return what a cadre wrote of his day as station master."""
    begin, end = (at.astimezone(clock.SHANGHAI) for at in (one.begins_at, one.ends_at))
    return {
        "title": f"{begin.month} 月 {begin.day} 日 {begin:%H:%M}–{end:%H:%M}，{one.verdict.label}",
        "heard": one.heard,
        "to_mend": [
            {
                "title": text,
                "text": note,
                "end": f"{due.month} 月 {due.day} 日前",
            }
            for text, note, due in one.to_mend
        ],
    }


def _things(living: queries.Living) -> list[dict[str, Any]]:
    """Return water, power, 26 degrees with their two buttons."""
    state = living.state
    rows = (
        ("饮水", state.has_water, Said.WATER_THERE, Said.WATER_OUT),
        ("用电", state.has_power, Said.POWER_THERE, Said.POWER_OUT),
        ("26 度", state.is_cool, Said.COOL, Said.HOT),
    )
    return [
        {
            "label": label,
            "now": "还没说过" if value is None else (good.label if value else bad.label),
            "good": {"label": good.label, "value": good.name.lower()},
            "bad": {"label": bad.label, "value": bad.name.lower()},
        }
        for label, value, good, bad in rows
    ]


def _unknown(request: HttpRequest, now: datetime) -> HttpResponse:
    message, status = "这个链接停用了或者到期了。请工会再开一个。", 404
    if request.method == "POST":
        try:
            keeper_links.note_wrong_link(network=origin_of(request).network, now=now)
        except Refusal as refusal:
            message, status = refusal.message, refusal.status
    context = {"page_title": "站长链接", "message": message}
    return render(request, "stations/link_over.html", context, status=status)


def _private(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store, private"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, noarchive"
    return answer
