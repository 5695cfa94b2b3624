"""Sharing places: the sum is exact, nobody is more than one place away, and what was told stays."""

import json
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from config import cli
from nuanxin.kernel.errors import Malformed
from nuanxin.programmes.rules.quota import directed_total, fill_places, split_places

places = st.integers(0, 5_000)
weights = st.lists(st.integers(0, 1_000), min_size=1, max_size=14).filter(any)
permilles = st.integers(0, 1_000)


@st.composite
def pools(draw):
    """Weights and directed weights of the same pools."""
    first = draw(weights)
    second = draw(
        st.lists(st.integers(0, 1_000), min_size=len(first), max_size=len(first)).filter(any)
    )
    return first, second


def test_a_hundred_places_as_in_the_acceptance_example():
    assert split_places(100, [41, 33, 29]).places == (40, 32, 28)


def test_equal_remainders_go_to_the_pool_named_earlier():
    assert split_places(10, [1, 1, 1]).places == (4, 3, 3)
    assert split_places(2, [1, 1, 1, 1]).places == (1, 1, 0, 0)


def test_a_tenth_is_directed_in_total_and_by_its_own_weights():
    split = split_places(1_100, [500, 400, 200], directed_permille=100, directed_weights=[1, 1, 8])
    assert split.places == (500, 400, 200)
    assert split.directed == (11, 11, 88)


def test_without_weights_of_its_own_the_directed_share_follows_the_places():
    assert split_places(100, [41, 33, 29], directed_permille=100).directed == (4, 3, 3)


def test_a_pool_has_no_more_directed_places_than_places():
    split = split_places(100, [90, 9, 1], directed_permille=200, directed_weights=[0, 0, 1])
    assert split.places == (90, 9, 1)
    assert split.directed == (17, 2, 1), "the pool of one is full, the others share by room"


def test_the_share_is_rounded_up_so_that_it_is_never_below():
    assert directed_total(11, 100) == 2
    assert directed_total(10, 100) == 1
    assert directed_total(0, 100) == 0


def test_largest_remainder_alone_takes_a_place_back_and_what_was_announced_does_not():
    """The Alabama paradox, with the smallest example there is."""
    assert split_places(10, [6, 6, 2]).places == (4, 4, 2)
    assert split_places(11, [6, 6, 2]).places == (5, 5, 1)
    assert split_places(11, [6, 6, 2], announced=[4, 4, 2]).places == (5, 4, 2)


@pytest.mark.slow
@settings(deadline=None)
@given(places, pools(), permilles)
def test_the_sum_is_exact_in_all_and_in_the_directed_share(total, by, permille):
    split = split_places(total, by[0], directed_permille=permille, directed_weights=by[1])
    assert sum(split.places) == total
    assert sum(split.directed) == directed_total(total, permille)
    assert all(0 <= d <= p for d, p in zip(split.directed, split.places, strict=True))


@pytest.mark.slow
@settings(deadline=None)
@given(places, weights, permilles)
def test_every_pool_keeps_within_one_of_its_exact_share(total, by, permille):
    split = split_places(total, by, directed_permille=permille)
    for got, weight in zip(split.places, by, strict=True):
        assert abs(got * sum(by) - total * weight) < sum(by)
    for directed, got in zip(split.directed, split.places, strict=True):
        assert total == 0 or abs(directed * total - sum(split.directed) * got) < total


@pytest.mark.slow
@settings(deadline=None)
@given(places, st.integers(0, 1_000), st.integers(0, 1_000), pools(), permilles)
def test_places_that_are_added_take_none_away(total, more, still_more, by, permille):
    options = {"directed_permille": permille, "directed_weights": by[1]}
    earlier = split_places(total, by[0], **options)
    for added in (more, more + still_more):
        later = split_places(
            total + added,
            by[0],
            announced=earlier.places,
            announced_directed=earlier.directed,
            **options,
        )
        assert sum(later.places) == total + added
        assert sum(later.directed) == directed_total(total + added, permille)
        assert all(a <= b for a, b in zip(earlier.places, later.places, strict=True))
        assert all(a <= b for a, b in zip(earlier.directed, later.directed, strict=True))
        total, earlier = total + added, later


@pytest.mark.slow
@settings(deadline=None)
@given(places, st.lists(st.integers(0, 1_000), min_size=2, max_size=2).filter(any))
def test_between_two_pools_largest_remainder_is_monotone_by_itself(total, by):
    first, second = split_places(total, by).places, split_places(total + 1, by).places
    assert all(a <= b for a, b in zip(first, second, strict=True))


@pytest.mark.slow
@settings(deadline=None)
@given(places, weights)
def test_more_weight_never_gets_less_and_no_weight_gets_nothing(total, by):
    got = sorted(zip(by, split_places(total, by).places, strict=True))
    assert all(low[1] <= high[1] for low, high in pairwise(got) if low[0] < high[0])
    assert all(count == 0 for weight, count in got if weight == 0)


@st.composite
def wanting(draw):
    """A split and how many of the two groups want a place in each pool."""
    by, directed = draw(pools())
    split = split_places(
        draw(st.integers(0, 300)),
        by,
        directed_permille=draw(permilles),
        directed_weights=directed,
    )
    people = st.lists(st.integers(0, 60), min_size=len(by), max_size=len(by))
    return split, draw(people), draw(people)


@pytest.mark.slow
@settings(deadline=None)
@given(wanting())
def test_released_and_overflowing_all_places_or_all_applicants_run_out(case):
    split, directed, others = case
    filled = fill_places(
        split,
        directed_wanting=directed,
        others_wanting=others,
        is_released=True,
        overflows=True,
    )
    granted = sum(filled.directed) + sum(filled.others)
    assert granted == min(sum(split.places), sum(directed) + sum(others))
    assert all(g <= w for g, w in zip(filled.directed, directed, strict=True))
    assert all(g <= w for g, w in zip(filled.others, others, strict=True))


@pytest.mark.slow
@settings(deadline=None)
@given(wanting(), st.booleans(), st.booleans())
def test_the_directed_share_is_never_below_while_eligible_applicants_remain(case, released, over):
    split, directed, others = case
    filled = fill_places(
        split,
        directed_wanting=directed,
        others_wanting=others,
        is_released=released,
        overflows=over,
    )
    for got, reserved, people in zip(filled.directed, split.directed, directed, strict=True):
        assert got >= min(reserved, people)
    if over:
        assert sum(filled.directed) >= min(sum(split.directed), sum(directed))


@pytest.mark.slow
@settings(deadline=None)
@given(wanting())
def test_before_its_release_nobody_else_gets_a_directed_place(case):
    split, directed, others = case
    filled = fill_places(
        split,
        directed_wanting=directed,
        others_wanting=others,
        is_released=False,
        overflows=True,
    )
    assert sum(filled.others) <= sum(split.places) - sum(split.directed)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"places": -1, "weights": [1]}, "quota.places"),
        ({"places": 1, "weights": []}, "quota.weights"),
        ({"places": 1, "weights": [0, 0]}, "quota.weights"),
        ({"places": 1, "weights": [1, -1]}, "quota.weights"),
        ({"places": 1, "weights": [1], "directed_permille": 1001}, "quota.permille"),
        (
            {"places": 10, "weights": [1, 1], "directed_permille": 100, "directed_weights": [1]},
            "quota.weights",
        ),
        ({"places": 5, "weights": [1, 1], "announced": [3, 3]}, "quota.announced"),
    ],
)
def test_what_cannot_be_shared_is_told(arguments, code):
    with pytest.raises(Malformed) as refused:
        split_places(**arguments)
    assert refused.value.code == code


def test_the_command_prints_exactly_three_lists(capsys):
    typed = "quota split --places 100 --weights 41,33,29 --directed-permille 100"
    assert cli.main([*typed.split(), "--directed-weights", "3,2,1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["places", "directed", "proof"]
    assert told["places"] == [40, 32, 28]
    assert told["directed"] == [5, 3, 2]
    assert any("41：33：29" in sentence for sentence in told["proof"])


def test_the_command_takes_the_share_of_the_province_where_none_is_typed(capsys):
    typed = "quota split --places 1100 --weights 6,5 --directed-weights 1,1 --json"
    assert cli.main(typed.split()) == 0
    assert json.loads(capsys.readouterr().out)["directed"] == [55, 55]


def test_the_command_refuses_with_a_sentence(capsys):
    assert cli.main(["quota", "split", "--places", "3", "--weights", "0,0"]) == 1
    assert "全是 0" in capsys.readouterr().err


@pytest.mark.slow
@settings(deadline=None)
@given(places, weights)
def test_the_proof_names_every_pool_and_the_sum(total, by):
    assume(total)
    proof = split_places(total, by).proof
    assert proof[-1].startswith(f"合计 {total} 个")
    for number in range(1, len(by) + 1):
        assert any(sentence.startswith(f"第 {number} 份：") for sentence in proof)
