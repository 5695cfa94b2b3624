"""A roster from the drop to its end: read, previewed, confirmed, taking effect, undone.

Each step is one state (``states.BATCH_MOVES``). The long ones run as jobs and may be killed at any
moment: reading starts again, taking effect goes on with the chunks that have not.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection, transaction

from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.occupations import occupation as occupation_of
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import without_numbers
from nuanxin.membership.actions import roster_reading as reading
from nuanxin.membership.actions.batches import move_batch, record_batch
from nuanxin.membership.actions.roster_effect import CHUNK_ROWS, Packing, take_effect
from nuanxin.membership.actions.roster_wire import Destination, RosterRows
from nuanxin.membership.forms.result_workbook import write_result
from nuanxin.membership.models import RosterBatch, RosterChunk
from nuanxin.membership.rules.limits import UPLOAD_LIMITS, RosterLimits
from nuanxin.membership.states import BatchState, Channel, FlowKind, RowOutcome
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import UnionRow
from nuanxin.records import actions as records
from nuanxin.records import queries as records_queries

_DIGEST_UNKNOWN = b""
Told = Callable[[int, int], None]


_move = partial(move_batch, code="roster.moved_on", noun="这批名单")
_record = partial(record_batch, owner=reading.OWNER)


@transaction.atomic
def open_batch(
    *,
    union_id: int,
    file_name: str,
    content: bytes,
    actor: Actor,
    now: datetime,
    occupation: int | None = None,
    ceremony_id: int | None = None,
    limits: RosterLimits = UPLOAD_LIMITS,
    can_point_out: bool = False,
) -> int:
    """Keep a dropped file (sealed) and return the id of its batch, which waits to be read.

    ``occupation`` is the small key for rows that state no trade; ``limits`` are those of pages,
    or ``ROSTER_LIMITS`` for the command. ``can_point_out`` says that somebody sits before the page
    and can point out columns that are not recognised. Raises ``NotFound`` or ``Forbidden`` by the policy, ``Conflict`` union.no_members where the union takes none,
    ``Malformed`` for an empty or too large file.
    """
    union = _union_for(actor, union_id)
    if not union.accepts_members or union.ended_on is not None:
        raise Conflict(
            "union.no_members",
            f"{union.name}不直接吸收会员。请换成它下面的基层工会，再导入一次。",
        )
    batch = RosterBatch.objects.create(
        union_id=union_id,
        state=BatchState.READING,
        file_id="00000000-0000-0000-0000-000000000000",
        file_name=without_numbers(Path(file_name).name)[:200],
        file_sha256=_DIGEST_UNKNOWN,
        options=({} if occupation is None else {"occupation": occupation})
        | ({} if limits == UPLOAD_LIMITS else {"by_command": True})
        | ({"can_point_out": True} if can_point_out else {}),
        created_by=actor.account_id,
        created_by_name=actor.name,
        created_at=now,
        ceremony_id=ceremony_id,
    )
    batch.file_id = records.store_file(
        owner_type=reading.OWNER,
        owner_id=batch.id,
        name=batch.file_name,
        content=content,
        max_bytes=None if limits == UPLOAD_LIMITS else limits.file_bytes,
        actor=actor,
        now=now,
    )
    batch.save(update_fields=["file_id"])
    _record("membership.roster_dropped", batch, actor, now)
    return batch.id


@transaction.atomic
def correct_columns(
    *, batch_id: int, mapping: dict[str, int], actor: Actor, now: datetime, sheet: str = ""
) -> None:
    """Take the officer's correction of the columns, or his choice of another sheet.

    ``mapping`` gives the zero-based column by field; fields that it leaves out are not read. With
    another ``sheet`` the columns are recognised anew and ``mapping`` is not looked at. The batch
    waits to be read again. Raises ``Malformed`` roster.no_identity_column or roster.bad_mapping.
    """
    batch = _batch_for_update(actor, batch_id)
    read = reading.preview_details(batch)
    _move(batch, BatchState.READING)
    if sheet and sheet != read["sheet"] and sheet in read["sheets"]:
        batch.mapping, batch.options = None, {**batch.options, "sheet": sheet}
    else:
        _check_mapping(mapping, width=len(read["headings"]))
        batch.mapping = mapping
    batch.save(update_fields=["state", "mapping", "options"])
    _record("membership.roster_columns_corrected", batch, actor, now, {"mapping": batch.mapping})


def _check_mapping(mapping: dict[str, int], *, width: int) -> None:
    if "identity" not in mapping:
        raise Malformed(
            "roster.no_identity_column", "请指出哪一列是身份证号。没有这一列，名单里的人没法核对。"
        )
    used = list(mapping.values())
    if len(set(used)) < len(used):
        raise Malformed(
            "roster.bad_mapping", "有一列被指给了两项内容。每一列只能对应一项，请改正。"
        )
    if not all(0 <= column < width for column in used):
        raise Malformed("roster.bad_mapping", "选的列不在这张表里。请重新选择。")


@transaction.atomic
def confirm_batch(*, batch_id: int, actor: Actor, now: datetime) -> None:
    """Let a previewed batch take effect: from now on its job may run."""
    batch = _batch_for_update(actor, batch_id)
    if not any(batch.totals.get(code) for code in ("ok", "transfer")):
        raise Conflict(
            "roster.nobody",
            "这份名单里没有可以邀请的人。下载结果表，照着原因改好，再传一次。",
        )
    _move(batch, BatchState.RUNNING)
    batch.started_at = now
    batch.done_rows = 0
    batch.save(update_fields=["state", "started_at", "done_rows"])
    _record("membership.roster_confirmed", batch, actor, now, {"totals": batch.totals})


@transaction.atomic
def discard_batch(*, batch_id: int, actor: Actor, now: datetime) -> None:
    """Put a batch away that has not taken effect; its file is erased."""
    batch = _batch_for_update(actor, batch_id)
    _move(batch, BatchState.DISCARDED)
    batch.save(update_fields=["state"])
    for kept in records_queries.list_files(owner_type=reading.OWNER, owner_id=batch.id):
        records.erase_file(
            file_id=kept.id,
            owner_type=reading.OWNER,
            owner_id=batch.id,
            reason="名单没有办理，已放弃",
            actor=actor,
            now=now,
        )
    _record("membership.roster_discarded", batch, actor, now)


def run_batch(*, batch_id: int, actor: Actor, now: datetime, told: Told | None = None) -> None:
    """Let a confirmed batch take effect, or go on where it was interrupted.

    ``told(done, all)`` hears of the rows after every chunk. Each chunk takes effect once, however
    often this is called, and in however many processes.
    """
    batch = RosterBatch.objects.select_related("union").get(id=batch_id)
    if batch.state != BatchState.RUNNING:
        return
    today = date.fromisoformat(batch.options["today"])
    judged = reading.judge_table(batch, reading.read_table(batch), today=today)
    default = int(batch.options.get("occupation", occupation_of("other").key))
    size = reading.chunk_rows_of(batch)
    waiting = set(
        RosterChunk.objects.filter(batch=batch, took_effect_at__isnull=True).values_list(
            "number", flat=True
        )
    )

    def chunks() -> Iterator[RosterRows]:
        for number in range(reading.chunk_count(judged, size)):
            if number in waiting:
                yield reading.rows_of(judged, number, default_occupation=default, chunk_rows=size)

    done = batch.done_rows

    def heard(rows: int) -> None:
        nonlocal done
        done += rows
        if told is not None:
            told(done, batch.rows_count)

    to = _destination(batch, now)
    with Packing() if len(judged) > 2 * CHUNK_ROWS else nullcontext() as packing:
        take_effect(chunks(), to=to, actor=actor, packing=packing, progress=heard)
    _finish(batch_id=batch_id, actor=actor, now=now)


def _destination(batch: RosterBatch, now: datetime) -> Destination:
    today = clock.business_day(now)
    days = parameter(
        "membership.invitation_valid_days", adcode=str(batch.union.adcode), on=today
    ).value
    return Destination(
        batch_id=batch.id,
        union_id=batch.union_id,
        county=batch.union.adcode,
        path=batch.union.path,
        created_at=now,
        expires_on=today + timedelta(days=int(days)),
    )


@transaction.atomic
def _finish(*, batch_id: int, actor: Actor, now: datetime) -> None:
    batch = RosterBatch.objects.select_for_update().get(id=batch_id)
    left = RosterChunk.objects.filter(batch=batch, took_effect_at__isnull=True).exists()
    if batch.state != BatchState.RUNNING or left:
        return
    hours = parameter(
        "membership.undo_hours", adcode=str(batch.union.adcode), on=clock.business_day(now)
    ).value
    batch.state = BatchState.DONE
    batch.finished_at = now
    batch.undo_until = now + timedelta(hours=int(hours))
    batch.totals = reading.final_totals(batch)
    batch.save(update_fields=["state", "finished_at", "undo_until", "totals"])
    _record("membership.roster_done", batch, actor, now, {"totals": batch.totals})


_UNDO_APPROVED = """
WITH taken AS (
    UPDATE membership_membership m
    SET state = 3, ended_on = greatest(started_on, %(today)s::date), end_reason = 6
    FROM membership_joinapplication a
    WHERE a.batch_id = %(batch)s AND m.application_id = a.id AND m.ended_on IS NULL
    RETURNING m.union_id, m.occupation)
INSERT INTO membership_memberflow
    (day, union_id, county, occupation, channel, kind, persons, recorded_at)
SELECT %(today)s, union_id, %(county)s, occupation, %(channel)s, %(undone)s, count(*), %(at)s
FROM taken GROUP BY union_id, occupation
"""
_UNDO_APPLICATIONS = """
WITH taken AS (
    UPDATE membership_joinapplication SET state = 8, decided_at = %(at)s
    WHERE batch_id = %(batch)s AND state IN (1, 2, 3, 4)
    RETURNING union_id, occupation)
INSERT INTO membership_memberflow
    (day, union_id, county, occupation, channel, kind, persons, recorded_at)
SELECT %(today)s, union_id, %(county)s, occupation, %(channel)s, %(invited)s, -count(*), %(at)s
FROM taken GROUP BY union_id, occupation
"""
_CANCEL_TRANSFERS = """
UPDATE membership_transfer SET state = 4, decided_at = %(at)s
WHERE batch_id = %(batch)s AND state = 1
"""
# People whom only this roster brought, and who have done nothing themselves, leave no trace of
# their person: the record stays as an empty shell that the events point at.
_FORGET = """
UPDATE people_worker w
SET name = '', name_key = '', identity_hash = NULL, identity_sealed = NULL, identity_hint = '',
    phone_hash = NULL, phone_sealed = NULL, phone_hint = '', birth_on = NULL, sex = '',
    erased_at = %(at)s
FROM membership_joinapplication a
WHERE a.batch_id = %(batch)s AND a.worker_id = w.id AND w.assurance = 1
  AND a.confirmed_at IS NULL AND w.created_at = a.created_at
  AND NOT EXISTS (SELECT 1 FROM membership_joinapplication o
                  WHERE o.worker_id = w.id AND o.id <> a.id)
  AND NOT EXISTS (SELECT 1 FROM membership_membership m WHERE m.worker_id = w.id)
"""


@transaction.atomic
def undo_batch(*, batch_id: int, actor: Actor, now: datetime) -> None:
    """Take a whole roster back within its time: invitations, approvals, proposed transfers.

    Raises ``Conflict`` roster.undo_over when the time has passed.
    """
    batch = _batch_for_update(actor, batch_id)
    if batch.undo_until is None or now > batch.undo_until:
        raise Conflict(
            "roster.undo_over",
            "整批撤销的时间过了（办完后 24 小时内）。要退掉其中几个人，请在会员页里一个个办。",
        )
    _move(batch, BatchState.UNDONE)
    values: dict[str, Any] = {
        "batch": batch.id,
        "at": now,
        "today": clock.business_day(now),
        "county": batch.union.adcode,
        "channel": int(Channel.COLLECTIVE),
        "undone": int(FlowKind.APPROVAL_UNDONE),
        "invited": int(FlowKind.INVITED),
    }
    with connection.cursor() as cursor:
        for statement in (_UNDO_APPROVED, _UNDO_APPLICATIONS, _CANCEL_TRANSFERS, _FORGET):
            cursor.execute(statement, values)
    batch.undone_at = now
    batch.save(update_fields=["state", "undone_at"])
    _record("membership.roster_undone", batch, actor, now)


def write_result_workbook(*, batch_id: int, path: Path, actor: Actor) -> None:
    """Write the officer's own sheet to ``path`` with the result and the reason of every row."""
    batch = get_batch(actor, batch_id)
    table = reading.read_table(batch)
    today = date.fromisoformat(batch.options["today"])
    judged = reading.judge_table(batch, table, today=today)
    reasons = dict(zip(judged.row_numbers.tolist(), judged.reason.to_list(), strict=True))
    outcomes: dict[int, str] = {}
    for chunk in RosterChunk.objects.filter(batch=batch).order_by("number"):
        rows = np.frombuffer(bytes(chunk.row_numbers), dtype="<i4").tolist()
        for row, code in zip(rows, bytes(chunk.outcomes), strict=True):
            outcome = RowOutcome(code)
            outcomes[row] = outcome.code
            reasons[row] = reading._REGISTER_REASONS.get(outcome) or reasons.get(row)
    write_result(path, table, outcomes, reasons)


def get_batch(actor: Actor, batch_id: int) -> RosterBatch:
    """Return a batch that the actor may see; raise ``NotFound`` otherwise."""
    batch = RosterBatch.objects.select_related("union").filter(id=batch_id).first()
    if batch is None:
        raise NotFound()
    policy.check(actor, "roster.view", path=batch.union.path)
    return batch


def _batch_for_update(actor: Actor, batch_id: int) -> RosterBatch:
    batch = (
        RosterBatch.objects.select_for_update(of=("self",))
        .select_related("union")
        .filter(id=batch_id)
        .first()
    )
    if batch is None:
        raise NotFound()
    policy.check(actor, "roster.create", path=batch.union.path)
    return batch


def _union_for(actor: Actor, union_id: int) -> UnionRow:
    union = orgs.get_union(union_id)
    policy.check(actor, "roster.create", path=union.path)
    return union
