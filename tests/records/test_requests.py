"""Requests that come twice have one effect and one answer."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.records.actions import Answer, append_event, forget_old_requests, run_once
from nuanxin.records.models import Event, IdempotentRequest
from tests.records.committed import at_once
from tests.records.conftest import NOW, OFFICER

BODY = b'{"name": "x"}'


def do_once(body=BODY, key="k-1", client="token-1", work=None):
    return run_once(client=client, key=key, body=body, now=NOW, work=work or join)


def join():
    number = append_event("a.b", actor=OFFICER, at=NOW, subject_type="worker", subject_id=1)
    return Answer(201, {"event": number})


@pytest.mark.django_db
def test_the_same_key_and_body_have_one_effect_and_one_answer():
    first, second = do_once(), do_once()
    assert (first.status, first.body) == (second.status, second.body)
    assert (first.is_replay, second.is_replay) == (False, True)
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_a_conflict():
    do_once()
    with pytest.raises(Conflict) as refused:
        do_once(body=b"{}")
    assert refused.value.code == "idempotency.other_body"
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_two_clients_do_not_meet():
    assert not do_once(client="token-1").is_replay
    assert not do_once(client="token-2").is_replay


@pytest.mark.django_db
def test_work_that_fails_leaves_nothing_and_may_be_tried_again():
    def fail():
        join()
        raise Conflict("membership.full", "满了。")

    with pytest.raises(Conflict, match=r"membership\.full"):
        do_once(work=fail)
    assert Event.objects.count() == IdempotentRequest.objects.count() == 0
    assert not do_once().is_replay


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "k" * 129, "a\nb"])
def test_a_key_that_cannot_be_kept_is_refused(key):
    with pytest.raises(Malformed, match=r"idempotency\.key"):
        do_once(key=key)


@pytest.mark.django_db
def test_old_keys_are_forgotten_after_the_days_that_the_parameter_gives():
    do_once()
    assert forget_old_requests(NOW + timedelta(hours=72)) == 0
    assert forget_old_requests(NOW + timedelta(hours=72, seconds=1)) == 1
    assert not do_once().is_replay


@pytest.mark.django_db
def test_the_body_itself_is_not_kept():
    do_once(body=b"330106199001010010")
    kept = IdempotentRequest.objects.values_list("body_digest", flat=True).get()
    assert len(bytes(kept)) == 16


@pytest.mark.slow
def test_sixteen_at_once_have_one_effect(committed):
    start = threading.Barrier(16)

    def one():
        start.wait()
        return do_once()

    answers = at_once([one] * 16)
    assert {answer.body["event"] for answer in answers} == {Event.objects.get().id}
    assert sorted(answer.is_replay for answer in answers) == [False] + [True] * 15


@pytest.mark.slow
def test_a_repetition_that_cannot_wait_is_told_that_the_first_still_runs(committed):
    running, finish = threading.Event(), threading.Event()

    def slow_work():
        running.set()
        finish.wait(10)
        return join()

    def impatient():
        running.wait(10)
        with connection.cursor() as db:
            db.execute("SET lock_timeout = 20")
        try:
            return do_once()
        finally:
            finish.set()

    first, second = at_once([lambda: do_once(work=slow_work), impatient])
    assert first.status == 201
    assert isinstance(second, Conflict)
    assert second.code == "idempotency.in_progress"
