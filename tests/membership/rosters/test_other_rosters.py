"""Rosters of the kinds that officers send, by other programs and with other habits: row by row."""

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from nuanxin.membership.forms.roster_file import read_roster
from tests.membership.rosters.made_up import (
    HEAD,
    csv_bytes,
    identity,
    identity_ending_x,
    name,
    people,
    person,
    phone,
    wrong,
    xlsx_bytes,
)
from tests.membership.rosters.reading import judge, judge_table, outcomes

FILES = Path(__file__).parent / "files"
SAVED = ["far_heading.xls", "pages.xls", "three_levels.ods", "columns_turned.xlsx",
         "merged_employers.xls", "epoch_1904.xls"]  # fmt: skip
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def answered_people():
    """Return rows with one habit each, [name, number, phone], and what a careful reader answers."""
    twice, with_x = identity(), identity_ending_x()
    born_1972 = identity(date(1972, 3, 4), serial=61)
    at = phone()
    said = [
        (person(), "ok"),
        ([name(), wrong(identity()), phone()], "bad_id"),
        ([name(), "", phone()], "no_id"),
        (["", identity(), phone()], "no_name"),
        ([name(), identity(), "1385555"], "bad_phone"),
        ([name(), "3.30106E+17", phone()], "damaged_id"),
        ([name(), twice, phone()], "ok"),
        ([name(), f"{twice[:6]} {twice[6:14]} {twice[14:]}", phone()], "repeated"),
        ([name(), with_x.lower(), phone()], "ok"),
        ([name(), identity().translate(WIDE), phone()], "ok"),
        ([name(), born_1972[:6] + born_1972[8:17], phone()], "ok"),
        ([name(), born_1972, phone()], "repeated"),
        ([name(), identity(date(2012, 1, 1)), phone()], "underage"),
        (["阿卜杜拉・买买提", identity(), phone()], "ok"),
        (["𠮷田𬭚", identity(), phone()], "ok"),
        (["ＭＡＲＩＡ　ＧＡＲＣＩＡ", identity(), phone()], "ok"),
        (["张 三丰", f"'{identity()}", f"+86 {at[:3]}-{at[3:7]}-{at[7:]}"], "ok"),
        ([name(), identity(), f"{phone()}/0571-88123456"], "ok"),
        ([name(), identity(), "0571-88123456"], "bad_phone"),
        ([name(), identity(), ""], "bad_phone"),
        ([name(), "H0345678901", phone()], "bad_id"),
        ([name(), identity(area="810000"), phone()], "ok"),
        ([name(), identity(date(2030, 1, 1)), phone()], "bad_id"),
        ([name(), "330,106,199,005,171,000", phone()], "damaged_id"),
    ]
    return [row for row, _ in said], [answer for _, answer in said]


def from_row(first, answers):
    return dict(enumerate(answers, start=first))


@pytest.mark.slow
@pytest.mark.parametrize("file", SAVED)
def test_files_saved_by_other_programs(file):
    told = json.loads((FILES / f"{Path(file).stem}.answers.json").read_text(encoding="utf-8"))
    judged = judge_table(read_roster(FILES / file, file))
    assert {str(row): code for row, code in judged.outcomes_by_row().items()} == told["outcomes"]


def test_phones_of_the_person_are_taken_where_relatives_stand_beside():
    judged = judge_table(read_roster(FILES / "three_levels.ods", "x.ods"))
    table = read_roster(FILES / "three_levels.ods", "x.ods")
    assert judged.phone.to_list() == [row[4] for _, row in table.sample(20)]


def test_employers_in_merged_cells_of_an_old_workbook_belong_to_every_row():
    judged = judge_table(read_roster(FILES / "merged_employers.xls", "x.xls"))
    assert judged.employer.to_list() == ["甲公司"] * 3 + ["乙公司"] * 3


def test_days_that_count_from_1904_in_an_old_workbook():
    judged = judge_table(read_roster(FILES / "epoch_1904.xls", "x.xls"))
    assert set(judged.joined_on.to_list()) == {date(2020, 3, 4)}


@pytest.mark.parametrize(
    ("encoding", "separator", "quoting"),
    [
        ("utf-8", ",", csv.QUOTE_MINIMAL),
        ("utf-8-sig", ",", csv.QUOTE_ALL),
        ("gb18030", ";", csv.QUOTE_ALL),
        ("utf-16", "\t", csv.QUOTE_MINIMAL),
    ],
)
def test_a_text_file_with_every_habit(encoding, separator, quoting):
    rows, answers = answered_people()
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quoting)
    writer.writerow(["", "网点", "员工姓名", "证件号码", "联系方式", "地址"])
    for number, row in enumerate(rows):
        writer.writerow([number, "城西", *row, "杭州市\n余杭区"])
    assert outcomes(out.getvalue().encode(encoding)) == from_row(2, answers)


def test_a_workbook_with_the_heading_in_row_twelve_and_signatures_below():
    rows, answers = answered_people()
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet["A1"] = "XX区快递行业工会联合会集中入会人员花名册"
    sheet.merge_cells("A1:H2")
    sheet["A3"], sheet["E3"] = "填报单位：XX快递有限公司", "填报时间：2026年11月20日"
    sheet["A5"], sheet["A6"] = "填报要求：", "1、身份证号请用文本格式"
    head = ["序号", "单位名称", "姓名", "性别", "公民身份号码", "联系电话", "岗位", "签名"]
    for column, text in enumerate(head, start=1):
        sheet.cell(12, column, text)
    for number, row in enumerate(rows):
        cells = [number + 1, "XX快递", row[0], "男", row[1], row[2], "快递员"]
        for column, value in enumerate(cells, start=1):
            sheet.cell(13 + number, column, value or None)
    last = 13 + len(rows)
    sheet.cell(last, 1, "合计")
    sheet.cell(last, 3, len(rows))
    sheet.cell(last + 2, 1, "制表人：")
    sheet.cell(last + 2, 3, "王某某")
    sheet.cell(last + 2, 5, "审核人：李某某")
    sheet.cell(last + 2, 6, "13800000000")
    sheet.cell(last + 3, 1, "工会主席（签字）：")
    sheet.cell(last + 3, 5, "2026年11月20日")
    out = io.BytesIO()
    workbook.save(out)
    assert outcomes(out.getvalue()) == from_row(13, answers)


def test_a_heading_said_again_in_one_row_does_not_hide_the_people_above_it():
    block = people(5)
    rows = [
        ["骑手入会名册"],
        ["序号", "姓名", "证件信息", "", "联系方式", "", "站点"],
        ["", "", "证件类型", "证件号码", "手机", "紧急联系人电话", ""],
    ]
    merges = [(1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5), (1, 6, 2, 6)]
    body = [[i, r[0], "居民身份证", r[1], r[2], phone(), "城西站"] for i, r in enumerate(block, 1)]
    again = ["序号", "姓名", "证件类型", "证件号码", "手机", "紧急联系人电话", "站点"]
    next_page = [[9, r[0], "居民身份证", r[1], r[2], phone(), "城西站"] for r in people(2)]
    file = xlsx_bytes({"骑手": [*rows, *body, again, *next_page]}, merges=merges)
    judged = judge(file)
    assert judged.outcomes_by_row() == dict.fromkeys([4, 5, 6, 7, 8, 10, 11], "ok")
    assert judged.phone.to_list()[:5] == [row[2] for row in block]


def test_people_above_the_only_heading_are_not_lost():
    first, second = people(3), people(3)
    assert outcomes(csv_bytes([*first, HEAD, *second])) == dict.fromkeys([1, 2, 3, 5, 6, 7], "ok")


def test_an_example_above_the_heading_is_no_person():
    example = ["示例：张三", "330106199001011230", "13800000000"]
    assert outcomes(csv_bytes([example, HEAD, *people(3)])) == dict.fromkeys([3, 4, 5], "ok")


def test_surname_and_given_name_in_two_columns_are_one_name():
    table = read_roster(
        csv_bytes([["姓", "名", "身份证号码", "移动电话"], ["张", "涛", identity(), phone()],
                   ["欧阳", "小 平", identity(), phone()], ["", "红", identity(), phone()]]),
        "x.csv",
    )  # fmt: skip
    judged = judge_table(table)
    assert judged.name.to_list() == ["张涛", "欧阳小平", "红"]
    assert "合成姓名" in table.guesses[0].reason


def test_the_first_of_several_phone_columns_is_the_persons_not_the_contacts():
    mine = [phone() for _ in range(6)]
    head = ["姓名", "身份证号", "联系人", "联系人电话", "手机号1", "手机号2"]
    rows = [head, *[[name(), identity(), name(), phone(), m, phone()] for m in mine]]
    assert judge(csv_bytes(rows)).phone.to_list() == mine


def test_relatives_bank_cards_and_driving_licences_are_not_the_person():
    head = [
        "序号",
        "紧急联系人",
        "紧急联系电话",
        "配偶姓名",
        "配偶身份证号",
        "驾驶证号",
        "银行卡号",
        *HEAD,
    ]
    mine = people(8)
    rows = [head, *[[i, name(), phone(), name(), identity(), m[1], "6222021202041234567", *m]
                    for i, m in enumerate(mine)]]  # fmt: skip
    judged = judge(xlsx_bytes({"名单": rows}))
    assert judged.totals() == {"ok": 8}
    assert judged.name.to_list() == [m[0] for m in mine]
    assert judged.identity.to_list() == [m[1] for m in mine]
    assert judged.phone.to_list() == [m[2] for m in mine]


def test_a_second_roster_beside_the_first_is_told():
    rows = [[*HEAD, "", *HEAD], *[[*person(), "", *person()] for _ in range(4)]]
    table = read_roster(csv_bytes(rows), "x.csv")
    assert judge_table(table).totals() == {"ok": 4}
    assert any("并排" in note and "第 6 列" in note for note in table.notes)


def test_formulas_rich_text_errors_and_booleans_in_a_protected_sheet():
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out)
    sheet, bold = workbook.add_worksheet("名单"), workbook.add_format({"bold": True})
    sheet.write_row(0, 0, [*HEAD, "在岗"])
    numbers = [identity() for _ in range(7)]
    for row, number in enumerate(numbers, start=1):
        sheet.write_string(row, 0, name())
        sheet.write_string(row, 1, number)
        sheet.write_string(row, 2, phone())
        sheet.write_boolean(row, 3, True)
    sheet.write_rich_string(1, 0, bold, "张", "小", bold, "伟")
    sheet.write_formula(2, 0, '=CONCATENATE("李","强")', None, "李强")
    sheet.write_formula(3, 0, "=VLOOKUP(A9,B:C,2,0)", None, "#N/A")
    sheet.write_formula(4, 1, f'="{numbers[3]}"', None, numbers[3])
    sheet.write_formula(5, 1, "=VLOOKUP(A9,B:C,2,0)", None, "#N/A")
    sheet.write_number(6, 1, float(numbers[5][:17] + "1"))
    sheet.write_boolean(7, 2, True)
    sheet.write_comment(1, 0, "批注")
    sheet.protect("locked")
    workbook.close()
    judged = judge(out.getvalue())
    assert judged.codes() == ["ok", "ok", "no_name", "ok", "no_id", "damaged_id", "bad_phone"]
    assert judged.name.to_list()[:2] == ["张小伟", "李强"]


@pytest.mark.slow
def test_a_sheet_of_three_hundred_columns():
    rows = [[f"字段{i}" for i in range(300)]] + [[""] * 300 for _ in range(4)]
    for place, heading in ((3, "名字"), (250, "证件号码"), (270, "电话号码")):
        rows[0][place] = heading
    for row in rows[1:]:
        row[3], row[250], row[270] = person()
    assert outcomes(xlsx_bytes({"宽": rows})) == dict.fromkeys([2, 3, 4, 5], "ok")


def test_sex_and_birth_that_contradict_the_number_do_not_turn_a_person_away():
    number = identity(date(1990, 2, 3), serial=31)
    rows = [[*HEAD, "性别", "出生日期"], [name(), number, phone(), "女", "1991.5.6"]]
    judged = judge(csv_bytes(rows))
    assert judged.codes() == ["ok"]
    assert (judged.sex[0], judged.birth_on[0]) == ("M", date(1990, 2, 3))


def test_columns_parted_by_spaces():
    rows = [" ".join(HEAD), *["  ".join(row) for row in people(3)]]
    assert outcomes("\r\n".join(rows).encode("gbk")) == dict.fromkeys([2, 3, 4], "ok")


@pytest.mark.parametrize("number", [330106199005171239, 330106199005171000.0])
def test_a_heading_that_says_only_number_over_spoiled_numbers(number):
    rows = [["名", "号", "电"], *[[name(), number, int(phone())] for _ in range(6)]]
    assert set(outcomes(xlsx_bytes({"名单": rows})).values()) == {"damaged_id"}


@pytest.mark.parametrize(
    "last",
    [
        ["本页完"], ["", "", "2026年11月20日"], ["单位意见：", "", "", "同意"],
        ["联系电话", "13800138003"], ["审核人", "王五", "13800138000"],
        ["工会主席（签字）：", "2026.11.20"], ["审核：王五", "20261120"],
        ["填表人:张三 13800138000"], ["其中：男 10 人"], ["以上人员信息真实有效，特此证明。"],
    ],
)  # fmt: skip
def test_further_last_lines_that_are_no_people(last):
    body = csv_bytes([[*HEAD, "备注"], *people(4), last])
    assert outcomes(body) == dict.fromkeys([2, 3, 4, 5], "ok")


@pytest.mark.parametrize(
    ("named", "numbered", "phoned"),
    [
        ("劳动者姓名", "证件号码(身份证)", "联系电话（手机）"), ("护理员", "身份证件号码", "本人手机"),
        ("网约车司机姓名", "居民身份证号码", "电话1"), ("姓名 Name", "身份证号 ID No.", "手机 Mobile"),
        ("1.姓名", "2.身份证号", "3.手机号"), ("姓  名", "身份证\n号 码", "手 机\n号 码"),
        ("被保险人姓名", "被保险人证件号", "被保险人手机号"), ("入会人员", "身份证号码（必填，18位）", "手机号码（11位）"),
        ("XM", "SFZH", "SJHM"), ("队员", "证号", "号码"), ("骑手名称", "骑手证件号", "骑手电话"),
    ],
)  # fmt: skip
def test_headings_over_a_short_and_faulty_roster(named, numbered, phoned):
    rows = [
        ["备注", numbered, "岗位", phoned, "家庭住址", named],
        ["", "", "快递员", phone(), "某街道", name()],
        ["", identity(), "快递员", "123", "某街道", ""],
        ["", wrong(identity()), "快递员", phone(), "某街道", name()],
    ]
    assert outcomes(csv_bytes(rows)) == {2: "no_id", 3: "no_name", 4: "bad_id"}


@pytest.mark.parametrize(
    ("spelled", "digits"),
    [
        ("电话13812345685", "13812345685"), ("0571-88888888 13812345686", "13812345686"),
        ("本人13812345701 妻子13812345702", "13812345701"), ("13812345693号", "13812345693"),
        ("138.1234.5698", "13812345698"), ("138—1234—5705", "13812345705"),
        ("138****1234", ""), ("+852 91234567", ""), ("+1 13812345678", ""), ("139123456789", ""),
        ("11010519491231002X", ""),
    ],
)  # fmt: skip
def test_phones_among_other_words(spelled, digits):
    judged = judge(csv_bytes([HEAD, [name(), identity(), spelled], *people(4)]))
    assert judged.phone[0] == digits
    assert judged.codes()[0] == ("ok" if digits else "bad_phone")


@pytest.mark.parametrize(
    "spelled",
    ["1990。5。3", "1990\\5\\3", "1990..5.3", "3-May-90", "03-May-1990", "May 3, 1990", "32996.0",
     "90-5-3", "90.5.3", "90年5月3日", "1990,5,3", "1990-05-03T00:00:00Z", "1990-5-3 星期四"],
)  # fmt: skip
def test_days_in_further_shapes(spelled):
    rows = [[*HEAD, "入职日期"], [*person(), spelled], *[[*row, "2020-01-01"] for row in people(3)]]
    assert judge(csv_bytes(rows)).joined_on[0] == date(1990, 5, 3)


@pytest.mark.parametrize(
    "around", ["身份证{}", "ID:{}", "{}（本人）", "公民身份证号码：{}", "{}\u00a0"]
)
def test_words_around_a_sound_number_do_not_spoil_it(around):
    number = identity()
    judged = judge(csv_bytes([HEAD, [name(), around.format(number), phone()], *people(4)]))
    assert (judged.codes()[0], judged.identity[0]) == ("ok", number)


def test_date_cells_beside_texts_and_serials():
    rows = [
        [*HEAD, "入职日期"],
        [*person(), datetime(2020, 3, 4)],
        [*person(), "2020.3.4"],
        [*person(), 43894],
    ]
    judged = judge(xlsx_bytes({"名单": rows}))
    assert judged.joined_on.to_list() == [date(2020, 3, 4)] * 3
