"""驿站 for maps and apps: the nearest, all of them, one, as GeoJSON. In the system that is asked for.

Positions that are sent are not kept and stand in no log. Without ``crs`` everything is WGS-84.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from ninja import Path, Query, Router, Schema

from nuanxin.access.permissions import requires
from nuanxin.desk.api.paging import LINE, Cursor, Empty, Limit, page
from nuanxin.desk.api.throttle import NEAREST_THROTTLE
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.geo import CRS, convert
from nuanxin.stations.queries import finder
from nuanxin.stations.queries import services as serving
from nuanxin.stations.queries.finder import StationRow
from nuanxin.stations.queries.nearest import Wanted
from nuanxin.stations.rules.nearest import FACILITY_BITS, MOST_NEAREST, bits_of, standpoint
from nuanxin.stations.rules.showing import MOST_AHEAD
from nuanxin.stations.states.services import ServiceKind

router = Router(tags=["stations"])
Crs = Annotated[CRS | Empty, Query(description="坐标系：wgs84、gcj02（高德、腾讯）或 bd09（百度）")]
Region = Annotated[str, Query(pattern=r"^([0-9]{6})?$", description="省、市、县的行政区划代码")]


class StationItem(Schema):
    """A station now. ``id`` is its number; ``services`` are the kinds that work.

    ``state``: open, full, closed, unknown (not confirmed in time), out_of_use. ``open_until`` is the
    end of the opening time that it is in, null outside of it. Times are UTC.
    """

    id: str
    name: str
    address: str
    region: str
    lat: float
    lng: float
    crs: Literal["wgs84", "gcj02", "bd09"]
    state: Literal["open", "full", "closed", "unknown", "out_of_use"]
    open_until: datetime | None
    confirmed_at: datetime | None
    confirmed_by: Literal["keeper", "member", "door", "cadre", "plan"] | None
    services: list[str]
    is_24h: bool
    hours: str


class NearItem(StationItem):
    """A station with its distance over the ground, in metres."""

    distance_m: int


class Nearest(Schema):
    """The nearest, the nearest first."""

    items: list[NearItem]


class Stations(Schema):
    """A page of stations, by number."""

    items: list[StationItem]
    next: str | None


@router.get("/nearest", response=Nearest, summary="最近的驿站", throttle=NEAREST_THROTTLE)
@requires("station.view")
def nearest(
    request: HttpRequest,
    lat: Annotated[float, Query(ge=-90, le=180, description="纬度")],
    lng: Annotated[float, Query(ge=-180, le=180, description="经度")],
    crs: Crs = "",
    limit: Annotated[int, Query(ge=1, le=MOST_NEAREST, description="要几个")] = 5,
    usable_now: Annotated[bool, Query(description="只要现在能用、还没过时的")] = False,
    open_at: Annotated[
        str,
        Query(
            max_length=40,
            pattern=LINE,
            description="那时开着，例如 2026-12-05T20:00+08:00；不写时区按北京时间",
        ),
    ] = "",
    services: Annotated[
        str, Query(max_length=400, pattern=LINE, description="要有的设施，逗号分开")
    ] = "",
) -> HttpResponse:
    """Return the stations nearest by great circle that meet everything asked."""
    now = clock.now()
    system = CRS(crs or CRS.WGS84)
    wanted = Wanted(
        bits_of([kind.strip() for kind in services.split(",") if kind.strip()]),
        usable_at=now if usable_now else None,
        open_at=_time_of(open_at, now) if open_at else None,
    )
    found = finder.list_nearest(standpoint(lng, lat, system), limit=limit, wanted=wanted)
    items = [
        plain(one.row, crs=system, now=now) | {"distance_m": round(one.distance_m)} for one in found
    ]
    answer = JsonResponse({"items": items}, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "public, max-age=20"
    return answer


@router.get("", response=Stations, summary="全部驿站，一页一页")
@requires("station.view")
def list_stations(
    request: HttpRequest,
    crs: Crs = "",
    region: Region = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Return stations that are not closed for good, by county and number."""
    _check_region(region)
    now, system = clock.now(), CRS(crs or CRS.WGS84)
    found = finder.list_stations(region=region, cursor=cursor, limit=limit)
    return page([plain(one, crs=system, now=now) for one in found.items], found.next)


@router.get("/geojson", summary="一个县（市、区）的驿站，GeoJSON", response=dict[str, Any])
@requires("station.view")
def geojson(
    request: HttpRequest,
    region: Annotated[str, Query(pattern=r"^[0-9]{6}$", description="县（市、区）代码")],
) -> HttpResponse:
    """Return a county's stations as an RFC 7946 feature collection (WGS-84)."""
    _check_region(region)
    now = clock.now()
    found = finder.list_stations(region=region, limit=finder.MOST_OF_A_COUNTY)
    features = []
    for row in found.items:
        item = plain(row, crs=CRS.WGS84, now=now)
        lng, lat = item.pop("lng"), item.pop("lat")
        del item["crs"]
        point = {"type": "Point", "coordinates": [lng, lat]}
        features.append({"type": "Feature", "id": row.code, "geometry": point, "properties": item})
    body = {"type": "FeatureCollection", "features": features}
    return JsonResponse(
        body, json_dumps_params={"ensure_ascii": False}, content_type="application/geo+json"
    )


@router.get("/{code}", response=StationItem, summary="一个驿站")
@requires("station.view")
def get_station(
    request: HttpRequest, code: Annotated[str, Path(max_length=16, pattern=LINE)], crs: Crs = ""
) -> Any:
    """Return the station with this number, also one that is out of use."""
    return plain(finder.get_station(code), crs=CRS(crs or CRS.WGS84), now=clock.now())


class FreeSlot(Schema):
    """A time in which a seat is free; it is one's own only when it is booked, by who is signed in."""

    starts_at: datetime
    ends_at: datetime


class ServiceItem(Schema):
    """Desk hours of one kind: the next free times, at most 24; ``is_remote``: by phone or video."""

    kind: Literal["legal", "counselling", "reading"]
    server: str
    is_remote: bool
    slot_minutes: int
    free: list[FreeSlot]


class Services(Schema):
    """What can be booked at a station; ``book_at`` is where somebody signs in and books."""

    items: list[ServiceItem]
    book_at: str


@router.get("/{code}/services", response=Services, summary="一个驿站能约的服务和空着的时间")
@requires("station.view")
def list_free_slots(
    request: HttpRequest, code: Annotated[str, Path(max_length=16, pattern=LINE)]
) -> Any:
    """Return the free times of a station's desk hours; what is taken, and by whom, is told nobody.

    Booking is the person's own, signed in, on ``book_at``: tokens are officers' and book for nobody.
    """
    now = clock.now()
    row = finder.get_station(code)
    return {
        "items": [_service(one) for one in serving.list_free(row.code, now=now)],
        "book_at": reverse("station-services", args=[row.code]),
    }


def _service(one: serving.FreeService) -> dict[str, Any]:
    return {
        "kind": ServiceKind(one.service.kind).name.lower(),
        "server": one.service.server_hint,
        "is_remote": one.service.is_remote,
        "slot_minutes": one.service.slot_minutes,
        "free": [{"starts_at": begin, "ends_at": end} for begin, end in one.free],
    }


def plain(row: StationRow, *, crs: CRS, now: datetime) -> dict[str, Any]:
    """Return a station as the API tells it, in the system asked for; as given where that is it."""
    lng, lat = (
        (row.given_lng, row.given_lat)
        if row.crs == crs
        else convert(row.lng, row.lat, source=CRS.WGS84, target=crs)
    )
    return {
        "id": row.code,
        "name": row.name,
        "address": row.address,
        "region": str(row.adcode),
        "lat": round(lat, 6),
        "lng": round(lng, 6),
        "crs": crs.value,
        "state": row.shown_at(now).value,
        "open_until": row.open_until(now),
        "confirmed_at": row.confirmed_at,
        "confirmed_by": row.confirmed_by.name.lower() if row.confirmed_by else None,
        "services": [kind for kind in row.kinds if kind in FACILITY_BITS],
        "is_24h": row.is_24h,
        "hours": row.hours,
    }


def _time_of(text: str, now: datetime) -> datetime:
    """Return the moment; raise ``Malformed`` station.open_at or station.open_at_far."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not escaped
    except ValueError:
        raise Malformed(
            "station.open_at", "open_at 要写成 2026-12-05T20:00+08:00 的样子。"
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)
    if not now - timedelta(days=1) <= at <= now + MOST_AHEAD:
        raise Malformed(
            "station.open_at_far", "开放时间只知道从昨天到往后 14 天。请换一个近一些的时间。"
        )
    return at


def _check_region(region: str) -> None:
    if region and region not in regions.REGIONS:
        raise NotFound("region.unknown", "没有这个行政区划代码。例如 330105 是拱墅区。")
