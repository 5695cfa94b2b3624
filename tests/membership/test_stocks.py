"""Stocks and the reading of figures, against a naive sum over all flows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.kernel import clock
from nuanxin.kernel.period import Period
from nuanxin.membership.actions.stocks import fold_flows, recount_month
from nuanxin.membership.figures import Place, by_county, by_month, totals_as_of, totals_in_period
from nuanxin.membership.models import MemberFlow
from nuanxin.membership.states import FlowKind

pytestmark = pytest.mark.django_db

ZHEJIANG = Place(region=330000)
HANGZHOU = Place(region=330100)
GONGSHU = Place(region=330105)
FIRST_DAY = date(2025, 1, 1)
COUNTIES = (330105, 330106, 330212)


def flow(day, kind=FlowKind.JOINED, persons=1, county=330105, union=1, recorded=None, **cut):
    return MemberFlow(
        day=day,
        union_id=union,
        county=county,
        occupation=cut.get("occupation", 4),
        channel=cut.get("channel", 1),
        kind=kind,
        persons=persons,
        recorded_at=recorded or clock.day_start(day) + timedelta(hours=10),
    )


def naive_live(flows, day, *, counties=COUNTIES, known_at=None):
    return sum(
        FlowKind(f.kind).sign * f.persons
        for f in flows
        if f.day <= day and f.county in counties and (known_at is None or f.recorded_at <= known_at)
    )


flows_of_a_year = st.lists(
    st.builds(
        flow,
        day=st.integers(0, 364).map(lambda n: FIRST_DAY + timedelta(days=n)),
        kind=st.sampled_from([k for k in FlowKind if k >= 10]),
        persons=st.integers(1, 50),
        county=st.sampled_from(COUNTIES),
        union=st.integers(1, 3),
        recorded=st.integers(0, 500).map(
            lambda n: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=n)
        ),
        occupation=st.integers(1, 3),
        channel=st.integers(1, 3),
    ),
    max_size=25,
)


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(early=flows_of_a_year, late=flows_of_a_year, offset=st.integers(0, 380))
def test_any_past_day_equals_the_sum_of_all_flows(early, late, offset):
    with transaction.atomic():
        check_any_past_day(early, late, FIRST_DAY + timedelta(days=offset))
        transaction.set_rollback(True)


def check_any_past_day(early, late, day):
    MemberFlow.objects.bulk_create(early)
    fold_flows(now=datetime(2025, 7, 3, tzinfo=UTC))
    MemberFlow.objects.bulk_create(late)
    flows = early + late

    assert totals_as_of(day, ZHEJIANG).live() == naive_live(flows, day)
    assert totals_as_of(day, GONGSHU).live() == naive_live(flows, day, counties=(330105,))

    fold_flows(now=datetime(2026, 2, 3, tzinfo=UTC))
    assert totals_as_of(day, ZHEJIANG).live() == naive_live(flows, day)
    assert totals_as_of(day, HANGZHOU).live() == naive_live(flows, day, counties=COUNTIES[:2])
    assert sum(t.live() for t in by_county(day, ZHEJIANG).values()) == naive_live(flows, day)
    known = datetime(2025, 9, 1, tzinfo=UTC)
    assert totals_as_of(day, ZHEJIANG, known_at=known).live() == naive_live(
        flows, day, known_at=known
    )
    everywhere = Place(union_ids=(1, 2, 3))
    assert totals_as_of(day, everywhere).live() == naive_live(flows, day)
    assert recount_month(date(2025, 12, 1)).agrees


def test_folding_twice_changes_nothing():
    MemberFlow.objects.bulk_create([flow(date(2025, 3, 5), persons=7)])
    assert fold_flows(now=datetime(2025, 6, 1, 3, tzinfo=UTC)).flows == 1
    assert fold_flows(now=datetime(2025, 6, 1, 4, tzinfo=UTC)).flows == 0
    assert totals_as_of(date(2025, 5, 31), GONGSHU).live() == 7


def test_a_recount_finds_a_stock_that_was_tampered_with():
    MemberFlow.objects.bulk_create([flow(date(2025, 3, 5), persons=7)])
    fold_flows(now=datetime(2025, 6, 2, tzinfo=UTC))
    assert recount_month(date(2025, 4, 1)).agrees
    from nuanxin.membership.models import MemberStock

    MemberStock.objects.filter(month=date(2025, 4, 1), region=330105).update(joined=8)
    assert recount_month(date(2025, 4, 1)).wrong_regions == 1


def test_a_period_leaves_out_what_was_before_and_after():
    MemberFlow.objects.bulk_create(
        [
            flow(date(2025, 3, 31), persons=1),
            flow(date(2025, 4, 1), persons=2),
            flow(date(2025, 4, 30), persons=4),
            flow(date(2025, 5, 1), persons=8),
            flow(date(2025, 4, 9), kind=FlowKind.TRANSFERRED_IN, persons=16),
            flow(date(2025, 4, 9), kind=FlowKind.LEFT, persons=1),
        ]
    )
    april = totals_in_period(Period(date(2025, 4, 1), date(2025, 4, 30)), GONGSHU)
    assert (april.new(), april.net(), april.live()) == (6, 5, 21)
    assert april.new(occupation=4) == 6
    assert april.new(channel=2) == 0


def test_months_stand_in_order_up_to_the_last_closed_one():
    MemberFlow.objects.bulk_create([flow(date(2025, 1, 9)), flow(date(2025, 3, 9))])
    fold_flows(now=datetime(2025, 5, 20, tzinfo=UTC))
    months = by_month(HANGZHOU, first=date(2025, 1, 1), last=date(2025, 12, 1))
    assert [(m.month, t.live()) for m, t in months] == [(1, 1), (2, 1), (3, 2), (4, 2)]
