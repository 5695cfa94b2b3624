"""The one list of what is out of order below the actor's unions: found by whom, due when, done by whom."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.stations import permissions
from nuanxin.stations.models import Repair
from nuanxin.stations.states.reporting import RepairSource, RepairStep

PAGE_ROWS = 50
MOST_GIVEN = 20_000


@dataclass(frozen=True, slots=True)
class RepairFilter:
    """What of the list is asked for; a station by its code, a region by its code or what begins with it."""

    step: RepairStep = RepairStep.STANDING
    source: RepairSource | None = None
    region: int | None = None
    station: str = ""


@dataclass(frozen=True, slots=True)
class RepairRow:
    """One thing out of order; ``inspection_id`` is the last look that found it, where one did."""

    id: int
    code: str
    name: str
    union_path: str
    what: str
    text: str
    note: str
    source: RepairSource
    reported_at: datetime
    due_on: date
    done_at: datetime | None
    done_by_name: str
    done_key: str
    how: str
    seen_at: datetime | None
    seen_by_name: str
    inspection_id: int | None

    @property
    def is_done(self) -> bool:
        """Return whether nothing is left to do: done, and seen where an inspection found it."""
        seen = self.source is not RepairSource.INSPECTION or self.seen_at is not None
        return self.done_at is not None and seen

    @property
    def waits_for_look(self) -> bool:
        """Return whether it is said to be mended and another is to see it."""
        return self.done_at is not None and not self.is_done


_STANDS = "(r.done_at IS NULL OR r.source = 7 AND r.seen_at IS NULL)"
_STEPS = {
    RepairStep.STANDING: _STANDS,
    RepairStep.TO_MEND: f"{_STANDS} AND r.done_at IS NULL",
    RepairStep.OVERDUE: f"{_STANDS} AND r.due_on < %(today)s",
    RepairStep.TO_SEE: f"{_STANDS} AND r.done_at IS NOT NULL",
    RepairStep.DONE: f"NOT {_STANDS}",
}
_SCOPE = "EXISTS (SELECT FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))"
_FROM = """
  FROM stations_repair r
  JOIN stations_station s ON s.id = r.station_id
  JOIN orgs_union u ON u.id = s.union_id
"""
_LIST = (
    """
SELECT r.id, s.code, s.name, u.path, r.what, r.text, r.note, r.source, r.reported_at, r.due_on,
       r.done_at, r.done_by_name, r.done_key, r.how, r.seen_at, r.seen_by_name,
       (SELECT max(f.inspection_id) FROM stations_inspectionfinding f WHERE f.repair_id = r.id)
"""
    + _FROM
    + f""" WHERE {{step}} AND {_SCOPE}
   AND (%(source)s::int IS NULL OR r.source = %(source)s)
   AND (%(low)s::int IS NULL OR s.adcode BETWEEN %(low)s AND %(high)s)
   AND (%(station)s = '' OR s.code = %(station)s)
   AND (%(due)s::date IS NULL OR (r.due_on, r.id) {{after}} (%(due)s, %(id)s))
 ORDER BY r.due_on {{order}}, r.id {{order}} LIMIT %(limit)s
"""
)


def list_repairs(
    *,
    actor: Actor,
    now: datetime,
    only: RepairFilter = RepairFilter(),
    after: tuple[date, int] | None = None,
    limit: int = PAGE_ROWS,
) -> tuple[list[RepairRow], tuple[date, int] | None]:
    """Return a page below the actor's unions, and where the next begins: what is first due first.

    What is done comes the last due first.
    """
    low, high = region_bounds(only.region) if only.region else (None, None)
    values: dict[str, Any] = {
        "paths": list(policy.scope_paths(actor, permissions.LIST)),
        "today": business_day(now),
        "source": int(only.source) if only.source is not None else None,
        "low": low,
        "high": high,
        "station": only.station,
        "due": after[0] if after else None,
        "id": after[1] if after else None,
        "limit": limit + 1,
    }
    backward = only.step is RepairStep.DONE
    asked = _LIST.format(
        step=_STEPS[only.step],
        after="<" if backward else ">",
        order="DESC" if backward else "ASC",
    )
    rows = [_row(row) for row in fetch_all(asked, values)]
    page = rows[:limit]
    return page, (page[-1].due_on, page[-1].id) if len(rows) > limit else None


def count_overdue(*, actor: Actor, now: datetime) -> int:
    """Return how many things below the actor's unions should have been done by today and are not."""
    values = {
        "paths": list(policy.scope_paths(actor, permissions.LIST)),
        "today": business_day(now),
    }
    rows = fetch_all(
        f"SELECT count(*) {_FROM} WHERE {_STEPS[RepairStep.OVERDUE]} AND {_SCOPE}", values
    )
    return int(rows[0][0])


def list_repairs_of(station_id: int) -> list[Repair]:
    """Return what stands of a station, the first due first."""
    return list(
        Repair.objects.filter(
            Q(done_at=None) | Q(source=int(RepairSource.INSPECTION), seen_at=None),
            station_id=station_id,
        ).order_by("due_on", "id")[:PAGE_ROWS]
    )


def _row(row: tuple[Any, ...]) -> RepairRow:
    read = list(row)
    read[7] = RepairSource(read[7])
    return RepairRow(*read)
