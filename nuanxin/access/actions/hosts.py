"""People who come from a host app: whose account it is, and binding the two.

An account is found by the host's own subject, or by the identity number that the host has
verified, never by a name (domain paper IN-2). The protocol itself is in ``oidc``.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from nuanxin.access import queries
from nuanxin.access.actions import sign_in
from nuanxin.access.actions.accounts import open_worker_account
from nuanxin.access.queries.keeping import HostPerson
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.people import queries as people
from nuanxin.records.actions import append_event


@transaction.atomic
def sign_in_from_host(*, person: HostPerson, now: datetime) -> UUID | None:
    """Return the account of the person whom a host has verified; None when he is new here.

    Found by the host's subject, then by the verified identity number: then it is bound to that
    subject for the next time. A person who is registered without an account gets one.
    """
    account_id = _bound_account(person)
    if account_id is None and person.identity:
        worker_id = people.find_worker_by_identity(person.identity)
        if worker_id is not None:
            name = people.get_worker(worker_id).name
            actor = Actor(worker_id=worker_id, name=name)
            account_id = open_worker_account(
                worker_id=worker_id, name=name, phone=None, actor=actor, now=now
            )
            bind_host(
                provider=person.provider,
                subject=person.subject,
                account_id=account_id,
                actor=actor,
                now=now,
            )
    if account_id is None or not _is_open(account_id, now):
        return None
    sign_in.note_sign_in(account_id, f"host:{person.provider}", now)
    return account_id


@transaction.atomic
def bind_host(
    *, provider: str, subject: str, account_id: UUID, actor: Actor, now: datetime
) -> None:
    """Bind a host's subject to an account, so that it signs in there from now on.

    Doing it again changes nothing. Raises ``Conflict`` when the subject is bound to another one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO access_hostbinding (provider, subject, account_id, bound_at)
               VALUES (%s, %s, %s, %s) ON CONFLICT (provider, subject) DO NOTHING""",
            [provider, subject, account_id, now],
        )
        is_new = cursor.rowcount == 1
        cursor.execute(
            "SELECT account_id FROM access_hostbinding WHERE provider = %s AND subject = %s",
            [provider, subject],
        )
        (bound,) = cursor.fetchone()
    if bound != account_id:
        raise Conflict(
            "access.subject_bound", "这个平台账号已经连着另一个人。打 12351，有人帮你理顺。"
        )
    if is_new:
        append_event(
            "access.host_bound",
            actor=actor,
            at=now,
            subject_type="account",
            subject_id=None,
            data={"account": str(account_id), "provider": provider},
        )


def _bound_account(person: HostPerson) -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id FROM access_hostbinding WHERE provider = %s AND subject = %s",
            [person.provider, person.subject],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _is_open(account_id: UUID, now: datetime) -> bool:
    try:
        queries.actor_of_account(account_id, now)
    except NotFound:
        return False
    return True
