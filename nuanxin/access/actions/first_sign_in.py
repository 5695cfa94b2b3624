"""A person's first sign-in as a part of another package's statement: account, event, new cookie.

Joining ends with being signed in. By separate calls (``open_worker_account``, ``begin_session``,
then the saving of the session) that is eleven round trips; ``first_sign_in_sql`` does the same
inside the statement that takes the application, in none. It serves the usual case only: a browser
with a session, a person without an account. Anything else leaves nothing behind and returns no
row, and the caller takes the separate calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from nuanxin.access import rules
from nuanxin.access.actions.sessions import key_hash_of
from nuanxin.access.queries.keeping import HostPerson
from nuanxin.access.states import SessionKind
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.records.actions import events_insert_sql, logged_name


class AdoptsSessions(Protocol):
    """The part of the session store that a first sign-in needs."""

    def adopt(
        self, session_key: str, kept: dict[str, Any], actor: Actor, kind: SessionKind
    ) -> None:
        """Make this browser's session the row that a statement has just written."""


@dataclass(frozen=True, slots=True)
class FirstSignIn:
    """A sign-in that a statement may carry out: a new account, and the session under a new key.

    ``kept`` is what the session keeps from then on.
    """

    account_id: UUID
    name: str
    phone_hash: UUID | None
    kind: SessionKind
    host: HostPerson | None
    old_key: str
    new_key: str
    kept: dict[str, Any]
    data: str
    ends_at: datetime

    def __repr__(self) -> str:
        return "FirstSignIn(…)"

    @property
    def values(self) -> dict[str, Any]:
        """Return what the statement of ``first_sign_in_sql`` is filled in with."""
        return {
            "new_account": self.account_id,
            "account_name": self.name,
            "account_phone": self.phone_hash,
            "opener": logged_name(SYSTEM),
            "host_provider": self.host.provider if self.host else None,
            "host_subject": self.host.subject if self.host else None,
            "old_session": key_hash_of(self.old_key),
            "new_session": key_hash_of(self.new_key),
            "session_kind": self.kind.value,
            "session_data": self.data,
            "session_ends": self.ends_at,
        }


def foresee_sign_in(
    session: SessionBase,
    *,
    kept: Mapping[str, Any],
    name: str,
    phone: str | None,
    host: HostPerson | None,
    now: datetime,
) -> FirstSignIn | None:
    """Return the sign-in for this browser; None when it has no session or is signed in already.

    ``kept`` is what the session shall keep; ``phone`` is the 11 digits that were verified.
    ``host`` is who a host app has vouched for: the account is bound to that subject.
    """
    if not session.session_key or getattr(session, "is_signed_in", True):
        return None
    kind = SessionKind.PHONE if host is None else SessionKind.HOST
    minutes = rules.minutes_of(kind, business_day(now))[1]
    return FirstSignIn(
        account_id=uuid7(),
        name=name,
        phone_hash=sealing.lookup_hash("phone", phone) if phone else None,
        kind=kind,
        host=host,
        old_key=session.session_key,
        new_key=session._get_new_session_key(),  # type: ignore[attr-defined]
        kept=dict(kept),
        data=session.encode(dict(kept)),
        ends_at=now + timedelta(minutes=minutes),
    )


def adopt_sign_in(session: AdoptsSessions, signed_in: FirstSignIn, *, worker_id: int) -> None:
    """Make the session of this request the one that the statement has begun."""
    actor = Actor(account_id=signed_in.account_id, worker_id=worker_id, name=signed_in.name)
    session.adopt(signed_in.new_key, signed_in.kept, actor, signed_in.kind)


def first_sign_in_sql(joined: str) -> str:
    """Return CTEs that sign in the person of ``joined`` (trusted: a CTE with one ``worker_id``).

    ``signed_in`` among them holds the ``account_id``, or nothing where there was an account or
    the browser's session has gone. A phone that signs in another account stays with that one.
    Values: ``FirstSignIn.values`` and ``at``.
    """
    return _SQL.replace("{joined}", joined)


_SQL = f"""
browser AS MATERIALIZED (
    SELECT s.key_hash FROM access_session s
    WHERE s.key_hash = %(old_session)s::uuid AND s.account_id IS NULL
    FOR UPDATE
), account AS (
    INSERT INTO access_account (id, name, worker_id, phone_hash, password, is_active,
                                session_epoch, totp_last_step, created_at)
    SELECT %(new_account)s::uuid, %(account_name)s::text, j.worker_id,
           CASE WHEN NOT EXISTS (SELECT 1 FROM access_account o
                                 WHERE o.phone_hash = %(account_phone)s::uuid)
                THEN %(account_phone)s::uuid END,
           '', true, 0, 0, %(at)s::timestamptz
    FROM {{joined}} j CROSS JOIN browser
    ON CONFLICT DO NOTHING
    RETURNING id, worker_id
), account_recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s::timestamptz, 'access.account_opened', NULL::uuid, %(opener)s::text,"
        " 'account', NULL::bigint, NULL::bigint,"
        " jsonb_build_object('account', c.id::text, 'worker_id', c.worker_id) FROM account c"
    )
}
), bound AS (
    INSERT INTO access_hostbinding (provider, subject, account_id, bound_at)
    SELECT %(host_provider)s::text, %(host_subject)s::text, c.id, %(at)s::timestamptz
    FROM account c WHERE %(host_provider)s::text IS NOT NULL
    ON CONFLICT (provider, subject) DO NOTHING
    RETURNING account_id, provider
), binding_recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s::timestamptz, 'access.host_bound', NULL::uuid, %(opener)s::text,"
        " 'account', NULL::bigint, NULL::bigint,"
        " jsonb_build_object('account', b.account_id::text, 'provider', b.provider) FROM bound b"
    )
}
), signed_in AS (
    UPDATE access_session s
    SET key_hash = %(new_session)s::uuid, data = %(session_data)s::text,
        kind = %(session_kind)s::text, account_id = c.id, epoch = 0,
        started_at = %(at)s::timestamptz, seen_at = %(at)s::timestamptz,
        ends_at = %(session_ends)s::timestamptz
    FROM account c, browser b WHERE s.key_hash = b.key_hash
    RETURNING s.account_id
)
"""
