"""Repairs: one list of what is out of order, each thing once, due on a working day, done by a name.

What an inspection found is seen by another before it is done.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import as_written
from nuanxin.kernel.workdays import add_workdays
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event, logged_name
from nuanxin.stations import permissions
from nuanxin.stations.models import FROM_INSPECTION, Repair, Station
from nuanxin.stations.rules.inspections import Defect
from nuanxin.stations.states.reporting import RepairSource, ReportSource

_OPEN = """
INSERT INTO stations_repair (station_id, what, text, note, source, reported_at, due_on,
                             done_by_name, done_key, how, seen_key, seen_by_name)
VALUES (%(station)s, %(what)s, '', %(note)s, %(source)s, %(now)s, %(due)s, '', '', '', '', '')
ON CONFLICT (station_id, what) WHERE done_at IS NULL DO NOTHING
"""
_OPEN_AGAIN = """
UPDATE stations_repair SET done_at = NULL, done_by = NULL, done_by_name = '', done_key = '', how = ''
 WHERE station_id = %(station)s AND what = ANY(%(whats)s) AND source = %(source)s
   AND done_at < %(at)s AND seen_at IS NULL
"""
_OPEN_FOUND = """
INSERT INTO stations_repair (station_id, what, text, note, source, reported_at, due_on,
                             done_by_name, done_key, how, seen_key, seen_by_name)
SELECT %(station)s, f.what, f.text, f.note, %(source)s, %(at)s, f.due, '', '', '', '', ''
  FROM unnest(%(whats)s::text[], %(texts)s::text[], %(notes)s::text[], %(dues)s::date[])
       AS f (what, text, note, due)
ON CONFLICT (station_id, what) WHERE done_at IS NULL DO NOTHING
"""
_FOUND = """
SELECT id, what FROM stations_repair
 WHERE station_id = %(station)s AND what = ANY(%(whats)s) AND seen_at IS NULL
"""
_SET_TERMS = ("water", "power", "cool")


def open_repair(
    *, station: Station, what: str, note: str, source: ReportSource, now: datetime
) -> None:
    """Note that something is out of order, with the working day it is due on; once while it is open."""
    term = what if what in _SET_TERMS else "other"
    day = business_day(now)
    days = parameter(
        f"stations.repair_workdays_{term}", adcode=f"{station.adcode:06d}", on=day
    ).value
    values: dict[str, Any] = {
        "station": station.id,
        "what": what,
        "note": note,
        "source": int(source),
        "now": now,
        "due": add_workdays(day, int(days)).day,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, values)


def open_found(*, station: Station, defects: Iterable[Defect], at: datetime) -> dict[str, int]:
    """Note what an inspection found at a moment; return the repair of each line of the form.

    What stands already stays one: its first day holds. What was said to be mended before that moment is
    open again; what was mended after a look that a device kept back waits on to be seen.
    """
    listed = list(defects)
    values: dict[str, Any] = {
        "station": station.id,
        "source": int(RepairSource.INSPECTION),
        "at": at,
        "whats": [FROM_INSPECTION + one.item for one in listed],
        "texts": [one.text[:80] for one in listed],
        "notes": [one.note[:200] for one in listed],
        "dues": [one.due_on for one in listed],
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_AGAIN, values)
        cursor.execute(_OPEN_FOUND, values)
        cursor.execute(_FOUND, values)
        return {what.removeprefix(FROM_INSPECTION): number for number, what in cursor.fetchall()}


@transaction.atomic
def finish_repair(*, repair_id: int, actor: Actor, now: datetime, how: str = "") -> Repair:
    """Note that a thing works again. What is no finding of an inspection is then done; twice is once.

    What an inspection found needs a word on how, may be said by its keeper too, and waits to be seen.
    Raises ``NotFound``, ``Forbidden``, ``Malformed`` stations.mended_how, ``Conflict``
    stations.mended_before.
    """
    repair = _lock(repair_id)
    station, how = repair.station, as_written(how)[:200]
    path = get_union(station.union_id).path
    is_found = repair.source == RepairSource.INSPECTION
    may = is_found and permissions.can_keep(actor, path=path, keeps=keeps(station, actor))
    if not may:
        permissions.check_can_manage(actor, path=path)
    if repair.done_at is not None:
        if is_found:
            raise Conflict("stations.mended_before", "已经有人说改好了，等复查。")
        return repair
    if is_found and len(how) < 2:
        raise Malformed("stations.mended_how", "写一句怎么改的。")
    repair.done_at, repair.done_by, repair.how = now, actor.account_id, how
    repair.done_by_name = (logged_name(actor) or "工会")[:60]
    repair.done_key = actor.person_key
    repair.save(update_fields=["done_at", "done_by", "done_by_name", "done_key", "how"])
    _log("stations.repair_done", repair, actor, now)
    return repair


@transaction.atomic
def see_repair(*, repair_id: int, is_good: bool, actor: Actor, now: datetime) -> Repair:
    """Confirm by another's eyes that it works again, or send it back to be mended.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` stations.seen_by_another, stations.not_mended,
    stations.broken_again.
    """
    repair = _lock(repair_id)
    permissions.check_can_inspect(actor, path=get_union(repair.station.union_id).path)
    if repair.done_at is None or repair.seen_at is not None:
        raise Conflict("stations.not_mended", "这一项不在等复查。刷新看看现在到哪一步。")
    if repair.done_key == actor.person_key or keeps(repair.station, actor):
        raise Conflict("stations.seen_by_another", "谁改的不能自己复查，请另一个人看。")
    if is_good:
        repair.seen_at, repair.seen_key = now, actor.person_key
        repair.seen_by_name = logged_name(actor)[:60]
    else:
        others = Repair.objects.filter(station=repair.station, what=repair.what, done_at=None)
        if others.exists():
            raise Conflict("stations.broken_again", "这一样已经又报了一次，看新的那一条。")
        repair.done_at, repair.done_by = None, None
        repair.done_by_name, repair.done_key, repair.how = "", "", ""
    repair.save()
    _log("stations.repair_seen" if is_good else "stations.repair_sent_back", repair, actor, now)
    return repair


def keeps(station: Station, actor: Actor) -> bool:
    """Return whether the actor is a keeper of the station now."""
    return (
        actor.account_id is not None
        and station.stationkeeper_set.filter(account_id=actor.account_id, until_on=None).exists()
    )


def _lock(repair_id: int) -> Repair:
    found = (
        Repair.objects.select_for_update(of=("self",))
        .select_related("station")
        .filter(id=repair_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _log(kind: str, repair: Repair, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="station",
        subject_id=repair.station_id,
        union_id=repair.station.union_id,
        data={"repair": repair.id, "what": repair.what},
    )


def close_repairs(
    *, station_id: int, what: str, name: str, now: datetime, opened_at: datetime | None = None
) -> int:
    """Note that a thing works again, as said by who keeps the station; return how many were open.

    Of those that were opened at a moment only, where one is given.
    """
    chosen = Repair.objects.filter(station_id=station_id, what=what, done_at=None)
    if opened_at is not None:
        chosen = chosen.filter(reported_at=opened_at)
    return chosen.update(done_at=now, done_by_name=name[:60])


def reopen_repair(*, station_id: int, what: str, closed_at: datetime) -> None:
    """Let a repair stand open again that was ended at this moment by a word now taken back."""
    if not Repair.objects.filter(station_id=station_id, what=what, done_at=None).exists():
        Repair.objects.filter(
            station_id=station_id, what=what, done_at=closed_at, seen_at=None
        ).update(done_at=None, done_by_name="", done_key="", how="")
