"""Sending: claimed once, tried again, left alone when silent, and forgotten in the end."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM
from nuanxin.notices.actions import deliver_waiting, delivery, forget_old, send_sms
from nuanxin.notices.models import Message
from nuanxin.notices.states import CONTENT_NOT_KEPT
from nuanxin.people import queries as people
from nuanxin.people.actions import erase_worker, fetch_my_data
from tests.notices.conftest import NOON
from tests.people.conftest import himself, phone, register
from tests.records.committed import at_once

CODE = {"code": "402196", "minutes": 5}
SENT: list[tuple[int, str, str]] = []
ANSWERS: list[Exception] = []


def provider(message):
    """Stand in for a provider: keeps what it got, raises what it was told to."""
    if ANSWERS:
        raise ANSWERS.pop(0)
    SENT.append((message.id, message.open_phone(), message.body))


@pytest.fixture
def gateway(settings):
    settings.SMS_GATEWAY = "tests.notices.test_delivery.provider"
    SENT.clear()
    ANSWERS.clear()


def send(serial=1, now=NOON, template="membership.approved", **more):
    values = CODE if template == "access.code" else {"union": "城西外卖工会"}
    return send_sms(phone=phone(serial), template=template, values=values, now=now, **more)


@pytest.mark.django_db
def test_the_provider_gets_number_and_text(gateway):
    first = send()
    assert deliver_waiting(now=NOON) == 1
    ((number, sent_to, body),) = SENT
    assert (number, sent_to) == (first, phone(1))
    assert "城西外卖工会" in body


@pytest.mark.django_db
def test_a_code_is_not_kept_once_a_provider_has_it(gateway):
    code, other = send(template="access.code", quiet_ok=True), send()
    deliver_waiting(now=NOON)
    assert Message.objects.get(id=code).body == CONTENT_NOT_KEPT
    assert "城西外卖工会" in Message.objects.get(id=other).body
    assert "402196" in SENT[0][2]


@pytest.mark.django_db
def test_what_is_urgent_gets_a_job_in_the_same_transaction(gateway):
    def jobs():
        with connection.cursor() as db:
            db.execute(
                "SELECT args->>'message_id' FROM procrastinate_jobs"
                " WHERE task_name = 'notices.deliver_one' ORDER BY id"
            )
            return [int(row[0]) for row in db.fetchall()]

    before = jobs()
    sent = send(template="access.code", quiet_ok=True)
    assert jobs() == [*before, sent]
    with transaction.atomic():
        send(template="access.code", quiet_ok=True)
        transaction.set_rollback(True)
    assert jobs() == [*before, sent]


@pytest.mark.django_db
def test_a_failure_is_tried_again_after_the_waits_of_the_parameter(gateway):
    message_id = send()
    moment = NOON
    for wait in (60, 300, 1800, 7200):
        ANSWERS.append(TimeoutError())
        delivery._breaker.forget()
        assert deliver_waiting(now=moment) == 1
        message = Message.objects.get(id=message_id)
        assert message.not_before == moment + timedelta(seconds=wait)
        assert deliver_waiting(now=message.not_before - timedelta(seconds=1)) == 0
        moment = message.not_before
    assert deliver_waiting(now=moment) == 1
    message.refresh_from_db()
    assert (message.sent_at, message.tries) == (moment, 5)


@pytest.mark.django_db
def test_a_silent_gateway_is_left_alone_for_a_while(gateway):
    for serial in range(1, 9):
        send(serial)
    ANSWERS.extend(TimeoutError() for _ in range(8))
    deliver_waiting(now=NOON)
    assert len(ANSWERS) == 3  # five were tried, then nobody asked any more
    assert Message.objects.filter(tries=0).count() == 3
    assert deliver_waiting(now=NOON + timedelta(seconds=59)) == 0
    ANSWERS.clear()
    assert deliver_waiting(now=NOON + timedelta(seconds=60)) == 8


@pytest.mark.django_db
def test_the_failure_names_its_kind_and_no_number(gateway):
    message_id = send()
    ANSWERS.append(ValueError(f"bad number {phone(1)}"))
    deliver_waiting(now=NOON)
    assert Message.objects.get(id=message_id).failure == "ValueError"


@pytest.mark.django_db
def test_a_claimed_message_is_left_to_its_claimant_until_the_lease_is_over(gateway):
    send()
    delivery._claim(NOON, None)  # and then the process dies
    assert deliver_waiting(now=NOON + timedelta(seconds=119)) == 0
    assert deliver_waiting(now=NOON + delivery.LEASE) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_shown", [True, False])
def test_the_console_shows_codes_in_a_demonstration_only(settings, caplog, is_shown):
    settings.IS_DEMONSTRATION = is_shown
    with caplog.at_level("INFO", "nuanxin.notices"):
        send(template="access.code", quiet_ok=True)
        deliver_waiting(now=NOON)
    assert ("402196" in caplog.text) is is_shown
    assert "139****0001" in caplog.text
    assert phone(1) not in caplog.text


@pytest.mark.slow
def test_eight_workers_send_each_message_once(committed, gateway):
    expected = {send(serial) for serial in range(1, 41)}
    start = threading.Barrier(8)

    def work():
        start.wait()
        return deliver_waiting(now=NOON)

    taken = at_once([work] * 8)
    assert sum(taken) == 40
    assert sorted(number for number, _, _ in SENT) == sorted(expected)


@pytest.mark.slow
def test_no_row_is_locked_while_the_provider_thinks(committed, gateway, monkeypatch):
    message_id = send()
    locked = []

    def look(message):
        def probe():
            with transaction.atomic(), connection.cursor() as db:
                db.execute(
                    "SELECT 1 FROM notices_message WHERE id = %s FOR UPDATE NOWAIT", [message_id]
                )

        locked.extend(at_once([probe]))

    monkeypatch.setattr(delivery, "_gateway", lambda: look)
    assert deliver_waiting(now=NOON) == 1
    assert locked == [None]


# ── Forgetting ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_messages_are_forgotten_after_their_days_and_codes_after_a_day():
    code = send(template="access.code", quiet_ok=True)
    text = send()
    deliver_waiting(now=NOON)
    waiting = send(now=NOON + timedelta(hours=12))
    assert forget_old(now=NOON + timedelta(hours=24)) == 0
    assert forget_old(now=NOON + timedelta(hours=25)) == 1
    assert Message.objects.get(id=code).body == CONTENT_NOT_KEPT
    assert "城西" in Message.objects.get(id=text).body
    assert forget_old(now=NOON + timedelta(days=91)) == 2
    assert list(Message.objects.values_list("id", flat=True)) == [waiting]


@pytest.mark.django_db
def test_who_is_erased_is_erased_here_too():
    mine, other = register(1, actor=SYSTEM), register(2, actor=SYSTEM)
    send(1, worker_id=mine)
    send(1)  # by number alone
    kept = send(2, worker_id=other)
    data = fetch_my_data(worker_id=mine, actor=himself(mine), now=NOON)
    (section,) = (part for part in data["sections"] if part["key"] == "messages")
    assert len(section["rows"]) == 1
    outcome = erase_worker(worker_id=mine, actor=himself(mine), now=NOON)
    assert "短信和站内通知" in outcome.erased
    assert list(Message.objects.values_list("id", flat=True)) == [kept]
    assert people.get_worker(other).name
