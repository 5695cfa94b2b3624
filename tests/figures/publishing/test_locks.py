"""A month is locked from the counties upwards and unlocked from above, each time with a name."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from nuanxin.figures.actions.locks import lock_month, unlock_month
from nuanxin.figures.models import PeriodLock
from nuanxin.figures.queries import measure
from nuanxin.figures.queries.locks import list_lock_board
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.membership.models import MemberFlow
from nuanxin.records.models import Event
from tests.figures.conftest import NOW
from tests.figures.publishing.office import LIVE, drafted, person
from tests.figures.world import World

pytestmark = pytest.mark.django_db

SEPTEMBER = date(2026, 9, 1)


def lock(world: World, union: str, actor=None, now=NOW, month=SEPTEMBER):
    return lock_month(
        union_code=world.unions[union].code,
        month=month,
        actor=actor or person(world, "province"),
        now=now,
    )


def unlock(world: World, union: str, reason="补录一批会员", actor=None):
    unlock_month(
        union_code=world.unions[union].code,
        month=SEPTEMBER,
        reason=reason,
        actor=actor or person(world, "province"),
        now=NOW,
    )


def test_county_then_city_then_province(world):
    for refused in ("province", "hangzhou"):
        with pytest.raises(Conflict) as told:
            lock(world, refused)
        assert told.value.code == "figures.lock_upwards"
    for union in ("gongshu", "xihu", "hangzhou", "yinzhou", "ningbo", "province"):
        lock(world, union)
    board = list_lock_board(actor=person(world, "province"), month=SEPTEMBER)
    assert len(board) == 6
    assert all(row.is_locked for row in board)
    assert Event.objects.filter(kind="figures.month_locked").count() == 6


def test_unlocking_asks_that_the_higher_is_unlocked_first(world):
    for union in ("gongshu", "xihu", "hangzhou"):
        lock(world, union)
    with pytest.raises(Conflict) as told:
        unlock(world, "gongshu")
    assert told.value.code == "figures.unlock_downwards"
    with pytest.raises(Malformed):
        unlock(world, "hangzhou", reason="")
    unlock(world, "hangzhou")
    unlock(world, "gongshu")
    assert Event.objects.filter(kind="figures.month_unlocked").count() == 2
    with pytest.raises(Conflict):
        lock(world, "hangzhou")
    lock(world, "gongshu")


def test_each_locks_in_the_own_subtree_only(world):
    county = person(world, "county")
    lock(world, "gongshu", actor=county)
    with pytest.raises(NotFound):
        lock(world, "xihu", actor=county)
    with pytest.raises(Forbidden):
        lock(world, "xihu", actor=person(world, "auditor"))
    assert [row.code for row in list_lock_board(actor=county, month=SEPTEMBER)] == [
        world.unions["gongshu"].code
    ]


def test_a_month_that_is_not_over_a_lower_union_and_a_second_lock_are_refused(world):
    lock(world, "gongshu")
    for given, code in (
        ({"union": "gongshu"}, "figures.locked_already"),
        ({"union": "gongshu", "month": date(2026, 10, 1)}, "figures.month_not_over"),
        ({"union": "joint_gongshu_1"}, "figures.not_a_federation"),
    ):
        with pytest.raises(Conflict) as told:
            lock(world, **given)
        assert told.value.code == code


def test_the_database_alone_keeps_the_order(world):
    city = world.unions["hangzhou"]
    with pytest.raises(IntegrityError, match="those below"), transaction.atomic():
        PeriodLock.objects.create(month=SEPTEMBER, union=city, region=330100, locked_at=NOW)
    lock(world, "gongshu")
    with pytest.raises(IntegrityError, match="only ever unlocked"), transaction.atomic():
        PeriodLock.objects.update(locked_at=NOW - timedelta(days=1))


def test_a_publication_of_a_locked_month_reads_as_known_at_the_lock(world):
    day = date(2026, 9, 30)
    before = measure(LIVE, region=330105, as_of=day, now=NOW).value
    lock(world, "gongshu")
    union = world.unions["joint_gongshu_1"]
    late = NOW + timedelta(hours=2)
    MemberFlow.objects.create(
        day=day,
        union_id=union.id,
        county=330105,
        occupation=3,
        channel=1,
        kind=10,
        persons=40,
        recorded_at=NOW + timedelta(hours=1),
    )
    assert measure(LIVE, region=330105, as_of=day, now=late).value == before
    assert measure(LIVE, region=330105, as_of=day, known_at=late, now=late).value == before + 40
    draft = drafted(world, "gongshu", by=person(world, "county"), as_of=day, since=None)
    assert draft.known_at == NOW
    assert {o.measured for o in draft.lines.filter(code=LIVE, channel="")} == {before}
    unlock(world, "gongshu")
    assert measure(LIVE, region=330105, as_of=day, now=late).value == before + 40
