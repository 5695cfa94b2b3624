"""What a demonstration has published: a county's month, a city's month corrected to a second version."""

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


def publish(built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> list[int]:
    """Publish both through the product's own actions; return their ids, older versions too."""
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
    return [county, corrected.id, first]


def _actor(sign_ins: list[SignIn], role: Role, number: int, now: datetime) -> Actor:
    entries = [one for one in sign_ins if one.role is role]
    return accounts.actor_of(entries[number - 1], now)


def _draft_and_publish(
    union_code: str, month: Month, office: list[Actor], *, at: datetime, cuts: tuple[str, ...]
) -> int:
    made = publishing.draft_publication(
        union_code=union_code,
        question=publishing.Question(
            title=f"{month.year} 年 {month.month} 月会员和工会",
            choice=Choice(_CODES, below=1, cuts=cuts),
            as_of=month.end,
            since=month.start,
        ),
        actor=office[0],
        now=at,
    )
    return _carry_through(made, office, at=at)


def _carry_through(made: Publication, office: list[Actor], *, at: datetime) -> int:
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
    for minutes, actor, step in (
        (20, office[1], publishing.approve_publication),
        (50, office[2], publishing.publish_publication),
    ):
        step(publication_id=made.id, actor=actor, now=at + timedelta(minutes=minutes))
    return made.id
