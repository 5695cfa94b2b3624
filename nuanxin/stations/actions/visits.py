"""Visits are counted by the hour; different people by sketches whose salts are thrown away."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.stations.rules.visits import add_visitors, visitor_hash

_SALT = """
INSERT INTO stations_visitsalt (is_month, begins_on, salt) VALUES (%(month)s, %(begins)s, %(fresh)s)
ON CONFLICT (is_month, begins_on) DO NOTHING
"""
_DAY = """
INSERT INTO stations_visitsketch (station_id, day, visits_person_times, hours)
VALUES (%(station)s, %(day)s, %(times)s, %(hours)s::smallint[])
ON CONFLICT (station_id, day) DO UPDATE
   SET visits_person_times = stations_visitsketch.visits_person_times + excluded.visits_person_times,
       hours = (SELECT array_agg(least(a + b, 32767) ORDER BY n)
                  FROM unnest(coalesce(stations_visitsketch.hours, array_fill(0::smallint, ARRAY[24])),
                              excluded.hours) WITH ORDINALITY AS x (a, b, n))
RETURNING sketch, visitors_persons
"""
_MONTH = """
INSERT INTO stations_visitmonth (station_id, month, visits_person_times)
VALUES (%(station)s, %(month)s, %(times)s)
ON CONFLICT (station_id, month) DO UPDATE
   SET visits_person_times = stations_visitmonth.visits_person_times + excluded.visits_person_times
RETURNING sketch, visitors_persons
"""
_END_OF_DAY = """
UPDATE stations_visitsketch SET sketch = NULL WHERE day < %(today)s AND sketch IS NOT NULL
"""
_END_OF_MONTH = """
UPDATE stations_visitmonth SET sketch = NULL WHERE month < %(month)s AND sketch IS NOT NULL
"""
_FOLD_HOURS = """
UPDATE stations_visitsketch SET hours = NULL WHERE day < %(since)s AND hours IS NOT NULL
"""
_THROW_AWAY = """
DELETE FROM stations_visitsalt
 WHERE NOT is_month AND begins_on < %(today)s OR is_month AND begins_on < %(month)s
"""


@transaction.atomic
def count_visits(
    *, station_id: int, marks: Sequence[str], person_times: int, at: datetime, now: datetime
) -> None:
    """Count so many person-times at ``at``, and the marks of who came as different persons.

    A mark is a visitor's own random text. Of a day (or month) that is over, persons are counted no
    more: its salt is gone; person-times still are. Nor where an estimate stands without its sketch.
    """
    local = at.astimezone(SHANGHAI)
    hours = [0] * 24
    hours[local.hour] = person_times
    day, month = local.date(), local.date().replace(day=1)
    today = business_day(now)
    values: dict[str, Any] = {
        "station": station_id,
        "day": day,
        "month": month,
        "times": person_times,
        "hours": hours,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DAY, values)
        sketch, known = cursor.fetchone()
        if marks and day == today and (sketch is not None or known is None):
            _add(cursor, station_id, marks, sketch, is_month=False, begins=day)
        cursor.execute(_MONTH, values)
        sketch, known = cursor.fetchone()
        if marks and month == today.replace(day=1) and (sketch is not None or known is None):
            _add(cursor, station_id, marks, sketch, is_month=True, begins=month)


@transaction.atomic
def close_visit_days(*, now: datetime) -> int:
    """Throw away salts and sketches of days and months that are over; return how many salts.

    Hours older than the parameter's days go too; the day's totals stay.
    """
    today = business_day(now)
    kept = int(parameter("stations.visit_hours_days", adcode=NATION, on=today).value)
    values: dict[str, Any] = {
        "today": today,
        "month": today.replace(day=1),
        "since": today - timedelta(days=kept),
    }
    with connection.cursor() as cursor:
        cursor.execute(_END_OF_DAY, values)
        cursor.execute(_END_OF_MONTH, values)
        cursor.execute(_FOLD_HOURS, values)
        cursor.execute(_THROW_AWAY, values)
        return int(cursor.rowcount)


def salt_of(*, is_month: bool, begins: date) -> bytes:
    """Return the salt of a day or month that is not over, made on first use."""
    values: dict[str, Any] = {
        "month": is_month,
        "begins": begins,
        "fresh": secrets.token_bytes(32),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SALT, values)
        cursor.execute(
            "SELECT salt FROM stations_visitsalt WHERE is_month = %(month)s AND begins_on = %(begins)s",
            values,
        )
        (salt,) = cursor.fetchone()
    return bytes(salt)


def _add(
    cursor: Any,
    station_id: int,
    marks: Sequence[str],
    sketch: bytes | None,
    *,
    is_month: bool,
    begins: date,
) -> None:
    salt = salt_of(is_month=is_month, begins=begins)
    visitors = [visitor_hash(salt, station_id=station_id, mark=mark) for mark in marks]
    counted, persons = add_visitors(sketch, visitors)
    table, column = ("visitmonth", "month") if is_month else ("visitsketch", "day")
    cursor.execute(
        f"UPDATE stations_{table} SET sketch = %(sketch)s, visitors_persons = %(persons)s"
        f" WHERE station_id = %(station)s AND {column} = %(begins)s",
        {"sketch": counted, "persons": persons, "station": station_id, "begins": begins},
    )
