"""The result of a table of outlets or unions: the officer's own sheet, with two columns behind it."""

import os
from collections.abc import Mapping

import xlsxwriter  # type: ignore[import-untyped]

from nuanxin.membership.forms.listing_columns import ListingTable
from nuanxin.membership.forms.result_workbook import safe_cell
from nuanxin.membership.forms.roster_headings import REASON_HEADING, RESULT_HEADING

_LONGEST_CELL = 32_000
_OWN = frozenset({RESULT_HEADING, REASON_HEADING})


def write_listing_result(
    path: str | os.PathLike[str],
    table: ListingTable,
    said: Mapping[int, tuple[str, str]],
) -> None:
    """Write the sheet to ``path`` with 「结果」 and 「原因和怎么改」; rows stay where they were.

    ``said`` gives both by spreadsheet row number. Everything is text and no cell begins a formula;
    result columns of an earlier round are replaced.
    """
    kept = [at for at, heading in enumerate(table.headings) if heading not in _OWN]
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(os.fspath(path), options) as book:
        sheet = book.add_worksheet("结果")
        plain, head = (book.add_format({"num_format": "@", "bold": bold}) for bold in (False, True))
        bad = book.add_format({"num_format": "@", "bg_color": "#FCE8E6"})
        sheet.set_column(0, max(0, len(kept) - 1), 18, plain)
        sheet.set_column(len(kept), len(kept), 12, plain)
        sheet.set_column(len(kept) + 1, len(kept) + 1, 60, plain)
        sheet.freeze_panes(table.first_body_row, 0)
        for at, cells in enumerate(table.grid.rows(0, table.grid.height)):
            result, reason = said.get(at + 1, ("", ""))
            is_head = at == table.first_body_row - 1
            style = head if is_head else bad if reason else plain
            own = (RESULT_HEADING, REASON_HEADING) if is_head else (result, reason)
            for place, text in enumerate([*(cells[column] for column in kept), *own]):
                if text:
                    sheet.write_string(at, place, safe_cell(text)[:_LONGEST_CELL], style)
