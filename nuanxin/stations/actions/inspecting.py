"""Inspections: a sample is committed, drawn and closed; what was found is taken once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from nuanxin.kernel import draw as lots
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import as_written
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event, logged_name
from nuanxin.stations import permissions
from nuanxin.stations.actions.repairing import keeps, open_found
from nuanxin.stations.models import (
    Inspection,
    InspectionFinding,
    InspectionRound,
    SampledStation,
    Station,
)
from nuanxin.stations.rules.inspections import Form, defects, form_of, judge, sample_terms
from nuanxin.stations.states import Standing
from nuanxin.stations.states.inspections import (
    ROUND_MOVES,
    Finding,
    InspectionKind,
    RoundState,
)

MOST_SAMPLED_FROM = 20_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as filled in on a device, perhaps without a network."""

    client_id: UUID
    station_code: str
    kind: InspectionKind
    inspected_at: datetime
    found: Mapping[str, Finding]
    notes: Mapping[str, str] = field(default_factory=dict)
    until_at: datetime | None = None
    heard: str = ""


# ---- a sample ----------------------------------------------------------------------------------

_LISTED = """
SELECT s.code, s.town_code FROM stations_station s JOIN orgs_union u ON u.id = s.union_id
WHERE starts_with(u.path, %(path)s) AND s.standing = %(open)s ORDER BY s.code LIMIT %(limit)s
"""


@transaction.atomic
def commit_round(
    *, union_id: int, title: str, permille: int, due_on: date, seed: str, actor: Actor,
    now: datetime,
) -> InspectionRound:  # fmt: skip
    """Commit the list of stations in use below a union, to be drawn from once the public value is there.

    ``seed`` says which future value decides. Raises ``NotFound``, ``Forbidden``, ``Malformed``.
    """
    path = get_union(union_id).path
    permissions.check_can_inspect(actor, path=path)
    title, seed = as_written(title)[:60], as_written(seed)[:120]
    if not title or not seed:
        raise Malformed(
            "stations.round_words", "写上名称，和用哪个公开的数来抽（哪天、哪里看得到）。"
        )
    if not 1 <= permille <= 1000:
        raise Malformed("stations.round_share", "抽的比例要在 0.1% 到 100% 之间。")
    if due_on <= business_day(now):
        raise Malformed("stations.round_due", "查完的日子要在今天以后。")
    with connection.cursor() as cursor:
        cursor.execute(
            _LISTED,
            {"path": path, "open": int(Standing.OPEN), "limit": MOST_SAMPLED_FROM + 1},
        )
        listed = cursor.fetchall()
    if not listed:
        raise Malformed("stations.round_empty", "下面没有在用的驿站，没有可抽的。")
    if len(listed) > MOST_SAMPLED_FROM:
        raise Malformed("stations.round_large", f"一次最多从 {MOST_SAMPLED_FROM:,} 家里抽。")
    terms = sample_terms(listed, permille=permille, title=title, seed=seed)
    made = InspectionRound.objects.create(
        union_id=union_id,
        title=title,
        permille=permille,
        due_on=due_on,
        draw=lots.commit(terms),
        stations=len(listed),
        created_at=now,
        created_by=actor.account_id,
        created_by_name=logged_name(actor)[:60],
    )
    _log("stations.round_committed", made, actor, now, stations=len(listed))
    return made


@transaction.atomic
def draw_round(*, round_id: int, value: str, actor: Actor, now: datetime) -> int:
    """Draw the sample with the public value; return how many stations. Raises ``Conflict`` draw.*."""
    found = _lock_round(round_id, RoundState.DRAWN, actor)
    value = as_written(value)[:200]
    try:
        drawn = lots.run(found.draw, value=value)
    except lots.DrawRefused as refused:
        raise Conflict(refused.code, refused.message) from refused
    codes = [one["id"] for one in drawn["result"]["winners"]]
    found.draw, found.state = drawn, int(RoundState.DRAWN)
    found.drawn_at, found.sampled = now, len(codes)
    found.save(update_fields=["draw", "state", "drawn_at", "sampled"])
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO stations_sampledstation (round_id, station_id)
            SELECT %s, s.id FROM stations_station s WHERE s.code = ANY(%s)""",
            [found.id, codes],
        )
    _log("stations.round_drawn", found, actor, now, sampled=len(codes))
    return len(codes)


@transaction.atomic
def close_round(*, round_id: int, actor: Actor, now: datetime) -> None:
    """Close a round; stations nobody came to stay named. Raises ``NotFound``, ``Conflict``."""
    found = _lock_round(round_id, RoundState.CLOSED, actor)
    found.state, found.closed_at = int(RoundState.CLOSED), now
    found.save(update_fields=["state", "closed_at"])
    _log("stations.round_closed", found, actor, now)


def _lock_round(round_id: int, target: RoundState, actor: Actor) -> InspectionRound:
    found = InspectionRound.objects.select_for_update().filter(id=round_id).first()
    if found is None:
        raise NotFound()
    permissions.check_can_inspect(actor, path=get_union(found.union_id).path)
    current = RoundState(found.state)
    if target not in ROUND_MOVES[current]:
        raise Conflict("stations.round_state", f"这次抽查现在是“{current.label}”，不能这样做。")
    return found


# ---- what was found ------------------------------------------------------------------------------


@transaction.atomic
def take_sheet(*, sheet: Sheet, actor: Actor, now: datetime) -> tuple[Inspection, bool]:
    """Keep a filled-in form; return the inspection and whether it is new: each ``client_id`` once.

    It answers every drawn round in which the station still waits. Raises ``NotFound`` out of scope,
    ``Forbidden``, ``Conflict`` stations.own_inspection, ``Malformed``.
    """
    known = Inspection.objects.filter(client_id=sheet.client_id).first()
    if known is not None:
        if known.inspector_key != actor.person_key:
            raise NotFound()
        return known, False
    station = Station.objects.filter(code=sheet.station_code).first()
    if station is None:
        raise NotFound()
    permissions.check_can_inspect(actor, path=get_union(station.union_id).path)
    if keeps(station, actor):
        raise Conflict("stations.own_inspection", "您是这个站的站长，自己的站请别人来查。")
    form = form_of(f"{station.adcode:06d}", on=business_day(sheet.inspected_at))
    _check_sheet(sheet, form, f"{station.adcode:06d}", now)
    made = _keep_sheet(sheet, form, station, actor, now)
    SampledStation.objects.filter(
        station=station, inspection=None, round__state=int(RoundState.DRAWN)
    ).update(inspection=made)
    append_event(
        "stations.inspected",
        actor=actor,
        at=now,
        subject_type="station",
        subject_id=station.id,
        union_id=station.union_id,
        data={"inspection": made.id, "permille": made.permille, "verdict": made.verdict},
    )
    return made, True


def _check_sheet(sheet: Sheet, form: Form, adcode: str, now: datetime) -> None:
    day = business_day(now)
    days = int(parameter("stations.sheet_days", adcode=adcode, on=day).value)
    longest = int(parameter("stations.longest_shift_hours", adcode=adcode, on=day).value)
    if not now - timedelta(days=days) <= sheet.inspected_at <= now + timedelta(minutes=2):
        raise Malformed(
            "stations.sheet_time",
            f"检查时间要在 {days} 天以内，不能在将来。看看手机的时间对不对。",
        )
    missing = [one.text for one in form.items if one.code not in sheet.found]
    if missing:
        raise Malformed("stations.sheet_missing", f"还有 {len(missing)} 项没填：{missing[0]}。")
    unknown = set(sheet.found) - {one.code for one in form.items}
    if unknown:
        raise Malformed("stations.sheet_form", "检查表换过了。刷新这一页，照新的填。")
    is_day = sheet.kind is InspectionKind.MASTER_DAY
    if (is_day and sheet.until_at is None) or (not is_day and sheet.until_at is not None):
        raise Malformed("stations.master_day", "当一天站长，要写从几点到几点；别的检查不用写。")
    stay = sheet.until_at - sheet.inspected_at if sheet.until_at else None
    if stay is not None and not timedelta() < stay <= timedelta(hours=longest):
        raise Malformed("stations.master_day", f"结束要在开始以后，最长 {longest} 小时。")


def _keep_sheet(
    sheet: Sheet, form: Form, station: Station, actor: Actor, now: datetime
) -> Inspection:
    day = business_day(sheet.inspected_at)
    marks = parameter("stations.inspection_marks", adcode=f"{station.adcode:06d}", on=day).value
    outcome = judge(form, sheet.found, marks)
    made = Inspection.objects.create(
        client_id=sheet.client_id,
        station=station,
        kind=sheet.kind,
        form_code=form.code,
        inspected_at=min(sheet.inspected_at, now),
        sent_at=now,
        until_at=sheet.until_at,
        permille=outcome.permille,
        verdict=outcome.verdict,
        heard=as_written(sheet.heard)[:500],
        inspector_id=actor.account_id,
        inspector_key=actor.person_key,
        inspector_name=logged_name(actor)[:60],
    )
    notes = {code: as_written(text)[:200] for code, text in sheet.notes.items()}
    listed = defects(form, sheet.found, notes, on=day)
    repairs = open_found(station=station, defects=listed, at=made.inspected_at) if listed else {}
    InspectionFinding.objects.bulk_create(
        [
            InspectionFinding(
                inspection=made,
                station=station,
                item=one.code,
                text=one.text[:80],
                found=sheet.found[one.code],
                note=notes.get(one.code, ""),
                repair_id=repairs.get(one.code),
            )
            for one in form.items
        ]
    )
    return made


def _log(kind: str, found: InspectionRound, actor: Actor, now: datetime, **data: Any) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="station_round",
        subject_id=found.id,
        union_id=found.union_id,
        data={"commitment": found.draw["commitment"], **data},
    )
