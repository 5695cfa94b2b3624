"""A recount from nothing: it agrees with upkeep, and finds every cell that was tampered with."""

from datetime import UTC, date, datetime

import pytest

from nuanxin.membership.actions.recounting import recount, recount_day
from nuanxin.membership.actions.stocks import fold_flows
from nuanxin.membership.models import MemberFlow, Membership, MemberSpot, MemberStock, UnionStock
from nuanxin.membership.states import FlowKind
from tests.membership.cast import make_member, make_union
from tests.membership.test_stocks import COUNTIES, flow

pytestmark = pytest.mark.django_db
TODAY = date(2025, 6, 20)


@pytest.fixture
def folded():
    """Flows of five months in three counties, folded."""
    MemberFlow.objects.bulk_create(
        flow(date(2025, month, day), county=county, union=union, persons=month + day)
        for month in (1, 2, 4, 5, 6)
        for day in (3, 17)
        for county in COUNTIES
        for union in (1, 2)
    )
    MemberFlow.objects.bulk_create([flow(date(2025, 3, 9), kind=FlowKind.LEFT, union=2)])
    fold_flows(now=datetime(2025, 6, 20, 2, tzinfo=UTC))


def by_name(**asked):
    return {one.name: one for one in recount(today=TODAY, **asked)}


def kept(**asked):
    """Return the comparisons but for those of persons, of whom these flows know nothing."""
    beside = ("register", "spans", "contacts")
    return [one for name, one in by_name(**asked).items() if name not in beside]


def test_upkeep_equals_the_count_in_every_cell(folded):
    compared = kept()
    assert [one.name for one in compared] == ["memberstock", "unionstock", "memberspot"]
    assert all(one.agrees and one.cells for one in compared)


@pytest.mark.parametrize(
    ("table", "change", "name"),
    [
        (MemberStock, {"joined": 99}, "memberstock"),
        (UnionStock, {"left_union": 99}, "unionstock"),
    ],
)
def test_a_stock_that_was_tampered_with_is_named(folded, table, change, name):
    cell = table.objects.filter(month=date(2025, 4, 1)).order_by("id").first()
    table.objects.filter(id=cell.id).update(**change)
    found = by_name()[name]
    assert found.differing == 2  # its own month, and the step to the next
    assert found.shown[0].startswith("2025-04-01/")
    assert not by_name(first=date(2025, 1, 1), last=date(2025, 3, 1))[name].differing


def test_a_cell_that_is_missing_from_a_month_is_named(folded):
    MemberStock.objects.filter(month=date(2025, 3, 1), region=COUNTIES[0]).delete()
    assert by_name()["memberstock"].differing
    MemberStock.objects.filter(month=date(2025, 5, 1), region=COUNTIES[1]).delete()
    assert any(cell.startswith("...") for cell in by_name()["memberstock"].shown)


def test_a_spot_that_was_tampered_with_is_counted_with_its_month(folded):
    MemberSpot.objects.filter(day=date(2025, 4, 20), county=COUNTIES[0]).update(new_members=1)
    assert by_name()["memberspot"].shown == ("2025-04: 2",)


def test_a_day_is_compared_with_a_plain_sum(folded):
    assert recount_day(date(2025, 4, 18)).agrees
    MemberStock.objects.filter(month=date(2025, 3, 1), region=COUNTIES[0]).update(joined=1)
    found = recount_day(date(2025, 4, 18))
    assert (found.differing, found.shown) == (1, (f"2025-04-18/{COUNTIES[0]}/4/1",))


def test_the_register_is_compared_with_the_flows():
    union = make_union("重新数过的联合工会", None, adcode=330105, accepts_members=True)
    member = make_member(union)
    assert by_name()["register"].agrees
    Membership.objects.filter(id=member.id).update(occupation=2)
    found = by_name()["register"]
    assert found.differing == 2
