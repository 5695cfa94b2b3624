"""What was entered late: flows recorded after given instants, to take out of what is known now.

Such flows were recorded in a later month than they happened in (a month is locked when it is over);
the index ``flow_late`` holds only those.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nuanxin.membership.figures.reading import Place, _rows
from nuanxin.membership.states import FlowKind

LATE = (
    "recorded_at >= (date_trunc('month', day::timestamp) + interval '1 month')"
    " AT TIME ZONE 'Asia/Shanghai'"
)
"""The condition of the index, word for word."""
_AFTER = f"""
FROM membership_memberflow
WHERE {LATE} AND recorded_at > %(first)s AND day <= %(last)s
  AND county BETWEEN %(low)s AND %(high)s
"""
_BUCKET = "width_bucket(recorded_at, %(instants)s::timestamptz[])"
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LateFlow:
    """Late persons of one county, trade, channel and kind.

    ``after`` is how many of the instants asked for they were recorded after; ``is_inside``: on or
    after the first day of the period.
    """

    county: int
    occupation: int
    channel: int
    kind: FlowKind
    is_inside: bool
    after: int
    persons: int

    @property
    def counts(self) -> tuple[int, int, int]:
        """Return what they add to live, new and left members."""
        left = self.persons if self.kind is FlowKind.LEFT else 0
        return self.persons * self.kind.sign, self.persons * self.kind.new_sign, left

    @property
    def reached(self) -> int:
        """Return what they add to the members reached."""
        return self.persons if self.kind is FlowKind.REACHED else 0

    @property
    def served(self) -> int:
        """Return what they add to the members served."""
        return self.persons if self.kind is FlowKind.SERVED else 0


def late_flows(
    *, region: int, since: date, last: date, instants: Sequence[datetime]
) -> list[LateFlow]:
    """Return the flows up to ``last`` that were recorded after any of ``instants`` (in order)."""
    rows = _rows(
        f"SELECT county, occupation, channel, kind, day >= %(since)s, {_BUCKET}, sum(persons)::int"
        f" {_AFTER} AND (kind >= 10 OR kind = ANY(%(spans)s)) GROUP BY 1, 2, 3, 4, 5, 6",
        _values(region, last, instants)
        | {"since": since, "spans": [int(FlowKind.REACHED), int(FlowKind.SERVED)]},
    )
    return [LateFlow(*row[:3], FlowKind(row[3]), *row[4:]) for row in rows]  # type: ignore[call-arg]


def late_at_month_ends(
    *, region: int, known: dict[date, datetime], last: date
) -> dict[date, tuple[int, int]]:
    """Return the (new, live) persons to take out of the folded totals at the end of each month.

    ``known`` says of which months (first days), as known at which instant; ``last`` is the last day
    of the latest. Flows that no fold has taken are not in those totals.
    """
    instants = sorted(set(known.values()))
    rows = _rows(
        f"SELECT date_trunc('month', day::timestamp)::date, kind, {_BUCKET}, sum(persons)::int"
        f" {_AFTER} AND kind >= 10 AND fold_id IS NOT NULL GROUP BY 1, 2, 3",
        _values(region, last, instants),
    )
    found = {}
    for month, instant in known.items():
        after = instants.index(instant)
        late = [
            (FlowKind(kind), persons)
            for happened, kind, bucket, persons in rows
            if happened <= month and bucket > after
        ]
        found[month] = (
            sum(kind.new_sign * persons for kind, persons in late),
            sum(kind.sign * persons for kind, persons in late),
        )
    return found


def _values(region: int, last: date, instants: Sequence[datetime]) -> dict[str, object]:
    low, high = Place(region=region).counties
    # A bucket begins at its bound; what was recorded at the very instant was known then.
    return {
        "first": instants[0],
        "last": last,
        "low": low,
        "high": high,
        "instants": [instant + _TICK for instant in instants],
    }
