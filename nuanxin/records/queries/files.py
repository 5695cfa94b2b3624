"""Evidence files: their rows, and their content after the owner has been compared.

A file on disk is ``NXF1 | length(2) | sealed file key | chunks``. Each file has its own key, which
is sealed with the installation's newest data key, so that a change of that key rewrites a few bytes
a file. Each chunk is AES-256-GCM; its number and whether it is the last one are authenticated, so
that chunks can neither change places nor be cut off at the end.
"""

import base64
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from nuanxin.kernel import sealing
from nuanxin.kernel.errors import NotFound, Unavailable
from nuanxin.records.models import EvidenceFile
from nuanxin.records.states import FILE_CHUNK_BYTES, LIST_LIMIT

MAGIC = b"NXF1"
KEY_COLUMN = "evidence_key"
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class FileRow:
    """A stored file without its content; ``sha256`` is hexadecimal."""

    id: UUID
    owner_type: str
    owner_id: int
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    stored_at: datetime


def get_file(file_id: UUID, *, owner_type: str, owner_id: int) -> FileRow:
    """Return a file of just this owner; raise ``NotFound`` for anybody else's and for erased ones.

    The caller has checked that the actor may see the owner: a file has no permission of its own.
    """
    found = EvidenceFile.objects.filter(
        id=file_id, owner_type=owner_type, owner_id=owner_id, erased_at__isnull=True
    ).first()
    if found is None:
        raise NotFound()
    return _file_row(found)


def list_files(*, owner_type: str, owner_id: int) -> list[FileRow]:
    """Return the files of an owner that are not erased, the oldest first."""
    found = EvidenceFile.objects.filter(
        owner_type=owner_type, owner_id=owner_id, erased_at__isnull=True
    ).order_by("stored_at", "id")[:LIST_LIMIT]
    return [_file_row(row) for row in found]


def _file_row(row: EvidenceFile) -> FileRow:
    return FileRow(
        id=row.id,
        owner_type=row.owner_type,
        owner_id=row.owner_id,
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=bytes(row.sha256).hex(),
        stored_at=row.stored_at,
    )


def open_file(file_id: UUID, *, owner_type: str, owner_id: int) -> Iterator[bytes]:
    """Return the plain content in chunks, after the owner has been compared.

    Raises ``NotFound`` for another owner's file, and ``Unavailable`` file.damaged when the bytes
    are gone or were altered: what has come out until then was authentic.
    """
    get_file(file_id, owner_type=owner_type, owner_id=owner_id)
    return _read_sealed(file_id)


def place_of(file_id: UUID) -> Path:
    """Return where a file lies: two folders deep by its random end, named by its id alone."""
    text = file_id.hex
    return Path(settings.FILES_ROOT) / text[-2:] / text[-4:-2] / text


def nonce(number: int) -> bytes:
    """Return the nonce of a chunk: the key is used for one file only, a counter never repeats."""
    return number.to_bytes(12, "big")


def bound(file_id: UUID, *, is_last: bool) -> bytes:
    """Return what a chunk is bound to: its file, and whether it is the last."""
    return file_id.bytes + (b"\1" if is_last else b"\0")


def file_key(file_id: UUID, file: IO[bytes]) -> bytes:
    """Read the head of a stored file and return its key; the file then stands at its chunks."""
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("not a sealed file")
    (length,) = struct.unpack(">H", file.read(2))
    return base64.b64decode(sealing.unseal(KEY_COLUMN, file.read(length), file_id))


def _read_sealed(file_id: UUID) -> Iterator[bytes]:
    try:
        with place_of(file_id).open("rb") as file:
            cipher = AESGCM(file_key(file_id, file))
            yield from _read_chunks(file, file_id, cipher)
    except (OSError, InvalidTag, ValueError, KeyError, struct.error) as error:
        raise Unavailable(
            "file.damaged",
            "这个文件读不出来：存放的内容缺了或被改过。请告诉系统管理员从备份里恢复。",
        ) from error


def _read_chunks(file: IO[bytes], file_id: UUID, cipher: AESGCM) -> Iterator[bytes]:
    size = FILE_CHUNK_BYTES + _TAG_BYTES
    number, current = 0, file.read(size)
    while True:
        following = file.read(size)
        yield cipher.decrypt(nonce(number), current, bound(file_id, is_last=not following))
        if not following:
            return
        number, current = number + 1, following
