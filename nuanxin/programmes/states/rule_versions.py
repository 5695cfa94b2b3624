"""States of versions of rules and services, and of the trials of rules."""

from enum import IntEnum

from nuanxin.kernel.errors import Conflict


class VersionState(IntEnum):
    """Where a version of a text stands. A released one never changes; before its day it may be revoked."""

    DRAFT = 1
    SUBMITTED = 2
    RELEASED = 3
    DISCARDED = 4
    REVOKED = 5

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _VERSIONS[self]

    @property
    def is_in_work(self) -> bool:
        """Return whether somebody still writes or reviews it."""
        return self in (VersionState.DRAFT, VersionState.SUBMITTED)


_VERSIONS = {
    VersionState.DRAFT: "在起草",
    VersionState.SUBMITTED: "等复核",
    VersionState.RELEASED: "定稿",
    VersionState.DISCARDED: "不要了",
    VersionState.REVOKED: "撤回了",
}

VERSION_MOVES = {
    VersionState.DRAFT: {VersionState.SUBMITTED, VersionState.DISCARDED},
    VersionState.SUBMITTED: {VersionState.DRAFT, VersionState.RELEASED},
    VersionState.RELEASED: {VersionState.REVOKED},
    VersionState.DISCARDED: set(),
    VersionState.REVOKED: set(),
}


def check_version_move(now: VersionState, to: VersionState) -> None:
    """Return when the version may move so; raise ``Conflict`` programmes.rule_moved_on."""
    if to not in VERSION_MOVES[now]:
        raise Conflict(
            "programmes.rule_moved_on",
            f"这一版现在是“{now.label}”，这一步已经办不了。刷新页面看看是谁办的。",
        )


class PreviewState(IntEnum):
    """Where a trial of a rule over the register stands."""

    WAITING = 1
    RUNNING = 2
    DONE = 3
    FAILED = 4

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return _PREVIEWS[self]


_PREVIEWS = {
    PreviewState.WAITING: "排着队",
    PreviewState.RUNNING: "正在算",
    PreviewState.DONE: "算好了",
    PreviewState.FAILED: "没算成",
}
