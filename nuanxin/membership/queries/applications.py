"""The committee's queue: what waits, what is clean, what is doubtful and why, what was decided."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.cursor import encode_cursor
from nuanxin.kernel.decision import Decision
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.occupations import by_key
from nuanxin.membership import permissions
from nuanxin.membership.queries.members import masked
from nuanxin.membership.queries.scope import path_range, read_cursor
from nuanxin.membership.rules.doubts import Doubt, doubts_in
from nuanxin.membership.rules.review import ReviewFacts, may_approve
from nuanxin.membership.states import Channel, JoinState
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.states import EVENT_COLUMNS

PAGE_LIMIT = 100
RUNS_LIMIT = 20
EVENTS_LIMIT = 50


class Queue(StrEnum):
    """The parts of the queue."""

    CLEAN = "clean"
    DOUBTFUL = "doubtful"
    OVERDUE = "overdue"
    INVITED = "invited"
    RETURNED = "returned"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            "clean": "可以一起通过",
            "doubtful": "要看一眼",
            "overdue": "已过时限",
            "invited": "等本人确认",
            "returned": "等本人补正",
        }[self.value]


_CONDITIONS = {
    Queue.CLEAN: "a.state = 2 AND a.doubts = 0",
    Queue.DOUBTFUL: "a.state = 2 AND a.doubts <> 0",
    Queue.OVERDUE: "a.state = 2 AND a.due_on < %(today)s",
    Queue.INVITED: "a.state = 1",
    Queue.RETURNED: "a.state = 3",
}


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One application in a list; number and phone are masked, ``days_left`` counts to the due day."""

    id: int
    worker_id: int
    name: str
    masked_identity: str
    masked_phone: str
    occupation_label: str
    place_stated: str
    union_id: int
    union_name: str
    channel: Channel
    state: JoinState
    doubts: tuple[Doubt, ...]
    created_at: datetime
    due_on: date | None
    expires_on: date | None
    days_left: int | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class ApplicationPage:
    """A page of the queue; ``next`` is the cursor of the following page, None on the last."""

    items: tuple[ApplicationRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many wait, by part of the queue, and the oldest due day among those to be reviewed."""

    clean: int
    doubtful: int
    overdue: int
    invited: int
    returned: int
    first_due_on: date | None

    @property
    def to_review(self) -> int:
        """Return how many wait for the committee."""
        return self.clean + self.doubtful


def list_applications(
    *,
    actor: Actor,
    union_id: int,
    part: Queue,
    now: datetime,
    cursor: str | None = None,
    limit: int = 50,
) -> ApplicationPage:
    """Return a page of the queue of a union and all below it, the most urgent first.

    Raises ``NotFound`` out of scope, ``Forbidden`` without the right to see it.
    """
    values = _scope(actor, union_id, now)
    limit = max(1, min(limit, PAGE_LIMIT))
    order = "a.due_on" if part in (Queue.CLEAN, Queue.DOUBTFUL, Queue.OVERDUE) else "a.expires_on"
    condition = _CONDITIONS[part]
    if cursor:
        day, number = read_cursor(cursor, date, int)
        values |= {"day": day, "number": number}
        condition += f" AND (coalesce({order}, 'infinity'), a.id) > (%(day)s::date, %(number)s)"
    rows = _fetch(
        f"""{_SHOWN} WHERE a.union_id IN (SELECT id FROM scope) AND {condition}
            ORDER BY coalesce({order}, 'infinity'), a.id LIMIT %(limit)s""",
        values | {"limit": limit + 1},
    )
    shown = rows[:limit]
    after = None
    if len(rows) > limit:
        last = _row(shown[-1], actor, now)
        day_key = last.due_on if order == "a.due_on" else last.expires_on
        after = encode_cursor([day_key.isoformat() if day_key else "infinity", last.id])
    return ApplicationPage(tuple(_row(row, actor, now) for row in shown), after)


def count_applications(*, actor: Actor, union_id: int, now: datetime) -> QueueCounts:
    """Return what waits below a union, counted by part of the queue."""
    (row,) = _fetch(
        """WITH scope AS MATERIALIZED (
               SELECT id FROM orgs_union WHERE path >= %(low)s AND path < %(high)s)
           SELECT count(*) FILTER (WHERE state = 2 AND doubts = 0),
                  count(*) FILTER (WHERE state = 2 AND doubts <> 0),
                  count(*) FILTER (WHERE state = 2 AND due_on < %(today)s),
                  count(*) FILTER (WHERE state = 1),
                  count(*) FILTER (WHERE state = 3),
                  min(due_on) FILTER (WHERE state = 2)
           FROM membership_joinapplication
           WHERE state IN (1, 2, 3) AND union_id IN (SELECT id FROM scope)""",
        _scope(actor, union_id, now),
    )
    return QueueCounts(*row)


_SHOWN = """
WITH scope AS MATERIALIZED (
    SELECT id FROM orgs_union WHERE path >= %(low)s AND path < %(high)s)
SELECT a.id, a.worker_id, w.name, w.identity_hint, w.phone_hint, a.occupation,
       coalesce(o.name, a.place_stated), u.id, u.name, a.channel, a.state, a.doubts, a.created_at,
       a.due_on, a.expires_on
FROM membership_joinapplication a
JOIN people_worker w ON w.id = a.worker_id
JOIN orgs_union u ON u.id = a.union_id
LEFT JOIN orgs_outlet o ON o.id = a.outlet_id
"""


def _row(row: tuple[Any, ...], actor: Actor, now: datetime) -> ApplicationRow:
    due = row[13]
    return ApplicationRow(
        id=row[0],
        worker_id=row[1],
        name=row[2],
        masked_identity=masked(row[3], 4, 10),
        masked_phone=masked(row[4], 3, 4),
        occupation_label=by_key(row[5]).label,
        place_stated=row[6],
        union_id=row[7],
        union_name=row[8],
        channel=Channel(row[9]),
        state=JoinState(row[10]),
        doubts=doubts_in(row[11]),
        created_at=row[12],
        due_on=due,
        expires_on=row[14],
        days_left=(due - business_day(now)).days if due else None,
        is_own=permissions.is_own_person(actor, row[1]),
    )


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """Another record that a doubt is about, masked; ``union_name`` "" outside one's scope."""

    worker_id: int
    name: str
    masked_phone: str
    sign: str
    union_name: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of an application."""

    at: datetime
    kind: str
    actor_name: str
    note: str


@dataclass(frozen=True, slots=True)
class ApplicationDetail:
    """One application with all that a reviewer looks at; ``decision`` is what approving would meet."""

    row: ApplicationRow
    sex: str
    birth_on: date | None
    work_adcode: int | None
    confirmed_via: str
    decided_at: datetime | None
    decided_by_name: str
    decision_note: str
    escalated_at: datetime | None
    membership_elsewhere: str
    others: tuple[OtherRecord, ...]
    history: tuple[Happening, ...]
    decision: Decision


def get_application(*, actor: Actor, application_id: int, now: datetime) -> ApplicationDetail:
    """Return one application in scope with its doubts, its history and what can be decided.

    Raises ``NotFound`` out of scope; the person himself sees his own.
    """
    rows = _fetch(
        _SHOWN.replace("a.due_on, a.expires_on", f"a.due_on, a.expires_on, {_MORE}")
        + " WHERE a.id = %(id)s",
        {"id": application_id, "low": "", "high": ""},
    )
    if not rows:
        raise NotFound()
    row = rows[0]
    permissions.check_can_view(actor, path=row[15], worker_id=row[1])
    shown = _row(row, actor, now)
    paths = permissions.view_paths(actor)
    facts = ReviewFacts(
        state=shown.state,
        doubts=row[11],
        is_own=shown.is_own,
        union_takes_members=row[24],
        is_member_elsewhere=row[25] is not None,
    )
    in_scope = row[26] is not None and any(row[26].startswith(path) for path in paths)
    return ApplicationDetail(
        row=shown,
        sex=row[16],
        birth_on=row[17],
        work_adcode=row[18],
        confirmed_via=row[19],
        decided_at=row[20],
        decided_by_name=row[21],
        decision_note=row[22],
        escalated_at=row[23],
        membership_elsewhere=(row[25] if in_scope else "别处的工会") if row[25] else "",
        others=_others(shown.worker_id, paths) if paths else (),
        history=_history(application_id),
        decision=may_approve(facts),
    )


_MORE = """u.path, w.sex, w.birth_on, a.work_adcode, a.confirmed_via, a.decided_at,
       a.decided_by_name, a.decision_note, a.escalated_at,
       u.accepts_members AND u.ended_on IS NULL AND u.state NOT IN ('merged', 'dissolved'),
       (SELECT x.name FROM membership_membership m JOIN orgs_union x ON x.id = m.union_id
        WHERE m.worker_id = a.worker_id AND m.ended_on IS NULL),
       (SELECT x.path FROM membership_membership m JOIN orgs_union x ON x.id = m.union_id
        WHERE m.worker_id = a.worker_id AND m.ended_on IS NULL)"""

_SIGNS = {"identity_stated": "填了同一个身份证号", "phone": "同一个手机号"}


def _others(worker_id: int, paths: tuple[str, ...]) -> tuple[OtherRecord, ...]:
    """Return the records with the same phone, and those paired with this one, a few.

    Of a record outside the reviewer's scope only a masked name is shown: enough to ask upward.
    """
    rows = _fetch(
        """WITH me AS (SELECT id, phone_hash FROM people_worker WHERE id = %(worker)s),
           near AS (
               SELECT o.id, 'phone' AS sign FROM me JOIN people_worker o
                   ON o.phone_hash = me.phone_hash AND o.id <> me.id AND o.merged_into_id IS NULL
               UNION
               SELECT CASE d.first_id WHEN me.id THEN d.second_id ELSE d.first_id END,
                      'identity_stated'
               FROM me JOIN people_duplicatecandidate d
                   ON me.id IN (d.first_id, d.second_id) AND d.settled_at IS NULL
               WHERE 'identity_stated' = ANY (d.signs))
           SELECT w.id, w.name, w.phone_hint, n.sign, u.name,
                  coalesce((SELECT bool_or(starts_with(u.path, p)) FROM unnest(%(paths)s::text[]) p),
                           false)
           FROM near n JOIN people_worker w ON w.id = n.id
           LEFT JOIN membership_membership m ON m.worker_id = w.id AND m.ended_on IS NULL
           LEFT JOIN orgs_union u ON u.id = m.union_id
           ORDER BY n.sign, w.id LIMIT 6""",
        {"worker": worker_id, "paths": list(paths)},
    )
    return tuple(
        OtherRecord(
            worker_id=number if is_in_scope else 0,
            name=name if is_in_scope else f"{name[:1]}**",
            masked_phone=masked(hint, 3, 4),
            sign=_SIGNS[sign],
            union_name=(union or "") if is_in_scope else "",
        )
        for number, name, hint, sign, union, is_in_scope in rows
    )


def _history(application_id: int) -> tuple[Happening, ...]:
    rows = _fetch(
        f"""SELECT {EVENT_COLUMNS} FROM records_event
            WHERE subject_type = 'application' AND subject_id = %(id)s ORDER BY id LIMIT %(limit)s""",
        {"id": application_id, "limit": EVENTS_LIMIT},
    )
    return tuple(
        Happening(row[0], row[1], row[3], str(json.loads(row[7] or "{}").get("note", "")))
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class RunRow:
    """A decision that can still be taken back by the actor."""

    id: int
    verdict: JoinState
    persons: int
    decided_at: datetime
    undo_until: datetime


def list_my_runs(*, actor: Actor, now: datetime) -> tuple[RunRow, ...]:
    """Return the actor's own decisions that can still be undone, the newest first."""
    rows = _fetch(
        """SELECT id, verdict, persons, decided_at, undo_until FROM membership_decisionrun
           WHERE decided_by = %(account)s AND undone_at IS NULL AND undo_until >= %(now)s
           ORDER BY id DESC LIMIT %(limit)s""",
        {"account": actor.account_id, "now": now, "limit": RUNS_LIMIT},
    )
    return tuple(RunRow(row[0], JoinState(row[1]), *row[2:]) for row in rows)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """Something a union is asked to do."""

    id: int
    kind: str
    title: str
    union_id: int
    union_name: str
    union_code: str
    due_on: date | None
    created_at: datetime
    subject_key: str = ""


def list_tasks(*, actor: Actor, union_id: int, now: datetime, limit: int = 50) -> list[TaskRow]:
    """Return the open tasks of a union itself, the most urgent first."""
    values = _scope(actor, union_id, now)
    rows = _fetch(
        """SELECT t.id, t.kind, t.title, u.id, u.name, u.code, t.due_on, t.created_at,
                  t.subject_key
           FROM membership_task t JOIN orgs_union u ON u.id = t.union_id
           WHERE t.done_at IS NULL AND u.path >= %(low)s AND u.path < %(high)s
           ORDER BY coalesce(t.due_on, 'infinity'), t.id LIMIT %(limit)s""",
        values | {"limit": min(limit, PAGE_LIMIT)},
    )
    return [TaskRow(*row) for row in rows]


def _scope(actor: Actor, union_id: int, now: datetime) -> dict[str, Any]:
    union = get_union(union_id)
    permissions.check_can_view(actor, path=union.path)
    low, high = path_range(union.path)
    return {"low": low, "high": high, "today": business_day(now)}


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
