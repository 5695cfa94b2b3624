"""Posts: granted for a time over a union's subtree, approved by a second person where strong."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from nuanxin.access import permissions, queries, rules
from nuanxin.access.queries.posts import PostRow
from nuanxin.access.rules import PostAsked
from nuanxin.access.states import POST_MOVES, PostState
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Decision
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refusal
from nuanxin.kernel.text import readable
from nuanxin.orgs import queries as orgs
from nuanxin.records.actions import append_event

_REFUSED_AS: dict[str, type[Refusal]] = {
    "access.self_grant": Forbidden,
    "access.grants_more_than_held": Forbidden,
    "access.second_person_is_same": Forbidden,
    "access.administrators_kept_apart": Conflict,
}


@dataclass(frozen=True, slots=True)
class _Union:
    path: str
    level: int | None


@transaction.atomic
def grant_post(
    *,
    account_id: UUID,
    role: Role,
    union_id: int | None,
    valid_from: date,
    valid_to: date,
    actor: Actor,
    now: datetime,
    title: str = "",
) -> int:
    """Grant a post from ``valid_from`` up to, not including, ``valid_to``; return its id.

    A strong role counts only once a second person has approved. ``union_id`` is None for the three
    administrators, and for nobody else. Raises ``NotFound`` for a union out of scope, ``Forbidden``
    for a role that the actor does not hold or for oneself, ``Malformed`` for the term, ``Conflict``
    when the same post is held at that time or administrators would not be kept apart.
    """
    on = business_day(now)
    union = _union(union_id)
    permissions.check_can_grant_posts(actor, union.path)
    asked = PostAsked(
        account_key=_lock_account(account_id),
        role=role,
        union_path=union.path,
        union_level=union.level,
        valid_from=valid_from,
        valid_to=valid_to,
        others_held=queries.roles_held(account_id, on=on),
    )
    _insist(rules.may_grant(actor, asked, on=on))
    post_id = _insert(
        {
            "account": account_id,
            "role": role.value,
            "union": union_id,
            "title": readable(title)[:60],
            "from": valid_from,
            "to": valid_to,
            "granter": actor.account_id,
            "now": now,
            "second": rules.needs_second_person(role, actor, on),
        }
    )
    _record("access.post_granted", post_id, union_id, actor, now, role=role.value)
    return post_id


@transaction.atomic
def approve_post(*, post_id: int, actor: Actor, now: datetime) -> None:
    """Approve, as the second person, a post that somebody else has granted to a third.

    Raises ``NotFound``, ``Forbidden`` for who granted or holds it or could not grant it himself,
    ``Conflict`` when it does not wait for approval.
    """
    on = business_day(now)
    post = _locked(actor, post_id, on)
    if post.state is not PostState.WAITING:
        raise Conflict("access.post_not_waiting", f"这一项现在是「{post.state.label}」，不用复核。")
    asked = PostAsked(
        account_key=post.holder_key,
        role=post.role,
        union_path=post.union_path,
        union_level=post.union_level,
        valid_from=post.valid_from,
        valid_to=post.valid_to,
        others_held=queries.roles_held(post.account_id, on=on) - {post.role},
    )
    _insist(rules.may_approve(actor, asked, granted_by_key=post.granted_by_key, on=on))
    _run(
        "UPDATE access_post SET approved_by_id = %s, approved_at = %s WHERE id = %s",
        [actor.account_id, now, post_id],
    )
    _record("access.post_approved", post_id, post.union_id, actor, now, role=post.role.value)


@transaction.atomic
def revoke_post(*, post_id: int, actor: Actor, now: datetime, reason: str = "") -> None:
    """Take a post back; it counts no more from the next request on.

    One's own post may be given back. Raises ``NotFound``, ``Forbidden``, ``Conflict`` when it has
    ended already.
    """
    on = business_day(now)
    post = _locked(actor, post_id, on)
    may = actor.has_role(Role.SYSTEM) or any(
        rules.contains(grant, post.role, post.union_path) for grant in actor.grants
    )
    if not may and post.account_id != actor.account_id:
        raise Forbidden(
            "access.revokes_more_than_held",
            f"「{post.role.label}」不归您收回。请找管这个范围的上级工会。",
        )
    if PostState.REVOKED not in POST_MOVES[post.state]:
        raise Conflict("access.post_ended", f"这一项{post.state.label}，不用再收回。")
    _run(
        "UPDATE access_post SET revoked_by_id = %s, revoked_at = %s WHERE id = %s",
        [actor.account_id, now, post_id],
    )
    _record(
        "access.post_revoked",
        post_id,
        post.union_id,
        actor,
        now,
        role=post.role.value,
        reason=readable(reason)[:200],
    )


def _insist(decision: Decision) -> None:
    if not decision.is_yes:
        decision.insist(_REFUSED_AS.get(decision.reasons[0].code, Malformed))


def _union(union_id: int | None) -> _Union:
    if union_id is None:
        return _Union("", None)
    union = orgs.get_union(union_id)
    return _Union(union.path, union.level)


def _lock_account(account_id: UUID) -> str:
    """Return the person's key; posts of one account are granted one after another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT worker_id FROM access_account WHERE id = %s AND is_active FOR UPDATE",
            [account_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound("access.no_such_account", "没有这个用户名，或者账号已经停用。请再核对一下。")
    return Actor(account_id, row[0]).person_key


def _locked(actor: Actor, post_id: int, on: date) -> PostRow:
    _run("SELECT 1 FROM access_post WHERE id = %s FOR UPDATE", [post_id])
    post = queries.get_post(actor, post_id, on=on)
    if post.account_id != actor.account_id:
        permissions.check_can_grant_posts(actor, post.union_path)
    return post


def _insert(values: dict[str, Any]) -> int:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO access_post (account_id, role, union_id, title, valid_from, valid_to,
                          granted_by_id, granted_at, needs_second_person)
                   VALUES (%(account)s, %(role)s, %(union)s, %(title)s, %(from)s, %(to)s,
                          %(granter)s, %(now)s, %(second)s) RETURNING id""",
                values,
            )
            return int(cursor.fetchone()[0])
    except IntegrityError as error:
        if "administrators_kept_apart" in str(error):
            raise Conflict(
                "access.administrators_kept_apart",
                "三种管理员要由不同的人担任，也不能兼业务职务。",
            ) from error
        raise Conflict(
            "access.same_post_twice",
            "这位同事在这段时间里已经有同一个职务。要延长，请从它到期那天起再授予。",
        ) from error


def _run(sql: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _record(
    kind: str, post_id: int, union_id: int | None, actor: Actor, now: datetime, **data: Any
) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="post",
        subject_id=post_id,
        union_id=union_id,
        data=data,
    )
