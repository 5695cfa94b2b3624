"""What may be attested is data: which facts, by whom, for how long, asked in which words.

A file a list, YAML, in ``programmes/parameters/attestable/`` and ``$NUANXIN_DATA/attestable/``; an entry
there adds a fact or replaces the one of its name. How: docs/how-to/add-an-attested-fact.md.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanxin.kernel import occupations
from nuanxin.programmes.states import AttesterKind

_SHIPPED = Path(__file__).resolve().parent.parent / "parameters" / "attestable"
KINDS = ("number", "choice", "yes_no", "occupation")
_MUST = ("fact", "field", "label", "ask", "kind", "by", "days", "source", "checked_on")
_MAY = ("hint", "unit", "least", "most", "choices", "declares")
LONGEST_DAYS = 366
_YES_NO = ((1, "是"), (0, "不是"))


@dataclass(frozen=True, slots=True)
class Declared:
    """A fact that no package declares: how long what is stated counts, how it is asked and proved."""

    keeps_days: int
    question: str
    document: str


@dataclass(frozen=True, slots=True)
class Attestable:
    """A fact that somebody may attest; ``days`` is how long at most what he says holds."""

    fact: str
    field: str
    label: str
    ask: str
    kind: str
    by: frozenset[AttesterKind]
    days: int
    source: str
    checked_on: date
    hint: str = ""
    unit: str = ""
    least: int = 0
    most: int = 0
    choices: tuple[tuple[int, str], ...] = ()
    declares: Declared | None = None

    def said(self, value: int) -> str:
        """Return a value in words: 36 个月, 电动自行车."""
        if self.kind == "occupation":
            return occupations.by_key(value).label
        if self.choices:
            return dict(self.choices).get(value, str(value))
        return f"{value} {self.unit}".strip()

    def holds(self, value: int) -> bool:
        """Return whether the value can be; an unknown occupation raises as the register does."""
        if self.kind == "occupation":
            return bool(occupations.by_key(value))
        if self.choices:
            return value in dict(self.choices)
        return self.least <= value <= self.most


def all_attestable() -> tuple[Attestable, ...]:
    """Return what may be attested, in the order of the files. Raises ``ValueError`` that names the fault."""
    return _load(os.environ.get("NUANXIN_DATA", ""))


def attestable(fact: str) -> Attestable | None:
    """Return how a fact is attested, None for one that nobody attests."""
    return next((one for one in all_attestable() if one.fact == fact), None)


@lru_cache(maxsize=4)
def _load(data_folder: str) -> tuple[Attestable, ...]:
    import yaml  # late: rules are quick to import

    found: dict[str, Attestable] = {}
    for folder in [_SHIPPED] + ([Path(data_folder) / "attestable"] if data_folder else []):
        for path in sorted(folder.glob("*.yaml")):
            for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
                one = read_attestable(entry)
                found[one.fact] = one
    fields = [one.field for one in found.values()]
    if len(set(fields)) < len(fields):
        raise ValueError(f"two attested facts share a field: {fields}")
    return tuple(found.values())


def read_attestable(entry: Mapping[str, Any]) -> Attestable:
    """Return what an entry says; raise ``ValueError`` with everything that is wrong in it."""
    faults = list(_faults(entry))
    if faults:
        raise ValueError(f"{entry.get('fact', '?')}: {'; '.join(faults)}")
    told = entry.get("declares")
    choices = tuple((int(key), str(label)) for key, label in entry.get("choices", {}).items())
    return Attestable(
        **{name: entry[name] for name in ("fact", "field", "label", "ask", "kind", "days")},
        by=frozenset(AttesterKind[str(one).upper()] for one in entry["by"]),
        source=entry["source"],
        checked_on=entry["checked_on"],
        choices=_YES_NO if entry["kind"] == "yes_no" else choices,
        declares=Declared(told["keeps_days"], told["question"], told["document"]) if told else None,
        **{name: entry[name] for name in ("hint", "unit", "least", "most") if name in entry},
    )


def _faults(entry: Mapping[str, Any]) -> Iterator[str]:
    if missing := [name for name in _MUST if not entry.get(name)]:
        yield f"lacks {missing}"
    if unknown := sorted(set(entry) - {*_MUST, *_MAY}):
        yield f"says {unknown}, which nobody reads"
    if entry.get("kind") not in KINDS:
        yield f"kind is one of {KINDS}"
    if entry.get("kind") == "choice" and not entry.get("choices"):
        yield "a choice needs its choices"
    if entry.get("kind") == "number" and not entry.get("most", 0) > entry.get("least", 0):
        yield "a number lies between least and most"
    if not re.fullmatch(r"[a-z][a-z_]{1,30}", str(entry.get("field", ""))):
        yield "field is a word of small letters"
    if entry.get("field") in ("workplace", "attester", "offer", "code", "reason", "do"):
        yield "this field is taken"
    names = {one.name.lower() for one in AttesterKind}
    if not set(entry.get("by") or ()) <= names:
        yield f"by is of {sorted(names)}"
    if not isinstance(entry.get("days"), int) or not 1 <= entry["days"] <= LONGEST_DAYS:
        yield f"days is 1 to {LONGEST_DAYS}"
    if not isinstance(entry.get("checked_on"), date):
        yield "checked_on is a day"
    declared = entry.get("declares")
    if declared is not None and set(declared) != {"keeps_days", "question", "document"}:
        yield "declares says keeps_days, question and document"
    if declared is not None and not str(entry.get("fact", "")).startswith("programmes."):
        yield "a fact that is declared here is called programmes.…"
