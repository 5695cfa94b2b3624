"""Money: no fen is lost or made, and every amount reads back as it was written."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.money import (
    LARGEST_FEN,
    format_yuan,
    parse_yuan,
    split_equally,
    split_fen,
    uppercase_yuan,
    yuan_of,
)
from nuanxin.kernel.numbers_zh import format_thousands, format_wan, is_exact_in_wan
from tests.kernel.reading import cases

totals = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(any)


@pytest.mark.parametrize("case", cases("splitting"))
def test_a_sum_is_split_as_an_official_would(case):
    if "平均份数" in case:
        assert split_equally(case["总数"], case["平均份数"]) == [case["每份"]] * case["平均份数"]
    else:
        assert split_fen(case["总数"], case["权重"]) == case["分得"]


@pytest.mark.slow
@given(totals, weights)
def test_the_parts_always_sum_to_the_whole(total, shares):
    assert sum(split_fen(total, shares)) == total


@pytest.mark.slow
@given(totals, weights)
def test_no_part_is_more_than_one_away_from_its_exact_share(total, shares):
    whole = sum(shares)
    for part, share in zip(split_fen(total, shares), shares, strict=True):
        assert abs(part * whole - total * share) < whole


@pytest.mark.slow
@given(totals, weights)
def test_nothing_goes_to_a_weight_of_zero_and_more_weight_never_gets_less(total, shares):
    parts = split_fen(abs(total), shares)
    for part, share in zip(parts, shares, strict=True):
        assert share or not part
    ranked = sorted(zip(shares, parts, strict=True))
    for (lighter, less), (heavier, more) in pairwise(ranked):
        assert lighter == heavier or less <= more


@pytest.mark.parametrize("bad", [[], [0, 0], [1, -1, 3]])
def test_weights_that_say_nothing_are_refused(bad):
    with pytest.raises(ValueError, match="weights"):
        split_fen(100, bad)


@given(st.integers(-LARGEST_FEN, LARGEST_FEN))
def test_what_is_written_reads_back(fen):
    assert parse_yuan(format_yuan(fen)) == fen
    assert parse_yuan(format_yuan(fen, unit=False)) == fen
    assert yuan_of(fen) * 100 == fen


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("60,000.5", 6000050), ("￥12", 1200), ("12.30 元", 1230), ("-0.01", -1), ("１２３", 12300)],
)
def test_usual_ways_to_write_an_amount(typed, fen):
    assert parse_yuan(typed) == fen


@pytest.mark.parametrize(
    "typed", ["", "12.345", "1,2", "一百", "1e5", "12..3", "999999999999999999"]
)
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(Malformed, match=r"money\."):
        parse_yuan(typed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (105, "壹元零伍分"),
        (1010, "壹拾元壹角整"),
        (10005, "壹佰元零伍分"),
        (6000000, "陆万元整"),
        (123456789, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
        (100010000, "壹佰万零壹佰元整"),
        (-100, "负壹元整"),
    ],
)
def test_vouchers_write_amounts_in_words(fen, words):
    assert uppercase_yuan(fen) == words


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1175000, "117.5万"),
        (490900, "49.09万"),
        (12000, "1.2万"),
        (9999, "9,999"),
        (0, "0"),
        (-12000, "−1.2万"),
        (99999999, "1亿"),
        (123456789, "1.23亿"),
        (99990000, "9,999万"),
    ],
)
def test_large_numbers_are_written_in_wan(number, shown):
    assert format_wan(number) == shown


@given(st.integers(-(10**10), 10**10))
def test_a_number_in_wan_says_when_it_is_rounded(number):
    text = format_wan(number).replace(",", "").replace("−", "-")
    unit = {"万": 10**4, "亿": 10**8}.get(text[-1], 1)
    back = float(text.rstrip("万亿")) * unit
    assert is_exact_in_wan(number) == (round(back) == number)


def test_thousands_have_separators_and_a_real_minus():
    assert format_thousands(1175000) == "1,175,000"
    assert format_thousands(-1200) == "−1,200"
