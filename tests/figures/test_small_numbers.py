"""No cell of a few persons is shown, and no sum gives one away."""

from hypothesis import given
from hypothesis import strategies as st

from nuanxin.figures.rules.small_numbers import cells_to_withhold

LEAST = 5
tables = st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=5), min_size=1, max_size=5)


def world_of(table: list[list[int]]) -> tuple[dict[str, int], list[list[str]]]:
    """Return cells of counties, cities and the province, and how they add up."""
    values = {"province": sum(map(sum, table))}
    sums = [["province", *(f"city{i}" for i in range(len(table)))]]
    for i, counties in enumerate(table):
        values[f"city{i}"] = sum(counties)
        sums.append([f"city{i}", *(f"county{i}.{j}" for j in range(len(counties)))])
        values |= {f"county{i}.{j}": persons for j, persons in enumerate(counties)}
    return values, sums


@given(tables)
def test_what_is_shown_is_large_or_zero(table):
    values, sums = world_of(table)
    hidden = cells_to_withhold(values, sums, least=LEAST)
    shown = [value for cell, value in values.items() if cell not in hidden]
    assert not [value for value in shown if 0 < value < LEAST]


@given(tables)
def test_no_sum_gives_a_withheld_cell_away(table):
    """Take every sum with a single unknown and solve it, again and again: nothing can be solved."""
    values, sums = world_of(table)
    hidden = cells_to_withhold(values, sums, least=LEAST)
    solvable = [one for one in sums if len(hidden.intersection(one)) == 1]
    assert not solvable


def test_the_smallest_neighbour_goes_too():
    values, sums = world_of([[3, 40, 12, 7], [50]])
    assert cells_to_withhold(values, sums, least=LEAST) == {"county0.0", "county0.3"}


def test_nothing_is_withheld_without_need():
    values, sums = world_of([[0, 40, 12], [50, 0]])
    assert cells_to_withhold(values, sums, least=LEAST) == frozenset()


def test_a_lone_small_county_takes_its_city_with_it():
    """The city is as small as its only county, and the province would give it away."""
    values, sums = world_of([[3], [40, 50], [60]])
    hidden = cells_to_withhold(values, sums, least=LEAST)
    assert {"county0.0", "city0"} <= hidden
    assert len(hidden & {"city1", "city2"}) == 1
