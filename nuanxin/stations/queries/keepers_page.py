"""What the keeper's page shows beside how the station stands: its things, and what a cadre wrote."""

from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.stations.models import Facility, Inspection, InspectionFinding
from nuanxin.stations.rules.nearest import FACILITY_BITS
from nuanxin.stations.states.inspections import InspectionKind, Verdict

MOST_THINGS = 60
MOST_DAYS = 3
MOST_FINDINGS = 40


@dataclass(frozen=True, slots=True)
class Thing:
    """A facility of the station and whether it works."""

    kind: str
    works: bool


@dataclass(frozen=True, slots=True)
class MasterDay:
    """What a cadre wrote who was station master for a day; ``to_mend``: requirement, note, due day."""

    begins_at: datetime
    ends_at: datetime
    verdict: Verdict
    heard: str
    to_mend: tuple[tuple[str, str, date], ...]


def list_things(station_id: int) -> list[Thing]:
    """Return the facilities of a station, the broken ones first, then in the order of the register."""
    found = Facility.objects.filter(station_id=station_id).values_list("kind", "works")
    rows = sorted(
        found[:MOST_THINGS], key=lambda one: (one[1], FACILITY_BITS.get(one[0], 1 << 62), one[0])
    )
    return [Thing(kind, works) for kind, works in rows]


def list_master_days(station_id: int) -> list[MasterDay]:
    """Return what cadres wrote of their last days as its station master, the newest first."""
    days = list(
        Inspection.objects.filter(
            station_id=station_id, kind=int(InspectionKind.MASTER_DAY)
        ).order_by("-inspected_at", "-id")[:MOST_DAYS]
    )
    if not days:
        return []
    findings: dict[int, list[tuple[str, str, date]]] = {}
    for inspection_id, text, note, due_on in (
        InspectionFinding.objects.filter(
            station_id=station_id,
            inspection_id__in=[one.id for one in days],
            repair__isnull=False,
            repair__seen_at=None,
        )
        .order_by("repair__due_on", "id")
        .values_list("inspection_id", "text", "note", "repair__due_on")[:MOST_FINDINGS]
    ):
        findings.setdefault(inspection_id, []).append((text, note, due_on))
    return [
        MasterDay(
            one.inspected_at, one.until_at or one.inspected_at, Verdict(one.verdict), one.heard,
            tuple(findings.get(one.id, ())),
        )
        for one in days
    ]  # fmt: skip
