"""Rosters with the answers of a careful reader: every row must come out as answered."""

import json
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest

from nuanxin.membership.forms.result_workbook import write_result
from nuanxin.membership.forms.roster_file import read_roster
from tests.membership.rosters.made_up import csv_bytes, identity
from tests.membership.rosters.reading import judge_table

FILES = Path(__file__).parent / "files"
ANSWERED = [
    ("care_2026.csv", "care_2026"),
    ("courier_2026.xlsx", "courier_2026"),
    ("rider_2026.xls", "rider_2026"),
    ("small.xlsx", "small"),
    ("small_resaved.xlsx", "small"),
    ("small.xls", "small"),
    ("small.ods", "small"),
]


def answers(stem: str) -> dict[int, str]:
    told = json.loads((FILES / f"{stem}.answers.json").read_text(encoding="utf-8"))
    return {int(row): outcome for row, outcome in told["outcomes"].items()}


@pytest.mark.slow
@pytest.mark.parametrize(("file", "stem"), ANSWERED)
def test_every_row_is_judged_as_answered(file, stem):
    judged = judge_table(read_roster(FILES / file, file))
    expected = answers(stem)
    assert judged.outcomes_by_row() == expected
    assert judged.totals() == {o: list(expected.values()).count(o) for o in set(expected.values())}


@pytest.mark.slow
@pytest.mark.parametrize(("file", "stem"), ANSWERED[:3])
def test_the_totals_agree_with_the_answers(file, stem):
    told = json.loads((FILES / f"{stem}.answers.json").read_text(encoding="utf-8"))
    assert judge_table(read_roster(FILES / file, file)).totals() == told["totals"]


@pytest.mark.slow
@pytest.mark.parametrize(("file", "stem"), [ANSWERED[0], ANSWERED[3], ANSWERED[5]])
def test_the_result_workbook_can_be_dropped_again(file, stem, tmp_path):
    table = read_roster(FILES / file, file)
    judged = judge_table(table)
    reasons = {row: reason for row, _, reason in judged.problems()}
    for again in ("first.xlsx", "second.xlsx"):
        write_result(tmp_path / again, table, judged.outcomes_by_row(), reasons)
        table = read_roster(tmp_path / again, again)
        second = judge_table(table)
        assert second.outcomes_by_row() == answers(stem)
        assert second.name.to_list() == judged.name.to_list()
        assert second.joined_on.to_list() == judged.joined_on.to_list()
    assert table.headings.count("结果") == 1


def test_values_of_a_small_roster_saved_by_another_program():
    judged = judge_table(read_roster(FILES / "small.xls", "small.xls"))
    assert judged.joined_on.to_list()[:4] == [date(2021, 7, 20)] * 4
    assert judged.phone[1] == "13800138055"
    assert judged.employer[0] == "城西站"


def test_every_refused_row_has_a_sentence_that_says_what_to_do():
    judged = judge_table(read_roster(FILES / "small.xlsx", "small.xlsx"))
    for _, outcome, reason in judged.problems():
        assert len(reason) > 8, outcome
        assert not any(word in reason for word in ("非法", "无效", "系统错误", "请稍后重试"))


def test_no_cell_of_the_result_starts_a_formula(tmp_path):
    people_here = [["=1+1王", "+86 13800138000"], ["＝张三", "13900139000"], ["@李四", "-1"]]
    rows = [["姓名", "手机号", "身份证号"], *[[*p, identity()] for p in people_here]]
    table = read_roster(csv_bytes(rows), "x.csv")
    write_result(tmp_path / "out.xlsx", table, judge_table(table).outcomes_by_row(), {2: "=cmd"})
    with zipfile.ZipFile(tmp_path / "out.xlsx") as package:
        parts = [package.read(p) for p in package.namelist() if "sheet" in p or "Strings" in p]
    texts = re.findall(r"<t[^>]*>([^<]*)</t>", b"".join(parts).decode())
    assert texts
    assert not any(text[0] in "=+-@＝＋－＠\t\r" for text in texts if text)
    assert not any(b"<f>" in part for part in parts)
    again = judge_table(read_roster(tmp_path / "out.xlsx", "out.xlsx"))
    assert again.name.to_list() == ["=1+1王", "=张三", "@李四"]
