"""A sender of codes that keeps what was sent, for tests of what lies below ``notices``."""

from typing import Any

SENT: list[dict[str, Any]] = []


def keep(**message: Any) -> None:
    """Take the place of ``notices.actions.send_sms``."""
    SENT.append(message)
