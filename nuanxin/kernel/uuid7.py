"""Time-ordered identifiers (RFC 9562, version 7), made here because PostgreSQL 15 lacks them."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """Return a new version-7 UUID: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    return _assemble(milliseconds, os.urandom(10))


def _assemble(milliseconds: int, noise: bytes) -> UUID:
    high = (milliseconds << 16) | 0x7000 | (int.from_bytes(noise[:2], "big") & 0x0FFF)
    low = (int.from_bytes(noise[2:], "big") & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    return UUID(int=(high << 64) | low)
