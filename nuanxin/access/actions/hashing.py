"""Password hashes take a core for a third of a second: few at once, a short queue, the rest told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.hashers import check_password as matches_hash
from django.contrib.auth.hashers import make_password

from nuanxin.kernel.errors import Unavailable

AT_ONCE = 2
QUEUE = 20
LONGEST_WAIT_SECONDS = 15
RETRY_AFTER_SECONDS = 5


class HashingSlots:
    """``at_once`` hashes run, ``queue`` wait, whoever comes then is refused at once."""

    def __init__(self, at_once: int, queue: int) -> None:
        self._running = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + queue)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one slot; raises ``Unavailable`` when the queue is full or does not move."""
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            if not self._running.acquire(timeout=LONGEST_WAIT_SECONDS):
                raise _busy()
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._places.release()


def _busy() -> Unavailable:
    return Unavailable(
        "access.sign_in_busy",
        "这会儿登录的人太多，还没轮到您。您的账号没有问题。",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )


# One process's share: a site that runs several web processes gives each of them one.
SLOTS = HashingSlots(getattr(settings, "PASSWORD_HASHES_AT_ONCE", AT_ONCE), QUEUE)


def hash_password(password: str) -> str:
    """Return the hash to keep; waits for a slot."""
    with SLOTS.slot():
        return make_password(password)


def is_password(password: str, kept: str | None) -> bool:
    """Return whether ``password`` is the one whose hash is ``kept``; waits for a slot.

    With ``kept`` None (no such account) the same work is done, and the answer is no.
    """
    with SLOTS.slot():
        if kept is None:
            make_password(password)
            return False
        return matches_hash(password, kept)
