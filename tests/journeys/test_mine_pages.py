"""我的: what a worker sees of himself, and nothing of anybody else."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.models import JoinApplication, Membership
from nuanxin.membership.queries.invitations import token_of
from nuanxin.membership.states import JoinState, MemberState, RetentionReason
from nuanxin.people.actions import add_engagement, grant_consent
from nuanxin.people.models import Worker
from tests.access import outbox

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


def test_out_of_work_a_member_keeps_the_membership_with_a_reason(rider, membership):
    page = reverse("worker-keep")
    assert "会籍留在大关快递行业联合工会" in rider.get(page).content.decode()
    refused = rider.post(page)
    assert refused.status_code == 422
    assert "选一个就行" in refused.content.decode()
    rider.post(page, {"reason": int(RetentionReason.UNEMPLOYED)})
    membership.refresh_from_db()
    assert membership.state == MemberState.RETAINED
    mine = rider.get(reverse("worker-me")).content.decode()
    assert "你的会籍保留着" in mine
    assert page not in mine
    assert rider.get(page).status_code == 302


def test_ones_data_comes_as_json_and_as_a_workbook_without_the_number(rider, membership):
    kept = json.loads(rider.get(reverse("worker-data"), {"as": "json"}).content)
    assert kept["sections"]
    book = rider.get(reverse("worker-data"), {"as": "xlsx"})
    assert book.content[:2] == b"PK"


def test_ones_data_is_shown_in_words_and_in_beijing_time(rider, cast):
    add_engagement(
        worker_id=cast.rider_ye.worker_id, occupation=3, source="roster", work_adcode=330105,
        actor=SYSTEM, now=datetime(2026, 11, 20, 17, 5, tzinfo=UTC),
    )  # fmt: skip
    page = rider.get(reverse("worker-data")).content.decode()
    assert "2026 年 11 月 21 日 01:05" in page
    assert "拱墅区（330105）" in page
    assert "单位报的名单" in page
    assert "+00:00" not in page
    assert ">True<" not in page


def test_a_name_is_corrected_by_oneself_and_an_empty_one_is_asked_again(rider, cast):
    way = reverse("worker-correct-name")
    assert rider.post(way, {"name": ""}).status_code == 422
    answer = rider.post(way, {"name": "叶小漫"}, follow=True).content.decode()
    assert "姓名改好了" in answer
    assert Worker.objects.get(id=cast.rider_ye.worker_id).name == "叶小漫"


def test_a_phone_is_changed_only_to_one_that_was_just_verified(rider, cast, settings):
    settings.ACCESS_CODE_SENDER = "tests.access.outbox.keep"
    outbox.SENT.clear()
    way = reverse("worker-correct-phone")
    assert rider.post(way).status_code == 409
    rider.post(reverse("sign-in"), {"phone": "13800006027", "do": "send", "next": way})
    code = outbox.SENT[-1]["values"]["code"]
    back = rider.post(reverse("sign-in"), {"code": code, "do": "check", "next": way})
    assert back["Location"] == way
    assert "换成 138****6027" in rider.get(way).content.decode()
    assert "手机号换好了" in rider.post(way, follow=True).content.decode()
    assert Worker.objects.get(id=cast.rider_ye.worker_id).phone_hint == "1386027"


def test_a_consent_is_withdrawn_with_one_tap_after_being_told_what_follows(rider, cast, membership):
    grant_consent(
        worker_id=cast.rider_ye.worker_id, purpose=1, notice_version="2026-11-01", via="online",
        actor=SYSTEM, now=clock.now(),
    )  # fmt: skip
    way = f"{reverse('worker-consent')}?of=joining"
    assert way in rider.get(reverse("worker-data")).content.decode()
    assert "已经入会的按退会办理" in rider.get(way).content.decode()
    assert "撤回了" in rider.post(way, follow=True).content.decode()
    membership.refresh_from_db()
    assert membership.ended_on is not None
    assert rider.get(way)["Location"] == reverse("worker-data")


def test_deleting_waits_for_the_membership_and_then_says_what_went_and_what_stays(
    rider, cast, membership
):
    way, worker_id = reverse("worker-erase"), cast.rider_ye.worker_id
    assert "先退会" in rider.get(way).content.decode()
    assert rider.post(way).status_code == 409
    rider.post(reverse("worker-leave"))
    page = rider.get(way).content.decode()
    assert "个人信息保护法" in page
    done = rider.post(way).content.decode()
    assert "凭证号" in done
    assert Worker.objects.get(id=worker_id).name == "已清除"
    assert rider.get(reverse("worker-me")).status_code == 302


def apply_for(cast, state, **more):
    return JoinApplication.objects.create(
        worker_id=cast.rider_ye.worker_id, union=cast.union("couriers"), channel=1, state=state,
        occupation=3, created_at=clock.now(), **more,
    )  # fmt: skip


def test_an_application_on_its_way_is_taken_back_by_oneself(rider, cast):
    today = clock.business_day(clock.now())
    application = apply_for(cast, 2, confirmed_at=clock.now(), due_on=today)
    page = rider.get(reverse("worker-me")).content.decode()
    assert "你的申请在路上" in page
    rider.post(reverse("worker-withdraw"))
    application.refresh_from_db()
    assert application.state == JoinState.WITHDRAWN
    page = rider.get(reverse("worker-me")).content.decode()
    assert "你还没有入会" in page
    assert "我要入会" in page


def test_a_returned_application_says_why_and_leads_on(rider, cast):
    apply_for(
        cast, 3, confirmed_at=clock.now(), decided_at=clock.now(), decision_note="名字少一个字"
    )
    page = rider.get(reverse("worker-me")).content.decode()
    assert "名字少一个字" in page
    assert "补好再交" in page


def test_the_first_page_of_a_member_shows_the_card_and_not_the_way_to_join(rider, membership):
    page = rider.get(reverse("worker-home")).content.decode()
    assert reverse("worker-card") in page
    assert "我要入会" not in page


@pytest.mark.parametrize("purpose", ["joining", "identity_number"])
def test_anybody_reads_the_notices_to_which_he_is_asked_to_agree(client, purpose):
    assert "怎么保管" in client.get(reverse("notice", args=[purpose])).content.decode()


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
    again = browser.get(link).content.decode()
    assert "你已经确认过了" in again
    assert "我愿意" not in again


def test_a_link_that_is_broken_or_over_says_so_and_leads_on(cast):
    browser = cast.client("anonymous")
    broken = browser.get(reverse("invitation", args=["nonsense"]))
    assert broken.status_code == 422
    assert "我自己申请" in broken.content.decode()
    yesterday = clock.business_day(clock.now()) - timedelta(days=1)
    application = apply_for(cast, 1, expires_on=yesterday)
    over = browser.get(reverse("invitation", args=[token_of(application.id, yesterday)]))
    assert "这个邀请过期了" in over.content.decode()
    assert "我自己申请" in over.content.decode()
