"""Acting for a worker: he agrees, a fixed list of acts, a receipt at once, one undo in time."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from nuanxin.access.actions import Origin
from nuanxin.kernel import clock, sealing
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, TooMany
from nuanxin.membership.queries.card import get_card
from nuanxin.notices.models import Message, Notice
from nuanxin.people.models import Worker
from nuanxin.programmes.actions import helping
from nuanxin.programmes.actions.claims import apply_for_place, pass_on_what_expired
from nuanxin.programmes.actions.helping_with_places import Wanted
from nuanxin.programmes.actions.offers import close_offer
from nuanxin.programmes.models import Application, HelpAct, StatedFact
from nuanxin.programmes.states import ClaimState, HelpConsent, HelpKind
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PHONE, LAST = "19922220001", "123X"
ORIGIN = Origin(network="hall")


class Hall:
    """A rider with a card and a phone, and an officer who helps him."""

    def __init__(self, town):
        self.town, self.cast, self.now = town, town.cast, town.cast.now
        self.officer = town.cast.officer_chen
        (self.rider,) = town.riders(1)
        hashed = sealing.lookup_hash("phone", PHONE)
        Worker.objects.filter(id=self.rider.worker_id).update(
            phone_hash=hashed, phone_sealed=sealing.seal("phone", PHONE, hashed),
            phone_hint="1990001", identity_hint="3301123X",
            identity_hash=sealing.lookup_hash("identity", "33010619900101123X"),
            identity_sealed=b"-",
        )  # fmt: skip

    def by_card(self, *, rider=None, helper=None, now=None):
        at = now or self.now
        token = get_card(actor=rider or self.rider, now=at).token
        return helping.begin_by_card(code=token, actor=helper or self.officer, now=at)

    def by_code(self, *, phone=PHONE, last_four=LAST):
        return helping.begin_by_code(
            phone=phone, last_four=last_four, origin=ORIGIN, actor=self.officer, now=self.now
        )

    def do(self, session, kind, target, *, helper=None, now=None, **more):
        return helping.help_with(
            session_id=session.id, wanted=Wanted(kind, target, **more),
            actor=helper or self.officer, now=now or self.now,
        )  # fmt: skip

    def undo(self, act, *, actor=None, now=None):
        return helping.undo_help(act_id=act.id, actor=actor or self.rider, now=now or self.now)

    def state(self, code):
        mine = Application.objects.filter(offer__code=code, worker_id=self.rider.worker_id)
        return ClaimState(mine.latest("id").state)


@pytest.fixture
def hall(town):
    return Hall(town)


def told_code():
    body = Message.objects.filter(template="access.help_code").latest("id").body
    return "".join(c for c in body.split("，")[0] if c.isdigit())


def test_who_shows_the_card_is_helped_and_gets_a_receipt_at_once(hall):
    offer = hall.town.offer()
    act = hall.do(hall.by_card(), HelpKind.APPLY, offer.code)
    assert hall.state(offer.code) is ClaimState.CONFIRMED
    assert act.receipt.startswith("DB")
    assert HelpConsent(act.session.consent) is HelpConsent.CARD
    told = Notice.objects.get(worker_id=hall.rider.worker_id, kind="programmes.helped")
    assert act.receipt in told.body
    assert "陈关河" in told.title
    message = Message.objects.get(template="programmes.helped")
    assert act.receipt in message.body
    event = Event.objects.get(kind="programmes.helped")
    assert event.actor_account == hall.officer.account_id
    assert event.data["worker"] == hall.rider.worker_id


def test_who_reads_the_code_aloud_is_helped(hall):
    session = hall.by_code()
    offer = hall.town.offer()
    with pytest.raises(NotFound):
        hall.do(session, HelpKind.APPLY, offer.code)
    with pytest.raises(Malformed):
        helping.open_by_code(session_id=session.id, code="000000", actor=hall.officer, now=hall.now)
    code = told_code()
    with pytest.raises(NotFound):
        helping.open_by_code(
            session_id=session.id, code=code, actor=hall.cast.station_keeper, now=hall.now
        )
    helping.open_by_code(session_id=session.id, code=code, actor=hall.officer, now=hall.now)
    assert hall.do(session, HelpKind.APPLY, offer.code).receipt


@pytest.mark.parametrize("wrong", [{"last_four": "9999"}, {"phone": "19922229999"}])
def test_who_fits_nobody_is_told_nothing_and_opens_nothing(hall, wrong):
    session = hall.by_code(**wrong)
    assert session.worker_id is None
    assert not Message.objects.exists()
    with pytest.raises(Malformed):
        helping.open_by_code(session_id=session.id, code="123456", actor=hall.officer, now=hall.now)


def test_people_cannot_be_tried_out_one_after_the_other(hall):
    for _ in range(20):
        hall.by_code(last_four="0000")
    with pytest.raises(TooMany):
        hall.by_code(last_four="0000")


def test_a_copy_of_a_card_and_a_text_that_is_none_do_not_do(hall):
    token = get_card(actor=hall.rider, now=hall.now - timedelta(hours=1)).token
    paper = get_card(actor=hall.rider, now=hall.now, is_paper=True).token
    for code in (token, paper, "nothing"):
        with pytest.raises(Malformed, match="card"):
            helping.begin_by_card(code=code, actor=hall.officer, now=hall.now)


def test_only_who_has_the_post_helps_and_nobody_himself(hall):
    for name in ("finance", "auditor", "province_cadre", "rider_ye"):
        with pytest.raises(Forbidden):
            hall.by_card(helper=hall.cast.actor(name))
    assert hall.by_card(helper=hall.cast.station_keeper).opened_at
    account = hall.cast.accounts["officer_chen"]
    account.worker_id = hall.rider.worker_id
    account.save()
    with pytest.raises(Conflict, match="own"):
        hall.by_card()
    account.worker_id, account.phone_hash = None, sealing.lookup_hash("phone", PHONE)
    account.save()
    with pytest.raises(Conflict, match="own"):
        hall.by_card()
    with pytest.raises(Conflict, match="own"):
        hall.by_code()


def test_help_ends_after_minutes_or_when_closed_and_belongs_to_one_helper(hall):
    offer = hall.town.offer()
    session = hall.by_card()
    with pytest.raises(NotFound):
        hall.do(session, HelpKind.APPLY, offer.code, helper=hall.cast.county_cadre)
    with pytest.raises(Conflict, match="over"):
        hall.do(session, HelpKind.APPLY, offer.code, now=hall.now + timedelta(minutes=15))
    helping.close_session(session_id=session.id, actor=hall.officer, now=hall.now)
    with pytest.raises(Conflict, match="over"):
        hall.do(session, HelpKind.APPLY, offer.code)
    assert not Application.objects.exists()


def test_what_the_worker_may_not_the_helper_may_not_for_him(hall):
    session = hall.by_card()
    with pytest.raises(NotFound):
        hall.do(session, HelpKind.APPLY, "nothing")
    with pytest.raises(Malformed):
        hall.do(session, HelpKind.STATE, "programmes.child_age", value=8)
    offer = hall.town.offer()
    close_offer(offer_id=offer.id, actor=hall.cast.county_cadre, now=hall.now)
    with pytest.raises(Conflict):
        hall.do(session, HelpKind.APPLY, offer.code)
    assert not HelpAct.objects.exists()


def test_undo_gives_the_place_back_once(hall):
    offer = hall.town.offer(places=1)
    act = hall.do(hall.by_card(), HelpKind.APPLY, offer.code)
    (other,) = hall.town.riders(1)
    with pytest.raises(NotFound):
        hall.undo(act, actor=other)
    assert "撤回" in hall.undo(act).undone_said
    assert hall.state(offer.code) is ClaimState.WITHDRAWN
    with pytest.raises(Conflict, match="undone"):
        hall.undo(act)
    assert apply_for_place(code=offer.code, actor=other, now=hall.now).state is ClaimState.CONFIRMED
    assert Notice.objects.filter(account_id=hall.officer.account_id).exists()


def test_undo_is_over_after_its_hours(hall):
    act = hall.do(hall.by_card(), HelpKind.APPLY, hall.town.offer().code)
    with pytest.raises(Conflict, match="undo_over"):
        hall.undo(act, now=act.undo_until + timedelta(seconds=1))
    assert hall.undo(act, now=act.undo_until).undone_at


def test_undo_after_the_place_went_to_the_next_says_so_and_takes_nothing(hall):
    offer = hall.town.offer(places=1)
    first, last = hall.town.riders(2)
    apply_for_place(code=offer.code, actor=first, now=hall.now)
    act = hall.do(hall.by_card(), HelpKind.APPLY, offer.code)
    apply_for_place(code=offer.code, actor=last, now=hall.now)
    helping.claims.withdraw_from_offer(code=offer.code, actor=first, now=hall.now)
    assert hall.state(offer.code) is ClaimState.GRANTED
    later = hall.now + timedelta(hours=47)
    Application.objects.filter(state=ClaimState.GRANTED).update(keep_until=later)
    pass_on_what_expired(now=later)
    assert hall.state(offer.code) is ClaimState.EXPIRED
    assert "先前已经结束" in hall.undo(act, now=later).undone_said
    held = Application.objects.get(offer=offer, state=ClaimState.GRANTED)
    assert held.worker_id == last.worker_id


def test_undo_leaves_alone_what_the_worker_asked_for_himself_afterwards(hall):
    offer = hall.town.offer(places=1)
    act = hall.do(hall.by_card(), HelpKind.APPLY, offer.code)
    helping.claims.withdraw_from_offer(code=offer.code, actor=hall.rider, now=hall.now)
    apply_for_place(code=offer.code, actor=hall.rider, now=hall.now)
    assert "先前已经结束" in hall.undo(act).undone_said
    assert hall.state(offer.code) is ClaimState.CONFIRMED


def test_undoing_a_withdrawal_asks_again_at_the_end_of_the_line(hall):
    offer = hall.town.offer(places=1)
    session = hall.by_card()
    apply_for_place(code=offer.code, actor=hall.rider, now=hall.now)
    act = hall.do(session, HelpKind.WITHDRAW, offer.code)
    (other,) = hall.town.riders(1)
    apply_for_place(code=offer.code, actor=other, now=hall.now)
    assert "候补" in hall.undo(act).undone_said
    assert hall.state(offer.code) is ClaimState.WAITING


def test_when_the_regular_action_refuses_nothing_is_undone(hall):
    offer = hall.town.offer(places=1)
    session = hall.by_card()
    apply_for_place(code=offer.code, actor=hall.rider, now=hall.now)
    act = hall.do(session, HelpKind.WITHDRAW, offer.code)
    close_offer(offer_id=offer.id, actor=hall.cast.county_cadre, now=hall.now)
    with pytest.raises(Conflict):
        hall.undo(act)
    act.refresh_from_db()
    assert act.undone_at is None


def test_a_stated_fact_is_undone_by_taking_it_back(hall):
    act = hall.do(hall.by_card(), HelpKind.STATE, "programmes.local_months", value=14)
    fact = StatedFact.objects.get()
    assert (fact.whole, fact.source) == (14, "代办填报")
    hall.undo(act)
    fact.refresh_from_db()
    assert fact.taken_back_at == hall.now


def test_what_was_done_is_not_rewritten(hall):
    act = hall.do(hall.by_card(), HelpKind.STATE, "programmes.local_months", value=14)
    for change in ({"said": "别的"}, {"receipt": "DB0"}, {"undo_until": clock.now()}):
        with pytest.raises(IntegrityError, match="not rewritten"), transaction.atomic():
            HelpAct.objects.filter(id=act.id).update(**change)
