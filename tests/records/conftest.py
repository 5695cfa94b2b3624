"""Set-up shared by the tests of 留痕."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nuanxin.kernel.actor import Actor, Grant, Role
from tests.records.committed import committed

__all__ = ["committed"]

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
OFFICER = Actor(name="周敏", grants=(Grant(Role.GRASSROOTS_OFFICER, 311, "/1/20/311/"),))
AUDIT_ADMIN = Actor(name="审计管理员", grants=(Grant(Role.AUDIT_ADMIN),))


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    """Give each test a folder of its own for files and checkpoints."""
    settings.FILES_ROOT = tmp_path / "files"
