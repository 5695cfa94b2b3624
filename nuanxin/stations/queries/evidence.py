"""What a published number of 驿站 is the count of: stations, towns, and what was promised and counted a day."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from nuanxin.kernel.period import Period
from nuanxin.stations.queries.hours_by_county import CountyHours, count_hours
from nuanxin.stations.queries.hours_cells import first_day, list_cells, outside_kept
from nuanxin.stations.queries.in_use import REGISTER, Cut, Where, in_use_statement, towns_of

_TIMES = f"""{REGISTER}
SELECT r.adcode, v.day, sum(v.visits_person_times)
FROM stations_visitsketch v JOIN here r ON r.id = v.station_id
WHERE v.day BETWEEN %(first)s AND %(day)s GROUP BY 1, 2 ORDER BY 1, 2
"""
_OF_DAY = f"""{REGISTER}
SELECT v.station_id, r.adcode, v.visitors_persons
FROM stations_visitsketch v JOIN here r ON r.id = v.station_id
WHERE v.day = %(day)s AND v.visitors_persons IS NOT NULL ORDER BY 1
"""
_OF_MONTH = f"""{REGISTER}
SELECT v.station_id, r.adcode, v.visitors_persons
FROM stations_visitmonth v JOIN here r ON r.id = v.station_id
WHERE v.month = %(first)s AND v.visitors_persons IS NOT NULL ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that was counted in a county: ``key`` names it once, ``number`` is what it adds."""

    key: str
    county: int
    number: int = 1


def list_stations_in_use(where: Where, *, on: date, cut: Cut | None) -> list[Seen]:
    """Return the stations that ``count_in_use`` counts."""
    statement = in_use_statement("r.id, r.adcode", cut)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY r.id", where.values(on))
        return [Seen(str(row[0]), row[1]) for row in cursor.fetchall()]


def list_towns(where: Where, *, on: date) -> list[Seen]:
    """Return the towns and streets of a region as the directory has them."""
    return [Seen(code, int(code[:6])) for code in towns_of(where.region, on=on)]


def list_towns_in_use(where: Where, *, on: date, cut: Cut | None) -> list[Seen]:
    """Return the towns that ``count_towns`` counts."""
    statement = in_use_statement("DISTINCT r.town_code", cut)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY 1", where.values(on))
        found = {row[0] for row in cursor.fetchall()}
    return [one for one in list_towns(where, on=on) if one.key in found]


def list_visits(where: Where, period: Period) -> list[Seen]:
    """Return how many times somebody came, a county and day each."""
    with connection.cursor() as cursor:
        cursor.execute(_TIMES, where.values(period.end) | {"first": period.start})
        return [Seen(f"{row[0]}/{row[1]}", row[0], int(row[2])) for row in cursor.fetchall()]


def list_visitors(where: Where, period: Period) -> list[Seen]:
    """Return about how many different persons came to each station, on one day or in one month."""
    statement = _OF_DAY if period.start == period.end else _OF_MONTH
    with connection.cursor() as cursor:
        cursor.execute(statement, where.values(period.end) | {"first": period.start})
        return [Seen(str(row[0]), row[1], row[2]) for row in cursor.fetchall()]


def list_hours(where: Where, period: Period) -> list[CountyHours]:
    """Return the minutes promised and delivered, a county and day each, as known at ``where.known_at``."""
    inside, outside = outside_kept(period)
    found = list_cells(inside, known_at=where.known_at) if inside else []
    began = first_day() if outside else None
    for part in outside:
        if began is not None and part.end >= began:
            found += count_hours(where, Period(max(part.start, began), part.end))
    low, high = where.values(period.end)["low"], where.values(period.end)["high"]
    return [one for one in found if low <= one.county <= high]
