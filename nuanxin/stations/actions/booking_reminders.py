"""The day before, whoever has booked is reminded once, in the hours in which he may be disturbed.

What is said names the place and the time, never what for: a text may be read over a shoulder.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from nuanxin.kernel.clock import SHANGHAI, business_day, day_end, day_start
from nuanxin.notices.actions import notices_insert_sql, send_sms_to_many
from nuanxin.notices.queries import quiet_trades
from nuanxin.people.queries import main_occupations
from nuanxin.stations.states.services import BookingState

AT_A_TIME = 2_000
NOTICE_KIND = "stations.booking_tomorrow"
_TEXT = "stations.booking_tomorrow"
_DUE = f"""
SELECT b.id, b.worker_id, b.starts_at, t.name, t.address, s.is_remote
FROM stations_servicebooking b JOIN stations_stationservice s ON s.id = b.service_id
JOIN stations_station t ON t.id = s.station_id
JOIN people_worker w ON w.id = b.worker_id AND w.erased_at IS NULL AND w.merged_into_id IS NULL
WHERE b.state = {int(BookingState.BOOKED)} AND b.reminded_at IS NULL
  AND b.starts_at >= %(first)s AND b.starts_at < %(last)s AND b.made_at < %(made)s
  AND b.id > %(after)s
ORDER BY b.id LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED
"""
_NOTICES = """
SELECT x.worker_id, %(kind)s, x.title, x.body, %(url)s, %(now)s
FROM unnest(%(workers)s::bigint[], %(titles)s::text[], %(bodies)s::text[])
         AS x (worker_id, title, body)
"""
_TELL = f"""
WITH told AS ({notices_insert_sql(_NOTICES)})
UPDATE stations_servicebooking SET reminded_at = %(now)s
WHERE id = ANY (%(bookings)s) AND reminded_at IS NULL
"""


def remind_bookings(*, now: datetime, limit: int = AT_A_TIME) -> int:
    """Remind of what begins tomorrow; return how many were reminded.

    Who booked it only today needs no reminding. Somebody whose trade is at its busiest waits for a
    later run of the day. The notice and the mark that it was given are one transaction: run twice,
    or cut off, nobody is told twice and nobody is left out. A text goes as well to who has agreed
    to texts.
    """
    told, after = 0, 0
    while True:
        with transaction.atomic():
            rows = _due(now, after, limit)
            told += _tell(_undisturbed(rows, now), now)
        if len(rows) < limit:
            return told
        after = rows[-1][0]


def _due(now: datetime, after: int, limit: int) -> list[tuple[Any, ...]]:
    today = business_day(now)
    values: dict[str, Any] = {
        "first": day_end(today),
        "last": day_end(today + timedelta(days=1)),
        "made": day_start(today),
        "after": after,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        return list(cursor.fetchall())


def _undisturbed(rows: Sequence[tuple[Any, ...]], now: datetime) -> list[tuple[Any, ...]]:
    """Return those whose trade may be told something at this hour."""
    quiet = set(quiet_trades(now))
    trades = main_occupations([row[1] for row in rows], on=business_day(now))
    return [row for row in rows if trades.get(row[1], 0) not in quiet]


def _tell(rows: Sequence[tuple[Any, ...]], now: datetime) -> int:
    if not rows:
        return 0
    said = [_said(starts_at, station, is_remote) for _, _, starts_at, station, _, is_remote in rows]
    values: dict[str, Any] = {
        "kind": NOTICE_KIND,
        "url": reverse("my-station-bookings"),
        "now": now,
        "bookings": [row[0] for row in rows],
        "workers": [row[1] for row in rows],
        "titles": [f"明天 {when} 有约" for when, _ in said],
        "bodies": [
            f"{where}{'' if row[5] else '，' + row[4]}。去不了就取消，让给别人。"
            for row, (_, where) in zip(rows, said, strict=True)
        ],
    }
    with connection.cursor() as cursor:
        cursor.execute(_TELL, values)
    texts: list[tuple[int, dict[str, object]]] = [
        (row[1], {"when": when, "where": where})
        for row, (when, where) in zip(rows, said, strict=True)
    ]
    send_sms_to_many(texts=texts, template=_TEXT, now=now)
    return len(rows)


def _said(starts_at: datetime, station: str, is_remote: bool) -> tuple[str, str]:
    return f"{starts_at.astimezone(SHANGHAI):%H:%M}", "电话或者视频" if is_remote else station
