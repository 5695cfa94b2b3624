"""Two records turn out to be one person: his applications move; of two for one offer one ends."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict

# Of two live ones for the same offer the one nearer to a place stays; the earlier of equals.
_FOLD = """
WITH pairs AS (
    SELECT k.id AS kept, f.id AS folded, f.state > k.state AS folded_stays
    FROM programmes_application k JOIN programmes_application f ON f.offer_id = k.offer_id
    WHERE k.worker_id = %(kept)s AND f.worker_id = %(folded)s
      AND k.state IN (1, 2, 3, 4, 7) AND f.state IN (1, 2, 3, 4, 7)
), losing AS (
    SELECT CASE WHEN folded_stays THEN kept ELSE folded END AS id FROM pairs
), before AS (
    SELECT a.id, a.state FROM losing l JOIN programmes_application a ON a.id = l.id
), ended AS (
    UPDATE programmes_application a SET state = 5, ended_at = %(now)s, keep_until = NULL,
        seat_id = NULL, taken_at = NULL
    FROM losing l WHERE a.id = l.id
)
SELECT id, state FROM before
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

# Of two reminders for the same offer the one that was told stays; a kind turned off stays off.
_FOLD_REMINDERS = """
WITH pairs AS (
    SELECT CASE WHEN f.told_at IS NOT NULL AND k.told_at IS NULL THEN k.id ELSE f.id END AS id
    FROM programmes_offerreminder k JOIN programmes_offerreminder f ON f.offer_id = k.offer_id
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
            cursor.execute(_FOLD, {"kept": kept_id, "folded": folded_id, "now": now})
            ended = [(int(row[0]), int(row[1])) for row in cursor.fetchall()]
            cursor.execute(_MOVE, {"to": kept_id, "from": folded_id})
            moved = [int(row[0]) for row in cursor.fetchall()]
            reminders = _folded(cursor, _FOLD_REMINDERS, kept_id, folded_id)
            off = _folded(cursor, _FOLD_OFF, kept_id, folded_id)
            cursor.execute(_FOLD_REVIEWS, {"kept": kept_id, "folded": folded_id})
            reviews = [int(row[0]) for row in cursor.fetchall()]
        return {
            "ended": ended,
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
            cursor.execute(_REOPEN_REVIEWS, {"ids": memo.get("reviews", [])})
            for table, rows in (
                ("programmes_offerreminder", memo.get("reminders", [])),
                ("programmes_reminderoff", memo.get("off", [])),
            ):
                cursor.execute(_PUT_BACK.format(table=table), {"rows": json.dumps(rows)})


def _folded(cursor: Any, statement: str, kept_id: int, folded_id: int) -> list[Any]:
    cursor.execute(statement, {"kept": kept_id, "folded": folded_id})
    return [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]
