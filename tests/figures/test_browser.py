"""The pages in a real Chromium at both widths: axe finds nothing, nothing runs out at the side.

The pages are answered by Django's test client from this test's own transaction; styles and scripts
come from the little server of the frame's tests.
"""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from nuanxin.kernel import clock
from tests.cast import build_cast
from tests.chromium import findings
from tests.design.test_browser import address  # noqa: F401  a fixture
from tests.figures.conftest import NOW

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]

LIVE = "membership.live_members_persons"
WIDTHS = (360, 1440)


@pytest.fixture(autouse=True, scope="module")
def _django_beside_a_running_browser():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(autouse=True)
def _the_day_of_the_made_up_province(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def show(chromium: Browser, address: str) -> Iterator:  # noqa: F811
    """Return a function that opens what a client gets; a message in the console fails the test."""
    contexts, said = [], []

    def open_at(client: Client, path: str, width: int, status: int = 200) -> Page:
        answer = client.get(path)
        assert answer.status_code == status
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        policy = answer.headers.get("Content-Security-Policy", "")
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
        tab.route(
            f"{address}{path}",
            lambda route: route.fulfill(status=200, body=answer.content, headers=headers),
        )
        # Nothing but styles and scripts comes from the server: it has no database.
        tab.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        tab.goto(f"{address}{path}")
        return tab

    yield open_at
    for context in contexts:
        context.close()
    assert said == []


def is_narrow_enough(tab) -> bool:
    return tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("region", ["", "330100/", "330105/"])
def test_the_public_page(show, client, world, region, width):
    tab = show(client, f"{reverse('figures')}{region}", width)
    assert findings(tab) == []
    assert is_narrow_enough(tab)
    tab.locator(".figs summary").first.click()
    assert "审核通过" in tab.content()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_tile_leads_to_its_county(show, client, world, width):
    tab = show(client, reverse("figures"), width)
    tile = tab.locator("svg.tile a").filter(has_text="拱墅").first
    assert tile.get_attribute("href") == reverse("figures-region", args=[330105])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", ["overview", "rows", "known", "unions", "changes"])
def test_the_pages_of_the_desk(show, db, page, width):
    cast = build_cast(now=NOW)
    path, county = reverse("desk-overview"), cast.union("county").code
    if page == "rows":
        path = reverse("figure-rows", args=[LIVE, county]) + "?proof=1"
    elif page == "known":
        path = reverse("figure-rows", args=[LIVE, county]) + "?known_on=2026-02-01"
    elif page == "unions":
        path = reverse("figure-rows", args=["orgs.unions", county])
    elif page == "changes":
        path = reverse("figure-changes", args=[county]) + "?by=region"
    tab = show(cast.client("county_cadre"), path, width)
    assert findings(tab) == []
    assert is_narrow_enough(tab)


DRAFT = "去年，全市建成爱心驿站365个。\n市总工会介绍，去年建成爱心驿站356个。\n补助驿站12家。"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("checked", [False, True], ids=["asked", "checked"])
def test_the_page_that_checks_drafts(show, db, checked, width):
    client, path = build_cast(now=NOW).client("county_cadre"), reverse("desk-draft")
    if checked:
        post = client.post
        client.get = lambda where: post(where, {"text": DRAFT, "region": "330000"})
    tab = show(client, path, width)
    assert findings(tab) == []
    assert is_narrow_enough(tab)
    if checked:
        assert tab.locator(".verdicts > li").count() == 2
        tab.locator("a.claim").first.click()
        assert tab.url.endswith("#v1")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "asked",
    ["", "?region=330100&other=330200", "?region=330105&other_as_of=2025-06-10", "?region=1"],
    ids=["asked", "places", "days", "mistaken"],
)
def test_the_page_that_compares(show, client, world, asked, width):
    mistaken = asked == "?region=1"
    tab = show(client, f"{reverse('figures-compare')}{asked}", width, 422 if mistaken else 200)
    assert findings(tab) == []
    assert is_narrow_enough(tab)
    assert tab.locator(".versus").count() == ("other" in asked)
