"""The demonstration world for tests in a browser: built once a run, a fresh copy for each test.

People, numbers and dates are the same every time: one seed, one fixed day. What a test commits is
real, and goes with its copy of the database.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client

from nuanxin.access.models import Account
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock
from nuanxin.orgs.models import Union
from tests import database_server
from tests.cast import Cast, sign_in

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""Tuesday, 10:00 in Hangzhou."""
LAST_DAY = date(2026, 11, 23)
_READ_CLOCK = clock.now


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = NOW

    def pass_by(self, **units: float) -> None:
        """Let time pass: ``pass_by(minutes=5)``."""
        self.now += timedelta(**units)


@contextmanager
def clock_at(moment: datetime) -> Iterator[Clock]:
    """Let everything that reads the product's clock read this one for a ``with`` block."""
    fixed = Clock(moment)

    def now() -> datetime:
        return fixed.now

    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith(("nuanxin.", "config.", "tests.")):
                for word, value in list(vars(module).items()):
                    if value is _READ_CLOCK and word != "_READ_CLOCK":
                        patch.setattr(module, word, now)
        yield fixed


@dataclass
class Demonstration:
    """The world of this test: who can sign in, unions by handle, ids of things by kind."""

    sign_ins: list[dict[str, Any]]
    unions: dict[str, dict[str, Any]]
    objects: dict[str, list[Any]]
    clock: Clock
    cookies: dict[str, str] = field(default_factory=dict)

    def who(self, role: str, number: int = 1) -> dict[str, Any]:
        """Return the sign-in of the ``number``-th of a role."""
        return [entry for entry in self.sign_ins if entry["role"] == role][number - 1]

    def cookie(self, role: str, number: int = 1) -> str:
        """Return the cookie of a session of the ``number``-th of a role, as after signing in."""
        key = f"{role} {number}"
        if key not in self.cookies:
            kind = SessionKind.PHONE if role == "worker" else SessionKind.CADRE
            account_id = self.who(role, number)["account_id"]
            self.cookies[key] = sign_in(Client(), account_id, kind, self.clock.now)
        return self.cookies[key]


_HANDLES = {
    "province": "province",
    "city": "home_city",
    "county": "home_county",
    "town": "backstop",
    "couriers": "home",
    "drivers": "moved",
    "enterprise": "couriers",
    "next_county": "beside_county",
    "carers": "beside",
}
_ROLES = {
    "officer_chen": "grassroots_officer",
    "enterprise_officer": "enterprise_officer",
    "county_cadre": "county_cadre",
    "city_cadre": "city_cadre",
    "province_cadre": "province_cadre",
    "finance": "finance",
    "auditor": "auditor",
    "system_admin": "system_admin",
    "security_admin": "security_admin",
    "audit_admin": "audit_admin",
}


def as_cast(world: Demonstration) -> Cast:
    """Return the demonstration's people and unions under the names of the fixed cast."""
    from nuanxin.access.models import ApiToken

    unions = {
        name: Union.objects.get(code=world.unions[handle]["code"])
        for name, handle in _HANDLES.items()
    }
    ids = {name: world.who(role)["account_id"] for name, role in _ROLES.items()}
    ids |= {"rider_ye": world.who("worker")["account_id"]}
    ids |= {"rider_lu": world.who("worker", 2)["account_id"]}
    accounts = {name: Account.objects.get(id=each) for name, each in ids.items()}
    token = ApiToken.objects.order_by("id").first()
    assert token is not None
    return Cast(now=world.clock.now, unions=unions, accounts=accounts, token_id=token.id)


@pytest.fixture(scope="session")
def demonstration_template(django_db_setup: None, django_db_blocker: Any) -> Any:
    """Give the world in a database of its own, to be copied; the first process builds it."""
    from config.demo import manifest

    name = database_server.demonstration_name()
    files = Path(settings.PLACES.data) / "demonstration-files"
    path = files.with_name("demonstration.json")
    with database_server.once_a_run("demonstration") as is_first:
        if is_first:
            _build_template(name, files, path, django_db_blocker)
    return SimpleNamespace(name=name, manifest=manifest.read(path), files=files)


def _build_template(name: str, files: Path, path: Path, blocker: Any) -> None:
    from config.demo import demonstration, manifest

    base = settings.DATABASES["default"]["TEST"]["TEMPLATE"]
    database_server.drop_database(name)  # of a process that did not get to the end
    database_server.copy_database(name, template=base, strategy="FILE_COPY")
    # Only while it is built: tests of other modules may run between two that copy it.
    with blocker.unblock(), _switched_to(name), clock_at(NOW):
        before, settings.FILES_ROOT = settings.FILES_ROOT, files
        try:
            built, sign_ins = demonstration.build("small", seed=1, now=NOW, until=LAST_DAY)
        finally:
            settings.FILES_ROOT = before
        manifest.write(path, built, sign_ins, now=NOW)


@pytest.fixture
def world(
    demonstration_template: Any, django_db_blocker: Any, settings: Any, tmp_path: Path
) -> Iterator[Demonstration]:
    """Give a test its own copy of the demonstration world, with the clock at ``NOW``."""
    with copy_of(demonstration_template, django_db_blocker, tmp_path / "files") as made:
        yield made


@contextmanager
def copy_of(template: Any, blocker: Any, files: Path) -> Iterator[Demonstration]:
    """Copy the world, let the settings point at the copy, drop it afterwards."""
    shutil.copytree(template.files, files, dirs_exist_ok=True)
    name = _name("copy")
    with (
        pytest.MonkeyPatch.context() as patch,
        blocker.unblock(),
        _made(name, template=template.name),
        _switched_to(name),
        clock_at(NOW) as fixed,
    ):
        patch.setattr(settings, "FILES_ROOT", files)
        patch.setattr(settings, "IS_DEMONSTRATION", True)
        kept = template.manifest
        yield Demonstration(kept["sign_ins"], kept["unions"], kept["objects"], fixed)


@contextmanager
def _made(name: str, *, template: str) -> Iterator[None]:
    """Make a database from ``template`` for a ``with`` block, drop it afterwards."""
    database_server.copy_database(name, template=template, strategy="FILE_COPY")
    try:
        yield
    finally:
        database_server.drop_database(name)


@contextmanager
def _switched_to(name: str) -> Iterator[None]:
    """Use a database for a ``with`` block, and the one before it again afterwards."""
    chosen = connections["default"].settings_dict
    before = chosen["NAME"]
    connection.close()
    chosen["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        chosen["NAME"] = before


def _name(what: str) -> str:
    return f"{what}_{settings.DATABASES['default']['TEST']['NAME'][:50]}"


def do_waiting_jobs(before: Callable[[str], None] | None = None) -> int:
    """Do the jobs that wait, oldest first, as the worker process would; return how many."""
    from procrastinate.contrib.django import app

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE status = 'todo'"
            " RETURNING id, task_name, args"
        )
        jobs = sorted(cursor.fetchall())
    for _, task, given in jobs:
        if before is not None:
            before(task)
        app.tasks[task].func(**(json.loads(given) if isinstance(given, str) else given))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = ANY(%s)",
            [[job[0] for job in jobs]],
        )
    return len(jobs)
