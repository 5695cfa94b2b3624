"""Sealing the log: a signed chain over the events, with a copy of each seal outside the database.

Whoever owns the database can change rows and even seals; he cannot sign, and he does not hold the
file of checkpoints that an installation copies to another machine (safety invariant 20).
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import connection, transaction

from nuanxin.records import queries, rules
from nuanxin.records.models import Seal
from nuanxin.records.states import SEAL_BLOCK_EVENTS

_POLL_SECONDS = 0.02
_ONE_SEALER = 0x6E78_7365_616C  # "nxseal": the advisory lock that keeps a second sealer out


def seal_events(now: datetime, *, patience_seconds: float = 5.0, limit: int = 1_000) -> int:
    """Seal what has been written since the last seal; return how many events were sealed.

    Only events below a safe horizon: an id that an open transaction may still bring in is waited
    for, ``patience_seconds`` at most, and otherwise left to the next run. At most ``limit`` seals
    of ``SEAL_BLOCK_EVENTS`` events a call. Each seal is committed, then written to the checkpoint
    file; what a crash kept from the file is added by the next run.
    """
    sealed = 0
    with transaction.atomic():
        if not _is_only_sealer():
            return 0
        horizon = _horizon(patience_seconds)
        if horizon is not None:
            sealed = sum(_seals_up_to(horizon, now, limit))
    _write_checkpoints()
    return sealed


def _is_only_sealer() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_SEALER])
        return bool(cursor.fetchone()[0])


def _horizon(patience_seconds: float) -> int | None:
    """Return the highest id below which no transaction can bring an event any more.

    An inserter holds a row-exclusive lock on the table from before it draws an id until it
    commits. So whoever may still commit an id up to the sequence's present value is among those
    that hold the lock now; when they are gone, all ids up to that value are settled. Nobody is
    blocked meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value, is_called FROM records_event_id_seq")
        last_value, is_called = cursor.fetchone()
        writers = _writers(cursor)
        deadline = time.monotonic() + patience_seconds
        while writers:
            if time.monotonic() >= deadline:
                return None
            time.sleep(_POLL_SECONDS)
            writers &= _writers(cursor)
    return int(last_value) if is_called else None


def _writers(cursor: Any) -> set[str]:
    cursor.execute(
        """SELECT virtualtransaction || '/' || coalesce(pid, 0) FROM pg_locks
           WHERE locktype = 'relation' AND relation = 'records_event'::regclass
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()"""
    )
    return {row[0] for row in cursor.fetchall()}


def _seals_up_to(horizon: int, now: datetime, limit: int) -> Iterator[int]:
    """Make seals one after another; yield the number of events under each."""
    before = queries.last_seal()
    first = before.last_event + 1 if before else 1
    previous = bytes(before.digest) if before else rules.NO_DIGEST
    for _ in range(limit):
        lines = queries.canonical_lines(first, horizon, limit=SEAL_BLOCK_EVENTS)
        if not lines:
            return
        last = lines[-1][0]
        leaves = rules.leaves_of(lines, first_event=first)
        digest = rules.seal_digest(
            previous=previous,
            first_event=first,
            last_event=last,
            events_count=len(lines),
            body=rules.body_digest(text for _, text in lines),
            leaves=leaves,
        )
        Seal.objects.create(
            first_event=first,
            last_event=last,
            events_count=len(lines),
            digest=digest,
            previous_digest=previous,
            leaves=leaves,
            signature=private_key().sign(digest),
            sealed_at=now,
        )
        yield len(lines)
        first, previous = last + 1, digest


def private_key() -> Ed25519PrivateKey:
    """Return the key that signs seals: ``SEAL_PRIVATE_KEY_PEM``, else the installation's own."""
    pem = getattr(settings, "SEAL_PRIVATE_KEY_PEM", "") or settings.CARD_PRIVATE_KEY_PEM
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("seals are signed with Ed25519")
    return key


def _write_checkpoints() -> None:
    """Append every seal that the checkpoint file does not have yet, and make it durable."""
    path = queries.checkpoint_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for seal in queries.seals_after(_last_written(path)):
            file.write(json.dumps(queries.checkpoint_of(seal), sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _last_written(path: Path) -> int:
    """Return the last event of the file's last whole line; a torn last line is written again."""
    last = 0
    with path.open("rb+") as file:
        whole = 0
        for line in file:
            if not line.endswith(b"\n"):
                break
            last = int(json.loads(line)["last_event"])
            whole += len(line)
        file.truncate(whole)
    return last
