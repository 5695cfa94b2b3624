"""From a union's QR to the receipt on a phone, with and without scripts; and never a dead end."""

from datetime import date

import pytest
from django.urls import reverse

from nuanxin.membership.models import JoinApplication, Membership
from nuanxin.membership.states import Channel, JoinState
from nuanxin.people.models import Worker
from tests.chromium import follow
from tests.journeys.served import path_of, picture
from tests.membership.cast import identity_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = "13800006027"
NAME = "陈永强"
MOST_TYPED_FIELDS = 4


class Typist:
    """Types into fields and remembers which."""

    def __init__(self, tab):
        self.tab, self.typed = tab, []

    def type(self, field, text):
        self.tab.locator(f'[name="{field}"]').fill(text)
        self.typed.append(field)

    def tap(self, name):
        button = self.tab.get_by_role("button", name=name)
        follow(self.tab, button.or_(self.tab.get_by_role("link", name=name)).first)


def confirm_phone(site, hand):
    hand.tap("开始")
    hand.type("phone", PHONE)
    hand.tap("发验证码")
    hand.tab.wait_for_selector('[name="code"]')
    picture(hand.tab, "join-code")
    hand.type("code", site.code_sent())
    hand.tap("下一步")


def say_work(hand):
    hand.tab.locator('input[value="delivery_rider"]').first.check(force=True)
    picture(hand.tab, "join-work")
    hand.tap("下一步")


def say_who(hand, identity):
    hand.type("name", NAME)
    hand.type("identity", identity)
    hand.tab.locator('[name="consent"]').check()
    hand.tap("下一步")


def join_by_link(site, tab, identity):
    """Go the whole way; return the hand that has typed."""
    hand = Typist(tab)
    code = site.world.unions["home"]["code"]
    tab.goto(reverse("join-of", args=[code]))
    picture(tab, "join-why")
    confirm_phone(site, hand)
    say_work(hand)
    say_who(hand, identity)
    picture(tab, "join-union")
    hand.tap("就进这个")
    hand.tap("交给工会")
    tab.wait_for_url("**" + reverse("join-done"))
    return hand


def test_from_the_link_behind_a_code_to_the_card_with_four_typed_fields(site):
    tab = site.visit(360)
    hand = join_by_link(site, tab, identity_of())
    assert len(hand.typed) <= MOST_TYPED_FIELDS
    assert set(hand.typed) == {"phone", "code", "name", "identity"}
    page = tab.content()
    assert "收到了" in page
    assert site.world.unions["home"]["name"] in page
    picture(tab, "join-done", whole=True)
    asked = JoinApplication.objects.get(worker__name=NAME, state=JoinState.SUBMITTED)
    assert asked.channel == Channel.ONE_CLICK
    tab.goto(reverse("worker-card"))
    assert tab.locator("svg").first.is_visible()
    assert "临时" in tab.content()


def test_the_same_without_any_script(site):
    tab = site.visit(360, java_script_enabled=False)
    hand = join_by_link(site, tab, identity_of())
    assert len(hand.typed) <= MOST_TYPED_FIELDS
    assert "收到了" in tab.content()
    assert JoinApplication.objects.filter(worker__name=NAME, state=JoinState.SUBMITTED).exists()


def test_somebody_under_sixteen_is_refused_with_the_reason_before_anything_is_kept(site):
    tab = site.visit(360)
    hand = Typist(tab)
    tab.goto(reverse("join-of", args=[site.world.unions["home"]["code"]]))
    confirm_phone(site, hand)
    say_work(hand)
    say_who(hand, identity_of(date(2011, 3, 8)))
    if path_of(tab) == reverse("join-union"):
        hand.tap("就进这个")
        hand.tap("交给工会")
    tab.wait_for_url("**" + reverse("join-done"))
    page = tab.locator("main").inner_text()
    assert "16" in page or "十六" in page
    picture(tab, "join-underage")
    assert not Worker.objects.filter(name=NAME).exists()


def test_a_wrong_number_is_said_beside_the_field_and_the_name_stays(site):
    tab = site.visit(360)
    hand = Typist(tab)
    tab.goto(reverse("join-of", args=[site.world.unions["home"]["code"]]))
    confirm_phone(site, hand)
    say_work(hand)
    say_who(hand, identity_of()[:17])
    assert "少了一位，现在是 17 位" in tab.content()
    assert tab.locator('[name="name"]').input_value() == NAME
    picture(tab, "join-wrong-number", whole=True)


def test_where_nothing_fits_the_street_takes_one_in(site):
    tab = site.visit(360)
    hand = Typist(tab)
    tab.goto(reverse("join"))
    confirm_phone(site, hand)
    tab.locator("summary", has_text="都不是").click()
    tab.locator('details [name="jobs"]').last.check()
    tab.locator('[name="county"]').select_option("330105")
    hand.tap("下一步")
    say_who(hand, identity_of())
    assert "街道总工会" in tab.locator(".nx-pick").first.inner_text()
    picture(tab, "join-backstop")
    hand.tap("就进这个")
    hand.tap("交给工会")
    tab.wait_for_url("**" + reverse("join-done"))
    assert JoinApplication.objects.get(worker__name=NAME).union.kind == "township"


def test_a_member_of_another_union_moves_with_one_tap(site):
    """Who scans another union's code is told where he is a member; one tap and he has moved."""
    tab = site.visit(360, role="worker")
    worker_id = site.world.who("worker")["worker_id"]
    before = Membership.objects.get(worker_id=worker_id, ended_on=None)
    to = site.world.unions["moved"]
    assert before.union.code != to["code"]
    tab.goto(reverse("join-of", args=[to["code"]]))
    assert before.union.name in tab.locator("main").inner_text()
    picture(tab, "join-transfer")
    follow(tab, tab.get_by_role("button", name="转过去"))
    tab.wait_for_url("**" + reverse("worker-me") + "*")
    after = Membership.objects.get(worker_id=worker_id, ended_on=None)
    assert after.union.code == to["code"]
    assert after.joined_on == before.joined_on
