"""Administrative divisions of Zhejiang (GB/T 2260, statistics codes for towns), dated.

Codes change: a code that was abolished stays here with its last day and what followed it, so that
an old record can always be placed. Six digits down to the county, nine for a town or street; 33 and
3301 are read as 330000 and 330100. Points are WGS-84 and good to about two kilometres: enough to
sort by distance, not to lead somebody to a door. A town has its county's point (``precision``).
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import compact

NATION_CODE = "000000"
PROVINCE_CODE = "330000"
MOST_FOUND = 50

_DATA = Path(__file__).parent / "data"


class RegionLevel(StrEnum):
    """The four levels that are kept."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"

    @property
    def label(self) -> str:
        """Return the Chinese name of the level."""
        return _LEVEL_LABELS[self]


_LEVEL_LABELS = {
    RegionLevel.PROVINCE: "省",
    RegionLevel.CITY: "设区市",
    RegionLevel.COUNTY: "县（市、区）",
    RegionLevel.TOWN: "乡镇（街道）",
}
_LEVEL_ORDER = {level: place for place, level in enumerate(RegionLevel)}


@dataclass(frozen=True, slots=True)
class RegionChange:
    """One change: from ``on`` on, ``to_code`` has the area of ``from_code`` (or part of it)."""

    from_code: str
    to_code: str
    on: date
    whole: bool
    document: str


@dataclass(frozen=True, slots=True)
class Region:
    """A division. ``valid_from`` and ``valid_to`` are its first and last day, None where open.

    ``lng``/``lat`` are the seat of government, or with ``precision`` "county" that of the county.
    ``successors`` are the codes that took over the area of an abolished code.
    """

    code: str
    name: str
    short_name: str
    level: RegionLevel
    parent_code: str
    lng: float
    lat: float
    precision: str
    valid_from: date | None
    valid_to: date | None
    successors: tuple[str, ...]

    def is_valid_on(self, day: date) -> bool:
        """Return whether the code was in use on ``day``."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)

    @property
    def is_abolished(self) -> bool:
        """Return whether the code has a last day."""
        return self.valid_to is not None


@dataclass(frozen=True, slots=True)
class Tile:
    """One county on the schematic map: column ``x`` to the east, row ``y`` to the south."""

    code: str
    name: str
    short_name: str
    city_code: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class TileMap:
    """The schematic map: not a survey map, carries no border."""

    cols: int
    rows: int
    tiles: tuple[Tile, ...]


class _Regions:
    """All divisions by code, read from the data files at first use."""

    def get(self, code: str) -> Region | None:
        """Return the division, or None for an unknown code (also for one of another form)."""
        if not _is_code(code):
            return None
        return self._by_code.get(canonical_code(code))

    def __contains__(self, code: str) -> bool:
        return self.get(code) is not None

    def __len__(self) -> int:
        return len(self._by_code)

    def all(self) -> Iterable[Region]:
        """Return every division, abolished ones too, province first, then by code."""
        return self._by_code.values()

    def children(self, code: str) -> tuple[Region, ...]:
        """Return what lies directly below, abolished ones too."""
        return self._children.get(canonical_code(code), ())

    def changes_from(self, code: str) -> tuple[RegionChange, ...]:
        """Return how the area of ``code`` has changed, the latest first."""
        return tuple(change for change in self.changes if change.from_code == code)

    @cached_property
    def changes(self) -> tuple[RegionChange, ...]:
        """Return every change since 2000, the latest first."""
        with (_DATA / "region_changes.csv").open(encoding="utf-8", newline="") as file:
            read = [
                RegionChange(
                    row["from_code"],
                    row["to_code"],
                    date.fromisoformat(row["on"]),
                    row["whole"] == "1",
                    row["document"],
                )
                for row in csv.DictReader(file)
            ]
        return tuple(sorted(read, key=lambda change: change.on, reverse=True))

    @cached_property
    def _by_code(self) -> dict[str, Region]:
        read: dict[str, Region] = {}
        with (_DATA / "regions.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                read[row["code"]] = self._region_of(row, read)
        return read

    @cached_property
    def _children(self) -> dict[str, tuple[Region, ...]]:
        grouped: dict[str, list[Region]] = {}
        for one in self._by_code.values():
            grouped.setdefault(one.parent_code, []).append(one)
        return {code: tuple(below) for code, below in grouped.items()}

    def _region_of(self, row: dict[str, str], read: dict[str, Region]) -> Region:
        lng, lat = row["lng"], row["lat"]
        if not lng:
            above = read[row["parent_code"]]
            lng, lat = str(above.lng), str(above.lat)
        valid_to = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        followers = self.changes_from(row["code"]) if valid_to else ()
        return Region(
            code=row["code"],
            name=row["name"],
            short_name=row["short_name"],
            level=RegionLevel(row["level"]),
            parent_code=row["parent_code"],
            lng=float(lng),
            lat=float(lat),
            precision=row["precision"],
            valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            valid_to=valid_to,
            successors=tuple(change.to_code for change in followers),
        )


REGIONS = _Regions()


def canonical_code(code: str) -> str:
    """Return the code written out: 33 → 330000, 3301 → 330100, a village's 12 digits → its town's 9.

    Raises ``Malformed`` region.unknown for anything but 2, 4, 6, 9 or 12 digits.
    """
    if not _is_code(code):
        raise _unknown(code)
    return code[:9] if len(code) >= 9 else code.ljust(6, "0")


def region(code: str) -> Region:
    """Return the division; raise ``Malformed`` region.unknown for a code that is not kept."""
    found = REGIONS.get(code)
    if found is None:
        raise _unknown(code)
    return found


def children(code: str, on: date | None = None) -> list[Region]:
    """Return the divisions directly below that were in use on ``on`` (None: that are in use)."""
    return [one for one in REGIONS.children(code) if _in_use(one, on)]


def cities() -> list[Region]:
    """Return the 11 cities by code."""
    return children(PROVINCE_CODE)


def counties(on: date | None = None, city: str | None = None) -> list[Region]:
    """Return the counties in use on ``on`` (None: now, the 90), of one city or of all, by code."""
    above = [canonical_code(city)] if city else [one.code for one in cities()]
    return [county for code in above for county in children(code, on)]


def towns(county: str) -> list[Region]:
    """Return the towns, streets and townships of a county by code."""
    return children(county)


def is_within(code: str, ancestor: str) -> bool:
    """Return whether ``code`` is ``ancestor`` or lies below it, by the form of the codes alone.

    Works for abolished and unknown codes too. Everything lies within the nation (000000).
    """
    inner, outer = canonical_code(code), canonical_code(ancestor)
    return inner.startswith(area_prefix(outer))


def area_prefix(code: str) -> str:
    """Return the digits that all codes within share: 330000 → "33", 330100 → "3301", nation → ""."""
    written = canonical_code(code)
    if written == NATION_CODE:
        return ""
    if len(written) == 9:
        return written
    return written.removesuffix("00").removesuffix("00") if written.endswith("00") else written


def level_of(code: str) -> RegionLevel | None:
    """Return the level by the form of the code alone; None for the nation."""
    prefix = area_prefix(code)
    return {
        2: RegionLevel.PROVINCE,
        4: RegionLevel.CITY,
        6: RegionLevel.COUNTY,
        9: RegionLevel.TOWN,
    }.get(len(prefix))


def county_of(code: str) -> Region | None:
    """Return the county that a county or town code lies in; None for a city or above."""
    prefix = area_prefix(code)
    return REGIONS.get(prefix[:6]) if len(prefix) >= 6 else None


def city_of(code: str) -> Region | None:
    """Return the city that a code lies in; None for the province or the nation."""
    prefix = area_prefix(code)
    return REGIONS.get(prefix[:4]) if len(prefix) >= 4 else None


def ancestors(code: str) -> list[Region]:
    """Return the divisions above, nearest first, without ``code`` itself."""
    prefix = area_prefix(code)
    above = [prefix[:length] for length in (6, 4, 2) if length < len(prefix)]
    return [found for short in above if (found := REGIONS.get(short)) is not None]


def current_successors(code: str, on: date, *, since: date | None = None) -> list[Region]:
    """Return what has the area of ``code`` on the day ``on``: itself while its code is in use.

    Several where the area was divided since; none for a code that begins only after ``on``.
    With ``since`` the area meant is that of that day, so that a living code brings along what it
    has given away after it (余杭 as of 2018 is 余杭 and 临平 in 2026).
    Raises ``Malformed`` region.unknown.
    """
    found: dict[str, Region] = {}
    seen: set[str] = set()
    waiting: list[tuple[Region, date]] = [(region(code), since or on)]
    while waiting:
        one, as_of = waiting.pop(0)
        if one.code in seen:
            continue
        seen.add(one.code)
        if one.is_valid_on(on):
            found[one.code] = one
        if one.valid_from is None or one.valid_from <= on:
            for change in REGIONS.changes_from(one.code):
                given_away = change.on <= on and (one.is_abolished or change.on > as_of)
                if given_away:
                    waiting.append((region(change.to_code), change.on))
    return list(found.values())


def changes_of(code: str) -> tuple[RegionChange, ...]:
    """Return every change that the area of ``code`` gave to others, the latest first."""
    return REGIONS.changes_from(canonical_code(code))


def full_name(code: str, *, with_province: bool = True) -> str:
    """Return 浙江省杭州市西湖区翠苑街道, or without 浙江省. Raises ``Malformed`` region.unknown."""
    own = region(code)
    above = [one for one in reversed(ancestors(code)) if with_province or one.level != "province"]
    return "".join(one.name for one in [*above, own])


def search(text: str, limit: int = 10) -> list[Region]:
    """Return divisions in use whose name or code matches, the likeliest first.

    Takes a name or a part of it, a chain (杭州西湖, 西湖区翠苑), or leading digits of a code.
    At most ``limit``, never more than ``MOST_FOUND``.
    """
    wanted = compact(text)
    if not wanted:
        return []
    ranked = []
    for one in REGIONS.all():
        if one.is_abolished:
            continue
        rank = _rank(one, wanted)
        if rank is not None:
            ranked.append((rank, _LEVEL_ORDER[one.level], one.code, one))
    ranked.sort(key=lambda entry: entry[:3])
    return [entry[3] for entry in ranked[: max(0, min(limit, MOST_FOUND))]]


@lru_cache(maxsize=1)
def tilemap() -> TileMap:
    """Return the places of the 90 counties on the schematic map."""
    read = json.loads((_DATA / "tilemap.json").read_text("utf-8"))
    tiles = tuple(
        Tile(one["adcode"], one["name"], one["short"], one["city"], one["x"], one["y"])
        for one in read["tiles"]
    )
    return TileMap(read["cols"], read["rows"], tiles)


def _rank(one: Region, wanted: str) -> int | None:
    if wanted.isdigit():
        return 0 if one.code.startswith(wanted) else None
    if wanted in (one.name, one.short_name):
        return 0
    if one.name.startswith(wanted):
        return 1
    if wanted in one.name:
        return 2
    chains = _chains(one.code)
    if any(chain.startswith(wanted) or chain.endswith(wanted) for chain in chains):
        return 3
    return None


@lru_cache(maxsize=4096)
def _chains(code: str) -> tuple[str, ...]:
    """Return the ways to say where it lies: with full and with short names, with and without 省."""
    line = [*reversed(ancestors(code)), region(code)]
    said = []
    for start in range(len(line)):
        part = line[start:]
        said.append("".join(one.name for one in part))
        said.append("".join(one.short_name for one in part))
        said.append("".join(one.short_name for one in part[:-1]) + part[-1].name)
    return tuple(dict.fromkeys(said))


def _in_use(one: Region, on: date | None) -> bool:
    return not one.is_abolished if on is None else one.is_valid_on(on)


def _is_code(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) in {2, 4, 6, 9, 12}


def _unknown(code: str) -> Malformed:
    return Malformed(
        "region.unknown",
        "没有这个区划代码。县（市、区）是 6 位，乡镇（街道）是 9 位，请从列表里选。",
        adcode=code[:12],
    )
