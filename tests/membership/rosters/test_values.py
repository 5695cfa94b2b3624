"""What stands in single cells: names, numbers, phones, days, as officers and programs spoil them."""

from datetime import date, timedelta

import polars as pl
import pytest

from nuanxin.kernel.identity import check_digit
from nuanxin.membership.forms.roster_file import read_roster
from nuanxin.membership.forms.roster_values import fold, read_day, read_phones
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

WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
NUMBER = identity_ending_x()


def verdict_on(number, *, called="张小伟", at="13900001111"):
    judged = judge(csv_bytes([HEAD, [called, number, at], *people(2)]))
    return judged.codes()[0], judged.identity[0]


@pytest.mark.parametrize(
    "spelled",
    [
        NUMBER,
        NUMBER.lower(),
        NUMBER.translate(WIDE),
        f" {NUMBER} ",
        f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
        f"{NUMBER[:6]}-{NUMBER[6:14]}-{NUMBER[14:]}",
        f"\u3000{NUMBER}\u00a0",
        f"\u200b{NUMBER}\ufeff",
        f"\u202d{NUMBER}\u202c",
        f"'{NUMBER}",
        f"’{NUMBER}",
        f"\t{NUMBER}",
        f"{NUMBER}\n",
        f"{NUMBER[:10]}\n{NUMBER[10:]}",
        f'="{NUMBER}"',
        f"身份证号：{NUMBER}",
        NUMBER[:17] + "×",
        NUMBER[:17] + "Х",
        f"“{NUMBER}”",
    ],
)
def test_a_sound_number_is_read_however_it_is_written(spelled):
    assert verdict_on(spelled) == ("ok", NUMBER)


@pytest.mark.parametrize(
    "spelled",
    [
        "3.30105E+17", "3.30105E17", "3.30105e+17", "3.301051990E+17", "３.３０１０５Ｅ＋１７",
        "3.3010519900517123e+17", "330105199005171000.0", "330105199005171239.00", "3.3E+17",
        " 3.30105E+17 ", "'3.30105E+17",
    ],
)  # fmt: skip
def test_a_number_spoiled_to_a_float_is_damaged_and_never_repaired(spelled):
    assert verdict_on(spelled) == ("damaged_id", "")


def test_a_number_cell_of_eighteen_digits_is_damaged_whatever_it_shows():
    number = identity(serial=120)
    while number.endswith("X"):
        number = identity(date(1991, 2, int(number[12:14]) % 27 + 1), serial=121)
    body = xlsx_bytes({"名单": [HEAD, [name(), float(number), phone()], person()]})
    assert outcomes(body) == {2: "damaged_id", 3: "ok"}


def test_a_number_whose_end_became_zeros_is_damaged():
    candidates = (identity()[:15] + "000" for _ in range(50))
    zeroed = next(n for n in candidates if check_digit(n[:17]) != "0")  # one in eleven is sound
    assert verdict_on(zeroed)[0] == "damaged_id"


def test_a_true_number_that_ends_in_zeros_stays_good_where_nothing_is_damaged():
    true = next(
        n
        for days in range(4000)
        if (n := identity(date(1980, 1, 1) + timedelta(days=days), serial=100)).endswith("000")
    )
    assert verdict_on(true) == ("ok", true)


def test_numbers_in_zeros_are_doubted_where_many_are_damaged():
    days = (date(1980, 1, 1) + timedelta(days=d) for d in range(9000))
    true = next(n for d in days if (n := identity(d, serial=100)).endswith("000"))
    spoiled = [[name(), identity()[:15] + "000", phone()] for _ in range(30)]
    codes = judge(csv_bytes([HEAD, [name(), true, phone()], *spoiled, *people(30)])).codes()
    assert codes[0] == "damaged_id"
    assert codes[31:] == ["ok"] * 30


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("", "no_id"), ("无", "no_id"), ("/", "no_id"), ("-", "no_id"), ("　", "no_id"), ("#N/A", "no_id"),
        ("暂无", "no_id"), ("3301061990051712", "bad_id"), ("33010619900517123456", "bad_id"),
        (wrong(NUMBER), "bad_id"), ("33010619901317123X", "bad_id"), ("330106199002301230", "bad_id"),
        ("330106********1234", "bad_id"), ("H12345678", "bad_id"), ("E12345678", "bad_id"), ("12", "bad_id"),
        ("遗失", "bad_id"), (NUMBER[:10] + "O" + NUMBER[11:], "bad_id"),
    ],
)  # fmt: skip
def test_numbers_that_are_missing_or_wrong(number, expected):
    assert verdict_on(number)[0] == expected


def test_a_birth_in_the_future_or_long_ago_is_a_wrong_number():
    assert verdict_on(identity(date(2027, 1, 1), serial=5))[0] == "bad_id"
    assert verdict_on(identity(date(2026, 11, 24), serial=5))[0] == "bad_id"
    assert verdict_on(identity(date(1880, 1, 1), serial=5))[0] == "bad_id"


def test_sixteen_is_reached_on_the_birthday():
    assert verdict_on(identity(date(2010, 11, 23), serial=7))[0] == "ok"
    assert verdict_on(identity(date(2010, 11, 24), serial=7))[0] == "underage"


def test_a_number_of_fifteen_digits_is_the_same_person():
    new = identity(date(1971, 4, 2), serial=33)
    old = new[:6] + new[8:17]
    assert verdict_on(old) == ("ok", new)
    rows = [HEAD, [name(), old, phone()], [name(), new, phone()]]
    assert outcomes(csv_bytes(rows)) == {2: "ok", 3: "repeated"}
    assert outcomes(xlsx_bytes({"名单": [HEAD, [name(), int(old), phone()], person()]}))[2] == "ok"


@pytest.mark.parametrize(
    ("spelled", "digits"),
    [
        ("13800138000", "13800138000"), ("+86 138-0013-8000", "13800138000"),
        ("008613800138000", "13800138000"), ("8613800138000", "13800138000"),
        ("138 0013 8000", "13800138000"), ("１３８００１３８０００", "13800138000"),
        ("13800138000.0", "13800138000"), ("'13800138000", "13800138000"),
        ("(+86)13800138000", "13800138000"), ("13800138000/13900139000", "13800138000"),
        ("13800138000、0571-88000000", "13800138000"), ("13800138000（本人）", "13800138000"),
        ("手机：13800138000", "13800138000"), ('="13800138000"', "13800138000"),
        ("138\u200b00138000", "13800138000"), ("1380013800", ""), ("138001380001", ""),
        ("0571-88000000", ""), ("1.38E+10", ""), ("12800138000", ""), ("", ""), ("无", ""),
        ("1380013800O", ""), ("400-800-1234", ""),
    ],
)  # fmt: skip
def test_phones(spelled, digits):
    phones, complaints = read_phones(pl.Series([spelled, "13711112222"]))
    assert phones.to_list() == [digits, "13711112222"]
    assert bool(complaints[0]) is (digits == "")
    assert "手机" in complaints[0] or not complaints[0] or "格式" in complaints[0]


def test_phones_in_number_cells():
    rows = [HEAD, [name(), identity(), 13800138000], [name(), identity(), 13800138001.0]]
    judged = judge(xlsx_bytes({"名单": [*rows, [name(), identity(), 1380013800]]}))
    assert judged.codes() == ["ok", "ok", "bad_phone"]
    assert judged.phone.to_list() == ["13800138000", "13800138001", ""]


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ("张　三", "张三"), ("张 三", "张三"), ("张\u200b三", "张三"), ("张三\n", "张三"),
        ("=张三", "=张三"), ("＝张三", "=张三"), ("+张三", "+张三"), ("'=张三", "=张三"), ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"), ("Anna  Maria", "Anna Maria"), ("@SUM(1+1)", "@SUM(1+1)"),
        ('=HYPERLINK("http://x","y")', '=HYPERLINK("http://x","y")'), ("𠮷野家", "𠮷野家"), ("㛃文", "㛃文"),
    ],
)  # fmt: skip
def test_names_are_kept_as_text(spelled, read):
    judged = judge(csv_bytes([HEAD, [spelled, identity(), phone()], *people(3)]))
    assert judged.codes()[0] == "ok"
    assert judged.name[0] == read


@pytest.mark.parametrize(("spelled", "expected"), [("", "no_name"), ("　", "no_name"), ("/", "no_name"), ("无", "no_name"), ("123", "bad_name"), ("***", "bad_name"), ("#REF!", "no_name"), ("不详", "no_name")])  # fmt: skip
def test_names_that_are_none(spelled, expected):
    assert outcomes(csv_bytes([HEAD, [spelled, identity(), phone()], *people(3)]))[2] == expected


def test_formulas_are_never_evaluated():
    rows = [HEAD, [("=1+1", "王小明"), identity(), phone()], [("=A1&A2", ""), identity(), phone()]]
    judged = judge(xlsx_bytes({"名单": [*rows, *people(3)]}))
    assert judged.codes()[:2] == ["ok", "ok"]
    assert judged.name.to_list()[:2] == ["王小明", "=A1&A2"]
    assert "按文字" in judged.reason[1]


def test_the_first_sound_row_is_taken_and_later_ones_are_repeated():
    who, once, at = name(), identity(), phone()
    rows = [
        HEAD,
        [who, once, "1380013"],
        ["", once, at],
        [who, once, at],
        [who, once.lower(), at],
        [who, f" {once[:6]} {once[6:]}", phone()],
    ]
    judged = judge(csv_bytes(rows))
    assert judged.codes() == ["bad_phone", "no_name", "ok", "repeated", "repeated"]
    assert judged.first_row.tolist() == [0, 0, 0, 4, 4]
    assert "第 4 行" in judged.reason[3]


def test_one_phone_is_one_person():
    at = phone()
    judged = judge(csv_bytes([HEAD, [name(), identity(), at], [name(), identity(), at], person()]))
    assert judged.codes() == ["ok", "bad_phone", "ok"]
    assert "第 2 行" in judged.reason[1]


def test_when_several_faults_meet_the_number_speaks_first():
    young = identity(date(2012, 1, 1), serial=9)
    rows = [
        ["", "", phone()],
        ["", wrong(identity()), ""],
        ["", "3.3E+17", ""],
        ["", young, ""],
        [name(), young, "1"],
        [name(), "", ""],
    ]
    judged = judge(csv_bytes([HEAD, *rows, *people(3)]))
    assert judged.codes()[:6] == ["no_id", "bad_id", "damaged_id", "no_name", "underage", "no_id"]


@pytest.mark.parametrize(
    "spelled",
    [
        "2021-07-20", "2021/7/20", "2021.07.20", "20210720", "2021年7月20日", "2021 07 20", "21-07-20",
        "2021-07-20 08:30:00", "2021-07-20T00:00:00", "7/20/2021", "二〇二一年七月二十日", "２０２１．７．２０", "44397",
        "2021年07月20号", "'2021-07-20", "2021年7月20日入职",
    ],
)  # fmt: skip
def test_days_in_every_shape(spelled):
    rows = [[*HEAD, "入职日期"], [*person(), spelled], *[[*row, "2020-01-01"] for row in people(3)]]
    assert judge(csv_bytes(rows)).joined_on[0] == date(2021, 7, 20)


def test_days_that_name_a_month_only_and_days_that_are_none():
    assert read_day("2021年7月") == date(2021, 7, 1)
    assert read_day("2021.7") == date(2021, 7, 1)
    assert read_day("98-7-1", latest=date(2026, 1, 1)) == date(1998, 7, 1)
    assert [read_day(x) for x in ("", "无", "2021-13-01", "2021-02-30", "去年", "12")] == [None] * 6


def test_date_cells_and_serials_of_both_epochs():
    for date_1904, serial in ((False, 44397), (True, 42935)):
        rows = [
            [*HEAD, "入职日期"],
            [*person(), date(2021, 7, 20)],
            [*person(), serial],
            *people(2),
        ]
        judged = judge_table(read_roster(xlsx_bytes({"名单": rows}, date_1904=date_1904), "x"))
        assert judged.joined_on.to_list()[:2] == [date(2021, 7, 20)] * 2


def test_birth_and_sex_come_from_the_number():
    judged = judge(csv_bytes([HEAD, [name(), identity(date(1990, 2, 3), serial=31), phone()]]))
    assert (judged.birth_on[0], judged.sex[0]) == (date(1990, 2, 3), "M")


def test_fold_takes_away_what_cannot_be_seen():
    assert fold("\ufeff Ａ\u200b\u2060b　") == "Ab"
