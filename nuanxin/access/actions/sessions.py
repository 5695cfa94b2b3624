"""Writing sessions: what the session store of ``middleware`` stands on, and beginning one.

A session's row is kept under a keyed hash of its cookie. Signing in always makes a new row with a
new cookie (fixation), signing out deletes it, raising the account's epoch ends all at once.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db import DatabaseError, connection, transaction

from nuanxin.access import rules
from nuanxin.access.queries.keeping import (
    HOST_PERSON_KEY,
    PENDING_CODE_KEY,
    PENDING_PASSWORD_KEY,
    VERIFIED_PHONE_KEY,
    HostPerson,
    sealed_for_session,
)
from nuanxin.access.states import SessionKind
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.people.actions import NewContact, record_contacts
from nuanxin.people.states import ContactKind

_log = logging.getLogger(__name__)


def key_hash_of(session_key: str) -> UUID:
    """Return what a session's row is found by."""
    return sealing.lookup_hash("session", session_key)


def insert_session(
    key_hash: UUID, data: str, *, kind: SessionKind, account_id: UUID | None, now: datetime
) -> bool:
    """Write a new session; return whether it was new. It ends for good after its absolute time."""
    minutes = rules.minutes_of(kind, business_day(now))[1]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO access_session
                   (key_hash, data, kind, account_id, epoch, started_at, seen_at, ends_at)
            SELECT %(key)s, %(data)s, %(kind)s, %(account)s,
                   coalesce((SELECT session_epoch FROM access_account WHERE id = %(account)s), 0),
                   %(now)s, %(now)s, %(ends)s
                ON CONFLICT (key_hash) DO NOTHING
            """,
            {
                "key": key_hash,
                "data": data,
                "kind": kind.value,
                "account": account_id,
                "now": now,
                "ends": now + timedelta(minutes=minutes),
            },
        )
        return bool(cursor.rowcount == 1)


def update_session(key_hash: UUID, data: str, *, now: datetime) -> bool:
    """Write what a session keeps; return whether it is still there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_session SET data = %s, seen_at = %s WHERE key_hash = %s",
            [data, now, key_hash],
        )
        return bool(cursor.rowcount == 1)


def touch_session(key_hash: UUID, *, now: datetime) -> None:
    """Note that the session was used just now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_session SET seen_at = %s WHERE key_hash = %s AND seen_at < %s",
            [now, key_hash, now],
        )


def delete_session(key_hash: UUID) -> None:
    """End one session."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM access_session WHERE key_hash = %s", [key_hash])


def end_sessions_of(account_id: UUID) -> None:
    """End every session of an account, also those that are just being written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_account SET session_epoch = session_epoch + 1 WHERE id = %s",
            [account_id],
        )
        cursor.execute("DELETE FROM access_session WHERE account_id = %s", [account_id])


def begin_session(
    session: SessionBase, *, account_id: UUID, kind: SessionKind, now: datetime
) -> None:
    """Sign this browser in; what its session kept so far stays (a form half filled in).

    A worker who signs in himself has been reached today.
    """
    if not hasattr(session, "begin"):
        raise TypeError("the session engine is nuanxin.access.middleware.sessions")
    session.begin(account_id, kind)
    if kind is not SessionKind.CADRE:
        _note_contact(session.actor, now)  # type: ignore[attr-defined]


def _note_contact(actor: Actor, now: datetime) -> None:
    """Record that somebody signed in. It is a fact for figures: signing in never fails for it."""
    if actor.worker_id is None:
        return
    contact = NewContact(actor.worker_id, ContactKind.SIGNED_IN, business_day(now))
    try:
        with transaction.atomic():
            record_contacts([contact], actor=actor, now=now)
    except DatabaseError:
        _log.exception("a sign-in was not recorded as a contact")


def end_session(session: SessionBase) -> None:
    """Sign this browser out: the row is deleted, nothing that it kept stays."""
    session.flush()


def hold_verified_phone(session: SessionBase, *, phone: str, now: datetime) -> None:
    """Keep, sealed, that this browser holds ``phone`` (11 digits), for the pages that follow."""
    minutes = rules.setting("verified_phone_minutes", business_day(now))
    values = {
        "phone": phone,
        "hash": str(sealing.lookup_hash("phone", phone)),
        "at": now.isoformat(),
    }
    session[VERIFIED_PHONE_KEY] = sealed_for_session(
        VERIFIED_PHONE_KEY, values, until=now + timedelta(minutes=minutes)
    )


def hold_host_person(session: SessionBase, *, person: HostPerson, now: datetime) -> None:
    """Keep, sealed, whom a host app has passed, for joining without typing."""
    minutes = rules.setting("verified_phone_minutes", business_day(now))
    session[HOST_PERSON_KEY] = sealed_for_session(
        HOST_PERSON_KEY,
        {
            "provider": person.provider,
            "subject": person.subject,
            "name": person.name,
            "identity": person.identity,
            "phone": person.phone,
            "at": now.isoformat(),
        },
        until=now + timedelta(minutes=minutes),
    )


def forget_held(session: SessionBase) -> None:
    """Drop the verified phone and the host's person, once they have served."""
    for key in (VERIFIED_PHONE_KEY, HOST_PERSON_KEY):
        session.pop(key, None)


def hold_pending_code(
    session: SessionBase, *, code_id: int, phone: str, expires_at: datetime
) -> None:
    """Keep, sealed, which code this browser waits for; only this browser can try it."""
    values = {"code_id": code_id, "phone": phone}
    session[PENDING_CODE_KEY] = sealed_for_session(PENDING_CODE_KEY, values, until=expires_at)


def forget_pending_code(session: SessionBase) -> None:
    """Drop the code that has been used."""
    session.pop(PENDING_CODE_KEY, None)


def hold_pending_password(
    session: SessionBase,
    *,
    account_id: UUID,
    username: str,
    epoch: int,
    now: datetime,
    secret: str = "",
) -> None:
    """Keep, sealed, that the first step is done; ``secret`` is the TOTP secret being set up."""
    minutes = rules.setting("password_second_step_minutes", business_day(now))
    values = {
        "account": str(account_id),
        "username": username,
        "epoch": epoch,
        "secret": secret,
    }
    session[PENDING_PASSWORD_KEY] = sealed_for_session(
        PENDING_PASSWORD_KEY, values, until=now + timedelta(minutes=minutes)
    )


def forget_pending_password(session: SessionBase) -> None:
    """Drop the first step, once the second is done."""
    session.pop(PENDING_PASSWORD_KEY, None)
