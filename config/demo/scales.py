"""How large a world is, and over which days it runs."""

from dataclasses import dataclass, field
from datetime import date, timedelta

YEARS = 5


@dataclass(frozen=True, slots=True)
class Window:
    """The days of the world: five years, the last of them ``until``."""

    since: date
    until: date

    @classmethod
    def ending(cls, until: date) -> "Window":
        """Return the five years that end with ``until``."""
        after = until + timedelta(days=1)
        return cls(after.replace(year=after.year - YEARS, day=min(after.day, 28)), until)


@dataclass(frozen=True, slots=True)
class Scale:
    """The measures of a world; persons are gross new members over the whole window.

    ``counties`` are the counties with full life (None: all), by adcode with the share of unions
    of each (None: by the usual weights); ``towns_each`` limits the towns of a county that get a
    union (None: all). ``home`` is where most of the scripted things stand, ``beside`` another
    county, in another city where there is one.
    """

    name: str
    persons: int
    unions: int
    home: int
    beside: int
    counties: tuple[int, ...] | None
    towns_each: int | None
    couriers: int
    courier_outlets: int
    carers: int
    care_institutions: int
    care_stations: int
    again: int
    weights: dict[int, float] = field(default_factory=dict)
    is_bulk: bool = False


SCALES = {
    "small": Scale(
        name="small",
        persons=300,
        unions=14,
        home=330105,
        beside=330212,
        counties=(330105, 330110, 330113, 330212),
        towns_each=2,
        couriers=60,
        courier_outlets=12,
        carers=36,
        care_institutions=2,
        care_stations=5,
        again=3,
        weights={330105: 5, 330110: 2, 330113: 2, 330212: 3},
    ),
    "county": Scale(
        name="county",
        persons=13_600,
        unions=102,
        home=330782,
        beside=330212,
        counties=(330782, 330783, 330105, 330212),
        towns_each=None,
        couriers=400,
        courier_outlets=24,
        carers=300,
        care_institutions=8,
        care_stations=42,
        again=130,
        is_bulk=True,
        weights={330782: 92, 330783: 6, 330105: 1.5, 330212: 1.5},
    ),
    "province": Scale(
        name="province",
        persons=1_175_000,
        unions=6_777,
        home=330105,
        beside=330212,
        counties=None,
        towns_each=None,
        couriers=12_100,
        courier_outlets=417,
        carers=21_400,
        care_institutions=261,
        care_stations=3_136,
        again=11_300,
        is_bulk=True,
    ),
}

# Where unions are many: rough, by how busy a county is; a county not named has the usual weight.
COUNTY_WEIGHTS = {
    330782: 60, 330110: 55, 330109: 50, 330212: 36, 330102: 32, 330105: 30, 330106: 30,
    330302: 30, 330282: 28, 330113: 26, 330304: 24, 330382: 24, 330203: 22, 330381: 22,
    330603: 22, 330206: 20, 330303: 20, 330602: 20, 330281: 18, 331081: 18, 330108: 16,
    330114: 16, 330483: 16, 330481: 16, 330681: 16, 331002: 14, 330402: 14, 331082: 13,
    330411: 12, 330502: 12, 330783: 12, 330784: 12, 330702: 11, 330802: 9, 331102: 9,
    330922: 2, 330921: 3, 331125: 2, 331127: 2, 331126: 3, 330727: 3, 330328: 3, 330329: 3,
    330305: 3, 331124: 3, 331123: 3, 330824: 4, 330127: 4,
}  # fmt: skip
USUAL_WEIGHT = 7.0

# Published: persons by occupation (key of kernel.occupations), and by channel.
OCCUPATIONS = {4: 341_200, 3: 287_600, 1: 221_900, 2: 168_300, 6: 71_400, 7: 52_800, 99: 31_800}
COLLECTIVE, ONLINE, ONE_CLICK = 604_700, 391_500, 178_800
