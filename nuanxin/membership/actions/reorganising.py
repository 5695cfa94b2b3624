"""Ending a union together with what becomes of its members: one transaction, nobody in between."""

from datetime import date, datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.membership.actions.unions import (
    MovedSet,
    move_members_of_merged_union,
    retain_members_of_dissolved_union,
)
from nuanxin.membership.queries.reorganising import get_effects
from nuanxin.orgs import actions as orgs
from nuanxin.orgs.queries.unions import get_union
from nuanxin.orgs.states import DissolutionGround


@transaction.atomic
def merge_union(
    *,
    union_id: int,
    target_id: int,
    effective_on: date,
    document: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> MovedSet:
    """Merge a union into another and let its members go on there, dates and card numbers kept.

    Raises what ``orgs.actions.merge_unions`` raises, and ``Conflict``
    membership.target_takes_no_members while the union still has somebody to hand over.
    """
    orgs.merge_unions(
        source_ids=[union_id],
        target_id=target_id,
        effective_on=effective_on,
        document=document,
        reason=reason,
        actor=actor,
        now=now,
    )
    if not get_effects(union_id).is_somebody and not get_union(target_id).accepts_members:
        return MovedSet(0, 0, 0)
    return move_members_of_merged_union(
        from_union_id=union_id, to_union_id=target_id, actor=actor, now=now
    )


@transaction.atomic
def dissolve_union(
    *,
    union_id: int,
    effective_on: date,
    dissolution_ground: DissolutionGround,
    document: str = "",
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> MovedSet:
    """Dissolve a union; its upper union retains the members (工会法 a.13) and is told to place them.

    Raises what ``orgs.actions.dissolve_union`` raises.
    """
    orgs.dissolve_union(
        union_id=union_id,
        effective_on=effective_on,
        dissolution_ground=dissolution_ground,
        document=document,
        reason=reason,
        actor=actor,
        now=now,
    )
    return retain_members_of_dissolved_union(union_id=union_id, actor=actor, now=now)
