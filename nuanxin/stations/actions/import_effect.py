"""Rows of a confirmed list become stations, and change those that are there: by set, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.records.actions import NewEvent, append_events
from nuanxin.stations.actions.opening import refresh_opening
from nuanxin.stations.actions.recording import SUBJECT
from nuanxin.stations.actions.register import next_codes
from nuanxin.stations.models import StationImport, StationImportRow
from nuanxin.stations.queries.neighbours import known_in
from nuanxin.stations.rules.matching import Listed
from nuanxin.stations.rules.names import compact_address, compact_name
from nuanxin.stations.states import DefinitionTag, HostKind, NameKind, RowVerdict, Standing

# column, type, what it is where the list does not say
_COLUMNS: tuple[tuple[str, str, Any], ...] = (
    ("name", "text", ""), ("name_compact", "text", ""), ("adcode", "int", 0),
    ("name_kind", "smallint", int(DefinitionTag.UNION_STATION)), ("town_code", "text", ""),
    ("address", "text", ""), ("lng", "float8", 0), ("lat", "float8", 0), ("crs", "text", ""),
    ("wgs_lng", "float8", 0), ("wgs_lat", "float8", 0), ("host_name", "text", ""),
    ("host_kind", "smallint", int(HostKind.OTHER)), ("is_benchmark", "bool", False),
    ("is_24h", "bool", False), ("is_smart", "bool", False), ("is_shared", "bool", False),
    ("floor", "smallint", None), ("area_m2", "int", None), ("capacity_persons", "int", None),
    ("hours", "text", ""), ("extended_hours", "text", ""), ("scan_hours", "text", ""),
    ("opened_on", "date", None),
)  # fmt: skip
_NAMES = ", ".join(name for name, _, _ in _COLUMNS)
_TYPED = ", ".join(f"{name} {kind}" for name, kind, _ in _COLUMNS)
_INSERT = f"""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s) AS r(code text, row int, {_TYPED})
), made AS (
    INSERT INTO stations_station (code, union_id, standing, standing_reason, created_at, updated_at, {_NAMES})
    SELECT g.code, %(union)s, %(open)s, '', %(now)s, %(now)s,
           {", ".join(f"g.{name}" for name, _, _ in _COLUMNS)}
    FROM given g RETURNING id, code
)
SELECT g.row, m.id FROM made m JOIN given g ON g.code = m.code
"""
_CHANGED = [
    (name, kind) for name, kind, _ in _COLUMNS if name not in ("name", "name_compact", "adcode")
]
_UPDATE = f"""
UPDATE stations_station s
SET {", ".join(f"{name} = coalesce(r.{name}, s.{name})" for name, _ in _CHANGED)}, updated_at = %(now)s
FROM jsonb_to_recordset(%(rows)s) AS r(id bigint, {", ".join(f"{n} {k}" for n, k in _CHANGED)})
WHERE s.id = r.id
  AND s.union_id IN (SELECT id FROM orgs_union WHERE starts_with(path, %(path)s))
"""
_FACILITIES = """
INSERT INTO stations_facility (station_id, kind, count, works, noted_at)
SELECT r.station, r.kind, r.count, true, %(now)s
FROM unnest(%(stations)s::bigint[], %(kinds)s::text[], %(counts)s::int[]) r(station, kind, count)
ON CONFLICT DO NOTHING
"""
_OTHER_NAMES = """
INSERT INTO stations_stationname (station_id, kind, name, compact)
SELECT r.station, r.kind, r.name, r.compact
FROM unnest(%(stations)s::bigint[], %(kinds)s::int[], %(names)s::text[], %(compacts)s::text[])
     r(station, kind, name, compact)
ON CONFLICT DO NOTHING
"""
_MAPS = """
INSERT INTO stations_mapid (station_id, provider, ident)
SELECT r.station, r.provider, r.ident
FROM unnest(%(stations)s::bigint[], %(providers)s::text[], %(idents)s::text[]) r(station, provider, ident)
ON CONFLICT DO NOTHING
"""


def take_effect(
    listing: StationImport, rows: Sequence[StationImportRow], *, actor: Actor, now: datetime
) -> None:
    """Enter the new ones and change the changed ones of ``rows``; mark each as in effect.

    What somebody else entered since the preview is not entered twice.
    """
    fresh = _still_new(
        listing, [one for one in rows if one.verdict == RowVerdict.NEW], on=business_day(now)
    )
    changed = [one for one in rows if one.verdict == RowVerdict.CHANGED]
    made = _enter(listing, fresh, now)
    for one in fresh:
        one.station_id = made[one.row]
    _change(listing, changed, now)
    _add_around([*fresh, *changed], now)
    refresh_opening(
        now=now, station_ids=[int(one.station_id) for one in [*fresh, *changed] if one.station_id]
    )
    append_events(
        [_event("stations.station_imported", one, listing, {"row": one.row}) for one in fresh]
        + [
            _event(
                "stations.station_updated", one, listing, {"row": one.row, "changes": one.changes}
            )
            for one in changed
        ],
        actor=actor,
        at=now,
    )
    for one in rows:
        one.took_effect_at = now
    StationImportRow.objects.bulk_update(
        rows, ["verdict", "reason", "station", "took_effect_at"], batch_size=1_000
    )


def _event(
    kind: str, row: StationImportRow, listing: StationImport, data: dict[str, Any]
) -> NewEvent:
    return NewEvent(kind, SUBJECT, row.station_id, listing.union_id, data | {"import": listing.id})


def _still_new(
    listing: StationImport, rows: Sequence[StationImportRow], *, on: date
) -> list[StationImportRow]:
    known = known_in(*region_bounds(listing.union.adcode), on=on)
    left = []
    for one in rows:
        draft = one.draft or {}
        listed = Listed(
            draft["name_compact"], compact_address(draft["address"]), draft["wgs_lng"],
            draft["wgs_lat"], draft["adcode"],
        )  # fmt: skip
        again = [c for c in known.candidates(listed) if c.likeness.is_sure]
        if again and one.decision != "new":
            one.verdict = RowVerdict.REPEATED
            one.reason = f"预览以后已经登记了：{again[0].station.code}。"
        else:
            left.append(one)
    return left


def _enter(
    listing: StationImport, rows: Sequence[StationImportRow], now: datetime
) -> dict[int, int]:
    """Insert stations with numbers and states; return station ids by row."""
    counted = Counter(int((one.draft or {})["adcode"]) for one in rows)
    codes = {adcode: iter(next_codes(adcode, count)) for adcode, count in sorted(counted.items())}
    given = []
    for one in rows:
        draft = one.draft or {}
        values = {name: draft.get(name, otherwise) for name, _, otherwise in _COLUMNS}
        given.append(values | {"code": next(codes[int(draft["adcode"])]), "row": one.row})
    if not given:
        return {}
    told: dict[str, Any] = {"rows": Jsonb(given), "union": listing.union_id, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, told | {"open": int(Standing.OPEN)})
        return dict(cursor.fetchall())


def _change(listing: StationImport, rows: Sequence[StationImportRow], now: datetime) -> None:
    given = []
    for one in rows:
        values: dict[str, Any] = {"id": one.station_id}
        values |= {name: told[1] for name, told in one.changes.items() if name in dict(_CHANGED)}
        if "position" in one.changes:
            draft = one.draft or {}
            values |= {n: draft[n] for n in ("lng", "lat", "crs", "wgs_lng", "wgs_lat")}
        given.append(values)
    if given:
        with connection.cursor() as cursor:
            told: dict[str, Any] = {"rows": Jsonb(given), "now": now, "path": listing.union.path}
            cursor.execute(_UPDATE, told)


def _add_around(rows: Sequence[StationImportRow], now: datetime) -> None:
    """Add facilities, other names and ids on maps that the rows bring; what is there stays."""
    facilities, names, maps = [], [], []
    for one in rows:
        draft, number = one.draft or {}, one.station_id
        facilities += [(number, kind, count) for kind, count in draft["facilities"].items()]
        maps += [(number, provider, ident) for provider, ident in draft["maps"]]
        told = [(NameKind.BRAND, draft["brand"])] if draft["brand"] else []
        told += [(NameKind.ALIAS, name) for name in draft["aliases"]]
        if one.verdict == RowVerdict.CHANGED:
            fresh = one.changes.get("names", [[], []])[1]
            told = [(kind, n) for kind, n in told if n in fresh]
            if draft["name"] in fresh:
                told.append((NameKind.ALIAS, draft["name"]))
        names += [(number, int(kind), name, compact_name(name)) for kind, name in told]
    with connection.cursor() as cursor:
        cursor.execute(_FACILITIES, _columns(facilities, "stations kinds counts") | {"now": now})
        cursor.execute(_OTHER_NAMES, _columns(names, "stations kinds names compacts"))
        cursor.execute(_MAPS, _columns(maps, "stations providers idents"))


def _columns(rows: Sequence[tuple[Any, ...]], names: str) -> dict[str, Any]:
    return {name: [row[at] for row in rows] for at, name in enumerate(names.split())}
