"""请人看看: an automatic answer is looked at by somebody, once, with a reason; an exception lets apply."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refusal
from nuanxin.kernel.workdays import add_workdays
from nuanxin.notices.models import Notice
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.reviewing import (
    answer_review,
    ask_for_review,
    erase_reviews,
    read_reason,
    take_review,
    withdraw_review,
)
from nuanxin.programmes.models import Application, HumanReview, Offer
from nuanxin.programmes.states import REVIEW_MOVES, ReviewOutcome, ReviewState, Way
from nuanxin.records.models import Event, Reading
from tests.programmes.test_can_get import rider, text_of  # noqa: F401

pytestmark = [pytest.mark.slow]
WORDS = "去年入过会，手机号换了，没接上"


@pytest.fixture
def trip(town, rider):  # noqa: F811
    """A trip that rider Ye may not have yet: he is a member since today."""
    return town.offer(Way.DRAW, definition="recuperation")


def ask(town, offer, reason=WORDS):
    return ask_for_review(
        code=offer.code, reason=reason, actor=town.cast.rider_ye, now=town.cast.now
    )


def decide(town, review, outcome, actor=None, answer="看了旧会员卡，是老会员"):
    answer_review(
        review_id=review.id, outcome=outcome, answer=answer,
        actor=actor or town.cast.county_cadre, now=town.cast.now,
    )  # fmt: skip


def apply_(town, offer):
    return apply_for_place(code=offer.code, actor=town.cast.rider_ye, now=town.cast.now)


@pytest.mark.django_db
def test_the_rules_answer_is_frozen_and_the_words_are_sealed(town, trip):
    review = HumanReview.objects.get(id=ask(town, trip).id)
    assert review.rule_answer == "no"
    clauses = {one["text"]: one["answer"] for one in review.frozen["clauses"]}
    assert clauses["入会满规定的月数"] == "no"
    assert WORDS.encode() not in bytes(review.reason_sealed)
    event = Event.objects.get(kind="programmes.review_asked")
    assert event.data == {"answer": "no"}


@pytest.mark.django_db
def test_asking_again_is_the_same_request_and_the_database_says_so_too(town, trip):
    first, second = ask(town, trip), ask(town, trip)
    assert (second.id, second.is_repeat) == (first.id, True)
    row = HumanReview.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db
def test_who_can_apply_needs_nobody_and_what_is_over_is_over(town, trip):
    exam = town.offer(definition="health_exam")
    with pytest.raises(Conflict, match="不用请人看"):
        ask(town, exam)
    Offer.objects.filter(id=trip.id).update(closes_at=town.cast.now)
    with pytest.raises(Conflict, match="报名结束"):
        ask(town, trip)


@pytest.mark.django_db
def test_too_long_and_too_often_are_told(town, trip):
    with pytest.raises(Malformed, match="写得太长了"):
        ask(town, trip, "长" * 301)
    for _ in range(3):
        decide(town, ask(town, trip), ReviewOutcome.RULE_RIGHT)
    with pytest.raises(Conflict, match="已经看过 3 次"):
        ask(town, trip)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "may"),
    [
        (None, False),
        (ReviewOutcome.RULE_RIGHT, False),
        (ReviewOutcome.CORRECTED, False),
        (ReviewOutcome.EXCEPTION, True),
    ],
)
def test_only_an_exception_lets_somebody_apply_whom_the_rule_says_no_to(town, trip, outcome, may):
    asked = ask(town, trip)
    if outcome is not None:
        decide(town, asked, outcome)
    if may:
        apply_(town, trip)
    else:
        with pytest.raises(Conflict, match="现在还不可以"):
            apply_(town, trip)
    assert Application.objects.exists() is may


@pytest.mark.django_db
def test_an_exception_is_for_this_person_and_this_offer_alone(town, trip):
    decide(town, ask(town, trip), ReviewOutcome.EXCEPTION)
    (other,) = town.riders(1)
    with pytest.raises(Conflict):
        apply_for_place(code=trip.code, actor=other, now=town.cast.now)
    next_trip = town.offer(Way.DRAW, definition="recuperation")
    with pytest.raises(Conflict):
        apply_(town, next_trip)


@pytest.mark.django_db
def test_an_exception_does_not_make_a_member(town, trip):
    from nuanxin.membership.models import Membership

    decide(town, ask(town, trip), ReviewOutcome.EXCEPTION)
    Membership.objects.update(retained_on=town.cast.now.date())
    with pytest.raises(Conflict, match="这是给会员的"):
        apply_(town, trip)


@pytest.mark.django_db
def test_officers_of_the_union_concerned_may_and_no_others(town, trip):
    asked = ask(town, trip)
    for name, refused in (
        ("cadre_of_next_county", NotFound),
        ("officer_chen", NotFound),
        ("auditor", NotFound),
        ("finance", Forbidden),
        ("rider_lu", Forbidden),
    ):
        for act in (take_review, read_reason):
            with pytest.raises((refused, Forbidden)):
                act(review_id=asked.id, actor=getattr(town.cast, name), now=town.cast.now)
        with pytest.raises((refused, Forbidden)):
            decide(town, asked, ReviewOutcome.EXCEPTION, actor=getattr(town.cast, name))
    take_review(review_id=asked.id, actor=town.cast.city_cadre, now=town.cast.now)
    assert HumanReview.objects.get().taken_by == town.cast.city_cadre.account_id


@pytest.mark.django_db
def test_nobody_answers_his_own(town, trip):
    from dataclasses import replace

    asked = ask(town, trip)
    himself = replace(town.cast.county_cadre, worker_id=town.cast.rider_ye.worker_id)
    with pytest.raises(Conflict, match="请同事"):
        decide(town, asked, ReviewOutcome.EXCEPTION, actor=himself)


@pytest.mark.django_db
def test_who_comes_second_is_told_who_was_first(town, trip):
    asked = ask(town, trip)
    take_review(review_id=asked.id, actor=town.cast.county_cadre, now=town.cast.now)
    mate = town.cast.county_colleague
    with pytest.raises(Conflict, match="陈立春"):
        take_review(review_id=asked.id, actor=mate, now=town.cast.now)
    with pytest.raises(Conflict, match="陈立春"):
        decide(town, asked, ReviewOutcome.RULE_RIGHT, actor=mate)
    take_review(review_id=asked.id, actor=mate, now=town.cast.now, is_over=True)
    decide(town, asked, ReviewOutcome.RULE_RIGHT, actor=mate)
    with pytest.raises(Conflict, match=r"孟夏.*已经答复了：规则算得对"):
        decide(town, asked, ReviewOutcome.EXCEPTION)
    assert HumanReview.objects.get().outcome == ReviewOutcome.RULE_RIGHT


@pytest.mark.django_db
def test_an_answer_says_why(town, trip):
    asked = ask(town, trip)
    with pytest.raises(Malformed, match="为什么"):
        decide(town, asked, ReviewOutcome.EXCEPTION, answer="行")
    with pytest.raises(Malformed, match="选一个结果"):
        decide(town, asked, 9)
    assert HumanReview.objects.get().state == ReviewState.ASKED


@pytest.mark.django_db
def test_the_person_gets_a_notice_and_reads_the_answer(town, trip, rider):  # noqa: F811
    asked = ask(town, trip)
    decide(town, asked, ReviewOutcome.EXCEPTION)
    notice = Notice.objects.get(kind="programmes.review_answered")
    assert notice.worker_id == town.cast.rider_ye.worker_id
    page = text_of(rider.get(notice.url))
    assert "陈立春答复" in page
    assert "看了旧会员卡，是老会员" in page
    offer = text_of(rider.get(f"/programmes/{trip.code}/"))
    assert "工会看过以后同意你报名" in offer
    assert "/programmes/apply/" in offer
    assert [row["text"] for row in rider.get("/can-get/").context["yes"]] == [
        "工会看过了，同意你报名"
    ]
    data = text_of(rider.get("/me/data/"))
    assert "请人看过的" in data
    lu = town.cast.client("rider_lu")
    assert lu.get(notice.url).status_code == 404


@pytest.mark.django_db
def test_a_request_is_taken_back_by_who_made_it_while_nobody_answered(town, trip, rider):  # noqa: F811
    asked = ask(town, trip)
    with pytest.raises(NotFound):
        withdraw_review(review_id=asked.id, actor=town.cast.rider_lu, now=town.cast.now)
    rider.post(f"/me/reviews/{asked.id}/withdraw/")
    assert HumanReview.objects.get().state == ReviewState.WITHDRAWN
    again = ask(town, trip)
    decide(town, again, ReviewOutcome.RULE_RIGHT)
    with pytest.raises(Conflict):
        withdraw_review(review_id=again.id, actor=town.cast.rider_ye, now=town.cast.now)


@pytest.mark.django_db
def test_on_the_phone_from_the_no_to_the_request(town, trip, rider):  # noqa: F811
    page = text_of(rider.get(f"/programmes/{trip.code}/"))
    address = f"/can-get/review/?of={trip.code}"
    assert address in page
    assert "一起交上去的" in text_of(rider.get(address))
    done = rider.post(address, {"reason": WORDS}, follow=True)
    assert "请人看了，等答复" in text_of(done)
    assert rider.get(address).status_code == 302
    assert rider.post(address, {"reason": "长" * 400}).status_code == 422
    (row,) = rider.get("/can-get/").context["no"]
    assert row["in_review"]


@pytest.mark.django_db
def test_the_desk_lists_by_age_and_reading_the_words_leaves_a_trace(town, trip):
    asked = ask(town, trip)
    cadre = town.cast.client("county_cadre")
    page = text_of(cadre.get("/desk/human-reviews/"))
    assert "刚刚" in page
    address = f"/desk/human-reviews/{asked.id}/"
    assert WORDS not in text_of(cadre.get(address))
    assert Reading.objects.count() == 0
    assert WORDS in text_of(cadre.post(f"{address}act/", {"do": "read"}))
    reading = Reading.objects.get()
    assert (reading.field, reading.worker_id) == ("review_reason", town.cast.rider_ye.worker_id)
    cadre.post(f"{address}act/", {"do": "take"})
    wrong = cadre.post(f"{address}act/", {"do": "answer", "outcome": "3", "answer": ""})
    assert wrong.status_code == 422
    cadre.post(
        f"{address}act/", {"do": "answer", "outcome": "3", "answer": "看了旧会员卡，是老会员"}
    )
    assert HumanReview.objects.get().outcome == ReviewOutcome.EXCEPTION
    assert "还没有" not in text_of(cadre.get("/desk/human-reviews/?part=done"))
    next_county = town.cast.client("cadre_of_next_county")
    assert next_county.get(address).status_code == 404
    assert "没有等着看的" in text_of(next_county.get("/desk/human-reviews/"))


@pytest.mark.django_db
def test_erasing_a_person_takes_the_words_and_the_frozen_answer(town, trip):
    asked = ask(town, trip)
    erase_reviews([town.cast.rider_ye.worker_id], town.cast.now)
    review = HumanReview.objects.get(id=asked.id)
    assert review.reason_sealed is None
    assert review.frozen == {}


@pytest.mark.django_db
@pytest.mark.parametrize("how_many", [1, 8])
def test_the_desk_costs_no_more_queries_with_more_requests(town, trip, how_many):
    for person in town.riders(how_many):
        ask_for_review(code=trip.code, reason="", actor=person, now=town.cast.now)
    cadre = town.cast.client("county_cadre")
    review = HumanReview.objects.first()
    for address in ("/desk/human-reviews/", f"/desk/human-reviews/{review.id}/"):
        with CaptureQueriesContext(connection) as caught:
            assert cadre.get(address).status_code == 200
        assert len(caught) <= 10, (address, len(caught))


def test_two_officers_at_once_one_wins_the_other_is_told(racing_town):
    town = racing_town
    (person,) = town.riders(1)
    offer = town.offer(Way.DRAW, definition="recuperation")
    asked = ask_for_review(code=offer.code, reason="", actor=person, now=town.cast.now)
    gate, told = threading.Barrier(2), []
    officers = [town.cast.county_cadre, town.cast.county_colleague]

    def answer(officer, outcome):
        try:
            gate.wait(timeout=10)
            answer_review(
                review_id=asked.id, outcome=outcome, answer="看过材料了",
                actor=officer, now=town.cast.now,
            )  # fmt: skip
            told.append("won")
        except Refusal as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=answer, args=pair)
        for pair in zip(officers, (ReviewOutcome.RULE_RIGHT, ReviewOutcome.EXCEPTION), strict=True)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=20)
    assert sorted(told) == ["programmes.review_answered", "won"]


def test_an_answered_request_moves_nowhere():
    assert all(REVIEW_MOVES[state] == set() for state in ReviewState if not state.is_open)


@pytest.mark.django_db
def test_there_is_a_last_day_in_working_days_and_both_sides_see_it(town, trip):
    review = HumanReview.objects.get(id=ask(town, trip).id)
    asked_on = business_day(town.cast.now)
    assert review.due_on == add_workdays(asked_on, 3).day
    page = town.cast.client("county_cadre").get("/desk/human-reviews/").content.decode()
    assert f"最晚 {review.due_on}" in page
    assert f"最晚 {review.due_on.month} 月 {review.due_on.day} 日" in text_of(
        town.cast.client("rider_ye").get(f"/me/reviews/{review.id}/")
    )
    HumanReview.objects.update(due_on=asked_on - timedelta(days=1))
    late = town.cast.client("county_cadre").get("/desk/human-reviews/").content.decode()
    assert f"过了 {asked_on - timedelta(days=1)}" in late


@pytest.mark.django_db
def test_it_waits_among_the_things_to_do_of_who_may_answer(town, trip):
    def home(who):
        return town.cast.client(who).get("/desk/").content.decode()

    assert "请人看看<" in home("county_cadre")
    assert "个人请人看看" not in home("county_cadre")
    review = ask(town, trip)
    assert "1 个人请人看看" in home("county_cadre")
    assert "请人看看<b>1</b>" in home("county_cadre")
    assert "个人请人看看" not in home("cadre_of_next_county")
    HumanReview.objects.update(due_on=business_day(town.cast.now) - timedelta(days=1))
    assert "其中 1 件过了答复的日子" in home("county_cadre")
    decide(town, review, ReviewOutcome.RULE_RIGHT)
    assert "个人请人看看" not in home("county_cadre")
