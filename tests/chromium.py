"""The product in a real Chromium: a server for the tests, and what an opened page must hold."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.db import connections

CHROMIUM = os.environ.get("NUANXIN_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {360: 780, 1440: 900}
"""The two widths at which every page is looked at, with the height of each."""

_ASK_AXE = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(
    answer => answer.violations.flatMap(
        one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 120)}`)))"""
_RUNS_OUT = "() => document.documentElement.scrollWidth - window.innerWidth"


class QuietHandler(WSGIRequestHandler):
    """Says nothing about each request; a browser that connects and asks nothing is let go."""

    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingMixIn, WSGIServer):
    """Answers several requests at once; closing it waits for them and leaves no connection."""

    daemon_threads = False

    def process_request_thread(self, request: object, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            # A browser that hangs up in mid-answer keeps the answer from being closed.
            connections.close_all()


@contextmanager
def serve(application: Any) -> Iterator[str]:
    """Serve ``application`` on a free port for a ``with`` block; give its address."""
    server = make_server("127.0.0.1", 0, application, Server, QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def started_chromium() -> Iterator[tuple[Any, Any]]:
    """Start the one browser of this process; give it and the loop that playwright drives it with."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not os.path.exists(CHROMIUM):
        pytest.skip("no Chromium here; NUANXIN_CHROMIUM names one")
    with sync_api.sync_playwright() as play:
        loop = asyncio.get_running_loop()
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        asyncio._set_running_loop(None)
        try:
            yield browser, loop
        finally:
            asyncio._set_running_loop(loop)
            browser.close()


@pytest.fixture(scope="module")
def chromium(started_chromium: tuple[Any, Any]) -> Iterator[Any]:
    """Give a module the browser; Django may be used beside it.

    While it has the browser, playwright's loop counts as running. Other modules see none, so what
    is asynchronous in them begins as if there were no browser. What a module left open is closed.
    """
    browser, loop = started_chromium
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        asyncio._set_running_loop(loop)
        try:
            yield browser
        finally:
            for context in browser.contexts:
                context.close()
            asyncio._set_running_loop(None)


@dataclass
class Witness:
    """Hears what pages of one context say in the console, and whom they ask."""

    address: str
    said: list[str] = field(default_factory=list)
    asked_elsewhere: list[str] = field(default_factory=list)

    def watch(self, context: Any) -> None:
        """Listen to every page of ``context``."""
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.said.append(str(error.error)))
        context.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        # An answer that is meant (a form with a fault: 422) is no fault of the page.
        is_meant = "the server responded with a status of 4" in message.text
        if message.type in ("error", "warning") and not is_meant:
            self.said.append(message.text)

    def _asked(self, request: Any) -> None:
        where = urlsplit(request.url)
        if where.scheme in ("http", "https", "ws", "wss") and not request.url.startswith(
            self.address
        ):
            self.asked_elsewhere.append(request.url)


@cache
def axe_script() -> str:
    """Return the source of axe-core."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def findings(tab: Any) -> list[str]:
    """Return what axe finds on a page, at its present width."""
    if tab.evaluate("typeof axe") == "undefined":
        tab.evaluate(f"() => {{ {axe_script()} }}")
    found: list[str] = tab.evaluate(_ASK_AXE, RULES)
    return found


def follow(tab: Any, target: Any) -> None:
    """Click what leads to another page, and wait until that page stands.

    Whoever looks without waiting may look at a document that has no element yet.
    """
    with tab.expect_navigation(wait_until="load"):
        target.click()


def runs_out_px(tab: Any) -> int:
    """Return by how many pixels the page runs out at the side; at most 0 is well."""
    return int(tab.evaluate(_RUNS_OUT))
