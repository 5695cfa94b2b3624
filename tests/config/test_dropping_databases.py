"""A test's own database is dropped at its end, whoever is in it: a session, or the server's vacuum."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from config.database import database_settings
from config.embedded import ServerLease
from config.places import places
from config.postgres.cluster import Cluster
from tests import database_server

from .servers import short_folder, wait_until

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux"),
]
NAME = "own_of_a_test"
# Vacuum comes every second and then takes its time: it is there when the test drops.
VACUUM_STAYS = {
    "autovacuum_naptime": "1s",
    "autovacuum_vacuum_cost_delay": "100ms",
    "autovacuum_vacuum_cost_limit": "1",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server of this test's own, whose vacuum is made to stay."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with short_folder() as folder:
        monkeypatch.setenv("NUANXIN_DATA", str(folder / "data"))
        with ServerLease(places()) as lease:
            conninfo = Cluster(places()).admin_conninfo(lease.address())
            with psycopg.connect(conninfo, autocommit=True) as admin:
                for name, value in VACUUM_STAYS.items():
                    statement = sql.SQL("ALTER SYSTEM SET {} = {}")
                    admin.execute(statement.format(sql.Identifier(name), sql.Literal(value)))
                admin.execute("SELECT pg_reload_conf()")
            fresh = database_settings()["default"]
            for name in ("HOST", "PORT", "USER", "PASSWORD"):
                monkeypatch.setitem(settings.DATABASES["default"], name, fresh[name])
            yield


def session_in(name: str) -> psycopg.Connection[Any]:
    chosen = settings.DATABASES["default"]
    return psycopg.connect(
        host=chosen["HOST"], port=chosen["PORT"], user=chosen["USER"],
        password=chosen["PASSWORD"], dbname=name, autocommit=True,
    )  # fmt: skip


def kinds_in(name: str) -> set[str]:
    with database_server.maintenance() as beside:
        rows = beside.execute(
            "SELECT backend_type FROM pg_stat_activity WHERE datname = %s", [name]
        )
        return {kind for (kind,) in rows}


def test_the_servers_vacuum_gives_way_where_force_is_refused(server: None) -> None:
    database_server.copy_database(NAME, template="template0")
    with session_in(NAME) as left_behind:
        left_behind.execute("CREATE TABLE line (n int) WITH (autovacuum_vacuum_threshold = 1)")
        left_behind.execute("INSERT INTO line SELECT generate_series(1, 20000)")
        left_behind.execute("DELETE FROM line")
        left_behind.execute("SELECT pg_stat_force_next_flush()")
        wait_until(lambda: "autovacuum worker" in kinds_in(NAME), seconds=60)
        forced = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME))
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            database_server.maintenance() as beside,
        ):
            beside.execute(forced)
        database_server.drop_database(NAME)
        with pytest.raises(psycopg.OperationalError):
            left_behind.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        session_in(NAME)
