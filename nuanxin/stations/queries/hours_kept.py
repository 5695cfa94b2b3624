"""Hours promised and delivered, a station at a time: from hours as they stood, moves, closures, words.

What the cells of a county add up (``hours_by_county``), told of each station. Words are those of keepers,
cadres, doors and members about the door, none that was taken back; what somebody passing by said
settles no hour.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.kernel.clock import day_end, day_start
from nuanxin.kernel.period import Period
from nuanxin.stations.queries.hours_promised import Calendar, Piece, list_pieces
from nuanxin.stations.queries.in_use import Where
from nuanxin.stations.rules.delivering import (
    Word,
    cut_by_day,
    delivered,
    length,
    without_minutes,
)
from nuanxin.stations.states.reporting import ReportSource, Said, Topic

LONGEST_DAYS = 366

_CLOSURES = """
SELECT c.station_id, lower(c.during) AT TIME ZONE 'Asia/Shanghai',
       upper(c.during) AT TIME ZONE 'Asia/Shanghai'
FROM stations_plannedclosure c
WHERE (c.cancelled_at IS NULL OR c.cancelled_at > %(known)s::timestamptz)
  AND c.during && tstzrange(%(start)s, %(end)s)
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

    closures: Mapping[int, list[tuple[datetime, datetime]]]
    words: Mapping[int, dict[int, list[Word]]]


def hours_kept(where: Where, period: Period) -> dict[int, Kept]:
    """Return what each station promised and delivered on the days of the period, by its id.

    A station is there if it was in use on one of the days. Raises ``ValueError`` for more than
    ``LONGEST_DAYS`` days.
    """
    if period.days > LONGEST_DAYS:
        raise ValueError(f"at most {LONGEST_DAYS} days at once, not {period.days}")
    pieces = list_pieces(where, period)
    calendar = Calendar(period)
    said = _said(sorted({piece.station for piece in pieces}), where, period)
    found: dict[int, Kept] = defaultdict(Kept)
    for piece in pieces:
        found[piece.station] = found[piece.station].plus(_kept(piece, calendar, said))
    return dict(found)


# ---- inside -----------------------------------------------------------------------------------


def what_counts(where: Where, period: Period) -> dict[str, Any]:
    """Return the values by which a statement finds what was said of doors, as was known then.

    Visitors' words do not count; closed and full are the words that take from what was promised.
    """
    return {
        "start": day_start(period.start),
        "end": day_end(period.end),
        "known": where.known_at,
        "door": int(Topic.DOOR),
        "closed": int(Said.CLOSED),
        "full": int(Said.FULL),
        "anybody": int(ReportSource.VISITOR),
    }


def _said(ids: list[int], where: Where, period: Period) -> _Said:
    values = {"ids": ids} | what_counts(where, period)
    closures = defaultdict(list)
    words: dict[int, dict[int, list[Word]]] = defaultdict(lambda: defaultdict(list))
    with connection.cursor() as cursor:
        cursor.execute(_CLOSURES, values)
        for station, begin, end in cursor.fetchall():
            closures[station].append((begin, end))
        cursor.execute(_WORDS, values)
        for station, at, is_open, until in cursor.fetchall():
            minute = at.hour * 60 + at.minute
            word = Word(minute, is_open, _minute_of(until, at))
            words[station][(at.date() - period.start).days].append(word)
    return _Said(closures, words)


def _minute_of(until: datetime | None, at: datetime) -> int | None:
    if until is None or until.date() > at.date():
        return None
    return until.hour * 60 + until.minute


def _kept(piece: Piece, calendar: Calendar, said: _Said) -> Kept:
    """Return the minutes of a piece: days on which nothing happened are summed up at once."""
    period = calendar.period
    first, last = (piece.first - period.start).days, (piece.last - period.start).days
    key = calendar.key(piece)
    by_day, sums = calendar.made[key], calendar.sums[key]
    holes = _holes(said.closures.get(piece.station, ()), period)
    words = said.words.get(piece.station, {})
    promised, told, given = sums[last + 1] - sums[first], 0, 0
    for day in {*holes, *words}:
        if first <= day <= last:
            left = without_minutes(by_day[day], holes.get(day, ()))
            promised -= length(by_day[day]) - length(left)
            open_for = delivered(left, words.get(day, ()))
            if open_for is not None:
                told, given = told + length(left), given + open_for
    return Kept(promised, told, given)


def _holes(
    closures: Sequence[tuple[datetime, datetime]], period: Period
) -> dict[int, list[tuple[int, int]]]:
    if not closures:
        return {}
    by_day: list[list[tuple[int, int]]] = [[] for _ in range(period.days)]
    for begin, end in closures:
        cut_by_day(by_day, begin, end, period.start)
    return {day: spans for day, spans in enumerate(by_day) if spans}
