"""Definitions of programmes: data that an official can write. One file a programme, YAML.

They live in ``programmes/parameters/definitions/`` and in ``$NUANXIN_DATA/programmes/``; a file there
adds a programme or replaces the one of its code. At the desk versions of them are written, in the same
language and under the same checks (``queries/definitions.py``). How: docs/how-to/add-a-programme.md.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanxin.eligibility.rules.faults import RuleFaulty
from nuanxin.eligibility.rules.reading import compose
from nuanxin.kernel import occupations
from nuanxin.programmes.rules.definition_faults import (
    LABELS,
    DefinitionFault,
    DefinitionFaulty,
    Period,
    faults_of,
)
from nuanxin.programmes.rules.forfeits import ForfeitRule, read_forfeit
from nuanxin.programmes.rules.provider_kinds import kind_label
from nuanxin.programmes.states import Kind, Way

_SHIPPED = Path(__file__).resolve().parent.parent / "parameters" / "definitions"
LARGEST_TEXT = 20_000
"""Of one definition, in characters."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a programme is: what it gives, to whom, how places may be shared, what is needed.

    ``ways`` are those allowed, the usual one first. ``directed`` are the occupations that the
    directed share is for (empty: no directed share). ``points`` says what a score is made of.
    ``forfeit`` says how a place is lost again (rules/forfeits.py). ``certificate_percent`` is the share
    of sessions that earns a certificate, 0 for none. ``offered_until`` is the last day on which offers of
    it can be made, None while it goes on. ``provider`` is who it is, else what kind (``provider_kind``).
    """

    code: str
    title: str
    kind: Kind
    gives: str
    ways: tuple[Way, ...]
    conditions: tuple[str, ...]
    evidence: tuple[str, ...]
    rule: str
    provider: str
    cost_bearer: str
    money_fen: int
    places: int
    publicity_days: int
    directed: tuple[int, ...]
    confirm_hours: int
    points: str
    season: str
    source: str
    checked_on: date
    forfeit: tuple[ForfeitRule, ...] = ()
    certificate_percent: int = 0
    period: Period = Period.ANY
    offered_until: date | None = None
    provider_kind: str = ""

    def is_offered(self, on: date) -> bool:
        """Return whether new offers of it may be made on a day."""
        return self.offered_until is None or on <= self.offered_until


def all_definitions() -> tuple[Definition, ...]:
    """Return every definition, by season and code. Raises ``ValueError`` that names the fault."""
    return _load(_data_folder())


def definition(code: str) -> Definition | None:
    """Return the definition of a programme, or None."""
    return next((one for one in all_definitions() if one.code == code), None)


def read_definition(entry: Mapping[str, Any]) -> Definition:
    """Return the definition of an entry; raise ``DefinitionFaulty`` with all that is wrong in it."""
    if faults := faults_of(entry):
        raise DefinitionFaulty(str(entry.get("code", "")), faults)
    by_code = {one.code: one.key for one in occupations.all_occupations()}
    return Definition(
        code=entry["code"],
        title=entry["title"],
        kind=Kind(entry["kind"]),
        gives=entry["gives"],
        ways=tuple(Way[way.upper()] for way in entry["ways"]),
        conditions=tuple(entry.get("conditions", ())),
        evidence=tuple(entry.get("evidence", ())),
        rule=entry.get("rule", ""),
        provider=entry.get("provider") or kind_label(entry.get("provider_kind", "")),
        provider_kind=entry.get("provider_kind", ""),
        cost_bearer=entry.get("cost_bearer", ""),
        money_fen=int(entry.get("money_yuan", 0)) * 100,
        places=int(entry.get("places", 0)),
        publicity_days=int(entry.get("publicity_days", 0)),
        directed=tuple(by_code[one] for one in entry.get("directed", ())),
        certificate_percent=int(entry.get("certificate_percent", 0)),
        confirm_hours=int(entry.get("confirm_hours", 24)),
        points=entry.get("points", ""),
        season=entry.get("season", ""),
        period=Period(entry.get("period", "any")),
        offered_until=entry.get("offered_until"),
        source=entry["source"],
        checked_on=entry["checked_on"],
        forfeit=tuple(read_forfeit(one) for one in entry.get("forfeit", ())),
    )


def entries_of(text: str) -> list[dict[str, Any]]:
    """Return the entries of a text (YAML); raise ``DefinitionFaulty`` for one that cannot be read."""
    import yaml  # late: rules are quick to import

    try:
        compose(text)  # refuses what is too large, too deep, or stands for more than it says
        found = yaml.safe_load(text)
    except RuleFaulty as faulty:
        told = [DefinitionFault("", one.sentence) for one in faulty.faults]
        raise DefinitionFaulty("", told) from None
    except (yaml.YAMLError, ValueError):
        raise _unreadable("里面有读不懂的值，多半是没有这一天的日期。") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _unreadable("写成一列，每项服务以“- code:”开头。")
    return found


def entry_of(text: str) -> dict[str, Any]:
    """Return the one entry of a text; raise ``DefinitionFaulty``."""
    if len(text) > LARGEST_TEXT:
        raise _unreadable(f"太长了：一项服务最多 {LARGEST_TEXT:,} 个字。")
    entries = entries_of(text)
    if len(entries) != 1:
        raise _unreadable(f"一份只写一项服务，现在有 {len(entries)} 项。")
    return entries[0]


def _unreadable(sentence: str) -> DefinitionFaulty:
    return DefinitionFaulty("", [DefinitionFault("", sentence)])


def write_entry(entry: Mapping[str, Any]) -> str:
    """Return an entry as a text that ``entry_of`` reads, its fields in their order."""
    import yaml  # late: rules are quick to import

    ordered = {name: entry[name] for name in LABELS if name in entry}
    more = {name: value for name, value in entry.items() if name not in LABELS}
    return str(yaml.safe_dump([ordered | more], allow_unicode=True, sort_keys=False, width=110))


def shipped_text(code: str) -> str:
    """Return the definition of a file as a text of its own, "" where no file has it."""
    found = next((one for one in _entries(_data_folder()) if one["code"] == code), None)
    return write_entry(found) if found else ""


def _data_folder() -> str:
    return os.environ.get("NUANXIN_DATA", "")


@lru_cache(maxsize=4)
def _entries(data_folder: str) -> tuple[dict[str, Any], ...]:
    """Return the entries of all files; a later file replaces what an earlier one has of a code."""
    found: dict[str, dict[str, Any]] = {}
    folders = [_SHIPPED] + ([Path(data_folder) / "programmes"] if data_folder else [])
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            text = path.read_text(encoding="utf-8")
            for entry in entries_of(text) if text.strip() else []:
                found[read_definition(entry).code] = entry
    return tuple(found.values())


@lru_cache(maxsize=4)
def _load(data_folder: str) -> tuple[Definition, ...]:
    return tuple(sorted(map(read_definition, _entries(data_folder)), key=by_season))


def by_season(one: Definition) -> tuple[bool, str, str]:
    """Return where a definition stands in a list: those of every year first."""
    return one.season != "", one.season, one.code
