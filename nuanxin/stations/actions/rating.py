"""Ratings: a worker gives a station stars, once a month; nothing here can be put together to a trail."""

from datetime import datetime

from django.db import connection

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Forbidden, Malformed, NotFound
from nuanxin.stations.models import Station

_RATE = """
INSERT INTO stations_stationrating (station_id, month_on, rater, stars, rated_at)
VALUES (%(station)s, %(month)s, %(rater)s, %(stars)s, %(now)s)
ON CONFLICT (station_id, month_on, rater)
DO UPDATE SET stars = EXCLUDED.stars, rated_at = EXCLUDED.rated_at
"""


def rate_station(*, code: str, stars: int, actor: Actor, now: datetime) -> None:
    """Keep somebody's stars for this month; said again they replace the earlier ones.

    The rater is a keyed digest of person, station and month. No event is written: it would be a trail.
    Raises ``NotFound``, ``Forbidden`` for who is not signed in as a worker, ``Malformed``.
    """
    if actor.worker_id is None:
        raise Forbidden("stations.rate_signed_in", "先登录，再给驿站打分。每人每月打一次。")
    if not 1 <= stars <= 5:
        raise Malformed("stations.stars", "选一到五颗星。")
    station_id = Station.objects.filter(code=code).values_list("id", flat=True).first()
    if station_id is None:
        raise NotFound()
    month = business_day(now).replace(day=1)
    rater = sealing.lookup_hash(
        "station_rater", f"{actor.worker_id}\n{station_id}\n{month.isoformat()}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _RATE,
            {
                "station": station_id, "month": month, "rater": rater, "stars": stars,
                "now": now.replace(hour=0, minute=0, second=0, microsecond=0),
            },
        )  # fmt: skip
