"""Usable times ahead, made for all stations at once; closures that were planned.

Each kind of hours is evaluated once however many stations write it; planned closures and the standing
are then taken out in the database, by multiranges.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import as_written
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import logged_name
from nuanxin.stations import permissions
from nuanxin.stations.actions.recording import record
from nuanxin.stations.models import PlannedClosure, Station
from nuanxin.stations.rules.hours import Span, joined, open_spans, read_hours, without
from nuanxin.stations.rules.hours_words import read_any_hours

DAYS_BEFORE, DAYS_AHEAD = 1, 15
LONGEST_CLOSURE = timedelta(days=366)
LONGEST_REASON = 60
MOST_CLOSURES = 50
HOURS_KINDS = {"hours": "有人值守", "extended_hours": "延时开放", "scan_hours": "扫码进门"}

_TEXTS = """
SELECT DISTINCT s.adcode, s.hours, s.extended_hours, s.scan_hours
  FROM stations_station s
  LEFT JOIN stations_stationstate w ON w.station_id = s.id
 WHERE %(all)s AND (w.refreshed_at IS NULL OR w.refreshed_at < %(since)s)
    OR s.id = ANY (%(ids)s)
"""
_STATES = """
INSERT INTO stations_stationstate
    (station_id, state, confirmations, contradictions, note, outcome, confidence, open_during, scan_during)
SELECT s.id, 0, 0, 0, '', 2, 0, '{}', '{}' FROM stations_station s
 WHERE NOT EXISTS (SELECT FROM stations_stationstate w WHERE w.station_id = s.id)
   AND (%(all)s OR s.id = ANY (%(ids)s))
ON CONFLICT (station_id) DO NOTHING
"""
_REFRESH = """
WITH made AS (
    SELECT * FROM unnest(%(adcodes)s::int[], %(hours)s::text[], %(extended)s::text[],
                         %(scan)s::text[], %(open)s::tstzmultirange[], %(scanned)s::tstzmultirange[])
        AS m (adcode, hours, extended, scan, open_during, scan_during)
), shut AS (
    SELECT c.station_id, range_agg(c.during) AS during FROM stations_plannedclosure c
     WHERE c.cancelled_at IS NULL AND c.during && %(window)s::tstzrange GROUP BY c.station_id
), stands AS (
    SELECT s.id, s.adcode, s.hours, s.extended_hours, s.scan_hours,
           CASE WHEN s.standing = 1 THEN '{}'::tstzmultirange
                ELSE tstzmultirange(tstzrange(
                    s.standing_from::timestamp AT TIME ZONE 'Asia/Shanghai',
                    (s.standing_until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'))
           END
           + CASE WHEN s.opened_on IS NULL THEN '{}'::tstzmultirange
                  ELSE tstzmultirange(tstzrange(
                      NULL, s.opened_on::timestamp AT TIME ZONE 'Asia/Shanghai'))
             END AS not_in_use
      FROM stations_station s
     WHERE %(all)s OR s.id = ANY (%(ids)s)
)
UPDATE stations_stationstate w
   SET open_during = m.open_during - st.not_in_use - coalesce(shut.during, '{}'::tstzmultirange),
       scan_during = m.scan_during - st.not_in_use - coalesce(shut.during, '{}'::tstzmultirange),
       refreshed_at = %(now)s
  FROM stands st
  JOIN made m ON m.adcode = st.adcode AND m.hours = st.hours AND m.extended = st.extended_hours
             AND m.scan = st.scan_hours
  LEFT JOIN shut ON shut.station_id = st.id
 WHERE w.station_id = st.id
   AND (w.refreshed_at IS NULL OR w.refreshed_at < %(since)s OR w.station_id = ANY (%(ids)s))
"""


@transaction.atomic
def refresh_opening(
    *, now: datetime, station_ids: Sequence[int] | None = None, since: datetime | None = None
) -> int:
    """Make the usable times of the stations (of all whose were made before ``since``); return how many.

    From the day before to 15 days ahead. A text that cannot be read counts as no hours.
    """
    values: dict[str, Any] = {
        "all": station_ids is None,
        "ids": list(station_ids or ()),
        "since": since or now,
        "now": now,
    }
    first = business_day(now) - timedelta(days=DAYS_BEFORE)
    with connection.cursor() as cursor:
        cursor.execute(_STATES, values)
        cursor.execute(_TEXTS, values)
        rows = cursor.fetchall()
        if not rows:
            return 0
        begin = datetime.combine(first, datetime.min.time()).isoformat() + "+08:00"
        values |= _evaluated(rows, first) | {"window": f"[{begin},)"}
        cursor.execute(_REFRESH, values)
        return int(cursor.rowcount)


@transaction.atomic
def plan_closure(
    *, code: str, begins_at: datetime, ends_at: datetime, reason: str, actor: Actor, now: datetime
) -> int:
    """Say that a station will be shut from then until then; return the closure's id.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` stations.closure_*, ``Conflict``
    stations.closure_overlaps.
    """
    station = lock_managed(code, actor)
    why = as_written(reason)[:LONGEST_REASON]
    if not why:
        raise Malformed("stations.closure_reason", "写上原因，比如“空调检修”，劳动者会看到。")
    if ends_at <= begins_at:
        raise Malformed("stations.closure_times", "结束要在开始以后。")
    if ends_at <= now or ends_at - begins_at > LONGEST_CLOSURE:
        raise Malformed(
            "stations.closure_times", "计划停用写将来的日子，最长一年；更久的改成暂停。"
        )
    standing = PlannedClosure.objects.filter(station=station, cancelled_at=None)
    if standing.count() >= MOST_CLOSURES:
        raise Conflict("stations.too_many_closures", f"一个驿站最多排 {MOST_CLOSURES} 次计划停用。")
    try:
        with transaction.atomic():
            made = PlannedClosure.objects.create(
                station=station,
                during=(begins_at, ends_at),
                reason=why,
                made_at=now,
                made_by=actor.account_id,
                made_by_name=logged_name(actor)[:60],
            )
    except IntegrityError as clash:
        raise Conflict(
            "stations.closure_overlaps",
            "这段时间和已经排的计划停用重叠了。先取消那一次，或者错开。",
        ) from clash
    record("stations.closure_planned", station, actor, now, {"closure": made.id})
    refresh_opening(now=now, station_ids=[station.id])
    return int(made.id)


@transaction.atomic
def cancel_closure(*, closure_id: int, code: str, actor: Actor, now: datetime) -> None:
    """Take back a planned closure. Raises ``NotFound``, ``Forbidden``."""
    station = lock_managed(code, actor)
    closure = PlannedClosure.objects.filter(id=closure_id, station=station).first()
    if closure is None:
        raise NotFound()
    if closure.cancelled_at is None:
        closure.cancelled_at = now
        closure.save(update_fields=["cancelled_at"])
        record("stations.closure_cancelled", station, actor, now, {"closure": closure.id})
        refresh_opening(now=now, station_ids=[station.id])


@transaction.atomic
def set_hours(*, code: str, kind: str, text: str, actor: Actor, now: datetime) -> str:
    """Write one of the three kinds of hours of a station; return it as it is kept.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` stations.hours_*.
    """
    if kind not in HOURS_KINDS:
        raise NotFound()
    station = lock_managed(code, actor)
    read = read_any_hours(text)
    before = getattr(station, kind)
    if read != before:
        setattr(station, kind, read)
        station.updated_at = now
        station.save(update_fields=[kind, "updated_at"])
        changes = {kind: [before, read]}
        record("stations.station_changed", station, actor, now, {"changes": changes})
        refresh_opening(now=now, station_ids=[station.id])
    return read


def lock_managed(code: str, actor: Actor) -> Station:
    """Return the station, locked, for who may manage it. Raises ``NotFound``, ``Forbidden``."""
    station = Station.objects.select_for_update().filter(code=code).first()
    if station is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=get_union(station.union_id).path)
    return station


# ---- inside -----------------------------------------------------------------------------------


def _evaluated(rows: Iterable[tuple[int, str, str, str]], first: date) -> dict[str, list[Any]]:
    made: dict[tuple[str, str, str, bool], tuple[str, str]] = {}
    usual: dict[int, bool] = {}
    columns: dict[str, list[Any]] = {
        name: [] for name in ("adcodes", "hours", "extended", "scan", "open", "scanned")
    }
    for adcode, hours, extended, scan in rows:
        if adcode not in usual:
            found = parameter("stations.makeup_as_workdays", adcode=f"{adcode:06d}", on=first)
            usual[adcode] = bool(found.value)
        key = (hours, extended, scan, usual[adcode])
        if key not in made:
            made[key] = _times(hours, extended, scan, first, usual[adcode])
        parts = (adcode, hours, extended, scan, *made[key])
        for column, value in zip(columns.values(), parts, strict=True):
            column.append(value)
    return columns


def _times(hours: str, extended: str, scan: str, first: date, makeup: bool) -> tuple[str, str]:
    days = DAYS_BEFORE + 1 + DAYS_AHEAD
    staffed = open_spans(
        (_readable(hours), _readable(extended)), first=first, days=days, plays_makeup=makeup
    )
    scanned = open_spans((_readable(scan),), first=first, days=days, plays_makeup=makeup)
    return _as_multirange(joined(staffed + scanned)), _as_multirange(without(scanned, staffed))


def _readable(text: str) -> str:
    try:
        return read_hours(text)
    except Malformed:
        return ""


def _as_multirange(spans: Sequence[Span]) -> str:
    return "{" + ",".join(f"[{a.isoformat()},{b.isoformat()})" for a, b in spans) + "}"
