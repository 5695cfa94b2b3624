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
class Fact:
    """One fact: ``name`` is ``package.noun`` and stable; ``unit`` "" where there is none.

    ``sql`` is an expression over the worker row ``w`` and the day ``%(day)s`` that yields the value
    or NULL for unknown, so that one person and a million are asked the same way.
    """

    name: str
    label: str
    unit: str
    type: FactType
    sql: str
    sensitivity: Sensitivity = Sensitivity.PERSONAL
    freshness: Freshness = Freshness.LIVE
    definition_zh: str = ""
