"""The counts of unions that an overview shows together, by kind and route, in one statement."""

from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.kernel.period import Period
from nuanxin.orgs.queries.places import region_condition
from nuanxin.orgs.queries.rows import fetch_all, fetch_prepared
from nuanxin.orgs.queries.tree import dated, path_bounds
from nuanxin.orgs.states import Route, UnionKind


@dataclass(frozen=True, slots=True)
class UnionCell:
    """Unions of one kind and route: living on the day (those of new form apart), founded and ended in
    a period (new form only)."""

    kind: UnionKind
    route: Route
    living: int
    new_form: int
    new: int
    ended: int


@dataclass(frozen=True, slots=True)
class UnionCounts:
    """Unions of a region by kind and route; the sums are what the counts one by one say."""

    cells: tuple[UnionCell, ...]

    def total(self, what: str, *, kind: UnionKind | None = None, route: Route | None = None) -> int:
        """Return the sum of "living", "new_form", "new" or "ended" of a kind, a route or all."""
        return sum(
            getattr(cell, what)
            for cell in self.cells
            if kind in (None, cell.kind) and route in (None, cell.route)
        )


def count_unions_at_a_glance(
    *, region: int | None, on: date, period: Period, known_at: datetime | None = None
) -> UnionCounts:
    """Return what ``count_live_unions``, ``count_new_unions`` and ``count_ended_unions`` say, at once."""
    where, values = region_condition(region)
    living = dated("t", known_at=known_at)
    founded = dated("t", known_at=known_at, on="u.founded_on")
    ended = dated("t", known_at=known_at, on="(u.ended_on - 1)")
    kept = "TRUE" if known_at else "t.superseded_at IS NULL"
    rows = fetch_prepared(
        "SELECT u.kind, coalesce(nullif(u.route, ''), 'other'),"
        f" count(*) FILTER (WHERE {living}),"
        f" count(*) FILTER (WHERE u.is_new_form AND {living}),"
        " count(*) FILTER (WHERE u.is_new_form AND u.founded_on BETWEEN %(start)s AND %(end)s"
        f"   AND {founded}),"
        " count(*) FILTER (WHERE u.is_new_form AND u.ended_on BETWEEN %(start)s AND %(end)s"
        f"   AND t.valid_to = u.ended_on AND {ended})"
        " FROM orgs_territory t JOIN orgs_union u ON u.id = t.union_id"
        f" WHERE {where} AND t.is_seat AND {kept}"
        " AND t.valid_from <= greatest(%(on)s, %(end)s) GROUP BY 1, 2",
        values | {"on": on, "start": period.start, "end": period.end, "known_at": known_at},
    )
    return UnionCounts(tuple(UnionCell(UnionKind(k), Route(r), *sums) for k, r, *sums in rows))


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
