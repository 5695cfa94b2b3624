"""A process that is killed in the middle of a roster, for good: the next one goes on, once a row."""

import os
import signal
from datetime import UTC, datetime
from multiprocessing import get_context

import pytest
from django.db import connection

from nuanxin.kernel import sealing
from nuanxin.membership.actions import rosters
from nuanxin.membership.models import JoinApplication, MemberFlow, RosterChunk
from nuanxin.membership.states import BatchState
from nuanxin.people.models import Worker
from nuanxin.records.models import Event
from tests.membership.rosters.made_up import HEAD, csv_bytes, people
from tests.membership.rosters.worker_process import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.process]
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ROWS, CHUNK = 600, 100


@pytest.mark.parametrize("kills", [5])
def test_each_row_takes_effect_once_however_often_the_worker_is_killed(
    union,
    officer,
    settings,
    monkeypatch,
    kills,
):
    from nuanxin.membership.actions import roster_effect, roster_reading

    for module in (roster_reading, roster_effect):
        monkeypatch.setattr(module, "CHUNK_ROWS", CHUNK)
    batch_id = rosters.open_batch(
        union_id=union.id,
        file_name="名单.csv",
        content=csv_bytes([HEAD, *people(ROWS)]),
        actor=officer,
        now=NOW,
    )
    batch = roster_reading.read_batch(batch_id=batch_id, now=NOW)
    taken = batch.totals["ok"]
    rosters.confirm_batch(batch_id=batch_id, actor=officer, now=NOW)
    database = {key: connection.settings_dict[key] for key in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}  # fmt: skip
    context = get_context("spawn")
    for _ in range(kills):
        ours, theirs = context.Pipe()
        place = (database, settings.FILES_ROOT, sealing._configured())
        arguments = (batch_id, CHUNK, place, NOW, theirs)
        process = context.Process(target=work, args=arguments)
        process.start()
        theirs.close()
        assert ours.poll(60), "the worker said nothing"
        ours.recv()
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        ours.close()
    done = RosterChunk.objects.filter(batch=batch, took_effect_at__isnull=False).count()
    assert done == kills
    assert JoinApplication.objects.filter(batch=batch).count() < taken
    rosters.run_batch(batch_id=batch_id, actor=officer, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, batch.done_rows) == (BatchState.DONE, ROWS)
    assert JoinApplication.objects.count() == Worker.objects.count() == taken
    assert Event.objects.filter(kind="membership.invited").count() == taken
    assert sum(MemberFlow.objects.filter(kind=1).values_list("persons", flat=True)) == taken
