"""``GET /healthz``."""

import pytest
from django.db import connection
from django.test import Client

pytestmark = pytest.mark.django_db


def test_health_tells_that_the_database_answers(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ok"
    assert body["queue_age_seconds"] == 0


def test_health_tells_how_long_the_oldest_job_has_waited(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 't') RETURNING id"
        )
        (job,) = cursor.fetchone()
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '15 minutes' WHERE job_id = %s",
            [job],
        )
    body = client.get("/healthz").json()
    assert body["queue_age_seconds"] == 900
    assert body["status"] == "degraded"
