"""门码: what a screen at a door shows, and what may be made of it. Made like a one-time password.

A code names its screen, a window of time and a number within it, and is signed with the screen's own
key (HMAC-SHA-256, cut to 96 bits). It begins with its window and is good for ``GOOD_FOR`` seconds
from then on; after it was used the screen shows the next number, so that nobody waits for a window. A
controller that holds the key makes the same codes without a network; nothing but the clock is shared.
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from nuanxin.stations.states.living import DoorOutcome

STEP_SECONDS = 30
LONGEST = 64
MOST_SERIAL = 250
"""Codes of one screen in one window: one each eighth of a second."""
_BODY = struct.Struct(">QIB")
_MAC_BYTES = 12


@dataclass(frozen=True, slots=True)
class DoorCode:
    """A code as read, not yet believed."""

    device_id: int
    step: int
    serial: int
    mac: bytes

    @property
    def begins_at(self) -> datetime:
        """Return when its window begins."""
        return datetime.fromtimestamp(self.step * STEP_SECONDS, UTC)


def step_at(now: datetime) -> int:
    """Return the window that ``now`` is in."""
    return int(now.timestamp()) // STEP_SECONDS


def make_code(key: bytes, *, device_id: int, step: int, serial: int) -> str:
    """Return the code as it stands in the address that the screen shows."""
    body = _BODY.pack(device_id, step, serial)
    return base64.urlsafe_b64encode(body + _mac(key, body)).decode().rstrip("=")


def read_code(text: str) -> DoorCode | None:
    """Return what a code says, None for what is no code."""
    if len(text) > LONGEST:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _BODY.size + _MAC_BYTES:
        return None
    device_id, step, serial = _BODY.unpack(raw[: _BODY.size])
    return DoorCode(device_id, step, serial, raw[_BODY.size :])


def judge_code(
    code: DoorCode,
    key: bytes,
    *,
    at: datetime,
    good_for: timedelta,
    ahead: timedelta,
    is_here: bool = True,
) -> DoorOutcome:
    """Return ``OPENED`` for a code that may open at the moment of its scan, else why it may not.

    ``ahead`` is how far the screen's clock may run before ours. Whether it was used already is the
    database's to say, whether the station is open the caller's.
    """
    if not is_signed(code, key):
        return DoorOutcome.ALTERED
    if not is_here:
        return DoorOutcome.OTHER_STATION
    if code.begins_at > at + ahead:
        return DoorOutcome.CLOCK
    if at - code.begins_at > good_for:
        return DoorOutcome.EXPIRED
    return DoorOutcome.OPENED


def is_signed(code: DoorCode, key: bytes) -> bool:
    """Return whether whoever made the code held the screen's key."""
    body = _BODY.pack(code.device_id, code.step, code.serial)
    return hmac.compare_digest(_mac(key, body), code.mac)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, b"nuanxin door\0" + body, sha256).digest()[:_MAC_BYTES]
