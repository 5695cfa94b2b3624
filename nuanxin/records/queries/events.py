"""The log within an actor's scope, and the readings in clear of a person."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import day_end, day_start
from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.records import permissions, states
from nuanxin.records.states import LIST_LIMIT


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as a list shows it."""

    id: int
    at: datetime
    kind: str
    actor_account: UUID | None
    actor_name: str
    subject_type: str
    subject_id: int | None
    union_id: int | None
    data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events, the newest first; ``next`` is the cursor of the following page."""

    items: list[EventRow]
    next: str | None


_FIELDS = {
    "identity": "身份证号",
    "phone": "手机号",
    "child_name": "孩子的姓名",
    "child_health": "孩子的健康情况",
    "pickup_name": "接送人的姓名",
    "pickup_phone": "接送人的手机号",
    "review_reason": "请人看看时写的话",
}


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reading in clear, as the person concerned sees it."""

    id: int
    at: datetime
    actor_name: str
    actor_post: str
    worker_id: int
    field: str
    purpose: str

    @property
    def field_label(self) -> str:
        """Return what was read, in Chinese."""
        return _FIELDS.get(self.field, self.field)


_EVENT_FIELDS = "id, at, kind, actor_account, actor_name, subject_type, subject_id, union_id, data"


def list_events(
    *,
    actor: Actor,
    first_day: date,
    last_day: date,
    kind: str = "",
    account_id: UUID | None = None,
    cursor: str = "",
    limit: int = LIST_LIMIT,
) -> EventPage:
    """Return the events of the days (Asia/Shanghai, both included) that the actor may see.

    ``kind`` is a whole kind ("membership.approved") or a package ("membership"). A period is
    required: it is what keeps a narrow scope from walking the whole log.
    Raises ``Forbidden`` without the right, ``Malformed`` for a foreign cursor.
    """
    limit = max(1, min(limit, LIST_LIMIT))
    conditions = ["at >= %(first)s", "at < %(end)s"]
    values: dict[str, Any] = {
        "first": day_start(first_day),
        "end": day_end(last_day),
        "limit": limit + 1,
    }
    _limit_to_scope(permissions.event_scope(actor), conditions, values)
    if kind:
        is_package = "." not in kind
        conditions.append("starts_with(kind, %(kind)s)" if is_package else "kind = %(kind)s")
        values["kind"] = f"{kind}." if is_package else kind
    if account_id is not None:
        conditions.append("actor_account = %(account)s")
        values["account"] = account_id
    if cursor:
        conditions.append("id < %(before)s")
        values["before"] = int(str(decode_cursor(cursor, length=1)[0]))
    where = " AND ".join(conditions)
    with connection.cursor() as db:
        db.execute(
            f"SELECT {_EVENT_FIELDS} FROM records_event WHERE {where} "
            "ORDER BY id DESC LIMIT %(limit)s",
            values,
        )
        rows = [_event_row(row) for row in db.fetchall()]
    following = encode_cursor([rows[limit - 1].id]) if len(rows) > limit else None
    return EventPage(items=rows[:limit], next=following)


def _event_row(row: tuple[Any, ...]) -> EventRow:
    data: Any = row[8]
    if isinstance(data, str):
        data = json.loads(data)
    return EventRow(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], data)


def _limit_to_scope(paths: tuple[str, ...], conditions: list[str], values: dict[str, Any]) -> None:
    if paths == (policy.EVERYWHERE,):
        return
    if not states.union_subtree_sql:
        conditions.append("false")
        return
    conditions.append(f"union_id IN ({states.union_subtree_sql})")
    values["prefixes"] = [path + "%" for path in paths]


def list_events_of(
    subject_type: str, subject_id: int, *, limit: int = LIST_LIMIT
) -> list[EventRow]:
    """Return what happened to one subject, the newest first; the caller has checked the subject."""
    with connection.cursor() as db:
        db.execute(
            f"SELECT {_EVENT_FIELDS} FROM records_event "
            "WHERE subject_type = %s AND subject_id = %s ORDER BY id DESC LIMIT %s",
            [subject_type, subject_id, max(1, min(limit, LIST_LIMIT))],
        )
        return [_event_row(row) for row in db.fetchall()]


def list_readings(
    worker_ids: Sequence[int], *, limit: int = LIST_LIMIT, before: int | None = None
) -> list[ReadingRow]:
    """Return the readings of these person records, the newest first; the caller has checked who.

    ``before`` is the id of the last row of the page shown before.
    """
    with connection.cursor() as db:
        db.execute(
            """SELECT id, at, actor_name, actor_post, worker_id, field, purpose
               FROM records_reading
               WHERE worker_id = ANY(%s) AND (%s::bigint IS NULL OR id < %s)
               ORDER BY id DESC LIMIT %s""",
            [list(worker_ids), before, before, max(1, min(limit, LIST_LIMIT))],
        )
        return [ReadingRow(*row) for row in db.fetchall()]


def list_workers_read_by(
    account_id: UUID, *, since: datetime, until: datetime, limit: int = 100_000
) -> list[int]:
    """Return whose records an account read in clear in a period: the drill after a breach."""
    with connection.cursor() as db:
        db.execute(
            """SELECT DISTINCT worker_id FROM records_reading
               WHERE actor_account = %s AND at >= %s AND at < %s ORDER BY worker_id LIMIT %s""",
            [account_id, since, until, limit],
        )
        return [row[0] for row in db.fetchall()]
