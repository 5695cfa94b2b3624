"""Definitions of programmes: data that an official can write. One file a programme, YAML.

They live in ``programmes/parameters/definitions/`` and in ``$NUANXIN_DATA/programmes/``; a file there
adds a programme or replaces the one of its code. How: docs/how-to/add-a-programme.md.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanxin.kernel import occupations
from nuanxin.programmes.rules.forfeits import ForfeitRule, faults_of, read_forfeit
from nuanxin.programmes.states import Kind, Way

_SHIPPED = Path(__file__).resolve().parent.parent / "parameters" / "definitions"
_TEXTS = ("code", "title", "gives", "source")
_KNOWN = {
    *_TEXTS, "kind", "ways", "conditions", "evidence", "rule", "provider", "cost_bearer", "money_yuan",
    "places", "publicity_days", "directed", "confirm_hours", "points", "season", "checked_on",
    "forfeit", "certificate_percent",
}  # fmt: skip
LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Definition:
    """What a programme is: what it gives, to whom, how places may be shared, what is needed.

    ``ways`` are those allowed, the usual one first. ``directed`` are the occupations that the
    directed share is for (empty: no directed share). ``points`` says what a score is made of.
    ``forfeit`` says how a place is lost again (rules/forfeits.py). ``certificate_percent`` is the share
    of sessions that earns a certificate, 0 for none.
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


def all_definitions() -> tuple[Definition, ...]:
    """Return every definition, by season and code. Raises ``ValueError`` that names the fault."""
    return _load(os.environ.get("NUANXIN_DATA", ""))


def definition(code: str) -> Definition | None:
    """Return the definition of a programme, or None."""
    return next((one for one in all_definitions() if one.code == code), None)


def read_definition(entry: Mapping[str, Any]) -> Definition:
    """Return the definition that a file holds; raise ``ValueError`` with what is wrong in it."""
    faults = list(_faults(entry))
    if faults:
        raise ValueError(f"{entry.get('code', '?')}: {'; '.join(faults)}")
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
        provider=entry.get("provider", ""),
        cost_bearer=entry.get("cost_bearer", ""),
        money_fen=int(entry.get("money_yuan", 0)) * 100,
        places=int(entry.get("places", 0)),
        publicity_days=int(entry.get("publicity_days", 0)),
        directed=tuple(by_code[one] for one in entry.get("directed", ())),
        certificate_percent=int(entry.get("certificate_percent", 0)),
        confirm_hours=int(entry.get("confirm_hours", 24)),
        points=entry.get("points", ""),
        season=entry.get("season", ""),
        source=entry["source"],
        checked_on=entry["checked_on"],
        forfeit=tuple(read_forfeit(one) for one in entry.get("forfeit", ())),
    )


def _faults(entry: Mapping[str, Any]) -> Iterable[str]:
    yield from (f"unknown field {name}" for name in sorted(set(entry) - _KNOWN))
    for name in _TEXTS:
        if not isinstance(entry.get(name), str) or not 0 < len(entry[name]) <= LONGEST_TEXT:
            yield f"lacks {name}"
    if entry.get("kind") not in set(Kind):
        yield f"kind must be one of {', '.join(Kind)}"
    ways = entry.get("ways")
    if not isinstance(ways, list) or not ways or {*ways} - {way.code for way in Way}:
        yield f"ways must be some of {', '.join(way.code for way in Way)}"
    if not isinstance(entry.get("checked_on"), date):
        yield "lacks checked_on, the day somebody compared it with its source"
    forfeit = entry.get("forfeit", [])
    for one in forfeit if isinstance(forfeit, list) else [forfeit]:
        yield from faults_of(one)
    unknown = {*entry.get("directed", ())} - {one.code for one in occupations.all_occupations()}
    if unknown:
        yield f"directed names no occupation: {', '.join(sorted(unknown))}"
    for name in (
        "money_yuan",
        "places",
        "publicity_days",
        "confirm_hours",
        "certificate_percent",
    ):
        if not isinstance(entry.get(name, 0), int) or entry.get(name, 0) < 0:
            yield f"{name} must be a whole number"
    if entry.get("certificate_percent") in range(101) or "certificate_percent" not in entry:
        return
    yield "certificate_percent is a share of 0 to 100"


@lru_cache(maxsize=4)
def _load(data_folder: str) -> tuple[Definition, ...]:
    import yaml  # late: rules are quick to import

    found: dict[str, Definition] = {}
    folders = [_SHIPPED] + ([Path(data_folder) / "programmes"] if data_folder else [])
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
                one = read_definition(entry)
                found[one.code] = one
    return tuple(sorted(found.values(), key=lambda one: (one.season != "", one.season, one.code)))
