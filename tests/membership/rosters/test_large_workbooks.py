"""Large workbooks are read as whole columns: what is judged is the same as cell by cell."""

import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from nuanxin.membership.forms import large_workbook, workbook_file
from nuanxin.membership.forms.roster_file import read_roster
from nuanxin.membership.forms.roster_grid import NUMBER
from nuanxin.membership.rules.limits import ROSTER_LIMITS
from tests.membership.rosters.made_up import HEAD, identity, name, people, phone, xlsx_bytes
from tests.membership.rosters.reading import judge, judge_table

FILES = Path(__file__).parent / "files"


@pytest.fixture
def whole(monkeypatch):
    """Every workbook is large; the list tells of each whether it was read as whole columns."""
    monkeypatch.setattr(large_workbook, "LARGE_PART_BYTES", 0)
    taken = []
    read = workbook_file.large_grids

    def noted(*args, **kwargs):
        grids = read(*args, **kwargs)
        taken.append(grids is not None)
        return grids

    monkeypatch.setattr(workbook_file, "large_grids", noted)
    return taken


def grids(body: bytes):
    return workbook_file.read_workbook(io.BytesIO(body), is_zip=True, limits=ROSTER_LIMITS)


def saved(fill) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    fill(book.active)
    book.save(out)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    "file", ["courier_2026.xlsx", "small.xlsx", "small_resaved.xlsx", "columns_turned.xlsx"]
)
def test_files_of_spreadsheet_programs_are_judged_alike(file, whole, monkeypatch):
    by_columns = judge_table(read_roster(FILES / file, file))
    assert whole == [True]
    monkeypatch.setattr(large_workbook, "LARGE_PART_BYTES", 1 << 40)
    by_cells = judge_table(read_roster(FILES / file, file))
    assert whole == [True, False]
    assert by_columns.outcomes_by_row() == by_cells.outcomes_by_row()
    assert by_columns.totals() == by_cells.totals()


def test_a_number_that_lost_its_end_is_damaged_and_a_text_of_digits_is_none(whole):
    ends_in_zero = next(n for n in (identity() for _ in range(200)) if n.endswith("0"))

    def fill(sheet):
        sheet.append(HEAD)
        sheet.append([name(), int(identity()[:17] + "0"), phone()])
        sheet.append([name(), ends_in_zero, phone()])
        sheet.append([name(), 3.3e17, phone()])
        sheet.append([name(), int(identity()[:15]), phone()])

    outcomes = judge(saved(fill), "名单.xlsx").outcomes_by_row()
    assert whole == [True]
    assert outcomes == {2: "damaged_id", 3: "ok", 4: "damaged_id", 5: "bad_id"}


def test_texts_days_merged_and_hidden_cells_are_those_of_the_other_way(whole, monkeypatch):
    def fill(sheet):
        sheet["A1"], sheet["C1"] = "某公司花名册", "+86"
        sheet.merge_cells("A1:B1")
        sheet.append(["甲", date(2020, 1, 2), 13800001111])
        sheet.append(["", datetime(2020, 1, 2, 3, 4), 0.5])
        sheet.append(["=1+1", None, -3])
        sheet.row_dimensions[3].hidden = True
        sheet["A4"].data_type = "s"

    body = saved(fill)
    by_columns = grids(body)[0]
    monkeypatch.setattr(large_workbook, "LARGE_PART_BYTES", 1 << 40)
    by_cells = grids(body)[0]
    assert whole == [True, False]
    assert by_columns.rows(0, 9) == by_cells.rows(0, 9)
    assert by_columns.merged == by_cells.merged == [(0, 0, 0, 1)]
    assert by_columns.hidden_rows == by_cells.hidden_rows == [3]
    assert [c.kind.astype(bool).tolist() for c in by_columns.columns] == [
        c.kind.astype(bool).tolist() for c in by_cells.columns
    ]


def test_long_numbers_keep_the_place_that_the_sheet_gives_them(whole):
    def fill(sheet):
        sheet["A1"], sheet["AB7"] = "序号", 330802199001011234

    grid = grids(saved(fill))[0]
    assert whole == [True]
    assert grid.columns[27].kind.tolist() == [0] * 6 + [NUMBER]
    assert grid.columns[27].text[6] == "3.30802E+17"


def test_what_does_not_begin_in_the_first_column_is_read_cell_by_cell(whole):
    def fill(sheet):
        for place, row in enumerate([HEAD, *people(3)], start=2):
            for column, text in enumerate(row, start=3):
                sheet.cell(place, column, text)

    assert judge(saved(fill), "名单.xlsx").outcomes_by_row() == {3: "ok", 4: "ok", 5: "ok"}
    assert whole == [False]


def test_a_formula_without_a_result_is_read_cell_by_cell(whole):
    def fill(sheet):
        sheet.append(HEAD)
        sheet.append(['=CONCATENATE("张","三")', identity(), phone()])

    assert grids(saved(fill))[0].rows(1, 2)[0][0].startswith("=CONCATENATE")
    assert whole == [False]


def test_a_hidden_sheet_stays_hidden_and_a_sheet_limit_holds(whole):
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["甲"])
    hidden = book.create_sheet("旧名单")
    hidden.append(["乙"])
    hidden.sheet_state = "hidden"
    book.save(out)
    assert [grid.is_hidden for grid in grids(out.getvalue())] == [False, True]
    assert whole == [True]


def test_a_sheet_below_the_bound_is_read_cell_by_cell(monkeypatch):
    called = []
    monkeypatch.setattr(large_workbook, "_Reading", lambda source: called.append(source))
    assert judge(xlsx_bytes({"名单": [HEAD, *people(3)]})).totals() == {"ok": 3}
    assert called == []
