"""How a station stands, for the keeper, the public and the desk."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.workdays import is_workday
from nuanxin.stations import permissions
from nuanxin.stations.models import (
    DoorDevice,
    KeeperLink,
    PlannedClosure,
    Station,
    StationReport,
    StationState,
)
from nuanxin.stations.rules.visits import DayHours
from nuanxin.stations.states import OpenState, Standing
from nuanxin.stations.states.reporting import Said

PAGE_ROWS = 50
BUSY_DAYS = 28
MOST_CLOSURES = 20


@dataclass(frozen=True, slots=True)
class Living:
    """A station as it stands at ``now``: one row, and what follows from it."""

    station: Station
    state: StationState
    now: datetime

    @property
    def open_until(self) -> datetime | None:
        """Return when the opening time that ``now`` lies in ends, None outside of one."""
        for span in self.state.open_during:
            if span.lower is not None and span.lower <= self.now and span.upper > self.now:
                return span.upper  # type: ignore[no-any-return]
        return None

    @property
    def opens_at(self) -> datetime | None:
        """Return when the next opening time begins."""
        return next(
            (span.lower for span in self.state.open_during if span.lower and span.lower > self.now),
            None,
        )

    @property
    def is_by_code(self) -> bool:
        """Return whether only the door code opens it now."""
        return any(
            span.lower <= self.now < span.upper for span in self.state.scan_during if span.lower
        )

    @property
    def is_fresh(self) -> bool:
        """Return whether what was confirmed may still be shown."""
        until = self.state.fresh_until
        return self.state.state != OpenState.UNKNOWN and until is not None and until > self.now

    @property
    def shown(self) -> OpenState:
        """Return what may be shown: never an old word."""
        return OpenState(self.state.state) if self.is_fresh else OpenState.UNKNOWN

    @property
    def is_usable(self) -> bool:
        """Return what the finder asks: in its hours, said to be open, and not stale."""
        return self.open_until is not None and self.shown is OpenState.OPEN


@dataclass(frozen=True, slots=True)
class StaleRow:
    """A station that should be open by its hours now, and nobody confirmed it of late."""

    id: int
    code: str
    name: str
    union_name: str
    keeper_hint: str
    outcome: int
    confirmed_at: datetime | None
    confirmed_by: int | None


def get_living(code: str, *, now: datetime) -> Living:
    """Return a station by its number. Raises ``NotFound``, also for one that is closed for good."""
    state = (
        StationState.objects.select_related("station", "station__union")
        .filter(station__code=code)
        .exclude(station__standing=Standing.CLOSED)
        .first()
    )
    if state is None:
        raise NotFound()
    return Living(state.station, state, now)


def living_of_device(device_id: int | None, *, now: datetime) -> Living | None:
    """Return the station whose door a screen is at, None where there is no such screen in use."""
    if device_id is None:
        return None
    state = (
        StationState.objects.select_related("station", "station__union")
        .filter(station__doordevice__id=device_id, station__doordevice__closed_at=None)
        .exclude(station__standing=Standing.CLOSED)
        .first()
    )
    return Living(state.station, state, now) if state else None


def get_managed(code: str, *, actor: Actor, now: datetime) -> tuple[Living, bool]:
    """Return a station of the desk, and whether the actor may manage it. Raises ``NotFound``."""
    living = get_living(code, now=now)
    path = living.station.union.path
    if not permissions.can_list(actor, path=path):
        raise NotFound()
    return living, permissions.can_manage(actor, path=path)


def list_closures(station_id: int, *, now: datetime) -> list[PlannedClosure]:
    """Return the planned closures that are not over, in order."""
    return list(
        PlannedClosure.objects.filter(
            station_id=station_id, cancelled_at=None, during__endswith__gt=now
        ).order_by("during", "id")[:MOST_CLOSURES]
    )


def list_links(station_id: int, *, now: datetime) -> list[KeeperLink]:
    """Return the keeper's links that open something."""
    return list(
        KeeperLink.objects.filter(
            station_id=station_id, closed_at=None, expires_at__gt=now
        ).order_by("id")[:PAGE_ROWS]
    )


def list_screens(station_id: int) -> list[DoorDevice]:
    """Return the screens in use."""
    return list(
        DoorDevice.objects.filter(station_id=station_id, closed_at=None).order_by("id")[:PAGE_ROWS]
    )


def last_word(station_id: int, *, reporter: Any, now: datetime, within: timedelta) -> Any:
    """Return one's own last word while it may be taken back, None otherwise: (id, said, thing)."""
    found = (
        StationReport.objects.filter(
            station_id=station_id,
            reporter=reporter,
            reported_at__gt=now - within,
            takes_back=None,
            taken_back_by=None,
        )
        .order_by("-reported_at", "-id")
        .values_list("id", "said", "thing")
        .first()
    )
    return (found[0], Said(found[1]), found[2]) if found else None


def visits_of(station_id: int, *, on: date) -> tuple[int, int, int, int]:
    """Return today's and this month's person-times and persons: (today, persons, month, persons)."""
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, {"station": station_id, "day": on, "month": on.replace(day=1)})
        row = cursor.fetchone()
    return tuple(int(number or 0) for number in row)  # type: ignore[return-value]


_VISITS = """
SELECT d.visits_person_times, d.visitors_persons, m.visits_person_times, m.visitors_persons
  FROM (SELECT 1) one
  LEFT JOIN stations_visitsketch d ON d.station_id = %(station)s AND d.day = %(day)s
  LEFT JOIN stations_visitmonth m ON m.station_id = %(station)s AND m.month = %(month)s
"""


def hours_of(station_id: int, *, now: datetime) -> list[DayHours]:
    """Return the person-times by hour of the last four weeks that are over."""
    today = business_day(now)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT day, hours FROM stations_visitsketch
                WHERE station_id = %s AND day >= %s AND day < %s AND hours IS NOT NULL
                ORDER BY day""",
            [station_id, today - timedelta(days=BUSY_DAYS), today],
        )
        return [
            DayHours(day, is_workday(day).is_workday, tuple(hours))
            for day, hours in cursor.fetchall()
        ]


_SCOPE = "EXISTS (SELECT FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))"
_STALE = """
SELECT s.id, s.code, s.name, u.name,
       coalesce((SELECT k.name_hint FROM stations_stationkeeper k
                  WHERE k.station_id = s.id AND k.until_on IS NULL ORDER BY k.role, k.id LIMIT 1), ''),
       w.outcome, w.confirmed_at, w.confirmed_by_kind
  FROM stations_stationstate w
  JOIN stations_station s ON s.id = w.station_id
  JOIN orgs_union u ON u.id = s.union_id
 WHERE w.open_during @> %(now)s::timestamptz
   AND (w.state = 0 OR w.fresh_until <= %(now)s)
   AND s.id > %(after)s AND {scope}
 ORDER BY s.id LIMIT %(limit)s
"""


def list_stale(*, actor: Actor, now: datetime, after: int = 0) -> list[StaleRow]:
    """Return a page of stations that should be open now and were not confirmed of late."""
    values: dict[str, Any] = {
        "paths": list(policy.scope_paths(actor, permissions.LIST)),
        "now": now,
        "after": after,
        "limit": PAGE_ROWS + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STALE.format(scope=_SCOPE), values)
        return [StaleRow(*row) for row in cursor.fetchall()]
