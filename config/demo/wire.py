"""Columns of numbers and texts as PostgreSQL's binary COPY format, whole arrays at a time.

Rows are sorted into groups in which every value has the same length (null or not, so many bytes);
a group is one structured array, and its bytes are the rows. No loop goes over rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

_EPOCH = date(2000, 1, 1).toordinal()
_EPOCH_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
DAY_US = 86_400_000_000
_SHANGHAI_US = 8 * 3_600_000_000

_WIRE_TYPES = {
    "int2": ">i2",
    "int4": ">i4",
    "int8": ">i8",
    "float8": ">f8",
    "bool": "u1",
    "date": ">i4",
    "timestamptz": ">i8",
}

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``values`` is an array or one value for all rows; ``null`` marks the nulls.

    ``kind`` is a name of ``_WIRE_TYPES``, or "text" (bytes, any length), "bytea" or "uuid" (void
    arrays of one length). Days are counted from 2000-01-01, instants in microseconds from there.
    """

    name: str
    kind: str
    values: Any
    null: Array | None = None


def day_number(day: date) -> int:
    """Return ``day`` as PostgreSQL counts days."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the day with this number."""
    return date.fromordinal(int(number) + _EPOCH)


def instant_of(microseconds: int) -> datetime:
    """Return the instant (UTC) with this number of microseconds since 2000."""
    from datetime import timedelta

    return _EPOCH_INSTANT + timedelta(microseconds=int(microseconds))


def instants(days: Array, seconds: Array) -> Array:
    """Return the instants at ``seconds`` after midnight of ``days`` in Asia/Shanghai."""
    return days.astype(np.int64) * DAY_US + seconds.astype(np.int64) * 1_000_000 - _SHANGHAI_US


def texts(values: Sequence[str]) -> Array:
    """Return texts as an array of their UTF-8 bytes."""
    return np.array([value.encode() for value in values], dtype=np.bytes_)


def voids(values: Sequence[bytes]) -> Array:
    """Return byte strings of one length as an array."""
    return np.frombuffer(b"".join(values), dtype=f"V{len(values[0])}")


def pack(columns: Sequence[Column], rows: int) -> bytes:
    """Return ``rows`` rows, without header and trailer; the order is by shape, not as given."""
    groups = _groups(columns, rows)
    order = np.argsort(groups, kind="stable")
    edges = np.flatnonzero(np.diff(groups[order])) + 1
    return b"".join(_pack_group(columns, part) for part in np.split(order, edges) if len(part))


def copy_statement(table: str, columns: Sequence[Column]) -> str:
    """Return the COPY statement that takes what ``pack`` makes of ``columns``."""
    return f"COPY {table} ({', '.join(c.name for c in columns)}) FROM STDIN (FORMAT binary)"


def _groups(columns: Sequence[Column], rows: int) -> Array:
    """Return a number for each row's shape."""
    code = np.zeros(rows, dtype=np.int64)
    for column in columns:
        if column.kind == "text" and isinstance(column.values, np.ndarray):
            lengths = np.char.str_len(column.values)
            code = code * (int(lengths.max(initial=0)) + 1) + lengths
        if column.null is not None:
            code = code * 2 + column.null
    return np.unique(code, return_inverse=True)[1]


def _pack_group(columns: Sequence[Column], chosen: Array) -> bytes:
    first = chosen[0]
    fields: list[tuple[str, Any]] = [("fields", ">i2")]
    filled: list[tuple[str, Any]] = [("fields", len(columns))]
    for at, column in enumerate(columns):
        if column.null is not None and column.null[first]:
            fields.append((f"l{at}", ">i4"))
            filled.append((f"l{at}", -1))
            continue
        value, kind = _value(column, chosen, first)
        size = np.dtype(kind).itemsize if kind else 0
        fields.append((f"l{at}", ">i4"))
        filled.append((f"l{at}", size))
        if kind:
            fields.append((f"v{at}", kind))
            filled.append((f"v{at}", value))
    block = np.empty(len(chosen), dtype=np.dtype(fields))
    for name, value in filled:
        block[name] = value
    return block.tobytes()


def _value(column: Column, chosen: Array, first: int) -> tuple[Any, Any]:
    """Return the values of a group and their type; no type for an empty text."""
    values = column.values
    if column.kind == "text":
        if isinstance(values, np.ndarray):
            length = len(values[first])
            return values[chosen], (f"S{length}" if length else None)
        raw = values.encode()
        return raw, (f"S{len(raw)}" if raw else None)
    picked = values[chosen] if isinstance(values, np.ndarray) else values
    if column.kind in ("bytea", "uuid"):
        return picked, values.dtype
    return picked, _WIRE_TYPES[column.kind]
