"""Sending what waits. One gateway at a time; the default one is the outbox: a page and the console.

Rows are taken with SKIP LOCKED, so that two workers never send the same message.
"""

import logging
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from nuanxin.notices.models import Message

BATCH = 200
TRIES = 5
_WAIT = timedelta(seconds=30)
_log = logging.getLogger("nuanxin.notices")


class Gateway(Protocol):
    """Hands one message to a provider; raises when the provider did not take it."""

    def __call__(self, message: Message) -> None: ...


def outbox(message: Message) -> None:
    """The default gateway: the message stays readable on the outbox page; the console names it."""
    hint = message.phone_hint
    _log.info("text message to %s****%s: %s", hint[:3], hint[3:], message.template)


def deliver_waiting(*, now: datetime, only: int | None = None) -> int:
    """Send up to ``BATCH`` waiting messages (or just one) and return how many were taken.

    A message that the gateway refuses is tried again later, a few times, then marked as failed.
    """
    gateway = _gateway()
    with transaction.atomic():
        waiting = Message.objects.select_for_update(skip_locked=True).filter(
            Q(not_before__isnull=True) | Q(not_before__lte=now),
            sent_at__isnull=True,
            failed_at__isnull=True,
        )
        if only is not None:
            waiting = waiting.filter(id=only)
        taken = list(waiting.order_by("queued_at")[:BATCH])
        for message in taken:
            _hand_over(gateway, message, now)
        Message.objects.bulk_update(
            taken, ["sent_at", "failed_at", "failure", "tries", "not_before"]
        )
    return len(taken)


def _hand_over(gateway: Gateway, message: Message, now: datetime) -> None:
    message.tries += 1
    try:
        gateway(message)
    except Exception as fault:
        message.failure = type(fault).__name__
        if message.tries >= TRIES:
            message.failed_at = now
        else:
            message.not_before = now + _WAIT * 2**message.tries
    else:
        message.sent_at = now


def _gateway() -> Gateway:
    """Return the gateway in force: "outbox", or the dotted path of another one."""
    if settings.SMS_GATEWAY == "outbox":
        return outbox
    found: Gateway = import_string(settings.SMS_GATEWAY)
    return found
