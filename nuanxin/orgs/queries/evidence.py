"""The unions that a published number of unions is the count of, with their seat then."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel.period import Period
from nuanxin.orgs.queries.counts import _ended, _founded, _living
from nuanxin.orgs.queries.places import region_name
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.states import Route, UnionKind


def list_live_union_seats(
    *, on: date, region: int, is_new_form: bool | None, known_at: datetime
) -> list[tuple[int, int]]:
    """Return (union id, adcode of its seat) of the unions that ``count_live_unions`` counts."""
    statement, values = _living("t.union_id, t.adcode", on, region, None, is_new_form, known_at)
    return [(row[0], row[1]) for row in fetch_all(f"{statement} ORDER BY 1, 2", values)]


def list_new_union_seats(
    *, period: Period, region: int, is_new_form: bool | None, known_at: datetime
) -> list[tuple[int, int]]:
    """Return (union id, adcode of its first seat) of those that ``count_new_unions`` counts."""
    statement, values = _founded(
        "u.id, t.adcode", period, region, None, is_new_form, known_at, seat=True
    )
    return [(row[0], row[1]) for row in fetch_all(f"{statement} ORDER BY 1, 2", values)]


def list_ended_union_seats(
    *, period: Period, region: int, is_new_form: bool | None, known_at: datetime
) -> list[tuple[int, int]]:
    """Return (union id, adcode of its last seat) of those that ``count_ended_unions`` counts."""
    statement, values = _ended("u.id, t.adcode", period, region, None, is_new_form, known_at)
    return [(row[0], row[1]) for row in fetch_all(f"{statement} ORDER BY 1, 2", values)]


def list_key_enterprise_seats(
    *, on: date, region: int, known_at: datetime
) -> list[tuple[int, int]]:
    """Return (union id, adcode of its seat) of the unions founded at key enterprises, on a day."""
    statement, values = _living(
        "u.id, t.adcode", on, region, None, True, known_at, route=Route.KEY_ENTERPRISE
    )
    return [(row[0], row[1]) for row in fetch_all(f"{statement} ORDER BY 1, 2", values)]


def list_union_codes(adcodes: tuple[int, int]) -> list[tuple[int, str]]:
    """Return (id, code) of every union, ended ones too, that has or had its seat between two codes."""
    rows = fetch_all(
        "SELECT DISTINCT u.id, u.code FROM orgs_union u JOIN orgs_territory t ON t.union_id = u.id"
        " WHERE t.is_seat AND t.adcode BETWEEN %(low)s AND %(high)s ORDER BY 1",
        {"low": adcodes[0], "high": adcodes[1]},
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True, slots=True)
class CountedUnion:
    """A union that was counted: its particulars of today, its seat of the day that counts."""

    id: int
    code: str
    name: str
    kind: UnionKind
    route: Route | None
    founded_on: date
    adcode: int
    region: str


def counted_unions_statement(
    columns: str,
    *,
    union_id: int,
    on: date | None,
    period: Period | None,
    is_new_form: bool | None,
    known_at: datetime | None,
    has_ended: bool = False,
) -> tuple[str, dict[str, Any]]:
    """Return the statement (and its values) over the unions counted below ``union_id``.

    On a day, or founded (``has_ended``: ended) in a period: one of both is given. ``columns`` may
    name ``u`` and ``t``.
    """
    if on is not None:
        return _living(columns, on, None, union_id, is_new_form, known_at)
    assert period is not None
    if has_ended:
        return _ended(columns, period, None, union_id, is_new_form, known_at)
    return _founded(columns, period, None, union_id, is_new_form, known_at, seat="t." in columns)


def list_union_seats_under(**asked: Any) -> list[tuple[int, int]]:
    """Return (union id, adcode of its seat) of all that are counted, as publications hash them."""
    text, values = counted_unions_statement("u.id, t.adcode", **asked)
    return [(row[0], row[1]) for row in fetch_all(f"{text} ORDER BY 1, 2", values)]


def list_counted_unions(*, after: int = 0, limit: int, **asked: Any) -> list[CountedUnion]:
    """Return a page of the unions counted below a union, in order of id, after ``after``."""
    text, values = counted_unions_statement(
        "u.id, u.code, u.name, u.kind, u.route, u.founded_on, t.adcode", **asked
    )
    rows = fetch_all(
        f"{text} AND u.id > %(after)s ORDER BY u.id LIMIT %(limit)s",
        values | {"after": after, "limit": limit},
    )
    return [
        CountedUnion(
            id=row[0],
            code=row[1],
            name=row[2],
            kind=UnionKind(row[3]),
            route=Route(row[4]) if row[4] else None,
            founded_on=row[5],
            adcode=row[6],
            region=region_name(row[6]),
        )
        for row in rows
    ]
