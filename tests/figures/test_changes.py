"""What changed between two days, in parts that add up exactly; each part opens its own rows."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.figures.queries.changes import explain_change
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed
from nuanxin.membership.models import MemberFlow
from nuanxin.membership.states import FlowKind
from nuanxin.orgs.models import Ancestry
from tests.figures.conftest import NOW
from tests.figures.world import FIRST, LAST, left_between, live_on

pytestmark = pytest.mark.django_db
SINCE, UNTIL = date(2025, 3, 31), date(2026, 9, 30)


def parts_of(change):
    return {part.key: part.persons for part in change.parts}


def move(world, name, to, day):
    """Let a union come under another county's union from a day on."""
    moved, above = world.unions[name], world.unions[to]
    before = world.unions[name.removeprefix("joint_").rsplit("_", 1)[0]]
    Ancestry.objects.filter(union_id=moved.id, ancestor_id=before.id).update(valid_to=day)
    Ancestry.objects.create(
        ancestor_id=above.id,
        union_id=moved.id,
        depth=1,
        valid_from=day,
        recorded_at=clock.day_start(day),
    )
    return moved


def test_the_parts_are_what_happened(world):
    change = explain_change(region=330000, since=SINCE, until=UNTIL, now=NOW)
    members = world.members
    assert change.start == len(live_on(members, SINCE))
    assert change.end == len(live_on(members, UNTIL))
    assert change.adds_up
    assert parts_of(change)["left"] == -left_between(members, SINCE + timedelta(days=1), UNTIL)
    assert parts_of(change)["transferred_in"] == -parts_of(change)["transferred_out"] > 0
    assert parts_of(change)["corrections"] == 0


def test_what_was_entered_late_is_a_correction(world):
    MemberFlow.objects.create(
        day=SINCE - timedelta(days=9),
        union_id=world.unions["joint_xihu_1"].id,
        county=330106,
        occupation=4,
        channel=1,
        kind=FlowKind.JOINED,
        persons=3,
        recorded_at=clock.day_start(UNTIL),
    )
    for place in ({"region": 330106}, {"union_id": world.unions["xihu"].id}):
        change = explain_change(**place, since=SINCE, until=UNTIL, now=NOW)
        assert parts_of(change)["corrections"] == 3
        assert change.adds_up


def test_a_union_that_came_under_another_brings_its_members_and_takes_them_from_the_other(world):
    day = date(2025, 11, 5)
    moved = move(world, "joint_xihu_1", "gongshu", day)
    there = len(live_on([m for m in world.members if m.union_id == moved.id], day - timedelta(1)))
    assert there
    for name, persons in (("gongshu", there), ("xihu", -there), ("hangzhou", 0)):
        union = world.unions[name].id
        change = explain_change(union_id=union, since=SINCE, until=UNTIL, now=NOW)
        assert parts_of(change)["tree"] == persons
        assert change.adds_up


@pytest.mark.slow
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    days=st.lists(st.integers(0, (LAST - FIRST).days), min_size=2, max_size=2, unique=True),
    where=st.sampled_from(["province", "hangzhou", "gongshu", "xihu", "joint_gongshu_1", 330100]),
    moves=st.integers(0, (LAST - FIRST).days),
)
def test_it_adds_up_between_any_days_anywhere(world, days, where, moves):
    if not Ancestry.objects.filter(union_id=world.unions["joint_xihu_2"].id, depth=1).exists():
        move(world, "joint_xihu_2", "gongshu", FIRST + timedelta(days=max(moves, 1)))
    since, until = (FIRST + timedelta(days=n) for n in sorted(days))
    place = {"region": where} if isinstance(where, int) else {"union_id": world.unions[where].id}
    change = explain_change(**place, since=since, until=until, now=NOW)
    assert change.adds_up, change


@pytest.mark.parametrize(
    ("since", "until"), [(UNTIL, SINCE), (SINCE, SINCE), (SINCE, date(2027, 1, 1))]
)
def test_days_that_cannot_be_are_refused(world, since, until):
    with pytest.raises(Malformed):
        explain_change(region=330000, since=since, until=until, now=NOW)


@pytest.mark.slow
def test_the_page_tells_it_and_each_part_opens_its_rows(cast, django_assert_max_num_queries):
    page = reverse("figure-changes", args=[cast.union("county").code])
    county = cast.client("county_cadre")
    for name in ("county", "couriers"):
        Ancestry.objects.create(
            ancestor_id=cast.union("county").id,
            union_id=cast.union(name).id,
            depth=0,
            valid_from=date(2021, 5, 1),
            recorded_at=clock.day_start(date(2021, 5, 1)),
        )
    with django_assert_max_num_queries(40):
        said = county.get(page).content.decode()
    assert "在籍会员没有变" in said
    assert "正好是最后一行" in said
    MemberFlow.objects.create(
        day=clock.business_day(clock.now()),
        union_id=cast.union("couriers").id,
        county=330105,
        occupation=4,
        channel=1,
        kind=FlowKind.JOINED,
        persons=2,
        recorded_at=clock.now(),
    )
    said = county.get(page).content.decode()
    assert "在籍会员多了 2 人" in said
    assert "+2" in said
    rows = reverse(
        "figure-rows", args=["membership.new_members_persons", cast.union("county").code]
    )
    assert rows in said
    by_region = county.get(page, {"by": "region"}).content.decode()
    assert "驻地在杭州市拱墅区的所有工会" in by_region
    assert "在籍会员多了 2 人" in by_region
    assert "按隶属" in by_region
    own = county.get(reverse("figure-changes", args=[cast.union("couriers").code]))
    assert "按地区" not in own.content.decode()
    assert county.get(page, {"since": "2026-02-01", "as_of": "2026-01-01"}).status_code == 422
    assert cast.client("cadre_of_next_county").get(page).status_code == 404
