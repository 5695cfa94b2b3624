"""Mobile numbers: many ways to write, one way to store, nothing shown in full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.phone import mask_phone, normalise_phone


@pytest.mark.parametrize(
    "typed",
    [
        "13320807370",
        "133 2080 7370",
        "133-2080-7370",
        "+86 133-2080-7370",
        "0086 13320807370",
        "8613320807370",
        "（+86）13320807370",
        "１３３２０８０７３７０",
        "'13320807370",
        "13320807370.0",
        "\u202d13320807370\u202c",
    ],
)
def test_every_usual_way_to_write_is_one_number(typed):
    assert normalise_phone(typed) == "13320807370"


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("1528088642", "phone.length", "少了 1 位，现在是 10 位"),
        ("133208073701", "phone.length", "多了 1 位，现在是 12 位"),
        ("12320807370", "phone.not_mobile", "13 到 19"),
        ("057188888888", "phone.not_mobile", "座机"),
        ("4008001234", "phone.not_mobile", "座机"),
        ("+85291234567", "phone.not_mobile", "大陆"),
        ("1.38E+10", "phone.damaged", "文本"),
        ("13320807370/13320807371", "phone.characters", "一格请只填一个"),
        ("无", "phone.characters", "只能有数字"),
        (" ", "phone.missing", "还没有填"),
    ],
)
def test_what_is_no_mobile_number_is_refused_with_a_way_out(typed, code, said):
    with pytest.raises(Malformed) as refused:
        normalise_phone(typed)
    assert refused.value.code == code
    assert said in refused.value.message


@pytest.mark.parametrize("start", ["130", "145", "166", "170", "171", "199"])
def test_virtual_and_new_number_ranges_are_taken(start):
    assert normalise_phone(start + "00001111").startswith(start)


@given(st.text(alphabet="0123456789+-. ", max_size=16))
def test_whatever_is_returned_is_eleven_digits(text):
    number = _read(text)
    if number is not None:
        assert len(number) == 11
        assert number.isdigit()
        assert normalise_phone(number) == number


@given(st.text(alphabet="0123456789", min_size=7, max_size=16))
def test_no_error_carries_the_number(digits):
    number = _read(digits)
    if number is None:
        with pytest.raises(Malformed) as refused:
            normalise_phone(digits)
        assert digits not in refused.value.message + str(refused.value.details)


def _read(text):
    try:
        return normalise_phone(text)
    except Malformed:
        return None


def test_a_phone_is_shown_masked():
    assert mask_phone("13820806027") == "138****6027"
    assert mask_phone("123") == "***"
