"""Pairs that look like one person, and merges that can still be undone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import NotFound
from nuanxin.people import permissions
from nuanxin.people.queries.workers import WorkerRow, worker_rows

PAGE_LIMIT = 50
_SIGN_LABELS = {
    "name": "姓名相同",
    "birth": "出生日期相同",
    "phone": "手机号相同",
    "identity_stated": "报了同一个证件号",
}


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """A pair with what is the same; ``differing`` lists the fields where a choice is needed."""

    id: int
    first: WorkerRow
    second: WorkerRow
    signs: list[str]
    found_at: datetime

    @property
    def sign_labels(self) -> list[str]:
        """Return what is the same, in Chinese."""
        return [_SIGN_LABELS.get(sign, sign) for sign in self.signs]

    @property
    def differing(self) -> list[str]:
        """Return the fields (states.MergeField) in which the two differ as far as a mask shows."""
        pairs = {
            "name": (self.first.name, self.second.name),
            "identity": (self.first.masked_identity, self.second.masked_identity),
            "phone": (self.first.masked_phone, self.second.masked_phone),
        }
        return [field for field, (one, other) in pairs.items() if one != other]


@dataclass(frozen=True, slots=True)
class DuplicatePage:
    """A page of pairs, the newest first."""

    items: list[DuplicateRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A merge as the desk shows it."""

    id: int
    kept: WorkerRow
    folded: WorkerRow
    merged_at: datetime
    undo_until: datetime
    undone_at: datetime | None


def list_duplicates(*, actor: Actor, cursor: str = "", limit: int = PAGE_LIMIT) -> DuplicatePage:
    """Return the open pairs that the actor may merge.

    Each of the two stands below his unions or below none, and at least one below his.
    Raises ``Forbidden`` without the right.
    """
    limit = max(1, min(limit, PAGE_LIMIT))
    condition, values = _scope(actor)
    if cursor:
        condition += " AND d.id < %(before)s"
        values["before"] = int(str(decode_cursor(cursor, length=1)[0]))
    with connection.cursor() as db:
        db.execute(
            f"""SELECT d.id, d.first_id, d.second_id, d.signs, d.found_at
                FROM people_duplicatecandidate d
                JOIN people_worker a ON a.id = d.first_id
                     AND a.merged_into_id IS NULL AND a.erased_at IS NULL
                JOIN people_worker b ON b.id = d.second_id
                     AND b.merged_into_id IS NULL AND b.erased_at IS NULL
                WHERE d.settled_at IS NULL AND {condition}
                ORDER BY d.id DESC LIMIT %(limit)s""",
            values | {"limit": limit + 1},
        )
        found = db.fetchall()
    rows = _with_workers(found[:limit])
    return DuplicatePage(rows, encode_cursor([rows[-1].id]) if len(found) > limit else None)


def get_duplicate(duplicate_id: int, *, actor: Actor) -> DuplicateRow:
    """Return one open pair in the actor's scope; raise ``NotFound``."""
    condition, values = _scope(actor)
    with connection.cursor() as db:
        db.execute(
            f"""SELECT d.id, d.first_id, d.second_id, d.signs, d.found_at
                FROM people_duplicatecandidate d
                WHERE d.id = %(id)s AND d.settled_at IS NULL AND {condition}""",
            values | {"id": duplicate_id},
        )
        found = db.fetchall()
    if not found:
        raise NotFound()
    return _with_workers(found)[0]


def _scope(actor: Actor) -> tuple[str, dict[str, Any]]:
    if policy.scope_paths(actor, permissions.MERGE) == (policy.EVERYWHERE,):
        return "true", {}
    first, values = permissions.scope_condition(actor, permissions.MERGE, "d.first_id")
    second, _ = permissions.scope_condition(actor, permissions.MERGE, "d.second_id")
    no_first = permissions.placeless_condition("d.first_id")
    no_second = permissions.placeless_condition("d.second_id")
    return (
        f"(({first} AND ({second} OR {no_second})) OR ({second} AND {no_first}))",
        values,
    )


def _with_workers(found: list[tuple[Any, ...]]) -> list[DuplicateRow]:
    people = worker_rows({row[1] for row in found} | {row[2] for row in found})
    return [DuplicateRow(row[0], people[row[1]], people[row[2]], *row[3:]) for row in found]


def list_undoable_merges(*, actor: Actor, now: datetime, limit: int = PAGE_LIMIT) -> list[MergeRow]:
    """Return the merges in the actor's scope that can still be undone, the newest first."""
    condition, values = permissions.scope_condition(actor, permissions.MERGE, "m.kept_id")
    with connection.cursor() as db:
        db.execute(
            f"""SELECT m.id, m.kept_id, m.folded_id, m.merged_at, m.undo_until, m.undone_at
                FROM people_merge m
                WHERE m.undone_at IS NULL AND m.undo_until >= %(now)s AND {condition}
                ORDER BY m.id DESC LIMIT %(limit)s""",
            values | {"now": now, "limit": max(1, min(limit, PAGE_LIMIT))},
        )
        found = db.fetchall()
    people = worker_rows({row[1] for row in found} | {row[2] for row in found})
    return [MergeRow(row[0], people[row[1]], people[row[2]], *row[3:]) for row in found]
