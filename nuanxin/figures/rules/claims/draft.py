"""The text of a draft with its places: folded for reading, every sign still where it stood."""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


def _fold_table() -> dict[int, str]:
    """Map wide digits and letters, odd spaces and look-alike characters, one sign to one sign."""
    ranges = ((0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B), (0x2F00, 0x2FD6))
    table = {
        code: unicodedata.normalize("NFKC", chr(code))
        for start, end in (*ranges, (0x2E80, 0x2F00), (0xF900, 0xFAFF))
        for code in range(start, end)
    }
    table = {code: text for code, text in table.items() if len(text) == 1}
    table |= dict.fromkeys((0xA0, 0x3000, 0x202F, *range(0x2000, 0x200B)), " ")
    table |= {ord("％"): "%", ord("．"): ".", ord("﹪"): "%", ord("‐"): "-", ord("\f"): "\n"}
    return table


_FOLDED = _fold_table()


@dataclass(frozen=True)
class Draft:
    """A draft. ``text`` has one line feed a line; ``folded`` is as long, sign for sign."""

    text: str

    @classmethod
    def of(cls, raw: str) -> "Draft":
        """Return the draft with all kinds of line ends made one."""
        return cls(raw.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))

    @cached_property
    def folded(self) -> str:
        """The text with wide digits, odd spaces and look-alike characters made plain."""
        return self.text.translate(_FOLDED)

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of a sign, both counted from one."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a draft that is not blank: where it begins and what it says (folded, stripped)."""

    start: int
    text: str


def lines_of(draft: Draft) -> list[Line]:
    """Return the lines that hold anything, in order."""
    found, offset = [], 0
    for raw in draft.folded.split("\n"):
        text = raw.strip(" \t\ufeff")
        if text:
            found.append(Line(offset + raw.index(text), text))
        offset += len(raw) + 1
    return found


@dataclass(frozen=True, slots=True)
class Passage:
    """Running text put together from lines; ``pieces`` are (start here, start in the draft)."""

    text: str
    pieces: tuple[tuple[int, int], ...]

    def offset(self, here: int) -> int:
        """Return where in the draft the sign at ``here`` stands."""
        index = bisect_right(self.pieces, (here, 1 << 60)) - 1
        start, origin = self.pieces[max(index, 0)]
        return origin + here - start


_ENDS = "。！？；：!?;:”》】"
_OPENS = re.compile(
    r"^(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．](?!\d)|[●■◆▲★·•\-—]|第[一二三四五六七八九十]+[章节条])"
)
_ENDS_IN_NUMBER = re.compile(
    r"[\d一二三四五六七八九十百千万亿%][余多]?(?:人次|[人名位家个对元条场次所份件])?$"
)
_SHORT, _WIDE = 12, 25
_SHARE, _SURELY_NO_TITLE = 0.6, 36


def passages_of(lines: list[Line]) -> list[Passage]:
    """Return the lines as passages: lines that were broken within a sentence are put together."""
    found: list[Passage] = []
    parts: list[Line] = []
    for line in lines:
        if parts and not _goes_on(parts[-1].text, line.text):
            found.append(_joined(parts))
            parts = []
        parts.append(line)
    if parts:
        found.append(_joined(parts))
    return found


def _goes_on(before: str, after: str) -> bool:
    """Return whether a sentence runs from one line into the next."""
    if before[-1] in _ENDS or _OPENS.match(after):
        return False
    if after[0] in "，。；、！？）)”,.;":
        return True
    if len(before) < min(_SHARE * len(after), _SURELY_NO_TITLE):
        return False  # a heading over its text: lines broken by width are about as long
    return len(before) >= (_WIDE if _ENDS_IN_NUMBER.search(before) else _SHORT)


def _joined(parts: list[Line]) -> Passage:
    pieces, length, texts = [], 0, []
    for part in parts:
        pieces.append((length, part.start))
        texts.append(part.text)
        length += len(part.text)
    return Passage("".join(texts), tuple(pieces))
