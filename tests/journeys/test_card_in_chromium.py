"""A member's card on his phone."""

import pytest
from django.urls import reverse

from tests.chromium import follow
from tests.journeys.served import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_member_shows_a_card_whose_code_is_a_minute_old_at_most(site):
    phone = site.visit(360, role="worker")
    phone.goto(reverse("worker-me"))
    follow(phone, phone.get_by_role("link", name="会员卡").first)
    phone.wait_for_url("**" + reverse("worker-card"))
    card = phone.locator("[data-card]")
    assert site.world.who("worker")["name"] in card.inner_text()
    assert card.locator("svg").first.is_visible()
    assert "10:00 的码，10:01 换新的" in card.inner_text()
    picture(phone, "card")
