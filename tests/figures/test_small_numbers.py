"""No number of a few persons is published, and no subtraction gives one away.

The attacker has everything that is published about members: every region, cut and measure, on
several days and in several versions, and knows how it hangs together: counties make cities, trades
make totals. He solves for what he is not told, exactly, in fractions.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nuanxin.figures.queries import publishing
from nuanxin.figures.queries.board import _ALL, _Cube
from nuanxin.figures.rules.small_numbers import keeps_room, published, span_of
from nuanxin.kernel import regions
from nuanxin.kernel.figure import ratio_value
from nuanxin.membership.figures.breakdown import Cell
from tests.figures.attacker import Attacker, Row, difference
from tests.figures.conftest import NOW
from tests.figures.world import LAST

LEAST = 10
EXACT_FROM = 40
COUNTIES = (330102, 330105, 330106, 330203, 330212)
TRADES = ((1, 1), (1, 2), (4, 1), (4, 2))
MEASURES = ("live", "new")

# ---- the rule of one number -------------------------------------------------------------------


@given(st.integers(-30_000, 30_000))
def test_a_number_is_written_to_the_ten_and_a_few_not_at_all(value: int) -> None:
    shown = published(value, least=LEAST)
    if shown is None:
        assert 0 < abs(value) < LEAST
    else:
        assert shown % LEAST == 0
        assert abs(shown - value) <= LEAST // 2


@given(st.integers(1, 500))
def test_readers_hold_possible_what_they_must(value: int) -> None:
    low, high = span_of(value, least=LEAST)
    assert low <= value <= high
    assert high - low >= LEAST - 2


@given(st.lists(st.integers(0, 40), min_size=1, max_size=3))
def test_where_a_total_stands_to_the_person_each_part_may_still_be_several(
    parts: list[int],
) -> None:
    spans = [span_of(part, least=LEAST) for part in parts]
    if not keeps_room(sum(parts), spans, room=LEAST // 2):
        return
    fitting = [
        guess
        for guess in product(*(range(low, high + 1) for low, high in spans))
        if sum(guess) == sum(parts)
    ]
    for place, (low, high) in enumerate(spans):
        assert low == high or len({guess[place] for guess in fitting}) > LEAST // 2


# ---- the attacker -----------------------------------------------------------------------------


History = list[dict[tuple[int, int, int], tuple[int, int]]]
"""At each moment the live and the new persons by county, occupation and channel.

A moment is a day as it was known at an hour: a later day, or the same day after a correction."""


def cubes_of(history: History, exact_from: int) -> list[_Cube]:
    cubes = []
    for moment in history:
        cells = [Cell(*key, new=new, left=new - live, live=live)
                 for key, (live, new) in moment.items()]  # fmt: skip
        cube = _Cube(cells, least=LEAST)
        cube.find_exact_totals(exact_from)
        cubes.append(cube)
    return cubes


def atoms_of(moment: int, measure: str, region: str, cut: tuple[str, int]) -> Row:
    """Return the sum that a cell is: of moment, measure, county, occupation, channel."""
    prefix = regions.area_prefix(region)
    return {
        (moment, measure, county, occupation, channel): Fraction(1)
        for county in COUNTIES
        for occupation, channel in TRADES
        if str(county).startswith(prefix)
        and cut in (_ALL, ("occupation", occupation), ("channel", channel))
    }


def all_cells(cubes: list[_Cube]) -> Iterator[tuple[int, str, str, tuple[str, int], int]]:
    for moment, cube in enumerate(cubes):
        for measure in MEASURES:
            for (region, cut), value in getattr(cube, measure).items():
                yield moment, measure, region, cut, value


def attack(cubes: list[_Cube], *, is_guarded: bool) -> Attacker:
    """Tell the attacker what is published. What is to the ten tells him no exact sum.

    He asks for every moment again by the day it was known on, too."""
    attacker = Attacker()
    for moment, measure, region, cut, value in all_cells(cubes):
        cube, row = cubes[moment], atoms_of(moment, measure, region, cut)
        is_exact = cube.step(measure, region, cut) == 1
        if value == 0 and (is_exact or cube.shown(measure, region, cut) == 0):
            for atom in row:  # nobody there: nobody in any part of it
                attacker.learn({atom: Fraction(1)})
        elif not is_guarded or is_exact:
            attacker.learn(row)
        else:
            assert cube.shown(measure, region, cut) in (None, published(value, least=LEAST))
        if published(value, least=LEAST) == 0:  # asked for as known on that day: always to the ten
            for atom in row:
                attacker.learn({atom: Fraction(1)})
        if cube.left.get((region, cut), 0) == 0:  # nobody has left: told as zero
            new, live = (atoms_of(moment, name, region, cut) for name in ("new", "live"))
            attacker.learn(difference(new, live))
    return attacker


def small_ones_found(cubes: list[_Cube], attacker: Attacker) -> list[object]:
    """Return every cell of 1 to 9 persons, and every such difference between two moments or of
    new and live, that the attacker can tell.

    Left out are the differences of two totals which both stand to the person by the rule (and of new
    members there, where nobody has left)."""
    cells: dict[tuple[str, str, tuple[str, int]], list[tuple[int, int]]] = {}
    found: list[object] = []
    for moment, measure, region, cut, value in all_cells(cubes):
        cells.setdefault((measure, region, cut), []).append((moment, value))
        row = atoms_of(moment, measure, region, cut)
        if 0 < value < LEAST and attacker.knows(row):
            found.append((moment, measure, region, cut))
        if measure == "new" and 0 < cubes[moment].left.get((region, cut), 0) < LEAST:
            live = atoms_of(moment, "live", region, cut)
            if attacker.knows(difference(row, live)):  # 退会, which the board writes beside them
                found.append((moment, "left", region, cut))
    for (measure, region, cut), seen in cells.items():
        for (first, before), (second, after) in combinations(seen, 2):
            if not 0 < abs(after - before) < LEAST:
                continue
            if all(cubes[m].step("live", region, cut) == 1 for m in (first, second)):
                continue
            later = atoms_of(second, measure, region, cut)
            if attacker.knows(difference(later, atoms_of(first, measure, region, cut))):
                found.append((first, second, measure, region, cut))
    return found


def moments(persons: st.SearchStrategy[int]) -> st.SearchStrategy[History]:
    """Return histories of three moments; most cells change by a few from one to the next."""
    start = st.lists(persons, min_size=20, max_size=20)
    change = st.lists(st.integers(-3, 3), min_size=20, max_size=20)
    gone = st.lists(st.integers(0, 4), min_size=20, max_size=20)

    def build(drawn: tuple[list[int], list[int], list[int], list[int]]) -> History:
        new, first, second, left = drawn
        steps: Iterable[list[int]] = (
            new,
            [max(0, a + b) for a, b in zip(new, first, strict=True)],
            [max(0, a + b + c) for a, b, c in zip(new, first, second, strict=True)],
        )
        keys = [(county, *trade) for county in COUNTIES for trade in TRADES]
        return [
            {key: (max(0, n - g), n) for key, n, g in zip(keys, step, left, strict=True)}
            for step in steps
        ]

    return st.tuples(start, change, change, gone).map(build)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(moments(st.sampled_from((0, 0, 1, 2, 5, 9, 12, 31, 60))), st.sampled_from((40, 10**9)))
def test_no_few_persons_follow_from_all_that_is_published(
    history: History, exact_from: int
) -> None:
    cubes = cubes_of(history, exact_from)
    assert small_ones_found(cubes, attack(cubes, is_guarded=True)) == []


def a_history() -> History:
    keys = [(county, *trade) for county in COUNTIES for trade in TRADES]
    base = [3, 12, 25, 40, 0, 7, 18, 33, 60, 5, 14, 22, 41, 9, 0, 16, 2, 28, 35, 11]
    return [
        {key: (n + step, n + 2 * step) for key, n in zip(keys, base, strict=True)}
        for step in range(3)
    ]


def test_without_the_guard_the_attacker_wins() -> None:
    cubes = cubes_of(a_history(), EXACT_FROM)
    found = small_ones_found(cubes, attack(cubes, is_guarded=False))
    assert any(len(one) == 4 for one in found), "a cell of a few"
    assert any(len(one) == 5 for one in found), "a few more on a later day"
    assert small_ones_found(cubes, attack(cubes, is_guarded=True)) == []


def test_leaving_out_the_small_cells_alone_would_not_do() -> None:
    """A lone withheld county is the city less the others; hence nothing beside it is exact."""
    cubes = cubes_of(a_history(), EXACT_FROM)
    attacker = Attacker()
    for moment, measure, region, cut, value in all_cells(cubes):
        if not 0 < value < LEAST:
            attacker.learn(atoms_of(moment, measure, region, cut))
    assert small_ones_found(cubes, attacker)


def test_a_total_stands_to_the_person_only_where_its_parts_stay_open() -> None:
    alone = [{(330102, 1, 1): (60, 60)}]
    assert cubes_of(alone, EXACT_FROM)[0].exact["live"] == frozenset()
    several = [{(county, *trade): (50, 50) for county in COUNTIES for trade in TRADES}]
    assert cubes_of(several, EXACT_FROM)[0].exact["live"] == {"330100", "330200", "330000"}
    assert cubes_of(several, 10**9)[0].exact["live"] == frozenset()


def test_few_leavers_are_not_told_by_members_to_the_person_beside_new_ones_to_the_ten() -> None:
    """1,003 live of 1,004 new: "new" is written 1,000, so that at most one can have left."""
    trades = len(TRADES)

    def history(leavers: int, each: int) -> History:
        cells = {(c, *trade): (each, each) for c in COUNTIES[:3] for trade in TRADES}
        return [cells | {(330102, 1, 1): (each - leavers, each)}]

    for each in range(40, 60):
        for leavers in (0, 1, 2, 5, 9, 10):
            cube = cubes_of(history(leavers, each), EXACT_FROM)[0]
            new, live = 3 * trades * each, 3 * trades * each - leavers
            assert cube.left["330100", _ALL] == leavers
            low, high = span_of(new, least=LEAST)
            held = range(max(low - live, 1), min(high - live, LEAST - 1) + 1)
            if 0 < leavers < LEAST and cube.step("live", "330100") == 1:
                assert len(held) > LEAST // 2
            assert cube.to_the_ten("left", "330100") == published(leavers, least=LEAST)


def test_few_who_were_not_reached_are_not_told_beside_members_to_the_person() -> None:
    """996 live, 995 of them reached, written 1,000: all but one at most."""
    told = 0
    for each in range(40, 60):
        for missed in (1, 2, 5, 9):
            cells = [
                Cell(c, *trade, new=each, left=0, live=each, reached=each, served=0)
                for c in COUNTIES[:3]
                for trade in TRADES
            ]
            cells[0] = replace(cells[0], reached=each - missed)
            cube = _Cube(cells, least=LEAST)
            cube.find_exact_totals(EXACT_FROM)
            if cube.step("live", "330100") != 1:
                continue
            live, reached = cube.live["330100", _ALL], cube.reached["330100", _ALL]
            low, high = span_of(reached, least=LEAST)
            held = range(max(live - high, 0), min(live - low, LEAST - 1) + 1)
            assert missed in held
            assert len(held) > LEAST // 2
            told += 1
    assert told


@pytest.mark.slow
@given(st.integers(0, 3_000), st.integers(0, 9), st.integers(1, 5_000))
def test_a_rate_tells_nothing_that_the_written_number_does_not(
    live: int, more: int, workers: int
) -> None:
    """Two numbers written alike give one rate: rate times denominator is the written number."""
    one, other = published(live, least=LEAST), published(live + more, least=LEAST)
    if one is not None and one == other:
        assert ratio_value(one, workers) == ratio_value(other, workers)
    if one:
        assert abs(Fraction(ratio_value(one, workers) * workers, 10_000) - one) <= Fraction(
            workers, 20_000
        )


def test_the_rate_beside_a_total_to_the_person_is_that_of_the_ten() -> None:
    seen = set()
    chosen = random.Random(7)
    for _ in range(40):
        keys = [(county, *trade) for county in COUNTIES for trade in TRADES]
        cells = {key: (n, n) for key in keys for n in (chosen.randrange(30, 90),)}
        cube = cubes_of([cells], EXACT_FROM)[0]
        for region in ("330000", "330100", "330200"):
            total = cube.live[region, _ALL]
            assert cube.to_the_ten("live", region) == published(total, least=LEAST)
            if cube.step("live", region) == 1:
                assert cube.shown("live", region) == total
                seen.add(total)
    assert any(total % LEAST for total in seen)


def test_the_whole_province_goes_before_a_city_that_would_give_another_away() -> None:
    cells = {(county, *trade): (50, 50) for county in COUNTIES[:3] for trade in TRADES}
    cube = cubes_of([cells | {(330212, 1, 1): (30, 30)}], EXACT_FROM)[0]
    assert cube.exact["live"] == {"330000"}


@pytest.mark.slow
@pytest.mark.django_db
def test_as_known_on_a_day_even_a_large_total_is_to_the_ten(world, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Two days of knowledge, or one and now, must not tell the few who were entered in between."""
    monkeypatch.setattr(publishing, "exact_total_from_persons", lambda region, now: 1)
    monkeypatch.setattr(publishing, "is_exact_total", lambda *asked, **more: True)
    asked = {"region": 330000, "as_of": LAST - timedelta(days=40), "now": NOW}
    code = "membership.live_members_persons"
    assert publishing.measure_for_everybody(code, **asked).rounded_to == 1
    for days in (1, 5, 30):
        known_on = LAST - timedelta(days=days)
        told = publishing.measure_for_everybody(code, known_on=known_on, **asked)
        assert (told.rounded_to, (told.value or 0) % LEAST) == (LEAST, 0)
