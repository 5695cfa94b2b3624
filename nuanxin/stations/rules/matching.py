"""Is a row of a list a station that is already there? Yes, no, or: a person has to say.

Sure is the same number, the same id on a map, the same name at about the same place, or the same
address under another name. Close by but called differently, and called the same but far apart, are
left to a person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from nuanxin.kernel.geo import haversine_m
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.stations.rules.names import core_of, road_and_number, sound_of

MOST_CANDIDATES = 4
_SQUARE = 0.006
"""Degrees: wider than ``Distances.WIDEST_M`` in both directions anywhere in the province."""


@dataclass(frozen=True, slots=True)
class Distances:
    """How near is near, as in force on a day (``stations.matching_distances``).

    Within ``same_place_m`` two points mean one place; within ``near_m`` a similar name is worth a look;
    within ``door_m`` two stations are, whatever they are called. Beyond ``moved_m`` a list says that a
    station stands elsewhere. House numbers of one road that differ by no more than ``numbers_apart`` are
    a few buildings apart.
    """

    WIDEST_M: ClassVar[float] = 550.0

    same_place_m: float
    near_m: float
    door_m: float
    moved_m: float
    numbers_apart: int

    def __post_init__(self) -> None:
        """Refuse distances that contradict each other or reach beyond what is searched."""
        ordered = 0 < self.moved_m <= self.door_m <= self.same_place_m <= self.near_m
        if not ordered or self.near_m > self.WIDEST_M or self.numbers_apart < 0:
            raise ValueError("distances of matching grow from moved_m to near_m, at most 550 m")


def distances_on(on: date, adcode: str = NATION) -> Distances:
    """Return the distances in force on a day."""
    return Distances(**parameter("stations.matching_distances", adcode=adcode, on=on).value)


class Likeness(StrEnum):
    """Why two are taken for one, or may be."""

    CODE = "code"
    MAP_ID = "map_id"
    NAME_AND_PLACE = "name_and_place"
    ADDRESS_AND_PLACE = "address_and_place"
    SOUND_AND_PLACE = "sound_and_place"
    NAME_FAR = "name_far"
    NAME_LIKE = "name_like"
    SAME_DOOR = "same_door"

    @property
    def is_sure(self) -> bool:
        """Return whether no person needs to look."""
        return self in (
            Likeness.CODE,
            Likeness.MAP_ID,
            Likeness.NAME_AND_PLACE,
            Likeness.ADDRESS_AND_PLACE,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """A station that is there: every name it has, compact; its address, compact; its point."""

    id: int
    code: str
    name: str
    names: tuple[str, ...]
    address: str
    lng: float
    lat: float
    adcode: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a list, as it is compared; ``maps`` are (provider, id) pairs."""

    name: str
    address: str
    lng: float
    lat: float
    adcode: int
    code: str = ""
    maps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A station that the row may be."""

    station: Known
    likeness: Likeness
    distance_m: int


class Neighbourhood:
    """Stations by number, id on a map, name, address and square of the plane."""

    def __init__(
        self,
        stations: Iterable[Known],
        maps: Iterable[tuple[str, str, int]] = (),
        *,
        distances: Distances,
    ) -> None:
        self.distances = distances
        self._squares: dict[tuple[int, int], list[Known]] = {}
        self._named: dict[tuple[int, str], list[Known]] = {}
        self._at: dict[tuple[int, str], list[Known]] = {}
        self._on_road: dict[tuple[int, str], list[tuple[int, Known]]] = {}
        self._by_id: dict[int, Known] = {}
        self._by_code: dict[str, Known] = {}
        for one in stations:
            self.add(one)
        self._maps = {(provider, ident): number for provider, ident, number in maps}

    def add(self, one: Known) -> None:
        """Take one more station in."""
        self._by_id[one.id] = one
        if one.code:
            self._by_code[one.code] = one
        self._squares.setdefault(_square(one.lng, one.lat), []).append(one)
        for name in one.names:
            self._named.setdefault((one.adcode, name), []).append(one)
        if one.address:
            self._at.setdefault((one.adcode, one.address), []).append(one)
            door = road_and_number(one.address)
            if door is not None:
                self._on_road.setdefault((one.adcode, door[0]), []).append((door[1], one))

    def named(self, adcode: int, name: str) -> Sequence[Known]:
        """Return the stations of a county that have this compact name."""
        return self._named.get((adcode, name), ())

    def alike(self, adcode: int, name: str, address: str) -> list[Known]:
        """Return the stations of a county with this compact name or this compact address."""
        found = [*self.named(adcode, name), *self._at.get((adcode, address), ())]
        return list({one.id: one for one in found}.values())

    def next_doors(self, adcode: int, address: str) -> list[Known]:
        """Return the stations of a county on the same road a few house numbers away, the nearest first."""
        door = road_and_number(address)
        if door is None:
            return []
        road = self._on_road.get((adcode, door[0]), ())
        near = [(abs(number - door[1]), one.id, one) for number, one in road]
        return [
            one
            for apart, _, one in sorted(near, key=lambda n: n[:2])
            if apart <= self.distances.numbers_apart
        ][:MOST_CANDIDATES]

    def certain(self, code: str, maps: Iterable[tuple[str, str]]) -> list[Known]:
        """Return the stations that have this number or one of these ids on maps."""
        found = [self._by_code.get(code)] if code else []
        found += [self._by_id.get(self._maps.get(pair, 0)) for pair in maps]
        return [one for one in found if one is not None]

    def names_of(self, number: int) -> frozenset[str]:
        """Return every compact name of a station."""
        one = self._by_id.get(number)
        return frozenset(one.names) if one else frozenset()

    def candidates(self, row: Listed) -> list[Candidate]:
        """Return what the row may be, the likeliest first; a sure one stands alone."""
        certain = self._certain(row)
        if certain is not None:
            return [certain]
        found: dict[int, Candidate] = {}
        for one in [*self._near(row), *self.named(row.adcode, row.name)]:
            alike = _likeness(row, one, self.distances)
            if alike is not None and one.id not in found:
                found[one.id] = alike
        ordered = sorted(
            found.values(),
            key=lambda c: (not c.likeness.is_sure, c.distance_m, c.station.id),
        )
        sure = [one for one in ordered if one.likeness.is_sure]
        return sure[:1] if len(sure) == 1 else ordered[:MOST_CANDIDATES]

    def _certain(self, row: Listed) -> Candidate | None:
        one = self._by_code.get(row.code) if row.code else None
        if one is not None:
            return Candidate(one, Likeness.CODE, _apart(row, one))
        for pair in row.maps:
            one = self._by_id.get(self._maps.get(pair, 0))
            if one is not None:
                return Candidate(one, Likeness.MAP_ID, _apart(row, one))
        return None

    def _near(self, row: Listed) -> Iterable[Known]:
        x, y = _square(row.lng, row.lat)
        for at in ((x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            for one in self._squares.get(at, ()):
                if abs(one.lat - row.lat) <= _SQUARE and abs(one.lng - row.lng) <= _SQUARE:
                    yield one


def _likeness(row: Listed, one: Known, within: Distances) -> Candidate | None:
    apart = _apart(row, one)
    has_name = row.name in one.names
    alike: Likeness | None = None
    if has_name:
        alike = Likeness.NAME_AND_PLACE if apart <= within.same_place_m else Likeness.NAME_FAR
    elif apart <= within.same_place_m and row.address and row.address == one.address:
        alike = Likeness.ADDRESS_AND_PLACE
    elif apart <= within.near_m:
        alike = _by_name(row, one)
    if alike is None and apart <= within.door_m:
        alike = Likeness.SAME_DOOR
    return None if alike is None else Candidate(one, alike, apart)


def _by_name(row: Listed, one: Known) -> Likeness | None:
    core = core_of(row.name)
    cores = [core_of(name) for name in one.names]
    if not core:
        return None
    if any(core and sound_of(core) == sound_of(other) for other in cores):
        return Likeness.SOUND_AND_PLACE
    long = [other for other in cores if len(other) >= 2]
    if any(len(core) >= 2 and (core in other or other in core) for other in long):
        return Likeness.NAME_LIKE
    return None


def _apart(row: Listed, one: Known) -> int:
    return round(haversine_m(row.lat, row.lng, one.lat, one.lng))


def _square(lng: float, lat: float) -> tuple[int, int]:
    return int(lng / _SQUARE), int(lat / _SQUARE)
