"""Tables in markup that call themselves .xls: HTML pages and the XML spreadsheets of 2003.

Many business systems "export to Excel" by writing an HTML table into a file named .xls.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.forms.delimited_file import decode
from nuanxin.membership.forms.roster_grid import Grid, build_grid, check_size
from nuanxin.membership.rules.limits import RosterLimits

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_-]{3,20})""")
_XML_SHEET = b"urn:schemas-microsoft-com:office:spreadsheet"
_XML_ENCODING = re.compile(
    rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9_-]{3,20})["'][^>]*\?>"""
)
_MOST_SPAN = 1_000


def is_markup(head: bytes) -> bool:
    """Return whether a file that begins so is HTML or an XML spreadsheet."""
    start = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").lower()
    return start.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta", b"<head",
                             b"<style", b"<div", b"<body", b"<workbook"))  # fmt: skip


def read_markup(body: bytes, name: str, limits: RosterLimits) -> list[Grid]:
    """Return the tables of an HTML page or XML spreadsheet as grids.

    Raises Malformed ``roster.not_a_table`` or ``roster.too_large``.
    """
    check_size(body.lower().count(b"<tr") + body.count(b"<Row"), 1, limits)
    if _XML_SHEET in body[:4096].replace(b"\x00", b""):
        return _read_xml(body, limits)
    text = _decode_page(body)
    page = _TablePage(limits)
    page.feed(text)
    page.close()
    tables = [table for table in page.tables if table.rows]
    if not tables:
        raise Malformed(
            "roster.not_a_table",
            "这是一份网页，里面没有表格。请在表格软件里打开名单，另存为 .xlsx 再上传。",
        )
    grids = []
    for number, table in enumerate(tables, start=1):
        grid = build_grid(f"{name} {number}" if len(tables) > 1 else name, table.rows, limits)
        grid.merged = table.merged
        grids.append(grid)
    return grids


def _decode_page(body: bytes) -> str:
    found = _CHARSET.search(body[:4096])
    if found and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = found.group(1).decode("ascii").lower()
        encoding = "gb18030" if encoding in {"gb2312", "gbk", "gb18030"} else encoding
        try:
            return body.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            pass  # the page lies about itself; judge by its bytes
    return decode(body)[0]


class _Table:
    """Rows under construction; cells that span rows or columns leave the others empty."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.pending: dict[int, set[int]] = {}

    def open_row(self) -> None:
        self.rows.append([])

    def add_cell(self, text: str, row_span: int, column_span: int) -> None:
        if not self.rows:
            self.open_row()
        top = len(self.rows) - 1
        row, taken = self.rows[-1], self.pending.get(top, set())
        while len(row) in taken:
            row.append("")
        left = len(row)
        row.append(text)
        row.extend("" for _ in range(column_span - 1))
        if row_span > 1 or column_span > 1:
            self.merged.append((top, left, top + row_span - 1, left + column_span - 1))
        for below in range(top + 1, top + row_span):
            self.pending.setdefault(below, set()).update(range(left, left + column_span))


class _TablePage(HTMLParser):
    """Collects the tables of a page; an inner table is read on its own."""

    def __init__(self, limits: RosterLimits) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._text: list[str] | None = None
        self._spans = (1, 1)
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style"}:
            self._skipping += 1
        elif tag == "table":
            self._close_cell()
            if len(self.tables) >= self.limits.sheets:
                raise _too_many_tables(self.limits)
            table = _Table()
            self.tables.append(table)
            self._open.append(table)
        elif self._open and tag == "tr":
            self._close_cell()
            self._open[-1].open_row()
        elif self._open and tag in {"td", "th"}:
            self._close_cell()
            told = dict(attrs)
            self._spans = (_span(told.get("rowspan")), _span(told.get("colspan")))
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._skipping = max(0, self._skipping - 1)
        elif tag in {"td", "th", "tr"}:
            self._close_cell()
        elif tag == "table" and self._open:
            self._close_cell()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._skipping:
            self._text.append(data)

    def _close_cell(self) -> None:
        if self._text is not None and self._open:
            text = " ".join("".join(self._text).split())
            self._open[-1].add_cell(text, *self._spans)
            check_size(len(self._open[-1].rows), len(self._open[-1].rows[-1]), self.limits)
        self._text = None


def _too_many_tables(limits: RosterLimits) -> Malformed:
    return Malformed(
        "roster.too_large",
        f"这份网页里的表格超过 {limits.sheets} 张。请只留下名单那一张，另存为 .xlsx 再上传。",
        limit=limits.sheets,
    )


def _span(value: str | None) -> int:
    return min(int(value), _MOST_SPAN) if value and value.strip().isdigit() and int(value) else 1


def _read_xml(body: bytes, limits: RosterLimits) -> list[Grid]:
    reader = _XmlSheets(limits)
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(_as_utf8(body), True)
    except expat.ExpatError:
        raise Malformed(
            "roster.not_a_table",
            "这份表格没有写完整，读不了。请在表格软件里打开，另存为 .xlsx 再上传。",
        ) from None
    grids = []
    for sheet in reader.sheets:
        grid = build_grid(sheet.name, sheet.rows, limits)
        grid.merged, grid.hidden_rows = sheet.merged, sheet.hidden_rows
        grids.append(grid)
    return grids


def _as_utf8(body: bytes) -> bytes:
    """Return the XML in UTF-8: the parser knows no GB encodings."""
    told = _XML_ENCODING.match(body)
    if told and told[1].lower() in {b"gb2312", b"gbk", b"gb18030"}:
        return body[told.end() :].decode("gb18030", "replace").encode()
    return body if body.isascii() else decode(body)[0].encode()


@dataclass(slots=True)
class _XmlSheet:
    """One sheet under construction."""

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    cells: int = 0


class _XmlSheets:
    """Handlers for the XML spreadsheet of 2003: Worksheet, Row, Cell, Data."""

    def __init__(self, limits: RosterLimits) -> None:
        self.sheets: list[_XmlSheet] = []
        self._limits = limits
        self._data: list[str] | None = None
        self._kind = "String"
        self._place = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(" ")[2]
        told = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if local == "Worksheet":
            self.sheets.append(_XmlSheet(told.get("Name", "")))
        elif local == "Row" and self.sheets:
            self._open_row(self.sheets[-1], told)
        elif local == "Cell" and self.sheets and self.sheets[-1].rows:
            self._open_cell(self.sheets[-1], told)
        elif local == "Data":
            self._data, self._kind = [], told.get("Type", "String")

    def _open_row(self, sheet: _XmlSheet, told: dict[str, str]) -> None:
        skipped = _jump(told, len(sheet.rows))
        check_size(len(sheet.rows) + skipped + 1, 1, self._limits)
        sheet.rows.extend([] for _ in range(skipped))
        sheet.rows.append([])
        if told.get("Hidden") == "1":
            sheet.hidden_rows.append(len(sheet.rows))

    def _open_cell(self, sheet: _XmlSheet, told: dict[str, str]) -> None:
        row, top = sheet.rows[-1], len(sheet.rows) - 1
        before = len(row)
        left = before + _jump(told, before)
        across = min(_whole(told.get("MergeAcross")), self._limits.columns)
        down = min(_whole(told.get("MergeDown")), self._limits.rows)
        sheet.cells += left + across + 1 - before
        check_size(1, max(left + across + 1, self._columns_if(sheet.cells)), self._limits)
        row.extend("" for _ in range(left + across + 1 - before))
        self._place = left
        if across or down:
            sheet.merged.append((top, left, top + down, left + across))

    def _columns_if(self, cells: int) -> int:
        """Return more columns than allowed once the sheet holds more cells than allowed."""
        return self._limits.columns + 1 if cells > self._limits.cells else 0

    def end(self, tag: str) -> None:
        if tag.rpartition(" ")[2] == "Data" and self._data is not None:
            if self.sheets and self.sheets[-1].rows and self.sheets[-1].rows[-1]:
                self.sheets[-1].rows[-1][self._place] = _value("".join(self._data), self._kind)
            self._data = None

    def text(self, data: str) -> None:
        if self._data is not None:
            self._data.append(data)

    def refuse(self, *_: object) -> None:
        raise Malformed(
            "roster.not_a_table",
            "这份文件里有表格不该有的内容，没有读取。请在表格软件里另存一份再上传。",
        )


def _jump(told: dict[str, str], here: int) -> int:
    return max(0, _whole(told.get("Index")) - 1 - here)


def _whole(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else 0


def _value(text: str, kind: str) -> str | float:
    if kind == "Number":
        try:
            return float(text)
        except ValueError:
            return text
    return text.removesuffix("T00:00:00.000") if kind == "DateTime" else text
