"""Trying a write before it is done: what it would refuse is refused now, and nothing stays."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

Outcome = TypeVar("Outcome")


def rehearse(work: Callable[[], Outcome]) -> Outcome:
    """Run a write and take all of it back; return what it would have returned.

    Refusals pass through. Messages wait for a commit that never comes, so none is sent.
    """
    with transaction.atomic():
        outcome = work()
        transaction.set_rollback(True)
    return outcome
