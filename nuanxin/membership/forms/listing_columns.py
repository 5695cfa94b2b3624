"""A dropped table of outlets or unions: its sheet, its heading row, its columns, its rows as text.

Columns are found by their headings alone and shown for correction. Rows that only sum up or are
empty are left out; every other row keeps the number that a spreadsheet shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import readable
from nuanxin.membership.forms.roster_grid import NUMBER, Grid
from nuanxin.membership.forms.roster_headings import fold_heading
from nuanxin.membership.forms.roster_values import read_day
from nuanxin.membership.states import ListingKind

HEADING_SEARCH_ROWS = 30
LISTING_ROWS = 20_000
"""Rows of one table; outlets of one enterprise are some hundreds, unions of a county some dozens."""

_SUMS = frozenset({"合计", "总计", "小计", "共计"})


class Column(StrEnum):
    """What a column can hold."""

    NAME = "name"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    ADDRESS = "address"
    KIND = "kind"
    EMPLOYER = "employer"
    EMPLOYER_CODE = "employer_code"
    OPENED_ON = "opened_on"
    PARENT = "parent"
    ROUTE = "route"
    FOUNDED_ON = "founded_on"
    CREDIT_CODE = "credit_code"
    CONTACT = "contact"
    PHONE = "phone"


_PLACES = {
    Column.CITY: "市 地市 所在市 城市 地级市 设区市",
    Column.COUNTY: "县 区 县区 区县 县市区 县(市、区) 所在县 所在区 所在区县 所在县市区 地区 所属区县 区域 "
    "行政区 所属地区 所在地 所在地区 属地 行政区划 区划代码 行政区划代码",
    Column.TOWN: "街道 乡镇 镇 乡镇街道 街道乡镇 镇街 所在街道 所属街道 所在乡镇 乡镇(街道) 镇(街道)",
    Column.ADDRESS: "地址 详细地址 网点地址 门店地址 站点地址 经营地址 办公地址 联系地址 住所 工会地址",
}
_HEADINGS: dict[ListingKind, dict[Column, str]] = {
    ListingKind.OUTLETS: {
        Column.NAME: "网点 网点名称 站点 站点名称 门店 门店名称 名称 营业部 营业部名称 网点全称 配送站 "
        "配送站名称 店名 店铺名称 服务网点 分部 分部名称",
        **_PLACES,
        Column.KIND: "类型 类别 网点类型 网点类别 站点类型 门店类型 性质 网点性质",
        Column.EMPLOYER: "单位 单位名称 企业 企业名称 公司 公司名称 用人单位 所属单位 所属公司 所属企业 加盟商",
        Column.EMPLOYER_CODE: "单位代码 企业代码 信用代码 统一社会信用代码 社会信用代码 单位信用代码 税号",
        Column.OPENED_ON: "开张日期 开业日期 启用日期 启用时间 成立日期 开业时间 投用日期",
    },
    ListingKind.UNIONS: {
        Column.NAME: "工会名称 名称 工会 工会全称 单位工会名称 基层工会名称 组织名称",
        Column.KIND: "类型 工会类型 类别 工会类别 组织形式 建会形式 工会性质",
        Column.ROUTE: "建会路径 路径 建会方式 怎么建的 建会类别 建会途径",
        Column.PARENT: "上级 上级工会 上级工会名称 上级编码 上级工会编码 所属工会 隶属工会 主管工会",
        **_PLACES,
        Column.FOUNDED_ON: "成立日期 成立时间 建会日期 建会时间 批准日期 批复日期 批准时间",
        Column.CREDIT_CODE: "信用代码 统一社会信用代码 社会信用代码 工会代码 法人代码",
        Column.CONTACT: "联系人 联系部门 负责人 工会主席 主席 联系人姓名",
        Column.PHONE: "电话 联系电话 联系方式 办公电话 公开电话 手机 手机号",
    },
}
_LABELS = {
    Column.CITY: "市", Column.COUNTY: "县（市、区）", Column.TOWN: "乡镇（街道）",
    Column.ADDRESS: "地址", Column.KIND: "类型", Column.EMPLOYER: "单位名称",
    Column.EMPLOYER_CODE: "单位信用代码", Column.OPENED_ON: "开张日期", Column.PARENT: "上级工会",
    Column.ROUTE: "怎么建的", Column.FOUNDED_ON: "成立日期", Column.CREDIT_CODE: "信用代码",
    Column.CONTACT: "联系人", Column.PHONE: "联系电话",
}  # fmt: skip
NEEDED: dict[ListingKind, tuple[Column, ...]] = {
    ListingKind.OUTLETS: (Column.NAME,),
    ListingKind.UNIONS: (Column.NAME, Column.KIND, Column.FOUNDED_ON),
}
_DAYS = frozenset({Column.OPENED_ON, Column.FOUNDED_ON})


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row of the table: its spreadsheet number and the text of each column that was found.

    A day is written out (2026-05-01); one that cannot be read keeps its text.
    """

    row: int
    cells: Mapping[Column, str]

    def __getitem__(self, column: Column) -> str:
        """Return the text under ``column``, "" where there is none."""
        return self.cells.get(column, "")


@dataclass(slots=True)
class ListingTable:
    """What was read: the chosen sheet, its headings, and its rows under the mapping."""

    grid: Grid
    sheets: list[str]
    headings: list[str]
    mapping: dict[Column, int]
    first_body_row: int
    rows: list[ListedRow] = field(default_factory=list)

    def missing(self, kind: ListingKind) -> list[Column]:
        """Return the needed columns that were not found."""
        return [column for column in NEEDED[kind] if column not in self.mapping]

    def sample(self, rows: int) -> list[tuple[int, list[str]]]:
        """Return the first rows below the heading as they are, with their numbers."""
        start = self.first_body_row
        return [
            (start + at + 1, cells) for at, cells in enumerate(self.grid.rows(start, start + rows))
        ]


def columns_of(kind: ListingKind) -> tuple[Column, ...]:
    """Return what a table of this kind can hold, in the order that it is shown."""
    return tuple(_HEADINGS[kind])


def label_of(column: Column, kind: ListingKind) -> str:
    """Return the Chinese name of a column."""
    return f"{kind.label}名称" if column is Column.NAME else _LABELS[column]


def read_listing(
    grids: Sequence[Grid],
    kind: ListingKind,
    *,
    sheet: str = "",
    mapping: Mapping[Column, int] | None = None,
) -> ListingTable:
    """Return the table in ``grids`` under ``mapping`` (None: as its headings say).

    Raises ``Malformed`` listing.empty and listing.too_many_rows.
    """
    told = {column: _folded(words) for column, words in _HEADINGS[kind].items()}
    judged = [(grid, *_heading_row(grid, told)) for grid in grids if grid.height]
    if not judged:
        raise Malformed("listing.empty", "这份文件里没有内容。请确认表格已经保存，再传一次。")
    named = [one for one in judged if one[0].name == sheet]
    grid, at, found = named[0] if named else max(judged, key=_worth)
    table = ListingTable(
        grid=grid,
        sheets=[one[0].name for one in judged],
        headings=[readable(cell) for cell in grid.rows(at, at + 1)[0]] if found else [],
        mapping=dict(found if mapping is None else mapping),
        first_body_row=at + 1 if found else 0,
    )
    table.headings = table.headings or [""] * grid.width
    table.rows = _rows_of(table)
    if len(table.rows) > LISTING_ROWS:
        raise Malformed(
            "listing.too_many_rows",
            f"这张表有 {len(table.rows):,} 行，一次最多 {LISTING_ROWS:,} 行。请拆成几份，分次上传。",
        )
    return table


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold_heading(word) for word in words.split())


def _worth(judged: tuple[Grid, int, dict[Column, int]]) -> tuple[int, bool, int]:
    grid, _, found = judged
    return (len(found), not grid.is_hidden, grid.height)


def _heading_row(
    grid: Grid, told: Mapping[Column, frozenset[str]]
) -> tuple[int, dict[Column, int]]:
    """Return the row that says most of the columns, and which column is which."""
    best: tuple[int, dict[Column, int]] = (0, {})
    for at, cells in enumerate(grid.rows(0, HEADING_SEARCH_ROWS)):
        folded = [fold_heading(cell) if cell.strip() else "" for cell in cells]
        found: dict[Column, int] = {}
        for place, heading in enumerate(folded):
            for column, words in told.items():
                if heading and heading in words and column not in found:
                    found[column] = place
                    break
        if len(found) > len(best[1]):
            best = (at, found)
    return best


def _rows_of(table: ListingTable) -> list[ListedRow]:
    grid, start = table.grid, table.first_body_row
    rows = []
    for at, cells in enumerate(grid.rows(start, grid.height), start=start):
        texts = [readable(cell).lstrip("'") for cell in cells]
        told = [text for text in texts if text]
        if not told or told[0].replace(" ", "") in _SUMS:
            continue
        rows.append(
            ListedRow(
                at + 1,
                {
                    column: _day_text(grid, at, place, texts[place])
                    if column in _DAYS
                    else texts[place]
                    for column, place in table.mapping.items()
                    if 0 <= place < len(texts)
                },
            )
        )
    return rows


def _day_text(grid: Grid, at: int, place: int, text: str) -> str:
    is_number = bool(grid.columns[place].kind[at] == NUMBER)
    day = read_day(text, is_number=is_number, date_1904=grid.date_1904) if text else None
    return day.isoformat() if day else text
