"""Which hours each station promised on which days: from the register of each day and its log.

A station counts on each day where it was registered on that day, and not on the days on which it was
not in use. Every kind of hours is evaluated once, however many stations write it.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.db import connection

from nuanxin.kernel.clock import day_end, day_start
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import Period
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.stations.queries.in_use import REGISTER, TEXTS, Where
from nuanxin.stations.rules.delivering import Minutes, length, promised_by_day
from nuanxin.stations.rules.hours import read_hours

Texts = tuple[str, str, str]
Kind = tuple[Texts, bool]
"""A kind of hours: what it says, and whether make-up days are worked where it says so."""

_STATIONS = f"""{REGISTER}
SELECT r.id, r.adcode, r.hours, r.extended_hours, r.scan_hours, r.began_on,
       (SELECT array_agg(a.first_on ORDER BY a.first_on, a.last_on) FROM away a
         WHERE a.station_id = r.id),
       (SELECT array_agg(coalesce(a.last_on, %(day)s) ORDER BY a.first_on, a.last_on) FROM away a
         WHERE a.station_id = r.id)
FROM here r
"""
_CHANGED = """
SELECT e.subject_id, (e.at AT TIME ZONE 'Asia/Shanghai')::date, e.data -> 'changes'
FROM records_event e
WHERE e.subject_type = 'station' AND e.kind IN ('stations.station_changed', 'stations.station_updated')
  AND e.at >= %(start)s AND e.at < %(end)s AND e.data -> 'changes' ?| %(undone)s::text[]
  AND (%(known)s::timestamptz IS NULL OR e.at <= %(known)s::timestamptz)
ORDER BY e.at DESC, e.id DESC
"""
# Where a station is registered now, and where it ever was.
_PLACES = """
SELECT s.id, s.adcode FROM stations_station s
UNION
SELECT e.subject_id, c.adcode::int
FROM records_event e
CROSS JOIN LATERAL jsonb_array_elements_text(e.data -> 'changes' -> 'adcode') AS c (adcode)
WHERE e.subject_type = 'station' AND e.kind IN ('stations.station_changed', 'stations.station_updated')
"""
_IDS_HERE = f"""
SELECT DISTINCT p.id FROM ({_PLACES}) AS p (id, adcode)
WHERE p.adcode BETWEEN %(low)s AND %(high)s
  AND (%(counties)s::int[] IS NULL OR p.adcode = ANY (%(counties)s::int[]))
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A station in use in a county with the same hours on all days of a period, both ends included."""

    station: int
    county: int
    texts: Texts
    first: date
    last: date


@dataclass
class Calendar:
    """The promised minutes of each kind of hours by day of a period, made when first asked for."""

    period: Period
    made: dict[Kind, list[Minutes]] = field(default_factory=dict)
    sums: dict[Kind, list[int]] = field(default_factory=dict)
    usual: dict[int, bool] = field(default_factory=dict)

    def key(self, piece: Piece) -> Kind:
        """Return the kind of hours of a piece, evaluated."""
        if piece.county not in self.usual:
            found = parameter(
                "stations.makeup_as_workdays", adcode=f"{piece.county:06d}", on=self.period.start
            )
            self.usual[piece.county] = bool(found.value)
        key = (piece.texts, self.usual[piece.county])
        if key not in self.made:
            readable = tuple(one for one in map(_readable, piece.texts) if one)
            by_day = promised_by_day(
                readable, first=self.period.start, days=self.period.days, plays_makeup=key[1]
            )
            sums = [0]
            for one in by_day:
                sums.append(sums[-1] + length(one))
            self.made[key], self.sums[key] = by_day, sums
        return key


def list_pieces(where: Where, period: Period) -> list[Piece]:
    """Return what the stations of a place promised on the days of the period, in pieces of days."""
    low, high = region_bounds(where.region) if where.region else (0, 999_999)
    with connection.cursor() as cursor:
        if (where.region or where.counties is not None) and where.station_ids is None:
            counties = None if where.counties is None else list(where.counties)
            cursor.execute(_IDS_HERE, {"low": low, "high": high, "counties": counties})
            where = replace(where, station_ids=[row[0] for row in cursor.fetchall()])
        # Any of them may have stood elsewhere at the end of the period.
        cursor.execute(_STATIONS, replace(where, region=None).values(period.end))
        rows = cursor.fetchall()
        cursor.execute(
            _CHANGED,
            {
                "start": day_start(period.start),
                "end": day_end(period.end),
                "known": where.known_at,
                "undone": ["adcode", *TEXTS],
            },
        )
        changed: dict[int, list[tuple[date, dict[str, Any]]]] = defaultdict(list)
        for station, day, changes in cursor.fetchall():
            changed[station].append((day, _before(changes)))
    return [
        piece
        for row in rows
        for piece in _pieces_of(row, changed.get(row[0], ()), period)
        if low <= piece.county <= high
        and (where.counties is None or piece.county in where.counties)
    ]


def list_counties() -> dict[int, set[int]]:
    """Return the counties in which each station is or ever was registered."""
    found: dict[int, set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_PLACES)
        for station, county in cursor.fetchall():
            found[station].add(county)
    return found


# ---- inside -----------------------------------------------------------------------------------


def _pieces_of(
    row: Any, changed: Sequence[tuple[date, Mapping[str, Any]]], period: Period
) -> Iterator[Piece]:
    """Yield the pieces; a change counts from its own day on."""
    now: dict[str, Any] = dict(zip(("adcode", *TEXTS), row[1:5], strict=True))
    last = period.end
    spans = _days_in_use(row, period)
    for day, before in changed:
        if day <= last:
            yield from _cut(row[0], now, day, last, spans)
            last = day - timedelta(days=1)
        now |= before
    yield from _cut(row[0], now, period.start, last, spans)


def _cut(
    station: int, now: Mapping[str, Any], first: date, last: date, spans: list[tuple[date, date]]
) -> Iterator[Piece]:
    texts = (now["hours"], now["extended_hours"], now["scan_hours"])
    for begin, end in spans:
        if max(begin, first) <= min(end, last):
            yield Piece(station, now["adcode"], texts, max(begin, first), min(end, last))


def _days_in_use(row: Any, period: Period) -> list[tuple[date, date]]:
    """Return the days on which the station was in use: begun, neither paused nor closed."""
    one = timedelta(days=1)
    spans = [(max(row[5], period.start), period.end)]
    for first, last in zip(row[6] or (), row[7] or (), strict=True):
        if last < first:  # taken back before it began
            continue
        spans = [
            piece
            for begin, end in spans
            for piece in ((begin, min(end, first - one)), (max(begin, last + one), end))
            if piece[0] <= piece[1]
        ]
    return [span for span in spans if span[0] <= span[1]]


def _before(changes: Any) -> dict[str, Any]:
    plain = json.loads(changes) if isinstance(changes, str) else changes
    known = {name: str(plain[name][0]) for name in TEXTS if name in plain}
    return known | ({"adcode": int(plain["adcode"][0])} if "adcode" in plain else {})


def _readable(text: str) -> str:
    try:
        return read_hours(text)
    except Malformed:
        return ""
