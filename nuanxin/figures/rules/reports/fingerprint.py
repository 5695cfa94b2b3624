"""Fingerprints of plain values."""

import hashlib
import json


def digest_of(parts: object) -> str:
    """Return the fingerprint (16 hex digits of SHA-256) of plain values."""
    raw = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest()[:16]
