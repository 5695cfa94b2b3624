"""API tokens and accounts, limited to what the reader may see."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.access import permissions
from nuanxin.access.queries.actors import json_value
from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.errors import NotFound

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One API token; the token itself is kept nowhere."""

    id: int
    label: str
    hint: str
    union_id: int
    union_name: str
    union_path: str
    rights: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_on: date | None

    def is_live(self, now: datetime) -> bool:
        """Return whether the token opens anything at ``now``."""
        return self.revoked_at is None and self.expires_at > now


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account, for the system administrator; nothing about the person but the name."""

    id: UUID
    username: str
    name: str
    is_worker: bool
    is_active: bool
    has_totp: bool
    created_at: datetime


_TOKENS = """
SELECT t.id, t.label, t.token_hint, t.union_id, u.name, u.path, t.scopes,
       coalesce(a.name, ''), t.created_at, t.expires_at, t.revoked_at, t.last_used_on
  FROM access_apitoken t
  JOIN orgs_union u ON u.id = t.union_id
  LEFT JOIN access_account a ON a.id = t.created_by_id
"""


def list_tokens(actor: Actor, *, limit: int = PAGE_SIZE) -> list[TokenRow]:
    """Return the tokens of unions that the actor keeps tokens for, newest first."""
    paths = permissions.scope_paths(actor, "api_token.manage")
    sql = f"""{_TOKENS} WHERE EXISTS (SELECT 1 FROM unnest(%s::text[]) AS scope
              WHERE u.path LIKE scope || '%%') ORDER BY t.id DESC LIMIT %s"""
    return [_token(row) for row in _all(sql, [list(paths), min(limit, PAGE_SIZE)])]


def get_token(actor: Actor, token_id: int) -> TokenRow:
    """Return a token that the actor keeps; raises ``NotFound`` and ``Forbidden``."""
    rows = [_token(row) for row in _all(f"{_TOKENS} WHERE t.id = %s", [token_id])]
    permissions.check(actor, "api_token.manage", path=rows[0].union_path if rows else None)
    if not rows:
        raise NotFound()
    return rows[0]


def rights_for_tokens() -> tuple[str, ...]:
    """Return the rights that a token can be given: those that the policy gives to programs."""
    return tuple(r for r, holders in policy.rights().items() if Role.API_CLIENT in holders)


_ACCOUNTS = """
SELECT id, coalesce(username, ''), name, worker_id IS NOT NULL, is_active,
       totp_sealed IS NOT NULL, created_at
  FROM access_account
"""


def list_accounts(
    actor: Actor, *, text: str = "", after: str = "", limit: int = PAGE_SIZE
) -> list[AccountRow]:
    """Return accounts that have a user name, by it; ``text`` begins the user name or the name.

    Accounts of workers are not listed: they belong to the people, not to the administrator.
    """
    permissions.check_can_manage_accounts(actor)
    sql = f"""{_ACCOUNTS} WHERE username IS NOT NULL AND username > %(after)s
              AND (starts_with(username, %(text)s) OR starts_with(name, %(text)s))
              ORDER BY username LIMIT %(limit)s"""
    values = {"after": after, "text": text.strip(), "limit": min(limit, PAGE_SIZE)}
    return [AccountRow(*row) for row in _all(sql, values)]


def get_account(actor: Actor, account_id: UUID) -> AccountRow:
    """Return one of the accounts that ``list_accounts`` lists; ``NotFound``, ``Forbidden``."""
    permissions.check_can_manage_accounts(actor)
    rows = _all(f"{_ACCOUNTS} WHERE id = %s AND username IS NOT NULL", [account_id])
    if not rows:
        raise NotFound()
    return AccountRow(*rows[0])


def find_account_by_username(username: str) -> AccountRow | None:
    """Return the account that can sign in under this user name, or None."""
    rows = _all(f"{_ACCOUNTS} WHERE username = %s AND is_active", [username.strip().lower()])
    return AccountRow(*rows[0]) if rows else None


def find_account_of_worker(worker_id: int) -> UUID | None:
    """Return the account of a worker, if there is an open one."""
    rows = _all("SELECT id FROM access_account WHERE worker_id = %s AND is_active", [worker_id])
    return rows[0][0] if rows else None


def find_account_by_phone_hash(phone_hash: UUID) -> UUID | None:
    """Return the open account that signs in with this phone, or None."""
    rows = _all("SELECT id FROM access_account WHERE phone_hash = %s AND is_active", [phone_hash])
    return rows[0][0] if rows else None


def has_unclaimed_records(phone_hash: UUID) -> bool:
    """Return whether anybody without an account is registered under this phone."""
    rows = _all(
        """SELECT EXISTS (SELECT 1 FROM people_worker w
             LEFT JOIN access_account a ON a.worker_id = w.id
            WHERE w.phone_hash = %s AND w.merged_into_id IS NULL AND w.erased_at IS NULL
              AND a.id IS NULL)""",
        [phone_hash],
    )
    return bool(rows[0][0])


def _token(row: tuple[Any, ...]) -> TokenRow:
    values = list(row)
    values[6] = tuple(json_value(values[6]))
    return TokenRow(*values)


def _all(sql: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
