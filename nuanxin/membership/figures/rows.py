"""The rows behind a number: the memberships that a figure of 会籍 counted, one by one.

The same definition as the sum over flows, read from the memberships themselves; that both agree is
what makes a number provable. A row has a sign: an approval taken back after the period it was
counted in is taken off in the period of the taking back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nuanxin.kernel import clock
from nuanxin.membership.figures.definitions import (
    FIRST,
    LEFT,
    LIVE,
    NET,
    NEW,
    ON_HOLD,
    PUT_ON_HOLD,
    REACHABLE,
    RESTORED,
    SERVED,
    SERVICES,
    TRANSFERRED_IN,
    TRANSFERRED_OUT,
)
from nuanxin.membership.figures.reading import _rows
from nuanxin.membership.states import EndReason, FlowKind

Spans = Mapping[tuple[date, date], Sequence[int]]
"""Union ids by the days (both included) on which they stood in the subtree."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of a figure: their sign, the day that counts, conditions on the membership ``m``.

    ``join`` adds tables; ``nth`` is a second key, so that a membership may stand there twice.
    """

    sign: int
    day: str
    where: str
    nth: str = "0"
    join: str = ""


_NOT_UNDONE_SO_FAR = (
    "NOT (m.ended_on IS NOT NULL AND m.end_reason = %(undone)s AND m.ended_on <= %(end)s)"
)
_OPENED = "m.previous_id IS NULL"
_EARLIER = (
    "EXISTS (SELECT 1 FROM membership_membership e WHERE e.worker_id = m.worker_id AND e.id < m.id"
    " AND e.ended_on IS NOT NULL AND e.end_reason <> %(undone)s)"
)
_FROM_ANOTHER = (
    "EXISTS (SELECT 1 FROM membership_membership e WHERE e.id = m.previous_id"
    " AND e.end_reason = %(transferred)s AND e.retained_on IS {held})"
)
_BEGAN_NEW = (
    _Part(1, "m.started_on", f"{_OPENED} AND {_NOT_UNDONE_SO_FAR}"),
    _Part(
        -1,
        "m.ended_on",
        f"{_OPENED} AND m.end_reason = %(undone)s AND m.started_on < %(start)s",
        nth="1",
    ),
)
_LEFT = "m.end_reason = ANY(%(left)s) AND m.retained_on IS NULL"
_EVENT_DAY = "(e.at AT TIME ZONE 'Asia/Shanghai')::date"


def _of_events(kind: str) -> _Part:
    """Return the rows that the event log keeps: the membership holds only its last state."""
    return _Part(
        1,
        _EVENT_DAY,
        f"e.kind = '{kind}'",
        nth="e.id",
        join="JOIN records_event e ON e.subject_type = 'membership' AND e.subject_id = m.id",
    )


_PARTS: dict[str, tuple[_Part, ...]] = {
    NEW.code: _BEGAN_NEW,
    NET.code: (*_BEGAN_NEW, _Part(-1, "m.ended_on", _LEFT, nth="2")),
    FIRST.code: (_Part(1, "m.started_on", f"{_OPENED} AND NOT {_EARLIER}"),),
    LEFT.code: (_Part(1, "m.ended_on", _LEFT),),
    TRANSFERRED_IN.code: (_Part(1, "m.started_on", _FROM_ANOTHER.format(held="NULL")),),
    TRANSFERRED_OUT.code: (
        _Part(1, "m.ended_on", "m.end_reason = %(transferred)s AND m.retained_on IS NULL"),
    ),
    RESTORED.code: (
        _of_events("membership.restored"),
        _Part(1, "m.started_on", _FROM_ANOTHER.format(held="NOT NULL")),
    ),
    PUT_ON_HOLD.code: (
        _of_events("membership.retained"),
        _Part(1, "m.ended_on", "m.end_reason = %(dissolved)s AND m.retained_on IS NULL"),
    ),
}
# On hold at the end of a day: the next word about it is that it was restored; without a next word
# what the membership says itself.
_ON_HOLD = """
coalesce((SELECT e.kind = 'membership.restored' FROM records_event e
          WHERE e.subject_type = 'membership' AND e.subject_id = m.id AND e.at >= %(after_end)s
            AND e.kind IN ('membership.retained', 'membership.restored')
          ORDER BY e.at, e.id LIMIT 1),
         m.retained_on IS NOT NULL AND m.retained_on <= %(end)s)
"""
_LIVE_PART = _Part(
    1,
    "m.started_on",
    f"m.started_on <= %(end)s AND (m.ended_on IS NULL OR m.ended_on > %(end)s) AND NOT {_ON_HOLD}",
)
OF_SPANS = {
    REACHABLE.code: FlowKind.REACHED,
    SERVED.code: FlowKind.SERVED,
    SERVICES.code: FlowKind.SERVICES,
    ON_HOLD.code: FlowKind.ON_HOLD,
}
"""Figures whose rows are 会籍区间: only as they are known now, the spans keep no history."""
WITH_ROWS = frozenset({LIVE.code, *_PARTS, *OF_SPANS})
"""Codes of the figures whose rows can be shown."""


@dataclass(frozen=True, slots=True)
class CountedRow:
    """One membership that was counted; ``sign`` −1 where it was taken off again.

    ``membership_id`` and ``nth`` together are the row's place in the list.
    """

    membership_id: int
    worker_id: int
    union_id: int
    occupation: int
    channel: int
    counted_on: date
    sign: int
    nth: int


def counted_rows(
    code: str,
    spans: Spans,
    *,
    start: date,
    end: date,
    occupation: int | None = None,
    channel: int | None = None,
    known_at: datetime | None = None,
    after: tuple[int, int] = (0, -1),
    limit: int,
) -> list[CountedRow]:
    """Return the memberships behind a figure of a set of unions, in their order, after ``after``.

    ``start`` is not used for a figure as of a day. ``known_at`` leaves out what was entered later;
    it is not looked at for ``OF_SPANS``. Raises ``KeyError`` for a code without rows.
    """
    if code in OF_SPANS:
        return _span_rows(
            OF_SPANS[code], spans, start=start, end=end, after=after[1], limit=limit,
            occupation=occupation, channel=channel,
        )  # fmt: skip
    parts = (_LIVE_PART,) if code == LIVE.code else _PARTS[code]
    statement = " UNION ALL ".join(_statement(part, is_live=code == LIVE.code) for part in parts)
    # Of days after the day of knowledge nothing can have been known.
    last = end
    if known_at is not None:
        last = min(end, clock.business_day(known_at - timedelta(microseconds=1)))
    rows = _rows(
        f"{_SPANS} SELECT * FROM ({statement}) AS counted ORDER BY 1, 8 LIMIT %(limit)s",
        _values(spans)
        | {
            "start": start,
            "end": last,
            "on": end,
            "after_end": clock.day_end(last),
            "occupation": occupation,
            "channel": channel,
            "known": known_at,
            "after": after[0],
            "after_nth": after[1],
            "limit": limit,
        },
    )
    return [CountedRow(*row) for row in rows]


_SPAN_ROWS = """
SELECT coalesce((SELECT m.id FROM membership_membership m
                 WHERE m.worker_id = p.worker_id AND m.union_id = p.union_id
                   AND m.started_on <= p.first_on ORDER BY m.started_on DESC, m.id DESC LIMIT 1), 0),
       p.worker_id, p.union_id, p.occupation, p.channel, p.first_on, p.persons, p.id
FROM spans s JOIN membership_memberspan p ON p.union_id = s.union_id
WHERE p.kind = %(kind)s AND p.id > %(after)s AND {when}
  AND (%(occupation)s::int IS NULL OR p.occupation = %(occupation)s)
  AND (%(channel)s::int IS NULL OR p.channel = %(channel)s)
ORDER BY p.id LIMIT %(limit)s
"""
_ON_THE_DAY = (
    "p.first_on <= %(end)s AND (p.until_on IS NULL OR p.until_on > %(end)s)"
    " AND %(end)s::date BETWEEN s.first AND s.last"
)
_IN_THE_PERIOD = (
    "p.first_on BETWEEN %(start)s AND %(end)s AND p.first_on BETWEEN s.first AND s.last"
)


def _span_rows(kind: FlowKind, spans: Spans, *, after: int, **asked: Any) -> list[CountedRow]:
    when = _IN_THE_PERIOD if kind is FlowKind.SERVICES else _ON_THE_DAY
    rows = _rows(
        _SPANS + _SPAN_ROWS.format(when=when),
        _values(spans) | asked | {"kind": int(kind), "after": after},
    )
    return [CountedRow(*row) for row in rows]


def _statement(part: _Part, *, is_live: bool) -> str:
    within = "%(on)s::date" if is_live else part.day
    return (
        f"(SELECT m.id, m.worker_id, m.union_id, m.occupation, m.channel, {part.day},"
        f" {part.sign}, ({part.nth})::bigint"
        f" FROM membership_membership m JOIN spans s ON s.union_id = m.union_id {part.join}"
        f" WHERE m.id >= %(after)s AND (m.id, ({part.nth})::bigint) > (%(after)s, %(after_nth)s)"
        f" AND {within} BETWEEN s.first AND s.last AND {part.day} <= %(end)s AND {part.where}"
        " AND (%(occupation)s::int IS NULL OR m.occupation = %(occupation)s)"
        " AND (%(channel)s::int IS NULL OR m.channel = %(channel)s)"
        " AND (%(known)s::timestamptz IS NULL OR m.recorded_at <= %(known)s)"
        f" ORDER BY m.id, ({part.nth})::bigint LIMIT %(limit)s)"
    )


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
        "dissolved": int(EndReason.UNION_DISSOLVED),
        "left": [
            int(reason)
            for reason in (EndReason.LEFT, EndReason.LAPSED, EndReason.EXPELLED, EndReason.DECEASED)
        ],
    }
