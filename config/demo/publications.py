"""What a demonstration has published: a county's month, a city's corrected to a second version, its stations and rates."""

from datetime import datetime, timedelta

from config.demo import accounts
from config.demo.accounts import SignIn
from config.demo.world import BuiltWorld
from nuanxin.figures.actions import publishing
from nuanxin.figures.actions.drafting import Choice
from nuanxin.figures.models import Publication
from nuanxin.figures.queries.publications import lines_of
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.period import Month

_CODES = (
    "orgs.unions",
    "orgs.new_form_unions",
    "membership.live_members_persons",
    "membership.new_members_persons",
    "membership.left_members_persons",
    "membership.net_new_members_persons",
)
_STATIONS_AND_RATES = (
    "orgs.covered_employers",
    "stations.open_stations",
    "stations.promised_hours",
    "stations.delivered_hours",
    "stations.visits_person_times",
    "stations.visitors_persons",
    "membership.joining_rate_percent",
    "membership.service_reach_percent",
    "orgs.founding_rate_percent",
    "stations.benchmark_percent",
    "stations.all_day_percent",
    "stations.served_towns_percent",
    "stations.delivered_percent",
)


def publish(built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> list[int]:
    """Publish all through the product's own actions; return their ids, older versions too."""
    month = Month.of(clock.business_day(now)).previous
    county = _draft_and_publish(
        built.world.plan.by_handle("home_county").code,
        month,
        [
            _actor(sign_ins, Role.COUNTY_CADRE, 1, now),
            _actor(sign_ins, Role.CITY_CADRE, 1, now),
            _actor(sign_ins, Role.PROVINCE_CADRE, 1, now),
        ],
        at=now - timedelta(days=6),
        cuts=("occupation", "channel"),
    )
    office = [
        _actor(sign_ins, Role.CITY_CADRE, 1, now),
        _actor(sign_ins, Role.PROVINCE_CADRE, 1, now),
        _actor(sign_ins, Role.PROVINCE_CADRE, 2, now),
    ]
    # Measured while the last day was still running, and again when it was over.
    early = clock.day_start(month.end) + timedelta(hours=15)
    first = _draft_and_publish(
        built.world.plan.by_handle("home_city").code,
        month,
        office,
        at=early,
        cuts=("channel",),
    )
    corrected = publishing.draft_correction(
        publication_id=first,
        reason="第一版在当月最后一天下午测的，那天还没过完，过完以后重新测一遍",
        actor=office[0],
        now=now - timedelta(days=3),
    )
    _carry_through(corrected, office, at=now - timedelta(days=3))
    stations = _draft_and_publish(
        built.world.plan.by_handle("home_city").code,
        month,
        office,
        at=now,
        told=("驿站和各项比率", _STATIONS_AND_RATES),
        minutes=(0, 0),  # what rates are divided by was entered just now
    )
    return [county, corrected.id, first, stations]


def _actor(sign_ins: list[SignIn], role: Role, number: int, now: datetime) -> Actor:
    entries = [one for one in sign_ins if one.role is role]
    return accounts.actor_of(entries[number - 1], now)


def _draft_and_publish(
    union_code: str, month: Month, office: list[Actor], *, at: datetime,
    cuts: tuple[str, ...] = (), told: tuple[str, tuple[str, ...]] = ("会员和工会", _CODES),
    minutes: tuple[int, int] = (20, 50),
) -> int:  # fmt: skip
    what, codes = told
    made = publishing.draft_publication(
        union_code=union_code,
        question=publishing.Question(
            title=f"{month.year} 年 {month.month} 月{what}",
            choice=Choice(codes, below=1, cuts=cuts),
            as_of=month.end,
            since=month.start,
        ),
        actor=office[0],
        now=at,
    )
    return _carry_through(made, office, at=at, minutes=minutes)


def _carry_through(
    made: Publication, office: list[Actor], *, at: datetime, minutes: tuple[int, int] = (20, 50)
) -> int:
    found = publishing.findings(publication_id=made.id, actor=office[0], now=at)
    jumps = {one.key for one in found if one.code == "figures.jump_needs_reason"}
    wanted = {
        line.position: "新站点集中入会"
        for line in lines_of(made.id)
        if (line.code, line.region, line.occupation, line.channel) in jumps
    }
    if wanted:
        publishing.explain_changes(publication_id=made.id, notes=wanted, actor=office[0], now=at)
    publishing.check_publication(publication_id=made.id, actor=office[0], now=at)
    for passed, actor, step in (
        (minutes[0], office[1], publishing.approve_publication),
        (minutes[1], office[2], publishing.publish_publication),
    ):
        step(publication_id=made.id, actor=actor, now=at + timedelta(minutes=passed))
    return made.id
