"""A month is locked from the counties upwards and unlocked from above, each time with a name."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from nuanxin.figures.actions.locks import lock_month, unlock_month
from nuanxin.figures.models import PeriodLock
from nuanxin.figures.queries import get_board, measure
from nuanxin.figures.queries.locks import list_lock_board
from nuanxin.figures.queries.number import get_number
from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.period import Period
from nuanxin.membership.actions.stocks import fold_flows
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


LAST_OF_SEPTEMBER = date(2026, 9, 30)
REGIONS = (330000, 330100, 330200, 330105, 330106, 330212)


def enter_late(world: World, *, after: timedelta, day: date = LAST_OF_SEPTEMBER) -> None:
    """Enter members of September, and some who left, some time after the counties were locked."""
    union = world.unions["joint_gongshu_1"]
    for kind, persons in ((10, 70), (21, 20)):
        MemberFlow.objects.create(
            day=day,
            union_id=union.id,
            county=union.adcode,
            occupation=3,
            channel=1,
            kind=kind,
            persons=persons,
            recorded_at=NOW + after,
        )


@pytest.fixture
def september(world):
    """Lock September: the counties first, late entries, then city and province, and more late ones."""
    for union in ("gongshu", "xihu", "yinzhou"):
        lock(world, union)
    enter_late(world, after=timedelta(minutes=10))
    for union in ("hangzhou", "ningbo", "province"):
        lock(world, union, now=NOW + timedelta(minutes=20))
    enter_late(world, after=timedelta(minutes=30))
    enter_late(world, after=timedelta(minutes=30), day=date(2026, 8, 20))
    return NOW + timedelta(hours=1)


@pytest.mark.slow
@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize("since", [None, SEPTEMBER])
def test_the_board_of_a_locked_month_tells_what_was_known_at_the_lock(
    world, september, since, is_folded
):
    if is_folded:
        fold_flows(now=september + timedelta(days=14))
    later = september + timedelta(days=15)
    for region in REGIONS:
        board = get_board(region=region, as_of=LAST_OF_SEPTEMBER, since=since, now=later)
        assert board.locked_at is not None
        for one in board.figures:
            if one.definition.ratio is not None:
                continue  # no denominator is on record in this province
            assert one.value == asked_alone(one.definition, region, since, later).value
        for row in (*board.cities, *board.counties):
            if int(row.key) in REGIONS:
                live = measure_for_everybody(
                    LIVE, region=int(row.key), as_of=LAST_OF_SEPTEMBER, now=later
                )
                assert row.live == live.value
        for row in board.channels:
            asked = {"region": region, "channel": row.key, "now": later}
            live = measure_for_everybody(LIVE, as_of=LAST_OF_SEPTEMBER, **asked)
            assert row.live == live.value
    known_now = measure(
        LIVE, region=330000, as_of=LAST_OF_SEPTEMBER, known_at=later, now=later
    ).value
    at_lock = measure(LIVE, region=330000, as_of=LAST_OF_SEPTEMBER, now=later).value
    county = measure(LIVE, region=330105, as_of=LAST_OF_SEPTEMBER, now=later).value
    assert known_now == at_lock + 100
    assert county < 50 < at_lock


def asked_alone(definition, region, since, now):
    """Return what everybody gets who asks for one figure by itself."""
    asked = {"region": region, "as_of": LAST_OF_SEPTEMBER, "now": now}
    if definition.period_kind.value == "in_period":
        asked = {"region": region, "now": now}
        asked["period"] = Period(since or COUNTED_FROM, LAST_OF_SEPTEMBER)
    return measure_for_everybody(definition.code, **asked)


@pytest.mark.slow
def test_the_trend_and_the_pictures_of_a_later_day_show_the_locked_month_so_too(world, september):
    later = september + timedelta(days=15)
    fold_flows(now=later)
    for region in REGIONS:
        board = get_board(region=region, now=later)
        assert board.locked_at is None
        point = next(one for one in board.trend if one.day == LAST_OF_SEPTEMBER)
        live = measure_for_everybody(LIVE, region=region, as_of=LAST_OF_SEPTEMBER, now=later)
        assert point.live == live.value


@pytest.mark.slow
def test_the_page_says_quietly_when_the_month_was_locked(client, september, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: september)
    page = client.get("/figures/?as_of=2026-09-30").content.decode()
    assert "2026年9月在2026年10月20日锁定" in page
    assert "锁定" not in client.get("/figures/?as_of=2026-08-31").content.decode()
    table = client.get("/figures/330000/table.json?as_of=2026-09-30").json()
    assert table["locked_at"] == (NOW + timedelta(minutes=20)).isoformat()


@pytest.mark.slow
@pytest.mark.parametrize("code", [LIVE, "orgs.unions"])
def test_a_number_of_a_report_is_that_of_the_lock_with_the_same_fingerprint(september, code):
    for region in REGIONS:
        asked = {"region": str(region), "as_of": "2026-09-30"}
        told = get_number(code, asked, now=september).measured
        alone = measure_for_everybody(code, region=region, as_of=LAST_OF_SEPTEMBER, now=september)
        assert (told.value, told.digest) == (alone.value, alone.digest)
