"""A union's seat moves: members count where the seat was on each day, and nothing is rewritten."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions.reseating import follow_seat
from nuanxin.membership.actions.stocks import fold_flows
from nuanxin.membership.figures import Place, by_county, totals_as_of
from nuanxin.membership.models import MemberFlow
from nuanxin.membership.states import FlowKind
from nuanxin.orgs.models import Territory
from nuanxin.records.models import Event
from tests.membership.cast import make_union

pytestmark = pytest.mark.django_db
ZHEJIANG = Place(region=330000)
GONGSHU, YINZHOU, XIHU = 330105, 330212, 330106
BEGIN = date(2025, 1, 1)
NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)


def flow(union, day, kind=FlowKind.JOINED, persons=1, county=GONGSHU, occupation=4):
    return MemberFlow.objects.create(
        day=day,
        union_id=union.id,
        county=county,
        occupation=occupation,
        channel=1,
        kind=kind,
        persons=persons,
        recorded_at=clock.day_start(day) + timedelta(hours=9),
    )


def sit(union, *seats, at=NOW):
    """Let the union sit in counties from days on: (day, county), in order."""
    Territory.objects.filter(union_id=union.id, superseded_at=None).update(superseded_at=at)
    ends = [day for day, _ in seats[1:]] + [None]
    for (day, county), end in zip(seats, ends, strict=True):
        Territory.objects.create(
            union_id=union.id, adcode=county, is_seat=True, valid_from=day, valid_to=end,
            recorded_at=at,
        )  # fmt: skip


def live_by_county(day):
    return {county: t.live() for county, t in by_county(day, ZHEJIANG).items() if t.live()}


@pytest.fixture
def union():
    return make_union("会搬家的联合工会", None, adcode=GONGSHU, accepts_members=True)


def test_from_the_day_of_the_move_members_count_at_the_new_seat(union):
    flow(union, date(2025, 2, 1), persons=7)
    flow(union, date(2025, 2, 5), kind=FlowKind.LEFT, persons=2)
    sit(union, (BEGIN, GONGSHU), (date(2025, 4, 1), YINZHOU))
    assert follow_seat(union_id=union.id, actor=SYSTEM, now=NOW) == 5
    assert live_by_county(date(2025, 3, 31)) == {GONGSHU: 5}
    assert live_by_county(date(2025, 4, 1)) == {YINZHOU: 5}
    assert totals_as_of(date(2025, 6, 1), ZHEJIANG).new() == 7
    assert Event.objects.filter(kind="membership.followed_seat").count() == 1


def test_doing_it_again_moves_nobody_and_a_union_that_stays_has_nothing_to_do(union):
    flow(union, date(2025, 2, 1), persons=7)
    sit(union, (BEGIN, GONGSHU))
    assert follow_seat(union_id=union.id, actor=SYSTEM, now=NOW) == 0
    sit(union, (BEGIN, GONGSHU), (date(2025, 4, 1), YINZHOU))
    assert follow_seat(union_id=union.id, actor=SYSTEM, now=NOW) == 7
    assert follow_seat(union_id=union.id, actor=SYSTEM, now=NOW) == 0
    assert Event.objects.filter(kind="membership.followed_seat").count() == 1


def test_who_joined_between_the_move_and_its_entry_moves_on_that_day(union):
    flow(union, date(2025, 2, 1), persons=7)
    flow(union, date(2025, 5, 3), persons=4)
    sit(union, (BEGIN, GONGSHU), (date(2025, 4, 1), YINZHOU))
    follow_seat(union_id=union.id, actor=SYSTEM, now=NOW)
    assert live_by_county(date(2025, 5, 2)) == {YINZHOU: 7}
    assert live_by_county(date(2025, 5, 3)) == {YINZHOU: 11}


def test_a_corrected_day_of_the_move_is_followed_and_what_was_known_stays(union):
    flow(union, date(2025, 2, 1), persons=7)
    sit(union, (BEGIN, GONGSHU), (date(2025, 4, 1), YINZHOU))
    follow_seat(union_id=union.id, actor=SYSTEM, now=NOW)
    known = NOW + timedelta(hours=1)
    sit(union, (BEGIN, GONGSHU), (date(2025, 3, 1), YINZHOU))
    follow_seat(union_id=union.id, actor=SYSTEM, now=NOW + timedelta(days=1))
    assert live_by_county(date(2025, 3, 15)) == {YINZHOU: 7}
    then = totals_as_of(date(2025, 3, 15), Place(region=GONGSHU), known_at=known)
    assert then.live() == 7


flows = st.lists(
    st.tuples(
        st.integers(0, 150),
        st.sampled_from([FlowKind.JOINED, FlowKind.LEFT, FlowKind.RETAINED, FlowKind.RESTORED]),
        st.integers(1, 9),
        st.integers(1, 2),
    ),
    min_size=1,
    max_size=8,
)
moves = st.lists(
    st.tuples(st.integers(1, 160), st.sampled_from([GONGSHU, YINZHOU, XIHU])),
    max_size=3,
    unique_by=lambda move: move[0],
)


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entered=flows, first=moves, corrected=moves, asked=st.lists(st.integers(0, 179), max_size=5))
def test_on_any_day_all_live_members_count_at_the_seat_of_that_day(
    union, entered, first, corrected, asked
):
    with transaction.atomic():
        for offset, kind, persons, occupation in entered:
            flow(union, BEGIN + timedelta(days=offset), kind, persons, occupation=occupation)
        for number, seats in enumerate((first, corrected)):
            at = [(BEGIN, GONGSHU), *((BEGIN + timedelta(days=n), c) for n, c in sorted(seats))]
            sit(union, *at)
            follow_seat(union_id=union.id, actor=SYSTEM, now=NOW + timedelta(days=number))
            fold_flows(now=NOW + timedelta(days=number))
            for day in (BEGIN + timedelta(days=n) for n in asked):
                here = [county for since, county in at if since <= day][-1]
                live = totals_as_of(day, ZHEJIANG).live()
                assert live_by_county(day) == ({here: live} if live else {})
        transaction.set_rollback(True)
