"""Siting: the choice is the greedy one, the bounds are bounds, plans beat plain placements."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuanxin.kernel.geo import haversine_m
from nuanxin.stations.rules import siting, siting_bound, siting_plan
from nuanxin.stations.rules.siting import Incidence, lazy_greedy, merged, served_by, within_reach
from nuanxin.stations.rules.siting_bound import (
    Proof,
    greedy_bound,
    guided,
    lagrange,
    lagrange_bound,
    solve,
)
from nuanxin.stations.rules.siting_grid import cells_of, centres_of, gather
from nuanxin.stations.rules.siting_plan import (
    Question,
    VanQuestion,
    answer,
    busiest,
    digest,
    held_out,
    pack,
    reached,
    unpack,
)
from nuanxin.stations.rules.siting_search import improve

LUNCH = np.array([0] * 9 + [1, 2, 6, 6, 2, 1, 1, 2, 5, 4, 1] + [0] * 4, float)


def incidence_of(sets: list[set[int]], weights: list[float]) -> Incidence:
    """Return the question in which candidate j covers ``sets[j]``."""
    starts = np.cumsum([0] + [len(one) for one in sets]).astype(np.int64)
    elements = np.array([e for one in sets for e in sorted(one)], np.int64)
    return Incidence(starts, elements, np.array(weights, float))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Incidence, int]:
    """Draw a small question and how many sites may be chosen."""
    weights = draw(st.lists(st.integers(0, 9).map(float), min_size=1, max_size=8))
    sets = draw(st.lists(st.sets(st.integers(0, len(weights) - 1)), min_size=1, max_size=7))
    return incidence_of(sets, weights), draw(st.integers(1, len(sets)))


def best_of_all(incidence: Incidence, count: int) -> float:
    """Return the best value, found by trying every choice."""
    every = combinations(range(incidence.candidates), min(count, incidence.candidates))
    return max(served_by(incidence, list(one)) for one in every)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(questions())
def test_the_lazy_choice_is_the_one_that_looks_at_every_gain_anew(
    asked: tuple[Incidence, int],
) -> None:
    incidence, count = asked
    chosen, left = [], incidence.weights.copy()
    for _ in range(count):
        gains = siting.row_sums(incidence, left)
        if gains.max() <= 0:
            break
        chosen.append(int(np.argmax(gains)))
        left[incidence.of(chosen[-1])] = 0
    found = lazy_greedy(incidence, count)
    assert list(found.chosen) == chosen
    assert found.served == pytest.approx(served_by(incidence, chosen))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(questions())
def test_no_choice_exceeds_a_bound_and_the_greedy_one_is_near_the_best(
    asked: tuple[Incidence, int],
) -> None:
    incidence, count = asked
    greedy = lazy_greedy(incidence, count)
    best = best_of_all(incidence, count)
    assert greedy.served >= (1 - 1 / np.e) * best - 1e-9
    if greedy.chosen:
        assert greedy_bound(incidence, greedy, count) >= best - 1e-9
        assert lagrange_bound(incidence, greedy, count, rounds=60) >= best - 1e-9
        assert lagrange_bound(merged(incidence), greedy, count, rounds=60) >= best - 1e-9


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(questions())
def test_a_small_question_is_solved_to_its_optimum(asked: tuple[Incidence, int]) -> None:
    incidence, count = asked
    greedy = lazy_greedy(incidence, count)
    if not greedy.chosen:
        return
    solution = solve(incidence, greedy, count)
    assert solution.is_best
    assert solution.choice.served == pytest.approx(best_of_all(incidence, count))
    assert solution.choice.served == pytest.approx(served_by(incidence, solution.choice.chosen))
    assert solution.gap == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(questions())
def test_the_search_never_loses_never_exceeds_the_best_and_counts_right(
    asked: tuple[Incidence, int],
) -> None:
    incidence, count = asked
    greedy = lazy_greedy(incidence, count)
    if not greedy.chosen:
        return
    bound, shares = lagrange(incidence, greedy, count)
    best = best_of_all(incidence, count)
    for found in (improve(incidence, greedy, rounds=20), guided(incidence, shares, greedy, count)):
        assert len(set(found.chosen)) == len(found.chosen) <= count
        assert found.served == pytest.approx(served_by(incidence, found.chosen))
        assert greedy.served - 1e-6 <= found.served <= best + 1e-6
        assert found.served <= bound + 1e-6


@pytest.mark.slow
def test_the_search_finds_what_choosing_one_by_one_misses_and_finds_the_same_again() -> None:
    # the fullest first, and then its two neighbours cannot be had whole
    incidence = incidence_of([{0, 1, 2, 3}, {0, 1, 4}, {2, 3, 5}], [3, 3, 3, 3, 4, 4])
    greedy = lazy_greedy(incidence, 2)
    found = improve(incidence, greedy, rounds=0)
    assert (greedy.served, found.served) == (16.0, 20.0)
    assert sorted(found.chosen) == [1, 2]
    question = reached(town(7, count=12))
    first = lazy_greedy(question, 12)
    assert improve(question, first, rounds=60) == improve(question, first, rounds=60)
    assert improve(question, first, rounds=60).served >= first.served


@pytest.mark.slow
def test_without_the_solver_the_answer_says_that_it_was_chosen_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(siting_bound, "has_solver", lambda: False)
    trap = incidence_of([{0, 1, 2}, {0, 1, 3}, {2, 4, 5}], [4, 4, 4, 3.5, 1, 1])
    solution = solve(trap, lazy_greedy(trap, 2), 2)
    assert solution.proof in (Proof.GREEDY, Proof.LAGRANGE)
    assert solution.bound >= best_of_all(trap, 2)
    assert "逐个挑选" in solution.proof.label


@pytest.mark.slow
def test_the_solver_finds_what_choosing_one_by_one_misses() -> None:
    trap = incidence_of([{0, 1, 2, 3}, {0, 1, 4}, {2, 3, 5}], [3, 3, 3, 3, 5, 5])
    greedy = lazy_greedy(trap, 2)
    assert greedy.served == 17
    solution = solve(trap, greedy, 2)
    assert solution.choice.served == 22
    assert set(solution.choice.chosen) == {1, 2}
    assert solution.proof == Proof.HIGHS


@pytest.mark.slow
def test_reach_is_great_circle_distance_exactly() -> None:
    random = np.random.default_rng(5)
    site_lat, lat = random.uniform(30.0, 30.1, 40), random.uniform(30.0, 30.1, 300)
    site_lng, lng = random.uniform(120.0, 120.1, 40), random.uniform(120.0, 120.1, 300)
    starts, cells = within_reach(site_lat, site_lng, lat, lng, 1_500.0)
    for site in range(40):
        near = [
            cell
            for cell in range(300)
            if haversine_m(site_lat[site], site_lng[site], lat[cell], lng[cell]) <= 1_500.0
        ]
        assert cells[starts[site] : starts[site + 1]].tolist() == near


def test_a_cell_holds_its_points_and_its_own_middle() -> None:
    random = np.random.default_rng(6)
    lat, lng = random.uniform(27, 31, 500), random.uniform(118, 122, 500)
    rows, columns = cells_of(lat, lng, 400.0)
    middle = centres_of(rows, columns, 400.0)
    for one in range(500):
        off = haversine_m(lat[one], lng[one], middle[0][one], middle[1][one])
        assert off <= 400.0 * 0.7072
    again = cells_of(*middle, 400.0)
    assert (again[0] == rows).all()
    assert (again[1] == columns).all()


def test_no_person_is_lost_on_the_grid() -> None:
    random = np.random.default_rng(7)
    lat, lng = random.uniform(30, 30.2, 200), random.uniform(120, 120.2, 200)
    persons = random.gamma(1, 3, (200, 24))
    cells = gather(lat, lng, persons, 800.0)
    assert cells.persons.sum() == pytest.approx(persons.sum())
    assert len(cells) < 200


def town(seed: int = 1, *, count: int = 12, vans: int = 0, people: int = 1_500) -> Question:
    """Return a town of eight quarters, of which stations serve a few by day."""
    random = np.random.default_rng(seed)
    middle = np.column_stack([random.uniform(30.2, 30.4, 8), random.uniform(120.0, 120.3, 8)])
    which = random.choice(8, people, p=np.array([8, 6, 4, 3, 2, 1, 1, 1]) / 26)
    lat = middle[which, 0] + random.normal(0, 0.015, people)
    lng = middle[which, 1] + random.normal(0, 0.015, people)
    cells = gather(lat, lng, np.outer(random.gamma(1, 2, people), LUNCH / 6), 500.0)
    served = np.zeros(cells.persons.shape, bool)
    _, near = within_reach(lat[:25], lng[:25], cells.lat, cells.lng, 773.0)
    served[np.unique(near), 8:18] = True
    van = VanQuestion(vans, 9 * 60, 19 * 60, 60, 45, 300, 4, 300.0, 30.3, 120.15)
    return Question(
        cells.lat, cells.lng, cells.persons, served, cells.lat, cells.lng,
        773.0, count, 8, 22, van if vans else None, seed,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_a_plan_beats_chance_and_population_on_demand_that_it_did_not_see(seed: int) -> None:
    question = town(seed)
    trial = held_out(question, reached(question))
    assert trial.planned > 1.2 * trial.by_persons
    assert trial.planned > 1.5 * trial.by_chance
    assert trial.planned > 2 * trial.random
    assert trial.planned > 0.95 * trial.best_seen


@pytest.mark.slow
def test_served_and_not_served_make_the_whole_and_nobody_is_served_twice() -> None:
    question = town(vans=2)
    steps: list[int] = []
    found = answer(question, steps.append)
    assert steps == [1, 2, 3, 4]
    added = sum(sum(hours) for hours in found.by_hour)
    assert added == pytest.approx(found.solution.choice.served, abs=0.1)
    assert found.solution.bound >= found.solution.choice.served
    by_van = sum(stand.worth for day in found.van_days for stand in day)
    assert by_van > 0
    assert found.served_before + added + by_van <= found.total + 1e-6


@pytest.mark.slow
def test_the_same_question_is_answered_the_same_after_it_was_kept() -> None:
    question = town(vans=1)
    kept = unpack(pack(question))
    assert digest(kept) == digest(question)
    assert answer(kept) == answer(question)


@pytest.mark.slow
def test_another_number_in_the_question_is_another_digest() -> None:
    question = town(people=60)
    moved = unpack(pack(question))
    moved.persons[0, 12] += 0.5
    assert digest(moved) != digest(question)


def test_the_busiest_hours_are_those_in_a_row_about_the_fullest() -> None:
    assert busiest(LUNCH.tolist()) == (11, 13, 12.0)
    assert busiest([0.0] * 24) == (0, 1, 0.0)
    assert busiest([1.0] * 24) == (0, 24, 24.0)


def test_nothing_to_serve_is_an_answer_too() -> None:
    question = town(people=60)
    question.served[:] = True
    found = answer(question)
    assert found.solution.choice.chosen == ()
    assert found.solution.gap == 0
    assert found.by_hour == []
    assert siting_plan.van_days(question, reached(question), question.unserved) == []
