"""Reading a table of denominators: every row is right, or each wrong one is told by its line. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import regions
from nuanxin.kernel.errors import Malformed

MOST_ROWS = 2_000
LONGEST_TEXT = 200
MOST_VALUE = 10**12
_FAULTS_TOLD = 10
_COLUMNS = {
    "kind": "种类",
    "region": "区划代码",
    "as_of": "截至",
    "value": "数值",
    "unit": "单位",
    "source": "来源",
    "checked_on": "核对日期",
    "reason": "更正原因",
}
_NEEDED = tuple(name for name in _COLUMNS if name != "reason")
HEADS = tuple(_COLUMNS.values())


@dataclass(frozen=True, slots=True)
class Entry:
    """One denominator to enter. ``reason`` is why it corrects an earlier one; ``line`` of the file."""

    kind: DenominatorKind
    region: int
    as_of: date
    value: int
    source: str
    checked_on: date
    reason: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, int, date]:
        """Return what only one entry counts for."""
        return (self.kind.value, self.region, self.as_of)


class _Wrong(Exception):
    """A row says something that cannot be taken."""


def refuse(faults: Mapping[int, str]) -> Malformed:
    """Return the refusal of a whole table, with the line of each fault."""
    told = [f"第 {line} 行：{said}" for line, said in sorted(faults.items())[:_FAULTS_TOLD]]
    more = len(faults) - len(told)
    tail = f"还有 {more} 行也要改。" if more > 0 else ""
    return Malformed("figures.denominators_unreadable", f"一行也没有装入。{''.join(told)}{tail}")


def read_table(text: str, *, today: date) -> list[Entry]:
    """Return the rows of a CSV (heads in Chinese or as the columns are named in the code).

    Raises ``Malformed`` figures.denominators_unreadable with every wrong line, up to ten.
    """
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True)
    entries: list[Entry] = []
    faults: dict[int, str] = {}
    seen: dict[tuple[str, int, date], int] = {}
    for line, row in _rows_of(rows):
        try:
            entry = read_entry(row, today=today, line=line)
        except _Wrong as wrong:
            faults[line] = str(wrong)
            continue
        earlier = seen.setdefault(entry.key, line)
        if earlier != line:
            faults[line] = f"和第 {earlier} 行是同一个种类、地区和日子，只留一行。"
        entries.append(entry)
    if faults:
        raise refuse(faults)
    if not entries:
        raise Malformed("figures.denominators_unreadable", "表里没有一行数。请填好再装。")
    return entries


def _rows_of(rows: Iterator[list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        heads = [_head(cell) for cell in next(rows, [])]
        missing = [_COLUMNS[name] for name in _NEEDED if name not in heads]
        if missing:
            raise Malformed(
                "figures.denominators_unreadable",
                f"第 1 行是表头，少了这几列：{'、'.join(missing)}。完整的表头是：{','.join(HEADS)}。",
            )
        for line, cells in enumerate(rows, start=2):
            if line > MOST_ROWS + 1:
                raise Malformed(
                    "figures.denominators_unreadable",
                    f"一次最多装 {MOST_ROWS:,} 行。请分成几个文件。",
                )
            if any(cell.strip() for cell in cells):
                yield line, dict(zip(heads, (cell.strip() for cell in cells), strict=False))
    except csv.Error:
        raise Malformed(
            "figures.denominators_unreadable",
            "这个文件不是完整的 CSV 表，引号没有成对。请用表格软件另存为 CSV（UTF-8）再装。",
        ) from None


def _head(cell: str) -> str:
    told = cell.strip()
    return next((name for name, head in _COLUMNS.items() if told in (name, head)), told)


def read_entry(row: Mapping[str, str], *, today: date, line: int = 0) -> Entry:
    """Return one row; raise ``_Wrong`` with a sentence."""
    kind = _kind(row.get("kind", ""))
    as_of = _day(row.get("as_of", ""), "截至", today)
    checked_on = _day(row.get("checked_on", ""), "核对日期", today)
    if checked_on < as_of:
        raise _Wrong("核对日期早于截至日，写反了。")
    unit = row.get("unit", "")
    if unit != kind.unit.label:
        raise _Wrong(f"“{kind.label}”的单位是{kind.unit.label}，写的是“{unit[:10]}”。")
    return Entry(
        kind=kind,
        region=_region(row.get("region", ""), as_of),
        as_of=as_of,
        value=_value(row.get("value", "")),
        source=_text(row.get("source", ""), "来源", needed=True),
        checked_on=checked_on,
        reason=_text(row.get("reason", ""), "更正原因", needed=False),
        line=line,
    )


def entry_of(row: Mapping[str, str], *, today: date) -> Entry:
    """Return one entry typed on the desk; raise ``Malformed`` figures.denominator_unreadable."""
    try:
        return read_entry(row, today=today)
    except _Wrong as wrong:
        raise Malformed("figures.denominator_unreadable", str(wrong)) from None


def _kind(told: str) -> DenominatorKind:
    for kind in DenominatorKind:
        if told in (kind.value, kind.label):
            return kind
    said = "、".join(kind.label for kind in DenominatorKind)
    raise _Wrong(f"种类“{told[:20]}”这里没有。可以写：{said}。")


def _region(told: str, on: date) -> int:
    one = regions.REGIONS.get(told) if len(told) == 6 else None
    if one is None:
        raise _Wrong(f"没有代码为“{told[:12]}”的地区。写省、市、县（市、区）的六位代码。")
    if not one.is_valid_on(on):
        raise _Wrong(f"{one.name}（{told}）在 {on} 不是在用的区划。请改用那一天的代码。")
    return int(told)


def _day(told: str, name: str, today: date) -> date:
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise _Wrong(f"{name}“{told[:12]}”没有读懂，写成 2025-12-31 这样。") from None
    if day > today:
        raise _Wrong(f"{name} {day} 还没到。")
    return day


def _value(told: str) -> int:
    digits = told.replace(",", "").replace("，", "")
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) <= MOST_VALUE):
        raise _Wrong(f"数值“{told[:20]}”要写成大于 0 的整数，例如 125000。")
    return int(digits)


def _text(told: str, name: str, *, needed: bool) -> str:
    if needed and not told:
        raise _Wrong(f"没有写{name}。比率的分母要说得出从哪里来。")
    if len(told) > LONGEST_TEXT:
        raise _Wrong(f"{name}最多 {LONGEST_TEXT} 个字。")
    return told
