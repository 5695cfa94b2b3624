"""公示: proposed, public, objected to, answered by another, final only afterwards; races and the database."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from django.db import IntegrityError, transaction

from nuanxin.kernel.actor import ANONYMOUS
from nuanxin.kernel.clock import SHANGHAI, day_end
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, TooMany
from nuanxin.notices.models import Notice
from nuanxin.people.models import Worker
from nuanxin.programmes.actions import posting
from nuanxin.programmes.actions.awarding import (
    award_by_points,
    finish_publicity,
    post_claimed,
)
from nuanxin.programmes.actions.claims import (
    apply_for_place,
    pass_on_what_expired,
    withdraw_from_offer,
)
from nuanxin.programmes.actions.objecting import (
    Said,
    answer_objection,
    file_objection,
    read_objection,
)
from nuanxin.programmes.actions.offers import close_offer
from nuanxin.programmes.actions.points import enter_points
from nuanxin.programmes.models import Application, NoticeLine, Objection, Offer, PublicNotice
from nuanxin.programmes.rules.publicity import digest_of, masked_name, publicity_term
from nuanxin.programmes.states import ClaimState, ObjectionState, OfferState, Way
from nuanxin.records.models import Event
from tests.programmes.conftest import CLEANER, at_once

CASES = yaml.safe_load(
    (Path(__file__).parent / "cases" / "publicity.yaml").read_text(encoding="utf-8")
)
POSTED = datetime(2026, 4, 28, 9, tzinfo=SHANGHAI)
LAST_MOMENT = datetime(2026, 5, 8, 23, 59, 59, 900_000, tzinfo=SHANGHAI)
MIDNIGHT = datetime(2026, 5, 9, tzinfo=SHANGHAI)
WHY = "他上个月就离开杭州了，不在这里干了。"
REASON = "查了接单记录和劳动合同，情况属实。"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_term_in_working_days(case):
    posted = datetime.fromisoformat(f"{case['posted']}+08:00")
    term = publicity_term(posted, case["days"])
    assert term.last_on == case["last_on"]
    assert term.ends_at == day_end(case["last_on"])
    assert term.is_provisional == case.get("provisional", False)
    if "ends" in case:
        assert term.ends_at == datetime.fromisoformat(f"{case['ends']}+08:00")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王伟", "王×"),
        ("王小明", "王××"),
        ("欧阳锋", "欧阳×"),
        ("欧阳", "欧×"),
        ("司马相如", "司马××"),
        ("买买提·阿卜杜拉", "买××"),
        ("李", "李×"),
    ],
)
def test_a_name_is_shown_as_surname_and_crosses(name, shown):
    assert masked_name(name) == shown


def proposed(town, *, places=2, people=4, **more):
    """Return an offer whose list was posted at POSTED, and the people in order of their points."""
    offer = town.offer(Way.SCORE, places=places, definition="degree_yearly", **more)
    riders = town.riders(people)
    for rider in riders:
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    ids = list(Application.objects.filter(offer=offer).order_by("id").values_list("id", flat=True))
    cadre = town.cast.county_cadre
    close_offer(offer_id=offer.id, actor=cadre, now=POSTED)
    points = {one: 100 - number for number, one in enumerate(ids)}
    if points:
        enter_points(offer_id=offer.id, points=points, actor=cadre, now=POSTED)
    award_by_points(offer_id=offer.id, actor=cadre, now=POSTED)
    offer.refresh_from_db()
    return offer, riders


def the_list(offer):
    return PublicNotice.objects.filter(offer=offer).order_by("number").first()


def object_to(offer, ordinal=1, *, actor=None, now=POSTED + timedelta(days=1), text=WHY):
    receipt = file_objection(
        code=the_list(offer).code,
        said=Said(text, ordinal),
        actor=actor or ANONYMOUS,
        now=now,
    )
    return Objection.objects.get(receipt=receipt)


def answer(town, objection, *, is_upheld, by="county_colleague", now=POSTED + timedelta(days=2)):
    answer_objection(
        objection_id=objection.id,
        is_upheld=is_upheld,
        answer=REASON,
        actor=town.cast.actor(by),
        now=now,
    )


def states(offer):
    return list(
        Application.objects.filter(offer=offer).order_by("id").values_list("state", flat=True)
    )


@pytest.mark.django_db
@pytest.mark.slow
class TestWithATown:
    def test_an_award_is_a_list_first_and_final_only_after_midnight_of_the_last_day(self, town):
        offer, _ = proposed(town)
        notice = the_list(offer)
        assert offer.state == OfferState.PUBLICITY
        assert states(offer) == [7, 7, 2, 2]
        assert (str(notice.first_on), str(notice.last_on)) == ("2026-04-29", "2026-05-08")
        with pytest.raises(Conflict, match="公示到 5 月 8 日 24:00"):
            finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=LAST_MOMENT)
        finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=MIDNIGHT)
        offer.refresh_from_db()
        assert offer.state == OfferState.AWARDED
        assert states(offer) == [4, 4, 2, 2]
        assert Notice.objects.filter(kind="programmes.place_final").count() == 2

    def test_the_list_is_masked_frozen_and_its_fingerprint_can_be_counted_again(self, town):
        offer, _ = proposed(town, places=3)
        lines = NoticeLine.objects.filter(notice=the_list(offer)).order_by("ordinal")
        shown = [(row.ordinal, row.masked_name, row.union_name, row.pool) for row in lines]
        assert [row[1] for row in shown] == ["骑××"] * 3
        assert digest_of(shown) == the_list(offer).digest
        assert all(row[2] for row in shown)

    @pytest.mark.parametrize(
        "name", ["王伟", "欧阳锋", "欧阳", "司马相如如", "买买提·阿卜杜拉", "李"]
    )
    def test_the_statement_masks_names_as_the_rule_does(self, town, name):
        offer = town.offer(Way.SCORE, places=1, definition="degree_yearly")
        (rider,) = town.riders(1)
        Worker.objects.filter(id=rider.worker_id).update(name=name)
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
        cadre = town.cast.county_cadre
        close_offer(offer_id=offer.id, actor=cadre, now=POSTED)
        award_by_points(offer_id=offer.id, actor=cadre, now=POSTED)
        assert NoticeLine.objects.get().masked_name == masked_name(name)

    def test_the_union_is_not_told_where_people_are_in_need(self, town):
        offer = town.offer(Way.NEED, places=1, definition="warm_visit")
        (rider,) = town.riders(1)
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
        cadre = town.cast.county_cadre
        close_offer(offer_id=offer.id, actor=cadre, now=POSTED)
        award_by_points(offer_id=offer.id, actor=cadre, now=POSTED)
        assert NoticeLine.objects.get().union_name == ""

    def test_a_list_is_awarded_once_and_not_awarded_again_while_it_is_public(self, town):
        offer, _ = proposed(town)
        with pytest.raises(Conflict):
            award_by_points(offer_id=offer.id, actor=town.cast.county_cadre, now=POSTED)

    def test_who_took_a_place_at_once_is_posted_too_where_the_programme_says_so(self, town):
        offer = town.offer(places=2, definition="skill_contest")
        for rider in town.riders(3):
            apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
        cadre = town.cast.county_cadre
        close_offer(offer_id=offer.id, actor=cadre, now=POSTED)
        assert post_claimed(offer_id=offer.id, actor=cadre, now=POSTED).granted == 2
        assert states(offer) == [7, 7, 2]
        exam = town.offer(places=1)
        close_offer(offer_id=exam.id, actor=cadre, now=POSTED)
        with pytest.raises(Conflict, match="不用公示"):
            post_claimed(offer_id=exam.id, actor=cadre, now=POSTED)

    def test_nobody_applied_nobody_is_posted(self, town):
        offer, _ = proposed(town, people=0)
        assert offer.state == OfferState.AWARDED
        assert not PublicNotice.objects.exists()

    def test_who_withdraws_while_the_list_is_public_gives_way_to_the_next_who_is_posted(self, town):
        offer, riders = proposed(town)
        later = POSTED + timedelta(days=1)
        withdraw_from_offer(code=offer.code, actor=riders[0], now=later)
        assert states(offer) == [5, 7, 7, 2]
        fresh = PublicNotice.objects.get(offer=offer, number=2)
        assert fresh.persons == 1
        assert fresh.posted_by_key == the_list(offer).posted_by_key
        assert pass_on_what_expired(now=later) == 0
        assert states(offer) == [5, 7, 7, 2]
        with pytest.raises(Conflict, match="公示到 5 月 9 日"):
            finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=MIDNIGHT)

    def test_the_next_is_one_of_the_directed_while_they_have_fewer_than_their_share(self, town):
        offer = town.offer(Way.SCORE, places=2, definition="degree_yearly", directed=500)
        cleaners, couriers = town.riders(3, occupation=CLEANER), town.riders(2)
        for rider in [*cleaners, *couriers]:
            apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
        cadre = town.cast.county_cadre
        close_offer(offer_id=offer.id, actor=cadre, now=POSTED)
        award_by_points(offer_id=offer.id, actor=cadre, now=POSTED)
        assert states(offer) == [7, 2, 2, 7, 2]
        withdraw_from_offer(code=offer.code, actor=couriers[0], now=POSTED)
        assert states(offer) == [7, 2, 2, 5, 7]

    def test_an_objection_not_upheld_leaves_the_line_and_lets_the_award_pass(self, town):
        offer, riders = proposed(town)
        objection = object_to(offer, actor=riders[3])
        with pytest.raises(Conflict, match="还有 1 件异议没答复"):
            finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=MIDNIGHT)
        answer(town, objection, is_upheld=False)
        told = Notice.objects.get(kind="programmes.objection_answered")
        assert told.worker_id == riders[3].worker_id
        assert REASON in told.body
        finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=MIDNIGHT)
        assert states(offer) == [4, 4, 2, 2]

    def test_an_objection_upheld_strikes_the_line_tells_why_and_posts_the_next(self, town):
        offer, riders = proposed(town)
        answer(town, object_to(offer), is_upheld=True)
        assert states(offer) == [8, 7, 7, 2]
        assert NoticeLine.objects.get(notice=the_list(offer), ordinal=1).struck_at is not None
        told = Notice.objects.get(kind="programmes.struck")
        assert told.worker_id == riders[0].worker_id
        assert REASON in told.body
        assert "申诉" in told.body
        assert Notice.objects.get(kind="programmes.moved_up").worker_id == riders[2].worker_id
        fresh = PublicNotice.objects.get(offer=offer, number=2)
        with pytest.raises(Conflict, match="公示到"):
            finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=MIDNIGHT)
        finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=fresh.ends_at)
        assert states(offer) == [8, 4, 4, 2]

    def test_upheld_against_the_whole_list_it_strikes_every_line_in_one_act(self, town):
        offer, _ = proposed(town, places=2, people=4)
        first = the_list(offer)
        objection = object_to(offer, ordinal=None)
        answer_objection(
            objection_id=objection.id, is_upheld=True, strikes_list=True,
            answer="查了，打分用错了表，整份作废", actor=town.cast.county_colleague,
            now=POSTED + timedelta(days=2),
        )  # fmt: skip
        assert not NoticeLine.objects.filter(notice=first, struck_at=None).exists()
        assert states(offer) == [8, 8, 7, 7]
        (told,) = Event.objects.filter(kind="programmes.list_struck").values_list("data", flat=True)
        assert told["struck"] == 2
        fresh = PublicNotice.objects.filter(offer=offer).exclude(id=first.id).get()
        assert fresh.persons == 2

    def test_upheld_against_the_whole_list_without_that_word_no_line_falls(self, town):
        offer, _ = proposed(town, places=2, people=4)
        answer(town, object_to(offer, ordinal=None), is_upheld=True)
        assert not NoticeLine.objects.filter(notice__offer=offer, struck_at__isnull=False).exists()

    @pytest.mark.parametrize("by", ["county_cadre", "own"])
    def test_neither_who_awarded_nor_who_is_concerned_answers(self, town, by):
        offer, riders = proposed(town)
        objection = object_to(offer)
        key = {"county_cadre": town.cast.county_cadre.person_key, "own": f"w{riders[0].worker_id}"}
        actor = town.cast.county_colleague
        if by == "own":
            actor = type(actor)(
                account_id=actor.account_id, worker_id=riders[0].worker_id, grants=actor.grants
            )
        else:
            actor = town.cast.county_cadre
        with pytest.raises(Conflict, match="另一位干部"):
            answer_objection(
                objection_id=objection.id, is_upheld=False, answer=REASON, actor=actor, now=POSTED
            )
        with pytest.raises(IntegrityError), transaction.atomic():
            Objection.objects.filter(id=objection.id).update(
                state=2, answer=REASON, answered_at=POSTED, answered_by_key=key[by]
            )
        answer(town, objection, is_upheld=False)

    def test_out_of_scope_an_objection_is_not_there(self, town):
        offer, _ = proposed(town)
        objection = object_to(offer)
        with pytest.raises(NotFound):
            answer(town, objection, is_upheld=False, by="cadre_of_next_county")
        with pytest.raises(NotFound):
            read_objection(
                objection_id=objection.id, actor=town.cast.cadre_of_next_county, now=POSTED
            )

    def test_what_it_says_is_sealed_and_reading_it_is_recorded(self, town):
        offer, _ = proposed(town)
        objection = object_to(offer)
        assert WHY.encode() not in bytes(objection.text_sealed)
        said = read_objection(
            objection_id=objection.id, actor=town.cast.county_colleague, now=POSTED
        )
        assert said == WHY
        assert Event.objects.filter(
            kind="programmes.objection_read", subject_id=objection.id
        ).exists()

    @pytest.mark.parametrize("now", [MIDNIGHT, POSTED - timedelta(seconds=1)])
    def test_outside_the_period_one_is_told_where_to_turn(self, town, now):
        offer, _ = proposed(town)
        with pytest.raises(Conflict, match="上一级工会"):
            object_to(offer, now=now)
        assert object_to(offer, now=LAST_MOMENT).state == ObjectionState.OPEN

    def test_too_short_too_long_a_line_that_is_not_there_and_too_many_are_refused(self, town):
        offer, riders = proposed(town)
        for text in ("短", "长" * 1_001):
            with pytest.raises(Malformed):
                object_to(offer, text=text)
        with pytest.raises(Malformed, match="没有这一行"):
            object_to(offer, 9)
        for _ in range(3):
            object_to(offer, None, actor=riders[3])
        with pytest.raises(TooMany):
            object_to(offer, None, actor=riders[3])

    def test_nameless_ones_from_one_network_leave_room_for_all_others(self, town, monkeypatch):
        offer, riders = proposed(town)
        at = POSTED + timedelta(days=1)

        def nameless(network):
            return file_objection(
                code=the_list(offer).code, said=Said(WHY, 1), actor=ANONYMOUS, now=at,
                network=network,
            )  # fmt: skip

        for _ in range(5):
            nameless("203.0.113.0/24")
        with pytest.raises(TooMany, match="登录以后提"):
            nameless("203.0.113.0/24")
        assert nameless("198.51.100.0/24")
        monkeypatch.setattr("nuanxin.programmes.actions.objecting.MOST_NAMELESS_OPEN", 6)
        with pytest.raises(TooMany, match="登录以后提"):
            nameless("192.0.2.0/24")
        assert object_to(offer, actor=riders[3]).state == ObjectionState.OPEN

    def test_the_database_refuses_an_award_that_is_too_early_or_over_an_open_objection(self, town):
        offer, _ = proposed(town)
        object_to(offer)
        for moment in (LAST_MOMENT, MIDNIGHT, None):
            with pytest.raises(IntegrityError), transaction.atomic():
                Offer.objects.filter(id=offer.id).update(
                    state=OfferState.AWARDED, awarded_at=moment
                )
        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(offer=offer, state=7).update(state=ClaimState.CONFIRMED)
        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(offer=offer, state=7).update(seat=None, taken_at=None)
        with pytest.raises(IntegrityError), transaction.atomic():
            NoticeLine.objects.filter(ordinal=1).update(masked_name="李××")
        with pytest.raises(IntegrityError), transaction.atomic():
            PublicNotice.objects.filter(offer=offer).update(ends_at=MIDNIGHT - timedelta(days=3))

    def test_a_provisional_end_holds_the_award_up_and_is_counted_again(self, town, monkeypatch):
        unknown = replace(publicity_term(POSTED, 3), is_provisional=True)
        with monkeypatch.context() as patch:
            patch.setattr(posting, "publicity_term", lambda posted_at, days: unknown)
            offer, _ = proposed(town)
            assert posting.count_terms_again(now=POSTED) == 0
        with pytest.raises(Conflict, match="放假安排"):
            finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=MIDNIGHT)
        assert posting.count_terms_again(now=MIDNIGHT) == 1
        assert str(the_list(offer).last_on) == "2026-05-08"
        finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=MIDNIGHT)


@pytest.mark.slow
def test_two_officers_answer_at_once_and_one_of_them_does(racing_town):
    town = racing_town
    offer, _ = proposed(town)
    objection = object_to(offer)
    officers = ("county_colleague", "city_cadre")

    def answering(number):
        answer(town, objection, is_upheld=bool(number), by=officers[number])

    outcomes = at_once(2, answering)
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [Conflict]
    assert "答复过了" in str(refused[0])
    assert states(offer).count(7) == 2


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(4))
def test_an_objection_of_the_last_moment_and_the_award_at_midnight_never_both_stand(
    racing_town, turn
):
    town = racing_town
    offer, _ = proposed(town)

    def acting(number):
        if (number + turn) % 2:
            object_to(offer, now=LAST_MOMENT)
        else:
            finish_publicity(offer_id=offer.id, actor=town.cast.county_cadre, now=MIDNIGHT)

    outcomes = at_once(2, acting)
    assert sum(isinstance(one, Conflict) for one in outcomes) == 1, outcomes
    offer.refresh_from_db()
    is_open = Objection.objects.filter(state=ObjectionState.OPEN).exists()
    assert is_open != (offer.state == OfferState.AWARDED)
