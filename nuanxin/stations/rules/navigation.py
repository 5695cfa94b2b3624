"""Links that hand a station over to a map app, each in the coordinates that the app is made for.

高德, 腾讯 and Apple's maps of China draw GCJ-02; 百度 draws BD-09 and is told so. The way there is
the app's business: it starts where the person is, which these links do not tell.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from nuanxin.kernel.geo import CRS, convert

SOURCE = "nuanxin"


@dataclass(frozen=True, slots=True)
class MapLink:
    """One app: its code, its name, the address that opens it."""

    code: str
    label: str
    url: str


def map_links(name: str, *, wgs_lng: float, wgs_lat: float) -> list[MapLink]:
    """Return the links in the order in which pages offer them."""
    lng, lat = (f"{one:.6f}" for one in _in(CRS.GCJ02, wgs_lng, wgs_lat))
    bd_lng, bd_lat = (f"{one:.6f}" for one in _in(CRS.BD09, wgs_lng, wgs_lat))
    return [
        MapLink("amap", "高德地图", "https://uri.amap.com/navigation?" + _query(
            to=f"{lng},{lat},{name}", mode="ride", coordinate="gaode", src=SOURCE, callnative="1")),
        MapLink("baidu", "百度地图", "baidumap://map/direction?" + _query(
            destination=f"name:{name}|latlng:{bd_lat},{bd_lng}", coord_type="bd09ll",
            mode="riding", src=SOURCE)),
        MapLink("tencent", "腾讯地图", "https://apis.map.qq.com/uri/v1/routeplan?" + _query(
            type="bike", to=name, tocoord=f"{lat},{lng}", referer=SOURCE)),
        MapLink("apple", "苹果地图", "https://maps.apple.com/?" + _query(
            daddr=f"{lat},{lng}", q=name, dirflg="w")),
    ]  # fmt: skip


def _in(crs: CRS, wgs_lng: float, wgs_lat: float) -> tuple[float, float]:
    return convert(wgs_lng, wgs_lat, source=CRS.WGS84, target=crs)


def _query(**values: str) -> str:
    return urlencode(values, quote_via=quote, safe=",:")
