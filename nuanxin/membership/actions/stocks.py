"""Folding flows into stocks: running totals at each month's end, by region and by union.

Nothing is counted while somebody joins: a flow row is appended, and no counter is shared. Once a
month has closed its flows are folded here, as sets, in one transaction; an entry that arrives
late is folded into its own month and every later one. Within a month every second day is a spot
(``actions.spots``). A figure read in between adds the unfolded flows, so it is right at any moment.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from nuanxin.kernel import clock
from nuanxin.membership.actions import spots
from nuanxin.membership.states import FlowKind

_LOCK = 7_203_001
COLUMNS = tuple(kind.column for kind in FlowKind)
_SUMS = ", ".join(
    f"sum(persons) FILTER (WHERE kind = {int(kind)})::bigint AS {kind.column}" for kind in FlowKind
)
_SUMS_OF_SUMS = ", ".join(f"sum({column})::bigint AS {column}" for column in COLUMNS)
_ZEROED = ", ".join(f"coalesce({column}, 0) AS {column}" for column in COLUMNS)
_NAMES = ", ".join(COLUMNS)

# One row a county becomes three: county, city, province.
_REGIONS = """
CROSS JOIN LATERAL (
    VALUES (county), (county / 100 * 100), (county / 10000 * 10000)) AS r (region)
"""
_TAKE = """
CREATE TEMP TABLE taken ON COMMIT DROP AS
WITH flow AS (
    UPDATE membership_memberflow SET fold_id = %(fold)s
    WHERE fold_id IS NULL AND day < %(open_day)s
    RETURNING date_trunc('month', day)::date AS month, union_id, county, occupation, channel,
              kind, persons)
SELECT month, union_id, county, occupation, channel, kind, sum(persons)::int AS persons
FROM flow GROUP BY 1, 2, 3, 4, 5, 6
"""
# What the stocks have not got yet: late entries of carried months, and whole months since, of which
# earlier folds may have taken some days already.
_FOLDING = """
CREATE TEMP TABLE folding ON COMMIT DROP AS
SELECT * FROM taken WHERE month <= %(carried)s
UNION ALL
SELECT date_trunc('month', day)::date AS month, union_id, county, occupation, channel, kind,
       sum(persons)::int AS persons
FROM membership_memberflow
WHERE fold_id IS NOT NULL AND day < %(open)s
  AND day >= coalesce((%(carried)s::date + interval '1 month')::date, '-infinity')
GROUP BY 1, 2, 3, 4, 5, 6
"""


def _carry(table: str, cell: str) -> str:
    """Return the statement that gives every month up to ``last`` the totals of the one before."""
    return f"""
    INSERT INTO {table} (month, {cell}, {_NAMES})
    SELECT m::date, {cell}, {_NAMES} FROM {table}
    CROSS JOIN generate_series(%(first)s::date, %(last)s::date, interval '1 month') AS m
    WHERE month = %(carried)s
    ORDER BY m  -- a month's rows lie together: a figure reads few pages
    """


def _add(table: str, cell: str, source: str) -> str:
    """Return the statement that adds the folding rows to their month and every later one.

    Summed up by month first: a month's sum is carried to the later ones, not each of its rows.
    """
    added = ", ".join(f"{column} = s.{column} + excluded.{column}" for column in COLUMNS)
    return f"""
    INSERT INTO {table} AS s (month, {cell}, {_NAMES})
    SELECT m::date, {cell}, {_ZEROED}
    FROM (SELECT m, {cell}, {_SUMS_OF_SUMS}
          FROM (SELECT month, {cell}, {_SUMS} FROM {source} GROUP BY month, {cell}) AS monthly
          CROSS JOIN LATERAL generate_series(month, %(last)s::date, interval '1 month') AS m
          GROUP BY m, {cell}) AS summed
    ORDER BY m
    ON CONFLICT ({cell}, month) DO UPDATE SET {added}
    """


_MEMBER_CELL = "region, occupation, channel"
_UNION_CELL = "union_id"
_ADD_MEMBERS = _add("membership_memberstock", _MEMBER_CELL, f"folding {_REGIONS}").replace(
    f"({_MEMBER_CELL}, month)", "(region, month, occupation, channel)"
)
_ADD_UNIONS = _add("membership_unionstock", _UNION_CELL, "folding")


@dataclass(frozen=True, slots=True)
class Fold:
    """What a fold did: the last closed month (its first day) and how many flow rows it took."""

    last_month: date
    flows: int


@transaction.atomic
def fold_flows(*, now: datetime) -> Fold:
    """Fold closed months into both stocks, and closed days of a month into its spots.

    Doing it twice changes nothing. One fold runs at a time (advisory lock).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("SELECT coalesce(max(fold_id), 0) + 1 FROM membership_memberflow")
        fold = cursor.fetchone()[0]
        cursor.execute("SELECT max(month) FROM membership_memberstock")
        carried = cursor.fetchone()[0]
        # A clock that was set back opens no month again.
        today = max(clock.business_day(now), _month_after(carried) if carried else date.min)
        open_month = today.replace(day=1)
        last = _month_before(open_month)
        values = {"fold": fold, "open": open_month, "last": last, "carried": carried}
        values["open_day"] = spots.open_day(today)
        cursor.execute("DROP TABLE IF EXISTS pg_temp.taken, pg_temp.folding")
        cursor.execute(_TAKE, values)
        cursor.execute("SELECT count(*), array_agg(DISTINCT month) FROM taken")
        flows, months = cursor.fetchone()
        spots.lay(cursor, months or [], today=today)
        if carried is not None and carried < last:
            values["first"] = _month_after(carried)
            cursor.execute(_carry("membership_memberstock", _MEMBER_CELL), values)
            cursor.execute(_carry("membership_unionstock", _UNION_CELL), values)
        if flows or carried is None or carried < last:
            cursor.execute(_FOLDING, values)
            cursor.execute(_ADD_MEMBERS, values)
            cursor.execute(_ADD_UNIONS, values)
    return Fold(last_month=last, flows=flows)


@dataclass(frozen=True, slots=True)
class Recount:
    """The comparison of the stocks with a count from nothing; equal when both lists are empty."""

    cells: int
    wrong_regions: int
    wrong_unions: int

    @property
    def agrees(self) -> bool:
        """Return whether upkeep equals recount."""
        return not (self.wrong_regions or self.wrong_unions)


_RECOUNT = """
WITH truth AS (
    SELECT {cell}, {sums}
    FROM (SELECT * FROM membership_memberflow {regions}
          WHERE fold_id IS NOT NULL AND day < (%(month)s::date + interval '1 month')) AS f
    GROUP BY {cell}),
kept AS (SELECT {cell}, {names} FROM {table} WHERE month = %(month)s)
SELECT count(*), count(*) FILTER (WHERE {differs})
FROM (SELECT {zeroed_truth} FROM truth) t FULL JOIN kept k USING ({cell})
"""


def recount_month(month: date) -> Recount:
    """Compare the stocks at the end of ``month`` (its first day) with a count of all flows."""
    counts = []
    with connection.cursor() as cursor:
        for table, cell, regions in (
            ("membership_memberstock", _MEMBER_CELL, _REGIONS),
            ("membership_unionstock", _UNION_CELL, ""),
        ):
            statement = _RECOUNT.format(
                cell=cell,
                sums=_SUMS,
                regions=regions,
                names=_NAMES,
                table=table,
                zeroed_truth=f"{cell}, {_ZEROED}",
                differs=" OR ".join(f"coalesce(t.{c}, 0) <> coalesce(k.{c}, 0)" for c in COLUMNS),
            )
            cursor.execute(statement, {"month": month})
            counts.append(cursor.fetchone())
    (cells, wrong_regions), (_, wrong_unions) = counts
    return Recount(cells=cells, wrong_regions=wrong_regions, wrong_unions=wrong_unions)


def _month_before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _month_after(month: date) -> date:
    return date(month.year + (month.month == 12), month.month % 12 + 1, 1)
