"""What happens when many ask at the same moment: real connections, real commits."""

import threading

import pytest
from django.db import connection, transaction

from nuanxin.kernel.errors import Unavailable
from nuanxin.people.actions import find_or_register_worker, read_in_clear
from nuanxin.people.models import Worker
from nuanxin.people.queries import list_readings_of
from nuanxin.people.states import Assurance
from nuanxin.records.models import Event
from tests.people.conftest import NOW, OFFICER, himself, number, phone, register
from tests.records.committed import at_once

pytestmark = pytest.mark.slow


def ask_at_once(count, **changes):
    start = threading.Barrier(count)
    values = {
        "name": "叶小明",
        "identity": number(1),
        "phone": phone(1),
        "assurance": Assurance.STATED_BY_ROSTER,
    } | changes

    def one():
        start.wait()
        return find_or_register_worker(**values, actor=OFFICER, now=NOW)

    return at_once([one] * count)


def test_thirty_two_with_one_number_make_one_person(committed):
    answers = ask_at_once(32)
    assert len({answer.worker_id for answer in answers}) == 1
    assert sorted(answer.is_new for answer in answers) == [False] * 31 + [True]
    assert Worker.objects.count() == 1
    assert Event.objects.filter(kind="people.worker_registered").count() == 1


def test_sixteen_without_a_number_make_one_person(committed):
    answers = ask_at_once(16, identity=None)
    assert len({answer.worker_id for answer in answers}) == 1
    assert Worker.objects.count() == 1


def test_a_reading_stays_in_the_log_when_the_transaction_around_it_is_undone(committed):
    worker = register(1)
    with transaction.atomic():
        shown = read_in_clear(
            worker_id=worker, field="phone", purpose="联系本人", actor=himself(worker), now=NOW
        )
        transaction.set_rollback(True)
    assert shown == phone(1)
    assert [row.purpose for row in list_readings_of(worker)] == ["联系本人"]


def test_the_row_is_committed_before_anything_is_decrypted(committed, monkeypatch):
    worker = register(1)
    seen_elsewhere = []

    def unseal(*_):
        seen_elsewhere.append(at_once([lambda: len(list_readings_of(worker))])[0])
        return "clear"

    monkeypatch.setattr("nuanxin.people.actions.reading.sealing.unseal", unseal)
    for surrounded in (False, True):
        if surrounded:
            with transaction.atomic():
                read(worker)
        else:
            read(worker)
    assert seen_elsewhere == [1, 2]


def test_if_the_log_cannot_be_written_nothing_is_shown(committed):
    worker = register(1)
    with connection.cursor() as db:
        db.execute("ALTER TABLE records_reading ADD CONSTRAINT disk_full CHECK (false) NOT VALID")
    try:
        with pytest.raises(Unavailable, match=r"people\.reading_not_logged"):
            read(worker)
    finally:
        with connection.cursor() as db:
            db.execute("ALTER TABLE records_reading DROP CONSTRAINT disk_full")
    assert read(worker) == phone(1)


def read(worker):
    return read_in_clear(
        worker_id=worker, field="phone", purpose="联系本人", actor=himself(worker), now=NOW
    )
