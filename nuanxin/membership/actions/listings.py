"""A table of outlets or unions from the drop to its end: read, previewed, confirmed, in effect.

As with rosters each step is a state; reading starts again when it is killed, taking effect goes on
with the rows that have not. The verdicts that were shown are the ones that take effect.
"""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from nuanxin.access.queries import actor_of_account
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, Refusal
from nuanxin.kernel.text import without_numbers
from nuanxin.membership.actions import listing_outlets, listing_unions
from nuanxin.membership.actions.batches import move_batch, record_batch
from nuanxin.membership.forms.listing_columns import (
    Column,
    ListedRow,
    ListingTable,
    columns_of,
    label_of,
    read_listing,
)
from nuanxin.membership.forms.listing_result import write_listing_result
from nuanxin.membership.forms.roster_file import read_sheets_safely
from nuanxin.membership.models import Listing
from nuanxin.membership.rules.limits import UPLOAD_LIMITS
from nuanxin.membership.rules.listing import Verdict
from nuanxin.membership.states import BatchState, ListingKind, ListingOutcome
from nuanxin.orgs import queries as orgs
from nuanxin.records import actions as records
from nuanxin.records import queries as records_queries

OWNER = "listing"
RIGHTS = {ListingKind.OUTLETS: "outlet.register", ListingKind.UNIONS: "org_unit.create"}
SAMPLE_ROWS = 8
_NO_FILE = UUID(int=0)
_NOTHING: dict[str, Any] = {
    "rows": [],
    "headings": [],
    "sample": [],
    "mapping": {},
    "sheets": [],
    "sheet": "",
}


_move = partial(move_batch, code="listing.moved_on", noun="这张表")
_record = partial(record_batch, owner=OWNER)


@dataclass(frozen=True, slots=True)
class _Work:
    """How rows of a kind are judged and taken in, and how many in one transaction."""

    judge: Callable[[Listing, Sequence[ListedRow], date], list[Verdict]]
    take_effect: Callable[..., None]
    at_once: int


_WORK = {
    ListingKind.OUTLETS: _Work(listing_outlets.judge, listing_outlets.take_effect, 2_000),
    ListingKind.UNIONS: _Work(listing_unions.judge, listing_unions.take_effect, 50_000),
}


@transaction.atomic
def open_listing(
    *,
    union_id: int,
    kind: ListingKind,
    file_name: str,
    content: bytes,
    options: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> int:
    """Keep a dropped table (sealed) and return its id; it waits to be read.

    ``options``: ``employer`` (id) for rows of outlets that name none; ``document`` and
    ``is_new_form`` for unions. Raises ``NotFound`` or ``Forbidden`` by the policy, ``Conflict``
    for a union that has ended, ``Malformed`` for an empty or too large file.
    """
    union = orgs.get_union(union_id)
    policy.check(actor, RIGHTS[kind], path=union.path)
    if not union.is_live:
        raise Conflict(
            "listing.union_has_ended", f"「{union.name}」{union.state.label}，不能再登记。"
        )
    listing = Listing.objects.create(
        union_id=union_id,
        kind=kind.value,
        state=BatchState.READING,
        file_id=_NO_FILE,
        file_name=without_numbers(Path(file_name).name)[:200],
        options=options,
        created_by=actor.account_id,
        created_by_name=actor.name[:60],
        created_at=now,
    )
    listing.file_id = records.store_file(
        owner_type=OWNER,
        owner_id=listing.id,
        name=listing.file_name,
        content=content,
        max_bytes=UPLOAD_LIMITS.file_bytes,
        actor=actor,
        now=now,
    )
    listing.save(update_fields=["file_id"])
    _record("membership.listing_dropped", listing, actor, now, {"kind": kind.value})
    return listing.id


def read_listing_file(*, listing_id: int, now: datetime) -> None:
    """Read and judge a dropped table and keep the preview.

    What cannot be read makes the listing FAILED with the sentence; it is no error of ours. Where a
    needed column was not found, the preview has no rows but asks for it.
    """
    listing = Listing.objects.select_related("union").get(id=listing_id)
    if listing.state != BatchState.READING:
        return
    try:
        table = _table_of(listing)
    except Malformed as refusal:
        _fail(listing_id, BatchState.READING, refusal)
    else:
        _judge(listing_id, table, now)


@transaction.atomic
def _judge(listing_id: int, table: ListingTable, now: datetime) -> None:
    listing = _locked(listing_id)
    if listing.state != BatchState.READING:
        return
    kind = ListingKind(listing.kind)
    missing = table.missing(kind)
    verdicts: list[Verdict] = []
    if not missing:
        verdicts = _WORK[kind].judge(listing, table.rows, clock.business_day(now))
    listing.failure = _asking(missing, kind) if missing else ""
    listing.rows_count = len(verdicts)
    listing.totals = dict(Counter(one.outcome.value for one in verdicts))
    _keep_preview(listing, table, verdicts, now)


@transaction.atomic
def _fail(listing_id: int, state: BatchState, refusal: Refusal) -> None:
    listing = _locked(listing_id)
    if listing.state == state:
        listing.state, listing.failure = BatchState.FAILED, refusal.message[:400]
        listing.save(update_fields=["state", "failure"])


def _asking(missing: Sequence[Column], kind: ListingKind) -> str:
    wanted = "、".join(label_of(column, kind) for column in missing)
    return f"没有认出哪一列是{wanted}。"


def _keep_preview(
    listing: Listing, table: ListingTable, verdicts: Sequence[Verdict], now: datetime
) -> None:
    details = {
        "rows": [asdict(one) for one in verdicts],
        "headings": table.headings,
        "sample": table.sample(SAMPLE_ROWS),
        "mapping": {column.value: at for column, at in table.mapping.items()},
        "sheets": table.sheets,
        "sheet": table.grid.name,
    }
    file_id = records.store_file(
        owner_type=OWNER,
        owner_id=listing.id,
        name="预览.json.gz",
        content=gzip.compress(json.dumps(details, ensure_ascii=False).encode(), 5),
        max_bytes=UPLOAD_LIMITS.file_bytes,
        actor=SYSTEM,
        now=now,
    )
    listing.state = BatchState.PREVIEWED
    listing.options = {**listing.options, "preview": str(file_id)}
    listing.save(update_fields=["state", "failure", "rows_count", "totals", "options"])


@transaction.atomic
def correct_listing(
    *, listing_id: int, mapping: dict[str, int] | None, sheet: str, actor: Actor, now: datetime
) -> None:
    """Take the officer's correction of the columns (None: as the headings say) or another sheet."""
    listing = _for_update(actor, listing_id)
    read = preview_of(listing)
    _move(listing, BatchState.READING)
    if sheet and sheet != read["sheet"] and sheet in read["sheets"]:
        listing.mapping, listing.options = None, {**listing.options, "sheet": sheet}
    elif mapping is not None:
        _check_mapping(mapping, ListingKind(listing.kind), width=len(read["headings"]))
        listing.mapping = mapping
    listing.save(update_fields=["state", "mapping", "options"])
    _record("membership.listing_columns_corrected", listing, actor, now)


def _check_mapping(mapping: dict[str, int], kind: ListingKind, *, width: int) -> None:
    used = list(mapping.values())
    known = {column.value for column in columns_of(kind)}
    if len(set(used)) < len(used):
        raise Malformed(
            "listing.bad_mapping", "有一列被指给了两项内容。每一列只能对应一项，请改正。"
        )
    if set(mapping) - known or not all(0 <= column < width for column in used):
        raise Malformed("listing.bad_mapping", "选的列不在这张表里。请重新选择。")


@transaction.atomic
def confirm_listing(*, listing_id: int, actor: Actor, now: datetime) -> None:
    """Let a previewed table take effect: from now on its job may run, in the officer's name."""
    listing = _for_update(actor, listing_id)
    if not listing.totals.get(ListingOutcome.NEW.value):
        raise Conflict(
            "listing.nothing_new", "这张表里没有要新登记的。下载结果表，照着原因改好，再传一次。"
        )
    if actor.account_id is None:
        raise Conflict("listing.nobody", "要由登录的工会干部来办。")
    _move(listing, BatchState.RUNNING)
    listing.started_at, listing.confirmed_by = now, actor.account_id
    listing.save(update_fields=["state", "started_at", "confirmed_by"])
    _record("membership.listing_confirmed", listing, actor, now, {"totals": listing.totals})


@transaction.atomic
def discard_listing(*, listing_id: int, actor: Actor, now: datetime) -> None:
    """Put a table away that has not taken effect; its file is erased."""
    listing = _for_update(actor, listing_id)
    _move(listing, BatchState.DISCARDED)
    listing.save(update_fields=["state"])
    for kept in records_queries.list_files(owner_type=OWNER, owner_id=listing.id):
        records.erase_file(
            file_id=kept.id,
            owner_type=OWNER,
            owner_id=listing.id,
            reason="登记表没有办理，已放弃",
            actor=actor,
            now=now,
        )
    _record("membership.listing_discarded", listing, actor, now)


def run_listing(*, listing_id: int, now: datetime) -> None:
    """Let a confirmed table take effect, or go on where it was interrupted.

    The rows of a transaction and how far it has come are committed together, so each row takes
    effect once. What the register refuses ends the table with the sentence and undoes its part.
    """
    try:
        while _run_part(listing_id, now):
            pass
    except Refusal as refusal:
        _fail(listing_id, BatchState.RUNNING, refusal)


@transaction.atomic
def _run_part(listing_id: int, now: datetime) -> bool:
    """Take in the next rows; return whether there may be more."""
    listing = _locked(listing_id)
    if listing.state != BatchState.RUNNING or listing.confirmed_by is None:
        return False
    work = _WORK[ListingKind(listing.kind)]
    fresh = [one for one in verdicts_of(listing) if one.outcome is ListingOutcome.NEW]
    part = fresh[listing.done_rows : listing.done_rows + work.at_once]
    actor = actor_of_account(listing.confirmed_by, now)
    if part:
        work.take_effect(listing, part, actor=actor, now=now)
    listing.done_rows += len(part)
    is_done = listing.done_rows >= len(fresh)
    if is_done:
        listing.state, listing.finished_at = BatchState.DONE, now
        _record("membership.listing_done", listing, actor, now, {"totals": listing.totals})
    listing.save(update_fields=["state", "done_rows", "finished_at"])
    return not is_done


def write_result(*, listing_id: int, path: Path, actor: Actor) -> None:
    """Write the officer's own sheet to ``path`` with the result and the reason of every row."""
    listing = get_listing(actor, listing_id)
    is_done = listing.state == BatchState.DONE
    said = {
        one.row: (
            "登记好了" if is_done and one.outcome is ListingOutcome.NEW else one.outcome.label,
            one.reason,
        )
        for one in verdicts_of(listing)
    }
    write_listing_result(path, _table_of(listing), said)


def get_listing(actor: Actor, listing_id: int) -> Listing:
    """Return a table that the actor may see; raise ``NotFound`` otherwise."""
    listing = Listing.objects.select_related("union").filter(id=listing_id).first()
    if listing is None:
        raise NotFound()
    _insist_on_right(actor, listing)
    return listing


def preview_of(listing: Listing) -> dict[str, Any]:
    """Return what the preview kept: rows, sample, headings, mapping, sheets."""
    file_id = listing.options.get("preview")
    if not file_id or listing.state == BatchState.DISCARDED:
        return _NOTHING
    pieces = records_queries.open_file(UUID(file_id), owner_type=OWNER, owner_id=listing.id)
    details: dict[str, Any] = json.loads(gzip.decompress(b"".join(pieces)))
    return _NOTHING | details


def verdicts_of(listing: Listing) -> list[Verdict]:
    """Return the verdict of every row, in the order of the table."""
    return [
        Verdict(**row | {"outcome": ListingOutcome(row["outcome"])})
        for row in preview_of(listing)["rows"]
    ]


def _table_of(listing: Listing) -> ListingTable:
    pieces = records_queries.open_file(listing.file_id, owner_type=OWNER, owner_id=listing.id)
    grids = read_sheets_safely(b"".join(pieces), listing.file_name, limits=UPLOAD_LIMITS)
    return read_listing(
        grids,
        ListingKind(listing.kind),
        sheet=listing.options.get("sheet", ""),
        mapping=None
        if listing.mapping is None
        else {Column(name): at for name, at in listing.mapping.items()},
    )


def _for_update(actor: Actor, listing_id: int) -> Listing:
    listing = _locked(listing_id)
    _insist_on_right(actor, listing)
    return listing


def _insist_on_right(actor: Actor, listing: Listing) -> None:
    """Raise ``NotFound``: who may bring tables of outlets learns nothing of tables of unions."""
    if not policy.may(actor, RIGHTS[ListingKind(listing.kind)], path=listing.union.path):
        raise NotFound()


def _locked(listing_id: int) -> Listing:
    listing = (
        Listing.objects.select_for_update(of=("self",))
        .select_related("union")
        .filter(id=listing_id)
        .first()
    )
    if listing is None:
        raise NotFound()
    return listing
