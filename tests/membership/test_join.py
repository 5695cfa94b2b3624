"""Asking to join, online and by one click."""

from datetime import date

import pytest

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.actions import join
from nuanxin.membership.actions.confirm import ConsentGiven
from nuanxin.membership.models import JoinApplication, MemberFlow
from nuanxin.membership.rules.doubts import Doubt
from nuanxin.membership.rules.review import DueDays
from nuanxin.membership.states import FlowKind, JoinState, ReceiptKind
from nuanxin.orgs.models import Coverage, Employer
from nuanxin.people.models import Consent, DuplicateCandidate, Engagement, Worker
from nuanxin.people.states import Assurance, ConsentPurpose
from nuanxin.records.models import Event
from tests.membership.cast import (
    Cast,
    ask_to_join,
    identity_of,
    make_invitation,
    make_member,
    make_union,
    make_worker,
    phone_of,
)
from tests.membership.conftest import at_once


def test_somebody_new_gets_a_card_a_day_and_somebody_to_call(cast: Cast) -> None:
    cast.riders.contact_phone = "0571-12345678"
    cast.riders.save()
    receipt = ask_to_join(cast.riders)
    assert receipt.kind is ReceiptKind.NEW
    assert receipt.due_on == date(2026, 12, 7)
    assert len(receipt.number) == 12
    assert receipt.call_phone == "0571-12345678"
    application = JoinApplication.objects.get(id=receipt.application_id)
    assert application.state == JoinState.SUBMITTED
    assert application.doubts == 0


def test_one_request_leaves_one_of_everything(cast: Cast) -> None:
    receipt = ask_to_join(cast.riders)
    worker = Worker.objects.get()
    assert worker.id == receipt.worker_id
    assert Engagement.objects.filter(worker=worker).count() == 1
    assert Consent.objects.filter(worker=worker).count() == 2
    assert MemberFlow.objects.get().kind == FlowKind.APPLIED
    assert Event.objects.get().kind == "membership.applied"


def test_the_same_person_again_is_told_kindly(cast: Cast) -> None:
    me = {"identity": identity_of(), "phone": phone_of()}
    first = ask_to_join(cast.riders, **me)
    again = ask_to_join(cast.street, **me)
    assert again.kind is ReceiptKind.ALREADY_APPLIED
    assert again.number == first.number
    assert again.where is not None
    assert again.where.name == cast.riders.name
    assert JoinApplication.objects.count() == 1


def test_a_member_elsewhere_is_offered_a_transfer(cast: Cast) -> None:
    identity, phone = identity_of(), phone_of()
    make_member(cast.yuhang_joint, make_worker(identity=identity, phone=phone))
    receipt = ask_to_join(cast.riders, identity=identity, phone=phone)
    assert receipt.kind is ReceiptKind.ALREADY_MEMBER
    assert receipt.can_transfer
    assert cast.yuhang_joint.name in receipt.message
    assert JoinApplication.objects.count() == 0


def test_a_member_here_needs_no_transfer(cast: Cast) -> None:
    identity, phone = identity_of(), phone_of()
    make_member(cast.riders, make_worker(identity=identity, phone=phone))
    receipt = ask_to_join(cast.riders, identity=identity, phone=phone)
    assert receipt.kind is ReceiptKind.ALREADY_MEMBER
    assert not receipt.can_transfer


@pytest.mark.parametrize(
    ("birth", "woman", "kind"),
    [
        (date(2010, 11, 24), False, ReceiptKind.UNDERAGE),
        (date(2010, 11, 23), False, ReceiptKind.NEW),
        (date(1963, 5, 1), False, ReceiptKind.RETIRED),
        (date(1971, 8, 1), True, ReceiptKind.NEW),
        (date(1969, 5, 1), True, ReceiptKind.RETIRED),
    ],
)
def test_age_decides_who_may_join(cast: Cast, birth: date, woman: bool, kind: ReceiptKind) -> None:
    receipt = ask_to_join(cast.riders, identity=identity_of(birth, woman=woman))
    assert receipt.kind is kind
    if not receipt.is_taken:
        assert receipt.message
        assert Worker.objects.count() == 0


def test_who_is_near_retirement_is_looked_at(cast: Cast) -> None:
    # Born in June 1966: 60 years and 5 months, reached in November 2026.
    receipt = ask_to_join(cast.riders, identity=identity_of(date(1966, 12, 30)))
    application = JoinApplication.objects.get(id=receipt.application_id)
    assert application.doubts == Doubt.AGE_NEAR_RETIREMENT


def test_the_answer_does_not_tell_whether_a_number_is_registered(cast: Cast) -> None:
    identity = identity_of()
    make_member(cast.yuhang_joint, make_worker("王建国", identity=identity))
    known = ask_to_join(cast.riders, identity=identity)
    unknown = ask_to_join(cast.riders)
    assert known.kind is unknown.kind is ReceiptKind.NEW
    assert known.message == unknown.message
    assert known.due_on == unknown.due_on
    assert [step.what for step in known.steps] == [step.what for step in unknown.steps]


def test_somebody_with_a_new_phone_waits_on_a_record_of_his_own(cast: Cast) -> None:
    identity = identity_of()
    registered = make_worker(identity=identity)
    receipt = ask_to_join(cast.riders, identity=identity, phone="13900001234")
    again = ask_to_join(cast.riders, identity=identity, phone="13900001234")
    assert again.kind is ReceiptKind.ALREADY_APPLIED
    assert again.application_id == receipt.application_id
    own = Worker.objects.exclude(id=registered.id).get()
    assert own.identity_hash is None
    assert DuplicateCandidate.objects.get().signs == ["identity_stated"]
    application = JoinApplication.objects.get()
    assert application.doubts & Doubt.IDENTITY_ON_ANOTHER_RECORD


def test_a_host_that_vouches_needs_no_matching_phone(cast: Cast) -> None:
    identity = identity_of()
    make_member(cast.riders, make_worker(identity=identity))
    receipt = ask_to_join(cast.riders, identity=identity, assurance=Assurance.HOST_VERIFIED)
    assert receipt.kind is ReceiptKind.ALREADY_MEMBER


def test_a_request_confirms_the_invitation_it_meets(cast: Cast) -> None:
    identity, phone = identity_of(), phone_of()
    worker = make_worker(identity=identity, phone=phone, assurance=1)
    invitation = make_invitation(cast.riders, worker)
    receipt = ask_to_join(cast.riders, identity=identity, phone=phone)
    assert receipt.kind is ReceiptKind.CONFIRMED
    invitation.refresh_from_db()
    assert invitation.state == JoinState.SUBMITTED
    assert invitation.expires_on is None


def test_ones_own_request_goes_before_an_invitation_elsewhere(cast: Cast) -> None:
    identity, phone = identity_of(), phone_of()
    invitation = make_invitation(
        cast.enterprise, make_worker(identity=identity, phone=phone, assurance=1)
    )
    receipt = ask_to_join(cast.riders, identity=identity, phone=phone)
    assert receipt.kind is ReceiptKind.NEW
    invitation.refresh_from_db()
    assert invitation.state == JoinState.DECLINED


def test_the_code_of_a_merged_union_leads_to_its_successor(cast: Cast) -> None:
    between = make_union(
        "中间的工会",
        cast.gongshu,
        state="merged",
        ended_on=date(2025, 1, 1),
        merged_into=cast.riders,
    )
    old = make_union(
        "旧站点工会", cast.gongshu, state="merged", ended_on=date(2024, 1, 1), merged_into=between
    )
    receipt = ask_to_join(old)
    assert receipt.kind is ReceiptKind.NEW
    assert JoinApplication.objects.get().union_id == cast.riders.id


def test_a_dissolved_union_names_those_that_take_anybody(cast: Cast) -> None:
    gone = make_union("撤了的工会", cast.gongshu, state="dissolved", ended_on=date(2025, 1, 1))
    receipt = ask_to_join(gone)
    assert receipt.kind is ReceiptKind.UNION_CLOSED
    assert receipt.instead[0].name == cast.street.name


def test_a_federation_takes_nobody_itself(cast: Cast) -> None:
    receipt = ask_to_join(cast.gongshu)
    assert receipt.kind is ReceiptKind.UNION_NOT_TAKING
    assert receipt.instead


def test_an_unknown_code_is_no_dead_end(cast: Cast) -> None:
    receipt = ask_to_join(cast.riders, union_code="NO-SUCH", work_adcode=330105)
    assert receipt.kind is ReceiptKind.UNION_UNKNOWN
    assert receipt.instead


def test_doubts_say_what_was_seen(cast: Cast) -> None:
    identity, phone = identity_of(), phone_of()
    make_worker("王建国", identity=identity, phone=phone)
    make_worker("王小妹", phone=phone)
    receipt = ask_to_join(cast.riders, identity=identity, phone=phone)
    application = JoinApplication.objects.get(id=receipt.application_id)
    assert application.doubts == Doubt.NAME_DIFFERS_FROM_RECORD | Doubt.PHONE_REUSED


def test_several_from_one_phone_are_looked_at(cast: Cast) -> None:
    phone = phone_of()
    last = [ask_to_join(cast.riders, phone=phone) for _ in range(4)][-1]
    application = JoinApplication.objects.get(id=last.application_id)
    assert application.doubts == Doubt.PHONE_REUSED | Doubt.MANY_FROM_ONE_PHONE


def test_an_employer_with_a_union_of_its_own_is_looked_at(cast: Cast) -> None:
    firm = Employer.objects.create(name="浙北迅达速运有限公司")
    Coverage.objects.create(union=cast.enterprise, employer=firm, valid_from=date(2021, 3, 20))
    elsewhere = ask_to_join(cast.riders, place_stated=firm.name)
    there = ask_to_join(cast.enterprise, place_stated=firm.name)
    doubts = dict(JoinApplication.objects.values_list("id", "doubts"))
    assert doubts[elsewhere.application_id] == Doubt.EMPLOYER_ELSEWHERE
    assert doubts[there.application_id] == 0


def test_both_consents_are_needed(cast: Cast) -> None:
    with pytest.raises(Malformed) as refused:
        ask_to_join(cast.riders, consents=[ConsentGiven(ConsentPurpose.JOINING)])
    assert refused.value.code == "membership.consent_missing"
    assert Worker.objects.count() == 0


def test_a_place_with_its_own_term_gets_its_own_day(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr(
        join,
        "due_days",
        lambda day: DueDays(date(2026, 12, 7), False, '{"330105": "2026-12-14"}'),
    )
    assert ask_to_join(cast.riders).due_on == date(2026, 12, 14)
    assert ask_to_join(cast.yuhang_joint).due_on == date(2026, 12, 7)


@pytest.mark.slow
def test_thirty_two_at_once_make_one_application(racing_cast: Cast) -> None:
    me = {"identity": identity_of(), "phone": phone_of()}
    answers = at_once(32, lambda _: ask_to_join(racing_cast.riders, **me))
    kinds = [answer.kind for answer in answers]
    assert kinds.count(ReceiptKind.NEW) == 1
    assert kinds.count(ReceiptKind.ALREADY_APPLIED) == 31
    assert Worker.objects.count() == 1
    assert JoinApplication.objects.count() == 1
    assert MemberFlow.objects.count() == 1
    assert Event.objects.count() == 1


@pytest.mark.slow
def test_thirty_two_with_a_registered_number_make_one_record(racing_cast: Cast) -> None:
    identity = identity_of()
    make_worker(identity=identity)
    me = {"identity": identity, "phone": phone_of()}
    answers = at_once(32, lambda _: ask_to_join(racing_cast.riders, **me))
    kinds = [answer.kind for answer in answers]
    assert kinds.count(ReceiptKind.NEW) == 1
    assert kinds.count(ReceiptKind.ALREADY_APPLIED) == 31
    assert Worker.objects.count() == 2


def test_a_request_is_one_round_trip_and_two_when_somebody_was_quicker(cast: Cast) -> None:
    ask_to_join(cast.riders)
    asked: list[str] = []
    real = join._run
    join._run = lambda statement, values: asked.append(statement) or real(statement, values)
    try:
        ask_to_join(cast.riders)
    finally:
        join._run = real
    assert len(asked) == 1
