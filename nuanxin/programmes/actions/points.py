"""Points of applicants, as a table, pasted or in a file: seen first, entered once, taken back by what stood before."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.programmes.actions.awarding import LARGEST_POINTS
from nuanxin.programmes.actions.offers import _for_update
from nuanxin.programmes.models import Offer
from nuanxin.programmes.states import OfferState, Way
from nuanxin.records.actions import append_event

MOST_ROWS = 5_000
_SEPARATOR = re.compile(r"[\s,，;；:：]+")
_ENTERED, _TAKEN_BACK = "programmes.points_set", "programmes.points_taken_back"


@dataclass(frozen=True, slots=True)
class PointsRead:
    """What a pasted table says: points by application, and the lines that were not understood."""

    points: dict[int, int]
    unmatched: tuple[str, ...]


_KNOWN = """
SELECT id FROM programmes_application
WHERE offer_id = %(offer)s AND state = 1 AND id = ANY (%(ids)s)
"""
_SET = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(points)s::int[]) AS g (id, points)
), before AS (
    SELECT a.id, a.points FROM programmes_application a JOIN given g ON g.id = a.id
    WHERE a.offer_id = %(offer)s AND a.state = 1 ORDER BY a.id FOR UPDATE OF a
), changed AS (
    UPDATE programmes_application a SET points = g.points FROM given g, before b
    WHERE a.id = g.id AND b.id = a.id AND b.points IS DISTINCT FROM g.points RETURNING a.id
)
SELECT b.id, b.points FROM before b JOIN changed c ON c.id = b.id
"""
_LAST = """
SELECT e.kind, e.data FROM records_event e
WHERE e.subject_type = 'programme_offer' AND e.subject_id = %(offer)s AND e.kind = ANY (%(kinds)s)
ORDER BY e.id DESC LIMIT 1
"""


def read_points(offer: Offer, text: str) -> PointsRead:
    """Return what a pasted table says: a line an applicant, 报名编号 and points; header lines too.

    A line that is not understood, names nobody who waits for the decision, or names somebody twice with
    different points is told as it stands. Raises ``Malformed`` programmes.too_many_rows.
    """
    numbered = enumerate((line.strip() for line in text.splitlines()), start=1)
    lines = [(number, line) for number, line in numbered if line]
    if len(lines) > MOST_ROWS:
        raise Malformed("programmes.too_many_rows", f"一次最多 {MOST_ROWS:,} 行。分几次贴。")
    read = [(number, line, _parts(line)) for number, line in lines]
    wanted = sorted({parts[0] for _, _, parts in read if parts})
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"offer": offer.id, "ids": wanted})
        known = {row[0] for row in cursor.fetchall()}
    points: dict[int, int] = {}
    unmatched = []
    for number, line, parts in read:
        if parts is None or parts[0] not in known:
            unmatched.append(f"第 {number} 行：{line[:40]}")
        elif points.setdefault(parts[0], parts[1]) != parts[1]:
            unmatched.append(f"第 {number} 行和前面的分数不一样：{line[:40]}")
    return PointsRead(points, tuple(unmatched))


def _parts(line: str) -> tuple[int, int] | None:
    """Return application and points of a line, None for one that is neither."""
    parts = [part for part in _SEPARATOR.split(line) if part]
    is_sound = len(parts) >= 2 and all(p.isascii() and p.isdigit() for p in (parts[0], parts[-1]))
    if not is_sound or len(parts[0]) > 18 or len(parts[-1]) > 9:
        return None
    return int(parts[0]), int(parts[-1])


@transaction.atomic
def enter_points(*, offer_id: int, points: dict[int, int], actor: Actor, now: datetime) -> int:
    """Enter points by application; return of how many they changed. What stood before is kept.

    The same table twice changes nothing the second time, and leaves nothing to take back. Raises ``NotFound``, ``Forbidden``, ``Conflict`` programmes.wrong_way or programmes.state_moved_on,
    ``Malformed`` for none at all.
    """
    offer = _awaiting(offer_id, actor)
    if not points or any(not 0 <= one <= LARGEST_POINTS for one in points.values()):
        raise Malformed("programmes.no_points", "没有读到分数。一行一人：报名编号，空格，分数。")
    before = _set(offer, dict(points))
    if not before:
        return 0
    _record(_ENTERED, offer, actor, now, before)
    return len(before)


@transaction.atomic
def take_points_back(*, offer_id: int, actor: Actor, now: datetime) -> int:
    """Put back what stood before the last entering; return of how many. Once: then ``Conflict``."""
    offer = _awaiting(offer_id, actor)
    before = last_points_before(offer)
    if before is None:
        raise Conflict("programmes.nothing_to_undo", "没有可以撤回的分数。")
    done = _set(offer, before)
    _record(_TAKEN_BACK, offer, actor, now, done)
    return len(done)


def last_points_before(offer: Offer) -> dict[int, int | None] | None:
    """Return what stood before the last entering, None where there is nothing to take back."""
    values: dict[str, Any] = {"offer": offer.id, "kinds": [_ENTERED, _TAKEN_BACK]}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, values)
        row = cursor.fetchone()
    if row is None or row[0] != _ENTERED:
        return None
    data = json.loads(row[1]) if isinstance(row[1], str) else row[1]
    return {int(one): points for one, points in data["before"].items()}


def _set(offer: Offer, points: dict[int, Any]) -> dict[int, int | None]:
    values: dict[str, Any] = {
        "offer": offer.id,
        "ids": list(points),
        "points": list(points.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SET, values)
        return dict(cursor.fetchall())


def _awaiting(offer_id: int, actor: Actor) -> Offer:
    offer = _for_update(offer_id, actor)
    if offer.way not in (Way.SCORE, Way.NEED):
        raise Conflict("programmes.wrong_way", f"这一期的名额是{Way(offer.way).label}，不用录分。")
    if offer.state not in (OfferState.OPEN, OfferState.CLOSED):
        raise Conflict(
            "programmes.state_moved_on",
            f"这一期现在是“{OfferState(offer.state).label}”，分数不能再改。",
        )
    return offer


def _record(kind: str, offer: Offer, actor: Actor, now: datetime, before: dict[int, Any]) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_offer",
        subject_id=offer.id,
        union_id=offer.union_id,
        data={"applicants": len(before), "before": {str(k): v for k, v in before.items()}},
    )
