"""Messages: written with the transaction, sent after it, once, and not at night."""

import pytest
from django.db import transaction

from nuanxin.kernel import clock
from nuanxin.notices.actions import deliver_waiting, send_sms
from nuanxin.notices.actions.texts import fill_in
from nuanxin.notices.models import Message

pytestmark = pytest.mark.django_db
from tests.notices.conftest import NIGHT, NOON  # noqa: E402

CODE = {"code": "402196", "minutes": 5}


def send(now=NOON, **more):
    return send_sms(phone="138 0000 6027", template="access.code", values=CODE, now=now, **more)


def test_a_message_leaves_only_when_the_transaction_has_committed(
    django_capture_on_commit_callbacks,
):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        message = Message.objects.get(id=send())
        assert message.sent_at is None
    message.refresh_from_db()
    assert message.sent_at == NOON
    assert "402196" in message.body
    assert message.phone_hint == "1386027"


def test_at_night_a_message_waits_for_the_morning_but_a_code_does_not():
    waiting, code = send(NIGHT), send(NIGHT, quiet_ok=True)
    assert deliver_waiting(now=NIGHT) == 1
    assert Message.objects.get(id=code).sent_at == NIGHT
    morning = Message.objects.get(id=waiting).not_before
    assert morning.astimezone(clock.SHANGHAI).isoformat() == "2026-11-24T08:30:00+08:00"
    assert deliver_waiting(now=morning) == 1


def test_nothing_is_sent_twice():
    send()
    assert deliver_waiting(now=NOON) == 1
    assert deliver_waiting(now=NOON) == 0


def refuse(message):
    raise ConnectionError("the provider is away")


def test_a_gateway_that_fails_is_tried_again_later_and_then_given_up(settings):
    settings.SMS_GATEWAY = "tests.notices.test_messages.refuse"
    message = Message.objects.get(id=send())
    for _ in range(5):
        message.refresh_from_db()
        deliver_waiting(now=message.not_before or NOON)
    message.refresh_from_db()
    assert (message.tries, message.failure) == (5, "ConnectionError")
    assert message.failed_at is not None


def test_values_are_filled_in_literally():
    text = fill_in("access.code", {"code": "{minutes}{x.__class__}", "minutes": 5})
    assert "{minutes}{x.__class__}" in text
    with pytest.raises(LookupError):
        fill_in("../../settings", {})
