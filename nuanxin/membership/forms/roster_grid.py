"""A sheet as columns of text: every cell keeps what it was (text, number, date) beside its text.

A number cell of 16 or more digits has already lost its end in the spreadsheet program, which
keeps 15. So it is shown as the program shows it (3.30802E+17) and never spelled out again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.rules.limits import RosterLimits

EMPTY, TEXT, NUMBER, DATE, LOGICAL = range(5)
EXACT_NUMBER = 10**15
"""Spreadsheet programs keep 15 significant digits; integers below this are whole."""

_CHUNK_ROWS = 8_000
_KINDS = {
    str: TEXT,
    float: NUMBER,
    int: NUMBER,
    bool: LOGICAL,
    date: DATE,
    datetime: DATE,
    time: TEXT,
    timedelta: NUMBER,
    type(None): EMPTY,
}


@dataclass(slots=True)
class GridColumn:
    """One column: ``text`` (never null, "" where empty) and ``kind`` (EMPTY, TEXT, ...)."""

    text: pl.Series
    kind: NDArray[np.uint8]


@dataclass(slots=True)
class Grid:
    """One sheet, from cell A1 on; row i of a column is spreadsheet row i + 1.

    ``merged`` holds zero-based rectangles (top, left, bottom, right), ``hidden_rows`` spreadsheet
    row numbers (None where the format does not tell), ``date_1904`` the epoch of date serials.
    """

    name: str
    columns: list[GridColumn]
    height: int
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: list[int] | None = None
    is_hidden: bool = False
    date_1904: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return len(self.columns)

    def rows(self, start: int, stop: int) -> list[list[str]]:
        """Return the texts of rows ``start``..``stop`` (zero-based, half open)."""
        stop = min(stop, self.height)
        if stop <= start:
            return []
        parts = [column.text.slice(start, stop - start).to_list() for column in self.columns]
        return [list(row) for row in zip(*parts, strict=True)] if parts else []

    def pick_rows(self, indexes: Sequence[int] | NDArray[np.int64]) -> list[list[str]]:
        """Return the texts of the rows at ``indexes`` (zero-based)."""
        wanted = np.asarray(indexes, dtype=np.int64)
        parts = [column.text.gather(wanted).to_list() for column in self.columns]
        return [list(row) for row in zip(*parts, strict=True)] if parts else []


def build_grid(name: str, rows: Iterable[Sequence[Any]], limits: RosterLimits) -> Grid:
    """Return the grid of ``rows`` (spreadsheet row 1 first), converted chunk by chunk.

    Raises Malformed ``roster.too_large`` past the limits of rows, columns or cells.
    """
    pieces: list[list[GridColumn]] = []
    sizes: list[int] = []
    source: Iterator[Sequence[Any]] = iter(rows)
    while chunk := list(islice(source, _CHUNK_ROWS)):
        columns = _columns_of(chunk)
        pieces.append([_convert(column, limits) for column in columns])
        sizes.append(len(chunk))
        check_size(sum(sizes), max(map(len, pieces)), limits)
    return Grid(name=name, columns=_joined(pieces, sizes), height=sum(sizes))


def grid_of_lines(name: str, lines: pl.Series, separator: str, limits: RosterLimits) -> Grid:
    """Return the grid of plain lines of text (no quoting), split at ``separator`` all at once.

    Raises Malformed ``roster.too_large`` past the limits of rows, columns or cells.
    """
    width = int(lines.str.count_matches(separator, literal=True).max() or 0) + 1  # type: ignore[arg-type]
    check_size(len(lines), width, limits)
    columns = []
    for cells in lines.str.splitn(separator, width).struct.unnest().get_columns():
        text = cells.fill_null("")
        if int(text.str.len_bytes().max() or 0) > limits.cell_characters:  # type: ignore[arg-type]
            text = text.str.slice(0, limits.cell_characters)
        kind = np.where((text == "").to_numpy(), EMPTY, TEXT).astype(np.uint8)
        columns.append(GridColumn(text, kind))
    return Grid(name=name, columns=columns, height=len(lines))


def check_size(rows: int, columns: int, limits: RosterLimits) -> None:
    """Raise Malformed ``roster.too_large`` if a sheet of this size is past the limits."""
    if rows > limits.rows:
        raise Malformed(
            "roster.too_large",
            f"这份名单有 {rows:,} 行，一次最多 {limits.rows:,} 行。请按单位或网点拆成几份，分次上传。",
            rows=rows,
            limit=limits.rows,
        )
    if columns > limits.columns or rows * columns > limits.cells:
        raise Malformed(
            "roster.too_large",
            f"这张表占了 {rows:,} 行、{columns:,} 列，超过上限（{limits.columns:,} 列、"
            f"{limits.cells:,} 格）。常见原因是很靠右或很靠下的地方还有内容或边框。"
            "请新建一个空白表格，只把名单的行和列复制进去，再上传。",
            rows=rows,
            columns=columns,
            limit=limits.cells,
        )


def check_sheets(sheets: int, limits: RosterLimits) -> None:
    """Raise Malformed ``roster.too_large`` if a file has more sheets than are read."""
    if sheets > limits.sheets:
        raise Malformed(
            "roster.too_large",
            f"这份文件有 {sheets} 张工作表，最多读 {limits.sheets} 张。"
            "请只留下名单那一张，再上传。",
        )


def _columns_of(chunk: list[Sequence[Any]]) -> list[tuple[Any, ...]]:
    width = max(map(len, chunk))
    if min(map(len, chunk)) == width:
        return list(zip(*chunk, strict=True))
    padded = [(*row, *("",) * (width - len(row))) for row in chunk]
    return list(zip(*padded, strict=True))


def _convert(values: tuple[Any, ...], limits: RosterLimits) -> GridColumn:
    kinds_here = set(map(type, values))
    if kinds_here <= {str}:
        text = pl.Series(values, dtype=pl.String)
        kind = np.full(len(values), TEXT, dtype=np.uint8)
    else:
        kind = np.array(list(map(_KINDS.__getitem__, map(type, values))), dtype=np.uint8)
        text = _spell_mixed(values, kind)
    kind[(text == "").to_numpy()] = EMPTY
    if int(text.str.len_bytes().max() or 0) > limits.cell_characters:  # type: ignore[arg-type]
        text = text.str.slice(0, limits.cell_characters)
    return GridColumn(text, kind)


def _spell_mixed(values: tuple[Any, ...], kind: NDArray[np.uint8]) -> pl.Series:
    """Return the texts of a column that is not all text; whole numbers are spelled all at once."""
    places = np.flatnonzero(kind == NUMBER)
    if len(places) == len(values):
        text = pl.repeat("", len(values), dtype=pl.String, eager=True)
    else:
        texts = [v if type(v) is str else "" if type(v) is float else _spell(v) for v in values]
        text = pl.Series(texts, dtype=pl.String)
    held = values if len(places) == len(values) else [values[i] for i in places.tolist()]
    if not all(type(v) is float for v in held):
        held = [v if type(v) is float else np.nan for v in held]
    numbers = np.array(held, dtype=np.float64)
    whole = (np.abs(numbers) < EXACT_NUMBER) & (numbers == np.trunc(numbers))
    if whole.any():
        spelled = pl.Series(numbers[whole].astype(np.int64)).cast(pl.String)
        text = text.scatter(places[whole], spelled)
    for place in places[~whole].tolist():
        text[place] = _spell(values[place])
    return text


def _spell(value: Any) -> str:
    """Return the text of a cell that is not text, as the spreadsheet program would show it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _spell_number(value)
    if isinstance(value, datetime):
        day = value.date().isoformat()
        return day if value.time() == time() else f"{day} {value.time():%H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _spell_number(value / timedelta(days=1))
    return str(value)


def _spell_number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    if abs(value) >= EXACT_NUMBER:
        return f"{value:.5E}"
    return str(int(value)) if value == int(value) else repr(value)


def _joined(pieces: list[list[GridColumn]], sizes: list[int]) -> list[GridColumn]:
    """Return the chunks glued into whole columns; a column that a chunk lacks is empty there."""
    joined = []
    for index in range(max(map(len, pieces), default=0)):
        texts, kinds = [], []
        for piece, size in zip(pieces, sizes, strict=True):
            if index < len(piece):
                texts.append(piece[index].text)
                kinds.append(piece[index].kind)
            else:
                texts.append(pl.repeat("", size, dtype=pl.String, eager=True))
                kinds.append(np.zeros(size, dtype=np.uint8))
        joined.append(GridColumn(pl.concat(texts, rechunk=True), np.concatenate(kinds)))
    return joined
