"""An officer announces a ceremony; who stands on the roster confirms on the phone, there and then."""

from datetime import timedelta

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.membership.models import Ceremony, JoinApplication
from nuanxin.membership.states import JoinState
from nuanxin.people.models import Consent, Worker

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def invited(cast):
    worker = Worker.objects.create(name="周小船", phone_hint="1386027", created_at=clock.now())
    return JoinApplication.objects.create(
        worker=worker, union=cast.union("couriers"), channel=3, state=1, occupation=3,
        created_at=clock.now(), expires_on=clock.business_day(clock.now()) + timedelta(days=20),
    )  # fmt: skip


@pytest.fixture
def ceremony(cast):
    desk = cast.client("officer_chen")
    answer = desk.post(
        reverse("desk-ceremony-new"),
        {"union": cast.union("couriers").code, "title": "骑手入会日", "place": "大关",
         "held_on": clock.business_day(clock.now()).isoformat()},
    )  # fmt: skip
    made = Ceremony.objects.get()
    assert answer["Location"] == reverse("desk-ceremony", args=[made.id])
    assert f"{made.code[:3]} {made.code[3:]}" in desk.get(answer["Location"]).content.decode()
    assert "骑手入会日" in desk.get(reverse("desk-ceremonies")).content.decode()
    return made


def confirm(browser, ceremony, *, name="周小船", tail="6027"):
    return browser.post(reverse("on-site"), {"code": ceremony.code, "name": name, "tail": tail})


def test_code_name_and_the_phones_end_confirm_and_say_what_comes_next(cast, ceremony, invited):
    browser = cast.client("anonymous")
    page = browser.get(reverse("on-site"), {"c": ceremony.code}).content.decode()
    assert f'value="{ceremony.code}"' in page
    done = confirm(browser, ceremony).content.decode()
    assert "卡号" in done
    assert "工作日" in done
    invited.refresh_from_db()
    assert invited.state == JoinState.SUBMITTED
    assert Consent.objects.filter(worker=invited.worker, granted_via="ceremony").count() == 2


def test_who_is_not_on_the_list_is_told_one_and_the_same_sentence_and_slowed_down(
    cast, ceremony, invited
):
    browser = cast.client("anonymous")
    strange = confirm(browser, ceremony, name="没有人")
    close = confirm(browser, ceremony, tail="0000")
    assert strange.status_code == close.status_code == 422
    assert "名单上没有对上" in strange.content.decode()
    assert "名单上没有对上" in close.content.decode()
    for _ in range(5):
        confirm(browser, ceremony, tail="0000")
    refused = confirm(browser, ceremony)
    assert refused.status_code == 429
    assert "当面帮你办" in refused.content.decode()
    invited.refresh_from_db()
    assert invited.state == JoinState.INVITED


def test_after_the_end_the_code_opens_nothing(cast, ceremony, invited):
    cast.client("officer_chen").post(reverse("desk-ceremony-close", args=[ceremony.id]))
    answer = confirm(cast.client("anonymous"), ceremony)
    assert answer.status_code == 422
    assert "今天没有这个口令的仪式" in answer.content.decode()


def test_a_stranger_neither_sees_nor_ends_a_ceremony(cast, ceremony):
    stranger = cast.client("cadre_of_next_county")
    assert stranger.get(reverse("desk-ceremony", args=[ceremony.id])).status_code == 404
    assert stranger.post(reverse("desk-ceremony-close", args=[ceremony.id])).status_code == 404
    ceremony.refresh_from_db()
    assert ceremony.closed_at is None
