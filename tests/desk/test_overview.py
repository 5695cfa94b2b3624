"""The overview counts what lies below a union, for those who may count there."""

import pytest
from django.urls import reverse

from nuanxin.desk.queries.overview import get_overview
from nuanxin.figures.queries import measure
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.models import JoinApplication
from nuanxin.people.models import Worker
from tests.figures.conftest import NOW, world  # noqa: F401  the made-up province
from tests.figures.world import LAST

pytestmark = pytest.mark.django_db

LIVE = "membership.live_members_persons"


@pytest.fixture
def over(world):  # noqa: F811
    """Return a function that gives the overview of a union to somebody who holds a post there."""

    def look(union: str, role: Role = Role.COUNTY_CADRE, **asked):
        top = world.unions[union]
        actor = Actor(name="陈立春", grants=(Grant(role, top.id, top.path),))
        return get_overview(actor=actor, now=NOW, **asked)

    return look


def test_it_shows_what_is_measured(world, over):  # noqa: F811
    for union in ("province", "hangzhou", "gongshu", "joint_xihu_1"):
        found = over(union)
        measured = measure(LIVE, union_id=world.unions[union].id, as_of=LAST, now=NOW)
        assert found.live == measured.value
        assert sum(row.live for row in found.below.rows) == found.live
        assert sum(live for _, live in found.trades) == found.live
        new = measure(
            "membership.new_members_persons",
            union_id=world.unions[union].id,
            period=_month(),
            now=NOW,
        )
        assert found.new == new.value


def _month():
    from nuanxin.kernel.period import Period

    return Period(LAST.replace(day=1), LAST)


def test_waiting_applications_are_counted_below(world, over):  # noqa: F811
    for number, (union, due) in enumerate(
        (
            ("joint_gongshu_1", LAST),
            ("joint_gongshu_2", LAST.replace(day=1)),
            ("joint_xihu_1", LAST),
        )
    ):
        JoinApplication.objects.create(
            worker=Worker.objects.create(name=f"叶{number}", created_at=NOW),
            union=world.unions[union],
            channel=1,
            state=2,
            occupation=4,
            created_at=NOW,
            due_on=due,
        )
    found = over("gongshu")
    assert (found.waiting.to_review, found.waiting.overdue) == (2, 1)
    assert over("hangzhou", sort="waiting").below.rows[0].waiting == 2


def test_large_lists_are_paged_by_size(over, monkeypatch):
    monkeypatch.setattr("nuanxin.desk.queries.overview.PAGE_SIZE", 1)
    first = over("hangzhou").below
    second = over("hangzhou", after=first.next).below
    assert (first.first, second.first, first.total, second.next) == (1, 2, 2, None)
    assert first.rows[0].live >= second.rows[0].live
    assert first.rows[0].union_id != second.rows[0].union_id


def test_a_union_out_of_scope_is_not_there(world, over):  # noqa: F811
    assert over("gongshu", union_code=world.unions["joint_gongshu_1"].code)
    for outside in ("xihu", "hangzhou"):
        with pytest.raises(NotFound):
            over("gongshu", union_code=world.unions[outside].code)


@pytest.mark.parametrize("role", ["county_cadre", "city_cadre", "province_cadre", "officer_chen"])
def test_every_level_has_its_page(cast, role):
    answer = cast.client(role).get(reverse("desk-overview"))
    assert answer.status_code == 200
    assert "没有等审批的申请" in answer.content.decode()


def test_who_may_not_count_has_no_overview(cast):
    assert cast.client("system_admin").get(reverse("desk-overview")).status_code == 403


def test_the_province_counts_but_does_not_open_people(cast):
    text = cast.client("province_cadre").get(reverse("desk-overview")).content.decode()
    assert "看是哪些人" not in text
