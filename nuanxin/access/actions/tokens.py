"""API tokens: 256 random bits, shown once, kept as a hash, for one union's subtree, for a time."""

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from nuanxin.access import permissions, queries, rules
from nuanxin.access.queries.actors import TOKEN_MARK, hash_token
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.kernel.text import readable
from nuanxin.records.actions import append_event

RANDOM_BYTES = 32
HINT_LENGTH = 8


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: ``token`` is shown this once and kept nowhere."""

    id: int
    token: str

    def __repr__(self) -> str:
        return f"NewToken(id={self.id}, …)"


@transaction.atomic
def create_token(
    *,
    label: str,
    union_id: int,
    union_path: str,
    rights: Collection[str],
    valid_to: date,
    actor: Actor,
    now: datetime,
) -> NewToken:
    """Make a token that opens ``rights`` below the union until ``valid_to`` (not included).

    ``rights`` are of those that the policy gives to programs. Raises ``NotFound``, ``Forbidden``,
    ``Malformed``.
    """
    permissions.check_can_manage_tokens(actor, union_path)
    _check(label, rights, valid_to, now)
    token = TOKEN_MARK + secrets.token_urlsafe(RANDOM_BYTES)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO access_apitoken (label, token_hash, token_hint, union_id, scopes,
                      created_by_id, created_at, expires_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            [
                readable(label)[:80],
                hash_token(token),
                token[:HINT_LENGTH],
                union_id,
                json.dumps(sorted(set(rights))),
                actor.account_id,
                now,
                day_start(valid_to),
            ],
        )
        (token_id,) = cursor.fetchone()
    _record("access.token_created", token_id, union_id, actor, now)
    return NewToken(token_id, token)


@transaction.atomic
def revoke_token(*, token_id: int, actor: Actor, now: datetime) -> None:
    """Take a token back; the next call with it is refused. ``NotFound``, ``Forbidden``, ``Conflict``."""
    token = queries.get_token(actor, token_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_apitoken SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL",
            [now, token_id],
        )
        if cursor.rowcount == 0:
            raise Conflict("access.token_revoked", "这个令牌已经收回了。")
    _record("access.token_revoked", token_id, token.union_id, actor, now)


def note_token_use(*, token_id: int, now: datetime) -> None:
    """Note, once a day, that a token was used: who looks after tokens sees which lie idle."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_apitoken SET last_used_on = %(today)s"
            " WHERE id = %(id)s AND last_used_on IS DISTINCT FROM %(today)s",
            {"id": token_id, "today": business_day(now)},
        )


def _check(label: str, rights: Collection[str], valid_to: date, now: datetime) -> None:
    on = business_day(now)
    months = rules.setting("token_longest_months", on)
    if not readable(label):
        raise Malformed("access.token_without_label", "还没有写名称。写上是谁、接什么用的。")
    if not rights or not set(rights) <= set(queries.rights_for_tokens()):
        raise Malformed("access.token_rights", "至少勾一件这个令牌要做的事。")
    if valid_to <= on or valid_to > rules.months_after(on, months) + timedelta(days=1):
        raise Malformed("access.token_term", f"止期要在明天以后，最长 {months} 个月。")


def _record(kind: str, token_id: int, union_id: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="api_token",
        subject_id=token_id,
        union_id=union_id,
    )
