"""Small numbers: a cell of very few persons is withheld, and so that no subtraction gives it back.

Pure. Cells hang together by sums (a city is the sum of its counties, a region the sum of its
trades). A sum in which just one cell is withheld would give it away; then the smallest other one is
withheld too, until no sum has a single withheld cell.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)
_MOST_ROUNDS = 50


def cells_to_withhold(
    values: Mapping[Cell, int], sums: Iterable[Sequence[Cell]], *, least: int
) -> frozenset[Cell]:
    """Return the cells that must not be shown. A cell that is absent is zero.

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
