"""Targets of the programme and whom to raise for them."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuanxin.stations.rules.siting_settings import programme_targets, reach_m
from nuanxin.stations.rules.targets import (
    Raisable,
    Target,
    benchmarks_needed,
    raise_fewest,
    share_needed,
)
from nuanxin.stations.states import Travel

DAY = date(2026, 11, 24)


def test_shares_are_rounded_up() -> None:
    assert share_needed(21, 100) == 3
    assert share_needed(20, 100) == 2
    assert share_needed(0, 100) == 0


def test_the_stricter_of_share_and_towns_counts() -> None:
    assert benchmarks_needed(100, 10, 100, 1500) == 15
    assert benchmarks_needed(400, 10, 100, 1500) == 40


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "permille"),
    [(330105, 1500), (330212, 1500), (330482, 1300), (330782, 1100), (331121, 1000)],
)
def test_the_ratio_by_towns_is_that_of_the_city(place: int, permille: int) -> None:
    targets = programme_targets(place, DAY)
    assert targets is not None
    assert targets.town_permille == permille
    assert (targets.benchmark_permille, targets.allday_permille) == (100, 150)


@pytest.mark.slow
def test_after_the_programme_there_are_no_targets() -> None:
    assert programme_targets(330105, date(2027, 1, 1)) is None
    assert programme_targets(110101, DAY) is None


def test_fifteen_minutes_are_as_far_as_the_finder_says() -> None:
    assert reach_m(Travel.WALK, 15, adcode=330105, on=DAY) == pytest.approx(865, abs=1)
    assert reach_m(Travel.EBIKE, 15, adcode=330105, on=DAY) == pytest.approx(2885, abs=1)


def test_nothing_is_missing_where_there_is_more_than_enough() -> None:
    assert Target(5, 3).missing == 0
    assert Target(1, 3).missing == 2


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("AB C"), st.integers(0, 6)), max_size=7),
    st.sets(st.sampled_from("ABC")),
    st.integers(0, 6),
)
def test_whom_to_raise_lacks_least_in_sum(
    told: list[tuple[str, int]], covered: set[str], missing: int
) -> None:
    candidates = [Raisable(n, town.strip(), lacks) for n, (town, lacks) in enumerate(told)]
    chosen = raise_fewest(candidates, dict.fromkeys(covered, 1), missing)
    open_towns = {one.town for one in candidates if one.town} - covered

    def will_do(some: tuple[Raisable, ...] | list[Raisable]) -> bool:
        enough = len(some) >= min(missing, len(candidates))
        return enough and open_towns <= {one.town for one in some}

    assert will_do(chosen)
    assert len({one.station for one in chosen}) == len(chosen)
    every = (some for size in range(len(candidates) + 1) for some in combinations(candidates, size))
    least = min(sum(one.lacks for one in some) for some in every if will_do(some))
    assert sum(one.lacks for one in chosen) == least
