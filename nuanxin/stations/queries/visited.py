"""到站 in figures: person-times of any days, different persons of one day or one calendar month."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from nuanxin.kernel.period import Month, Period
from nuanxin.stations.queries.in_use import REGISTER, Where

_TIMES = f"""{REGISTER}
SELECT sum(v.visits_person_times)
FROM stations_visitsketch v JOIN here r ON r.id = v.station_id
WHERE v.day BETWEEN %(first)s AND %(day)s
"""
_OF_DAY = f"""{REGISTER}
SELECT sum(v.visitors_persons)
FROM stations_visitsketch v JOIN here r ON r.id = v.station_id WHERE v.day = %(day)s
"""
_OF_MONTH = f"""{REGISTER}
SELECT sum(v.visitors_persons)
FROM stations_visitmonth v JOIN here r ON r.id = v.station_id WHERE v.month = %(first)s
"""


@dataclass(frozen=True, slots=True)
class Visited:
    """A sum, None where nothing was counted: which is not nought."""

    number: int | None


def count_person_times(where: Where, period: Period) -> Visited:
    """Return how many times somebody came on the days of the period."""
    return _sum(_TIMES, where, period.start, period.end)


def count_visitors(where: Where, period: Period, *, today: date) -> Visited | None:
    """Return about how many different persons came to each station, summed over the stations.

    None for a period that is neither one day nor one calendar month (the running one up to
    ``today``): estimates of two days cannot be added to persons.
    """
    if period.start == period.end:
        return _sum(_OF_DAY, where, period.end, period.end)
    month = Month.of(period.start)
    if period.start == month.start and period.end in (month.end, min(today, month.end)):
        return _sum(_OF_MONTH, where, month.start, period.end)
    return None


def _sum(statement: str, where: Where, first: date, last: date) -> Visited:
    with connection.cursor() as cursor:
        cursor.execute(statement, where.values(last) | {"first": first})
        number = cursor.fetchone()[0]
    return Visited(None if number is None else int(number))
