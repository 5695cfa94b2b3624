"""Social credit codes: a union is told from a firm, and one wrong character is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.credit_code import (
    ALPHABET,
    check_character,
    organisation_check_character,
    parse_credit_code,
    parse_union_code,
)
from nuanxin.kernel.errors import Malformed
from tests.kernel.reading import cases

characters = st.sampled_from(ALPHABET)
codes = st.builds(
    lambda adcode, organisation: _with_check(f"81{adcode:06d}{organisation}"),
    st.integers(330000, 331199),
    st.text(alphabet=ALPHABET, min_size=9, max_size=9),
)


def _with_check(first17: str) -> str:
    return first17 + check_character(first17)


@pytest.mark.parametrize("case", cases("credit_code"))
def test_a_code_is_read_as_an_official_would(case):
    if "是工会" in case:
        assert parse_credit_code(case["填"]).is_union is (case["是工会"] == "是")
        return
    with pytest.raises(Malformed) as refused:
        parse_credit_code(case["填"])
    assert refused.value.code == case["不收"]
    assert case.get("要说", "") in refused.value.message


def test_a_code_tells_its_parts():
    read = parse_credit_code("81330000MC9999993P")
    assert (read.authority, read.kind, read.adcode) == ("8", "1", "330000")
    assert read.organisation == "MC9999993"
    assert read.organisation_holds
    assert read.is_grassroots_union


def test_the_field_of_a_union_takes_unions_only():
    assert parse_union_code("81330000MC9999993P").is_union
    with pytest.raises(Malformed) as refused:
        parse_union_code("91330000MC9999993N")
    assert refused.value.code == "credit_code.not_a_union"
    assert "81 或 89" in refused.value.message


def test_other_union_bodies_are_unions_but_not_grassroots():
    read = parse_union_code(_with_check("89330000MC9999993"))
    assert read.is_union
    assert not read.is_grassroots_union


def test_a_wrong_inner_check_is_a_hint_only():
    read = parse_credit_code(_with_check("81330000MC9999994"))
    assert not read.organisation_holds


def test_the_inner_check_may_be_an_x():
    assert {organisation_check_character(f"MC00000{n}") for n in range(10)} >= {"X"}


@pytest.mark.slow
@given(codes, st.integers(0, 17), characters)
def test_one_wrong_character_never_passes(code, place, character):
    if code[place] == character:
        return
    with pytest.raises(Malformed):
        parse_credit_code(code[:place] + character + code[place + 1 :])


@given(codes)
def test_a_right_code_passes_in_either_case(code):
    assert parse_credit_code(code.lower()).code == code
