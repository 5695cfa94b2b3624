"""The rows behind a number, for those who may see who was counted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeGuard

from nuanxin.figures import permissions
from nuanxin.figures.queries.deriving import PUBLISHABLE
from nuanxin.figures.queries.entered_later import EnteredLater, entered_since
from nuanxin.figures.queries.lineage import (
    OF_UNIONS,
    Asked,
    Proof,
    Statement,
    prove,
    statement_of,
    union_question,
)
from nuanxin.figures.queries.measuring import Measurement, known_then_and_now, measure
from nuanxin.figures.queries.published_before import PublishedBefore, published_before
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.queries.reading import spans_under, standing_under
from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.queries.service_rows import (
    OF_SERVICES,
    prove_services,
    service_rows,
    service_statement,
)
from nuanxin.figures.queries.station_rows import (
    OF_STATIONS,
    prove_stations,
    station_rows,
    station_statement,
)
from nuanxin.kernel import clock, occupations
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.cursor import Scalar, decode_cursor, encode_cursor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.period import Period
from nuanxin.membership.figures.rows import OF_SPANS, WITH_ROWS, CountedRow, counted_rows
from nuanxin.membership.states import Channel
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries.evidence import CountedUnion, list_counted_unions
from nuanxin.orgs.states import UnionKind
from nuanxin.people import queries as people
from nuanxin.programmes.queries.delivered import CountedDelivery
from nuanxin.stations.queries.in_use import CountedStation

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
    """A page of the rows behind ``measurement``: persons, or the unions or stations that are counted.

    ``next`` is a cursor, None on the last page. ``asked`` is the question; with ``known_on`` the
    value is that of the end of that day, and ``value_today`` what is known now.
    """

    measurement: Measurement
    union: orgs.UnionRow
    asked: Asked
    rows: tuple[BehindRow, ...]
    unions: tuple[CountedUnion, ...]
    first: int
    next: str | None
    known_on: date | None = None
    value_today: int | None = None
    stations: tuple[CountedStation, ...] = ()

    @property
    def count(self) -> int:
        """Return how many rows this page has."""
        return len(self.rows) + len(self.unions) + len(self.stations)


def rows_behind(
    *,
    actor: Actor,
    code: str,
    union_code: str,
    as_of: date | None = None,
    since: date | None = None,
    known_on: date | None = None,
    after: str = "",
    limit: int = PAGE_SIZE,
    now: datetime,
) -> BehindPage:
    """Return who (or which unions) was counted in a figure below a union, by the tree of the day.

    All pages together are as many as the figure's value (the sum of their signs). Raises
    ``NotFound`` for an unknown figure, one without rows, or a union out of scope; ``Forbidden``
    without the right; ``Malformed`` figures.backwards, figures.not_yet.
    """
    definition = get_figure(code)
    union = _union(actor, union_code)
    is_of_unions = code in OF_UNIONS
    if code not in WITH_ROWS | OF_SERVICES | OF_STATIONS and not is_of_unions:
        raise NotFound("figures.no_rows", f"“{definition.label}”没有可以逐条打开的明细。")
    day = as_of or known_on or clock.business_day(now)
    if since is not None and since > day:
        raise Malformed("figures.backwards", "起止写反了：开始的日子在截至日的后面。请对调再看。")
    period = Period(since or COUNTED_FROM, day)
    asked: dict[str, Any] = {"union_id": union.id, "period": period, "now": now}
    if known_on is None:
        measured = measure(code, **asked)
        today = None
    else:
        measured, known_now = known_then_and_now(code, known_on=known_on, **asked)
        today = known_now.value
    if code in OF_SPANS and measured.tree_known_at is not None:
        raise NotFound(
            "figures.no_rows_as_known",
            f"“{definition.label}”只留着现在所知的明细：{day} 那个月已经锁定，或者问的是过去某天所知，"
            "当时的名单列不出来。请把“按哪天所知”清空，或者换一个没有锁定的日子。",
        )
    question = Asked(code, union.id, day, period, measured.tree_known_at)
    page = BehindPage(
        measured, union, question, (), (), 1, None, known_on=known_on, value_today=today
    )
    if is_of_unions:
        return _with_unions(page, after, limit)
    if code in OF_SERVICES:
        return _with_deliveries(page, after, limit)
    if code in OF_STATIONS:
        return _with_stations(page, after, limit)
    return _with_members(page, after, limit)


def _with_members(page: BehindPage, after: str, limit: int) -> BehindPage:
    asked = page.asked
    place, nth, first = _read_cursor(after, (0, -1))
    spans = (
        {
            (asked.as_of, asked.as_of): standing_under(
                asked.union_id, asked.as_of, known_at=asked.known_at
            )
        }
        if asked.is_as_of
        else spans_under(asked.union_id, asked.period, known_at=asked.known_at)
    )
    found = counted_rows(
        asked.code,
        spans,
        start=asked.period.start,
        end=asked.as_of,
        known_at=asked.known_at,
        after=(place, nth),
        limit=limit + 1,
    )
    kept = found[:limit]
    following = None
    if len(found) > limit:
        following = encode_cursor([kept[-1].membership_id, kept[-1].nth, first + limit])
    return replace(page, rows=tuple(_finished(kept)), first=first, next=following)


def _with_deliveries(page: BehindPage, after: str, limit: int) -> BehindPage:
    place, _, first = _read_cursor(after, (0, 0))
    found = service_rows(page.asked, after=place, limit=limit + 1)
    kept = found[:limit]
    following = None
    if len(found) > limit:
        following = encode_cursor([kept[-1].id, 0, first + limit])
    workers, unions = _workers(kept), _unions(kept)
    rows = (_delivered_row(one, workers[one.worker_id], unions[one.union_id]) for one in kept)
    return replace(page, rows=tuple(rows), first=first, next=following)


def _with_unions(page: BehindPage, after: str, limit: int) -> BehindPage:
    place, _, first = _read_cursor(after, (0, 0))
    found = list_counted_unions(after=place, limit=limit + 1, **union_question(page.asked))
    kept = found[:limit]
    following = None
    if len(found) > limit:
        following = encode_cursor([kept[-1].id, 0, first + limit])
    return replace(page, unions=tuple(kept), first=first, next=following)


def _with_stations(page: BehindPage, after: str, limit: int) -> BehindPage:
    place, _, first = _read_cursor(after, (0, 0))
    found = station_rows(page.asked, after=place, limit=limit + 1)
    kept = found[:limit]
    following = None
    if len(found) > limit:
        following = encode_cursor([kept[-1].id, 0, first + limit])
    return replace(page, stations=tuple(kept), first=first, next=following)


def rows_to_export(
    *,
    actor: Actor,
    code: str,
    union_code: str,
    as_of: date | None = None,
    since: date | None = None,
    known_on: date | None = None,
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
        known_on=known_on,
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


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where the number of a rows page comes from.

    ``proof`` only where it was asked for; ``published`` None where the union is no federation, for
    publications are by region; ``later`` only with a day of knowledge.
    """

    statement: Statement | None
    proof: Proof | None
    published: PublishedBefore | None
    later: EnteredLater | None


def get_lineage(page: BehindPage, *, is_proof_asked: bool, now: datetime) -> Lineage:
    """Return the lineage of a page that the actor was given. The proof reads every flow."""
    asked, measured = page.asked, page.measurement
    is_of_members = asked.code not in OF_SERVICES | OF_STATIONS
    published = None
    if page.union.kind is UnionKind.FEDERATION and measured.code in PUBLISHABLE:
        published = published_before(
            asked.code,
            region=page.union.adcode,
            as_of=asked.as_of,
            since=None if asked.is_as_of else asked.period.start,
            now=now,
        )
    later = None
    if page.known_on is not None and page.value_today is not None and is_of_members:
        later = entered_since(
            asked,
            known_at=clock.day_end(page.known_on),
            then=measured.value or 0,
            today=page.value_today,
        )
    return Lineage(
        statement=_statement(asked),
        proof=_proof(asked) if is_proof_asked else None,
        published=published,
        later=later,
    )


def _statement(asked: Asked) -> Statement | None:
    if asked.code in OF_STATIONS:
        return station_statement(asked)
    return service_statement(asked) if asked.code in OF_SERVICES else statement_of(asked)


def _proof(asked: Asked) -> Proof | None:
    if asked.code in OF_STATIONS:
        return prove_stations(asked)
    return prove_services(asked) if asked.code in OF_SERVICES else prove(asked)


def _union(actor: Actor, code: str) -> orgs.UnionRow:
    union = orgs.get_union_by_code(code)
    permissions.check_can_see_rows(actor, path=union.path)
    return union


def _read_cursor(after: str, start: tuple[int, int]) -> tuple[int, int, int]:
    if not after:
        return *start, 1
    place, nth, first = decode_cursor(after, length=3)
    if not (_is_place(place) and _is_place(nth) and _is_place(first)):
        raise Malformed("cursor.unreadable", "这一页的位置读不出来了。请从列表的第一页重新开始。")
    return place, nth, first


def _is_place(value: Scalar) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _HIGHEST


def _workers(found: Sequence[CountedRow | CountedDelivery]) -> dict[int, people.WorkerRow]:
    workers: dict[int, people.WorkerRow] = {}
    ids = [row.worker_id for row in found]
    for start in range(0, len(ids), _PEOPLE_AT_ONCE):
        workers |= people.worker_rows(ids[start : start + _PEOPLE_AT_ONCE])
    return workers


def _unions(found: Sequence[CountedRow | CountedDelivery]) -> dict[int, orgs.UnionRow]:
    return orgs.list_unions_by_id(sorted({row.union_id for row in found}))


def _delivered_row(
    row: CountedDelivery, worker: people.WorkerRow, union: orgs.UnionRow
) -> BehindRow:
    return BehindRow(
        membership_id=0,
        name=worker.name,
        masked_identity=worker.masked_identity,
        masked_phone=worker.masked_phone,
        union_name=union.name,
        occupation_label=occupations.by_key(row.occupation).label if row.occupation else "",
        channel_label=row.programme,
        counted_on=row.day,
        sign=1,
    )


def _finished(found: list[CountedRow]) -> list[BehindRow]:
    workers, unions = _workers(found), _unions(found)
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
_HIGHEST = 1 << 62
