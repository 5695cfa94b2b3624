"""The three counts of unions that an overview shows together, in one statement."""

from dataclasses import dataclass
from datetime import date

from nuanxin.kernel.period import Period
from nuanxin.orgs.queries.places import region_condition
from nuanxin.orgs.queries.rows import fetch_all, fetch_prepared
from nuanxin.orgs.queries.tree import dated, path_bounds


@dataclass(frozen=True, slots=True)
class UnionCounts:
    """Unions of a region: living on the day, those of new form among them, founded in a period."""

    living: int
    new_form: int
    new: int


def count_unions_at_a_glance(*, region: int | None, on: date, period: Period) -> UnionCounts:
    """Return what ``count_live_unions`` and ``count_new_unions`` (new form) say, read at once."""
    where, values = region_condition(region)
    living = dated("t", known_at=None)
    rows = fetch_prepared(
        f"SELECT count(*) FILTER (WHERE {living}),"
        f" count(*) FILTER (WHERE u.is_new_form AND {living}),"
        " count(*) FILTER (WHERE u.is_new_form AND u.founded_on BETWEEN %(start)s AND %(end)s"
        f"   AND {dated('t', known_at=None, on='u.founded_on')})"
        " FROM orgs_territory t JOIN orgs_union u ON u.id = t.union_id"
        f" WHERE {where} AND t.is_seat AND t.superseded_at IS NULL"
        " AND t.valid_from <= greatest(%(on)s, %(end)s)",
        values | {"on": on, "start": period.start, "end": period.end},
    )
    return UnionCounts(*rows[0])


@dataclass(frozen=True, slots=True)
class Below:
    """A union of a subtree, and through which union directly below the top it hangs there."""

    union_id: int
    child_id: int
    is_live: bool
    is_new_form: bool


def list_below(path: str) -> list[Below]:
    """Return every union below ``path`` (ended ones too) with the child of the top it hangs under.

    The top itself is its own child. As many rows as the subtree has unions.
    """
    low, high = path_bounds(path)
    rows = fetch_all(
        "SELECT id, coalesce(nullif(split_part(substr(path, length(%(low)s) + 1), '/', 1), ''),"
        "   id::text)::bigint, ended_on IS NULL, is_new_form"
        " FROM orgs_union WHERE path >= %(low)s AND path < %(high)s",
        {"low": low, "high": high},
    )
    return [Below(*row) for row in rows]
