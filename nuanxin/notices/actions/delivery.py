"""Sending what waits. One gateway at a time; the default one is the outbox: a page and the console.

A message is first claimed: its row says that it is being tried, and commits. Then the gateway is
asked, with no transaction open and no row locked. A process that dies in between leaves a message
that is tried again after the lease: rather twice than never.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from nuanxin.kernel import sealing
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import parameter
from nuanxin.notices import rules
from nuanxin.notices.actions.texts import template_of
from nuanxin.notices.states import CONTENT_NOT_KEPT, MESSAGES_AT_A_TIME

OUTBOX = "outbox"
LEASE = timedelta(minutes=2)
_PROVINCE = "330000"
_FAILURE_LONGEST = 120
_log = logging.getLogger("nuanxin.notices")
_breaker = rules.Breaker()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to the gateway; ``open_phone`` gives the 11 digits, for the gateway only."""

    id: int
    phone_hint: str
    template: str
    body: str
    tries: int
    phone_hash: UUID
    phone_sealed: bytes

    def open_phone(self) -> str:
        """Return the number to send to; never logged, never kept."""
        return sealing.unseal("phone", bytes(self.phone_sealed), self.phone_hash)

    @property
    def masked_phone(self) -> str:
        """Return 138****6027."""
        return f"{self.phone_hint[:3]}****{self.phone_hint[3:]}"


class Gateway(Protocol):
    """Hands one message to a provider; raises when the provider did not take it."""

    def __call__(self, message: Outgoing) -> None: ...


def outbox(message: Outgoing) -> None:
    """The default gateway: the message stays readable on the outbox page, and on the console.

    The console shows the text where it is a demonstration or development; elsewhere its name only.
    """
    shown = settings.IS_DEMONSTRATION or settings.DEBUG
    said = message.body if shown else message.template
    _log.info("text message to %s: %s", message.masked_phone, said)


@dataclass(frozen=True, slots=True)
class _Outcome:
    id: int
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""
    not_before: datetime | None = None
    tries: int = 0


_CLAIM = """
UPDATE notices_message m SET tries = m.tries + 1, not_before = %(lease)s
FROM (SELECT id FROM notices_message
      WHERE sent_at IS NULL AND failed_at IS NULL AND (not_before IS NULL OR not_before <= %(now)s)
        AND (%(only)s::bigint IS NULL OR id = %(only)s)
      ORDER BY queued_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS waiting
WHERE m.id = waiting.id
RETURNING m.id, m.phone_hint, m.template, m.body, m.tries, m.phone_hash, m.phone_sealed
"""
_SETTLE = """
UPDATE notices_message m SET
    sent_at = o.sent_at, failed_at = o.failed_at, failure = o.failure, not_before = o.not_before,
    tries = o.tries,
    body = CASE WHEN o.sent_at IS NOT NULL AND m.template = ANY(%(secret)s) AND %(forgets)s
                THEN %(not_kept)s ELSE m.body END
FROM unnest(%(ids)s::bigint[], %(sent)s::timestamptz[], %(failed)s::timestamptz[],
            %(failures)s::text[], %(not_before)s::timestamptz[], %(tries)s::smallint[])
         AS o (id, sent_at, failed_at, failure, not_before, tries)
WHERE m.id = o.id
"""


def deliver_waiting(*, now: datetime, only: int | None = None) -> int:
    """Send waiting messages, at most ``MESSAGES_AT_A_TIME`` (or just one); return how many were taken.

    Two callers never take the same message. One that the gateway refuses is tried again after
    notices.text_retry_seconds, then marked as failed. When the gateway refuses again and again, it
    is left alone for a while (notices.breaker) and 0 is returned.
    """
    if _breaker.open_until(now) is not None:
        return 0
    taken = _claim(now, only)
    if taken:
        gateway = _gateway()
        _settle([_hand_over(gateway, message, now) for message in taken], taken)
    return len(taken)


def _claim(now: datetime, only: int | None) -> list[Outgoing]:
    values = {"now": now, "lease": now + LEASE, "only": only, "limit": MESSAGES_AT_A_TIME}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        rows = cursor.fetchall()
    return sorted((Outgoing(*row) for row in rows), key=lambda message: message.id)


def _hand_over(gateway: Gateway, message: Outgoing, now: datetime) -> _Outcome:
    waits_until = _breaker.open_until(now)
    if waits_until is not None:  # it has just fallen silent: this one was not tried
        return _Outcome(message.id, not_before=waits_until, tries=message.tries - 1)
    try:
        gateway(message)
    except Exception as fault:
        _note(is_success=False, now=now)
        waits = _parameter("text_retry_seconds", now)
        again = rules.next_try(message.tries, waits, now)
        failure = type(fault).__name__[:_FAILURE_LONGEST]
        failed_at = now if again is None else None
        return _Outcome(message.id, None, failed_at, failure, again, message.tries)
    _note(is_success=True, now=now)
    return _Outcome(message.id, sent_at=now, tries=message.tries)


def _note(*, is_success: bool, now: datetime) -> None:
    limits = _parameter("breaker", now)
    _breaker.note(
        is_success=is_success,
        limit=limits["failures"],
        cool_seconds=limits["cool_seconds"],
        now=now,
    )


def _parameter(name: str, now: datetime) -> Any:
    return parameter(f"notices.{name}", adcode=_PROVINCE, on=business_day(now)).value


def _settle(outcomes: list[_Outcome], taken: list[Outgoing]) -> None:
    names = {message.template for message in taken}
    values: dict[str, Any] = {
        "ids": [one.id for one in outcomes],
        "sent": [one.sent_at for one in outcomes],
        "failed": [one.failed_at for one in outcomes],
        "failures": [one.failure for one in outcomes],
        "not_before": [one.not_before for one in outcomes],
        "tries": [one.tries for one in outcomes],
        "secret": [name for name in names if template_of(name).is_secret],
        # The outbox page is where the code is read: there it stays for a day.
        "forgets": settings.SMS_GATEWAY != OUTBOX,
        "not_kept": CONTENT_NOT_KEPT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, values)


def _gateway() -> Gateway:
    """Return the gateway in force: "outbox", or the dotted path of another one."""
    if settings.SMS_GATEWAY == OUTBOX:
        return outbox
    found: Gateway = import_string(settings.SMS_GATEWAY)
    return found
