"""The database of a test run: one server for all workers, migrated once, copied for each."""

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from config import web_role
from config.database import database_settings
from config.embedded import uses_embedded_server
from config.places import places
from config.postgres.cluster import WEB_ROLE, Cluster
from tests.swift_migrations import swift_migrations

_started: list[Cluster] = []


def start_server() -> None:
    """Start the run's own server, unless ``DATABASE_URL`` names one or it runs already.

    It stops when this process ends, however it ends. Its files live in the run's folder and are
    not made crash-safe: that is for speed.
    """
    if uses_embedded_server() and not _started:
        cluster = Cluster(places(), durable=False)
        if cluster.address() is None:
            cluster.start(dies_with_parent=True)
            _started.append(cluster)


def point_settings_at_server() -> None:
    """Let Django's settings know the server, which may have started after they were read."""
    fresh = database_settings()["default"]
    for name in ("HOST", "PORT", "USER", "PASSWORD"):
        connections["default"].settings_dict[name] = fresh[name]
        settings.DATABASES["default"][name] = fresh[name]


def make_template() -> None:
    """Make the migrated database that each worker's database is copied from; once a run."""
    with once_a_run("template") as is_first:
        if not is_first:
            return
        name = settings.DATABASES["default"]["TEST"]["TEMPLATE"]
        with maintenance() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database = connections["default"]
        before = database.settings_dict["NAME"]
        database.settings_dict["NAME"] = name
        try:
            with swift_migrations():
                call_command("migrate", verbosity=0, interactive=False)
            if can_take_web_role():
                web_role.grant(WEB_ROLE)
            _leave_statistics_alone(database)
        finally:
            database.close()
            database.settings_dict["NAME"] = before


def demonstration_name() -> str:
    """Return the name of the database that the demonstration's copies are made from."""
    return f"demo_{settings.DATABASES['default']['TEST']['TEMPLATE']}"


def _leave_statistics_alone(database: BaseDatabaseWrapper) -> None:
    """Switch autovacuum off for every table.

    Between two tests every table is empty. A plan would depend on whether the server looked then.
    """
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            statement = sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = false)")
            cursor.execute(statement.format(sql.Identifier(table)))


def can_take_web_role() -> bool:
    """Return whether the tests may act as the role of the web processes.

    The run's own server has it. On another's server it is made when that is allowed (CREATEROLE).
    """
    with maintenance() as connection:
        name = sql.Identifier(WEB_ROLE)
        try:
            if not _has_role(connection):
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
            member = connection.execute("SELECT pg_has_role(%s, 'MEMBER')", [WEB_ROLE]).fetchone()
            if member != (True,):
                connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def _has_role(connection: psycopg.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [WEB_ROLE])
    return found.fetchone() is not None


def drop_database(name: str) -> None:
    """Drop a database of this run: our sessions in it are ended, the server's own work gives way.

    Not ``WITH (FORCE)``: that wants to end the server's autovacuum as if it were a session, which
    only a superuser may, and fails whenever one happens to be there. A plain DROP asks it to go.
    """
    with maintenance() as connection:
        end_sessions(connection, name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def end_sessions(connection: psycopg.Connection, name: str) -> None:
    """End the sessions of this run's roles in a database, and wait until they are gone."""
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        " AND pg_has_role(usesysid, 'USAGE')",
        [name],
    )


def copy_database(name: str, *, template: str, strategy: str = "WAL_LOG") -> None:
    """Make a database as a copy of another one, to which nobody may be connected."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}")
    with maintenance() as connection:
        connection.execute(
            statement.format(sql.Identifier(name), sql.Identifier(template), sql.SQL(strategy))
        )


def clear_away() -> None:
    """Stop the run's server and remove its files; on another's server drop the template."""
    run = Path(os.environ["NUANXIN_TEST_RUN"])
    if not uses_embedded_server() and (run / "template-made").exists():
        for name in (demonstration_name(), settings.DATABASES["default"]["TEST"]["TEMPLATE"]):
            drop_database(name)
    for cluster in _started:
        if (address := cluster.address()) is not None:
            os.kill(address.pid, signal.SIGQUIT)  # nothing in it is worth a clean end
            cluster.stop()
    shutil.rmtree(run, ignore_errors=True)


@contextmanager
def maintenance() -> Iterator[psycopg.Connection]:
    """Connect beside Django's connection, as the owner, to a database that is always there."""
    chosen = settings.DATABASES["default"]
    with psycopg.connect(
        host=chosen["HOST"],
        port=chosen["PORT"] or None,
        user=chosen["USER"],
        password=chosen["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        yield connection


@contextmanager
def once_a_run(what: str) -> Iterator[bool]:
    """Tell the first process that asks to make ``what``; the others wait until it stands.

    What fails is not made: the next process that asks is the first again.
    """
    run = Path(os.environ["NUANXIN_TEST_RUN"])
    done = run / f"{what}-made"
    with (run / f"{what}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        is_first = not done.exists()
        yield is_first
        if is_first:
            done.touch()
