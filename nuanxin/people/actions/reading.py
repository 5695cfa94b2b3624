"""Reading in clear: the log row is committed before a byte is decrypted (safety invariant 19)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.db import connection, transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound, Unavailable
from nuanxin.people import permissions, queries, rules
from nuanxin.people.states import ReadableField
from nuanxin.people.states.hooks import name_of_post
from nuanxin.records.actions import append_reading

OWN_PURPOSE = "本人查阅"


def read_in_clear(*, worker_id: int, field: str, purpose: str, actor: Actor, now: datetime) -> str:
    """Return the identity number (18 characters) or phone (11 digits) of a person.

    The reading is committed first, on a connection of its own when the caller is inside a
    transaction: whatever happens to that, the row stays. If it cannot be written, nothing is
    decrypted. The page shows the text for people.clear_display_seconds and masks it again.
    Raises ``NotFound`` (out of scope, or nothing stored), ``Forbidden``, ``Malformed``
    people.purpose, ``Unavailable`` people.reading_not_logged or people.sealed_unreadable.
    """
    wanted = ReadableField(field)
    said = rules.check_purpose(purpose)
    grant = permissions.check_can(actor, permissions.UNMASK, worker_id)
    sealed, bound = _sealed(worker_id, wanted)
    _log(worker_id, wanted, said, actor, name_of_post(grant), now)
    try:
        return sealing.unseal(wanted.value, sealed, bound)
    except (InvalidTag, KeyError) as error:
        raise Unavailable(
            "people.sealed_unreadable",
            "这个号码解不开：密文被改过，或者加密钥匙不全。请告诉系统管理员。",
        ) from error


def fetch_my_data(*, worker_id: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return ``queries.my_data`` with the own number and phone in clear, both readings logged.

    Only the person himself may (PIPL a.45). Raises ``NotFound`` or ``Forbidden``.
    """
    permissions.check_can(actor, "my_data.fetch", worker_id)
    clear = {}
    for field in ReadableField:
        try:
            clear[field.value] = read_in_clear(
                worker_id=worker_id, field=field, purpose=OWN_PURPOSE, actor=actor, now=now
            )
        except NotFound:
            continue  # nothing of this kind is stored
    data = queries.my_data(worker_id)
    for section in data["sections"]:
        for row in section["rows"]:
            if section["key"] == "person" and row["is_present"]:
                row.update(clear)
    return data


def _sealed(worker_id: int, field: ReadableField) -> tuple[bytes, UUID]:
    with connection.cursor() as db:
        db.execute(
            f"SELECT {field.value}_sealed, {field.value}_hash FROM people_worker WHERE id = %s",
            [worker_id],
        )
        row = db.fetchone()
    if row is None or row[0] is None:
        raise NotFound("people.nothing_stored", f"这份档案里没有{field.label}。")
    return bytes(row[0]), row[1]


def _log(
    worker_id: int,
    field: ReadableField,
    purpose: str,
    actor: Actor,
    post: str,
    now: datetime,
) -> None:
    """Write and commit the reading; raise ``Unavailable`` when that fails in whatever way."""
    entry: dict[str, Any] = {
        "worker_id": worker_id,
        "field": field.value,
        "purpose": purpose,
        "actor": actor,
        "post": post,
        "now": now,
    }
    try:
        if not _is_in_transaction():
            append_reading(**entry)
            return
        separate = connection.copy()
        # A pool belongs to its alias: a thread that waits for a second connection of the same
        # pool while it holds one could wait for itself.
        separate.settings_dict["OPTIONS"].pop("pool", None)
        try:
            append_reading(**entry, using=separate)
        finally:
            separate.close()
    except Exception as error:
        raise Unavailable(
            "people.reading_not_logged", "查看记录没有写成，所以没有显示号码。请告诉系统管理员。"
        ) from error


def _is_in_transaction() -> bool:
    """Return whether what is written on the connection now is not committed at once."""
    try:
        with transaction.atomic(durable=True):
            return False
    except RuntimeError:  # Django's word that the block would not be durable
        return True
