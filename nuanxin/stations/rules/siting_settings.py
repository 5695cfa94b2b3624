"""What is asked of a siting plan, and how far people come: settings, reach, hours of trades."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from nuanxin.kernel.parameters import ParameterMissing, parameter
from nuanxin.stations.rules.siting import Floats
from nuanxin.stations.rules.siting_grid import HOURS
from nuanxin.stations.states import DemandSource, Travel

MOST_SITES, MOST_VANS = 600, 3
LONGEST_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """One plan's settings; hours are full hours, ``closes`` may be 24.

    ``seats`` of a new station where capacity counts; 0 where it does not.
    """

    adcode: int
    side_m: int
    travel: Travel
    minutes: int
    sources: tuple[DemandSource, ...]
    grid_id: int | None
    count: int
    opens: int
    closes: int
    vans: int
    van_from: int
    van_until: int
    day: date
    seed: int
    seats: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the settings as they are kept."""
        return asdict(self) | {"day": self.day.isoformat(), "sources": list(self.sources)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Settings":
        """Return the settings that were kept."""
        return cls(
            **kept
            | {
                "day": date.fromisoformat(kept["day"]),
                "travel": Travel(kept["travel"]),
                "sources": tuple(DemandSource(one) for one in kept["sources"]),
            }
        )


def reach_m(travel: Travel, minutes: int, *, adcode: int, on: date) -> float:
    """Return how far off in a straight line somebody may be to come within ``minutes``."""
    key = "stations.walk_kmh" if travel == Travel.WALK else "stations.ebike_kmh"
    metres_a_minute = float(parameter(key, adcode=str(adcode), on=on).value) * 1000 / 60
    return minutes * metres_a_minute / detour(adcode, on)


def stay_minutes(adcode: int, on: date) -> int:
    """Return how long somebody stays at a station, as capacity is counted."""
    return int(parameter("stations.siting_stay_minutes", adcode=str(adcode), on=on).value)


def detour(adcode: int, on: date) -> float:
    """Return how many times longer a way is than the straight line."""
    return float(parameter("stations.detour", adcode=str(adcode), on=on).value)


def circle_minutes(adcode: int, on: date) -> int:
    """Return the minutes of the service circle."""
    return int(parameter("stations.circle_minutes", adcode=str(adcode), on=on).value)


def hours_out(adcode: int, on: date) -> dict[int, Floats]:
    """Return by occupation the share of its people that is out in each hour; 0 is any other."""
    told = parameter("stations.hours_out", adcode=str(adcode), on=on).value
    return {
        0 if key == "other" else int(key): np.array(values, float)[:HOURS] / 1000
        for key, values in told.items()
    }


@dataclass(frozen=True, slots=True)
class ProgrammeTargets:
    """What the programme wants of a place on a day, with its source."""

    benchmark_permille: int
    allday_permille: int
    town_permille: int
    source: str
    until: date | None
    raised: int | str
    built: int


def programme_targets(adcode: int, on: date) -> ProgrammeTargets | None:
    """Return the targets in force at a place on a day, None when there are none."""
    place = str(adcode)
    try:
        benchmark = parameter("stations.benchmark_share", adcode=place, on=on)
        allday = parameter("stations.allday_share", adcode=place, on=on)
        a_town = parameter("stations.benchmark_a_town", adcode=place, on=on)
        year = parameter("stations.yearly_upgrades", adcode=place, on=on)
    except ParameterMissing:
        return None
    return ProgrammeTargets(
        benchmark_permille=int(benchmark.value),
        allday_permille=int(allday.value),
        town_permille=int(a_town.value),
        source=benchmark.source,
        until=benchmark.valid_to,
        raised=year.value["raised"],
        built=int(year.value["built"]),
    )
