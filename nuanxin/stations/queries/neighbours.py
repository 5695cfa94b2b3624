"""What is known around places, so that what is entered or brought in can be compared with it.

Unscoped on purpose: a station is public, and one that a neighbouring union registered is the same
station. Closed ones are known too.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.stations.rules.matching import Known, Neighbourhood, distances_on
from nuanxin.stations.rules.names import compact_address
from nuanxin.stations.rules.placing import Pair

_MARGIN = 0.012
"""Degrees about a point: somewhat more than a kilometre, so that a shifted neighbour is found."""
_MOST = 200_000
_COLUMNS = """
SELECT s.id, s.code, s.name,
       array_prepend(s.name_compact, coalesce(n.names, '{}')), s.address,
       s.wgs_lng, s.wgs_lat, s.adcode
FROM stations_station s
LEFT JOIN LATERAL (SELECT array_agg(compact) AS names FROM stations_stationname
                   WHERE station_id = s.id) n ON true
"""
_AROUND = (
    _COLUMNS
    + """
WHERE s.id IN (
    SELECT o.id FROM stations_station o
    JOIN unnest(%(adcodes)s::int[], %(lngs)s::float8[], %(lats)s::float8[]) p(adcode, lng, lat)
      ON o.adcode = p.adcode OR (o.wgs_lng BETWEEN p.lng - %(margin)s AND p.lng + %(margin)s
                                 AND o.wgs_lat BETWEEN p.lat - %(margin)s AND p.lat + %(margin)s))
LIMIT %(most)s
"""
)
_OF_REGIONS = _COLUMNS + " WHERE s.adcode BETWEEN %(low)s AND %(high)s ORDER BY s.id LIMIT %(most)s"
_MAPS = """
SELECT provider, ident, station_id FROM stations_mapid
WHERE (provider, ident) IN (SELECT * FROM unnest(%(providers)s::text[], %(idents)s::text[]))
"""


def known_around(places: Sequence[tuple[int, float, float]], *, on: date) -> Neighbourhood:
    """Return the stations of these counties (adcode, lng, lat) and about these points."""
    values = {
        "adcodes": [adcode for adcode, _, _ in places],
        "lngs": [lng for _, lng, _ in places],
        "lats": [lat for _, _, lat in places],
        "margin": _MARGIN,
        "most": _MOST,
    }
    return Neighbourhood(_known(fetch_all(_AROUND, values)), distances=distances_on(on))


def known_in(
    low: int, high: int, maps: Iterable[tuple[str, str]] = (), *, on: date
) -> Neighbourhood:
    """Return the stations of all counties between two codes, found by these ids on maps too."""
    pairs = list(maps)
    values = {
        "low": low, "high": high, "most": _MOST,
        "providers": [one for one, _ in pairs], "idents": [one for _, one in pairs],
    }  # fmt: skip
    found = fetch_all(_MAPS, values) if pairs else []
    known = _known(fetch_all(_OF_REGIONS, values))
    return Neighbourhood(known, found, distances=distances_on(on))


def pairs_of(
    around: Neighbourhood,
    adcode: int,
    name: str,
    address: str,
    lng: float,
    lat: float,
    *,
    but: int = 0,
) -> list[Pair]:
    """Return the point as given beside each known station with this name or address in the county.

    Where there is none: beside those a few house numbers away on the same road.
    """
    alike = [one for one in around.alike(adcode, name, address) if one.id != but]
    beside = alike or [one for one in around.next_doors(adcode, address) if one.id != but]
    return [Pair(lng, lat, one.lng, one.lat) for one in beside]


def _known(rows: Sequence[tuple[Any, ...]]) -> list[Known]:
    return [
        Known(
            row[0], row[1], row[2], tuple(dict.fromkeys(row[3])), compact_address(row[4]), *row[5:]
        )
        for row in rows
    ]
