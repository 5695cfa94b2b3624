"""Services at stations of a given union, for the walk."""

from typing import Any

from tests.cast import Cast
from tests.walk.stations import station_of


def service_samples(sample: Any) -> dict[str, Any]:
    """Return the samples of the addresses of services; ``sample`` makes one."""
    missing = {"code": "330105-9999"}

    def public(cast: Cast) -> dict[str, Any]:
        return station_of(cast, cast.union("county"))

    return {
        "desk-station-services": sample(missing=missing, of_union=station_of),
        "station-services": sample(missing=missing, public=public),
        "station-stars": sample(missing=missing, public=public),
        "station-join": sample(missing=missing, public=public),
        "station-join-poster": sample(
            missing=missing | {"paper": "a4"}, public=lambda cast: public(cast) | {"paper": "a4"}
        ),
    }
