"""Dated parameters: numbers that a policy sets, each with its place, its dates and its document.

They live in ``nuanxin/<package>/parameters/*.yaml``; files in ``$NUANXIN_DATA/parameters/`` add to
them and win over them, so that a place changes a value without touching the code. The format is in
``docs/how-to/reference-data.md``.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

NATION = "000000"
_PACKAGES = Path(__file__).resolve().parent.parent
_FIELDS = {"key", "label", "unit", "source", "checked_on", "values", "note"}
_VALUE_FIELDS = {"adcode", "from", "to", "value", "source", "checked_on", "note"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in force at a place on a day. ``valid_to`` is the last day, None while it lasts.

    ``source`` is the document it stands in, ``checked_on`` the day somebody last compared the two.
    """

    key: str
    label: str
    value: Any
    unit: str
    source: str
    checked_on: date
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    note: str = ""

    def is_in_force_on(self, day: date) -> bool:
        """Return whether the value counts on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class ParameterMissing(LookupError):
    """No value is in force: a file is missing or a date range has a gap. For developers."""


def parameter(key: str, *, adcode: str, on: date) -> Parameter:
    """Return the value of ``key`` in force on ``on`` for the place ``adcode``.

    Looks from the place upwards: town, county, city, province, nation (000000); the nearest place
    that has a value in force on that day decides. ``adcode`` has 2, 4, 6 or 9 digits.
    Raises ``ParameterMissing`` (a ``LookupError``) that says what was looked for where.
    """
    loaded = _load(_data_folder())
    dated = loaded.get(key)
    if dated is None:
        near = [known for known in loaded if known.split(".")[0] == key.split(".")[0]]
        raise ParameterMissing(
            f"no parameter {key!r} in any parameters/*.yaml; of its package there are: {near}"
        )
    places = jurisdictions_of(adcode)
    for place in places:
        for candidate in dated.get(place, ()):
            if candidate.is_in_force_on(on):
                return candidate
    raise ParameterMissing(
        f"parameter {key!r} has no value in force on {on} for {' > '.join(places)}; "
        f"it has values for {sorted(dated)}"
    )


def all_parameters() -> list[Parameter]:
    """Return every dated value, ordered by key, place and date, for pages and checks."""
    loaded = _load(_data_folder())
    found = [value for places in loaded.values() for values in places.values() for value in values]
    return sorted(found, key=lambda p: (p.key, p.jurisdiction, p.valid_from))


def jurisdictions_of(adcode: str) -> list[str]:
    """Return the place and all above it, nearest first: 330106109 gives town, county, city, 33, 00.

    Codes are written out in full: "33" is 330000. Raises ``ValueError`` for another shape.
    """
    if not (adcode.isascii() and adcode.isdigit()) or len(adcode) not in {2, 4, 6, 9}:
        raise ValueError(f"not a division code of 2, 4, 6 or 9 digits: {adcode!r}")
    county = adcode[:6].ljust(6, "0")
    places = [adcode] if len(adcode) == 9 else []
    places += [county, county[:4] + "00", county[:2] + "0000", NATION]
    return list(dict.fromkeys(places))


def check_all() -> list[str]:
    """Return what is wrong in all files together, empty when all stands.

    Every parameter has key, label, unit, source, ``checked_on`` and values; every value has a place
    and a start; values of one place do not overlap; a key is declared in one file of the code only.
    """
    problems: list[str] = []
    owners: dict[str, Path] = {}
    for path in _files(_PACKAGES, "*/parameters/*.yaml"):
        for entry in _read_entries(path, problems):
            key = str(entry.get("key", ""))
            if key in owners:
                problems.append(f"{path.name}: {key} is also declared in {owners[key].name}")
            owners[key] = path
            if key.split(".")[0] != path.parent.parent.name:
                problems.append(f"{path.name}: {key} must begin with {path.parent.parent.name}.")
    folder = _data_folder()
    for path in _files(Path(folder), "parameters/*.yaml") if folder else []:
        _read_entries(path, problems)
    return problems + _overlaps()


def reload_parameters() -> None:
    """Forget what was read, so that changed files count."""
    _load.cache_clear()


def _data_folder() -> str:
    return os.environ.get("NUANXIN_DATA", "")


def _files(root: Path, pattern: str) -> list[Path]:
    return sorted(root.glob(pattern))


@lru_cache(maxsize=8)
def _load(data_folder: str) -> dict[str, dict[str, tuple[Parameter, ...]]]:
    """Return key → place → values, those of the data folder first, then the newest first."""
    files = [(1, path) for path in _files(_PACKAGES, "*/parameters/*.yaml")]
    if data_folder:
        files += [(0, path) for path in _files(Path(data_folder), "parameters/*.yaml")]
    collected: dict[str, dict[str, list[tuple[int, Parameter]]]] = {}
    for rank, path in files:
        problems: list[str] = []
        entries = _read_entries(path, problems)
        if problems:
            raise ValueError("; ".join(problems))
        for entry in entries:
            for value in _values_of(entry):
                places = collected.setdefault(value.key, {})
                places.setdefault(value.jurisdiction, []).append((rank, value))
    return {
        key: {place: _ordered(values) for place, values in places.items()}
        for key, places in collected.items()
    }


def _ordered(values: list[tuple[int, Parameter]]) -> tuple[Parameter, ...]:
    ranked = sorted(values, key=lambda pair: (pair[0], -pair[1].valid_from.toordinal()))
    return tuple(value for _, value in ranked)


def _read_entries(path: Path, problems: list[str]) -> list[dict[str, Any]]:
    import yaml  # late: the kernel must be quick to import

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where it is built
    entries = yaml.load(path.read_text("utf-8"), Loader=loader)
    if not isinstance(entries, list):
        problems.append(f"{path.name}: the file must be a list of parameters")
        return []
    sound = []
    for entry in entries:
        found = list(_problems_of(entry))
        problems += [f"{path.name}: {problem}" for problem in found]
        if not found:
            sound.append(entry)
    return sound


def _problems_of(entry: Any) -> Iterable[str]:
    if not isinstance(entry, dict) or not entry.get("key"):
        yield f"an entry without key: {entry!r}"
        return
    key = entry["key"]
    for name in ("label", "unit", "source"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            yield f"{key} lacks {name}"
    if not isinstance(entry.get("checked_on"), date):
        yield f"{key} lacks checked_on, the day somebody compared it with its source"
    for name in set(entry) - _FIELDS:
        yield f"{key} has an unknown field {name}"
    if not isinstance(entry.get("values"), list) or not entry["values"]:
        yield f"{key} has no values"
        return
    for value in entry["values"]:
        yield from (f"{key}: {problem}" for problem in _problems_of_value(value))


def _problems_of_value(value: Any) -> Iterable[str]:
    if not isinstance(value, dict):
        yield f"a value must be a mapping, not {value!r}"
        return
    if "value" not in value or value["value"] is None:
        yield "a value without value"
    if not isinstance(value.get("from"), date):
        yield "a value without from"
    elif isinstance(value.get("to"), date) and value["to"] < value["from"]:
        yield f"a value that ends ({value['to']}) before it begins ({value['from']})"
    if value.get("to") is not None and not isinstance(value["to"], date):
        yield "to must be a day or null"
    try:
        adcode = value.get("adcode")
        jurisdictions_of(adcode if isinstance(adcode, str) else "")
    except ValueError:
        yield f"adcode must be a quoted division code, not {value.get('adcode')!r}"
    for name in set(value) - _VALUE_FIELDS:
        yield f"a value has an unknown field {name}"


def _values_of(entry: dict[str, Any]) -> Iterable[Parameter]:
    for value in entry["values"]:
        yield Parameter(
            key=entry["key"],
            label=entry["label"],
            value=value["value"],
            unit=entry["unit"],
            source=value.get("source", entry["source"]),
            checked_on=value.get("checked_on", entry["checked_on"]),
            jurisdiction=jurisdictions_of(value["adcode"])[0],
            valid_from=value["from"],
            valid_to=value.get("to"),
            note=value.get("note", entry.get("note", "")),
        )


def _overlaps() -> list[str]:
    """Return overlapping values of one key and place inside the code's own files."""
    try:
        loaded = _load("")
    except ValueError:
        return []  # already reported, file by file
    problems = []
    for key, places in loaded.items():
        for place, values in places.items():
            for newer, older in pairwise(values):
                if older.valid_to is None or older.valid_to >= newer.valid_from:
                    problems.append(
                        f"{key} at {place}: {older.valid_from} is still in force on "
                        f"{newer.valid_from}; give it an end (to)"
                    )
    return problems
