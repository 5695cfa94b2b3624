"""Which grade a station has by the standard of its place, and what the next one still asks.

The standards are dated parameters (``parameters/grades.yaml``). What nobody has noted (a sign, the
area) is not known: it neither gives a grade nor is it called missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.kernel.parameters import parameter

KEY = "stations.grades"


@dataclass(frozen=True, slots=True)
class StationFacts:
    """What a standard may ask about; None is: nobody has noted it."""

    facilities: Mapping[str, bool]
    """Kind of facility: whether it works. A kind that is not there is left out."""
    area_m2: int | None = None
    capacity_persons: int | None = None
    has_sign: bool | None = None
    has_rules: bool | None = None
    on_a_map: bool | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a grade asks: met (True), not (False), not known (None), and what is wrong."""

    key: str
    label: str
    is_met: bool | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class GradeAnswer:
    """One grade with every item, and whether all are met (None: depends on what is not known)."""

    key: str
    label: str
    source: str
    items: tuple[Item, ...]

    @property
    def is_met(self) -> bool | None:
        """Return yes when all items are met, no when one is not, None when that is open."""
        answers = [item.is_met for item in self.items]
        if False in answers:
            return False
        return None if None in answers else True

    @property
    def missing(self) -> tuple[Item, ...]:
        """Return the items that are not met."""
        return tuple(item for item in self.items if item.is_met is False)

    @property
    def unknown(self) -> tuple[Item, ...]:
        """Return the items that nobody has noted."""
        return tuple(item for item in self.items if item.is_met is None)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The grade that is reached (None: none yet) and the next one (None: there is none higher)."""

    reached: GradeAnswer | None
    following: GradeAnswer | None


def grade(facts: StationFacts, *, adcode: str, on: date, labels: Mapping[str, str]) -> Ladder:
    """Return where the station stands on the ladder of its place on a day.

    A grade counts only with all that stand below it. ``labels`` are the names of facilities.
    """
    standard = parameter(KEY, adcode=adcode, on=on)
    reached: GradeAnswer | None = None
    for step in standard.value:
        answer = GradeAnswer(
            step["key"],
            step["label"],
            standard.source,
            tuple(_judged(item, facts, labels) for item in step["items"]),
        )
        if not answer.is_met:
            return Ladder(reached, answer)
        reached = answer
    return Ladder(reached, None)


def lacking(
    facts: StationFacts, *, adcode: str, on: date, labels: Mapping[str, str]
) -> tuple[Item, ...]:
    """Return every item of the whole ladder that is not met or not known, each key once."""
    found: dict[str, Item] = {}
    for step in parameter(KEY, adcode=adcode, on=on).value:
        for item in step["items"]:
            answer = _judged(item, facts, labels)
            if not answer.is_met:
                found.setdefault(answer.key, answer)
    return tuple(found.values())


def _judged(item: Mapping[str, Any], facts: StationFacts, labels: Mapping[str, str]) -> Item:
    if "fact" in item:
        return _fact_item(item, getattr(facts, item["fact"]))
    works = {kind for kind, ok in facts.facilities.items() if ok}
    if "beyond" in item:
        more = works - set(item["beyond"])
        short = item["at_least"] - len(more)
        why = f"还差 {short} 样" if short > 0 else ""
        return Item(item["key"], item["label"], short <= 0, why)
    wanted = item.get("all_of") or item["any_of"]
    lacking = [kind for kind in wanted if kind not in works]
    is_met = not lacking if "all_of" in item else len(lacking) < len(wanted)
    broken = [labels.get(kind, kind) for kind in lacking if kind in facts.facilities]
    why = "" if is_met else f"{'、'.join(broken)}坏了" if broken else "没有"
    return Item(item["key"], item["label"], is_met, why)


def _fact_item(item: Mapping[str, Any], value: Any) -> Item:
    if value is None:
        return Item(item["key"], item["label"], None, "没有登记")
    least = item.get("at_least")
    if least is None:
        return Item(item["key"], item["label"], bool(value), "" if value else "没有")
    why = "" if value >= least else f"现在 {value}，要 {least}"
    return Item(item["key"], item["label"], value >= least, why)
