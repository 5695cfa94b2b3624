"""The harness: one database server a run, no network, silent mistakes made loud."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from config.postgres.cluster import WEB_ROLE
from tests import database_server
from tests.cast import cast  # noqa: F401  the fixed cast, for every test
from tests.chromium import chromium, started_chromium  # noqa: F401  for tests in a browser
from tests.demonstration import demonstration_template, world  # noqa: F401
from tests.journeys.served import site  # noqa: F401

SLOW_SECONDS = 0.1
_EXPECTED_TO_BE_SLOW = ("slow", "process", "browser")
_SLOW_LINES = 25
_APPEND_ONLY = ("records_event", "records_seal", "records_reading", "membership_memberflow")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server before the parallel workers, so that it outlives each of them."""
    if session.config.getoption("numprocesses", None) and not session.config.option.collectonly:
        database_server.start_server()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind: the process that made the run's folder removes it."""
    if os.environ.get("NUANXIN_TEST_RUN_OWNER") == str(os.getpid()):
        database_server.clear_away()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> None:
    """Give pytest-django a running server and a migrated template, when a test first needs one."""
    database_server.start_server()
    database_server.point_settings_at_server()
    with django_db_blocker.unblock():
        database_server.make_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what still holds the run's database when it is to be dropped."""
    yield
    from django.db import connection

    with django_db_blocker.unblock(), database_server.maintenance() as beside:
        connection.close()
        database_server.end_sessions(beside, str(connection.settings_dict["NAME"]))


@pytest.fixture(scope="session")
def _can_take_web_role(django_db_setup: None) -> bool:
    return database_server.can_take_web_role()


@pytest.fixture(autouse=True)
def _rights_of_the_web(request: pytest.FixtureRequest) -> None:
    """Let a test work with the rights of a web process, unless it is marked as the owner's work.

    Tests that really commit (``transaction=True``) stay the owner: Django empties tables for them.
    """
    mark = request.node.get_closest_marker("django_db")
    uses_database = mark is not None or "db" in request.fixturenames
    commits = "transactional_db" in request.fixturenames or bool(mark and mark.kwargs)
    if not uses_database or commits or request.node.get_closest_marker("owner"):
        return
    request.getfixturevalue("db")
    if request.getfixturevalue("_can_take_web_role"):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {WEB_ROLE}")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def connect_here_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"a test reached for the network: {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here_only)
        yield


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the tests that are slow without saying so."""
    slow = [
        (report.duration, report.nodeid)
        for report in terminalreporter.stats.get("passed", [])
        if report.when == "call"
        and report.duration > SLOW_SECONDS
        and not any(mark in report.keywords for mark in _EXPECTED_TO_BE_SLOW)
    ]
    if slow:
        terminalreporter.section(f"over {SLOW_SECONDS} s and not marked slow")
        for seconds, name in sorted(slow, reverse=True)[:_SLOW_LINES]:
            terminalreporter.write_line(f"{seconds:6.2f} s  {name}")


@pytest.fixture(autouse=True, scope="session")
def _flush_past_append_only_tables() -> Iterator[None]:
    """Let a test that really commits clear up after itself: only there are the guards lifted."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.sql_flush

    def without_guards(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        statements = flush(self, *args, **kwargs)
        if not statements:
            return statements
        lift = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in _APPEND_ONLY]
        restore = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in _APPEND_ONLY]
        return [*lift, *statements, *restore]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", without_guards)
        yield
