"""Thirty-two clients at one pool: granted is min(places, claimants) exactly; and what happens without.

Each test commits for real, in a database of its own.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from nuanxin.kernel.errors import Conflict
from nuanxin.people.models import Household, HouseholdMember
from nuanxin.programmes.actions import claims, parties, party_statement
from nuanxin.programmes.actions.claim_statement import CLAIM, PASS_ON
from nuanxin.programmes.actions.claims import (
    apply_for_place,
    release_directed_places,
    withdraw_from_offer,
)
from nuanxin.programmes.actions.parties import apply_together, withdraw_together
from nuanxin.programmes.models import Application, Offer, Seat
from nuanxin.programmes.states import ClaimState, Way
from tests.programmes.conftest import CLEANER, at_once

pytestmark = pytest.mark.slow
CLIENTS = 32
GUARD = "LIMIT 1 FOR UPDATE SKIP LOCKED"
ONE_HOLDER = "programmes_application_seat_id_key"


def counted(offer):
    """Return (applications with a place, seats taken, applications that wait)."""
    rows = Application.objects.filter(offer=offer)
    return (
        rows.filter(state__in=(3, 4)).count(),
        Seat.objects.filter(offer=offer, application__isnull=False).distinct().count(),
        rows.filter(state=ClaimState.WAITING).count(),
    )


def own_connection():
    """Return a connection of its own to the test's database; what it does it commits itself."""
    chosen = connection.settings_dict
    return psycopg.connect(
        host=chosen["HOST"],
        port=chosen["PORT"] or None,
        user=chosen["USER"],
        password=chosen["PASSWORD"],
        dbname=chosen["NAME"],
    )


def insist_on_answers(answers):
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    assert not failed, failed[:3]


def test_a_rush_with_repeats_fills_every_place_once(racing_town):
    town = racing_town
    offer = town.offer(places=40)
    riders = town.riders(60)
    clicks = [riders[(7 * i) % 60] for i in range(240)]  # everybody four times, scattered

    def client(number):
        return [
            apply_for_place(code=offer.code, actor=rider, now=town.cast.now).state
            for rider in clicks[number::CLIENTS]
        ]

    insist_on_answers(at_once(CLIENTS, client))
    assert counted(offer) == (40, 40, 20)


def test_a_double_click_of_everybody_loses_no_place(racing_town):
    town = racing_town
    offer = town.offer(places=16)
    riders = town.riders(16)
    insist_on_answers(
        at_once(
            CLIENTS,
            lambda n: apply_for_place(code=offer.code, actor=riders[n // 2], now=town.cast.now),
        )
    )
    assert counted(offer) == (16, 16, 0)


def test_a_slot_is_full_only_when_all_its_places_are_taken(racing_town):
    town = racing_town
    slot = town.cast.now + timedelta(days=20)
    offer = town.offer(Way.SLOT, places=30, slots=(slot, slot + timedelta(hours=1)))
    riders = town.riders(32)

    def client(number):
        try:
            return apply_for_place(
                code=offer.code, actor=riders[number // 2], now=town.cast.now, slot_at=slot
            ).state
        except Conflict as refused:
            return refused.code

    answers = at_once(CLIENTS, client)
    assert counted(offer) == (15, 15, 0)
    assert answers.count("programmes.slot_full") == 2, "the sixteenth person, who tapped twice"


def test_with_cancellations_nobody_waits_beside_a_free_place(racing_town):
    town = racing_town
    offer = town.offer(places=20)
    riders = town.riders(64)

    def client(number):
        for rider in riders[number::CLIENTS]:
            apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
        if number % 2:
            withdraw_from_offer(code=offer.code, actor=riders[number], now=town.cast.now)

    insist_on_answers(at_once(CLIENTS, client))
    assert counted(offer) == (20, 20, 64 - 16 - 20)
    assert not Application.objects.filter(offer=offer, state=2, seat__isnull=False).exists()


def test_with_a_directed_tenth_each_group_has_its_share_and_after_release_all_is_given(racing_town):
    town = racing_town
    offer = town.offer(places=40, directed=100)
    Offer.objects.filter(id=offer.id).update(released_at=town.cast.now + timedelta(days=1))
    people = [*town.riders(62, occupation=CLEANER), *town.riders(2)]

    def client(number):
        for rider in people[number::CLIENTS]:
            apply_for_place(code=offer.code, actor=rider, now=town.cast.now)

    insist_on_answers(at_once(CLIENTS, client))
    assert counted(offer) == (36 + 2, 36 + 2, 26), "two couriers, and 36 others in the open places"
    assert Application.objects.filter(offer=offer, is_directed=True, state=4).count() == 2
    release_directed_places(now=town.cast.now + timedelta(days=1))
    assert counted(offer) == (40, 40, 24)


def test_who_withdraws_while_a_place_is_given_to_him_leaves_no_seat_behind(racing_town):
    """His withdrawal waits for the grant, and must see the seat that it brought."""
    town = racing_town
    offer = town.offer(places=1)
    first, second = town.riders(2)
    for rider in (first, second):
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    waiting = Application.objects.get(worker_id=second.worker_id)
    claims._release(Application.objects.get(worker_id=first.worker_id).id, ClaimState.WITHDRAWN,
                    first, town.cast.now)  # fmt: skip
    values = {"pool": waiting.pool_id, "until": offer.closes_at, "now": town.cast.now}
    with own_connection() as one, ThreadPoolExecutor(1) as aside:
        assert one.execute(PASS_ON, values).fetchone()[0] == waiting.id

        def withdraw_meanwhile():
            try:
                return withdraw_from_offer(code=offer.code, actor=second, now=town.cast.now)
            finally:
                connection.close()

        withdrawing = aside.submit(withdraw_meanwhile)
        _wait_until_it_waits_or_is_done(withdrawing)
        one.commit()
        assert withdrawing.result(timeout=30)
    assert counted(offer) == (0, 0, 0)


# ---- without the guard -------------------------------------------------------------------------


@contextmanager
def guards_off():
    with connection.cursor() as cursor:
        for trigger in ("seat_is_taken", "seat_is_taken_later"):
            cursor.execute(f"ALTER TABLE programmes_application DISABLE TRIGGER {trigger}")
        cursor.execute(f"ALTER TABLE programmes_application DROP CONSTRAINT {ONE_HOLDER}")
    yield


def two_who_both_looked(town, offer):
    """Let two look for a seat before either commits; return what each was told."""
    first, second = town.riders(2)
    with own_connection() as one, ThreadPoolExecutor(1) as aside:
        values = {
            "offer": offer.id, "worker": first.worker_id, "pool": offer.pool_set.get().id,
            "directed": False, "start": 0, "slot": None, "now": town.cast.now, "account": None,
            "actor_name": "本人",
        }  # fmt: skip
        told = one.execute(claims.CLAIM, values).fetchone()[2]

        def ask_meanwhile():
            try:
                return apply_for_place(code=offer.code, actor=second, now=town.cast.now).state
            finally:
                connection.close()

        asking = aside.submit(ask_meanwhile)
        _wait_until_it_waits_or_is_done(asking)
        one.commit()
        return [told, asking.result(timeout=30)]


def _wait_until_it_waits_or_is_done(asking):
    for _ in range(100_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] or asking.done():
                return


def test_with_the_guard_the_second_waits(racing_town):
    offer = racing_town.offer(places=1)
    assert two_who_both_looked(racing_town, offer) == [ClaimState.CONFIRMED, ClaimState.WAITING]
    assert counted(offer) == (1, 1, 1)


def test_without_the_guard_both_are_told_that_the_one_place_is_theirs(racing_town, monkeypatch):
    offer = racing_town.offer(places=1)
    assert CLAIM.count(GUARD) == 3
    monkeypatch.setattr(claims, "CLAIM", CLAIM.replace(GUARD, "LIMIT 1"))
    with guards_off():
        told = two_who_both_looked(racing_town, offer)
    assert told == [ClaimState.CONFIRMED, ClaimState.CONFIRMED]
    assert counted(offer) == (2, 1, 0), "two have a place, one seat is there"


def test_without_the_lock_the_database_still_refuses(racing_town, monkeypatch):
    offer = racing_town.offer(places=1)
    monkeypatch.setattr(claims, "CLAIM", CLAIM.replace(GUARD, "LIMIT 1"))
    with pytest.raises(Exception, match=ONE_HOLDER):
        two_who_both_looked(racing_town, offer)
    assert counted(offer) == (1, 1, 0)


def test_without_looking_again_a_place_stays_free_beside_somebody_who_waits(
    racing_town, monkeypatch
):
    """The other trap: a lock that ends without a grant. The second look is what gives the place."""
    town = racing_town
    for looks_again, expected in ((False, (0, 0, 1)), (True, (1, 1, 0))):
        offer = town.offer(places=1)
        (rider,) = town.riders(1)
        with monkeypatch.context() as patch:
            if not looks_again:
                patch.setattr(claims, "pass_on_places", lambda **_: 0)
            assert waits_beside_a_lock_that_is_let_go(town, offer, rider) == expected


def waits_beside_a_lock_that_is_let_go(town, offer, rider):
    with own_connection() as other:
        other.execute(
            "SELECT id FROM programmes_freeseat WHERE offer_id = %s FOR UPDATE", [offer.id]
        )
        passed = claims.pass_on_places

        def let_go_first(**values):
            other.rollback()
            return passed(**values)

        claims.pass_on_places, before = let_go_first, passed
        try:
            apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
        finally:
            claims.pass_on_places = before
    return counted(offer)


# ---- families ----------------------------------------------------------------------------------


def families_of(town, *sizes):
    """Return families of so many members each."""
    found = []
    for size in sizes:
        riders = town.riders(size)
        home = Household.objects.create(name="一家", recorded_at=town.cast.now)
        HouseholdMember.objects.bulk_create(
            HouseholdMember(household=home, worker_id=one.worker_id, from_on=town.cast.now.date())
            for one in riders
        )
        found.append(riders)
    return found


def ask(town, offer, people):
    """Ask as one, or alone where there is nobody else."""
    if len(people) == 1:
        return apply_for_place(code=offer.code, actor=people[0], now=town.cast.now)
    others = [one.worker_id for one in people[1:]]
    return apply_together(code=offer.code, with_workers=others, actor=people[0], now=town.cast.now)


def units_that_wait(offer):
    """Return how many each who waits needs, alone or family."""
    rows = Application.objects.filter(offer=offer, state=ClaimState.WAITING)
    sizes = Counter(party or -number for number, party in rows.values_list("id", "party_id"))
    return sorted(sizes.values())


def families_apart(offer):
    """Return how many families have both places and people who wait."""
    seen = {}
    rows = Application.objects.filter(offer=offer, party__isnull=False, state__in=(2, 3, 4))
    for party, state in rows.values_list("party_id", "state"):
        seen.setdefault(party, set()).add(state)
    return sum(len(states) > 1 for states in seen.values())


def test_families_and_singles_in_a_rush_leave_no_place_that_anybody_could_have(racing_town):
    """Thirty-two at once, each asked for twice, a third of them give their places back."""
    town = racing_town
    offer = town.offer(places=45)
    groups = families_of(town, *([4, 1, 3, 1, 2, 1, 5, 1] * 4))
    assert len(groups) == CLIENTS

    def client(number):
        mine, next_ones = groups[number], groups[(number + 1) % CLIENTS]
        for people in (mine, next_ones):
            ask(town, offer, people)
        if number % 3 == 0:
            if len(mine) == 1:
                withdraw_from_offer(code=offer.code, actor=mine[0], now=town.cast.now)
            else:
                withdraw_together(code=offer.code, actor=mine[0], now=town.cast.now)

    insist_on_answers(at_once(CLIENTS, client))
    places, seats, _ = counted(offer)
    assert places == seats <= 45
    assert families_apart(offer) == 0
    free = 45 - seats
    assert all(size > free for size in units_that_wait(offer)), "nobody waits beside what does"


def test_families_of_three_before_ten_places_get_nine(racing_town):
    town = racing_town
    offer = town.offer(places=10)
    groups = families_of(town, *([3] * CLIENTS))
    insist_on_answers(at_once(CLIENTS, lambda number: ask(town, offer, groups[number])))
    assert counted(offer) == (9, 9, 3 * CLIENTS - 9)
    assert families_apart(offer) == 0


def test_without_the_lock_of_the_pool_families_take_seats_from_each_other(racing_town, monkeypatch):
    """Two families who both looked: each counted the same free seats, the second gets none."""
    town = racing_town
    for is_guarded, expected in ((True, (4, 4, 2)), (False, (6, 4, 0))):
        offer = town.offer(places=4)
        groups = families_of(town, 2, 2, 2)
        ask(town, offer, groups[0])
        with monkeypatch.context() as patch:
            if not is_guarded:
                unguarded(patch)
            with guards_off() if not is_guarded else nullcontext():
                two_families_who_both_looked(town, offer, groups[1], groups[2])
        assert counted(offer) == expected


def unguarded(patch):
    """Take away the lock of the pool, and the locks of seats."""
    for name in ("LOCK_POOL", "LOCK_SEATS"):
        statement = getattr(party_statement, name)
        without = statement.replace("FOR NO KEY UPDATE OF p", "").replace("FOR UPDATE", "")
        patch.setattr(party_statement, name, without)


def two_families_who_both_looked(town, offer, first, second):
    """Let the second ask after the first has locked its seats and before it has committed."""
    looked = parties.lock_seats
    second_asks = []

    with ThreadPoolExecutor(1) as aside:

        def ask_meanwhile():
            try:
                return ask(town, offer, second)
            finally:
                connection.close()

        def look_and_let_the_other_look(*values, **more):
            found = looked(*values, **more)
            if not second_asks:
                second_asks.append(aside.submit(ask_meanwhile))
                _wait_until_it_waits_or_is_done(second_asks[0])
            return found

        parties.lock_seats = look_and_let_the_other_look
        try:
            ask(town, offer, first)
        finally:
            parties.lock_seats = looked
        second_asks[0].result(timeout=30)
