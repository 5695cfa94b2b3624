"""Points on the map: distances, and the three coordinate systems that are met in China.

Store what was measured together with its ``CRS``; convert on output. CGCS2000 (天地图) agrees with
WGS-84 far beyond our needs and is treated as WGS-84.
"""

import math
from enum import StrEnum

EARTH_RADIUS_M = 6_371_008.8
_AXIS = 6_378_245.0
_ECCENTRICITY = 0.00669342162296594323
_X_PI = math.pi * 3000.0 / 180.0
_CLOSE_ENOUGH = 1e-10


class CRS(StrEnum):
    """Which system a longitude and latitude are measured in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"

    @property
    def label(self) -> str:
        """Return the Chinese name with the maps that use it."""
        return {
            CRS.WGS84: "WGS-84（卫星定位、天地图）",
            CRS.GCJ02: "GCJ-02（高德、腾讯）",
            CRS.BD09: "BD-09（百度）",
        }[self]


def haversine_m(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Return the distance over the ground in metres between two WGS-84 points in degrees."""
    north, east = math.radians(lat2 - lat1), math.radians(lng2 - lng1)
    square = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, square)))


def is_in_china(lng: float, lat: float) -> bool:
    """Return whether the point lies in the rectangle in which GCJ-02 shifts coordinates."""
    return 72.004 <= lng <= 137.8347 and 0.8293 <= lat <= 55.8271


def wgs84_to_gcj02(lng: float, lat: float) -> tuple[float, float]:
    """Return (lng, lat) in GCJ-02; outside China unchanged."""
    if not is_in_china(lng, lat):
        return lng, lat
    east, north = _shift(lng, lat)
    return lng + east, lat + north


def gcj02_to_wgs84(lng: float, lat: float) -> tuple[float, float]:
    """Return (lng, lat) in WGS-84, the exact inverse (found by iteration, better than 1e-9°)."""
    if not is_in_china(lng, lat):
        return lng, lat
    guess_lng, guess_lat = lng, lat
    for _ in range(30):
        there_lng, there_lat = wgs84_to_gcj02(guess_lng, guess_lat)
        off_lng, off_lat = there_lng - lng, there_lat - lat
        guess_lng, guess_lat = guess_lng - off_lng, guess_lat - off_lat
        if abs(off_lng) < _CLOSE_ENOUGH and abs(off_lat) < _CLOSE_ENOUGH:
            break
    return guess_lng, guess_lat


def gcj02_to_bd09(lng: float, lat: float) -> tuple[float, float]:
    """Return (lng, lat) in BD-09."""
    radius = math.hypot(lng, lat) + 0.00002 * math.sin(lat * _X_PI)
    angle = math.atan2(lat, lng) + 0.000003 * math.cos(lng * _X_PI)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def bd09_to_gcj02(lng: float, lat: float) -> tuple[float, float]:
    """Return (lng, lat) in GCJ-02, the exact inverse of ``gcj02_to_bd09`` (by iteration)."""
    guess_lng, guess_lat = lng - 0.0065, lat - 0.006
    for _ in range(30):
        there_lng, there_lat = gcj02_to_bd09(guess_lng, guess_lat)
        off_lng, off_lat = there_lng - lng, there_lat - lat
        guess_lng, guess_lat = guess_lng - off_lng, guess_lat - off_lat
        if abs(off_lng) < _CLOSE_ENOUGH and abs(off_lat) < _CLOSE_ENOUGH:
            break
    return guess_lng, guess_lat


def convert(lng: float, lat: float, *, source: CRS, target: CRS) -> tuple[float, float]:
    """Return (lng, lat) of the same place in ``target``."""
    if source == target:
        return lng, lat
    if source == CRS.BD09:
        lng, lat = bd09_to_gcj02(lng, lat)
    elif source == CRS.WGS84:
        lng, lat = wgs84_to_gcj02(lng, lat)
    if target == CRS.GCJ02:
        return lng, lat
    return gcj02_to_bd09(lng, lat) if target == CRS.BD09 else gcj02_to_wgs84(lng, lat)


def _shift(lng: float, lat: float) -> tuple[float, float]:
    x, y = lng - 105.0, lat - 35.0
    slow = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + slow
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + slow
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2 / 3.0
    radians = lat / 180.0 * math.pi
    magic = 1 - _ECCENTRICITY * math.sin(radians) ** 2
    root = math.sqrt(magic)
    meridian = (_AXIS * (1 - _ECCENTRICITY)) / (magic * root) * math.pi
    parallel = _AXIS / root * math.cos(radians) * math.pi
    return east * 180.0 / parallel, north * 180.0 / meridian
