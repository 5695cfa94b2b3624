"""What the tests of membership share: the cast, and a database of their own for races."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections

from tests import database_server
from tests.membership.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Return the unions and officers, fresh for each test."""
    return make_cast()


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Give a test a database where commits are real, copied from the template, dropped after.

    For races: rows that other threads commit cannot be rolled back, and some tables refuse to be
    emptied.
    """
    name = f"own_{settings.DATABASES['default']['TEST']['NAME'][:40]}"
    before = connections["default"].settings_dict["NAME"]
    template = settings.DATABASES["default"]["TEST"]["TEMPLATE"]
    with django_db_blocker.unblock():
        database_server.copy_database(name, template=template)
        connection.close()
        connection.settings_dict["NAME"] = name
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
            database_server.drop_database(name)


@pytest.fixture
def racing_cast(own_database: None) -> Cast:
    """Return the cast in a database of its own."""
    return make_cast()


def at_once(runners: int, work: Callable[[int], Any]) -> list[Any]:
    """Run ``work(0..runners-1)`` in as many threads, each on its own connection, all at once.

    Returns what each gave back: its value, or the exception that it raised.
    """
    from threading import Barrier

    barrier = Barrier(runners)

    def one(number: int) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            return work(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(runners) as pool:
        return list(pool.map(one, range(runners)))
