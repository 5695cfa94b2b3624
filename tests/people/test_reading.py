"""Reading in clear: who may, and what the person sees of it."""

import pytest

from nuanxin.kernel.actor import SYSTEM, Grant, Role
from nuanxin.kernel.errors import Forbidden, Malformed, NotFound, Unavailable
from nuanxin.people import states
from nuanxin.people.actions import merge_workers, read_in_clear
from nuanxin.people.models import Worker
from nuanxin.people.queries import list_readings
from nuanxin.records.models import Event, Reading
from tests.people.conftest import (
    AUDITOR,
    COUNTY_CADRE,
    LIAISON,
    NEXT_DOOR,
    NOW,
    OFFICER,
    OFFICER_NEXT_DOOR,
    himself,
    number,
    phone,
    register,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(stands_below):
    return stands_below(register(1))


def read(worker_id, actor=OFFICER, field="identity", purpose="核对入会材料"):
    return read_in_clear(worker_id=worker_id, field=field, purpose=purpose, actor=actor, now=NOW)


def test_the_officer_reads_and_the_person_sees_it(worker):
    assert read(worker) == number(1)
    assert read(worker, field="phone") == phone(1)
    latest, first = list_readings(worker, actor=himself(worker))
    assert (first.actor_name, first.actor_post) == ("周敏", "基层工会干部")
    assert (first.field_label, latest.field_label) == ("身份证号", "手机号")
    assert (first.purpose, first.at) == ("核对入会材料", NOW)


@pytest.mark.parametrize("actor", [OFFICER, COUNTY_CADRE, SYSTEM])
def test_who_is_above_the_person_may_read(worker, actor):
    assert read(worker, actor) == number(1)


def test_the_person_reads_his_own(worker):
    assert read(worker, himself(worker), purpose="本人查阅") == number(1)


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (OFFICER_NEXT_DOOR, NotFound),
        (himself(10**9), NotFound),
        (LIAISON, Forbidden),
        (AUDITOR, Forbidden),
    ],
)
def test_others_get_nothing_and_nothing_is_logged(worker, actor, refusal):
    with pytest.raises(refusal):
        read(worker, actor)
    assert not Reading.objects.filter(worker_id=worker).exists()
    assert read(worker, OFFICER) == number(1)


def test_out_of_scope_reads_like_not_there(worker):
    with pytest.raises(NotFound) as elsewhere:
        read(worker, OFFICER_NEXT_DOOR)
    with pytest.raises(NotFound) as nowhere:
        read(10**9, OFFICER_NEXT_DOOR)
    assert elsewhere.value.message == nowhere.value.message
    assert elsewhere.value.code == nowhere.value.code


def test_a_person_who_moved_away_leaves_the_scope(worker, stands_below):
    moved = stands_below(register(2), NEXT_DOOR)
    assert read(moved, OFFICER_NEXT_DOOR) == number(2)
    with pytest.raises(NotFound):
        read(moved, OFFICER)


def test_while_no_package_says_where_people_stand_no_officer_reads(worker):
    states.worker_paths_sql[:] = []
    with pytest.raises(NotFound):
        read(worker)
    assert read(worker, himself(worker), purpose="本人查阅")


@pytest.mark.parametrize("purpose", ["", " ", "看", "长" * 121])
def test_without_a_purpose_nothing_is_shown(worker, purpose):
    with pytest.raises(Malformed, match=r"people\.purpose"):
        read(worker, purpose=purpose)


def test_what_is_not_stored_is_said_and_not_logged(stands_below):
    worker = stands_below(register(2, phone=None))
    with pytest.raises(NotFound, match=r"people\.nothing_stored"):
        read(worker, field="phone")
    assert not Reading.objects.filter(worker_id=worker).exists()


def test_an_altered_ciphertext_is_refused_after_the_reading_was_logged(worker):
    row = Worker.objects.get(id=worker)
    sealed = bytearray(row.identity_sealed)
    sealed[-1] ^= 1
    Worker.objects.filter(id=worker).update(identity_sealed=bytes(sealed))
    with pytest.raises(Unavailable, match=r"people\.sealed_unreadable"):
        read(worker)
    assert Reading.objects.filter(worker_id=worker).count() == 1


def test_the_log_names_the_post_as_upper_packages_call_it(worker, monkeypatch):
    monkeypatch.setattr(states.hooks, "post_namer", lambda grant: f"{grant.union_id} 号工会干部")
    read(worker)
    assert list_readings(worker, actor=himself(worker))[0].actor_post == "311 号工会干部"


def test_of_two_posts_the_nearer_one_is_named(worker, monkeypatch):
    both = OFFICER.__class__(
        name="周敏", grants=(Grant(Role.COUNTY_CADRE, 20, "/1/20/"), *OFFICER.grants)
    )
    monkeypatch.setattr(states.hooks, "post_namer", lambda grant: grant.role.label)
    read(worker, both)
    assert list_readings(worker, actor=himself(worker))[0].actor_post == "基层工会干部"


@pytest.mark.parametrize(("reader", "may"), [(AUDITOR, True), (OFFICER, False)])
def test_the_auditor_of_the_tree_sees_the_readings_too(worker, reader, may):
    read(worker)
    if may:
        assert len(list_readings(worker, actor=reader)) == 1
    else:
        with pytest.raises(Forbidden):
            list_readings(worker, actor=reader)


def test_readings_of_a_merged_record_stay_in_sight(worker, stands_below):
    other = stands_below(register(2))
    read(other)
    merge_workers(kept_id=worker, folded_id=other, choices={}, actor=COUNTY_CADRE, now=NOW)
    assert len(list_readings(worker, actor=himself(worker))) == 1


def test_no_event_carries_the_number(worker):
    read(worker)
    for event in Event.objects.all():
        assert number(1) not in str(event.data)
        assert phone(1) not in str(event.data)
