"""From a host app to the receipt: nothing typed, three taps; a real provider in its own process."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from nuanxin.access.models import HostBinding
from nuanxin.kernel.identity import mask_identity
from nuanxin.membership.models import JoinApplication
from nuanxin.membership.states import Channel, JoinState
from nuanxin.people.models import Consent, Worker
from nuanxin.people.states import Assurance, ConsentPurpose
from tests.access.host_app import PEOPLE
from tests.access.provider import Host

pytestmark = [pytest.mark.django_db, pytest.mark.process, pytest.mark.slow]

NEW = PEOPLE["new"]


class Fields(HTMLParser):
    """The fields of a page that somebody would type into, and the boxes to tick."""

    def __init__(self, page):
        super().__init__()
        self.typed, self.boxes, self.buttons = [], {}, 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "textarea" or (
            tag == "input" and given.get("type") not in ("hidden", "checkbox", "radio", "submit")
        ):
            self.typed.append(given.get("name"))
        if tag == "input" and given.get("type") == "checkbox":
            self.boxes.setdefault(given["name"], []).append("checked" in given)
        self.buttons += tag == "button"


def arrive(browser, host, way_on, who="new"):
    """Come from the host app by its link, as ``who`` signed in there; return where one lands."""
    asked = browser.get(reverse("sign-in-host", args=["zlb"]), {"next": way_on})
    back = urlsplit(host.sign_in(asked["Location"], who))
    answer = browser.get(f"{back.path}?{back.query}", follow=True)
    assert answer.status_code == 200
    return answer


def test_by_a_unions_link_three_taps_and_nothing_typed(cast, host: Host):
    browser, couriers = cast.client("anonymous"), cast.union("couriers")
    landed = arrive(browser, host, reverse("join-of", args=[couriers.code]))
    page = landed.content.decode()
    fields = Fields(page)
    assert fields.typed == []
    assert fields.boxes["consent"] == [False]
    assert not any(fields.boxes["jobs"])
    assert fields.buttons == 1
    assert mask_identity(NEW["idcard"]) in page
    assert NEW["idcard"] not in page
    # tap 1: what I do; tap 2: the number's own consent; tap 3: the button
    answer = browser.post(
        landed.wsgi_request.get_full_path(), {"jobs": ["courier"], "consent": "on"}, follow=True
    )
    assert "江小雪，临时卡现在就能用" in answer.content.decode()
    application = JoinApplication.objects.get()
    assert (application.state, application.union_id) == (JoinState.SUBMITTED, couriers.id)
    assert application.channel == Channel.ONE_CLICK
    assert application.worker.assurance == Assurance.HOST_VERIFIED
    assert set(Consent.objects.values_list("purpose", "granted_via")) == {
        (ConsentPurpose.JOINING, "host:zlb"),
        (ConsentPurpose.IDENTITY_NUMBER, "host:zlb"),
    }
    assert HostBinding.objects.count() == 1
    assert browser.get(reverse("worker-card")).status_code == 200


def test_without_the_numbers_own_consent_nothing_is_applied_for(cast, host: Host):
    browser, couriers = cast.client("anonymous"), cast.union("couriers")
    landed = arrive(browser, host, reverse("join-of", args=[couriers.code]))
    answer = browser.post(landed.wsgi_request.get_full_path(), {"jobs": ["courier"]})
    assert answer.status_code == 422
    assert Fields(answer.content.decode()).boxes["jobs"].count(True) == 1
    assert not JoinApplication.objects.exists()
    assert not Worker.objects.filter(name="江小雪").exists()


def test_without_a_unions_code_still_nothing_is_typed_but_the_choice_is_shown(
    cast,
    host: Host,
):
    browser = cast.client("anonymous")
    arrive(browser, host, reverse("join"))
    browser.post(reverse("join-work"), {"jobs": ["courier"], "county": 330105})
    page = browser.get(reverse("join-person")).content.decode()
    assert Fields(page).typed == []
    assert "我同意这样用我的身份证号" in page
    browser.post(reverse("join-person"), {"consent": "on"})
    assert "就进这个" in browser.get(reverse("join-union")).content.decode()
    browser.post(reverse("join-union"), {"union": cast.union("couriers").code})
    answer = browser.post(reverse("join-check"), follow=True)
    assert "临时卡现在就能用" in answer.content.decode()


def test_the_second_time_the_host_app_signs_in_and_the_first_page_says_where_one_is(
    cast,
    host: Host,
):
    browser, couriers = cast.client("anonymous"), cast.union("couriers")
    landed = arrive(browser, host, reverse("join-of", args=[couriers.code]))
    browser.post(landed.wsgi_request.get_full_path(), {"jobs": ["courier"], "consent": "on"})
    again = arrive(cast.client("anonymous"), host, reverse("join-of", args=[couriers.code]))
    assert "你的申请已经在办了" in again.content.decode()
    assert JoinApplication.objects.count() == 1
