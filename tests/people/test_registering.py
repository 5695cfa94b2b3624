"""Registering: one living record per number, however it is written and however many ask."""

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection

from nuanxin.kernel import sealing
from nuanxin.kernel.errors import Malformed
from nuanxin.people import rules
from nuanxin.people.actions import find_or_register_worker, merge_workers
from nuanxin.people.models import Worker
from nuanxin.people.queries import find_worker_by_identity, find_workers_by_phone, get_worker
from nuanxin.people.states import Assurance
from nuanxin.records.models import Event
from tests.people.conftest import COUNTY_CADRE, NOW, OFFICER, himself, number, phone, register

pytestmark = pytest.mark.django_db


def ask(**changes):
    values = {
        "name": "叶小明",
        "identity": number(1),
        "phone": phone(1),
        "assurance": Assurance.STATED_BY_ROSTER,
    }
    return find_or_register_worker(**(values | changes), actor=OFFICER, now=NOW)


def test_a_new_person_is_registered_with_what_the_number_tells():
    registered = ask(identity="330106 1990 0307 001" + number(1)[-1].lower())
    row = get_worker(registered.worker_id)
    assert registered.is_new
    assert (row.name, row.name_key, row.sex_label) == ("叶小明", "ye xiao ming", "男")
    assert row.birth_on.isoformat() == "1990-03-07"
    assert row.masked_identity == f"3301**********{number(1)[-4:]}"
    assert row.masked_phone == "139****0001"


def test_it_takes_one_statement(django_assert_num_queries):
    with django_assert_num_queries(3):  # with the savepoint of the surrounding test
        ask()


@pytest.mark.parametrize(
    "identity",
    [
        number(1).lower(),
        f" {number(1)[:6]}-{number(1)[6:]} ",
        "".join(chr(ord(c) + 0xFEE0) for c in number(1)),
        number(1)[:6] + number(1)[8:17],  # the form of 15 digits
    ],
)
def test_the_same_number_written_otherwise_is_the_same_person(identity):
    first = ask()
    again = ask(identity=identity)
    assert again.worker_id == first.worker_id
    assert (again.is_new, again.is_same_name, again.is_same_phone) == (False, True, True)


def test_only_the_first_registration_is_an_event():
    ask()
    ask()
    assert Event.objects.filter(kind="people.worker_registered").count() == 1


def test_the_number_under_another_name_is_told_and_changes_nothing():
    first = ask()
    again = ask(name="王大力", phone=phone(2), assurance=Assurance.SEEN_ON_SITE)
    assert again.worker_id == first.worker_id
    assert (again.is_same_name, again.is_same_phone) == (False, False)
    row = get_worker(first.worker_id)
    assert (row.name, row.masked_phone, row.assurance) == (
        "叶小明",
        "139****0001",
        Assurance.STATED_BY_ROSTER,
    )


def test_a_record_without_phone_takes_the_phone_that_comes_with_its_own_name():
    first = ask(phone=None)
    assert not ask(name="王大力").is_same_phone
    assert ask().is_same_phone
    assert get_worker(first.worker_id).masked_phone == "139****0001"


def test_another_phone_never_replaces_the_known_one():
    first = ask()
    assert not ask(phone=phone(9)).is_same_phone
    assert get_worker(first.worker_id).masked_phone == "139****0001"


@pytest.mark.parametrize("same_name", [True, False])
@pytest.mark.parametrize("same_phone", [True, False])
@pytest.mark.parametrize("given", list(Assurance))
def test_assurance_rises_as_the_rule_says(same_name, same_phone, given):
    first = ask()
    ask(
        name="叶小明" if same_name else "王大力",
        phone=phone(1 if same_phone else 2),
        assurance=given,
    )
    raised = rules.raises_assurance(given=given, is_same_name=same_name, is_same_phone=same_phone)
    expected = given if raised else Assurance.STATED_BY_ROSTER
    assert get_worker(first.worker_id).assurance == expected


def test_without_a_number_the_person_is_found_by_phone_and_name():
    first = ask(identity=None)
    assert first.is_new
    assert ask(identity=None).worker_id == first.worker_id
    assert ask(identity=None, name="叶小明的爱人").is_new


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name.missing"),
        ({"identity": number(1)[:17] + "A"}, "identity.characters"),
        ({"identity": "110105194912310021"}, "identity.check_digit"),
        ({"identity": "3.30106E+17"}, "identity.damaged"),
        ({"phone": "12345"}, "phone.length"),
        ({"identity": None, "phone": None}, "people.nothing_to_find_by"),
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(changes, code):
    with pytest.raises(Malformed) as refused:
        ask(**changes)
    assert refused.value.code == code
    assert number(1)[:17] not in str(refused.value)
    assert Worker.objects.count() == 0


def test_nothing_readable_is_stored():
    ask()
    with connection.cursor() as db:
        db.execute("SELECT row_to_json(w)::text FROM people_worker w")
        stored = db.fetchone()[0]
    assert number(1) not in stored
    assert phone(1) not in stored
    assert number(1).encode().hex() not in stored


def test_a_sealed_number_copied_to_another_row_does_not_open():
    mine, other = register(1), register(2, name="王大力")
    sealed = bytes(Worker.objects.get(id=mine).identity_sealed)
    bound = Worker.objects.get(id=other).identity_hash
    with pytest.raises(InvalidTag):
        sealing.unseal("identity", sealed, bound)
    assert sealing.unseal("identity", sealed, Worker.objects.get(id=mine).identity_hash) == number(
        1
    )


def test_a_number_on_a_merged_record_leads_to_the_record_it_was_merged_into(stands_below):
    kept, folded = stands_below(register(1)), stands_below(register(2))
    merge_workers(kept_id=kept, folded_id=folded, choices={}, actor=COUNTY_CADRE, now=NOW)
    again = ask(identity=number(2))
    assert (again.worker_id, again.is_new) == (kept, False)


def test_but_its_true_owner_under_another_name_gets_a_record_of_his_own(stands_below):
    kept, folded = stands_below(register(1)), stands_below(register(2))
    merge_workers(kept_id=kept, folded_id=folded, choices={}, actor=COUNTY_CADRE, now=NOW)
    owner = ask(identity=number(2), name="王大力")
    assert owner.is_new
    assert owner.worker_id not in (kept, folded)


def test_a_person_is_found_by_number_and_by_phone():
    mine = register(1)
    second = register(2, phone=phone(1), name="叶小明的爱人")
    assert find_worker_by_identity(number(1)) == mine
    assert find_worker_by_identity(number(3)) is None
    assert find_workers_by_phone("+86 " + phone(1)) == [mine, second]


def test_the_log_does_not_name_who_registers_himself():
    register(1, actor=himself(7))
    assert Event.objects.get().actor_name == "本人"
