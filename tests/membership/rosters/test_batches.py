"""A roster from the drop to memberships-to-be: answers, exactly once, undo, two officers at once."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.errors import Conflict, Forbidden, NotFound
from nuanxin.membership.actions import roster_effect, rosters
from nuanxin.membership.actions.confirm import take_up
from nuanxin.membership.actions.review import approve_applications
from nuanxin.membership.actions.roster_reading import preview_details, read_batch
from nuanxin.membership.figures import Place, totals_as_of
from nuanxin.membership.models import JoinApplication, MemberFlow, Membership, RosterBatch
from nuanxin.membership.queries.rosters import get_undo_effect
from nuanxin.membership.states import BatchState, FlowKind, JoinState
from nuanxin.people.models import Worker
from nuanxin.people.states import Assurance
from nuanxin.records.models import Event
from tests.membership.rosters.conftest import found_union

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FILES = Path(__file__).parent / "files"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def drop(name, union, officer, now=NOW):
    batch_id = rosters.open_batch(
        union_id=union.id,
        file_name=name,
        content=(FILES / name).read_bytes(),
        actor=officer,
        now=now,
    )
    return read_batch(batch_id=batch_id, now=now)


def run(batch, officer, now=NOW):
    rosters.confirm_batch(batch_id=batch.id, actor=officer, now=now)
    rosters.run_batch(batch_id=batch.id, actor=officer, now=now)
    batch.refresh_from_db()


CSV = "care_2026.csv"
ANSWERS = {
    name: json.loads((FILES / f"{Path(name).stem}.answers.json").read_text())
    for name in (CSV, "rider_2026.xls", "courier_2026.xlsx")
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_preview_answers_as_a_careful_reader_would(name, union, officer):
    assert drop(name, union, officer).totals == ANSWERS[name]["totals"]


def test_a_roster_becomes_invitations_that_are_no_members_yet(union, officer):
    batch = drop(CSV, union, officer)
    run(batch, officer)
    assert batch.state == BatchState.DONE
    ok = ANSWERS[CSV]["totals"]["ok"]
    assert JoinApplication.objects.filter(batch=batch, state=1).count() == ok
    assert Event.objects.filter(kind="membership.invited").count() == ok
    totals = totals_as_of(date(2026, 11, 23), Place(region=330105))
    assert (totals.count(FlowKind.INVITED), totals.live()) == (ok, 0)


def test_what_is_stored_of_a_person_opens_again_and_only_with_the_key(union, officer):
    batch = drop(CSV, union, officer)
    run(batch, officer)
    hashed = sealing.lookup_hash("identity", "331102197306179750")
    worker = Worker.objects.get(identity_hash=hashed)
    assert sealing.unseal("identity", worker.identity_sealed, hashed) == "331102197306179750"
    assert worker.identity_hint == "33119750"
    phone = sealing.unseal("phone", worker.phone_sealed, worker.phone_hash)
    assert (worker.name, phone, worker.phone_hint) == ("付志强", "15998698797", "1598797")
    assert (worker.birth_on, worker.sex) == (date(1973, 6, 17), "M")
    application = JoinApplication.objects.get(worker=worker)
    assert (application.row_number, application.place_stated) == (4, "海曙养老服务中心41")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(w::text, '') FROM people_worker w")
        assert "331102197306179750" not in cursor.fetchone()[0]


def test_the_same_file_again_adds_nobody(union, officer):
    run(drop(CSV, union, officer), officer)
    again = drop(CSV, union, officer)
    assert "ok" not in again.totals
    assert again.totals["already_invited"] == ANSWERS[CSV]["totals"]["ok"]
    with pytest.raises(Conflict, match=r"roster\.nobody"):
        rosters.confirm_batch(batch_id=again.id, actor=officer, now=NOW)


def test_a_run_that_was_interrupted_goes_on_and_each_row_takes_effect_once(
    union, officer, monkeypatch
):
    monkeypatch.setattr(rosters, "CHUNK_ROWS", 100_000)
    for module in ("roster_reading", "roster_effect"):
        monkeypatch.setattr(f"nuanxin.membership.actions.{module}.CHUNK_ROWS", 500)
    batch = drop(CSV, union, officer)
    rosters.confirm_batch(batch_id=batch.id, actor=officer, now=NOW)

    class Killed(Exception):
        pass

    def die(done, _all):
        if done > 900:
            raise Killed

    with pytest.raises(Killed):
        rosters.run_batch(batch_id=batch.id, actor=officer, now=NOW, told=die)
    so_far = JoinApplication.objects.filter(batch=batch).count()
    assert 0 < so_far < ANSWERS[CSV]["totals"]["ok"]
    rosters.run_batch(batch_id=batch.id, actor=officer, now=NOW)
    rosters.run_batch(batch_id=batch.id, actor=officer, now=NOW)
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert batch.done_rows == batch.rows_count == len(ANSWERS[CSV]["outcomes"])
    assert JoinApplication.objects.filter(batch=batch).count() == batch.totals["ok"]


def test_a_release_that_cuts_differently_takes_up_a_batch_as_it_was_cut(
    union, officer, monkeypatch
):
    def cut_by(rows):
        for module in ("roster_reading", "roster_effect", "rosters"):
            monkeypatch.setattr(
                f"nuanxin.membership.actions.{module}.CHUNK_ROWS", rows, raising=False
            )

    cut_by(2_000)
    batch = drop(CSV, union, officer)
    cut_by(300)
    run(batch, officer)
    ok = ANSWERS[CSV]["totals"]["ok"]
    assert JoinApplication.objects.filter(batch=batch).count() == batch.totals["ok"] == ok


def test_somebody_elses_member_is_proposed_a_transfer_and_stays_one_membership(union, officer):
    elsewhere = found_union("城西工会", "/", code="W", parent=union.parent)
    first = drop(CSV, union, officer)
    run(first, officer)
    worker = JoinApplication.objects.filter(batch=first).first().worker
    JoinApplication.objects.filter(worker=worker).update(state=6)
    Membership.objects.create(
        worker=worker,
        union=elsewhere,
        channel=1,
        occupation=3,
        started_on=date(2024, 1, 1),
        joined_on=date(2024, 1, 1),
        recorded_at=NOW,
    )
    again = drop(CSV, union, officer)
    assert again.totals["transfer"] == 1
    run(again, officer)
    assert Membership.objects.filter(worker=worker, ended_on=None).count() == 1
    assert worker.transfer_set.get().to_union_id == union.id


def test_a_whole_roster_is_undone_within_its_day_and_leaves_no_person_behind(union, officer):
    batch = drop(CSV, union, officer)
    run(batch, officer)
    with pytest.raises(Conflict, match=r"roster\.undo_over"):
        rosters.undo_batch(batch_id=batch.id, actor=officer, now=NOW + timedelta(hours=25))
    rosters.undo_batch(batch_id=batch.id, actor=officer, now=NOW + timedelta(hours=23))
    assert not JoinApplication.objects.filter(batch=batch, state__in=[1, 2, 3]).exists()
    assert not Worker.objects.filter(identity_hash__isnull=False).exists()
    assert sum(MemberFlow.objects.filter(kind=1).values_list("persons", flat=True)) == 0
    assert drop(CSV, union, officer).totals == ANSWERS[CSV]["totals"]


def test_undo_takes_back_the_confirmed_and_the_approved_but_nobody_who_moved_himself(
    union, officer
):
    batch = drop(CSV, union, officer)
    run(batch, officer)
    invited = list(JoinApplication.objects.filter(batch=batch).order_by("id")[:4])
    for application in invited[:3]:
        take_up(
            application_ids=[application.id],
            moved_from=JoinState.INVITED,
            assurance=Assurance.PHONE_CONFIRMED,
            consents=[],
            via="link",
            actor=officer,
            now=NOW,
        )
    approve_applications(application_ids=[invited[0].id], actor=officer, now=NOW)
    assert Membership.objects.filter(union=union, ended_on=None).count() == 1
    before = get_undo_effect(officer, batch.id)
    ok = ANSWERS[CSV]["totals"]["ok"]
    assert (before.invited_persons, before.confirmed_persons, before.approved_persons) == (
        ok - 3,
        2,
        1,
    )
    rosters.undo_batch(batch_id=batch.id, actor=officer, now=NOW + timedelta(hours=1))
    assert JoinApplication.objects.filter(batch=batch, state=JoinState.UNDONE).count() == ok
    assert not Membership.objects.filter(ended_on=None).exists()
    kept = Worker.objects.filter(identity_hash__isnull=False)
    assert set(kept) == {application.worker for application in invited[:3]}
    totals = totals_as_of(date(2026, 11, 23), Place(region=330105))
    assert (totals.count(FlowKind.INVITED), totals.live()) == (0, 0)
    again = drop(CSV, union, officer)
    assert again.totals == ANSWERS[CSV]["totals"]
    run(again, officer)
    assert JoinApplication.objects.filter(batch=again).count() == ok


def test_only_the_unions_own_officer_may_drop_and_see(union, officer):
    stranger = Actor(name="外", grants=(Grant(Role.GRASSROOTS_OFFICER, 99, "/77/99/"),))
    worker = Actor(name="工", worker_id=5)
    batch = drop(CSV, union, officer)
    for actor, error in ((stranger, NotFound), (worker, Forbidden)):
        with pytest.raises(error):
            drop(CSV, union, actor)
        with pytest.raises(error):
            rosters.get_batch(actor, batch.id)
        with pytest.raises(error):
            rosters.confirm_batch(batch_id=batch.id, actor=actor, now=NOW)
    assert rosters.get_batch(officer, batch.id).id == batch.id


def test_the_preview_shows_masked_rows_with_reasons(union, officer):
    rows = preview_details(drop(CSV, union, officer))["rows"]
    bad = next(row for row in rows if row["outcome"] == "damaged_id")
    assert "文本" in bad["reason"]
    assert all("*" in row["name"] for row in rows if row["name"])
    assert not any(len(row["identity"]) == 18 and "*" not in row["identity"] for row in rows)


def test_the_result_workbook_reads_back_as_the_same_roster(union, officer, tmp_path):
    batch = drop(CSV, union, officer)
    path = tmp_path / "结果.xlsx"
    rosters.write_result_workbook(batch_id=batch.id, path=path, actor=officer)
    again = rosters.open_batch(
        union_id=union.id, file_name=path.name, content=path.read_bytes(), actor=officer, now=NOW
    )
    assert read_batch(batch_id=again, now=NOW).totals == batch.totals


def test_what_is_no_roster_is_refused_with_a_sentence(union, officer):
    batch_id = rosters.open_batch(
        union_id=union.id,
        file_name="名单.xlsx",
        content=b"\x89PNG\r\n\x1a\n" + bytes(500),
        actor=officer,
        now=NOW,
    )
    batch = read_batch(batch_id=batch_id, now=NOW)
    assert batch.state == BatchState.FAILED
    assert batch.failure
    assert batch.options["failure_code"].startswith("roster.")
    with pytest.raises(Conflict):
        rosters.confirm_batch(batch_id=batch_id, actor=officer, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_officers_with_the_same_roster_at_once_invite_everybody_once(union, officer):
    batches = [drop(CSV, union, officer) for _ in range(2)]
    for batch in batches:
        rosters.confirm_batch(batch_id=batch.id, actor=officer, now=NOW)
    faults = []

    def work(batch):
        try:
            rosters.run_batch(batch_id=batch.id, actor=officer, now=NOW)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    ok = ANSWERS[CSV]["totals"]["ok"]
    assert Worker.objects.count() == JoinApplication.objects.count() == ok
    totals = [RosterBatch.objects.get(id=b.id).totals for b in batches]
    assert sum(t.get("ok", 0) for t in totals) == ok
    assert sum(t.get("already_invited", 0) for t in totals) == ok


@pytest.mark.django_db(transaction=True)
def test_chunks_side_by_side_take_each_row_once_and_go_on_after_a_fault(
    union, officer, monkeypatch
):
    for module in ("roster_reading", "roster_effect", "rosters"):
        monkeypatch.setattr(f"nuanxin.membership.actions.{module}.CHUNK_ROWS", 200)
    batch = drop(CSV, union, officer)
    rosters.confirm_batch(batch_id=batch.id, actor=officer, now=NOW)
    effect = roster_effect._effect
    both_are_there = threading.Barrier(roster_effect.WRITERS)

    def watched(packed, to, actor):
        if packed.number < roster_effect.WRITERS:
            both_are_there.wait(timeout=60)
        if packed.number == 5:
            raise RuntimeError("in the middle")
        return effect(packed, to, actor)

    monkeypatch.setattr(roster_effect, "_effect", watched)
    with pytest.raises(RuntimeError):
        rosters.run_batch(batch_id=batch.id, actor=officer, now=NOW)
    monkeypatch.setattr(roster_effect, "_effect", effect)
    rosters.run_batch(batch_id=batch.id, actor=officer, now=NOW)
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert batch.done_rows == batch.rows_count
    ok = ANSWERS[CSV]["totals"]["ok"]
    assert Worker.objects.count() == JoinApplication.objects.count() == batch.totals["ok"] == ok
