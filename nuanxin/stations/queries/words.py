"""What was said of a station lately, as the rule wants it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.stations.rules.settling import Word
from nuanxin.stations.states.reporting import ReportSource, Said

LOOK_BACK = timedelta(days=14)
"""Far beyond where any word is worth anything by the numbers in force."""
MOST_VISITORS = 60
"""Visitors are capped at a few points: their newest words are enough, a flood is not read."""
MOST_OTHERS = 400

# Of visitors and of the others the newest, none of a facility (50 and up), which does not fade; what was taken back, and the taking back, is left out.
_WORDS = """
(SELECT reported_at, source, said, reporter, until FROM stations_stationreport r
  WHERE station_id = %(station)s AND reported_at > %(since)s AND reported_at <= %(now)s
    AND source <> 5 AND said < 50 AND takes_back_id IS NULL
    AND NOT EXISTS (SELECT FROM stations_stationreport b WHERE b.takes_back_id = r.id)
  ORDER BY reported_at DESC, id DESC LIMIT %(others)s)
UNION ALL
(SELECT reported_at, source, said, reporter, until FROM stations_stationreport r
  WHERE station_id = %(station)s AND reported_at > %(since)s AND reported_at <= %(now)s
    AND source = 5 AND takes_back_id IS NULL
    AND NOT EXISTS (SELECT FROM stations_stationreport b WHERE b.takes_back_id = r.id)
  ORDER BY reported_at DESC, id DESC LIMIT %(visitors)s)
"""


def words_of(station_id: int, *, now: datetime) -> list[Word]:
    """Return the words said in the last two weeks that stand, in one statement."""
    values: dict[str, Any] = {
        "station": station_id,
        "since": now - LOOK_BACK,
        "now": now,
        "others": MOST_OTHERS,
        "visitors": MOST_VISITORS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, values)
        return [_word(*row) for row in cursor.fetchall()]


def _word(at: datetime, source: int, said: int, reporter: UUID, until: datetime | None) -> Word:
    return Word(at, ReportSource(source), Said(said), reporter.hex, until)
