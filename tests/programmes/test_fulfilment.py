"""Sessions, bookings, scans and attendance: each person once, nothing forgotten, nothing changed silently."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.membership.queries.card import get_card
from nuanxin.people.models import Contact
from nuanxin.programmes.actions import attending, gates
from nuanxin.programmes.actions.checking_in import ScanSent, take_scans
from nuanxin.programmes.actions.claims import apply_for_place, withdraw_from_offer
from nuanxin.programmes.actions.sessions import (
    SessionDraft,
    ask_excuse,
    choose_session,
    create_session,
    place_people,
)
from nuanxin.programmes.models import Attendance, Booking, Scan, Session
from nuanxin.programmes.queries.attendance import Counted, count_attended, standing_of
from nuanxin.programmes.rules.attendance import Attended, Excuse, ScanOutcome
from nuanxin.programmes.rules.booking_codes import (
    ALPHABET,
    BOOKING_LENGTH,
    read_code,
    shown_code,
    with_check_sign,
)
from nuanxin.programmes.states import Way

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
signs = st.integers(0, 31 ** (BOOKING_LENGTH - 1) - 1).map(
    lambda number: [number // 31**at % 31 for at in range(BOOKING_LENGTH - 1)]
)


@given(signs)
def test_a_code_reads_back_however_it_is_typed(drawn):
    code = with_check_sign(drawn)
    assert read_code(code) == read_code(f" {shown_code(code).lower()} ") == code


@given(signs, st.integers(0, BOOKING_LENGTH - 1), st.integers(1, 30))
def test_one_wrong_sign_is_noticed(drawn, at, by):
    code = with_check_sign(drawn)
    wrong = ALPHABET[(ALPHABET.index(code[at]) + by) % 31]
    assert read_code(code[:at] + wrong + code[at + 1 :]) == ""


@given(signs, st.integers(0, BOOKING_LENGTH - 2))
def test_two_neighbours_changed_over_are_noticed(drawn, at):
    code = with_check_sign(drawn)
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert read_code(swapped) == ("" if swapped != code else code)


database = pytest.mark.django_db


class Day:
    """An offer with a session in five days, members with places, and somebody at the door."""

    def __init__(self, town, *, people=3, capacity=10, **more):
        self.town, self.cast = town, town.cast
        self.now, self.cadre = town.cast.now, town.cast.county_cadre
        self.offer = town.offer(places=people)
        self.starts_at = day_start(business_day(self.now) + 5 * DAY) + 9 * HOUR
        self.session = self.add("上午场", capacity=capacity, **more)
        self.members = town.riders(people)
        for member in self.members:
            apply_for_place(code=self.offer.code, actor=member, now=self.now)

    def add(self, title, *, capacity=10, after=timedelta(0), **more):
        starts_at = self.starts_at + after
        draft = SessionDraft(
            title, "拱宸体检中心", starts_at, starts_at + 2 * HOUR, capacity, **more
        )
        return create_session(offer_id=self.offer.id, draft=draft, actor=self.cadre, now=self.now)

    def place(self):
        return place_people(offer_id=self.offer.id, actor=self.cadre, now=self.now)

    def booking(self, number=0, session=None):
        return Booking.objects.get(
            session=session or self.session,
            application__worker_id=self.members[number].worker_id,
            ended_at=None,
        )

    def gate(self, session=None, **more):
        return gates.open_gate(
            session_id=(session or self.session).id, label="体检中心前台",
            shows_names=more.pop("shows_names", False), actor=self.cadre, now=self.now,
        )  # fmt: skip

    def scan(self, gate, number=0, *, at=None, now=None, client=None, code=None):
        at = at or self.starts_at
        sent = ScanSent(client or uuid4(), at, code or self.booking(number).code)
        return take_scans(gate_id=gate.gate_id, device="手机", scans=[sent], now=now or at)[
            sent.client_id
        ]

    def stands(self, number=0):
        found = standing_of([self.booking(number).id])
        return next(iter(found.values())).kind if found else None


@pytest.fixture
def day(town):
    return Day(town)


@database
@pytest.mark.slow
def test_people_with_a_place_are_put_into_sessions_while_there_is_room(town):
    day = Day(town, people=3, capacity=2)
    assert day.place() == 2
    assert day.place() == 0
    second = day.add("下午场", after=4 * HOUR)
    assert day.place() == 1
    assert [Session.objects.get(id=one.id).booked for one in (day.session, second)] == [2, 1]
    codes = Booking.objects.values_list("code", flat=True)
    assert len({read_code(code) for code in codes} - {""}) == 3


@database
@pytest.mark.slow
def test_who_has_a_slot_goes_to_the_session_of_his_hour(town):
    now = town.cast.now
    early, late = now + 20 * DAY, now + 20 * DAY + 5 * HOUR
    offer = town.offer(Way.SLOT, places=2, slots=(early, late), definition="physical_training")
    (member,) = town.riders(1)
    apply_for_place(code=offer.code, actor=member, now=now, slot_at=late)
    made = [
        create_session(offer_id=offer.id, actor=town.cast.county_cadre, now=now,
                       draft=SessionDraft("场", "操场", at, at + HOUR, 5))
        for at in (early, late)
    ]  # fmt: skip
    assert place_people(offer_id=offer.id, actor=town.cast.county_cadre, now=now) == 1
    assert Booking.objects.get().session_id == made[1].id


@database
@pytest.mark.slow
def test_the_evenings_of_a_class_belong_together(day):
    day.add("第二晚", after=DAY, series=day.session.series)
    assert day.place() == 3
    assert Booking.objects.count() == 6


@database
@pytest.mark.slow
def test_a_person_changes_his_session_himself_until_the_stated_hour(day):
    day.place()
    other = day.add("下午场", after=4 * HOUR)
    choose_session(session_id=other.id, actor=day.members[0], now=day.now)
    assert day.booking(0, other).code
    day.session.refresh_from_db()
    assert day.session.booked == 2
    with pytest.raises(Conflict) as refused:
        choose_session(session_id=day.session.id, actor=day.members[0], now=other.change_until)
    assert refused.value.code == "programmes.too_late_to_change"


@database
@pytest.mark.slow
def test_a_full_session_takes_nobody_and_the_database_says_so_too(day):
    full = day.add("晚场", after=8 * HOUR, capacity=1)
    choose_session(session_id=full.id, actor=day.members[0], now=day.now)
    with pytest.raises(Conflict) as refused:
        choose_session(session_id=full.id, actor=day.members[1], now=day.now)
    assert refused.value.code == "programmes.session_full"
    with pytest.raises(IntegrityError, match="session_not_overbooked"), transaction.atomic():
        Booking.objects.create(
            session=full, application_id=10**9, series=full.series, code="22222222", made_at=day.now
        )


@database
@pytest.mark.slow
def test_somebody_without_a_place_has_no_session(day):
    (stranger,) = day.town.riders(1)
    with pytest.raises(NotFound):
        choose_session(session_id=day.session.id, actor=stranger, now=day.now)


@database
@pytest.mark.slow
def test_who_gives_his_place_back_has_no_booking_and_frees_the_room(day):
    day.place()
    withdraw_from_offer(code=day.offer.code, actor=day.members[0], now=day.now)
    day.session.refresh_from_db()
    assert day.session.booked == 2


@database
@pytest.mark.slow
def test_after_the_stated_hour_a_place_is_not_given_back_but_excused(day):
    day.place()
    late = day.session.change_until
    with pytest.raises(Conflict) as refused:
        withdraw_from_offer(code=day.offer.code, actor=day.members[0], now=late)
    assert refused.value.code == "programmes.too_late_to_change"
    ask_excuse(booking_id=day.booking().id, reason=Excuse.ILL, actor=day.members[0], now=late)
    attending.decide_excuse(booking_id=day.booking().id, is_granted=True, actor=day.cadre, now=late)
    attending.close_session(session_id=day.session.id, actor=day.cadre, now=day.session.ends_at)
    assert [day.stands(n) for n in range(3)] == [Attended.EXCUSED, Attended.ABSENT, Attended.ABSENT]


@database
@pytest.mark.slow
def test_whoever_comes_is_present_late_or_absent_and_is_served_once(day):
    day.place()
    gate = day.gate()
    assert day.scan(gate, 0) is ScanOutcome.TAKEN
    assert day.scan(gate, 1, at=day.starts_at + HOUR) is ScanOutcome.TAKEN
    attending.close_session(session_id=day.session.id, actor=day.cadre, now=day.session.ends_at)
    assert [day.stands(n) for n in range(3)] == [Attended.PRESENT, Attended.LATE, Attended.ABSENT]
    assert count_attended(day.offer.id) == Counted(2, 2)
    assert Contact.objects.filter(kind=52, times=1).count() == 2


@database
@pytest.mark.slow
def test_persons_and_person_times_are_apart(day):
    second = day.add("第二晚", after=DAY, series=day.session.series)
    day.place()
    one, two = day.gate(), day.gate(second)
    for number in (0, 1):
        day.scan(one, number)
    later = day.starts_at + DAY
    sent = ScanSent(uuid4(), later, day.booking(0, second).code)
    take_scans(gate_id=two.gate_id, device="手机", scans=[sent], now=later)
    assert count_attended(day.offer.id) == Counted(2, 3)
    assert count_attended(day.offer.id, known_at=day.starts_at) == Counted(2, 2)


@database
@pytest.mark.slow
def test_a_scan_is_kept_once_however_often_it_is_sent(day):
    day.place()
    gate, client = day.gate(), uuid4()
    first = day.scan(gate, client=client)
    assert [day.scan(gate, client=client), day.scan(gate, client=client)] == [first, first]
    assert (Scan.objects.count(), Attendance.objects.count()) == (1, 1)


@database
@pytest.mark.slow
def test_two_devices_see_one_person_and_the_earlier_time_counts(day):
    day.place()
    here, there = day.gate(), day.gate()
    evening = day.starts_at + 3 * HOUR
    day.scan(here, at=day.starts_at + HOUR, now=evening)
    assert day.stands() is Attended.LATE
    assert day.scan(there, at=day.starts_at, now=evening) is ScanOutcome.EARLIER
    assert day.stands() is Attended.PRESENT
    assert day.scan(here, at=day.starts_at + 2 * HOUR, now=evening) is ScanOutcome.AGAIN
    assert count_attended(day.offer.id) == Counted(1, 1)
    assert sorted(Scan.objects.values_list("outcome", flat=True)) == [1, 2, 3]
    assert sum(Contact.objects.filter(kind=52).values_list("times", flat=True)) == 1


@database
@pytest.mark.slow
def test_scans_of_one_go_are_judged_in_their_order(day):
    day.place()
    code, gate = day.booking().code, day.gate()
    late = ScanSent(uuid4(), day.starts_at + HOUR, code)
    early = ScanSent(uuid4(), day.starts_at, code)
    said = take_scans(
        gate_id=gate.gate_id, device="", scans=[late, early], now=day.starts_at + 2 * HOUR
    )
    assert said == {early.client_id: ScanOutcome.TAKEN, late.client_id: ScanOutcome.AGAIN}
    assert day.stands() is Attended.PRESENT


@database
@pytest.mark.slow
def test_a_scan_after_the_cancellation_is_refused_with_a_trace_one_before_it_counts(day):
    day.place()
    code, gate = day.booking().code, day.gate()
    Booking.objects.filter(code=code).update(ended_at=day.starts_at + HOUR)
    assert day.scan(gate, at=day.starts_at + HOUR, code=code) is ScanOutcome.CANCELLED
    assert Attendance.objects.count() == 0
    assert Scan.objects.get().booking.code == code
    assert day.scan(gate, at=day.starts_at, code=code) is ScanOutcome.TAKEN


@database
@pytest.mark.slow
def test_an_offline_scan_that_comes_after_the_closing_takes_the_absence_back(day):
    day.place()
    gate, after = day.gate(), day.session.ends_at + HOUR
    attending.close_session(session_id=day.session.id, actor=day.cadre, now=day.session.ends_at)
    assert day.stands() is Attended.ABSENT
    assert day.scan(gate, at=day.starts_at, now=after) is ScanOutcome.TAKEN
    assert day.stands() is Attended.PRESENT
    assert list(Attendance.objects.order_by("id").filter(booking=day.booking()).values_list("kind", "times")) == [
        (3, 1), (3, -1), (1, 1)
    ]  # fmt: skip


@database
@pytest.mark.slow
def test_an_officers_word_stands_against_a_scan(day):
    day.place()
    gate = day.gate()
    day.scan(gate)
    attending.correct_attendance(
        booking_id=day.booking().id, kind=Attended.ABSENT, reason="替别人扫的码", actor=day.cadre,
        now=day.session.ends_at,
    )  # fmt: skip
    assert day.scan(gate, now=day.session.ends_at) is ScanOutcome.SETTLED
    assert day.stands() is Attended.ABSENT
    assert count_attended(day.offer.id) == Counted(0, 0)
    assert sum(Contact.objects.filter(kind=52).values_list("times", flat=True)) == 0
    assert count_attended(day.offer.id, known_at=day.starts_at) == Counted(1, 1)


@database
@pytest.mark.slow
def test_a_correction_needs_a_reason_and_somebody_who_may(day):
    day.place()
    booking_id, now = day.booking().id, day.session.ends_at
    with pytest.raises(Malformed):
        attending.correct_attendance(
            booking_id=booking_id, kind=Attended.PRESENT, reason="", actor=day.cadre, now=now
        )
    with pytest.raises(NotFound):
        attending.correct_attendance(
            booking_id=booking_id, kind=Attended.PRESENT, reason="本人在场",
            actor=day.cast.cadre_of_next_county, now=now,
        )  # fmt: skip


@database
@pytest.mark.slow
def test_attendance_is_never_changed_nor_deleted(day):
    day.place()
    day.scan(day.gate())
    for statement in (
        "UPDATE programmes_attendance SET kind = 3",
        "DELETE FROM programmes_attendance",
        "DELETE FROM programmes_scan",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@database
@pytest.mark.slow
def test_a_code_of_another_session_or_of_nobody_is_not_on_the_list(day):
    day.place()
    other = day.add("下午场", after=4 * HOUR)
    gate = day.gate(other)
    at = day.starts_at + 4 * HOUR
    assert day.scan(gate, at=at, code=day.booking().code) is ScanOutcome.UNKNOWN
    assert day.scan(gate, at=at, code="ABCD") is ScanOutcome.UNKNOWN


@database
@pytest.mark.slow
def test_a_scan_of_another_day_does_not_count(day):
    day.place()
    assert day.scan(day.gate(), at=day.starts_at - DAY) is ScanOutcome.OTHER_DAY


@database
@pytest.mark.slow
def test_a_device_whose_clock_runs_ahead_counts_as_now(day):
    day.place()
    day.scan(day.gate(), at=day.starts_at + HOUR, now=day.starts_at)
    assert day.stands() is Attended.PRESENT


@database
@pytest.mark.slow
def test_the_member_card_is_taken_while_its_code_is_fresh(day):
    day.place()
    member = day.members[0]
    token, gate = get_card(actor=member, now=day.starts_at).token, day.gate()
    fresh = ScanSent(uuid4(), day.starts_at, card=token)
    aged = ScanSent(uuid4(), day.starts_at + HOUR, card=token)
    said = take_scans(
        gate_id=gate.gate_id, device="", scans=[fresh, aged], now=day.starts_at + 2 * HOUR
    )
    assert said == {fresh.client_id: ScanOutcome.TAKEN, aged.client_id: ScanOutcome.BAD_CARD}
    assert day.stands() is Attended.PRESENT


@database
@pytest.mark.slow
def test_a_gate_opens_with_link_and_pin_on_its_days_and_closes_after_wrong_ones(day):
    gate = day.gate()
    enter = gates.enter_gate
    assert enter(link=gate.link, pin=gate.pin, now=day.starts_at) == gate.gate_id
    with pytest.raises(NotFound):
        enter(link="nothing", pin=gate.pin, now=day.starts_at)
    for moment in (day.starts_at - 3 * DAY, day.starts_at + 3 * DAY):
        with pytest.raises(Forbidden):
            enter(link=gate.link, pin=gate.pin, now=moment)
    wrong = "000000" if gate.pin != "000000" else "111111"
    for _ in range(gates.MOST_WRONG_TRIES):
        with pytest.raises(Forbidden):
            enter(link=gate.link, pin=wrong, now=day.starts_at)
    with pytest.raises(Forbidden) as refused:
        enter(link=gate.link, pin=gate.pin, now=day.starts_at)
    assert refused.value.code == "programmes.gate_closed"


@database
@pytest.mark.slow
def test_what_ended_a_day_ago_closes_by_itself(day):
    day.place()
    assert attending.close_ended_sessions(now=day.session.ends_at + HOUR) == 0
    assert attending.close_ended_sessions(now=day.session.ends_at + 25 * HOUR) == 1
    assert day.stands() is Attended.ABSENT
