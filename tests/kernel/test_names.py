"""Names: stored in one form, masked after the surname, ordered by how surnames are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.names import (
    bigrams,
    check_name,
    initials,
    mask_name,
    normalise_name,
    sort_key,
    surname_of,
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("张　三", "张三"),
        (" 张  三 丰 ", "张三丰"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("John  Smith", "John Smith"),
        ("A. Smith", "A. Smith"),
        ("张\u200b三", "张三"),
        ("=张三", "=张三"),
        ("", ""),
    ],
)
def test_a_name_has_one_stored_form(typed, stored):
    assert normalise_name(typed) == stored


@pytest.mark.slow
@given(st.text(max_size=30))
def test_normalising_a_name_is_stable(text):
    once = normalise_name(text)
    assert normalise_name(once) == once


def test_a_missing_or_endless_name_is_refused():
    with pytest.raises(Malformed, match=r"name\.missing"):
        check_name("　")
    with pytest.raises(Malformed, match=r"name\.too_long"):
        check_name("张" * 51)
    assert check_name(" 张 三") == "张三"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("张三丰", "张**"),
        ("欧阳震华", "欧阳**"),
        ("欧阳锋", "欧阳*"),
        ("欧阳", "欧*"),
        ("阿依古丽·买买提", "阿***"),
        ("John Smith", "J***"),
        ("张", "*"),
        ("", ""),
    ],
)
def test_only_the_surname_is_shown(name, masked):
    assert mask_name(name) == masked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("单秀英", "shan xiu ying"),
        ("曾国平", "zeng guo ping"),
        ("解春红", "xie chun hong"),
        ("仇英", "qiu ying"),
        ("任长江", "ren chang jiang"),
        ("尉迟恭", "yu chi gong"),
        ("欧阳震华", "ou yang zhen hua"),
        ("John Smith", "john smith"),
        ("张三", "zhang san"),
    ],
)
def test_names_are_ordered_by_how_they_are_said(name, key):
    assert sort_key(name) == key


def test_a_shorter_name_comes_first_and_initials_are_the_first_letters():
    assert sort_key("张三") < sort_key("张三丰") < sort_key("张四")
    assert initials("单秀英") == "sxy"


def test_surnames_of_one_and_two_characters():
    assert surname_of("司马光") == "司马"
    assert surname_of("司光") == "司"
    assert surname_of("John") == ""


def test_a_name_is_found_by_any_part_of_it():
    held = set(bigrams("欧阳震华"))
    for query in ("欧", "欧阳", "震华", "欧阳震", "华"):
        assert set(bigrams(query)) <= held
    for query in ("阳欧", "华震", "李"):
        assert not set(bigrams(query)) <= held


@pytest.mark.slow
@given(st.text(max_size=12))
def test_every_part_of_a_name_is_indexed(name):
    assert len(bigrams(name)) == len(set(bigrams(name)))
    held = set(bigrams(name))
    for start in range(len(name)):
        for end in range(start + 1, len(name) + 1):
            if name.lower() == name and not any(c in " ·.-'" or c.isspace() for c in name):
                assert set(bigrams(name[start:end])) <= held
