"""A host app's provider that runs while a module's tests do, and the site that knows it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings as site

from nuanxin.access.actions import oidc
from tests.access.host_app import CLIENT_ID, CLIENT_SECRET, PASSWORD

RETURN = "/sign-in/host/zlb/return/"


@dataclass
class Host:
    """The provider's process and its address."""

    issuer: str

    def sign_in(self, url: str, username: str) -> str:
        """Go where we sent the browser, sign in there, and return where it sends the browser."""
        with httpx.Client(trust_env=False) as browser:
            asked = browser.get(url)
            assert asked.status_code == 302, asked.text
            login = asked.next_request
            assert login is not None
            answer = browser.post(login.url, data={"username": username, "password": PASSWORD})
            back = browser.get(
                answer.headers["Location"]
                if answer.headers["Location"].startswith("http")
                else f"{urlsplit(self.issuer).scheme}://{urlsplit(self.issuer).netloc}"
                f"{answer.headers['Location']}"
            )
            return back.headers["Location"]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A provider that runs while this module's tests do."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("host")
    return_url = site.PUBLIC_ADDRESS + RETURN
    process = subprocess.Popen(
        [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.access.host_app",
            str(port),
            folder,
            return_url,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline().strip() == "ready"
    yield Host(f"http://127.0.0.1:{port}/o")
    process.stdin.close()
    process.wait(timeout=10)
    process.stdout.close()


@pytest.fixture
def host(provider: Host, settings: Any) -> Iterator[Host]:
    """The provider, known to the site as 浙里办 by the name «zlb»."""
    settings.OIDC_PROVIDERS = {
        "zlb": {
            "label": "浙里办",
            "issuer": provider.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": "openid profile",
            "claims": {"name": "realname", "identity": "idcard", "phone": "mobile"},
        }
    }
    oidc.forget_metadata()
    yield provider
    oidc.forget_metadata()
