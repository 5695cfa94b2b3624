"""For tests of concurrency: real commits on several connections, cleared away afterwards."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

_APPEND_ONLY = ("records_event", "records_seal", "records_reading")
_OTHERS = (
    "records_evidencefile",
    "records_idempotentrequest",
    "people_worker",
    "notices_notice",
    "notices_message",
    "notices_webhooksubscription",
    "notices_webhookdelivery",
    "procrastinate_jobs",
)


@pytest.fixture
def committed(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[None]:
    """Open the database without a surrounding transaction; empty the touched tables at the end."""
    # Under the mark django_db the clearing away would be rolled back with the test.
    assert not connection.in_atomic_block, "such a test carries no mark django_db"
    # Django would empty every table afterwards: the log refuses that, and reference data that
    # migrations brought would be lost to later tests. Undone after transactional_db has ended.
    monkeypatch.setattr("django.test.testcases.call_command", lambda *_, **__: None)
    yield
    clear_away()


def clear_away() -> None:
    """Empty the tables of the lower packages and whatever points at workers."""
    with connection.cursor() as db:
        for table in _APPEND_ONLY:
            db.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        db.execute(f"TRUNCATE {', '.join(_APPEND_ONLY + _OTHERS)} CASCADE")
        for table in _APPEND_ONLY:
            db.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


def at_once(work: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each piece of work in a thread with its own connection; return results or exceptions."""

    def run(piece: Callable[[], Any]) -> Any:
        try:
            return piece()
        except Exception as error:  # the outcome is what is tested
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(work)) as pool:
        return list(pool.map(run, work))
