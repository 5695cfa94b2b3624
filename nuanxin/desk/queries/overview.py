"""The overview of a province, city, county or any other union: what there is, what waits, below it.

Numbers only: who may count may look. By the tree of today, every number the union with all below.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nuanxin.kernel import clock, occupations, policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import Forbidden, Malformed
from nuanxin.kernel.period import Period, shift_months
from nuanxin.membership.figures import Place, Totals
from nuanxin.membership.figures.breakdown import (
    by_trade_of_unions,
    by_union,
    month_ends,
)
from nuanxin.membership.figures.waiting import OpenWork, Waiting, open_work, waiting_by_union
from nuanxin.orgs import queries as orgs

RIGHT = "membership.count"
PAGE_SIZE = 25
SORTS = ("live", "new", "waiting", "unions")
MONTHS_SHOWN = 12

_ByUnion = dict[int, Totals]


@dataclass(frozen=True, slots=True)
class BelowRow:
    """A union directly below, with all that hangs under it; ``is_own`` is the top's own members."""

    union_id: int
    code: str
    name: str
    unions: int
    live: int
    new: int
    waiting: int
    overdue: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class BelowPage:
    """A page of the unions directly below, sorted; ``first`` counts from 1."""

    rows: tuple[BelowRow, ...]
    first: int
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What one union's overview shows. ``new`` and ``left`` are of the running month."""

    union: orgs.UnionRow
    parent: orgs.UnionRow | None
    others: tuple[orgs.UnionRow, ...]
    day: date
    live: int
    live_before: int
    new: int
    left: int
    unions_new_form: int
    unions_founded: int
    waiting: Waiting
    work: OpenWork
    months: tuple[tuple[date, int], ...]
    months_before: tuple[tuple[date, int], ...]
    trades: tuple[tuple[str, int], ...]
    below: BelowPage


def get_overview(
    *,
    actor: Actor,
    union_code: str = "",
    sort: str = "live",
    after: str = "",
    now: datetime,
) -> Overview:
    """Return the overview of a union in the actor's scope, the actor's own where none is named.

    Raises ``NotFound`` out of scope, ``Forbidden`` without any union to count.
    """
    own = _own_unions(actor)
    union = _chosen(actor, own, union_code)
    today = clock.business_day(now)
    below = orgs.list_below(union.path)
    ids = [one.union_id for one in below]
    month_start = today.replace(day=1)
    totals = by_union(today, ids)
    before = by_union(month_start - timedelta(days=1), ids)
    waiting = waiting_by_union(union.path, today=today)
    sums = {
        one.union_id: _Sums.of(one, totals, before, waiting.get(one.union_id, Waiting()))
        for one in below
    }
    everything = _Sums.total(sums.values())
    months = _new_by_month(ids, month_start)
    return Overview(
        union=union,
        parent=_parent(actor, union),
        others=tuple(one for one in own if one.id != union.id),
        day=today,
        live=everything.live,
        live_before=everything.live_before,
        new=everything.new,
        left=everything.left,
        unions_new_form=everything.unions,
        unions_founded=orgs.count_new_unions(
            period=_year_so_far(today), union_id=union.id, is_new_form=True
        ),
        waiting=Waiting(everything.waiting, everything.overdue, everything.invited),
        work=open_work(union.path, today=today),
        months=tuple(months[-MONTHS_SHOWN:]),
        months_before=tuple(months[:-MONTHS_SHOWN]),
        trades=_trades(ids, today),
        below=_below_page(union, below, sums, sort, after),
    )


@dataclass(slots=True)
class _Sums:
    """The numbers of one union alone, or of several together."""

    live: int = 0
    live_before: int = 0
    new: int = 0
    left: int = 0
    unions: int = 0
    waiting: int = 0
    overdue: int = 0
    invited: int = 0

    @classmethod
    def of(cls, one: orgs.Below, totals: _ByUnion, before: _ByUnion, waiting: Waiting) -> "_Sums":
        """Return the numbers of one union."""
        sums = cls(
            unions=int(one.is_live and one.is_new_form),
            waiting=waiting.to_review,
            overdue=waiting.overdue,
            invited=waiting.invited,
        )
        if one.union_id in totals:
            now = totals[one.union_id]
            then = before.get(one.union_id)
            sums.live = now.live()
            sums.live_before = then.live() if then else 0
            new_then = then.new() if then else 0
            net_then = then.net() if then else 0
            sums.new = now.new() - new_then
            sums.left = sums.new - (now.net() - net_then)
        return sums

    @classmethod
    def total(cls, several: Iterable["_Sums"]) -> "_Sums":
        """Return several together."""
        summed = cls()
        for one in several:
            summed.add(one)
        return summed

    def add(self, other: "_Sums") -> None:
        """Add another union's numbers."""
        self.live += other.live
        self.live_before += other.live_before
        self.new += other.new
        self.left += other.left
        self.unions += other.unions
        self.waiting += other.waiting
        self.overdue += other.overdue
        self.invited += other.invited


def _own_unions(actor: Actor) -> tuple[orgs.UnionRow, ...]:
    """Return the unions that the actor counts below, the highest first."""
    paths = policy.scope_paths(actor, RIGHT)
    if paths == (policy.EVERYWHERE,):
        root = orgs.get_root()
        return (root,) if root is not None else ()
    ids = [orgs.ids_of_path(path)[-1] for path in paths]
    found = orgs.list_unions_by_id(ids)
    return tuple(sorted(found.values(), key=lambda one: (one.level, one.path)))


def _chosen(actor: Actor, own: tuple[orgs.UnionRow, ...], code: str) -> orgs.UnionRow:
    if code:
        union = orgs.get_union_by_code(code)
        policy.check(actor, RIGHT, path=union.path)
        return union
    if not own:
        raise Forbidden(
            "access.no_right", "这件事不在您的职责里。需要办的话，请找上级工会给您加上。"
        )
    return own[0]


def _parent(actor: Actor, union: orgs.UnionRow) -> orgs.UnionRow | None:
    """Return the union above where the actor may count there too."""
    if union.parent_id is None or not policy.may(actor, RIGHT, path=union.parent_path):
        return None
    return orgs.get_union(union.parent_id)


def _new_by_month(ids: list[int], month_start: date) -> list[tuple[date, int]]:
    """Return new members of the 24 closed months before this one, in order."""
    first = shift_months(month_start, -2 * MONTHS_SHOWN - 1)
    last = shift_months(month_start, -1)
    known = {
        month: new
        for month, new, _ in month_ends(Place(union_ids=tuple(ids)), first=first, last=last)
    }
    months = []
    running = known.get(first, 0)
    for number in range(1, 2 * MONTHS_SHOWN + 1):
        month = shift_months(first, number)
        reached = known.get(month, running)
        months.append((month, reached - running))
        running = reached
    return months


def _trades(ids: list[int], day: date) -> tuple[tuple[str, int], ...]:
    totals = by_trade_of_unions(day, ids)
    keys = {occupation for occupation, _ in totals.cells}
    live = [(occupations.by_key(key).label, totals.live(occupation=key)) for key in keys]
    return tuple(sorted((one for one in live if one[1]), key=lambda one: -one[1]))


def _year_so_far(today: date) -> Period:
    return Period(date(today.year, 1, 1), today)


def _below_page(
    union: orgs.UnionRow,
    below: list[orgs.Below],
    sums: dict[int, _Sums],
    sort: str,
    after: str,
) -> BelowPage:
    """Return the page of the unions directly below that follows ``after``, by size."""
    by_child: dict[int, _Sums] = {}
    living = {one.union_id for one in below if one.is_live}
    for one in below:
        by_child.setdefault(one.child_id, _Sums()).add(sums[one.union_id])
    key = {"live": "live", "new": "new", "waiting": "waiting", "unions": "unions"}.get(sort, "live")
    order = sorted(
        (-int(getattr(child, key)), child_id)
        for child_id, child in by_child.items()
        if (child_id in living and child_id != union.id) or child.live or child.waiting
    )
    shown, first = _position(after)
    rest = [one for one in order if shown is None or one > shown]
    page = rest[:PAGE_SIZE]
    found = orgs.list_unions_by_id([child_id for _, child_id in page])
    rows = tuple(
        _row(found[child_id], by_child[child_id], is_own=child_id == union.id)
        for _, child_id in page
    )
    more = len(rest) > PAGE_SIZE
    return BelowPage(
        rows=rows,
        first=first,
        total=len(order),
        next=encode_cursor([*page[-1], first + len(page)]) if more else None,
    )


def _position(after: str) -> tuple[tuple[int, int] | None, int]:
    if not after:
        return None, 1
    value, child, first = decode_cursor(after, length=3)
    if not (isinstance(value, int) and isinstance(child, int) and isinstance(first, int)):
        raise Malformed("cursor.unreadable", "这一页的位置读不出来了。请从列表的第一页重新开始。")
    return (value, child), first


def _row(union: orgs.UnionRow, sums: _Sums, *, is_own: bool) -> BelowRow:
    return BelowRow(
        union_id=union.id,
        code=union.code,
        name=union.name,
        unions=sums.unions,
        live=sums.live,
        new=sums.new,
        waiting=sums.waiting,
        overdue=sums.overdue,
        is_own=is_own,
    )
