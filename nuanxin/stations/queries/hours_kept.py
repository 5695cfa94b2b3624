"""Hours promised and delivered, a station at a time: from hours as they stood, moves, closures, words.

Every kind of hours is evaluated once, however many stations write it. Words are those of keepers,
cadres, doors and members about the door, none that was taken back; what somebody passing by said
settles no hour.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from nuanxin.kernel.clock import day_end, day_start
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import Period
from nuanxin.stations.queries.in_use import REGISTER, TEXTS, Where
from nuanxin.stations.rules.delivering import (
    Minutes,
    Word,
    cut_by_day,
    delivered,
    length,
    promised_by_day,
    without_minutes,
)
from nuanxin.stations.rules.hours import read_hours
from nuanxin.stations.states.reporting import ReportSource, Said, Topic

LONGEST_DAYS = 366
Texts = tuple[str, str, str]

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
  AND e.at >= %(start)s AND e.at < %(end)s AND e.data -> 'changes' ?| %(texts)s::text[]
  AND (%(known)s::timestamptz IS NULL OR e.at <= %(known)s::timestamptz)
ORDER BY e.at DESC, e.id DESC
"""
_CLOSURES = """
SELECT c.station_id, lower(c.during) AT TIME ZONE 'Asia/Shanghai',
       upper(c.during) AT TIME ZONE 'Asia/Shanghai'
FROM stations_plannedclosure c
WHERE c.cancelled_at IS NULL AND c.during && tstzrange(%(start)s, %(end)s)
  AND (%(known)s::timestamptz IS NULL OR c.made_at <= %(known)s::timestamptz)
"""
_WORDS = """
SELECT p.station_id, p.reported_at AT TIME ZONE 'Asia/Shanghai', p.said <> %(closed)s,
       CASE WHEN p.said <> %(full)s THEN p.until AT TIME ZONE 'Asia/Shanghai' END
FROM stations_stationreport p
WHERE p.station_id = ANY (%(ids)s::bigint[]) AND p.reported_at >= %(start)s AND p.reported_at < %(end)s
  AND p.said / 10 = %(door)s AND p.source <> %(anybody)s AND p.takes_back_id IS NULL
  AND (%(known)s::timestamptz IS NULL OR p.reported_at <= %(known)s::timestamptz)
  AND NOT EXISTS (SELECT FROM stations_stationreport b WHERE b.takes_back_id = p.id
        AND (%(known)s::timestamptz IS NULL OR b.reported_at <= %(known)s::timestamptz))
ORDER BY p.reported_at, p.id
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """Minutes of a station: promised; promised on days of which something was said; delivered on those."""

    promised: int = 0
    told: int = 0
    delivered: int = 0

    def plus(self, other: "Kept") -> "Kept":
        """Return both together."""
        return Kept(
            self.promised + other.promised,
            self.told + other.told,
            self.delivered + other.delivered,
        )

    @property
    def permille(self) -> int | None:
        """Return how much of what was promised was delivered, None where nobody said anything."""
        return self.delivered * 1000 // self.told if self.told else None


@dataclass
class _Said:
    """What happened to stations in the period, by station."""

    texts: Mapping[int, list[tuple[date, dict[str, str]]]]
    closures: Mapping[int, list[tuple[datetime, datetime]]]
    words: Mapping[int, dict[int, list[Word]]]


@dataclass
class _Calendar:
    """The promised minutes of each kind of hours by day, made when first asked for."""

    first: date
    days: int
    made: dict[tuple[Texts, bool], list[Minutes]] = field(default_factory=dict)
    sums: dict[tuple[Texts, bool], list[int]] = field(default_factory=dict)
    usual: dict[int, bool] = field(default_factory=dict)

    def key(self, texts: Texts, adcode: int) -> tuple[Texts, bool]:
        """Return the kind of hours, evaluated, with whether make-up days are worked here."""
        if adcode not in self.usual:
            found = parameter("stations.makeup_as_workdays", adcode=f"{adcode:06d}", on=self.first)
            self.usual[adcode] = bool(found.value)
        key = (texts, self.usual[adcode])
        if key not in self.made:
            readable = tuple(one for one in map(_readable, texts) if one)
            by_day = promised_by_day(
                readable, first=self.first, days=self.days, plays_makeup=key[1]
            )
            sums = [0]
            for one in by_day:
                sums.append(sums[-1] + length(one))
            self.made[key], self.sums[key] = by_day, sums
        return key


def hours_kept(where: Where, period: Period) -> dict[int, Kept]:
    """Return what each station promised and delivered on the days of the period, by its id.

    Stations that promised nothing are there with noughts. Raises ``ValueError`` for more than
    ``LONGEST_DAYS`` days.
    """
    if period.days > LONGEST_DAYS:
        raise ValueError(f"at most {LONGEST_DAYS} days at once, not {period.days}")
    with connection.cursor() as cursor:
        cursor.execute(_STATIONS, where.values(period.end))
        stations = cursor.fetchall()
    calendar = _Calendar(period.start, period.days)
    said = _said([row[0] for row in stations], where, period)
    return {row[0]: _kept(row, calendar, said, period) for row in stations}


def sum_kept(found: Mapping[int, Kept]) -> Kept:
    """Return all stations together."""
    total = Kept()
    for one in found.values():
        total = total.plus(one)
    return total


# ---- inside -----------------------------------------------------------------------------------


def _said(ids: list[int], where: Where, period: Period) -> _Said:
    values: dict[str, Any] = {
        "ids": ids,
        "start": day_start(period.start),
        "end": day_end(period.end),
        "known": where.known_at,
        "texts": list(TEXTS),
        "door": int(Topic.DOOR),
        "closed": int(Said.CLOSED),
        "full": int(Said.FULL),
        "anybody": int(ReportSource.VISITOR),
    }
    texts, closures = defaultdict(list), defaultdict(list)
    words: dict[int, dict[int, list[Word]]] = defaultdict(lambda: defaultdict(list))
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, values)
        for station, day, changes in cursor.fetchall():
            texts[station].append((day, _before(changes)))
        cursor.execute(_CLOSURES, values)
        for station, begin, end in cursor.fetchall():
            closures[station].append((begin, end))
        cursor.execute(_WORDS, values)
        for station, at, is_open, until in cursor.fetchall():
            minute = at.hour * 60 + at.minute
            word = Word(minute, is_open, _minute_of(until, at))
            words[station][(at.date() - period.start).days].append(word)
    return _Said(texts, closures, words)


def _minute_of(until: datetime | None, at: datetime) -> int | None:
    if until is None or until.date() > at.date():
        return None
    return until.hour * 60 + until.minute


def _before(changes: Any) -> dict[str, str]:
    plain = json.loads(changes) if isinstance(changes, str) else changes
    return {name: str(plain[name][0]) for name in TEXTS if name in plain}


def _kept(row: Any, calendar: _Calendar, said: _Said, period: Period) -> Kept:
    station, adcode = row[0], row[1]
    away = _days_away(row, period)
    holes = _holes(said.closures.get(station, ()), period)
    words = said.words.get(station, {})
    apart = sorted({*away, *holes, *words})
    kept = Kept()
    for first, last, texts in _texts_by_days(row, said, period):
        key = calendar.key(texts, adcode)
        by_day, sums = calendar.made[key], calendar.sums[key]
        promised = sums[last + 1] - sums[first]
        told = given = 0
        for day in apart:
            if not first <= day <= last:
                continue
            left = () if day in away else without_minutes(by_day[day], holes.get(day, ()))
            promised -= length(by_day[day]) - length(left)
            open_for = delivered(left, words.get(day, ()))
            if open_for is not None:
                told, given = told + length(left), given + open_for
        kept = kept.plus(Kept(promised, told, given))
    return kept


def _holes(
    closures: Sequence[tuple[datetime, datetime]], period: Period
) -> dict[int, list[tuple[int, int]]]:
    if not closures:
        return {}
    by_day: list[list[tuple[int, int]]] = [[] for _ in range(period.days)]
    for begin, end in closures:
        cut_by_day(by_day, begin, end, period.start)
    return {day: spans for day, spans in enumerate(by_day) if spans}


def _days_away(row: Any, period: Period) -> set[int]:
    """Return the days on which the station was not in use: not begun, paused, closed."""
    away: set[int] = set()
    spans = [(date.min, row[5] - timedelta(days=1)), *zip(row[6] or (), row[7] or (), strict=True)]
    for first, last in spans:
        low = max(0, (first - period.start).days)
        away.update(range(low, min(period.days, (last - period.start).days + 1)))
    return away


def _texts_by_days(row: Any, said: _Said, period: Period) -> list[tuple[int, int, Texts]]:
    """Return (first day, last day, hours) of the period; a change counts from its own day on."""
    texts = dict(zip(TEXTS, row[2:5], strict=True))
    pieces, last = [], period.days - 1
    for day, before in said.texts.get(row[0], ()):
        at = (day - period.start).days
        if at <= last:
            pieces.append((at, last, (texts[TEXTS[0]], texts[TEXTS[1]], texts[TEXTS[2]])))
            last = at - 1
        texts |= before
    if last >= 0:
        pieces.append((0, last, (texts[TEXTS[0]], texts[TEXTS[1]], texts[TEXTS[2]])))
    return pieces


def _readable(text: str) -> str:
    try:
        return read_hours(text)
    except Malformed:
        return ""
