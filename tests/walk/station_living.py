"""How stations stand, for the walk: links that open nothing, something out of order, hours."""

from typing import Any

from nuanxin.kernel.clock import business_day
from nuanxin.orgs.models import Union
from nuanxin.stations.models import Repair
from tests.cast import Cast
from tests.walk.stations import station, station_of


def repair_of(cast: Cast, union: Union) -> dict[str, Any]:
    """Return the number of something out of order at a station of the union."""
    found, _ = Repair.objects.get_or_create(
        station=station(cast, union),
        what="water",
        done_at=None,
        defaults={"source": 1, "reported_at": cast.now, "due_on": business_day(cast.now)},
    )
    return {"repair_id": found.id}


def living_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of the living state; ``sample`` makes one."""
    missing = {"code": "330105-9999"}
    one = sample(missing=missing, of_union=station_of)
    hours = {"kind": "hours"}
    return {
        "desk-station-repair-done": sample(missing={"repair_id": no_id}, of_union=repair_of),
        "desk-station-repair-seen": sample(missing={"repair_id": no_id}, of_union=repair_of),
        "desk-station-living": one,
        "desk-station-living-act": one,
        "desk-station-hours": sample(
            missing=missing | hours, of_union=lambda cast, union: station_of(cast, union) | hours
        ),
        "station-now": sample(
            missing=missing, public=lambda cast: station_of(cast, cast.union("county"))
        ),
        "keeper-link": sample(missing={"token": "nothing"}, public=lambda cast: {"token": "none"}),
        "station-screen": sample(
            missing={"token": "nothing"}, public=lambda cast: {"token": "none"}
        ),
        "door-code": sample(missing={"code": "nothing"}, public=lambda cast: {"code": "none"}),
    }
