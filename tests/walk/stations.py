"""Stations of a given union, for the walk."""

from typing import Any
from uuid import UUID

from nuanxin.orgs.models import Union
from nuanxin.stations.actions.photos import add_photo
from nuanxin.stations.models import Station, StationImport, StationState
from nuanxin.stations.states import ImportState
from tests.cast import Cast
from tests.stations.pictures import a_png

POINTS = {330105: (120.15, 30.32), 330106: (120.13, 30.26), 330212: (121.55, 29.82)}


def station(cast: Cast, union: Union) -> Station:
    """Return a station of the union, made where there is none."""
    known = Station.objects.filter(union=union).first()
    if known is not None:
        return known
    number = Station.objects.count() + 1
    adcode = union.adcode if union.adcode % 100 else 330105
    lng, lat = POINTS.get(adcode, POINTS[330105])
    made = Station.objects.create(
        code=f"{adcode}-{number:04}",
        union=union,
        name=f"样例驿站{number}",
        name_compact=f"样例驿站{number}",
        adcode=adcode,
        address="样例路1号",
        lng=lng + number / 100,
        lat=lat,
        crs="wgs84",
        wgs_lng=lng + number / 100,
        wgs_lat=lat,
        hours="Mo-Su 08:00-22:00",
        created_at=cast.now,
        updated_at=cast.now,
    )
    StationState.objects.create(station=made)
    return made


def station_of(cast: Cast, union: Union) -> dict[str, Any]:
    """Return the number of a station of the union."""
    return {"code": station(cast, union).code}


def import_of(cast: Cast, union: Union) -> dict[str, Any]:
    """Return a list of stations that was dropped for the union and put away."""
    made = StationImport.objects.create(
        union=union,
        state=ImportState.DISCARDED,
        file_id=UUID(int=0),
        file_name="样例.xlsx",
        file_sha256=b"",
        crs="wgs84",
        created_at=cast.now,
    )
    return {"listing_id": made.id}


def photo(cast: Cast) -> dict[str, Any]:
    """Return a photo of a station: the smallest picture there is."""
    made = station(cast, cast.union("county"))
    kept = add_photo(
        station_id=made.id, content=a_png(), caption="门口", actor=cast.county_cadre, now=cast.now
    )
    return {"code": made.code, "photo_id": kept.id}


def station_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of stations; ``sample`` makes one."""
    one = sample(missing={"code": "330105-9999"}, of_union=station_of)
    listing = sample(missing={"listing_id": no_id}, of_union=import_of)
    names = (
        "",
        "-edit",
        "-standing",
        "-keepers",
        "-photos",
        "-funding",
        "-funding-workbook",
        "-map-ids",
    )
    return {f"desk-station{name}": one for name in names} | {
        "station-photo": sample(missing={"code": "330105-9999", "photo_id": no_id}, public=photo),
        "desk-stations-export": sample(
            missing={"kind": "pdf"}, public=lambda cast: {"kind": "geojson"}
        ),
        "open-stations": sample(
            missing={"region": 999999, "kind": "csv"},
            public=lambda cast: {"region": 330105, "kind": "csv"},
        ),
        "desk-station-import": listing,
        "desk-station-import-act": listing,
        **_for_everybody(sample),
    }


def _for_everybody(sample: Any) -> dict[str, Any]:
    shown = sample(missing={"code": "330105-9999"}, public=public_station)
    return {
        "worker-station": shown,
        "worker-station-share": shown,
        "worker-station-poster": sample(
            missing={"code": "330105-9999", "paper": "a4"},
            public=lambda cast: public_station(cast) | {"paper": "a4"},
        ),
        "worker-stations-county": sample(
            missing={"adcode": "110101"}, public=lambda cast: {"adcode": "330105"}
        ),
        "api-v1:get_station": shown,
        "api-v1:list_free_slots": shown,
    }


def public_station(cast: Cast) -> dict[str, Any]:
    """Return the number of a station that everybody may see."""
    return station_of(cast, cast.union("county"))
