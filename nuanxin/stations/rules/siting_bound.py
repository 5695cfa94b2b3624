"""How far a choice of sites can be from the best: upper bounds, and the best itself where small.

Two ways that need no solver (what the greedy choice itself proves, and Lagrange multipliers that
come to the bound of the linear programme), and HiGHS where it is installed and the question is
small enough. Which one was used is part of the answer.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from nuanxin.stations.rules.siting import (
    Choice,
    Floats,
    Incidence,
    in_order_of_gain,
    merged,
    row_sums,
    served_by,
)
from nuanxin.stations.rules.siting_search import improve


class Proof(StrEnum):
    """By what the bound is proved."""

    GREEDY = "greedy"
    LAGRANGE = "lagrange"
    HIGHS = "highs"
    ROOM = "room"

    @property
    def label(self) -> str:
        """Return how it is said."""
        return {
            Proof.GREEDY: "逐个挑选再两两调换，上限由剩下的最大增量算出",
            Proof.LAGRANGE: "逐个挑选再两两调换，上限由拉格朗日乘子算出",
            Proof.HIGHS: "整数规划（HiGHS）",
            Proof.ROOM: "逐个挑选、计入容量，上限由拉格朗日乘子算出",
        }[self]


@dataclass(frozen=True, slots=True)
class Solution:
    """A choice with what no choice can exceed. ``is_best`` when it is proved that none is better."""

    choice: Choice
    bound: float
    proof: Proof
    is_best: bool

    @property
    def gap(self) -> float:
        """Return the share by which the best could at most be better, 0 when nothing is asked."""
        return max(0.0, 1 - self.choice.served / self.bound) if self.bound > 0 else 0.0


def greedy_bound(incidence: Incidence, choice: Choice, count: int) -> float:
    """Return what no ``count`` sites can exceed, from the greedy choice alone.

    After any part of it, the best ``count`` sites add at most the ``count`` largest gains.
    """
    left = incidence.weights.copy()
    served, best = 0.0, float("inf")
    looked_at = set(np.linspace(0, len(choice.chosen), 12).astype(int).tolist())
    for place in range(len(choice.chosen) + 1):
        if place in looked_at:
            best = min(best, served + _largest(row_sums(incidence, left), count))
        if place < len(choice.chosen):
            covered = incidence.of(choice.chosen[place])
            served += float(left[covered].sum())
            left[covered] = 0.0
    return min(best, _reachable(incidence))


LAGRANGE_ROUNDS = 800
"""Steps after which the multipliers come within 0.1 % of the linear programme on a whole province."""


def lagrange_bound(
    incidence: Incidence, choice: Choice, count: int, *, rounds: int = LAGRANGE_ROUNDS
) -> float:
    """Return what no ``count`` sites can exceed, close to the bound of the linear programme."""
    return lagrange(incidence, choice, count, rounds=rounds)[0]


def lagrange(
    incidence: Incidence, choice: Choice, count: int, *, rounds: int = LAGRANGE_ROUNDS
) -> tuple[float, Floats]:
    """Return (what no ``count`` sites can exceed, how much each candidate belongs to the best, 0 to 1).

    Every multiplier in [0, weight] gives a true bound; steps only look for a low one. How often a
    candidate was among the best of the last steps comes near its part in the linear programme.
    ``incidence`` may be merged; the same input gives the same numbers.
    """
    weights, served = incidence.weights, choice.served
    reachable = _reachable(incidence)
    free = float(weights.sum()) - reachable
    prices = _first_prices(incidence, choice)
    best, scale, since = reachable, 0.3, 0
    step = np.zeros(len(weights))
    shares = np.zeros(incidence.candidates)
    for _ in range(rounds):
        sums = row_sums(incidence, prices)
        top = _top(sums, count)
        value = float((weights - prices).sum()) - free + float(sums[top].sum())
        since += 1
        if value < best * (1 - 1e-6):
            best, since = value, 0
        elif since >= 15:
            best, scale, since = min(best, value), scale * 0.7, 0
        shares *= 0.98
        shares[top] += 0.02
        slope = _covered_times(incidence, top) - 1.0
        slope[((prices >= weights) & (slope < 0)) | ((prices <= 0) & (slope > 0))] = 0.0
        step = slope + 0.95 * step
        size = float((step * step).sum())
        if size == 0 or value - served < 1e-9 * max(1.0, served):
            break
        prices = np.clip(prices - scale * (value - served) / size * step, 0.0, weights)
    return best, shares


def guided(incidence: Incidence, shares: Floats, choice: Choice, count: int) -> Choice:
    """Return the greedy choice among candidates with a share, or ``choice`` where that serves more.

    Both are exchanged until no exchange gains and the better one is changed in small parts.
    """
    among = np.flatnonzero(shares > LEAST_SHARE)
    tried = [improve(incidence, choice, rounds=0)]
    if len(among) >= count:
        picked = in_order_of_gain(incidence, among.tolist()).chosen[:count]
        if len(picked) == count:
            started = in_order_of_gain(incidence, picked)
            tried.append(improve(incidence, started, rounds=0))
    return improve(incidence, max(tried, key=lambda one: one.served))


LEAST_SHARE = 0.15


def _covered_times(incidence: Incidence, sites: Any) -> Floats:
    """Return how many of ``sites`` cover each element."""
    covered = np.concatenate([incidence.of(int(site)) for site in sites])
    return np.bincount(covered, minlength=len(incidence.weights)).astype(np.float64)


def _first_prices(incidence: Incidence, choice: Choice) -> Floats:
    """Return the weights, lower where a site of the choice adds more than the last one does."""
    prices = incidence.weights.copy()
    left = np.ones(len(prices), bool)
    for site, gain in zip(choice.chosen, choice.gains, strict=True):
        covered = incidence.of(site)
        new = covered[left[covered]]
        left[new] = False
        prices[new] *= choice.gains[-1] / gain
    reached = np.zeros(len(prices), bool)
    reached[incidence.elements] = True
    prices[~reached] = 0.0
    return prices


def has_solver() -> bool:
    """Return whether HiGHS is installed."""
    try:
        import highspy  # noqa: F401
    except ImportError:
        return False
    return True


def solve_with_highs(
    incidence: Incidence,
    choice: Choice,
    count: int,
    *,
    seconds: float,
    seed: int = 1,
    integral: bool = True,
) -> tuple[list[int], float, bool]:
    """Return (sites, bound, proved best) of the integer programme, begun from ``choice``.

    With ``integral`` false only the linear programme is solved: the sites are then empty. Without
    an answer in time the sites are empty too, and the bound is what was proved until then.
    Raises ``ImportError`` where HiGHS is not installed.
    """
    import highspy

    # the class below highspy.Highs: that one greets on standard output before it can be silenced
    solver: Any = highspy._core._Highs()
    for name, value in _options(seconds, seed):
        solver.setOptionValue(name, value)
    sites, elements = incidence.candidates, len(incidence.weights)
    solver.passModel(_programme(highspy, incidence, count, integral=integral))
    if integral:
        start = highspy.HighsSolution()
        covered = np.zeros(elements)
        opened = np.zeros(sites)
        for site in choice.chosen:
            covered[incidence.of(site)] = 1.0
            opened[site] = 1.0
        start.col_value = np.concatenate([opened, covered]).tolist()
        solver.setSolution(start)
    solver.run()
    info = solver.getInfo()
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    if not integral:
        return [], (float(info.objective_function_value) if optimal else float("inf")), optimal
    values = np.array(solver.getSolution().col_value[:sites])
    picked = np.flatnonzero(values > 0.5).tolist() if len(values) == sites else []
    return picked, float(info.mip_dual_bound), optimal


MOST_EXACT = 60_000
"""How many links from candidates to elements the integer programme is tried for."""


def solve(incidence: Incidence, choice: Choice, count: int, *, seconds: float = 20.0) -> Solution:
    """Return ``choice`` or a better one, with the tightest bound that the size allows.

    ``choice`` is the greedy one; exchanges and the multipliers lead to a better one. HiGHS is asked where it is there and the question is small.
    """
    small = merged(incidence)
    total = _reachable(small)
    if choice.served >= total - 1e-6:
        return Solution(choice, choice.served, Proof.GREEDY, True)
    quick = greedy_bound(small, choice, count)
    close, shares = lagrange(small, choice, count)
    better = guided(small, shares, choice, count)
    if better.served > choice.served + 1e-6:
        choice = in_order_of_gain(incidence, better.chosen)
    bound, proof = min((quick, Proof.GREEDY), (close, Proof.LAGRANGE))
    if has_solver() and len(small.elements) <= MOST_EXACT:
        picked, proved, is_best = solve_with_highs(small, choice, count, seconds=seconds)
        if picked and served_by(small, picked) > choice.served + 1e-6:
            choice = in_order_of_gain(incidence, picked)
        if is_best or proved < bound:
            bound, proof = max(choice.served, min(bound, proved)), Proof.HIGHS
        return Solution(choice, bound, proof, is_best)
    return Solution(choice, bound, proof, bound <= choice.served * (1 + 1e-9))


def _reachable(incidence: Incidence) -> float:
    reachable = np.zeros(len(incidence.weights), bool)
    reachable[incidence.elements] = True
    return float(incidence.weights[reachable].sum())


def _top(values: Floats, count: int) -> Any:
    if count >= len(values):
        return np.arange(len(values))
    return np.argpartition(-values, count)[:count]


def _largest(values: Floats, count: int) -> float:
    return float(values[_top(values, count)].sum())


def _options(seconds: float, seed: int) -> list[tuple[str, Any]]:
    return [
        ("output_flag", False),
        ("log_to_console", False),
        ("threads", 1),
        ("random_seed", seed),
        ("time_limit", float(seconds)),
        ("mip_rel_gap", 1e-6),
    ]


def _programme(highspy: Any, incidence: Incidence, count: int, *, integral: bool) -> Any:
    """Return: maximise Σ w·y with y ≤ Σ x of its candidates, Σ x ≤ count, all in [0, 1]."""
    sites, elements = incidence.candidates, len(incidence.weights)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = sites + elements, elements + 1
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.concatenate([np.zeros(sites), incidence.weights])
    model.col_lower_ = np.zeros(sites + elements)
    model.col_upper_ = np.ones(sites + elements)
    model.row_lower_ = np.full(elements + 1, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate([np.zeros(elements), [float(count)]])
    sizes = np.diff(incidence.starts)
    owners = np.repeat(np.arange(sites), sizes)
    rows = np.concatenate([incidence.elements, np.full(sites, elements), np.arange(elements)])
    columns = np.concatenate([owners, np.arange(sites), sites + np.arange(elements)])
    values = np.concatenate([np.full(len(owners), -1.0), np.ones(sites), np.ones(elements)])
    order = np.lexsort((rows, columns))
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    counts = np.bincount(columns, minlength=sites + elements)
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    model.a_matrix_.index_ = rows[order].astype(np.int32)
    model.a_matrix_.value_ = values[order]
    if integral:
        whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [whole] * sites + [real] * elements
    return model
