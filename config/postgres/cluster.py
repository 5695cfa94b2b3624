"""Setting up, starting and stopping the embedded server of one data folder.

The caller holds the start lock (``config.embedded``): nothing here is safe against a second
starter of the same folder.
"""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from config.keys import load_password
from config.places import Places
from nuanxin.kernel.errors import Unavailable

from .owner import Owner, let_in, runnable_programs, server_owner
from .programs import Programs, server_programs
from .remains import clear_remains, is_server, read_pid_file
from .tuning import server_settings, write_settings

ADMIN_ROLE = "postgres"
ROLE = "nuanxin"
# Web pages and background jobs connect as this one, which owns nothing (config.web_role).
WEB_ROLE = "nuanxin_web"
WEB_PASSWORD_FILE = "postgres-web-password"
DATABASE = "nuanxin"
_CREATE_WEB_ROLE = "CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD {}"
_START_SECONDS = 60
_RECOVERY_SECONDS = 1800
_STOP_SECONDS = 60
# What a dying predecessor causes for a moment; the start is tried again.
_PASSING = ("already exists", "still in use", "Address already in use", "could not bind")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server listens. The password is never in here."""

    socket_folder: str
    port: int
    pid: int
    major: int


class Cluster:
    """One PostgreSQL data directory and its server process."""

    def __init__(self, where: Places, *, durable: bool = True) -> None:
        self._where = where
        self._durable = durable
        self._cluster = where.cluster
        self._child: subprocess.Popen[bytes] | None = None

    def address(self) -> ServerAddress | None:
        """Return where the running server listens, or None when none runs."""
        found = read_pid_file(self._cluster)
        if found is None or not found.port or not is_server(found.pid, self._cluster):
            return None
        return ServerAddress(
            socket_folder=found.socket_folder,
            port=found.port,
            pid=found.pid,
            major=_major_of(self._cluster),
        )

    def start(self, *, dies_with_parent: bool = False) -> ServerAddress:
        """Start the server if it is not running, wait until it answers, return its address.

        The first start makes the data directory, the role and the database. A start after a
        crash waits for the recovery. Raises ``Unavailable``.
        """
        if (running := self.address()) is not None:
            return self._ready(running)
        owner = server_owner()
        self._make_folders(owner)
        programs = runnable_programs(server_programs(), owner, self._where.postgres)
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise(programs, owner)
        self._check_version(programs)
        socket_folder = _usable_socket_folder(self._where, owner)
        port = _usable_port(self._remembered_port())
        settings = server_settings(
            programs=programs,
            port=port,
            socket_folder=socket_folder,
            cluster=self._cluster,
            durable=self._durable,
        )
        write_settings(self._cluster, settings, owner)
        self._launch(programs, owner, socket_folder, port, dies_with_parent)
        return self._ready(self._wait_for_address())

    def stop(self) -> bool:
        """Stop the server (its sessions are ended, nothing is lost); return whether one ran."""
        found = read_pid_file(self._cluster)
        if found is None or not is_server(found.pid, self._cluster):
            return False
        os.kill(found.pid, signal.SIGINT)  # "fast": end the sessions, write a checkpoint
        deadline = time.monotonic() + _STOP_SECONDS
        while is_server(found.pid, self._cluster) and time.monotonic() < deadline:
            if self._child is not None:
                self._child.poll()
            time.sleep(0.02)
        return True

    def admin_conninfo(self, address: ServerAddress, database: str = "postgres") -> str:
        """Return the connection string of the server's superuser; it holds a password."""
        return psycopg.conninfo.make_conninfo(
            host=address.socket_folder,
            port=address.port,
            user=ADMIN_ROLE,
            password=load_password(self._where.data, "postgres-admin-password", create=False),
            dbname=database,
            connect_timeout=5,
        )

    def _make_folders(self, owner: Owner) -> None:
        where = self._where
        # The system user passes through the data folder; the keys below it are closed to him.
        for folder in (where.run, where.postgres):
            folder.mkdir(mode=0o711 if owner.switches else 0o700, parents=True, exist_ok=True)
        let_in(owner, where.postgres)
        let_in(owner, where.run)

    def _initialise(self, programs: Programs, owner: Owner) -> None:
        """Make the data directory beside its place and move it there when it is whole."""
        load_password(self._where.data, "postgres-password")
        password = load_password(self._where.data, "postgres-admin-password")
        workshop = self._where.postgres / "new"
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(mode=0o700)
        owner.give(workshop)
        password_file = workshop / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="ascii")
        owner.give(password_file)
        self._run_initdb(programs, owner, workshop / "cluster", password_file)
        password_file.unlink()
        (workshop / "cluster").rename(self._cluster)
        workshop.rmdir()

    def _run_initdb(
        self, programs: Programs, owner: Owner, target: Path, password_file: Path
    ) -> None:
        command = [programs.path("initdb"), "-D", str(target), "-U", ADMIN_ROLE]
        command += ["--encoding=UTF8", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        command += ["--data-checksums", "--no-instructions"]
        if programs.major >= 17:
            # The same order of text on every machine, whatever its system libraries are.
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            command += ["--locale=C.UTF-8"]
        if not self._durable:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            **owner.popen_options(),
        )
        if done.returncode != 0:
            raise Unavailable(
                "postgres.initdb_failed",
                f"数据库目录 {self._cluster} 建不起来：{_last_line(done.stderr)}。"
                "请检查磁盘空间和文件夹权限后再启动。",
            )

    def _check_version(self, programs: Programs) -> None:
        made_with = _major_of(self._cluster)
        if made_with != programs.major:
            raise Unavailable(
                "postgres.other_version",
                f"数据目录由 PostgreSQL {made_with} 建立，而现在的程序是 {programs.major} 版。"
                "请用旧版本执行 nuanxin backup，再在新的数据文件夹里执行 nuanxin restore。",
            )

    def _remembered_port(self) -> int:
        try:
            return int(json.loads(self._where.server_file.read_text(encoding="utf-8"))["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _launch(
        self,
        programs: Programs,
        owner: Owner,
        socket_folder: Path,
        port: int,
        dies_with_parent: bool,
    ) -> None:
        """Start the process; while a killed predecessor still lingers, try again."""
        deadline = time.monotonic() + _START_SECONDS
        start = self._start_child if dies_with_parent else self._start_detached
        while True:
            clear_remains(self._cluster, socket_folder, port)
            failure = start(programs, owner)
            if not failure:
                return
            if not any(words in failure for words in _PASSING) or time.monotonic() > deadline:
                raise Unavailable(
                    "postgres.start_failed",
                    f"数据库没有启动：{_last_line(failure)}。"
                    f"日志在 {self._cluster / 'log'} 和 {self._start_log}。",
                )
            time.sleep(0.3)

    @property
    def _start_log(self) -> Path:
        return self._cluster / "start.log"

    def _start_detached(self, programs: Programs, owner: Owner) -> str:
        """Start with ``pg_ctl``, so that the server outlives this process; return the failure."""
        self._start_log.unlink(missing_ok=True)
        command = [programs.path("pg_ctl"), "start", "-D", str(self._cluster), "-s", "-w"]
        command += ["-t", str(_START_SECONDS), "-l", str(self._start_log)]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            env=_environment(),
            start_new_session=True,
            **owner.popen_options(),
        )
        # A long recovery outlasts pg_ctl's patience, not ours.
        if done.returncode == 0 or self.address() is not None:
            return ""
        return _read(self._start_log) or "pg_ctl failed"

    def _start_child(self, programs: Programs, owner: Owner) -> str:
        """Start as a child that the kernel stops when this process ends; return the failure."""
        self._start_log.unlink(missing_ok=True)
        self._start_log.touch(mode=0o600)
        owner.give(self._start_log)
        with self._start_log.open("ab") as log:
            self._child = subprocess.Popen(
                [programs.path("postgres"), "-D", str(self._cluster)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGINT),
                **owner.popen_options(),
            )
        deadline = time.monotonic() + _START_SECONDS
        while self._child.poll() is None and time.monotonic() < deadline:
            found = read_pid_file(self._cluster)
            if found is not None and found.pid == self._child.pid and found.status == "ready":
                return ""
            time.sleep(0.01)
        return _read(self._start_log) or "postgres ended"

    def _wait_for_address(self) -> ServerAddress:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if (address := self.address()) is not None:
                return address
            time.sleep(0.05)
        raise Unavailable("postgres.start_failed", f"数据库没有启动。日志在 {self._cluster}/log。")

    def _ready(self, address: ServerAddress) -> ServerAddress:
        """Wait until the server takes connections, make role and database, write its address."""
        deadline = time.monotonic() + _RECOVERY_SECONDS
        told_at = time.monotonic() + 5
        while True:
            try:
                with psycopg.connect(self.admin_conninfo(address), autocommit=True) as connection:
                    self._make_database(connection)
                    self._make_web_role(connection)
                break
            except psycopg.OperationalError as error:
                if not is_server(address.pid, self._cluster) or time.monotonic() > deadline:
                    raise Unavailable(
                        "postgres.not_ready",
                        f"数据库没有应答：{_last_line(str(error))}。日志在 {self._cluster}/log。",
                    ) from error
                if time.monotonic() > told_at:
                    print("数据库正在恢复上次没有写完的内容，请稍候……", file=sys.stderr)
                    told_at = time.monotonic() + 15
                time.sleep(0.1)
        self._write_address(address)
        return address

    def _make_database(self, connection: psycopg.Connection) -> None:
        made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if made.fetchone() is not None:
            return
        password = load_password(self._where.data, "postgres-password", create=False)
        has_role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        role = sql.Identifier(ROLE)
        if has_role.fetchone() is None:
            statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
            connection.execute(statement.format(role, sql.Literal(password)))
        connection.execute(sql.SQL("GRANT pg_monitor, pg_checkpoint TO {}").format(role))
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role)
        )

    def _make_web_role(self, connection: psycopg.Connection) -> None:
        """Make the role of the web processes; one that is there gets a lost password anew."""
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [WEB_ROLE])
        exists = found.fetchone() is not None
        if exists and (self._where.keys / WEB_PASSWORD_FILE).exists():
            return
        password = load_password(self._where.data, WEB_PASSWORD_FILE, replaceable=True)
        role = sql.Identifier(WEB_ROLE)
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}" if exists else _CREATE_WEB_ROLE)
        connection.execute(statement.format(role, sql.Literal(password)))
        if not exists:  # the owner may look at things with the eyes of a web process
            connection.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(ROLE)))

    def _write_address(self, address: ServerAddress) -> None:
        content = json.dumps(asdict(address))
        if _read(self._where.server_file) == content:
            return  # nothing new: a full disk is no reason to fail here
        draft = self._where.server_file.with_suffix(f".{os.getpid()}")
        draft.write_text(content, encoding="utf-8")
        draft.replace(self._where.server_file)


def end_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """Return what a child calls before it runs, so that the kernel sends it ``how`` at our end.

    Linux only; None elsewhere.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    set_parent_death_signal = 1

    def prepare() -> None:
        libc.prctl(set_parent_death_signal, int(how))

    return prepare


def _environment() -> dict[str, str]:
    """Return a bare environment: no key and no DATABASE_URL reaches the server's processes."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _usable_socket_folder(where: Places, owner: Owner) -> Path:
    """Return the folder for the socket: in the data folder, or a short one when it cannot be."""
    for folder in dict.fromkeys((where.socket_folder, where.far_socket_folder)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid not in (os.geteuid(), owner.uid):
            continue  # somebody else was there first
        if _holds_sockets(folder):
            owner.give(folder)
            let_in(owner, folder.parent)
            return folder
    raise Unavailable(
        "postgres.no_socket_folder",
        f"{where.socket_folder} 放不了数据库的本机连接文件，请用 NUANXIN_DATA 换一个文件夹。",
    )


def _holds_sockets(folder: Path) -> bool:
    trial = folder / f".trial-{os.getpid()}"
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(trial))
    except OSError:
        return False
    finally:
        trial.unlink(missing_ok=True)
    return True


def _usable_port(wanted: int) -> int:
    """Return ``wanted`` when it is free on loopback, or another free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("postgres.no_port", "本机没有空闲的端口可供数据库使用。")


def _major_of(cluster: Path) -> int:
    return int((cluster / "PG_VERSION").read_text(encoding="ascii").strip())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "没有说明原因"
