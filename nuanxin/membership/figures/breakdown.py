"""Members' figures broken down where the stocks alone do not: by month only, by union, by trade."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.membership.figures.reading import (
    _FLOW_COLUMNS,
    _SUMS,
    Place,
    Totals,
    _pieces,
    _rows,
)
from nuanxin.membership.states import FlowKind

_LIVE = " ".join(f"{'+' if k.sign > 0 else '-'} {k.column}" for k in FlowKind if k.sign)
_NEW = "joined + joined_again - approval_undone"


def month_ends(place: Place, *, first: date, last: date) -> list[tuple[date, int, int]]:
    """Return (month, new members so far, live members) at the end of every closed month, in order.

    ``first`` and ``last`` are first days of months; months after the last closed one are left out.
    """
    if place.union_ids is None:
        table, where = "membership_memberstock", "region = %(region)s"
    else:
        table, where = "membership_unionstock", "union_id = ANY(%(unions)s)"
    return [
        (month, int(new), int(live))
        for month, new, live in _rows(
            f"SELECT month, sum({_NEW})::int8, sum({_LIVE})::int8 FROM {table}"
            f" WHERE {where} AND month BETWEEN %(first)s AND %(last)s GROUP BY 1 ORDER BY 1",
            {
                "region": place.region,
                "unions": list(place.union_ids or ()),
                "first": first,
                "last": last,
            },
        )
    ]


def by_union(day: date, union_ids: list[int]) -> dict[int, Totals]:
    """Return the running totals up to ``day`` of each union alone; unions without any are left out.

    Trade and channel are not told apart (both 0).
    """
    body = _pieces(
        "membership_unionstock",
        "union_id = ANY(%(unions)s)",
        "union_id = ANY(%(unions)s)",
        "union_id",
    )
    rows = _rows(
        f"WITH {body} SELECT union_id, {_SUMS} FROM pieces GROUP BY 1",
        {"day": day, "known": None, "unions": union_ids},
    )
    return {row[0]: Totals({(0, 0): tuple(row[1:])}) for row in rows}


def by_trade_of_unions(day: date, union_ids: list[int], known_at: Any = None) -> Totals:
    """Return the running totals of a set of unions by occupation and channel.

    Read from the flows themselves (index on union and day): the unions' stock has no trades.
    """
    rows = _rows(
        f"SELECT occupation, channel, {_SUMS} FROM"
        f" (SELECT occupation, channel, {_FLOW_COLUMNS} FROM membership_memberflow"
        "   WHERE union_id = ANY(%(unions)s) AND day <= %(day)s"
        "   AND (%(known)s::timestamptz IS NULL OR recorded_at <= %(known)s)) AS pieces"
        " GROUP BY 1, 2",
        {"unions": union_ids, "day": day, "known": known_at},
    )
    return Totals({(row[0], row[1]): tuple(row[2:]) for row in rows})


@dataclass(frozen=True, slots=True)
class Cell:
    """Persons of one county, occupation and channel up to a day."""

    county: int
    occupation: int
    channel: int
    new: int
    left: int
    live: int
    reached: int = 0
    served: int = 0


def cells_by_county(day: date, region: int) -> list[Cell]:
    """Return what there was up to ``day`` in every county of a province or city, in every cut.

    One statement, five sums a cell; cells without anything are left out.
    """
    first, last = Place(region=region).counties
    rows = _rows(_CELLS, {"day": day, "first": first, "last": last})
    return [Cell(cell >> 10, cell >> 3 & 127, cell & 7, *sums) for cell, *sums in rows]


# Summed by one packed number: half the time of grouping by four columns. Occupation < 128,
# channel < 8, kind < 32.
_KEY = "((county::bigint * 128 + occupation) * 8 + channel) * 32 + kind"
_FLOWS = f"""
SELECT {_KEY} AS key, sum(persons)::int AS persons FROM membership_memberflow
WHERE county BETWEEN %(first)s AND %(last)s AND {{when}} GROUP BY 1
"""


def _of_kind(which: str) -> str:
    """Return the persons of a flow row with the sign they have in a column of ``Cell``."""
    signs = {
        "live": {kind: kind.sign for kind in FlowKind},
        "new": {kind: kind.new_sign for kind in FlowKind},
        "left": {FlowKind.LEFT: 1},
        "reached": {FlowKind.REACHED: 1},
        "served": {FlowKind.SERVED: 1},
    }[which]
    cases = " ".join(f"WHEN {int(kind)} THEN {sign}" for kind, sign in signs.items() if sign)
    return f"(CASE (key & 31)::int {cases} ELSE 0 END) * persons"


# A day is the last month's end before it (or its own, once folded), the last spot before it, and
# the flows of the days since; and whatever came too late for either and is not folded yet.
_CELLS = f"""
WITH base AS MATERIALIZED (
    SELECT least(max(month), (date_trunc('month', %(day)s::date + 1) - interval '1 month')::date)
           AS month
    FROM membership_memberstock HAVING max(month) IS NOT NULL
), opened AS MATERIALIZED (
    SELECT coalesce((SELECT month + interval '1 month' FROM base)::date, '-infinity') AS day
), spot AS MATERIALIZED (
    SELECT max(day) AS day FROM membership_memberspot
    WHERE day >= (SELECT day FROM opened) AND day <= %(day)s
      AND day < (SELECT day + interval '1 month' FROM opened)
), since AS MATERIALIZED (
    SELECT coalesce((SELECT day + 1 FROM spot), (SELECT day FROM opened)) AS day
), flows AS (
    {_FLOWS.format(when="day >= (SELECT day FROM since) AND day <= %(day)s")}
    UNION ALL
    {_FLOWS.format(when="fold_id IS NULL AND day <= %(day)s AND day < (SELECT day FROM since)")}
), pieces AS (
    SELECT (region::bigint * 128 + occupation) * 8 + channel AS cell,
           ({_NEW})::int AS new, left_union::int,
           ({_LIVE.removeprefix("+ ")})::int AS live, reached::int, served::int
    FROM membership_memberstock
    WHERE month = (SELECT month FROM base)
      AND region BETWEEN %(first)s AND %(last)s AND region %% 100 <> 0
    UNION ALL
    SELECT (county::bigint * 128 + occupation) * 8 + channel,
           new_members, left_union, live_members, reached, served
    FROM membership_memberspot
    WHERE day = (SELECT day FROM spot) AND county BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT key >> 5, {_of_kind("new")}, {_of_kind("left")}, {_of_kind("live")},
           {_of_kind("reached")}, {_of_kind("served")}
    FROM flows
)
SELECT cell, sum(new)::int4, sum(left_union)::int4, sum(live)::int4, sum(reached)::int4,
       sum(served)::int4
FROM pieces GROUP BY 1
"""
