"""How near is proved: the plane in which the index searches, and what it says of the ground.

The index knows points of a plane: x = longitude × cos 29.5°, y = latitude, both in degrees. Great
circles rank otherwise, but not by much: inside the province's box

    distance over the ground  ≥  distance in the plane × ``LEAST_METRES_PER_STEP``

because along the great circle ds² = R²·(dφ² + cos²φ·dλ²) ≥ R²·c²·(dφ² + cos²29.5°·dλ²), where
c = cos φ_max / cos 29.5° < 1 and φ_max is the northernmost latitude that a great circle between two
points of the box can reach; and a path in the plane is no shorter than the straight line. So a
station that the index has not brought yet is at least so far away as its last one says.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import CRS, EARTH_RADIUS_M
from nuanxin.stations.rules.placing import EAST, NORTH, WEST, Place, place_of

PLANE_COSINE = math.cos(math.radians(29.5))
MOST_NEAREST = 50
"""Stations in one answer."""
_SIZES = (3, 5, 10, 20, MOST_NEAREST)

FACILITY_BITS: dict[str, int] = {
    kind: 1 << place
    for place, kind in enumerate(
        (
            "water", "hot_water", "charge", "toilet", "nap", "microwave", "medicine",
            "battery_swap", "counselling", "legal_desk", "fridge", "heating_cooling",
            "table_chairs", "reading", "wifi", "rain_gear", "tools", "aed", "blood_pressure",
            "mother_baby", "tv", "haircut", "sofa", "two_wheeler_parking",
        )
    )
}  # fmt: skip
"""The bit of each kind in ``StationSpot.facilities``; the database has the same list. New ones go
to the end."""
RARE_KINDS = (
    "haircut", "counselling", "mother_baby", "legal_desk", "aed", "battery_swap", "blood_pressure",
    "nap", "medicine",
)  # fmt: skip
"""Kinds with an index of their own, the rarest first: a search for one meets nobody without it."""


def northernmost() -> float:
    """Return the latitude that no great circle between two points of the box goes beyond."""
    half = math.radians((EAST - WEST) / 2)
    return math.degrees(math.atan(math.tan(math.radians(NORTH)) / math.cos(half)))


LEAST_METRES_PER_STEP = (
    math.radians(EARTH_RADIUS_M) * math.cos(math.radians(northernmost())) / PLANE_COSINE
)


class Candidate(NamedTuple):
    """A station as the index brings it: over the ground in metres, in the plane in degrees."""

    station_id: int
    distance_m: float
    steps: float


def size_of(limit: int) -> int:
    """Return the round size that an answer of ``limit`` stations is searched with."""
    return next(size for size in _SIZES if size >= limit)


def candidates_for(limit: int) -> int:
    """Return how many candidates let the proof succeed nearly always (missed at most once in 50)."""
    size = size_of(limit)
    return size + 3 + size // 10


def ranked(found: Sequence[Candidate], limit: int) -> list[Candidate]:
    """Return the nearest by the ground, equally far ones by their number."""
    return sorted(found, key=lambda one: (one.distance_m, one.station_id))[:limit]


def is_proved(found: Sequence[Candidate], limit: int, *, asked: int) -> bool:
    """Return whether nothing outside ``found`` can be among the nearest ``limit``."""
    if len(found) < asked:
        return True  # there are no others
    last = ranked(found, limit)[-1].distance_m
    return last < max(one.steps for one in found) * LEAST_METRES_PER_STEP


def reach_steps(found: Sequence[Candidate], limit: int) -> float:
    """Return the radius in the plane within which all of the nearest ``limit`` lie."""
    return ranked(found, limit)[-1].distance_m / LEAST_METRES_PER_STEP * (1 + 1e-9)


def bits_of(kinds: Sequence[str]) -> int:
    """Return the bits of these kinds; raise ``Malformed`` station.no_such_facility for another."""
    unknown = [kind for kind in kinds if kind not in FACILITY_BITS]
    if unknown:
        raise Malformed(
            "station.no_such_facility",
            f"没有「{unknown[0][:24]}」这种设施。可以写的有：{'、'.join(FACILITY_BITS)}。",
        )
    return sum(FACILITY_BITS[kind] for kind in set(kinds))


def rarest(bits: int) -> int:
    """Return the bit of the rarest kind asked for that has an index of its own, 0 without one."""
    return next((FACILITY_BITS[kind] for kind in RARE_KINDS if bits & FACILITY_BITS[kind]), 0)


def standpoint(lng: float, lat: float, crs: CRS) -> Place:
    """Return where somebody stands. Raises ``Malformed`` as ``place_of``, said to who searches."""
    try:
        return place_of(lng, lat, crs)
    except Malformed as refused:
        raise Malformed(refused.code, _SAID.get(refused.code, refused.message)) from None


_SAID = {
    "station.no_position": "还没有拿到你的位置（经纬度是 0）。打开定位再试一次，或者选一个地方。",
    "station.swapped": "经度和纬度写反了。浙江的经度在 118 到 123 之间，纬度在 27 到 31 之间，对调再试。",
    "station.outside": "这个位置不在浙江，这里只有浙江的驿站。选一个省里的地方再找。",
}
