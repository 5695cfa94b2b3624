"""Evidence files: sealed at rest, one owner each. The format is told in ``queries.files``."""

import base64
import hashlib
import os
import shutil
import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction

from nuanxin.kernel import clock, parameters, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound, Unavailable
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.records import rules
from nuanxin.records.actions.events import append_event
from nuanxin.records.models import EvidenceFile
from nuanxin.records.queries.files import KEY_COLUMN, MAGIC, bound, file_key, nonce, place_of
from nuanxin.records.states import FILE_CHUNK_BYTES

_SNIFF_BYTES = 64 * 1024
_SWEEP_BATCH = 500


@transaction.atomic
def store_file(
    *,
    owner_type: str,
    owner_id: int,
    name: str,
    content: IO[bytes] | bytes,
    actor: Actor,
    now: datetime,
    max_bytes: int | None = None,
) -> UUID:
    """Seal ``content`` to disk and record it under its owner; return the file's id.

    The media type is read from the content. ``max_bytes`` defaults to the parameter
    records.file_max_bytes. If the transaction is rolled back, the bytes are an orphan that the
    sweep removes. Raises ``Malformed`` file.empty or file.too_large, ``Unavailable``
    file.no_room when the disk takes no more (nothing is left behind then).
    """
    file_id = uuid7()
    limit = max_bytes if max_bytes is not None else _max_bytes(now)
    chunks = _chunks_of(content)
    written = _write_sealed(file_id, chunks, limit)
    row = EvidenceFile.objects.create(
        id=file_id,
        owner_type=owner_type,
        owner_id=owner_id,
        name=rules.safe_file_name(name),
        media_type=written.media_type,
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        stored_at=now,
        stored_by=actor.account_id,
    )
    append_event(
        "records.file_stored",
        actor=actor,
        at=now,
        subject_type=owner_type,
        subject_id=owner_id,
        data={"file": str(file_id), "bytes": row.size_bytes, "sha256": written.sha256.hex()},
    )
    return file_id


@transaction.atomic
def erase_file(
    *, file_id: UUID, owner_type: str, owner_id: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Erase a file's bytes for good; its row stays and says that there was one.

    The bytes go after commit. Raises ``NotFound`` for another owner's file and for erased ones.
    """
    changed = EvidenceFile.objects.filter(
        id=file_id, owner_type=owner_type, owner_id=owner_id, erased_at__isnull=True
    ).update(erased_at=now, name="已清除")
    if not changed:
        raise NotFound()
    append_event(
        "records.file_erased",
        actor=actor,
        at=now,
        subject_type=owner_type,
        subject_id=owner_id,
        data={"file": str(file_id), "reason": reason},
    )
    transaction.on_commit(lambda: place_of(file_id).unlink(missing_ok=True))


def sweep_orphans(now: datetime) -> int:
    """Remove stored bytes that no row owns, and those whose row was erased; return how many.

    Only what is older than the parameter records.orphan_hours: a file is written before the
    transaction that records it commits.
    """
    hours = parameters.parameter(
        "records.orphan_hours", adcode=parameters.NATION, on=clock.business_day(now)
    ).value
    oldest = now.timestamp() - float(hours) * 3600
    removed, batch = 0, []
    for path in Path(settings.FILES_ROOT).glob("*/*/*"):
        if path.stat().st_mtime < oldest:
            batch.append(path)
        if len(batch) == _SWEEP_BATCH:
            removed += _remove_unowned(batch)
            batch = []
    return removed + _remove_unowned(batch)


def reseal_files(*, limit: int = 1_000) -> int:
    """Seal the keys of stored files with the newest data key; return how many were rewritten.

    Part of changing the data key: run it until it returns 0, then the old key may go.
    """
    rewritten = 0
    for path in Path(settings.FILES_ROOT).glob("*/*/*"):
        if rewritten >= limit:
            break
        if _is_id(path.name) and _reseal(path):
            rewritten += 1
    return rewritten


class _Written:
    __slots__ = ("media_type", "sha256", "size_bytes")

    def __init__(self, media_type: str, sha256: bytes, size_bytes: int) -> None:
        self.media_type = media_type
        self.sha256 = sha256
        self.size_bytes = size_bytes


def _max_bytes(now: datetime) -> int:
    day = clock.business_day(now)
    return int(
        parameters.parameter("records.file_max_bytes", adcode=parameters.NATION, on=day).value
    )


def _chunks_of(content: IO[bytes] | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield from (
            content[i : i + FILE_CHUNK_BYTES] for i in range(0, len(content), FILE_CHUNK_BYTES)
        )
        return
    while chunk := _read_fully(content):
        yield chunk


def _read_fully(stream: IO[bytes]) -> bytes:
    """Return the next chunk in full size: a stream may give less than it was asked for."""
    parts, missing = [], FILE_CHUNK_BYTES
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _write_sealed(file_id: UUID, chunks: Iterator[bytes], limit: int) -> _Written:
    target = place_of(file_id)
    draft = target.with_suffix(".new")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(draft, "xb", opener=_open_private) as file:
            written = _write_chunks(file, file_id, chunks, limit)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
        _sync_folder(target.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unavailable(
            "file.no_room", "文件没能存下来，多半是磁盘满了。您填的内容还在，请告诉系统管理员。"
        ) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return written


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_chunks(file: IO[bytes], file_id: UUID, chunks: Iterator[bytes], limit: int) -> _Written:
    key = AESGCM.generate_key(bit_length=256)
    file.write(_header(file_id, key))
    cipher, digest, size, number = AESGCM(key), hashlib.sha256(), 0, 0
    head = b""
    current = next(chunks, b"")
    if not current:
        raise Malformed("file.empty", "这个文件是空的。请换一个有内容的文件。")
    while current:
        following = next(chunks, b"")
        size += len(current)
        if size > limit:
            raise Malformed(
                "file.too_large",
                f"文件超过了 {limit // (1024 * 1024)} MB 的上限。请拆成几个再传。",
                limit_bytes=limit,
            )
        digest.update(current)
        head = head or current[:_SNIFF_BYTES]
        file.write(cipher.encrypt(nonce(number), current, bound(file_id, is_last=not following)))
        tail, current, number = current, following, number + 1
    return _Written(rules.media_type_of(head, tail[-_SNIFF_BYTES:]), digest.digest(), size)


def _header(file_id: UUID, key: bytes) -> bytes:
    envelope = sealing.seal(KEY_COLUMN, base64.b64encode(key).decode(), file_id)
    return MAGIC + struct.pack(">H", len(envelope)) + envelope


def _is_id(name: str) -> bool:
    return len(name) == 32 and all(c in "0123456789abcdef" for c in name)


def _remove_unowned(paths: list[Path]) -> int:
    ids = {path: UUID(hex=path.name) for path in paths if _is_id(path.name)}
    with connection.cursor() as db:
        db.execute(
            "SELECT id FROM records_evidencefile WHERE id = ANY(%s) AND erased_at IS NULL",
            [list(ids.values())],
        )
        owned = {row[0] for row in db.fetchall()}
    unowned = [path for path in paths if ids.get(path) not in owned]
    for path in unowned:
        path.unlink(missing_ok=True)
    return len(unowned)


def _reseal(path: Path) -> bool:
    """Write one file again with a head of the newest key, if its head is of another."""
    file_id = UUID(hex=path.name)
    with path.open("rb") as file:
        start = file.read(len(MAGIC) + 2 + 2)
        if len(start) < len(MAGIC) + 4 or start[-1] == sealing.newest_key_id():
            return False
        file.seek(0)
        key = file_key(file_id, file)
        draft = path.with_suffix(".new")
        with open(draft, "wb", opener=_open_private) as fresh:
            fresh.write(_header(file_id, key))
            shutil.copyfileobj(file, fresh, FILE_CHUNK_BYTES)
            fresh.flush()
            os.fsync(fresh.fileno())
    os.replace(draft, path)
    _sync_folder(path.parent)
    return True
