"""What a session keeps for later pages: a phone that was verified, a person that a host passed.

Both are sealed: a session's row is readable for whoever reads the database.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.http import HttpRequest

from nuanxin.kernel import clock, sealing
from nuanxin.kernel.phone import mask_phone

VERIFIED_PHONE_KEY = "verified_phone"
HOST_PERSON_KEY = "host_person"
PENDING_CODE_KEY = "pending_code"
PENDING_PASSWORD_KEY = "pending_password"


@dataclass(frozen=True, slots=True)
class VerifiedPhone:
    """A phone that this browser showed to hold, by a code."""

    phone: str
    phone_hash: UUID
    verified_at: datetime

    def __repr__(self) -> str:
        return "VerifiedPhone(…)"


@dataclass(frozen=True, slots=True)
class HostPerson:
    """Who a host app says has come: verified name and identity number, perhaps a phone."""

    provider: str
    subject: str
    name: str
    identity: str
    phone: str
    arrived_at: datetime

    def __repr__(self) -> str:
        return f"HostPerson({self.provider}, …)"


@dataclass(frozen=True, slots=True)
class PendingCode:
    """A code on its way to a phone, asked for by this browser."""

    code_id: int
    phone: str

    @property
    def masked_phone(self) -> str:
        """Return 138****6027."""
        return mask_phone(self.phone)

    def __repr__(self) -> str:
        return f"PendingCode({self.code_id}, …)"


@dataclass(frozen=True, slots=True)
class PendingPassword:
    """A right password, waiting for the second step; ``secret`` while one is being set up."""

    account_id: UUID
    username: str
    epoch: int
    secret: str

    def __repr__(self) -> str:
        return "PendingPassword(…)"


def pending_code_of(request: HttpRequest) -> PendingCode | None:
    """Return the code that this browser has asked for, while it may still be typed; else None."""
    kept = _opened(request, PENDING_CODE_KEY)
    return None if kept is None else PendingCode(kept["code_id"], kept["phone"])


def pending_password_of(request: HttpRequest) -> PendingPassword | None:
    """Return whose password was right a moment ago in this browser; else None."""
    kept = _opened(request, PENDING_PASSWORD_KEY)
    if kept is None:
        return None
    return PendingPassword(
        UUID(kept["account"]), kept["username"], kept["epoch"], kept.get("secret", "")
    )


def verified_phone_of(request: HttpRequest) -> VerifiedPhone | None:
    """Return the phone verified in this session, while that is recent enough; else None."""
    kept = _opened(request, VERIFIED_PHONE_KEY)
    if kept is None:
        return None
    return VerifiedPhone(kept["phone"], UUID(kept["hash"]), datetime.fromisoformat(kept["at"]))


def host_person_of(request: HttpRequest) -> HostPerson | None:
    """Return the person that a host app passed to this session, else None."""
    kept = _opened(request, HOST_PERSON_KEY)
    if kept is None:
        return None
    return HostPerson(
        provider=kept["provider"],
        subject=kept["subject"],
        name=kept["name"],
        identity=kept["identity"],
        phone=kept["phone"],
        arrived_at=datetime.fromisoformat(kept["at"]),
    )


def sealed_for_session(key: str, values: dict[str, Any], *, until: datetime) -> dict[str, str]:
    """Return what to keep in the session under ``key``; it opens again until ``until``."""
    bound_to = sealing.lookup_hash("session_place", key)
    envelope = sealing.seal(f"session_{key}", json.dumps(values), bound_to)
    return {"sealed": base64.b64encode(envelope).decode(), "until": until.isoformat()}


def opened_from_session(request: HttpRequest, key: str) -> dict[str, Any] | None:
    """Return what ``sealed_for_session`` keeps under ``key``, None when absent or too old."""
    return _opened(request, key)


def _opened(request: HttpRequest, key: str) -> dict[str, Any] | None:
    kept = request.session.get(key)
    if not isinstance(kept, dict):
        return None
    try:
        if datetime.fromisoformat(kept["until"]) < clock.now():
            return None
        bound_to = sealing.lookup_hash("session_place", key)
        envelope = base64.b64decode(kept["sealed"])
        opened: dict[str, Any] = json.loads(sealing.unseal(f"session_{key}", envelope, bound_to))
    except (KeyError, ValueError, InvalidTag):
        return None
    return opened
