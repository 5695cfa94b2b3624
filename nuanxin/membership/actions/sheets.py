"""A small table from a file, for packages above: read in a child process with the limits of an upload."""

from dataclasses import dataclass, replace

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.forms.roster_file import read_sheets_safely
from nuanxin.membership.rules.limits import UPLOAD_LIMITS

MOST_TABLE_ROWS = 20_000
LARGEST_TABLE = 5 * 1024 * 1024
_LIMITS = replace(
    UPLOAD_LIMITS, file_bytes=LARGEST_TABLE, rows=MOST_TABLE_ROWS, cpu_seconds=20, wall_seconds=30
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row that is not empty: ``number`` as the spreadsheet counts it, its cells as text."""

    number: int
    cells: tuple[str, ...]


def read_table(content: bytes, filename: str) -> list[TableRow]:
    """Return the rows of the first sheet that shows any (.xlsx, .xls, .csv, .txt); hidden ones are left out.

    Raises ``Malformed`` for what cannot be read or is too large, or is empty (roster.empty).
    """
    grids = read_sheets_safely(content, filename, limits=_LIMITS)
    for grid in grids:
        rows = [
            TableRow(number, tuple(cell.strip() for cell in cells))
            for number, cells in enumerate(grid.rows(0, grid.height), start=1)
            if any(cell.strip() for cell in cells)
        ]
        if rows and not grid.is_hidden:
            return rows
    raise Malformed("roster.empty", "这份表里没有一行字。看看是不是传错了文件。")
