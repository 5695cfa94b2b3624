"""The embedded server: nothing is lost by kill -9, and sharing it is safe."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import ServerLease, is_leased, server_address
from config.keys import load_keys
from config.places import Places, places
from config.postgres.cluster import Cluster
from nuanxin.kernel.errors import Unavailable

from .servers import connect, hold_server, kill_server, short_folder, wait_until

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux"),
]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One data folder for the whole file, in the worst place: deep, and in a closed home."""
    with short_folder(0o700) as home:
        data = home / "deep" / ("d" * 80) / "data"
        yield data
        Cluster(places(data)).stop()
        shutil.rmtree(places(data).far_socket_folder, ignore_errors=True)


@pytest.fixture
def where(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("NUANXIN_DATA", str(folder))
    for name in ("SECRET_KEY", "IDENTITY_HMAC_KEY", "DATA_KEY", "CARD_PRIVATE_KEY"):
        monkeypatch.delenv(f"NUANXIN_{name}")  # this folder makes its own
    return places()


def test_committed_rows_survive_kill_9_and_the_next_start_is_quick(where: Places) -> None:
    with ServerLease(where) as lease:
        with connect() as connection:
            connection.execute("CREATE TABLE line (n int)")
            connection.execute("INSERT INTO line SELECT generate_series(1, 5000)")
            port = connection.info.port
        kill_server(where)
        wait_until(lambda: lease.address() is None)
        started = time.monotonic()
        lease.revive()
        assert time.monotonic() - started < 10
        with connect() as connection:
            assert connection.info.port == port
            assert connection.execute("SELECT count(*) FROM line").fetchone() == (5000,)


def test_a_lock_file_that_names_some_other_living_process_does_not_stop_the_start(
    where: Places,
) -> None:
    with ServerLease(where):
        kill_server(where)
        wait_until(lambda: server_address(where) is None)
        pid_file = where.cluster / "postmaster.pid"
        rest = pid_file.read_text().partition("\n")[2]
        pid_file.write_text(f"{os.getppid()}\n{rest}")
    with ServerLease(where), connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_two_that_start_at_once_share_one_server_and_the_last_one_stops_it(where: Places) -> None:
    first, second = (hold_server(where.data, seconds) for seconds in (0.0, 0.8))
    said = [process.communicate(timeout=60) for process in (first, second)]
    assert [out.strip() for out, _ in said] == ["answered", "answered"], said
    assert server_address(where) is None
    assert not is_leased(where)


def test_a_holder_that_is_killed_leaves_no_count_behind(where: Places) -> None:
    holder = hold_server(where.data, 60)
    assert holder.stdout is not None
    holder.stdout.readline()
    assert is_leased(where)
    holder.kill()
    holder.communicate()
    assert not is_leased(where)
    with ServerLease(where):
        pass
    assert server_address(where) is None


def test_a_folder_too_deep_for_a_socket_is_served_through_a_short_one(where: Places) -> None:
    with ServerLease(where) as lease:
        address = lease.address()
    assert address is not None
    assert address.socket_folder == str(where.far_socket_folder)
    assert not (where.run / "s").exists()


def test_lost_keys_are_told_and_not_replaced(where: Places) -> None:
    with ServerLease(where):
        pass
    lost = (where.keys / "data-key-1").rename(where.data / "found again")
    with pytest.raises(Unavailable) as refusal:
        load_keys(where.data)
    assert refusal.value.code == "keys.missing"
    lost.rename(where.keys / "data-key-1")
    load_keys(where.data)


@needs_root
def test_root_runs_the_server_as_another_user_below_a_closed_home(where: Places) -> None:
    with ServerLease(where) as lease:
        address = lease.address()
        assert address is not None
        assert Path(f"/proc/{address.pid}").stat().st_uid != 0
    home = where.data.parents[2]
    assert home.stat().st_mode & 0o777 == 0o701  # passed through, and still not readable


@needs_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_a_normal_user_runs_it_as_himself() -> None:
    nobody = 65534
    with short_folder() as home:
        os.chown(home, nobody, nobody)
        as_nobody = ("setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups")
        holder = hold_server(home / "data", 0, *as_nobody)
        out, complaint = holder.communicate(timeout=60)
        assert out.strip() == "answered", complaint
        assert (home / "data" / "postgres" / "cluster").stat().st_uid == nobody
