"""Small numbers: what may be said of persons, so that no subtraction tells of a few of them.

Pure. A number of fewer persons than ``least`` is withheld; every other one is written to the
nearest ``least`` (to the ten), always alike, whatever day, place, cut or version it is of. So two
published numbers differ by nothing or by a whole ten, and no sum or difference of them is exact.
Zero says nothing about anybody and is written as it is.

Only the totals of a city or the province may stand to the person, and only while no part of them
can be told from the rest (``keeps_room``).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)
_MOST_ROUNDS = 50
Span = tuple[int, int]
"""From and to which number of persons a published one may stand for, both included."""


def published(value: int, *, least: int) -> int | None:
    """Return the number as everybody may read it: to the nearest ``least``; None where too small."""
    if not value:
        return 0
    size = abs(value)
    if size < least:
        return None
    rounded = (size + least // 2) // least * least
    return rounded if value > 0 else -rounded


def span_of(value: int, *, least: int) -> Span:
    """Return what readers of the published number still hold possible; zero is known."""
    shown = published(value, least=least)
    if shown is None:
        return (1, least - 1)
    half = least // 2
    return (shown, shown) if shown == 0 else (shown - half, shown - half + least - 1)


def keeps_room(total: int, parts: Sequence[Span], *, room: int) -> bool:
    """Return whether a total to the person leaves each part of it at least ``room`` + 1 values.

    A part that is known already (its span is one value) has nothing to lose.
    """
    lowest, highest = sum(low for low, _ in parts), sum(high for _, high in parts)
    for low, high in parts:
        if low == high:
            continue
        from_ = max(low, total - (highest - high))
        to = min(high, total - (lowest - low))
        if to - from_ < room:
            return False
    return True


def cells_to_withhold(
    values: Mapping[Cell, int], sums: Iterable[Sequence[Cell]], *, least: int
) -> frozenset[Cell]:
    """Return the cells of one table of exact numbers that must not be shown. A cell that is absent is zero.

    Each of ``sums`` is a total followed by its parts. Cells from 1 to ``least`` − 1 are withheld;
    zero says nothing about anybody and is shown. Beside a lone withheld part goes the next
    smallest part of its sum, and only where there is none the total.
    """
    withheld = {cell for cell, value in values.items() if 0 < value < least}
    equations = [[cell for cell in each if values.get(cell, 0)] for each in sums]
    for _ in range(_MOST_ROUNDS):
        added = False
        for equation in equations:
            hidden = [cell for cell in equation if cell in withheld]
            if len(hidden) != 1:
                continue
            total, *parts = equation
            open_parts = [cell for cell in parts if cell not in withheld]
            candidates = open_parts or [total]
            withheld.add(min(candidates, key=lambda cell: values[cell]))
            added = True
        if not added:
            break
    return frozenset(withheld)
