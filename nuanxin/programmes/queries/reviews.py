"""Requests for a human look at an answer: for the officers of the union, and for who asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.queries.members import masked
from nuanxin.membership.states import ToDo
from nuanxin.people.states import MyDataSection
from nuanxin.programmes import permissions
from nuanxin.programmes.models import HumanReview
from nuanxin.programmes.states import ReviewOutcome, ReviewState

PAGE_LIMIT = 50
MINE_LIMIT = 50


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A request with its answer, if there is one. ``frozen`` is the rule's answer when it was asked."""

    id: int
    worker_id: int
    worker_name: str
    masked_phone: str
    offer_id: int
    offer_code: str
    offer_title: str
    union_id: int
    union_name: str
    union_path: str
    state: ReviewState
    rule_answer: str
    asked_at: datetime
    has_reason: bool
    taken_by: Any
    taken_by_name: str
    taken_at: datetime | None
    answered_by_name: str
    answered_at: datetime | None
    outcome: ReviewOutcome | None
    answer: str
    frozen: dict[str, Any]
    due_on: date | None


_ROW = """
SELECT r.id, r.worker_id, w.name, w.phone_hint, r.offer_id, o.code, o.title, u.id, u.name, u.path,
       r.state, r.rule_answer, r.asked_at, r.reason_sealed IS NOT NULL, r.taken_by,
       r.taken_by_name, r.taken_at, r.answered_by_name, r.answered_at, r.outcome, r.answer, r.frozen,
       r.due_on
FROM programmes_humanreview r JOIN programmes_offer o ON o.id = r.offer_id
JOIN orgs_union u ON u.id = o.union_id JOIN people_worker w ON w.id = r.worker_id
"""
_IN_SCOPE = "EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))"
_OPEN = f"""{_ROW} WHERE r.state IN (1, 2) AND {_IN_SCOPE}
    AND (%(after)s::bigint IS NULL OR (r.asked_at, r.id) >
         (SELECT b.asked_at, b.id FROM programmes_humanreview b WHERE b.id = %(after)s))
ORDER BY r.asked_at, r.id LIMIT %(limit)s"""
_ANSWERED = f"""{_ROW} WHERE r.state = 3 AND {_IN_SCOPE}
    AND (%(after)s::bigint IS NULL OR (r.answered_at, r.id) <
         (SELECT b.answered_at, b.id FROM programmes_humanreview b WHERE b.id = %(after)s))
ORDER BY r.answered_at DESC, r.id DESC LIMIT %(limit)s"""


def list_reviews(
    *, actor: Actor, is_open: bool = True, after: int | None = None
) -> tuple[list[ReviewRow], int | None]:
    """Return the requests of offers below the actor's unions, and where the next page begins.

    Open ones the oldest first; answered ones the latest first.
    """
    values = {
        "paths": list(policy.scope_paths(actor, permissions.REVIEW_VIEW)),
        "after": after,
        "limit": PAGE_LIMIT + 1,
    }
    rows = _rows(_OPEN if is_open else _ANSWERED, values)
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many requests wait below somebody's unions; the first last day of them, None without one."""

    count: int
    late: int
    first_due_on: date | None


_WAITING = f"""SELECT count(*), count(*) FILTER (WHERE d.due_on < %(today)s), min(d.due_on) FROM (
    SELECT r.due_on FROM programmes_humanreview r JOIN programmes_offer o ON o.id = r.offer_id
    JOIN orgs_union u ON u.id = o.union_id
    WHERE r.state IN (1, 2) AND {_IN_SCOPE} ORDER BY r.asked_at, r.id LIMIT %(limit)s) d"""
MOST_COUNTED = 1_000


def count_waiting(*, actor: Actor, today: date) -> Waiting:
    """Count the open requests that the actor may answer, the oldest ``MOST_COUNTED`` of them."""
    paths = list(policy.scope_paths(actor, permissions.REVIEW_ANSWER))
    if not paths:
        return Waiting(0, 0, None)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"paths": paths, "today": today, "limit": MOST_COUNTED})
        return Waiting(*cursor.fetchone())


def reviews_to_do(actor: Actor, now: datetime) -> list[ToDo]:
    """Return the line of 待办 for the requests that wait, none when nobody waits."""
    waiting = count_waiting(actor=actor, today=business_day(now))
    if not waiting.count:
        return []
    late = f"其中 {waiting.late:,} 件过了答复的日子。" if waiting.late else ""
    return [
        ToDo(
            title=f"{waiting.count:,} 个人请人看看",
            text=f"他们觉得规则算得不对。{late}",
            url_name="desk-human-reviews",
            due_on=waiting.first_due_on,
            label="去看看",
        )
    ]


def get_review(review_id: int, *, actor: Actor) -> ReviewRow:
    """Return a request in the actor's scope; raise ``NotFound``."""
    rows = _rows(f"{_ROW} WHERE r.id = %(id)s", {"id": review_id})
    if not rows:
        raise NotFound()
    permissions.check_can_view_review(actor, path=rows[0].union_path)
    return rows[0]


def get_my_review(review_id: int, *, worker_id: int) -> ReviewRow:
    """Return one's own request; raise ``NotFound``, for somebody else's too."""
    rows = _rows(
        f"{_ROW} WHERE r.id = %(id)s AND r.worker_id = %(worker)s",
        {"id": review_id, "worker": worker_id},
    )
    if not rows:
        raise NotFound()
    return rows[0]


def list_my_reviews(worker_id: int) -> list[ReviewRow]:
    """Return one's own requests, the latest first."""
    return _rows(
        f"{_ROW} WHERE r.worker_id = %(worker)s ORDER BY r.id DESC LIMIT %(limit)s",
        {"worker": worker_id, "limit": MINE_LIMIT},
    )


def find_my_review(worker_id: int, offer_id: int) -> ReviewRow | None:
    """Return one's latest request about an offer that was not withdrawn, None without."""
    rows = _rows(
        f"""{_ROW} WHERE r.worker_id = %(worker)s AND r.offer_id = %(offer)s AND r.state <> 4
        ORDER BY r.id DESC LIMIT 1""",
        {"worker": worker_id, "offer": offer_id},
    )
    return rows[0] if rows else None


def has_exception(worker_id: int, offer_id: int) -> bool:
    """Return whether an officer let this person apply for this offer whatever its rule says."""
    return HumanReview.objects.filter(
        worker_id=worker_id, offer_id=offer_id, outcome=int(ReviewOutcome.EXCEPTION)
    ).exists()


def _rows(statement: str, values: dict[str, Any]) -> list[ReviewRow]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_row(row) for row in cursor.fetchall()]


def _row(row: Any) -> ReviewRow:
    head, tail = list(row[:10]), list(row[10:])
    head[3] = masked(head[3], 3, 4) if head[3] else ""
    tail[0] = ReviewState(tail[0])
    tail[9] = None if tail[9] is None else ReviewOutcome(tail[9])
    tail[11] = _json(tail[11])
    return ReviewRow(*head, *tail)


def _json(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


def _mine(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "offer": row.offer_title,
            "asked_at": row.asked_at,
            "rule_answer": _ANSWERS.get(row.rule_answer, ""),
            "state": row.state.label,
            "outcome": row.outcome.label if row.outcome else "",
            "answer": row.answer,
            "answered_at": row.answered_at,
            "answered_by": row.answered_by_name,
        }
        for record_id in record_ids
        for row in list_my_reviews(record_id)
    ]


_ANSWERS = {"no": "不能", "unknown": "还不能确定"}

MY_REVIEWS = MyDataSection(
    "programme_reviews",
    "请人看过的",
    {
        "offer": "哪一件",
        "asked_at": "提出时间",
        "rule_answer": "规则的结论",
        "state": "状态",
        "outcome": "结果",
        "answer": "答复",
        "answered_at": "答复时间",
        "answered_by": "答复人",
    },
    _mine,
)
