"""Files in every shape that officers send: encodings, headings, sheets, rows that are no people."""

from datetime import date

import pytest

from nuanxin.membership.forms.roster_file import read_roster
from tests.membership.rosters.made_up import (
    HEAD,
    csv_bytes,
    identity,
    name,
    people,
    person,
    phone,
    xlsx_bytes,
)
from tests.membership.rosters.reading import judge, judge_table, outcomes

ROWS = people(4)
ALL_OK = {2: "ok", 3: "ok", 4: "ok", 5: "ok"}


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
@pytest.mark.parametrize("separator", [",", "\t", ";", "、", "，", "|"])
def test_text_files_are_read_in_every_encoding_and_with_every_separator(encoding, separator):
    judged = judge(csv_bytes([HEAD, *ROWS], encoding, separator))
    assert judged.outcomes_by_row() == ALL_OK
    assert judged.name.to_list() == [row[0] for row in ROWS]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end):
    assert outcomes(csv_bytes([HEAD, *ROWS], end=end)) == ALL_OK


def test_an_empty_line_counts_as_a_row():
    body = csv_bytes([HEAD, ROWS[0], [], ROWS[1], ["", "", ""], ROWS[2]])
    assert outcomes(body) == {2: "ok", 4: "ok", 6: "ok"}


def test_a_line_break_inside_a_quoted_cell_does_not_make_a_new_row():
    rows = [[*HEAD, "地址"], [*ROWS[0], "余杭区\n良渚街道"], [*ROWS[1], "临平"]]
    assert outcomes(csv_bytes(rows)) == {2: "ok", 3: "ok"}


def test_a_stray_quotation_mark_does_not_swallow_the_rest():
    lines = [",".join(HEAD) + ",备注"]
    lines += [
        ",".join(row) + ',"快' if i == 3 else ",".join(row) + ",好"
        for i, row in enumerate(people(120))
    ]
    assert len(outcomes("\n".join(lines).encode())) == 120


def test_a_few_broken_characters_are_shown_and_do_not_stop_the_file():
    body = csv_bytes([[*HEAD, "备注"], *[[*row, "老员工"] for row in people(60)]], "utf-8")
    cut = body.replace("老员工".encode(), "老员".encode() + b"\xe5\xb7", 1)
    judged = judge_table(table := read_roster(cut, "x.csv"))
    assert judged.totals() == {"ok": 60}
    assert any("认不出来" in note for note in table.notes)


def test_titles_above_and_a_total_below_are_no_people():
    rows = [
        ["某公司职工花名册"],
        ["填报单位：某公司工会", "", "填报日期：2026年11月"],
        [],
        HEAD,
        *ROWS,
    ]
    rows += [["合计", "4人"], ["填表人：某某", "审核人：某某"], ["注：手机号必填，请核对后上报"]]
    assert outcomes(csv_bytes(rows)) == {5: "ok", 6: "ok", 7: "ok", 8: "ok"}


def test_the_heading_may_stand_far_below():
    rows = [[f"说明第{i}条：请逐项填写完整后上报"] for i in range(1, 31)] + [HEAD, *ROWS]
    assert list(outcomes(csv_bytes(rows))) == [32, 33, 34, 35]


@pytest.mark.parametrize(
    "last",
    [
        ["合计", "", "4"],
        ["总计：4人"],
        ["", "合 计", "4人"],
        ["共4人"],
        ["共 4 人"],
        ["以上共计4人"],
        ["", "", "", "4"],
        ["小计", "4"],
        ["人数合计", "4"],
        ["总人数：4"],
        ["制表人：王某", "", "联系电话：0571-88000000"],
        ["（盖章）"],
        ["以下空白"],
        ["第 1 页 共 1 页"],
        ["单位负责人（签字）："],
        ["备注：以上人员均已签订协议"],
        ["2026年11月23日"],
        ["——————"],
    ],
)
def test_last_lines_that_are_no_people(last):
    assert outcomes(csv_bytes([[*HEAD, "备注"], *ROWS, last])) == ALL_OK


def test_a_total_with_numbers_in_every_column_is_no_person():
    head = ["序号", "姓名", "身份证号", "手机号", "工资"]
    rows = [head, *[[i + 1, *row, 5000.5] for i, row in enumerate(ROWS)], ["合计", 4, 4, 4, 20002]]
    assert outcomes(xlsx_bytes({"名单": rows})) == ALL_OK


def test_headings_repeated_in_the_middle_and_subtitles_are_no_people():
    rows = [["一、仓前站"], HEAD, *ROWS[:2], ["小计：2人"], ["二、良渚站"], HEAD, *ROWS[2:]]
    assert outcomes(csv_bytes(rows)) == {3: "ok", 4: "ok", 8: "ok", 9: "ok"}


def test_numbered_lines_without_a_person_are_skipped():
    rows = [["序号", *HEAD, "单位"], *[[str(i), *row, "某站"] for i, row in enumerate(ROWS, 1)]]
    rows += [[str(i), "", "", "", "某站"] for i in range(5, 40)]
    assert outcomes(csv_bytes(rows)) == ALL_OK


def test_a_row_with_only_a_name_is_a_person_without_a_number():
    rows = [HEAD, ROWS[0], [name(), "", ""], ["", "", phone()]]
    assert outcomes(csv_bytes(rows)) == {2: "ok", 3: "no_id", 4: "no_id"}


def test_headings_of_two_rows_with_merged_cells():
    rows = [
        ["名单"],
        ["序号", "姓名", "身份证号", "联系方式", "", "紧急联系人", "", "备注"],
        ["", "", "", "固定电话", "手机", "姓名", "电话", ""],
    ]
    rows += [
        [i, r[0], r[1], "0571-88000000", r[2], name(), phone(), ""] for i, r in enumerate(ROWS, 1)
    ]
    merges = [
        (0, 0, 0, 7),
        (1, 0, 2, 0),
        (1, 1, 2, 1),
        (1, 2, 2, 2),
        (1, 3, 1, 4),
        (1, 5, 1, 6),
        (1, 7, 2, 7),
    ]
    judged = judge(xlsx_bytes({"名单": rows}, merges=merges))
    assert judged.outcomes_by_row() == {4: "ok", 5: "ok", 6: "ok", 7: "ok"}
    assert judged.name.to_list() == [row[0] for row in ROWS]
    assert judged.phone.to_list() == [row[2] for row in ROWS]


def test_headings_of_two_rows_without_merge_marks_in_a_text_file():
    rows = [
        ["序号", "基本信息", "", "联系方式", ""],
        ["", "姓名", "身份证号", "手机", "座机"],
        *[[str(i), *row, "0571-88000000"] for i, row in enumerate(ROWS, 1)],
    ]
    assert outcomes(csv_bytes(rows)) == {3: "ok", 4: "ok", 5: "ok", 6: "ok"}


def test_rows_that_explain_number_or_exemplify_the_headings_are_no_people():
    example = ["张三（示例）", "330106199001011230", "13800000000"]
    rows = [HEAD, ["必填", "必填，18位文本格式", "必填"], ["1", "2", "3"], example, *ROWS]
    assert outcomes(csv_bytes(rows)) == {5: "ok", 6: "ok", 7: "ok", 8: "ok"}


def test_a_file_without_headings_is_read_by_its_content():
    rows = [[r[2], "仓前配送站", r[0], r[1], "男", "网约配送员"] for r in people(30)]
    judged = judge(csv_bytes(rows))
    assert judged.totals() == {"ok": 30}
    assert judged.name.to_list() == [row[2] for row in rows]


def test_strange_headings_are_read_by_content():
    people_here = people(20)
    rows = [["小伙伴", "18位码", "怎么找到他", "点位"], *[[*r, "仓前站"] for r in people_here]]
    judged = judge(csv_bytes(rows))
    assert judged.totals() == {"ok": 20}
    assert judged.phone.to_list() == [row[2] for row in people_here]


def test_a_heading_that_contradicts_its_column_is_not_believed():
    rows = [["姓名", "身份证号", "手机号"], *[[r[0], r[2], r[1]] for r in ROWS]]
    judged = judge(csv_bytes(rows))
    assert judged.totals() == {"ok": 4}
    assert judged.identity.to_list() == [row[1] for row in ROWS]


def test_numbers_of_other_people_are_not_taken_for_the_persons_own():
    head = ["紧急联系人电话", "配偶身份证号", "配偶姓名", "姓名", "证件号码", "联系电话"]
    rows = [head, *[[phone(), identity(), name(), *row] for row in ROWS]]
    judged = judge(csv_bytes(rows))
    assert judged.identity.to_list() == [row[1] for row in ROWS]
    assert judged.phone.to_list() == [row[2] for row in ROWS]
    assert judged.name.to_list() == [row[0] for row in ROWS]


@pytest.mark.parametrize(
    ("named", "numbered", "phoned"),
    [
        ("姓 名", "公民身份号码", "手机号码"),
        ("员工姓名", "证件号码", "联系电话"),
        ("骑手姓名", "身份证", "电话"),
        ("名字*", "身份证号码（18位）", "移动电话"),
        ("职工姓名", "居民身份证号", "联系方式"),
        ("姓名(必填)", "身份证号\n(必填)", "手机（必填）"),
        ("Name", "ID No.", "Mobile"),
        ("司机姓名", "司机身份证号", "司机手机号"),
        ("会员姓名", "证件号", "本人手机号码"),
        ("真实姓名", "二代身份证号码", "手机号（微信同号）"),
        ("姓　　名", "身 份 证 号 码", "电 话"),
    ],
)
def test_usual_headings(named, numbered, phoned):
    rows = [["备注", phoned, "性别", numbered, "民族", named]]
    rows += [["", r[2], "男", r[1], "汉", r[0]] for r in ROWS]
    judged = judge(csv_bytes(rows))
    assert judged.totals() == {"ok": 4}
    assert judged.name.to_list() == [row[0] for row in ROWS]


def test_other_columns_are_recognised_too():
    head = [*HEAD, "工作单位", "所属网点", "所属平台", "部门", "岗位", "入职时间", "备注", "序号"]
    row = [
        *person(),
        "某物流公司",
        "城西网点",
        "某平台",
        "运营部",
        "快递员",
        "2021.07.20",
        "无",
        "1",
    ]
    judged = judge(csv_bytes([head, row]))
    assert judged.employer[0] == "某物流公司"
    assert judged.occupation[0] == "快递员"
    assert judged.joined_on[0] == date(2021, 7, 20)
    assert judged.extra["outlet"][0] == "城西网点"
    assert judged.extra["platform"][0] == "某平台"


def test_the_outlet_stands_in_for_a_missing_employer():
    assert judge(csv_bytes([[*HEAD, "站点"], [*person(), "仓前站"]])).employer[0] == "仓前站"


def test_a_table_that_is_indented_and_merged_downwards():
    rows = [[], ["", "", "单位", *HEAD]]
    rows += [["", "", "城西站" if i == 0 else "", *row] for i, row in enumerate(ROWS)]
    judged = judge(xlsx_bytes({"名单": rows}, merges=[(2, 2, 5, 2)]))
    assert judged.outcomes_by_row() == {3: "ok", 4: "ok", 5: "ok", 6: "ok"}
    assert judged.employer.to_list() == ["城西站"] * 4


def test_hidden_rows_are_read_and_told():
    table = read_roster(xlsx_bytes({"名单": [HEAD, *ROWS]}, hidden_rows=[3, 5]), "名单.xlsx")
    assert judge_table(table).outcomes_by_row() == ALL_OK
    assert table.grid.hidden_rows == [3, 5]
    assert any("隐藏" in note for note in table.notes)


def test_the_sheet_that_is_the_roster_is_chosen_and_others_can_be_asked_for():
    old = [HEAD, *people(9)]
    sheets = {
        "填表说明": [["身份证号请填18位，手机号必填"]],
        "字典": [["岗位"], ["快递员"], ["网约配送员"]],
        "在职": [HEAD, *ROWS],
        "离职人员": old,
        "隐藏": old,
    }
    body = xlsx_bytes(sheets, hidden_sheets=["隐藏"])
    table = read_roster(body, "名单.xlsx")
    assert table.grid.name == "在职"
    assert any("离职人员" in note for note in table.notes)
    assert len(read_roster(body, "名单.xlsx", sheet="离职人员").row_numbers) == 9


def test_an_html_page_named_xls():
    cells = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in ROWS)
    page = (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">'
        "<style>td{mso-number-format:'\\@'}</style></head><body><table>"
        "<tr><td colspan=3>职工名单</td></tr><tr><th>姓名</th><th>身份证号</th><th>手机号</th></tr>"
        f"{cells}</table></body></html>"
    )
    assert outcomes(page.encode("gbk")) == {3: "ok", 4: "ok", 5: "ok", 6: "ok"}


def test_an_html_page_with_cells_over_two_rows():
    first = "<tr><td rowspan=2>城西站</td>" + "".join(f"<td>{c}</td>" for c in ROWS[0]) + "</tr>"
    second = "<tr>" + "".join(f"<td>{c}</td>" for c in ROWS[1]) + "</tr>"
    page = (
        "<table><tr><th>站点</th><th>姓名</th><th>身份证号</th><th>手机号</th></tr>"
        + first
        + second
    )
    judged = judge((page + "</table>").encode())
    assert judged.outcomes_by_row() == {2: "ok", 3: "ok"}
    assert judged.employer.to_list() == ["城西站", "城西站"]


def test_an_xml_spreadsheet_named_xls():
    def line(cells):
        data = "".join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in cells)
        return f"<Row>{data}</Row>"

    page = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="名单"><Table>'
        f'{line(HEAD)}<Row ss:Index="3"><Cell ss:Index="1"><Data ss:Type="String">{ROWS[0][0]}</Data>'
        f'</Cell><Cell><Data ss:Type="Number">330106199005171234</Data></Cell></Row>'
        f"{''.join(line(row) for row in ROWS[1:])}</Table></Worksheet></Workbook>"
    )
    assert outcomes(page.encode()) == {3: "damaged_id", 4: "ok", 5: "ok", 6: "ok"}


def test_the_officer_may_correct_the_columns():
    from nuanxin.membership.forms.roster_columns import apply_mapping
    from nuanxin.membership.forms.roster_headings import Field

    mine, others = people(3), people(3)
    rows = [[*HEAD, "证件号码2"], *[[*m, o[1]] for m, o in zip(mine, others, strict=True)]]
    table = read_roster(csv_bytes(rows), "x.csv")
    corrected = {**table.mapping, Field.IDENTITY: 3}
    assert apply_mapping(table, corrected).columns["identity"].to_list() == [o[1] for o in others]


def test_a_sample_for_the_correction_screen():
    table = read_roster(csv_bytes([["名单"], HEAD, *ROWS]), "x.csv")
    assert table.sample(2) == [(3, ROWS[0]), (4, ROWS[1])]
    assert table.headings == HEAD
    assert "身份证号" in table.guesses[1].reason


def test_the_line_that_names_the_separator_is_no_row():
    assert outcomes(b"sep=;\r\n" + csv_bytes([HEAD, *ROWS], separator=";")) == ALL_OK


def test_signatures_with_a_phone_number_are_no_people():
    last = [
        ["填表人：某某", "联系电话：13800138000", ""],
        ["单位（盖章）：", "日期：2026年11月23日", ""],
    ]
    assert outcomes(csv_bytes([HEAD, *ROWS, *last])) == ALL_OK


def test_those_who_may_be_retired_are_taken_with_a_hint():
    man, woman = identity(date(1966, 11, 23), serial=11), identity(date(1971, 11, 23), serial=12)
    young = identity(date(1980, 1, 1), serial=13)
    judged = judge(csv_bytes([HEAD, *[[name(), n, phone()] for n in (man, woman, young)]]))
    assert judged.codes() == ["ok", "ok", "ok"]
    assert [bool(reason) for reason in judged.reason] == [True, True, False]


def test_a_trade_is_not_taken_for_a_name():
    rows = [
        ["姓名", "岗位", "身份证号", "手机号"],
        ["=HYPERLINK(1)", "快递员", identity(), phone()],
    ]
    assert judge(csv_bytes(rows)).name.to_list() == ["=HYPERLINK(1)"]
    rows = [["岗位", "身份证号", "手机号", "姓名"], ["快递员", identity(), phone(), ""]]
    assert outcomes(csv_bytes(rows)) == {2: "no_name"}
