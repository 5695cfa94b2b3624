"""Which sites serve most where a station holds only so many in an hour: capacitated maximal coverage.

Pure arithmetic on arrays. Demand is persons by element and hour; in an hour a site serves at most what it
holds of the demand within reach, and demand is served once. What is served is always an allocation that
could be carried out; the bound beside it holds for every choice and every allocation (ADR 0180).
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nuanxin.stations.rules.siting import Choice, Floats, Incidence, Ints

SHARING_ROUNDS = 60
BOUND_ROUNDS = 300
MOST_EXCHANGED = 50_000_000
"""Links × hours × sites up to which sites are exchanged one for another: some seconds."""
LEAST_SHARE = 0.15
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Held:
    """Chosen sites, what each serves in each hour (sites × hours), and what is left (elements × hours)."""

    chosen: tuple[int, ...]
    loads: Floats
    left: Floats

    @property
    def served(self) -> float:
        """Return the person-hours served."""
        return float(self.loads.sum())

    @property
    def choice(self) -> Choice:
        """Return the sites with what each serves in a day."""
        return Choice(self.chosen, tuple(float(one) for one in self.loads.sum(axis=1)))


def sums_by_hour(incidence: Incidence, values: Floats) -> Floats:
    """Return for each candidate and hour the sum of ``values`` (elements × hours) over what it covers."""
    sums = np.zeros((incidence.candidates, values.shape[1]))
    filled = np.flatnonzero(np.diff(incidence.starts))
    if len(filled):
        sums[filled] = np.add.reduceat(values[incidence.elements], incidence.starts[filled], axis=0)
    return sums


def part_of(incidence: Incidence, sites: NDArray[np.int64]) -> Incidence:
    """Return the question with some of the candidates only, in their order."""
    rows = [incidence.of(int(site)) for site in sites]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    elements = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    return Incidence(starts, elements, incidence.weights)


def greedy_held(incidence: Incidence, demand: Floats, count: int, holds: float) -> tuple[int, ...]:
    """Return up to ``count`` candidates, each the one that adds most to those before; equal ones lowest first.

    What a site takes where more come than it holds is taken from all in reach alike.
    """
    left = demand.copy()
    gains = np.minimum(sums_by_hour(incidence, left), holds).sum(axis=1)
    heap = [(-gain, site) for site, gain in enumerate(gains.tolist()) if gain > _LEAST]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap and len(chosen) < count:
        _, site = heap[0]
        reach = incidence.of(site)
        there = left[reach].sum(axis=0)
        gain = float(np.minimum(there, holds).sum())
        if gain <= _LEAST:
            heapq.heappop(heap)
            continue
        heapq.heapreplace(heap, (-gain, site))
        if heap[0][1] != site:
            continue
        heapq.heappop(heap)
        left[reach] *= np.maximum(0.0, 1 - holds / np.maximum(there, holds))
        chosen.append(site)
    return tuple(chosen)


def share_out(
    incidence: Incidence, chosen: tuple[int, ...], demand: Floats, holds: Floats | float
) -> Held:
    """Return who serves how many where each hour's demand is shared among the sites in reach.

    Shares move from full sites to those with room, a fixed number of times; the best sharing stands.
    ``holds`` may differ by site and hour (sites × hours), ``inf`` where nothing limits it.
    """
    part = part_of(incidence, np.array(chosen, np.int64))
    hours = demand.shape[1]
    room = np.broadcast_to(np.asarray(holds, float), (len(chosen), hours))
    none = Held(chosen, np.zeros((len(chosen), hours)), demand.copy())
    if not len(part.elements):
        return none
    owners = np.repeat(np.arange(len(chosen)), np.diff(part.starts))
    order = np.argsort(part.elements, kind="stable")
    present, first = np.unique(part.elements[order], return_index=True)
    asked = demand[part.elements]
    pull = (room > 0).astype(float)
    best, kept = none, np.zeros_like(asked)
    place = np.searchsorted(present, part.elements)
    for _ in range(SHARING_ROUNDS):
        pulls = pull[owners]
        total = np.add.reduceat(pulls[order], first, axis=0)[place]
        flow = np.divide(asked * pulls, total, out=np.zeros_like(asked), where=total > 0)
        coming = sums_of(part, flow)
        loads = np.minimum(coming, room)
        if loads.sum() > best.served * (1 + 1e-9):
            share = np.divide(loads, coming, out=np.zeros_like(loads), where=coming > 0)
            kept = flow * share[owners]
            best = Held(chosen, loads, best.left)
        full = np.divide(room, coming, out=np.full_like(room, 2.0), where=coming > _LEAST)
        pull = np.clip(pull * np.clip(full, 0.25, 2.0), 0.0, 1e12)
        pull[(room > 0) & (pull < 1e-12)] = 1e-12
    left = demand.copy()
    left[present] -= np.add.reduceat(kept[order], first, axis=0)
    return Held(chosen, best.loads, np.maximum(left, 0.0))


def sums_of(part: Incidence, flow: Floats) -> Floats:
    """Return the sum over each candidate's links (links × hours)."""
    sums = np.zeros((part.candidates, flow.shape[1]))
    filled = np.flatnonzero(np.diff(part.starts))
    if len(filled):
        sums[filled] = np.add.reduceat(flow, part.starts[filled], axis=0)
    return sums


def held_bound(
    incidence: Incidence, demand: Floats, count: int, holds: float, found: Held,
    rounds: int = BOUND_ROUNDS,
) -> tuple[float, Floats]:  # fmt: skip
    """Return (what no ``count`` sites can serve more than, how much each candidate belongs to the best).

    Weak duality: with any price in [0, 1] of demand (by element and hour) and any of room (by site and
    hour), the priced demand and the ``count`` sites worth most are together never less than the best.
    """
    starts, sizes = incidence.starts, np.diff(incidence.starts)
    asked = demand[incidence.elements]
    price = _first_prices(incidence, demand, found)
    room_price = np.zeros((incidence.candidates, demand.shape[1]))
    best = min(float(demand[np.unique(incidence.elements)].sum()), holds * count * demand.shape[1])
    shares, step, scale, since = np.zeros(incidence.candidates), np.zeros_like(demand), 0.3, 0
    for at in range(rounds):
        margin = 1.0 - price[incidence.elements]
        margin -= np.repeat(room_price, sizes, axis=0)
        taken = asked * (margin > 0)
        margin *= taken
        worth = (sums_of(incidence, margin) + holds * room_price).sum(axis=1)
        top = _top(worth, count)
        value = float((demand * price).sum()) + float(worth[top].sum())
        since += 1
        if value < best * (1 - 1e-6):
            best, since = value, 0
        elif since >= 12:
            best, scale, since = min(best, value), scale * 0.7, 0
        shares *= 0.97
        shares[top] += 0.03
        if value - found.served < 1e-9 * max(1.0, found.served):
            break
        over = (sums_of(incidence, taken) - holds) / holds
        room_price = np.clip(room_price + 0.15 * 0.99**at * np.clip(over, -1, 1), 0.0, 1.0)
        links = np.concatenate([np.arange(starts[one], starts[one + 1]) for one in top.tolist()])
        slope = demand - _by_element(incidence.elements[links], taken[links], len(demand))
        slope[((price <= 0) & (slope > 0)) | ((price >= 1) & (slope < 0))] = 0.0
        step = slope + 0.9 * step
        size = float((step * step).sum())
        if size == 0:
            break
        price = np.clip(price - scale * (value - found.served) / size * step, 0.0, 1.0)
    return max(best, found.served), shares


def solve_held(
    incidence: Incidence, demand: Floats, count: int, holds: float, rounds: int = BOUND_ROUNDS
) -> tuple[Held, float]:
    """Return the best choice found and what no choice can exceed; the same question, the same answer."""
    chosen = greedy_held(incidence, demand, count, holds)
    found = share_out(incidence, chosen, demand, holds)
    if not chosen:
        return found, 0.0
    bound, shares = held_bound(incidence, demand, count, holds, found, rounds)
    among = np.flatnonzero(shares > LEAST_SHARE).astype(np.int64)
    if len(among) > count:
        picked = greedy_held(part_of(incidence, among), demand, count, holds)
        other = share_out(incidence, tuple(int(among[one]) for one in picked), demand, holds)
        found = max(found, other, key=lambda one: one.served)
    work = len(incidence.elements) * demand.shape[1] * len(found.chosen)
    if work <= MOST_EXCHANGED:
        found = _exchanged(incidence, demand, holds, found)
    order = np.argsort(-found.loads.sum(axis=1), kind="stable")
    ordered = tuple(found.chosen[int(one)] for one in order)
    return Held(ordered, found.loads[order], found.left), max(bound, found.served)


def _exchanged(incidence: Incidence, demand: Floats, holds: float, found: Held) -> Held:
    """Return ``found`` or a better one: each site given up once for the one that then adds most."""
    for site in found.chosen:
        rest = tuple(one for one in found.chosen if one != site)
        without = share_out(incidence, rest, demand, holds)
        gains = np.minimum(sums_by_hour(incidence, without.left), holds).sum(axis=1)
        gains[list(rest)] = 0.0
        best = int(np.argmax(gains))
        if best == site or without.served + gains[best] <= found.served - holds:
            continue
        other = share_out(incidence, (*rest, best), demand, holds)
        if other.served > found.served * (1 + 1e-9):
            found = other
    return found


def _first_prices(incidence: Incidence, demand: Floats, found: Held) -> Floats:
    """Return prices to begin with: what a site adds above the least one is laid on what it reaches."""
    gains = found.loads.sum(axis=1)
    least = float(gains.min()) if len(gains) else 0.0
    price = np.zeros_like(demand)
    for site, gain in zip(found.chosen, gains.tolist(), strict=True):
        reach = incidence.of(site)
        price[reach] = np.maximum(price[reach], 1 - least / gain if gain > 0 else 0.0)
    return price


def _by_element(elements: Ints, flow: Floats, count: int) -> Floats:
    """Return the sum over the links of each element (elements × hours)."""
    columns = [
        np.bincount(elements, weights=flow[:, hour], minlength=count)
        for hour in range(flow.shape[1])
    ]
    return np.stack(columns, axis=1)


def _top(values: Floats, count: int) -> Ints:
    if count >= len(values):
        return np.arange(len(values))
    return np.asarray(np.argpartition(-values, count)[:count])
