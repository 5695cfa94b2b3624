"""Limits and kinds of 通知. No Django here."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_TEXT = 400
MESSAGES_AT_A_TIME = 200
DELIVERIES_AT_A_TIME = 64
LIST_LIMIT = 100

CONTENT_NOT_KEPT = "（内容发出后不保存）"
OVER_THE_NUMBERS_LIMIT = "超过每个号码每天的条数，没有发"


class WebhookState(StrEnum):
    """How a subscription stands."""

    LIVE = "live"
    FAILING = "failing"
    DISABLED = "disabled"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {"live": "正常", "failing": "最近没有送到", "disabled": "已停用"}[self.value]


@dataclass(frozen=True, slots=True)
class Template:
    """The text of a message with its places ``{name}`` and what its first lines say of it.

    ``is_secret``: what was sent is not kept (a code). ``is_optional``: only to who has consented to
    service messages.
    """

    name: str
    text: str
    is_secret: bool
    is_optional: bool


notice_stops: dict[str, str] = {}
"""By the beginning of a notice's kind: the name of the address that turns such notices off."""


def register_stop(prefix: str, url_name: str) -> None:
    """Let a notice whose kind begins so carry a button that turns its like off.

    The address takes a POST with ``do`` = ``stop.`` and what follows the prefix.
    """
    notice_stops[prefix] = url_name


def stop_of(kind: str) -> tuple[str, str] | None:
    """Return the address name and the value to send for a notice of this kind, None without."""
    for prefix, url_name in notice_stops.items():
        if kind.startswith(prefix):
            return url_name, f"stop.{kind.removeprefix(prefix)}"
    return None
