"""OpenID Connect with a host app (浙里办 and its like): code flow, PKCE, state, nonce.

This module is read only when somebody comes from a host app: its libraries take half a second.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from authlib.common.security import generate_token  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    prepare_grant_uri,
)
from authlib.oauth2.rfc7636 import (  # type: ignore[import-untyped]
    create_s256_code_challenge,
)
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from django.conf import settings
from django.db import connection
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from nuanxin.access import rules
from nuanxin.access.queries.keeping import HostPerson
from nuanxin.kernel import sealing
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refusal, Unavailable
from nuanxin.kernel.identity import parse_identity
from nuanxin.kernel.phone import normalise_phone

TIMEOUT_SECONDS = 5.0
METADATA_KEPT_SECONDS = 3600
LEEWAY_SECONDS = 60
SIGNED_BY = ("RS256", "ES256", "PS256", "EdDSA")
"""How hosts sign; never "none", never with the shared secret."""

log = logging.getLogger("nuanxin.access")


@dataclass(frozen=True, slots=True)
class Provider:
    """One host app as the settings name it (``OIDC_PROVIDERS``; docs/how-to/host-apps.md)."""

    code: str
    label: str
    issuer: str
    client_id: str
    client_secret: str
    scope: str
    claims: Mapping[str, str]
    uses_userinfo: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and what to keep, sealed, until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


def providers() -> list[Provider]:
    """Return the host apps of this site, in the settings' order."""
    return [_provider(code, given) for code, given in _named().items()]


def get_provider(code: str) -> Provider:
    """Return one host app; raises ``NotFound``."""
    given = _named().get(code)
    if given is None:
        raise NotFound()
    return _provider(code, given)


def depart(provider: Provider, *, return_url: str) -> Departure:
    """Return the way to the host's sign-in; raises ``Unavailable`` when it does not answer."""
    state, nonce, verifier = generate_token(32), generate_token(32), generate_token(64)
    url = prepare_grant_uri(
        _metadata(provider)["authorization_endpoint"],
        client_id=provider.client_id,
        response_type="code",
        redirect_uri=return_url,
        scope=provider.scope,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Departure(url, state, nonce, verifier)


def arrive(
    provider: Provider,
    *,
    ticket: str,
    nonce: str,
    verifier: str,
    return_url: str,
    now: datetime,
) -> HostPerson:
    """Swap the one-time ticket for the person that the host has verified.

    Raises ``Conflict`` access.ticket_used for a ticket seen before, ``Forbidden`` when the host's
    answer does not hold (signature, issuer, audience, nonce, time), ``Unavailable`` when the host
    does not answer.
    """
    _use_up(provider, ticket, now)
    metadata = _metadata(provider)
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            token = _json(
                client.post(
                    metadata["token_endpoint"],
                    auth=(provider.client_id, provider.client_secret),
                    data={
                        "grant_type": "authorization_code",
                        "code": ticket,
                        "redirect_uri": return_url,
                        "code_verifier": verifier,
                    },
                )
            )
            claims = _verified_claims(provider, metadata, token, nonce, now)
            if provider.uses_userinfo:
                claims = _with_userinfo(metadata, client, token, claims)
    except httpx.HTTPStatusError as error:
        if error.response.status_code >= 500:
            raise _silent(provider) from error
        raise _not_believed(provider, error) from error
    except httpx.HTTPError as error:
        raise _silent(provider) from error
    except (JoseError, KeyError, ValueError) as error:
        forget_metadata()  # perhaps the host has changed its keys: the next try sees them
        raise _not_believed(provider, error) from error
    return _person(provider, claims, now)


# ---- the protocol -----------------------------------------------------------------------------

_metadata_kept: dict[str, tuple[float, dict[str, Any]]] = {}
_metadata_lock = threading.Lock()


def forget_metadata() -> None:
    """Ask every host anew for its addresses and keys."""
    with _metadata_lock:
        _metadata_kept.clear()


def _named() -> dict[str, Mapping[str, Any]]:
    named: Any = settings.OIDC_PROVIDERS
    return dict(named)


def _provider(code: str, given: Mapping[str, Any]) -> Provider:
    return Provider(
        code=code,
        label=given.get("label", code),
        issuer=given["issuer"].rstrip("/"),
        client_id=given["client_id"],
        client_secret=given.get("client_secret", ""),
        scope=given.get("scope", "openid profile phone"),
        claims=given.get("claims", {}),
        uses_userinfo=given.get("userinfo", True),
    )


def _metadata(provider: Provider) -> dict[str, Any]:
    """Return the host's addresses with its keys under "jwks"; kept for an hour."""
    with _metadata_lock:
        kept = _metadata_kept.get(provider.code)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            metadata = _json(client.get(f"{provider.issuer}/.well-known/openid-configuration"))
            metadata["jwks"] = _json(client.get(metadata["jwks_uri"]))
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise _silent(provider) from error
    if metadata.get("issuer", "").rstrip("/") != provider.issuer:
        log.error("host app %s calls itself %s", provider.code, metadata.get("issuer"))
        raise _silent(provider)
    with _metadata_lock:
        _metadata_kept[provider.code] = (time.monotonic() + METADATA_KEPT_SECONDS, metadata)
    return metadata


def _json(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    answer = response.json()
    if not isinstance(answer, dict):
        raise ValueError("not an object")
    return answer


def _verified_claims(
    provider: Provider,
    metadata: Mapping[str, Any],
    token: Mapping[str, Any],
    nonce: str,
    now: datetime,
) -> dict[str, Any]:
    offered = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
    algorithms = [name for name in SIGNED_BY if name in offered]
    keys = KeySet.import_key_set(metadata["jwks"])
    decoded = jwt.decode(token["id_token"], keys, algorithms=algorithms)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "values": [metadata["issuer"]]},
            "aud": {"essential": True, "value": provider.client_id},
        },
        {
            "nonce": nonce,
            "client_id": provider.client_id,
            "access_token": token.get("access_token"),
        },
    )
    claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
    return dict(claims)


def _with_userinfo(
    metadata: Mapping[str, Any],
    client: httpx.Client,
    token: Mapping[str, Any],
    claims: dict[str, Any],
) -> dict[str, Any]:
    """Return the claims with those of the userinfo address, if it speaks of the same person."""
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    more = _json(client.get(metadata["userinfo_endpoint"], headers=bearer))
    if more.get("sub") != claims["sub"]:
        raise ValueError("userinfo speaks of somebody else")
    return {**more, **claims}


def _use_up(provider: Provider, ticket: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_usedticket (ticket_hash, used_at) VALUES (%s, %s)"
            " ON CONFLICT DO NOTHING",
            [sealing.lookup_hash("ticket", f"{provider.code}|{ticket}"), now],
        )
        is_first = cursor.rowcount == 1
    if not is_first:
        raise Conflict(
            "access.ticket_used",
            f"这张登录凭据用过了。回到{provider.label}，从那里再进一次。",
        )


def _person(provider: Provider, claims: Mapping[str, Any], now: datetime) -> HostPerson:
    """Shape the claims; a number that does not hold is left out, so that the person types it."""
    found = rules.claims_as_person(claims, provider.claims)
    today = business_day(now)
    return HostPerson(
        provider=provider.code,
        subject=str(claims["sub"])[:128],
        name=found["name"],
        identity=_kept_if_sound(
            lambda text: parse_identity(text, today=today).number18, found["identity"]
        ),
        phone=_kept_if_sound(normalise_phone, found["phone"]),
        arrived_at=now,
    )


def _kept_if_sound(read: Callable[[str], str], text: str) -> str:
    try:
        return read(text) if text else ""
    except Malformed:
        return ""


def _not_believed(provider: Provider, error: Exception) -> Refusal:
    log.warning("answer of host app %s does not hold: %s", provider.code, type(error).__name__)
    return Forbidden(
        "access.host_not_believed",
        f"{provider.label}传来的登录凭据对不上，没有登录。回到{provider.label}，从那里再进一次。",
    )


def _silent(provider: Provider) -> Refusal:
    return Unavailable(
        "access.host_silent",
        f"{provider.label}这会儿没有回应。用手机号也能登录，或者过几分钟再点一次。",
    )


def seal_departure(departure: Departure, *, provider: str, way_on: str, until: float) -> str:
    """Return the cookie that the browser brings back; sealed, so that it tells nothing."""
    values = {
        "provider": provider,
        "state": departure.state,
        "nonce": departure.nonce,
        "verifier": departure.verifier,
        "way_on": way_on,
        "until": until,
    }
    bound_to = sealing.lookup_hash("cookie", "departure")
    return sealing.seal("host_departure", json.dumps(values), bound_to).hex()


def unseal_departure(cookie: str, *, at: float) -> dict[str, Any] | None:
    """Return what was kept, or None when it is altered or too old."""
    bound_to = sealing.lookup_hash("cookie", "departure")
    try:
        values = json.loads(sealing.unseal("host_departure", bytes.fromhex(cookie), bound_to))
    except Exception:  # whatever was altered, the answer is the same
        return None
    return values if values["until"] >= at else None
