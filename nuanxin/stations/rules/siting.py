"""Which sites serve most demand that nobody serves yet: maximal coverage by lazy greedy choice.

Pure arithmetic on arrays: no table, no clock, no chance. An *element* is demand that is served as a
whole or not at all (a grid cell in a class of hours); its weight is in person-hours. A *candidate*
covers a set of elements. Coverage has no capacity: one open station in reach serves everybody there
(where what it holds counts: ``siting_capacity``, ADR 0180).
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Incidence:
    """What each candidate covers: ``elements[starts[j]:starts[j + 1]]``, each at most once.

    ``weights`` are the elements' person-hours, none negative.
    """

    starts: Ints
    elements: Ints
    weights: Floats

    @property
    def candidates(self) -> int:
        """Return how many candidates there are."""
        return len(self.starts) - 1

    def of(self, candidate: int) -> Ints:
        """Return the elements that one candidate covers."""
        return self.elements[self.starts[candidate] : self.starts[candidate + 1]]


@dataclass(frozen=True, slots=True)
class Choice:
    """Candidates in the order in which they were chosen, with what each adds to those before."""

    chosen: tuple[int, ...]
    gains: tuple[float, ...]

    @property
    def served(self) -> float:
        """Return the weight that all chosen together cover."""
        return float(sum(self.gains))


def within_reach(
    sites_lat: Floats, sites_lng: Floats, cells_lat: Floats, cells_lng: Floats, reach_m: float
) -> tuple[Ints, Ints]:
    """Return (starts, cells): for each site the cells within ``reach_m`` over the ground, ascending.

    Points are WGS-84 degrees. Exact by great circle; rows of latitude only narrow the search.
    """
    height = np.degrees(reach_m / EARTH_RADIUS_M) * 1.000001
    rows = np.floor(cells_lat / height).astype(np.int64)
    order = np.lexsort((cells_lng, rows))
    rows, lng = rows[order], cells_lng[order]
    # one sorted key: the row, then the longitude within it
    key = rows * 1000.0 + lng
    site_rows = np.floor(sites_lat / height).astype(np.int64)
    widest = np.maximum(np.abs(sites_lat), np.abs(sites_lat) + height)
    width = height / np.cos(np.radians(np.minimum(widest, 89.0)))
    firsts, lasts = [], []
    for off in (-1, 0, 1):
        base = (site_rows + off) * 1000.0
        firsts.append(np.searchsorted(key, base + sites_lng - width, "left"))
        lasts.append(np.searchsorted(key, base + sites_lng + width, "right"))
    first, last = np.stack(firsts, 1), np.stack(lasts, 1)
    counts = last - first
    flat = counts.ravel()
    owners = np.repeat(np.arange(len(sites_lat)), counts.sum(axis=1))
    ends = np.cumsum(flat)
    positions = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - flat, flat)
    cells = order[positions + np.repeat(first.ravel(), flat)]
    near = _distance_m(sites_lat[owners], sites_lng[owners], cells_lat[cells], cells_lng[cells])
    kept = near <= reach_m
    owners, cells = owners[kept], cells[kept]
    sorting = np.lexsort((cells, owners))
    starts = np.zeros(len(sites_lat) + 1, np.int64)
    np.cumsum(np.bincount(owners, minlength=len(sites_lat)), out=starts[1:])
    return starts, cells[sorting].astype(np.int64)


def lazy_greedy(incidence: Incidence, count: int) -> Choice:
    """Return up to ``count`` candidates, each the one that adds most; equal ones by lowest number.

    Gains only shrink, so a candidate is looked at again only when it comes to the top. The answer
    is the same as looking at all anew each time, and at least 63 % of the best possible.
    """
    left = incidence.weights.copy()
    gains = row_sums(incidence, left)
    heap = [(-gain, site) for site, gain in enumerate(gains.tolist()) if gain > 0]
    heapq.heapify(heap)
    chosen: list[int] = []
    added: list[float] = []
    starts, elements = incidence.starts, incidence.elements
    while heap and len(chosen) < count:
        _, site = heap[0]
        covered = elements[starts[site] : starts[site + 1]]
        gain = float(left[covered].sum())
        if gain <= 1e-9:
            heapq.heappop(heap)
            continue
        heapq.heapreplace(heap, (-gain, site))
        if heap[0][1] != site:
            continue
        heapq.heappop(heap)
        left[covered] = 0.0
        chosen.append(site)
        added.append(gain)
    return Choice(tuple(chosen), tuple(added))


def served_by(incidence: Incidence, chosen: tuple[int, ...] | list[int]) -> float:
    """Return the weight that ``chosen`` cover together, counted anew."""
    covered = np.zeros(len(incidence.weights), bool)
    for site in chosen:
        covered[incidence.of(site)] = True
    return float(incidence.weights[covered].sum())


def in_order_of_gain(incidence: Incidence, chosen: tuple[int, ...] | list[int]) -> Choice:
    """Return ``chosen`` as a ``Choice``: the one that adds most first."""
    sites = np.array(sorted(set(chosen)), np.int64)
    sizes = incidence.starts[sites + 1] - incidence.starts[sites]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = [incidence.of(int(site)) for site in sites]
    elements = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    part = Incidence(starts, elements, incidence.weights)
    ordered = lazy_greedy(part, len(sites))
    return Choice(tuple(int(sites[place]) for place in ordered.chosen), ordered.gains)


def row_sums(incidence: Incidence, values: Floats) -> Floats:
    """Return for each candidate the sum of ``values`` over what it covers."""
    sums = np.zeros(incidence.candidates)
    filled = np.flatnonzero(np.diff(incidence.starts))
    if len(filled):
        sums[filled] = np.add.reduceat(values[incidence.elements], incidence.starts[filled])
    return sums


def merged(incidence: Incidence, seed: int = 1) -> Incidence:
    """Return the same question with elements that exactly the same candidates cover made one.

    Elements without weight or without candidate go. Sets are told apart by two 64-bit sums of
    numbers drawn for the candidates with ``seed``.
    """
    elements, weights = incidence.elements, incidence.weights
    owners = np.repeat(np.arange(incidence.candidates), np.diff(incidence.starts))
    kept = weights[elements] > 0
    elements, owners = elements[kept], owners[kept]
    draws = np.random.default_rng(seed).integers(
        0, 2**64, (2, incidence.candidates), dtype=np.uint64
    )
    by_element = np.argsort(elements, kind="stable")
    elements, owners = elements[by_element], owners[by_element]
    present, first = np.unique(elements, return_index=True)
    if not len(present):
        none = np.zeros(0, np.int64)
        return Incidence(np.zeros(incidence.candidates + 1, np.int64), none, np.zeros(0))
    sums = np.stack([np.add.reduceat(draw[owners], first) for draw in draws], 1)
    _, leader, group = np.unique(sums, axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    totals: Floats = np.zeros(len(leader))
    np.add.at(totals, group, weights[present])
    is_leader = np.zeros(len(present), bool)
    is_leader[leader] = True
    which = np.repeat(np.arange(len(present)), np.diff(np.append(first, len(elements))))
    chosen = is_leader[which]
    owners, groups = owners[chosen], group[which[chosen]]
    sorting = np.lexsort((groups, owners))
    starts = np.zeros(incidence.candidates + 1, np.int64)
    np.cumsum(np.bincount(owners, minlength=incidence.candidates), out=starts[1:])
    return Incidence(starts, groups[sorting].astype(np.int64), totals)


def _distance_m(lat1: Floats, lng1: Floats, lat2: Floats, lng2: Floats) -> Floats:
    north, east = np.radians(lat2 - lat1) / 2, np.radians(lng2 - lng1) / 2
    square = np.sin(north) ** 2
    square += np.cos(np.radians(lat1)) * np.cos(np.radians(lat2)) * np.sin(east) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, square))))
