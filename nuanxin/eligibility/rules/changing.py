"""The smallest change that turns an answer: which facts would have to lie elsewhere, and where.

A way is a set of facts, each with the regions (bits) it must lie in, that makes a condition surely
yes or surely no. Ways are built from the leaves up: all is every part's way together, any is one
part's way, at least n is n of them, not swaps the wish. A way costs the facts that lie elsewhere
now or are not known; of equal ways the one whose facts a person can change comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from nuanxin.eligibility.rules.binding import Bound, BoundRule, Regions, Test
from nuanxin.eligibility.rules.tree import Value
from nuanxin.eligibility.states import Join, Truth
from nuanxin.kernel.fact import FactType

MOST_WAYS = 128
Way = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One fact from a value (None: not known) to another."""

    regions: Regions
    before: Value | None
    after: Value


class Ways:
    """Finds the cheapest ways for one person (``states``: a bit a fact, 0 where not known)."""

    def __init__(self, bound: BoundRule, states: list[int]) -> None:
        self.states = states
        self.fixed = [regions.fact.is_given for regions in bound.facts]
        self.possible = [
            sum(1 << at for at, (_, samples) in enumerate(regions.samples) if samples)
            for regions in bound.facts
        ]
        self.conditions = bound.conditions
        self.is_capped = False

    def to(self, wish: Truth) -> list[Way]:
        """Return the ways that make the rule surely yes or surely no, cheapest first."""
        if wish is Truth.YES:
            return self._all([self._of(one, True) for one in self.conditions])
        return self._pruned(way for one in self.conditions for way in self._of(one, False))

    def together(self, parts: Iterable[Bound]) -> list[Way]:
        """Return the ways that make all these conditions hold."""
        return self._all([self._of(part, True) for part in parts])

    def _of(self, bound: Bound, wish: bool) -> list[Way]:
        if isinstance(bound, Test):
            every = self.possible[bound.fact]
            mask = every & bound.mask if wish else every & ~bound.mask
            return [{bound.fact: mask}] if mask else []
        if bound.join is Join.NOT:
            return self._of(bound.parts[0], not wish)
        needed = len(bound.parts) if bound.join is Join.ALL else max(bound.count, 1)
        if not wish:  # it fails when so many parts fail that the rest is too few
            needed = len(bound.parts) - needed + 1
        return self._some([self._of(part, wish) for part in bound.parts], needed)

    def _some(self, parts: list[list[Way]], needed: int) -> list[Way]:
        """Return the ways in which ``needed`` of the parts have their wish."""
        if needed == 1:
            return self._pruned(way for part in parts for way in part)
        if needed == len(parts):
            return self._all(parts)
        done: list[list[Way]] = [[] for _ in range(needed + 1)]
        done[0] = [{}]
        for part in parts:
            for have in range(needed, 0, -1):
                more = self._both(done[have - 1], part)
                done[have] = self._pruned([*done[have], *more])
        return done[needed]

    def _all(self, parts: list[list[Way]]) -> list[Way]:
        ways: list[Way] = [{}]
        for part in parts:
            ways = self._both(ways, part)
        return ways

    def _both(self, left: list[Way], right: list[Way]) -> list[Way]:
        return self._pruned(way for one in left for two in right if (way := _meet(one, two)))

    def _pruned(self, ways: Iterable[Way]) -> list[Way]:
        """Return the ways once each, cheapest first, and not more than can be looked through."""
        unique = {tuple(sorted(way.items())): way for way in ways}
        kept = sorted(unique.values(), key=self.cost)
        if len(kept) > MOST_WAYS:
            self.is_capped = True
        return kept[:MOST_WAYS]

    def cost(self, way: Way) -> tuple[int, int]:
        """Return how many facts would have to change, and how many of them nobody can change."""
        moved = [fact for fact, mask in way.items() if not self.states[fact] & mask]
        return len(moved), sum(self.fixed[fact] for fact in moved)


def _meet(one: Way, two: Way) -> Way | None:
    met = dict(one)
    for fact, mask in two.items():
        met[fact] = met.get(fact, -1) & mask
        if not met[fact]:
            return None
    return met


def smallest_change(
    bound: BoundRule, states: list[int], values: Mapping[str, Value], *, to: Truth
) -> tuple[Change, ...]:
    """Return the fewest facts that make the answer ``to``, each with the nearest value; () if none."""
    ways = Ways(bound, states).to(to)
    if not ways:
        return ()
    changes = []
    for number, mask in ways[0].items():
        if states[number] & mask:
            continue
        regions = bound.facts[number]
        before = values.get(regions.fact.name)
        changes.append(Change(regions, before, _nearest(regions, mask, before)))
    return tuple(changes)


def _nearest(regions: Regions, mask: int, before: Value | None) -> Value:
    """Return the value in one of the regions that is nearest to the one before."""
    among = [
        value
        for at, (_, samples) in enumerate(regions.samples)
        if mask >> at & 1
        for value in samples
    ]
    if regions.fact.type in (FactType.INTEGER, FactType.FEN) and isinstance(before, int):
        if not regions.fact.choices:
            return min(among, key=lambda value: abs(int(value) - before))  # type: ignore[arg-type]
    elif isinstance(before, date):
        return min(among, key=lambda value: _days(value, before))
    return among[0]


def _days(value: Value, before: date) -> int:
    return abs((value - before).days) if isinstance(value, date) else 0
