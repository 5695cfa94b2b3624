"""One person asks for one place: at once, in order, within the directed share, and passed on."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.membership.models import Membership
from nuanxin.people.models import Worker
from nuanxin.programmes.actions.claims import (
    apply_for_place,
    confirm_place,
    pass_on_what_expired,
    release_directed_places,
    withdraw_from_offer,
)
from nuanxin.programmes.actions.offers import close_offer
from nuanxin.programmes.models import Application, Draw, FreeSeat, Seat
from nuanxin.programmes.states import ClaimState, Way
from nuanxin.records.models import Event
from tests.programmes.conftest import CLEANER, DRIVER, POOLS_BY_TRADE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def ask(town, offer, rider, **more):
    return apply_for_place(code=offer.code, actor=rider, now=more.pop("now", town.cast.now), **more)


def states(offer):
    rows = Application.objects.filter(offer=offer).order_by("id")
    return [ClaimState(row.state).name for row in rows]


def held(offer):
    return Seat.objects.filter(offer=offer, application__isnull=False).count()


def test_the_first_get_places_and_the_next_waits(town):
    offer = town.offer(places=2)
    answers = [ask(town, offer, rider).state for rider in town.riders(3)]
    assert answers == [ClaimState.CONFIRMED, ClaimState.CONFIRMED, ClaimState.WAITING]
    assert held(offer) == 2
    assert Event.objects.filter(kind="programmes.place_taken").count() == 2


def test_asking_again_changes_nothing_and_tells_the_same(town):
    offer = town.offer(places=2)
    (rider,) = town.riders(1)
    first, again = ask(town, offer, rider), ask(town, offer, rider)
    assert (again.id, again.state, again.is_repeat) == (first.id, first.state, True)
    assert held(offer) == 1


def test_who_withdraws_passes_the_place_to_the_first_who_waits(town):
    offer = town.offer(places=1)
    first, second, third = town.riders(3)
    for rider in (first, second, third):
        ask(town, offer, rider)
    assert withdraw_from_offer(code=offer.code, actor=first, now=town.cast.now)
    assert states(offer) == ["WITHDRAWN", "GRANTED", "WAITING"]
    confirm_place(code=offer.code, actor=second, now=town.cast.now)
    assert states(offer) == ["WITHDRAWN", "CONFIRMED", "WAITING"]
    assert not withdraw_from_offer(code=offer.code, actor=first, now=town.cast.now)


def test_nobody_new_passes_those_who_wait(town):
    offer = town.offer(places=1)
    first, second, third = town.riders(3)
    ask(town, offer, first)
    ask(town, offer, second)
    withdraw_from_offer(code=offer.code, actor=first, now=town.cast.now)
    assert ask(town, offer, third).state is ClaimState.WAITING


def test_a_place_that_nobody_confirms_in_time_goes_on(town):
    offer = town.offer(places=1)
    first, second, third = town.riders(3)
    for rider in (first, second, third):
        ask(town, offer, rider)
    withdraw_from_offer(code=offer.code, actor=first, now=town.cast.now)
    later = town.cast.now + timedelta(hours=25)
    with pytest.raises(Conflict) as refused:
        confirm_place(code=offer.code, actor=second, now=later)
    assert refused.value.code == "programmes.not_kept"
    assert pass_on_what_expired(now=later) == 1
    assert states(offer) == ["WITHDRAWN", "EXPIRED", "GRANTED"]


def test_the_directed_tenth_is_for_the_directed_until_its_release(town):
    offer = town.offer(places=10, directed=100)
    release = town.cast.now + timedelta(days=5)
    type(offer).objects.filter(id=offer.id).update(released_at=release)
    cleaners = town.riders(11, occupation=CLEANER)
    for rider in cleaners:
        ask(town, offer, rider)
    assert held(offer) == 9
    (courier,) = town.riders(1)
    assert ask(town, offer, courier).state is ClaimState.CONFIRMED
    assert held(offer) == 10
    withdraw_from_offer(code=offer.code, actor=courier, now=town.cast.now)
    assert held(offer) == 9, "others wait, but the directed place is not theirs yet"
    assert release_directed_places(now=town.cast.now) == 0
    assert release_directed_places(now=release) == 1
    assert held(offer) == 10


def test_everybody_has_the_pool_of_his_trade(town):
    offer = town.offer(places=3, pools=POOLS_BY_TRADE)
    for rider in town.riders(3):
        ask(town, offer, rider)
    (driver,) = town.riders(1, occupation=DRIVER, union="drivers")
    assert ask(town, offer, driver).state is ClaimState.CONFIRMED
    assert states(offer) == ["CONFIRMED", "CONFIRMED", "WAITING", "CONFIRMED"]
    (cleaner,) = town.riders(1, occupation=CLEANER)
    with pytest.raises(Conflict) as refused:
        ask(town, offer, cleaner)
    assert refused.value.code == "programmes.no_pool"


def test_who_is_no_member_is_told_how_to_become_one(town):
    offer = town.offer()
    worker = Worker.objects.create(name="路人", created_at=town.cast.now)
    with pytest.raises(Conflict) as refused:
        ask(town, offer, Actor(worker_id=worker.id))
    assert refused.value.code == "programmes.members_only"


def test_whom_the_rule_says_no_to_is_told_what_would_change_it(town):
    offer = town.offer(Way.SCORE, definition="recuperation")
    (rider,) = town.riders(1)
    with pytest.raises(Conflict, match="12 个月") as refused:
        ask(town, offer, rider)
    assert refused.value.code == "programmes.not_eligible"
    Membership.objects.filter(worker_id=rider.worker_id).update(joined_on="2020-01-01")
    assert ask(town, offer, rider).state is ClaimState.APPLIED


def test_before_and_after_its_time_nobody_gets_a_place(town):
    offer = town.offer()
    (rider,) = town.riders(1)
    for days, code in ((-2, "programmes.not_open_yet"), (20, "programmes.closed")):
        with pytest.raises(Conflict) as refused:
            ask(town, offer, rider, now=town.cast.now + timedelta(days=days))
        assert refused.value.code == code
    close_offer(offer_id=offer.id, actor=town.cast.county_cadre, now=town.cast.now)
    with pytest.raises(Conflict):
        ask(town, offer, rider)
    with pytest.raises(NotFound):
        apply_for_place(code="nothing", actor=rider, now=town.cast.now)


# ---- what the database refuses, whoever writes -------------------------------------------------


def refused_by_the_database(statement, *values):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_the_database_refuses_a_grant_without_a_seat(town):
    offer = town.offer(places=1)
    first, second = town.riders(2)
    ask(town, offer, first)
    waiting = ask(town, offer, second)
    refused_by_the_database("UPDATE programmes_application SET state = 4 WHERE id = %s", waiting.id)


def test_the_database_refuses_a_seat_taken_from_its_holder_or_given_to_nobody(town):
    offer = town.offer(places=2)
    first, second = town.riders(2)
    ask(town, offer, first)
    ask(town, offer, second)
    refused_by_the_database("UPDATE programmes_application SET seat_id = NULL, taken_at = NULL")
    refused_by_the_database("UPDATE programmes_application SET seat_id = seat_id + 1")
    refused_by_the_database("UPDATE programmes_application SET state = 5")
    refused_by_the_database("DELETE FROM programmes_seat")


def test_a_seat_is_free_exactly_when_nobody_holds_it(town):
    offer = town.offer(places=3)
    first, second = town.riders(2)
    for step in (
        lambda: ask(town, offer, first),
        lambda: ask(town, offer, second),
        lambda: withdraw_from_offer(code=offer.code, actor=first, now=town.cast.now),
    ):
        step()
        held = Application.objects.filter(seat__isnull=False).count()
        assert FreeSeat.objects.filter(offer=offer).count() == 3 - held
        assert not FreeSeat.objects.filter(seat__application__isnull=False).exists()


def test_the_database_refuses_a_seat_of_another_offer(town):
    offer, other = town.offer(places=1), town.offer(places=1)
    (rider,) = town.riders(1)
    ask(town, offer, rider)
    seat = Seat.objects.get(offer=other)
    refused_by_the_database("UPDATE programmes_application SET seat_id = %s", seat.id)


def test_the_database_refuses_more_seats_than_places_and_fewer_places_than_seats(town):
    offer = town.offer(places=2)
    pool = offer.pool_set.get()
    refused_by_the_database(
        "INSERT INTO programmes_seat (offer_id, pool_id, ordinal, is_directed)"
        " VALUES (%s, %s, 99, false)",
        offer.id,
        pool.id,
    )
    refused_by_the_database("UPDATE programmes_offer SET places = 1 WHERE id = %s", offer.id)


def test_the_database_refuses_a_directed_seat_for_somebody_else(town):
    offer = town.offer(places=10, directed=100)
    (rider,) = town.riders(1)
    ask(town, offer, rider)
    refused_by_the_database("UPDATE programmes_application SET is_directed = false")
    (other,) = town.riders(1, occupation=CLEANER)
    ask(town, offer, other)
    refused_by_the_database(
        "UPDATE programmes_seat SET is_directed = true"
        " WHERE id = (SELECT seat_id FROM programmes_application WHERE NOT is_directed)"
    )
    directed = FreeSeat.objects.filter(is_directed=True).first()
    if directed is not None:
        refused_by_the_database(
            "UPDATE programmes_application SET seat_id = %s WHERE NOT is_directed", directed.seat_id
        )


def test_the_database_keeps_a_committed_draw(town):
    offer = town.offer()
    Draw.objects.create(offer=offer, committed={}, commitment="0" * 64, committed_at=town.cast.now)
    refused_by_the_database("UPDATE programmes_draw SET committed = '{\"a\": 1}'")
    refused_by_the_database("DELETE FROM programmes_draw")
