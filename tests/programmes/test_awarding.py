"""Places given when the applications are in: by points, by a draw that is verified."""

import json
from datetime import timedelta

import pytest

from nuanxin.kernel import draw as lots
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.people.actions import merge_workers, undo_merge
from nuanxin.people.models import Household, HouseholdMember
from nuanxin.programmes.actions.awarding import award_by_points, commit_draw, run_draw
from nuanxin.programmes.actions.claims import apply_for_place, withdraw_from_offer
from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
from nuanxin.programmes.actions.points import enter_points
from nuanxin.programmes.models import Application, Draw, Seat
from nuanxin.programmes.states import ClaimState, Way
from tests.programmes.conftest import CLEANER, DRIVER, POOLS_BY_TRADE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PUBLIC = {"public": "12 月 10 日开奖的数"}


def over(town, offer):
    return offer.closes_at + timedelta(minutes=1)


def everybody_asks(town, offer, riders):
    for rider in riders:
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    return [a.id for a in Application.objects.filter(offer=offer).order_by("id")]


def with_a_place(offer):
    rows = Application.objects.filter(offer=offer, seat__isnull=False).order_by("id")
    return [row.id for row in rows]


def drawn(town, offer, value="31415"):
    cadre, now = town.cast.county_cadre, over(town, offer)
    commit_draw(offer_id=offer.id, seed=PUBLIC, actor=cadre, now=now)
    return run_draw(offer_id=offer.id, value=value, revealed=None, actor=cadre, now=now)


def test_the_most_points_get_the_places_and_equal_ones_go_by_time(town):
    offer = town.offer(Way.SCORE, places=2, definition="degree_yearly")
    ids = everybody_asks(town, offer, town.riders(4))
    cadre, now = town.cast.county_cadre, over(town, offer)
    points = dict(zip(ids[:3], (5, 9, 9), strict=True))
    enter_points(offer_id=offer.id, points=points, actor=cadre, now=now)
    awarded = award_by_points(offer_id=offer.id, actor=cadre, now=now)
    assert (awarded.granted, awarded.waiting) == (2, 2)
    assert with_a_place(offer) == ids[1:3]
    waiting = Application.objects.filter(offer=offer, state=ClaimState.WAITING).order_by("rank")
    assert [row.id for row in waiting] == [ids[0], ids[3]]


def test_the_directed_share_is_given_first_and_the_rest_by_points(town):
    offer = town.offer(Way.SCORE, places=10, directed=100, definition="degree_yearly")
    cleaners = everybody_asks(town, offer, town.riders(12, occupation=CLEANER))
    everybody_asks(town, offer, town.riders(1))
    cadre, now = town.cast.county_cadre, over(town, offer)
    points = dict.fromkeys(cleaners, 100)
    enter_points(offer_id=offer.id, points=points, actor=cadre, now=now)
    assert award_by_points(offer_id=offer.id, actor=cadre, now=now).granted == 10
    assert (
        Application.objects.filter(offer=offer, seat__isnull=False, is_directed=True).count() == 1
    )


def test_a_draw_gives_exactly_the_places_and_anybody_can_run_it_again(town, tmp_path):
    offer = town.offer(Way.DRAW, places=5, directed=200)
    everybody_asks(town, offer, [*town.riders(3), *town.riders(9, occupation=CLEANER)])
    awarded = drawn(town, offer)
    assert (awarded.granted, awarded.waiting) == (5, 7)
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(Draw.objects.get().done), encoding="utf-8")
    done = json.loads(file.read_text("utf-8"))
    assert lots.verify(done) == 5
    assert sorted(int(one["id"]) for one in done["result"]["winners"]) == with_a_place(offer)
    assert Seat.objects.filter(offer=offer, application__isnull=False).count() == 5


def test_a_draw_is_committed_once_run_once_and_not_before_its_value(town):
    offer = town.offer(Way.DRAW, places=1)
    everybody_asks(town, offer, town.riders(3))
    cadre, now = town.cast.county_cadre, over(town, offer)
    with pytest.raises(Conflict, match="报名还没截止"):
        commit_draw(offer_id=offer.id, seed=PUBLIC, actor=cadre, now=town.cast.now)
    with pytest.raises(Conflict, match="还没有封存"):
        run_draw(offer_id=offer.id, value="1", revealed=None, actor=cadre, now=now)
    commit_draw(offer_id=offer.id, seed=PUBLIC, actor=cadre, now=now)
    with pytest.raises(Conflict, match="封存过了"):
        commit_draw(offer_id=offer.id, seed=PUBLIC, actor=cadre, now=now)
    with pytest.raises(Conflict, match="还没有种子数"):
        run_draw(offer_id=offer.id, value=" ", revealed=None, actor=cadre, now=now)
    run_draw(offer_id=offer.id, value="1", revealed=None, actor=cadre, now=now)
    with pytest.raises(Conflict, match="已经抽过了"):
        run_draw(offer_id=offer.id, value="2", revealed=None, actor=cadre, now=now)


def test_who_withdrew_after_the_commitment_gives_his_place_to_the_next(town):
    offer = town.offer(Way.DRAW, places=2)
    riders = town.riders(3)
    everybody_asks(town, offer, riders)
    cadre, now = town.cast.county_cadre, over(town, offer)
    made = commit_draw(offer_id=offer.id, seed=PUBLIC, actor=cadre, now=now)
    told = lots.run(made.committed, "7")
    winner = Application.objects.get(id=int(told["result"]["winners"][0]["id"]))
    rider = next(one for one in riders if one.worker_id == winner.worker_id)
    withdraw_from_offer(code=offer.code, actor=rider, now=now)
    run_draw(offer_id=offer.id, value="7", revealed=None, actor=cadre, now=now)
    assert len(with_a_place(offer)) == 2
    assert winner.id not in with_a_place(offer)


def test_places_of_a_trade_that_nobody_wants_go_to_the_other(town):
    offer = town.offer(Way.DRAW, places=3, pools=POOLS_BY_TRADE)
    everybody_asks(town, offer, town.riders(1))
    everybody_asks(town, offer, town.riders(4, occupation=DRIVER, union="drivers"))
    assert drawn(town, offer).granted == 3


def test_a_household_stands_together(town):
    offer = town.offer(Way.DRAW, places=2)
    riders = town.riders(4)
    home = Household.objects.create(name="叶家", recorded_at=town.cast.now)
    for rider in riders[:2]:
        HouseholdMember.objects.create(
            household=home, worker_id=rider.worker_id, from_on=town.cast.now.date()
        )
    ids = everybody_asks(town, offer, riders)
    drawn(town, offer)
    got = {one in with_a_place(offer) for one in ids[:2]}
    assert len(got) == 1, "both or neither"


def test_only_who_may_manage_makes_and_awards(town):
    offer = town.offer(Way.DRAW, places=1)
    now = over(town, offer)
    for actor, refusal in (
        (town.cast.cadre_of_next_county, NotFound),
        (town.cast.rider_ye, Forbidden),
        (town.cast.auditor, Forbidden),
    ):
        with pytest.raises(refusal):
            commit_draw(offer_id=offer.id, seed=PUBLIC, actor=actor, now=now)


def test_an_offer_is_shared_only_as_its_definition_allows(town):
    draft = OfferDraft(
        definition="mutual_aid_premium",
        title="医疗互助",
        way=Way.DRAW,
        places=1,
        opens_at=town.cast.now,
        closes_at=town.cast.now + timedelta(days=1),
    )
    actor, county = town.cast.county_cadre, town.cast.unions["county"]
    with pytest.raises(Malformed, match="先到先得"):
        create_offer(draft=draft, union_id=county.id, actor=actor, now=town.cast.now)
    offer = town.offer()
    with pytest.raises(Conflict, match="报名中"):
        publish_offer(offer_id=offer.id, actor=actor, now=town.cast.now)


def test_two_records_that_are_one_person_keep_one_place(town):
    offer = town.offer(places=2)
    kept, folded = town.riders(2)
    everybody_asks(town, offer, [kept, folded])
    merge = merge_workers(
        kept_id=kept.worker_id, folded_id=folded.worker_id, choices={},
        actor=town.cast.county_cadre, now=town.cast.now,
    )  # fmt: skip
    assert len(with_a_place(offer)) == 1
    merge_id = merge if isinstance(merge, int) else merge.id
    undo_merge(merge_id=merge_id, actor=town.cast.county_cadre, now=town.cast.now)
    assert Application.objects.filter(offer=offer, state__in=(2, 4)).count() == 2
