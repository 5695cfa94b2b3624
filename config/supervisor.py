"""Keeps the processes of ``nuanxin up`` alive, and ends them all when it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.postgres.cluster import end_with_parent

# Every process started under a supervisor carries this in its environment, with its data folder.
MARK = "NUANXIN_SUPERVISED"
_TICK_SECONDS = 0.25
_LIVED_WELL_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 15.0
_END_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep alive; ``label`` is its Chinese name in messages."""

    label: str
    command: Sequence[str]
    environment: dict[str, str]


class Child:
    """A program and its present process, in a process group of its own."""

    def __init__(self, program: Program, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._again_at = 0.0
        self._pause = 0.5

    @property
    def label(self) -> str:
        """Return the Chinese name of the program."""
        return self._program.label

    @property
    def was_started(self) -> bool:
        """Return whether the program was started at all; it may have died since."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """Return the number of the living process, or None."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if alive and self._process else None

    def start(self) -> None:
        """Start the process; it is told to end when the supervisor dies."""
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self._program.command,
            stdin=subprocess.DEVNULL,
            env=os.environ | {MARK: str(self._folder)} | self._program.environment,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )

    def keep_alive(self) -> None:
        """Start the process again when it has died, after a pause that grows with each death."""
        if self.pid is not None or self._process is None:
            return
        now = time.monotonic()
        if not self._again_at:
            self.signal(signal.SIGKILL)  # what is left of its group
            lived = now - self._started
            self._pause = 0.5 if lived > _LIVED_WELL_SECONDS else self._pause
            self._again_at = now + self._pause
            print(
                f"{self._program.label}意外结束（{self._process.returncode}），"
                f"{self._pause:.1f} 秒后重新启动。",
                file=sys.stderr,
            )
            self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
        elif now >= self._again_at:
            self._again_at = 0.0
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """Send ``number`` to the whole group of the process."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except (ProcessLookupError, PermissionError):
                return


class Supervisor:
    """Runs programs until it is asked to end; ``on_tick`` is called between looks at them.

    Entering it takes over SIGINT, SIGTERM and SIGHUP; leaving it ends every program.
    """

    def __init__(
        self, programs: Sequence[Program], *, folder: Path, on_tick: Callable[[], None]
    ) -> None:
        self._children = [Child(program, folder) for program in programs]
        self._on_tick = on_tick
        self._asked = threading.Event()

    def __enter__(self) -> "Supervisor":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_end)
        return self

    def start(self, *labels: str) -> None:
        """Start the programs with these labels, or all that have not been started."""
        for child in self._children:
            if not child.was_started and (not labels or child.label in labels):
                child.start()

    def __exit__(self, *_: object) -> None:
        """End every child: politely first, then for good."""
        for child in self._children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + _END_SECONDS
        while any(child.pid for child in self._children) and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in self._children:
            child.signal(signal.SIGKILL)

    @property
    def is_ending(self) -> bool:
        """Return whether somebody asked for the end."""
        return self._asked.is_set()

    def watch(self) -> None:
        """Return when asked to end (Ctrl-C, SIGTERM); until then keep every child alive."""
        while not self._asked.wait(_TICK_SECONDS):
            self.look_once()

    def look_once(self) -> None:
        """Restart what has died."""
        self._on_tick()
        for child in self._children:
            child.keep_alive()

    def _ask_to_end(self, number: int, frame: object) -> None:
        self._asked.set()


def end_leftovers(folder: Path) -> int:
    """Kill what an earlier, killed supervisor of this data folder left; return how many.

    The caller makes sure that no supervisor of this folder is alive. Linux only: elsewhere
    nothing is found.
    """
    wanted = f"{MARK}={folder}".encode()
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = wanted in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if marked and int(process.name) != os.getpid():
            try:
                os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                continue
            found += 1
    return found
