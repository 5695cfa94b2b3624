"""That somebody was reached or served is appended once, taken back by its opposite, and kept."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.people.actions import (
    NewContact,
    erase_worker,
    merge_workers,
    record_contacts,
    take_back_contact,
    undo_merge,
    write_down_contact,
)
from nuanxin.people.models import Contact
from nuanxin.people.queries import list_contacts, my_data
from nuanxin.people.states import ContactKind
from nuanxin.records.models import Event
from tests.people.conftest import (
    AUDITOR,
    COUNTY_CADRE,
    LIAISON,
    NOW,
    OFFICER,
    OFFICER_NEXT_DOOR,
    himself,
    register,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
SIGNED_IN, PHONED, CONSULTED = (
    ContactKind.SIGNED_IN,
    ContactKind.PHONED,
    ContactKind.CONSULTED,
)


@pytest.fixture
def worker(stands_below):
    return stands_below(register(1))


def write(worker_id, actor=OFFICER, *, kind=PHONED, day=TODAY, form=1, now=NOW, note=""):
    return write_down_contact(
        worker_id=worker_id,
        kind=kind,
        day=day,
        note=note,
        form_id=UUID(int=form),
        actor=actor,
        now=now,
    )


def times(worker_id):
    return sum(Contact.objects.filter(worker_id=worker_id).values_list("times", flat=True))


def test_many_are_recorded_in_one_statement_and_nothing_twice(
    stands_below, django_assert_num_queries
):
    people = [stands_below(register(serial)) for serial in (1, 2, 3)]
    contacts = [NewContact(one, SIGNED_IN, TODAY) for one in people]
    with django_assert_num_queries(1):
        assert record_contacts(contacts, actor=OFFICER, now=NOW) == 3
    assert record_contacts(contacts, actor=OFFICER, now=NOW) == 0
    day_before = NewContact(people[0], SIGNED_IN, TODAY - timedelta(1))
    assert record_contacts([day_before, *contacts], actor=OFFICER, now=NOW) == 1


def test_nothing_is_recorded_of_a_day_to_come(worker):
    tomorrow = TODAY + timedelta(1)
    with pytest.raises(Malformed) as refused:
        record_contacts([NewContact(worker, SIGNED_IN, tomorrow)], actor=OFFICER, now=NOW)
    assert refused.value.code == "people.contact_in_future"
    with pytest.raises(Malformed) as refused:
        write(worker, day=tomorrow)
    assert refused.value.code == "contact_in_future"


def test_the_day_is_that_of_hangzhou(worker):
    late = NOW.replace(hour=17)  # 01:00 of the 24th in Hangzhou
    assert write(worker, day=TODAY + timedelta(1), now=late)


def test_officers_of_the_subtree_may_write_and_nobody_else(worker):
    assert write(worker, OFFICER, form=1)
    assert write(worker, COUNTY_CADRE, form=2)
    with pytest.raises(NotFound):
        write(worker, OFFICER_NEXT_DOOR, form=3)
    for actor in (AUDITOR, LIAISON, himself(worker)):
        with pytest.raises(Forbidden):
            write(worker, actor, form=3)
    assert times(worker) == 2


def test_nobody_writes_down_that_he_reached_himself(worker):
    officer = himself(worker)
    own = type(officer)(worker_id=worker, name="周敏", grants=OFFICER.grants)
    with pytest.raises(Forbidden) as refused:
        write(worker, own)
    assert refused.value.code == "people.own_record"


def test_the_same_form_sent_twice_counts_once_and_another_one_again(worker):
    assert write(worker, kind=CONSULTED)
    assert not write(worker, kind=CONSULTED)
    assert write(worker, kind=CONSULTED, form=2)
    assert times(worker) == 2
    assert Event.objects.filter(kind="people.contact_recorded").count() == 2


def test_what_the_system_knows_is_not_written_by_hand(worker):
    with pytest.raises(Malformed) as refused:
        write(worker, kind=SIGNED_IN)
    assert refused.value.code == "people.contact_kind"


def test_a_year_back_is_the_furthest(worker):
    assert write(worker, day=TODAY - timedelta(366))
    with pytest.raises(Malformed) as refused:
        write(worker, day=TODAY - timedelta(367), form=2)
    assert refused.value.code == "contact_too_old"


def test_it_is_taken_back_on_the_same_day_once_and_can_be_said_again(worker):
    write(worker)
    (row,) = list_contacts(worker_id=worker, actor=OFFICER, now=NOW)
    assert row.may_take_back
    with pytest.raises(NotFound):
        take_back_contact(contact_id=row.id, worker_id=worker, actor=OFFICER_NEXT_DOOR, now=NOW)
    take_back_contact(contact_id=row.id, worker_id=worker, actor=OFFICER, now=NOW)
    assert times(worker) == 0
    assert Contact.objects.count() == 2
    assert list_contacts(worker_id=worker, actor=OFFICER, now=NOW) == []
    with pytest.raises(Conflict) as refused:
        take_back_contact(contact_id=row.id, worker_id=worker, actor=OFFICER, now=NOW)
    assert refused.value.code == "people.contact_taken_back"
    assert write(worker, form=2)
    assert times(worker) == 1


def test_from_the_next_day_on_it_stands(worker):
    write(worker)
    (row,) = list_contacts(worker_id=worker, actor=OFFICER, now=NOW + timedelta(days=1))
    assert not row.may_take_back
    with pytest.raises(Conflict) as refused:
        take_back_contact(
            contact_id=row.id, worker_id=worker, actor=OFFICER, now=NOW + timedelta(days=1)
        )
    assert refused.value.code == "people.contact_stands"


def test_what_was_said_is_for_those_who_may_write_and_for_himself(worker):
    write(worker, note="说了体检的事")
    assert list_contacts(worker_id=worker, actor=OFFICER, now=NOW)[0].note == "说了体检的事"
    assert list_contacts(worker_id=worker, actor=AUDITOR, now=NOW)[0].note == ""
    own = {part["key"]: part["rows"] for part in my_data(worker)["sections"]}["contacts"]
    assert own[0]["kind"] == "打电话联系上"
    assert own[0]["note"] == "说了体检的事"


@pytest.mark.owner  # a web process does not even get as far as the trigger
def test_rows_are_appended_only(worker):
    write(worker, note="说了体检的事")
    for change in ("UPDATE people_contact SET times = 2", "DELETE FROM people_contact"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_erasing_takes_the_note_and_leaves_the_fact(worker):
    write(worker, note="说了体检的事")
    erase_worker(worker_id=worker, actor=himself(worker), now=NOW)
    contact = Contact.objects.get()
    assert (contact.note, contact.times) == ("", 1)
    assert record_contacts([NewContact(worker, SIGNED_IN, TODAY)], actor=OFFICER, now=NOW) == 0


def test_a_merge_moves_contacts_and_undoing_it_moves_them_back(stands_below):
    kept, folded = stands_below(register(1)), stands_below(register(2, name="叶晓明"))
    for one in (kept, folded):
        record_contacts([NewContact(one, SIGNED_IN, TODAY)], actor=himself(one), now=NOW)
    write(folded, form=5)
    merge = merge_workers(kept_id=kept, folded_id=folded, choices={}, actor=OFFICER, now=NOW)
    kinds = Contact.objects.filter(worker_id=kept).values_list("kind", flat=True)
    assert sorted(kinds) == [SIGNED_IN, PHONED], "one signing in, and the call"
    record_contacts([NewContact(folded, CONSULTED, TODAY)], actor=OFFICER, now=NOW)
    assert Contact.objects.filter(worker_id=kept, kind=CONSULTED).exists(), "he is the kept one now"
    undo_merge(merge_id=merge, actor=OFFICER, now=NOW)
    assert Contact.objects.filter(worker_id=folded).count() == 2
