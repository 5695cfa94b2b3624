"""The committee's queue and the card: approve in one go, take back, and what follows."""

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.membership.models import DecisionRun, JoinApplication, Membership
from nuanxin.people.models import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def applications(cast):
    now = clock.now()
    workers = [
        Worker.objects.create(name=name, created_at=now) for name in ("周小船", "吴大江", "郑一湖")
    ]
    return [
        JoinApplication.objects.create(
            worker=worker, union=cast.union("couriers"), channel=1, state=2, occupation=3,
            created_at=now, confirmed_at=now, doubts=doubts, due_on=clock.business_day(now),
        )
        for worker, doubts in zip(workers, (0, 0, 2), strict=True)
    ]  # fmt: skip


def test_clean_ones_are_approved_in_one_go_and_taken_back(cast, applications):
    desk = cast.client("officer_chen")
    assert "等着审核" in desk.get(reverse("desk-review")).content.decode()
    assert "入会申请等审核" in desk.get(reverse("desk-home")).content.decode()
    desk.post(reverse("desk-review-decide"), {"do": "approve_all"})
    assert Membership.objects.filter(ended_on=None).count() == 2
    run = DecisionRun.objects.get()
    assert "收回" in desk.get(reverse("desk-review")).content.decode()
    desk.post(reverse("desk-review-undo", args=[run.id]))
    assert not Membership.objects.filter(ended_on=None).exists()


def test_a_doubtful_one_is_opened_and_returned_with_a_reason(cast, applications):
    desk = cast.client("officer_chen")
    page = desk.get(reverse("desk-application", args=[applications[2].id])).content.decode()
    assert "手机号与另一份档案相同" in page
    answer = desk.post(
        reverse("desk-review-decide"), {"do": "return", "id": applications[2].id, "note": ""}
    )
    assert answer.status_code == 422
    desk.post(
        reverse("desk-review-decide"),
        {"do": "return", "id": applications[2].id, "note": "手机号请换成自己的"},
    )
    applications[2].refresh_from_db()
    assert applications[2].state == 3


@pytest.mark.parametrize("stranger", ["cadre_of_next_county", "enterprise_officer"])
def test_a_stranger_decides_nothing(cast, applications, stranger):
    desk = cast.client(stranger)
    url = reverse("desk-application", args=[applications[0].id])
    assert desk.get(url).status_code == 404
    answer = desk.post(reverse("desk-review-decide"), {"do": "approve", "id": applications[0].id})
    assert answer.status_code == 404
    assert not Membership.objects.exists()


def test_a_member_shows_a_card_and_somebody_without_is_told_how_to_get_one(cast):
    rider = cast.client("rider_ye")
    assert rider.get(reverse("worker-card")).status_code == 302
    today = clock.business_day(clock.now())
    Membership.objects.create(
        worker_id=cast.rider_ye.worker_id, union=cast.union("couriers"), channel=1, occupation=4,
        started_on=today, joined_on=today, recorded_at=clock.now(),
    )  # fmt: skip
    page = rider.get(reverse("worker-card")).content.decode()
    assert "<svg" in page
    assert rider.get(reverse("card-check")).status_code == 200
    assert rider.get(reverse("card-bundle")).json()
