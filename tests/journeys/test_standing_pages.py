"""An officer keeps, restores, moves and ends a member's 会籍 on the desk."""

import pytest
from django.urls import reverse

from nuanxin.access.models import Account
from nuanxin.kernel import clock
from nuanxin.membership.models import CardRevocation, Membership, Transfer
from nuanxin.membership.states import EndReason, MemberState, RetentionReason, TransferState
from nuanxin.notices.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def member_of(cast, union_key, worker_id):
    today = clock.business_day(clock.now())
    return Membership.objects.create(
        worker_id=worker_id,
        union=cast.union(union_key),
        channel=1,
        occupation=4,
        started_on=today,
        joined_on=today,
        recorded_at=clock.now(),
    )


@pytest.fixture
def member(cast):
    return member_of(cast, "couriers", cast.rider_ye.worker_id)


@pytest.fixture
def page(member):
    return reverse("desk-standing", args=[member.id])


@pytest.fixture
def officer(cast):
    return cast.client("officer_chen")


def test_the_members_page_leads_to_it_only_for_who_may_decide(cast, officer, member, page):
    at = reverse("desk-member", args=[member.id])
    assert page in officer.get(at).content.decode()
    auditor = cast.client("auditor").get(at)
    assert page not in auditor.content.decode()
    assert cast.client("auditor").get(page).status_code in (403, 404)


def test_a_retired_members_membership_is_kept_and_restored(officer, member, page):
    shown = officer.get(page).content.decode()
    assert "随时可以恢复" in shown
    assert "又开始干活了" not in shown
    officer.post(page, {"do": "retain", "reason": int(RetentionReason.RETIRED), "note": "7 月退休"})
    member.refresh_from_db()
    assert member.state == MemberState.RETAINED
    assert "又开始干活了" in officer.get(page).content.decode()
    officer.post(page, {"do": "restore"})
    member.refresh_from_db()
    assert member.state == MemberState.LIVE
    assert Notice.objects.filter(worker_id=member.worker_id, title="会籍恢复了").exists()


def test_without_a_reason_nothing_happens_and_the_note_stays(officer, member, page):
    answer = officer.post(page, {"do": "retain", "note": "说了再看"})
    assert answer.status_code == 422
    assert "选一个原因" in answer.content.decode()
    assert "说了再看" in answer.content.decode()
    member.refresh_from_db()
    assert member.state == MemberState.LIVE


def test_an_end_is_entered_with_its_ground_and_a_look_at_who_it_is(officer, member, page):
    given = {"do": "end", "reason": int(EndReason.LEFT), "note": "11 月 20 日书面申请"}
    assert officer.post(page, given).status_code == 422
    member.refresh_from_db()
    assert member.ended_on is None
    officer.post(page, given | {"is_checked": "on"})
    member.refresh_from_db()
    assert (member.state, member.end_reason) == (MemberState.ENDED, EndReason.LEFT)
    assert CardRevocation.objects.filter(membership=member).exists()
    gone = officer.get(page)
    assert "这段会籍已经终止" in gone.content.decode()
    again = officer.post(page, given | {"is_checked": "on"})
    assert "这段会籍刚刚变动过" in again.content.decode()


def test_a_move_is_proposed_waits_for_the_person_and_is_taken_back(cast, member, page):
    county = cast.client("county_cadre")
    target = cast.union("drivers")
    answer = county.post(page, {"do": "propose", "union": target.code})
    assert answer.status_code == 302, answer.content.decode()
    waiting = Transfer.objects.get()
    assert (waiting.state, waiting.to_union_id) == (TransferState.PROPOSED, target.id)
    assert f"已经提议转到{target.name}，等本人答复" in county.get(page).content.decode()
    again = county.post(page, {"do": "propose", "union": target.code})
    assert "已经有一个转会提议在等本人答复" in again.content.decode()
    county.post(page, {"do": "cancel"})
    waiting.refresh_from_db()
    assert waiting.state == TransferState.CANCELLED


def test_a_union_out_of_reach_is_as_unknown_as_one_that_is_none(cast, officer, page):
    said = [
        officer.post(page, {"do": "propose", "union": code}).content.decode()
        for code in (cast.union("province").code, "999999999999")
    ]
    assert all("您管的范围里没有这个编码的工会" in one for one in said)
    assert not Transfer.objects.exists()


def test_nobody_ends_or_restores_his_own(cast, officer, page, member):
    Account.objects.filter(worker_id=member.worker_id).update(worker_id=None)
    Account.objects.filter(id=cast.account_id("officer_chen")).update(worker_id=member.worker_id)
    client = cast.client("officer_chen")
    assert "这是您自己的会籍" in client.get(page).content.decode()
    answer = client.post(
        page, {"do": "end", "reason": int(EndReason.LEFT), "note": "x", "is_checked": "on"}
    )
    assert "要请另一位同事来办" in answer.content.decode()
    member.refresh_from_db()
    assert member.ended_on is None


def test_whoever_joined_today_does_not_lapse_and_the_page_says_why(officer, page, member):
    said = officer.post(page, {"do": "lapse", "persuaded_on": "2026-11-01"})
    assert said.status_code == 422
    assert "会费欠缴 0 个月，不到 6 个月" in said.content.decode()
    assert 'value="2026-11-01"' in said.content.decode()
    member.refresh_from_db()
    assert member.ended_on is None


def test_of_another_county_it_is_not_there(cast, page):
    stranger = cast.client("cadre_of_next_county")
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"do": "retain", "reason": 1}).status_code == 404
