"""What somebody asks the finder: where he stands or which place he names, and what must be there.

A position of a device comes in the body of a POST only and goes back into the form; it is in no
address. A place that is named (county, town, station) may stand in the address: it is nobody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nuanxin.kernel import regions
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.regions import RegionLevel
from nuanxin.stations.queries import finder
from nuanxin.stations.rules.nearest import FACILITY_BITS, standpoint
from nuanxin.stations.rules.placing import Place

CHIPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "hot_water": ("热水", ("hot_water",)),
    "charge": ("充电", ("charge",)),
    "toilet": ("厕所", ("toilet",)),
    "nap": ("能躺", ("nap",)),
    "microwave": ("微波炉", ("microwave",)),
    "medicine": ("药箱", ("medicine",)),
    "battery_swap": ("换电", ("battery_swap",)),
    "counselling": ("心理", ("counselling",)),
    "legal_desk": ("法律", ("legal_desk",)),
}
"""What the finder is asked for most: the word on the button, the kinds it stands for."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Where the search begins. ``code`` is the named place, "" for a device's position."""

    place: Place
    words: str
    code: str = ""


def read_position(sent: Mapping[str, str]) -> Standpoint | None:
    """Return the device's position out of a form's body, None where none was sent.

    Raises ``Malformed`` as ``standpoint`` does, and station.no_position for what is no number.
    """
    if not sent.get("lng") or not sent.get("lat"):
        return None
    try:
        lng, lat = float(sent["lng"]), float(sent["lat"])
    except ValueError:
        raise Malformed(
            "station.no_position", "没有读到你的位置。再点一次，或者选一个地方。"
        ) from None
    crs = sent.get("crs", "")
    return Standpoint(standpoint(lng, lat, CRS(crs) if crs in set(CRS) else CRS.WGS84), "你的位置")


def read_place(code: str) -> Standpoint | None:
    """Return the named place: a county, a town (the middle of its stations) or a station."""
    if not code:
        return None
    if "-" in code:
        row = finder.get_station(code)
        return Standpoint(Place(row.lng, row.lat, CRS.WGS84, row.lng, row.lat), row.name, code)
    found = regions.REGIONS.get(code) if code.isdigit() else None
    if found is None or found.level in (RegionLevel.PROVINCE, RegionLevel.CITY):
        raise Malformed("station.no_such_place", "没有这个地方。选一个县（市、区）或者街道再找。")
    lng, lat = found.lng, found.lat
    if found.level == RegionLevel.TOWN:
        lng, lat = finder.centre_of_town(code) or (lng, lat)
    words = regions.full_name(code, with_province=False)
    return Standpoint(Place(lng, lat, CRS.WGS84, lng, lat), words, code)


def read_wish(sent: Mapping[str, str]) -> str:
    """Return the chip that was chosen, "" for all."""
    wish = sent.get("has", "")
    return wish if wish in CHIPS else ""


def kinds_of(wish: str) -> tuple[str, ...]:
    """Return the kinds that a chip stands for."""
    kinds = CHIPS[wish][1] if wish else ()
    assert set(kinds) <= set(FACILITY_BITS)
    return kinds
