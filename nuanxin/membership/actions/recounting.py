"""Upkeep against a count from nothing: stocks, spots, spans and the register, all cells at once.

What the fold keeps is compared with a sum over the flows, month by month; and the flows with the
register: who is live today, by union, trade and channel; and the spans with the contacts that they
come from. Nothing here writes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.period import shift_months
from nuanxin.membership.actions import spans, spots
from nuanxin.membership.actions.stocks import COLUMNS
from nuanxin.membership.figures.breakdown import cells_by_county
from nuanxin.membership.states import SPAN_KINDS, FlowKind, MemberState

SHOWN_CELLS = 20
_SUMS = ", ".join(
    f"coalesce(sum(persons) FILTER (WHERE kind = {int(kind)}), 0)::bigint AS {kind.column}"
    for kind in FlowKind
)
_REGIONS = """
CROSS JOIN LATERAL (
    VALUES (county), (county / 100 * 100), (county / 10000 * 10000)) AS r (region)
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """One kept table against a count: how many cells, how many differ, and the first of these."""

    name: str
    cells: int
    differing: int
    shown: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Return whether upkeep equals the count."""
        return self.differing == 0


# A month's stock less the month before must be the flows of the month, in every cell; and a cell
# that has once appeared must stand in every later month.
_STOCK = """
WITH kept AS (
    SELECT month, {cell}, {steps},
           coalesce(month - lag(month) OVER cell > 31, false) AS has_gap
    FROM {table} WHERE month <= %(last)s WINDOW cell AS (PARTITION BY {cell} ORDER BY month)
), counted AS (
    SELECT date_trunc('month', day)::date AS month, {cell}, {sums}
    FROM membership_memberflow {regions}
    WHERE fold_id IS NOT NULL AND day < %(end)s GROUP BY 1, {cell}
), ended AS (
    SELECT {cell} FROM {table} GROUP BY {cell}
    HAVING max(month) < (SELECT max(month) FROM {table})
), compared AS (
    SELECT coalesce(k.month, c.month) AS month, {cell}, {differs} OR coalesce(k.has_gap, false) AS is_wrong
    FROM kept k FULL JOIN counted c USING (month, {cell})
), wrong AS (
    SELECT month::text || {told} AS cell FROM compared WHERE is_wrong AND month >= %(first)s
    UNION ALL SELECT '...' || {told} FROM ended
)
SELECT (SELECT count(*) FROM {table} WHERE month BETWEEN %(first)s AND %(last)s),
       (SELECT count(*) FROM wrong),
       (SELECT array_agg(cell) FROM (SELECT cell FROM wrong ORDER BY 1 LIMIT %(shown)s) AS few)
"""
_REGISTER = f"""
WITH kept AS (
    SELECT union_id, occupation, channel,
           sum(persons * CASE kind {
    " ".join(f"WHEN {int(kind)} THEN {kind.sign}" for kind in FlowKind if kind.sign)
} ELSE 0 END) AS n
    FROM membership_memberflow GROUP BY 1, 2, 3
), counted AS (
    SELECT union_id, occupation, channel, count(*) AS n FROM membership_membership
    WHERE ended_on IS NULL AND state = {int(MemberState.LIVE)} GROUP BY 1, 2, 3
), wrong AS (
    SELECT union_id || '/' || occupation || '/' || channel AS cell
    FROM kept k FULL JOIN counted c USING (union_id, occupation, channel)
    WHERE coalesce(k.n, 0) <> coalesce(c.n, 0)
)
SELECT (SELECT count(*) FROM counted), (SELECT count(*) FROM wrong),
       (SELECT array_agg(cell) FROM (SELECT cell FROM wrong ORDER BY 1 LIMIT %(shown)s) AS few)
"""


# The edges of all spans must stand among the flows, and no others.
_SPANS = f"""
WITH kept AS (
    SELECT day, union_id, county, occupation, channel, kind, sum(persons) AS n
    FROM membership_memberflow WHERE kind = ANY (ARRAY[{", ".join(str(int(k)) for k in SPAN_KINDS)}])
    GROUP BY 1, 2, 3, 4, 5, 6
), counted AS (
    SELECT day, union_id, county, occupation, channel, kind, sum(persons) AS n
    FROM ({spans.EDGES.format(spans="membership_memberspan", sign="")}) AS edges
    GROUP BY 1, 2, 3, 4, 5, 6
), wrong AS (
    SELECT concat_ws('/', day, union_id, county, occupation, channel, kind) AS cell
    FROM kept k FULL JOIN counted c USING (day, union_id, county, occupation, channel, kind)
    WHERE coalesce(k.n, 0) <> coalesce(c.n, 0)
)
SELECT (SELECT count(*) FROM counted), (SELECT count(*) FROM wrong),
       (SELECT array_agg(cell) FROM (SELECT cell FROM wrong ORDER BY 1 LIMIT %(shown)s) AS few)
"""
_CONTACTS = """
WITH wrong AS (
    SELECT concat_ws('/', union_id, county, occupation, channel, kind, first_on, until_on) AS cell
    FROM span_change
)
SELECT (SELECT count(*) FROM span_found), (SELECT count(*) FROM wrong),
       (SELECT array_agg(cell) FROM (SELECT cell FROM wrong ORDER BY 1 LIMIT %(shown)s) AS few)
"""


def recount(
    *, first: date | None = None, last: date | None = None, today: date
) -> Iterator[Compared]:
    """Yield each comparison as it is done: stocks by region, by union, spots, the register.

    ``first`` and ``last`` are first days of months; by default all that have been folded.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(month), max(month) FROM membership_memberstock")
        began, ended = cursor.fetchone()
    if began is not None:
        first, last = max(first or began, began), min(last or ended, ended)
        yield _of_stock("membership_memberstock", "region, occupation, channel", first, last)
        yield _of_stock("membership_unionstock", "union_id", first, last)
        yield _of_spots(first, last, today)
    yield Compared("register", *_asked(_REGISTER, {}))
    yield Compared("spans", *_asked(_SPANS, {}))
    yield _of_contacts()


_PLAIN = f"""
SELECT county, occupation, channel,
       {", ".join(f"{sum_} AS {name}" for name, sum_ in spots.SUMS.items())}
FROM membership_memberflow WHERE day <= %(day)s AND county BETWEEN %(first)s AND %(last)s
GROUP BY 1, 2, 3
"""


def recount_day(day: date, *, province: int = 330000) -> Compared:
    """Compare what a page of figures reads as of ``day`` with a plain sum over all flows up to it."""
    kept = {
        (cell.county, cell.occupation, cell.channel): (
            cell.new,
            cell.left,
            cell.live,
            cell.reached,
            cell.served,
        )
        for cell in cells_by_county(day, province)
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN, {"day": day, "first": province, "last": province + 9_999})
        counted = {row[:3]: row[3:] for row in cursor.fetchall()}
    nothing = (0, 0, 0, 0, 0)
    cells = kept.keys() | counted.keys()
    wrong = sorted(c for c in cells if kept.get(c, nothing) != counted.get(c, nothing))
    told = tuple("/".join(map(str, (day, *cell))) for cell in wrong[:SHOWN_CELLS])
    return Compared(f"day {day}", len(cells), len(wrong), told)


@transaction.atomic
def _of_contacts() -> Compared:
    """Compare the kept spans with spans found from contacts and memberships, of everybody.

    Who is noted as changed and waits is left out.
    """
    with connection.cursor() as cursor:
        spans.find_everybody(cursor)
    return Compared("contacts", *_asked(_CONTACTS, {}))


def _of_stock(table: str, cell: str, first: date, last: date) -> Compared:
    keys = cell.split(", ")
    statement = _STOCK.format(
        table=table,
        cell=cell,
        sums=_SUMS,
        regions=_REGIONS if "region" in keys else "",
        steps=", ".join(
            f"{name} - coalesce(lag({name}) OVER cell, 0) AS {name}" for name in COLUMNS
        ),
        differs=" OR ".join(f"coalesce(k.{n}, 0) <> coalesce(c.{n}, 0)" for n in COLUMNS),
        told=" || ".join(f"'/' || {key}" for key in keys),
    )
    values = {"first": first, "last": last, "end": shift_months(last, 1)}
    return Compared(table.removeprefix("membership_"), *_asked(statement, values))


def _of_spots(first: date, last: date, today: date) -> Compared:
    months = [m for m in _months(first, max(last, today.replace(day=1))) if spots.are_laid(m)]
    if not months:
        return Compared("memberspot", 0, 0, ())
    wrong = [(month, n) for month in months if (n := spots.recount(month, today=today))]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM membership_memberspot WHERE day >= %s AND day < %s",
            [months[0], shift_months(months[-1], 1)],
        )
        cells = int(cursor.fetchone()[0])
    told = tuple(f"{month:%Y-%m}: {n}" for month, n in wrong[:SHOWN_CELLS])
    return Compared("memberspot", cells, sum(n for _, n in wrong), told)


def _months(first: date, last: date) -> list[date]:
    months = [first]
    while months[-1] < last:
        months.append(shift_months(months[-1], 1))
    return months


def _asked(statement: str, values: dict[str, Any]) -> tuple[int, int, tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"shown": SHOWN_CELLS})
        cells, differing, shown = cursor.fetchone()
    return int(cells), int(differing), tuple(shown or ())
