"""Places that are added, that overflow between pools, and pools of unions."""

from datetime import timedelta

import pytest

from nuanxin.kernel.errors import Conflict, Forbidden, Malformed
from nuanxin.programmes.actions.claims import apply_for_place, withdraw_from_offer
from nuanxin.programmes.actions.more_places import add_places, preview_more_places
from nuanxin.programmes.actions.offers import PoolDraft, close_offer
from nuanxin.programmes.actions.overflowing import overflow_places
from nuanxin.programmes.forms.offers import OfferForm
from nuanxin.programmes.models import Application, Offer, Pool, Seat
from nuanxin.programmes.rules.definitions import definition
from nuanxin.programmes.states import ClaimState, Way
from nuanxin.records.models import Event
from tests.membership.conftest import at_once
from tests.programmes.conftest import COURIER, DRIVER, POOLS_BY_TRADE

pytestmark = pytest.mark.slow


def state_of(rider) -> ClaimState:
    return ClaimState(Application.objects.filter(worker_id=rider.worker_id).latest("id").state)


def apply_all(town, offer, riders) -> None:
    for rider in riders:
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)


def shares(offer) -> list[tuple[int, int]]:
    return list(
        Pool.objects.filter(offer=offer).order_by("ordinal").values_list("places", "directed")
    )


@pytest.mark.django_db
@pytest.mark.parametrize("more", [1, 2, 5, 40])
def test_places_that_are_added_take_from_nobody_and_reach_who_waits(town, more):
    offer = town.offer(places=3, pools=POOLS_BY_TRADE, directed=300)
    riders = town.riders(6)
    apply_all(town, offer, riders)
    before = shares(offer)
    waiting = [rider for rider in riders if state_of(rider) is ClaimState.WAITING]
    add_places(offer_id=offer.id, more=more, actor=town.cast.county_cadre, now=town.cast.now)
    offer.refresh_from_db()
    after = shares(offer)
    assert offer.places == 3 + more == Seat.objects.filter(offer=offer).count()
    assert all(
        a >= b
        for new, old in zip(after, before, strict=True)
        for a, b in zip(new, old, strict=True)
    )
    assert [Seat.objects.filter(pool=p).count() for p in Pool.objects.order_by("ordinal")] == [
        places for places, _ in after
    ]
    granted = [rider for rider in waiting if state_of(rider) is ClaimState.GRANTED]
    assert granted == waiting[: len(granted)]
    assert len(granted) == min(len(waiting), after[0][0] - before[0][0])
    assert f"加 {more} 个名额" in "".join(offer.proof)
    assert Event.objects.filter(kind="programmes.places_added").count() == 1


@pytest.mark.django_db
def test_places_are_not_added_to_what_is_fixed_nor_by_others(town):
    offer, draft = town.offer(), town.offer()
    Offer.objects.filter(id=draft.id).update(state=1)
    values = {"more": 2, "actor": town.cast.county_cadre, "now": town.cast.now}
    with pytest.raises(Conflict):
        add_places(offer_id=draft.id, **values)
    with pytest.raises(Malformed):
        preview_more_places(offer, 0)
    with pytest.raises(Forbidden):
        add_places(offer_id=offer.id, **(values | {"actor": town.cast.rider_ye}))


@pytest.mark.django_db(transaction=False)
def test_what_a_pool_has_left_goes_on_the_day_to_who_waits_in_another(town):
    offer = town.offer(places=3, pools=POOLS_BY_TRADE)
    drivers, couriers = town.riders(4, occupation=DRIVER), town.riders(1)
    apply_all(town, offer, [*drivers, *couriers])
    assert [state_of(one) for one in drivers] == [ClaimState.CONFIRMED, *[ClaimState.WAITING] * 3]
    assert overflow_places(now=town.cast.now) == 0  # the day has not come: couriers may still come
    assert overflow_places(now=offer.closes_at) == 1
    assert [state_of(one) for one in drivers[:3]] == [
        ClaimState.CONFIRMED, ClaimState.GRANTED, ClaimState.WAITING,
    ]  # fmt: skip
    assert overflow_places(now=offer.closes_at) == 0
    offer.refresh_from_db()
    assert "快递员没用完的 1 个名额，给了网约车司机候补的人。" in offer.proof[-1]


@pytest.mark.django_db
def test_a_directed_place_goes_over_to_the_directed_only_until_it_is_released(town):
    pools = (PoolDraft("快递员", 1, occupation=COURIER), PoolDraft("其他", 1))
    offer = town.offer(places=2, pools=pools, directed=500)
    Seat.objects.filter(offer=offer).update(is_directed=False)
    Seat.objects.filter(offer=offer, pool__label="快递员").update(is_directed=True)
    plain, rider = town.riders(2, occupation=7), town.riders(1, occupation=4)
    apply_all(town, offer, [*plain, *rider])
    assert overflow_places(now=offer.closes_at) == 1
    assert state_of(rider[0]) is ClaimState.GRANTED  # behind a cleaner, but of the group
    assert state_of(plain[1]) is ClaimState.WAITING


@pytest.mark.django_db
def test_nothing_overflows_where_it_was_said_so_or_own_people_wait(town):
    offer = town.offer(places=3, pools=POOLS_BY_TRADE)
    apply_all(town, offer, town.riders(3, occupation=DRIVER))
    Offer.objects.update(overflows=False)
    assert overflow_places(now=offer.closes_at) == 0
    Offer.objects.update(overflows=True)
    close_offer(offer_id=offer.id, actor=town.cast.county_cadre, now=town.cast.now)
    assert overflow_places(now=offer.closes_at) == 2


def test_overflow_withdrawals_and_new_places_at_once_give_each_place_once(racing_town):
    town = racing_town
    offer = town.offer(places=9, pools=POOLS_BY_TRADE)
    drivers = town.riders(12, occupation=DRIVER)
    apply_all(town, offer, drivers)
    Offer.objects.update(released_at=town.cast.now - timedelta(hours=1))
    cadre = town.cast.county_cadre

    def act(number: int):
        if number < 4:
            return overflow_places(now=town.cast.now)
        if number < 7:
            return withdraw_from_offer(code=offer.code, actor=drivers[number], now=town.cast.now)
        return add_places(offer_id=offer.id, more=1, actor=cadre, now=town.cast.now)

    results = at_once(9, act)
    assert not [one for one in results if isinstance(one, Exception)]
    overflow_places(now=town.cast.now)
    held = Application.objects.filter(offer=offer, state__in=(3, 4))
    assert held.count() == Seat.objects.filter(application__isnull=False).count() == min(11, 9)
    assert Seat.objects.filter(offer=offer).count() == 11
    assert sum(places for places, _ in shares(offer)) == 11


def form_of(town, pools: str) -> OfferForm:
    given = {
        "title": "体检", "union": "x", "way": 1, "places": 9, "opens_on": "2026-12-01",
        "closes_on": "2026-12-09", "directed_permille": 0, "pools": pools,
    }  # fmt: skip
    defined = definition("health_exam")
    assert defined is not None
    return OfferForm(given, definition=defined)


@pytest.mark.django_db
def test_a_pool_can_be_a_union_with_all_below_it(town):
    union = town.cast.unions["couriers"]
    form = form_of(town, f"{union.code} 3\n其他 1")
    assert form.is_valid(), form.errors
    first, rest = form.draft().pools
    assert (first.label, first.union_path, rest.union_path) == (union.name, union.path, "")
    offer = town.offer(places=4, pools=(first, rest))
    [rider] = town.riders(1)
    apply_all(town, offer, [rider])
    assert Application.objects.get().pool.label == union.name
    assert not form_of(town, "没有这家 3").is_valid()


@pytest.mark.django_db
def test_a_pool_of_a_union_elsewhere_is_refused(town):
    far = town.cast.unions["province"]
    with pytest.raises(Malformed) as caught:
        town.offer(pools=(PoolDraft("省里", 1, union_path=far.path),))
    assert caught.value.code == "programmes.pool_elsewhere"
    assert Way.FIRST_COME
