"""Identity numbers: one person has one form of number, and a wrong number says what is wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.identity import (
    IdentityKind,
    age_on,
    check_digit,
    mask_identity,
    normalise_identity,
    parse_identity,
)
from tests.kernel.reading import cases

TODAY = date(2026, 11, 23)

births = st.dates(date(1930, 1, 1), TODAY)
numbers = st.builds(
    lambda area, birth, sequence: _with_check(f"{area:06d}{birth:%Y%m%d}{sequence:03d}"),
    st.integers(110000, 659999),
    births,
    st.integers(0, 999),
)


def _with_check(first17: str) -> str:
    return first17 + check_digit(first17)


@pytest.mark.parametrize("case", cases("identity"))
def test_a_number_is_read_as_an_official_would(case):
    if "读成" in case:
        assert parse_identity(case["填"], today=TODAY).number18 == case["读成"]
        return
    with pytest.raises(Malformed) as refused:
        parse_identity(case["填"], today=TODAY)
    assert refused.value.code == case["不收"]
    assert case.get("要说", "") in refused.value.message


def test_a_number_tells_birth_sex_and_area():
    read = parse_identity("11010519491231002X", today=TODAY)
    assert (read.birth_on, read.sex, read.area) == (date(1949, 12, 31), "F", "110105")
    assert read.kind is IdentityKind.RESIDENT_CARD


@pytest.mark.parametrize(
    "area", ["330112", "330213", "330383", "330113", "330114", "330103", "331083", "000000"]
)
def test_no_area_is_a_ground_for_refusal(area):
    assert parse_identity(_with_check(area + "19900101001"), today=TODAY).area == area


@pytest.mark.parametrize(
    ("area", "kind"),
    [
        ("810000", IdentityKind.HONG_KONG_PERMIT),
        ("820000", IdentityKind.MACAU_PERMIT),
        ("830000", IdentityKind.TAIWAN_PERMIT),
        ("933156", IdentityKind.FOREIGN_PERMANENT_RESIDENT),
        ("330106", IdentityKind.RESIDENT_CARD),
    ],
)
def test_permits_of_the_same_form_are_taken_and_named(area, kind):
    read = parse_identity(_with_check(area + "19880808123"), today=TODAY)
    assert read.kind is kind
    assert read.kind.label


@pytest.mark.slow
@given(numbers)
def test_a_right_number_passes_and_stays_itself(number):
    read = parse_identity(number, today=TODAY)
    assert read.number18 == number
    assert normalise_identity(number.lower()) == number


@pytest.mark.slow
@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(number, place, step):
    wrong = str((int(number[place]) + step) % 10)
    with pytest.raises(Malformed):
        parse_identity(number[:place] + wrong + number[place + 1 :], today=TODAY)


@pytest.mark.slow
@given(numbers, st.integers(0, 16))
def test_two_neighbours_swapped_never_pass(number, place):
    if number[place] == number[place + 1]:
        return
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    with pytest.raises(Malformed):
        parse_identity(swapped, today=TODAY)


@pytest.mark.slow
@given(st.dates(date(1930, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_the_old_form_and_the_new_form_are_one_number(birth, sequence):
    old = f"330106{birth:%y%m%d}{sequence:03d}"
    new = _with_check(f"330106{birth:%Y%m%d}{sequence:03d}")
    assert normalise_identity(old) == new == normalise_identity(new)


@pytest.mark.slow
@given(st.text(max_size=40))
def test_normalising_never_raises_and_is_stable(text):
    once = normalise_identity(text)
    assert normalise_identity(once) == once


@pytest.mark.slow
@given(st.text(alphabet="0123456789Xx -", max_size=22))
def test_no_error_carries_the_number(text):
    try:
        parse_identity(text, today=TODAY)
    except Malformed as refused:
        shown = refused.message + str(refused.details)
        typed = normalise_identity(text)
        assert len(typed) < 9 or typed not in shown


def test_a_number_is_shown_masked():
    assert mask_identity("320582199001014178") == "3205**********4178"
    assert mask_identity("12345") == "*****"
    assert parse_identity("11010519491231002X", today=TODAY).masked == "1101**********002X"


@pytest.mark.parametrize(
    ("day", "age"),
    [(date(2026, 3, 14), 15), (date(2026, 3, 15), 16), (date(2026, 3, 16), 16)],
)
def test_a_year_is_completed_on_the_birthday(day, age):
    assert age_on(date(2010, 3, 15), day) == age


def test_one_born_on_leap_day_turns_on_the_first_of_march():
    assert age_on(date(2008, 2, 29), date(2024, 2, 28)) == 15
    assert age_on(date(2008, 2, 29), date(2025, 2, 28)) == 16
    assert age_on(date(2008, 2, 29), date(2025, 3, 1)) == 17
