"""What a number of live members changed by between two days, in parts that add up exactly.

Start is what was known of the first day (late entries since are a part of their own); then what
happened, kind by kind, each day by the tree of that day; and, under a union, the members of whole
unions that came under it or went from under it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from nuanxin.figures.queries.reading import known_rows, standing_under, subtree_totals_in_period
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.period import Period
from nuanxin.membership.figures import Place, Totals, totals_as_of, totals_in_period
from nuanxin.membership.figures.definitions import LEFT, NEW, TRANSFERRED_IN
from nuanxin.membership.states import FlowKind


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a change: ``persons`` with its sign; ``figure`` is whose rows show it, or ""."""

    key: str
    label: str
    persons: int
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Live members at the end of ``since``, as known at ``known_then``, and at the end of ``until``."""

    since: date
    until: date
    known_then: datetime
    start: int
    end: int
    parts: tuple[Part, ...]

    @property
    def adds_up(self) -> bool:
        """Return whether start and parts give the end."""
        return self.start + sum(part.persons for part in self.parts) == self.end


# Unions that came under the ancestor, or went from under it, while they lived: not those that were
# founded under it or ended there.
_MOVES = """
SELECT a.union_id, a.valid_from AS day, 1 FROM orgs_ancestry a JOIN orgs_union u ON u.id = a.union_id
WHERE a.ancestor_id = %(union)s AND {known}
  AND a.valid_from > %(since)s AND a.valid_from <= %(until)s AND a.valid_from > u.founded_on
UNION ALL
SELECT a.union_id, a.valid_to, -1 FROM orgs_ancestry a JOIN orgs_union u ON u.id = a.union_id
WHERE a.ancestor_id = %(union)s AND {known}
  AND a.valid_to > %(since)s AND a.valid_to <= %(until)s
  AND (u.ended_on IS NULL OR a.valid_to < u.ended_on)
"""
_KINDS: tuple[tuple[str, str, tuple[FlowKind, ...], str], ...] = (
    ("joined", "新入会", (FlowKind.JOINED, FlowKind.JOINED_AGAIN), NEW.code),
    ("undone", "审批撤回", (FlowKind.APPROVAL_UNDONE,), ""),
    ("left", "退会", (FlowKind.LEFT,), LEFT.code),
    ("transferred_in", "转入", (FlowKind.TRANSFERRED_IN,), TRANSFERRED_IN.code),
    ("transferred_out", "转出", (FlowKind.TRANSFERRED_OUT,), ""),
    ("restored", "恢复会籍", (FlowKind.RESTORED,), ""),
    ("retained", "转为保留会籍", (FlowKind.RETAINED,), ""),
    ("with_unions", "随工会合并、迁址进出", (FlowKind.MERGED_IN, FlowKind.MERGED_OUT), ""),
    ("duplicates", "重复记录合并", (FlowKind.DUPLICATE_CLOSED,), ""),
)


def explain_change(
    *,
    union_id: int | None = None,
    region: int | None = None,
    since: date,
    until: date,
    known_then: datetime | None = None,
    known_until: datetime | None = None,
    now: datetime,
) -> Change:
    """Return by what live members changed from the end of ``since`` to the end of ``until``.

    Under a union's subtree or in a region. ``known_then`` is by default the end of ``since``: what
    was entered later about days before is told as a correction. ``known_until`` leaves out what was
    entered after it: so two published values are explained as they were published. Raises ``Malformed``
    figures.backwards, figures.not_yet.
    """
    if until > clock.business_day(now):
        raise Malformed("figures.not_yet", f"{until} 还没到。请选今天或以前的日子。")
    if since >= until:
        raise Malformed("figures.backwards", "起止写反了：前一天要早于后一天。请对调再看。")
    known = known_then or clock.day_start(since + timedelta(days=1))
    start = _live(union_id, region, since, known)
    corrected = _live(union_id, region, since, known_until)
    happened = _happened(union_id, region, Period(since + timedelta(days=1), until), known_until)
    parts = [Part("corrections", "补录和更正", corrected - start)]
    for key, label, kinds, figure in _KINDS:
        persons = sum(kind.sign * happened.count(kind) for kind in kinds)
        parts.append(Part(key, label, persons, figure if persons else ""))
    if union_id is not None:
        parts.append(
            Part("tree", "下级工会划进划出", _moved_in(union_id, since, until, known_until))
        )
    end = _live(union_id, region, until, known_until)
    return Change(since, until, known, start, end, tuple(parts))


def _live(union_id: int | None, region: int | None, day: date, known: datetime | None) -> int:
    if union_id is None:
        return totals_as_of(day, Place(region=region), known_at=known).live()
    ids = standing_under(union_id, day, known_at=known)
    return totals_as_of(day, Place(union_ids=tuple(ids)), known_at=known).live()


def _happened(
    union_id: int | None, region: int | None, period: Period, known: datetime | None
) -> Totals:
    if union_id is None:
        return totals_in_period(period, Place(region=region), known_at=known)
    return subtree_totals_in_period(union_id, period, known_at=known)


def _moved_in(union_id: int, since: date, until: date, known: datetime | None) -> int:
    """Return the members of unions that came under, less those of unions that went."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVES.format(known=known_rows(known)),
            {"union": union_id, "since": since, "until": until, "known_at": known},
        )
        moves = cursor.fetchall()
    groups: dict[tuple[date, int], list[int]] = defaultdict(list)
    for moved, day, sign in moves:
        groups[day, sign].append(moved)
    return sum(
        sign
        * totals_as_of(day - timedelta(days=1), Place(union_ids=tuple(ids)), known_at=known).live()
        for (day, sign), ids in groups.items()
    )
