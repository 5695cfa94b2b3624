"""A figure is a number that may be published: declared by the package that owns it."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from nuanxin.kernel.period import PeriodKind

RATIO_DECIMALS = 2
HUNDREDTHS = 10_000
"""Hundredths of a percent in the whole."""


class Unit(StrEnum):
    """Units of figures. 人 (a person counted once) is never 人次 (a service counted each time)."""

    PERSONS = "persons"
    PERSON_TIMES = "person_times"
    UNIONS = "unions"
    EMPLOYERS = "employers"
    YUAN = "yuan"
    PLACES = "places"
    STATIONS = "stations"
    TOWNS = "towns"
    HOURS = "hours"
    PERCENT = "percent"

    @property
    def label(self) -> str:
        """Return the Chinese unit as printed behind the number."""
        return _UNIT_LABELS[self]


_UNIT_LABELS = {
    Unit.PERSONS: "人",
    Unit.PERSON_TIMES: "人次",
    Unit.UNIONS: "家",
    Unit.EMPLOYERS: "家",
    Unit.YUAN: "元",
    Unit.PLACES: "个",
    Unit.STATIONS: "个",
    Unit.TOWNS: "个",
    Unit.HOURS: "小时",
    Unit.PERCENT: "%",
}


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """What a number meant on the days ``valid_from`` to ``valid_to``, both included.

    ``valid_from`` None from the beginning on, ``valid_to`` None until further notice.
    """

    number: int
    text: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Return whether it was in force on ``day``."""
        began = self.valid_from is None or self.valid_from <= day
        return began and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How a figure in percent comes about: the figure ``numerator`` over the ``denominator``.

    ``denominator`` is the kind of a known number of the outside world ("workers_in_scope"), or the
    code of another figure. ``label`` says what it counts, in ``unit``.
    """

    numerator: str
    denominator: str
    label: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class FigureDefinition:
    """What a number means. A changed meaning is a new ``version`` from ``valid_from`` on.

    ``code`` is ``package.what_unit``; ``grain`` is what one row counts ("membership", "union");
    ``dimensions`` are the ways it may be broken down ("region", "occupation", "channel");
    ``owner`` is the package that declares it; ``public`` figures are shown without sign-in.
    ``former`` are the versions before this one, the oldest first. A value of a figure with
    ``decimals`` 2 is an integer of hundredths; a ratio (``ratio``) is one in percent.
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
    former: tuple[DefinitionVersion, ...] = field(default_factory=tuple)
    decimals: int = 0
    ratio: Ratio | None = None

    @property
    def versions(self) -> tuple[DefinitionVersion, ...]:
        """Return every version, the oldest first, the one in force today last."""
        current = DefinitionVersion(self.version, self.definition_zh, self.valid_from)
        return (*self.former, current)

    def version_on(self, day: date) -> DefinitionVersion:
        """Return the version in force on ``day``; of a day before them all, the oldest."""
        return next((one for one in self.versions if one.holds_on(day)), self.versions[0])

    def plain(self, value: int) -> int | float:
        """Return a value as programs read it: 6327 hundredths of a percent are 63.27."""
        return value / 10.0**self.decimals if self.decimals else value

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
        return found + self._problems_of_versions() + self._problems_of_ratio()

    def _problems_of_versions(self) -> list[str]:
        found = []
        for one, following in itertools.pairwise(self.versions):
            told = f"{self.code}: versions {one.number} and {following.number}"
            if following.number != one.number + 1:
                found.append(f"{told} are not numbered one after the other")
            if one.valid_to is None or following.valid_from is None:
                found.append(f"{told} lack the day on which one ends and the other begins")
            elif following.valid_from > one.valid_to + timedelta(days=1):
                found.append(f"{told} leave a gap")
            elif following.valid_from <= one.valid_to:
                found.append(f"{told} overlap")
        for one in self.former:
            if not one.text:
                found.append(f"{self.code}: version {one.number} has no text")
            if one.valid_from and one.valid_to and one.valid_to < one.valid_from:
                found.append(f"{self.code}: version {one.number} ends before it begins")
        if self.versions[0].number != 1:
            found.append(f"{self.code}: the versions before {self.versions[0].number} are missing")
        return found

    def _problems_of_ratio(self) -> list[str]:
        if (self.unit is Unit.PERCENT) != (self.ratio is not None):
            return [f"{self.code}: percent is what a ratio is in, and nothing else is"]
        if self.ratio is not None and self.decimals != RATIO_DECIMALS:
            return [f"{self.code}: a ratio has {RATIO_DECIMALS} decimals"]
        if self.ratio is not None and not (self.ratio.numerator and self.ratio.denominator):
            return [f"{self.code}: a ratio needs a numerator and a denominator"]
        return []


@dataclass(frozen=True, slots=True)
class Denominator:
    """A known number of the outside world that a rate is over: its kind, what it counts, its unit."""

    code: str
    label: str
    unit: Unit


def rate_of(
    numerator: FigureDefinition,
    over: FigureDefinition | Denominator,
    *,
    code: str,
    label: str,
    definition_zh: str,
    dimensions: tuple[str, ...] | None = None,
) -> FigureDefinition:
    """Declare the figure ``code``: the numerator in percent of ``over``, in hundredths.

    Period kind, grain, owner, first day and whether it is public are the numerator's; so are the
    dimensions unless others are named, because the denominator is not known by all of them.
    """
    return FigureDefinition(
        code=code,
        label=label,
        unit=Unit.PERCENT,
        period_kind=numerator.period_kind,
        grain=numerator.grain,
        definition_zh=definition_zh,
        owner=numerator.owner,
        valid_from=numerator.valid_from,
        public=numerator.public,
        dimensions=numerator.dimensions if dimensions is None else dimensions,
        decimals=RATIO_DECIMALS,
        ratio=Ratio(numerator.code, over.code, over.label, over.unit),
    )


def ratio_value(numerator: int, denominator: int) -> int:
    """Return hundredths of a percent, half rounded up: 6,327 of 10,000 are 6327.

    Raises ``ZeroDivisionError`` for a denominator of nothing.
    """
    scale = HUNDREDTHS
    return (2 * scale * numerator + denominator) // (2 * denominator)


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
