"""One station for everybody: open or not and who says so, what it has, how to get there."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from nuanxin.access.permissions import public
from nuanxin.kernel import clock, regions
from nuanxin.stations.forms.posters import PAPERS, poster_pdf, share_png
from nuanxin.stations.pages import rows as words
from nuanxin.stations.pages.busy import charts
from nuanxin.stations.pages.services import stars_words
from nuanxin.stations.queries import finder as queries
from nuanxin.stations.queries.photos import list_photos, total_bytes
from nuanxin.stations.queries.services import kinds_at
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.hours_words import say_hours

LIGHT_BYTES = 300_000
"""Photos that weigh no more are shown at once; heavier ones when somebody opens them."""


@public
@require_GET
def station(request: HttpRequest, code: str) -> HttpResponse:
    """Show the station with this number, also one that is out of use."""
    now = clock.now()
    row = queries.get_station(code)
    names = facility_labels(clock.business_day(now))
    context = {
        "page_title": row.name,
        "one": words.station_words(row, now=now),
        "note": row.note,
        "facilities": [names.get(kind, kind) for kind in row.kinds],
        "facts": _facts(row),
        "where": regions.full_name(str(row.adcode), with_province=False),
        "told": _told(row),
        "photos": _photos(row),
        "charts": charts(row.id, row.spans, adcode=row.adcode, now=now, with_numbers=False),
        "poster_url": reverse("worker-station-poster", args=[row.code, "a4"]),
        "share_url": _public(reverse("worker-station-share", args=[row.code])),
        "near_url": f"{reverse('worker-stations')}?place={row.code}",
        "finder_url": reverse("worker-stations"),
        "services": [one.label for one in kinds_at(row.id)],
        "services_url": reverse("station-services", args=[row.code]),
        "stars": stars_words(row, now=now),
        "stars_url": reverse("station-stars", args=[row.code]),
        "join_url": reverse("station-join", args=[row.code]),
        "now_url": reverse("station-now", args=[row.code]),
    }
    return render(request, "stations/station.html", context)


def _facts(row: queries.StationRow) -> list[dict[str, str]]:
    """Return hours, address, seats and who runs it, as label and value."""
    hours = [
        ("有人值守", say_hours(row.hours)),
        ("延时开放", say_hours(row.extended_hours)),
        ("扫码进门", say_hours(row.scan_hours)),
    ]
    facts = [{"label": label, "value": value} for label, value in hours if value]
    facts.append({"label": "地址", "value": row.address})
    if row.capacity_persons:
        facts.append({"label": "能坐", "value": f"{row.capacity_persons} 人"})
    facts.append(
        {"label": "谁办的", "value": "、".join(filter(None, (row.union_name, row.host_name)))}
    )
    facts.append({"label": "编号", "value": row.code})
    return facts


def _photos(row: queries.StationRow) -> dict[str, object] | None:
    """Return the photos with their sizes, so that nothing moves when they come; None without any.

    Many bytes are fetched only when somebody opens them, and he is told how many.
    """
    photos = list_photos(row.id)
    if not photos:
        return None
    heavy = total_bytes(row.id, photos)
    return {
        "label": f"看 {len(photos)} 张照片，{_size(heavy)}",
        "is_open": heavy <= LIGHT_BYTES,
        "rows": [
            {
                "url": reverse("station-photo", args=[row.code, one.id]),
                "alt": one.caption,
                "width": one.width,
                "height": one.height,
            }
            for one in photos
        ],
    }


def _size(number: int) -> str:
    if number < 1_000_000:
        return f"{max(1, number // 1_000)} KB"
    return f"{number / 1_000_000:.1f} MB"


def _told(row: queries.StationRow) -> str:
    """Return who agreed and who did not, as the page says it."""
    parts = []
    if row.confirmations:
        parts.append(f"{row.confirmations} 人说是这样")
    if row.contradictions:
        parts.append(f"{row.contradictions} 人说不对")
    return "，".join(parts)


@public
@require_GET
def poster(request: HttpRequest, code: str, paper: str) -> HttpResponse:
    """Give the poster at the door as a PDF, A4 or A3."""
    if paper not in PAPERS:
        raise Http404
    row = queries.get_station(code)
    link = _public(reverse("worker-station", args=[row.code]))
    on = clock.business_day(clock.now())
    answer = HttpResponse(
        poster_pdf(row, paper=paper, link=link, on=on), content_type="application/pdf"
    )
    answer["Content-Disposition"] = f'attachment; filename="station-{row.code}-{paper}.pdf"'
    return answer


@public
@require_GET
def share(request: HttpRequest, code: str) -> HttpResponse:
    """Give the picture that a shared link shows."""
    row = queries.get_station(code)
    answer = HttpResponse(
        share_png(row, on=clock.business_day(clock.now())), content_type="image/png"
    )
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def _public(path: str) -> str:
    """Return the address under which everybody reaches a path."""
    return str(settings.PUBLIC_ADDRESS).rstrip("/") + path
