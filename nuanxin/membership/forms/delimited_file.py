"""Text files with separated fields (.csv, .txt): their encoding, their separator, their rows."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

import polars as pl

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.forms.roster_grid import Grid, build_grid, check_size, grid_of_lines
from nuanxin.membership.forms.roster_headings import recognise_heading
from nuanxin.membership.rules.limits import RosterLimits

_SEPARATORS = (",", "\t", ";", "，", "、", "|", "；")
_SPACE = " "
_SPACES = re.compile("[ \u3000]+")
_SAMPLE_LINES = 60
_MOST_BREAKS_IN_A_CELL = 40
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNREADABLE = "这份文件里的文字认不出来，可能编码坏了，也可能不是名单。请在表格软件里打开，另存为 .xlsx 再上传。"
_LEAST_BROKEN_PERMILLE = 5
_STRANGE = re.compile("[\ue000-\uf8ff\ufffd\u0080-\u009f]")


def decode(body: bytes) -> tuple[str, list[str]]:
    """Return the text of a file in UTF-8, UTF-16, UTF-32 or GB 18030, with or without a mark.

    The list holds notes for the officer (characters that could not be read). Raises Malformed
    ``roster.not_a_table`` if no encoding fits.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _tolerant(body, encoding)
    for encoding in ("utf-8", _utf16_without_mark(body), "gb18030"):
        if encoding:
            try:
                return body.decode(encoding), []
            except UnicodeDecodeError:
                continue
    readings = [_tolerant(body, encoding, strict=False) for encoding in ("utf-8", "gb18030")]
    best = min(readings, key=lambda reading: len(_STRANGE.findall(reading[0])))
    if len(_STRANGE.findall(best[0])) * 1000 > _LEAST_BROKEN_PERMILLE * max(1, len(best[0])):
        raise Malformed("roster.not_a_table", _UNREADABLE)
    return best


def read_delimited(body: bytes, name: str, limits: RosterLimits) -> Grid:
    """Return the rows of a text file as a grid; record i is row i + 1, as a spreadsheet counts.

    Raises Malformed ``roster.too_large``, ``roster.not_a_table`` or ``roster.empty``.
    """
    check_size(body.count(b"\n"), 1, limits)
    text, notes = decode(body)
    if "\x00" in text[:4096]:
        raise Malformed("roster.not_a_table", _UNREADABLE)
    if not text.strip("\ufeff\r\n\t ,;　"):
        raise Malformed("roster.empty", "这份文件是空的。请确认名单已经保存，再重新上传。")
    separator = find_separator(text)
    if separator == _SPACE:  # any run of spaces parts two fields
        text, separator = _SPACES.sub("\t", text), "\t"
    if text[:4].lower() == "sep=":  # a line for the spreadsheet program, which does not show it
        text = text.partition("\n")[2]
    if '"' in text and not _quotes_swallow_lines(text, separator):
        records = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        grid = build_grid(name, records, limits)
    else:  # a stray quotation mark that would swallow lines is a letter like any other
        grid = grid_of_lines(name, _lines(text), separator, limits)
    grid.notes = notes
    return grid


def find_separator(text: str) -> str:
    """Return the separator of the fields: the one that splits most lines alike.

    A space stands for runs of spaces, and only where nothing else parts the lines.
    """
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:_SAMPLE_LINES]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) == 5:
        return lines[0][4]
    best, best_score = ",", 0.0
    for separator in _SEPARATORS:
        rows = list(_split(lines, separator))
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda item: item[1] * min(item[0], 12))
        headings = max(
            (sum(recognise_heading(cell)[0] is not None for cell in row) for row in rows), default=0
        )
        score = times / len(lines) + 0.3 * min(headings, 6) + 0.02 * min(width, 12)
        if score > best_score:
            best, best_score = separator, score
    return _SPACE if not best_score and _is_parted_by_spaces(lines) else best


def _is_parted_by_spaces(lines: list[str]) -> bool:
    """Return whether spaces part the headings of a roster and most lines alike."""
    rows = [_SPACES.split(line.strip()) for line in lines]
    headings = max(
        (sum(recognise_heading(cell)[0] is not None for cell in row) for row in rows), default=0
    )
    width, times = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    return headings >= 2 and width >= 2 and times * 2 > len(rows)


def _split(lines: list[str], separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=separator)
    except csv.Error:
        return


def _lines(text: str) -> pl.Series:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    return pl.Series(lines, dtype=pl.String)


def _quotes_swallow_lines(text: str, separator: str) -> bool:
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if any(cell.count("\n") > _MOST_BREAKS_IN_A_CELL for cell in record if len(cell) > 80):
                return True
    except csv.Error:
        return True
    return False


def _utf16_without_mark(body: bytes) -> str:
    """Return the byte order of UTF-16 without a mark, told by the zero bytes of its ASCII, or ""."""
    sample = body[:4000]
    if len(body) % 2 or sample.count(0) * 10 < len(sample):
        return ""
    return "utf-16-le" if sample[1::2].count(0) >= sample[0::2].count(0) else "utf-16-be"


def _tolerant(body: bytes, encoding: str, *, strict: bool = True) -> tuple[str, list[str]]:
    text = body.decode(encoding, "replace")
    broken = text.count("\ufffd")
    if strict and broken * 1000 > _LEAST_BROKEN_PERMILLE * max(1, len(text)):
        raise Malformed("roster.not_a_table", _UNREADABLE)
    notes = [f"有 {broken} 处文字认不出来，显示为“\ufffd”，请核对。"] if broken else []
    return text, notes
