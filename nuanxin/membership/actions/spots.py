"""Spots: what happened in a month up to every second day of it, by county and cut.

A day in mid-month would else be read from up to a month of flows. A spot holds what has been folded
of its own month and nothing of the months before, so a late entry changes the spots of one month.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from nuanxin.kernel.period import shift_months
from nuanxin.membership.states import FlowKind

STEP = 2
DAYS = tuple(range(STEP, 29, STEP))


def _signed(signs: dict[FlowKind, int]) -> str:
    cases = " ".join(f"WHEN {int(kind)} THEN {sign}" for kind, sign in signs.items() if sign)
    return f"sum(persons * CASE kind {cases} ELSE 0 END)::int"


SUMS = {
    "new_members": _signed({kind: kind.new_sign for kind in FlowKind}),
    "left_union": _signed({FlowKind.LEFT: 1}),
    "live_members": _signed({kind: kind.sign for kind in FlowKind}),
    "reached": _signed({FlowKind.REACHED: 1}),
    "served": _signed({FlowKind.SERVED: 1}),
}
"""What a spot holds, as sums over flows."""

# Days are put to their spot first; the last days of a month belong to its end, not to a spot.
_COUNT = f"""
SELECT (month + spot - 1)::date AS day, county, occupation, channel,
       {", ".join(f"sum({name})::int AS {name}" for name in SUMS)}
FROM (SELECT date_trunc('month', day)::date AS month, 
             (extract(day FROM day)::int + {STEP - 1}) / {STEP} * {STEP} AS own,
             county, occupation, channel,
             {", ".join(f"{sum_} AS {name}" for name, sum_ in SUMS.items())}
      FROM membership_memberflow
      WHERE fold_id IS NOT NULL AND date_trunc('month', day)::date = ANY (%(months)s)
        AND day >= %(first)s AND day < %(end)s AND extract(day FROM day) <= {DAYS[-1]}
      GROUP BY 1, 2, 3, 4, 5) AS put
JOIN unnest(%(days)s::int[]) AS spot ON spot >= own
WHERE month + spot - 1 < %(open_day)s
GROUP BY 1, 2, 3, 4
"""
_NAMES = f"day, county, occupation, channel, {', '.join(SUMS)}"
# A month lacks its spots when nothing stands at its last one that can be there.
_LACKING = f"""
SELECT array_agg(m::date) FROM generate_series(
    (SELECT date_trunc('month', min(day)) FROM membership_memberflow),
    %(open_day)s::date - 1, interval '1 month') AS m
WHERE NOT EXISTS (SELECT 1 FROM membership_memberspot s
                  WHERE s.day = least(m::date + {DAYS[-1] - 1}, %(open_day)s::date - 1))
"""


def open_day(today: date) -> date:
    """Return the first day that is not behind a spot or a month's end yet."""
    return today.replace(day=max((day + 1 for day in DAYS if day < today.day), default=1))


def lay(cursor: CursorWrapper, months: Sequence[date], *, today: date) -> None:
    """Count the spots of ``months`` (first days) anew, and those of months that lack them.

    The caller holds the lock of the fold and has marked the flows that it took.
    """
    cursor.execute(_LACKING, {"open_day": open_day(today)})
    wanted = sorted({*months, *(cursor.fetchone()[0] or [])})
    if not wanted:
        return
    values = _values(wanted, today)
    cursor.execute(
        "DELETE FROM membership_memberspot WHERE day >= %(first)s AND day < %(end)s"
        " AND date_trunc('month', day)::date = ANY (%(months)s)",
        values,
    )
    cursor.execute(
        f"INSERT INTO membership_memberspot ({_NAMES}) {_COUNT} ORDER BY day, county", values
    )


def are_laid(month: date) -> bool:
    """Return whether a month has spots; one that lacks them is read from its flows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM membership_memberspot WHERE day >= %s AND day < %s)",
            [month, shift_months(month, 1)],
        )
        return bool(cursor.fetchone()[0])


def recount(month: date, *, today: date) -> int:
    """Return how many cells of a month's spots differ from a count of its folded flows."""
    values = _values([month], today)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*) FROM
                (({_COUNT}) EXCEPT
                 (SELECT {_NAMES} FROM membership_memberspot WHERE day >= %(first)s AND day < %(end)s)
                 UNION ALL
                 ((SELECT {_NAMES} FROM membership_memberspot WHERE day >= %(first)s AND day < %(end)s)
                  EXCEPT ({_COUNT}))) AS differing""",
            values,
        )
        return int(cursor.fetchone()[0])


def _values(months: list[date], today: date) -> dict[str, Any]:
    return {
        "months": months,
        "first": months[0],
        "end": shift_months(months[-1], 1),
        "days": list(DAYS),
        "open_day": open_day(today),
    }
