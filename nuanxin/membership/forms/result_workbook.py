"""The result of an import as a workbook: the officer's own sheet, with two columns added.

Every row stays where it was, titles and totals too, so that row 87 of the message is row 87 of the
file; it can be corrected and dropped again, and the two added columns are then ignored.
"""

import os
from collections.abc import Mapping

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from nuanxin.membership.forms.roster_columns import RosterTable
from nuanxin.membership.forms.roster_grid import NUMBER, Grid
from nuanxin.membership.forms.roster_headings import REASON_HEADING, RESULT_HEADING, Field
from nuanxin.membership.states import RowOutcome

_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
_LONGEST_CELL = 32_000
_LONGEST_NUMBER = 11
_WIDTHS = {
    Field.SERIAL: 7,
    Field.NAME: 12,
    Field.IDENTITY: 22,
    Field.PHONE: 15,
    Field.SEX: 6,
    Field.EMPLOYER: 26,
    Field.OUTLET: 22,
    Field.OCCUPATION: 14,
    Field.JOINED_ON: 13,
}
_GOOD = {RowOutcome.OK, RowOutcome.TRANSFER}
_BLOCK_ROWS = 20_000


def safe_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet program takes it for a formula: ' before = + - @.

    The reader of rosters takes the apostrophe off again.
    """
    return f"'{text}" if text[:1] in _FORMULA_STARTS and text else text


def write_result(
    path: str | os.PathLike[str],
    table: RosterTable,
    outcomes: Mapping[int, str],
    reasons: Mapping[int, str | None],
) -> None:
    """Write the sheet of ``table`` with 「结果」 and 「原因和怎么改」 behind its columns to ``path``.

    ``outcomes`` and ``reasons`` are by spreadsheet row number; rows without an outcome stay as
    they are. Identity numbers, phones and everything that was text are written as text; result
    columns of an earlier round are replaced.
    """
    workbook = xlsxwriter.Workbook(
        os.fspath(path),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = workbook.add_worksheet(_sheet_name(table.grid.name))
    kept = [c for c in range(table.grid.width) if _field_of(table, c) is not Field.RESULT]
    _shape(sheet, workbook, table, kept)
    styles = {
        "text": workbook.add_format({"num_format": "@"}),
        "head": workbook.add_format({"bold": True, "num_format": "@"}),
        "bad": workbook.add_format({"num_format": "@", "bg_color": "#FCE8E6"}),
    }
    for start in range(0, table.grid.height, _BLOCK_ROWS):
        _write_block(sheet, table, kept, start, outcomes, reasons, styles)
    workbook.close()


def _shape(
    sheet: Worksheet, workbook: xlsxwriter.Workbook, table: RosterTable, kept: list[int]
) -> None:
    text = workbook.add_format({"num_format": "@"})
    for place, column in enumerate(kept):
        sheet.set_column(
            place, place, _WIDTHS.get(_field_of(table, column) or Field.OTHER, 14), text
        )
    sheet.set_column(len(kept), len(kept), 16, text)
    sheet.set_column(len(kept) + 1, len(kept) + 1, 60, text)
    sheet.freeze_panes(table.header.first_body_row, 0)
    if table.header.rows:
        head = table.header.rows[-1]
        sheet.autofilter(head, 0, max(head + 1, table.grid.height - 1), len(kept) + 1)


def _write_block(
    sheet: Worksheet,
    table: RosterTable,
    kept: list[int],
    start: int,
    outcomes: Mapping[int, str],
    reasons: Mapping[int, str | None],
    styles: dict[str, Format],
) -> None:
    grid = table.grid
    as_text = {table.mapping.get(Field.IDENTITY), table.mapping.get(Field.PHONE)}
    rows = grid.rows(start, start + _BLOCK_ROWS)
    heading_row = table.header.rows[-1] if table.header.rows else -1
    for index, cells in enumerate(rows, start=start):
        code = outcomes.get(index + 1)
        outcome = RowOutcome[code.upper()] if code else None
        is_bad = outcome is not None and outcome not in _GOOD
        style = styles["head"] if index == heading_row else styles["bad" if is_bad else "text"]
        for place, column in enumerate(kept):
            _write_cell(sheet, index, place, cells[column], grid, column, column in as_text, style)
        if index == heading_row:
            sheet.write_string(index, len(kept), RESULT_HEADING, style)
            sheet.write_string(index, len(kept) + 1, REASON_HEADING, style)
        elif outcome is not None:
            sheet.write_string(index, len(kept), outcome.label, style)
            reason = reasons.get(index + 1)
            if reason:
                sheet.write_string(index, len(kept) + 1, safe_cell(reason)[:_LONGEST_CELL], style)


def _write_cell(
    sheet: Worksheet,
    row: int,
    place: int,
    text: str,
    grid: Grid,
    column: int,
    must_be_text: bool,
    style: Format,
) -> None:
    if not text:
        return
    is_number = grid.columns[column].kind[row] == NUMBER and not must_be_text
    if is_number and len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit():
        sheet.write_number(row, place, int(text))
    else:
        sheet.write_string(row, place, safe_cell(text)[:_LONGEST_CELL], style)


def _field_of(table: RosterTable, column: int) -> Field | None:
    return table.guesses[column].field


def _sheet_name(name: str) -> str:
    kept = "".join(c for c in name if c not in "[]:*?/\\").strip("' ")[:31]
    return kept or "名单"
