"""Who held a place and did not come: noted once, told, pleaded, taken back; one rule for all places."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.notices.models import Notice
from nuanxin.programmes.actions import attending, camp_days, camps
from nuanxin.programmes.actions import contest_results as results
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.no_shows import (
    answer_plea,
    plead,
    settle_no_shows,
    take_back_no_show,
)
from nuanxin.programmes.actions.slot_sessions import (
    SlotsDraft,
    make_slot_sessions,
    place_slot_holders,
)
from nuanxin.programmes.models import Booking, CampClass, CampPlace, EntrantMember, NoShow, Session
from nuanxin.programmes.queries.no_shows import decide_no_shows, list_no_show_days
from nuanxin.programmes.rules.attendance import Attended
from nuanxin.programmes.rules.no_shows import NoShowTerms, comes_after_others, may_apply_again
from nuanxin.programmes.states import ClaimState, NoShowOf, PleaKind, Presence, StaffRole, Way
from tests.programmes.test_contests import Match
from tests.programmes.test_fulfilment import DAY, HOUR, Day

TODAY = date(2026, 11, 27)
days = st.lists(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=6)


def decided(*no_shows, limit=2, wait=180):
    terms = NoShowTerms(months=12, limit=limit, wait_days=wait)
    return may_apply_again(no_shows, today=TODAY, terms=terms)


def test_twice_makes_one_wait_and_says_until_when():
    once, twice = date(2026, 8, 3), date(2026, 9, 1)
    assert decided(once).answer is Answer.YES
    no = decided(once, twice)
    assert (no.answer, no.code) == (Answer.NO, "programmes.no_shows")
    assert "2026 年 8 月 3 日、2026 年 9 月 1 日" in no.message
    assert "2027 年 2 月 28 日起又能报" in no.message


def test_on_the_day_one_is_free():
    first, last = TODAY - timedelta(days=200), TODAY - timedelta(days=180)
    assert decided(first, last).answer is Answer.YES
    assert decided(first, last + timedelta(days=1)).answer is Answer.NO


def test_the_rule_can_be_switched_off():
    assert decided(*[TODAY] * 5, limit=0).answer is Answer.YES


@given(days, st.integers(1, 4), st.integers(0, 400))
def test_one_absence_less_never_makes_one_wait(no_shows, limit, wait):
    if decided(*no_shows, limit=limit, wait=wait).answer is Answer.YES:
        for at in range(len(no_shows)):
            fewer = no_shows[:at] + no_shows[at + 1 :]
            assert decided(*fewer, limit=limit, wait=wait).answer is Answer.YES


@given(days)
def test_what_is_longer_ago_than_a_year_counts_for_nothing(no_shows):
    recent = [day for day in no_shows if day >= date(2025, 11, 27)]
    assert decided(*no_shows).answer is decided(*recent).answer


def test_once_makes_one_stand_after_others_for_a_while():
    now = day_start(TODAY) + 12 * HOUR
    terms = NoShowTerms(12, 2, 180, after_limit=1, after_days=60, after_hours=24)
    shared = {"now": now, "today": TODAY, "terms": terms}
    missed = [TODAY - timedelta(days=59)]
    no = comes_after_others(missed, opens_at=now - 23 * HOUR, **shared)
    assert (no.answer, no.code) == (Answer.NO, "programmes.after_others")
    assert "先让别人报" in no.message
    assert comes_after_others(missed, opens_at=now - 24 * HOUR, **shared).answer is Answer.YES
    longer_ago = [TODAY - timedelta(days=60)]
    assert comes_after_others(longer_ago, opens_at=now, **shared).answer is Answer.YES
    assert comes_after_others([], opens_at=now, **shared).answer is Answer.YES


class Missed(Day):
    """A day with a session that the first member missed and the second came to, closed by an officer."""

    def __init__(self, town, *, sessions=1):
        super().__init__(town, people=2)
        self.sessions = [self.session]
        for number in range(1, sessions):
            self.sessions.append(
                self.add(f"第 {number + 1} 晚", after=number * DAY, series=self.session.series)
            )
        self.place()
        for session in self.sessions:
            self.scan(self.gate(session), code=self.booking(1, session).code, at=session.starts_at)
        self.later = self.sessions[-1].ends_at + 25 * HOUR
        for session in self.sessions:
            attending.close_session(session_id=session.id, actor=self.cadre, now=self.later)
        self.absent, self.came = self.members

    def settle(self):
        return settle_no_shows(now=self.later)

    def found(self):
        return NoShow.objects.filter(times=1, worker_id=self.absent.worker_id).latest("id")

    def counted(self, actor=None):
        return len(list_no_show_days((actor or self.absent).worker_id, on=business_day(self.later)))


@pytest.mark.django_db
@pytest.mark.slow
def test_who_did_not_come_is_noted_once_after_the_grace_and_told(town):
    day = Missed(town)
    assert settle_no_shows(now=day.session.ends_at + 23 * HOUR) == 0
    assert day.settle() == 1
    assert day.settle() == 0
    found = day.found()
    assert (found.what, found.ref) == (NoShowOf.SESSION, day.booking(0).id)
    told = Notice.objects.get(kind="programmes.no_show")
    assert (told.worker_id, told.url) == (day.absent.worker_id, "/no-shows/mine/")
    assert (day.counted(), day.counted(day.came)) == (1, 0)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_session_that_closed_by_itself_and_saw_nobody_tells_nothing_of_anybody(town):
    day = Day(town, people=2)
    day.place()
    gate, later = day.gate(), day.session.ends_at + 25 * HOUR
    attending.close_ended_sessions(now=later)
    assert day.stands(0) is Attended.ABSENT
    assert settle_no_shows(now=later) == 0
    day.scan(gate, 1, at=day.starts_at, now=later)
    assert settle_no_shows(now=later) == 1


@pytest.mark.django_db
@pytest.mark.slow
def test_who_missed_two_is_refused_until_one_is_put_right(town):
    day = Missed(town, sessions=2)
    assert day.settle() == 2
    other = town.offer(places=5, definition="season_gift")
    now = town.cast.now + 9 * DAY - timedelta(hours=1)
    with pytest.raises(Conflict) as refused:
        apply_for_place(code=other.code, actor=day.absent, now=now)
    assert refused.value.code == "programmes.no_shows"
    assert "约了没来" in refused.value.message
    came = apply_for_place(code=other.code, actor=day.came, now=now)
    assert came.state is ClaimState.CONFIRMED
    attending.correct_attendance(
        booking_id=day.booking(0).id, kind=Attended.EXCUSED, reason="孩子急诊，有病历",
        actor=day.cadre, now=day.later,
    )  # fmt: skip
    assert (day.counted(), day.settle()) == (1, 0)
    done = apply_for_place(code=other.code, actor=day.absent, now=now)
    assert done.state is ClaimState.CONFIRMED


@pytest.mark.django_db
@pytest.mark.slow
def test_who_missed_one_waits_until_others_had_their_turn(town):
    day = Missed(town)
    day.settle()
    other = town.offer(places=5, definition="season_gift")
    soon, turn = other.opens_at + 23 * HOUR, other.opens_at + 24 * HOUR
    on_day = business_day(day.starts_at)
    assert list_no_show_days(day.absent.worker_id, on=on_day) == (on_day,)
    shared = {"adcode": 330105, "on": on_day, "rush_from": other.opens_at}
    assert decide_no_shows([on_day], now=soon, **shared).code == "programmes.after_others"
    assert decide_no_shows([on_day], now=turn, **shared).answer is Answer.YES
    elsewhere = shared | {"adcode": 110000}
    assert decide_no_shows([on_day], now=soon, **elsewhere).answer is Answer.YES
    listed = shared | {"rush_from": None}
    assert decide_no_shows([on_day], now=soon, **listed).answer is Answer.YES


@pytest.mark.django_db
@pytest.mark.slow
def test_what_he_says_suspends_it_until_another_answers(town):
    day = Missed(town)
    day.settle()
    found = day.found()
    with pytest.raises(NotFound):
        plead(no_show_id=found.id, kind=PleaKind.ILL, actor=day.came, now=day.later)
    plead(no_show_id=found.id, kind=PleaKind.ILL, actor=day.absent, now=day.later)
    plead(no_show_id=found.id, kind=PleaKind.CAME, actor=day.absent, now=day.later)
    found.refresh_from_db()
    assert found.noshowplea.kind == PleaKind.ILL
    assert day.counted() == 0
    shared = {"no_show_id": found.id, "answer": "没有病历，再说明", "now": day.later}
    with pytest.raises(NotFound):
        answer_plea(is_accepted=False, actor=town.cast.cadre_of_next_county, **shared)
    with pytest.raises(Malformed):
        answer_plea(is_accepted=False, actor=day.cadre, **shared | {"answer": "不行"})
    answer_plea(is_accepted=False, actor=day.cadre, **shared)
    assert day.counted() == 1
    assert "没有病历" in Notice.objects.get(kind="programmes.no_show_answered").body
    with pytest.raises(Conflict):
        answer_plea(is_accepted=True, actor=day.cadre, **shared)


@pytest.mark.django_db
@pytest.mark.slow
def test_an_accepted_word_takes_it_back_for_good(town):
    day = Missed(town)
    day.settle()
    found = day.found()
    plead(no_show_id=found.id, kind=PleaKind.ACCIDENT, actor=day.absent, now=day.later)
    answer_plea(
        no_show_id=found.id, is_accepted=True, answer="看过事故认定书", actor=day.cadre,
        now=day.later,
    )  # fmt: skip
    assert NoShow.objects.get(reverses=found).reason == "看过事故认定书"
    assert (day.counted(), day.settle()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.slow
def test_an_officer_takes_back_with_a_reason_and_never_his_own(town):
    day = Missed(town)
    day.settle()
    found = day.found()
    shared = {"no_show_id": found.id, "now": day.later}
    with pytest.raises(Malformed):
        take_back_no_show(reason="错", actor=day.cadre, **shared)
    with pytest.raises(NotFound):
        take_back_no_show(reason="签到机没电", actor=town.cast.cadre_of_next_county, **shared)
    himself = replace(day.cadre, worker_id=day.absent.worker_id)
    with pytest.raises(Forbidden):
        take_back_no_show(reason="签到机没电", actor=himself, **shared)
    take_back_no_show(reason="签到机没电", actor=day.cadre, **shared)
    assert day.counted() == 0
    with pytest.raises(Conflict):
        take_back_no_show(reason="签到机没电", actor=day.cadre, **shared)


@pytest.mark.django_db
@pytest.mark.slow
def test_facts_are_appended_whoever_writes(town):
    day = Missed(town)
    day.settle()
    for attempt in (
        lambda: NoShow.objects.filter(id=day.found().id).update(day=TODAY),
        lambda: NoShow.objects.filter(id=day.found().id).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    NoShow.objects.filter(id=day.found().id).update(worker_id=day.came.worker_id)


@pytest.mark.django_db
@pytest.mark.slow
def test_absence_that_was_said_again_after_a_correction_counts_again(town):
    day = Missed(town)
    day.settle()
    shared = {"booking_id": day.booking(0).id, "actor": day.cadre}
    attending.correct_attendance(
        kind=Attended.PRESENT, reason="本人来电说到过", now=day.later, **shared
    )
    assert (day.counted(), day.settle()) == (0, 0)
    attending.correct_attendance(
        kind=Attended.ABSENT, reason="监控看过没来", now=day.later + HOUR, **shared
    )
    assert settle_no_shows(now=day.later + HOUR) == 1
    assert NoShow.objects.filter(times=1).count() == 2


@pytest.mark.django_db
@pytest.mark.slow
def test_a_slot_has_its_session_so_who_did_not_come_at_his_hour_is_known(town):
    now = town.cast.now
    early, late = now + 20 * DAY, now + 20 * DAY + 5 * HOUR
    offer = town.offer(Way.SLOT, places=2, slots=(early, late), definition="physical_training")
    first, second = town.riders(2)
    shared = {"offer_id": offer.id, "actor": town.cast.county_cadre, "now": now}
    apply_for_place(code=offer.code, actor=first, now=now, slot_at=early)
    assert make_slot_sessions(draft=SlotsDraft("拱宸体检中心", 60), **shared) == 2
    with pytest.raises(Conflict):
        make_slot_sessions(draft=SlotsDraft("拱宸体检中心", 60), **shared)
    assert Booking.objects.get().session.starts_at == early
    apply_for_place(code=offer.code, actor=second, now=now, slot_at=late)
    assert (place_slot_holders(now=now), place_slot_holders(now=now)) == (1, 0)
    later = late + 30 * HOUR
    for session in Session.objects.filter(offer=offer):
        attending.close_session(session_id=session.id, actor=town.cast.county_cadre, now=later)
    assert settle_no_shows(now=later) == 2


@pytest.mark.django_db
@pytest.mark.slow
def test_a_child_who_never_came_to_the_camp_is_its_guardians_no_show(camp_town):
    camp = camp_town.camp(starts_in=2, days=3)
    (came, (one,)), (missed, (other,)) = camp_town.families(2)
    camp_town.ask(came, camp, one)
    camp_town.ask(missed, camp, other)
    later = camp_town.now + 7 * DAY
    assert settle_no_shows(now=later) == 0, "the class was never opened: nobody knows"
    open_class(camp_town, camp, CampPlace.objects.get(worker_id=came.worker_id))
    assert settle_no_shows(now=later) == 1
    found = NoShow.objects.get(times=1)
    assert (found.worker_id, found.what) == (missed.worker_id, NoShowOf.CAMP)


def open_class(camp_town, camp, place):
    room = CampClass.objects.get(camp=camp)
    tutor = camp_town.town.riders(1)[0]
    staff = [
        camp_town.staff("周老师", StaffRole.HEAD, worker_id=tutor.worker_id),
        *(camp_town.staff(f"老师{n}", StaffRole.TUTOR) for n in range(room.tutors)),
        *(camp_town.staff(f"志愿者{n}", StaffRole.VOLUNTEER) for n in range(room.volunteers)),
    ]
    for one in staff:
        camps.assign_staff(class_id=room.id, staff_id=one.id, actor=camp_town.cadre,
                           now=camp_town.now)  # fmt: skip
    on_day = camp_town.now + 2 * DAY
    camp_days.open_day(
        class_id=room.id, staff_ids=[one.id for one in staff], actor=tutor, now=on_day
    )
    camp_days.record_presence(
        class_id=room.id, place_ids=[place.id], kind=Presence.ARRIVED, actor=tutor, now=on_day
    )


@pytest.mark.django_db
@pytest.mark.slow
def test_an_entrant_who_did_not_come_is_not_waited_for_and_not_ranked(town):
    match = Match(town)
    match.start()
    absent, *there = match.numbers()
    shared = {"round_id": match.first.id, "actor": match.cadre, "now": match.now}
    for number in there:
        for judge in match.judges:
            match.score(judge, number, 80)
    with pytest.raises(Conflict):
        results.ask_to_close(**shared)
    with pytest.raises(Conflict):
        results.set_absent(number=there[0], is_absent=True, **shared)
    with pytest.raises(Malformed):
        results.set_absent(number=9_999, is_absent=True, **shared)
    results.set_absent(number=absent, is_absent=True, **shared)
    match.close()
    later = match.now + 40 * DAY
    assert settle_no_shows(now=later) == 1
    member = EntrantMember.objects.get(entrant__number=absent, entrant__contest_id=match.id)
    assert NoShow.objects.get().worker_id == member.application.worker_id


MOST_QUERIES = 14


@pytest.mark.django_db
@pytest.mark.slow
def test_the_person_says_it_and_the_desk_answers_through_the_pages(town):
    rider, cadre = town.cast.client("rider_ye"), town.cast.client("county_cadre")
    assert "约了的你都到了" in rider.get("/no-shows/mine/").content.decode()
    assert "没有人约了没来" in cadre.get("/desk/no-shows/").content.decode()
    worker_id, now = town.cast.rider_ye.worker_id, town.cast.now
    offer = town.offer()
    noted = [
        NoShow.objects.create(
            worker_id=worker_id, offer=offer, what=1, ref=ref, day=business_day(now),
            recorded_at=now,
        )
        for ref in (1, 2)
    ]  # fmt: skip
    mine, desk = "/no-shows/mine/", f"/desk/no-shows/{noted[0].id}/"
    page = rider.get(mine).content.decode()
    assert "起又能报" in page
    assert "180 天不能报名" in page
    assert rider.post(mine, {"id": noted[0].id, "kind": "9"}).status_code == 422
    assert rider.post(mine, {"id": 0, "kind": "1"}).status_code == 422
    assert rider.post(mine, {"id": noted[0].id, "kind": "6"}).status_code == 302
    assert "答复以前不算" in rider.get(mine).content.decode()
    assert "我到了，没扫上" in cadre.get("/desk/no-shows/").content.decode()
    assert cadre.post(desk, {"do": "answer", "outcome": "yes", "answer": ""}).status_code == 422
    assert town.cast.client("cadre_of_next_county").get(desk).status_code == 404
    answer = {"do": "answer", "outcome": "yes", "answer": "看了监控，人在"}
    assert town.cast.client("auditor").get(desk).status_code == 200
    assert town.cast.client("auditor").post(desk, answer).status_code == 403
    assert cadre.post(desk, answer).status_code == 302
    assert "看了监控，人在" in rider.get(mine).content.decode()
    second = f"/desk/no-shows/{noted[1].id}/"
    assert cadre.post(second, {"do": "take_back", "reason": "错"}).status_code == 422
    assert cadre.post(second, {"do": "take_back", "reason": "那天没有开门"}).status_code == 302
    for browser, path in ((rider, mine), (cadre, desk), (cadre, "/desk/no-shows/")):
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(path).status_code == 200
        assert len(caught) <= MOST_QUERIES, (path, len(caught))
