"""The cast of 人员: two unions side by side, their officers, and people below them.

Where people stand is told by a small table, the way an upper package tells it.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.identity import check_digit
from nuanxin.people import states
from nuanxin.people.actions import find_or_register_worker
from tests.records.committed import committed

__all__ = ["committed"]

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HERE, NEXT_DOOR = "/1/20/311/", "/1/20/312/"
OFFICER = Actor(name="周敏", grants=(Grant(Role.GRASSROOTS_OFFICER, 311, HERE),))
OFFICER_NEXT_DOOR = Actor(name="钱伟", grants=(Grant(Role.GRASSROOTS_OFFICER, 312, NEXT_DOOR),))
COUNTY_CADRE = Actor(name="陈琳", grants=(Grant(Role.COUNTY_CADRE, 20, "/1/20/"),))
AUDITOR = Actor(name="何审", grants=(Grant(Role.AUDITOR, 20, "/1/20/"),))
LIAISON = Actor(name="联络员", grants=(Grant(Role.LIAISON_CADRE, 311, HERE),))


def number(serial: int = 1, *, born: str = "19900307", area: str = "330106") -> str:
    """Return an invented identity number with a sound check digit."""
    first17 = f"{area}{born}{serial:03d}"
    return first17 + check_digit(first17)


def phone(serial: int = 1) -> str:
    """Return an invented mobile number."""
    return f"139{serial:08d}"


def register(
    serial: int = 1, *, name: str = "叶小明", actor: Actor = OFFICER, **changes: Any
) -> int:
    """Register a person and return the id of the record."""
    values = {"identity": number(serial), "phone": phone(serial), "assurance": 1, "now": NOW}
    return find_or_register_worker(name=name, actor=actor, **(values | changes)).worker_id


def himself(worker_id: int) -> Actor:
    """Return the person as an actor without posts."""
    return Actor(worker_id=worker_id, name="叶小明")


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def stands_below(db: None):
    """Return a function that puts people below unions: ``stands_below(worker_id, path)``."""
    with connection.cursor() as db:
        db.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS test_place (worker_id bigint, path text)"
            " ON COMMIT DROP"
        )
    before = list(states.worker_paths_sql)
    states.worker_paths_sql[:] = ["SELECT worker_id, path FROM test_place"]

    def put(worker_id: int, path: str = HERE) -> int:
        with connection.cursor() as db:
            db.execute("INSERT INTO test_place VALUES (%s, %s)", [worker_id, path])
        return worker_id

    yield put
    states.worker_paths_sql[:] = before
