"""Services at stations of a given union, kept by the cast's keeper, for the walk."""

from datetime import date
from typing import Any
from uuid import uuid4

from nuanxin.kernel import sealing
from nuanxin.orgs.models import Union
from nuanxin.stations.models import StationKeeper
from tests.cast import Cast
from tests.walk.stations import public_station, station


def kept_station(cast: Cast, union: Union) -> dict[str, Any]:
    """Return the number of a station of the union that the cast's keeper keeps."""
    found, bound = station(cast, union), uuid4()
    keeper = cast.accounts.get("station_keeper")
    if keeper is None:  # the demonstration's cast has none
        return {"code": found.code}
    StationKeeper.objects.get_or_create(
        station=found,
        account_id=keeper.id,
        defaults={
            "role": 1, "bound_to": bound, "name_hint": "沈站长", "phone_hint": "1999999",
            "name_sealed": sealing.seal("keeper_name", "沈谷雨", bound),
            "phone_sealed": sealing.seal("keeper_phone", "19900009999", bound),
            "phone_hash": sealing.lookup_hash("phone", "19900009999"),
            "from_on": date(2024, 5, 1), "registered_at": cast.now,
        },
    )  # fmt: skip
    return {"code": found.code}


def service_samples(sample: Any) -> dict[str, Any]:
    """Return the samples of the addresses of services; ``sample`` makes one."""
    missing = {"code": "330105-9999"}
    shown = sample(missing=missing, public=public_station)
    return dict.fromkeys(("station-services", "station-stars", "station-join"), shown) | {
        "desk-station-services": sample(missing=missing, of_union=kept_station),
        "station-join-poster": sample(
            missing=missing | {"paper": "a4"},
            public=lambda cast: public_station(cast) | {"paper": "a4"},
        ),
    }
