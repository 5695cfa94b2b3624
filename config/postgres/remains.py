"""What a killed server leaves behind, and how the next one gets past it.

After kill -9 the server's process may stay a zombie, because nobody collected it (in containers
process 1 often does not), or its number may by now belong to another program. PostgreSQL takes
both for a running server and refuses to start.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

# Higher than any process number of Linux (2^22): "certainly not running".
_NO_PROCESS = 2**30


@dataclass(frozen=True, slots=True)
class PidFile:
    """What ``postmaster.pid`` says."""

    pid: int
    port: int
    socket_folder: str
    status: str


def read_pid_file(cluster: Path) -> PidFile | None:
    """Return the content of ``postmaster.pid``, or None when there is none or it is half written."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        lines += [""] * 8
        return PidFile(
            pid=int(lines[0]),
            port=int(lines[3] or 0),
            socket_folder=lines[4].strip(),
            status=lines[7].strip(),
        )
    except (OSError, ValueError):
        return None


def is_server(pid: int, cluster: Path) -> bool:
    """Return whether ``pid`` is a living server process of ``cluster``."""
    if pid <= 0 or pid >= _NO_PROCESS:
        return False
    if sys.platform != "linux":
        return _answers_signal(pid)
    process = Path(f"/proc/{pid}")
    try:
        state = process.joinpath("stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
        command = process.joinpath("cmdline").read_bytes()
    except (OSError, IndexError):
        return False
    return state not in "ZX" and b"postgres" in command and os.fsencode(cluster) in command


def _answers_signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def clear_remains(cluster: Path, socket_folder: Path, port: int) -> None:
    """Make the lock files of a dead server name a process that certainly does not run.

    ``postmaster.pid`` is kept, because PostgreSQL reads in it which shared memory to check:
    children of the killed server that still write are found in that way. Does nothing while the
    server lives. The caller holds the start lock.
    """
    for path in (cluster / "postmaster.pid", socket_folder / f".s.PGSQL.{port}.lock"):
        try:
            first, _, rest = path.read_text(encoding="utf-8").partition("\n")
            pid = abs(int(first))
        except (OSError, ValueError):
            continue
        if pid == _NO_PROCESS or is_server(pid, cluster):
            continue
        with path.open("r+", encoding="utf-8") as file:  # keeps the file's owner
            file.write(f"{_NO_PROCESS}\n{rest}")
            file.truncate()
