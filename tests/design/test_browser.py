"""The gallery in a real Chromium, under the strict security policy: axe, narrow screens, keys."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from tests.chromium import WIDTHS, findings, serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LOOKS = ("worker", "desk", "public")


def with_policy(application):
    """Send the strict policy with every answer."""

    def answer(environ, start_response):
        def start(status, headers, *more):
            return start_response(status, [*headers, ("Content-Security-Policy", POLICY)], *more)

        return application(environ, start)

    return answer


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**project.STORAGES, "staticfiles": plain},
        MIDDLEWARE=[name for name in project.MIDDLEWARE if "whitenoise" not in name],
        ASSET_BUILD_ROOT=tmp_path_factory.mktemp("assets"),
        IS_DEMONSTRATION=True,
    ):
        application = with_policy(StaticFilesHandler(WSGIHandler()))
        with serve(application) as where:
            yield where


@pytest.fixture
def open_page(chromium: Any, address: str) -> Iterator:
    """Return a function that opens a path at a width; a message in the console fails the test."""
    contexts, said = [], []

    def open_at(path: str, width: int = 1440, *, is_large: bool = False, **options) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": WIDTHS.get(width, 780)}, locale="zh-CN", **options
        )
        contexts.append(context)
        if is_large:
            context.add_cookies([{"name": "nx_large", "value": "1", "url": address}])
        tab = context.new_page()
        tab.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(address + path)
        return tab

    yield open_at
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(open_page, look: str, width: int) -> None:
    assert findings(open_page(f"/gallery/?look={look}", width)) == []


@pytest.mark.parametrize("look", ["worker", "desk"])
def test_axe_finds_nothing_in_large_type(open_page, look: str) -> None:
    assert findings(open_page(f"/gallery/?look={look}", 360, is_large=True)) == []


@pytest.mark.parametrize(
    "path", ["/gallery/errors/409/?look=desk", "/gallery/errors/429/", "/offline/"]
)
def test_axe_finds_nothing_on_a_page_that_went_wrong(open_page, path: str) -> None:
    context_path = path
    tab = open_page("/offline/", 360)
    answer = tab.request.get(tab.url.replace("/offline/", context_path))
    tab.set_content(answer.text())
    assert findings(tab) == []


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("look", LOOKS)
def test_nothing_scrolls_sideways_on_the_narrowest_phone(
    open_page, look: str, is_large: bool
) -> None:
    tab = open_page(f"/gallery/?look={look}", 320, is_large=is_large)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_pages_are_whole_without_any_script(open_page) -> None:
    tab = open_page("/gallery/?look=desk", java_script_enabled=False)
    assert tab.locator("[data-bulk]").is_visible()
    assert tab.locator("#drawer").is_visible()


def test_choosing_rows_counts_them_and_brings_up_the_bar(open_page) -> None:
    tab = open_page("/gallery/?look=desk")
    bar = tab.locator("[data-bulk]")
    assert bar.is_hidden()
    rows = tab.locator("[data-row]")
    rows.nth(0).check()
    rows.nth(2).click(modifiers=["Shift"])
    assert bar.is_visible()
    assert "已选 3 人" in bar.inner_text()
    tab.locator("[data-all]").check()
    assert f"已选 {rows.count()} 人" in bar.inner_text()
    tab.locator("[data-bulk-none]").click()
    bar.wait_for(state="hidden", timeout=2_000)  # a reset is followed one turn later


def test_one_key_finds_moves_and_can_be_switched_off(open_page) -> None:
    tab = open_page("/gallery/?look=desk")
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") == "find"
    tab.keyboard.type("jk")
    assert tab.locator("#find").input_value() == "jk"
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("j")
    current = tab.locator('[data-item][aria-current="true"]').first
    assert current.is_visible()
    tab.locator("[data-keys] summary").click()
    tab.locator("[data-keys-switch]").click()
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") != "find"


def test_the_code_on_the_card_ages(open_page) -> None:
    tab = open_page("/gallery/", 360)
    cards = tab.locator("[data-card]")
    assert cards.nth(0).locator(".nx-age .on").count() == 9
    assert "nx-card-late" in cards.nth(1).get_attribute("class")
    assert cards.nth(2).locator(".nx-card-again").is_visible()


def test_a_row_opens_beside_its_list_and_back_closes_it(open_page) -> None:
    tab = open_page("/gallery/?look=desk")
    before = tab.url
    tab.locator("th a[data-drawer]").first.click()
    tab.wait_for_url("**open=0*")
    assert tab.locator("tr.open th").inner_text().startswith("王建军")
    assert tab.evaluate("document.activeElement.tagName") == "H2"
    tab.go_back()
    assert tab.url == before


def test_a_dropped_file_is_named(open_page, tmp_path) -> None:
    roster = tmp_path / "名单.csv"
    roster.write_bytes(b"x" * 36_000)
    tab = open_page("/gallery/?look=desk")
    tab.locator("[data-drop] input").set_input_files(str(roster))
    assert tab.locator("[data-drop-name]").inner_text() == "名单.csv，36 kB"
