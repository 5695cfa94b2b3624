"""Sharing the embedded server: whoever needs it holds a lease; who leaves last stops it.

A lease is a shared lock on a file, held by the kernel for as long as the process lives: a killed
process leaves no count behind. Starting and stopping happen under one exclusive lock, so two
commands at once never race.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from config.keys import load_keys
from config.places import Places
from config.postgres.cluster import Cluster, ServerAddress


def make_data_folder(where: Places) -> None:
    """Make the data folder; as root others may pass through it (the server's user must)."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    where.data.mkdir(mode=mode, parents=True, exist_ok=True)


def uses_embedded_server() -> bool:
    """Return whether the product runs its own server: no ``DATABASE_URL`` names another one."""
    return not os.environ.get("DATABASE_URL")


class ServerLease:
    """Holds the server of a data folder for a ``with`` block, starting it when it does not run."""

    def __init__(self, where: Places) -> None:
        self._where = where
        self._cluster = Cluster(where)
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        make_data_folder(self._where)
        load_keys(self._where.data)  # before there is a database: afterwards none is made
        with _start_lock(self._where):
            self._cluster.start()
            self._file = _open_lock(self._where.run / "lease.lock")
            fcntl.flock(self._file, fcntl.LOCK_SH)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _start_lock(self._where):
            if self._file is not None:
                self._file.close()
                self._file = None
            if not is_leased(self._where) and not _stay_file(self._where).exists():
                self._cluster.stop()

    def address(self) -> ServerAddress | None:
        """Return where the server listens, or None when it has died meanwhile."""
        return self._cluster.address()

    def revive(self) -> ServerAddress:
        """Start the server again after it died under this lease; return its address."""
        with _start_lock(self._where):
            return self._cluster.start()


def is_leased(where: Places) -> bool:
    """Return whether any process holds the server of this data folder."""
    path = where.run / "lease.lock"
    if not path.exists():
        return False
    with _open_lock(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def start_and_stay(where: Places) -> ServerAddress:
    """Start the server and leave it running until ``stop_server``; return its address."""
    make_data_folder(where)
    load_keys(where.data)
    with _start_lock(where):
        address = Cluster(where).start()
        _stay_file(where).touch()
    return address


def stop_server(where: Places) -> bool:
    """Stop the server unless somebody holds it; return whether one was stopped."""
    with _start_lock(where):
        _stay_file(where).unlink(missing_ok=True)
        return not is_leased(where) and Cluster(where).stop()


def server_address(where: Places) -> ServerAddress | None:
    """Return where the server of this data folder listens, or None when it does not run."""
    return Cluster(where).address()


def _stay_file(where: Places) -> Path:
    return where.run / "stay"


def _open_lock(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")


@contextmanager
def _start_lock(where: Places) -> Iterator[None]:
    make_data_folder(where)
    where.run.mkdir(mode=0o711, exist_ok=True)
    with _open_lock(where.run / "start.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
