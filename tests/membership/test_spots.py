"""Spots within a month: any day read from them equals the sum of all flows, whenever folded."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nuanxin.membership.actions import spots
from nuanxin.membership.actions.stocks import fold_flows, recount_month
from nuanxin.membership.figures.breakdown import cells_by_county
from nuanxin.membership.models import MemberFlow, MemberSpot
from nuanxin.membership.states import FlowKind
from tests.membership.test_stocks import COUNTIES, FIRST_DAY, flow, flows_of_a_year

pytestmark = pytest.mark.django_db
PROVINCE = 330000


def cells_of(flows, day):
    """Sum what the page sums, the plain way: {(county, occupation, channel): (new, left, live)}."""
    summed = {}
    for one in flows:
        if one.day > day:
            continue
        kind, key = FlowKind(one.kind), (one.county, one.occupation, one.channel)
        new, left, live = summed.get(key, (0, 0, 0))
        summed[key] = (
            new + kind.new_sign * one.persons,
            left + (kind is FlowKind.LEFT) * one.persons,
            live + kind.sign * one.persons,
        )
    return {key: sums for key, sums in summed.items() if any(sums)}


def read_cells(day):
    cells = cells_by_county(day, PROVINCE)
    shown = {(c.county, c.occupation, c.channel): (c.new, c.left, c.live) for c in cells}
    return {key: sums for key, sums in shown.items() if any(sums)}


def evening(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


days = st.integers(0, 400).map(lambda n: FIRST_DAY + timedelta(days=n))


@pytest.mark.slow
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(st.tuples(flows_of_a_year, days), min_size=1, max_size=4),
    asked=st.lists(days, min_size=1, max_size=4),
)
@example(batches=[([flow(date(2025, 3, 26))], date(2025, 4, 1))], asked=[date(2025, 3, 31)])
@example(batches=[([flow(date(2025, 3, 5))], date(2025, 3, 6))], asked=[date(2025, 3, 5)])
def test_any_day_is_right_however_often_and_late_it_was_folded(batches, asked):
    with transaction.atomic():
        flows = []
        for entered, folded_on in sorted(batches, key=lambda batch: batch[1]):
            for one in entered:
                one.pk, one.fold_id = None, None
            MemberFlow.objects.bulk_create(entered)
            flows += entered
            fold_flows(now=evening(folded_on))
            for day in asked:
                assert read_cells(day) == cells_of(flows, day), (folded_on, day)
        last = max(folded_on for _, folded_on in batches)
        for month in {day.replace(day=1) for day in asked}:
            assert spots.recount(month, today=last) == 0
        transaction.set_rollback(True)


def test_a_late_entry_changes_the_spots_of_its_own_month_alone():
    MemberFlow.objects.bulk_create([flow(date(2025, 2, 3)), flow(date(2025, 3, 3))])
    fold_flows(now=evening(date(2025, 4, 2)))
    march = list(MemberSpot.objects.filter(day__month=3).values_list("id", flat=True))
    MemberFlow.objects.bulk_create([flow(date(2025, 2, 11), persons=6)])
    fold_flows(now=evening(date(2025, 4, 3)))
    assert list(MemberSpot.objects.filter(day__month=3).values_list("id", flat=True)) == march
    february = MemberSpot.objects.filter(day__month=2).order_by("day")
    told = [(spot.day.day, spot.new_members) for spot in february]
    assert told == [(n, 1 if n < 11 else 7) for n in range(4, 29, 2)]


def test_the_open_months_spots_end_before_today_and_its_stock_is_made_at_its_end():
    MemberFlow.objects.bulk_create([flow(date(2025, 3, n)) for n in (1, 7, 12)])
    fold_flows(now=evening(date(2025, 3, 12)))
    kept = MemberSpot.objects.order_by("day").values_list("day", "new_members")
    ones = [(date(2025, 3, n), 1) for n in (2, 4, 6)]
    assert list(kept) == [*ones, (date(2025, 3, 8), 2), (date(2025, 3, 10), 2)]
    assert MemberFlow.objects.filter(fold_id=None).count() == 1
    fold_flows(now=evening(date(2025, 4, 1)))
    assert recount_month(date(2025, 3, 1)).agrees
    assert read_cells(date(2025, 3, 31)) == {(330105, 4, 1): (3, 0, 3)}
    assert read_cells(date(2025, 3, 11)) == {(330105, 4, 1): (2, 0, 2)}


def test_a_month_that_lacks_spots_gets_them_at_the_next_fold():
    MemberFlow.objects.bulk_create([flow(date(2025, 2, 3)), flow(date(2025, 3, 3))])
    fold_flows(now=evening(date(2025, 4, 2)))
    MemberSpot.objects.filter(day__month=2).delete()
    assert read_cells(date(2025, 2, 20)) == {(330105, 4, 1): (1, 0, 1)}
    fold_flows(now=evening(date(2025, 4, 3)))
    assert MemberSpot.objects.filter(day__month=2).count() == 13  # from the 4th to the 28th


def test_a_clock_that_was_set_back_loses_nothing():
    MemberFlow.objects.bulk_create([flow(date(2025, 1, 3))])
    fold_flows(now=evening(date(2025, 2, 1)))
    MemberFlow.objects.bulk_create([flow(date(2025, 1, 4), persons=2)])
    fold_flows(now=evening(date(2025, 1, 31)))
    assert read_cells(date(2025, 1, 31)) == {(330105, 4, 1): (3, 0, 3)}
    assert recount_month(date(2025, 1, 1)).agrees


def test_a_recount_finds_a_spot_that_was_tampered_with():
    MemberFlow.objects.bulk_create([flow(date(2025, 3, 3), county=c) for c in COUNTIES])
    fold_flows(now=evening(date(2025, 4, 2)))
    assert spots.recount(date(2025, 3, 1), today=date(2025, 4, 2)) == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE membership_memberspot SET new_members = 9"
            " WHERE day = '2025-03-10' AND county = %s",
            [COUNTIES[0]],
        )
    assert spots.recount(date(2025, 3, 1), today=date(2025, 4, 2)) == 2
