"""The numbers of a page as rows: CSV for anybody, a workbook for the office."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from nuanxin.figures.queries import Board, BoardFigure
from nuanxin.membership.figures.definitions import LIVE, NEW
from nuanxin.orgs.figures import NEW_FORM_UNIONS, NEW_UNIONS

_COLUMNS = {
    "code": "指标代码",
    "label": "指标",
    "region": "区划代码",
    "region_name": "地区",
    "occupation": "职业",
    "channel": "入会渠道",
    "kind": "工会类型",
    "route": "建会路径",
    "as_of": "截至",
    "since": "起算",
    "value": "数值",
    "unit": "单位",
    "rounded_to": "写到几的整倍数",
    "numerator": "分子",
    "denominator": "分母",
    "denominator_source": "分母来源",
    "denominator_as_of": "分母截至",
    "withheld": "是否不公布",
    "definition_version": "口径版本",
}
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")


def board_rows(board: Board) -> list[dict[str, Any]]:
    """Return every number of the board as a row; ``value`` None and ``withheld`` where too small."""
    here = {"region": board.region, "region_name": board.region_name}
    rows = [_figure_row(board, one) | here for one in board.figures]
    for number, (definition, measure) in enumerate(((LIVE, "live"), (NEW, "new"))):
        for place in (*board.cities, *board.counties):
            row = _row(board, definition, getattr(place, measure), place.steps[number])
            rows.append(row | {"region": place.key, "region_name": place.label})
        for kind, cuts in (("occupation", board.occupations), ("channel", board.channels)):
            for cut in cuts:
                row = _row(board, definition, getattr(cut, measure), cut.steps[number])
                rows.append(row | here | {kind: cut.label})
    for kind, unions in (("kind", board.kinds), ("route", board.routes)):
        for one in unions:
            for definition, count in ((NEW_FORM_UNIONS, one.living), (NEW_UNIONS, one.new)):
                rows.append(_row(board, definition, count, 1) | here | {kind: one.label})
    return rows


def _figure_row(board: Board, one: BoardFigure) -> dict[str, Any]:
    row = _row(board, one.definition, one.value, one.step) | {"value": one.plain_value}
    if one.definition.ratio is None:
        return row
    known = one.denominator
    return row | {
        "numerator": one.numerator,
        "denominator": known.value if known else None,
        "denominator_source": known.source_words if known else one.missing,
        "denominator_as_of": known.as_of.isoformat() if known else "",
    }


def _row(board: Board, definition: Any, value: int | None, step: int) -> dict[str, Any]:
    in_period = definition.period_kind.value == "in_period"
    return {
        "code": definition.code,
        "label": definition.label,
        "region": "",
        "region_name": "",
        "occupation": "",
        "channel": "",
        "kind": "",
        "route": "",
        "numerator": None,
        "denominator": None,
        "denominator_source": "",
        "denominator_as_of": "",
        "as_of": board.as_of.isoformat(),
        "since": board.since.isoformat() if board.since and in_period else "",
        "value": value,
        "unit": definition.unit.label,
        "rounded_to": step,
        "withheld": value is None,
        "definition_version": definition.version_on(board.as_of).number,
    }


def as_csv(board: Board) -> bytes:
    """Return the rows as CSV in UTF-8 with a mark, so that spreadsheet programs read the Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS.values())
    writer.writerows([_plain(row[key]) for key in _COLUMNS] for row in board_rows(board))
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(board: Board) -> bytes:
    """Return the rows as a workbook, with a second sheet that says how each figure is counted."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        write_table(
            book,
            "数读",
            list(_COLUMNS.values()),
            [[_plain(row[key]) for key in _COLUMNS] for row in board_rows(board)],
        )
        write_table(
            book,
            "怎么算的",
            ["指标代码", "指标", "口径版本", "怎么算的"],
            [
                [d.code, d.label, version.number, version.text]
                for d in (one.definition for one in board.figures)
                for version in (d.version_on(board.as_of),)
            ],
        )
    return buffer.getvalue()


def write_table(
    book: Any, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], *, width: int = 16
) -> None:
    """Write one sheet: bold heads that stay, rows below. Text never begins a formula."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, heads, bold)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, [safe(value) for value in row])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(0, len(heads) - 1), width)


def safe(value: Any) -> Any:
    """Return text so that no spreadsheet program takes it for a formula."""
    if isinstance(value, str) and value[:1] in _FORMULA_STARTS and value:
        return f"'{value}"
    return value


def _plain(value: Any) -> Any:
    if value is True:
        return "是"
    return "" if value is None or value is False else value
