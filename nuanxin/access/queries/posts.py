"""Posts: who holds what, limited to what the reader may see; the policy as a matrix."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.access import permissions, rules
from nuanxin.access.states import RIGHT_WORDS, PostState
from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import UnionRow

PAGE_SIZE = 50

_COLUMNS = """
SELECT p.id, p.account_id, a.name, a.username, a.worker_id, p.role, p.title,
       p.union_id, coalesce(u.name, ''), coalesce(u.path, ''), u.level,
       p.valid_from, p.valid_to, p.needs_second_person,
       p.granted_by_id, coalesce(g.name, ''), g.worker_id, p.granted_at,
       p.approved_at, coalesce(c.name, ''), p.revoked_at
  FROM access_post p
  JOIN access_account a ON a.id = p.account_id
  LEFT JOIN access_account g ON g.id = p.granted_by_id
  LEFT JOIN access_account c ON c.id = p.approved_by_id
  LEFT JOIN orgs_union u ON u.id = p.union_id
"""

# An empty list of paths means everywhere; posts of administrators hang on no union.
_IN_SCOPE = """
(%(everywhere)s OR EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) AS scope
                            WHERE u.path LIKE scope || '%%'))
"""

_STATES = {
    "live": """p.revoked_at IS NULL AND p.valid_from <= %(today)s AND p.valid_to > %(today)s
               AND (NOT p.needs_second_person OR p.approved_at IS NOT NULL)""",
    "waiting": """p.revoked_at IS NULL AND p.valid_to > %(today)s
                  AND p.needs_second_person AND p.approved_at IS NULL""",
    "ended": "(p.revoked_at IS NOT NULL OR p.valid_to <= %(today)s)",
    "all": "true",
}
LISTS = tuple(_STATES)


@dataclass(frozen=True, slots=True)
class PostRow:
    """One post, finished for a page."""

    id: int
    account_id: UUID
    holder: str
    username: str
    role: Role
    title: str
    union_id: int | None
    union_name: str
    union_path: str
    union_level: int | None
    valid_from: date
    valid_to: date
    needs_second_person: bool
    granted_by: str
    granted_at: datetime
    approved_by: str
    approved_at: datetime | None
    revoked_at: datetime | None
    state: PostState
    holder_key: str
    granted_by_key: str

    @property
    def is_ended(self) -> bool:
        """Return whether nothing can be done with it any more."""
        return self.state in (PostState.EXPIRED, PostState.REVOKED)


def list_posts(
    actor: Actor, *, show: str = "live", before: int | None = None, limit: int = PAGE_SIZE, on: date
) -> list[PostRow]:
    """Return posts that the actor may see, newest first, at most ``limit``.

    ``show`` is one of ``LISTS``; ``before`` is the id that the page before ended with.
    """
    paths = permissions.scope_paths(actor, "post.view")
    values = _scope_values(paths) | {
        "today": on,
        "before": before or 2**62,
        "limit": min(limit, PAGE_SIZE),
    }
    where = f"WHERE {_IN_SCOPE} AND {_STATES[show]} AND p.id < %(before)s"
    return _rows(f"{_COLUMNS} {where} ORDER BY p.id DESC LIMIT %(limit)s", values, on)


def get_post(actor: Actor, post_id: int, *, on: date) -> PostRow:
    """Return a post that the actor may see; raises ``NotFound`` and ``Forbidden``."""
    rows = _rows(f"{_COLUMNS} WHERE p.id = %(id)s", {"id": post_id}, on)
    path = rows[0].union_path if rows else None
    permissions.check(actor, "post.view", path=path)
    if not rows:
        raise NotFound()
    return rows[0]


def list_own_posts(actor: Actor, *, on: date) -> list[PostRow]:
    """Return the actor's own posts that have not ended, at most one page."""
    values = {"account": actor.account_id, "today": on, "limit": PAGE_SIZE}
    where = "WHERE p.account_id = %(account)s AND p.revoked_at IS NULL AND p.valid_to > %(today)s"
    return _rows(f"{_COLUMNS} {where} ORDER BY p.id DESC LIMIT %(limit)s", values, on)


def roles_held(account_id: UUID, *, on: date) -> frozenset[Role]:
    """Return the roles of every post of the account that has not ended, waiting ones too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT role FROM access_post"
            " WHERE account_id = %s AND revoked_at IS NULL AND valid_to > %s",
            [account_id, on],
        )
        return frozenset(Role(role) for (role,) in cursor.fetchall())


def find_union_by_code(code: str) -> UnionRow | None:
    """Return the living union with this code, or None; the caller checks the scope."""
    try:
        union = orgs.get_union_by_code(code)
    except NotFound:
        return None
    return union if union.state.is_live else None


# ---- the matrix -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One right with the scope letter of each role, in the order of ``matrix_roles``."""

    right: str
    words: str
    letters: tuple[str, ...]


def matrix_roles() -> tuple[Role, ...]:
    """Return the roles that the matrix has a column for."""
    return tuple(role for role in Role if role is not Role.SYSTEM)


def matrix() -> list[MatrixRow]:
    """Return the policy file as rows, in the file's order."""
    roles = matrix_roles()
    return [
        MatrixRow(
            right, RIGHT_WORDS.get(right, right), tuple(holders.get(role, "") for role in roles)
        )
        for right, holders in policy.rights().items()
    ]


# ---- inside -----------------------------------------------------------------------------------


def _scope_values(paths: tuple[str, ...]) -> dict[str, Any]:
    return {"everywhere": policy.EVERYWHERE in paths, "paths": list(paths)}


def _rows(sql: str, values: dict[str, Any], on: date) -> list[PostRow]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [_row(row, on) for row in cursor.fetchall()]


def _row(row: tuple[Any, ...], on: date) -> PostRow:
    (post_id, account_id, holder, username, worker_id, role, title) = row[:7]
    (union_id, union_name, union_path, union_level, valid_from, valid_to, second) = row[7:14]
    (granter_id, granter, granter_worker, granted_at, approved_at, approver, revoked_at) = row[14:]
    state = rules.state_of_post(
        valid_from=valid_from,
        valid_to=valid_to,
        needs_second=second,
        is_approved=approved_at is not None,
        is_revoked=revoked_at is not None,
        on=on,
    )
    return PostRow(
        id=post_id,
        account_id=account_id,
        holder=holder,
        username=username or "",
        role=Role(role),
        title=title,
        union_id=union_id,
        union_name=union_name,
        union_path=union_path,
        union_level=union_level,
        valid_from=valid_from,
        valid_to=valid_to,
        needs_second_person=second,
        granted_by=granter,
        granted_at=granted_at,
        approved_by=approver,
        approved_at=approved_at,
        revoked_at=revoked_at,
        state=state,
        holder_key=Actor(account_id, worker_id).person_key,
        granted_by_key=Actor(granter_id, granter_worker).person_key if granter_id else "",
    )
