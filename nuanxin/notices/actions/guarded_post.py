"""Posting to an address that a stranger has given: only to public hosts, only to what was checked.

The name is resolved here, every address it has is judged, and the connection goes to the judged
address itself, so that a name that answers otherwise a moment later changes nothing (SSRF, safety
paper section 2). No redirect is followed, no proxy of the environment is used, little of the answer
is read, and the whole exchange has one time limit.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

import certifi
import httpx
from django.conf import settings

from nuanxin.notices import rules
from nuanxin.notices.rules import Network, Target

SECONDS = 12.0
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Post:
    """A request to make: checked target, headers, body."""

    target: Target
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the status, or why there is none ("refused", "unreachable", "timeout" …)."""

    status: int | None
    said: str

    @property
    def is_taken(self) -> bool:
        """Return whether the receiver has taken the message."""
        return self.status is not None and 200 <= self.status < 300


def allowed_networks() -> tuple[Network, ...]:
    """Return the networks that the setting ``WEBHOOK_ALLOWED_NETWORKS`` opens beside the public ones.

    For receivers inside a government network. To these, plain http is allowed too.
    """
    named = getattr(settings, "WEBHOOK_ALLOWED_NETWORKS", ())
    return tuple(ip_network(text) for text in named)


def post_all(posts: Sequence[Post]) -> list[Outcome]:
    """Make the requests, some at a time, and return what came of each, in order; never raises."""
    if not posts:
        return []
    return asyncio.run(_post_all(posts))


async def _post_all(posts: Sequence[Post]) -> list[Outcome]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(post: Post) -> Outcome:
        async with gate:
            return await _guarded(post)

    return list(await asyncio.gather(*(one(post) for post in posts)))


async def _guarded(post: Post) -> Outcome:
    try:
        return await asyncio.wait_for(_post(post), SECONDS)
    except TimeoutError:
        return Outcome(None, "timeout")
    except httpx.TimeoutException:
        return Outcome(None, "timeout")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
        return Outcome(None, "unreachable")


async def _post(post: Post) -> Outcome:
    target = post.target
    addresses = await resolve(target.host, target.port)
    networks = allowed_networks()
    if not addresses or not all(rules.may_connect(each, networks) for each in addresses):
        return Outcome(None, "refused")
    if target.scheme == "http" and not all(_is_within(each, networks) for each in addresses):
        return Outcome(None, "refused")
    chosen = addresses[0]
    host = f"[{chosen}]" if ":" in chosen else chosen
    url = f"{target.scheme}://{host}:{target.port}{target.path}"
    async with httpx.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=SECONDS, verify=_trusted()
    ) as client:
        request = client.build_request(
            "POST",
            url,
            content=post.body,
            headers=post.headers | {"Host": target.host_header},
            # The certificate must be the name's, although the connection goes to the address.
            extensions={"sni_hostname": target.host},
        )
        response = await client.send(request, stream=True)
        await response.aclose()  # what the receiver writes is not read
        return Outcome(response.status_code, str(response.status_code))


async def resolve(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a host, each once; empty when it has none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_within(address: str, networks: Sequence[Network]) -> bool:
    """Return whether an address is allowed for more reasons than being public."""
    return (
        bool(networks) and rules.may_connect(address, networks) and not rules.may_connect(address)
    )


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Return whom we trust: the public authorities, and what the system adds to them."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context
