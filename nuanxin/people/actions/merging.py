"""Merging two records of one person, and taking it back.

Nothing is copied or lost: a field chosen from the folded record changes places with the kept one,
and every link that is moved is noted by its id. So taking it back is moving and changing places
again, and the sealed columns stay where a change of key finds them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from nuanxin.kernel import clock, parameters
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.people import permissions, rules
from nuanxin.people.states import DuplicateVerdict, MergeField, Side, merge_steps, worker_links
from nuanxin.records.actions import append_event

_COLUMNS = {
    MergeField.NAME: ("name", "name_key"),
    MergeField.IDENTITY: (
        "identity_hash",
        "identity_sealed",
        "identity_hint",
        "identity_kind",
        "birth_on",
        "sex",
    ),
    MergeField.PHONE: ("phone_hash", "phone_sealed", "phone_hint"),
}


@dataclass(frozen=True, slots=True)
class _Merge:
    id: int
    kept_id: int
    folded_id: int
    before: dict[str, Any]
    undo_until: datetime
    undone_at: datetime | None


@transaction.atomic
def merge_workers(
    *,
    kept_id: int,
    folded_id: int,
    choices: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> int:
    """Make two records one and return the id of the merge.

    ``choices`` says per field (name, identity, phone) whether the "kept" or the "folded" record's
    value stays; what is not named stays kept. Everything that points to the folded record points
    to the kept one afterwards. Can be undone for people.merge_undo_days.
    Raises ``Malformed``, ``NotFound``, ``Forbidden`` (also for one's own record), and whatever
    ``Conflict`` a package raises whose rows cannot be brought together.
    """
    chosen = rules.check_choices(choices)
    if kept_id == folded_id:
        raise Malformed("people.same_record", "这是同一份档案，不用合并。")
    _check_can_merge(actor, kept_id, folded_id)
    both = _lock_living(kept_id, folded_id)
    taken = [field for field in MergeField if chosen[field] is Side.FOLDED]
    memo: dict[str, Any] = {"steps": {}, "assurance": both[kept_id]}
    for step in merge_steps:
        memo["steps"][step.name] = step.fold(
            kept_id=kept_id, folded_id=folded_id, actor=actor, now=now
        )
    memo["own"] = _settle_own_rows(kept_id, folded_id, now)
    memo["moved"] = _move_links(folded_id, kept_id)
    _run("UPDATE people_worker SET merged_into_id = %s WHERE id = %s", kept_id, folded_id)
    memo["swapped"] = [field.value for field in taken]
    _swap(kept_id, folded_id, taken)
    _run(
        "UPDATE people_worker SET assurance = %s WHERE id = %s",
        max(both.values()),
        kept_id,
    )
    merge_id = _record(kept_id, folded_id, chosen, memo, actor, now)
    append_event(
        "people.workers_merged",
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=kept_id,
        data={"merge": merge_id, "folded": folded_id, "swapped": memo["swapped"]},
    )
    return merge_id


@transaction.atomic
def undo_merge(*, merge_id: int, actor: Actor, now: datetime) -> None:
    """Take a merge back: both records, and every link, are as before it.

    What was added to the kept record since then stays with it. Raises ``NotFound``, ``Forbidden``,
    ``Conflict`` people.merge_undone, people.merge_undo_over, people.merge_later_first or
    people.erased.
    """
    merge = _lock_merge(merge_id)
    permissions.check_can(actor, permissions.MERGE, merge.kept_id)
    _check_undoable(merge, now)
    kept_id, folded_id = merge.kept_id, merge.folded_id
    _lock_both(kept_id, folded_id)
    _swap(kept_id, folded_id, [MergeField(field) for field in merge.before["swapped"]])
    _run("UPDATE people_worker SET merged_into_id = NULL WHERE id = %s", folded_id)
    _run(
        "UPDATE people_worker SET assurance = %s WHERE id = %s AND assurance = %s",
        merge.before["assurance"],
        kept_id,
        merge.before["assurance_after"],
    )
    _move_links_back(merge.before["moved"], kept_id, folded_id)
    _restore_own_rows(merge.before["own"], folded_id)
    for step in reversed(merge_steps):
        if step.name in merge.before["steps"]:
            step.unfold(
                merge.before["steps"][step.name],
                kept_id=kept_id,
                folded_id=folded_id,
                actor=actor,
                now=now,
            )
    _run("UPDATE people_merge SET undone_at = %s WHERE id = %s", now, merge_id)
    _settle_pair(kept_id, folded_id, None, "")
    append_event(
        "people.merge_undone",
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=kept_id,
        data={"merge": merge_id, "folded": folded_id},
    )


def _check_can_merge(actor: Actor, *worker_ids: int) -> None:
    """Both must be in scope, or one in scope and the other nowhere; one's own record never."""
    if actor.worker_id in worker_ids:
        raise Forbidden("people.own_record", "涉及您自己的档案，要由别的同事来办。")
    covered = [permissions.covers(actor, permissions.MERGE, one) is not None for one in worker_ids]
    for worker_id, is_covered in zip(worker_ids, covered, strict=True):
        if not is_covered and not (any(covered) and _is_placeless(worker_id)):
            permissions.check_can(actor, permissions.MERGE, worker_id)


def _is_placeless(worker_id: int) -> bool:
    with connection.cursor() as db:
        db.execute(f"SELECT {permissions.placeless_condition('%(worker)s')}", {"worker": worker_id})
        return bool(db.fetchone()[0])


def _lock_both(*worker_ids: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as db:
        db.execute(
            """SELECT id, assurance, merged_into_id, erased_at FROM people_worker
               WHERE id = ANY(%s) ORDER BY id FOR UPDATE""",
            [list(worker_ids)],
        )
        return list(db.fetchall())


def _lock_living(*worker_ids: int) -> dict[int, int]:
    """Lock both records in the order of their ids; return assurance by id. Both must be living."""
    rows = [row for row in _lock_both(*worker_ids) if row[2] is None and row[3] is None]
    if len(rows) != len(worker_ids):
        raise NotFound()
    return {row[0]: row[1] for row in rows}


def _move_links(source: int, target: int) -> dict[str, list[str]]:
    """Point everything from one record to the other; return the moved ids by "table.column"."""
    moved = {}
    with connection.cursor() as db:
        for table, column in worker_links:
            statement = sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s RETURNING id::text").format(
                sql.Identifier(table), sql.Identifier(column), sql.Identifier(column)
            )
            try:
                with transaction.atomic():
                    db.execute(statement, [target, source])
            except IntegrityError as error:
                raise Conflict(
                    "people.merge_blocked",
                    "两份档案里有不能并存的内容，没法直接合并。请先结束其中一份上的业务再合并。",
                    table=table,
                ) from error
            ids = [row[0] for row in db.fetchall()]
            if ids:
                moved[f"{table}.{column}"] = ids
    return moved


def _move_links_back(moved: dict[str, list[str]], source: int, target: int) -> None:
    with connection.cursor() as db:
        for place, ids in moved.items():
            table, column = place.split(".")
            statement = sql.SQL(
                "UPDATE {} SET {} = %s WHERE {} = %s AND id::text = ANY(%s)"
            ).format(sql.Identifier(table), sql.Identifier(column), sql.Identifier(column))
            db.execute(statement, [target, source, ids])


def _swap(kept_id: int, folded_id: int, fields: list[MergeField]) -> None:
    """Let the chosen fields change places, while the folded record is out of the unique index."""
    columns = [column for field in fields for column in _COLUMNS[field]]
    if not columns:
        return
    assignments = ", ".join(f"{column} = o.{column}" for column in columns)
    # The living record takes a number only after the folded one stands outside the index of the
    # living; both rows change in one statement, so neither is ever without a number.
    _run(
        f"""UPDATE people_worker w SET {assignments} FROM people_worker o
            WHERE (w.id = %s AND o.id = %s) OR (w.id = %s AND o.id = %s)""",
        kept_id,
        folded_id,
        folded_id,
        kept_id,
    )


def _settle_own_rows(kept_id: int, folded_id: int, now: datetime) -> dict[str, list[int]]:
    """End what the folded record holds and the kept one holds too: consents, household."""
    with connection.cursor() as db:
        db.execute(
            """UPDATE people_consent f SET withdrawn_at = %s
               WHERE f.worker_id = %s AND f.withdrawn_at IS NULL AND EXISTS (
                   SELECT 1 FROM people_consent k WHERE k.worker_id = %s
                     AND k.purpose = f.purpose AND k.withdrawn_at IS NULL)
               RETURNING id""",
            [now, folded_id, kept_id],
        )
        consents = [row[0] for row in db.fetchall()]
        db.execute(
            """UPDATE people_householdmember f SET to_on = %s
               WHERE f.worker_id = %s AND f.to_on IS NULL AND EXISTS (
                   SELECT 1 FROM people_householdmember k
                   WHERE k.worker_id = %s AND k.to_on IS NULL)
               RETURNING id""",
            [clock.business_day(now), folded_id, kept_id],
        )
        households = [row[0] for row in db.fetchall()]
        # A thing that both records say (signed in on one day) is one thing: the second stays behind.
        db.execute(
            """UPDATE people_contact f SET worker_id = %s
               WHERE f.worker_id = %s AND NOT EXISTS (
                   SELECT 1 FROM people_contact k WHERE k.worker_id = %s AND k.day = f.day
                     AND k.kind = f.kind AND k.reference = f.reference)
               RETURNING id""",
            [kept_id, folded_id, kept_id],
        )
        contacts = [row[0] for row in db.fetchall()]
    return {"consents": consents, "households": households, "contacts": contacts}


def _restore_own_rows(own: dict[str, list[int]], folded_id: int) -> None:
    _run("UPDATE people_consent SET withdrawn_at = NULL WHERE id = ANY(%s)", own["consents"])
    _run("UPDATE people_householdmember SET to_on = NULL WHERE id = ANY(%s)", own["households"])
    _run(
        "UPDATE people_contact SET worker_id = %s WHERE id = ANY(%s)",
        folded_id,
        own.get("contacts", []),  # merges of before there were contacts
    )


def _record(
    kept_id: int,
    folded_id: int,
    chosen: dict[MergeField, Side],
    memo: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> int:
    days = parameters.parameter(
        "people.merge_undo_days", adcode=parameters.NATION, on=clock.business_day(now)
    ).value
    with connection.cursor() as db:
        db.execute("SELECT assurance FROM people_worker WHERE id = %s", [kept_id])
        memo["assurance_after"] = db.fetchone()[0]
        values: list[Any] = [
            kept_id,
            folded_id,
            Jsonb({field.value: side.value for field, side in chosen.items()}),
            Jsonb(memo),
            now,
            actor.account_id,
            now + timedelta(days=int(days)),
        ]
        db.execute(
            """INSERT INTO people_merge
                   (kept_id, folded_id, choices, before, merged_at, merged_by, undo_until)
               VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            values,
        )
        merge_id = int(db.fetchone()[0])
    _settle_pair(kept_id, folded_id, now, DuplicateVerdict.MERGED)
    return merge_id


def _settle_pair(kept_id: int, folded_id: int, at: datetime | None, verdict: str) -> None:
    _run(
        """UPDATE people_duplicatecandidate SET settled_at = %s, verdict = %s
           WHERE first_id = least(%s::bigint, %s) AND second_id = greatest(%s::bigint, %s)""",
        at,
        verdict,
        kept_id,
        folded_id,
        kept_id,
        folded_id,
    )


def _lock_merge(merge_id: int) -> _Merge:
    with connection.cursor() as db:
        db.execute(
            """SELECT id, kept_id, folded_id, before, undo_until, undone_at FROM people_merge
               WHERE id = %s FOR UPDATE""",
            [merge_id],
        )
        row = db.fetchone()
    if row is None:
        raise NotFound()
    before = json.loads(row[3]) if isinstance(row[3], str) else row[3]
    return _Merge(row[0], row[1], row[2], before, row[4], row[5])


def _check_undoable(merge: _Merge, now: datetime) -> None:
    if merge.undone_at is not None:
        raise Conflict("people.merge_undone", "这次合并已经撤销过了。")
    if now > merge.undo_until:
        day = clock.business_day(merge.undo_until)
        raise Conflict(
            "people.merge_undo_over",
            f"这次合并只能在 {day.isoformat()} 前撤销，现在已经过了。请按更正资料办理。",
        )
    with connection.cursor() as db:
        db.execute(
            """SELECT EXISTS (SELECT 1 FROM people_merge
                              WHERE undone_at IS NULL AND id > %s AND (kept_id = %s OR folded_id = %s)),
                      EXISTS (SELECT 1 FROM people_worker
                              WHERE id IN (%s, %s) AND erased_at IS NOT NULL)""",
            [merge.id, merge.kept_id, merge.kept_id, merge.kept_id, merge.folded_id],
        )
        has_later, is_erased = db.fetchone()
    if is_erased:
        raise Conflict("people.erased", "这个人的资料已经按本人要求清除，合并不能再撤销。")
    if has_later:
        raise Conflict(
            "people.merge_later_first", "在这之后又合并过。请从最后一次合并开始，一次次撤销。"
        )


def _run(statement: str, *values: Any) -> None:
    with connection.cursor() as db:
        db.execute(statement, values)
