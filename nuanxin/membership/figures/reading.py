"""Reading members' figures for any past day: the stock of the month before, and the open days.

A value as of day D is the running total at the end of the month before D, plus the flows from
the first of D's month to D, plus late entries that no fold has taken yet. ``known_at`` answers as
it was known at that instant: flows recorded later are taken out again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from nuanxin.kernel.period import Period
from nuanxin.membership.states import FlowKind

_KINDS = tuple(FlowKind)
_COLUMNS = tuple(kind.column for kind in _KINDS)
_FLOW_COLUMNS = ", ".join(
    f"CASE WHEN kind = {int(kind)} THEN persons ELSE 0 END AS {kind.column}" for kind in _KINDS
)
_SUMS = ", ".join(f"coalesce(sum({column}), 0)::bigint" for column in _COLUMNS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to count: a region (adcode of county, city or province), or unions by id."""

    region: int | None = None
    union_ids: tuple[int, ...] | None = None

    @property
    def counties(self) -> tuple[int, int]:
        """Return the first and last county code of the region."""
        region = self.region or 0
        if region % 10000 == 0:
            return region, region + 9999
        if region % 100 == 0:
            return region, region + 99
        return region, region


@dataclass(slots=True)
class Totals:
    """Persons by (occupation, channel, kind); sums of any cut are taken from it.

    Occupation and channel are the small keys of ``kernel.occupations`` and ``Channel``.
    """

    cells: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)

    def count(
        self,
        *kinds: FlowKind,
        occupation: int | None = None,
        channel: int | None = None,
    ) -> int:
        """Return the persons of ``kinds`` in the cut."""
        columns = [_KINDS.index(kind) for kind in kinds]
        return sum(
            row[column]
            for (o, c), row in self.cells.items()
            if occupation in (None, o) and channel in (None, c)
            for column in columns
        )

    def live(self, occupation: int | None = None, channel: int | None = None) -> int:
        """Return live members (人): everything that adds less everything that takes away."""
        return sum(
            kind.sign * self.count(kind, occupation=occupation, channel=channel) for kind in _KINDS
        )

    def new(self, occupation: int | None = None, channel: int | None = None) -> int:
        """Return new members, gross (人): approvals, transfers-in left out, undone ones too."""
        cut: dict[str, Any] = {"occupation": occupation, "channel": channel}
        return self.count(FlowKind.JOINED, FlowKind.JOINED_AGAIN, **cut) - self.count(
            FlowKind.APPROVAL_UNDONE, **cut
        )

    def net(self, occupation: int | None = None, channel: int | None = None) -> int:
        """Return new members, net (人): gross less those who left."""
        return self.new(occupation, channel) - self.count(
            FlowKind.LEFT, occupation=occupation, channel=channel
        )

    def minus(self, earlier: "Totals") -> "Totals":
        """Return what happened between ``earlier`` and this."""
        zero = (0,) * len(_KINDS)
        keys = self.cells.keys() | earlier.cells.keys()
        return Totals(
            {
                key: tuple(
                    a - b
                    for a, b in zip(
                        self.cells.get(key, zero), earlier.cells.get(key, zero), strict=True
                    )
                )
                for key in keys
            }
        )


# The month whose end is the base of the sum: the one before D's, if it has been folded.
_BASE = """
SELECT least(max(month), (date_trunc('month', %(day)s::date) - interval '1 month')::date) AS month
FROM membership_memberstock HAVING max(month) IS NOT NULL
"""


def _pieces(stock: str, stock_where: str, flow_where: str, keys: str) -> str:
    """Return the union of stock, open days, late entries, less what was not known yet."""
    return f"""
    base AS MATERIALIZED ({_BASE}),
    pieces AS (
        SELECT {keys}, {", ".join(_COLUMNS)} FROM {stock}
        WHERE month = (SELECT month FROM base) AND {stock_where}
        UNION ALL
        SELECT {keys.replace("region", "county AS region")}, {_FLOW_COLUMNS}
        FROM membership_memberflow
        WHERE day >= coalesce((SELECT month + interval '1 month' FROM base)::date, '-infinity')
          AND day <= %(day)s AND {flow_where}
          AND (%(known)s::timestamptz IS NULL OR recorded_at <= %(known)s)
        UNION ALL
        SELECT {keys.replace("region", "county AS region")}, {_FLOW_COLUMNS}
        FROM membership_memberflow
        WHERE fold_id IS NULL AND {flow_where}
          AND day < coalesce((SELECT month + interval '1 month' FROM base)::date, '-infinity')
          AND (%(known)s::timestamptz IS NULL OR recorded_at <= %(known)s)
        UNION ALL
        SELECT {keys.replace("region", "county AS region")},
               {_negated()}
        FROM membership_memberflow
        WHERE %(known)s::timestamptz IS NOT NULL AND recorded_at > %(known)s
          AND fold_id IS NOT NULL AND {flow_where}
          AND day < coalesce((SELECT month + interval '1 month' FROM base)::date, '-infinity')
    )
    """


def _negated() -> str:
    return ", ".join(
        f"CASE WHEN kind = {int(kind)} THEN -persons ELSE 0 END AS {kind.column}" for kind in _KINDS
    )


def totals_as_of(day: date, place: Place, *, known_at: datetime | None = None) -> Totals:
    """Return the running totals of ``place`` up to and including ``day``."""
    values: dict[str, Any] = {"day": day, "known": known_at}
    if place.union_ids is not None:
        rows = _union_totals(values | {"unions": list(place.union_ids)})
    else:
        first, last = place.counties
        values |= {"region": place.region, "first": first, "last": last}
        body = _pieces(
            "membership_memberstock",
            "region = %(region)s",
            "county BETWEEN %(first)s AND %(last)s",
            "occupation, channel",
        )
        rows = _rows(
            f"WITH {body} SELECT occupation, channel, {_SUMS} FROM pieces GROUP BY 1, 2", values
        )
    return Totals({(row[0], row[1]): tuple(row[2:]) for row in rows})


def _union_totals(values: dict[str, Any]) -> Iterable[tuple[Any, ...]]:
    """Return one row of totals over unions: their stock has no trade and no channel."""
    body = _pieces(
        "membership_unionstock",
        "union_id = ANY(%(unions)s)",
        "union_id = ANY(%(unions)s)",
        "union_id",
    )
    return _rows(f"WITH {body} SELECT 0, 0, {_SUMS} FROM pieces", values)


def totals_in_period(period: Period, place: Place, *, known_at: datetime | None = None) -> Totals:
    """Return what happened in ``period`` (both days included)."""
    before = period.start - timedelta(days=1)
    return totals_as_of(period.end, place, known_at=known_at).minus(
        totals_as_of(before, place, known_at=known_at)
    )


def by_month(place: Place, *, first: date, last: date) -> list[tuple[date, Totals]]:
    """Return the totals at the end of every closed month from ``first`` to ``last``, in order.

    Both are first days of months; months after the last closed one are left out.
    """
    region = place.union_ids is None
    table = "membership_memberstock" if region else "membership_unionstock"
    keys = "occupation, channel" if region else "0, 0"
    where = "region = %(region)s" if region else "union_id = ANY(%(unions)s)"
    rows = _rows(
        f"SELECT month, {keys}, {_SUMS} FROM {table} WHERE {where}"
        " AND month BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3 ORDER BY 1",
        {
            "region": place.region,
            "unions": list(place.union_ids or ()),
            "first": first,
            "last": last,
        },
    )
    months: dict[date, Totals] = {}
    for month, occupation, channel, *sums in rows:
        months.setdefault(month, Totals()).cells[occupation, channel] = tuple(sums)
    return list(months.items())


def by_county(day: date, place: Place, *, known_at: datetime | None = None) -> dict[int, Totals]:
    """Return the running totals up to ``day`` for each county of a region, by adcode."""
    first, last = place.counties
    body = _pieces(
        "membership_memberstock",
        "region BETWEEN %(first)s AND %(last)s AND region %% 100 <> 0",
        "county BETWEEN %(first)s AND %(last)s",
        "region, occupation, channel",
    )
    rows = _rows(
        f"WITH {body} SELECT region, occupation, channel, {_SUMS} FROM pieces GROUP BY 1, 2, 3",
        {"day": day, "known": known_at, "first": first, "last": last},
    )
    counties: dict[int, Totals] = {}
    for county, occupation, channel, *sums in rows:
        counties.setdefault(county, Totals()).cells[occupation, channel] = tuple(sums)
    return counties


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.prepared_cursor(is_binary=True) as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
