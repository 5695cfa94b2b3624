"""The rows behind a number, for those who may see who was counted."""

from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.figures import permissions
from nuanxin.figures.queries.measuring import Measurement, measure
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.queries.reading import spans_under, standing_under
from nuanxin.figures.queries.registry import get_figure
from nuanxin.kernel import clock, occupations
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.period import Period, PeriodKind
from nuanxin.membership.figures.rows import WITH_ROWS, CountedRow, counted_rows
from nuanxin.membership.states import Channel
from nuanxin.orgs import queries as orgs
from nuanxin.people import queries as people

PAGE_SIZE = 50
EXPORT_LIMIT = 20_000
"""Rows in one export; more than that is asked for by smaller unions."""


@dataclass(frozen=True, slots=True)
class BehindRow:
    """One person who was counted; number and phone masked. ``sign`` −1 where taken off again."""

    membership_id: int
    name: str
    masked_identity: str
    masked_phone: str
    union_name: str
    occupation_label: str
    channel_label: str
    counted_on: date
    sign: int


@dataclass(frozen=True, slots=True)
class BehindPage:
    """A page of the rows behind ``measurement``; ``next`` is a cursor, None on the last page."""

    measurement: Measurement
    union_id: int
    union_path: str
    rows: tuple[BehindRow, ...]
    first: int
    next: str | None


def rows_behind(
    *,
    actor: Actor,
    code: str,
    union_code: str,
    as_of: date | None = None,
    since: date | None = None,
    after: str = "",
    limit: int = PAGE_SIZE,
    now: datetime,
) -> BehindPage:
    """Return who was counted in a figure below a union, by the tree of the day.

    All pages together are as many as the figure's value (the sum of their signs). Raises
    ``NotFound`` for an unknown figure, one without persons, or a union out of scope; ``Forbidden``
    without the right; ``Malformed`` figures.backwards.
    """
    definition = get_figure(code)
    union = _union(actor, union_code)
    if code not in WITH_ROWS:
        raise NotFound("figures.no_rows", f"“{definition.label}”没有可以逐人打开的明细。")
    day = as_of or clock.business_day(now)
    if since is not None and since > day:
        raise Malformed("figures.backwards", "起止写反了：开始的日子在截至日的后面。请对调再看。")
    period = Period(since or COUNTED_FROM, day)
    measured = measure(code, union_id=union.id, period=period, now=now)
    shown, first = _read_cursor(after)
    spans = (
        {(day, day): standing_under(union.id, day)}
        if definition.period_kind is PeriodKind.AS_OF
        else spans_under(union.id, period)
    )
    found = counted_rows(
        code, spans, start=period.start, end=period.end, after=shown, limit=limit + 1
    )
    more = len(found) > limit
    kept = found[:limit]
    return BehindPage(
        measurement=measured,
        union_id=union.id,
        union_path=union.path,
        rows=tuple(_finished(kept)),
        first=first,
        next=encode_cursor([kept[-1].membership_id, first + len(kept)]) if more else None,
    )


def rows_to_export(
    *,
    actor: Actor,
    code: str,
    union_code: str,
    as_of: date | None = None,
    since: date | None = None,
    now: datetime,
) -> BehindPage:
    """Return all rows in one go, for an export. Raises also ``Conflict`` figures.too_many_rows."""
    union = _union(actor, union_code)
    permissions.check_can_take_rows_away(actor, path=union.path)
    page = rows_behind(
        actor=actor,
        code=code,
        union_code=union_code,
        as_of=as_of,
        since=since,
        limit=EXPORT_LIMIT,
        now=now,
    )
    if page.next is not None:
        raise Conflict(
            "figures.too_many_rows",
            f"一次最多导出 {EXPORT_LIMIT:,} 行，这里有 {page.measurement.value:,} 行。"
            "请到下一级工会分开导出。",
        )
    return page


def _union(actor: Actor, code: str) -> orgs.UnionRow:
    union = orgs.get_union_by_code(code)
    permissions.check_can_see_rows(actor, path=union.path)
    return union


def _read_cursor(after: str) -> tuple[int, int]:
    if not after:
        return 0, 1
    last, first = decode_cursor(after, length=2)
    if not isinstance(last, int) or not isinstance(first, int):
        raise Malformed("cursor.unreadable", "这一页的位置读不出来了。请从列表的第一页重新开始。")
    return last, first


def _finished(found: list[CountedRow]) -> list[BehindRow]:
    workers: dict[int, people.WorkerRow] = {}
    ids = [row.worker_id for row in found]
    for start in range(0, len(ids), _PEOPLE_AT_ONCE):
        workers |= people.worker_rows(ids[start : start + _PEOPLE_AT_ONCE])
    unions = orgs.list_unions_by_id(sorted({row.union_id for row in found}))
    return [_finished_row(row, workers[row.worker_id], unions[row.union_id]) for row in found]


def _finished_row(row: CountedRow, worker: people.WorkerRow, union: orgs.UnionRow) -> BehindRow:
    return BehindRow(
        membership_id=row.membership_id,
        name=worker.name,
        masked_identity=worker.masked_identity,
        masked_phone=worker.masked_phone,
        union_name=union.name,
        occupation_label=occupations.by_key(row.occupation).label,
        channel_label=Channel(row.channel).label,
        counted_on=row.counted_on,
        sign=row.sign,
    )


_PEOPLE_AT_ONCE = 1_000
