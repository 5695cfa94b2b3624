"""我的: what a worker sees of himself, and nothing of anybody else."""

import json

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.membership.models import JoinApplication, Membership
from nuanxin.membership.queries.invitations import token_of
from nuanxin.people.models import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def rider(cast):
    return cast.client("rider_ye")


@pytest.fixture
def membership(cast):
    today = clock.business_day(clock.now())
    return Membership.objects.create(
        worker_id=cast.rider_ye.worker_id,
        union=cast.union("couriers"),
        channel=1,
        occupation=4,
        started_on=today,
        joined_on=today,
        recorded_at=clock.now(),
    )


@pytest.mark.parametrize("name", ["worker-me", "worker-data", "worker-readings"])
def test_every_room_opens_for_a_worker_and_asks_others_to_sign_in(rider, cast, name):
    assert rider.get(reverse(name)).status_code == 200
    assert cast.client("anonymous").get(reverse(name)).status_code == 302


def test_a_member_sees_the_union_and_leaves_at_once(rider, membership):
    assert "大关快递行业联合工会" in rider.get(reverse("worker-me")).content.decode()
    assert rider.get(reverse("worker-leave")).status_code == 200
    rider.post(reverse("worker-leave"))
    membership.refresh_from_db()
    assert membership.ended_on is not None
    assert "你还没有入会" in rider.get(reverse("worker-me")).content.decode()


def test_ones_data_comes_as_json_and_as_a_workbook_without_the_number(rider, membership):
    kept = json.loads(rider.get(reverse("worker-data"), {"as": "json"}).content)
    assert kept["sections"]
    book = rider.get(reverse("worker-data"), {"as": "xlsx"})
    assert book.content[:2] == b"PK"


def test_an_invitation_is_taken_with_one_tap_and_only_then_waits_for_review(cast):
    worker = Worker.objects.create(name="周小船", created_at=clock.now())
    today = clock.business_day(clock.now())
    application = JoinApplication.objects.create(
        worker=worker,
        union=cast.union("couriers"),
        channel=3,
        state=1,
        occupation=3,
        created_at=clock.now(),
        expires_on=today.replace(year=today.year + 1),
    )
    link = reverse("invitation", args=[token_of(application.id, application.expires_on)])
    browser = cast.client("anonymous")
    page = browser.get(link).content.decode()
    assert "周**" in page
    assert "周小船" not in page
    browser.post(link, {"do": "yes"})
    application.refresh_from_db()
    assert application.state == 2
    assert browser.get(reverse("invitation", args=["nonsense"])).status_code in (404, 422)
