"""Members' figures broken down where the stocks alone do not: by month only, by union, by trade."""

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
            f"SELECT month, sum({_NEW}), sum({_LIVE}) FROM {table}"
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


