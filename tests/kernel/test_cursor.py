"""Cursors: read back what was written, and refuse anything else politely."""

import base64
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import Malformed

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.text(max_size=20).filter(str.isprintable),
)


@pytest.mark.slow
@given(st.lists(scalars, max_size=4))
def test_a_cursor_reads_back(values):
    assert decode_cursor(encode_cursor(values), length=len(values)) == values


def test_dates_and_identifiers_travel_as_text():
    values = [date(2026, 5, 6), UUID(int=7)]
    assert decode_cursor(encode_cursor(values)) == [
        "2026-05-06",
        "00000000-0000-0000-0000-000000000007",
    ]
    with pytest.raises(TypeError, match="cannot carry"):
        encode_cursor([object()])


@pytest.mark.parametrize(
    "word",
    [
        "",
        "!!",
        "abc",
        "e30",
        "W1tdXQ",
        "A" * 2000,
        "汉字",
        base64.urlsafe_b64encode(b"[" * 400).decode().rstrip("="),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_what_is_no_cursor_is_refused(word):
    with pytest.raises(Malformed) as refused:
        decode_cursor(word)
    assert refused.value.code == "cursor.unreadable"
    assert "第一页" in refused.value.message


@given(st.text(max_size=60))
def test_no_word_breaks_the_reader(word):
    try:
        decode_cursor(word, length=2)
    except Malformed as refused:
        code = refused.code
    else:
        code = "cursor.unreadable"
    assert code == "cursor.unreadable"


def test_another_lists_cursor_is_refused():
    with pytest.raises(Malformed):
        decode_cursor(encode_cursor([1, 2]), length=3)
