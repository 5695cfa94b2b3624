"""Rounds and inspections, below the actor's unions."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.stations import permissions
from nuanxin.stations.rules.inspections import Form, form_of
from nuanxin.stations.states.inspections import (
    Finding,
    InspectionKind,
    RoundState,
    Verdict,
)

LIST_LIMIT = 50
SAMPLE_LIMIT = 2_000
_SCOPE = "EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))"


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round; ``inspected`` of ``sampled`` have been looked at."""

    id: int
    title: str
    union_name: str
    union_path: str
    state: RoundState
    stations: int
    sampled: int
    inspected: int
    due_on: date
    created_at: datetime
    created_by_name: str
    draw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SampledRow:
    """A station that was drawn, with its inspection where there is one."""

    station_code: str
    station_name: str
    address: str
    inspection_id: int | None
    inspected_at: datetime | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class InspectionRow:
    """An inspection in a list; ``permille`` of the points."""

    id: int
    station_code: str
    station_name: str
    kind: InspectionKind
    inspected_at: datetime
    until_at: datetime | None
    permille: int
    verdict: Verdict
    inspector_name: str
    heard: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A line of a form; where something is to be mended, as far as its repair has come."""

    id: int
    text: str
    found: Finding
    note: str
    due_on: date | None
    done_at: datetime | None
    done_by_name: str | None
    seen_at: datetime | None
    seen_by_name: str | None


@dataclass(frozen=True, slots=True)
class StationToInspect:
    """A station with the form in force there today."""

    code: str
    name: str
    address: str
    form: Form


def inspect_paths(actor: Actor) -> list[str]:
    """Return below which unions the actor inspects."""
    return list(policy.scope_paths(actor, permissions.INSPECT))


def _list_paths(actor: Actor) -> list[str]:
    return list(policy.scope_paths(actor, permissions.LIST))


_ROUND = """
SELECT r.id, r.title, u.name, u.path, r.state, r.stations, r.sampled,
       (SELECT count(*) FROM stations_sampledstation x
        WHERE x.round_id = r.id AND x.inspection_id IS NOT NULL),
       r.due_on, r.created_at, r.created_by_name, {draw}
FROM stations_inspectionround r JOIN orgs_union u ON u.id = r.union_id
"""


def list_rounds(*, actor: Actor, after: int | None = None) -> tuple[list[RoundRow], int | None]:
    """Return rounds below the actor's unions, newest first, and where the next page begins."""
    rows = fetch_all(
        f"""{_ROUND.format(draw="'{}'::jsonb")} WHERE {_SCOPE}
        AND (%(after)s::bigint IS NULL OR r.id < %(after)s) ORDER BY r.id DESC LIMIT %(limit)s""",
        {"paths": _list_paths(actor), "after": after, "limit": LIST_LIMIT + 1},
    )
    found = [_round(row) for row in rows[:LIST_LIMIT]]
    return found, found[-1].id if len(rows) > LIST_LIMIT else None


def get_round(round_id: int, *, actor: Actor) -> RoundRow:
    """Return a round with its draw; raise ``NotFound`` out of scope."""
    rows = fetch_all(
        f"{_ROUND.format(draw='r.draw')} WHERE r.id = %(id)s AND {_SCOPE}",
        {"id": round_id, "paths": _list_paths(actor)},
    )
    if not rows:
        raise NotFound()
    return _round(rows[0])


def get_public_draw(round_id: int) -> Mapping[str, Any]:
    """Return the file of a round's draw, for anybody who wants to draw it again: codes, no person."""
    rows = fetch_all(
        "SELECT draw FROM stations_inspectionround WHERE id = %(id)s", {"id": round_id}
    )
    if not rows:
        raise NotFound()
    return _json(rows[0][0])


def list_sampled(round_id: int) -> list[SampledRow]:
    """Return the stations that were drawn in a round; the caller has asked for the round before."""
    rows = fetch_all(
        """SELECT s.code, s.name, s.address, i.id, i.inspected_at, i.verdict
        FROM stations_sampledstation x JOIN stations_station s ON s.id = x.station_id
        LEFT JOIN stations_inspection i ON i.id = x.inspection_id
        WHERE x.round_id = %(round)s
        ORDER BY (i.id IS NOT NULL), s.town_code, s.code LIMIT %(limit)s""",
        {"round": round_id, "limit": SAMPLE_LIMIT},
    )
    return [SampledRow(*_read(row, {5: Verdict})) for row in rows]


_INSPECTION = """
SELECT i.id, s.code, s.name, i.kind, i.inspected_at, i.until_at, i.permille, i.verdict,
       i.inspector_name, i.heard
FROM stations_inspection i JOIN stations_station s ON s.id = i.station_id
JOIN orgs_union u ON u.id = s.union_id
"""


def list_inspections(
    *, actor: Actor, kind: InspectionKind | None = None, after: int | None = None
) -> tuple[list[InspectionRow], int | None]:
    """Return inspections below the actor's unions, newest first, and where the next page begins."""
    rows = fetch_all(
        f"""{_INSPECTION} WHERE {_SCOPE} AND (%(kind)s::int IS NULL OR i.kind = %(kind)s)
        AND (%(after)s::bigint IS NULL OR i.id < %(after)s) ORDER BY i.id DESC LIMIT %(limit)s""",
        {
            "paths": _list_paths(actor), "after": after, "limit": LIST_LIMIT + 1,
            "kind": int(kind) if kind is not None else None,
        },
    )  # fmt: skip
    found = [_inspection(row) for row in rows[:LIST_LIMIT]]
    return found, found[-1].id if len(rows) > LIST_LIMIT else None


def list_inspections_of(station_id: int) -> list[InspectionRow]:
    """Return the last inspections of a station; the caller has asked for the station before."""
    rows = fetch_all(
        f"""{_INSPECTION} WHERE i.station_id = %(station)s
        ORDER BY i.inspected_at DESC, i.id DESC LIMIT %(limit)s""",
        {"station": station_id, "limit": LIST_LIMIT},
    )
    return [_inspection(row) for row in rows]


def get_inspection(inspection_id: int, *, actor: Actor) -> InspectionRow:
    """Return an inspection; raise ``NotFound`` out of scope."""
    rows = fetch_all(
        f"{_INSPECTION} WHERE i.id = %(id)s AND {_SCOPE}",
        {"id": inspection_id, "paths": _list_paths(actor)},
    )
    if not rows:
        raise NotFound()
    return _inspection(rows[0])


_FINDING = """
SELECT f.id, f.text, f.found, f.note, r.due_on, r.done_at, r.done_by_name, r.seen_at, r.seen_by_name
FROM stations_inspectionfinding f LEFT JOIN stations_repair r ON r.id = f.repair_id
"""


def list_findings_of(inspection_id: int) -> list[FindingRow]:
    """Return each line of a form; the caller has asked for the inspection before."""
    rows = fetch_all(
        f"{_FINDING} WHERE f.inspection_id = %(id)s ORDER BY f.id LIMIT 100",
        {"id": inspection_id},
    )
    return [_finding(row) for row in rows]


def get_to_inspect(code: str, *, actor: Actor, now: datetime) -> StationToInspect:
    """Return a station that the actor may inspect, with the form of today; raise ``NotFound``."""
    rows = fetch_all(
        f"""SELECT s.code, s.name, s.address, s.adcode FROM stations_station s
        JOIN orgs_union u ON u.id = s.union_id WHERE s.code = %(code)s AND {_SCOPE}""",
        {"code": code, "paths": inspect_paths(actor)},
    )
    if not rows:
        raise NotFound()
    code, name, address, adcode = rows[0]
    form = form_of(f"{adcode:06d}", on=business_day(now))
    return StationToInspect(code, name, address, form)


def _read(row: tuple[Any, ...], kinds: Mapping[int, Callable[[Any], Any]]) -> list[Any]:
    """Return the cells of a row, those named by position read as what they are, where they are."""
    read = list(row)
    for at, kind in kinds.items():
        read[at] = None if read[at] is None else kind(read[at])
    return read


def _round(row: tuple[Any, ...]) -> RoundRow:
    return RoundRow(*_read(row, {4: RoundState, 11: _json}))


def _json(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        value = json.loads(value)
    assert isinstance(value, dict)
    return value


def _inspection(row: tuple[Any, ...]) -> InspectionRow:
    return InspectionRow(*_read(row, {3: InspectionKind, 7: Verdict}))


def _finding(row: tuple[Any, ...]) -> FindingRow:
    return FindingRow(*_read(row, {2: Finding}))
