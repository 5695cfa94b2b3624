"""Moving, keeping, leaving; and what becomes of members when unions end."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.membership.actions.leaving import end_membership, lapse_membership, leave_union
from nuanxin.membership.actions.retention import restore_membership, retain_membership
from nuanxin.membership.actions.transfer import (
    accept_transfer,
    cancel_transfer,
    decline_transfer,
    expire_transfers,
    propose_transfer,
    transfer_me,
)
from nuanxin.membership.actions.unions import (
    move_members_of_merged_union,
    retain_members_of_dissolved_union,
)
from nuanxin.membership.actions.upkeep import ask_to_found_unions
from nuanxin.membership.actions.withdraw import withdraw_application
from nuanxin.membership.models import (
    CardRevocation,
    JoinApplication,
    MemberFlow,
    Membership,
    Task,
    Transfer,
)
from nuanxin.membership.rules import belonging
from nuanxin.membership.rules.belonging import LapseFacts, may_lapse
from nuanxin.membership.states import (
    Channel,
    EndReason,
    FlowKind,
    JoinState,
    MemberState,
    RetentionReason,
    TransferState,
)
from nuanxin.people.actions.consents import withdraw_consent
from nuanxin.people.models import Consent, Engagement
from nuanxin.people.permissions import can as can_see_person
from nuanxin.people.states import ConsentPurpose
from tests.membership.cast import (
    DAY,
    NOW,
    TODAY,
    Cast,
    make_application,
    make_invitation,
    make_member,
    make_worker,
    person,
)
from tests.membership.conftest import at_once


def flows() -> dict[int, int]:
    counted: dict[int, int] = {}
    for kind, persons in MemberFlow.objects.values_list("kind", "persons"):
        counted[kind] = counted.get(kind, 0) + persons
    return counted


def live_by_flows() -> int:
    return sum(FlowKind(kind).sign * persons for kind, persons in flows().items())


def move(member: Membership, to, now=NOW):
    return transfer_me(
        to_union_id=to.id, channel=Channel.ONE_CLICK, actor=person(member.worker_id), now=now
    )


class TestTransfer:
    def test_one_tap_moves_the_membership_and_its_date(self, cast: Cast) -> None:
        old = make_member(cast.yuhang_joint)
        moved = move(old, cast.riders)
        old.refresh_from_db()
        new = Membership.objects.get(id=moved.membership_id)
        assert (old.state, old.end_reason) == (MemberState.ENDED, EndReason.TRANSFERRED)
        assert old.ended_on == new.started_on == TODAY
        assert new.joined_on == old.joined_on
        assert new.previous_id == old.id
        assert flows() == {
            FlowKind.JOINED: 1,
            FlowKind.TRANSFERRED_OUT: 1,
            FlowKind.TRANSFERRED_IN: 1,
        }

    def test_the_old_union_no_longer_sees_him(self, cast: Cast) -> None:
        old = make_member(cast.yuhang_joint)
        assert can_see_person(cast.officer_of_yuhang, "person.view_masked", old.worker_id)
        move(old, cast.riders)
        assert not can_see_person(cast.officer_of_yuhang, "person.view_masked", old.worker_id)
        assert can_see_person(cast.officer_lin, "person.view_masked", old.worker_id)

    def test_there_and_back_on_one_day(self, cast: Cast) -> None:
        old = make_member(cast.yuhang_joint)
        move(old, cast.riders)
        move(old, cast.yuhang_joint)
        assert Membership.objects.filter(ended_on__isnull=True).get().union_id == (
            cast.yuhang_joint.id
        )
        assert live_by_flows() == 1

    def test_a_proposal_waits_for_the_person(self, cast: Cast) -> None:
        member = make_member(cast.yuhang_joint)
        transfer_id = propose_transfer(
            membership_id=member.id, to_union_id=cast.riders.id, channel=Channel.COLLECTIVE,
            actor=cast.officer_lin, now=NOW,
        )  # fmt: skip
        member.refresh_from_db()
        assert member.ended_on is None
        with pytest.raises(NotFound):
            accept_transfer(transfer_id=transfer_id, actor=cast.officer_lin, now=NOW)
        with pytest.raises(NotFound):
            accept_transfer(transfer_id=transfer_id, actor=person(make_worker().id), now=NOW)
        accept_transfer(transfer_id=transfer_id, actor=person(member.worker_id), now=NOW)
        assert Transfer.objects.get().state == TransferState.ACCEPTED
        with pytest.raises(Conflict):
            accept_transfer(transfer_id=transfer_id, actor=person(member.worker_id), now=NOW)

    def test_only_the_receiving_unions_officers_propose(self, cast: Cast) -> None:
        member = make_member(cast.yuhang_joint)
        said = {"membership_id": member.id, "channel": Channel.COLLECTIVE, "now": NOW}
        with pytest.raises(NotFound):
            propose_transfer(to_union_id=cast.riders.id, actor=cast.officer_of_yuhang, **said)
        assert propose_transfer(to_union_id=cast.riders.id, actor=cast.officer_lin, **said)
        with pytest.raises(Conflict) as refused:
            propose_transfer(to_union_id=cast.street.id, actor=cast.cadre_chen, **said)
        assert refused.value.code == "membership.transfer_waits"

    def test_a_no_a_withdrawal_and_silence_change_nothing(self, cast: Cast) -> None:
        ends = {}
        for how in ("declined", "cancelled", "expired"):
            member = make_member(cast.yuhang_joint)
            ends[how] = propose_transfer(
                membership_id=member.id, to_union_id=cast.riders.id, channel=Channel.COLLECTIVE,
                actor=cast.officer_lin, now=NOW,
            )  # fmt: skip
            if how == "declined":
                decline_transfer(transfer_id=ends[how], actor=person(member.worker_id), now=NOW)
            if how == "cancelled":
                cancel_transfer(transfer_id=ends[how], actor=cast.officer_lin, now=NOW)
        assert expire_transfers(actor=SYSTEM, now=NOW + 30 * DAY) == 0
        assert expire_transfers(actor=SYSTEM, now=NOW + 31 * DAY) == 1
        states = dict(Transfer.objects.values_list("id", "state"))
        assert states[ends["declined"]] == TransferState.DECLINED
        assert states[ends["cancelled"]] == states[ends["expired"]] == TransferState.CANCELLED
        assert Membership.objects.filter(ended_on__isnull=True).count() == 3

    def test_ones_own_tap_goes_before_a_waiting_proposal(self, cast: Cast) -> None:
        member = make_member(cast.yuhang_joint)
        propose_transfer(
            membership_id=member.id, to_union_id=cast.riders.id, channel=Channel.COLLECTIVE,
            actor=cast.officer_lin, now=NOW,
        )  # fmt: skip
        move(member, cast.street)
        assert sorted(Transfer.objects.values_list("state", flat=True)) == [
            TransferState.ACCEPTED,
            TransferState.CANCELLED,
        ]

    def test_to_a_federation_or_to_where_one_is_leads_nowhere(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        for target, code in (
            (cast.gongshu, "target_takes_no_members"),
            (cast.riders, "already_here"),
        ):
            with pytest.raises(Conflict) as refused:
                move(member, target)
            assert refused.value.code == code

    def test_a_retained_one_becomes_live_by_moving(self, cast: Cast) -> None:
        member = make_member(cast.yuhang_joint)
        retain_membership(
            membership_id=member.id, reason=RetentionReason.UNEMPLOYED,
            actor=cast.officer_of_yuhang, now=NOW,
        )  # fmt: skip
        assert live_by_flows() == 0
        move(member, cast.riders, now=NOW + DAY)
        assert live_by_flows() == 1
        assert flows()[FlowKind.RESTORED] == 1
        assert FlowKind.TRANSFERRED_OUT not in flows()

    @pytest.mark.slow
    def test_thirty_two_taps_move_once(self, racing_cast: Cast) -> None:
        member = make_member(racing_cast.yuhang_joint)
        targets = (racing_cast.riders, racing_cast.street)
        answers = at_once(32, lambda number: move(member, targets[number % 2]))
        assert Membership.objects.filter(ended_on__isnull=True).count() == 1
        assert live_by_flows() == 1
        assert all(not isinstance(one, IntegrityError) for one in answers)


class TestRetention:
    def test_on_hold_and_back(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        retain_membership(
            membership_id=member.id, reason=RetentionReason.RETIRED, actor=cast.officer_lin, now=NOW
        )
        member.refresh_from_db()
        assert member.state == MemberState.RETAINED
        assert member.retained_on == TODAY
        assert live_by_flows() == 0
        restore_membership(membership_id=member.id, actor=cast.officer_lin, now=NOW)
        assert live_by_flows() == 1

    def test_the_person_may_ask_for_it_himself_but_not_restore(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        himself = person(member.worker_id)
        retain_membership(
            membership_id=member.id, reason=RetentionReason.UNEMPLOYED, actor=himself, now=NOW
        )
        with pytest.raises(Exception, match="no_right"):
            restore_membership(membership_id=member.id, actor=himself, now=NOW)

    def test_other_unions_officers_find_nothing(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        said = {"membership_id": member.id, "reason": RetentionReason.RETIRED, "now": NOW}
        with pytest.raises(NotFound):
            retain_membership(actor=cast.officer_of_yuhang, **said)
        retain_membership(actor=cast.cadre_chen, **said)


class TestLeaving:
    def test_leaving_is_free_and_at_once(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        leave_union(reason="换行业了", actor=person(member.worker_id), now=NOW)
        member.refresh_from_db()
        assert (member.state, member.end_reason) == (MemberState.ENDED, EndReason.LEFT)
        assert live_by_flows() == 0
        assert CardRevocation.objects.get().membership_id == member.id

    def test_leaving_from_hold_takes_nobody_off_twice(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        retain_membership(
            membership_id=member.id, reason=RetentionReason.RETIRED, actor=cast.officer_lin, now=NOW
        )
        leave_union(actor=person(member.worker_id), now=NOW)
        assert live_by_flows() == 0

    def test_an_officer_enters_an_end_with_its_ground(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        said = {"membership_id": member.id, "reason": EndReason.EXPELLED, "now": NOW}
        with pytest.raises(Malformed):
            end_membership(note="", actor=cast.officer_lin, **said)
        with pytest.raises(NotFound):
            end_membership(note="判决书", actor=cast.officer_of_yuhang, **said)
        end_membership(note="判决书", actor=cast.officer_lin, **said)
        assert flows()[FlowKind.LEFT] == 1

    def test_withdrawing_an_application_is_ones_own(self, cast: Cast) -> None:
        application = make_application(cast.riders)
        with pytest.raises(NotFound):
            withdraw_application(
                application_id=application.id, actor=person(make_worker().id), now=NOW
            )
        withdraw_application(
            application_id=application.id, actor=person(application.worker_id), now=NOW
        )
        application.refresh_from_db()
        assert application.state == JoinState.WITHDRAWN

    def test_withdrawing_the_consent_stops_and_ends(self, cast: Cast) -> None:
        member, application = make_member(cast.riders), make_application(cast.street)
        for worker in (member.worker_id, application.worker_id):
            Consent.objects.create(
                worker_id=worker, purpose=ConsentPurpose.JOINING, notice_version="2026-11-01",
                granted_at=NOW, granted_via="online",
            )  # fmt: skip
            withdraw_consent(
                worker_id=worker, purpose=ConsentPurpose.JOINING, actor=person(worker), now=NOW
            )
        member.refresh_from_db()
        application.refresh_from_db()
        assert member.end_reason == EndReason.LEFT
        assert application.state == JoinState.WITHDRAWN

    def test_six_months_a_talk_and_no_waiver_make_a_lapse(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        said = {"membership_id": member.id, "actor": cast.officer_lin, "now": NOW}
        facts = {"dues_paid_to": date(2026, 5, 23), "active_on": date(2026, 4, 1)}
        with pytest.raises(Conflict) as refused:
            lapse_membership(persuaded_on=None, **facts, **said)
        assert refused.value.code == "talk_first"
        lapse_membership(persuaded_on=date(2026, 11, 1), **facts, **said)
        member.refresh_from_db()
        assert member.end_reason == EndReason.LAPSED

    def test_under_a_waiver_nobody_lapses(self, monkeypatch) -> None:
        monkeypatch.setattr(belonging, "dues_waiver", lambda adcode, on: "示例〔2022〕1号")
        decision = may_lapse(
            LapseFacts(date(2022, 1, 1), None, None, date(2026, 1, 1)), adcode="330105", on=TODAY
        )
        assert decision.code == "dues_waived"
        assert decision.facts == {"dues_fen": 0, "policy": "示例〔2022〕1号"}


class TestUnionsEnd:
    def end(self, union, state, into=None) -> None:
        union.state, union.ended_on = state, TODAY
        union.merged_into = into
        union.save()

    def test_a_merger_moves_members_applications_and_proposals(self, cast: Cast) -> None:
        live, held = make_member(cast.enterprise), make_member(cast.enterprise, state=2,
            retained_on=TODAY)  # fmt: skip
        waiting, invited = make_application(cast.enterprise), make_invitation(cast.enterprise)
        self.end(cast.enterprise, "merged", cast.riders)
        said = {"from_union_id": cast.enterprise.id, "to_union_id": cast.riders.id}
        moved = move_members_of_merged_union(**said, actor=SYSTEM, now=NOW)
        assert (moved.memberships, moved.applications) == (2, 2)
        now = Membership.objects.filter(ended_on__isnull=True).order_by("worker_id")
        assert {one.union_id for one in now} == {cast.riders.id}
        assert sorted(one.state for one in now) == [MemberState.LIVE, MemberState.RETAINED]
        assert {one.previous_id for one in now} == {live.id, held.id}
        assert flows() == {FlowKind.JOINED: 1, FlowKind.MERGED_OUT: 1, FlowKind.MERGED_IN: 1}
        waiting.refresh_from_db()
        invited.refresh_from_db()
        assert waiting.union_id == invited.union_id == cast.riders.id
        assert move_members_of_merged_union(**said, actor=SYSTEM, now=NOW).memberships == 0

    def test_members_move_only_from_a_union_that_has_ended(self, cast: Cast) -> None:
        make_member(cast.enterprise)
        with pytest.raises(Conflict):
            move_members_of_merged_union(
                from_union_id=cast.enterprise.id, to_union_id=cast.riders.id, actor=SYSTEM, now=NOW
            )

    def test_a_dissolved_unions_members_are_kept_above(self, cast: Cast) -> None:
        member = make_member(cast.enterprise)
        application = make_application(cast.enterprise)
        self.end(cast.enterprise, "dissolved")
        retain_members_of_dissolved_union(union_id=cast.enterprise.id, actor=SYSTEM, now=NOW)
        kept = Membership.objects.get(ended_on__isnull=True)
        assert (kept.union_id, kept.state) == (cast.gongshu.id, MemberState.RETAINED)
        assert kept.worker_id == member.worker_id
        assert live_by_flows() == 0
        assert Task.objects.get().union_id == cast.gongshu.id
        assert JoinApplication.objects.get(id=application.id).state == JoinState.WITHDRAWN
        with pytest.raises(Conflict) as refused:
            restore_membership(membership_id=kept.id, actor=cast.cadre_chen, now=NOW)
        assert refused.value.code == "restore_by_transfer"
        move(kept, cast.riders)
        assert live_by_flows() == 1

    def test_a_county_is_asked_once_when_enough_of_one_employer_gather(self, cast: Cast) -> None:
        places = ["迅达速运·大关网点", "迅达速运（和睦）", "迅达速运有限公司", "迅达速运 北站"]
        for number in range(25):
            member = make_member(cast.street)
            Engagement.objects.create(
                worker=member.worker, occupation=3, place_stated=places[number % 4],
                recorded_at=NOW, source="application",
            )  # fmt: skip
            if number == 23:
                assert ask_to_found_unions(actor=SYSTEM, now=NOW) == 0
        assert ask_to_found_unions(actor=SYSTEM, now=NOW) == 1
        task = Task.objects.get()
        assert task.union_id == cast.gongshu.id
        assert "25" in task.title
        task.done_at = NOW
        task.save()
        assert ask_to_found_unions(actor=SYSTEM, now=NOW + DAY) == 0


class TestTheDatabaseKeepsTheseItself:
    def test_a_second_live_membership(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        with pytest.raises(IntegrityError, match="one_live_membership_per_person"):
            make_member(cast.street, member.worker)

    def test_periods_that_overlap(self, cast: Cast) -> None:
        worker = make_worker()
        ended = {"state": 3, "end_reason": EndReason.LEFT}
        make_member(
            cast.riders, worker, started_on=date(2020, 1, 1), ended_on=date(2022, 1, 1), **ended
        )
        with pytest.raises(IntegrityError, match="periods_never_overlap"), transaction.atomic():
            make_member(
                cast.street, worker, started_on=date(2021, 1, 1), ended_on=date(2023, 1, 1), **ended
            )
        with pytest.raises(IntegrityError, match="ended one"), transaction.atomic():
            make_member(cast.street, worker, started_on=date(2021, 1, 1))
        make_member(cast.street, worker, started_on=date(2022, 1, 1))

    def test_a_membership_where_no_members_are_taken(self, cast: Cast) -> None:
        with pytest.raises(IntegrityError, match="takes no members"), transaction.atomic():
            make_member(cast.gongshu)
        held = make_member(cast.gongshu, state=2, retained_on=TODAY)
        with pytest.raises(IntegrityError, match="takes no members"):
            Membership.objects.filter(id=held.id).update(state=1, retained_on=None)

    def test_a_membership_in_a_union_that_has_ended(self, cast: Cast) -> None:
        cast.street.state, cast.street.ended_on = "dissolved", TODAY
        cast.street.save()
        with pytest.raises(IntegrityError, match="takes no members"):
            make_member(cast.street)

    @pytest.mark.owner  # a web process does not even get as far as the trigger
    def test_flows_are_appended_and_only_folding_marks_them(self, cast: Cast) -> None:
        make_member(cast.riders)
        MemberFlow.objects.update(fold_id=1)
        with pytest.raises(IntegrityError, match="appended"), transaction.atomic():
            MemberFlow.objects.update(persons=2)
        with pytest.raises(IntegrityError, match="appended"), transaction.atomic():
            MemberFlow.objects.all().delete()
        assert flows() == {FlowKind.JOINED: 1}

    @pytest.mark.slow
    def test_a_race_past_every_guard(self, racing_cast: Cast) -> None:
        """Thirty-two raw inserts with no check before them: the index lets one through."""
        worker = make_worker()

        def insert(number: int) -> int:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO membership_membership (worker_id, union_id, state, channel,"
                    " occupation, started_on, joined_on, recorded_at)"
                    " VALUES (%s, %s, 1, 1, 4, %s, %s, %s)",
                    [worker.id, racing_cast.riders.id, TODAY + timedelta(days=number), TODAY, NOW],
                )
            return number

        answers = at_once(32, insert)
        assert sum(isinstance(one, int) for one in answers) == 1
        assert sum(isinstance(one, IntegrityError) for one in answers) == 31
        assert Membership.objects.count() == 1
