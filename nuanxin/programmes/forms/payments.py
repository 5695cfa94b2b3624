"""What is filled in for 发放: an account, a bank's answer; and the files that go to the bank."""

import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from django import forms

from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.money import yuan_of
from nuanxin.membership.actions.sheets import TableRow, read_table
from nuanxin.programmes.actions.paying import BankRow
from nuanxin.programmes.rules.paying import LONGEST_NUMBER
from nuanxin.programmes.rules.tables import find_columns

HEADS = ("编号", "户名", "开户行", "账号", "金额（元）", "备注")
LARGEST_FILE = 2 * 1024 * 1024
_RESULT_HEADINGS = (("编号", "序号"), ("结果", "状态", "成功"), ("原因", "说明", "附言"))
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝")


class AccountForm(forms.Form):
    """Where one's money goes."""

    bank = forms.CharField(
        label="哪家银行",
        max_length=60,
        help_text="写到支行最好，比如“工商银行大关支行”。",
        error_messages={"required": "写上是哪家银行。"},
    )
    number = forms.CharField(
        label="卡号或账号",
        max_length=LONGEST_NUMBER + 8,
        help_text="本人名下的。加密保存，办事的人只看得到后四位。",
        error_messages={"required": "写上卡号。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ResultsForm(forms.Form):
    """What the bank says: a file, or lines copied out of it."""

    file = forms.FileField(
        label="银行给的结果（Excel 或 CSV）",
        required=False,
        help_text="要有编号、结果（成功或失败）、原因三列，别的列不读。最大 2 MB。",
    )
    lines = forms.CharField(
        label="或者粘贴在这里",
        required=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="一行一笔，逗号或制表符隔开：“15，成功”或“16，失败，户名不符”。",
    )

    def clean(self) -> dict[str, Any]:
        """Want one of the two, not too large."""
        given = super().clean() or {}
        file = given.get("file")
        if not file and not given.get("lines", "").strip():
            raise forms.ValidationError("选一个文件，或者把结果粘贴进来。")
        if file and file.size > LARGEST_FILE:
            raise forms.ValidationError("文件超过 2 MB。只留编号、结果、原因三列，再传。")
        if file:
            try:
                given["table"] = _results_of(read_table(file.read(), file.name))
            except Refusal as refusal:
                raise forms.ValidationError(refusal.message) from refusal
        return given

    def rows(self) -> list[list[str]]:
        """Return number, result and reason, line by line; empty lines where the table has none."""
        if "table" in self.cleaned_data:
            table: list[list[str]] = self.cleaned_data["table"]
            return table
        text = self.cleaned_data["lines"].replace("\t", ",").replace("，", ",")
        return list(csv.reader(io.StringIO(text)))


def _results_of(rows: Sequence[TableRow]) -> list[list[str]]:
    """Return the three columns of a table, each row at the number that it has there."""
    found = find_columns([row.cells for row in rows], _RESULT_HEADINGS)
    lines: dict[int, list[str]] = {}
    for at, row in enumerate(rows):
        if found is None:
            lines[row.number] = list(row.cells)
        elif at > found[0]:
            lines[row.number] = [row.cells[c] if c >= 0 else "" for c in found[1]]
    return [lines.get(number, []) for number in range(1, max(lines, default=0) + 1)]


def bank_csv(rows: Sequence[BankRow], mark: str) -> bytes:
    """Return the lines for the bank as CSV that a spreadsheet opens; ``mark`` names who took them."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADS)
    for row in rows:
        cells = _cells(row, mark)
        cells[3] = f"{cells[3]}\t"  # a spreadsheet would round sixteen digits
        writer.writerow(cells)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def bank_workbook(rows: Sequence[BankRow], mark: str) -> bytes:
    """Return the same as .xlsx; accounts are text, amounts numbers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payments.xlsx"
        options = {"strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(path), options) as book:
            sheet = book.add_worksheet("发放名册")
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(HEADS) - 1, 20)
            sheet.write_row(0, 0, HEADS, book.add_format({"bold": True}))
            money = book.add_format({"num_format": "0.00"})
            for number, row in enumerate(rows, start=1):
                for column, cell in enumerate(_cells(row, mark)):
                    sheet.write_string(number, column, cell)
                sheet.write_number(number, 4, float(yuan_of(row.amount_fen)), money)
        return path.read_bytes()


def _cells(row: BankRow, mark: str) -> list[str]:
    said = [
        str(row.payment_id),
        row.name,
        row.bank,
        row.number,
        f"{yuan_of(row.amount_fen):.2f}",
        mark,
    ]
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in said]
