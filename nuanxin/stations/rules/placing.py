"""Where a station is: coordinates as given are read, checked, and put into WGS-84.

Two numbers are wrong in few ways: left out (0, 0), swapped, of another province, far from the
county they are said to be in, or measured in another system than was said. The last one shows only
beside something known: a station of the same name, number or address, or one a few house numbers
away on the same road; of a list, beside many of them at once.

What cannot be noticed: a single new station on a road on which nothing is registered, or whose
address names no door, since a kilometre's shift leaves it in its county and mostly in its town; and
two systems where they lie nearer than ``LEAST_SHIFT_M``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import CRS, convert, haversine_m

WEST, EAST, SOUTH, NORTH = 117.5, 123.5, 26.5, 31.8
"""The box of the province with a margin; the database holds it too (``models/station.py``)."""
LEAST_SHIFT_M = 250.0
"""Below this two systems cannot be told apart from a list that was measured carelessly."""
MUCH_BETTER = 3.0
"""Another system is asked about when it fits so many times better than the one that was said."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point as given, with its system, and the same in WGS-84."""

    lng: float
    lat: float
    crs: CRS
    wgs_lng: float
    wgs_lat: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A point as given beside where the same thing is known to be (WGS-84)."""

    lng: float
    lat: float
    known_lng: float
    known_lat: float


def is_in_the_box(lng: float, lat: float) -> bool:
    """Return whether the WGS-84 point lies in the province's box."""
    return WEST <= lng <= EAST and SOUTH <= lat <= NORTH


def place_of(lng: float, lat: float, crs: CRS) -> Place:
    """Return the place; raise ``Malformed`` station.no_position, .swapped or .outside."""
    if abs(lng) < 0.01 and abs(lat) < 0.01:
        raise Malformed(
            "station.no_position", "经纬度是 0，也就是没有定位。请在地图上选一下，再填进来。"
        )
    wgs_lng, wgs_lat = convert(lng, lat, source=crs, target=CRS.WGS84)
    if is_in_the_box(wgs_lng, wgs_lat):
        return Place(lng, lat, crs, wgs_lng, wgs_lat)
    if is_in_the_box(lat, lng):
        raise Malformed(
            "station.swapped",
            f"经度和纬度写反了：经度应当是 {lat:g}，纬度应当是 {lng:g}。请对调以后再存。",
            lng=lat,
            lat=lng,
        )
    raise Malformed(
        "station.outside",
        f"这个位置（经度 {lng:g}，纬度 {lat:g}）不在浙江。请核对是不是少了小数点，或者写错了一位。",
    )


def check_county(place: Place, *, seat: tuple[float, float], name: str, far_km: float) -> None:
    """Raise ``Malformed`` station.far_from_county when the seat of the county is too far off."""
    off_km = haversine_m(place.wgs_lat, place.wgs_lng, seat[1], seat[0]) / 1_000
    if off_km > far_km:
        raise Malformed(
            "station.far_from_county",
            f"写的是{name}，位置却离{name}政府驻地 {off_km:.0f} 公里。请核对县（市、区）和经纬度。",
        )


def likelier_crs(
    pairs: Sequence[Pair], said: CRS, *, at_least: int = 1
) -> tuple[CRS, float, float] | None:
    """Return the system that fits what is known much better than the one that was said, or None.

    With it the median distances in metres under the system said and under the likelier one. None
    with fewer than ``at_least`` pairs, or where what was said fits well enough.
    """
    if len(pairs) < at_least:
        return None
    off = {crs: median(_off_m(pair, crs) for pair in pairs) for crs in CRS}
    best = min(off, key=lambda crs: off[crs])
    if best == said or off[said] < LEAST_SHIFT_M or off[best] * MUCH_BETTER > off[said]:
        return None
    return best, off[said], off[best]


def _off_m(pair: Pair, crs: CRS) -> float:
    lng, lat = convert(pair.lng, pair.lat, source=crs, target=CRS.WGS84)
    return haversine_m(lat, lng, pair.known_lat, pair.known_lng)
