"""Services of past years: the warm season of 2022 beside its plan, and the years after it.

Of the whole province the season comes to what was published: mutual aid 490,900 person-times of
100,000 planned, health checks 34,700 persons, recuperation 13,800, physical training 34,700. A smaller
world has the same picture, larger in share so that it can be seen. Who got what follows from the
person's number, so the same seed gives the same world. The plans of all but mutual aid are made up.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from config.demo import load
from config.demo.scales import Scale
from config.progress import Progress
from nuanxin.figures.actions.denominators import enter_denominators
from nuanxin.figures.rules.denominators import Entry
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.programmes.actions.counting import follow_deliveries
from nuanxin.programmes.models import Programme
from nuanxin.programmes.rules.definitions import definition

PROVINCE = 330000
FIRST_YEAR = 2022
_LATER_SHARE = 0.2
"""Later years of a whole province are thinner: the season was one summer."""


@dataclass(frozen=True, slots=True)
class Served:
    """One service of the season: done and planned in the whole province; share of members elsewhere."""

    code: str
    plan: DenominatorKind
    done: int
    planned: int
    share: float
    most_each: int = 1


SEASON = (
    Served("season_mutual_aid", DenominatorKind.PLANNED_MUTUAL_AID, 490_900, 100_000, 0.9, 3),
    Served("season_exam", DenominatorKind.PLANNED_HEALTH_EXAM, 34_700, 30_000, 0.45),
    Served("season_recuperation", DenominatorKind.PLANNED_RECUPERATION, 13_800, 15_000, 0.2),
    Served("season_physical", DenominatorKind.PLANNED_PHYSICAL_TRAINING, 34_700, 30_000, 0.35),
    Served("season_training", DenominatorKind.PLANNED_SKILL_TRAINING, 21_000, 20_000, 0.3),
    Served("season_contest", DenominatorKind.PLANNED_CONTEST, 4_200, 4_000, 0.12),
    Served("season_degree", DenominatorKind.PLANNED_DEGREE, 1_100, 1_100, 0.15),
    Served("season_gift", DenominatorKind.PLANNED_GIFT, 61_000, 50_000, 0.7, 2),
)

# Who was a member at the end of a year's season: once a year, not once a service.
_MEMBERS = """
CREATE TEMP TABLE season_member ON COMMIT DROP AS
SELECT DISTINCT ON (m.worker_id) m.worker_id, m.union_id, u.adcode, m.occupation, m.started_on
FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
WHERE m.started_on <= %(last)s AND (m.ended_on IS NULL OR m.ended_on > %(last)s)
ORDER BY m.worker_id, m.id
"""
# Members of the year in an order of their own for each service; the first so many of them got it.
_DELIVER = """
INSERT INTO programmes_delivery
    (programme_id, occasion, turn, worker_id, union_id, region, occupation, is_directed, day, step,
     reason, recorded_at, recorded_by_name)
SELECT %(programme)s, 0, 0, worker_id, union_id, adcode, occupation, true, day, 1, '',
       ((day + 1) + time '10:30') AT TIME ZONE 'Asia/Shanghai', '周敏'
FROM (
    SELECT m.worker_id, m.union_id, m.adcode, m.occupation,
           greatest(m.started_on, %(first)s::date + (h / 7 %% %(days)s)::int) AS day
    FROM season_member m
    CROSS JOIN generate_series(1, %(turns)s) AS n
    CROSS JOIN LATERAL (SELECT abs(hashint8(m.worker_id * 7919 + %(seed)s)::bigint) AS h) drawn
    ORDER BY n, h, m.worker_id LIMIT %(wanted)s
) first
"""
_TABLES = ("programmes_delivery", "programmes_serviceyear")
_EVERYTHING = 10_000_000


@transaction.atomic
def deliver(scale: Scale, *, now: datetime) -> int:
    """Record the services of each year since 2022 and their plans; return how many were delivered."""
    today = clock.business_day(now)
    count = 0
    with (
        Progress("服务项目", unit="次") as progress,
        load.with_memory(),
        load.without_indexes(_TABLES),
    ):
        for year in range(FIRST_YEAR, today.year + 1):
            first, last = _season(year, today)
            members = _members_on(last)
            for seed, one in enumerate(SEASON):
                made = _deliver(
                    one,
                    programme=_programme(one.code, now).id,
                    seed=seed * 10_000 + year,
                    season=(first, last),
                    members=members,
                    wanted=_wanted(one, scale, year, members),
                )
                count += made
                progress.advance(made)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE programmes_delivery")
        follow_deliveries(limit=_EVERYTHING)
    _plan(scale, today, now)
    return count


def _season(year: int, today: date) -> tuple[date, date]:
    """Return the first and the last day of a year's services.

    Recorded the day after: what was delivered yesterday or today is not in the record yet.
    """
    last = min(date(year, 12, 30), date.fromordinal(today.toordinal() - 2))
    return (date(year, 6, 1) if last > date(year, 6, 1) else date(year, 1, 1)), last


def _members_on(last: date) -> int:
    """Note who was a member on ``last`` and return how many they are."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.season_member")
        cursor.execute(_MEMBERS, {"last": last})
        members = int(cursor.rowcount)
        cursor.execute("ANALYZE season_member")
    return members


def _wanted(one: Served, scale: Scale, year: int, members: int) -> int:
    """Return how often a service is delivered in a year."""
    if scale.name == "province":
        return one.done if year == FIRST_YEAR else round(one.done * _LATER_SHARE)
    share = one.share if year == FIRST_YEAR else one.share / 2
    return math.ceil(round(members * share * one.most_each, 6))


def _deliver(
    one: Served,
    *,
    programme: int,
    seed: int,
    season: tuple[date, date],
    members: int,
    wanted: int,
) -> int:
    """Deliver a service to the first of the year's members, nobody twice before everybody once."""
    first, last = season
    with connection.cursor() as cursor:
        cursor.execute(
            _DELIVER,
            {
                "programme": programme,
                "first": first,
                "days": max(1, (last - first).days),
                "turns": min(one.most_each, math.ceil(wanted / max(members, 1))),
                "seed": seed,
                "wanted": wanted,
            },
        )
        return int(cursor.rowcount)


def _programme(code: str, now: datetime) -> Programme:
    defined = definition(code)
    assert defined is not None
    return Programme.objects.get_or_create(
        code=code,
        defaults={"title": defined.title, "kind": defined.kind.value, "created_at": now},
    )[0]


def _plan(scale: Scale, today: date, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.code, count(*) FROM programmes_delivery d"
            " JOIN programmes_programme p ON p.id = d.programme_id"
            " WHERE d.day BETWEEN %s AND %s GROUP BY 1",
            [date(FIRST_YEAR, 1, 1), date(FIRST_YEAR, 12, 31)],
        )
        done = dict(cursor.fetchall())
    entries = []
    for one in SEASON:
        told = one.planned
        if scale.name != "province":
            told = max(1, round(done.get(one.code, 0) * one.planned / one.done))
        is_published = scale.name == "province" and one.code == "season_mutual_aid"
        entries.append(
            Entry(
                kind=one.plan,
                region=PROVINCE,
                as_of=date(FIRST_YEAR, 1, 1),
                value=told,
                source="温暖服务季 2022 公开报道" if is_published else "演示用编造数：年度计划",
                checked_on=min(today, date(FIRST_YEAR, 3, 1)),
            )
        )
    enter_denominators(entries=entries, actor=SYSTEM, now=now)
