"""Pure arithmetic of 留痕: digests of the chain, kinds of file content, safe file names."""

import hashlib
import struct
from collections.abc import Iterable, Sequence

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.text import readable, without_numbers
from nuanxin.records.states import FILE_NAME_LONGEST, ChainFault

NO_DIGEST = bytes(32)
"""What the first seal names as the one before it."""

_SEAL_DOMAIN = b"nuanxin.records.seal.1\0"
_LEAF = struct.Struct(">I8s")

Line = tuple[int, str]
"""An event's id with its canonical text."""


def logged_name(actor: Actor) -> str:
    """Return the name under which an actor stands in the log.

    Somebody who acts for himself and holds no post is 「本人」: the log is never erased, so it
    holds no name that he may want erased. Whoever acts from a post answers for it by name.
    """
    if actor.worker_id is not None and not actor.grants:
        return "本人"
    return actor.name[:80]


def body_digest(lines: Iterable[str]) -> bytes:
    """Return the SHA-256 (32 bytes) of the canonical texts, one a line."""
    return hashlib.sha256("\n".join(lines).encode()).digest()


def leaves_of(lines: Sequence[Line], *, first_event: int) -> bytes:
    """Return 12 bytes an event: its distance from ``first_event``, then 8 bytes of its SHA-256.

    They only serve to name the event that was changed; what proves it is the seal's digest, which
    covers the full text and the leaves.
    """
    return b"".join(
        _LEAF.pack(number - first_event, hashlib.sha256(text.encode()).digest()[:8])
        for number, text in lines
    )


def seal_digest(
    *,
    previous: bytes,
    first_event: int,
    last_event: int,
    events_count: int,
    body: bytes,
    leaves: bytes,
) -> bytes:
    """Return the digest (32 bytes) that a seal signs: its range, its events, the seal before."""
    head = struct.pack(">QQQ", first_event, last_event, events_count)
    inner = hashlib.sha256(leaves).digest()
    return hashlib.sha256(_SEAL_DOMAIN + previous + head + body + inner).digest()


def first_difference(
    leaves: bytes, lines: Sequence[Line], *, first_event: int
) -> tuple[int, ChainFault] | None:
    """Return the first event that is not as it was sealed, and what happened to it; None if none.

    ``leaves`` are the sealed ones, ``lines`` what the table holds now, both in id order.
    """
    sealed = {first_event + offset: mark for offset, mark in _LEAF.iter_unpack(leaves)}
    present = dict(lines)
    for number in sorted(sealed.keys() | present.keys()):
        if number not in present:
            return number, ChainFault.EVENT_MISSING
        if number not in sealed:
            return number, ChainFault.EVENT_ADDED
        if hashlib.sha256(present[number].encode()).digest()[:8] != sealed[number]:
            return number, ChainFault.EVENT_CHANGED
    return None


def safe_file_name(name: str) -> str:
    """Return the last part of ``name`` without control characters; 「未命名」 if nothing is left.

    Numbers of a person's length are cut: a file's name is shown, logged and sent in headers.
    """
    last = without_numbers(readable(name.replace("\\", "/").rsplit("/", 1)[-1]))
    kept = "".join(c for c in last if c.isprintable()).lstrip(".").strip()
    if len(kept) > FILE_NAME_LONGEST:
        stem, dot, ending = kept.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 8 else ""
        kept = kept[: FILE_NAME_LONGEST - len(ending)] + ending
    return kept or "未命名"


_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_OFFICE = (
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def media_type_of(head: bytes, tail: bytes = b"") -> str:
    """Return the media type by content alone; the name of the file is not asked.

    ``head`` and ``tail`` are the first and last bytes (64 kB of each suffice). Unknown content is
    application/octet-stream, which is never shown inline.
    """
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(_OLE):
        return "application/x-ole-storage"
    if head.startswith(b"PK\x03\x04"):
        found = [kind for part, kind in _OFFICE if part in head or part in tail]
        return found[0] if len(found) == 1 else "application/zip"
    return "text/plain" if _is_text(head) else "application/octet-stream"


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        # The end may be cut inside a character: up to three bytes are forgiven.
        for cut in range(4):
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return all(c.isprintable() or c in "\r\n\t\f\ufeff" for c in text)
    return False
