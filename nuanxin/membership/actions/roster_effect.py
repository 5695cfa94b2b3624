"""How a roster takes effect: chunk by chunk, each in one transaction, each exactly once.

The register is asked once a chunk who is already there; the new people and their invitations go
in by COPY; the event of every row, the flow and the chunk's own mark are written in the same
transaction. Two officers with the same roster meet at the unique index: the later one's chunk is
taken back, asked again and finds the people invited. Nothing here loops over rows in Python.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, Protocol

import numpy as np
import psycopg
from django.db import connection, transaction
from django.db.utils import IntegrityError, OperationalError

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.membership.actions.roster_wire import (
    APPLICATION_COLUMNS,
    COPY_HEADER,
    COPY_TRAILER,
    WORKER_COLUMNS,
    Destination,
    PackedRows,
    RosterRows,
    pack_rows,
)
from nuanxin.membership.states import Channel, FlowKind, RowOutcome

# A chunk holds its locks for well under a second and loses little when it has to be done again.
CHUNK_ROWS = 20_000
TRIES = 4
WRITERS = 2
_COPY_PART_BYTES = 1 << 18
_COLLISIONS = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)

# What the register says of each identity. LATERAL with LIMIT keeps the planner from reading the
# whole register once a chunk: each identity is one probe of an index.
_STANDING = """
SELECT h.at - 1, w.id, m.id, m.union_id = %(union)s, a.id, a.batch_id = %(batch)s
FROM unnest(%(hashes)s::uuid[]) WITH ORDINALITY AS h (hash, at)
CROSS JOIN LATERAL (
    SELECT id FROM people_worker
    WHERE identity_hash = h.hash AND merged_into_id IS NULL LIMIT 1) w
LEFT JOIN LATERAL (
    SELECT id, union_id FROM membership_membership
    WHERE worker_id = w.id AND ended_on IS NULL LIMIT 1) m ON true
LEFT JOIN LATERAL (
    SELECT id, batch_id FROM membership_joinapplication
    WHERE worker_id = w.id AND state IN (1, 2, 3) LIMIT 1) a ON true
"""
_EVENTS = """
INSERT INTO records_event (at, kind, actor_account, actor_name, subject_type, subject_id, union_id)
SELECT %(at)s, 'membership.invited', %(account)s, %(name)s, 'application', id, %(union)s
FROM unnest(%(ids)s::bigint[]) AS id
"""
_FLOWS = """
INSERT INTO membership_memberflow
    (day, union_id, county, occupation, channel, kind, persons, recorded_at)
SELECT (%(at)s AT TIME ZONE 'Asia/Shanghai')::date, %(union)s, %(county)s, o, %(channel)s,
       %(kind)s, n, %(at)s
FROM unnest(%(occupations)s::smallint[], %(counts)s::int[]) AS f (o, n)
"""
_TRANSFERS = """
INSERT INTO membership_transfer
    (worker_id, from_membership_id, to_union_id, state, channel, batch_id, row_number,
     proposed_at, proposed_by, expires_on)
SELECT w, m, %(union)s, 1, %(channel)s, %(batch)s, r, %(at)s, %(account)s, %(expires)s
FROM unnest(%(workers)s::bigint[], %(memberships)s::bigint[], %(rows)s::int[]) AS t (w, m, r)
ON CONFLICT (worker_id) WHERE state = 1 DO NOTHING
"""
# A chunk need not wait for the disk: rows and mark are lost together and done again together, and
# the end of the batch, which waits, comes after all of them in the log.
_CLAIM = """
SELECT id, row_numbers, outcomes, set_config('synchronous_commit', 'off', true)
FROM membership_rosterchunk
WHERE batch_id = %s AND number = %s AND took_effect_at IS NULL FOR UPDATE
"""
_MARK = "UPDATE membership_rosterchunk SET took_effect_at = %s, outcomes = %s WHERE id = %s"
_ADVANCE = "UPDATE membership_rosterbatch SET done_rows = done_rows + %s WHERE id = %s"
_IDS = """
WITH drawn AS MATERIALIZED (
    SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass)) AS id
    FROM generate_series(1, %s))
SELECT min(id), max(id),
       CASE WHEN max(id) - min(id) + 1 > count(*) THEN array_agg(id ORDER BY id) END
FROM drawn
"""


class Progress(Protocol):
    """Told after each chunk how many rows took effect."""

    def __call__(self, rows: int) -> None: ...


@dataclass(slots=True)
class Standing:
    """What the register says of a chunk: the outcome of each position, and what it rests on."""

    outcomes: bytearray
    worker_ids: dict[int, int] = field(default_factory=dict)
    transfers: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def taken(self) -> list[int]:
        """Return the positions that get an invitation."""
        found = np.frombuffer(self.outcomes, dtype="u1") == int(RowOutcome.OK)
        return np.flatnonzero(found).tolist()


def standing_of(hashes: Sequence[bytes], *, union_id: int, batch_id: int) -> Standing:
    """Return how each identity (16-byte hash) stands towards the union: one query, no writes.

    ``transfers`` holds (position, worker id, membership id) of those who belong elsewhere.
    """
    found = Standing(outcomes=bytearray(len(hashes)))
    with connection.cursor() as cursor:
        cursor.execute(
            _STANDING,
            {
                "union": union_id,
                "batch": batch_id,
                "hashes": _as_array(value.hex() for value in hashes),
            },
        )
        for at, worker, member, is_here, application, is_this_batch in cursor.fetchall():
            found.worker_ids[at] = worker
            if member is not None:
                found.outcomes[at] = RowOutcome.ALREADY_MEMBER if is_here else RowOutcome.TRANSFER
                if not is_here:
                    found.transfers.append((at, worker, member))
            elif application is not None:
                found.outcomes[at] = (
                    RowOutcome.REPEATED if is_this_batch else RowOutcome.ALREADY_INVITED
                )
    return found


def take_effect(
    chunks: Iterable[RosterRows],
    *,
    to: Destination,
    actor: Actor,
    packing: "Packing | None" = None,
    progress: Progress | None = None,
) -> int:
    """Let every chunk of a batch take effect; return how many rows did.

    ``chunks`` are judged rows; chunks that took effect before (an interrupted run) are skipped by
    their mark. With ``packing`` the next chunks are made ready in another process meanwhile, and two
    take effect side by side (not inside a transaction of the caller's: they would not see it).
    """
    effects: Iterator[int]
    if packing is None or connection.in_atomic_block:
        effects = (effect_chunk(pack_rows(c, to), to=to, actor=actor) for c in chunks)
    else:
        effects = _side_by_side(packing.ahead(chunks, to), to, actor)
    done = 0
    for rows in effects:
        done += rows
        if progress is not None and rows:
            progress(rows)
    return done


def _side_by_side(source: Iterator[PackedRows], to: Destination, actor: Actor) -> Iterator[int]:
    """Let ``WRITERS`` chunks take effect at a time; yield the rows of each as it is done.

    Chunks of one batch hold different people, so their transactions meet at the batch's own row
    alone, which each touches last.
    """
    with ThreadPoolExecutor(max_workers=WRITERS) as writers:
        running: set[Future[int]] = set()
        for packed in source:
            running.add(writers.submit(_effect_apart, packed, to, actor))
            if len(running) >= WRITERS:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in finished)
        yield from (one.result() for one in running)


def _effect_apart(packed: PackedRows, to: Destination, actor: Actor) -> int:
    """Do ``effect_chunk`` on a connection of this thread's own, which ends with it."""
    try:
        return effect_chunk(packed, to=to, actor=actor)
    finally:
        connection.close()


def effect_chunk(packed: PackedRows, *, to: Destination, actor: Actor) -> int:
    """Let one chunk take effect in one transaction; return its rows, 0 when it had before.

    Raises the database's error after ``TRIES`` collisions with other writers.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return _effect(packed, to, actor)
        # COPY raises the driver's own error, a statement Django's, with the driver's as its cause.
        except (IntegrityError, OperationalError, psycopg.Error) as fault:
            cause = fault if isinstance(fault, psycopg.Error) else fault.__cause__
            is_collision = isinstance(cause, _COLLISIONS)
            if not is_collision or attempt == TRIES:
                raise
    return 0


def _effect(packed: PackedRows, to: Destination, actor: Actor) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [to.batch_id, packed.number])
        claimed = cursor.fetchone()
        if claimed is None:
            return 0
        standing = standing_of(packed.hashes, union_id=to.union_id, batch_id=to.batch_id)
        taken = standing.taken
        _copy_workers(cursor, packed, standing, taken)
        applications = _copy_applications(cursor, packed, standing, taken)
        _record(cursor, packed, to, actor, applications, taken)
        _propose_transfers(cursor, packed, standing, to, actor)
        chunk_id, row_numbers, outcomes, _ = claimed
        final = _final_outcomes(packed, standing, bytes(row_numbers), bytes(outcomes))
        cursor.execute(_MARK, [to.created_at, final, chunk_id])
        cursor.execute(_ADVANCE, [len(outcomes), to.batch_id])
    return len(outcomes)


def _final_outcomes(
    packed: PackedRows, standing: Standing, row_numbers: bytes, outcomes: bytes
) -> bytes:
    """Return the chunk's outcomes (uint8, in file order) with what the register said just now."""
    rows = np.frombuffer(row_numbers, dtype="<i4")
    final = np.frombuffer(outcomes, dtype="u1").copy()
    at = np.searchsorted(rows, np.asarray(packed.row_numbers, dtype="<i4"))
    final[at] = np.frombuffer(standing.outcomes, dtype="u1")
    return final.tobytes()


def _reserve_ids(cursor: Any, table: str, count: int) -> Sequence[int]:
    """Return ``count`` fresh ids of ``table``: a range, or a list when another writer drew too."""
    if not count:
        return ()
    cursor.execute(_IDS, [table, count])
    first, last, scattered = cursor.fetchone()
    return scattered or range(first, last + 1)


def _copy_workers(cursor: Any, packed: PackedRows, standing: Standing, taken: list[int]) -> None:
    """Add the people the register has not seen, and note the ids they got."""
    known = standing.worker_ids
    unseen = [i for i in taken if i not in known] if known else taken
    ids = _reserve_ids(cursor, "people_worker", len(unseen))
    rows = packed.workers.with_ids(unseen, ids)
    _copy(cursor, f"COPY people_worker ({WORKER_COLUMNS}) FROM STDIN (FORMAT binary)", rows)
    standing.worker_ids.update(zip(unseen, ids, strict=True))


def _copy_applications(
    cursor: Any, packed: PackedRows, standing: Standing, taken: list[int]
) -> Sequence[int]:
    """Add the invitations; return their ids in the order of ``taken``."""
    ids = _reserve_ids(cursor, "membership_joinapplication", len(taken))
    workers = [standing.worker_ids[i] for i in taken]
    rows = packed.applications.with_ids(taken, ids, workers)
    _copy(
        cursor,
        f"COPY membership_joinapplication ({APPLICATION_COLUMNS}) FROM STDIN (FORMAT binary)",
        rows,
    )
    return ids


def _copy(cursor: Any, statement: str, rows: bytearray) -> None:
    with cursor.copy(statement) as copy:
        copy.write(COPY_HEADER)
        for start in range(0, len(rows), _COPY_PART_BYTES):
            copy.write(rows[start : start + _COPY_PART_BYTES])
        copy.write(COPY_TRAILER)


def _as_array(values: Iterable[object]) -> str:
    """Return a literal of an array: a list of thousands would be spelled value by value."""
    return "{" + ",".join(map(str, values)) + "}"


def _record(
    cursor: Any,
    packed: PackedRows,
    to: Destination,
    actor: Actor,
    applications: Sequence[int],
    taken: list[int],
) -> None:
    """Write the event of every invitation and the flow of the chunk."""
    common = {"at": to.created_at, "union": to.union_id}
    cursor.execute(
        _EVENTS,
        common | {"account": actor.account_id, "name": actor.name, "ids": _as_array(applications)},
    )
    counts = packed.occupation_counts(taken)
    cursor.execute(
        _FLOWS,
        common
        | {
            "county": to.county,
            "channel": int(Channel.COLLECTIVE),
            "kind": int(FlowKind.INVITED),
            "occupations": list(counts),
            "counts": list(counts.values()),
        },
    )


def _propose_transfers(
    cursor: Any, packed: PackedRows, standing: Standing, to: Destination, actor: Actor
) -> None:
    """Propose a transfer to everybody who belongs elsewhere (never a second membership)."""
    if not standing.transfers:
        return
    positions, workers, memberships = zip(*standing.transfers, strict=True)
    cursor.execute(
        _TRANSFERS,
        {
            "union": to.union_id,
            "channel": int(Channel.COLLECTIVE),
            "batch": to.batch_id,
            "at": to.created_at,
            "account": actor.account_id,
            "expires": to.expires_on,
            "workers": list(workers),
            "memberships": list(memberships),
            "rows": [packed.row_numbers[i] for i in positions],
        },
    )


class Packing:
    """A process that packs the next chunks while the server takes the present one."""

    def __init__(self, *, chunks_ahead: int = 2) -> None:
        self._ahead = chunks_ahead
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=get_context("spawn"),
            initializer=sealing.configure,
            initargs=(sealing._configured(),),
        )

    def __enter__(self) -> "Packing":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def ahead(self, chunks: Iterable[RosterRows], to: Destination) -> Iterator[PackedRows]:
        """Yield the packed chunks in order, keeping at most a few ready: memory stays flat."""
        waiting: list[Future[PackedRows]] = []
        for chunk in chunks:
            waiting.append(self._pool.submit(pack_rows, chunk, to))
            if len(waiting) > self._ahead:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
