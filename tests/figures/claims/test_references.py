"""The table of known values, and what is said when it cannot be read."""

import pytest

from nuanxin.figures.rules.claims import read_references
from nuanxin.kernel.errors import Malformed

HEAD = "code,label,value,unit,period,source\n"


def test_a_value_may_be_written_in_any_way():
    rows = read_references("\ufeff" + HEAD + 'a,会员,117.5万,人,2024年,公报\nb,名额,"10%",%,,\n')
    assert [(one.value, one.unit, one.row) for one in rows] == [(1175000, "人", 2), (10, "%", 3)]


def test_a_value_told_as_more_than_is_kept_as_such():
    assert read_references(HEAD + "a,站点,12000,个(以上),,\n")[0].at_least


def test_empty_lines_are_no_values():
    assert read_references(HEAD + ",,,,,\n") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "figures.reference_columns"),
        ("name,number\n会员,5\n", "figures.reference_columns"),
        (HEAD + "a,会员,很多,人,,\n", "figures.reference_value"),
        pytest.param(
            HEAD + "a,会员,5,人,,\n" * 5_001, "figures.reference_too_long", marks=pytest.mark.slow
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(text, code):
    with pytest.raises(Malformed) as refused:
        read_references(text)
    assert refused.value.code == code
    assert "。" in refused.value.message
