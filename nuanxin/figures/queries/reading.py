"""How members' figures of a region or a subtree are put together from the totals of 会籍.

A subtree is that of the day. In a period every day has its own tree: a union that came under
another one in mid-period counts there from that day on, so a move changes no past figure.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import connection

from nuanxin.figures.queries.question import Question
from nuanxin.kernel.figure import FigureDefinition
from nuanxin.kernel.period import Period, PeriodKind
from nuanxin.membership.figures import Place, Totals, totals_as_of, totals_in_period
from nuanxin.membership.figures.breakdown import by_trade_of_unions

# A span under the ancestor that begins with the union's life or ends with it is stretched to the
# period's ends: there are no flows before, and after only those of a union that was ended as of an
# earlier day, until its members moved on. So only moved unions make groups of their own.
_SPANS = """
SELECT a.union_id,
       CASE WHEN a.valid_from <= u.founded_on THEN %(start)s::date
            ELSE greatest(a.valid_from, %(start)s::date) END,
       CASE WHEN a.valid_to IS NULL OR a.valid_to >= u.ended_on THEN %(end)s::date
            ELSE least(a.valid_to - 1, %(end)s::date) END
FROM orgs_ancestry a JOIN orgs_union u ON u.id = a.union_id
WHERE a.ancestor_id = %(union)s AND a.valid_from <= %(end)s
  AND (a.valid_to IS NULL OR a.valid_to > %(start)s OR a.valid_to >= u.ended_on) AND {known}
"""

# A union merged or dissolved as of a day before its members moved on still has them on the days
# between: it stays where it stood last, so nobody is missing; once they have moved it adds nothing.
STANDING = """
SELECT a.union_id FROM orgs_ancestry a
WHERE a.ancestor_id = %(union)s AND a.valid_from <= %(on)s AND {known}
  AND (a.valid_to IS NULL OR a.valid_to > %(on)s OR EXISTS (
      SELECT 1 FROM orgs_union u WHERE u.id = a.union_id AND u.ended_on <= a.valid_to))
ORDER BY 1
"""


def member_totals(definition: FigureDefinition, question: Question) -> Totals:
    """Return the totals that the figure is cut from."""
    is_cut = question.occupation is not None or question.channel is not None
    if question.union_id is None:
        place = Place(region=question.region)
        if definition.period_kind is PeriodKind.AS_OF:
            return totals_as_of(question.as_of, place, known_at=question.known_at)
        return totals_in_period(question.period, place, known_at=question.known_at)
    if definition.period_kind is PeriodKind.AS_OF:
        ids = standing_under(question.union_id, question.as_of, known_at=question.known_at)
        return _of_unions(ids, question.as_of, is_cut=is_cut, known_at=question.known_at)
    return subtree_totals_in_period(
        question.union_id, question.period, is_cut=is_cut, known_at=question.known_at
    )


def subtree_totals_in_period(
    union_id: int, period: Period, *, is_cut: bool = False, known_at: datetime | None = None
) -> Totals:
    """Return what happened under a union in a period, each day by the tree of that day."""
    summed = Totals()
    for (start, end), ids in spans_under(union_id, period, known_at=known_at).items():
        until = _of_unions(ids, end, is_cut=is_cut, known_at=known_at)
        before = _of_unions(ids, start - timedelta(days=1), is_cut=is_cut, known_at=known_at)
        summed = plus(summed, until.minus(before))
    return summed


def spans_under(
    union_id: int, period: Period, *, known_at: datetime | None = None
) -> dict[tuple[date, date], list[int]]:
    """Return which unions stood under ``union_id`` on which days of the period: mostly one group."""
    groups: dict[tuple[date, date], list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _SPANS.format(known=known_rows(known_at)),
            {
                "union": union_id,
                "start": period.start,
                "end": period.end,
                "known_at": known_at,
            },
        )
        for union, start, end in cursor.fetchall():
            groups[start, end].append(union)
    return groups


def standing_under(union_id: int, day: date, *, known_at: datetime | None = None) -> list[int]:
    """Return the unions whose members count under ``union_id`` at the end of a day.

    The subtree of the day, and unions that ended in it: those have members only until these moved.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            STANDING.format(known=known_rows(known_at)),
            {"union": union_id, "on": day, "known_at": known_at},
        )
        return [int(row[0]) for row in cursor.fetchall()]


def known_rows(known_at: datetime | None) -> str:
    """Return the SQL condition that a row ``a`` of the tree was known; None is as corrected since."""
    if known_at is None:
        return "a.superseded_at IS NULL"
    return (
        "a.recorded_at <= %(known_at)s"
        " AND (a.superseded_at IS NULL OR a.superseded_at > %(known_at)s)"
    )


def plus(one: Totals, other: Totals) -> Totals:
    """Return both together."""
    return one.minus(Totals().minus(other))


def _of_unions(ids: list[int], day: date, *, is_cut: bool, known_at: datetime | None) -> Totals:
    if is_cut:
        return by_trade_of_unions(day, ids, known_at)
    return totals_as_of(day, Place(union_ids=tuple(ids)), known_at=known_at)
