"""Stations as the finder shows them: rows by number, a page of all, a county, along a route."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.text import compact
from nuanxin.stations.models import Facility, Station, StationName
from nuanxin.stations.queries.nearest import Wanted, find_nearest
from nuanxin.stations.rules import nearest as rule
from nuanxin.stations.rules.placing import Place
from nuanxin.stations.rules.showing import Facts, Shown, Span, shown_at, span_at
from nuanxin.stations.states import ConfirmedBy, DefinitionTag, OpenState, Standing

MOST_OF_A_COUNTY = 1_000
MOST_FOUND = 12
ROUTE_WIDTH_M = 1_500
MOST_ON_ROUTE = 20


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station as everybody may know it. ``lng``/``lat`` are WGS-84; kinds are those that work."""

    id: int
    code: str
    name: str
    kind_label: str
    adcode: int
    town_code: str
    address: str
    lng: float
    lat: float
    given_lng: float
    given_lat: float
    crs: CRS
    is_24h: bool
    hours: str
    extended_hours: str
    scan_hours: str
    capacity_persons: int | None
    host_name: str
    union_name: str
    standing: Standing
    standing_reason: str
    standing_until: Any
    state: OpenState
    confirmed_at: datetime | None
    confirmed_by: ConfirmedBy | None
    confirmations: int
    contradictions: int
    fresh_until: datetime | None
    note: str
    spans: tuple[Span, ...]
    kinds: tuple[str, ...]

    @property
    def facts(self) -> Facts:
        """Return what decides how it is shown."""
        return Facts(self.standing, self.state, self.fresh_until, self.spans)

    def shown_at(self, at: datetime) -> Shown:
        """Return how it is shown at ``at``."""
        return shown_at(self.facts, at)

    def open_until(self, at: datetime) -> datetime | None:
        """Return the end of the opening time that ``at`` lies in."""
        span = span_at(self.spans, at)
        return span[1] if span else None


@dataclass(frozen=True, slots=True)
class Near:
    """A station and how far it is, in metres over the ground."""

    row: StationRow
    distance_m: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page of stations and the cursor of the next one."""

    items: list[StationRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Around:
    """What is near: usable now, and the others that are as near or nearer."""

    usable: list[Near]
    others: list[Near]


def list_nearest(place: Place, *, limit: int, wanted: Wanted) -> list[Near]:
    """Return the nearest stations with all that is shown of them."""
    found = find_nearest(place, limit=limit, wanted=wanted)
    rows = {row.id: row for row in rows_of([one.station_id for one in found])}
    return [Near(rows[one.station_id], one.distance_m) for one in found]


def list_around(place: Place, *, kinds: Sequence[str], now: datetime, shown: int = 3) -> Around:
    """Return the nearest ``shown`` usable now, and up to ``shown`` others among the ten nearest."""
    bits = rule.bits_of(kinds)
    usable = find_nearest(place, limit=shown, wanted=Wanted(bits, usable_at=now))
    nearest = find_nearest(place, limit=10, wanted=Wanted(bits))
    taken = {one.station_id for one in usable}
    kept = [one for one in nearest if one.station_id not in taken]
    rows = {row.id: row for row in rows_of([one.station_id for one in (*usable, *kept)])}
    others = [Near(rows[one.station_id], one.distance_m) for one in kept]
    others = [near for near in others if near.row.shown_at(now) != Shown.OPEN]
    return Around([Near(rows[one.station_id], one.distance_m) for one in usable], others[:shown])


_ROWS_OF = """
SELECT s.id, s.code, s.name, s.name_kind, s.adcode, s.town_code, s.address, s.wgs_lng, s.wgs_lat,
    s.lng, s.lat, s.crs, s.is_24h, s.hours, s.extended_hours, s.scan_hours, s.capacity_persons,
    s.host_name, u.name, s.standing, s.standing_reason, s.standing_until, COALESCE(t.state, 0),
    t.confirmed_at, t.confirmed_by_kind, COALESCE(t.confirmations, 0),
    COALESCE(t.contradictions, 0), t.fresh_until, COALESCE(t.note, ''),
    COALESCE(t.open_during, '{}'::tstzmultirange),
    ARRAY(SELECT f.kind::text FROM stations_facility f WHERE f.station_id = s.id AND f.works)
FROM stations_station s JOIN orgs_union u ON u.id = s.union_id
LEFT JOIN stations_stationstate t ON t.station_id = s.id
WHERE s.id = ANY(%(ids)s)
"""


def rows_of(ids: Sequence[int]) -> list[StationRow]:
    """Return the rows of these stations in one prepared statement, in no order.

    The search asks this hundreds of times a second: a statement of the ORM takes longer to make
    than this one takes to answer.
    """
    if not ids:
        return []
    with connection.prepared_cursor(is_binary=True) as cursor:  # type: ignore[attr-defined]
        cursor.execute(_ROWS_OF, {"ids": list(ids)})
        return [_row_of(values) for values in cursor.fetchall()]


def _row_of(values: Sequence[Any]) -> StationRow:
    """Return the row of ``_ROWS_OF``'s columns, which stand in the order of the row's fields."""
    told = dict(zip(StationRow.__slots__, values, strict=True))
    return StationRow(
        **told
        | {
            "kind_label": _tag(told["kind_label"]),
            "crs": CRS(told["crs"]),
            "standing": Standing(told["standing"]),
            "state": OpenState(told["state"]),
            "confirmed_by": ConfirmedBy(told["confirmed_by"]) if told["confirmed_by"] else None,
            "spans": tuple((span.lower, span.upper) for span in told["spans"]),
            "kinds": _in_order(told["kinds"]),
        }
    )


def _in_order(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds in the order in which pages name them; unknown ones last."""
    return tuple(sorted(kinds, key=lambda kind: rule.FACILITY_BITS.get(kind, 1 << 62)))


def get_station(code: str) -> StationRow:
    """Return the station with this number, closed ones too. Raises ``NotFound``."""
    found = _rows(Station.objects.filter(code=code[:16]))
    if not found:
        raise NotFound("station.not_found", "没有这个编号的驿站。请从驿站页重新找。")
    return found[0]


def list_stations(
    *, region: str = "", cursor: str | None = None, limit: int = 50, with_closed: bool = False
) -> Page:
    """Return stations by number, of a county, a city or all."""
    chosen = Station.objects.all() if with_closed else _living()
    if region:
        low, high = _range_of(region)
        chosen = chosen.filter(adcode__gte=low, adcode__lte=high)
    if cursor:
        adcode, code = decode_cursor(cursor, length=2)
        chosen = chosen.filter(Q(adcode__gt=adcode) | Q(adcode=adcode, code__gt=str(code)))
    rows = _rows(chosen.order_by("adcode", "code")[: limit + 1])
    rows.sort(key=lambda row: (row.adcode, row.code))
    more = len(rows) > limit
    following = encode_cursor([rows[limit - 1].adcode, rows[limit - 1].code]) if more else None
    return Page(rows[:limit], following)


def search_by_name(text: str) -> list[StationRow]:
    """Return stations one of whose names holds ``text``, at most ``MOST_FOUND``."""
    wanted = compact(text)[:40]
    if len(wanted) < 2:
        return []
    named = StationName.objects.filter(compact__contains=wanted).values("station_id")
    chosen = _living().filter(Q(name_compact__contains=wanted) | Q(id__in=named))
    return _rows(chosen.order_by("id")[:MOST_FOUND])


_ALONG = """
SELECT p.station_id, t.share, sqrt((x - t.share * dx) ^ 2 + (y - t.share * dy) ^ 2) AS off
FROM stations_stationspot p
CROSS JOIN LATERAL (SELECT (p.lng - %(lng)s) * %(scale)s AS x, (p.lat - %(lat)s) * 111195 AS y,
                           %(dx)s::float8 AS dx, %(dy)s::float8 AS dy) d
CROSS JOIN LATERAL (SELECT greatest(0, least(1, (x * dx + y * dy)
                           / nullif(dx * dx + dy * dy, 0))) AS share) t
WHERE p.place <@ circle(point(%(mid_x)s, %(mid_y)s), %(reach)s)
  AND p.usable_until > %(now)s AND p.open_during @> %(now)s::timestamptz
  AND p.facilities & %(bits)s = %(bits)s
  AND (x - t.share * dx) ^ 2 + (y - t.share * dy) ^ 2 <= %(width)s ^ 2
ORDER BY t.share, off, p.station_id LIMIT %(limit)s
"""


def list_along(
    start: Place, end: Place, *, kinds: Sequence[str], now: datetime
) -> list[tuple[StationRow, float, float]]:
    """Return usable stations within 1.5 km of the straight way, in its order.

    With each its share of the way and its metres aside.
    """
    values = _band(start, end) | {
        "now": now,
        "bits": rule.bits_of(kinds),
        "width": ROUTE_WIDTH_M,
        "limit": MOST_ON_ROUTE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ALONG, values)
        found = cursor.fetchall()
    rows = {row.id: row for row in rows_of([one[0] for one in found])}
    return [(rows[station_id], float(share), float(off)) for station_id, share, off in found]


def _band(start: Place, end: Place) -> dict[str, Any]:
    """Return the way in metres of a local plane, and the circle of the index's plane about it."""
    scale = 111_195 * math.cos(math.radians((start.wgs_lat + end.wgs_lat) / 2))
    dx = (end.wgs_lng - start.wgs_lng) * scale
    dy = (end.wgs_lat - start.wgs_lat) * 111_195
    half = math.hypot(
        (end.wgs_lng - start.wgs_lng) * rule.PLANE_COSINE, end.wgs_lat - start.wgs_lat
    )
    return {
        "lng": start.wgs_lng,
        "lat": start.wgs_lat,
        "scale": scale,
        "dx": dx,
        "dy": dy,
        "mid_x": (start.wgs_lng + end.wgs_lng) / 2 * rule.PLANE_COSINE,
        "mid_y": (start.wgs_lat + end.wgs_lat) / 2,
        "reach": half / 2 + 1.1 * ROUTE_WIDTH_M / rule.LEAST_METRES_PER_STEP,
    }


def centre_of_town(town_code: str) -> tuple[float, float] | None:
    """Return the middle of a town's stations (lng, lat in WGS-84), None where it has none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT avg(wgs_lng), avg(wgs_lat) FROM (SELECT wgs_lng, wgs_lat FROM stations_station"
            " WHERE town_code = %s AND standing <> 3 LIMIT 500) s",
            [town_code],
        )
        lng, lat = cursor.fetchone() or (None, None)
    return (float(lng), float(lat)) if lng is not None and lat is not None else None


def _living() -> QuerySet[Station]:
    return Station.objects.exclude(standing=Standing.CLOSED)


def _range_of(region: str) -> tuple[int, int]:
    """Return the first and the last county code of a region's six digits."""
    if region.endswith("0000"):
        return int(region), int(region) + 9_999
    if region.endswith("00"):
        return int(region), int(region) + 99
    return int(region), int(region)


def _rows(chosen: QuerySet[Station]) -> list[StationRow]:
    stations = list(chosen.select_related("stationstate", "union"))
    kinds: dict[int, list[str]] = {}
    working = Facility.objects.filter(station_id__in=[one.id for one in stations], works=True)
    for station_id, kind in working.values_list("station_id", "kind") if stations else ():
        kinds.setdefault(station_id, []).append(kind)
    return [_row(one, kinds.get(one.id, ())) for one in stations]


def _row(one: Station, kinds: Iterable[str]) -> StationRow:
    state = getattr(one, "stationstate", None)
    return StationRow(
        id=one.id, code=one.code, name=one.name, kind_label=_tag(one.name_kind),
        adcode=one.adcode, town_code=one.town_code, address=one.address,
        lng=one.wgs_lng, lat=one.wgs_lat, given_lng=one.lng, given_lat=one.lat, crs=CRS(one.crs),
        is_24h=one.is_24h, hours=one.hours, extended_hours=one.extended_hours,
        scan_hours=one.scan_hours, capacity_persons=one.capacity_persons,
        host_name=one.host_name, union_name=one.union.name,
        standing=Standing(one.standing), standing_reason=one.standing_reason,
        standing_until=one.standing_until,
        state=OpenState(state.state) if state else OpenState.UNKNOWN,
        confirmed_at=state.confirmed_at if state else None,
        confirmed_by=ConfirmedBy(state.confirmed_by_kind)
        if state and state.confirmed_by_kind else None,
        confirmations=state.confirmations if state else 0,
        contradictions=state.contradictions if state else 0,
        fresh_until=state.fresh_until if state else None,
        note=state.note if state else "",
        spans=tuple((span.lower, span.upper) for span in state.open_during) if state else (),
        kinds=_in_order(kinds),
    )  # fmt: skip


def _tag(kind: int) -> str:
    return DefinitionTag(kind).label
