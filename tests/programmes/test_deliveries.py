"""What was delivered: recorded once, taken back by a row of its own, counted by persons and times."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.period import Period
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.counting import follow_deliveries, recount_services
from nuanxin.programmes.actions.deliveries import record_deliveries, take_back_deliveries
from nuanxin.programmes.models import Delivery, Programme, ServiceCell, ServiceDue
from nuanxin.programmes.queries.delivered import Asked, Count, count_delivered, list_year_cells

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def exam(town):
    offer = town.offer(places=5)
    for rider in town.riders(4):
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    return offer


def record(town, offer, **more):
    today = business_day(town.cast.now)
    given_ = {"day": today, "actor": town.cast.county_cadre, "now": town.cast.now}
    return record_deliveries(offer_id=offer.id, **(given_ | more))


def take_back(town, offer, ids, **more):
    given_ = {"reason": "登错人了", "actor": town.cast.county_cadre, "now": town.cast.now}
    return take_back_deliveries(offer_id=offer.id, delivery_ids=ids, **(given_ | more))


def this_year(town, **more):
    today = business_day(town.cast.now)
    return Asked(period=Period(date(today.year, 1, 1), today), **more)


def test_everybody_with_a_place_is_recorded_once(town, exam):
    assert record(town, exam).count == 4
    assert record(town, exam).count == 0
    assert count_delivered(this_year(town)) == Count(4, 4)


def test_another_session_is_another_time_of_the_same_person(town, exam):
    record(town, exam, occasion=1)
    record(town, exam, occasion=2)
    assert count_delivered(this_year(town)) == Count(4, 8)


def test_a_mistake_is_taken_back_and_may_be_recorded_again(town, exam):
    record(town, exam)
    ids = list(Delivery.objects.values_list("id", flat=True)[:1])
    assert take_back(town, exam, ids) == 1
    assert take_back(town, exam, ids) == 0
    assert count_delivered(this_year(town)) == Count(3, 3)
    assert record(town, exam).count == 1
    assert count_delivered(this_year(town)) == Count(4, 4)


def test_as_known_before_the_mistake_was_seen(town, exam):
    now = town.cast.now
    record(town, exam)
    first = Delivery.objects.order_by("id").first()
    take_back(town, exam, [first.id], now=now + timedelta(hours=1))
    known = count_delivered(this_year(town, known_at=now + timedelta(minutes=1)))
    assert (known, count_delivered(this_year(town))) == (Count(4, 4), Count(3, 3))


def test_only_who_manages_the_offer_records_or_takes_back(town, exam):
    with pytest.raises(NotFound):
        record(town, exam, actor=town.cast.cadre_of_next_county)
    assert record(town, exam).count == 4
    ids = list(Delivery.objects.values_list("id", flat=True))
    with pytest.raises(NotFound):
        take_back(town, exam, ids, actor=town.cast.cadre_of_next_county)
    assert take_back(town, exam, ids) == 4


@pytest.mark.parametrize("days", [1, -30])
def test_the_day_is_one_on_which_it_can_have_been(town, exam, days):
    day = business_day(town.cast.now) + timedelta(days=days)
    with pytest.raises(Malformed) as refused:
        record(town, exam, day=day)
    assert refused.value.code == "programmes.delivery_day"


@pytest.mark.parametrize("reason", ["", "  ", "很" * 101])
def test_taking_back_says_why(town, exam, reason):
    record(town, exam)
    with pytest.raises(Malformed) as refused:
        take_back(town, exam, [Delivery.objects.first().id], reason=reason)
    assert refused.value.code == "programmes.reason"


def test_the_database_keeps_deliveries_as_they_are(town, exam):
    record(town, exam)
    one = Delivery.objects.first()
    refused = (IntegrityError, ProgrammingError)  # by the guard, or by what the web role may do
    with pytest.raises(refused), transaction.atomic():
        Delivery.objects.filter(id=one.id).update(region=1)
    with pytest.raises(refused), transaction.atomic():
        Delivery.objects.filter(id=one.id).delete()
    one.id, one.step, one.corrects_id, one.reason, one.region = None, -1, one.id, "错", 1
    with pytest.raises(IntegrityError, match="reversal"), transaction.atomic():
        one.save(force_insert=True)


def test_the_years_cells_follow_and_agree_with_the_facts(town, exam):
    record(town, exam)
    assert follow_deliveries() == 4
    assert not ServiceDue.objects.exists()
    today = business_day(town.cast.now)
    cells = {(c.kind, c.persons, c.person_times) for c in list_year_cells(year=today.year, region=330000)}  # fmt: skip
    assert cells == {("exam", 4, 4), ("", 4, 4)}
    running = this_year(town, is_running=True)
    assert running.year() == today.year
    assert count_delivered(running) == count_delivered(this_year(town))
    take_back(town, exam, list(Delivery.objects.values_list("id", flat=True)))
    assert recount_services(now=town.cast.now) == []
    assert count_delivered(running) == Count(0, 0)


def test_a_wrong_cell_is_found(town, exam):
    record(town, exam)
    assert recount_services(now=town.cast.now) == []
    ServiceCell.objects.filter(kind="exam").update(persons=9)
    found = recount_services(now=town.cast.now)
    assert [kind for _, _, kind in found] == ["exam"]


COUNTIES = (330105, 330110, 330212)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),  # who
        st.sampled_from(COUNTIES),
        st.sampled_from(["exam", "gift"]),
        st.dates(date(2024, 11, 1), date(2025, 2, 28)),
        st.booleans(),  # taken back afterwards
    ),
    max_size=25,
)


def naive(steps, first, last, kinds, region):
    """Count by hand: the standing ones in order, each person in the county of his first."""
    standing = [s for s in steps if not s[4] and first <= s[3] <= last and (not kinds or s[2] in kinds)]  # fmt: skip
    at = {}
    for who, county, _, _, _ in sorted(standing, key=lambda s: s[3]):
        at.setdefault(who, county)
    prefix = str(region).rstrip("0")
    inside = [s for s in standing if str(s[1]).startswith(prefix)]
    return Count(sum(str(c).startswith(prefix) for c in at.values()), len(inside))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=STEPS, cut=st.integers(0, 25))
def test_any_history_counts_as_by_hand(town, steps, cut):
    with transaction.atomic():
        _insert(town, steps, cut)
        for year in (2024, 2025):
            first, last = date(year, 1, 1), date(year, 12, 31)
            for region in (330000, 330100, 330212):
                for kinds in ((), ("exam",)):
                    told = Asked(Period(first, last), kinds, region)
                    assert told.year() == year
                    by_hand = naive(steps, first, last, kinds, region)
                    assert count_delivered(told) == by_hand
                    before = last - timedelta(days=1)
                    days = Asked(Period(first, before), kinds, region)
                    assert days.year() is None
                    assert count_delivered(days) == naive(steps, first, before, kinds, region)
        days = Asked(Period(date(2024, 12, 1), date(2025, 1, 31)), (), 330100)
        assert count_delivered(days) == naive(steps, date(2024, 12, 1), date(2025, 1, 31), (), 330100)  # fmt: skip
        assert recount_services(now=town.cast.now + timedelta(days=1)) == []
        transaction.set_rollback(True)


def _insert(town, steps, cut):
    """Write the history as rows; the cells follow in the middle of it and at the end."""
    programmes = {
        kind: Programme.objects.get_or_create(
            code=f"p_{kind}", defaults={"title": kind, "kind": kind, "created_at": town.cast.now}
        )[0]
        for kind in ("exam", "gift")
    }
    workers = [rider.worker_id for rider in town.riders(4)]
    for number, (who, county, kind, day, is_back) in enumerate(steps):
        row = {
            "programme": programmes[kind],
            "worker_id": workers[who],
            "union_id": 1,
            "region": county,
            "day": day,
            "recorded_at": town.cast.now,
        }
        made = Delivery.objects.create(**row)
        if is_back:
            Delivery.objects.create(**row, step=-1, corrects=made, reason="错")
        if number == cut:
            follow_deliveries()
    while follow_deliveries():
        pass


def test_counting_a_year_is_one_statement(town, exam, django_assert_num_queries):
    record(town, exam)
    follow_deliveries()
    with django_assert_num_queries(1):
        count_delivered(this_year(town, is_running=True))
    with django_assert_num_queries(1):
        count_delivered(this_year(town))


def test_two_runs_at_once_count_nothing_twice(town, exam):
    record(town, exam)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM programmes_servicedue")
        assert cursor.fetchone()[0] == 4
    assert (follow_deliveries(), follow_deliveries()) == (4, 0)
    totals = defaultdict(int)
    for cell in ServiceCell.objects.all():
        totals[cell.kind] += cell.person_times
    assert totals == {"exam": 4, "": 4}
