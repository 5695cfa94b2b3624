"""``nuanxin up`` from the first start to the end of the last process."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from config.places import BASE_DIR, places
from config.supervisor import MARK, end_leftovers

from .servers import product_environment, short_folder, wait_until

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux"),
]


# Promised are 10 s on a machine of its own; this one runs other tests at the same time.
SECOND_START_SECONDS = 25


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder / "data"
        end_leftovers(folder / "data")
        nuanxin(folder / "data", "database", "stop")


def nuanxin(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.cli", *arguments],
        cwd=BASE_DIR,
        env=product_environment(NUANXIN_DATA=str(data)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "config.cli", "up", "--port", str(port)],
        cwd=BASE_DIR,
        env=product_environment(NUANXIN_DATA=str(data)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process:
        try:
            assert any("已启动" in line for line in process.stdout), "up ended before it served"
            yield process
        finally:
            process.kill()


def health(port: int) -> dict[str, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
        body: dict[str, object] = json.load(answer)
        return body


def marked_processes(data: Path) -> list[int]:
    wanted = f"{MARK}={data.resolve()}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def commands_of(processes: list[int]) -> bytes:
    found = b""
    for number in processes:
        with suppress(OSError):
            found += Path(f"/proc/{number}/cmdline").read_bytes()
    return found


def test_up_serves_survives_kill_9_and_ends_cleanly(data: Path) -> None:
    port = free_port()
    with running(data, port) as first:
        assert health(port)["status"] == "ok"
        again = nuanxin(data, "up", "--port", str(port))
        assert again.returncode == 1
        assert "up.running" in again.stderr
        first.kill()
        first.wait()
        wait_until(lambda: not marked_processes(data))

    started = time.monotonic()
    with running(data, port) as second:
        assert time.monotonic() - started < SECOND_START_SECONDS
        assert health(port)["status"] == "ok"
        wait_until(lambda: b"config.worker" in commands_of(marked_processes(data)))
        ended = time.monotonic()
        second.send_signal(signal.SIGINT)
        assert second.wait(timeout=20) == 0
        assert time.monotonic() - ended < 5
    assert marked_processes(data) == []
    assert not (places(data).cluster / "postmaster.pid").exists()


def test_a_port_in_use_is_told_with_what_to_do(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = nuanxin(data, "up", "--port", str(taken.getsockname()[1]))
    assert refused.returncode == 1
    assert "已被别的程序占用" in refused.stderr


def test_a_backup_can_be_restored(data: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.dump"
    assert nuanxin(data, "backup", str(saved)).returncode == 0
    assert saved.stat().st_mode & 0o777 == 0o600
    restored = nuanxin(data, "restore", str(saved))
    assert restored.returncode == 0, restored.stderr
