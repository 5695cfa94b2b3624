"""Everything that points to a person is known to merging, and every sealed column to the drill."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection

from nuanxin.access.models import Account
from nuanxin.kernel import sealing
from nuanxin.people.actions import erase_worker, merge_workers, read_in_clear, undo_merge
from nuanxin.people.queries import list_readings_of
from nuanxin.people.states import merge_steps, sealed_columns, worker_links
from tests.people.conftest import COUNTY_CADRE, NOW, OFFICER, himself, register

NOT_MOVED = {
    ("records_reading", "worker_id"): "appended only; found through all records of a person",
    ("people_merge", "kept_id"): "history of merges",
    ("people_merge", "folded_id"): "history of merges",
    ("people_contact", "worker_id"): "moved where the same is not there (merging._settle_own_rows)",
    ("membership_memberspan", "worker_id"): "found anew: triggers note both persons of a merge",
    ("membership_spandue", "worker_id"): "a note, gone within minutes",
    ("people_duplicatecandidate", "first_id"): "settled by the merge",
    ("people_duplicatecandidate", "second_id"): "settled by the merge",
    ("programmes_ruling", "worker_id"): "concluded anew every night; a merged record has none",
    ("programmes_delivery", "worker_id"): "appended only: a merge changes no past figure",
    ("programmes_serviceyear", "worker_id"): "derived from deliveries, which stay as they were",
    ("procrastinate_jobs", "worker_id"): "a worker of the job queue, not a person",
}
BY_A_STEP = {
    ("access_account", "worker_id"): "access",
    ("membership_joinapplication", "worker_id"): "membership",
    ("membership_membership", "worker_id"): "membership",
    ("programmes_application", "worker_id"): "programmes",
}
NOT_RESEALED = {("access_session", "data"): "sessions end within days"}


def columns_to_workers():
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            related = field.related_model._meta.label if field.is_relation else ""
            if related == "people.Worker" or field.column == "worker_id":
                yield model._meta.db_table, field.column


def test_every_column_that_points_to_a_person_is_moved_or_says_why_not():
    steps = {step.name for step in merge_steps}
    for place in columns_to_workers():
        assert place in worker_links or place in NOT_MOVED or BY_A_STEP.get(place) in steps, (
            f"{place} is unknown to merging: register it (people.states.register_worker_link)"
        )


def test_every_sealed_column_is_sealed_anew_when_the_key_changes():
    known = {(column.table, column.sealed) for column in sealed_columns}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.column.endswith("_sealed"):
                place = (model._meta.db_table, field.column)
                assert place in known or place in NOT_RESEALED, f"{place} is unknown to resealing"


@pytest.mark.django_db
def test_the_registered_columns_are_there():
    with connection.cursor() as db:
        for table, column in worker_links:
            db.execute(f"SELECT id, {column} FROM {table} LIMIT 0")
        for sealed in sealed_columns:
            db.execute(f"SELECT id, {sealed.sealed}, {sealed.bound} FROM {sealed.table} LIMIT 0")


def account(worker_id, **changes):
    values = {"id": uuid4(), "name": "叶小明", "created_at": NOW, "phone_hash": uuid4()}
    return Account.objects.create(worker_id=worker_id, **(values | changes))


def state_of(*accounts):
    return [
        (one.worker_id, one.is_active)
        for one in (Account.objects.get(id=each.id) for each in accounts)
    ]


@pytest.mark.django_db
def test_of_two_sign_ins_the_one_used_last_survives_and_both_return(stands_below):
    kept, folded = stands_below(register(1)), stands_below(register(2))
    old = account(kept, last_login=NOW - timedelta(days=300))
    used = account(folded, last_login=NOW)
    before = state_of(old, used)
    merge_id = merge_workers(
        kept_id=kept, folded_id=folded, choices={}, actor=COUNTY_CADRE, now=NOW
    )
    assert state_of(old, used) == [(None, False), (kept, True)]
    undo_merge(merge_id=merge_id, actor=COUNTY_CADRE, now=NOW)
    assert state_of(old, used) == before


@pytest.mark.django_db
def test_a_cadres_own_sign_in_stays_open_when_it_loses_the_record(stands_below):
    kept, folded = stands_below(register(1)), stands_below(register(2))
    cadre = account(kept, username="chen.lin", last_login=NOW - timedelta(days=1))
    phone = account(folded, last_login=NOW)
    merge_workers(kept_id=kept, folded_id=folded, choices={}, actor=COUNTY_CADRE, now=NOW)
    assert state_of(cadre, phone) == [(None, True), (kept, True)]


@pytest.mark.django_db
def test_the_sign_in_of_an_erased_person_ends(stands_below):
    worker = register(1)
    sign_in = account(worker)
    outcome = erase_worker(worker_id=worker, actor=himself(worker), now=NOW)
    left = Account.objects.get(id=sign_in.id)
    assert "登录账号" in outcome.erased
    assert (left.name, left.phone_hash, left.worker_id, left.is_active) == (
        "已清除",
        None,
        None,
        False,
    )


@pytest.mark.django_db
def test_the_reading_log_calls_a_post_by_union_and_role(stands_below):
    worker = stands_below(register(1))
    read_in_clear(worker_id=worker, field="phone", purpose="电话核对", actor=OFFICER, now=NOW)
    assert list_readings_of(worker)[0].actor_post == "基层工会干部"  # no union of that id here


@pytest.mark.django_db
def test_a_totp_secret_survives_a_change_of_the_key(stands_below):
    from nuanxin.access.actions.sign_in import TOTP_COLUMN
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.people.actions import reseal_everything

    before = sealing._keys
    try:
        sealing.configure(sealing.SealingKeys(b"l" * 32, {1: b"1" * 32}))
        number = uuid4()
        account(None, id=number, totp_sealed=sealing.seal(TOTP_COLUMN, "SECRET", number))
        sealing.configure(sealing.SealingKeys(b"l" * 32, {1: b"1" * 32, 2: b"2" * 32}))
        assert reseal_everything(actor=SYSTEM) == 1
        sealing.configure(sealing.SealingKeys(b"l" * 32, {2: b"2" * 32}))
        sealed = bytes(Account.objects.get(id=number).totp_sealed)
        assert sealing.unseal(TOTP_COLUMN, sealed, number) == "SECRET"
    finally:
        sealing.configure(before)
