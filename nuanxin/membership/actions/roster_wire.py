"""Rows of a roster as PostgreSQL's binary COPY format, made apart from the database.

This is the half of collective joining that burns our processor: hashing, sealing, packing. It
runs in a process of its own, one chunk ahead of the half that waits for the server. A chunk becomes
two blocks of finished rows that lack only their ids (the first columns), because those are given
out when the register has been asked who is already there.

The layout of ``people_worker`` is written here by hand, on purpose: it is the one place outside
``people`` that does so, and ``tests/membership/rosters`` compares it with the table.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from nuanxin.kernel.bulk_sealing import lookup_hashes, seal_many
from nuanxin.kernel.names import sort_key

WORKER_COLUMNS = (
    "id, name, name_key, identity_hash, identity_sealed, identity_hint, identity_kind, "
    "phone_hash, phone_sealed, phone_hint, birth_on, sex, assurance, created_at"
)
APPLICATION_COLUMNS = (
    "id, worker_id, union_id, channel, state, occupation, work_adcode, place_stated, batch_id, "
    "row_number, doubts, created_at, confirmed_via, expires_on, reminders_sent, decided_by_name, "
    "decision_note"
)
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"

_EPOCH_DAY = date(2000, 1, 1).toordinal()
_EPOCH = 946_684_800_000_000  # 2000-01-01 in Unix microseconds
_IDENTITY_ENVELOPE = 2 + 12 + 18 + 16
_PHONE_ENVELOPE = 2 + 12 + 11 + 16

_LENGTH = Struct("!i").pack
# identity_hash, identity_sealed, identity_hint, identity_kind, phone_hash, phone_sealed,
# phone_hint, birth_on, sex, assurance, created_at: every one of a fixed length.
_WORKER_TAIL = Struct(
    f"!i16s i{_IDENTITY_ENVELOPE}s i8s ih i16s i{_PHONE_ENVELOPE}s i7s ii i1s ih iq".replace(
        " ", ""
    )
).pack
# The number of columns, then the ids with their lengths; an id itself is filled in later.
_WORKER_HEAD = Struct("!hiq").pack(14, 8, 0)
_APPLICATION_HEAD = Struct("!hiqiq").pack(17, 8, 0, 8, 0)
_FIRST_ID, _NEXT_ID, _ID_BYTES = 6, 12, 8


@dataclass(frozen=True, slots=True)
class RosterRows:
    """Judged rows of one chunk, in columns of one length; every value has passed the rules.

    ``identities`` are 18 characters, ``phones`` 11 digits, ``sexes`` "M" or "F", ``occupations``
    and ``row_numbers`` (as a spreadsheet shows them) integers.
    """

    number: int
    row_numbers: Sequence[int]
    names: Sequence[str]
    identities: Sequence[str]
    phones: Sequence[str]
    births: Sequence[date]
    sexes: Sequence[str]
    occupations: Sequence[int]
    places: Sequence[str]


@dataclass(frozen=True, slots=True)
class Destination:
    """What all rows of a batch have in common."""

    batch_id: int
    union_id: int
    county: int
    path: str
    created_at: datetime
    expires_on: date


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Rows of one table in COPY's binary format, one behind the other, their ids still zero.

    ``starts`` are the offsets of the rows in ``data`` and, last, its length.
    """

    data: bytes
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[bytes]) -> "RowBlock":
        """Return ``rows`` as one block."""
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        return cls(b"".join(rows), np.concatenate(([0], np.cumsum(lengths))))

    def with_ids(self, chosen: Sequence[int], *columns: Sequence[int]) -> bytearray:
        """Return the rows at the positions ``chosen`` (ascending) with their ids filled in.

        ``columns`` hold the ids of the first columns, each as long as ``chosen``.
        """
        at = np.asarray(chosen, dtype=np.int64)
        starts, ends = self.starts[at], self.starts[at + 1]
        if len(at) == len(self.starts) - 1:
            data = bytearray(self.data)
        else:
            data = bytearray().join(
                self.data[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
            )
            starts = np.cumsum(ends - starts) - (ends - starts)
        filled = np.frombuffer(data, dtype=np.uint8)
        for number, ids in enumerate(columns):
            places = starts + _FIRST_ID + number * _NEXT_ID
            spelled = np.asarray(ids, dtype=">i8").view(np.uint8).reshape(-1, _ID_BYTES)
            filled[places[:, None] + np.arange(_ID_BYTES)] = spelled
        return data


@dataclass(frozen=True, slots=True)
class PackedRows:
    """One chunk ready for the server, ordered by identity hash.

    The order keeps two officers who drop the same roster from waiting for each other in a ring,
    and lets the index be filled from left to right.
    """

    number: int
    row_numbers: list[int]
    hashes: list[bytes]
    workers: RowBlock
    applications: RowBlock
    occupations: list[int]

    def occupation_counts(self, chosen: Sequence[int]) -> Counter[int]:
        """Return how many of the rows at positions ``chosen`` state each occupation."""
        return Counter(self.occupations[i] for i in chosen)


def pack_rows(rows: RosterRows, to: Destination) -> PackedRows:
    """Return ``rows`` hashed, sealed and packed for ``to``."""
    identity_hashes = lookup_hashes("identity", rows.identities)
    phone_hashes = lookup_hashes("phone", rows.phones)
    order = sorted(range(len(identity_hashes)), key=identity_hashes.__getitem__)
    workers = _pack_workers(rows, identity_hashes, phone_hashes, to.created_at)
    applications = _pack_applications(rows, to)
    return PackedRows(
        number=rows.number,
        row_numbers=[int(rows.row_numbers[i]) for i in order],
        hashes=[identity_hashes[i] for i in order],
        workers=RowBlock.of([workers[i] for i in order]),
        applications=RowBlock.of([applications[i] for i in order]),
        occupations=[int(rows.occupations[i]) for i in order],
    )


def _pack_workers(
    rows: RosterRows,
    identity_hashes: list[bytes],
    phone_hashes: list[bytes],
    created_at: datetime,
) -> list[bytes]:
    """Return each people_worker row."""
    identity_seals = seal_many("identity", rows.identities, identity_hashes)
    phone_seals = seal_many("phone", rows.phones, phone_hashes)
    made = _microseconds(created_at)
    packed = []
    for name, identity, phone, birth, sex, ihash, iseal, phash, pseal in zip(
        rows.names,
        rows.identities,
        rows.phones,
        rows.births,
        rows.sexes,
        identity_hashes,
        identity_seals,
        phone_hashes,
        phone_seals,
        strict=True,
    ):
        text = name.encode()
        key = sort_key(name)[:120].encode()
        kind = 2 if identity[0] == "8" else 1
        tail = _WORKER_TAIL(
            *(16, ihash, _IDENTITY_ENVELOPE, iseal),
            *(8, (identity[:4] + identity[-4:]).encode(), 2, kind),
            *(16, phash, _PHONE_ENVELOPE, pseal, 7, (phone[:3] + phone[-4:]).encode()),
            *(4, birth.toordinal() - _EPOCH_DAY, 1, sex.encode(), 2, 1, 8, made),
        )
        packed.append(
            b"".join((_WORKER_HEAD, _LENGTH(len(text)), text, _LENGTH(len(key)), key, tail))
        )
    return packed


def _pack_applications(rows: RosterRows, to: Destination) -> list[bytes]:
    """Return each membership_joinapplication row."""
    front = Struct("!iqihihihii").pack
    back = Struct("!iqiiihiqiiiihii").pack
    made, expires = _microseconds(to.created_at), to.expires_on.toordinal() - _EPOCH_DAY
    packed = []
    for row, occupation, place in zip(rows.row_numbers, rows.occupations, rows.places, strict=True):
        text = place[:120].encode()
        packed.append(
            _APPLICATION_HEAD
            + front(8, to.union_id, 2, 3, 2, 1, 2, int(occupation), 4, to.county)
            + _LENGTH(len(text))
            + text
            + back(8, to.batch_id, 4, int(row), 2, 0, 8, made, 0, 4, expires, 2, 0, 0, 0)
        )
    return packed


def _microseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1_000_000) - _EPOCH
