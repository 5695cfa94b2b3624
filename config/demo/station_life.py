"""A year of stations in the demonstration: what keepers said, who came, what broke; all by set.

Who says what is drawn from the station's number, so that the same world is always the same. How a
station stands is written as the rule would settle it (one keeper's last word, faded); a test holds
the small world against the rule itself. Sketches are made for the shown station alone.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from config.demo import load
from config.demo.accounts import SignIn, actor_of
from config.demo.scales import Scale
from nuanxin.kernel.actor import Role
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.workdays import add_workdays, is_workday
from nuanxin.stations.actions.doors import make_screen
from nuanxin.stations.actions.hours_cells import follow_hours
from nuanxin.stations.actions.keeper_links import make_keeper_link
from nuanxin.stations.actions.opening import plan_closure, refresh_opening
from nuanxin.stations.actions.visits import count_visits
from nuanxin.stations.models import Station
from nuanxin.stations.rules.settling import settings_for
from nuanxin.stations.states.reporting import ReportSource

_DAYS = {"small": 42, "county": 365, "province": 365}
_DAY_ROWS = 120
"""Visits are there by day for so long, by month for the whole year: 1.4 million rows, not 4.4."""
_HOUR_DAYS = 28
_HOURS_MONTHS = 13
_YEAR_TABLES = ("stations_stationreport", "stations_visitsketch", "stations_visitmonth")
_PLACE = "330000"

# A keeper's word a week over the year, one in thirty that it is shut for a while, and one of the last
# days; a tenth of the stations is silent for weeks, one in thirty says closed, one in forty full; the
# shown station has just been confirmed. Reporters are numbers of nobody.
_WORDS = """
INSERT INTO stations_stationreport (station_id, said, source, reporter, reported_at, until, note)
SELECT s.id, CASE WHEN is_shut THEN %(closed)s ELSE %(open)s END, %(keeper)s,
       md5(s.id || 'keeper')::uuid, at,
       CASE WHEN is_shut THEN at + (1 + s.id %% 5) * interval '1 hour' END, ''
  FROM stations_station s
 CROSS JOIN generate_series(%(first)s::timestamptz, %(today)s::timestamptz - interval '7 days',
                            interval '7 days') AS day
 CROSS JOIN LATERAL (
     SELECT day + interval '8 hours' + (s.id * 7 %% 120) * interval '1 minute' AS at,
            (s.id * 31 + extract(doy FROM day)::int) %% 30 = 0 AS is_shut) w
 WHERE s.standing = 1 AND day > s.opened_on
"""
_LAST_WORDS = """
INSERT INTO stations_stationreport (station_id, said, source, reporter, reported_at, until, note)
SELECT s.id,
       CASE WHEN s.code = %(kept)s THEN %(open)s
            WHEN s.id %% 30 = 7 THEN %(closed)s WHEN s.id %% 40 = 9 THEN %(full)s ELSE %(open)s END,
       %(keeper)s, md5(s.id || 'keeper')::uuid, at,
       CASE WHEN s.id %% 40 = 9 AND s.id %% 30 <> 7 AND s.code <> %(kept)s THEN at + interval '1 hour' END,
       CASE WHEN s.id %% 30 = 7 AND s.code <> %(kept)s THEN '停电' ELSE '' END
  FROM (SELECT id, code, standing, opened_on, %(now)s::timestamptz
               - CASE WHEN code = %(kept)s THEN 20 ELSE id * 37 %% 2400 END * interval '1 minute' AS at
          FROM stations_station) s
 WHERE s.standing = 1 AND (s.id %% 10 <> 3 OR s.code = %(kept)s) AND s.opened_on < %(today)s::date
"""
_STAND = """
WITH said AS (
    SELECT DISTINCT ON (station_id) station_id, said, source, reported_at, until, note,
           %(points)s * 0.5 ^ (extract(epoch FROM %(now)s::timestamptz - reported_at)
                               / %(half)s::float8) AS left_over
      FROM stations_stationreport
     WHERE reported_at <= %(now)s AND (until IS NULL OR until > %(now)s)
     ORDER BY station_id, reported_at DESC, id DESC
)
UPDATE stations_stationstate w
   SET state = CASE WHEN left_over > %(enough)s THEN said - 9 ELSE 0 END,
       outcome = CASE WHEN left_over > %(enough)s THEN 1 ELSE 3 END,
       confirmed_at = reported_at, confirmed_by_kind = source, note = s.note,
       confirmations = CASE WHEN left_over > %(enough)s THEN 1 ELSE 0 END,
       confidence = CASE WHEN left_over > %(enough)s THEN least(100, round(left_over)) ELSE 0 END,
       fresh_until = CASE WHEN left_over > %(enough)s THEN least(
           reported_at + %(half)s * ln(%(points)s / %(enough)s::float8) / ln(2) * interval '1 second',
           until) END
  FROM said s WHERE s.station_id = w.station_id
"""
_VISITS = """
INSERT INTO stations_visitsketch (station_id, day, visits_person_times, visitors_persons, hours)
SELECT s.id, d.day, v.visits, greatest(least(v.visits, 1), round(v.visits * 0.78)::int),
       CASE WHEN d.day >= %(hours_from)s THEN ARRAY(
           SELECT round(v.visits * share / 100.0)::smallint
             FROM unnest(%(shape)s::int[]) WITH ORDINALITY AS p (share, n) ORDER BY n) END
  FROM stations_station s
 CROSS JOIN unnest(%(days)s::date[], %(weights)s::float8[]) AS d (day, weight)
 CROSS JOIN LATERAL (
     SELECT round((30 + s.id * 13 %% 181) * d.weight
                  * (0.8 + ((s.id * 31 + (d.day - date '2020-01-01') * 17) %% 41) / 100.0))::int
            AS visits) v
 WHERE s.standing <> 3 AND d.day >= s.opened_on
"""
_MONTHS = """
INSERT INTO stations_visitmonth (station_id, month, visits_person_times, visitors_persons)
SELECT station_id, date_trunc('month', day)::date, sum(visits_person_times),
       round(sum(visitors_persons) * 0.34)
  FROM stations_visitsketch GROUP BY 1, 2
"""
_EARLIER_MONTHS = """
INSERT INTO stations_visitmonth AS v (station_id, month, visits_person_times, visitors_persons)
SELECT s.id, m.month, round((30 + s.id * 13 %% 181) * m.weight),
       round((30 + s.id * 13 %% 181) * m.weight * 0.78 * 0.34)
  FROM stations_station s
 CROSS JOIN unnest(%(months)s::date[], %(month_weights)s::float8[]) AS m (month, weight)
 WHERE s.standing <> 3 AND m.month >= s.opened_on
    ON CONFLICT (station_id, month) DO UPDATE
   SET visits_person_times = v.visits_person_times + excluded.visits_person_times,
       visitors_persons = v.visitors_persons + excluded.visitors_persons
"""
_BROKEN = """
INSERT INTO stations_repair
    (station_id, what, text, note, source, reported_at, due_on, done_key, how, seen_key,
     seen_by_name, done_at, done_by_name)
SELECT s.id, k.what, '', '', %(keeper)s, d.at, d.due, '', '', '', '',
       CASE WHEN d.age > 3 THEN d.at + interval '20 hours' END,
       CASE WHEN d.age > 3 THEN '站长' ELSE '' END
  FROM stations_station s
  JOIN unnest(%(ages)s::int[], %(ats)s::timestamptz[], %(dues)s::date[]) AS d (age, at, due)
    ON s.id %% 90 = d.age * 5 + 1
  JOIN (VALUES (0, 'water'), (1, 'power'), (2, 'cool')) AS k (n, what) ON k.n = s.id %% 3
 WHERE s.standing = 1
"""
_SHAPE = [1, 0, 0, 0, 0, 1, 3, 5, 6, 5, 5, 8, 12, 10, 7, 5, 5, 6, 7, 6, 4, 2, 1, 1]
"""Of a hundred visits how many come in each hour: noon, and again in the evening."""


def live_a_year(
    scale: Scale, sign_ins: list[SignIn], *, kept: str, now: datetime
) -> dict[str, Any]:
    """Give the stations a year of reports, visits and repairs; return what scripts look for."""
    refresh_opening(now=now)
    values = _values(scale, now) | {"kept": kept}
    with connection.cursor() as cursor, load.without_foreign_keys(_YEAR_TABLES):
        for statement in (_WORDS, _LAST_WORDS, _STAND, _VISITS, _MONTHS, _EARLIER_MONTHS, _BROKEN):
            cursor.execute(statement, values)
    load.put_in_order(_YEAR_TABLES)
    shown = _shown(sign_ins, kept, now)
    for _ in range(_HOURS_MONTHS):  # a month each, newest first; the job comes to those before
        if not follow_hours(now=now):
            break
    return shown


def _values(scale: Scale, now: datetime) -> dict[str, Any]:
    today = business_day(now)
    first = today - timedelta(days=_DAYS[scale.name])
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    by_day = [day for day in days if (today - day).days <= _DAY_ROWS]
    earlier: dict[date, float] = {}
    for day in days[: len(days) - len(by_day)]:
        month = day.replace(day=1)
        earlier[month] = earlier.get(month, 0.0) + _weight(day)
    by = settings_for(_PLACE, now)
    ages = list(range(8))
    at = [now - timedelta(days=age, hours=2) for age in ages]
    return {
        "now": now,
        "today": _midnight(today),
        "first": _midnight(first),
        "open": 10,
        "closed": 11,
        "full": 12,
        "keeper": int(ReportSource.KEEPER),
        "points": by.points[ReportSource.KEEPER],
        "half": by.half_life.total_seconds(),
        "enough": by.enough,
        "days": by_day,
        "weights": [_weight(day) for day in by_day],
        "months": list(earlier),
        "month_weights": list(earlier.values()),
        "hours_from": today - timedelta(days=_HOUR_DAYS),
        "shape": _SHAPE,
        "ages": ages,
        "ats": at,
        "dues": [add_workdays(business_day(moment), 1).day for moment in at],
    }


def _weight(day: date) -> float:
    """More come in the heat and in the cold, fewer on days off."""
    season = {1: 1.2, 2: 0.9, 6: 1.2, 7: 1.6, 8: 1.6, 9: 1.2, 12: 1.2}.get(day.month, 1.0)
    return season * (1.0 if is_workday(day).is_workday else 0.75)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _shown(sign_ins: list[SignIn], kept: str, now: datetime) -> dict[str, Any]:
    """Make link, screen, closure and real sketches for the station that is shown."""
    station = Station.objects.get(code=kept)
    cadre = next(
        one
        for one in sign_ins
        if one.role is Role.COUNTY_CADRE and one.union and one.union.adcode == station.adcode
    )
    actor = actor_of(cadre, now)
    link = make_keeper_link(code=kept, label="站长", actor=actor, now=now)
    screen = make_screen(code=kept, label="正门", actor=actor, now=now)
    begins = _midnight(business_day(now) + timedelta(days=5)) + timedelta(hours=9)
    plan_closure(
        code=kept,
        begins_at=begins,
        ends_at=begins + timedelta(hours=3),
        reason="空调检修",
        actor=actor,
        now=now,
    )
    marks = [f"demo {number}" for number in range(23)]
    count_visits(station_id=station.id, marks=marks, person_times=31, at=now, now=now)
    return {"keeper_link": link.link, "door_screen": screen.link}
