"""Bringing the database's tables up to date, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.progress import Progress
from config.web_role import grant_if_needed
from nuanxin.kernel.errors import Unavailable

# Any number will do, as long as every starter of this product uses the same.
_MIGRATION_LOCK = 7_011_201
FLOOR_VERSION = 150_000


def unapplied_migrations() -> list[str]:
    """Return the names of the migrations that the database has not seen ("orgs.0002_…")."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def bring_up_to_date() -> int:
    """Apply what is missing, see to the web role's rights, return how many migrations that were.

    Raises ``Unavailable`` for a server older than the floor.
    """
    check_server_version()
    if not unapplied_migrations():
        grant_if_needed()
        return 0
    with _only_one():
        missing = len(unapplied_migrations())
        with Progress("更新数据库结构", total=missing, unit="步") as progress:
            call_command("migrate", verbosity=0, interactive=False)
            progress.move_to(missing)
        grant_if_needed()
    return missing


def server_version() -> int:
    """Return the server's version as a number: 150018 is 15.18."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        return int(cursor.fetchone()[0])


def check_server_version() -> None:
    """Refuse a server that is too old. Raises ``Unavailable``."""
    version = server_version()
    if version < FLOOR_VERSION:
        raise Unavailable(
            "database.too_old",
            f"数据库是 PostgreSQL {version // 10_000} 版；需要 {FLOOR_VERSION // 10_000} 版或更新。",
        )


@contextmanager
def _only_one() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
