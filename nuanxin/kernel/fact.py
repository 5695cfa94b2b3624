"""A fact is what a rule may ask about a person: declared by the package that knows it."""

from dataclasses import dataclass
from enum import StrEnum


class FactType(StrEnum):
    """What kind of value a fact has."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    FEN = "fen"
    DATE = "date"
    CODE = "code"
    TEXT = "text"


class Sensitivity(StrEnum):
    """How carefully a fact is kept (个人信息保护法 a.28 draws the line to SENSITIVE)."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _SENSITIVITY_LABELS[self]


_SENSITIVITY_LABELS = {
    Sensitivity.PUBLIC: "可公开",
    Sensitivity.INTERNAL: "内部",
    Sensitivity.PERSONAL: "个人信息",
    Sensitivity.SENSITIVE: "敏感个人信息",
}


class Freshness(StrEnum):
    """How old the value may be when a rule reads it."""

    LIVE = "live"
    DAILY = "daily"
    DECLARED = "declared"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            Freshness.LIVE: "实时",
            Freshness.DAILY: "每日更新",
            Freshness.DECLARED: "本人填报",
        }[self]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a fact can have: as rules write it, as it is stored, as people read it."""

    code: str
    value: int | str
    label: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: ``name`` is ``package.noun`` and stable; ``unit`` "" where there is none.

    ``sql`` is an expression over the worker row ``w`` and the day ``%(day)s`` that yields the value
    or NULL for unknown, so that one person and a million are asked the same way.

    ``choices`` are its values where they are few. ``is_given``: nobody can change it (day of birth),
    so no advice names it first. A SENSITIVE fact has a ``legal_basis`` and a ``consent`` (the number
    of a purpose): it is read only while that consent stands. ``keeps_days``: a stated value older
    than that counts as unknown. ``question_zh`` asks for it, ``document_zh`` is the paper that
    proves it.
    """

    name: str
    label: str
    unit: str
    type: FactType
    sql: str
    sensitivity: Sensitivity = Sensitivity.PERSONAL
    freshness: Freshness = Freshness.LIVE
    definition_zh: str = ""
    choices: tuple[Choice, ...] = ()
    is_given: bool = False
    legal_basis: str = ""
    consent: int | None = None
    keeps_days: int | None = None
    question_zh: str = ""
    document_zh: str = ""

    def problems(self) -> list[str]:
        """Return what is wrong with the declaration, empty when it stands."""
        found = []
        if self.sensitivity is Sensitivity.SENSITIVE and not (self.legal_basis and self.consent):
            found.append(f"{self.name}: a sensitive fact needs a legal basis and a consent")
        if not self.label or not self.definition_zh:
            found.append(f"{self.name}: label and definition are both needed")
        return found
