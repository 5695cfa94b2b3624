"""The rows of 会籍变动 that a figure is the sum of: counted from nothing, hashed, or taken away.

Independent of stocks and spots: this is what a published number is proved against. A row's text is
``union,county,occupation,channel,kind,day,persons``: no person, no membership stands in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.membership.figures.definitions import (
    FIRST,
    LEFT,
    LIVE,
    NET,
    NEW,
    PUT_ON_HOLD,
    RESTORED,
    TRANSFERRED_IN,
    TRANSFERRED_OUT,
)
from nuanxin.membership.figures.rows import OF_SPANS
from nuanxin.membership.states import FlowKind

WEIGHTS: dict[str, dict[FlowKind, int]] = {
    LIVE.code: {kind: kind.sign for kind in FlowKind if kind.sign},
    NEW.code: {
        FlowKind.JOINED: 1,
        FlowKind.JOINED_AGAIN: 1,
        FlowKind.APPROVAL_UNDONE: -1,
    },
    NET.code: {
        FlowKind.JOINED: 1,
        FlowKind.JOINED_AGAIN: 1,
        FlowKind.APPROVAL_UNDONE: -1,
        FlowKind.LEFT: -1,
    },
    FIRST.code: {FlowKind.JOINED: 1},
    LEFT.code: {FlowKind.LEFT: 1},
    TRANSFERRED_IN.code: {FlowKind.TRANSFERRED_IN: 1},
    TRANSFERRED_OUT.code: {FlowKind.TRANSFERRED_OUT: 1},
}
"""What one person of each kind of flow adds to a figure; kinds that are not named add nothing."""

FLOW_WEIGHTS: dict[str, dict[FlowKind, int]] = WEIGHTS | {
    RESTORED.code: {FlowKind.RESTORED: 1},
    PUT_ON_HOLD.code: {FlowKind.RETAINED: 1},
    **{code: {kind: 1} for code, kind in OF_SPANS.items()},
}
"""With those published since format 4: of spans the edges are flows, whose running total is the figure."""
SPAN_KINDS = tuple(int(kind) for kind in OF_SPANS.values())
"""Kinds below 10: their flows are read only where a figure of spans is asked for."""

ROW_TEXT = "concat_ws(',', union_id, county, occupation, channel, kind, day, persons)"
_WHERE = "day <= %(last)s AND recorded_at <= %(known)s AND (kind >= 10 OR kind = ANY (%(spans)s::int[])) AND county BETWEEN %(low)s AND %(high)s"
HASH_SUMS = ", ".join(
    f"sum(('x' || substr(hex, {1 + 15 * part}, 15))::bit(60)::bigint)" for part in range(4)
)
_CELLS = f"""
SELECT county, occupation, channel, kind, inside, sum(persons), count(*), {HASH_SUMS}
FROM (SELECT county, occupation, channel, kind, day >= %(first)s AS inside, persons,
             encode(sha256({ROW_TEXT}::bytea), 'hex') AS hex
      FROM membership_memberflow WHERE {_WHERE}) AS f
GROUP BY 1, 2, 3, 4, 5
"""
# In an order of its own, so that a row's number says nothing of when it was entered.
_ROWS = f"""
COPY (SELECT row_number() OVER () AS row, f.* FROM (
    SELECT union_id AS union, county, occupation, channel, kind, day, persons
    FROM membership_memberflow WHERE {_WHERE}
    ORDER BY county, union_id, day, kind, occupation, channel, persons) AS f)
TO STDOUT (FORMAT csv, HEADER)
"""


@dataclass(frozen=True, slots=True)
class FlowCell:
    """The flows of one county, trade, channel and kind, before or ``inside`` the period."""

    county: int
    occupation: int
    channel: int
    kind: int
    inside: bool
    persons: int
    rows: int
    sums: tuple[int, int, int, int]


def flow_cells(
    *, first: date, last: date, counties: tuple[int, int], known_at: datetime,
    with_spans: bool = False,
) -> list[FlowCell]:  # fmt: skip
    """Return all flows up to ``last`` as known at an instant, summed and hashed; one full scan.

    ``first`` is the first day of the period: flows from it on are ``inside``.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CELLS, _values(first, last, counties, known_at, with_spans))
        return [
            FlowCell(*row[:5], int(row[5]), row[6], _sums(row[7:]))  # type: ignore[call-arg]
            for row in cursor.fetchall()
        ]


def _sums(parts: tuple[Any, ...]) -> tuple[int, int, int, int]:
    one, two, three, four = (int(part) for part in parts)
    return one, two, three, four


def flow_rows(
    *, last: date, counties: tuple[int, int], known_at: datetime, with_spans: bool = False
) -> Iterator[bytes]:
    """Yield the same flows as CSV bytes, streamed: memory stays flat; a heading
    first, and a number that says nothing of who or when."""
    with (
        connection.cursor() as cursor,
        cursor.copy(_ROWS, _values(last, last, counties, known_at, with_spans)) as copy,
    ):
        for block in copy:
            yield bytes(block)


def _values(
    first: date, last: date, counties: tuple[int, int], known_at: datetime, with_spans: bool
) -> dict[str, Any]:
    return {
        "first": first,
        "last": last,
        "known": known_at,
        "low": counties[0],
        "high": counties[1],
        "spans": list(SPAN_KINDS) if with_spans else [],
    }
