"""Erasing what may be erased of a person, with reasons for what must be kept (PIPL a.47)."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.people import permissions, queries
from nuanxin.people.queries.erasing import ERASED_HERE, KEPT_HERE
from nuanxin.people.states import DuplicateVerdict, ErasureHold, erasers, erasure_holds
from nuanxin.records.actions import append_event

# The name goes too: what remains of the row is that there was somebody, for counts of the past.
_ERASE = """
UPDATE people_worker SET
    name = '已清除', name_key = '', identity_hash = NULL, identity_sealed = NULL,
    identity_hint = '', phone_hash = NULL, phone_sealed = NULL, phone_hint = '',
    birth_on = NULL, sex = '', erased_at = %(now)s
WHERE id = ANY(%(ids)s) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class ErasureOutcome:
    """What was erased, what was kept and why; ``certificate`` holds no personal data."""

    erased: list[str]
    kept: list[ErasureHold]
    certificate: dict[str, Any]


@transaction.atomic
def erase_worker(*, worker_id: int, actor: Actor, now: datetime) -> ErasureOutcome:
    """Erase a person's data at his own request; return what went and what stays, with reasons.

    Records that were merged into his go with it. Raises ``Conflict`` people.erasure_blocked with
    the reasons when something has to be settled before (a live membership), ``NotFound``,
    ``Forbidden``.
    """
    permissions.check_can(actor, "my_data.erase", worker_id)
    record_ids = _lock(worker_id)
    holds = [hold for ask in erasure_holds for hold in ask(worker_id, now)]
    _check_not_blocked(holds)
    erased = [*ERASED_HERE, *(what for erase in erasers for what in erase(record_ids, now))]
    _erase_rows(record_ids, now)
    kept = [*KEPT_HERE, *holds]
    certificate = _certificate(erased, kept, now)
    append_event(
        "people.worker_erased",
        actor=Actor(account_id=actor.account_id),  # the name of the person himself is gone
        at=now,
        subject_type="worker",
        subject_id=worker_id,
        data=certificate,
    )
    transaction.on_commit(lambda: _note_outside(record_ids, now))
    return ErasureOutcome(erased, kept, certificate)


def reapply_erasures(*, now: datetime) -> int:
    """Erase again who was erased after the backup that was restored; return how many records.

    Reads the list that is kept outside the database (safety invariant 29). Run after a restore.
    """
    noted = _noted_outside()
    with transaction.atomic(), connection.cursor() as db:
        db.execute(
            "SELECT id FROM people_worker WHERE id = ANY(%s) AND erased_at IS NULL FOR UPDATE",
            [noted],
        )
        again = [row[0] for row in db.fetchall()]
        for erase in erasers:
            erase(again, now)
        _erase_rows(again, now)
    return len(again)


def erasure_file() -> Path:
    """Return the list of erased record ids: beside the files, outside the database."""
    return Path(settings.FILES_ROOT).parent / "erasures.log"


def _lock(worker_id: int) -> list[int]:
    record_ids = queries.record_ids_of(worker_id)
    with connection.cursor() as db:
        db.execute(
            """SELECT id FROM people_worker WHERE id = ANY(%s) AND erased_at IS NULL
               ORDER BY id FOR UPDATE""",
            [record_ids],
        )
        found = [row[0] for row in db.fetchall()]
    if worker_id not in found:
        raise NotFound()
    return found


def _check_not_blocked(holds: list[ErasureHold]) -> None:
    blocking = [hold for hold in holds if hold.is_blocking]
    if blocking:
        reasons = "；".join(f"{hold.what}：{hold.reason}" for hold in blocking)
        raise Conflict(
            "people.erasure_blocked",
            f"现在还不能清除。{reasons}。办完这些再来申请就可以。",
            reasons=[_plain(hold) for hold in blocking],
        )


def _erase_rows(record_ids: list[int], now: datetime) -> None:
    values: dict[str, Any] = {"ids": record_ids, "now": now, "gone": DuplicateVerdict.GONE}
    with connection.cursor() as db:
        db.execute(_ERASE, values)
        db.execute(
            """UPDATE people_engagement SET place_stated = '', employer_id = NULL,
                      platform_id = NULL, outlet_id = NULL
               WHERE worker_id = ANY(%(ids)s)""",
            values,
        )
        # That there was a contact stays, for counts of the past; what was said about it goes.
        db.execute(
            "UPDATE people_contact SET note = '' WHERE worker_id = ANY(%(ids)s) AND note <> ''",
            values,
        )
        db.execute("DELETE FROM people_householdmember WHERE worker_id = ANY(%(ids)s)", values)
        db.execute(
            """UPDATE people_consent SET withdrawn_at = %(now)s
               WHERE worker_id = ANY(%(ids)s) AND withdrawn_at IS NULL""",
            values,
        )
        db.execute(
            """UPDATE people_duplicatecandidate SET settled_at = %(now)s, verdict = %(gone)s
               WHERE settled_at IS NULL
                 AND (first_id = ANY(%(ids)s) OR second_id = ANY(%(ids)s))""",
            values,
        )


def _certificate(erased: list[str], kept: list[ErasureHold], now: datetime) -> dict[str, Any]:
    return {
        "number": str(uuid7()),
        "erased_on": clock.business_day(now).isoformat(),
        "erased": erased,
        "kept": [_plain(hold) for hold in kept],
    }


def _plain(hold: ErasureHold) -> dict[str, Any]:
    until = hold.until.isoformat() if hold.until else None
    return {**asdict(hold), "until": until}


def _note_outside(record_ids: list[int], now: datetime) -> None:
    path = erasure_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": now.isoformat(), "records": record_ids}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _noted_outside() -> list[int]:
    path = erasure_file()
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return sorted({record for line in lines for record in json.loads(line)["records"]})
