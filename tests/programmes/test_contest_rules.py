"""How a contest is counted: exact, whatever the order of judges, and more points never rank lower."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.programmes.rules.contests import (
    Measured,
    Terms,
    check_criteria,
    points_of,
    rank,
    said_points,
    sheet_total,
)
from nuanxin.programmes.states import CriterionKind

pytestmark = pytest.mark.slow
INSPECT = Measured(1, "车辆检查", Decimal(60), Decimal(100))
BANDAGE = Measured(
    2, "包扎", Decimal(40), Decimal(50), CriterionKind.SECONDS,
    ((Decimal(60), Decimal(50)), (Decimal(90), Decimal(30)), (Decimal(120), Decimal(10))),
)  # fmt: skip
BOTH = (INSPECT, BANDAGE)


def sheet(points, seconds=60):
    return {1: Decimal(points), 2: Decimal(seconds)}


points = st.integers(0, 1000).map(lambda n: Decimal(n) / 10)
sheets = st.builds(sheet, points, st.integers(1, 200))
contests = st.integers(1, 8).flatmap(
    lambda n: st.integers(3, 6).flatmap(
        lambda j: st.lists(st.lists(sheets, min_size=j, max_size=j), min_size=n, max_size=n)
    )
)
terms = st.builds(Terms, st.integers(0, 1), st.integers(0, 1), st.integers(1, 4))


def numbered(lists):
    return dict(enumerate(lists, start=1))


@given(contests, terms, st.randoms())
def test_the_order_of_judges_changes_nothing(lists, terms, random):
    shuffled = {n: random.sample(of, len(of)) for n, of in numbered(lists).items()}
    assert rank(BOTH, shuffled, terms).placed == rank(BOTH, numbered(lists), terms).placed


@given(contests, terms, points)
def test_more_points_never_make_a_rank_worse(lists, terms, more):
    before = rank(BOTH, numbered(lists), terms)
    first = lists[0][0]
    lists[0] = [{**first, 1: max(first[1], more)}, *lists[0][1:]]
    after = rank(BOTH, numbered(lists), terms)

    def of(ranking):
        return next(one.rank for one in ranking.placed if one.number == 1)

    assert of(after) <= of(before)


@given(contests, terms)
def test_ranks_follow_totals_and_everybody_equal_goes_on_together(lists, terms):
    placed = rank(BOTH, numbered(lists), terms).placed
    assert [one.total for one in placed] == sorted((one.total for one in placed), reverse=True)
    assert len(placed) == len(lists)
    assert sum(one.goes_on for one in placed) >= min(terms.goes_on, len(lists))
    assert all(one.goes_on == (one.rank <= terms.goes_on) for one in placed)


def test_a_sheet_is_counted_exactly():
    assert sheet_total(BOTH, sheet("90.5", 75)) == Fraction(905, 1000) * 60 + Fraction(30, 50) * 40


def test_seconds_become_points_by_the_table():
    assert [points_of(BANDAGE, Decimal(s)) for s in ("60", "60.01", "120", "120.01")] == [
        50,
        30,
        10,
        0,
    ]


def test_the_highest_and_the_lowest_are_left_out():
    ranking = rank(
        (INSPECT_ALONE,), {7: [{1: Decimal(n)} for n in (10, 80, 82, 100)]}, Terms(1, 1, 1)
    )
    assert ranking.placed[0].total == 81
    assert "去掉最低 10，去掉最高 100；其余 2 个平均 81。" in ranking.proof[-1]


INSPECT_ALONE = Measured(1, "车辆检查", Decimal(100), Decimal(100))


def test_equal_totals_go_by_the_first_criterion_then_share_the_rank():
    first, second = (
        Measured(1, "甲", Decimal(50), Decimal(100)),
        Measured(2, "乙", Decimal(50), Decimal(100)),
    )
    given = {
        1: [{1: Decimal(60), 2: Decimal(80)}],
        2: [{1: Decimal(80), 2: Decimal(60)}],
        3: [{1: Decimal(80), 2: Decimal(60)}],
    }
    ranking = rank((first, second), given, Terms(0, 0, 1))
    assert [(one.number, one.rank, one.goes_on) for one in ranking.placed] == [
        (2, 1, True), (3, 1, True), (1, 3, False),
    ]  # fmt: skip
    assert "第 1 名并列，一起算上，共 2 个。" in ranking.proof
    assert "3 号和 1 号总分一样，“甲”平均分高的在前。" in ranking.proof


def test_too_few_judges_are_said_so():
    with pytest.raises(Conflict) as refused:
        rank((INSPECT_ALONE,), {4: [{1: Decimal(1)}] * 2}, Terms(1, 1, 1))
    assert refused.value.code == "contests.too_few_judges"


@pytest.mark.parametrize(
    "criteria",
    [
        (),
        (Measured(1, "甲", Decimal(99), Decimal(100)),),
        (Measured(1, "甲", Decimal(100), Decimal(0)),),
        (Measured(1, "甲", Decimal(100), Decimal(10), CriterionKind.SECONDS),),
        (Measured(1, "甲", Decimal(100), Decimal(10), CriterionKind.SECONDS,
                  ((Decimal(9), Decimal(3)), (Decimal(8), Decimal(1)))),),
    ],
)  # fmt: skip
def test_criteria_that_cannot_be_counted_are_refused(criteria):
    with pytest.raises(Malformed):
        check_criteria(criteria)


def test_points_outside_the_criterion_are_refused():
    for value in ("-0.01", "100.01"):
        with pytest.raises(Malformed):
            points_of(INSPECT, Decimal(value))


def test_points_are_rounded_for_the_eye_alone():
    assert [said_points(Fraction(n, 3)) for n in (1, 2, 3)] == ["0.333", "0.667", "1"]
