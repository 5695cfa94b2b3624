"""Journeys in a real Chromium: the served demonstration, people with a phone or at a desk.

With ``NUANXIN_SCREENSHOTS=1`` the same journeys take the pictures of the manual.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as project
from django.core.handlers.wsgi import WSGIHandler

from tests.access import outbox
from tests.chromium import WIDTHS, Witness, runs_out_px, serve
from tests.demonstration import Demonstration

PICTURES = Path(__file__).parents[2] / "docs" / "manual" / "pictures"
PICTURE_BYTES = 150_000
TAKES_PICTURES = os.environ.get("NUANXIN_SCREENSHOTS") == "1"


@dataclass
class Site:
    """The product as it is served to this test."""

    address: str
    world: Demonstration
    browser: Any
    contexts: list[Any] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)

    def visit(self, width: int, *, role: str = "", number: int = 1, **options: Any) -> Any:
        """Return a new tab ``width`` pixels wide; of somebody signed in where a role is named.

        ``role`` is one of the demonstration's sign-ins. What the pages say in the console, and
        whom else they ask, fails the test at its end.
        """
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": WIDTHS[width]},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(20_000)
        if role:
            name, cookie = project.SESSION_COOKIE_NAME, self.world.cookie(role, number)
            context.add_cookies([{"name": name, "value": cookie, "url": self.address}])
        witness = Witness(self.address)
        witness.watch(context)
        self.contexts.append(context)
        self.witnesses.append(witness)
        return context.new_page()

    def code_sent(self) -> str:
        """Return the sign-in code that was sent last."""
        return str(outbox.SENT[-1]["values"]["code"])


@pytest.fixture
def site(
    world: Demonstration,
    chromium: Any,
    settings: Any,
    tmp_path: Path,
) -> Iterator[Site]:
    settings.ASSET_BUILD_ROOT = tmp_path / "assets"
    settings.ACCESS_CODE_SENDER = "tests.access.outbox.keep"
    outbox.SENT.clear()
    with serve(WSGIHandler()) as address:
        settings.PUBLIC_ADDRESS = address
        made = Site(address, world, chromium)
        yield made
        for context in made.contexts:
            context.close()
    assert [said for witness in made.witnesses for said in witness.said] == []
    assert [asked for witness in made.witnesses for asked in witness.asked_elsewhere] == []


def picture(tab: Any, name: str, *, height: int = 0, whole: bool = False) -> None:
    """Take a picture for the manual, when pictures are asked for: ``name-width.png``.

    As high as the window, or ``height`` (a long list weighs less), or the ``whole`` page.
    """
    assert runs_out_px(tab) <= 0, f"{tab.url} runs out at the side"
    if not TAKES_PICTURES:
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    width = tab.viewport_size["width"]
    target = PICTURES / f"{name}-{width}.png"
    clip = {"x": 0, "y": 0, "width": width, "height": height} if height else None
    tab.screenshot(path=target, full_page=whole, clip=clip, animations="disabled")
    size = target.stat().st_size
    assert size < PICTURE_BYTES, f"{target.name} weighs {size:,} bytes"


def path_of(tab: Any) -> str:
    """Return the path of what a tab shows."""
    return urlsplit(tab.url).path
