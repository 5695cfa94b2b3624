"""What can I get, in five taps without signing in; what a year of services came to; who is on a list."""

import pytest
from django.urls import reverse

from tests.chromium import findings, follow
from tests.journeys.served import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_TAPS = 5


def test_a_rider_taps_five_times_and_reads_what_he_can_get(site):
    tab = site.visit(360)
    tab.goto(reverse("can-get"))
    picture(tab, "can-get-question")
    taps = 0
    while tab.locator("h1").inner_text().endswith("？"):
        assert taps < MOST_TAPS, tab.locator("h1").inner_text()
        choice = tab.get_by_role("button", name="外卖配送员", exact=True)
        if not choice.count():
            # Old enough, a member, and nothing had yet.
            words = ("18 到 45 周岁", "没有", "是", "是的")
            buttons = (tab.get_by_role("button", name=word, exact=True) for word in words)
            skip = tab.get_by_role("button", name="说不准，跳过这句", exact=True)
            choice = next((one for one in buttons if one.count()), skip)
        follow(tab, choice)
        taps += 1
    assert "免费体检" in tab.locator("main").inner_text()
    assert findings(tab) == []
    picture(tab, "can-get", height=900)


@pytest.mark.parametrize("width", [360, 1440])
def test_anybody_reads_a_year_of_services(site, width):
    tab = site.visit(width)
    tab.goto(reverse("figures"))
    follow(tab, tab.get_by_role("link", name="服务项目").first)
    follow(tab, tab.get_by_role("link", name="2022 年"))
    assert "医疗互助" in tab.locator("#lines + p + ul").inner_text()
    picture(tab, "services", height=1000)


def test_anybody_reads_a_list_before_the_public(site):
    tab = site.visit(1440)
    tab.goto(reverse("notices"))
    follow(tab, tab.locator('main a[href^="/publicity/"]').first)
    assert "觉得不对" in tab.locator("main").inner_text()
    picture(tab, "public-notice")
