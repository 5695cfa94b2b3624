"""Where stations should be: greedy choice, its bound, the linear programme's, plain placements.

    python -m bench.siting [--full]

Needs no database. 600 of 12,000 candidates, 100,000 demand cells about the 90 counties' seats, reach
1.5 km. What is promised is how far the answer is from the bound that the product proves beside it
(Lagrange multipliers). ``--full`` solves the linear programme with HiGHS as well (two minutes): how much
closer its bound is, and counts capacity in fourteen hours instead of four. Best of some where time is told.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from bench.ground import parser_of, promise
from nuanxin.kernel import regions
from nuanxin.stations.rules.siting import (
    Choice,
    Incidence,
    lazy_greedy,
    merged,
    row_sums,
    served_by,
    within_reach,
)
from nuanxin.stations.rules.siting_bound import (
    greedy_bound,
    guided,
    has_solver,
    lagrange,
    solve_with_highs,
)
from nuanxin.stations.rules.siting_capacity import share_out, solve_held
from nuanxin.stations.rules.siting_search import improve

SITES, CELLS, COUNT, REACH_M = 12_000, 100_000, 600, 1_500.0
PROMISED_SECONDS, PROMISED_GAP, PROMISED_SEARCH = 0.4, 0.016, 2.5
PROMISED_GAP_WITH_ROOM = 0.05
SEED = 20261127
Out = TypeVar("Out")


def main() -> None:
    """Measure and print the tables."""
    options = parser_of(__doc__).parse_args()
    world = _world(SITES, CELLS)
    print("| step | s | result |\n|---|---|---|")
    starts, cells = _timed(
        "incidence",
        lambda: within_reach(*world[:4], REACH_M),
        lambda found: f"{len(found[1]):,} links",
    )
    incidence = Incidence(starts, cells, world[4])
    seconds: list[float] = []
    greedy = _timed(
        f"lazy greedy, {COUNT} sites",
        lambda: lazy_greedy(incidence, COUNT),
        lambda found: f"{found.served:,.0f} person-hours",
        times=5,
        kept=seconds,
    )
    _timed(
        "naive greedy, every gain anew (30 of the sites)",
        lambda: _naive(incidence, 30),
        lambda found: f"{found:,.0f}",
    )
    small = _timed(
        "cells with the same sites made one",
        lambda: merged(incidence),
        lambda found: f"{len(found.weights):,} cells, {len(found.elements):,} links",
    )
    _timed(
        "bound from the greedy choice",
        lambda: greedy_bound(small, greedy, COUNT),
        lambda bound: _gap(greedy, bound),
    )
    bound, shares = _timed(
        "bound by Lagrange multipliers",
        lambda: lagrange(small, greedy, COUNT),
        lambda found: _gap(greedy, found[0]),
    )
    exchanged = _timed(
        "one site for another while it gains",
        lambda: improve(small, greedy, rounds=0),
        lambda found: _gap(found, bound, "exchanged"),
    )
    searched: list[float] = []
    better = _timed(
        "led by the multipliers, parts chosen anew",
        lambda: guided(small, shares, greedy, COUNT),
        lambda found: _gap(found, bound, "the answer"),
        kept=searched,
    )
    if options.full and has_solver():
        solved = _timed(
            "bound of the linear programme (HiGHS)",
            lambda: solve_with_highs(small, greedy, COUNT, seconds=600, integral=False),
            lambda found: _gap(greedy, found[1]),
        )
        print(f"| against that bound | | exchanged {1 - exchanged.served / solved[1]:.2%}, the answer {1 - better.served / solved[1]:.2%} |")  # fmt: skip
    gap = 1 - better.served / bound
    promise(
        "lazy greedy, 600 of 12,000 over 100,000 cells",
        "≤ 0.4 s",
        f"{min(seconds):.2f} s",
        is_kept=min(seconds) <= PROMISED_SECONDS,
    )
    promise(
        "the answer below the bound that is proved beside it",
        "≤ 1.6 %",
        f"{gap:.2%}",
        is_kept=gap <= PROMISED_GAP,
    )
    promise(
        "the search for it",
        "≤ 2.5 s",
        f"{min(searched):.1f} s",
        is_kept=min(searched) <= PROMISED_SEARCH,
    )
    _with_room(incidence, greedy, hours=14 if options.full else 4)
    _small()
    _placements(incidence, world)  # fmt: skip


def _world(sites: int, cells: int) -> tuple[Any, ...]:
    """Return (site lat, site lng, cell lat, cell lng, person-hours), about the seats of counties."""
    random = np.random.default_rng(SEED)
    seats = regions.counties()
    weights = random.pareto(1.5, len(seats)) + 0.5
    weights /= weights.sum()

    def points(count: int) -> tuple[Any, Any]:
        which = random.choice(len(seats), count, p=weights)
        lat, lng = (np.array([getattr(seat, name) for seat in seats]) for name in ("lat", "lng"))
        spread = np.where(random.random(count) < 0.6, 1.0, 4.0)
        return (
            lat[which] + random.normal(0, 0.04, count) * spread,
            lng[which] + random.normal(0, 0.045, count) * spread,
        )

    return (*points(sites), *points(cells), random.gamma(1.0, 6.0, cells))


def _with_room(incidence: Incidence, greedy: Choice, *, hours: int) -> None:
    """Choose where a station holds so many an hour: what the greedy sites serve on average there."""
    random = np.random.default_rng(SEED)
    shape = random.random((CELLS, hours)) + 0.3
    demand = incidence.weights[:, None] * shape / shape.sum(axis=1, keepdims=True)
    holds = greedy.served / COUNT / hours
    plain = share_out(incidence, greedy.chosen, demand, holds)
    seconds: list[float] = []
    found, bound = _timed(
        f"capacity of {holds:.1f} persons an hour, {hours} hours: choice, sharing, bound",
        lambda: solve_held(incidence, demand, COUNT, holds),
        lambda out: _gap(out[0].choice, out[1], "the answer"),
        kept=seconds,
    )
    print(f"| the sites chosen without capacity, counted with it | | {plain.served:,.0f}, {1 - plain.served / found.served:.1%} less |")  # fmt: skip
    gap = 1 - found.served / bound
    promise(
        f"with capacity: below the bound that is proved beside it ({hours} hours)",
        "≤ 5 %",
        f"{gap:.2%}",
        is_kept=gap <= PROMISED_GAP_WITH_ROOM,
    )


def _small() -> None:
    """Compare the greedy choice with the optimum where that can be had."""
    if not has_solver():
        return
    site_lat, site_lng, lat, lng, weights = _world(1_500, 10_000)
    starts, cells = within_reach(site_lat, site_lng, lat, lng, REACH_M)
    incidence = merged(Incidence(starts, cells, weights))
    greedy = _timed(
        "100 of 1,500, 10,000 cells: lazy greedy",
        lambda: lazy_greedy(incidence, 100),
        lambda found: f"{found.served:,.0f}",
        times=3,
    )
    _timed("100 of 1,500, 10,000 cells: integer programme (HiGHS)", lambda: solve_with_highs(incidence, greedy, 100, seconds=120), lambda found: f"{served_by(incidence, found[0]):,.0f}, {'proved best' if found[2] else _gap(greedy, found[1])}")  # fmt: skip


def _placements(incidence: Incidence, world: tuple[Any, ...]) -> None:
    """Plan on one half of the demand, count on the other, beside plain placements."""
    random = np.random.default_rng(SEED)
    counts = np.round(world[4] * 10).astype(int)
    half = random.binomial(counts, 0.5)
    seen, unseen = half / 5, (counts - half) / 5
    test = Incidence(incidence.starts, incidence.elements, unseen)
    planned = lazy_greedy(Incidence(incidence.starts, incidence.elements, seen), COUNT).chosen
    people = row_sums(incidence, seen)
    most = np.argsort(-people)[:COUNT].tolist()
    chance = [
        random.choice(SITES, COUNT, replace=False, p=people / people.sum()).tolist()
        for _ in range(20)
    ]
    blind = [random.permutation(SITES)[:COUNT].tolist() for _ in range(20)]
    rows = (
        ("planned", served_by(test, planned)),
        ("where most people are within reach", served_by(test, most)),
        ("by chance in proportion to them, mean of 20", float(np.mean([served_by(test, one) for one in chance]))),
        ("anywhere by chance, mean of 20", float(np.mean([served_by(test, one) for one in blind]))),
    )  # fmt: skip
    print(
        "\n| placed on one half, counted on the other | person-hours | of the planned |\n|---|---|---|"
    )
    for name, served in rows:
        print(f"| {name} | {served:,.0f} | {served / rows[0][1]:.0%} |")
    best = max(served for _, served in rows[1:])
    promise("planned beats plain placements on demand not seen", "more", f"{rows[0][1] / best:.2f} times the best of them", is_kept=rows[0][1] > best)  # fmt: skip


def _naive(incidence: Incidence, count: int) -> float:
    left = incidence.weights.copy()
    served = 0.0
    for _ in range(count):
        gains = row_sums(incidence, left)
        best = int(np.argmax(gains))
        served += float(gains[best])
        left[incidence.of(best)] = 0.0
    return served


def _gap(found: Choice, bound: float, name: str = "greedy") -> str:
    return f"{found.served:,.0f} of {bound:,.0f}: {name} is within {1 - found.served / bound:.2%}"


def _timed(
    name: str,
    work: Callable[[], Out],
    said: Callable[[Out], str],
    *,
    times: int = 1,
    kept: list[float] | None = None,
) -> Out:
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        found = work()
        took = time.perf_counter() - started
        best = min(best, took)
        if kept is not None:
            kept.append(took)
    print(f"| {name} | {best:.3f} | {said(found)} |", flush=True)
    return found


if __name__ == "__main__":
    main()
