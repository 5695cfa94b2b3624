"""Counting how many people of each trade work at which outlet: numbers only, once a night."""

from datetime import datetime

from django.db import connection, transaction

_COUNT = """
INSERT INTO stations_workedplace
    (adcode, town_code, outlet_id, lng, lat, occupation, persons, counted_at)
SELECT coalesce(o.adcode, e.work_adcode), min(o.town_code), o.id, min(o.lng), min(o.lat),
       e.occupation, count(*), %(now)s
FROM people_engagement e
LEFT JOIN orgs_outlet o ON o.id = e.outlet_id
WHERE e.ended_on IS NULL AND coalesce(o.adcode, e.work_adcode) IS NOT NULL
GROUP BY coalesce(o.adcode, e.work_adcode), o.id, e.occupation
"""


@transaction.atomic
def count_worked_places(*, now: datetime) -> int:
    """Count all engagements that last by outlet (or county) and trade; return the lines written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('stations.worked_places'))")
        cursor.execute("DELETE FROM stations_workedplace")
        cursor.execute(_COUNT, {"now": now})
        return int(cursor.rowcount)
