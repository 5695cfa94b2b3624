"""Counting tries over a window, so that guessing is slowed down and nobody is locked out.

What is counted is a keyed hash of what the try concerned: reading the table tells nobody's number.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.access import rules
from nuanxin.access.rules import WrongTries
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import sealing
from nuanxin.kernel.clock import business_day, day_start

_WRONG_TRIES = """
WITH recent AS (
  SELECT at, succeeded FROM access_attempt
   WHERE key_hash = %(key)s AND action = 'password' AND at >= %(since)s
), wrong AS (
  SELECT at FROM recent
   WHERE NOT succeeded AND at > coalesce((SELECT max(at) FROM recent WHERE succeeded), '-infinity')
)
SELECT (SELECT count(*) FROM wrong), (SELECT max(at) FROM wrong),
       (SELECT count(*) FROM access_attempt
         WHERE key_hash = %(network)s AND action = 'password_network' AND at >= %(hour)s),
       (SELECT count(*) FROM access_attempt
         WHERE key_hash = %(elsewhere)s AND action = 'password_elsewhere' AND at >= %(hour)s)
"""


def key_of(*parts: object) -> UUID:
    """Return the keyed hash under which tries that concern ``parts`` are counted."""
    return sealing.lookup_hash("attempt", "|".join(str(part) for part in parts))


def note_attempt(kind: AttemptKind, key: UUID, *, succeeded: bool, now: datetime) -> None:
    """Add one try."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_attempt (action, key_hash, at, succeeded) VALUES (%s, %s, %s, %s)",
            [kind.value, key, now, succeeded],
        )


def count_attempts(kind: AttemptKind, key: UUID, *, since: datetime) -> int:
    """Return how many tries were made since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM access_attempt WHERE key_hash = %s AND action = %s AND at >= %s",
            [key, kind.value, since],
        )
        (count,) = cursor.fetchone()
    return int(count)


@dataclass(frozen=True, slots=True)
class PasswordKeys:
    """Under what the tries at one account from one place are counted."""

    place: UUID
    network: UUID
    elsewhere: UUID
    is_known_device: bool


def password_keys(name: str, *, network: str, known_device: str) -> PasswordKeys:
    """Return the keys for the account called ``name``, whether there is one or not.

    A device that signed in with it before (its mark is ``known_device``) is counted by itself.
    """
    place = known_device or network
    return PasswordKeys(
        place=key_of("password", name, place),
        network=key_of("password_network", network),
        elsewhere=key_of("password_elsewhere", name),
        is_known_device=bool(known_device),
    )


def wrong_tries(keys: PasswordKeys, *, now: datetime) -> WrongTries:
    """Return the wrong passwords and codes since the last right one, within the window."""
    minutes = rules.setting("password_window_minutes", business_day(now))
    values: dict[str, Any] = {
        "key": keys.place,
        "network": keys.network,
        "elsewhere": keys.elsewhere,
        "since": now - timedelta(minutes=minutes),
        "hour": now - timedelta(hours=1),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRONG_TRIES, values)
        count, last_at, from_network, from_elsewhere = cursor.fetchone()
    return WrongTries(count, last_at, from_network, from_elsewhere, keys.is_known_device)


def note_wrong(keys: PasswordKeys, *, now: datetime) -> None:
    """Add one wrong try at each key that it counts for."""
    note_attempt(AttemptKind.PASSWORD, keys.place, succeeded=False, now=now)
    note_attempt(AttemptKind.PASSWORD_NETWORK, keys.network, succeeded=False, now=now)
    if not keys.is_known_device:
        note_attempt(AttemptKind.PASSWORD_ELSEWHERE, keys.elsewhere, succeeded=False, now=now)


def note_right(keys: PasswordKeys, *, now: datetime) -> None:
    """Let the counting of wrong tries from this place begin anew."""
    note_attempt(AttemptKind.PASSWORD, keys.place, succeeded=True, now=now)


def lock(*keys: UUID) -> None:
    """Let the tries that concern one of ``keys`` wait for one another until this transaction ends.

    Callers name the keys always in the same order of kinds, so that no two wait crosswise.
    """
    with connection.cursor() as cursor:
        for key in keys:
            number = int.from_bytes(key.bytes[:8], "big", signed=True)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def start_of_day(now: datetime) -> datetime:
    """Return the instant at which the business day of ``now`` began."""
    return day_start(business_day(now))
