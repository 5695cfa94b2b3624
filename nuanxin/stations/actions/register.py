"""The register: a station is entered, changed, paused, closed, opened again; each is recorded.

What happened to a station is read back from the log (``records``): who, when, which field from what
to what. Nothing is deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel import regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.parameters import parameter
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.orgs.queries.unions import get_union
from nuanxin.stations import permissions
from nuanxin.stations.actions.opening import refresh_opening
from nuanxin.stations.actions.recording import record
from nuanxin.stations.models import Facility, Station, StationName, StationState
from nuanxin.stations.queries.neighbours import known_around, pairs_of
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.hours_words import read_any_hours
from nuanxin.stations.rules.matching import Candidate, Listed, Neighbourhood
from nuanxin.stations.rules.names import compact_address, compact_name
from nuanxin.stations.rules.placing import Place, check_county, likelier_crs, place_of
from nuanxin.stations.states import (
    DefinitionTag,
    HostKind,
    NameKind,
    Standing,
    check_standing_move,
)

_CODE_LOCK = 5_501


@dataclass(frozen=True, slots=True)
class StationDraft:
    """Everything that is entered of a station; coordinates as given, with their system.

    ``facilities`` is how many of each kind; ``names`` are (kind, name) beside the official one.
    """

    union_id: int
    name: str
    adcode: int
    address: str
    lng: float
    lat: float
    crs: CRS
    name_kind: DefinitionTag = DefinitionTag.UNION_STATION
    town_code: str = ""
    host_name: str = ""
    host_kind: HostKind = HostKind.OTHER
    is_benchmark: bool = False
    is_24h: bool = False
    is_smart: bool = False
    is_shared: bool = False
    floor: int | None = None
    area_m2: int | None = None
    capacity_persons: int | None = None
    has_sign: bool | None = None
    has_rules: bool | None = None
    hours: str = ""
    extended_hours: str = ""
    scan_hours: str = ""
    opened_on: date | None = None
    facilities: Mapping[str, int] = field(default_factory=dict)
    names: Sequence[tuple[NameKind, str]] = ()


HOURS_FIELDS = ("hours", "extended_hours", "scan_hours")
PLAIN_FIELDS = (
    "name", "name_kind", "adcode", "town_code", "address", "lng", "lat", "crs", "host_name",
    "host_kind", "is_benchmark", "is_24h", "is_smart", "is_shared", "floor", "area_m2",
    "capacity_persons", "has_sign", "has_rules", "hours", "extended_hours", "scan_hours", "opened_on",
)  # fmt: skip


@transaction.atomic
def register_station(
    *,
    draft: StationDraft,
    actor: Actor,
    now: datetime,
    is_another: bool = False,
    crs_is_sure: bool = False,
) -> Station:
    """Enter a new station and return it.

    Raises ``NotFound``/``Forbidden`` by the policy, ``Malformed`` station.* for what cannot be,
    ``Conflict`` station.there_already for one that is there, station.maybe_there unless
    ``is_another`` says that it is another one, station.crs_doubtful unless ``crs_is_sure``.
    """
    draft = with_read_hours(draft)
    place = check_draft(draft, actor=actor, on=business_day(now))
    here = (draft.adcode, place.wgs_lng, place.wgs_lat)
    around = known_around([here], on=business_day(now))
    if not crs_is_sure:
        check_crs(draft, around)
    _check_it_is_new(draft, place, around, is_another=is_another)
    station = Station(
        code=next_codes(draft.adcode, 1)[0],
        union_id=draft.union_id,
        name_compact=compact_name(draft.name),
        wgs_lng=place.wgs_lng,
        wgs_lat=place.wgs_lat,
        created_at=now,
        updated_at=now,
        **{name: getattr(draft, name) for name in PLAIN_FIELDS},
    )
    station.save()
    StationState.objects.create(station=station)
    set_facilities(station.id, draft.facilities, now=now)
    set_names(station.id, draft.names)
    refresh_opening(now=now, station_ids=[station.id])
    record("stations.station_registered", station, actor, now, {"code": station.code})
    return station


@transaction.atomic
def change_station(
    *, station_id: int, draft: StationDraft, actor: Actor, now: datetime, crs_is_sure: bool = False
) -> dict[str, list[Any]]:
    """Change what is entered of a station; return {field: [before, after]}, empty for no change.

    Raises as ``register_station``; the station itself must be in the actor's scope too.
    """
    station = station_for_update(station_id, actor=actor)
    draft = with_read_hours(draft)
    place = check_draft(draft, actor=actor, on=business_day(now))
    is_moved = (station.lng, station.lat, station.crs) != (draft.lng, draft.lat, draft.crs)
    if is_moved and not crs_is_sure:
        here = (draft.adcode, place.wgs_lng, place.wgs_lat)
        check_crs(draft, known_around([here], on=business_day(now)), but=station.id)
    changes = changes_of(station, draft)
    changes |= set_facilities(station.id, draft.facilities, now=now)
    changes |= set_names(station.id, draft.names)
    if not changes:
        return {}
    for name in PLAIN_FIELDS:
        setattr(station, name, getattr(draft, name))
    station.union_id = draft.union_id
    station.name_compact = compact_name(draft.name)
    station.wgs_lng, station.wgs_lat, station.updated_at = place.wgs_lng, place.wgs_lat, now
    station.save()
    refresh_opening(now=now, station_ids=[station.id])
    record("stations.station_changed", station, actor, now, {"changes": changes})
    return changes


@transaction.atomic
def set_standing(
    *,
    station_id: int,
    standing: Standing,
    reason: str,
    from_on: date | None,
    until_on: date | None,
    actor: Actor,
    now: datetime,
) -> Station:
    """Pause a station until a day (or open end), close it, or open it again; a reason each.

    Raises ``Conflict`` station.standing for a move that is none, ``Malformed`` station.reason and
    station.days.
    """
    station = station_for_update(station_id, actor=actor)
    before = Standing(station.standing)
    check_standing_move(before, standing)
    why = " ".join(reason.split())[:200]
    if not why:
        raise Malformed("station.reason", "写一写原因，劳动者在地图上看得到。")
    today = business_day(now)
    begins = from_on or today
    if until_on is not None and until_on < begins:
        raise Malformed("station.days", "结束的那天在开始之前，请改一改。")
    is_open = standing is Standing.OPEN
    station.standing = standing
    station.standing_reason = "" if is_open else why
    station.standing_from = None if is_open else begins
    station.standing_until = until_on if standing is Standing.PAUSED else None
    station.updated_at = now
    station.save()
    refresh_opening(now=now, station_ids=[station.id])
    data = {"from": before.name, "to": standing.name, "reason": why}
    if not is_open:
        data |= {"from_on": begins.isoformat()}
        data |= {"until_on": until_on.isoformat()} if station.standing_until and until_on else {}
    record("stations.standing_changed", station, actor, now, data)
    return station


def with_read_hours(draft: StationDraft) -> StationDraft:
    """Return the draft with its hours in OSM; raise ``Malformed`` whose ``field`` says which."""
    read: dict[str, str] = {}
    for name in HOURS_FIELDS:
        try:
            read[name] = read_any_hours(getattr(draft, name))
        except Malformed as refusal:
            raise Malformed(refusal.code, refusal.message, field=name) from None
    return replace(draft, **read)  # type: ignore[arg-type]


# ---- shared with the import ---------------------------------------------------------------------


def check_draft(draft: StationDraft, *, actor: Actor, on: date) -> Place:
    """Return where the draft is; raise for what cannot be and for what is not the actor's."""
    union = get_union(draft.union_id)
    permissions.check_can_manage(actor, path=union.path)
    if not union.is_live:
        raise Conflict(
            "station.union_has_ended", f"「{union.name}」{union.state.label}，换一家管。"
        )
    return check_particulars(draft, union_adcode=union.adcode, on=on)


def check_particulars(draft: StationDraft, *, union_adcode: int, on: date) -> Place:
    """Return the place; raise ``Malformed`` for a name, county, town or facility that cannot be."""
    if not compact_name(draft.name):
        raise Malformed("station.name", "写上驿站的名称。")
    if not draft.address.strip():
        raise Malformed("station.address", "写上地址，劳动者照着找。")
    county = regions.REGIONS.get(str(draft.adcode))
    if county is None or county.level is not regions.RegionLevel.COUNTY:
        raise Malformed("station.county", "选到县（市、区）这一级。")
    low, high = region_bounds(union_adcode)
    if not low <= draft.adcode <= high:
        raise Malformed(
            "station.county", f"{county.name}不归这家工会，换一家管，或者核对县（市、区）。"
        )
    if draft.town_code and not regions.is_within(draft.town_code, county.code):
        raise Malformed("station.town", f"这个乡镇（街道）不在{county.name}。请从列表里选。")
    unknown = set(draft.facilities) - set(facility_labels(on))
    if unknown:
        raise Malformed("station.facility", f"不认识的设施：{'、'.join(sorted(unknown))}。")
    place = place_of(draft.lng, draft.lat, draft.crs)
    far = float(parameter("stations.county_far_km", adcode=county.code, on=on).value)
    check_county(place, seat=(county.lng, county.lat), name=county.name, far_km=far)
    return place


def check_crs(draft: StationDraft, around: Neighbourhood, *, but: int = 0) -> None:
    """Raise ``Conflict`` station.crs_doubtful where a known neighbour says that it is another system."""
    pairs = pairs_of(
        around, draft.adcode, compact_name(draft.name), compact_address(draft.address),
        draft.lng, draft.lat, but=but,
    )  # fmt: skip
    likelier = likelier_crs(pairs, draft.crs)
    if likelier is None:
        return
    crs, off_said, off_likelier = likelier
    raise Conflict(
        "station.crs_doubtful",
        f"同名、同地址或者隔几个门牌的驿站离这里 {off_said:.0f} 米；要是坐标是{crs.label}的，只差 {off_likelier:.0f} 米。"
        f"请核对坐标是从哪个地图上取的。",
        crs=crs.value,
    )


def _check_it_is_new(
    draft: StationDraft, place: Place, around: Neighbourhood, *, is_another: bool
) -> None:
    row = Listed(
        name=compact_name(draft.name),
        address=compact_address(draft.address),
        lng=place.wgs_lng,
        lat=place.wgs_lat,
        adcode=draft.adcode,
    )
    found = around.candidates(row)
    if not found or is_another:
        return
    first = found[0]
    if first.likeness.is_sure:
        raise Conflict(
            "station.there_already", _said(first, "已经登记过了"), code_of=first.station.code
        )
    raise Conflict("station.maybe_there", _said(first, "可能就是它"), code_of=first.station.code)


def _said(one: Candidate, words: str) -> str:
    return (
        f"离这里 {one.distance_m} 米有「{one.station.name}」（{one.station.code}），{words}。"
        "是同一个就去改那一条；确实是另一个，勾上「是另一个驿站」再存。"
    )


def next_codes(adcode: int, count: int) -> list[str]:
    """Return the next numbers of a county; the transaction keeps others waiting for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CODE_LOCK, adcode])
        cursor.execute(
            "SELECT coalesce(max(split_part(code, '-', 2)::int), 0) FROM stations_station"
            " WHERE adcode = %(adcode)s AND code LIKE %(like)s",
            {"adcode": adcode, "like": f"{adcode}-%"},
        )
        last = int(cursor.fetchone()[0])
    return [f"{adcode}-{last + at:04}" for at in range(1, count + 1)]


def station_for_update(station_id: int, *, actor: Actor) -> Station:
    """Return the station locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    station = (
        Station.objects.select_for_update(of=("self",))
        .select_related("union")
        .filter(id=station_id)
        .first()
    )
    if station is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=station.union.path)
    return station


def changes_of(station: Station, draft: StationDraft) -> dict[str, list[Any]]:
    """Return {field: [before, after]} of the plain fields and the union, as plain values."""
    found = {
        name: [_plain(getattr(station, name)), _plain(getattr(draft, name))]
        for name in PLAIN_FIELDS
        if _plain(getattr(station, name)) != _plain(getattr(draft, name))
    }
    if station.union_id != draft.union_id:
        found["union"] = [station.union_id, draft.union_id]
    return found


def set_facilities(
    station_id: int, wanted: Mapping[str, int], *, now: datetime
) -> dict[str, list[Any]]:
    """Make the facilities just these; what stays keeps whether it works. Return the change."""
    there = {one.kind: one for one in Facility.objects.filter(station_id=station_id)}
    before = {kind: one.count for kind, one in there.items()}
    if before == dict(wanted):
        return {}
    Facility.objects.filter(station_id=station_id).exclude(kind__in=list(wanted)).delete()
    Facility.objects.bulk_create(
        [
            Facility(station_id=station_id, kind=kind, count=count, noted_at=now)
            for kind, count in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["station", "kind"],
        update_fields=["count"],
    )
    return {"facilities": [before, dict(wanted)]}


def set_names(station_id: int, wanted: Sequence[tuple[NameKind, str]]) -> dict[str, list[Any]]:
    """Make the other names just these; return the change."""
    there = {
        (one.kind, one.name): one.id for one in StationName.objects.filter(station_id=station_id)
    }
    asked = list(dict.fromkeys((int(kind), name) for kind, name in wanted if name.strip()))
    if set(there) == set(asked):
        return {}
    gone = [number for key, number in there.items() if key not in set(asked)]
    StationName.objects.filter(id__in=gone).delete()
    StationName.objects.bulk_create(
        [
            StationName(station_id=station_id, kind=kind, name=name, compact=compact_name(name))
            for kind, name in asked
            if (kind, name) not in there
        ],
        ignore_conflicts=True,
    )
    return {"names": [sorted(name for _, name in there), sorted(name for _, name in asked)]}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or value is None:
        return value
    return int(value) if isinstance(value, int) else str(value) if isinstance(value, str) else value
