"""Who is acting: the actor behind an account, a session, an API token, in one query each."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.access import rules
from nuanxin.access.states import SessionKind
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound

TOKEN_MARK = "nx_"
"""How every API token begins, so that one that leaked is found by scanners."""

_LIVE_POSTS = """
(SELECT json_agg(json_build_array(p.role, p.union_id, coalesce(u.path, '')) ORDER BY p.id)
   FROM access_post p
   LEFT JOIN orgs_union u ON u.id = p.union_id
  WHERE p.account_id = a.id AND p.revoked_at IS NULL
    AND p.valid_from <= %(today)s AND p.valid_to > %(today)s
    AND (NOT p.needs_second_person OR p.approved_at IS NOT NULL))
"""

_BY_ACCOUNT = f"""
SELECT a.id, coalesce(w.merged_into_id, a.worker_id), a.name, {_LIVE_POSTS}
  FROM access_account a
  LEFT JOIN people_worker w ON w.id = a.worker_id
 WHERE a.id = %(account)s AND a.is_active
"""

# A session whose account was closed or whose epoch was raised is no session any more.
_BY_SESSION = f"""
SELECT a.id, coalesce(w.merged_into_id, a.worker_id), a.name, {_LIVE_POSTS},
       s.data, s.kind, s.started_at, s.seen_at
  FROM access_session s
  LEFT JOIN access_account a ON a.id = s.account_id
  LEFT JOIN people_worker w ON w.id = a.worker_id
 WHERE s.key_hash = %(key)s AND s.ends_at > %(now)s
   AND (s.account_id IS NULL OR (a.is_active AND a.session_epoch = s.epoch))
"""

_BY_TOKEN = """
SELECT t.id, t.label, t.scopes, t.union_id, u.path, t.last_used_on
  FROM access_apitoken t
  JOIN orgs_union u ON u.id = t.union_id
 WHERE t.token_hash = %(hash)s AND t.revoked_at IS NULL AND t.expires_at > %(now)s
"""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A live session. ``actor`` is None while nobody has signed in with it."""

    data: str
    kind: SessionKind
    actor: Actor | None
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """A program that showed an API token: its actor, and the rights that the token was given."""

    token_id: int
    actor: Actor
    rights: frozenset[str]
    last_used_on: date | None


def actor_of_account(account_id: UUID, now: datetime) -> Actor:
    """Return the actor behind an account, with every post live at ``now``; one query.

    Raises ``NotFound`` when there is no such account or it is closed.
    """
    row = _one(_BY_ACCOUNT, {"account": account_id, "today": business_day(now)})
    if row is None:
        raise NotFound()
    return _actor(row, SessionKind.CADRE, business_day(now))


def get_session(key_hash: UUID, now: datetime) -> SessionRow | None:
    """Return the session with the actor behind it, by one query; None when it ended.

    It ended when its time is over, it was left idle, the account was closed, or every session of
    the account was ended since.
    """
    today = business_day(now)
    row = _one(_BY_SESSION, {"key": key_hash, "now": now, "today": today})
    if row is None:
        return None
    data, kind_name, started_at, seen_at = row[4:]
    kind = SessionKind(kind_name)
    if rules.is_idle(kind, seen_at=seen_at, now=now, on=today):
        return None
    actor = _actor(row, kind, today) if row[0] is not None else None
    return SessionRow(data, kind, actor, started_at, seen_at)


def get_token_holder(header: str, now: datetime) -> TokenHolder | None:
    """Return who sends ``Authorization: Bearer nx_…``; None when the token is not (any more) good."""
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.startswith(TOKEN_MARK):
        return None
    row = _one(_BY_TOKEN, {"hash": hash_token(token), "now": now})
    if row is None:
        return None
    token_id, label, scopes, union_id, path, last_used_on = row
    rights = frozenset(json_value(scopes))
    grant = Grant(Role.API_CLIENT, union_id, path)
    return TokenHolder(
        token_id, Actor(name=f"接口：{label}", grants=(grant,)), rights, last_used_on
    )


def actor_of_token(header: str, now: datetime) -> Actor | None:
    """Return the actor behind an ``Authorization`` header, or None."""
    holder = get_token_holder(header, now)
    return None if holder is None else holder.actor


def hash_token(token: str) -> bytes:
    """Return what a token is found by. It is 256 random bits, so a bare hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def json_value(value: Any) -> Any:
    """Return a JSON column as Python: raw cursors give jsonb as text under Django."""

    return json.loads(value) if isinstance(value, str | bytes) else value


def _actor(row: tuple[Any, ...], kind: SessionKind, today: date) -> Actor:
    account_id, worker_id, name, posts = row[:4]
    grants = [Grant(Role(role), union, path) for role, union, path in json_value(posts) or ()]
    return Actor(account_id, worker_id, name, rules.grants_of(kind, grants, today))


def _one(sql: str, values: dict[str, Any]) -> tuple[Any, ...] | None:
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
