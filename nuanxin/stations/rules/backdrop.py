"""A picture of 天地图 behind the plain map, where the operator has a key; off without one.

One picture, not tiles: it needs no script. Its middle is rounded to about 100 metres, so that the
foreign host is told a neighbourhood and nobody's spot; the drawing on it stays exact, the picture is
moved by what was rounded. CGCS2000 is WGS-84 for our accuracy (``kernel.geo``).
"""

import math
from dataclasses import dataclass
from urllib.parse import urlencode

HOST = "https://api.tianditu.gov.cn"
_EQUATOR_M_A_PIXEL = 156_543.033_92
_MOST_PIXELS = 1_024
_ZOOMS = (3, 18)


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The picture's address, and where it lies on the drawing, in its steps."""

    url: str
    x: float
    y: float
    width: float
    height: float


def backdrop(
    lng: float, lat: float, *, steps_a_metre: float, size: tuple[int, int], key: str
) -> Backdrop | None:
    """Return the picture behind a drawing of ``size`` steps whose middle is the place; None without a key."""
    if not key:
        return None
    near_lng, near_lat = round(lng, 3), round(lat, 3)
    at_equator = _EQUATOR_M_A_PIXEL * math.cos(math.radians(near_lat))
    zoom = min(_ZOOMS[1], max(_ZOOMS[0], math.floor(math.log2(at_equator * steps_a_metre))))
    step = at_equator / 2**zoom * steps_a_metre  # of the drawing, a pixel of the picture
    wide, high = (
        min(_MOST_PIXELS, math.ceil((1.1 * one + 130 * steps_a_metre) / step)) for one in size
    )
    east = (near_lng - lng) * math.cos(math.radians(lat)) * 111_195 * steps_a_metre
    north = (near_lat - lat) * 111_195 * steps_a_metre
    query = {
        "center": f"{near_lng:.3f},{near_lat:.3f}", "width": wide, "height": high, "zoom": zoom,
        "layers": "vec_w,cva_w", "tk": key,
    }  # fmt: skip
    return Backdrop(
        url=f"{HOST}/staticimage?{urlencode(query, safe=',')}",
        x=round(size[0] / 2 + east - wide * step / 2, 1),
        y=round(size[1] / 2 - north - high * step / 2, 1),
        width=round(wide * step, 1),
        height=round(high * step, 1),
    )
