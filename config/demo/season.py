"""Services of past years: the warm season of 2022 beside its plan, and the years after it.

Of the whole province the season comes to what was published: mutual aid 490,900 person-times of
100,000 planned, health checks 34,700 persons, recuperation 13,800, physical training 34,700. A smaller
world has the same picture, larger in share so that it can be seen. Who got what follows from the
person's number, so the same seed gives the same world. The plans of all but mutual aid are made up.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

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

# Members of the year in an order of their own for each service; the first so many of them got it.
_DELIVER = """
INSERT INTO programmes_delivery
    (programme_id, occasion, turn, worker_id, union_id, region, occupation, is_directed, day, step,
     reason, recorded_at, recorded_by_name)
SELECT %(programme)s, 0, 0, worker_id, union_id, adcode, occupation, true, day, 1, '',
       ((day + 1) + time '10:30') AT TIME ZONE 'Asia/Shanghai', '周敏'
FROM (
    SELECT m.worker_id, m.union_id, u.adcode, m.occupation,
           greatest(m.started_on, %(first)s::date + (h / 7 %% %(days)s)::int) AS day,
           row_number() OVER (ORDER BY n, h, m.worker_id) AS rank, count(*) OVER () / %(each)s AS people
    FROM (SELECT DISTINCT ON (worker_id) * FROM membership_membership
          WHERE started_on <= %(last)s AND (ended_on IS NULL OR ended_on > %(last)s)
          ORDER BY worker_id, id) m
    JOIN orgs_union u ON u.id = m.union_id
    CROSS JOIN generate_series(1, %(each)s) AS n
    CROSS JOIN LATERAL (SELECT abs(hashint8(m.worker_id * 7919 + %(seed)s)::bigint) AS h) drawn
) ranked
WHERE rank <= coalesce(%(done)s, ceil(people * %(share)s * %(each)s))
"""


def deliver(scale: Scale, *, now: datetime) -> int:
    """Record the services of each year since 2022 and their plans; return how many were delivered."""
    today = clock.business_day(now)
    count = 0
    with Progress("服务项目", unit="次") as progress:
        for year in range(FIRST_YEAR, today.year + 1):
            for seed, one in enumerate(SEASON):
                made = _deliver(one, scale, year, seed, today, now)
                count += made
                progress.advance(made)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE programmes_delivery")
        while follow_deliveries():
            pass
    _plan(scale, today, now)
    return count


def _deliver(one: Served, scale: Scale, year: int, seed: int, today: date, now: datetime) -> int:
    # Recorded the day after: what was delivered yesterday or today is not in the record yet.
    last = min(date(year, 12, 30), date.fromordinal(today.toordinal() - 2))
    first = date(year, 6, 1) if last > date(year, 6, 1) else date(year, 1, 1)
    done = None
    if scale.name == "province":
        done = one.done if year == FIRST_YEAR else round(one.done * _LATER_SHARE)
    with connection.cursor() as cursor:
        cursor.execute(
            _DELIVER,
            {
                "programme": _programme(one.code, now).id,
                "first": first,
                "last": last,
                "days": max(1, (last - first).days),
                "each": one.most_each,
                "seed": seed * 10_000 + year,
                "done": done,
                "share": one.share if year == FIRST_YEAR else one.share / 2,
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
