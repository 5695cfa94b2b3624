"""Which database Django is pointed at."""

from pathlib import Path

import pytest

from config.database import database_settings
from config.places import LONGEST_SOCKET_FOLDER, places
from nuanxin.kernel.errors import Malformed


def test_an_address_from_outside_is_understood_with_several_hosts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        "DATABASE_URL",
        "postgresql://app:s%40cret@one:5432,two:5433/union?target_session_attrs=read-write",
    )
    chosen = database_settings()["default"]
    assert (chosen["HOST"], chosen["PORT"]) == ("one,two", "5432,5433")
    assert (chosen["USER"], chosen["PASSWORD"], chosen["NAME"]) == ("app", "s@cret", "union")
    assert chosen["OPTIONS"]["target_session_attrs"] == "read-write"


def test_an_address_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://host/name?no_such_option=1")
    with pytest.raises(Malformed):
        database_settings()


def test_only_web_processes_are_limited_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANXIN_PROCESS", "web")
    web = database_settings()["default"]["OPTIONS"]
    assert "statement_timeout=5000" in web["options"]
    assert web["pool"]["max_size"] == 8
    monkeypatch.setenv("NUANXIN_PROCESS", "worker")
    worker = database_settings()["default"]["OPTIONS"]
    assert "options" not in worker
    assert "pool" not in worker


def test_before_the_first_start_settings_can_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("NUANXIN_DATA", str(tmp_path / "nothing here"))
    assert database_settings()["default"]["PASSWORD"] == ""
    assert not (tmp_path / "nothing here").exists()


def test_the_socket_folder_is_never_too_long(tmp_path: Path) -> None:
    for data in (tmp_path / "a", tmp_path / ("b" * 120)):
        assert len(str(places(data).socket_folder)) <= LONGEST_SOCKET_FOLDER
