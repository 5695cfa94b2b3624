"""Keyset cursors: where a list goes on, as an opaque word. Not signed: it carries no right.

Every list is limited to the actor's scope anyhow; a forged cursor only starts elsewhere in it.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from nuanxin.kernel.errors import Malformed

Scalar = str | int | float | bool | None
LONGEST = 1_000
"""Characters; longer words are refused unread."""


def encode_cursor(values: Sequence[object]) -> str:
    """Return the cursor for the order key of the last row shown; the last value is unique.

    Takes strings, numbers, booleans, None, and dates, instants and UUIDs (written as ISO text).
    """
    plain = [_plain(value) for value in values]
    raw = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(text: str, *, length: int | None = None) -> list[Scalar]:
    """Return the values; with ``length`` there must be just so many.

    Raises ``Malformed`` cursor.unreadable for anything that ``encode_cursor`` would not have made.
    """
    try:
        if not text or len(text) > LONGEST:
            raise ValueError(text[:20])
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        values = json.loads(raw)
        if not isinstance(values, list) or any(isinstance(v, (list, dict)) for v in values):
            raise ValueError("not a list of plain values")
        if length is not None and len(values) != length:
            raise ValueError("another list's cursor")
    except (ValueError, binascii.Error, RecursionError):
        raise Malformed(
            "cursor.unreadable", "这一页的位置读不出来了。请从列表的第一页重新开始。"
        ) from None
    return values


def _plain(value: object) -> Scalar:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a cursor cannot carry {type(value).__name__}")
