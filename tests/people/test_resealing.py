"""The drill of a change of the data key: afterwards everything opens without the old one."""

import pytest

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Forbidden
from nuanxin.people import states
from nuanxin.people.actions import correct_worker, read_in_clear, reseal_batch, reseal_everything
from nuanxin.people.models import Worker
from tests.people.conftest import NOW, OFFICER, number, phone, register

pytestmark = pytest.mark.django_db

OLD, NEW = b"1" * 32, b"2" * 32
NUMBER_COLUMN = states.sealed_columns[0]


@pytest.fixture
def keys():
    """Return a function that puts data keys in force; the run's own come back at the end."""
    before = sealing._keys

    def use(algorithm=sealing.AES_256_GCM, **data_keys):
        numbered = {int(name[1:]): key for name, key in data_keys.items()}
        sealing.configure(sealing.SealingKeys(b"l" * 32, numbered, algorithm))

    yield use
    sealing.configure(before)


def clear(worker_id, field="identity"):
    return read_in_clear(
        worker_id=worker_id, field=field, purpose="演练核对", actor=SYSTEM, now=NOW
    )


def test_after_the_drill_the_old_key_is_not_needed(keys):
    keys(k1=OLD)
    people = [register(serial) for serial in range(1, 6)]
    keys(k1=OLD, k2=NEW)
    assert reseal_everything(actor=SYSTEM) == 10
    assert reseal_everything(actor=SYSTEM) == 0
    keys(k2=NEW)
    assert [clear(one) for one in people] == [number(n) for n in range(1, 6)]
    assert clear(people[0], "phone") == phone(1)


def test_before_the_drill_it_is(keys):
    keys(k1=OLD)
    worker = register(1)
    keys(k2=NEW)
    with pytest.raises(Exception, match=r"people\.sealed_unreadable"):
        clear(worker)
    keys(k1=OLD, k2=NEW)
    assert clear(worker) == number(1)


def test_it_goes_batch_by_batch_and_can_be_taken_up_again(keys):
    keys(k1=OLD)
    for serial in range(1, 6):
        register(serial)
    keys(k1=OLD, k2=NEW)
    first = reseal_batch(column=NUMBER_COLUMN, actor=SYSTEM, limit=2)
    assert first.resealed == 2
    assert reseal_everything(actor=SYSTEM) == 8


def test_a_value_that_was_corrected_meanwhile_is_left_alone(keys, monkeypatch):
    keys(k1=OLD)
    worker = register(1)
    keys(k1=OLD, k2=NEW)
    unseal = sealing.unseal

    def correct_meanwhile(*arguments):
        correct_worker(worker_id=worker, identity=number(7), actor=SYSTEM, now=NOW)
        return unseal(*arguments)

    monkeypatch.setattr(sealing, "unseal", correct_meanwhile)
    assert reseal_batch(column=NUMBER_COLUMN, actor=SYSTEM).resealed == 0
    monkeypatch.undo()
    assert clear(worker) == number(7)


def test_the_other_cipher_opens_what_the_first_one_sealed(keys):
    keys(k1=OLD)
    worker = register(1)
    keys(algorithm=sealing.SM4_GCM, k1=OLD, k2=NEW)
    assert clear(worker) == number(1)
    assert reseal_everything(actor=SYSTEM) == 2
    assert bytes(Worker.objects.get(id=worker).identity_sealed)[0] == sealing.SM4_GCM
    assert clear(worker) == number(1)


def test_an_officer_changes_no_keys(keys):
    with pytest.raises(Forbidden):
        reseal_batch(column=NUMBER_COLUMN, actor=OFFICER)
    assert reseal_batch(column=NUMBER_COLUMN, actor=SYSTEM).resealed == 0
