"""What becomes of members when their union merges or is dissolved: nobody is lost.

Called after ``orgs.actions.merge_unions`` / ``dissolve_union``, in the same transaction or the
next: by the page's action above, which checks who may. Set-based: a union of ten thousand takes
one statement a step. The flows carry the county of the day, so no past figure changes.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict
from nuanxin.membership.actions.ending import GoingOn, end_memberships, open_again
from nuanxin.membership.states import EndReason, FlowKind, MemberState
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event


@dataclass(frozen=True, slots=True)
class MovedSet:
    """How many moved on, and how many open applications and transfers went with them."""

    memberships: int
    applications: int
    transfers: int


@transaction.atomic
def move_members_of_merged_union(
    *, from_union_id: int, to_union_id: int, actor: Actor, now: datetime
) -> MovedSet:
    """Let every member of a merged union go on in its successor, state and dates carried.

    Open applications and transfer proposals follow. Doing it again moves nobody twice. Raises
    ``Conflict`` membership.union_still_live, membership.target_takes_no_members.
    """
    source, target = get_union(from_union_id), get_union(to_union_id)
    if source.is_live:
        raise Conflict("membership.union_still_live", "这个工会还在，先办合并，再转会员。")
    if not (target.accepts_members and target.is_live):
        raise Conflict("membership.target_takes_no_members", "并入的工会不收会员，请先改过来。")
    ended = end_memberships(
        _members_of(from_union_id), EndReason.UNION_MERGED, actor=actor, now=now
    )
    going = GoingOn(
        union_id=to_union_id,
        flow=FlowKind.MERGED_IN,
        event="membership.moved_by_merger",
        title="你的工会合并了",
        body=f"{source.name}并入了{target.name}，会籍、入会日期和卡号都不变，你不用做什么。",
    )
    opened = open_again(ended, going, actor=actor, now=now)
    moved = MovedSet(len(opened), *_follow(from_union_id, to_union_id))
    append_event(
        "membership.members_moved",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=from_union_id,
        union_id=to_union_id,
        data={"persons": moved.memberships, "applications": moved.applications},
    )
    return moved


@transaction.atomic
def retain_members_of_dissolved_union(*, union_id: int, actor: Actor, now: datetime) -> MovedSet:
    """Keep the members of a dissolved union with its upper union (工会法 a.13; acceptance A27).

    They become retained there; nothing is deleted. The upper union gets a task to find each a
    place. Open applications are withdrawn with the reason and may be made anew elsewhere.
    """
    source = get_union(union_id)
    if source.is_live:
        raise Conflict("membership.union_still_live", "这个工会还在，先办撤销，再安置会员。")
    if source.parent_id is None:
        raise Conflict("membership.no_upper_union", "没有上级工会，会籍没有地方保留。")
    upper = get_union(source.parent_id)
    ended = end_memberships(_members_of(union_id), EndReason.UNION_DISSOLVED, actor=actor, now=now)
    going = GoingOn(
        union_id=upper.id,
        flow=FlowKind.RESTORED,
        state=MemberState.RETAINED,
        event="membership.retained_by_upper_union",
        title="会籍由上级工会保留",
        body=f"{source.name}撤销了，会籍先由{upper.name}保留。在别处干活，点一下就能转过去恢复。",
    )
    opened = open_again(ended, going, actor=actor, now=now)
    applications = _close_applications(union_id, f"{source.name}已经撤销", now)
    _ask_upper_union(source.name, union_id, upper.id, len(opened), now)
    append_event(
        "membership.members_retained",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=union_id,
        union_id=upper.id,
        data={"persons": len(opened), "applications": applications},
    )
    return MovedSet(len(opened), applications, 0)


def _members_of(union_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM membership_membership WHERE union_id = %s AND ended_on IS NULL",
            [union_id],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _follow(source: int, target: int) -> tuple[int, int]:
    """Point open applications and transfer proposals to the successor."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE membership_joinapplication SET union_id = %s"
            " WHERE union_id = %s AND state IN (1, 2, 3)",
            [target, source],
        )
        applications = cursor.rowcount
        cursor.execute(
            "UPDATE membership_transfer SET to_union_id = %s WHERE to_union_id = %s AND state = 1",
            [target, source],
        )
        return int(applications), int(cursor.rowcount)


def _close_applications(union_id: int, why: str, now: datetime) -> int:
    """Withdraw the open applications; an invitation runs out at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE membership_joinapplication
               SET state = CASE state WHEN 1 THEN 7 ELSE 6 END, decision_note = %s,
                   decided_at = NULL, expires_on = NULL
               WHERE union_id = %s AND state IN (1, 2, 3)""",
            [why[:200], union_id],
        )
        applications = cursor.rowcount
        cursor.execute(
            "UPDATE membership_transfer SET state = 4, decided_at = %s"
            " WHERE to_union_id = %s AND state = 1",
            [now, union_id],
        )
    return int(applications)


def _ask_upper_union(name: str, union_id: int, upper_id: int, persons: int, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO membership_task
                   (union_id, kind, title, subject_type, subject_id, subject_key, due_on, created_at)
               VALUES (%(upper)s, 'place_retained', %(title)s, 'union', %(union)s,
                       %(key)s, %(day)s::date + 30, %(at)s)
               ON CONFLICT (union_id, kind, subject_key) WHERE done_at IS NULL DO NOTHING""",
            {
                "upper": upper_id,
                "title": f"{name}撤销了，{persons} 人的会籍在这里保留，请逐个安置"[:120],
                "union": union_id,
                "key": str(union_id),
                "day": business_day(now),
                "at": now,
            },
        )
