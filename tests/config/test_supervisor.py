"""The supervisor restarts what dies and leaves nothing running."""

import os
import signal
import sys
from pathlib import Path

import pytest

from config.supervisor import Child, Program, Supervisor, end_leftovers

from .servers import wait_until

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux"),
]
SLEEPER = Program("睡觉的程序", [sys.executable, "-c", "import time; time.sleep(60)"], {})


def test_what_dies_is_started_again(tmp_path: Path, capsys) -> None:
    with Supervisor([SLEEPER], folder=tmp_path, on_tick=lambda: None) as supervisor:
        supervisor.start()
        child: Child = supervisor._children[0]
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)

        def is_back() -> bool:
            supervisor.look_once()
            return child.pid not in (None, first)

        wait_until(is_back, seconds=5)
        second = child.pid
    assert "意外结束" in capsys.readouterr().err
    assert not Path(f"/proc/{second}").exists() or child.pid is None


def test_what_a_killed_supervisor_left_is_ended_by_the_next(tmp_path: Path) -> None:
    child = Child(SLEEPER, tmp_path)
    child.start()
    wait_until(lambda: b"sleep(60)" in Path(f"/proc/{child.pid}/cmdline").read_bytes())
    assert end_leftovers(tmp_path / "elsewhere") == 0
    assert end_leftovers(tmp_path) == 1
    wait_until(lambda: child.pid is None, seconds=5)


@pytest.fixture(autouse=True)
def _signals_as_they_were():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
