"""Taking the list away: what one lists at the desk, and open data for everybody."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import NotFound
from nuanxin.stations.forms.list_out import csv_lines, geojson_parts, workbook
from nuanxin.stations.pages.desk import filter_of
from nuanxin.stations.queries.listing_out import given_to, given_to_all
from nuanxin.stations.rules.facilities import facility_labels

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_GEOJSON = "application/geo+json; charset=utf-8"
_CSV = "text/csv; charset=utf-8"


@requires("station.list")
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Give the stations that the list shows, as a workbook or as GeoJSON."""
    only, _ = filter_of(request.GET)
    rows = given_to(actor_of(request), only)
    today = clock.business_day(clock.now())
    if kind == "xlsx":
        answer: HttpResponseBase = HttpResponse(
            workbook(rows, facility_labels(today)), content_type=_XLSX
        )
    elif kind == "geojson":
        answer = StreamingHttpResponse(geojson_parts(rows), content_type=_GEOJSON)
    else:
        raise NotFound()
    answer["Content-Disposition"] = f'attachment; filename="stations-{today}.{kind}"'
    return answer


@public
@require_safe
def open_data(request: HttpRequest, region: int, kind: str) -> HttpResponseBase:
    """Give the stations of a region to everybody: CSV or GeoJSON, WGS-84, no person in it."""
    if regions.REGIONS.get(f"{region:06}") is None:
        raise NotFound()
    rows = given_to_all(region)
    parts: Iterable[bytes]
    if kind == "csv":
        parts, media = csv_lines(rows, facility_labels(clock.business_day(clock.now()))), _CSV
    elif kind == "geojson":
        parts, media = geojson_parts(rows), _GEOJSON
    else:
        raise NotFound()
    answer = StreamingHttpResponse(parts, content_type=media)
    answer["Content-Disposition"] = f'inline; filename="stations-{region}.{kind}"'
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, max-age=3600"
    answer["Link"] = f'<{settings.OPEN_DATA_LICENCE}>; rel="license"'
    return answer
