"""Keepers' papers and the roster of a week, for the desk."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.stations import permissions
from nuanxin.stations.rules.rosters import Span, gaps, hours_of

KEEPERS_LIMIT = 200
SHIFTS_LIMIT = 500


@dataclass(frozen=True, slots=True)
class KeeperRow:
    """A keeper in post, with the last day of each paper."""

    id: int
    name_hint: str
    role: int
    from_on: date
    until_on: date | None
    trained_on: date | None
    course: str
    checked_on: date | None
    is_clear: bool | None


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift that stands."""

    id: int
    keeper_hint: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """A station's week: who stands when, and which promised hours nobody has taken.

    ``open_hours`` is None where the promised hours of the week are not known (beyond what is worked out).
    """

    station_id: int
    code: str
    name: str
    union_path: str
    since: datetime
    keepers: tuple[KeeperRow, ...]
    shifts: tuple[ShiftRow, ...]
    gaps: tuple[Span, ...]
    promised_hours: float

    @property
    def gap_hours(self) -> float:
        """Return how many promised hours nobody has taken."""
        return hours_of(self.gaps)


_KEEPERS = """
SELECT k.id, k.name_hint, k.role, k.from_on, k.until_on, t.done_on, t.course, c.done_on, c.is_clear
FROM stations_stationkeeper k
LEFT JOIN LATERAL (SELECT done_on, course FROM stations_keeperpaper p
    WHERE p.keeper_id = k.id AND p.kind = 1 ORDER BY done_on DESC, id DESC LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT done_on, is_clear FROM stations_keeperpaper p
    WHERE p.keeper_id = k.id AND p.kind = 2 ORDER BY done_on DESC, id DESC LIMIT 1) c ON true
WHERE k.station_id = %(station)s AND (k.until_on IS NULL OR k.until_on >= %(day)s)
ORDER BY k.role, k.id LIMIT %(limit)s
"""
_PROMISED = """
SELECT lower(r), upper(r) FROM stations_stationstate s, unnest(s.open_during) r
WHERE s.station_id = %(station)s AND r && tstzrange(%(since)s, %(until)s) ORDER BY 1
"""


def get_roster(code: str, since: datetime, *, actor: Actor) -> Roster:
    """Return the seven days from ``since`` of a station below the actor's unions; raise ``NotFound``."""
    rows = fetch_all(
        """SELECT s.id, s.name, u.path FROM stations_station s JOIN orgs_union u ON u.id = s.union_id
        WHERE s.code = %(code)s
        AND EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))""",
        {"code": code, "paths": list(policy.scope_paths(actor, permissions.LIST))},
    )
    if not rows:
        raise NotFound()
    station_id, name, path = rows[0]
    until = since + timedelta(days=7)
    values = {"station": station_id, "since": since, "until": until, "day": since.date()}
    keepers = fetch_all(_KEEPERS, {**values, "limit": KEEPERS_LIMIT})
    shifts = fetch_all(
        """SELECT h.id, k.name_hint, h.starts_at, h.ends_at FROM stations_keepershift h
        JOIN stations_stationkeeper k ON k.id = h.keeper_id
        WHERE h.station_id = %(station)s AND h.ended_at IS NULL
        AND h.starts_at >= %(since)s AND h.starts_at < %(until)s
        ORDER BY h.starts_at, h.id LIMIT %(limit)s""",
        {**values, "limit": SHIFTS_LIMIT},
    )
    promised = [(max(a, since), min(b, until)) for a, b in fetch_all(_PROMISED, values)]
    taken = [(row[2], row[3]) for row in shifts]
    return Roster(
        station_id,
        code,
        name,
        path,
        since,
        tuple(KeeperRow(*_with(row, 6, row[6] or "")) for row in keepers),
        tuple(ShiftRow(*row) for row in shifts),
        tuple(gaps(promised, taken)),
        hours_of(promised),
    )


def _with(row: tuple[Any, ...], at: int, value: Any) -> list[Any]:
    return [*row[:at], value, *row[at + 1 :]]
