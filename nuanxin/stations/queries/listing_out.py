"""Stations as they are given away: every row with the words that a list of stations uses.

What comes out here goes in again by ``forms/list_file.py``: the same columns, the same words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from nuanxin.kernel import regions
from nuanxin.kernel.actor import Actor
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.stations.queries.register import EXPORT_LIMIT, StationFilter, scoped_condition
from nuanxin.stations.states import DefinitionTag, HostKind, NameKind, Standing

_ROWS = """
SELECT s.code, s.name, s.name_kind, s.adcode, s.town_code, s.address, s.lng, s.lat, s.crs, s.wgs_lng,
       s.wgs_lat, s.host_name, s.host_kind, s.is_benchmark, s.is_24h, s.is_smart, s.is_shared,
       s.hours, s.extended_hours, s.scan_hours, s.area_m2, s.capacity_persons, s.floor, s.opened_on,
       s.standing,
       (SELECT jsonb_agg(jsonb_build_array(f.kind, f.count, f.works) ORDER BY f.kind)
        FROM stations_facility f WHERE f.station_id = s.id),
       (SELECT jsonb_agg(jsonb_build_array(n.kind, n.name) ORDER BY n.id)
        FROM stations_stationname n WHERE n.station_id = s.id),
       (SELECT jsonb_object_agg(m.provider, m.ident) FROM stations_mapid m WHERE m.station_id = s.id)
FROM stations_station s JOIN orgs_union u ON u.id = s.union_id
WHERE {where} ORDER BY s.code LIMIT %(most)s
"""
_FIELDS = [
    "code",
    "name",
    "name_kind",
    "adcode",
    "town_code",
    "address",
    "lng",
    "lat",
    "crs",
    "wgs_lng",
    "wgs_lat",
    "host_name",
    "host_kind",
    "is_benchmark",
    "is_24h",
    "is_smart",
    "is_shared",
    "hours",
    "extended_hours",
    "scan_hours",
    "area_m2",
    "capacity_persons",
    "floor",
    "opened_on",
    "standing",
    "facilities",
    "names",
    "maps",
]
_ALIASES = (NameKind.ALIAS, NameKind.MAP, NameKind.FORMER)


@dataclass(frozen=True, slots=True)
class GivenStation:
    """One station with everything that is public; facilities are (kind, count, works)."""

    values: dict[str, Any]
    facilities: tuple[tuple[str, int, bool], ...]
    brand: str
    aliases: tuple[str, ...]
    maps: dict[str, str]

    @property
    def county(self) -> str:
        """Return 拱墅区."""
        return regions.region(f"{self.values['adcode']:06}").name

    @property
    def town(self) -> str:
        """Return 大关街道, "" where it is not known."""
        found = regions.REGIONS.get(self.values["town_code"]) if self.values["town_code"] else None
        return found.name if found else ""

    @property
    def name_kind(self) -> str:
        """Return under which name it is counted."""
        return DefinitionTag(self.values["name_kind"]).label

    @property
    def host_kind(self) -> str:
        """Return who gives the room."""
        return HostKind(self.values["host_kind"]).label

    @property
    def standing(self) -> str:
        """Return 启用, 暂停 or 关停."""
        return Standing(self.values["standing"]).label


def given_to(actor: Actor, only: StationFilter) -> Iterator[GivenStation]:
    """Return the stations that the actor lists under the filter, by number, up to the limit."""
    where, values = scoped_condition(actor, only)
    return _rows(where, values)


def given_to_all(region: int) -> Iterator[GivenStation]:
    """Return the stations of a region that are not closed, by number: open data."""
    low, high = region_bounds(region)
    where = "s.adcode BETWEEN %(low)s AND %(high)s AND s.standing <> %(closed)s"
    return _rows(where, {"low": low, "high": high, "closed": int(Standing.CLOSED)})


def _rows(where: str, values: dict[str, Any]) -> Iterator[GivenStation]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS.format(where=where), values | {"most": EXPORT_LIMIT})
        rows = cursor.fetchall()
    return (_given(row) for row in rows)


def _given(row: tuple[Any, ...]) -> GivenStation:
    values = dict(zip(_FIELDS, row, strict=True))
    facilities = tuple(tuple(one) for one in _json(values.pop("facilities")) or ())
    names = _json(values.pop("names")) or []
    return GivenStation(
        values=values,
        maps=_json(values.pop("maps")) or {},
        facilities=facilities,
        brand=next((name for kind, name in names if kind == NameKind.BRAND), ""),
        aliases=tuple(name for kind, name in names if kind in _ALIASES),
    )


def _json(value: Any) -> Any:
    import json

    return json.loads(value) if isinstance(value, str) else value
