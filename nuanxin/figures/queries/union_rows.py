"""Unions of new form by kind and by route, as the public page shows them."""

from dataclasses import dataclass

from nuanxin.orgs import queries as orgs
from nuanxin.orgs.states import Route, UnionKind


@dataclass(frozen=True, slots=True)
class UnionRow:
    """Unions of new form of one kind or route: on the day, and founded in the period (家)."""

    key: str
    label: str
    living: int
    new: int


def union_rows(
    counts: orgs.UnionCounts, name: str, each: type[UnionKind] | type[Route]
) -> tuple[UnionRow, ...]:
    """Return a row for each kind ("kind") or route ("route") that has any, most first."""
    rows = [
        UnionRow(
            key=one.value,
            label=one.label,
            living=counts.total("new_form", **{name: one}),  # type: ignore[arg-type]
            new=counts.total("new", **{name: one}),  # type: ignore[arg-type]
        )
        for one in each
    ]
    kept = [row for row in rows if row.living or row.new]
    return tuple(sorted(kept, key=lambda row: (-row.living, -row.new, row.key)))
