"""Joining at a station: how many applied in a month who came through its code. Counts alone."""

from collections.abc import Mapping
from datetime import datetime

from django.core import signing
from django.db import connection

from nuanxin.kernel.clock import business_day

COOKIE = "nx_joining_at"
KEPT_SECONDS = 7 * 24 * 3_600
_SALT = "station-joining"
_COUNT = """
INSERT INTO stations_stationjoining AS j (station_id, month_on, applied)
SELECT id, %(month)s, 1 FROM stations_station WHERE id = %(station)s
ON CONFLICT (station_id, month_on) DO UPDATE SET applied = j.applied + 1
"""


def came_through(station_id: int) -> str:
    """Return what the cookie of a browser says that came to join through a station."""
    return signing.dumps(station_id, salt=_SALT)


def count_applied(cookies: Mapping[str, str], now: datetime) -> None:
    """Count somebody new who applied in a browser that came through a station; keep nothing of him."""
    try:
        station_id = signing.loads(cookies.get(COOKIE, ""), salt=_SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        return
    month = business_day(now).replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"station": int(station_id), "month": month})
