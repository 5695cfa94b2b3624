"""Correcting a person, his jobs and his household."""

from datetime import date

import pytest

from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.people.actions import (
    add_engagement,
    add_to_household,
    close_engagement,
    correct_worker,
    leave_household,
    open_household,
)
from nuanxin.people.actions.engagements import OPEN_LIMIT
from nuanxin.people.queries import (
    find_workers_by_phone,
    get_worker,
    list_engagements,
    main_occupations,
    worker_rows,
)
from nuanxin.records.models import Event
from tests.people.conftest import (
    LIAISON,
    NOW,
    OFFICER,
    OFFICER_NEXT_DOOR,
    himself,
    number,
    phone,
    register,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
COURIER, RIDER = 3, 4


@pytest.fixture
def worker(stands_below):
    return stands_below(register(1))


def correct(worker_id, actor=OFFICER, **fields):
    return correct_worker(worker_id=worker_id, actor=actor, now=NOW, **fields)


def test_name_phone_and_number_are_corrected_and_only_the_fields_are_logged(worker):
    changed = correct(worker, name="单秀英", phone=phone(5), identity=number(6, born="19881220"))
    row = get_worker(worker)
    assert changed == ["name", "phone", "identity"]
    assert (row.name, row.name_key) == ("单秀英", "shan xiu ying")
    assert (row.masked_phone, row.birth_on) == ("139****0005", date(1988, 12, 20))
    assert find_workers_by_phone(phone(5)) == [worker]
    event = Event.objects.get(kind="people.worker_corrected")
    assert event.data == {"fields": changed}


def test_the_same_again_changes_nothing(worker):
    assert correct(worker, name="叶小明", phone=phone(1)) == []
    assert not Event.objects.filter(kind="people.worker_corrected").exists()


def test_nothing_to_correct_is_said(worker):
    with pytest.raises(Malformed, match=r"people\.nothing_changed"):
        correct(worker)


def test_a_number_that_somebody_else_has_leads_to_merging(worker, stands_below):
    register(2)
    with pytest.raises(Conflict, match=r"people\.identity_taken"):
        correct(worker, identity=number(2))
    assert correct(worker, identity=number(3)) == ["identity"]


def test_the_person_corrects_name_and_phone_but_not_the_number(worker):
    assert correct(worker, himself(worker), phone=phone(7)) == ["phone"]
    with pytest.raises(Forbidden, match=r"people\.identity_by_officer"):
        correct(worker, himself(worker), identity=number(3))


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(OFFICER_NEXT_DOOR, NotFound), (LIAISON, Forbidden), (himself(10**9), NotFound)],
)
def test_others_correct_nothing(worker, actor, refusal):
    with pytest.raises(refusal):
        correct(worker, actor, name="别的名字")
    assert get_worker(worker).name == "叶小明"
    assert correct(worker, OFFICER, name="别的名字") == ["name"]


def test_rows_of_many_are_fetched_at_once(django_assert_num_queries):
    ids = [register(n) for n in range(1, 6)]
    with django_assert_num_queries(1):
        rows = worker_rows([*ids, 10**9])
    assert list(rows) == ids
    with django_assert_num_queries(0):
        assert worker_rows([]) == {}


def add(worker_id, occupation=RIDER, actor=OFFICER, **changes):
    values = {"source": "join", "started_on": date(2025, 3, 1)} | changes
    return add_engagement(
        worker_id=worker_id, occupation=occupation, actor=actor, now=NOW, **values
    )


def test_a_person_has_several_jobs_at_once(worker):
    rider = add(worker, RIDER, place_stated="城西站")
    courier = add(worker, COURIER, started_on=date(2026, 1, 1))
    assert [row.id for row in list_engagements(worker)] == [courier, rider]
    assert main_occupations([worker], on=TODAY) == {worker: COURIER}
    close_engagement(
        engagement_id=courier, worker_id=worker, ended_on=TODAY, actor=OFFICER, now=NOW
    )
    assert [row.ended_on for row in list_engagements(worker)] == [None, TODAY]
    assert main_occupations([worker], on=date(2026, 12, 1)) == {worker: RIDER}
    assert [row.id for row in list_engagements(worker, only_on=date(2025, 6, 1))] == [rider]


def test_the_same_job_again_is_the_one_that_is_there(worker):
    assert add(worker, place_stated=" 城西站 ") == add(worker, place_stated="城西站")
    assert len(list_engagements(worker)) == 1


def test_a_job_does_not_end_before_it_began(worker):
    job = add(worker)
    end = {"engagement_id": job, "worker_id": worker, "actor": OFFICER, "now": NOW}
    with pytest.raises(Malformed, match=r"people\.engagement_dates"):
        close_engagement(ended_on=date(2025, 2, 28), **end)
    close_engagement(ended_on=date(2025, 3, 1), **end)
    with pytest.raises(NotFound):
        close_engagement(ended_on=date(2025, 3, 1), **end)


def test_a_job_is_closed_through_its_own_person_only(worker, stands_below):
    other = stands_below(register(2))
    job = add(worker)
    with pytest.raises(NotFound):
        close_engagement(engagement_id=job, worker_id=other, ended_on=TODAY, actor=OFFICER, now=NOW)
    assert list_engagements(worker)[0].ended_on is None


def test_unknown_occupations_and_too_many_jobs_are_refused(worker):
    with pytest.raises(Malformed, match=r"occupation\.unknown"):
        add(worker, 9999)
    for n in range(OPEN_LIMIT):
        add(worker, place_stated=f"网点 {n}")
    with pytest.raises(Conflict, match=r"people\.too_many_engagements"):
        add(worker, place_stated="再一个")


def test_others_add_no_job(worker):
    with pytest.raises(NotFound):
        add(worker, actor=OFFICER_NEXT_DOOR)
    assert add(worker, actor=himself(worker))


def test_a_household_is_joined_and_left(worker, stands_below):
    partner = stands_below(register(2, name="陈丽"))
    home = open_household(worker_id=worker, name="叶家", actor=OFFICER, now=NOW)
    add_to_household(household_id=home, worker_id=partner, actor=OFFICER, now=NOW)
    with pytest.raises(Conflict, match=r"people\.in_household"):
        open_household(worker_id=partner, name="陈家", actor=OFFICER, now=NOW)
    leave_household(worker_id=partner, actor=OFFICER, now=NOW)
    with pytest.raises(NotFound):
        leave_household(worker_id=partner, actor=OFFICER, now=NOW)


def test_nobody_joins_a_household_of_strangers(worker):
    stranger = register(2, name="陈丽")
    home = open_household(worker_id=worker, name="叶家", actor=OFFICER, now=NOW)
    with pytest.raises(NotFound):
        add_to_household(household_id=home, worker_id=stranger, actor=himself(stranger), now=NOW)
