"""The text of a report taken apart: lines with their references, loops written out, blocks found.

Each reference becomes one private sign in the text, so that Markdown sees a plain letter and no
reader of the text ever sees what a reference gives before it is put in its place.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from nuanxin.figures.rules.reports.faults import Faults
from nuanxin.figures.rules.reports.head import (
    Head,
    Setting,
    day_words,
    period_words,
    read_head,
    setting_of,
    with_choices,
)
from nuanxin.figures.rules.reports.items import LOOPS, Item, items_of
from nuanxin.figures.rules.reports.limits import ReportLimits
from nuanxin.figures.rules.reports.reference import (
    Asked,
    LoopEnd,
    LoopStart,
    Unread,
    Word,
    read_inside,
)

SLOT_SIGN = 0xF0000
BLOCK_SIGN = 0x100000
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_BRACKETS = re.compile(r"\{\{(.*?)\}\}")
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})\s*([^`]*)$")
BLOCKS = ("figures-table", "trend", "bars", "boxes")
BLOCK_OPTIONS = {
    "figures-table": ("each", "title", "small"),
    "trend": ("title", "months", "running", "small"),
    "bars": ("each", "title", "small", "most"),
    "boxes": ("title", "name"),
}
_OPTION = re.compile(r'([a-z]+)=(?:"([^"]*)"|([^\s"=]+))(?=\s|$)')


class Choices(NamedTuple):
    """Today, and what somebody chose instead of what the head says ("" for nothing)."""

    today: date
    region: str = ""
    period: str = ""
    as_of: str = ""


@dataclass(slots=True)
class Slot:
    """One number that the report wants: what is asked, in which round of a loop, and where."""

    index: int
    asked: Asked
    item: Item | None
    line: int
    column: int

    @property
    def sign(self) -> str:
        """Return the private sign that stands for it."""
        return chr(SLOT_SIGN + self.index)


class Piece(NamedTuple):
    """A stretch of a line: its text and the column where it was typed; ``is_typed`` by hand."""

    text: str
    column: int
    is_typed: bool


@dataclass(frozen=True, slots=True)
class OutLine:
    """A line as it goes to Markdown, with the line and columns where its parts were typed."""

    line: int
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """Return the line in one."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A row of a block: its words, and its number as a slot, or as typed."""

    line: int
    label: tuple[Piece, ...]
    value: tuple[Piece, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block for a table or a chart. ``rows`` are by item of its loop (one round without any)."""

    index: int
    kind: str
    line: int
    options: dict[str, str]
    items: tuple[Item, ...]
    rows: tuple[tuple[BlockRow, ...], ...]

    @property
    def sign(self) -> str:
        """Return the private sign that stands for it."""
        return chr(BLOCK_SIGN + self.index)


@dataclass
class Source:
    """A report that was read: its setting, lines, numbers wanted and blocks."""

    head: Head
    setting: Setting
    lines: list[OutLine] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Typed:
    number: int
    text: str


def read_source(
    text: str,
    *,
    choices: Choices,
    limits: ReportLimits,
    faults: Faults,
) -> Source:
    """Return the report taken apart; everything that is wrong with its form goes into ``faults``."""
    lines = [_clean(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if len(text) > limits.characters or len(lines) > limits.lines:
        faults.stop(
            1, 1, "too_long",
            f"这份报告有 {len(text):,} 字、{len(lines):,} 行，一份最多 {limits.characters:,} 字、"
            f"{limits.lines:,} 行。请分成几份。",
        )  # fmt: skip
        lines = lines[: limits.lines]
    head, taken = read_head(lines, faults)
    head = with_choices(head, region=choices.region, period=choices.period, as_of=choices.as_of)
    setting = setting_of(head, today=choices.today, faults=faults)
    source = Source(head, setting)
    typed = [_Typed(number, line) for number, line in enumerate(lines[taken:], start=taken + 1)]
    _Reader(source, limits, faults).read(typed)
    return source


def _clean(line: str) -> str:
    """Return the line without signs that are ours, that turn the text round, or that nobody sees."""
    return _CONTROL.sub("", _PRIVATE.sub("□", line)).expandtabs(4)


class _Reader:
    """Walks the lines once; loops are walked once an item."""

    def __init__(self, source: Source, limits: ReportLimits, faults: Faults) -> None:
        self.source, self.limits, self.faults = source, limits, faults
        self.is_full = False
        self.written = 0

    def read(self, typed: Sequence[_Typed], item: Item | None = None) -> None:
        """Read lines into the source, in the round of a loop that ``item`` is."""
        at = 0
        while at < len(typed) and not self.is_full:
            line = typed[at]
            if self._is_too_long(line):
                return
            fence = _FENCE.match(line.text)
            if fence:
                at = self._fence(typed, at, fence[1], fence[2].strip(), item)
                continue
            control = self._control(line)
            if isinstance(control, LoopStart):
                at = self._loop(typed, at, control, item)
            elif isinstance(control, LoopEnd):
                self.faults.stop(
                    line.number,
                    1,
                    "loop",
                    "这里有 {{ end }}，前面没有 {{ each=… }}。请删掉这一行。",
                )
                at += 1
            else:
                pieces, _ = self._pieces(line, line.text, 0, item)
                self.source.lines.append(OutLine(line.number, pieces))
                at += 1

    def _is_too_long(self, line: _Typed) -> bool:
        self.written += len(line.text) + 1
        if self.written <= self.limits.written_out:
            return False
        self.is_full = True
        self.faults.stop(
            line.number, 1, "too_long",
            f"循环展开以后超过 {self.limits.written_out:,} 字。请少放几行在循环里，或者分成几份。",
        )  # fmt: skip
        return True

    def _control(self, line: _Typed) -> LoopStart | LoopEnd | None:
        found = _BRACKETS.fullmatch(line.text.strip())
        inside = read_inside(found[1]) if found else None
        return inside if isinstance(inside, LoopStart | LoopEnd) else None

    def _loop(self, typed: Sequence[_Typed], at: int, start: LoopStart, item: Item | None) -> int:
        line = typed[at]
        end = next(
            (i for i in range(at + 1, len(typed)) if isinstance(self._control(typed[i]), LoopEnd)),
            None,
        )
        if end is None:
            self.faults.stop(
                line.number,
                1,
                "loop",
                "这个循环没有结束。请在要重复的几行后面另起一行写 {{ end }}。",
            )
            return len(typed)
        body = typed[at + 1 : end]
        if item is not None or any(isinstance(self._control(one), LoopStart) for one in body):
            self.faults.stop(
                line.number,
                1,
                "loop",
                "循环里不能再套循环。请把里面的一层改成表格（figures-table）。",
            )
            return end + 1
        for one in self._items(start.over, line.number):
            self.read(body, one)
        return end + 1

    def _items(self, over: str, line: int) -> list[Item]:
        if over not in LOOPS:
            self.faults.stop(
                line, 1, "loop", f"不能按“{over[:20]}”重复。可以写 each={'、each='.join(LOOPS)}。"
            )
            return []
        found = items_of(over, self.source.setting.region, self.source.setting.as_of)
        if not found:
            name = self.source.setting.region_name
            self.faults.stop(
                line,
                1,
                "loop",
                f"{name}下面没有可以逐个写的{LOOPS[over]}。请改 each= 或者报告的地区。",
            )
        return found[: self.limits.rows]

    def _pieces(
        self, line: _Typed, text: str, offset: int, item: Item | None
    ) -> tuple[tuple[Piece, ...], tuple[Slot, ...]]:
        """Return a stretch of a line in pieces, and the slots in it."""
        pieces: list[Piece] = []
        slots: list[Slot] = []
        here = 0
        for found in _BRACKETS.finditer(text):
            column = offset + found.start() + 1
            if found.start() > here:
                pieces.append(Piece(text[here : found.start()], offset + here + 1, True))
            told = self._told(line, found[1], column, item)
            if isinstance(told, Slot):
                slots.append(told)
                pieces.append(Piece(told.sign, column, False))
            elif told:
                pieces.append(Piece(told, column, False))
            here = found.end()
        rest = text[here:]
        if "{{" in rest:
            column = offset + here + rest.index("{{") + 1
            self.faults.stop(
                line.number, column, "unreadable", "这里的 {{ 没有在同一行用 }} 收住。请补上 }}。"
            )
        if rest:
            pieces.append(Piece(rest, offset + here + 1, True))
        return tuple(pieces), tuple(slots)

    def _told(self, line: _Typed, text: str, column: int, item: Item | None) -> Slot | str:
        inside = read_inside(text)
        match inside:
            case Asked():
                return self._slot(inside, item, line.number, column)
            case Word():
                return self._word(inside, item, line.number, column)
            case Unread():
                self.faults.stop(line.number, column + inside.offset, inside.code, inside.message)
            case _:
                self.faults.stop(
                    line.number, column, "loop", "{{ each=… }} 和 {{ end }} 要各占一行。"
                )
        return ""

    def _slot(self, asked: Asked, item: Item | None, line: int, column: int) -> Slot | str:
        if len(self.source.slots) >= self.limits.references:
            if not self.is_full:
                self.faults.stop(
                    line, column, "too_many",
                    f"一份报告最多引用 {self.limits.references:,} 个数（循环展开以后）。请分成几份。",
                )  # fmt: skip
            self.is_full = True
            return ""
        slot = Slot(len(self.source.slots), asked, item, line, column)
        self.source.slots.append(slot)
        return slot

    def _word(self, word: Word, item: Item | None, line: int, column: int) -> str:
        if word.of == "each":
            if item is None:
                self.faults.stop(
                    line, column, "loop", f"“each.{word.name}”只能写在 {{{{ each=… }}}} 的循环里。"
                )
                return ""
            return str(getattr(item, word.name))
        return report_words(self.source)[word.name]

    def _fence(
        self, typed: Sequence[_Typed], at: int, mark: str, told: str, item: Item | None
    ) -> int:
        line = typed[at]
        end = next((i for i in range(at + 1, len(typed)) if typed[i].text.strip() == mark), None)
        name, _, rest = told.partition(" ")
        if end is None:
            self.faults.stop(
                line.number, 1, "block", f"这一块没有结束。请在最后另起一行写 {mark[:3]}。"
            )
            return len(typed)
        if name not in BLOCKS:
            self.faults.stop(
                line.number, 1, "block",
                f"没有“{name[:20]}”这种块。可以用：{'、'.join(BLOCKS)}。",
            )  # fmt: skip
            return end + 1
        options = self._options(name, rest, line)
        items: tuple[Item | None, ...] = (item,)
        if over := options.get("each"):
            items = tuple(self._items(over, line.number))
        body = [one for one in typed[at + 1 : end] if one.text.strip()]
        if not body:
            self.faults.stop(
                line.number, 1, "block", "这一块是空的。每行写“名称 | {{ 指标代码 }}”。"
            )
        rows = tuple(tuple(self._rows(body, one, name)) for one in items)
        block = Block(
            index=len(self.source.blocks),
            kind=name,
            line=line.number,
            options=options,
            items=tuple(one for one in items if one is not None) if "each" in options else (),
            rows=rows,
        )
        self.source.blocks.append(block)
        for text in ("", block.sign, ""):
            self.source.lines.append(OutLine(line.number, (Piece(text, 1, False),)))
        return end + 1

    def _options(self, kind: str, rest: str, line: _Typed) -> dict[str, str]:
        options: dict[str, str] = {}
        at = 0
        while at < len(rest):
            if rest[at].isspace():
                at += 1
                continue
            found = _OPTION.match(rest, at)
            if found is None or found[1] not in BLOCK_OPTIONS[kind]:
                said = "、".join(f"{one}=" for one in BLOCK_OPTIONS[kind])
                bad = rest[at:].split()[0][:20]
                column = line.text.index(rest[at:]) + 1
                self.faults.stop(
                    line.number,
                    column,
                    "block",
                    f"{kind} 后面没有“{bad}”这个写法。可以写：{said}。",
                )
                return options
            options[found[1]] = found[2] if found[2] is not None else found[3]
            at = found.end()
        return options

    def _rows(self, body: Sequence[_Typed], item: Item | None, kind: str) -> Iterator[BlockRow]:
        for line in body:
            label, bar, value = _parted(line.text)
            if not bar or not label.strip() or not value.strip():
                self.faults.stop(
                    line.number, 1, "block", "这一行要写成“名称 | {{ 指标代码 }}”，中间一竖。"
                )
                continue
            at = len(label) + 1
            words, in_label = self._pieces(line, label, 0, item)
            pieces, slots = self._pieces(line, value, at, item)
            if self.is_full:
                return
            if in_label or (kind != "boxes" and len(slots) != 1 and self._is_clean(line.number)):
                self.faults.stop(
                    line.number, 1, "block", "一行写一个引用，写在竖线右边；竖线左边只写名称。"
                )
                continue
            if slots or kind == "boxes":
                yield BlockRow(line.number, words, pieces, slots)

    def _is_clean(self, line: int) -> bool:
        return not any(fault.line == line for fault in self.faults.found)


def _parted(text: str) -> tuple[str, str, str]:
    """Return what stands left and right of the first bar that is outside of brackets."""
    depth, at = 0, 0
    while at < len(text):
        if text.startswith("{{", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("}}", at):
            depth, at = max(0, depth - 1), at + 2
        elif text[at] in "|｜" and not depth:
            return text[:at], "|", text[at + 1 :]
        else:
            at += 1
    return text, "", ""


def report_words(source: Source) -> dict[str, str]:
    """Return what ``{{ report.… }}`` gives."""
    setting, head = source.setting, source.head
    return {
        "title": head.title,
        "region": setting.region_name,
        "period": period_words(setting.period) if setting.period else "",
        "as_of": day_words(setting.as_of),
        "today": day_words(setting.today),
        "issuer": head.issuer,
    }
