"""Large .xlsx files: their sheets come as whole columns of text, read while the file is looked over.

The cell-by-cell way keeps the kind of every cell and costs twice the time, nearly all of it for
making a million small objects. Whole columns keep no kinds. The one kind that matters later, a
number that has lost its end, the look over the XML tells; so what is judged is the same.
"""

from dataclasses import dataclass
from io import BytesIO
from threading import Thread
from zipfile import ZipFile

import fastexcel
import numpy as np
import polars as pl

from nuanxin.membership.forms.roster_grid import (
    EMPTY,
    NUMBER,
    TEXT,
    Grid,
    GridColumn,
    check_sheets,
    check_size,
)
from nuanxin.membership.forms.workbook_scan import SheetScan, scan_cells
from nuanxin.membership.rules.limits import MEBIBYTE, RosterLimits

LARGE_PART_BYTES = 8 * MEBIBYTE
"""From this size on a sheet's XML is worth the second way; about 25,000 rows of a roster."""

_MIDNIGHT = " 00:00:00"


@dataclass(slots=True)
class LargeSheet:
    """A sheet as the library gives it: columns of text, null where empty, from the first row on."""

    name: str
    frame: pl.DataFrame
    is_hidden: bool


class _Reading:
    """Reads all sheets in a thread, so that the XML can be looked over meanwhile."""

    def __init__(self, source: "str | bytes") -> None:
        self._source = source
        self._sheets: list[LargeSheet] | None = None
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            book = fastexcel.read_excel(self._source)
            self._sheets = [_load(book, name) for name in book.sheet_names]
        except BaseException:
            self._sheets = None

    def sheets(self) -> list[LargeSheet] | None:
        """Return the sheets in their order, None where the library could not read them."""
        self._thread.join()
        return self._sheets


def large_grids(
    source: "str | BytesIO", scans: dict[str, SheetScan], limits: RosterLimits, *, date_1904: bool
) -> list[Grid] | None:
    """Return the sheets as grids; None where none is large, or one asks for a look at its cells.

    The package has been checked and measured before (``scans``): nothing here is a bomb.
    Raises Malformed ``roster.too_large`` past the limits of sheets, rows, columns or cells.
    """
    if max((scan.size for scan in scans.values()), default=0) < LARGE_PART_BYTES:
        return None
    if any(scan.formulas for scan in scans.values()):
        return None
    reading = _Reading(source.getvalue() if isinstance(source, BytesIO) else source)
    try:
        with ZipFile(source) as package:
            for scan in scans.values():
                scan_cells(package, scan)
    finally:
        sheets = reading.sheets()
    if sheets is None or not all(s.name in scans and _is_plain(s, scans[s.name]) for s in sheets):
        return None
    check_sheets(len(sheets), limits)
    grids = [_grid(sheet, scans[sheet.name], limits) for sheet in sheets]
    for grid in grids:
        grid.date_1904 = date_1904
    return grids


def _is_plain(sheet: LargeSheet, scan: SheetScan) -> bool:
    """Return whether its columns begin at A, and every long number tells its place."""
    return scan.is_regular and (scan.begins_at_a or sheet.frame.width == 0)


def _load(book: fastexcel.ExcelReader, name: str) -> LargeSheet:
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    return LargeSheet(name, sheet.to_polars(), sheet.visible != "visible")


def _grid(sheet: LargeSheet, scan: SheetScan, limits: RosterLimits) -> Grid:
    frame = sheet.frame
    check_size(frame.height, frame.width, limits)
    return Grid(
        name=sheet.name,
        columns=[
            _column(frame.to_series(index), scan.long_numbers.get(index, {}), limits)
            for index in range(frame.width)
        ],
        height=frame.height,
        merged=scan.merged,
        hidden_rows=scan.hidden_rows,
        is_hidden=sheet.is_hidden,
    )


def _column(cells: pl.Series, long_numbers: dict[int, float], limits: RosterLimits) -> GridColumn:
    text = cells.fill_null("")
    if text.str.ends_with(_MIDNIGHT).any():
        text = text.str.strip_suffix(_MIDNIGHT)
    if int(text.str.len_bytes().max() or 0) > limits.cell_characters:  # type: ignore[arg-type]
        text = text.str.slice(0, limits.cell_characters)
    kind = np.where((text == "").to_numpy(), EMPTY, TEXT).astype(np.uint8)
    if rows := [row for row in long_numbers if row < len(text)]:
        kind[rows] = NUMBER
        text = text.scatter(rows, [f"{long_numbers[row]:.5E}" for row in rows])
    return GridColumn(text, kind)
