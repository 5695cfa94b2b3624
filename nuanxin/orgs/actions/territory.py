"""Where a union works: its seat and further areas, dated in both times, and wrong dates corrected."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.orgs import queries
from nuanxin.orgs.actions import ground, periods
from nuanxin.orgs.models import Union
from nuanxin.orgs.queries import TerritoryRecord
from nuanxin.orgs.queries.rows import fetch_all, fetch_one
from nuanxin.orgs.states import AREAS_LIMIT, UnionChangeKind

Place = tuple[int, int | None]


@transaction.atomic
def set_territory(
    *,
    union_id: int,
    places: Sequence[Place],
    effective_on: date,
    actor: Actor,
    now: datetime,
    seat: Place | None = None,
    reason: str = "",
    document: str = "",
) -> None:
    """Say where a union works from ``effective_on`` on, besides its seat.

    ``places`` are (adcode, town code or None), the whole list; ``seat``, where given, moves the
    seat: figures by region count the union there from that day. The upper union's business.
    Raises ``Conflict`` where it is so already, ``Malformed`` for more than ``AREAS_LIMIT`` places.
    """
    wanted = list(dict.fromkeys(places))
    if len(wanted) > AREAS_LIMIT:
        raise Malformed("orgs.too_many_areas", f"一家工会最多登记 {AREAS_LIMIT} 处地域。")
    periods.lock_tree()
    union = ground.shapable(actor, union_id)
    ground.insist_on_life(union)
    ground.insist_on_effect(effective_on, now)
    ground.insist_on_parent_from(union, effective_on)
    for adcode, town in [*wanted, *([seat] if seat else [])]:
        ground.checked_place(adcode, town)
    moves = seat is not None and seat != (union.adcode, union.town_code)
    if not moves and _is_so_already(union_id, wanted, effective_on):
        raise Conflict("orgs.same_territory", "和现在登记的一样，不用改。")
    at = periods.instant_of_writing(now, [union_id])
    kept = _keep_territory(union_id, wanted, effective_on, at)
    for adcode, town in wanted:
        if (adcode, town) not in kept:
            values = {"union_id": union_id, "adcode": adcode, "town_code": town, "is_seat": False}
            periods.add(periods.TERRITORY, values, from_on=effective_on, at=at)
    if seat is not None and moves:
        _move_seat(union_id, seat, effective_on, at)
    ground.record_change(
        UnionChangeKind.TERRITORY,
        union=union,
        effective_on=effective_on,
        at=at,
        actor=actor,
        reason=reason,
        document=document,
        data={"places": [list(place) for place in wanted], "seat": list(seat) if seat else None},
    )


def _keep_territory(union_id: int, wanted: Sequence[Place], day: date, at: datetime) -> set[Place]:
    """End what is not wanted any more; return what goes on as it was on ``day``."""
    rows = fetch_all(
        "SELECT adcode, town_code FROM orgs_territory WHERE union_id = %(union)s AND NOT is_seat"
        " AND superseded_at IS NULL AND valid_from <= %(day)s AND valid_to IS NULL",
        {"union": union_id, "day": day},
    )
    kept = {(adcode, town) for adcode, town in rows} & set(wanted)
    periods.rewrite(
        periods.TERRITORY,
        "union_id = %(union)s AND NOT is_seat AND NOT (valid_to IS NULL AND valid_from <= %(day)s"
        " AND (adcode::text || ':' || coalesce(town_code, 0)::text) = ANY(%(kept)s))",
        {
            "union": union_id,
            "day": day,
            "kept": [f"{adcode}:{town or 0}" for adcode, town in kept],
        },
        from_on=day,
        at=at,
    )
    return kept


def _move_seat(union_id: int, seat: Place, day: date, at: datetime) -> None:
    adcode, town = seat
    periods.rewrite(
        periods.TERRITORY,
        "union_id = %(union)s AND is_seat",
        {"union": union_id, "adcode": adcode, "town": town},
        from_on=day,
        at=at,
        becomes={"adcode": "%(adcode)s::int", "town_code": "%(town)s::int"},
    )
    Union.objects.filter(id=union_id).update(adcode=adcode, town_code=town)


def _is_so_already(union_id: int, wanted: Sequence[Place], day: date) -> bool:
    """Return whether the further areas from ``day`` on are just the wanted ones."""
    rows = fetch_all(
        "SELECT adcode, town_code, valid_from <= %(day)s AND valid_to IS NULL FROM orgs_territory"
        " WHERE union_id = %(union)s AND NOT is_seat AND superseded_at IS NULL"
        " AND (valid_to IS NULL OR valid_to > %(day)s)",
        {"union": union_id, "day": day},
    )
    return all(lasts for _, _, lasts in rows) and {(a, t) for a, t, _ in rows} == set(wanted)


@transaction.atomic
def correct_territory(
    *,
    union_id: int,
    territory_id: int,
    valid_from: date,
    valid_to: date | None,
    reason: str,
    actor: Actor,
    now: datetime,
    document: str = "",
) -> None:
    """Say on which days an entry held in fact: what was recorded is superseded, never rewritten.

    A seat begins where the one before ends, so only its first day can be corrected, and the seat
    before follows. ``valid_to`` is not included. Raises ``NotFound`` for an entry that is not the
    union's or was corrected already, ``Conflict`` for days that do not fit.
    """
    periods.lock_tree()
    union = ground.shapable(actor, union_id)
    ground.insist_on_life(union)
    entry = queries.find_territory(union_id, territory_id)
    if entry is None or not entry.holds:
        raise NotFound()
    if (valid_from, valid_to) == (entry.valid_from, entry.valid_to):
        raise Conflict("orgs.same_days", "和现在登记的日期一样，不用改。")
    if valid_to is not None and valid_to <= valid_from:
        raise Conflict(
            "orgs.no_day", "起止日期里没有一天。止的日期不含当天，请填起的第二天或更晚。"
        )
    ground.insist_on_effect(valid_from, now)
    ground.insist_on_parent_from(union, valid_from)
    at = max(periods.instant_of_writing(now, [union_id]), entry.recorded_at)
    if entry.is_seat:
        _correct_seat(union_id, entry, valid_from, valid_to, at)
    else:
        _correct_area(union_id, entry, valid_from, valid_to, at)
    ground.record_change(
        UnionChangeKind.TERRITORY,
        union=union,
        effective_on=valid_from,
        at=at,
        actor=actor,
        reason=reason,
        document=document,
        data={"corrects": entry.id, "valid_to": valid_to.isoformat() if valid_to else None},
    )


def _correct_seat(
    union_id: int, entry: TerritoryRecord, valid_from: date, valid_to: date | None, at: datetime
) -> None:
    """Move the day on which the seat before ends and this one begins."""
    if valid_to != entry.valid_to:
        raise Conflict(
            "orgs.seat_end", "驻地到哪天为止，看下一个驻地从哪天起。请更正下一个驻地的日期。"
        )
    before = fetch_one(
        "SELECT id, adcode, town_code, valid_from FROM orgs_territory WHERE union_id = %(union)s"
        " AND is_seat AND superseded_at IS NULL AND valid_to = %(day)s",
        {"union": union_id, "day": entry.valid_from},
    )
    if before is None:
        raise Conflict("orgs.first_seat", "第一个驻地从工会成立那天起，日期跟着成立日期走。")
    if valid_from <= before[3]:
        raise Conflict(
            "orgs.before_last_seat",
            f"前一个驻地 {before[3]} 才开始，这一个要比它晚。请核对日期。",
        )
    _supersede(union_id, [before[0], entry.id], from_on=before[3], to_on=entry.valid_to, at=at)
    seat = {"union_id": union_id, "is_seat": True}
    old = seat | {"adcode": before[1], "town_code": before[2]}
    new = seat | {"adcode": entry.adcode, "town_code": entry.town_code}
    periods.add(periods.TERRITORY, old, from_on=before[3], to_on=valid_from, at=at)
    periods.add(periods.TERRITORY, new, from_on=valid_from, to_on=valid_to, at=at)


def _correct_area(
    union_id: int, entry: TerritoryRecord, valid_from: date, valid_to: date | None, at: datetime
) -> None:
    place = {"union_id": union_id, "adcode": entry.adcode, "town_code": entry.town_code}
    other = fetch_one(
        "SELECT valid_from FROM orgs_territory WHERE union_id = %(union_id)s AND NOT is_seat"
        " AND superseded_at IS NULL AND id <> %(id)s AND adcode = %(adcode)s"
        " AND town_code IS NOT DISTINCT FROM %(town_code)s"
        " AND daterange(valid_from, valid_to) && daterange(%(from_on)s, %(to_on)s) LIMIT 1",
        place | {"id": entry.id, "from_on": valid_from, "to_on": valid_to},
    )
    if other is not None:
        raise Conflict(
            "orgs.area_twice",
            f"{entry.name}从 {other[0]} 起另有一段登记，日期撞上了。请核对起止日期。",
        )
    _supersede(union_id, [entry.id], from_on=entry.valid_from, to_on=entry.valid_to, at=at)
    periods.add(
        periods.TERRITORY, place | {"is_seat": False}, from_on=valid_from, to_on=valid_to, at=at
    )


def _supersede(
    union_id: int, ids: Sequence[int], *, from_on: date, to_on: date | None, at: datetime
) -> None:
    values: dict[str, Any] = {"union": union_id, "ids": list(ids)}
    periods.rewrite(
        periods.TERRITORY,
        "union_id = %(union)s AND id = ANY(%(ids)s)",
        values,
        from_on=from_on,
        to_on=to_on,
        at=at,
    )
