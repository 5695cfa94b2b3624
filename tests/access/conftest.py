"""What the tests of 权限 share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.access import outbox
from tests.access.provider import host, provider  # noqa: F401


@pytest.fixture(autouse=True)
def sent(settings: Any) -> Iterator[list[dict[str, Any]]]:
    """The messages sent in this test, oldest first."""
    settings.ACCESS_CODE_SENDER = "tests.access.outbox.keep"
    outbox.SENT.clear()
    yield outbox.SENT
    outbox.SENT.clear()
