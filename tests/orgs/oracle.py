"""A naive model of the union tree: for every moment of knowledge, who stood under whom each day.

It shares nothing with the product: no periods, no closure, just a table day by day, copied whole at
each change. Days are numbers from 0 to ``LAST``; the last stands for today and all that follows.
"""

from copy import deepcopy
from dataclasses import dataclass, field

LAST = 24
ROOT = "R"


class Impossible(Exception):
    """The change would leave a union under itself, or under one that does not exist that day."""


@dataclass
class Oracle:
    """``parents[union][day]`` is the parent that day; a day that is absent: it did not exist."""

    parents: dict[str, dict[int, str]] = field(default_factory=dict)
    known: list[dict[str, dict[int, str]]] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known.append({})

    def found(self, union: str, parent: str, day: int) -> None:
        """Let a union exist from ``day`` on."""
        self._adopt({**self.parents, union: dict.fromkeys(range(day, LAST + 1), parent)})

    def put(self, union: str, parent: str, first: int, beyond: int = LAST + 1) -> None:
        """Let ``parent`` be its parent on the days from ``first`` to before ``beyond``."""
        changed = deepcopy(self.parents)
        for day in range(first, beyond):
            if day not in changed[union]:
                raise Impossible(f"{union} does not exist on {day}")
            changed[union][day] = parent
        self._adopt(changed)

    def merge(self, sources: list[str], target: str, day: int) -> None:
        """End the sources on ``day``; what was under them then or later goes to the target."""
        if target in sources:
            raise Impossible("merged into itself")
        changed = deepcopy(self.parents)
        for union, days in changed.items():
            for each in list(days):
                if each >= day and union in sources:
                    del days[each]
                elif each >= day and days[each] in sources:
                    days[each] = target
        self._adopt(changed)
        self.ended |= set(sources)

    def dissolve(self, union: str, day: int) -> None:
        """End a union on ``day``."""
        changed = deepcopy(self.parents)
        changed[union] = {d: p for d, p in changed[union].items() if d < day}
        self._adopt(changed)
        self.ended.add(union)

    def split(self, union: str, parts: dict[str, list[str]], day: int, *, ends: bool) -> None:
        """Found the parts beside the union, with those children each, from ``day`` on."""
        changed = deepcopy(self.parents)
        for part, children in parts.items():
            changed[part] = {d: changed[union][d] for d in range(day, LAST + 1)}
            for child in children:
                for each in range(day, LAST + 1):
                    changed[child][each] = part
        if ends:
            changed[union] = {d: p for d, p in changed[union].items() if d < day}
            self.ended.add(union)
        self._adopt(changed)

    def remember(self) -> None:
        """Keep what is known now as one more moment of knowledge."""
        self.known.append(deepcopy(self.parents))

    def closure(self, day: int, moment: int = -1) -> set[tuple[str, str, int]]:
        """Return (ancestor, union, distance) of a day as known at a moment (-1: now)."""
        return closure_of(self.known[moment], day)

    def children(self, union: str, day: int, moment: int = -1) -> set[str]:
        """Return who stood directly under a union."""
        return {u for u, days in self.known[moment].items() if days.get(day) == union}

    def living(self) -> list[str]:
        """Return who exists today, without the root."""
        return sorted(u for u, days in self.parents.items() if LAST in days)

    def first_day(self, union: str) -> int:
        """Return the day of founding; the root's is the first of all."""
        return 0 if union == ROOT else min(self.parents[union])

    def _adopt(self, changed: dict[str, dict[int, str]]) -> None:
        for day in range(LAST + 1):
            closure_of(changed, day)
        self.parents = changed


def closure_of(parents: dict[str, dict[int, str]], day: int) -> set[tuple[str, str, int]]:
    """Walk up from every union that exists on a day; raise ``Impossible`` if it leads nowhere."""
    found = {(ROOT, ROOT, 0)}
    for union, days in parents.items():
        if day not in days:
            continue
        here, distance = union, 0
        found.add((union, union, 0))
        while here != ROOT:
            here, distance = parents.get(here, {}).get(day, ""), distance + 1
            if not here or distance > len(parents) + 1:
                raise Impossible(f"{union} on {day}")
            found.add((here, union, distance))
    return found
