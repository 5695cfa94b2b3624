"""What to ask when it cannot be said yet: the shortest list whose answers decide, whatever they are."""

from nuanxin.eligibility.rules.binding import Bound, BoundRule, Test, truth_of
from nuanxin.eligibility.states import Truth

MOST_TRIALS = 4_000
"""Combinations looked through before a fact is kept on the list without proof that it is needed."""


def facts_to_ask(bound: BoundRule, states: list[int]) -> list[int]:
    """Return the numbers of the facts to ask for, the one that may end the questions soonest first.

    Empty when the answer is known already. Every answer to all of them decides; none can be left
    out (unless the rule is so intertwined that looking would take too long).
    """
    if rule_truth(bound, states) is not Truth.UNKNOWN:
        return []
    listed = list(
        dict.fromkeys(fact for one in bound.conditions for fact in _open_facts(one, states))
    )
    trials = _Trials(bound, states)
    for fact in list(listed):
        without = [other for other in listed if other != fact]
        if trials.decide(without):
            listed = without
    return sorted(listed, key=lambda fact: (-_deciding(bound, states, fact), listed.index(fact)))


def rule_truth(bound: BoundRule, states: list[int]) -> Truth:
    """Return what the whole rule says: the least of its conditions."""
    return min(truth_of(condition, states) for condition in bound.conditions)


def _open_facts(bound: Bound, states: list[int]) -> list[int]:
    """Return the unknown facts below a condition that is not decided, in the order of the text."""
    if truth_of(bound, states) is not Truth.UNKNOWN:
        return []
    if isinstance(bound, Test):
        return [bound.fact]
    return [fact for part in bound.parts for fact in _open_facts(part, states)]


def _deciding(bound: BoundRule, states: list[int], fact: int) -> int:
    """Return how many of the fact's regions would decide at once."""
    decided = 0
    for region in _possible(bound, fact):
        tried = list(states)
        tried[fact] = region
        decided += rule_truth(bound, tried) is not Truth.UNKNOWN
    return decided


def _possible(bound: BoundRule, fact: int) -> list[int]:
    return [1 << at for at in range(len(bound.facts[fact].samples))]


class _Trials:
    """Tries answers until one set of them leaves the question open."""

    def __init__(self, bound: BoundRule, states: list[int]) -> None:
        self.bound, self.start, self.left = bound, states, MOST_TRIALS

    def decide(self, facts: list[int]) -> bool:
        """Return whether every answer to these facts decides; False when that takes too long."""
        return self._decided(list(self.start), facts)

    def _decided(self, states: list[int], facts: list[int]) -> bool:
        self.left -= 1
        if rule_truth(self.bound, states) is not Truth.UNKNOWN:
            return True
        if not facts or self.left < 0:
            return False
        fact, *others = facts
        for region in _possible(self.bound, fact):
            states[fact] = region
            decided = self._decided(states, others)
            states[fact] = 0
            if not decided:
                return False
        return True
