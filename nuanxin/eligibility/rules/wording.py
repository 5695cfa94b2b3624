"""A whole rule in plain Chinese, a line a clause: what it is called and what it really compares."""

from collections.abc import Iterator
from dataclasses import dataclass

from nuanxin.eligibility.rules.binding import Bound, BoundRule, Joined, Test
from nuanxin.eligibility.rules.tree import Clause, Group, Node
from nuanxin.eligibility.rules.words import say_clause


@dataclass(frozen=True, slots=True)
class Said:
    """A clause or a group in words. ``detail`` is what is compared, "" where the words say it."""

    depth: int
    text: str
    detail: str
    is_group: bool


def say_rule(bound: BoundRule) -> list[Said]:
    """Return the conditions in order, the parts of a group below it.

    The words are those that people are told; the detail is made from what the machine compares, so
    that a label that says something else is seen.
    """
    pairs = zip(bound.rule.conditions, bound.conditions, strict=True)
    return [said for node, part in pairs for said in _say(node, part, 0)]


def _say(node: Node, part: Bound, depth: int) -> Iterator[Said]:
    if isinstance(node, Clause) and isinstance(part, Test):
        compared = say_clause(node, part.predicate)
        yield Said(depth, part.text, "" if part.text == compared else compared, is_group=False)
    elif isinstance(node, Group) and isinstance(part, Joined):
        yield Said(depth, part.text, node.join.label if node.label else "", is_group=True)
        for inner, bound in zip(node.parts, part.parts, strict=True):
            yield from _say(inner, bound, depth + 1)
