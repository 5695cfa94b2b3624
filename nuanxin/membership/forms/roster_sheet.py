"""Where the table of a sheet begins, and which of its rows stand for a person.

Above the headings stand titles and 填报单位; the headings may take two or three rows; among and
below the people stand empty rows, repeated headings, subtitles, totals, signatures.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nuanxin.membership.forms.roster_grid import Grid
from nuanxin.membership.forms.roster_headings import (
    Field,
    fold_heading,
    recognise_heading,
)
from nuanxin.membership.forms.roster_values import fold, is_blank_word

_PERSONAL = re.compile(
    r"^(?:\d{15}|\d{17}[\dXx]|1[3-9]\d{9}|\d(?:\.\d+)?[Ee]\+?\d{2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})$"
)
_IDENTITY = re.compile(r"^(?:\d{15}|\d{17}[\dXx]|\d(?:\.\d+)?[Ee]\+?\d{2})$")
_LEAST_HEADING_SCORE = 4.0
_INSTRUCTION = re.compile(
    r"必填|选填|必须|可不填|请填|请选|填写|文本格式|格式[:：]?|下拉|\d+位|如[:：]|例如|示例|说明"
)
_GROUP_LABEL = re.compile(r"^[^\d:：]{1,12}$")
_TOTAL = re.compile(
    r"^(?:[一二三四五六七八九十]+、)?(?:(?:本页|本表|本站|全部|全体|人员|人数|总人数|以上)?"
    r"(?:合计|总计|小计|共计|累计|总共|汇总|总人数|合计人数|人数合计|总数)(?:人数|人员)?|共|总|合)"
    r"\s*[:：]?\s*(?:有|为)?\s*[\d,.]*\s*(?:人|名|位|条|个|行|家|页|户|次|个网点|个站点)*\s*[。.;；]?$"
)
_COUNT_PHRASE = re.compile(
    r"^(?:以上|本表|本页|全表|全部|总|合|小)?共?计?\s*\d[\d,]*\s*(?:人|名|位|条|行)[。.]?$"
)
_FOOTER = re.compile(
    r"^[*※★#\s]*(?:填表|填报|制表|审核|审批|复核|经办|负责|单位负责|工会主席|联系人|报送|上报|盖章|签字|签章|公章|"
    r"(?:单位|工会|基层工会|企业|公司)?\s*[(]?\s*(?:盖章|公章|签章|签字)|注[:：]|注意|备注[:：]|说明[:：]|填表说明|填报说明|"
    r"附注|附[:：]|日期[:：]|电话[:：]|联系电话[:：]|第\s*\d+\s*页|共\s*\d+\s*页|以下空白|以下无|以下为空|本页完|全文完|此页无正文|其中[:：]|[一-鿿]{2,10}(?:意见|签字|签名|签章|盖章|日期|时间)\s*[:：]|[-—]{2,}|"
    r"\d+[、.．]\s*[一-鿿].{6,}|年\s*月\s*日)"
)
_DAY_ALONE = re.compile(r"^(?:\d{4}\s*[-/.年]\s*\d{1,2}\s*(?:[-/.月]\s*(?:\d{1,2}\s*[日号]?)?)?)$")
_EXAMPLE = re.compile(r"示例|样例|举例|范例|^[(]?例[)]?[:：]?$|^例[:：如]")
_SCIENTIFIC = re.compile(r"^'?\d(?:\.\d+)?[Ee]\+?\d{1,2}$")
_NAME_LIKE = re.compile(
    r"^[一-鿿㐀-䶿]{2,4}$|^[一-鿿]{1,12}(?:·[一-鿿]{1,12})+$|^[A-Za-z][A-Za-z .'-]{2,40}$"
)
_NOT_A_NAME = re.compile(
    r"[站部店队组司厂村镇县市区页表册单]$|名单|名册|花名|登记|汇总|网点|站点|人员|情况|附件|工会|以下|以上|空白"
)
_NUMBER_AHEAD = r"^[^\p{Han}]*(?:\d{6}[\s-]*\d{8}|\d[Ee]\+?\d)"
_SUM_LABEL = r"^\s*(?:合|总|小|共|累)\s*(?:计|数)"
_ROWS_AT_ONCE = 20_000
_LEAST_IDENTITY_DIGITS = 12
"""More digits than a date has: beside a signature only these make a row a person."""
_KEY_FIELDS = (Field.NAME, Field.IDENTITY, Field.PHONE)
_WEIGHTS = {Field.IDENTITY: 3.0, Field.NAME: 3.0, Field.PHONE: 2.0, Field.OTHER: 0.5}
_SKIP_SENTENCES = {
    "empty": "空行",
    "nobody": "没有姓名、证件号和手机号的行",
    "heading": "重复的表头",
    "total": "合计行",
    "footer": "表尾的说明或签名",
    "subtitle": "小标题",
    "example": "填写示例",
}


@dataclass(slots=True)
class Header:
    """The heading rows of a table. All indexes are zero-based.

    ``rows`` is empty when the sheet has no headings; ``stacks`` holds for each column the texts of
    its heading, outermost first.
    """

    rows: list[int]
    stacks: list[list[str]]
    first_body_row: int

    def heading(self, column: int) -> str:
        """Return the heading of a column as one line."""
        parts = self.stacks[column] if column < len(self.stacks) else []
        told = [" ".join(part.split()) for part in parts if part.strip()]
        return " / ".join(dict.fromkeys(told))


@dataclass(slots=True)
class RowSelection:
    """Rows that stand for a person (zero-based indexes) and those left out, by kind of row."""

    indexes: NDArray[np.int64]
    skipped: dict[str, list[int]] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Return what was left out, in words for the officer, with spreadsheet row numbers."""
        told = []
        for kind, rows in self.skipped.items():
            if kind == "empty" or not rows:
                continue
            shown = "、".join(str(row + 1) for row in sorted(rows)[:5])
            more = f"等 {len(rows)} 行" if len(rows) > 5 else "行"
            told.append(f"第 {shown} {more}是{_SKIP_SENTENCES[kind]}，没有当作人。")
        return told


def find_header(grid: Grid, search_rows: int) -> Header:
    """Return the heading rows of the sheet; ``rows`` is empty if there are none.

    The row with the best-known headings wins; rows above it that group columns and rows below it
    that go on with the headings, explain them or number them belong to it.
    """
    top = [[fold(cell) for cell in row] for row in grid.rows(0, search_rows)]
    scores = [_heading_score(row) for row in top]
    best = int(np.argmax(scores)) if scores else -1
    if best < 0 or scores[best] < _LEAST_HEADING_SCORE:
        return Header([], [[] for _ in range(grid.width)], _first_personal_row(top))
    numbered = _first_numbered_row(top[:best])
    if numbered:  # people stand above the best row: it is a heading said once more
        earlier = int(np.argmax(scores[:numbered]))
        if scores[earlier] >= _LEAST_HEADING_SCORE:
            best, numbered = earlier, None
    first, last = best, best
    while first > 0 and _is_group_row(top[first - 1], grid, first - 1):
        first -= 1
    covered = _covered_by_merges(grid, best)
    naming = list(range(first, best + 1))
    while last + 1 < len(top):
        following = top[last + 1]
        if last + 1 <= covered or _continues_heading(following):
            naming.append(last + 1)
        elif not _is_instruction(following) and not _numbers_columns(following):
            break
        last += 1
    filled = {row: _spread(top[row], grid, row) for row in naming}
    stacks = [[filled[row][column] for row in naming] for column in range(grid.width)]
    body = last + 1 if numbered is None else numbered
    return Header(list(range(first, last + 1)), stacks, body)


def select_rows(grid: Grid, header: Header, mapping: dict[Field, int]) -> RowSelection:
    """Return the rows below the heading that stand for a person under ``mapping``."""
    start = header.first_body_row
    if start >= grid.height or Field.IDENTITY not in mapping:
        return RowSelection(np.zeros(0, dtype=np.int64))
    keys = {f: grid.columns[mapping[f]].text.slice(start) for f in _KEY_FIELDS if f in mapping}
    blank = np.ones(grid.height - start, dtype=bool)
    certain = np.zeros(grid.height - start, dtype=bool)
    for key, text in keys.items():
        blank &= (text.str.strip_chars() == "").to_numpy()
        if key is Field.IDENTITY:
            certain = text.str.contains(_NUMBER_AHEAD).to_numpy().copy()
    labelled = {*range(min(3, grid.width)), *(mapping[f] for f in keys)}
    for column in labelled:
        certain &= ~grid.columns[column].text.slice(start).str.contains(_SUM_LABEL).to_numpy()
    certain[:5] = False
    keep = certain & ~blank
    selection = RowSelection(np.zeros(0, dtype=np.int64))
    known = _heading_words(header)
    doubtful = np.flatnonzero(~certain & ~blank)
    told: dict[tuple[str, ...], str] = {}
    for row, cells in _rows_of(grid, doubtful + start):
        early = row - start < 5
        key_cells = tuple(cells)
        if early or key_cells not in told:
            folded = [fold(cell) for cell in cells]
            told[key_cells] = _kind_of_row(folded, mapping, known, early=early)
        kind = told[key_cells]
        if kind:
            selection.skipped.setdefault(kind, []).append(row)
        else:
            keep[row - start] = True
    _sort_out_blank(grid, np.flatnonzero(blank) + start, selection)
    selection.indexes = np.flatnonzero(keep) + start
    return selection


def body_sample(grid: Grid, header: Header, size: int) -> NDArray[np.int64]:
    """Return up to ``size`` indexes of non-empty rows spread evenly over the body."""
    start = header.first_body_row
    if start >= grid.height:
        return np.zeros(0, dtype=np.int64)
    filled = np.zeros(grid.height - start, dtype=np.int16)
    for column in grid.columns:
        filled += column.kind[start:] > 0
    rows = np.flatnonzero(filled >= min(2, grid.width)) + start
    if len(rows) <= size:
        return rows
    return rows[np.linspace(0, len(rows) - 1, size).astype(np.int64)]


def _heading_score(cells: list[str]) -> float:
    """Return how much a row looks like headings: the sum over the different fields it names."""
    if any(_PERSONAL.match(cell) for cell in cells):
        return 0.0
    best: dict[Field, float] = {}
    others = 0
    for cell in cells:
        known, sure = recognise_heading(cell) if cell else (None, 0.0)
        if known is Field.OTHER:
            others += 1
        elif known is not None:
            best[known] = max(best.get(known, 0.0), sure * _WEIGHTS.get(known, 1.0))
    if not {Field.NAME, Field.IDENTITY} & best.keys() and len(best) < 3:
        return 0.0
    return sum(best.values()) + 0.5 * min(others, 4)


def _first_numbered_row(top: list[list[str]]) -> int | None:
    """Return the first row with an identity number, whole or spoiled; None if there is none."""
    for index, row in enumerate(top):
        is_example = any(_EXAMPLE.search(cell) for cell in row)
        if not is_example and any(_IDENTITY.match(cell) for cell in row):
            return index
    return None


def _first_personal_row(top: list[list[str]]) -> int:
    for index, row in enumerate(top):
        if sum(bool(_PERSONAL.match(cell)) for cell in row):
            return index
    return 0


def _is_group_row(cells: list[str], grid: Grid, row: int) -> bool:
    """Return whether a row above the headings groups columns (联系方式 over 手机 and 座机)."""
    told = [cell for cell in cells if cell]
    if len(told) < 2 or not all(_GROUP_LABEL.match(cell) for cell in told):
        return False
    spans = [m for m in grid.merged if m[0] <= row <= m[2]]
    return bool(spans) or len(told) < len(cells) or _heading_score(cells) > 0


def _covered_by_merges(grid: Grid, row: int) -> int:
    """Return the last row to which cells of ``row`` are merged downwards (headings of two rows)."""
    ends = [m[2] for m in grid.merged if m[0] <= row <= m[2] and m[2] - m[0] <= 3 and m[2] > row]
    return max(ends, default=row)


def _continues_heading(cells: list[str]) -> bool:
    told = [cell for cell in cells if cell]
    if not told or any(_PERSONAL.match(cell) for cell in told):
        return False
    known = sum(recognise_heading(cell)[0] is not None for cell in told)
    return known * 2 >= len(told) and (known >= 2 or len(told) == 1)


def _is_instruction(cells: list[str]) -> bool:
    told = [cell for cell in cells if cell]
    if len(told) < 2 or any(_PERSONAL.match(cell) for cell in told):
        return False
    return sum(bool(_INSTRUCTION.search(cell)) for cell in told) * 2 >= len(told)


def _numbers_columns(cells: list[str]) -> bool:
    """Return whether the row only counts the columns: 1, 2, 3 … or 甲, 1, 2 …"""
    told = [cell.strip("()") for cell in cells if cell and cell not in {"甲", "乙", "丙"}]
    if len(told) < 3 or not all(cell.isdigit() and len(cell) <= 2 for cell in told):
        return False
    numbers = [int(cell) for cell in told]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _spread(cells: list[str], grid: Grid, row: int) -> list[str]:
    """Return the heading row with grouping texts repeated over the columns they cover."""
    spread = list(cells)
    spans = [m for m in grid.merged if m[0] <= row <= m[2]]
    for top, left, _bottom, right in spans:
        if row == top and left < len(cells) and right - left < max(2, grid.width - 1):
            for column in range(left, min(right, len(cells) - 1) + 1):
                spread[column] = spread[column] or cells[left]
    return spread


def _heading_words(header: Header) -> frozenset[str]:
    return frozenset(fold_heading(p) for stack in header.stacks for p in stack if p.strip())


def _kind_of_row(
    cells: list[str], mapping: dict[Field, int], known: frozenset[str], *, early: bool
) -> str:
    """Return why a doubtful row is not a person ("total", "heading" …), or "" if it is one."""
    told = [(column, cell) for column, cell in enumerate(cells) if cell]
    words = [cell for _, cell in told]
    if not words:
        return "empty"
    if early and any(_EXAMPLE.search(cell) for cell in words[:3]):
        return "example"
    if _repeats_heading(words, cells, mapping, known):
        return "heading"
    remark = mapping.get(Field.REMARK)
    leading = [cell for column, cell in told if column != remark][:3]
    if any(_TOTAL.match(cell) or _COUNT_PHRASE.match(cell) for cell in leading):
        return "total"
    if all(re.fullmatch(r"[\d.,]{1,9}", cell) for cell in words):
        return "total"
    name = _at(cells, mapping, Field.NAME)
    number = _at(cells, mapping, Field.IDENTITY)
    if _looks_like_number(number, least=_LEAST_IDENTITY_DIGITS):
        return ""
    if any(_FOOTER.match(cell) for cell in leading[:2]) or _is_label(leading):
        return "footer"
    if all(_DAY_ALONE.match(cell) for cell in words):
        return "footer"
    if _looks_like_number(number):
        return ""
    if all(is_blank_word(_at(cells, mapping, key)) for key in _KEY_FIELDS):
        return "nobody"
    has_phone = _looks_like_number(_at(cells, mapping, Field.PHONE))
    if len(words) == 1 and not has_phone and not (words[0] == name and looks_like_name(name)):
        return "subtitle"
    return ""


def _is_label(leading: list[str]) -> bool:
    """Return whether the row is a label and its value (联系电话, 13800138000), not a person."""
    return len(leading) == 2 and recognise_heading(leading[0])[1] == 1.0


def looks_like_name(text: str) -> bool:
    """Return whether a text could be a person's name (and is not 仓前配送站 or 人员名单)."""
    compact = "".join(text.split()) if not text.isascii() else text
    return bool(_NAME_LIKE.match(compact)) and not _NOT_A_NAME.search(compact)


def _looks_like_number(text: str, *, least: int = 8) -> bool:
    if _SCIENTIFIC.match(text):
        return True
    return text[:1] < "一" and sum(character.isdigit() for character in text) >= least


def _repeats_heading(
    words: list[str], cells: list[str], mapping: dict[Field, int], known: frozenset[str]
) -> bool:
    folded = [fold_heading(word) for word in words]
    if len(words) >= 2 and known and all(word in known for word in folded):
        return True
    named = sum(
        recognise_heading(_at(cells, mapping, key))[0] is key
        for key in _KEY_FIELDS
        if _at(cells, mapping, key)
    )
    return named >= 2


def _at(cells: list[str], mapping: dict[Field, int], key: Field) -> str:
    column = mapping.get(key)
    return cells[column] if column is not None and column < len(cells) else ""


def _sort_out_blank(grid: Grid, rows: NDArray[np.int64], selection: RowSelection) -> None:
    """Sort rows without name, number and phone into empty ones and those that hold other things."""
    filled = np.zeros(len(rows), dtype=bool)
    for column in grid.columns:
        filled |= column.kind[rows] > 0
    selection.skipped["empty"] = (rows[~filled]).tolist()
    if filled.any():
        for index, cells in _rows_of(grid, rows[filled]):
            told = [fold(cell) for cell in cells if cell.strip()]
            is_total = any(_TOTAL.match(cell) or _COUNT_PHRASE.match(cell) for cell in told[:3])
            is_footer = any(_FOOTER.match(cell) for cell in told[:2])
            kind = "total" if is_total else "footer" if is_footer else "nobody"
            selection.skipped.setdefault(kind, []).append(index)


def _rows_of(grid: Grid, rows: NDArray[np.int64]) -> Iterator[tuple[int, list[str]]]:
    for place in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[place : place + _ROWS_AT_ONCE]
        yield from zip(some.tolist(), grid.pick_rows(some), strict=True)


def fill_merged(grid: Grid, column: int) -> pl.Series:
    """Return a column with the text of cells merged downwards repeated in every row they cover."""
    text = grid.columns[column].text
    spans = [m for m in grid.merged if m[1] <= column <= m[3] and m[2] > m[0]]
    if not spans:
        return text
    values = text.to_list()
    for top, left, bottom, _right in spans:
        if left == column:
            last = min(bottom + 1, len(values))
            values[top:last] = [values[top]] * max(0, last - top)
    return pl.Series(values, dtype=pl.String)
