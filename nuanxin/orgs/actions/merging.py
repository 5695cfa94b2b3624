"""Merging, splitting and dissolving: a union ends, what was below or with it goes on elsewhere.

Members are not moved here, because memberships live in an upper package. Each action returns whose
members are to go where; ``membership`` runs it in the same transaction::

    with transaction.atomic():
        outcome = orgs.actions.merge_unions(...)
        for move in outcome.members:
            move_members(from_union_id=move.from_union_id, to_union_id=move.to_union_id, ...)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.orgs import queries, rules
from nuanxin.orgs.actions import ground, periods
from nuanxin.orgs.actions.founding import found_union
from nuanxin.orgs.actions.moving import (
    insist_after_last_move,
    insist_on_no_circle,
    move_union,
)
from nuanxin.orgs.models import Union
from nuanxin.orgs.queries import UnionRow
from nuanxin.orgs.queries.rows import fetch_all, fetch_one
from nuanxin.orgs.states import (
    MERGE_LIMIT,
    DissolutionGround,
    UnionChangeKind,
    UnionState,
    check_move,
)


@dataclass(frozen=True, slots=True)
class MembersGo:
    """Whose members go where: transferred to another union, or retained (E-9) at the upper one."""

    from_union_id: int
    to_union_id: int
    on: date
    is_retention: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """What a merger, split or dissolution did; ``moved_children`` now stand under another parent.

    ``report_to`` is the upper union to which a dissolution must be reported (工会法 a.13).
    """

    ended: tuple[int, ...]
    moved_children: tuple[int, ...] = ()
    members: tuple[MembersGo, ...] = ()
    report_to: int | None = None


@dataclass(frozen=True, slots=True)
class Splitting:
    """What a split did: the new unions in the order asked for, and whether the old one ended."""

    founded: tuple[UnionRow, ...]
    ended: tuple[int, ...] = ()
    moved_children: tuple[int, ...] = ()


@transaction.atomic
def merge_unions(
    *,
    source_ids: Sequence[int],
    target_id: int,
    effective_on: date,
    document: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> Ending:
    """Merge one or several unions into ``target_id``: they end on ``effective_on``.

    What stands under them, what they cover and where they work goes to the target from that day on.
    No answer about an earlier day changes. Raises ``Conflict`` without a document, for a day to
    come, for an ended union, and when the target stands below one of them.
    """
    ids = list(dict.fromkeys(source_ids))
    if not ids or len(ids) > MERGE_LIMIT:
        raise Malformed("orgs.merge_count", f"一次合并 1 到 {MERGE_LIMIT} 个工会。请分几次办。")
    periods.lock_tree()
    target = ground.receiving(actor, target_id)
    sources = [ground.shapable(actor, each) for each in ids]
    ground.insist_on_effect(effective_on, now)
    ground.insist_on_parent_from(target, effective_on)
    for source in sources:
        _insist_on_merger(source, target, effective_on, document)
    at = periods.instant_of_writing(now, [*ids, target_id])
    children = _children_after(ids, effective_on)
    moving = [each for each in children if each not in ids]
    _insist_on_children_fit(moving, target)
    _end_placements(ids, effective_on, at)
    _hand_over_children(ids, target_id, effective_on, at, moving)
    _hand_over_relations(ids, target_id, effective_on, at)
    _end_rows(ids, UnionState.MERGED, effective_on, merged_into=target_id)
    for source in sources:
        ground.record_change(
            UnionChangeKind.MERGED,
            union=source,
            effective_on=effective_on,
            at=at,
            actor=actor,
            other_id=target_id,
            reason=reason,
            document=document,
        )
    members = tuple(MembersGo(each, target_id, effective_on) for each in ids)
    return Ending(tuple(ids), tuple(moving), members)


@transaction.atomic
def dissolve_union(
    *,
    union_id: int,
    effective_on: date,
    dissolution_ground: DissolutionGround,
    actor: Actor,
    now: datetime,
    document: str = "",
    reason: str = "",
) -> Ending:
    """End a union on ``effective_on`` (A27): nothing is deleted, its members are to be retained.

    With its employer, or approved by the upper union with a document, never at will (E-8). Raises
    ``Conflict`` while unions still stand under it.
    """
    periods.lock_tree()
    union = ground.shapable(actor, union_id)
    check_move(union.state, UnionState.DISSOLVED)
    if union.parent_id is None:
        raise Conflict("orgs.root_stays", "最上一级的工会不能撤销。")
    ground.insist_on_effect(effective_on, now)
    rules.may_dissolve(
        dissolution_ground,
        document=document,
        children=len(_children_after([union_id], effective_on)),
        on=effective_on,
        founded_on=union.founded_on,
    ).insist()
    at = periods.instant_of_writing(now, [union_id])
    _end(union, effective_on, at)
    ground.record_change(
        UnionChangeKind.DISSOLVED,
        union=union,
        effective_on=effective_on,
        at=at,
        actor=actor,
        other_id=union.parent_id,
        reason=reason or dissolution_ground.label,
        document=document,
        data={"ground": dissolution_ground.value, "report_to": union.parent_id},
    )
    retained = MembersGo(union_id, union.parent_id, effective_on, is_retention=True)
    return Ending((union_id,), members=(retained,), report_to=union.parent_id)


@transaction.atomic
def acknowledge_dissolution(*, union_id: int, actor: Actor, now: datetime) -> None:
    """Note that the upper union has taken notice of a dissolution; ends the task (A27).

    Raises ``Conflict`` for a union that was not dissolved, and where it was noted already.
    """
    periods.lock_tree()
    union = ground.shapable(actor, union_id)
    if union.state is not UnionState.DISSOLVED or union.ended_on is None:
        raise Conflict("orgs.nothing_to_report", f"「{union.name}」没有撤销，不用报告。")
    if not queries.is_report_due(union_id):
        raise Conflict("orgs.already_reported", f"「{union.name}」的撤销已经有人记下了，不用再记。")
    ground.record_change(
        UnionChangeKind.REPORTED,
        union=union,
        effective_on=union.ended_on,
        at=now,
        actor=actor,
        other_id=union.parent_id,
    )


@transaction.atomic
def split_union(
    *,
    union_id: int,
    parts: Sequence[Mapping[str, Any]],
    effective_on: date,
    document: str,
    actor: Actor,
    now: datetime,
    children: Mapping[int, int] | None = None,
    source_ends: bool = False,
    reason: str = "",
) -> Splitting:
    """Found new unions out of one, beside it; it goes on unless ``source_ends``.

    ``parts`` are the particulars of each new union (name; kind, adcode … default to the old one's).
    ``children`` says which union below goes to which part, by its place in ``parts``. When the old
    union ends, all its children must be named. Members are transferred by ``membership``.
    """
    if not 1 <= len(parts) <= MERGE_LIMIT:
        raise Malformed("orgs.split_count", "请至少写明一个分出来的工会。")
    periods.lock_tree()
    union = ground.shapable(actor, union_id)
    ground.insist_on_life(union)
    ground.insist_on_effect(effective_on, now)
    if union.parent_id is None:
        raise Conflict("orgs.root_stays", "最上一级的工会不能分立。")
    rules.may_end_by_merger(
        document=document, on=effective_on, founded_on=union.founded_on
    ).insist()
    insist_after_last_move(union, effective_on)
    allotted = dict(children or {})
    _insist_on_allotment(union, allotted, len(parts), effective_on, source_ends)
    founded = tuple(
        found_union(**_part_of(union, part, effective_on, document), actor=actor, now=now)
        for part in parts
    )
    for child_id, place in allotted.items():
        move_union(
            union_id=child_id,
            parent_id=founded[place].id,
            effective_on=effective_on,
            actor=actor,
            now=now,
            document=document,
            reason=f"{union.name}分立",
        )
    at = periods.instant_of_writing(now, [union_id])
    if source_ends:
        check_move(union.state, UnionState.DISSOLVED)
        _end(union, effective_on, at)
    for part_union in founded:
        ground.record_change(
            UnionChangeKind.SPLIT,
            union=union,
            effective_on=effective_on,
            at=at,
            actor=actor,
            other_id=part_union.id,
            reason=reason,
            document=document,
            data={"source_ends": source_ends},
        )
    return Splitting(founded, (union_id,) if source_ends else (), tuple(allotted))


def _insist_on_merger(
    source: UnionRow, target: UnionRow, effective_on: date, document: str
) -> None:
    if source.id == target.id:
        raise Conflict("orgs.merged_into_itself", "不能并入它自己。请另选并入的工会。")
    if source.parent_id is None:
        raise Conflict("orgs.root_stays", "最上一级的工会不能并入别的工会。")
    check_move(source.state, UnionState.MERGED)
    rules.may_end_by_merger(
        document=document, on=effective_on, founded_on=source.founded_on
    ).insist()
    insist_on_no_circle(source, target, from_on=effective_on)


def _insist_on_children_fit(children: Sequence[int], target: UnionRow) -> None:
    for child in queries.list_unions_by_id(children).values():
        rules.may_stand_under(
            child.kind, child.level, parent_kind=target.kind, parent_level=target.level
        ).insist()


def _insist_on_allotment(
    union: UnionRow,
    allotted: Mapping[int, int],
    parts: int,
    effective_on: date,
    source_ends: bool,
) -> None:
    own = set(_children_after([union.id], effective_on))
    strangers = sorted(set(allotted) - own)
    if strangers or any(not 0 <= place < parts for place in allotted.values()):
        raise Malformed(
            "orgs.split_children", f"分给新工会的，只能是「{union.name}」的直接下级。请重新选。"
        )
    left = own - set(allotted)
    if source_ends and left:
        raise Conflict(
            "orgs.children_left",
            f"「{union.name}」分立后终止，还有 {len(left)} 个下级没有写明归哪个新工会。请补齐。",
            has=len(left),
        )


def _part_of(
    union: UnionRow, part: Mapping[str, Any], effective_on: date, document: str
) -> dict[str, Any]:
    usual = {
        "kind": union.kind,
        "adcode": union.adcode,
        "town_code": union.town_code,
        "level": union.level,
        "industry_code": union.industry_code,
        "is_new_form": union.is_new_form,
        "accepts_members": union.accepts_members,
        "parent_id": union.parent_id,
        "reason": f"由{union.name}分立",
    }
    return usual | dict(part) | {"founded_on": effective_on, "document": document}


def _children_after(union_ids: Sequence[int], day: date) -> list[int]:
    """Return who stands under one of the unions on ``day`` or later (primary subordination)."""
    rows = fetch_all(
        "SELECT DISTINCT union_id FROM orgs_placement WHERE parent_id = ANY(%(ids)s) AND kind = 1"
        " AND superseded_at IS NULL AND (valid_to IS NULL OR valid_to > %(day)s)"
        " ORDER BY union_id",
        {"ids": list(union_ids), "day": day},
    )
    return [row[0] for row in rows]


def _end(union: UnionRow, effective_on: date, at: datetime) -> None:
    """End a union that has no children left, with its placements, territory and coverage."""
    _end_placements([union.id], effective_on, at)
    _end_second_children([union.id], effective_on, at)
    for table in (periods.TERRITORY, periods.COVERAGE):
        periods.rewrite(
            table, "union_id = %(union)s", {"union": union.id}, from_on=effective_on, at=at
        )
    periods.refresh_ancestry([union.id], at=at)
    _end_rows([union.id], UnionState.DISSOLVED, effective_on)


def _end_placements(union_ids: Sequence[int], day: date, at: datetime) -> None:
    periods.rewrite(
        periods.PLACEMENT, "union_id = ANY(%(ids)s)", {"ids": list(union_ids)}, from_on=day, at=at
    )


def _end_second_children(union_ids: Sequence[int], day: date, at: datetime) -> None:
    periods.rewrite(
        periods.PLACEMENT,
        "parent_id = ANY(%(ids)s) AND kind = 2",
        {"ids": list(union_ids)},
        from_on=day,
        at=at,
    )


def _hand_over_children(
    union_ids: Sequence[int], target_id: int, day: date, at: datetime, moving: Sequence[int]
) -> None:
    """Put under the target what stood under the unions on ``day`` or later."""
    values = {"ids": list(union_ids), "target": target_id}
    # A child that had the target as second parent has it as its first from now on.
    periods.rewrite(
        periods.PLACEMENT,
        "kind = 2 AND parent_id = %(target)s AND union_id = ANY(%(moving)s)",
        values | {"moving": list(moving)},
        from_on=day,
        at=at,
    )
    for kind, condition in ((1, "TRUE"), (2, _SECOND_FITS)):
        periods.rewrite(
            periods.PLACEMENT,
            f"parent_id = ANY(%(ids)s) AND kind = {kind} AND {condition}",
            values | {"day": day},
            from_on=day,
            at=at,
            becomes={"parent_id": "%(target)s::bigint"},
        )
        if kind == 1:
            periods.refresh_ancestry([*union_ids, *moving], at=at)
    _end_second_children(union_ids, day, at)
    periods.follow_placements(moving)


_SECOND_FITS = """NOT EXISTS (
    SELECT 1 FROM orgs_ancestry a WHERE a.superseded_at IS NULL
    AND (a.valid_to IS NULL OR a.valid_to > %(day)s)
    AND ((a.ancestor_id = orgs_placement.union_id AND a.union_id = %(target)s)
      OR (a.ancestor_id = %(target)s AND a.union_id = orgs_placement.union_id AND a.depth = 1)))"""


def _hand_over_relations(union_ids: Sequence[int], target_id: int, day: date, at: datetime) -> None:
    """Give the target the territory and coverage of the unions, once each; seats end."""
    values = {"ids": list(union_ids), "target": target_id, "day": day}
    for table, added in ((periods.TERRITORY, _TAKE_TERRITORY), (periods.COVERAGE, _TAKE_COVERAGE)):
        fetch_one(added, values | {"at": at})
        periods.rewrite(table, "union_id = ANY(%(ids)s)", values, from_on=day, at=at)


# Seats of what ends become territory of the target. A place or employer that it has already on a
# later day is not taken again; of two that bring the same one is enough.
_TAKE_TERRITORY = """
WITH taken AS (
    INSERT INTO orgs_territory (union_id, adcode, town_code, is_seat, valid_from, recorded_at)
    SELECT %(target)s::bigint, t.adcode, t.town_code, false,
           greatest(min(t.valid_from), %(day)s::date), %(at)s::timestamptz
    FROM orgs_territory t
    WHERE t.union_id = ANY(%(ids)s) AND t.superseded_at IS NULL AND t.valid_to IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM orgs_territory o WHERE o.union_id = %(target)s AND o.superseded_at IS NULL
        AND o.adcode = t.adcode AND o.town_code IS NOT DISTINCT FROM t.town_code
        AND (o.valid_to IS NULL OR o.valid_to > %(day)s))
    GROUP BY t.adcode, t.town_code
    RETURNING 1
)
SELECT count(*) FROM taken
"""
_TAKE_COVERAGE = """
WITH taken AS (
    INSERT INTO orgs_coverage (union_id, employer_id, outlet_id, industry_code, valid_from,
                               recorded_at)
    SELECT %(target)s::bigint, t.employer_id, t.outlet_id, t.industry_code,
           greatest(min(t.valid_from), %(day)s::date), %(at)s::timestamptz
    FROM orgs_coverage t
    WHERE t.union_id = ANY(%(ids)s) AND t.superseded_at IS NULL AND t.valid_to IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM orgs_coverage o WHERE o.union_id = %(target)s AND o.superseded_at IS NULL
        AND o.employer_id = t.employer_id AND o.outlet_id IS NOT DISTINCT FROM t.outlet_id
        AND o.industry_code = t.industry_code AND (o.valid_to IS NULL OR o.valid_to > %(day)s))
    GROUP BY t.employer_id, t.outlet_id, t.industry_code
    RETURNING 1
)
SELECT count(*) FROM taken
"""


def _end_rows(
    union_ids: Sequence[int], state: UnionState, day: date, *, merged_into: int | None = None
) -> None:
    Union.objects.filter(id__in=list(union_ids)).update(
        state=state.value, ended_on=day, merged_into_id=merged_into
    )
