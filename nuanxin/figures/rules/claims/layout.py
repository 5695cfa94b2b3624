"""Claims in tables, and in boxes whose labels and numbers stand on different lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from nuanxin.figures.rules.claims.claim import Claim, Scope, claim_of
from nuanxin.figures.rules.claims.draft import Draft, Line
from nuanxin.figures.rules.claims.numbers import Number, find_numbers
from nuanxin.figures.rules.claims.periods import Told, find_periods
from nuanxin.figures.rules.claims.words import (
    UNIT_FAMILIES,
    UNITS,
    canonical,
    levels_in,
    place_key,
    place_names,
)

_CELLS = re.compile(r"\s*[|｜]\s*|\t+| {2,}")
_ONE_SPACE = re.compile(r" +")
_HEADING = re.compile(
    r"^(?:数据|表|图|附表|附件|专栏|链接|数读)\s*(?:[\d一二三四五六七八九十]+|$)|^数读"
)
_FULL_STOP = re.compile(r"[。！？；，]")
_IN_BRACKETS = re.compile(rf"[（(]\s*(?:单位[：:])?\s*((?:万|亿|千)?(?:{'|'.join(UNITS)}))\s*[)）]")
_UNIT_OF_TABLE = re.compile(rf"单位\s*[：:]\s*((?:万|亿|千)?(?:{'|'.join(UNITS)}))")
_GENERIC_HEAD = re.compile(
    r"^(?:数量|数值|人数|完成数|完成情况|数据|数|总数|合计|本期|累计|结果|金额|实绩|指标值)?$"
)
_UNIT_HEAD = re.compile(r"^(?:计量)?单\s*位$")
_UNIT_ALONE = re.compile(rf"(?:万|亿|千)?(?:{'|'.join(UNITS)})")
_INDEX_HEAD = re.compile(r"^(?:序\s*号|编\s*号|No\.?)$")
_SUM_ROW = re.compile(r"^(?:合\s*计|总\s*计|共\s*计|小\s*计|全省|全市|全县|全区)$")
_SUM_NAME = re.compile(r"^(?:合\s*计|总\s*计|共\s*计)$")
_SCALES = {"万": 10_000, "亿": 100_000_000, "千": 1_000}
_BEGINS_NUMBER = frozenset("0123456789一二三四五六七八九十两百千近约大超逾不将接突至最多")
_SHORT = 30
_HEADINGS = 12
"""So many lines of a box are looked at for the period that all of it is for."""
_VERB_FIRST = re.compile(r"^(?:参加|享受|获得|接受|成为|加入|受益|参与)")
_LEADS_ON = re.compile(r"(?:组织|通过|共有?|为|达|新增|提供|[：:])$")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its cells with where each begins in the draft."""

    line: Line
    cells: tuple[tuple[int, str], ...]

    def number(self, index: int) -> Number | None:
        """Return the number that a cell is, wholly."""
        return whole_number(self.cells[index][1])


@dataclass(slots=True)
class Laid:
    """What was found in tables and boxes; ``used`` are the lines that running text leaves out."""

    claims: list[Claim] = field(default_factory=list)
    used: set[int] = field(default_factory=set)


def whole_number(text: str) -> Number | None:
    """Return the number that a text is from its first sign to its last, or None."""
    if not 0 < len(text) <= 24 or text[0] not in _BEGINS_NUMBER:
        return None
    found = find_numbers(text, in_cell=True)
    if len(found) == 1 and (found[0].start, found[0].end) == (0, len(text)):
        return found[0]
    return None


def find_laid(draft: Draft, lines: Sequence[Line], *, group: int) -> Laid:
    """Return the claims of all tables and boxes; groups are numbered from ``group`` on."""
    laid = Laid()
    for first, rows in _tables(lines):
        group += 1
        laid.claims += _table_claims(draft, lines, first, rows, group)
        laid.used.update(range(first, first + len(rows)))
    for block in _blocks(lines, laid.used):
        group += 1
        laid.claims += _box_claims(draft, lines, block, group, laid.used)
    return laid


# ---- tables -----------------------------------------------------------------------------------


def _row(line: Line, separator: re.Pattern[str]) -> Row:
    cells, position = [], 0
    text = line.text.strip("|｜")
    base = line.start + line.text.index(text) if text else line.start
    for found in [*separator.finditer(text), None]:
        end = found.start() if found else len(text)
        raw = text[position:end]
        lead = len(raw) - len(raw.lstrip())
        cells.append((base + position + lead, raw.strip()))
        position = found.end() if found else end
    return Row(line, tuple(cells))


def _tables(lines: Sequence[Line]) -> list[tuple[int, list[Row]]]:
    """Return runs of lines with as many cells each, two or more, with numbers beside labels."""
    found: list[tuple[int, list[Row]]] = []
    rows: list[Row] = []
    for index, line in enumerate([*lines, Line(-1, "")]):
        row = _as_row(line)
        fits = row is not None and (not rows or len(row.cells) == len(rows[-1].cells))
        if not fits and rows:
            bare = _without_index(rows)
            if _is_table(bare):
                found.append((index - len(rows), bare))
            rows = []
        if row is not None and (fits or not rows):
            rows.append(row)
    return found


def _without_index(rows: list[Row]) -> list[Row]:
    """Leave out a first column 序号: it numbers the rows and counts nothing."""
    if len(rows[0].cells) > 2 and _INDEX_HEAD.match(rows[0].cells[0][1]):
        return [Row(row.line, row.cells[1:]) for row in rows]
    return rows


def _as_row(line: Line) -> Row | None:
    if not line.text or len(line.text) > 400:
        return None
    row = _row(line, _CELLS)
    if len(row.cells) >= 2:
        return row
    loose = _row(line, _ONE_SPACE)
    if len(loose.cells) < 3 or _FULL_STOP.search(line.text):
        return None
    numeric = sum(loose.number(index) is not None for index in range(1, len(loose.cells)))
    all_words = all(not any(char.isdigit() for char in text) for _, text in loose.cells)
    return loose if numeric >= len(loose.cells) - 1 or all_words else None


def _is_table(rows: list[Row]) -> bool:
    if len(rows) < 2:
        return False
    bearing = [
        row for row in rows
        if row.number(0) is None and any(row.number(i) for i in range(1, len(row.cells)))
    ]  # fmt: skip
    return len(bearing) >= 1 and len(bearing) >= len(rows) - 2


def _table_claims(
    draft: Draft, lines: Sequence[Line], first: int, rows: list[Row], group: int
) -> list[Claim]:
    caption = " ".join(
        line.text for line in lines[max(0, first - 3) : first] if len(line.text) <= 40
    )
    told = _UNIT_OF_TABLE.search(caption)
    width = len(rows[0].cells)
    units = next((i for i, (_, cell) in enumerate(rows[0].cells) if _UNIT_HEAD.match(cell)), 0)
    has_head = all(rows[0].number(index) is None for index in range(1, width))
    heads = [cell for _, cell in rows[0].cells] if has_head else [""] * width
    claims = []
    for height, row in enumerate(rows[1:] if has_head else rows):
        for index in range(1, width):
            number = row.number(index)
            if number is None:
                continue
            start, text = row.cells[index]
            claim = claim_of(
                number,
                start=start,
                end=start + len(text),
                text=draft.text[start : start + len(text)],
            )
            unit = row.cells[units][1] if units else told[1] if told else ""
            _name_cell(claim, row.cells[0][1], heads[index], unit, caption)
            claim.group, claim.cell = group, (height, index)
            claims.append(claim)
    return claims


def _name_cell(claim: Claim, label: str, head: str, unit_of_table: str, caption: str) -> None:
    """Fill in what a cell counts, from the label of its row and the head of its column."""
    claim.origin = "table"
    unit = next((m[1] for t in (head, label) if (m := _IN_BRACKETS.search(t))), unit_of_table)
    if not claim.unit and _UNIT_ALONE.fullmatch(unit):
        scale = _SCALES.get(unit[0], 1) if unit not in UNIT_FAMILIES else 1
        claim.unit = unit if scale == 1 else unit[1:]
        claim.family = UNIT_FAMILIES[claim.unit]
        w = claim.written
        step = w.step * scale if scale == 1 else (w.step or Fraction(1)) * scale
        claim.written = type(w)(w.value * scale, step, w.rough * scale, w.leaning)
    head, label = (_IN_BRACKETS.sub("", text).strip() for text in (head, label))
    periods = [*find_periods(head), *find_periods(label), *find_periods(caption)]
    if periods:
        claim.period, claim.period_key = periods[0].text, periods[0].key
    for told in find_periods(head):
        head = head.replace(told.text, "").strip()
    place = place_names().fullmatch(label)
    sums = _SUM_ROW.match(label)
    claim.is_total = _SUM_NAME.match(label) is not None
    if place:
        claim.scope = Scope(place=place_key(place[0]))
    if _GENERIC_HEAD.match(head):
        claim.what = label
    else:
        claim.what = head if sums else f"{label}{head}" if not place else f"{place[0]}{head}"
        claim.subject = "" if place or sums else canonical(label)
    core = label if _GENERIC_HEAD.match(head) else head
    claim.key, claim.near = canonical(core), f"{label}{head}"
    claim.scope.level = next(iter(levels_in(label)), "")


# ---- boxes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
    """A line of a box: its index among the lines, and its numbers or labels with their starts."""

    index: int
    numbers: tuple[tuple[int, str], ...] = ()
    labels: tuple[tuple[int, str], ...] = ()


def _blocks(lines: Sequence[Line], used: set[int]) -> list[list[_Item]]:
    """Return runs of short lines of which some are numbers alone."""
    found: list[list[_Item]] = []
    block: list[_Item] = []
    for index, line in enumerate(lines):
        item = None if index in used else _item(index, line)
        if item is None or _HEADING.match(line.text):
            found.append(block)
            block = []
            continue
        block.append(item)
    found.append(block)
    return [trimmed for block in found if (trimmed := _trimmed(block))]


def _item(index: int, line: Line) -> _Item | None:
    if len(line.text) > _SHORT * 2:
        return None
    row = _row(line, re.compile(r"\s*[|｜]\s*|\s+"))
    if all(whole_number(text) for _, text in row.cells):
        return _Item(index, numbers=row.cells)
    if whole_number(line.text):
        return _Item(index, numbers=((line.start, line.text),))
    if _FULL_STOP.search(line.text) or len(line.text) > _SHORT:
        return None
    if find_numbers(line.text):
        return None
    return _Item(index, labels=tuple(cell for cell in row.cells if cell[1]))


def _trimmed(block: list[_Item]) -> list[_Item]:
    """Leave only what stands next to numbers; headings further up are kept for their period."""
    return (
        block if any(item.numbers for item in block) and any(item.labels for item in block) else []
    )


def _box_claims(
    draft: Draft, lines: Sequence[Line], block: list[_Item], group: int, used: set[int]
) -> list[Claim]:
    behind = _labels_behind(block, lines)
    heading = " ".join(lines[item.index].text for item in block[:_HEADINGS] if item.labels)
    told = find_periods(heading)
    claims: list[Claim] = []
    for place, item in enumerate(block):
        if not item.numbers:
            continue
        used.add(item.index)
        labels = _labels_of(block, place, behind, len(item.numbers))
        for (start, text), label in zip(item.numbers, labels, strict=True):
            number = whole_number(text)
            if number is None:
                continue
            end = start + len(text)
            claim = claim_of(number, start=start, end=end, text=draft.text[start:end])
            _name_in_box(claim, label, heading, told)
            claim.group = group
            claims.append(claim)
    return claims


def _labels_behind(block: list[_Item], lines: Sequence[Line]) -> bool:
    """Return whether labels follow their numbers in this box (else they stand before them)."""
    votes = 0
    for place, item in enumerate(block):
        if not item.numbers:
            continue
        count = len(item.numbers)
        before, after = _neighbour(block, place, -1), _neighbour(block, place, 1)
        for neighbour, sign in ((before, -1), (after, 1)):
            if neighbour is None:
                votes -= 2 * sign
            elif count > 1 and len(neighbour.labels) == count:
                votes += 3 * sign
            elif _VERB_FIRST.match(neighbour.labels[0][1]):
                votes += 2 * sign
        if before is not None and _LEADS_ON.search(lines[before.index].text):
            votes += 2
    return votes > 0


def _neighbour(block: list[_Item], place: int, step: int) -> _Item | None:
    here = place + step
    if 0 <= here < len(block) and block[here].labels:
        return block[here]
    return None


def _labels_of(block: list[_Item], place: int, behind: bool, count: int) -> list[str]:
    """Return a label for each of ``count`` numbers; "" where none is found."""
    step = 1 if behind else -1
    item = _neighbour(block, place, step)
    if item is None:
        return [""] * count
    if count == 1:
        return ["".join(text for _, text in item.labels)]
    if len(item.labels) == count:
        return [text for _, text in item.labels]
    singles: list[str] = []
    here = place + step
    while 0 <= here < len(block) and block[here].labels and len(singles) < count:
        singles.append("".join(text for _, text in block[here].labels))
        here += step
    if len(singles) == count:
        return singles if behind else singles[::-1]
    return [""] * count


def _name_in_box(claim: Claim, label: str, heading: str, told_above: list[Told]) -> None:
    claim.origin = "box"
    bracket = _IN_BRACKETS.search(label)
    if bracket and not claim.unit and bracket[1] in UNIT_FAMILIES:
        claim.unit, claim.family = bracket[1], UNIT_FAMILIES[bracket[1]]
    plain = _IN_BRACKETS.sub("", label)
    periods = find_periods(label) or told_above
    if periods:
        claim.period, claim.period_key = periods[0].text, periods[0].key
    for told in find_periods(label):
        plain = plain.replace(told.text, "")
    claim.what = re.sub(r"\s+", "", plain).strip("：:")[:40]
    claim.key = canonical(claim.what)
    claim.near = f"{claim.what} {heading}"[:160]
    place = place_names().search(label)
    claim.scope = Scope(
        place=place_key(place[0]) if place else "", level=next(iter(levels_in(label)), "")
    )
