"""The chain over the log: what was sealed, and whether it still is as it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.conf import settings
from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.records import permissions, rules
from nuanxin.records.models import Seal
from nuanxin.records.states import ChainFault, Verification

_CANONICAL = """
SELECT id, ROW(id, at, kind, actor_account, actor_name, subject_type, subject_id, union_id,
               data)::text
FROM records_event WHERE id BETWEEN %s AND %s ORDER BY id LIMIT %s
"""
# The server joins the lines of one seal, so that a million rows cross in a few hundred values.
_BODIES = """
SELECT s.id, e.events_count, e.body
FROM records_seal s CROSS JOIN LATERAL (
    SELECT count(*) AS events_count, coalesce(string_agg(line, E'\n'), '') AS body
    FROM (SELECT ROW(id, at, kind, actor_account, actor_name, subject_type, subject_id, union_id,
                     data)::text AS line
          FROM records_event WHERE id BETWEEN s.first_event AND s.last_event ORDER BY id) AS lines
) AS e
WHERE s.id = ANY(%s) ORDER BY s.id
"""
_SEALS_AT_A_TIME = 16


def last_seal() -> Seal | None:
    """Return the newest seal."""
    return Seal.objects.order_by("-last_event").first()


def seals_after(last_event: int) -> Iterator[Seal]:
    """Yield the seals after the one that ends at ``last_event``, in order."""
    found = Seal.objects.filter(last_event__gt=last_event).order_by("last_event").defer("leaves")
    yield from found.iterator(chunk_size=500)


def canonical_lines(first: int, last: int, *, limit: int) -> list[rules.Line]:
    """Return id and canonical text of the events between two ids, in order, ``limit`` at most.

    The text is the row as the server writes it, in UTC. Needs a transaction.
    """
    with connection.cursor() as db:
        _fix_formats(db)
        db.execute(_CANONICAL, [first, last, limit])
        return [(int(number), str(text)) for number, text in db.fetchall()]


def _fix_formats(db: Any) -> None:
    """Make the server write instants in one way, whatever the session was told."""
    db.execute("SET LOCAL timezone TO 'UTC'; SET LOCAL datestyle TO 'ISO, YMD'")


def checkpoint_file() -> Path:
    """Return the file of checkpoints: beside the files, outside the database."""
    return Path(settings.FILES_ROOT).parent / "seals.log"


def checkpoint_of(seal: Seal) -> dict[str, Any]:
    """Return the line that is kept of a seal outside the database."""
    return {
        "last_event": seal.last_event,
        "digest": bytes(seal.digest).hex(),
        "signature": bytes(seal.signature).hex(),
        "sealed_at": seal.sealed_at.isoformat(),
    }


def public_keys() -> list[Ed25519PublicKey]:
    """Return the keys whose seals count: the present one, and ``SEAL_FORMER_PUBLIC_KEYS_PEM``."""
    pem = getattr(settings, "SEAL_PRIVATE_KEY_PEM", "") or settings.CARD_PRIVATE_KEY_PEM
    keys = [load_pem_private_key(pem.encode(), password=None).public_key()]
    former = getattr(settings, "SEAL_FORMER_PUBLIC_KEYS_PEM", [])
    keys += [load_pem_public_key(text.encode()) for text in former]
    return [key for key in keys if isinstance(key, Ed25519PublicKey)]


def verify_chain(*, actor: Actor) -> Verification:
    """Recompute every seal from the rows and compare; name the first event that is not as sealed.

    Reads the whole log in blocks with flat memory. Raises ``Forbidden`` without the right.
    """
    permissions.check_can_verify(actor)
    checkpoints = _checkpoints()
    expected_first, previous = 1, rules.NO_DIGEST
    seals = events = 0
    keys = public_keys()
    with transaction.atomic():
        for block in _seal_blocks():
            bodies = _bodies([seal.id for seal in block])
            for seal in block:
                count, body = bodies[seal.id]
                fault = _fault_of(seal, count, body, expected_first, previous, keys)
                if fault is None and checkpoints is not None:
                    fault = _checkpoint_fault(seal, checkpoints)
                if fault is not None:
                    kind, broken_event = fault
                    return Verification(
                        seals, events, _events_after(None), kind, broken_event, seal.id
                    )
                seals, events = seals + 1, events + count
                expected_first, previous = seal.last_event + 1, bytes(seal.digest)
        unsealed = _events_after(expected_first - 1)
    if checkpoints:
        return Verification(seals, events, unsealed, ChainFault.CHECKPOINT_AHEAD)
    return Verification(seals, events, unsealed)


def _seal_blocks() -> Iterator[list[Seal]]:
    after = 0
    while True:
        block = list(
            Seal.objects.filter(last_event__gt=after).order_by("last_event")[:_SEALS_AT_A_TIME]
        )
        if not block:
            return
        yield block
        after = block[-1].last_event


def _bodies(seal_ids: list[int]) -> dict[int, tuple[int, str]]:
    with connection.cursor() as db:
        _fix_formats(db)
        db.execute(_BODIES, [seal_ids])
        return {row[0]: (row[1], row[2]) for row in db.fetchall()}


def _fault_of(
    seal: Seal,
    count: int,
    body: str,
    expected_first: int,
    previous: bytes,
    keys: list[Ed25519PublicKey],
) -> tuple[ChainFault, int | None] | None:
    if seal.first_event != expected_first or bytes(seal.previous_digest) != previous:
        return ChainFault.SEAL_BROKEN, None
    digest = rules.seal_digest(
        previous=previous,
        first_event=seal.first_event,
        last_event=seal.last_event,
        events_count=count,
        body=rules.body_digest([body]),
        leaves=bytes(seal.leaves),
    )
    if digest != bytes(seal.digest):
        return _first_difference(seal)
    if not any(_is_signed_by(key, seal) for key in keys):
        return ChainFault.SIGNATURE_WRONG, None
    return None


def _first_difference(seal: Seal) -> tuple[ChainFault, int | None]:
    """Return which event of a broken seal is not as it was; the seal itself if all of them are."""
    lines = canonical_lines(seal.first_event, seal.last_event, limit=2**31 - 1)
    found = rules.first_difference(bytes(seal.leaves), lines, first_event=seal.first_event)
    return (found[1], found[0]) if found else (ChainFault.SEAL_BROKEN, None)


def _is_signed_by(key: Ed25519PublicKey, seal: Seal) -> bool:
    try:
        key.verify(bytes(seal.signature), bytes(seal.digest))
    except InvalidSignature:
        return False
    return True


def _checkpoints() -> dict[int, str] | None:
    """Return digest by last event as kept outside the database; None where there is no file."""
    path = checkpoint_file()
    if not path.exists():
        return None
    kept = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):  # a torn last line is no checkpoint
                entry = json.loads(line)
                kept[int(entry["last_event"])] = str(entry["digest"])
    return kept


def _checkpoint_fault(
    seal: Seal, checkpoints: dict[int, str]
) -> tuple[ChainFault, int | None] | None:
    """Take the seal's checkpoint out of the dictionary; tell if it says something else.

    A seal that is not in the file at all is not a fault while it is among the newest: a crash
    between commit and file is made good by the next sealing.
    """
    kept = checkpoints.pop(seal.last_event, None)
    if kept is None:
        later = any(last > seal.last_event for last in checkpoints)
        return (ChainFault.CHECKPOINT_DIFFERS, None) if later else None
    return None if kept == bytes(seal.digest).hex() else (ChainFault.CHECKPOINT_DIFFERS, None)


def _events_after(last_event: int | None) -> int:
    if last_event is None:
        seal = last_seal()
        last_event = seal.last_event if seal else 0
    with connection.cursor() as db:
        db.execute("SELECT count(*) FROM records_event WHERE id > %s", [last_event])
        return int(db.fetchone()[0])
