"""Rows of a roster as PostgreSQL's binary COPY format, made apart from the database.

This is the half of collective joining that burns our processor: hashing, sealing, packing. It
runs in a process of its own, one chunk ahead of the half that waits for the server. Each row
becomes two byte strings that lack only their ids (the first columns), because those are given out
when the register has been asked who is already there.

The layout of ``people_worker`` is written here by hand, on purpose: it is the one place outside
``people`` that does so, and ``tests/membership/rosters`` compares it with the table.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from struct import Struct

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
WORKER_HEAD = Struct("!hiq").pack
APPLICATION_HEAD = Struct("!hiqiq").pack
WORKER_FIELDS = 14
APPLICATION_FIELDS = 17


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
class PackedRows:
    """One chunk ready for the server, ordered by identity hash.

    The order keeps two officers who drop the same roster from waiting for each other in a ring,
    and lets the index be filled from left to right.
    """

    number: int
    row_numbers: list[int]
    hashes: list[bytes]
    workers: list[bytes]
    applications: list[bytes]
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
        workers=[workers[i] for i in order],
        applications=[applications[i] for i in order],
        occupations=[int(rows.occupations[i]) for i in order],
    )


def _pack_workers(
    rows: RosterRows,
    identity_hashes: list[bytes],
    phone_hashes: list[bytes],
    created_at: datetime,
) -> list[bytes]:
    """Return the bytes of each people_worker row after its id."""
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
        packed.append(_LENGTH(len(text)) + text + _LENGTH(len(key)) + key + tail)
    return packed


def _pack_applications(rows: RosterRows, to: Destination) -> list[bytes]:
    """Return the bytes of each membership_joinapplication row after its id and worker id."""
    front = Struct("!iqihihihii").pack
    back = Struct("!iqiiihiqiiiihii").pack
    made, expires = _microseconds(to.created_at), to.expires_on.toordinal() - _EPOCH_DAY
    packed = []
    for row, occupation, place in zip(rows.row_numbers, rows.occupations, rows.places, strict=True):
        text = place[:120].encode()
        packed.append(
            front(8, to.union_id, 2, 3, 2, 1, 2, int(occupation), 4, to.county)
            + _LENGTH(len(text))
            + text
            + back(8, to.batch_id, 4, int(row), 2, 0, 8, made, 0, 4, expires, 2, 0, 0, 0)
        )
    return packed


def _microseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1_000_000) - _EPOCH
