"""A keeper checks member cards with a phone that opened the page once: then without any network."""

from datetime import timedelta

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.membership.models import Membership
from nuanxin.membership.queries.card import get_card, revocation_filter
from tests.chromium import follow

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GOOD = "卡是真的，现在有效。"
NO_NETWORK = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture(autouse=True)
def _todays_list_is_made_anew():
    revocation_filter.cache_clear()
    yield
    revocation_filter.cache_clear()


def members(count):
    return list(Membership.objects.filter(ended_on=None, state=1).order_by("id")[:count])


def card_of(membership, **more):
    return get_card(actor=Actor(worker_id=membership.worker_id), now=clock.now(), **more)


def scan(tab, token):
    """Open what the phone's camera reads from a card; the phone has the time of the server."""
    tab.context.clock.set_fixed_time(clock.now())
    tab.goto("about:blank")
    tab.goto(f"{reverse('card-check')}#{token}")
    return tab.locator("[data-outcome]:visible").inner_text()


def altered(token):
    """Return the code with one character of what it says changed; the signature stays."""
    other = "A" if token[20] != "A" else "B"
    return token[:20] + other + token[21:]


def test_with_a_network_the_phone_itself_says_valid_altered_aged_and_unreadable(site):
    tab, (member, *_) = site.visit(360), members(1)
    card = card_of(member)
    said = scan(tab, card.token)
    assert GOOD in said
    assert card.shown_number in said
    assert "正式会员" in said
    assert "不是本系统发的" in scan(tab, altered(card.token))
    assert "这不是会员卡上的码" in scan(tab, "abc")
    long_ago = clock.now() - timedelta(hours=1)
    aged = get_card(actor=Actor(worker_id=member.worker_id), now=long_ago)
    assert "这个码过期了" in scan(tab, aged.token)


def test_without_a_network_valid_and_revoked_cards_are_told_apart(site):
    from nuanxin.membership.actions.leaving import leave_union

    stays, leaves = members(2)
    paper = card_of(leaves, is_paper=True)
    leave_union(actor=Actor(worker_id=leaves.worker_id), now=clock.now())
    tab = site.visit(360)
    tab.goto(reverse("card-check"))
    tab.wait_for_selector("[data-ready]:not([hidden])")
    tab.context.set_offline(True)
    assert GOOD in scan(tab, card_of(stays).token)
    assert "这张卡已经停用" in scan(tab, paper.token)
    heard = site.witnesses[-1].said
    heard[:] = [line for line in heard if NO_NETWORK not in line]


def test_without_any_script_the_code_is_pasted_and_never_stands_in_an_address(site):
    tab, (member, *_) = site.visit(360, java_script_enabled=False), members(1)
    card = card_of(member)
    tab.goto(reverse("card-check"))
    tab.locator("summary", has_text="扫不了").click()
    tab.locator('[name="code"]').fill(card.token)
    follow(tab, tab.get_by_role("button", name="验一下"))
    assert GOOD in tab.locator("main").inner_text()
    assert card.token not in tab.url
