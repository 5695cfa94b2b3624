"""The rows behind a number: the memberships that a figure of 会籍 counted, one by one.

The same definition as the sum over flows, read from the memberships themselves; that both agree is
what makes a number provable. A row has a sign: an approval taken back after the period it was
counted in is taken off in the period of the taking back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.membership.figures.definitions import FIRST, LEFT, LIVE, NEW, TRANSFERRED_IN
from nuanxin.membership.figures.reading import _rows
from nuanxin.membership.states import EndReason

Spans = Mapping[tuple[date, date], Sequence[int]]
"""Union ids by the days (both included) on which they stood in the subtree."""

# Each figure as parts of (sign, the day that counts, conditions on the membership m).
_NOT_UNDONE_SO_FAR = (
    "NOT (m.ended_on IS NOT NULL AND m.end_reason = %(undone)s AND m.ended_on <= %(end)s)"
)
_OPENED = "m.previous_id IS NULL"
_EARLIER = (
    "EXISTS (SELECT 1 FROM membership_membership e WHERE e.worker_id = m.worker_id AND e.id < m.id"
    " AND e.ended_on IS NOT NULL AND e.end_reason <> %(undone)s)"
)
_PARTS: dict[str, tuple[tuple[int, str, str], ...]] = {
    NEW.code: (
        (1, "m.started_on", f"{_OPENED} AND {_NOT_UNDONE_SO_FAR}"),
        (-1, "m.ended_on", f"{_OPENED} AND m.end_reason = %(undone)s AND m.started_on < %(start)s"),
    ),
    FIRST.code: ((1, "m.started_on", f"{_OPENED} AND NOT {_EARLIER}"),),
    LEFT.code: ((1, "m.ended_on", "m.end_reason = ANY(%(left)s) AND m.retained_on IS NULL"),),
    TRANSFERRED_IN.code: (
        (
            1,
            "m.started_on",
            "EXISTS (SELECT 1 FROM membership_membership e WHERE e.id = m.previous_id"
            " AND e.end_reason = %(transferred)s AND e.retained_on IS NULL)",
        ),
    ),
}
_LIVE = (
    "m.started_on <= %(end)s AND (m.ended_on IS NULL OR m.ended_on > %(end)s)"
    " AND (m.retained_on IS NULL OR m.retained_on > %(end)s)"
)
WITH_ROWS = frozenset({LIVE.code, *_PARTS})
"""Codes of the figures whose rows can be shown."""


@dataclass(frozen=True, slots=True)
class CountedRow:
    """One membership that was counted; ``sign`` −1 where it was taken off again."""

    membership_id: int
    worker_id: int
    union_id: int
    occupation: int
    channel: int
    counted_on: date
    sign: int


def counted_rows(
    code: str,
    spans: Spans,
    *,
    start: date,
    end: date,
    occupation: int | None = None,
    channel: int | None = None,
    after: int = 0,
    limit: int,
) -> list[CountedRow]:
    """Return the memberships behind a figure of a set of unions, by id, after ``after``.

    ``start`` is not used for a figure as of a day. Raises ``KeyError`` for a code without rows.
    """
    parts = ((1, "m.started_on", _LIVE),) if code == LIVE.code else _PARTS[code]
    cut = "(%(occupation)s::int IS NULL OR m.occupation = %(occupation)s)"
    cut += " AND (%(channel)s::int IS NULL OR m.channel = %(channel)s)"
    within = "%(end)s::date" if code == LIVE.code else "{day}"
    statement = " UNION ALL ".join(
        f"(SELECT m.id, m.worker_id, m.union_id, m.occupation, m.channel, {day}, {sign}"
        " FROM membership_membership m JOIN spans s ON s.union_id = m.union_id"
        f" AND {within.format(day=day)} BETWEEN s.first AND s.last"
        f" WHERE m.id > %(after)s AND {condition} AND {cut} ORDER BY m.id LIMIT %(limit)s)"
        for sign, day, condition in parts
    )
    rows = _rows(
        f"{_SPANS} SELECT * FROM ({statement}) AS counted ORDER BY 1 LIMIT %(limit)s",
        _values(spans)
        | {
            "start": start,
            "end": end,
            "occupation": occupation,
            "channel": channel,
            "after": after,
            "limit": limit,
        },
    )
    return [CountedRow(*row) for row in rows]


_SPANS = """
WITH spans AS MATERIALIZED (
    SELECT * FROM unnest(%(unions)s::bigint[], %(firsts)s::date[], %(lasts)s::date[])
        AS s (union_id, first, last))
"""


def _values(spans: Spans) -> dict[str, Any]:
    flat = [(union, first, last) for (first, last), unions in spans.items() for union in unions]
    return {
        "unions": [union for union, _, _ in flat],
        "firsts": [first for _, first, _ in flat],
        "lasts": [last for _, _, last in flat],
        "undone": int(EndReason.APPROVAL_UNDONE),
        "transferred": int(EndReason.TRANSFERRED),
        "left": [
            int(reason)
            for reason in (EndReason.LEFT, EndReason.LAPSED, EndReason.EXPELLED, EndReason.DECEASED)
        ],
    }
