"""The desk: members and unions, as far as each post sees."""

import pytest
from django.urls import reverse

from nuanxin.kernel import clock, sealing
from nuanxin.membership.models import Membership
from nuanxin.people.models import Worker
from nuanxin.records.models import Reading

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PHONE = "13900001234"


@pytest.fixture
def membership(cast):
    hashed = sealing.lookup_hash("phone", PHONE)
    worker = Worker.objects.create(
        name="周小船",
        created_at=clock.now(),
        phone_hash=hashed,
        phone_sealed=sealing.seal("phone", PHONE, hashed),
        phone_hint="1391234",
    )
    today = clock.business_day(clock.now())
    return Membership.objects.create(
        worker=worker,
        union=cast.union("couriers"),
        channel=1,
        occupation=3,
        started_on=today,
        joined_on=today,
        recorded_at=clock.now(),
    )


def test_the_officer_finds_a_member_and_the_number_stays_masked(cast, membership):
    desk = cast.client("officer_chen")
    listed = desk.get(reverse("desk-members"), {"q": "小船"}).content.decode()
    assert "周小船" in listed
    page = desk.get(reverse("desk-member", args=[membership.id])).content.decode()
    assert "139****1234" in page
    assert PHONE not in page


def test_reading_in_clear_needs_a_purpose_and_leaves_a_row(cast, membership):
    desk = cast.client("officer_chen")
    url = reverse("desk-member-unmask", args=[membership.id])
    assert desk.post(url, {"field": "phone", "purpose": ""}).status_code == 422
    assert not Reading.objects.exists()
    page = desk.post(url, {"field": "phone", "purpose": "联系本人"}).content.decode()
    assert PHONE in page
    assert Reading.objects.get().worker_id == membership.worker_id


@pytest.mark.parametrize("stranger", ["cadre_of_next_county", "enterprise_officer"])
def test_a_stranger_reads_nothing(cast, membership, stranger):
    desk = cast.client(stranger)
    assert desk.get(reverse("desk-member", args=[membership.id])).status_code == 404
    url = reverse("desk-member-unmask", args=[membership.id])
    assert desk.post(url, {"field": "phone", "purpose": "好奇"}).status_code == 404
    code = cast.union("couriers").code
    assert desk.get(reverse("desk-members"), {"union": code}).status_code == 404
    assert desk.get(reverse("desk-union", args=[code])).status_code == 404


def test_the_union_page_shows_what_stands_below_and_a_code_to_join(cast, membership):
    desk = cast.client("county_cadre")
    page = desk.get(reverse("desk-union", args=[cast.union("county").code])).content.decode()
    assert "大关街道工会联合会" in page
    leaf = desk.get(reverse("desk-union", args=[cast.union("couriers").code])).content.decode()
    assert "扫码入会" in leaf
    assert desk.get(reverse("desk-tree"), {"q": "大关"}).status_code == 200
    assert desk.get(reverse("desk-tree")).status_code == 302
