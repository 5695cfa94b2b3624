"""A household asks for places as one: all of them are given, or all of them wait, in order."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel import clock, sealing
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.membership.models import Membership
from nuanxin.people.actions.households import household_code
from nuanxin.people.models import Household, HouseholdMember, Worker
from nuanxin.people.queries import list_household
from nuanxin.programmes.actions import passing_on
from nuanxin.programmes.actions.awarding import commit_draw, post_claimed, run_draw
from nuanxin.programmes.actions.claims import (
    apply_for_place,
    confirm_place,
    pass_on_what_expired,
    withdraw_from_offer,
)
from nuanxin.programmes.actions.more_places import add_places
from nuanxin.programmes.actions.offers import close_offer
from nuanxin.programmes.actions.parties import apply_together, withdraw_together
from nuanxin.programmes.models import Application, Party, Seat
from nuanxin.programmes.states import ClaimState, Way
from tests.programmes.conftest import CLEANER, DRIVER, POOLS_BY_TRADE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 13


def family(town, count, **more):
    """Return so many members who live in one household."""
    riders = town.riders(count, **more)
    home = Household.objects.create(name="一家", recorded_at=town.cast.now)
    HouseholdMember.objects.bulk_create(
        HouseholdMember(household=home, worker_id=one.worker_id, from_on=town.cast.now.date())
        for one in riders
    )
    return riders


def together(town, offer, people, **more):
    return apply_together(
        code=offer.code,
        with_workers=[one.worker_id for one in people[1:]],
        actor=people[0],
        now=more.pop("now", town.cast.now),
        **more,
    )


def alone(town, offer, rider):
    return apply_for_place(code=offer.code, actor=rider, now=town.cast.now)


def leave(town, offer, rider):
    return withdraw_from_offer(code=offer.code, actor=rider, now=town.cast.now)


def state_of(offer, rider):
    found = Application.objects.filter(offer=offer, worker_id=rider.worker_id).order_by("-id")
    return ClaimState(found.first().state).name


def held(offer):
    return Seat.objects.filter(offer=offer, application__isnull=False).count()


@pytest.fixture
def skips_are(monkeypatch):
    """Return a function that sets how often others may go past a family."""
    return lambda times: monkeypatch.setattr(passing_on, "_skips_allowed", lambda *_: times)


def notices_of(rider):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT title, body FROM notices_notice WHERE worker_id = %s ORDER BY id",
            [rider.worker_id],
        )
        return cursor.fetchall()


def test_a_family_gets_all_its_places_at_once(town):
    offer = town.offer(places=4)
    people = family(town, 4)
    told = together(town, offer, people)
    assert told.state is ClaimState.CONFIRMED
    assert {state_of(offer, one) for one in people} == {"CONFIRMED"}
    assert held(offer) == 4
    assert not notices_of(people[0])
    assert [title for title, _ in notices_of(people[1])] == ["家里人给你一起报了名"]


def test_asking_again_changes_nothing(town):
    offer = town.offer(places=4)
    people = family(town, 3)
    first, again = together(town, offer, people), together(town, offer, people)
    assert (again.id, again.state, again.is_repeat) == (first.id, first.state, True)
    assert Party.objects.count() == 1
    assert held(offer) == 3


def test_a_family_too_large_for_what_is_left_waits_whole_and_keeps_its_turn(town):
    offer = town.offer(places=3)
    first, second, later = town.riders(3)
    people = family(town, 3)
    alone(town, offer, first)
    assert together(town, offer, people).state is ClaimState.WAITING
    assert held(offer) == 1, "two places are free, three are needed"
    assert alone(town, offer, later).state is ClaimState.CONFIRMED, "two stay, one may go past"
    leave(town, offer, later)
    leave(town, offer, first)
    assert {state_of(offer, one) for one in people} == {"GRANTED"}
    assert alone(town, offer, second).state is ClaimState.WAITING
    assert held(offer) == 3


def test_a_family_that_is_passed_is_told_why_and_after_some_times_places_gather_for_it(
    town, skips_are
):
    skips_are(2)
    offer = town.offer(places=3)
    holders, others = town.riders(2), town.riders(4)
    people = family(town, 3)
    for rider in holders:
        alone(town, offer, rider)
    together(town, offer, people)
    assert alone(town, offer, others[0]).state is ClaimState.CONFIRMED
    ((title, body),) = notices_of(people[0])
    assert title == "名额不够一家人，先给了后面的"
    assert "空出 1 个名额，你们一家要 3 个" in body
    assert "次序不变" in body
    leave(town, offer, others[0])
    assert alone(town, offer, others[1]).state is ClaimState.CONFIRMED
    assert "攒着" in notices_of(people[0])[-1][1]
    leave(town, offer, others[1])
    assert alone(town, offer, others[2]).state is ClaimState.WAITING, "twice was enough"
    for rider in holders:
        leave(town, offer, rider)
    assert {state_of(offer, one) for one in people} == {"GRANTED"}
    assert state_of(offer, others[2]) == "WAITING"


def test_after_the_closing_no_place_is_kept_empty_for_a_family(town, skips_are):
    skips_are(0)
    offer = town.offer(places=2)
    (holder, other) = town.riders(2)
    alone(town, offer, holder)
    together(town, offer, family(town, 2))
    assert alone(town, offer, other).state is ClaimState.WAITING
    pool_id = offer.pool_set.get().id
    passing_on.pass_on_places(pool_id=pool_id, hours=24, now=offer.closes_at - timedelta(hours=1))
    assert state_of(offer, other) == "WAITING"
    passing_on.pass_on_places(pool_id=pool_id, hours=24, now=offer.closes_at)
    assert state_of(offer, other) == "GRANTED"


def test_one_of_them_confirms_for_all_and_what_nobody_confirms_goes_on_whole(town):
    offer = town.offer(places=2)
    holders = town.riders(2)
    for rider in holders:
        alone(town, offer, rider)
    one_family, next_family = family(town, 2), family(town, 2)
    together(town, offer, one_family)
    together(town, offer, next_family)
    for rider in holders:
        leave(town, offer, rider)
    assert {state_of(offer, one) for one in one_family} == {"GRANTED"}
    late = town.cast.now + timedelta(days=3)
    pass_on_what_expired(now=late)
    assert {state_of(offer, one) for one in one_family} == {"EXPIRED"}
    assert {state_of(offer, one) for one in next_family} == {"GRANTED"}
    confirm_place(code=offer.code, actor=next_family[1], now=late)
    assert {state_of(offer, one) for one in next_family} == {"CONFIRMED"}


def test_one_may_leave_and_the_others_keep_their_places(town):
    offer = town.offer(places=3)
    people = family(town, 3)
    (waits,) = town.riders(1)
    together(town, offer, people)
    alone(town, offer, waits)
    leave(town, offer, people[2])
    assert [state_of(offer, one) for one in people] == ["CONFIRMED", "CONFIRMED", "WITHDRAWN"]
    assert state_of(offer, waits) == "GRANTED"


def test_one_who_leaves_while_they_wait_makes_them_fit(town):
    offer = town.offer(places=3)
    (holder,) = town.riders(1)
    people = family(town, 3)
    alone(town, offer, holder)
    together(town, offer, people)
    leave(town, offer, people[1])
    assert [state_of(offer, one) for one in people] == ["GRANTED", "WITHDRAWN", "GRANTED"]


def test_a_family_gives_all_its_places_back_in_one_tap(town):
    offer = town.offer(places=3)
    people, next_family = family(town, 3), family(town, 3)
    together(town, offer, people)
    together(town, offer, next_family)
    assert withdraw_together(code=offer.code, actor=people[2], now=town.cast.now) == 3
    assert {state_of(offer, one) for one in people} == {"WITHDRAWN"}
    assert {state_of(offer, one) for one in next_family} == {"GRANTED"}
    with pytest.raises(NotFound):
        withdraw_together(code=offer.code, actor=people[2], now=town.cast.now)


def test_the_directed_share_counts_persons_not_families(town):
    offer = town.offer(places=10, directed=200)  # two directed places
    couriers, cleaner = family(town, 2), town.riders(1, occupation=CLEANER)
    mixed = town.riders(1)
    HouseholdMember.objects.create(
        household_id=HouseholdMember.objects.get(worker_id=couriers[0].worker_id).household_id,
        worker_id=cleaner[0].worker_id,
        from_on=town.cast.now.date(),
    )
    together(town, offer, [*couriers, *cleaner])
    seats = Seat.objects.filter(offer=offer, application__isnull=False)
    assert seats.filter(is_directed=True, application__is_directed=True).count() == 2
    assert seats.filter(is_directed=False, application__is_directed=False).count() == 1
    assert alone(town, offer, mixed[0]).state is ClaimState.CONFIRMED


def test_a_directed_place_that_none_of_a_family_may_have_goes_past_it_uncounted(town):
    offer = town.offer(places=4, directed=250)
    others = town.riders(3, occupation=CLEANER)
    for rider in others:
        alone(town, offer, rider)
    people = family(town, 2, occupation=CLEANER)
    assert together(town, offer, people).state is ClaimState.WAITING
    (courier,) = town.riders(1)
    assert alone(town, offer, courier).state is ClaimState.CONFIRMED
    assert Party.objects.get().skipped == 0
    assert not notices_of(people[0])


def test_a_slot_takes_a_family_whole_or_refuses_it(town):
    slot = town.cast.now + timedelta(days=20)
    offer = town.offer(Way.SLOT, places=6, slots=(slot, slot + timedelta(hours=1)))
    people, more = family(town, 2), family(town, 2)
    assert together(town, offer, people, slot_at=slot).state is ClaimState.CONFIRMED
    with pytest.raises(Conflict, match="放不下你们 2 个人"):
        together(town, offer, more, slot_at=slot)
    assert not Application.objects.filter(worker_id=more[0].worker_id).exists()
    assert Seat.objects.filter(offer=offer, application__isnull=False, slot_at=slot).count() == 2


def test_places_that_are_added_go_to_the_family_that_waits(town):
    offer = town.offer(places=2)
    people = family(town, 2)
    alone(town, offer, town.riders(1)[0])
    together(town, offer, people)
    add_places(offer_id=offer.id, more=1, actor=town.cast.county_cadre, now=town.cast.now)
    assert {state_of(offer, one) for one in people} == {"GRANTED"}


def a_stranger(town, offer):
    return together(town, offer, town.riders(2))


def one_has_applied(town, offer):
    people = family(town, 2)
    alone(town, offer, people[1])
    return together(town, offer, people)


def one_is_no_member(town, offer):
    people = family(town, 2)
    Membership.objects.filter(worker_id=people[1].worker_id).update(
        retained_on=town.cast.now.date()
    )
    return together(town, offer, people)


def oneself_has_applied(town, offer):
    people = family(town, 2)
    alone(town, offer, people[0])
    return together(town, offer, people)


@pytest.mark.parametrize(
    ("tries", "refused"),
    [
        (a_stranger, r"programmes\.not_family"),
        (one_has_applied, r"programmes\.member_applied"),
        (one_is_no_member, r"programmes\.members_only"),
        (oneself_has_applied, r"programmes\.applied_alone"),
        (lambda town, offer: together(town, offer, family(town, 1)), r"programmes\.nobody_chosen"),
        (
            lambda town, offer: together(town, offer, family(town, 4)),
            r"programmes\.party_too_large",
        ),
        (
            lambda town, offer: together(town, offer, family(town, 8)),
            r"programmes\.party_too_large",
        ),
    ],
)
def test_who_may_not_apply_together_is_told_and_nothing_is_written(town, tries, refused):
    offer = town.offer(places=3)
    with pytest.raises(Conflict, match=refused):
        tries(town, offer)
    assert not Application.objects.filter(party__isnull=False).exists()
    assert not Party.objects.exists()


def test_a_family_before_two_pools_applies_each_for_himself(town):
    offer = town.offer(places=6, pools=POOLS_BY_TRADE)
    couriers, drivers = family(town, 1), town.riders(1, occupation=DRIVER)
    HouseholdMember.objects.create(
        household_id=HouseholdMember.objects.get(worker_id=couriers[0].worker_id).household_id,
        worker_id=drivers[0].worker_id,
        from_on=town.cast.now.date(),
    )
    with pytest.raises(Conflict, match=r"programmes\.other_pool"):
        together(town, offer, [*couriers, *drivers])


def test_a_draw_is_applied_for_each_alone(town):
    offer = town.offer(Way.DRAW, definition="degree_and_skill")
    with pytest.raises(Conflict, match=r"programmes\.each_alone"):
        together(town, offer, family(town, 2))


def test_a_household_that_drew_together_waits_together(town):
    offer = town.offer(Way.DRAW, definition="health_exam", places=1)
    people, others = family(town, 2), town.riders(1)
    for rider in (*people, *others):
        alone(town, offer, rider)
    cadre, over = town.cast.county_cadre, offer.closes_at
    commit_draw(offer_id=offer.id, seed={"public": "某日的数"}, actor=cadre, now=over)
    run_draw(offer_id=offer.id, value="7", revealed=None, actor=cadre, now=over)
    parties = {one.party_id for one in Application.objects.filter(offer=offer, state=2)}
    waiting = [state_of(offer, one) for one in people].count("WAITING")
    assert waiting == 2
    assert len(parties - {None}) == 1, "one place: the two of them wait as one"


def test_where_a_list_is_public_a_family_moves_up_whole(town):
    offer = town.offer(places=2, definition="skill_contest")
    holders = town.riders(2)
    for rider in holders:
        alone(town, offer, rider)
    people, (later,) = family(town, 2), town.riders(1)
    together(town, offer, people)
    alone(town, offer, later)
    for act in (close_offer, post_claimed):
        act(offer_id=offer.id, actor=town.cast.county_cadre, now=town.cast.now)
    leave(town, offer, holders[0])
    assert [state_of(offer, one) for one in (*people, later)] == ["WAITING", "WAITING", "PROPOSED"]
    for rider in (holders[1], later):
        leave(town, offer, rider)
    assert {state_of(offer, one) for one in people} == {"PROPOSED"}


def test_the_database_refuses_a_family_that_stands_apart(town):
    offer = town.offer(places=3)
    (holder,) = town.riders(1)
    alone(town, offer, holder)
    people = family(town, 3)
    together(town, offer, people)
    seat = Seat.objects.filter(offer=offer, application=None).first()
    one = Application.objects.get(worker_id=people[0].worker_id)
    values = {"ids": [one.id], "until": town.cast.now, "seats": [(seat.id, False)]}
    with pytest.raises(IntegrityError, match="stands apart"), transaction.atomic():
        give_to_one(town, **values)


def give_to_one(town, *, ids, seats, until):
    with connection.cursor() as cursor:
        passing_on.grant(cursor, ids, seats, to=ClaimState.GRANTED, until=until, now=town.cast.now)
        cursor.execute("SET CONSTRAINTS party_stands_together IMMEDIATE")


# ---- the pages ---------------------------------------------------------------------------------


@pytest.fixture
def home(town):
    """Rider Ye and one more of his household, both members."""
    ye, (other,) = town.cast.rider_ye, town.riders(1)
    today = town.cast.now.date()
    Membership.objects.create(
        worker_id=ye.worker_id, union=town.cast.unions["couriers"], channel=1, occupation=3,
        started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    household = Household.objects.create(name="叶家", recorded_at=town.cast.now)
    for one in (ye, other):
        HouseholdMember.objects.create(household=household, worker_id=one.worker_id, from_on=today)
    return ye, other


def page_of(client, url):
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200
    assert len(queries) <= MOST_QUERIES
    return answer.content.decode()


def test_a_family_applies_on_the_page_and_gives_all_back(town, home):
    offer = town.offer(places=2)
    browser = town.cast.client("rider_ye")
    page = page_of(browser, f"/programmes/{offer.code}/")
    assert "和家里人一起报" in page
    assert "骑**" in page or "骑*" in page
    body = {"code": offer.code, "with": [home[1].worker_id]}
    answer = browser.post("/programmes/apply/together/", body, follow=True)
    assert "你们一家 2 人都有名额" in answer.content.decode()
    assert "你们一家 2 人都有名额" in page_of(browser, "/programmes/mine/")
    assert "只退我自己" in page_of(browser, f"/programmes/{offer.code}/")
    desk = page_of(town.cast.client("county_cadre"), f"/desk/programmes/{offer.id}/awards/")
    assert desk.count("家，2 人") == 2
    answer = browser.post(
        "/programmes/withdraw/", {"code": offer.code, "who": "family"}, follow=True
    )
    assert "你撤回了" in answer.content.decode()
    assert held(offer) == 0


def test_a_family_that_waits_sees_it_and_so_does_the_desk(town, home):
    offer = town.offer(places=2)
    alone(town, offer, town.riders(1)[0])
    browser = town.cast.client("rider_ye")
    body = {"code": offer.code, "with": [home[1].worker_id]}
    browser.post("/programmes/apply/together/", body)
    assert "你们一家 2 人在候补" in page_of(browser, "/programmes/mine/")
    desk = page_of(town.cast.client("county_cadre"), f"/desk/programmes/{offer.id}/")
    assert "其中 1 家一起等" in desk


@pytest.mark.parametrize("chosen", [["x"], [], ["0"], ["9" * 40], ["1", "1"]])
def test_who_ticks_nobody_of_the_family_is_told(town, home, chosen):
    offer = town.offer(places=2)
    browser = town.cast.client("rider_ye")
    body = {"code": offer.code, "with": chosen}
    answer = browser.post("/programmes/apply/together/", body)
    assert answer.status_code == 409
    assert not Application.objects.filter(offer=offer).exists()


def test_who_lives_alone_is_not_asked_about_a_family(town, home):
    offer = town.offer(places=2)
    HouseholdMember.objects.filter(worker_id=home[1].worker_id).update(to_on=town.cast.now.date())
    page = page_of(town.cast.client("rider_ye"), f"/programmes/{offer.code}/")
    assert "一起报" in page
    assert 'name="with"' not in page
    assert "/family/" in page


def test_a_household_is_joined_by_phone_and_the_code_of_the_day(town):
    ye, lu = town.cast.rider_ye, town.cast.rider_lu
    phone = "13900001234"
    Worker.objects.filter(id=ye.worker_id).update(
        phone_hash=sealing.lookup_hash("phone", phone), phone_sealed=b"-", phone_hint="1391234"
    )
    browser = town.cast.client("rider_lu")
    code = household_code(ye.worker_id, business_day(clock.now()))
    assert f"{code[:4]} {code[4:]}" in page_of(town.cast.client("rider_ye"), "/family/")
    wrong = {"phone": phone, "code": "00000000" if code != "00000000" else "00000001"}
    assert browser.post("/family/", wrong).status_code == 422
    assert browser.post("/family/", {"phone": phone, "code": code}).status_code == 302
    assert [one.worker_id for one in list_household(ye.worker_id)] == [lu.worker_id]
    assert "家里登记了 2 个人" in page_of(browser, "/family/")
    assert browser.post("/family/", {"do": "leave"}).status_code == 302
    assert list_household(ye.worker_id) == []


def test_codes_of_a_household_are_not_tried_out(town):
    browser = town.cast.client("rider_lu")
    tries = [
        browser.post("/family/", {"phone": "13900001234", "code": f"{n:08d}"}).status_code
        for n in range(6)
    ]
    assert tries == [422] * 5 + [429]
