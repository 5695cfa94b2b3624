"""One look over a sheet's XML as it unpacks: how large it really is, and what a reader would not say.

It finds the far corner, hidden rows, merged cells, formulas without a stored result, and numbers
that have lost their end (a spreadsheet program keeps 15 digits).
"""

import re
import zipfile
from dataclasses import dataclass, field

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.forms.roster_grid import EXACT_NUMBER, check_size
from nuanxin.membership.rules.limits import MEBIBYTE, RosterLimits

_BLOCK = 1 << 20
_OVERLAP = 512
_GLANCE = 16 * 1024
_LOOKED_AT_WHOLE = 2 * MEBIBYTE
_ROW_HIDDEN = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"[^>]*?\bhidden="(?:1|true)"|'
                         rb'<(?:\w+:)?row\b[^>]*?\bhidden="(?:1|true)"[^>]*?\br="(\d+)"')  # fmt: skip
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"')
_FAR_CELL = re.compile(rb'\br="([B-Z][A-Z]|[A-Z]{3})\d+"')
_FORMULA = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d+)"[^>]*>\s*<f[^>]*>([^<]*)</f>\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_BEGINS_AT_A = re.compile(rb'<c r="A\d+"[^>]*>\s*<(?:v|is|f)\b')
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_LONG_NUMBER = re.compile(rb"<v>(-?(?:\d{16,}(?:\.\d*)?|[\d.]+[Ee]\+?\d+))</v>")
_CELL = re.compile(rb"<c\b([^>]*)>\s*$")
_CELL_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d+)"')
_NO_NUMBER = re.compile(rb'\bt="(?!n")')
_BEFORE = 200
_BOMB = "这份文件解开后有 {size}，远远超过一份名单该有的大小。请新建一个空白表格，只把有人的行和列复制进去，再上传。"  # fmt: skip


@dataclass(slots=True)
class SheetScan:
    """What one pass over a sheet's XML, the ``part`` of the package, found; ``size`` is in bytes.

    ``formulas`` are those without a stored result, by (row, column) from zero. The rest is looked for
    by ``scan_cells`` only: ``long_numbers`` of 16 and more digits by column and row, ``merged`` areas
    (top, left, bottom, right), ``is_regular`` when every such cell tells its place.
    """

    part: str = ""
    size: int = 0
    hidden_rows: list[int] = field(default_factory=list)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    last_row: int = 0
    far_column: int = 0
    begins_at_a: bool = False
    is_regular: bool = True
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    long_numbers: dict[int, dict[int, float]] = field(default_factory=dict)


def scan_sheet(package: zipfile.ZipFile, part: str, limits: RosterLimits) -> SheetScan:
    """Return what one pass over a sheet's XML tells; stops as soon as it is past the limits.

    Raises Malformed ``roster.bomb`` when it unpacks to more than it may, ``roster.too_large`` when
    its far corner is out of bounds.
    """
    scan = SheetScan(part)
    size, tail = 0, b""
    packed = max(1, package.getinfo(part).compress_size)
    with package.open(part) as stream:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > limits.part_bytes or (
                size > limits.ratio_floor_bytes and size / packed > limits.unpack_ratio
            ):
                raise bomb(size)
            window = tail + block
            _scan_window(window, scan, whole=size <= _LOOKED_AT_WHOLE)
            tail = window[-_OVERLAP:]
    scan.size = size
    _scan_window(tail, scan, whole=True)
    for found in _ROW_NUMBER.finditer(tail):
        scan.last_row = max(scan.last_row, int(found.group(1)))
    if scan.last_row * max(1, scan.far_column) > limits.cells:
        check_size(scan.last_row, scan.far_column, limits)
    scan.hidden_rows = sorted(set(scan.hidden_rows))
    return scan


def _scan_window(window: bytes, scan: SheetScan, *, whole: bool) -> None:
    if b'hidden="' in window:
        for found in _ROW_HIDDEN.finditer(window):
            scan.hidden_rows.append(int(found.group(1) or found.group(2)))
    if b"<f" in window:
        for found in _FORMULA.finditer(window):
            place = (int(found.group(2)) - 1, _column_index(found.group(1)))
            scan.formulas[place] = "=" + _unescape(found.group(3))
    last = window.rfind(b"<row ")
    if last >= 0 and (row := _ROW_NUMBER.match(window, last)):
        scan.last_row = max(scan.last_row, int(row.group(1)))
    # Looking at every cell would cost a tenth of the reading; a far cell that is missed here only
    # makes the reader hold a larger rectangle, which is checked again before it is copied.
    looked_at = window if whole else window[:_GLANCE]
    far = set(_FAR_CELL.findall(looked_at))
    if far:
        scan.far_column = max(scan.far_column, max(map(_column_index, far)) + 1)


def scan_cells(package: zipfile.ZipFile, scan: SheetScan) -> None:
    """Add to ``scan`` what must be known of single cells when a sheet is read as whole columns."""
    tail = b""
    with package.open(scan.part) as stream:
        while block := stream.read(_BLOCK):
            window = tail + block
            _scan_cells(window, scan)
            tail = window[-_OVERLAP:]


def _scan_cells(window: bytes, scan: SheetScan) -> None:
    if not scan.begins_at_a:
        scan.begins_at_a = _BEGINS_AT_A.search(window) is not None
    if b"<mergeCell " in window:
        for left, top, right, bottom in _MERGED.findall(window):
            area = (int(top) - 1, _column_index(left), int(bottom) - 1, _column_index(right))
            if area not in scan.merged:  # the overlap of two windows is seen twice
                scan.merged.append(area)
    for found in _LONG_NUMBER.finditer(window):
        cell = _CELL.search(window, max(0, found.start() - _BEFORE), found.start())
        place = cell and _CELL_PLACE.search(cell[1])
        if not cell or not place:
            # At the window's start the cell was seen whole in the window before.
            scan.is_regular &= found.start() < _OVERLAP and not cell
        elif not _NO_NUMBER.search(cell[1]) and abs(number := float(found[1])) >= EXACT_NUMBER:
            rows = scan.long_numbers.setdefault(_column_index(place[1]), {})
            rows[int(place[2]) - 1] = number


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _unescape(text: bytes) -> str:
    spelled = text.decode("utf-8", "replace")
    for mark, plain in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ):
        spelled = spelled.replace(mark, plain)
    return spelled


def bomb(size: int) -> Malformed:
    """Return the refusal of a file that unpacks to ``size`` bytes."""
    spelled = f"{min(size / MEBIBYTE, 999_999):,.0f} MB"
    return Malformed("roster.bomb", _BOMB.format(size=spelled), unpacked_bytes=size)
