"""What is out of order, written as a workbook."""

import io
from collections.abc import Callable, Sequence

import xlsxwriter  # type: ignore[import-untyped]

from nuanxin.kernel.clock import business_day
from nuanxin.stations.queries.repairs import RepairRow

_TITLES = (
    "编号", "驿站", "什么", "补一句", "谁报的", "哪天报的", "最迟哪天", "哪天修好", "谁修的", "怎么修的",
    "哪天复查", "谁复查",
)  # fmt: skip


def repairs_workbook_of(rows: Sequence[RepairRow], words: Callable[[RepairRow], str]) -> bytes:
    """Return the rows as a workbook, nothing in it read as a formula; ``words`` names the thing."""
    file = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, plain) as book:
        sheet = book.add_worksheet("报修和整改")
        sheet.set_column(1, 3, 28)
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(_TITLES):
            sheet.write_string(0, column, title)
        for at, one in enumerate(rows, 1):
            cells = (
                one.code, one.name, words(one), one.note, one.source.label,
                str(business_day(one.reported_at)), str(one.due_on),
                str(business_day(one.done_at)) if one.done_at else "", one.done_by_name, one.how,
                str(business_day(one.seen_at)) if one.seen_at else "", one.seen_by_name,
            )  # fmt: skip
            for column, text in enumerate(cells):
                sheet.write_string(at, column, text)
    return file.getvalue()
