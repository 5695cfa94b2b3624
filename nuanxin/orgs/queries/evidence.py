"""The unions that a published number of unions is the count of, with their seat then."""

from datetime import date, datetime

from nuanxin.kernel.period import Period
from nuanxin.orgs.queries.counts import _founded, _living
from nuanxin.orgs.queries.rows import fetch_all


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


def list_union_codes(adcodes: tuple[int, int]) -> list[tuple[int, str]]:
    """Return (id, code) of every union, ended ones too, that has or had its seat between two codes."""
    rows = fetch_all(
        "SELECT DISTINCT u.id, u.code FROM orgs_union u JOIN orgs_territory t ON t.union_id = u.id"
        " WHERE t.is_seat AND t.adcode BETWEEN %(low)s AND %(high)s ORDER BY 1",
        {"low": adcodes[0], "high": adcodes[1]},
    )
    return [(row[0], row[1]) for row in rows]
