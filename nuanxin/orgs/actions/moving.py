"""Changing who stands under whom: moves, second parents, and corrections of the past."""

from datetime import date, datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict
from nuanxin.orgs import permissions, queries, rules
from nuanxin.orgs.actions import ground, periods
from nuanxin.orgs.queries import UnionRow
from nuanxin.orgs.queries.rows import fetch_one
from nuanxin.orgs.states import PlacementKind, UnionChangeKind


@transaction.atomic
def move_union(
    *,
    union_id: int,
    parent_id: int,
    effective_on: date,
    actor: Actor,
    now: datetime,
    reason: str = "",
    document: str = "",
) -> None:
    """Put a union, with all below it, under another parent from ``effective_on`` on.

    Days before stay as they were; the tree as it was known before ``now`` stays answerable. The
    actor needs the right over the old and the new parent. Raises ``Conflict`` for a day to come,
    before its last move (that is a correction), for a circle and an ended or younger parent.
    """
    periods.lock_tree()
    union = ground.shapable(actor, union_id)
    parent = ground.receiving(actor, parent_id)
    ground.insist_on_life(union)
    ground.insist_on_effect(effective_on, now)
    insist_after_last_move(union, effective_on)
    _insist_on_fit(union, parent)
    if union.parent_id == parent_id:
        raise Conflict("orgs.already_there", f"「{union.name}」已经在「{parent.name}」下面了。")
    ground.insist_on_parent_from(parent, effective_on)
    insist_on_no_circle(union, parent, from_on=effective_on)
    at = periods.instant_of_writing(now, [union_id, parent_id])
    _drop_second_parent_like(union_id, parent_id, from_on=effective_on, at=at)
    _replace_parent(union_id, parent_id, from_on=effective_on, to_on=None, at=at)
    ground.record_change(
        UnionChangeKind.MOVED,
        union=union,
        effective_on=effective_on,
        at=at,
        actor=actor,
        other_id=parent_id,
        reason=reason,
        document=document,
        data={"from_parent": union.parent_id},
    )


@transaction.atomic
def correct_placement(
    *,
    union_id: int,
    parent_id: int,
    valid_from: date,
    actor: Actor,
    now: datetime,
    valid_to: date | None = None,
    reason: str = "",
    document: str = "",
) -> None:
    """Enter that the union in fact stood under ``parent_id`` on [``valid_from``, ``valid_to``).

    Rows that say otherwise are superseded and stay readable as what was known before ``now``.
    ``valid_to`` None: until today and on. Raises ``Conflict`` for days on which either union did
    not exist, for days to come and for a circle on any of the days.
    """
    periods.lock_tree()
    union = ground.shapable(actor, union_id)
    parent = queries.get_union(parent_id)
    # The right over the parent of those days, which may have ended since.
    permissions.check_can_shape(actor, parent_path=parent.path)
    ground.insist_on_effect(valid_to or valid_from, now)
    _insist_on_fit(union, parent)
    _insist_on_days(union, parent, valid_from, valid_to)
    insist_on_no_circle(union, parent, from_on=valid_from, to_on=valid_to)
    at = periods.instant_of_writing(now, [union_id, parent_id])
    _drop_second_parent_like(union_id, parent_id, from_on=valid_from, to_on=valid_to, at=at)
    _replace_parent(union_id, parent_id, from_on=valid_from, to_on=valid_to, at=at)
    ground.record_change(
        UnionChangeKind.CORRECTED,
        union=union,
        effective_on=valid_from,
        at=at,
        actor=actor,
        other_id=parent_id,
        reason=reason,
        document=document,
        data={"valid_to": valid_to.isoformat() if valid_to else None},
    )


@transaction.atomic
def set_second_parent(
    *,
    union_id: int,
    parent_id: int | None,
    effective_on: date,
    actor: Actor,
    now: datetime,
    reason: str = "",
    document: str = "",
) -> None:
    """Begin, change or (with None) end dual subordination from ``effective_on`` on (U-2)."""
    periods.lock_tree()
    union = ground.shapable(actor, union_id)
    ground.insist_on_life(union)
    ground.insist_on_effect(effective_on, now)
    parent = queries.get_union(parent_id) if parent_id is not None else None
    if parent is not None:
        _insist_on_second(union, parent, effective_on)
    at = periods.instant_of_writing(now, [union_id, *([parent_id] if parent_id else [])])
    periods.rewrite(
        periods.PLACEMENT,
        "union_id = %(union)s AND kind = 2",
        {"union": union_id},
        from_on=effective_on,
        at=at,
    )
    if parent is not None:
        values = {"union_id": union_id, "parent_id": parent.id, "kind": int(PlacementKind.SECOND)}
        periods.add(periods.PLACEMENT, values, from_on=effective_on, at=at)
    ground.record_change(
        UnionChangeKind.SECOND_PARENT,
        union=union,
        effective_on=effective_on,
        at=at,
        actor=actor,
        other_id=parent_id,
        reason=reason,
        document=document,
    )


def insist_after_last_move(union: UnionRow, effective_on: date) -> None:
    """Raise ``Conflict`` for a day before the union's last move: that would be a correction."""
    row = fetch_one(
        "SELECT max(valid_from) FROM orgs_placement WHERE union_id = %(union)s AND kind = 1"
        " AND superseded_at IS NULL",
        {"union": union.id},
    )
    latest: date | None = row[0] if row else None
    if latest is not None and effective_on < latest:
        raise Conflict(
            "orgs.before_last_move",
            f"「{union.name}」的隶属 {latest} 起已经变过。要改那以前的，请用「更正隶属」。",
            latest=latest.isoformat(),
        )


def insist_on_no_circle(
    union: UnionRow, parent: UnionRow, *, from_on: date, to_on: date | None = None
) -> None:
    """Raise ``Conflict`` when ``parent`` is ``union`` or stands below it on one of the days."""
    row = fetch_one(
        "SELECT 1 FROM orgs_ancestry a WHERE a.ancestor_id = %(union)s AND a.union_id = %(parent)s"
        " AND a.superseded_at IS NULL"
        " AND daterange(a.valid_from, a.valid_to) && daterange(%(from_on)s, %(to_on)s)",
        {"union": union.id, "parent": parent.id, "from_on": from_on, "to_on": to_on},
    )
    if row is not None or union.id == parent.id:
        raise Conflict(
            "orgs.circle",
            f"「{parent.name}」在「{union.name}」下面，不能再作它的上级。请另选上级。",
        )


def _replace_parent(
    union_id: int, parent_id: int, *, from_on: date, to_on: date | None, at: datetime
) -> None:
    periods.rewrite(
        periods.PLACEMENT,
        "union_id = %(union)s AND kind = 1",
        {"union": union_id, "parent": parent_id},
        from_on=from_on,
        to_on=to_on,
        at=at,
        becomes={"parent_id": "%(parent)s::bigint"},
    )
    periods.refresh_ancestry([union_id], at=at)
    periods.follow_placements([union_id])


def _drop_second_parent_like(
    union_id: int, parent_id: int, *, from_on: date, at: datetime, to_on: date | None = None
) -> None:
    """End the second subordination to what now becomes the first parent: nobody counts twice."""
    periods.rewrite(
        periods.PLACEMENT,
        "union_id = %(union)s AND kind = 2 AND parent_id = %(parent)s",
        {"union": union_id, "parent": parent_id},
        from_on=from_on,
        to_on=to_on,
        at=at,
    )


def _insist_on_fit(union: UnionRow, parent: UnionRow) -> None:
    if union.parent_id is None:
        raise Conflict("orgs.root_stays", "最上一级的工会没有上级，不能移动。")
    rules.may_stand_under(
        union.kind, union.level, parent_kind=parent.kind, parent_level=parent.level
    ).insist()


def _insist_on_days(
    union: UnionRow, parent: UnionRow, valid_from: date, valid_to: date | None
) -> None:
    """Raise ``Conflict`` unless both unions exist on every day of [``valid_from``, ``valid_to``)."""
    if valid_to is not None and valid_to <= valid_from:
        raise Conflict(
            "orgs.no_day", "起止日期里没有一天。止的日期不含当天，请填起的第二天或更晚。"
        )
    for one in (union, parent):
        outlives = one.ended_on is None or (valid_to is not None and valid_to <= one.ended_on)
        if one.founded_on > valid_from or not outlives:
            until = f"到 {one.ended_on}" if one.ended_on else "至今"
            raise Conflict(
                "orgs.outside_its_life",
                f"「{one.name}」存在的日子是 {one.founded_on} {until}，填的日期不全在里面。请核对。",
                union_id=one.id,
            )


def _insist_on_second(union: UnionRow, parent: UnionRow, effective_on: date) -> None:
    ground.insist_on_life(parent)
    ground.insist_on_parent_from(parent, effective_on)
    rules.may_have_second_parent(
        union.kind,
        parent_kind=parent.kind,
        kinds=ground.in_force("dual_subordination_kinds", adcode=union.adcode, on=effective_on),
        parent_kinds=ground.in_force("second_parent_kinds", adcode=union.adcode, on=effective_on),
    ).insist()
    insist_on_no_circle(union, parent, from_on=effective_on)
    row = fetch_one(
        "SELECT 1 FROM orgs_ancestry a WHERE a.ancestor_id = %(parent)s AND a.union_id = %(union)s"
        " AND a.depth = 1 AND a.superseded_at IS NULL"
        " AND (a.valid_to IS NULL OR a.valid_to > %(on)s)",
        {"parent": parent.id, "union": union.id, "on": effective_on},
    )
    if row is not None:
        raise Conflict(
            "orgs.already_first_parent",
            f"「{parent.name}」已经是它的上级了，不用再登记双重隶属。",
        )
