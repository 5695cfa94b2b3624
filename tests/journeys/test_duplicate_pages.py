"""疑似重复 on the desk: an officer makes two records one, field by field, and takes it apart."""

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.membership.models import Membership
from nuanxin.people.models import DuplicateCandidate, Merge, Worker

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def pair(cast):
    """周小船 twice: the older record has the number, the younger one is the member."""
    now = clock.now()
    older = Worker.objects.create(
        name="周小船", identity_hint="33010016", phone_hint="1380001", created_at=now
    )
    younger = Worker.objects.create(name="周晓船", phone_hint="1380001", created_at=now)
    today = clock.business_day(now)
    Membership.objects.create(
        worker=younger, union=cast.union("couriers"), channel=1, occupation=4,
        started_on=today, joined_on=today, recorded_at=now,
    )  # fmt: skip
    return DuplicateCandidate.objects.create(
        first=older, second=younger, signs=["phone", "identity_stated"], found_at=now, verdict=""
    )


@pytest.fixture
def desk(cast):
    return cast.client("officer_chen")


def choose(desk, pair, **fields):
    answers = {"do": "merge", "keep": "second", "name": "first", "identity": "first",
               "phone": "second"}  # fmt: skip
    return desk.post(reverse("desk-duplicate", args=[pair.id]), answers | fields)


def test_the_list_says_what_is_the_same_and_where_each_belongs(desk, pair):
    page = desk.get(reverse("desk-duplicates")).content.decode()
    assert "1 对档案像是同一个人" in page
    assert "报了同一个证件号" in page
    assert "大关快递行业联合工会" in page


def test_the_member_is_proposed_to_stay_with_the_number_of_the_other(desk, pair):
    page = desk.get(reverse("desk-duplicate", args=[pair.id])).content.decode()
    assert '<input type="radio" name="keep" value="second" checked>' in page
    assert '<input type="radio" name="identity" value="first" checked>' in page


def test_each_field_comes_from_the_record_that_was_chosen_and_goes_back(desk, pair):
    answer = choose(desk, pair)
    merge = Merge.objects.get()
    assert answer["Location"].endswith(f"?merged={merge.id}")
    kept = Worker.objects.get(id=pair.second_id)
    assert (kept.name, kept.identity_hint) == ("周小船", "33010016")
    page = desk.get(answer["Location"]).content.decode()
    assert "合好了，留下的是周小船" in page
    desk.post(reverse("desk-merge-undo", args=[merge.id]))
    kept.refresh_from_db()
    assert (kept.name, kept.identity_hint) == ("周晓船", "")
    assert "1 对档案像是同一个人" in desk.get(reverse("desk-duplicates")).content.decode()


def test_a_field_without_a_choice_is_asked_again_and_nothing_is_merged(desk, pair):
    assert choose(desk, pair, phone="").status_code == 422
    assert not Merge.objects.exists()


def test_two_people_stay_two_and_are_not_proposed_again(desk, pair):
    desk.post(reverse("desk-duplicate", args=[pair.id]), {"do": "different"})
    assert "没有疑似重复" in desk.get(reverse("desk-duplicates")).content.decode()
    assert not Merge.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("cadre_of_next_county", 404), ("enterprise_officer", 403)]
)
def test_a_stranger_sees_no_pair_and_merges_nothing(cast, pair, who, status):
    stranger = cast.client(who)
    assert stranger.get(reverse("desk-duplicate", args=[pair.id])).status_code == status
    assert choose(stranger, pair).status_code == status
    assert not Merge.objects.exists()


def test_nobody_merges_his_own_record(cast, desk, pair):
    from nuanxin.access.models import Account

    Account.objects.filter(id=cast.account_id("officer_chen")).update(worker_id=pair.first_id)
    page = desk.get(reverse("desk-duplicate", args=[pair.id])).content.decode()
    assert "要请同事来办" in page
    assert choose(desk, pair).status_code == 403
    assert not Merge.objects.exists()
