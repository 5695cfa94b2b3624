"""Acting for a worker with sessions, slots, children's places and desks of stations, and the undo."""

from datetime import timedelta

import pytest

from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.notices.models import Message, Notice
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.sessions import SessionDraft, choose_session, create_session
from nuanxin.programmes.models import Application, Booking, CampClass, CampPlace, HelpAct
from nuanxin.programmes.states import ClaimState, HelpKind, Way
from nuanxin.records.models import Event
from nuanxin.stations.actions import serving
from nuanxin.stations.models import ServiceBooking
from nuanxin.stations.queries.services import slots_of
from nuanxin.stations.states.services import BookingState, ServiceKind
from tests.programmes.camp_town import CampTown
from tests.programmes.test_helping import Hall
from tests.stations.conftest import Street

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HOUR = timedelta(hours=1)


@pytest.fixture
def hall(town):
    return Hall(town)


# ---- sessions and slots -------------------------------------------------------------------------


class Clinic:
    """An offer with a morning and an evening session, in which the rider has a place."""

    def __init__(self, hall, **more):
        self.hall, now = hall, hall.now
        self.offer = hall.town.offer(**more)
        self.morning, self.evening = (
            create_session(
                offer_id=self.offer.id, actor=hall.cast.county_cadre, now=now,
                draft=SessionDraft(name, "拱宸体检中心", at, at + HOUR, 1),
            )
            for name, at in (("早上", now + 72 * HOUR), ("晚上", now + 80 * HOUR))
        )  # fmt: skip
        apply_for_place(code=self.offer.code, actor=hall.rider, now=now)

    def going_to(self):
        held = Booking.objects.filter(
            application__worker_id=self.hall.rider.worker_id, ended_at=None
        )
        return held.values_list("session_id", flat=True).first()


@pytest.fixture
def clinic(hall):
    return Clinic(hall)


def test_a_session_is_chosen_with_a_receipt_and_left_again_by_undo(hall, clinic):
    act = hall.do(hall.by_card(), HelpKind.SESSION, str(clinic.morning.id))
    assert clinic.going_to() == clinic.morning.id
    assert act.receipt in Notice.objects.get(kind="programmes.helped").body
    assert Event.objects.get(kind="programmes.helped").data["kind"] == "session"
    assert "名额还在" in hall.undo(act).undone_said
    assert clinic.going_to() is None
    assert hall.state(clinic.offer.code) is ClaimState.CONFIRMED


def test_a_change_of_session_is_undone_by_going_back(hall, clinic):
    choose_session(session_id=clinic.morning.id, actor=hall.rider, now=hall.now)
    session = hall.by_card()
    act = hall.do(session, HelpKind.SESSION, str(clinic.evening.id))
    assert clinic.going_to() == clinic.evening.id
    with pytest.raises(Conflict, match="repeat"):
        hall.do(session, HelpKind.SESSION, str(clinic.evening.id))
    hall.undo(act)
    assert clinic.going_to() == clinic.morning.id


def test_where_the_first_session_is_full_by_now_nothing_is_undone(hall, clinic):
    choose_session(session_id=clinic.morning.id, actor=hall.rider, now=hall.now)
    act = hall.do(hall.by_card(), HelpKind.SESSION, str(clinic.evening.id))
    (other,) = hall.town.riders(1)
    apply_for_place(code=clinic.offer.code, actor=other, now=hall.now)
    choose_session(session_id=clinic.morning.id, actor=other, now=hall.now)
    with pytest.raises(Conflict) as caught:
        hall.undo(act)
    assert caught.value.code == "programmes.session_full"
    act.refresh_from_db()
    assert act.undone_at is None
    assert clinic.going_to() == clinic.evening.id


def test_undo_leaves_alone_where_the_worker_went_himself_afterwards(hall, clinic):
    act = hall.do(hall.by_card(), HelpKind.SESSION, str(clinic.morning.id))
    choose_session(session_id=clinic.evening.id, actor=hall.rider, now=hall.now)
    assert "先前已经换过" in hall.undo(act).undone_said
    assert clinic.going_to() == clinic.evening.id


def test_without_a_place_no_session_is_chosen_for_anybody(hall, clinic):
    (stranger,) = hall.town.riders(1)
    with pytest.raises(NotFound):
        hall.do(hall.by_card(rider=stranger), HelpKind.SESSION, str(clinic.morning.id))
    assert not HelpAct.objects.exists()


def test_a_slot_is_booked_for_him_and_a_withdrawal_undone_comes_back_to_it(hall):
    early, late = hall.now + 72 * HOUR, hall.now + 73 * HOUR
    offer = hall.town.offer(Way.SLOT, places=2, slots=(early, late))
    session = hall.by_card()
    with pytest.raises(Malformed):
        hall.do(session, HelpKind.APPLY, offer.code)
    hall.do(session, HelpKind.APPLY, offer.code, slot_at=late)
    held = Application.objects.get(offer=offer)
    assert held.seat.slot_at == late
    act = hall.do(session, HelpKind.WITHDRAW, offer.code)
    hall.undo(act)
    again = Application.objects.get(offer=offer, state=ClaimState.CONFIRMED)
    assert again.seat.slot_at == late


# ---- camps --------------------------------------------------------------------------------------


class Family:
    """The rider's child, and a camp."""

    def __init__(self, hall):
        self.hall, self.camps = hall, CampTown(hall.town)
        self.camp = self.camps.camp(sizes=(1,))
        self.child = self.camps.child(hall.rider)
        self.room = CampClass.objects.get(camp=self.camp)

    def put_down(self, session, *, child=None, accepts=True):
        return self.hall.do(
            session, HelpKind.CHILD, self.camp.offer.code, value=(child or self.child).id,
            other=self.room.id, values={"accepts": accepts},
        )  # fmt: skip


@pytest.fixture
def family(hall):
    return Family(hall)


def test_a_child_is_put_down_when_the_guardian_agrees_at_the_desk_and_taken_back_by_undo(
    hall, family
):
    session = hall.by_card()
    with pytest.raises(Malformed) as caught:
        family.put_down(session, accepts=False)
    assert caught.value.code == "programmes.camp_papers"
    act = family.put_down(session)
    place = CampPlace.objects.get()
    assert (place.worker_id, place.state) == (hall.rider.worker_id, ClaimState.CONFIRMED)
    assert "小禾" not in act.said
    hall.undo(act)
    place.refresh_from_db()
    assert place.state == ClaimState.WITHDRAWN


def test_somebody_elses_child_is_not_there_for_a_helper(hall, family):
    (other,) = hall.town.riders(1)
    child = family.camps.child(other, name="王小苗")
    with pytest.raises(NotFound):
        family.put_down(hall.by_card(), child=child)
    assert not CampPlace.objects.exists()


def test_a_childs_place_given_back_by_the_helper_is_asked_for_again_by_undo(hall, family):
    family.camps.ask(hall.rider, family.camp, family.child)
    place = CampPlace.objects.get()
    act = hall.do(hall.by_card(), HelpKind.CHILD_WITHDRAW, str(place.id))
    assert "重新报上了" in hall.undo(act).undone_said
    assert CampPlace.objects.get(state=ClaimState.CONFIRMED).child_id == family.child.id


# ---- desks of stations --------------------------------------------------------------------------


class Desk:
    """A legal desk at a station, an hour a slot, one seat."""

    def __init__(self, hall):
        self.hall = hall
        self.station = Street(hall.cast).station(union="town")
        self.service = serving.open_service(
            code=self.station.code, kind=ServiceKind.LEGAL, hours="Mo-Su 00:00-24:00",
            slot_minutes=60, seats=1, server_hint="王律师", is_remote=False,
            actor=hall.cast.county_cadre, now=hall.now,
        )  # fmt: skip

    def slot(self, number):
        return slots_of(self.service, now=self.hall.now)[number][0]

    def book(self, number=5, *, topic="pay", instead=None, actor=None):
        if actor is not None:
            return serving.book_service(
                service_id=self.service.id, starts_at=self.slot(number), topic=topic, actor=actor,
                now=self.hall.now,
            )  # fmt: skip
        return self.hall.do(
            self.hall.by_card(), HelpKind.DESK_BOOK, str(self.service.id),
            slot_at=self.slot(number), topic=topic, other=instead,
        )  # fmt: skip

    def standing(self):
        rows = ServiceBooking.objects.filter(state=BookingState.BOOKED)
        return [(row.worker_id, row.starts_at, row.topic) for row in rows]


@pytest.fixture
def desk(hall):
    return Desk(hall)


def test_a_desk_is_booked_for_him_and_nothing_tells_what_for(hall, desk):
    act = desk.book()
    mine = hall.rider.worker_id
    assert desk.standing() == [(mine, desk.slot(5), "pay")]
    told = Notice.objects.get(kind="programmes.helped").body
    text = Message.objects.get(template="programmes.helped").body
    for said in (act.said, told, text, str(Event.objects.get(kind="programmes.helped").data)):
        assert "法律" not in said
        assert "pay" not in said
    assert desk.station.name in told
    hall.undo(act)
    assert desk.standing() == []


def test_a_desk_that_is_taken_is_refused_to_the_helper_as_to_anybody(hall, desk):
    (other,) = hall.town.riders(1)
    desk.book(actor=other)
    with pytest.raises(Conflict) as caught:
        desk.book()
    assert caught.value.code == "stations.slot_taken"
    assert not HelpAct.objects.exists()


def test_a_change_at_the_desk_is_undone_by_the_first_time_with_the_first_topic(hall, desk):
    first = desk.book(actor=hall.rider, topic="injury")
    act = desk.book(8, topic="other", instead=first.id)
    mine = hall.rider.worker_id
    assert desk.standing() == [(mine, desk.slot(8), "other")]
    hall.undo(act)
    assert desk.standing() == [(mine, desk.slot(5), "injury")]


def test_when_the_first_time_went_to_somebody_else_the_change_stays(hall, desk):
    first = desk.book(actor=hall.rider)
    act = desk.book(8, instead=first.id)
    (other,) = hall.town.riders(1)
    desk.book(actor=other)
    with pytest.raises(Conflict):
        hall.undo(act)
    act.refresh_from_db()
    assert act.undone_at is None
    assert (hall.rider.worker_id, desk.slot(8), "pay") in desk.standing()


def test_a_cancelled_booking_is_made_again_by_undo_and_others_are_not_cancelled(hall, desk):
    mine = desk.book(actor=hall.rider)
    (other,) = hall.town.riders(1)
    theirs = desk.book(7, actor=other)
    session = hall.by_card()
    with pytest.raises(NotFound):
        hall.do(session, HelpKind.DESK_CANCEL, str(theirs.id))
    act = hall.do(session, HelpKind.DESK_CANCEL, str(mine.id))
    assert desk.standing() == [(other.worker_id, desk.slot(7), "pay")]
    hall.undo(act)
    assert (hall.rider.worker_id, desk.slot(5), "pay") in desk.standing()
