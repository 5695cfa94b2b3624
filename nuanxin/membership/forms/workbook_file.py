"""Spreadsheet files: what the package may be, checked before and while it is unpacked; its sheets.

The reading itself is calamine's. Around it stand the limits: sizes from the directory of the zip
(no unpacking), then one pass over each sheet's XML that counts what it really unpacks to, finds
the far corner and the hidden rows. Formulas are never evaluated: the stored result is read, and
where none is stored the cell keeps the formula as its text.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.forms.large_workbook import large_grids
from nuanxin.membership.forms.roster_grid import Grid, build_grid, check_sheets, check_size
from nuanxin.membership.forms.workbook_expansion import (
    OPEN_DOCUMENT,
    SHARED_STRINGS,
    is_beyond,
    repeats_expand_to,
    shared_strings_expand_to,
)
from nuanxin.membership.forms.workbook_scan import SheetScan, bomb, scan_sheet
from nuanxin.membership.rules.limits import RosterLimits

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_BIFF8_START = bytes.fromhex("0908100000060500")
_FILEPASS = 0x2F
_RECORDS_BEFORE_FILEPASS = 8
_PASSWORD = "这份文件设了打开密码，读不了。请在表格软件里取消密码，另存一份再上传。"


def check_package(source: "str | io.BytesIO", limits: RosterLimits) -> None:
    """Refuse a zip by its directory alone: number of parts, sizes, packing ratio.

    Raises Malformed ``roster.bomb`` or ``roster.not_a_table``. Unpacks nothing.
    """
    try:
        with zipfile.ZipFile(source) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Malformed(
            "roster.not_a_table",
            "这份文件打不开，可能没有传完整或者损坏了。请在表格软件里打开看看，另存一份再上传。",
        ) from None
    names = {part.filename for part in parts}
    if any(part.flag_bits & 0x1 for part in parts):
        raise Malformed("roster.password", _PASSWORD)
    if not any(name.lower().startswith(("xl/", "content.xml")) for name in names):
        raise Malformed("roster.not_a_table", _what_zip(names))
    unpacked = sum(part.file_size for part in parts)
    worst = max(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    ratio = max(p.file_size / max(1, p.compress_size) for p in parts if p.file_size == worst)
    if len(parts) > limits.parts or worst > limits.part_bytes or unpacked > limits.unpacked_bytes:
        raise bomb(unpacked)
    if unpacked > limits.ratio_floor_bytes and max(ratio, unpacked / packed) > limits.unpack_ratio:
        raise bomb(unpacked)
    for part in parts:
        name = part.filename.replace("\\", "/")
        if ".." in PurePosixPath(name).parts or name.startswith("/"):
            raise Malformed(
                "roster.not_a_table",
                "这份文件的内部结构不对，没有读取。请在表格软件里另存一份再上传。",
            )


def check_ole(body: bytes) -> None:
    """Refuse an OLE container that is locked by a password, or that is no spreadsheet.

    Raises Malformed ``roster.password`` or ``roster.not_a_table``.
    """
    if _ENCRYPTED_PACKAGE in body or _is_locked_xls(body):
        raise Malformed("roster.password", _PASSWORD)
    if not any(name.encode("utf-16-le") in body for name in ("Workbook", "Book")):
        is_document = "WordDocument".encode("utf-16-le") in body
        raise Malformed(
            "roster.not_a_table",
            f"这是{'一份 Word 文档' if is_document else '别的文件'}，不是表格。"
            "请把名单做成表格（每人一行），存为 .xlsx 再上传。",
        )


def _is_locked_xls(body: bytes) -> bool:
    """Return whether the first records of the workbook stream have FILEPASS (0x2F) among them."""
    place = body.find(_BIFF8_START)
    for _ in range(_RECORDS_BEFORE_FILEPASS):
        if place < 0 or place + 4 > len(body):
            return False
        kind, length = (
            int.from_bytes(body[place : place + 2], "little"),
            body[place + 2 : place + 4],
        )
        if kind == _FILEPASS:
            return True
        place += 4 + int.from_bytes(length, "little")
    return False


def read_workbook(source: "str | io.BytesIO", *, is_zip: bool, limits: RosterLimits) -> list[Grid]:
    """Return the sheets of an .xlsx, .xlsb, .ods or .xls file, visible and hidden ones.

    Raises Malformed ``roster.password``, ``roster.bomb``, ``roster.too_large`` or
    ``roster.not_a_table``.
    """
    scans, date_1904 = dict[str, SheetScan](), False
    if is_zip:
        scans, date_1904 = _scan_package(source, limits)
        if grids := large_grids(source, scans, limits, date_1904=date_1904):
            return grids
    if isinstance(source, io.BytesIO):
        source.seek(0)
    try:
        workbook = CalamineWorkbook.from_object(source)
        return list(_grids(workbook, scans, date_1904, limits))
    except PasswordError:
        raise Malformed("roster.password", _PASSWORD) from None
    except CalamineError:
        raise _broken() from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # the parser gave up; it has no other class
            raise _broken() from None
        raise


def _scan_package(
    source: "str | io.BytesIO", limits: RosterLimits
) -> tuple[dict[str, SheetScan], bool]:
    """Return the scan of every sheet by its name, and whether dates count from 1904."""
    try:
        with zipfile.ZipFile(source) as package:
            sheet_parts, date_1904 = _sheet_parts(package)
            _refuse_entities(package)
            _refuse_expansion(package, list(sheet_parts.values()), limits)
            scans = {name: scan_sheet(package, part, limits) for name, part in sheet_parts.items()}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        raise _broken() from None
    return scans, date_1904


def _broken() -> Malformed:
    return Malformed(
        "roster.not_a_table",
        "这份表格打不开，可能损坏了。请在表格软件里打开，另存为 .xlsx 再上传。",
    )


def _grids(
    workbook: CalamineWorkbook, scans: dict[str, SheetScan], date_1904: bool, limits: RosterLimits
) -> Iterator[Grid]:
    check_sheets(len(workbook.sheet_names), limits)
    for meta in workbook.sheets_metadata:
        if not str(meta.typ).endswith("WorkSheet"):
            continue
        sheet = workbook.get_sheet_by_name(meta.name)
        end = sheet.end
        rows, columns = (end[0] + 1, end[1] + 1) if end else (0, 0)
        if columns > limits.columns and rows * columns <= limits.cells:
            columns = min(columns, limits.columns)
        check_size(rows, columns, limits)
        scan = scans.get(meta.name)
        grid = build_grid(meta.name, _rows_from_a1(sheet, columns, scan), limits)
        grid.merged = [(t, left, b, r) for (t, left), (b, r) in sheet.merged_cell_ranges or []]
        grid.hidden_rows = scan.hidden_rows if scan else None
        grid.is_hidden = meta.visible != SheetVisibleEnum.Visible
        grid.date_1904 = date_1904
        yield grid


def _rows_from_a1(sheet: Any, columns: int, scan: SheetScan | None) -> Iterator[Sequence[Any]]:
    """Return the rows from A1 on (calamine begins at the first used column, but at row 1)."""
    formulas = scan.formulas if scan else {}
    if sheet.start is None:
        return iter(())
    if sheet.start[1] == 0 and not formulas and sheet.width <= columns:
        return iter(sheet.iter_rows())
    return _completed_rows(sheet, columns, formulas)


def _completed_rows(
    sheet: Any, columns: int, formulas: dict[tuple[int, int], str]
) -> Iterator[Sequence[Any]]:
    """Yield the rows with the empty columns before them, and the texts of unsolved formulas."""
    left = sheet.start[1]
    indent = [""] * left
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in formulas.items():
        by_row.setdefault(row, {})[column] = text
    for number, row in enumerate(sheet.iter_rows()):
        row = indent + row
        for column, text in by_row.get(number, {}).items():
            if column < len(row) and row[column] == "":
                row[column] = text
        yield row[:columns]


def _sheet_parts(package: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Return the XML part of every sheet by its name, and whether dates count from 1904."""
    names = {name.lower(): name for name in package.namelist()}
    if "xl/workbook.xml" not in names:
        return {}, False
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}
    date_1904 = False
    if relations := names.get("xl/_rels/workbook.xml.rels"):
        for tag, attributes in _elements(package.read(relations)):
            if tag == "Relationship":
                target = attributes.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                targets[attributes.get("Id", "")] = path
    for tag, attributes in _elements(package.read(names["xl/workbook.xml"])):
        if tag == "sheet":
            relation = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            part = names.get(targets.get(relation, "").lower())
            if part and part.endswith(".xml"):
                sheets[attributes.get("name", "")] = part
        elif tag == "workbookPr":
            date_1904 = attributes.get("date1904", "0") in {"1", "true"}
    return sheets, date_1904


def _elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Return the (local tag, attributes) of a small trusted-by-nobody XML part, in order."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: found.append(
        (tag.rpartition(":")[2], attributes)
    )
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise Malformed(
            "roster.not_a_table",
            "这份表格的内部结构损坏了。请在表格软件里打开，另存一份再上传。",
        ) from error
    return found


def _no_entities(*_: object) -> None:
    raise Malformed(
        "roster.not_a_table",
        "这份文件里有表格不该有的内容，没有读取。请在表格软件里另存一份再上传。",
    )


def _refuse_entities(package: zipfile.ZipFile) -> None:
    """Refuse parts that declare entities: no spreadsheet program writes any."""
    for part in package.infolist():
        if part.filename.lower().endswith((".xml", ".rels")):
            with package.open(part) as stream:
                head = stream.read(2048)
            head = head.replace(b"\x00", b"")  # UTF-16 too
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                _no_entities()


def _refuse_expansion(package: zipfile.ZipFile, sheets: list[str], limits: RosterLimits) -> None:
    """Refuse small parts that grow without bound when their cells are read."""
    names = {name.lower(): name for name in package.namelist()}
    part = names.get(SHARED_STRINGS)
    if part and (expanded := shared_strings_expand_to(package, part, sheets)):
        raise bomb(expanded)
    if part := names.get(OPEN_DOCUMENT):
        cells, size = repeats_expand_to(package.read(part))
        if is_beyond(cells, size, package.getinfo(part).compress_size, limits):
            raise bomb(size)


def _what_zip(names: set[str]) -> str:
    lowered = {name.lower() for name in names}
    if any(name.startswith("word/") for name in lowered):
        return "这是一份 Word 文档，不是表格。请把名单做成表格（每人一行），存为 .xlsx 再上传。"
    if any(name.startswith("ppt/") for name in lowered):
        return "这是一份演示文稿，不是表格。请上传 .xlsx、.xls 或 .csv。"
    if any(name.endswith((".xlsx", ".xls", ".csv", ".et")) for name in lowered):
        return "这是一个压缩包。请先解开，把里面的表格一份一份上传。"
    return "这是一个压缩包，不是表格。请上传 .xlsx、.xls 或 .csv。"


__all__ = ["OLE_MAGIC", "ZIP_MAGIC", "check_ole", "check_package", "read_workbook"]
