"""Members below a union: the list (a page, a search), one member, and the rows of an export.

A page is found in two steps: first the ids in order, then what is shown of them. How the ids are
found depends on what is rare, because at a million members no single plan is fast for all: see
``_newest`` and ``_searched``. Measured at 1.175 M members in ``bench/members.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.cursor import encode_cursor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.names import LONGEST, normalise_name
from nuanxin.kernel.occupations import by_key
from nuanxin.membership import permissions
from nuanxin.membership.queries.scope import path_range, read_cursor
from nuanxin.membership.states import Channel, EndReason, MemberState
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.orgs.queries.unions import get_union
from nuanxin.people.queries.workers import search_condition

PAGE_LIMIT = 100
COUNT_LIMIT = 10_000
EXPORT_LIMIT = 100_000
SORTS = ("joined", "-joined")
_WALKED = 20_000
"""Newest rows looked through before the list goes union by union."""
_FEW_NAMES = 4_000
"""Up to so many people of a name the search starts from them, beyond from the members."""
_FIRST = 1 << 62


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """What a list is narrowed to; None or "" leaves it wide. Days are included.

    ``region`` is where they work: the outlet's county (city, province), else the union's seat.
    """

    search: str = ""
    state: MemberState | None = None
    occupation: int | None = None
    channel: Channel | None = None
    joined_from: date | None = None
    joined_to: date | None = None
    region: int | None = None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One line of a list of members; number and phone are masked."""

    id: int
    worker_id: int
    name: str
    masked_identity: str
    masked_phone: str
    occupation_label: str
    place: str
    union_id: int
    union_name: str
    channel: Channel
    state: MemberState
    started_on: date
    joined_on: date


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A page of members; ``next`` is the cursor of the following page, None on the last.

    ``count`` is how many there are without a search, counted to ``COUNT_LIMIT`` at most
    (``count_is_capped``); None while searching.
    """

    items: tuple[MemberRow, ...]
    next: str | None
    count: int | None
    count_is_capped: bool


def list_members(
    *,
    actor: Actor,
    union_id: int,
    only: MemberFilter = MemberFilter(),
    cursor: str | None = None,
    limit: int = 50,
    right: str = permissions.VIEW,
    sort: str = "",
) -> MemberPage:
    """Return a page of the members below a union: the newest first, a search union by union.

    ``sort`` "joined" or "-joined" orders by the day of joining instead, where at most
    ``COUNT_LIMIT`` are listed and nobody is searched for; elsewhere it is left aside.

    ``search`` is a name or a part of one, a whole identity number or a whole phone number. Raises
    ``NotFound`` out of scope, ``Forbidden`` without the right, ``Malformed`` for a strange cursor.
    """
    union = get_union(union_id)
    policy.check(actor, right, path=union.path)
    limit = max(1, min(limit, PAGE_LIMIT))
    low, high = path_range(union.path)
    values: dict[str, Any] = {"low": low, "high": high, "limit": limit + 1, "union": union_id}
    condition = _narrowed(only, values)
    count: int | None
    if only.search.strip():
        found = _searched(only.search, condition, values, cursor)
        shown, more = found[:limit], found[limit:]
        after = encode_cursor(shown[-1]) if more else None
        count = None
    elif sort in SORTS and (count := _count(condition, values)) <= COUNT_LIMIT:
        by_day = _by_day(condition, values, cursor, is_descending=sort.startswith("-"))
        shown, more = _ids_of(by_day[:limit]), _ids_of(by_day[limit:])
        after = encode_cursor(by_day[limit - 1]) if more else None
    else:
        found = _newest(condition, values, cursor)
        shown, more = found[:limit], found[limit:]
        after = encode_cursor([shown[-1][1]]) if more else None
        count = None if cursor else _count(condition, values)
    rows = _rows([number for _, number in shown])
    return MemberPage(
        rows, after, count and min(count, COUNT_LIMIT), bool(count and count > COUNT_LIMIT)
    )


def _by_day(
    condition: str, values: dict[str, Any], cursor: str | None, *, is_descending: bool
) -> list[tuple[Any, ...]]:
    """Return (day of joining, id) in that order; for lists short enough to be sorted whole."""
    order, beyond = ("DESC", "<") if is_descending else ("ASC", ">")
    where = ""
    if cursor:
        day, number = read_cursor(cursor, date, int)
        where = f" AND (m.joined_on, m.id) {beyond} (%(day)s, %(number)s)"
        values = values | {"day": day, "number": number}
    return _fetch(
        f"""SELECT m.joined_on, m.id FROM orgs_union s
            JOIN membership_membership m ON m.union_id = s.id
            WHERE s.path >= %(low)s AND s.path < %(high)s AND {condition}{where}
            ORDER BY m.joined_on {order}, m.id {order} LIMIT %(limit)s""",
        values,
    )


def _ids_of(by_day: list[tuple[Any, ...]]) -> list[tuple[str, int]]:
    return [("", int(number)) for _, number in by_day]


def count_members(*, actor: Actor, union_id: int) -> dict[MemberState, int]:
    """Return how many live and retained members stand below a union, exactly."""
    union = get_union(union_id)
    permissions.check_can_count(actor, path=union.path)
    low, high = path_range(union.path)
    with connection.cursor() as db:
        db.execute(
            """SELECT m.state, count(*) FROM orgs_union s
               JOIN membership_membership m ON m.union_id = s.id AND m.ended_on IS NULL
               WHERE s.path >= %s AND s.path < %s GROUP BY 1""",
            [low, high],
        )
        counted = dict(db.fetchall())
    return {state: counted.get(int(state), 0) for state in (MemberState.LIVE, MemberState.RETAINED)}


def _narrowed(only: MemberFilter, values: dict[str, Any]) -> str:
    """Return the conditions on the alias ``m``, and put what they need into ``values``."""
    parts = ["m.ended_on IS NULL"]
    if only.state is not None:
        parts.append("m.state = %(state)s")
        values["state"] = int(only.state)
    if only.occupation is not None:
        parts.append("m.occupation = %(occupation)s")
        values["occupation"] = only.occupation
    if only.channel is not None:
        parts.append("m.channel = %(channel)s")
        values["channel"] = int(only.channel)
    if only.joined_from is not None:
        parts.append("m.joined_on >= %(joined_from)s")
        values["joined_from"] = only.joined_from
    if only.joined_to is not None:
        parts.append("m.joined_on <= %(joined_to)s")
        values["joined_to"] = only.joined_to
    if only.region is not None:
        parts.append(_IN_REGION)
        values["region_low"], values["region_high"] = region_bounds(only.region)
    return " AND ".join(parts)


_IN_REGION = """CASE WHEN m.outlet_id IS NULL
    THEN m.union_id IN (SELECT id FROM orgs_union
                        WHERE adcode BETWEEN %(region_low)s AND %(region_high)s)
    ELSE m.outlet_id IN (SELECT id FROM orgs_outlet
                         WHERE adcode BETWEEN %(region_low)s AND %(region_high)s) END"""


def _newest(condition: str, values: dict[str, Any], cursor: str | None) -> list[tuple[str, int]]:
    """Return (path, id) of the newest members below the union.

    The newest rows of all are looked through first: that answers for large subtrees. Where too
    few of them belong here, each union's newest is probed once, and only the unions whose newest
    is among the newest can have a row on the page: that answers for small ones.
    """
    (before,) = read_cursor(cursor, int) if cursor else (_FIRST,)
    values = values | {"before": before, "walked": _WALKED}
    found = _fetch(_WALK.format(condition=condition), values)
    if len(found) < values["limit"]:
        found = _fetch(_PROBE.format(condition=condition), values)
    return [(str(path), int(number)) for path, number in found]


_WALK = """
WITH scope AS MATERIALIZED (
    SELECT id FROM orgs_union WHERE path >= %(low)s AND path < %(high)s)
SELECT '', m.id FROM (
    SELECT * FROM membership_membership
    WHERE ended_on IS NULL AND id < %(before)s ORDER BY id DESC LIMIT %(walked)s) m
WHERE m.union_id IN (SELECT id FROM scope) AND {condition}
ORDER BY m.id DESC LIMIT %(limit)s
"""
_PROBE = """
WITH tops AS (
    SELECT s.id, t.top FROM orgs_union s
    CROSS JOIN LATERAL (
        SELECT m.id AS top FROM membership_membership m
        WHERE m.union_id = s.id AND m.id < %(before)s AND {condition}
        ORDER BY m.id DESC LIMIT 1) t
    WHERE s.path >= %(low)s AND s.path < %(high)s
    ORDER BY t.top DESC LIMIT %(limit)s)
SELECT '', m.id FROM tops
CROSS JOIN LATERAL (
    SELECT m.id FROM membership_membership m
    WHERE m.union_id = tops.id AND m.id < %(before)s AND {condition}
    ORDER BY m.id DESC LIMIT %(limit)s) m
ORDER BY m.id DESC LIMIT %(limit)s
"""


def _searched(
    text: str, condition: str, values: dict[str, Any], cursor: str | None
) -> list[tuple[str, int]]:
    """Return (path, id) of the members found, union by union in the order of the tree.

    A rare name is looked up first and each of its people placed; a common one is met soon when
    one walks through the members. The statistics of the name index tell which it is.
    """
    path, before = read_cursor(cursor, str, int) if cursor else ("", _FIRST)
    named, more = search_condition(text)
    values = values | more | {"after": path, "before": before}
    if "name_grams" not in more or _estimate(more["name_grams"]) <= _FEW_NAMES:
        return _pairs(_fetch(_FROM_NAMES.format(named=named, condition=condition), values))
    values["pattern"] = _pattern(text)
    statement = _ALONG_MEMBERS_OF_ONE if _is_single(values) else _ALONG_MEMBERS
    return _pairs(_fetch(statement.format(condition=condition), values))


_FROM_NAMES = """
WITH named AS MATERIALIZED (
    SELECT w.id FROM people_worker w WHERE {named}
), placed AS MATERIALIZED (
    SELECT m.* FROM named
    CROSS JOIN LATERAL (
        SELECT m.id, m.union_id FROM membership_membership m
        WHERE m.worker_id = named.id AND {condition} OFFSET 0) m
)
SELECT s.path, m.id FROM placed m
JOIN orgs_union s ON s.id = m.union_id AND s.path >= %(low)s AND s.path < %(high)s
WHERE s.path > %(after)s OR (s.path = %(after)s AND m.id < %(before)s)
ORDER BY s.path, m.id DESC LIMIT %(limit)s
"""
_LIVING = """
CROSS JOIN LATERAL (
    SELECT 1 FROM people_worker w
    WHERE w.id = m.worker_id AND w.merged_into_id IS NULL AND w.erased_at IS NULL
      AND people_name_plain(w.name) LIKE %(pattern)s OFFSET 0) w
"""
_ALONG_MEMBERS = (
    """
SELECT s.path, m.id FROM orgs_union s
CROSS JOIN LATERAL (
    SELECT m.id, m.worker_id FROM membership_membership m
    WHERE m.union_id = s.id AND {condition}
      AND (s.path > %(after)s OR m.id < %(before)s)
    ORDER BY m.id DESC OFFSET 0) m
"""
    + _LIVING
    + """
WHERE s.path >= greatest(%(low)s, %(after)s) AND s.path < %(high)s
ORDER BY s.path, m.id DESC LIMIT %(limit)s
"""
)
_ALONG_MEMBERS_OF_ONE = (
    """
SELECT s.path, m.id
FROM membership_membership m JOIN orgs_union s ON s.id = m.union_id
"""
    + _LIVING
    + """
WHERE m.union_id = %(union)s AND {condition} AND m.id < %(before)s
ORDER BY m.id DESC LIMIT %(limit)s
"""
)


def _is_single(values: dict[str, Any]) -> bool:
    """Return whether no union stands below."""
    rows = _fetch(
        "SELECT path, id FROM orgs_union WHERE path >= %(low)s AND path < %(high)s LIMIT 2", values
    )
    return len(rows) == 1


def _estimate(grams: list[str]) -> int:
    """Return about how many people have a name with these pairs of characters.

    From the statistics of the name index: the planner itself does not use those of a partial one.
    Without statistics (a young database) 0.
    """
    rows = _fetch(
        """SELECT c.reltuples, min(coalesce(f.freq, s.most_common_elem_freqs[
                      cardinality(s.most_common_elem_freqs) - 2] / 2))
           FROM pg_stats s
           JOIN pg_class c ON c.oid = 'people_worker'::regclass
           CROSS JOIN unnest(%(grams)s::text[]) AS g (gram)
           LEFT JOIN LATERAL unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs)
               AS f (gram, freq) ON f.gram = g.gram
           WHERE s.schemaname = current_schema() AND s.tablename = 'worker_name_grams'
           GROUP BY c.reltuples""",
        {"grams": grams},
    )
    return int(rows[0][0] * (rows[0][1] or 0)) if rows else 0


def _pattern(text: str) -> str:
    """Return the LIKE pattern that finds what ``people``'s search finds: one character begins."""
    plain = normalise_name(text)[:LONGEST].translate(_SEPARATORS).lower()
    escaped = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%" if len(plain) == 1 else f"%{escaped}%"


_SEPARATORS = str.maketrans("", "", " ·.-'")


def _count(condition: str, values: dict[str, Any]) -> int:
    """Return how many there are, at most one more than ``COUNT_LIMIT``."""
    rows = _fetch(
        f"""SELECT count(*) FROM (
                SELECT 1 FROM orgs_union s JOIN membership_membership m ON m.union_id = s.id
                WHERE s.path >= %(low)s AND s.path < %(high)s AND {condition}
                LIMIT %(most)s) x""",
        values | {"most": COUNT_LIMIT + 1},
    )
    return int(rows[0][0])


_SHOWN = """
SELECT m.id, m.worker_id, w.name, w.identity_hint, w.phone_hint, m.occupation,
       coalesce(o.name, a.place_stated, ''), u.id, u.name, m.channel, m.state, m.started_on,
       m.joined_on, u.path, m.ended_on IS NOT NULL, w.sex, w.birth_on, m.retained_on,
       m.application_id
FROM membership_membership m
JOIN people_worker w ON w.id = m.worker_id
JOIN orgs_union u ON u.id = m.union_id
LEFT JOIN orgs_outlet o ON o.id = m.outlet_id
LEFT JOIN membership_joinapplication a ON a.id = m.application_id
"""


def _rows(ids: Sequence[int]) -> tuple[MemberRow, ...]:
    if not ids:
        return ()
    found = {
        row[0]: _member_row(row)
        for row in _fetch(f"{_SHOWN} WHERE m.id = ANY (%(ids)s)", {"ids": list(ids)})
    }
    return tuple(found[number] for number in ids if number in found)


def _member_row(row: tuple[Any, ...]) -> MemberRow:
    return MemberRow(
        id=row[0],
        worker_id=row[1],
        name=row[2],
        masked_identity=masked(row[3], 4, 10),
        masked_phone=masked(row[4], 3, 4),
        occupation_label=by_key(row[5]).label,
        place=row[6],
        union_id=row[7],
        union_name=row[8],
        channel=Channel(row[9]),
        state=MemberState(row[10]),
        started_on=row[11],
        joined_on=row[12],
    )


def masked(hint: str, head: int, stars: int) -> str:
    """Return a number from its hint (``head`` characters and the last four): 3301**********1187."""
    return f"{hint[:head]}{'*' * stars}{hint[head:]}" if hint else ""


@dataclass(frozen=True, slots=True)
class MemberPeriod:
    """One period of membership of a person, as an officer sees it."""

    id: int
    union_name: str
    state: MemberState
    channel: Channel
    started_on: date
    ended_on: date | None
    end_reason: EndReason | None


@dataclass(frozen=True, slots=True)
class MemberDetail:
    """One member. ``is_former``: he has left this union; then only what was here is shown."""

    row: MemberRow
    is_former: bool
    sex: str
    birth_on: date | None
    retained_on: date | None
    application_id: int | None
    periods: tuple[MemberPeriod, ...]


def get_member(*, actor: Actor, membership_id: int) -> MemberDetail:
    """Return one membership with the person's others; raise ``NotFound`` out of scope.

    Who has moved on is out of the old union's sight: of a membership that has ended its union
    still sees the period itself, without number and phone and without what came after.
    """
    rows = _fetch(f"{_SHOWN} WHERE m.id = %(id)s", {"id": membership_id})
    if not rows:
        raise NotFound()
    row = rows[0]
    permissions.check_can_view(actor, path=row[13], worker_id=row[1])
    is_former = bool(row[14]) and not permissions.is_own_person(actor, row[1])
    shown = _member_row((*row[:3], "", "", *row[5:13]) if is_former else row[:13])
    return MemberDetail(
        row=shown,
        is_former=is_former,
        sex="" if is_former else row[15],
        birth_on=None if is_former else row[16],
        retained_on=row[17],
        application_id=row[18],
        periods=tuple(
            period for period in _periods(row[1]) if not is_former or period.id == membership_id
        ),
    )


def _periods(worker_id: int) -> list[MemberPeriod]:
    rows = _fetch(
        """SELECT m.id, u.name, m.state, m.channel, m.started_on, m.ended_on, m.end_reason
           FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
           WHERE m.worker_id = %(worker)s
             AND (m.ended_on IS NULL OR m.ended_on > m.started_on)
           ORDER BY m.started_on DESC, m.id DESC LIMIT 50""",
        {"worker": worker_id},
    )
    return [
        MemberPeriod(
            row[0], row[1], MemberState(row[2]), Channel(row[3]), row[4], row[5],
            EndReason(row[6]) if row[6] is not None else None,
        )
        for row in rows
    ]  # fmt: skip


def stream_members(union_path: str, only: MemberFilter) -> Iterator[MemberRow]:
    """Yield the members below a path, at most ``EXPORT_LIMIT``, a few hundred held at a time.

    For ``actions.export``, which has checked and recorded. Without a search.
    """
    low, high = path_range(union_path)
    values: dict[str, Any] = {"low": low, "high": high, "most": EXPORT_LIMIT}
    condition = _narrowed(only, values)
    statement = (
        f"{_SHOWN} WHERE u.path >= %(low)s AND u.path < %(high)s AND {condition}"
        " ORDER BY u.path, m.id LIMIT %(most)s"
    )
    with connection.chunked_cursor() as db:
        db.execute(statement, values)
        while rows := db.fetchmany(500):
            yield from map(_member_row, rows)


def _pairs(rows: list[tuple[Any, ...]]) -> list[tuple[str, int]]:
    return [(str(path), int(number)) for path, number in rows]


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as db:
        db.execute(statement, values)
        rows: list[tuple[Any, ...]] = db.fetchall()
    return rows
