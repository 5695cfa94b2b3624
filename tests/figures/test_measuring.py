"""Numbers equal a naive count over the memberships, for any place and any past day."""

import random
from datetime import date, timedelta

import pytest

from nuanxin.figures.queries import Measurement, get_figure, list_figures, measure
from nuanxin.figures.queries.behind import rows_behind
from nuanxin.kernel.actor import Role
from nuanxin.kernel.errors import Forbidden, Malformed, NotFound
from nuanxin.kernel.figure import check_definitions
from nuanxin.kernel.period import Period
from nuanxin.membership.figures.rows import WITH_ROWS
from nuanxin.orgs.models import Ancestry, Union
from tests.figures.conftest import NOW
from tests.figures.world import DAYS, FIRST, LAST, left_between, live_on, new_between

pytestmark = pytest.mark.django_db

REGIONS = {330000: 33, 330100: 3301, 330105: 330105, 330212: 330212}
LIVE, NEW = "membership.live_members_persons", "membership.new_members_persons"
LEFT, NET = "membership.left_members_persons", "membership.net_new_members_persons"


def random_days(count: int, seed: int = 5) -> list[date]:
    chosen = random.Random(seed)
    return [FIRST + timedelta(days=chosen.randrange(DAYS + 1)) for _ in range(count)]


def value(code: str, **asked) -> int:
    return measure(code, now=NOW, **asked).value


@pytest.mark.slow
def test_live_members_of_any_region_and_day_equal_the_naive_count(world):
    members = world.members
    for day in random_days(12):
        for region, prefix in REGIONS.items():
            here = [m for m in live_on(members, day) if str(m.union.adcode).startswith(str(prefix))]
            assert value(LIVE, region=region, as_of=day) == len(here)
            riders = [m for m in here if m.occupation == 4]
            cut = value(LIVE, region=region, as_of=day, occupation="delivery_rider")
            assert cut == len(riders)


@pytest.mark.slow
def test_live_members_of_any_subtree_and_day_equal_the_naive_count(world):
    members = world.members
    for day in random_days(6):
        for name in ("province", "hangzhou", "gongshu", "joint_xihu_1"):
            ids = world.below(name)
            union_id = world.unions[name].id
            here = [m for m in live_on(members, day) if m.union_id in ids]
            assert value(LIVE, union_id=union_id, as_of=day) == len(here)
            one_click = value(LIVE, union_id=union_id, as_of=day, channel="one_click")
            assert one_click == sum(m.channel == 2 for m in here)


@pytest.mark.slow
def test_new_and_leaving_members_of_any_period_equal_the_naive_count(world):
    members = world.members
    for a, b in zip(random_days(6, seed=1), random_days(6, seed=2), strict=True):
        period = Period(min(a, b), max(a, b))
        span = (period.start, period.end)
        new, left = new_between(members, *span), left_between(members, *span)
        assert value(NEW, period=period) == new
        assert value(LEFT, period=period) == left
        assert value(NET, period=period) == new - left
        union_id = world.unions["hangzhou"].id
        here = [m for m in members if m.union_id in world.below("hangzhou")]
        assert value(NEW, period=period, union_id=union_id) == new_between(here, *span)


@pytest.mark.slow
def test_the_rows_behind_a_number_are_as_many_as_the_number(world, holder):
    for code in sorted(WITH_ROWS):
        for day in random_days(3, seed=9):
            since = day - timedelta(days=120)
            asked = {} if code == LIVE else {"since": since}
            cursor, signs = "", 0
            while True:
                page = rows_behind(
                    actor=holder("hangzhou", Role.CITY_CADRE),
                    code=code,
                    union_code=world.unions["hangzhou"].code,
                    as_of=day,
                    after=cursor,
                    limit=7,
                    now=NOW,
                    **asked,
                )
                signs += sum(row.sign for row in page.rows)
                cursor = page.next
                if cursor is None:
                    break
            assert signs == page.measurement.value, (code, day)


def test_a_union_that_moved_counts_on_each_day_where_it_stood(world):
    """The tree of the day: what a county had before a union moved to it stays with the other."""
    moved = world.unions["joint_xihu_1"]
    day = date(2025, 6, 1)
    Ancestry.objects.filter(union_id=moved.id, ancestor_id=world.unions["xihu"].id).update(
        valid_to=day
    )
    Ancestry.objects.create(
        ancestor_id=world.unions["gongshu"].id,
        union_id=moved.id,
        depth=1,
        valid_from=day,
        recorded_at=NOW,
    )
    members = [m for m in world.members if m.union_id == moved.id]
    before = Period(date(2025, 1, 1), day - timedelta(days=1))
    after = Period(day, LAST)
    whole = Period(before.start, after.end)
    own = [m for m in world.members if m.union_id in world.below("gongshu")]

    new_here = new_between(own, whole.start, whole.end) + new_between(members, day, LAST)
    assert value(NEW, union_id=world.unions["gongshu"].id, period=whole) == new_here
    assert value(NEW, union_id=world.unions["gongshu"].id, period=before) == new_between(
        own, before.start, before.end
    )


def test_unions_are_counted_too(world):
    assert value("orgs.unions", region=330105) == 3
    assert value("orgs.new_form_unions", region=330000) == 6
    year = Period(date(2022, 1, 1), date(2022, 12, 31))
    assert value("orgs.new_unions", region=330100, period=year) == 2


def test_a_measurement_says_where_it_is_from(world):
    first = measure(LIVE, region=330105, as_of=LAST, now=NOW)
    again = measure(LIVE, region=330105, as_of=LAST, now=NOW + timedelta(hours=1))
    other = measure(LIVE, region=330105, as_of=LAST - timedelta(days=300), now=NOW)
    assert isinstance(first, Measurement)
    assert (first.unit.label, first.region_name, first.period) == ("人", "杭州市拱墅区", None)
    assert first.digest == again.digest != other.digest
    assert first.definition_version == get_figure(LIVE).version


@pytest.mark.parametrize(
    ("asked", "refusal", "code"),
    [
        ({"code": "membership.nothing"}, NotFound, "figures.unknown"),
        ({"code": LIVE, "region": 999999}, NotFound, "figures.no_such_place"),
        ({"code": LIVE, "region": 330105006}, NotFound, "figures.no_such_place"),
        ({"code": LIVE, "as_of": LAST + timedelta(days=1)}, Malformed, "figures.not_yet"),
        ({"code": LIVE, "occupation": "pilot"}, Malformed, "occupation.unknown"),
        ({"code": LIVE, "channel": "letter"}, Malformed, "figures.no_such_channel"),
        ({"code": "orgs.unions", "channel": "online"}, Malformed, "figures.cannot_be_cut"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_a_sentence(asked, refusal, code):
    with pytest.raises(refusal) as refused:
        measure(asked.pop("code"), now=NOW, **asked)
    assert refused.value.code == code
    assert refused.value.message.endswith("。")


def test_every_figure_is_declared_soundly():
    assert check_definitions(list_figures()) == []
    assert all(one.public for one in list_figures(public_only=True))


def test_only_those_over_a_union_see_who_was_counted(world, holder):
    def ask(actor, union="gongshu"):
        return rows_behind(
            actor=actor, code=LIVE, union_code=world.unions[union].code, as_of=LAST, now=NOW
        )

    assert ask(holder("gongshu")).rows
    assert ask(holder("hangzhou", Role.CITY_CADRE)).rows
    for outside in (holder("xihu"), holder("yinzhou")):
        with pytest.raises(NotFound):
            ask(outside)
    with pytest.raises(NotFound):
        ask(holder("gongshu"), union="hangzhou")
    with pytest.raises(Forbidden):
        ask(holder("province", Role.PROVINCE_CADRE))


def test_the_rows_are_masked(world, holder):
    page = rows_behind(
        actor=holder("gongshu"),
        code=LIVE,
        union_code=world.unions["gongshu"].code,
        as_of=LAST,
        now=NOW,
    )
    for row in page.rows:
        assert "*" in row.masked_identity
        assert "*" in row.masked_phone


def test_a_union_that_ended_keeps_its_past(world):
    ended = world.unions["joint_gongshu_1"]
    day = date(2025, 3, 1)
    was = value(LIVE, union_id=world.unions["gongshu"].id, as_of=day)
    Ancestry.objects.filter(union_id=ended.id).update(valid_to=date(2026, 1, 1))
    Union.objects.filter(id=ended.id).update(state="dissolved", ended_on=date(2026, 1, 1))
    assert value(LIVE, union_id=world.unions["gongshu"].id, as_of=day) == was


def test_a_union_merged_as_of_an_earlier_day_keeps_its_members_until_they_moved(world):
    """Merged today as of last month: on the days between they still count where it stood last."""
    source, target = world.unions["joint_gongshu_1"], world.unions["joint_gongshu_2"]
    county = world.unions["gongshu"].id
    ended = LAST - timedelta(days=30)
    gap = [ended - timedelta(days=1), ended, LAST - timedelta(days=1)]

    def values():
        period = Period(ended, LAST)
        return [measure(LIVE, union_id=county, as_of=day, now=NOW).value for day in gap] + [
            measure(code, union_id=county, period=period, now=NOW).value for code in (NEW, LEFT)
        ]

    before = values()
    assert before[1], "somebody must be there"
    Ancestry.objects.filter(union_id=source.id).update(valid_to=ended)
    Union.objects.filter(id=source.id).update(
        state="merged", ended_on=ended, merged_into_id=target.id
    )
    assert values() == before
