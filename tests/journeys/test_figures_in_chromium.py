"""From a number to the person behind it; the public page; large type; the administrators' rooms."""

import pytest
from django.urls import reverse

from tests.chromium import findings, follow
from tests.journeys.served import path_of, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIVE = "membership.live_members_persons"


def test_a_county_cadre_goes_from_the_overview_over_a_figure_to_a_member(site):
    desk = site.visit(1440, role="county_cadre")
    desk.goto(reverse("desk-home"))
    follow(desk, desk.get_by_role("link", name="概览"))
    picture(desk, "overview")
    county = site.world.unions["home_county"]["code"]
    rows = reverse("figure-rows", args=[LIVE, county])
    follow(desk, desk.locator(f'a[href^="{rows}"]').first)
    desk.wait_for_url(f"**{rows}*")
    picture(desk, "figure-rows", height=720)
    follow(desk, desk.locator("main tbody a").first)
    desk.wait_for_url("**/desk/members/*/")
    assert "会籍经过" in desk.content()
    picture(desk, "member")


def test_anybody_reads_the_public_figures_and_a_countys(site):
    tab = site.visit(1440)
    tab.goto(reverse("figures"))
    picture(tab, "figures")
    follow(tab, tab.locator("svg.tile a").filter(has_text="拱墅").first)
    tab.wait_for_url("**" + reverse("figures-region", args=[330105]) + "*")
    assert "拱墅区" in tab.locator("h1").inner_text()
    small = site.visit(360)
    small.goto(reverse("figures"))
    picture(small, "figures")


@pytest.mark.parametrize("name", ["worker-home", "figures"])
def test_large_type_stays_on_and_is_whole(site, name):
    tab = site.visit(360)
    tab.goto(reverse(name))
    before = tab.locator("h1").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    switch = tab.locator('a[href*="/large"]').first
    tab.goto(switch.get_attribute("href"))
    assert path_of(tab) == reverse(name)
    after = tab.locator("h1").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert after > before
    picture(tab, f"large-{name}")
    assert findings(tab) == []


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("security_admin", "desk-posts"),
        ("security_admin", "desk-matrix"),
        ("system_admin", "desk-accounts"),
    ],
)
def test_administrators_find_their_rooms_and_no_members(site, role, name):
    desk = site.visit(1440, role=role)
    desk.goto(reverse("desk-home"))
    rail = desk.locator("nav.rail")
    assert rail.locator(f'a[href="{reverse(name)}"]').count() == 1
    assert rail.locator(f'a[href="{reverse("desk-members")}"]').count() == 0
    desk.goto(reverse(name))
    picture(desk, name)
