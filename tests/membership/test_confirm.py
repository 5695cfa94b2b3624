"""Invitations: the link, the ceremony, the officer's list; messages, reminders, expiry."""

import re
from datetime import date, timedelta

import pytest

from nuanxin.kernel.actor import ANONYMOUS, SYSTEM
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.membership.actions.ceremony import (
    close_ceremony,
    confirm_list_on_site,
    confirm_on_site,
    create_ceremony,
)
from nuanxin.membership.actions.confirm import confirm_invitation, decline_invitation
from nuanxin.membership.actions.inviting import send_invitations
from nuanxin.membership.actions.upkeep import escalate_overdue, expire_invitations
from nuanxin.membership.models import JoinApplication, MemberFlow, RosterBatch, Task
from nuanxin.membership.queries.invitations import invitation_of_token, token_of
from nuanxin.membership.rules.invitations import invitation_token, read_invitation
from nuanxin.membership.states import JoinState, ReceiptKind
from nuanxin.notices.models import Message
from nuanxin.people.models import Consent, Engagement, Worker
from nuanxin.people.states import Assurance
from tests.membership.cast import (
    DAY,
    NOW,
    TODAY,
    Cast,
    make_application,
    make_invitation,
    make_worker,
)

KEY = b"a key of these tests"


def state_of(application: JoinApplication) -> JoinState:
    application.refresh_from_db()
    return JoinState(application.state)


def test_a_token_says_which_invitation_until_when() -> None:
    token = invitation_token(4_711, date(2026, 12, 23), KEY)
    assert len(token) == 22
    assert read_invitation(token, date(2026, 12, 23), KEY) == 4_711
    with pytest.raises(Malformed) as late:
        read_invitation(token, date(2026, 12, 24), KEY)
    assert late.value.code == "membership.link_expired"


@pytest.mark.parametrize("at", range(22))
def test_no_character_of_a_token_can_be_changed(at: int) -> None:
    token = invitation_token(4_711, date(2026, 12, 23), KEY)
    other = "A" if token[at] != "A" else "B"
    with pytest.raises(Malformed):
        read_invitation(token[:at] + other + token[at + 1 :], date(2026, 1, 1), KEY)


@pytest.mark.parametrize("text", ["", "x", "中文" * 11, "=" * 22, "A" * 22, "A" * 5_000])
def test_rubbish_is_no_token(text: str) -> None:
    with pytest.raises(Malformed):
        read_invitation(text, TODAY, KEY)


def test_one_tap_confirms(cast: Cast) -> None:
    invitation = make_invitation(cast.riders)
    token = token_of(invitation.id, invitation.expires_on)
    assert "*" in invitation_of_token(token, TODAY).masked_name
    receipt = confirm_invitation(token=token, actor=ANONYMOUS, now=NOW)
    assert receipt.kind is ReceiptKind.CONFIRMED
    assert receipt.due_on == date(2026, 12, 7)
    assert state_of(invitation) is JoinState.SUBMITTED
    assert Worker.objects.get().assurance == Assurance.PHONE_CONFIRMED
    assert Consent.objects.count() == 2
    assert Engagement.objects.count() == 1
    assert MemberFlow.objects.get().persons == 1


def test_a_second_tap_gives_the_receipt_again(cast: Cast) -> None:
    invitation = make_invitation(cast.riders)
    token = token_of(invitation.id, invitation.expires_on)
    first = confirm_invitation(token=token, actor=ANONYMOUS, now=NOW)
    again = confirm_invitation(token=token, actor=ANONYMOUS, now=NOW)
    assert again.number == first.number
    assert MemberFlow.objects.count() == 1


def test_who_declines_hears_no_more(cast: Cast) -> None:
    invitation = make_invitation(cast.riders)
    token = token_of(invitation.id, invitation.expires_on)
    decline_invitation(token=token, reason="不认识", actor=ANONYMOUS, now=NOW)
    assert state_of(invitation) is JoinState.DECLINED
    assert send_invitations(actor=SYSTEM, now=NOW) == 0
    with pytest.raises(Conflict):
        confirm_invitation(token=token, actor=ANONYMOUS, now=NOW)


def test_the_message_carries_a_link_that_confirms(cast: Cast) -> None:
    make_invitation(cast.riders, created_at=NOW)
    assert send_invitations(actor=SYSTEM, now=NOW) == 1
    body = Message.objects.get().body
    token = re.search(r"/i/([\w-]{22})", body)
    assert token is not None
    receipt = confirm_invitation(token=token[1], actor=ANONYMOUS, now=NOW)
    assert receipt.kind is ReceiptKind.CONFIRMED


def test_reminders_come_on_their_days_and_once_each(cast: Cast) -> None:
    make_invitation(cast.riders, created_at=NOW, expires_on=TODAY + timedelta(days=30))
    sent = [send_invitations(actor=SYSTEM, now=NOW + DAY * day) for day in range(40)]
    assert [day for day, count in enumerate(sent) if count] == [0, 3, 10, 25]
    assert Message.objects.count() == 4


def test_nobody_is_woken_at_night(cast: Cast) -> None:
    make_invitation(cast.riders, created_at=NOW)
    send_invitations(actor=SYSTEM, now=NOW + timedelta(hours=12))
    message = Message.objects.get()
    assert message.not_before is not None
    assert message.not_before.hour in (0, 8)


def test_an_invitation_runs_out(cast: Cast) -> None:
    invitation = make_invitation(cast.riders, expires_on=TODAY)
    assert expire_invitations(actor=SYSTEM, now=NOW) == 0
    assert expire_invitations(actor=SYSTEM, now=NOW + DAY) == 1
    assert state_of(invitation) is JoinState.EXPIRED


def test_an_overdue_review_goes_up_once(cast: Cast) -> None:
    late = make_application(cast.riders, due_on=TODAY - timedelta(days=1))
    make_application(cast.riders, due_on=TODAY)
    assert escalate_overdue(actor=SYSTEM, now=NOW) == 1
    assert escalate_overdue(actor=SYSTEM, now=NOW) == 0
    task = Task.objects.get()
    assert task.union_id == cast.gongshu.id
    late.refresh_from_db()
    assert late.escalated_at == NOW
    assert late.state == JoinState.SUBMITTED


def hold(cast: Cast, day: date = TODAY):
    return create_ceremony(
        union_id=cast.riders.id,
        title="骑手入会日",
        place="大关驿站",
        held_on=day,
        actor=cast.officer_lin,
        now=NOW,
    )


def test_on_site_the_code_of_the_day_and_the_phone_confirm(cast: Cast) -> None:
    ceremony = hold(cast)
    invitation = make_invitation(cast.riders, make_worker("叶启明", phone="13912340963"))
    receipt = confirm_on_site(
        code=ceremony.code, name="叶启明", phone_tail="0963", actor=ANONYMOUS, now=NOW
    )
    assert receipt.application_id == invitation.id
    assert state_of(invitation) is JoinState.SUBMITTED


@pytest.mark.parametrize(("name", "tail"), [("叶启明", "0964"), ("叶启月", "0963")])
def test_on_site_a_wrong_answer_tells_nothing(cast: Cast, name: str, tail: str) -> None:
    ceremony = hold(cast)
    make_invitation(cast.riders, make_worker("叶启明", phone="13912340963"))
    with pytest.raises(NotFound) as refused:
        confirm_on_site(code=ceremony.code, name=name, phone_tail=tail, actor=ANONYMOUS, now=NOW)
    assert refused.value.code == "membership.not_on_list"


def test_on_site_two_alike_are_left_to_the_officer(cast: Cast) -> None:
    ceremony = hold(cast)
    for head in ("1391234", "1381234"):
        make_invitation(cast.riders, make_worker("叶启明", phone=f"{head}0963"))
    with pytest.raises(NotFound):
        confirm_on_site(
            code=ceremony.code, name="叶启明", phone_tail="0963", actor=ANONYMOUS, now=NOW
        )


def test_the_code_works_on_its_day_only(cast: Cast) -> None:
    ceremony = hold(cast, TODAY + timedelta(days=1))
    make_invitation(cast.riders, make_worker("叶启明", phone="13912340963"))
    said = {"code": ceremony.code, "name": "叶启明", "phone_tail": "0963", "actor": ANONYMOUS}
    with pytest.raises(NotFound):
        confirm_on_site(**said, now=NOW)
    close_ceremony(ceremony_id=ceremony.id, actor=cast.officer_lin, now=NOW)
    with pytest.raises(NotFound):
        confirm_on_site(**said, now=NOW + DAY)


def test_a_ceremony_takes_the_rosters_made_for_it(cast: Cast) -> None:
    today, other = hold(cast), hold(cast)
    batch = RosterBatch.objects.create(
        union=cast.riders, file_id="0" * 32, file_name="a.xlsx", file_sha256=b"", created_at=NOW,
        ceremony_id=other.id,
    )  # fmt: skip
    make_invitation(
        cast.riders, make_worker("叶启明", phone="13912340963"), batch=batch, row_number=2
    )
    said = {"name": "叶启明", "phone_tail": "0963", "actor": ANONYMOUS, "now": NOW}
    with pytest.raises(NotFound):
        confirm_on_site(code=today.code, **said)
    assert confirm_on_site(code=other.code, **said).is_taken


def test_the_officers_list_counts_who_signed(cast: Cast) -> None:
    ceremony = hold(cast)
    invited = [make_invitation(cast.riders) for _ in range(3)]
    count = confirm_list_on_site(
        ceremony_id=ceremony.id,
        application_ids=[one.id for one in invited],
        note="签名册第 3 页",
        actor=cast.officer_lin,
        now=NOW,
    )
    assert count == 3
    assert set(Worker.objects.values_list("assurance", flat=True)) == {Assurance.SEEN_ON_SITE}
    assert MemberFlow.objects.get().persons == 3


def test_the_officers_list_is_of_his_union(cast: Cast) -> None:
    ceremony = hold(cast)
    own, foreign = make_invitation(cast.riders), make_invitation(cast.yuhang_joint)
    said = {"ceremony_id": ceremony.id, "note": "签名册", "now": NOW}
    with pytest.raises(NotFound):
        confirm_list_on_site(application_ids=[foreign.id], actor=cast.officer_lin, **said)
    with pytest.raises(NotFound):
        confirm_list_on_site(application_ids=[own.id], actor=cast.officer_of_yuhang, **said)
    assert state_of(own) is state_of(foreign) is JoinState.INVITED
    assert confirm_list_on_site(application_ids=[own.id], actor=cast.officer_lin, **said) == 1
