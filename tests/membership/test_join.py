"""Asking to join, online and by one click."""

from datetime import date

from nuanxin.membership.models import JoinApplication, MemberFlow
from nuanxin.membership.states import FlowKind, JoinState, ReceiptKind
from nuanxin.people.models import Consent, Engagement, Worker
from nuanxin.records.models import Event
from tests.membership.cast import Cast, ask_to_join


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
