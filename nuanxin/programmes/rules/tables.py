"""Which columns of a table are meant: by the words of its heading, else by their places."""

from collections.abc import Sequence

HEADING_ROWS = 5
"""A heading stands within the first rows, below a title at most."""


def find_columns(
    rows: Sequence[Sequence[str]], words: Sequence[Sequence[str]]
) -> tuple[int, tuple[int, ...]] | None:
    """Return the heading's index and the column of each wanted thing; None without such a heading.

    ``words``: for each thing the words that a heading may call it by, the surest first; -1 where a thing
    has no column. The first thing must have one, and one more.
    """
    for index, cells in enumerate(rows[:HEADING_ROWS]):
        found: list[int] = []
        for names in words:
            columns = (
                at
                for name in names
                for at, cell in enumerate(cells)
                if name in cell and at not in found
            )
            found.append(next(columns, -1))
        if found[0] >= 0 and any(one >= 0 for one in found[1:]):
            return index, tuple(found)
    return None
