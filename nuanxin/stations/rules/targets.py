"""What the three-year programme wants of a place, and which stations to raise to get there.

Source: the programme of five departments of Zhejiang for 2024 to 2026 (a tenth of the benchmark
type, 15 % open round the clock, benchmark stations by towns, at least one in each town). The
numbers are dated parameters; here is only the arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """How many there are and how many there should be."""

    has: int
    needs: int

    @property
    def missing(self) -> int:
        """Return how many more are needed."""
        return max(0, self.needs - self.has)


@dataclass(frozen=True, slots=True)
class Raisable:
    """A station that could be raised: its number, its town, how many things it lacks for it."""

    station: int
    town: str
    lacks: int


def share_needed(stations: int, permille: int) -> int:
    """Return the least number that is the share, rounded up: 10 % of 21 is 3."""
    return -(-stations * permille // 1000)


def benchmarks_needed(stations: int, towns: int, share_permille: int, town_permille: int) -> int:
    """Return how many benchmark stations a place needs: by share or by towns, whichever is more."""
    return max(share_needed(stations, share_permille), share_needed(towns, town_permille))


def raise_fewest(
    candidates: Sequence[Raisable], towns_with: Mapping[str, int], missing: int
) -> list[Raisable]:
    """Return whom to raise so that ``missing`` more are there and each town that can has one.

    ``towns_with`` counts what towns have already. In sum they lack as little as possible: in each
    town without one the station that lacks least is needed in any case, the rest are those that
    lack least anywhere. Equal ones by number. In order of what they lack.
    """
    ordered = sorted(candidates, key=lambda one: (one.lacks, one.station))
    first: dict[str, Raisable] = {}
    for one in ordered:
        if one.town and not towns_with.get(one.town):
            first.setdefault(one.town, one)
    chosen = list(first.values())
    taken = {one.station for one in chosen}
    rest = [one for one in ordered if one.station not in taken]
    chosen += rest[: max(0, missing - len(chosen))]
    return sorted(chosen, key=lambda one: (one.lacks, one.station))
