"""Stations on the desk: the list with search and filters, one with everything, its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.orgs.queries.places import region_bounds, region_name
from nuanxin.records.queries import EventRow, list_events_of
from nuanxin.stations import permissions
from nuanxin.stations.models import Facility, Funding, MapId, Station, StationName
from nuanxin.stations.queries.funding import list_funding
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.grades import Ladder, StationFacts, grade
from nuanxin.stations.rules.names import compact_name
from nuanxin.stations.states import DefinitionTag, HostKind, NameKind, Standing

PAGE_ROWS = 50
COUNT_LIMIT = 10_000
EXPORT_LIMIT = 100_000
SORTS = ("changed", "-changed")
"""The last changed last or first; any other word is by number."""


@dataclass(frozen=True, slots=True)
class StationFilter:
    """What the list is narrowed to; None or "" leaves it wide. Without a standing: all but closed."""

    search: str = ""
    region: int | None = None
    tag: str = ""
    standing: Standing | None = None
    facility: str = ""


TAGS = {
    "benchmark": "标杆",
    "24h": "24 小时",
    "smart": "智慧",
    "shared": "共享",
}
_TAG_COLUMNS = {
    "benchmark": "is_benchmark",
    "24h": "is_24h",
    "smart": "is_smart",
    "shared": "is_shared",
}


@dataclass(frozen=True, slots=True)
class StationRow:
    """One line of the list."""

    id: int
    code: str
    name: str
    adcode: int
    town_code: str
    address: str
    union_name: str
    standing: Standing
    tags: tuple[str, ...]
    hours: str
    facilities: int
    broken: int
    keeper_hint: str
    updated_at: datetime

    @property
    def place(self) -> str:
        """Return 拱墅区大关街道."""
        return place_words(self.adcode, self.town_code)


@dataclass(frozen=True, slots=True)
class StationPage:
    """A page of stations; ``next`` is the cursor of the following one."""

    items: tuple[StationRow, ...]
    next: str | None
    count: int
    count_is_capped: bool


@dataclass(frozen=True, slots=True)
class StationDetail:
    """Everything of one station that the desk shows; no keeper's name or phone in clear."""

    station: Station
    path: str
    union_name: str
    facilities: tuple[Facility, ...]
    names: tuple[StationName, ...]
    maps: tuple[tuple[str, str], ...]
    funding: tuple[Funding, ...]
    ladder: Ladder
    may_manage: bool


def list_stations(
    *,
    actor: Actor,
    only: StationFilter = StationFilter(),
    sort: str = "",
    cursor: str | None = None,
    limit: int = PAGE_ROWS,
) -> StationPage:
    """Return a page of the stations of unions below the actor's, by number or by the last change.

    ``search`` is a part of a name, of another name, of the address or the host, or a number.
    Raises ``Malformed`` for a strange cursor.
    """
    limit = max(1, min(limit, PAGE_ROWS))
    values: dict[str, Any] = {"limit": limit + 1, "most": COUNT_LIMIT + 1}
    where = _condition(actor, only, values)
    order, beyond = _order(sort, cursor, values)
    with connection.cursor() as db:
        db.execute(_LIST.format(where=where, beyond=beyond, order=order), values)
        rows = [_row(row) for row in db.fetchall()]
        db.execute(_COUNT.format(where=where), values)
        count = int(db.fetchone()[0])
    last = rows[limit - 1] if len(rows) > limit else None
    after = None
    if last is not None:
        after = encode_cursor([last.updated_at, last.id] if sort in SORTS else [last.code])
    return StationPage(tuple(rows[:limit]), after, min(count, COUNT_LIMIT), count > COUNT_LIMIT)


_LIST = """
SELECT s.id, s.code, s.name, s.adcode, s.town_code, s.address, u.name, s.standing,
       s.is_benchmark, s.is_24h, s.is_smart, s.is_shared, s.hours,
       (SELECT count(*) FROM stations_facility f WHERE f.station_id = s.id),
       (SELECT count(*) FROM stations_facility f WHERE f.station_id = s.id AND NOT f.works),
       coalesce((SELECT k.name_hint FROM stations_stationkeeper k
                 WHERE k.station_id = s.id AND k.role = 1 AND k.until_on IS NULL LIMIT 1), ''),
       s.updated_at
FROM stations_station s JOIN orgs_union u ON u.id = s.union_id
WHERE {where} AND {beyond} ORDER BY {order} LIMIT %(limit)s
"""
_COUNT = """
SELECT count(*) FROM (
    SELECT 1 FROM stations_station s JOIN orgs_union u ON u.id = s.union_id
    WHERE {where} LIMIT %(most)s) found
"""


def scoped_condition(actor: Actor, only: StationFilter) -> tuple[str, dict[str, Any]]:
    """Return the condition on aliases ``s`` and ``u`` of what the actor may list, with its values."""
    values: dict[str, Any] = {}
    return _condition(actor, only, values), values


def _condition(actor: Actor, only: StationFilter, values: dict[str, Any]) -> str:
    values["paths"] = list(policy.scope_paths(actor, permissions.LIST))
    parts = ["EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))"]
    if only.region:
        values["low"], values["high"] = region_bounds(only.region)
        parts.append("s.adcode BETWEEN %(low)s AND %(high)s")
    if only.tag in _TAG_COLUMNS:
        parts.append(f"s.{_TAG_COLUMNS[only.tag]}")
    if only.standing is not None:
        values["standing"] = int(only.standing)
        parts.append("s.standing = %(standing)s")
    else:
        values["closed"] = int(Standing.CLOSED)
        parts.append("s.standing <> %(closed)s")
    if only.facility:
        values["facility"] = only.facility
        parts.append(
            "EXISTS (SELECT 1 FROM stations_facility f WHERE f.kind = %(facility)s"
            " AND f.station_id = s.id AND f.works)"
        )
    text = " ".join(only.search.split())[:40]
    if text:
        values["text"] = _like(text)
        values["compact"] = _like(compact_name(text) or text)
        values["number"] = text
        parts.append(_SEARCHED)
    return " AND ".join(parts)


_SEARCHED = """(s.code = %(number)s OR s.name_compact LIKE %(compact)s OR s.address LIKE %(text)s
    OR s.host_name LIKE %(text)s OR EXISTS (SELECT 1 FROM stations_stationname n
        WHERE n.station_id = s.id AND n.compact LIKE %(compact)s))"""


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _order(sort: str, cursor: str | None, values: dict[str, Any]) -> tuple[str, str]:
    if sort in SORTS:
        way, beyond = ("DESC", "<") if sort.startswith("-") else ("ASC", ">")
        order = f"s.updated_at {way}, s.id {way}"
        if not cursor:
            return order, "TRUE"
        at, number = decode_cursor(cursor, length=2)
        values["at"], values["after"] = _moment(at), _number(number)
        return order, f"(s.updated_at, s.id) {beyond} (%(at)s, %(after)s)"
    if cursor:
        values["after"] = str(decode_cursor(cursor, length=1)[0]).replace("\x00", "")
        return "s.code", "s.code > %(after)s"
    return "s.code", "TRUE"


def _moment(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise _unreadable() from None


def _number(value: object) -> int:
    if isinstance(value, int) and abs(value) < 1 << 63:
        return value
    raise _unreadable()


def _unreadable() -> Malformed:
    return Malformed("cursor.unreadable", "这一页的位置读不出来了。请从列表的第一页重新开始。")


def _row(row: Sequence[Any]) -> StationRow:
    tags = tuple(label for label, has in zip(TAGS.values(), row[8:12], strict=True) if has)
    return StationRow(
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], Standing(row[7]), tags, row[12],
        row[13], row[14], row[15], row[16],
    )  # fmt: skip


# ---- one ----------------------------------------------------------------------------------------


def get_station(*, actor: Actor, code: str, now: datetime) -> StationDetail:
    """Return one station of the actor's scope with everything; raise ``NotFound``."""
    station = Station.objects.select_related("union").filter(code=code).first()
    if station is None:
        raise NotFound()
    path = station.union.path
    permissions.check_can_list(actor, path=path)
    on = business_day(now)
    facilities = tuple(Facility.objects.filter(station=station).order_by("kind")[:50])
    maps = tuple(station.mapid_set.order_by("provider").values_list("provider", "ident")[:20])
    labels = facility_labels(on)
    facts = StationFacts(
        facilities={one.kind: one.works for one in facilities},
        area_m2=station.area_m2,
        capacity_persons=station.capacity_persons,
        has_sign=station.has_sign,
        has_rules=station.has_rules,
        on_a_map=bool(maps),
    )
    order = {kind: at for at, kind in enumerate(labels)}
    return StationDetail(
        station=station,
        path=path,
        union_name=station.union.name,
        facilities=tuple(sorted(facilities, key=lambda one: order.get(one.kind, 99))),
        names=tuple(StationName.objects.filter(station=station).order_by("kind", "id")[:30]),
        maps=maps,
        funding=tuple(list_funding(station.id)[:30]),
        ladder=grade(facts, adcode=f"{station.adcode:06}", on=on, labels=labels),
        may_manage=permissions.can_manage(actor, path=path),
    )


def list_map_ids(station_id: int) -> list[MapId]:
    """Return the ids under which maps know a station; the caller has checked the station."""
    return list(MapId.objects.filter(station_id=station_id).order_by("provider", "id")[:20])


def history_of(station_id: int, *, limit: int = 30) -> list[EventRow]:
    """Return what happened to a station, the newest first; the caller has checked the station."""
    return list_events_of("station", station_id, limit=limit)


def place_words(adcode: int, town_code: str) -> str:
    """Return 拱墅区大关街道."""
    return region_name(adcode, int(town_code) if town_code.isdecimal() else None)


def draft_values(detail: StationDetail) -> dict[str, Any]:
    """Return what a form begins with to change the station."""
    station = detail.station
    plain = (
        "name", "address", "lng", "lat", "crs", "host_name", "is_benchmark", "is_24h", "is_smart",
        "is_shared", "floor", "area_m2", "capacity_persons", "hours", "extended_hours", "scan_hours",
        "opened_on", "has_sign", "has_rules",
    )  # fmt: skip
    by_kind = {kind: [n.name for n in detail.names if n.kind == kind] for kind in NameKind}
    return {name: getattr(station, name) for name in plain} | {
        "union": station.union.code,
        "name_kind": DefinitionTag(station.name_kind).value,
        "host_kind": HostKind(station.host_kind).value,
        "adcode": station.adcode,
        "town_code": station.town_code,
        "facilities": [one.kind for one in detail.facilities],
        "brand": "、".join(by_kind[NameKind.BRAND]),
        "aliases": "、".join(
            name
            for kind in (NameKind.ALIAS, NameKind.MAP, NameKind.FORMER)
            for name in by_kind[kind]
        ),
    }
