"""Backup and restore of the whole database with PostgreSQL's own tools."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.db import connection, connections
from psycopg import sql

from config.schema import server_version
from nuanxin.kernel.errors import Conflict, Malformed, Refusal, Unavailable

from .programs import client_programs

# Newer tools set it, older servers do not know it; nothing else may go wrong unnoticed.
_HARMLESS = "transaction_timeout"


def write_backup(target: Path) -> int:
    """Write everything in the database to ``target`` (mode 0600) and return its size in bytes.

    The file appears under its name only when it is whole. Raises ``Unavailable``.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    programs = client_programs(server_version() // 10_000)
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        command = [programs.path("pg_dump"), "--format=custom", "--compress=6", "--no-owner"]
        command += ["--no-privileges", f"--file={draft}", f"--dbname={_database_name()}"]
        failure = _run(command)
        if failure:
            raise Unavailable("backup.failed", f"备份没有做成：{failure}。")
        draft.replace(target)
    except OSError as error:
        raise Unavailable("backup.failed", f"备份写不进 {target}：{error.strerror}。") from error
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def restore_backup(source: Path) -> str:
    """Put the backup ``source`` in the place of the database; return the old one's new name.

    The backup is first read completely into a new database; only then the two change names, in
    one transaction. Raises ``Malformed`` for a file that is no backup, ``Conflict`` while
    something uses the database.
    """
    if not source.is_file():
        raise Malformed("restore.no_file", f"找不到备份文件 {source}。")
    name = _database_name()
    _refuse_when_used(name)
    fresh, kept = f"{name}_restoring", f"{name}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    with _maintenance() as maintenance:
        _drop(maintenance, fresh)
        maintenance.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
        try:
            _read_into(source, fresh)
            connections.close_all()
            _change_places(maintenance, name, fresh, kept)
        except Refusal:
            _drop(maintenance, fresh)
            raise
    return kept


def _refuse_when_used(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            # The server's own vacuuming gives way by itself and is nobody who uses it.
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            [name],
        )
        (others,) = cursor.fetchone()
    if others:
        raise Conflict(
            "restore.in_use",
            f"数据库正在被使用（{others} 个连接）。请先停下 nuanxin up 和其他命令，再恢复。",
        )


def _read_into(source: Path, database: str) -> None:
    programs = client_programs(server_version() // 10_000)
    command = [programs.path("pg_restore"), "--no-owner", "--no-privileges"]
    failure = _run([*command, f"--dbname={database}", str(source)])
    if failure:
        raise Malformed(
            "restore.unreadable", f"这个备份文件恢复不了：{failure}。现在的数据没有动。"
        )


def _change_places(maintenance: psycopg.Connection, name: str, fresh: str, kept: str) -> None:
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        with maintenance.transaction():
            maintenance.execute(rename.format(sql.Identifier(name), sql.Identifier(kept)))
            maintenance.execute(rename.format(sql.Identifier(fresh), sql.Identifier(name)))
    except psycopg.errors.ObjectInUse as error:
        raise Conflict(
            "restore.in_use", "恢复期间有程序连上了数据库。请停下它们，再恢复一次；数据没有动。"
        ) from error


def _drop(maintenance: psycopg.Connection, name: str) -> None:
    maintenance.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _database_name() -> str:
    return str(connection.settings_dict["NAME"])


def _parameters() -> dict[str, str]:
    chosen = connection.settings_dict
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    return {names[key]: str(chosen[key]) for key in names if chosen[key]}


def _maintenance() -> psycopg.Connection:
    conninfo = psycopg.conninfo.make_conninfo("", dbname="postgres", **_parameters())
    return psycopg.connect(conninfo, autocommit=True)


def _run(command: list[str]) -> str:
    """Run a PostgreSQL tool; return its complaint in one line, or "" when all went well.

    The password goes by the environment: a command line can be read by everybody.
    """
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    environment |= {f"PG{key.upper()}": value for key, value in _parameters().items()}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode == 0:
        return ""
    complaints = [
        line.strip()
        for line in done.stderr.splitlines()
        if "error:" in line and _HARMLESS not in line
    ]
    if not complaints and _HARMLESS in done.stderr:
        return ""
    return complaints[0] if complaints else f"{Path(command[0]).name} 退出码 {done.returncode}"
