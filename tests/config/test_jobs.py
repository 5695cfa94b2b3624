"""A job whose worker was killed goes back to the queue."""

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app

from config.jobs import give_back_stalled

pytestmark = pytest.mark.django_db


def start_job(silent_seconds: int) -> int:
    """Put a job into the hands of a worker that was last heard of ``silent_seconds`` ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat)"
            "   VALUES (now() - make_interval(secs => %s)) RETURNING id)"
            " INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, attempts)"
            " SELECT 'default', 'some.task', 'doing', id, 1 FROM worker RETURNING id",
            [silent_seconds],
        )
        return int(cursor.fetchone()[0])


def status_of(job: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job])
        return str(cursor.fetchone()[0])


def test_only_the_jobs_of_the_silent_worker_go_back() -> None:
    lost, going_on = start_job(silent_seconds=30), start_job(silent_seconds=3)
    async_to_sync(give_back_stalled)(app.job_manager)  # on this thread, in this transaction
    assert status_of(lost) == "todo"
    assert status_of(going_on) == "doing"
