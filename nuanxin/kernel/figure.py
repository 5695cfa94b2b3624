"""A figure is a number that may be published: declared by the package that owns it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from nuanxin.kernel.period import PeriodKind


class Unit(StrEnum):
    """Units of figures. 人 (a person counted once) is never 人次 (a service counted each time)."""

    PERSONS = "persons"
    PERSON_TIMES = "person_times"
    UNIONS = "unions"
    YUAN = "yuan"
    PLACES = "places"
    PERCENT = "percent"

    @property
    def label(self) -> str:
        """Return the Chinese unit as printed behind the number."""
        return _UNIT_LABELS[self]


_UNIT_LABELS = {
    Unit.PERSONS: "人",
    Unit.PERSON_TIMES: "人次",
    Unit.UNIONS: "家",
    Unit.YUAN: "元",
    Unit.PLACES: "个",
    Unit.PERCENT: "%",
}


@dataclass(frozen=True, slots=True)
class FigureDefinition:
    """What a number means. A changed meaning is a new ``version`` from ``valid_from`` on.

    ``code`` is ``package.what_unit``; ``grain`` is what one row counts ("membership", "union");
    ``dimensions`` are the ways it may be broken down ("region", "occupation", "channel");
    ``owner`` is the package that declares it; ``public`` figures are shown without sign-in.
    """

    code: str
    label: str
    unit: Unit
    period_kind: PeriodKind
    grain: str
    definition_zh: str
    owner: str
    version: int = 1
    valid_from: date | None = None
    public: bool = False
    dimensions: tuple[str, ...] = field(default_factory=tuple)

    def problems(self) -> list[str]:
        """Return what is wrong with the declaration, empty when it stands."""
        found = []
        if not self.code.startswith(f"{self.owner}."):
            found.append(f"{self.code}: the code must begin with its owner {self.owner}")
        if not self.label or not self.definition_zh:
            found.append(f"{self.code}: label and definition are both needed")
        if self.version < 1:
            found.append(f"{self.code}: versions begin at 1")
        if len(set(self.dimensions)) != len(self.dimensions):
            found.append(f"{self.code}: a dimension is named twice")
        return found


def check_definitions(definitions: Iterable[FigureDefinition]) -> list[str]:
    """Return the problems of all definitions together, and of any code and version used twice."""
    seen: set[tuple[str, int]] = set()
    found = []
    for definition in definitions:
        found += definition.problems()
        if (definition.code, definition.version) in seen:
            found.append(f"{definition.code}: version {definition.version} is declared twice")
        seen.add((definition.code, definition.version))
    return found
