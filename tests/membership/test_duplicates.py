"""Two records of one person become one: memberships and applications come together, and apart."""

from datetime import date

import pytest

from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions.review import approve_applications
from nuanxin.membership.models import JoinApplication, MemberFlow, Membership, Transfer
from nuanxin.membership.rules.doubts import Doubt
from nuanxin.membership.states import EndReason, FlowKind, JoinState
from nuanxin.people.actions.merging import merge_workers, undo_merge
from tests.membership.cast import (
    NOW,
    TODAY,
    Cast,
    ask_to_join,
    identity_of,
    make_application,
    make_member,
    make_worker,
)


def merge(kept, folded, actor) -> int:
    return merge_workers(kept_id=kept, folded_id=folded, choices={}, actor=actor, now=NOW)


def snapshot() -> list[dict]:
    rows = []
    for model in (Membership, JoinApplication, Transfer):
        rows += [{"table": model.__name__} | row for row in model.objects.order_by("id").values()]
    return rows


def live_by_flows() -> int:
    return sum(
        FlowKind(kind).sign * persons
        for kind, persons in MemberFlow.objects.values_list("kind", "persons")
    )


def test_a_new_phone_is_settled_by_a_merge_and_then_approved(cast: Cast) -> None:
    identity = identity_of()
    registered = make_worker("陈永强", identity=identity)
    receipt = ask_to_join(cast.riders, identity=identity)
    merge(registered.id, receipt.worker_id, cast.officer_lin)
    application = JoinApplication.objects.get()
    assert application.worker_id == registered.id
    assert not application.doubts & Doubt.IDENTITY_ON_ANOTHER_RECORD
    result = approve_applications(
        application_ids=[application.id], note="看过证件", actor=cast.officer_lin, now=NOW
    )
    assert result.decided == 1


def test_two_memberships_become_one_and_two_again(cast: Cast) -> None:
    first, second = make_member(cast.riders), make_member(cast.street)
    before = snapshot()
    merge_id = merge(first.worker_id, second.worker_id, cast.cadre_chen)
    second.refresh_from_db()
    assert (second.end_reason, second.ended_on) == (EndReason.DUPLICATE, TODAY)
    assert live_by_flows() == 1
    undo_merge(merge_id=merge_id, actor=SYSTEM, now=NOW)
    assert snapshot() == before
    assert live_by_flows() == 2


def test_an_older_period_moves_and_an_overlapping_one_stays(cast: Cast) -> None:
    kept, folded = make_worker(), make_worker()
    make_member(cast.riders, kept, started_on=date(2022, 1, 1))
    ended = {"state": 3, "end_reason": EndReason.LEFT}
    fits = make_member(
        cast.street, folded, started_on=date(2019, 1, 1), ended_on=date(2020, 1, 1), **ended
    )
    overlaps = make_member(
        cast.street, folded, started_on=date(2021, 1, 1), ended_on=date(2023, 1, 1), **ended
    )
    make_application(cast.street, folded)
    before = snapshot()
    merge_id = merge(kept.id, folded.id, cast.cadre_chen)
    fits.refresh_from_db()
    overlaps.refresh_from_db()
    assert (fits.worker_id, overlaps.worker_id) == (kept.id, folded.id)
    assert JoinApplication.objects.get().state == JoinState.WITHDRAWN
    undo_merge(merge_id=merge_id, actor=SYSTEM, now=NOW)
    assert snapshot() == before


def test_of_two_open_applications_the_further_one_goes_on(cast: Cast) -> None:
    waiting = make_application(cast.riders)
    returned = make_application(cast.street, state=3, decided_at=NOW)
    before = snapshot()
    merge_id = merge(returned.worker_id, waiting.worker_id, cast.cadre_chen)
    waiting.refresh_from_db()
    returned.refresh_from_db()
    assert (waiting.state, waiting.worker_id) == (JoinState.SUBMITTED, returned.worker_id)
    assert returned.state == JoinState.WITHDRAWN
    undo_merge(merge_id=merge_id, actor=SYSTEM, now=NOW)
    assert snapshot() == before


@pytest.mark.parametrize("kept_is_member", [True, False])
def test_a_membership_is_kept_whichever_record_has_it(cast: Cast, kept_is_member: bool) -> None:
    member, other = make_member(cast.riders), make_worker()
    make_application(cast.street, other)
    kept, folded = (member.worker_id, other.id) if kept_is_member else (other.id, member.worker_id)
    merge(kept, folded, cast.cadre_chen)
    living = Membership.objects.get(ended_on__isnull=True)
    assert (living.id, living.worker_id) == (member.id, kept)
    assert not JoinApplication.objects.filter(state__in=[1, 2, 3]).exists()
    assert live_by_flows() == 1
