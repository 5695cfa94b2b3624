"""What every action on the tree begins and ends with: the rows it needs, and what it records."""

from datetime import date, datetime
from typing import Any

from nuanxin.kernel import clock, policy, regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.kernel.parameters import parameter
from nuanxin.orgs import permissions, queries, rules
from nuanxin.orgs.models import UnionChange
from nuanxin.orgs.queries import UnionRow
from nuanxin.orgs.states import UnionChangeKind
from nuanxin.records.actions import append_event


def shapable(actor: Actor, union_id: int) -> UnionRow:
    """Return the union if the actor may change its place in the tree (a right over its parent)."""
    union = queries.get_union(union_id)
    permissions.check_can_shape(actor, parent_path=union.parent_path)
    return union


def receiving(actor: Actor, union_id: int) -> UnionRow:
    """Return a union under which the actor may place others; it must be living."""
    union = queries.get_union(union_id)
    permissions.check_can_shape(actor, parent_path=union.path)
    insist_on_life(union)
    return union


def insist_on_life(union: UnionRow) -> None:
    """Raise ``Conflict`` when the union has ended."""
    if not union.is_live:
        raise Conflict(
            "orgs.union_has_ended",
            f"「{union.name}」{union.state.label}，不能再用来办这件事。请另选一个在册的工会。",
            union_id=union.id,
        )


def insist_on_parent_from(parent: UnionRow, day: date) -> None:
    """Raise ``Conflict`` when the parent was founded only after ``day``."""
    if parent.founded_on > day:
        raise Conflict(
            "orgs.parent_is_younger",
            f"「{parent.name}」{parent.founded_on} 才成立，在这之前不能作上级。请核对日期。",
            founded_on=parent.founded_on.isoformat(),
        )


def insist_on_effect(effective_on: date, now: datetime) -> None:
    """Raise ``Conflict`` when the day has not come yet."""
    rules.may_take_effect(effective_on, today=clock.business_day(now)).insist()


def checked_place(adcode: int, town_code: int | None) -> None:
    """Raise ``Malformed`` unless both codes are kept and the town lies in the county."""
    regions.region(str(adcode))
    if town_code is None:
        return
    regions.region(str(town_code))
    if not regions.is_within(str(town_code), str(adcode)):
        raise Malformed(
            "orgs.town_elsewhere",
            "选的乡镇（街道）不在选的县（市、区）里。请重新选一次地区。",
            adcode=adcode,
            town_code=town_code,
        )


def in_force(key: str, *, adcode: int, on: date) -> Any:
    """Return the value of a parameter of this package for a place and day."""
    return parameter(f"orgs.{key}", adcode=str(adcode), on=on).value


def record_change(
    kind: UnionChangeKind,
    *,
    union: UnionRow,
    effective_on: date,
    at: datetime,
    actor: Actor,
    other_id: int | None = None,
    reason: str = "",
    document: str = "",
    data: dict[str, Any] | None = None,
) -> int:
    """Append the dated change and its event; return the id of the change."""
    change = UnionChange.objects.create(
        union_id=union.id,
        other_id=other_id,
        kind=kind.value,
        effective_on=effective_on,
        recorded_at=at,
        reason=reason[:200],
        document=document[:80],
        data=data or {},
    )
    details: dict[str, Any] = {"change": change.id, "effective_on": effective_on.isoformat()}
    if other_id is not None:
        details["other"] = other_id
    append_event(
        f"orgs.union_{kind.value}",
        actor=actor,
        at=at,
        subject_type="union",
        subject_id=union.id,
        union_id=union.id,
        data=details | (data or {}),
    )
    return change.id


def is_everywhere(actor: Actor) -> bool:
    """Return whether the actor may shape the whole tree."""
    return policy.scope_paths(actor, "org_unit.create") == (policy.EVERYWHERE,)
