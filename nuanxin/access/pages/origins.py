"""Where a request comes from: its network, and whether this device has signed in here before.

A device that has signed in carries a signed mark with keyed hashes of the sign-ins it knows. It
opens nothing; it only keeps its owner from being slowed down by tries made elsewhere.
"""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from nuanxin.access import rules
from nuanxin.access.actions import Origin
from nuanxin.kernel import sealing

DEVICE_COOKIE = "nx_device"
SALT = "nuanxin.access.device"
KEPT_SECONDS = 400 * 24 * 3600
MOST_NAMES = 5


def origin_of(request: HttpRequest) -> Origin:
    """Return the network that asks and the mark of its device ("" for a new one)."""
    return Origin(rules.network_of(address_of(request)), str(_mark(request).get("device", "")))


def knows(request: HttpRequest, name: str) -> bool:
    """Return whether this device has signed in as ``name`` (a phone or a user name) before."""
    return _short(name) in _mark(request).get("names", [])


def remember(request: HttpRequest, response: HttpResponseBase, name: str) -> None:
    """Let the device carry that it has signed in as ``name``."""
    mark = _mark(request)
    names = [_short(name), *(n for n in mark.get("names", []) if n != _short(name))]
    value = {"device": mark.get("device") or secrets.token_urlsafe(16), "names": names[:MOST_NAMES]}
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(value, salt=SALT),
        max_age=KEPT_SECONDS,
        httponly=True,
        secure=settings.IS_HTTPS,
        samesite="Lax",
    )


def address_of(request: HttpRequest) -> str:
    """Return the asker's address; with proxies before us, the one that the outermost of them saw."""
    hops = settings.PROXIES_BEFORE_US
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part]
    if hops and len(seen) >= hops:
        return seen[-hops]
    return str(request.META.get("REMOTE_ADDR", ""))


def _short(name: str) -> str:
    return sealing.lookup_hash("device_name", name).hex[:16]


def _mark(request: HttpRequest) -> dict[str, Any]:
    try:
        value = signing.loads(
            request.COOKIES.get(DEVICE_COOKIE, ""), salt=SALT, max_age=KEPT_SECONDS
        )
    except signing.BadSignature:
        return {}
    return value if isinstance(value, dict) else {}
