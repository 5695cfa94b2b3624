"""Two records turn out to be one person: his applications move; of two for one offer,
or for one hour, the later ends, its place goes to the next in line, and he and the desk are told.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict
from nuanxin.notices.actions import notify
from nuanxin.programmes.actions.passing_on import pass_on_places
from nuanxin.programmes.actions.posting import fill_list
from nuanxin.programmes.states import OfferState
from nuanxin.records.actions import append_event

# Whoever gives or ends a place of one of the two meanwhile waits for the merge, or it for him.
_LOCK = """
SELECT 1 FROM programmes_application
WHERE worker_id IN (%(kept)s, %(folded)s) AND state IN (1, 2, 3, 4, 7) ORDER BY id FOR UPDATE
"""
# Of two live ones for the same offer the one nearer to a place stays; the earlier of equals.
_SAME_OFFER = """
    SELECT CASE WHEN f.state > k.state OR (f.state = k.state
                     AND (f.rank, f.applied_at, f.id) < (k.rank, k.applied_at, k.id))
                THEN k.id ELSE f.id END AS id
    FROM programmes_application k JOIN programmes_application f ON f.offer_id = k.offer_id
    WHERE k.worker_id = %(kept)s AND f.worker_id = %(folded)s
      AND k.state IN (1, 2, 3, 4, 7) AND f.state IN (1, 2, 3, 4, 7)
"""
# Nobody is in two places at one hour: of sessions to come that overlap the one applied for earlier stays.
_SAME_HOUR = """
    SELECT DISTINCT CASE WHEN (f.applied_at, f.id) < (k.applied_at, k.id) THEN k.id ELSE f.id END
        AS id
    FROM programmes_application k
    JOIN programmes_booking kb ON kb.application_id = k.id AND kb.ended_at IS NULL
    JOIN programmes_session ks ON ks.id = kb.session_id AND ks.starts_at > %(now)s
    JOIN programmes_application f ON f.worker_id = %(folded)s AND f.state = 4
    JOIN programmes_booking fb ON fb.application_id = f.id AND fb.ended_at IS NULL
    JOIN programmes_session fs ON fs.id = fb.session_id
    WHERE k.worker_id = %(kept)s AND k.state = 4 AND f.offer_id <> k.offer_id
      AND ks.starts_at < fs.ends_at AND fs.starts_at < ks.ends_at
"""
_END = """
WITH losing AS ({losing}), before AS (
    SELECT a.id, a.state, a.pool_id, o.id AS offer_id, o.title, o.union_id, o.state AS offer_state,
           o.confirm_hours
    FROM losing l JOIN programmes_application a ON a.id = l.id
    JOIN programmes_offer o ON o.id = a.offer_id
), ended AS (
    UPDATE programmes_application a SET state = 5, ended_at = %(now)s, keep_until = NULL,
        seat_id = NULL, taken_at = NULL
    FROM losing l WHERE a.id = l.id
)
SELECT id, state, pool_id, offer_id, title, union_id, offer_state, confirm_hours FROM before
ORDER BY id
"""
_REOPENED = """
SELECT a.id, a.state, a.pool_id, o.id, o.title, o.union_id, o.state, o.confirm_hours
FROM programmes_application a JOIN programmes_offer o ON o.id = a.offer_id
WHERE a.id = ANY (%(ids)s) AND a.state IN (1, 2) ORDER BY a.id
"""
# Children move with their guardian's record; the same child under both would stand twice.
_SAME_CHILD = """
SELECT 1 FROM programmes_child k JOIN programmes_child f ON f.person = k.person
WHERE k.worker_id = %(kept)s AND f.worker_id = %(folded)s
  AND k.erased_at IS NULL AND f.erased_at IS NULL LIMIT 1
"""
_MOVE = """
UPDATE programmes_application SET worker_id = %(to)s WHERE worker_id = %(from)s RETURNING id
"""
_BACK = "UPDATE programmes_application SET worker_id = %(to)s WHERE id = ANY (%(ids)s)"
# A place that was freed may be somebody else's by now: the application comes back as waiting, for
# itself: his family may have got their places meanwhile.
_REOPEN = """
UPDATE programmes_application a SET state = least(e.state, 2), ended_at = NULL, party_id = NULL
FROM unnest(%(ids)s::bigint[], %(states)s::smallint[]) AS e (id, state)
WHERE a.id = e.id AND a.state = 5
"""

# Of two reminders for the same offer and fact the one that was told stays; a kind turned off stays off.
_FOLD_REMINDERS = """
WITH pairs AS (
    SELECT CASE WHEN f.told_at IS NOT NULL AND k.told_at IS NULL THEN k.id ELSE f.id END AS id
    FROM programmes_offerreminder k JOIN programmes_offerreminder f ON f.offer_id = k.offer_id
        AND f.fact = k.fact
    WHERE k.worker_id = %(kept)s AND f.worker_id = %(folded)s
)
DELETE FROM programmes_offerreminder n USING pairs p WHERE n.id = p.id RETURNING to_jsonb(n)
"""
_FOLD_OFF = """
DELETE FROM programmes_reminderoff f USING programmes_reminderoff k
WHERE f.worker_id = %(folded)s AND k.worker_id = %(kept)s AND f.kind = k.kind
RETURNING to_jsonb(f)
"""
_PUT_BACK = """
INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, row)).*
FROM jsonb_array_elements(%(rows)s::jsonb) AS row
"""
# Of two open requests for a look at the same programme the kept record's stays.
_FOLD_REVIEWS = """
UPDATE programmes_humanreview f SET state = 4
FROM programmes_humanreview k
WHERE f.worker_id = %(folded)s AND k.worker_id = %(kept)s AND f.programme_id = k.programme_id
  AND f.state IN (1, 2) AND k.state IN (1, 2)
RETURNING f.id
"""
_REOPEN_REVIEWS = """
UPDATE programmes_humanreview SET state = CASE WHEN taken_at IS NULL THEN 1 ELSE 2 END
WHERE id = ANY (%(ids)s) AND state = 4
"""


@dataclass(slots=True)
class ProgrammesMergeStep:
    """The step of 服务 in a merge of two records."""

    name: str = "programmes"

    def fold(self, *, kept_id: int, folded_id: int, actor: Actor, now: datetime) -> dict[str, Any]:
        """End what would be double, move the rest; return what takes it back."""
        with connection.cursor() as cursor:
            cursor.execute(_SAME_CHILD, {"kept": kept_id, "folded": folded_id})
            if cursor.fetchone() is not None:
                raise Conflict(
                    "programmes.same_child_twice",
                    "两份档案都登记了同一个孩子。请本人先删掉其中一份孩子的资料，再合并。",
                )
            both: dict[str, Any] = {"kept": kept_id, "folded": folded_id, "now": now}
            cursor.execute(_LOCK, both)
            doubled = _end(cursor, _SAME_OFFER, both)
            clashing = _end(cursor, _SAME_HOUR, both)
            cursor.execute(_MOVE, {"to": kept_id, "from": folded_id})
            moved = [int(row[0]) for row in cursor.fetchall()]
            reminders = _folded(cursor, _FOLD_REMINDERS, kept_id, folded_id)
            off = _folded(cursor, _FOLD_OFF, kept_id, folded_id)
            cursor.execute(_FOLD_REVIEWS, {"kept": kept_id, "folded": folded_id})
            reviews = [int(row[0]) for row in cursor.fetchall()]
        _record_ended([*doubled, *clashing], actor, now)
        _tell_ended(doubled, clashing, kept_id, actor, now)
        _pass_on_later([*doubled, *clashing], now)
        return {
            "ended": [(one.id, one.state) for one in (*doubled, *clashing)],
            "ended_titles": [one.title for one in (*doubled, *clashing)],
            "moved": moved,
            "reminders": reminders,
            "off": off,
            "reviews": reviews,
        }

    def unfold(
        self, memo: Any, *, kept_id: int, folded_id: int, actor: Actor, now: datetime
    ) -> None:
        """Move back what was moved; what was ended asks or waits again."""
        with connection.cursor() as cursor:
            cursor.execute(_BACK, {"to": folded_id, "ids": memo["moved"]})
            ids = [one[0] for one in memo["ended"]]
            cursor.execute(_REOPEN, {"ids": ids, "states": [one[1] for one in memo["ended"]]})
            cursor.execute(_REOPENED, {"ids": ids})
            reopened = [_Ended(*row) for row in cursor.fetchall()]
            cursor.execute(_REOPEN_REVIEWS, {"ids": memo.get("reviews", [])})
            for table, rows in (
                ("programmes_offerreminder", memo.get("reminders", [])),
                ("programmes_reminderoff", memo.get("off", [])),
            ):
                cursor.execute(_PUT_BACK.format(table=table), {"rows": json.dumps(rows)})
        _tell_reopened(reopened, actor, now)
        _pass_on_later(reopened, now)


@dataclass(frozen=True, slots=True)
class _Ended:
    """An application that a merge ended, or an undo opened again; ``state`` is what it was, or is."""

    id: int
    state: int
    pool_id: int
    offer_id: int
    title: str
    union_id: int
    offer_state: int
    confirm_hours: int


def _end(cursor: Any, losing: str, both: dict[str, Any]) -> list[_Ended]:
    cursor.execute(_END.format(losing=losing), both)
    return [_Ended(*row) for row in cursor.fetchall()]


def _record_ended(ended: Sequence[_Ended], actor: Actor, now: datetime) -> None:
    for one in ended:
        append_event(
            "programmes.application_folded", actor=actor, at=now,
            subject_type="programme_application", subject_id=one.id, union_id=one.union_id,
        )  # fmt: skip


def _tell_ended(
    doubled: Sequence[_Ended], clashing: Sequence[_Ended], worker_id: int, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Tell the person, and the officer who merged as his receipt, what stays and what went on."""
    told = [f"“{one.title}”报了两次，留一份，有名额的、先报的留下。" for one in doubled]
    told += [f"“{one.title}”和另一场撞了时间，先报的留下，这一场让给下一位。" for one in clashing]
    if not told:
        return
    shared: dict[str, Any] = {
        "kind": "programmes.merged_double",
        "title": "档案合并了，重复的报名留一份",
        "now": now,
    }
    body = "".join(told)
    notify(**shared, body=body, url="/programmes/mine/", worker_id=worker_id)
    if actor.account_id is not None:
        notify(**shared, body=body, url="/desk/duplicates/", account_id=actor.account_id)


def _tell_reopened(reopened: Sequence[_Ended], actor: Actor, now: datetime) -> None:
    """Tell whose application is back that its place may be somebody else's by now."""
    if not reopened:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, worker_id FROM programmes_application WHERE id = ANY (%(ids)s)",
            {"ids": [one.id for one in reopened]},
        )
        owners = dict(cursor.fetchall())
    for one in reopened:
        notify(
            kind="programmes.merged_double",
            title="档案分开了，报名恢复了",
            body=f"“{one.title}”的报名恢复了，要排队：原来的名额可能已经给了别人，有空的马上给你留。",
            url="/programmes/mine/",
            worker_id=owners[one.id],
            now=now,
        )


def _pass_on_later(ended: Sequence[_Ended], now: datetime) -> None:
    """Give on what became free once the merge is committed, so that the next sees it."""
    for one in ended:
        if one.offer_state == OfferState.PUBLICITY:
            transaction.on_commit(partial(fill_list, offer_id=one.offer_id, now=now))
        else:
            transaction.on_commit(
                partial(pass_on_places, pool_id=one.pool_id, hours=one.confirm_hours, now=now)
            )


def _folded(cursor: Any, statement: str, kept_id: int, folded_id: int) -> list[Any]:
    cursor.execute(statement, {"kept": kept_id, "folded": folded_id})
    return [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]
