"""Set-up shared by the tests of 通知."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from nuanxin.access.models import ApiToken
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.notices.actions import delivery
from nuanxin.orgs.models import Union
from tests.records.committed import committed

__all__ = ["committed"]

NOON = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 14:00 in Shanghai: no trade is at its busiest
NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _breaker_begins_anew() -> Iterator[None]:
    delivery._breaker.forget()
    yield
    delivery._breaker.forget()


@pytest.fixture
def unions(db: None) -> dict[str, Union]:
    """Return a county with a union below it, and another county."""
    made = {}
    for name, above in (("root", None), ("county", "root"), ("below", "county"), ("other", "root")):
        parent = made[above] if above else None
        made[name] = Union.objects.create(
            code=f"T{name}",
            name=name,
            kind="federation",
            level=1,
            parent=parent,
            path="",
            adcode=330106,
            founded_on=date(2020, 1, 1),
        )
        made[name].path = (parent.path if parent else "/") + f"{made[name].id}/"
        made[name].save()
    return made


@pytest.fixture
def token(unions: dict[str, Union]) -> ApiToken:
    """Return a token over the county."""
    return ApiToken.objects.create(
        label="对接",
        token_hash=b"t" * 32,
        token_hint="t",
        union=unions["county"],
        scopes=[],
        created_at=NOON,
        expires_at=NOON + timedelta(days=90),
    )


@pytest.fixture
def client_of_county(unions: dict[str, Union]) -> Actor:
    """Return the actor of the token."""
    county = unions["county"]
    return Actor(name="接口", grants=(Grant(Role.API_CLIENT, county.id, county.path),))


@pytest.fixture
def client_of_other(unions: dict[str, Union]) -> Actor:
    """Return the actor of a token elsewhere."""
    other = unions["other"]
    return Actor(name="接口", grants=(Grant(Role.API_CLIENT, other.id, other.path),))


class Receiver:
    """A real HTTP server that keeps what it gets and answers as told."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.headers: dict[str, str] = {}
        self.got: list[tuple[dict[str, str], bytes, str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(
                    ({k.lower(): v for k, v in self.headers.items()}, body, self.path)
                )
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?x=1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver on this machine while the test lasts."""
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def own_network(settings: Any) -> None:
    """Allow webhooks to this machine, as a site may allow its own network."""
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
