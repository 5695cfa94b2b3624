"""Which column holds what: by its heading, checked against what stands in it.

A heading alone is not believed where the content says otherwise (a column headed 身份证号 that
holds phone numbers), and content alone is enough where the heading is strange or missing.
"""

import dataclasses
import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.forms.roster_grid import NUMBER, Grid
from nuanxin.membership.forms.roster_headings import (
    ASSIGNABLE,
    GIVEN_NAME_HEADINGS,
    SURNAME_HEADINGS,
    Field,
    fold_heading,
    recognise_stacked,
)
from nuanxin.membership.forms.roster_sheet import (
    Header,
    RowSelection,
    body_sample,
    fill_merged,
    find_header,
    looks_like_name,
    select_rows,
)
from nuanxin.membership.forms.roster_values import (
    fold,
    is_blank_word,
    read_day,
    read_days,
    read_identities,
    read_names,
    read_phones,
    read_sexes,
    read_texts,
)
from nuanxin.membership.rules.limits import ROSTER_LIMITS, RosterLimits
from nuanxin.membership.rules.roster import ParsedRoster

_EMPLOYER_WORDS = re.compile(
    r"公司|集团|中心|服务部|合作社|有限|物流|快递|速运|养老院|医院|商行|经营部"
)
_OUTLET_WORDS = re.compile(r"站$|网点|营业部|门店|店$|分部|车队|片区|站点")
_OCCUPATION_WORDS = re.compile(
    r"员$|师$|工$|骑手|司机|快递|配送|护理|主播|保安|保洁|保姆|月嫂|代驾"
)
_IDENTITY_SHAPE = re.compile(r"^[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d\d{3}[\dX]$")
_TEXT_FIELDS = (
    Field.EMPLOYER,
    Field.OUTLET,
    Field.PLATFORM,
    Field.DEPARTMENT,
    Field.OCCUPATION,
    Field.ADDRESS,
    Field.REMARK,
)
_FILLED_DOWN = frozenset(_TEXT_FIELDS) - {Field.REMARK, Field.ADDRESS}


@dataclass(slots=True)
class ColumnGuess:
    """What one column was taken for.

    ``field`` is None where nothing is known; ``confidence`` is 0 to 1; ``reason`` is a Chinese
    sentence for the correction screen; ``samples`` are up to five cells of it as they stand.
    """

    column: int
    heading: str
    field: Field | None
    confidence: float
    reason: str
    samples: list[str] = dataclasses.field(default_factory=list)


@dataclass(slots=True)
class SheetSummary:
    """One sheet of the file, for the choice on the correction screen."""

    name: str
    rows: int
    is_hidden: bool
    is_roster: bool


@dataclass(slots=True)
class RosterTable:
    """A dropped file, opened: the chosen sheet, its heading, and what its columns were taken for.

    ``row_numbers`` are the spreadsheet row numbers of the rows that stand for a person under
    ``mapping`` (field → zero-based column); ``notes`` are Chinese sentences for the officer.
    ``surname_column`` is set where the name stands in two columns, 姓 and 名.
    """

    filename: str
    grid: Grid
    header: Header
    guesses: list[ColumnGuess]
    mapping: dict[Field, int]
    row_numbers: NDArray[np.int32]
    sheets: list[SheetSummary]
    notes: list[str]
    surname_column: int | None = None

    @property
    def headings(self) -> list[str]:
        """Return the heading of every column as one line, "" where there is none."""
        return [self.header.heading(column) for column in range(self.grid.width)]

    def sample(self, count: int = 8) -> list[tuple[int, list[str]]]:
        """Return up to ``count`` person rows from the beginning: (row number, cells as they are)."""
        indexes = np.asarray(self.row_numbers[:count], dtype=np.int64) - 1
        return list(zip((indexes + 1).tolist(), self.grid.pick_rows(indexes), strict=True))


@dataclass(slots=True)
class _Profile:
    """Shares (0 to 1) of the non-empty sample cells of one column that look like each thing."""

    filled: float = 0.0
    distinct: float = 0.0
    shares: dict[Field, float] = dataclasses.field(default_factory=dict)
    samples: list[str] = dataclasses.field(default_factory=list)


_Named = tuple[Field | None, float]
"""What a heading says: the field, and how sure that is."""
_Looked = tuple[Grid, Header, list[ColumnGuess], RowSelection]


def build_table(
    grids: list[Grid],
    filename: str,
    *,
    limits: RosterLimits = ROSTER_LIMITS,
    sheet: str | None = None,
    is_pointed_out: bool = False,
) -> RosterTable:
    """Return the table of the sheet named ``sheet``, or of the one that is the roster.

    ``is_pointed_out`` says that an officer can point out the columns: then a sheet of two columns
    and more is a table even where the identity number was not recognised among them.
    Raises Malformed ``roster.empty`` or ``roster.no_identity_column`` when no sheet is a roster.
    """
    looked_at = [_look(grid, limits) for grid in grids]
    asked_for = [look for look in looked_at if sheet in (None, look[0].name)]
    if not any(grid.height for grid, *_ in asked_for):
        raise Malformed("roster.empty", "这份文件里没有内容。请确认名单已经保存，再重新上传。")
    best = max(asked_for, key=_worth)
    grid, header, guesses, rows = best
    mapping = _mapping_of(guesses)
    if Field.IDENTITY not in mapping:
        if not is_pointed_out or grid.width < 2:
            raise no_identity_column()
        # Who stands for a person is not known before the column is: all rows below the heading.
        rows = RowSelection(np.arange(header.first_body_row, grid.height))
    if not len(rows.indexes):
        raise Malformed(
            "roster.empty", "这张表只有表头，没有人。请把人员填在表头下面，每人一行，再上传。"
        )
    summaries = [
        SheetSummary(g.name, len(r.indexes), g.is_hidden, _is_roster(gs))
        for g, _, gs, r in looked_at
    ]
    notes = [*grid.notes, *_notes(grid, guesses, summaries), *rows.sentences()]
    return RosterTable(
        filename, grid, header, guesses, mapping, (rows.indexes + 1).astype(np.int32), summaries,
        notes, _surname_column(header, guesses, mapping),
    )  # fmt: skip


def no_identity_column() -> Malformed:
    """Return the refusal of a table in which no column holds identity numbers."""
    return Malformed(
        "roster.no_identity_column",
        "没有找到身份证号这一列。请在表头写上“姓名”“身份证号”“手机号”，每人一行，再上传。",
    )


def _surname_column(
    header: Header, guesses: list[ColumnGuess], mapping: dict[Field, int]
) -> int | None:
    """Return the column headed 姓 if the names' column is headed 名: together they are the name."""
    innermost = [fold_heading(stack[-1]) if stack else "" for stack in header.stacks]
    given = mapping.get(Field.NAME)
    if given is None or innermost[given] not in GIVEN_NAME_HEADINGS:
        return None
    for column, heading in enumerate(innermost):
        if heading in SURNAME_HEADINGS and guesses[column].field is None:
            guesses[column].field = Field.OTHER
            guesses[column].reason = "和“名”这一列合成姓名。"
            return column
    return None


def apply_mapping(table: RosterTable, mapping: dict[Field, int] | None = None) -> ParsedRoster:
    """Return the rows of the table as columns of values, under ``mapping`` (or the guessed one).

    ``mapping`` gives the zero-based column of each field, as the officer corrected it; fields left
    out are not read. Raises Malformed ``roster.no_identity_column`` or ``roster.bad_mapping``.
    """
    chosen = {Field(f): c for f, c in (mapping or table.mapping).items() if c is not None}
    _check_mapping(table, chosen)
    grid = table.grid
    rows = select_rows(grid, table.header, chosen).indexes
    columns: dict[str, pl.Series] = {}
    identity = grid.columns[chosen[Field.IDENTITY]]
    numbers, damaged = read_identities(identity.text.gather(rows), identity.kind[rows])
    columns["identity"], columns["identity_damaged"] = numbers, pl.Series(damaged)
    nothing = pl.repeat("", len(rows), dtype=pl.String, eager=True)
    columns["name"] = _names(table, chosen[Field.NAME], rows) if Field.NAME in chosen else nothing
    phones = (
        grid.columns[chosen[Field.PHONE]].text.gather(rows) if Field.PHONE in chosen else nothing
    )
    columns["phone"], columns["phone_complaint"] = read_phones(phones)
    for key in _TEXT_FIELDS:
        if key in chosen:
            column = chosen[key]
            text = fill_merged(grid, column) if key in _FILLED_DOWN else grid.columns[column].text
            columns[key.value] = read_texts(text.gather(rows))
    if Field.SEX in chosen:
        columns["sex"] = read_sexes(grid.columns[chosen[Field.SEX]].text.gather(rows))
    for key in (Field.JOINED_ON, Field.BIRTH_ON):
        if key in chosen:
            days = grid.columns[chosen[key]]
            columns[key.value] = read_days(
                days.text.gather(rows), days.kind[rows], date_1904=grid.date_1904
            )
    return ParsedRoster(columns=columns, row_numbers=(rows + 1).astype(np.int32))


def _names(table: RosterTable, column: int, rows: NDArray[np.int64]) -> pl.Series:
    """Return the names of the rows; where 姓 and 名 stand apart, the two as one."""
    names = read_names(table.grid.columns[column].text.gather(rows))
    if table.surname_column is None or column != table.mapping.get(Field.NAME):
        return names
    return read_names(table.grid.columns[table.surname_column].text.gather(rows)) + names


def _check_mapping(table: RosterTable, chosen: dict[Field, int]) -> None:
    if Field.IDENTITY not in chosen:
        raise Malformed(
            "roster.no_identity_column", "请指出哪一列是身份证号。没有这一列，名单里的人没法核对。"
        )
    used = list(chosen.values())
    if len(set(used)) < len(used):
        raise Malformed(
            "roster.bad_mapping", "有一列被指给了两项内容。每一列只能对应一项，请改正。"
        )
    if any(not 0 <= column < table.grid.width for column in used):
        raise Malformed("roster.bad_mapping", "选的列不在这张表里。请重新选择。")


def _look(grid: Grid, limits: RosterLimits) -> _Looked:
    header = find_header(grid, limits.header_search_rows)
    guesses = guess_columns(grid, header, limits.sample_rows)
    mapping = _mapping_of(guesses)
    return grid, header, guesses, select_rows(grid, header, mapping)


_SIDE_SHEET = re.compile(
    r"离职|离岗|退休|退会|作废|旧|示例|样例|模板|样表|说明|字典|参数|数据源|下拉|选项|黑名单|备份"
)


def _worth(looked: _Looked) -> tuple[int, int, int, int]:
    grid, header, guesses, rows = looked
    is_side = bool(_SIDE_SHEET.search(grid.name))
    return (
        int(_is_roster(guesses) and len(rows.indexes) > 0),
        int(not grid.is_hidden) + int(not is_side),
        len(rows.indexes) if _is_roster(guesses) else 0,
        int(bool(header.rows)) + min(grid.height, 1),
    )


def _mapping_of(guesses: list[ColumnGuess]) -> dict[Field, int]:
    return {g.field: g.column for g in guesses if g.field is not None and g.field in ASSIGNABLE}


def _is_roster(guesses: list[ColumnGuess]) -> bool:
    return any(guess.field is Field.IDENTITY for guess in guesses)


def guess_columns(grid: Grid, header: Header, sample_rows: int) -> list[ColumnGuess]:
    """Return for every column what it was taken for, with reason and confidence."""
    size = max(_LEAST_SAMPLE, min(sample_rows, _SAMPLED_CELLS // max(1, grid.width)))
    indexes = body_sample(grid, header, size)
    cells = grid.pick_rows(indexes)
    profiles = [
        _profile([row[column] for row in cells], grid.columns[column].kind[indexes] == NUMBER)
        for column in range(grid.width)
    ]
    named = [
        recognise_stacked(header.stacks[column] if column < len(header.stacks) else [])
        for column in range(grid.width)
    ]
    guesses = [
        ColumnGuess(c, header.heading(c), None, 0.0, "没有认出来，不使用。", profiles[c].samples)
        for c in range(grid.width)
    ]
    for wanted in (Field.IDENTITY, Field.PHONE, Field.NAME):
        _assign_checked(wanted, guesses, named, profiles)
    _assign_by_heading(guesses, named, profiles)
    _assign_by_content(guesses, named, profiles)
    return guesses


_SURE_CONTENT = 0.5
_LEAST_SAMPLE = 40
_SAMPLED_CELLS = 12_000
_CONTRADICTED = 0.1


def _assign_checked(
    wanted: Field, guesses: list[ColumnGuess], named: list[_Named], profiles: list[_Profile]
) -> None:
    """Give ``wanted`` to the column whose heading and content together speak for it most."""
    best, best_score = -1, 0.0
    for column, profile in enumerate(profiles):
        if guesses[column].field is not None:
            continue
        told, sure = named[column]
        share = profile.shares.get(wanted, 0.0)
        if told is wanted:
            contradicted = (
                profile.filled > 0
                and share < _CONTRADICTED
                and _other_fits(wanted, column, named, profiles)
            )
            score = 0.0 if contradicted else sure + share + 0.1 * min(1.0, profile.filled * 5)
        elif told is None or (share > 0.9 and _may_be_misnamed(told, wanted)):
            score = share * (0.9 if told is None else 0.6) if share >= _SURE_CONTENT else 0.0
            score += 0.05 * profile.distinct if score else 0.0
        else:
            score = 0.0
        if score > best_score + 1e-9:
            best, best_score = column, score
    if best >= 0:
        _settle(guesses[best], wanted, named[best], profiles[best])


def _may_be_misnamed(told: Field | None, wanted: Field) -> bool:
    """Return whether a column headed ``told`` may in truth hold ``wanted``.

    Numbers are unmistakable, names are not: 快递员 under 岗位 looks like one.
    """
    if wanted is Field.NAME:
        return told in {None, Field.IDENTITY, Field.PHONE}
    if told is Field.SERIAL:  # 号 over identity numbers; a serial number is never that long
        return wanted is Field.IDENTITY
    return told not in {Field.OTHER, Field.RESULT}


def _other_fits(wanted: Field, column: int, named: list[_Named], profiles: list[_Profile]) -> bool:
    """Return whether another column holds what this one only claims to hold."""
    return any(
        other != column
        and profile.shares.get(wanted, 0.0) >= _SURE_CONTENT
        and _may_be_misnamed(named[other][0], wanted)
        for other, profile in enumerate(profiles)
    )


def _settle(guess: ColumnGuess, wanted: Field, named: _Named, profile: _Profile) -> None:  # fmt: skip
    share = profile.shares.get(wanted, 0.0)
    by_heading = named[0] is wanted
    reasons = []
    if by_heading:
        reasons.append(f"列名是“{guess.heading}”")
    if share >= _SURE_CONTENT:
        reasons.append(f"内容有 {share:.0%} 像{wanted.label}")
    elif by_heading and wanted in {Field.IDENTITY, Field.PHONE, Field.NAME} and profile.filled:
        reasons.append(f"但内容只有 {share:.0%} 像{wanted.label}，请核对")
    guess.field = wanted
    guess.confidence = round(min(1.0, (named[1] if by_heading else 0.0) * 0.7 + share * 0.5), 2)
    guess.reason = "，".join(reasons) + "。" if reasons else "按位置推断，请核对。"


def _assign_by_heading(
    guesses: list[ColumnGuess], named: list[_Named], profiles: list[_Profile]
) -> None:
    """Give every other field to the first best-filled column that is headed so."""
    taken = {guess.field for guess in guesses}
    order = sorted(range(len(guesses)), key=lambda c: (-named[c][1], -(profiles[c].filled > 0), c))
    for column in order:
        told, sure = named[column]
        guess = guesses[column]
        if guess.field is not None or told is None:
            continue
        if told in {Field.SERIAL, Field.RESULT, Field.OTHER}:
            guess.field, guess.confidence = told, sure
            guess.reason = f"列名是“{guess.heading}”，不使用。"
        elif told not in taken and told not in {Field.NAME, Field.IDENTITY, Field.PHONE}:
            taken.add(told)
            guess.field, guess.confidence = told, sure
            guess.reason = f"列名是“{guess.heading}”。"
        else:
            guess.field, guess.confidence = Field.OTHER, sure
            guess.reason = f"列名是“{guess.heading}”，但这一项已经有别的列了，不使用。"


def _assign_by_content(
    guesses: list[ColumnGuess], named: list[_Named], profiles: list[_Profile]
) -> None:
    """Give what is still free to columns without a known heading, where the content is plain."""
    taken = {guess.field for guess in guesses}
    for wanted in (Field.SEX, Field.EMPLOYER, Field.OUTLET, Field.OCCUPATION, Field.JOINED_ON):
        if wanted in taken:
            continue
        shares = [
            p.shares.get(wanted, 0.0) if g.field is None and named[c][0] is None else 0.0
            for c, (g, p) in enumerate(zip(guesses, profiles, strict=True))
        ]
        best = int(np.argmax(shares)) if shares else -1
        if best >= 0 and shares[best] >= 0.6:
            _settle(guesses[best], wanted, named[best], profiles[best])


def _profile(cells: list[str], is_number: NDArray[np.bool_]) -> _Profile:
    folded = [fold(cell) for cell in cells]
    told = [
        (text, bool(n))
        for text, n in zip(folded, is_number, strict=True)
        if not is_blank_word(text)
    ]
    if not told:
        return _Profile()
    size = len(told)
    texts = [text for text, _ in told]
    series = pl.Series(texts, dtype=pl.String)
    kinds = np.array([NUMBER if n else 1 for _, n in told], dtype=np.uint8)
    numbers, damaged = read_identities(series, kinds)
    good = sum(
        bool(d or _IDENTITY_SHAPE.match(n)) and not (n.isdigit() and len(n) < 15)
        for n, d in zip(numbers.to_list(), damaged, strict=True)
    )
    phones, _ = read_phones(series)
    days = sum(read_day(text, is_number=n) is not None for text, n in told)
    names = [text for text in texts if looks_like_name(text)]
    as_names = len(names) / size
    distinct = len(set(texts)) / size
    if distinct < 0.2 and size > 10:
        as_names *= 0.3
    shares = {
        Field.IDENTITY: good / size,
        Field.PHONE: float((phones != "").sum()) / size,
        Field.NAME: as_names,
        Field.SEX: sum(text in {"男", "女"} for text in texts) / size,
        Field.EMPLOYER: sum(bool(_EMPLOYER_WORDS.search(t)) for t in texts) / size,
        Field.OUTLET: sum(bool(_OUTLET_WORDS.search(t)) for t in texts) / size,
        Field.OCCUPATION: sum(bool(_OCCUPATION_WORDS.search(t)) for t in texts) / size,
        Field.JOINED_ON: days / size,
    }
    return _Profile(size / max(1, len(cells)), distinct, shares, texts[:5])


def _names_identity(heading: str) -> bool:
    return recognise_stacked(heading.split(" / "))[0] is Field.IDENTITY


def _notes(grid: Grid, guesses: list[ColumnGuess], sheets: list[SheetSummary]) -> list[str]:
    notes = []
    found = {guess.field for guess in guesses}
    for wanted in (Field.NAME, Field.PHONE):
        if wanted not in found:
            notes.append(f"没有找到{wanted.label}这一列，请在下面指定。")
    beside = [g for g in guesses if g.field is Field.OTHER and _names_identity(g.heading)]
    if beside and Field.IDENTITY in found:
        listed = "、".join(f"第 {g.column + 1} 列“{g.heading}”" for g in beside[:5])
        notes.append(
            f"{listed}也像身份证号，没有读。如果是并排的第二份名单，请接到第一份下面，再传一次。"
        )
    others = [s.name for s in sheets if s.is_roster and s.rows and s.name != grid.name]
    if others:
        listed = "、".join(f"“{name}”" for name in others[:5])
        notes.append(f"这次读的是工作表“{grid.name}”。{listed}看起来也是名单，需要的话请另外导入。")
    if grid.hidden_rows:
        notes.append(f"有 {len(grid.hidden_rows)} 行在表格里是隐藏的，也一起读了。")
    return notes
