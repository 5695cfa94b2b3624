"""Keys are made once, kept to their owner, and can be given from outside."""

import base64
from pathlib import Path

import pytest

from config.keys import key_file_faults, load_keys
from nuanxin.kernel.errors import Malformed, Unavailable

NAMES = ("SECRET_KEY", "IDENTITY_HMAC_KEY", "DATA_KEY", "CARD_PRIVATE_KEY")


@pytest.fixture(autouse=True)
def _no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"NUANXIN_{name}", raising=False)


def test_keys_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    made = load_keys(tmp_path)
    assert load_keys(tmp_path) == made
    assert len(made.identity_hmac_key) == len(made.data_key) == 32
    assert made.card_private_key_pem.startswith("-----BEGIN PRIVATE KEY-----")
    assert key_file_faults(tmp_path) == []
    (tmp_path / "keys" / "data-key-1").chmod(0o644)
    assert len(key_file_faults(tmp_path)) == 1


def test_no_two_keys_are_alike_and_none_is_printed(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    assert keys.identity_hmac_key != keys.data_key
    assert keys.secret_key not in repr(keys)


def test_a_newer_data_key_seals_and_the_older_stays(tmp_path: Path) -> None:
    before = load_keys(tmp_path)
    (tmp_path / "keys" / "data-key-2").write_text(base64.b64encode(b"2" * 32).decode())
    after = load_keys(tmp_path)
    assert after.data_key == b"2" * 32
    assert after.data_keys[1] == before.data_key


def test_a_key_from_outside_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANXIN_DATA_KEY", base64.b64encode(b"k" * 32).decode())
    given = tmp_path / "given"
    given.write_text("text from a file\n")
    monkeypatch.setenv("NUANXIN_SECRET_KEY_FILE", str(given))
    keys = load_keys(tmp_path)
    assert keys.data_key == b"k" * 32
    assert keys.secret_key == "text from a file"


@pytest.mark.parametrize("wrong", ["not base64!", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUANXIN_DATA_KEY", wrong)
    with pytest.raises(Malformed):
        load_keys(tmp_path)


def test_without_permission_to_make_them_missing_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        load_keys(tmp_path, create=False)
