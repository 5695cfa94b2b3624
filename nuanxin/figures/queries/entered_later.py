"""What has become known since a day: the late entries and corrections between two readings."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from nuanxin.figures.queries.lineage import FLOW_WEIGHTS, Asked
from nuanxin.figures.queries.reading import known_rows
from nuanxin.membership.states import FlowKind
from nuanxin.orgs import queries as orgs

SHOWN = 50


@dataclass(frozen=True, slots=True)
class LateEntry:
    """Flows of one day, union and kind that were entered after the day of knowledge."""

    day: date
    union_name: str
    kind_label: str
    persons: int
    entered_on: date


@dataclass(frozen=True, slots=True)
class EnteredLater:
    """``then`` and ``today``, and by what they differ: ``entries`` come to ``entered``; ``tree`` is
    the rest, what corrected subordination brought or took. ``more`` entries are not listed."""

    then: int
    today: int
    entered: int
    entries: tuple[LateEntry, ...]
    more: bool

    @property
    def tree(self) -> int:
        """Return what is not by entries: corrections of who stands under whom."""
        return self.today - self.then - self.entered


# By the tree as it is known now: what came under by a correction counts as the tree's part.
_ENTERED = """
SELECT f.day, f.union_id, f.kind, (f.recorded_at AT TIME ZONE 'Asia/Shanghai')::date,
       sum(f.persons * w.weight)::int8, sum(sum(f.persons * w.weight)) OVER ()::int8
FROM membership_memberflow f
JOIN unnest(%(kinds)s::int[], %(weights)s::int[]) AS w (kind, weight) ON w.kind = f.kind
WHERE f.recorded_at > %(known_at)s AND f.day <= %(day)s AND f.day >= %(start)s
  AND EXISTS (
    SELECT 1 FROM orgs_ancestry a JOIN orgs_union u ON u.id = a.union_id
    WHERE a.ancestor_id = %(union)s AND a.union_id = f.union_id AND {tree}
      AND (a.valid_from <= {on} OR {began})
      AND (a.valid_to IS NULL OR a.valid_to > {on} OR a.valid_to >= u.ended_on))
GROUP BY 1, 2, 3, 4 ORDER BY 4 DESC, 1 DESC, 2, 3 LIMIT %(limit)s
"""


def entered_since(asked: Asked, *, known_at: datetime, then: int, today: int) -> EnteredLater:
    """Return what makes ``then`` (as known at ``known_at``) into ``today``, adding up exactly."""
    weights = FLOW_WEIGHTS.get(asked.code, {})
    statement = _ENTERED.format(
        tree=known_rows(None),
        on="%(day)s" if asked.is_as_of else "f.day",
        began="false" if asked.is_as_of else "a.valid_from <= u.founded_on",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "kinds": [int(kind) for kind in weights],
                "weights": list(weights.values()),
                "known_at": known_at,
                "day": asked.as_of,
                "start": date.min if asked.is_as_of else asked.period.start,
                "union": asked.union_id,
                "limit": SHOWN + 1,
            },
        )
        rows = cursor.fetchall()
    names = orgs.list_unions_by_id(sorted({row[1] for row in rows}))
    entries = tuple(
        LateEntry(day, names[union].name, FlowKind(kind).label, persons, entered)
        for day, union, kind, entered, persons, _ in rows[:SHOWN]
    )
    entered = int(rows[0][5]) if rows else 0
    return EnteredLater(then, today, entered, entries, more=len(rows) > SHOWN)
