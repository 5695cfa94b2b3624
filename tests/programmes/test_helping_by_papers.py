"""Acting for somebody by his identity card: seen by two, one answer for strangers, owned to or taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, TooMany
from nuanxin.membership.models import Membership
from nuanxin.notices.models import Message, Notice
from nuanxin.people.models import Worker
from nuanxin.programmes.actions import helping_by_papers as papers
from nuanxin.programmes.actions.claims import withdraw_from_offer
from nuanxin.programmes.models import HelpAct, HelpSession
from nuanxin.programmes.states import ClaimState, HelpConsent, HelpKind
from nuanxin.records.models import Event
from tests.people.conftest import number as identity
from tests.programmes.test_helping import Hall

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NUMBER, STRANGE = identity(123), identity(777)


class Counter(Hall):
    """A rider without card and phone, his identity card, an officer and a second one."""

    def __init__(self, town):
        super().__init__(town)
        self.witness = town.cast.county_cadre
        Worker.objects.filter(id=self.rider.worker_id).update(
            identity_hash=sealing.lookup_hash("identity", NUMBER)
        )
        self.name = Worker.objects.get(id=self.rider.worker_id).name

    def begin(self, *, name=None, number=NUMBER, helper=None):
        return papers.begin_by_papers(
            name=name or self.name, number=number, actor=helper or self.officer, now=self.now
        )

    def see(self, session, *, number=NUMBER, witness=None, now=None):
        papers.witness_papers(
            session_id=session.id, number=number, actor=witness or self.witness,
            now=now or self.now,
        )  # fmt: skip
        session.refresh_from_db()
        return session

    def helped(self):
        """Return an application by papers, and its offer."""
        offer = self.town.offer()
        return self.do(self.see(self.begin()), HelpKind.APPLY, offer.code), offer

    def own(self, act, *, actor=None, now=None):
        papers.confirm_help(act_id=act.id, actor=actor or self.rider, now=now or self.now)


@pytest.fixture
def counter(town):
    return Counter(town)


def test_seen_by_two_it_opens_and_the_worker_is_told_at_once_by_whom(counter):
    session = counter.begin()
    assert session.opened_at is None
    with pytest.raises(NotFound):
        counter.do(session, HelpKind.APPLY, counter.town.offer().code)
    assert not Notice.objects.filter(kind="programmes.helped").exists()
    counter.see(session)
    assert HelpConsent(session.consent) is HelpConsent.PAPERS
    told = Notice.objects.get(worker_id=counter.rider.worker_id, kind="programmes.helped")
    assert counter.officer.name in told.body
    assert counter.witness.name in told.body
    assert Message.objects.get(template="programmes.helped_by_papers")
    events = Event.objects.filter(kind="programmes.help_witnessed")
    assert events.get().actor_account == counter.witness.account_id
    assert counter.do(session, HelpKind.APPLY, counter.town.offer().code).receipt


@pytest.mark.parametrize("whose", ["nobody", "another name", "another union"])
def test_a_stranger_begins_and_fails_alike_whether_he_is_registered_or_not(counter, whose):
    name, number = None, NUMBER
    if whose == "nobody":
        number = STRANGE
    elif whose == "another name":
        name = "王小明"
    else:
        Membership.objects.filter(worker_id=counter.rider.worker_id).update(
            union=counter.cast.unions["carers"]
        )
    session = counter.begin(name=name, number=number)
    assert session.worker_id is None
    with pytest.raises(Malformed) as caught:
        counter.see(session, number=number)
    with pytest.raises(Malformed) as of_nobody:
        counter.see(HelpSession(id=10**15), number=STRANGE)
    assert (caught.value.code, caught.value.message) == (
        of_nobody.value.code, of_nobody.value.message,
    )  # fmt: skip
    assert not Notice.objects.exists()
    assert not Message.objects.exists()


def test_the_helper_is_not_his_own_witness_and_the_witness_reads_the_number_himself(counter):
    session = counter.begin()
    for wrong in ({"witness": counter.officer}, {"number": STRANGE}, {"number": "x"}):
        with pytest.raises(Malformed, match=r"help\.witness"):
            counter.see(session, **wrong)
    with pytest.raises(Malformed, match=r"help\.witness"):
        counter.see(session, witness=counter.cast.cadre_of_next_county)
    with pytest.raises(Forbidden):
        counter.see(session, witness=counter.cast.finance)
    assert counter.see(session).opened_at


def test_the_database_alone_refuses_a_session_by_papers_with_one_pair_of_eyes(counter):
    session = counter.begin()
    with pytest.raises(IntegrityError, match="papers_are_seen_by_two"), transaction.atomic():
        HelpSession.objects.filter(id=session.id).update(
            opened_at=counter.now, witness_account=counter.officer.account_id,
            witness_key=counter.officer.person_key,
        )  # fmt: skip


def test_neither_numbers_nor_witnessing_can_be_tried_out(counter):
    for _ in range(6):
        counter.begin(number=STRANGE)
    with pytest.raises(TooMany):
        counter.begin(number=STRANGE)
    for _ in range(6):
        with pytest.raises(Malformed):
            counter.see(HelpSession(id=10**15), number=STRANGE)
    with pytest.raises(TooMany):
        counter.see(HelpSession(id=10**15), number=STRANGE)


def test_by_papers_nothing_is_taken_from_him_and_nothing_said_for_him(counter):
    act, offer = counter.helped()
    session = act.session
    for kind, target in (
        (HelpKind.WITHDRAW, offer.code), (HelpKind.STATE, "programmes.local_months"),
        (HelpKind.DESK_CANCEL, "1"), (HelpKind.CHILD, offer.code), (HelpKind.ASK, "1"),
    ):  # fmt: skip
        with pytest.raises(Conflict, match="needs_himself"):
            counter.do(session, kind, target, value=3)
    with pytest.raises(Conflict, match="needs_himself"):
        counter.do(session, HelpKind.DESK_BOOK, "1", other=1)
    assert HelpAct.objects.count() == 1


def test_what_he_owns_to_stays(counter):
    act, offer = counter.helped()
    (other,) = counter.town.riders(1)
    with pytest.raises(NotFound):
        counter.own(act, actor=other)
    counter.own(act)
    counter.own(act)
    assert papers.take_back_unconfirmed(now=act.confirm_until) == 0
    assert counter.state(offer.code) is ClaimState.CONFIRMED
    assert Event.objects.filter(kind="programmes.help_confirmed").count() == 1


def test_what_he_does_not_own_to_is_taken_back_when_its_days_are_over(counter):
    act, offer = counter.helped()
    early = act.confirm_until - timedelta(seconds=1)
    assert papers.take_back_unconfirmed(now=early) == 0
    assert counter.state(offer.code) is ClaimState.CONFIRMED
    assert papers.take_back_unconfirmed(now=act.confirm_until) == 1
    assert papers.take_back_unconfirmed(now=act.confirm_until) == 0
    assert counter.state(offer.code) is ClaimState.WITHDRAWN
    with pytest.raises(Conflict, match="undone"):
        counter.own(act)


def test_what_he_gave_up_himself_before_is_left_alone(counter):
    act, offer = counter.helped()
    withdraw_from_offer(code=offer.code, actor=counter.rider, now=counter.now)
    papers.take_back_unconfirmed(now=act.confirm_until)
    assert counter.state(offer.code) is ClaimState.WITHDRAWN


def test_what_was_owned_to_is_not_unsaid(counter):
    act, _ = counter.helped()
    counter.own(act)
    with pytest.raises(IntegrityError, match="not rewritten"), transaction.atomic():
        HelpAct.objects.filter(id=act.id).update(confirmed_at=None)
