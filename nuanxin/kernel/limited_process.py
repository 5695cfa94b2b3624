"""Foreign files are opened in a child process of its own that has limits on time and memory.

The parent calls ``run_limited``; the child calls ``limit_this_process`` before it touches the file.
What a hostile file brings down is the child, and the parent tells a person what to do.
"""

import os
import resource
import subprocess
import sys
from enum import Enum, auto
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {
    "PATH": os.defpath,
    "PYTHONPATH": str(_PROJECT),
    "LANG": "C.UTF-8",
    "POLARS_MAX_THREADS": "2",
}
_KILLED = frozenset({-24, -9})  # SIGXCPU, or SIGKILL at the hard limit
_SECONDS_TO_SAY_SO = 5
NO_MEMORY, NO_SPACE = 3, 4
"""What a child exits with when the memory was not enough, or the disk for its answer."""


class Ending(Enum):
    """How a child ended: with its answer, out of time, out of disk, or broken (mostly: no memory)."""

    DONE = auto()
    TOO_SLOW = auto()
    NO_SPACE = auto()
    BROKEN = auto()


def run_limited(module: str, task: bytes, *, wall_seconds: float) -> Ending:
    """Run ``python -m module`` with ``task`` on its standard input and wait, at most so long.

    The child inherits nothing of the environment but where the project lies.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=task,
            env=_ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=wall_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ending.TOO_SLOW
    if done.returncode in _KILLED:
        return Ending.TOO_SLOW
    if done.returncode == NO_SPACE:
        return Ending.NO_SPACE
    return Ending.DONE if done.returncode == 0 else Ending.BROKEN


def limit_this_process(*, cpu_seconds: int, memory_bytes: int, open_files: int | None = 64) -> None:
    """Set the limits of this process for the rest of its life; no core file is left behind."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + _SECONDS_TO_SAY_SO))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if open_files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
