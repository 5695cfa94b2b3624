"""The committee's queue: approving, returning, declining, undoing."""

from datetime import date, timedelta

import pytest
from django.db import connection

from nuanxin.access.models import Account
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.membership.actions.review import (
    approve_applications,
    decline_applications,
    return_applications,
    undo_decisions,
)
from nuanxin.membership.models import CardRevocation, JoinApplication, MemberFlow, Membership
from nuanxin.membership.rules.doubts import Doubt
from nuanxin.membership.states import EndReason, FlowKind, JoinState, MemberState
from nuanxin.notices.models import Message, Notice
from nuanxin.records.models import Event
from tests.membership.cast import (
    DAY,
    NOW,
    TODAY,
    Cast,
    make_application,
    make_member,
    make_worker,
)
from tests.membership.conftest import at_once


def approve(*applications: JoinApplication, by: Actor, note: str = "", now=NOW):
    return approve_applications(
        application_ids=[one.id for one in applications], note=note, actor=by, now=now
    )


def live_by_flows() -> int:
    return sum(
        FlowKind(kind).sign * persons
        for kind, persons in MemberFlow.objects.values_list("kind", "persons")
    )


def test_approval_starts_the_membership_on_that_day(cast: Cast) -> None:
    application = make_application(cast.riders)
    result = approve(application, by=cast.officer_lin)
    membership = Membership.objects.get()
    assert result.decided == 1
    assert membership.started_on == membership.joined_on == TODAY
    assert membership.state == MemberState.LIVE
    application.refresh_from_db()
    assert application.state == JoinState.APPROVED
    assert application.decided_by == cast.officer_lin.account_id
    assert live_by_flows() == 1


def test_the_person_is_told_on_every_way(cast: Cast) -> None:
    application = make_application(cast.riders)
    approve(application, by=cast.officer_lin)
    assert Notice.objects.get(worker_id=application.worker_id).kind == "membership.approved"
    assert Message.objects.get(worker_id=application.worker_id).template == "membership.approved"
    assert Event.objects.get().kind == "membership.application_approved"


def test_only_those_in_scope_may_approve(cast: Cast) -> None:
    application = make_application(cast.riders)
    with pytest.raises(NotFound):
        approve(application, by=cast.officer_of_yuhang)
    with pytest.raises(Forbidden):
        approve(application, by=cast.cadre_of_city)
    with pytest.raises(Forbidden):
        approve(application, by=Actor(worker_id=application.worker_id))
    assert Membership.objects.count() == 0
    assert approve(application, by=cast.cadre_chen).decided == 1


def test_one_foreign_id_refuses_the_whole_list(cast: Cast) -> None:
    own, foreign = make_application(cast.riders), make_application(cast.yuhang_joint)
    with pytest.raises(NotFound):
        approve(own, foreign, by=cast.officer_lin)
    assert Membership.objects.count() == 0


def test_nobody_approves_himself(cast: Cast) -> None:
    application = make_application(cast.riders)
    himself = Actor(
        account_id=cast.officer_lin.account_id,
        worker_id=application.worker_id,
        grants=cast.officer_lin.grants,
    )
    result = approve(application, by=himself)
    assert result.decided == 0
    assert result.skipped[0].reason.code == "own_application"
    assert approve_applications(all_clean_of=cast.riders.id, actor=himself, now=NOW).decided == 0
    assert approve(application, by=cast.officer_lin).decided == 1


def test_nobody_approves_himself_from_a_second_account(cast: Cast) -> None:
    application = make_application(cast.riders)
    second = Account.objects.create(
        username="lin2", name="林", phone_hash=application.worker.phone_hash, created_at=NOW
    )
    himself = Actor(account_id=second.id, grants=cast.officer_lin.grants)
    assert approve(application, by=himself).skipped[0].reason.code == "own_application"


def test_all_clean_ones_go_in_one_step_and_the_doubtful_stay(cast: Cast) -> None:
    clean = [make_application(cast.riders) for _ in range(3)]
    doubtful = make_application(cast.riders, doubts=int(Doubt.PHONE_REUSED))
    elsewhere = make_application(cast.street)
    result = approve_applications(all_clean_of=cast.riders.id, actor=cast.officer_lin, now=NOW)
    assert result.decided == len(clean)
    doubtful.refresh_from_db()
    elsewhere.refresh_from_db()
    assert doubtful.state == elsewhere.state == JoinState.SUBMITTED


def test_all_clean_ones_says_how_many_are_left(cast: Cast) -> None:
    for _ in range(3):
        make_application(cast.riders)
    result = approve_applications(
        all_clean_of=cast.riders.id, limit=2, actor=cast.officer_lin, now=NOW
    )
    assert result.decided == 2
    assert result.left == 1


def test_some_doubts_want_a_note(cast: Cast) -> None:
    doubtful = make_application(cast.riders, doubts=int(Doubt.AGE_NEAR_RETIREMENT))
    assert approve(doubtful, by=cast.officer_lin).skipped[0].reason.code == "note_needed"
    assert approve(doubtful, by=cast.officer_lin, note="还在跑单，看过接单记录").decided == 1


def test_a_number_on_another_record_is_settled_first(cast: Cast) -> None:
    doubtful = make_application(cast.riders, doubts=int(Doubt.IDENTITY_ON_ANOTHER_RECORD))
    result = approve(doubtful, by=cast.officer_lin, note="看过证件")
    assert result.skipped[0].reason.code == "settle_first"


def test_a_member_elsewhere_is_not_made_a_member_twice(cast: Cast) -> None:
    worker = make_worker()
    make_member(cast.yuhang_joint, worker)
    application = make_application(cast.riders, worker)
    assert approve(application, by=cast.officer_lin).skipped[0].reason.code == "member_elsewhere"
    assert Membership.objects.count() == 1


def test_who_comes_back_is_not_counted_as_new(cast: Cast) -> None:
    worker = make_worker()
    Membership.objects.create(
        worker=worker, union=cast.riders, state=3, channel=1, occupation=4,
        started_on=date(2020, 1, 1), ended_on=date(2022, 1, 1), end_reason=EndReason.LEFT,
        joined_on=date(2020, 1, 1), recorded_at=NOW,
    )  # fmt: skip
    approve(
        make_application(cast.riders, worker), make_application(cast.riders), by=cast.cadre_chen
    )
    kinds = dict(MemberFlow.objects.values_list("kind", "persons"))
    assert kinds == {FlowKind.JOINED: 1, FlowKind.JOINED_AGAIN: 1}


def test_undo_puts_everything_back(cast: Cast) -> None:
    application = make_application(cast.riders, doubts=int(Doubt.PHONE_REUSED))
    before = JoinApplication.objects.filter(id=application.id).values().get()
    result = approve(application, by=cast.officer_lin)
    assert result.run_id is not None
    undone = undo_decisions(run_id=result.run_id, actor=cast.officer_lin, now=NOW + DAY / 2)
    assert undone.decided == 1
    assert JoinApplication.objects.filter(id=application.id).values().get() == before
    assert not Membership.objects.filter(ended_on__isnull=True).exists()
    assert live_by_flows() == 0
    assert CardRevocation.objects.count() == 1
    assert approve(application, by=cast.officer_lin, now=NOW + DAY).decided == 1
    assert live_by_flows() == 1


def test_undo_ends_with_its_time(cast: Cast) -> None:
    result = approve(make_application(cast.riders), by=cast.officer_lin)
    with pytest.raises(Conflict) as refused:
        undo_decisions(
            run_id=result.run_id, actor=cast.officer_lin, now=NOW + DAY + timedelta(seconds=1)
        )
    assert refused.value.code == "undo_too_late"


def test_undo_is_for_those_who_decide_there(cast: Cast) -> None:
    result = approve(make_application(cast.riders), by=cast.officer_lin)
    with pytest.raises(NotFound):
        undo_decisions(run_id=result.run_id, actor=cast.officer_of_yuhang, now=NOW)
    assert undo_decisions(run_id=result.run_id, actor=cast.cadre_chen, now=NOW).decided == 1
    with pytest.raises(Conflict):
        undo_decisions(run_id=result.run_id, actor=cast.cadre_chen, now=NOW)


def test_what_has_moved_on_is_not_undone(cast: Cast) -> None:
    first, second = make_application(cast.riders), make_application(cast.riders)
    result = approve(first, second, by=cast.officer_lin)
    gone = Membership.objects.get(application=first)
    gone.state, gone.ended_on, gone.end_reason = 3, TODAY, EndReason.LEFT
    gone.save()
    undone = undo_decisions(run_id=result.run_id, actor=cast.officer_lin, now=NOW)
    assert undone.decided == 1
    assert undone.skipped[0].application_id == first.id


@pytest.mark.parametrize(
    ("decide", "state"),
    [
        (return_applications, JoinState.RETURNED),
        (decline_applications, JoinState.DECLINED),
    ],
)
def test_a_no_has_a_reason_and_can_be_taken_back(cast: Cast, decide, state) -> None:
    application = make_application(cast.riders)
    with pytest.raises(Malformed):
        decide(application_ids=[application.id], reason=" ", actor=cast.officer_lin, now=NOW)
    result = decide(
        application_ids=[application.id], reason="姓名和证件不一样", actor=cast.officer_lin, now=NOW
    )
    application.refresh_from_db()
    assert application.state == state
    assert application.decision_note == "姓名和证件不一样"
    undo_decisions(run_id=result.run_id, actor=cast.officer_lin, now=NOW)
    application.refresh_from_db()
    assert application.state == JoinState.SUBMITTED
    assert application.decided_at is None


@pytest.mark.slow
def test_five_thousand_are_one_statement(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH w AS (INSERT INTO people_worker (name, name_key, identity_hint, identity_kind,
                   phone_hint, sex, assurance, created_at)
                   SELECT '甲' || g, '', '', 1, '', '', 2, %(now)s FROM generate_series(1, 5000) g
                   RETURNING id)
               INSERT INTO membership_joinapplication (worker_id, union_id, channel, state,
                   occupation, place_stated, doubts, created_at, confirmed_via, reminders_sent,
                   decided_by_name, decision_note, due_on)
               SELECT id, %(union)s, 3, 2, 4, '', 0, %(now)s, '', 0, '', '', %(day)s FROM w""",
            {"now": NOW, "union": cast.riders.id, "day": TODAY},
        )
    result = approve_applications(all_clean_of=cast.gongshu.id, actor=cast.cadre_chen, now=NOW)
    assert result.decided == 5000
    assert MemberFlow.objects.get().persons == 5000
    assert undo_decisions(run_id=result.run_id, actor=cast.cadre_chen, now=NOW).decided == 5000
    assert live_by_flows() == 0


@pytest.mark.slow
def test_two_reviewers_at_once_make_one_membership_each(racing_cast: Cast) -> None:
    ids = [make_application(racing_cast.riders).id for _ in range(40)]
    answers = at_once(
        8,
        lambda number: approve_applications(
            application_ids=ids if number % 2 else list(reversed(ids)),
            actor=racing_cast.officer_lin,
            now=NOW,
        ),
    )
    assert sum(answer.decided for answer in answers) == 40
    assert Membership.objects.count() == 40
    assert live_by_flows() == 40
