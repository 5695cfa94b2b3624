"""Small programs that the process tests start, and what they do to them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config.database import database_settings
from config.places import BASE_DIR, Places

# Holds the server of the folder argv[1], tells what one query answers, stays argv[2] seconds.
HOLD_SERVER = """
import os, sys, time
os.environ["NUANXIN_DATA"] = sys.argv[1]
from config.embedded import ServerLease
from config.places import places
from tests.config.servers import connect
with ServerLease(places()):
    with connect() as connection:
        print(connection.execute("SELECT 'answered'").fetchone()[0], flush=True)
    time.sleep(float(sys.argv[2]))
"""


@contextmanager
def short_folder(mode: int = 0o711) -> Iterator[Path]:
    """Give a new folder with a short path, and remove it with everything in it."""
    folder = Path(tempfile.mkdtemp(prefix="nx"))
    folder.chmod(mode)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def connect() -> psycopg.Connection:
    """Connect to the server of ``NUANXIN_DATA`` as the product does."""
    chosen = database_settings()["default"]
    return psycopg.connect(
        host=chosen["HOST"],
        port=chosen["PORT"],
        user=chosen["USER"],
        password=chosen["PASSWORD"],
        dbname=chosen["NAME"],
        autocommit=True,
    )


def hold_server(data: Path, seconds: float, *before: str) -> subprocess.Popen[str]:
    """Start a process that holds the server; ``before`` is put in front of its command."""
    return subprocess.Popen(
        [*before, sys.executable, "-c", HOLD_SERVER, str(data), str(seconds)],
        cwd=BASE_DIR,
        env=product_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def product_environment(**more: str) -> dict[str, str]:
    """Return an environment without what the test run has put into its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("NUANXIN_") or name == "NUANXIN_PG_BIN"
    }
    kept.pop("DATABASE_URL", None)
    kept["PYTHONPATH"] = str(BASE_DIR)
    kept["DJANGO_SETTINGS_MODULE"] = "config.settings"
    kept["NUANXIN_DEMO"] = "0"
    return kept | more


def kill_server(where: Places) -> None:
    """Kill -9 the server process and everything it has started."""
    pid = int((where.cluster / "postmaster.pid").read_text().splitlines()[0])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for process in (pid, *map(int, children)):
        os.kill(process, signal.SIGKILL)


def wait_until(holds: Callable[[], bool], *, seconds: float = 20) -> None:
    """Return when ``holds()`` is true; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true in {seconds} s"
        time.sleep(0.02)
