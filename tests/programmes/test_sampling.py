"""What a sample says of everybody: never finer than it knows, and right nineteen times of twenty."""

import random

import pytest

from nuanxin.programmes.rules.sampling import Estimate, estimate, in_words

PEOPLE = 40_000
ONE_IN = 20


@pytest.mark.slow
@pytest.mark.parametrize("true_number", [0, 40, 700, 9_000, 39_950, 40_000])
def test_the_true_number_is_within_what_is_told_in_nineteen_of_twenty_samples(true_number):
    chance = random.Random(true_number)
    sampled = PEOPLE // ONE_IN
    held = 0
    for _ in range(200):
        hits = sum(one < true_number for one in chance.sample(range(PEOPLE), sampled))
        found = estimate(hits, sampled=sampled, one_in=ONE_IN)
        held += abs(found.number - true_number) <= found.margin
    assert held >= 184


def test_few_hits_tell_only_an_upper_end():
    assert in_words(estimate(0, sampled=20_000, one_in=58), least=10) == "不到 174 人"
    assert estimate(9, sampled=20_000, one_in=58).number == 0


def test_it_is_told_no_finer_than_it_is_known():
    assert in_words(Estimate(8_127, 638), least=10) == "约 8,100 人（上下差 600）"
    assert in_words(Estimate(580, 3), least=10) == "约 580 人（上下差 10）"


def test_where_everybody_was_looked_at_there_is_no_margin():
    assert in_words(estimate(12, sampled=12, one_in=1), least=10) == "12 人"
    assert in_words(estimate(3, sampled=12, one_in=1), least=10) == "不到 10 人"
    assert in_words(estimate(0, sampled=12, one_in=1), least=10) == "0 人"
