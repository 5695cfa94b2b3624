"""A list of members as CSV lines or as a workbook; no cell ever begins a formula."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

from nuanxin.membership.forms.result_workbook import safe_cell
from nuanxin.membership.queries.members import MemberRow

HEADS = ("姓名", "证件号", "手机号", "职业", "单位或网点", "工会", "渠道", "状态", "入会日期")


def csv_lines(rows: Iterable[MemberRow]) -> Iterator[str]:
    """Yield the head and one line a member."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADS)
    yield _taken(buffer)
    for row in rows:
        writer.writerow(_cells(row))
        yield _taken(buffer)


def workbook(rows: Iterable[MemberRow]) -> bytes:
    """Return an .xlsx with the head row kept in view; rows are written out as they come."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "members.xlsx"
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(str(path), options) as book:
            sheet = book.add_worksheet("会员")
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(HEADS) - 1, 20)
            sheet.write_row(0, 0, HEADS, book.add_format({"bold": True}))
            for number, row in enumerate(rows, start=1):
                for column, cell in enumerate(_cells(row)):
                    sheet.write_string(number, column, cell)
        return path.read_bytes()


def _cells(row: MemberRow) -> list[str]:
    said = (
        row.name,
        row.masked_identity,
        row.masked_phone,
        row.occupation_label,
        row.place,
        row.union_name,
        row.channel.label,
        row.state.label,
        row.joined_on.isoformat(),
    )
    return [safe_cell(cell) for cell in said]


def _taken(buffer: io.StringIO) -> str:
    """Return what was written, and empty the buffer."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
