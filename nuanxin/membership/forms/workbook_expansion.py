"""Parts of a workbook that grow when they are read: long texts used in many cells, repeated cells.

The zip's sizes do not tell: one shared string of a megabyte used in 60,000 cells, or one cell of an
.ods repeated a billion times, is small in the file. Counted here before anything is expanded.
"""

import re
import zipfile

from nuanxin.membership.rules.limits import RosterLimits

SHARED_STRINGS = "xl/sharedstrings.xml"
OPEN_DOCUMENT = "content.xml"

_BLOCK = 1 << 20
_WINDOW = 4096
_LOOKED_AT_BYTES = 64 << 20
_MOST_EXPANDED_BYTES = 256 << 20
_ROW = re.compile(rb"<table:table-row\b([^>]*)>(.*?)</table:table-row>", re.DOTALL)
_CELL = re.compile(
    rb"<table:(?:covered-)?table-cell\b([^>]*[^/])>(.*?)</table:(?:covered-)?table-cell>", re.DOTALL
)
_REPEATED = re.compile(rb'-repeated="(\d{1,18})"')


def longest_shared_string(package: zipfile.ZipFile, part: str) -> int:
    """Return the length in bytes of the longest shared text, 0 if all are below 4 KiB or so.

    Looks only for stretches without an end of a text, which costs next to nothing.
    """
    longest = run = 0
    looked_at = 0
    with package.open(part) as stream:
        while looked_at < _LOOKED_AT_BYTES and (block := stream.read(_BLOCK)):
            looked_at += len(block)
            for start in range(0, len(block), _WINDOW):
                run = 0 if block.find(b"/si>", start, start + _WINDOW) >= 0 else run + _WINDOW
                longest = max(longest, run)
    return longest


def shared_strings_expand_to(package: zipfile.ZipFile, part: str, sheets: list[str]) -> int:
    """Return about how many bytes the cells that use long shared texts would take, 0 if harmless."""
    longest = longest_shared_string(package, part)
    if not longest:
        return 0
    used = 0
    for sheet in sheets:
        with package.open(sheet) as stream:
            while block := stream.read(_BLOCK):
                used += block.count(b't="s"')
    expanded = longest * used
    return expanded if expanded > _MOST_EXPANDED_BYTES else 0


def repeats_expand_to(content: bytes) -> tuple[int, int]:
    """Return how many cells and bytes the repeated rows and cells of an .ods stand for.

    Empty cells do not count: every .ods repeats those up to the far corner.
    """
    cells = size = 0
    for row in _ROW.finditer(content):
        if b"-repeated=" not in row[0]:
            continue
        here = grown = 0
        for cell in _CELL.finditer(row[2]):
            times = _times(cell[1])
            here += times
            grown += times * len(cell[2])
        cells += here * _times(row[1])
        size += grown * _times(row[1])
    return cells, size


def is_beyond(cells: int, size: int, packed: int, limits: RosterLimits) -> bool:
    """Return whether repeated cells are more than a roster may hold."""
    return cells > limits.cells or (
        size > limits.ratio_floor_bytes and size / max(1, packed) > limits.unpack_ratio
    )


def _times(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return int(found[1]) if found else 1
