"""What can be told of a rule before anybody is asked: clauses that contradict one another."""

from datetime import date
from itertools import combinations

from nuanxin.eligibility.rules.binding import Bound, BoundRule, Joined, bind
from nuanxin.eligibility.rules.catalogue import Catalogue
from nuanxin.eligibility.rules.changing import Ways
from nuanxin.eligibility.rules.faults import RuleFaulty, faulty
from nuanxin.eligibility.rules.reading import read_rule
from nuanxin.eligibility.states import Join


def read_checked(text: str, catalogue: Catalogue, *, on: date, adcode: str = "") -> BoundRule:
    """Return the rule of the text, bound to a day; raise ``RuleFaulty`` with what is wrong."""
    bound = bind(read_rule(text, catalogue), on=on, adcode=adcode)
    check_can_hold(bound)
    return bound


def read_near(text: str, catalogue: Catalogue, *, on: date, adcode: str = "") -> BoundRule:
    """Return the same on ``on``, or on the nearest day on which the rule is in force."""
    rule = read_rule(text, catalogue)
    day = max(on, rule.valid_from)
    if rule.valid_to:
        day = min(day, rule.valid_to)
    return read_checked(text, catalogue, on=day, adcode=adcode)


def check_can_hold(bound: BoundRule) -> None:
    """Return when somebody could fit; raise ``RuleFaulty`` eligibility.contradiction otherwise."""
    for condition in bound.conditions:
        _check(bound, condition)
    if _can_hold(bound, bound.conditions):
        return
    raise _contradiction(bound, bound.conditions)


def _check(bound: BoundRule, node: Bound) -> None:
    """Look into the smallest groups first, so that the fault stands where it is made."""
    if not isinstance(node, Joined) or node.join is Join.NOT:
        return
    for part in node.parts:
        _check(bound, part)
    if not _can_hold(bound, (node,)):
        raise _contradiction(bound, node.parts if node.join is Join.ALL else (node,))


def _can_hold(bound: BoundRule, parts: tuple[Bound, ...]) -> bool:
    """Return whether the parts can hold together; True where it cannot be looked through."""
    ways = Ways(bound, [0] * len(bound.facts))
    return bool(ways.together(parts)) or ways.is_capped


def _contradiction(bound: BoundRule, parts: tuple[Bound, ...]) -> RuleFaulty:
    for one, two in combinations(parts, 2):
        if not _can_hold(bound, (one, two)):
            return faulty(
                two.place,
                "contradiction",
                f"“{two.text}”和第 {one.place.line} 行的“{one.text}”不能同时成立，没有人会符合。",
            )
    said = "、".join(f"“{part.text}”" for part in parts)
    return faulty(parts[0].place, "contradiction", f"{said}：永远不能成立，没有人会符合。")
