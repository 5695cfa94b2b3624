"""Reading a batch's file into judged rows, asking the register, and keeping the preview.

The original lies sealed; what is read of it lives in memory only. What the preview shows of single
rows (masked) is kept as a second sealed file, so that no page has to read the roster again.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import connection, transaction

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.bulk_sealing import lookup_hashes
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.identity import mask_identity
from nuanxin.kernel.names import mask_name
from nuanxin.kernel.occupations import occupation, recognise
from nuanxin.kernel.text import readable
from nuanxin.membership.actions.roster_effect import CHUNK_ROWS, standing_of
from nuanxin.membership.actions.roster_wire import RosterRows
from nuanxin.membership.forms.roster_columns import (
    RosterTable,
    apply_mapping,
    no_identity_column,
)
from nuanxin.membership.forms.roster_file import read_roster_safely
from nuanxin.membership.forms.roster_headings import Field
from nuanxin.membership.forms.roster_sheet import looks_like_name
from nuanxin.membership.models import RosterBatch, RosterChunk
from nuanxin.membership.rules.limits import ROSTER_LIMITS, UPLOAD_LIMITS
from nuanxin.membership.rules.roster import JudgedRoster, judge_rows
from nuanxin.membership.states import BatchState, RowOutcome
from nuanxin.records import actions as records
from nuanxin.records import queries as records_queries

OWNER = "roster_batch"
# What the preview keeps of rows one by one; the numbers above it always count all rows.
SHOWN_OK_ROWS = 200
SHOWN_OTHER_ROWS = 20_000
_DEFAULT_OCCUPATION = "other"
_REGISTER_REASONS = {
    RowOutcome.TRANSFER: "已是别的工会的会员。办理后给本人发转会提议，本人同意才转。",
    RowOutcome.ALREADY_MEMBER: "已经是这里的会员，不用再办。",
    RowOutcome.ALREADY_INVITED: "已经邀请过，正等本人确认，不会重复邀请。",
}


def read_table(batch: RosterBatch) -> RosterTable:
    """Return the batch's file as a table, read in a child process with limits.

    Raises ``Malformed`` roster.* with the sentence for the officer.
    """
    pieces = records_queries.open_file(batch.file_id, owner_type=OWNER, owner_id=batch.id)
    limits = ROSTER_LIMITS if batch.options.get("by_command") else UPLOAD_LIMITS
    return read_roster_safely(
        b"".join(pieces),
        batch.file_name,
        limits=limits,
        sheet=batch.options.get("sheet"),
        is_pointed_out=bool(batch.options.get("can_point_out")),
    )


def judge_table(batch: RosterBatch, table: RosterTable, *, today: date) -> JudgedRoster:
    """Return the verdicts by the rules alone, under the batch's mapping of columns."""
    adcode = str(batch.union.adcode)
    return judge_rows(apply_mapping(table, batch.mapping), today=today, adcode=adcode)


def rows_of(
    judged: JudgedRoster, number: int, *, default_occupation: int, chunk_rows: int | None = None
) -> RosterRows:
    """Return chunk ``number`` of the rows that the rules let pass.

    ``chunk_rows`` is the size with which the batch was cut (``chunk_rows_of``), not today's.
    """
    size = chunk_rows or CHUNK_ROWS
    window = slice(number * size, (number + 1) * size)
    passed = np.flatnonzero(judged.outcome[window] == RowOutcome.OK) + window.start
    keys = _occupation_keys(default_occupation)
    return RosterRows(
        number=number,
        row_numbers=judged.row_numbers[passed].tolist(),
        names=judged.name.gather(passed).to_list(),
        identities=judged.identity.gather(passed).to_list(),
        phones=judged.phone.gather(passed).to_list(),
        births=judged.birth_on.gather(passed).to_list(),
        sexes=judged.sex.gather(passed).to_list(),
        occupations=[keys(text) for text in judged.occupation.gather(passed).to_list()],
        places=judged.employer.gather(passed).fill_null("").to_list(),
    )


def chunk_count(judged: JudgedRoster, chunk_rows: int | None = None) -> int:
    """Return into how many chunks the rows fall."""
    return -(-len(judged) // (chunk_rows or CHUNK_ROWS))


def chunk_rows_of(batch: RosterBatch) -> int:
    """Return with which size the batch was cut: a newer release may cut differently."""
    return int(batch.options.get("chunk_rows", CHUNK_ROWS))


def read_batch(*, batch_id: int, now: datetime) -> RosterBatch:
    """Read and judge a batch's file and keep the preview; return the batch.

    What cannot be read makes the batch FAILED with the sentence; it is no error of ours. Where only
    the identity column was not recognised, the preview has no rows but asks for that column.
    """
    batch = RosterBatch.objects.select_related("union").get(id=batch_id)
    if batch.state != BatchState.READING:
        return batch
    today = clock.business_day(now)
    try:
        table = read_table(batch)
        if Field.IDENTITY not in table.mapping and batch.mapping is None:
            return _ask_for_columns(batch, table, now)
        judged = judge_table(batch, table, today=today)
    except Malformed as refusal:
        return _fail(batch, refusal)
    _keep_preview(batch, table, judged, now)
    return batch


@transaction.atomic
def _ask_for_columns(batch: RosterBatch, table: RosterTable, now: datetime) -> RosterBatch:
    RosterChunk.objects.filter(batch=batch).delete()
    batch.rows_count, batch.totals = 0, {}
    _preview_with(batch, table, [], now, failure=no_identity_column().message)
    return batch


def _fail(batch: RosterBatch, refusal: Malformed) -> RosterBatch:
    batch.state = BatchState.FAILED
    batch.failure = refusal.message
    batch.totals = {}
    batch.options = {**batch.options, "failure_code": refusal.code}
    batch.save(update_fields=["state", "failure", "totals", "options"])
    return batch


@transaction.atomic
def _keep_preview(
    batch: RosterBatch, table: RosterTable, judged: JudgedRoster, now: datetime
) -> None:
    """Write the chunks with their verdicts, the totals and the masked rows of the preview."""
    RosterChunk.objects.filter(batch=batch).delete()
    default = int(batch.options.get("occupation", occupation(_DEFAULT_OCCUPATION).key))
    totals: Counter[str] = Counter()
    shown: list[dict[str, Any]] = []
    for number in range(chunk_count(judged)):
        rows = rows_of(judged, number, default_occupation=default)
        outcomes = _with_register(batch, judged, rows)
        totals.update(RowOutcome(code).code for code in outcomes.tolist())
        _write_chunk(batch, judged, number, outcomes)
        shown.extend(_shown_rows(judged, number, outcomes, shown))
    batch.rows_count, batch.totals = len(judged), dict(totals)
    _preview_with(batch, table, shown, now)


def _preview_with(
    batch: RosterBatch,
    table: RosterTable,
    shown: list[dict[str, Any]],
    now: datetime,
    *,
    failure: str = "",
) -> None:
    """Keep what the preview shows, masked, and put the batch into the officer's hands."""
    details = {"rows": shown, "headings": table.headings, "sample": _masked_sample(table)}
    details |= {"mapping": {str(f): c for f, c in table.mapping.items()}, "notes": table.notes}
    details |= {"sheet": table.grid.name, "sheets": [s.name for s in table.sheets if s.is_roster]}
    file_id = records.store_file(
        owner_type=OWNER,
        owner_id=batch.id,
        name="预览.json.gz",
        content=gzip.compress(json.dumps(details, ensure_ascii=False).encode(), 5),
        actor=SYSTEM,
        now=now,
    )
    batch.state = BatchState.PREVIEWED
    batch.failure = failure
    today = clock.business_day(now).isoformat()
    batch.options = {**batch.options, "preview": str(file_id), "today": today}
    batch.options["chunk_rows"] = CHUNK_ROWS
    batch.save(update_fields=["state", "rows_count", "totals", "failure", "options"])


_DIGITS = re.compile(r"\d(?:[\s-]?\d){6,}[Xx]?")
_SAMPLE_ROWS = 8


def _masked_sample(table: RosterTable) -> list[tuple[int, list[str]]]:
    """Return the first rows as the correction of columns shows them: shapes, but nobody's data."""
    names = {table.mapping.get(Field.NAME), table.surname_column}
    is_known = Field.NAME in table.mapping

    def shown(column: int, cell: str) -> str:
        masked = _DIGITS.sub(
            lambda run: f"{run[0][:3]}{'*' * (len(run[0]) - 5)}{run[0][-2:]}", readable(cell)
        )
        is_name = column in names if is_known else looks_like_name(masked)
        return mask_name(masked) if is_name else masked

    return [
        (row, [shown(column, cell) for column, cell in enumerate(cells)])
        for row, cells in table.sample(_SAMPLE_ROWS)
    ]


def _with_register(
    batch: RosterBatch, judged: JudgedRoster, rows: RosterRows
) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Return a chunk's outcomes, with what the register says of the rows that passed."""
    start = rows.number * CHUNK_ROWS
    outcomes = judged.outcome[start : start + CHUNK_ROWS].copy()
    if len(rows.row_numbers):
        hashes = lookup_hashes("identity", rows.identities)
        said = standing_of(hashes, union_id=batch.union_id, batch_id=batch.id)
        outcomes[outcomes == RowOutcome.OK] = np.frombuffer(said.outcomes, dtype="u1")
    return outcomes


def _write_chunk(
    batch: RosterBatch,
    judged: JudgedRoster,
    number: int,
    outcomes: "np.ndarray[Any, np.dtype[np.uint8]]",
) -> None:
    window = slice(number * CHUNK_ROWS, (number + 1) * CHUNK_ROWS)
    RosterChunk.objects.create(
        batch=batch,
        number=number,
        row_numbers=judged.row_numbers[window].astype("<i4").tobytes(),
        outcomes=outcomes.astype("u1").tobytes(),
    )


def _shown_rows(
    judged: JudgedRoster,
    number: int,
    outcomes: "np.ndarray[Any, np.dtype[np.uint8]]",
    before: list[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield the masked rows of a chunk that the preview will show."""
    start = number * CHUNK_ROWS
    ok_left = SHOWN_OK_ROWS if number == 0 else 0
    room = SHOWN_OTHER_ROWS - len(before)
    for at, code in enumerate(outcomes.tolist()):
        outcome = RowOutcome(code)
        if outcome is RowOutcome.OK:
            if ok_left <= 0:
                continue
            ok_left -= 1
        elif room <= 0:
            continue
        room -= 1
        index = start + at
        identity = judged.identity[index] or ""
        yield {
            "row": int(judged.row_numbers[index]),
            "outcome": outcome.code,
            "name": mask_name(judged.name[index] or ""),
            "identity": mask_identity(identity) if identity else "",
            "reason": _REGISTER_REASONS.get(outcome) or judged.reason[index] or "",
        }


def _occupation_keys(default: int) -> "_Occupations":
    return _Occupations(default)


class _Occupations(dict[str, int]):
    """The key of each stated trade, looked up once a word."""

    def __init__(self, default: int) -> None:
        super().__init__()
        self._default = default

    def __call__(self, text: str | None) -> int:
        return self[text or ""]

    def __missing__(self, text: str) -> int:
        code = recognise(text) if text else None
        self[text] = occupation(code).key if code else self._default
        return self[text]


NOTHING_READ: dict[str, Any] = {
    "rows": [], "headings": [], "sample": [], "mapping": {}, "notes": [], "sheet": "", "sheets": [],
}  # fmt: skip


def preview_details(batch: RosterBatch) -> dict[str, Any]:
    """Return what the preview kept: masked rows and sample, headings, mapping, notes, sheets."""
    from uuid import UUID

    file_id = batch.options.get("preview")
    if not file_id:
        return NOTHING_READ
    pieces = records_queries.open_file(UUID(file_id), owner_type=OWNER, owner_id=batch.id)
    details: dict[str, Any] = json.loads(gzip.decompress(b"".join(pieces)))
    return NOTHING_READ | details


def final_totals(batch: RosterBatch) -> dict[str, int]:
    """Return the totals over all chunks as they stand now."""
    counts: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcomes FROM membership_rosterchunk WHERE batch_id = %s", [batch.id]
        )
        for (outcomes,) in cursor.fetchall():
            counts.update(RowOutcome(code).code for code in bytes(outcomes))
    return dict(counts)
