"""A list of stations from the drop to its end: read, judged, asked about, confirmed, in effect.

Reading starts again when it is killed; taking effect goes on with the rows that have not, a part a
transaction. The same list again finds every station it brought and changes nothing.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from nuanxin.access.queries import actor_of_account
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, Refusal
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.text import without_numbers
from nuanxin.membership.rules.limits import UPLOAD_LIMITS
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records import actions as records
from nuanxin.records import queries as records_queries
from nuanxin.stations import permissions
from nuanxin.stations.actions.import_effect import take_effect
from nuanxin.stations.actions.import_judging import Judge, Judged
from nuanxin.stations.forms.list_file import StationList, read_station_list
from nuanxin.stations.models import StationImport, StationImportRow
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.listed import Parsed, parse_row
from nuanxin.stations.states import ImportState, RowVerdict, check_import_move

OWNER = "station_import"
ROWS_AT_ONCE = 1_000
_NO_FILE = UUID(int=0)


@transaction.atomic
def open_import(
    *, union_id: int, file_name: str, content: bytes, crs: CRS, actor: Actor, now: datetime
) -> int:
    """Keep a dropped list (sealed) and return its id; it waits to be read.

    Raises by the policy, and ``Malformed`` for an empty or too large file.
    """
    union = get_union(union_id)
    permissions.check_can_manage(actor, path=union.path)
    listing = StationImport.objects.create(
        union_id=union_id,
        file_id=_NO_FILE,
        file_name=without_numbers(Path(file_name).name)[:200],
        file_sha256=hashlib.sha256(content).digest(),
        crs=crs,
        created_by=actor.account_id,
        created_by_name=actor.name[:60],
        created_at=now,
    )
    listing.file_id = records.store_file(
        owner_type=OWNER, owner_id=listing.id, name=listing.file_name, content=content,
        max_bytes=UPLOAD_LIMITS.file_bytes, actor=actor, now=now,
    )  # fmt: skip
    listing.save(update_fields=["file_id"])
    _record("stations.import_dropped", listing, actor, now, {"file": listing.file_name})
    return listing.id


def read_import(*, listing_id: int, now: datetime) -> None:
    """Read and judge a dropped list and keep every row with its verdict.

    What cannot be read makes the list FAILED with the sentence; it is no error of ours.
    """
    listing = StationImport.objects.select_related("union").get(id=listing_id)
    if listing.state != ImportState.READING:
        return
    try:
        pieces = records_queries.open_file(listing.file_id, owner_type=OWNER, owner_id=listing.id)
        found = read_station_list(b"".join(pieces), listing.file_name)
    except Malformed as refusal:
        _fail(listing_id, ImportState.READING, refusal)
    else:
        _keep(listing_id, found, now)


@transaction.atomic
def _keep(listing_id: int, found: StationList, now: datetime) -> None:
    listing = _locked(listing_id)
    if listing.state != ImportState.READING:
        return
    parsed = [_parsed(listing, row.row, row.cells, now) for row in found.rows]
    judge = Judge(listing, parsed, on=clock.business_day(now))
    listing.question = judge.question()
    judged = judge.judge_all()
    StationImportRow.objects.filter(listing=listing).delete()
    cells = {row.row: dict(row.cells) for row in found.rows}
    StationImportRow.objects.bulk_create(
        [_row_of(listing, one, cells[one.parsed.row]) for one in judged], batch_size=2_000
    )
    listing.state = ImportState.PREVIEWED
    listing.notes = _notes(listing, found)
    _count(listing)
    listing.save()


def _parsed(listing: StationImport, row: int, cells: Mapping[str, str], now: datetime) -> Parsed:
    low, high = region_bounds(listing.union.adcode)
    labels = facility_labels(clock.business_day(now))
    return parse_row(row, cells, crs=CRS(listing.crs), low=low, high=high, labels=labels)


def _row_of(listing: StationImport, one: Judged, cells: dict[str, str]) -> StationImportRow:
    return StationImportRow(
        listing=listing,
        row=one.parsed.row,
        cells=cells,
        draft=one.draft,
        verdict=one.verdict,
        reason=one.reason[:400],
        choices=one.choices,
        station_id=one.station_id,
        changes=one.changes,
    )


def _notes(listing: StationImport, found: StationList) -> list[str]:
    notes = [f"这些列没有用上：{'、'.join(found.ignored)}。"] if found.ignored else []
    if found.is_geojson and listing.crs != CRS.WGS84:
        notes.append(
            f"GeoJSON 按约定是 WGS-84，这份您选了{CRS(listing.crs).label}，请确认没有选错。"
        )
    before = (
        StationImport.objects.filter(
            union_id=listing.union_id, file_sha256=listing.file_sha256, state=ImportState.DONE
        )
        .exclude(id=listing.id)
        .order_by("-id")
        .first()
    )
    if before is not None and before.finished_at is not None:
        day = clock.business_day(before.finished_at)
        notes.append(f"一模一样的文件 {day} 办过一次。再办一次不会多出驿站。")
    return notes


@transaction.atomic
def answer_question(*, listing_id: int, crs: CRS, actor: Actor, now: datetime) -> None:
    """Say in which system the list's coordinates are; it is read again with that."""
    listing = _for_update(actor, listing_id)
    _move(listing, ImportState.READING)
    listing.crs, listing.crs_is_sure, listing.question = crs, True, None
    listing.save(update_fields=["state", "crs", "crs_is_sure", "question"])
    _record("stations.import_crs_said", listing, actor, now, {"crs": crs.value})


@transaction.atomic
def decide_rows(
    *, listing_id: int, decisions: Mapping[int, str], actor: Actor, now: datetime
) -> int:
    """Take what a person says of rows (row number: one of its choices); return how many.

    Choices that a row does not have are left aside.
    """
    listing = _for_update(actor, listing_id)
    _check_previewed(listing)
    rows = StationImportRow.objects.filter(listing=listing, row__in=list(decisions))
    asked = {
        one.row: one
        for one in rows
        if decisions[one.row] in {choice["value"] for choice in one.choices}
    }
    parsed = [_parsed(listing, row, one.cells, now) for row, one in asked.items()]
    judge = Judge(listing, parsed, on=clock.business_day(now))
    for one in parsed:
        row = asked[one.row]
        judged = judge.judge_decided(one, decisions[one.row])
        row.decision = decisions[one.row]
        row.draft, row.verdict, row.reason = judged.draft, judged.verdict, judged.reason[:400]
        row.station_id, row.changes = judged.station_id, judged.changes
        row.choices = judged.choices or row.choices
    StationImportRow.objects.bulk_update(
        asked.values(),
        ["draft", "verdict", "reason", "station", "changes", "decision", "choices"],
    )
    _count(listing)
    listing.save(update_fields=["totals", "rows_count"])
    _record("stations.import_rows_decided", listing, actor, now, {"rows": sorted(asked)[:200]})
    return len(asked)


@transaction.atomic
def confirm_import(*, listing_id: int, with_changes: bool, actor: Actor, now: datetime) -> None:
    """Let a previewed list take effect, in the officer's name; rows left unsure stay aside.

    Raises ``Conflict`` station_import.asks_first while the list's question is open, .nothing when
    there is nothing to do.
    """
    listing = _for_update(actor, listing_id)
    _check_previewed(listing)
    if listing.question:
        raise Conflict("station_import.asks_first", "先说一下坐标是哪个地图的，再登记。")
    counted = listing.totals.get(RowVerdict.NEW.name, 0)
    counted += listing.totals.get(RowVerdict.CHANGED.name, 0) if with_changes else 0
    if not counted:
        raise Conflict("station_import.nothing", "这份里没有要登记的，也没有要改的。")
    if actor.account_id is None:
        raise Conflict("station_import.nobody", "要由登录的工会干部来办。")
    _move(listing, ImportState.RUNNING)
    listing.with_changes, listing.started_at = with_changes, now
    listing.confirmed_by = actor.account_id
    listing.save(update_fields=["state", "with_changes", "started_at", "confirmed_by"])
    _record("stations.import_confirmed", listing, actor, now, {"totals": listing.totals})


@transaction.atomic
def discard_import(*, listing_id: int, actor: Actor, now: datetime) -> None:
    """Put a list away that has not taken effect; its file and its rows are erased."""
    listing = _for_update(actor, listing_id)
    _move(listing, ImportState.DISCARDED)
    listing.save(update_fields=["state"])
    StationImportRow.objects.filter(listing=listing).delete()
    for kept in records_queries.list_files(owner_type=OWNER, owner_id=listing.id):
        records.erase_file(
            file_id=kept.id, owner_type=OWNER, owner_id=listing.id,
            reason="驿站名册没有办理，已放弃", actor=actor, now=now,
        )  # fmt: skip
    _record("stations.import_discarded", listing, actor, now, {})


def run_import(*, listing_id: int, now: datetime) -> None:
    """Let a confirmed list take effect, or go on where it was interrupted.

    A part's stations and the mark that its rows took effect are committed together.
    """
    try:
        while _run_part(listing_id, now):
            pass
    except Refusal as refusal:
        _fail(listing_id, ImportState.RUNNING, refusal)


@transaction.atomic
def _run_part(listing_id: int, now: datetime) -> bool:
    """Take in the next rows; return whether there may be more."""
    listing = _locked(listing_id)
    if listing.state != ImportState.RUNNING or listing.confirmed_by is None:
        return False
    wanted = [RowVerdict.NEW] + ([RowVerdict.CHANGED] if listing.with_changes else [])
    rows = list(
        StationImportRow.objects.filter(
            listing=listing, verdict__in=wanted, took_effect_at__isnull=True
        ).order_by("row")[:ROWS_AT_ONCE]
    )
    actor = actor_of_account(listing.confirmed_by, now)
    permissions.check_can_manage(actor, path=listing.union.path)
    if rows:
        take_effect(listing, rows, actor=actor, now=now)
    if len(rows) < ROWS_AT_ONCE:
        listing.state, listing.finished_at = ImportState.DONE, now
        _record("stations.import_done", listing, actor, now, {"totals": listing.totals})
    _count(listing)
    listing.save()
    return len(rows) == ROWS_AT_ONCE


# ---- inside -------------------------------------------------------------------------------------


def get_import(actor: Actor, listing_id: int) -> StationImport:
    """Return a list that the actor may see; raise ``NotFound`` otherwise."""
    listing = StationImport.objects.select_related("union").filter(id=listing_id).first()
    if listing is None or not permissions.can_manage(actor, path=listing.union.path):
        raise NotFound()
    return listing


def _for_update(actor: Actor, listing_id: int) -> StationImport:
    listing = _locked(listing_id)
    if not permissions.can_manage(actor, path=listing.union.path):
        raise NotFound()
    return listing


def _locked(listing_id: int) -> StationImport:
    listing = (
        StationImport.objects.select_for_update(of=("self",))
        .select_related("union")
        .filter(id=listing_id)
        .first()
    )
    if listing is None:
        raise NotFound()
    return listing


def _move(listing: StationImport, to: ImportState) -> None:
    check_import_move(ImportState(listing.state), to)
    listing.state = to


def _check_previewed(listing: StationImport) -> None:
    if listing.state != ImportState.PREVIEWED:
        check_import_move(ImportState(listing.state), ImportState.RUNNING)


@transaction.atomic
def _fail(listing_id: int, state: ImportState, refusal: Refusal) -> None:
    listing = _locked(listing_id)
    if listing.state == state:
        listing.state, listing.failure = ImportState.FAILED, refusal.message[:400]
        listing.save(update_fields=["state", "failure"])


def _count(listing: StationImport) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT verdict, count(*) FROM stations_stationimportrow WHERE listing_id = %s"
            " GROUP BY verdict",
            [listing.id],
        )
        counted = dict(cursor.fetchall())
    listing.totals = {RowVerdict(key).name: value for key, value in sorted(counted.items())}
    listing.rows_count = sum(counted.values())


def _record(
    kind: str, listing: StationImport, actor: Actor, now: datetime, data: dict[str, Any]
) -> None:
    records.append_event(
        kind, actor=actor, at=now, subject_type=OWNER, subject_id=listing.id,
        union_id=listing.union_id, data=data,
    )  # fmt: skip
