"""我能领 on a phone: five taps without signing in, three taps to a place, a doubt that somebody answers."""

import pytest
from django.urls import reverse

from nuanxin.programmes.models import Application, HumanReview, Offer, StatedFact
from nuanxin.programmes.states import ReviewState
from tests.chromium import follow
from tests.journeys.served import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_five_taps_tell_what_anybody_could_get_and_nothing_is_kept(site):
    phone = site.visit(360)
    phone.goto(reverse("can-get"))
    stated, taps = StatedFact.objects.count(), 0
    while (choices := phone.locator(".nx-taps button")).count():
        follow(phone, choices.first)
        taps += 1
        assert taps <= 5
    assert "件事" in phone.locator("h1").inner_text()
    assert phone.url.endswith(reverse("can-get"))
    follow(phone, phone.get_by_role("button", name="改").first)
    assert phone.locator(".nx-taps button").count()
    assert StatedFact.objects.count() == stated


def test_it_works_without_javascript(site):
    phone = site.visit(360, java_script_enabled=False)
    phone.goto(reverse("can-get"))
    phone.locator(".nx-taps button").first.click()
    assert "第 2 句" in phone.locator("main").inner_text()


def test_a_member_whose_facts_are_known_has_a_place_with_three_taps(site):
    phone = site.visit(360, role="worker")
    phone.goto(reverse("worker-me"))
    before = set(Application.objects.values_list("id", flat=True))
    taps = 0
    for name, role in (("我能领", "link"), ("报名", "button")):
        follow(phone, phone.get_by_role(role, name=name).first)
        taps += 1
    (made,) = set(Application.objects.values_list("id", flat=True)) - before
    assert Application.objects.get(id=made).worker_id == site.world.who("worker")["worker_id"]
    assert taps <= 3


def test_a_doubt_goes_from_the_phone_to_the_desk_and_back(site):
    offer = Offer.objects.get(
        id__in=site.world.objects["offers"], programme__code="degree_and_skill"
    )
    phone = site.visit(360, role="worker")
    phone.goto(f"{reverse('fact-answer')}?of=insured_months")
    phone.get_by_label("几个月").fill("4")
    follow(phone, phone.get_by_role("button", name="记下"))
    phone.goto(reverse("offer", args=[offer.code]))
    follow(phone, phone.get_by_role("link", name="觉得算错了，请人看看"))
    phone.get_by_label("想说的（可以不写）").fill("社保在别的城市还缴过半年")
    picture(phone, "review-ask")
    follow(phone, phone.get_by_role("button", name="请人看看"))
    assert "请人看了，等答复" in phone.locator("h1").inner_text()
    asked = HumanReview.objects.latest("id")
    desk = site.visit(1440, role="county_cadre")
    desk.goto(reverse("desk-human-reviews"))
    picture(desk, "reviews")
    desk.goto(reverse("desk-human-review", args=[asked.id]))
    follow(desk, desk.get_by_role("button", name="我来办"))
    follow(desk, desk.get_by_role("button", name="看本人写的话"))
    assert "社保在别的城市还缴过半年" in desk.locator("main").inner_text()
    desk.get_by_label("破例，同意报名（写明理由，署您的名字）").check()
    desk.get_by_label("为什么，本人会看到").fill("看了两地的参保证明，合起来满了")
    picture(desk, "review-desk")
    follow(desk, desk.get_by_role("button", name="答复本人"))
    asked.refresh_from_db()
    assert asked.state == ReviewState.ANSWERED
    phone.goto(reverse("my-review", args=[asked.id]))
    assert "看了两地的参保证明" in phone.locator("main").inner_text()
    follow(phone, phone.get_by_role("link", name="去报名"))
    follow(phone, phone.get_by_role("button", name="报名"))
    assert "你报上名了" in phone.locator("main").inner_text()
