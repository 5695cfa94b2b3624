"""Correcting what is kept of a person."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from nuanxin.kernel import clock, names
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.people import permissions
from nuanxin.people.actions.registering import identity_values, phone_values
from nuanxin.records.actions import append_event


@transaction.atomic
def correct_worker(
    *,
    worker_id: int,
    actor: Actor,
    now: datetime,
    name: str | None = None,
    phone: str | None = None,
    identity: str | None = None,
) -> list[str]:
    """Correct name, phone or identity number; return the fields that changed.

    None leaves a field as it is. A new phone has been confirmed by a code before (``access``). An
    identity number is corrected by an officer, never by the person alone: it decides who he is.
    The event names the fields, not their values.
    Raises ``NotFound``, ``Forbidden``, ``Malformed``, and ``Conflict`` people.identity_taken.
    """
    permissions.check_can(actor, permissions.EDIT, worker_id)
    if identity is not None and actor.worker_id == worker_id:
        raise Forbidden(
            "people.identity_by_officer", "身份证号要由工会干部核对证件后更正。请联系您的工会。"
        )
    before = _locked(worker_id)
    changes = _changes(name, phone, identity, now)
    if not changes:
        raise Malformed("people.nothing_changed", "没有要更正的内容。请填写要改的那一项。")
    changed = [field for field, values in changes.items() if _differs(before, values)]
    if not changed:
        return []
    columns = {key: value for field in changed for key, value in changes[field].items()}
    _write(worker_id, columns)
    append_event(
        "people.worker_corrected",
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=worker_id,
        data={"fields": changed},
    )
    return changed


def _locked(worker_id: int) -> dict[str, Any]:
    with connection.cursor() as db:
        db.execute(
            """SELECT name, phone_hash, identity_hash FROM people_worker
               WHERE id = %s AND merged_into_id IS NULL AND erased_at IS NULL FOR UPDATE""",
            [worker_id],
        )
        row = db.fetchone()
    if row is None:
        raise NotFound()
    return dict(zip(("name", "phone_hash", "identity_hash"), row, strict=True))


def _changes(
    name: str | None, phone: str | None, identity: str | None, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return the columns to set, by field."""
    changes: dict[str, dict[str, Any]] = {}
    if name is not None:
        stored = names.check_name(name)
        changes["name"] = {"name": stored, "name_key": names.sort_key(stored)[:120]}
    if phone is not None:
        changes["phone"] = phone_values(phone)
    if identity is not None:
        changes["identity"] = identity_values(identity, today=clock.business_day(now))
    return changes


def _differs(before: dict[str, Any], values: dict[str, Any]) -> bool:
    return any(before[key] != values[key] for key in before.keys() & values.keys())


def _write(worker_id: int, columns: dict[str, Any]) -> None:
    settings = ", ".join(f"{column} = %({column})s" for column in columns)
    try:
        with transaction.atomic(), connection.cursor() as db:
            db.execute(
                f"UPDATE people_worker SET {settings} WHERE id = %(worker_id)s",
                columns | {"worker_id": worker_id},
            )
    except IntegrityError as error:
        raise Conflict(
            "people.identity_taken",
            "这个身份证号已经登记在另一份档案上。如果是同一个人，请到“疑似重复”里合并。",
        ) from error
