"""Restoring what is no backup changes nothing."""

import os
from pathlib import Path

import pytest

from config.postgres.backup import restore_backup
from nuanxin.kernel.errors import Malformed


@pytest.mark.slow
@pytest.mark.django_db
def test_a_damaged_backup_is_refused_and_leaves_no_database_behind(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.dump"
    damaged.write_bytes(os.urandom(300))
    with pytest.raises(Malformed) as refusal:
        restore_backup(damaged)
    assert refusal.value.code == "restore.unreadable"
    with pytest.raises(Malformed):  # again: the half-made database of the first try is gone
        restore_backup(damaged)


def test_a_backup_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Malformed) as refusal:
        restore_backup(tmp_path / "none.dump")
    assert refusal.value.code == "restore.no_file"
