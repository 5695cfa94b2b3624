"""What holds for every number and every reference, whatever it is."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.figures.rules.claims import Draft, find_claims
from nuanxin.figures.rules.reports.reference import FILTERS, KEYS, STYLES, Asked, read_inside
from nuanxin.figures.rules.reports.writing import write_approximately, write_number
from nuanxin.kernel.figure import Unit

counts = st.one_of(
    st.integers(0, 2_000), st.integers(0, 10**7), st.integers(0, 10**10), st.integers(10**4, 10**6)
)
values = st.text("az09.-:/·中不公布 =,;()<>#$%&'`*_\\", min_size=1, max_size=12)
codes = st.sampled_from(["orgs.unions", "membership.new_members_persons", "a.b0", "aid.x_2"])


@st.composite
def references(draw: st.DrawFn) -> Asked:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True))
    options = {key: draw(values) for key in keys}
    styles = draw(st.lists(st.sampled_from(STYLES), max_size=1))
    filters = draw(st.permutations([*styles, *draw(st.sampled_from([[], ["unit"]]))]))
    return Asked(
        draw(codes), tuple((key, options[key]) for key in KEYS if key in options), tuple(filters)
    )


def read_back(text: str) -> tuple[Fraction, Fraction]:
    """Return the least and greatest number that somebody who reads the text may understand."""
    found = find_claims(Draft.of(f"新发展会员{text}。"))
    assert len(found) == 1, text
    return found[0].written.span()


@pytest.mark.slow
@given(references())
def test_a_reference_that_is_written_reads_back_the_same(asked: Asked) -> None:
    written = str(asked)
    assert written.startswith("{{ ")
    assert written.endswith(" }}")
    assert read_inside(written[2:-2]) == asked


@pytest.mark.slow
@given(st.text(max_size=60))
def test_whatever_stands_in_the_brackets_is_read_without_failing(text: str) -> None:
    read_inside(text)


@pytest.mark.slow
@given(counts, st.sampled_from([["unit"], ["wan", "unit"], ["full", "unit"], ["approx", "unit"]]))
def test_what_is_written_never_claims_more_than_the_number_allows(
    value: int, filters: list[str]
) -> None:
    low, high = read_back(write_number(value, Unit.PERSONS, filters))
    assert low <= value <= high


@pytest.mark.slow
@given(counts)
def test_nearly_is_below_and_over_is_above(value: int) -> None:
    text = write_approximately(value)
    if text.startswith("近"):
        low, high = read_back(f"{text}人")
        assert low <= value < high
    elif text.endswith("余"):
        low, high = read_back(f"{text}人")
        assert low < value < high


@pytest.mark.slow
@given(counts)
def test_in_full_nothing_is_lost(value: int) -> None:
    assert int(write_number(value, Unit.PERSONS, ["full"]).replace(",", "")) == value


@pytest.mark.parametrize(
    ("value", "filters", "text"),
    [
        (1_175_000, (), "117.5万"),
        (1_175_000, ("full",), "1,175,000"),
        (1_175_000, ("full", "unit"), "1,175,000人"),
        (1_175_432, ("approx",), "117万余"),
        (1_178_000, ("approx",), "近118万"),
        (12_345, ("approx", "unit"), "1.2万余人"),
        (962, ("approx",), "960余"),
        (2_000, ("approx",), "2000"),
        (42, ("approx",), "42"),
        (490_900, ("wan", "unit"), "49.09万人"),
        (6_777, (), "6,777"),
        (-12, (), "−12"),
    ],
)
def test_numbers_as_papers_write_them(value: int, filters: tuple[str, ...], text: str) -> None:
    assert write_number(value, Unit.PERSONS, filters) == text


def test_every_filter_has_a_test_above() -> None:
    assert set(FILTERS) == {"wan", "full", "approx", "unit"}
