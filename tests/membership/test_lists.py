"""What officers and workers see: the queue, the members, one's own."""

from datetime import date, timedelta

import pytest

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Forbidden, Malformed, NotFound
from nuanxin.membership.actions.duties import settle_task
from nuanxin.membership.actions.export import export_members
from nuanxin.membership.actions.review import approve_applications
from nuanxin.membership.actions.transfer import transfer_me
from nuanxin.membership.models import Membership, Task
from nuanxin.membership.queries import members as members_module
from nuanxin.membership.queries.applications import (
    Queue,
    count_applications,
    get_application,
    list_applications,
    list_my_runs,
    list_tasks,
)
from nuanxin.membership.queries.members import (
    MemberFilter,
    count_members,
    get_member,
    list_members,
)
from nuanxin.membership.queries.mine import erasure_holds, get_my_membership
from nuanxin.membership.rules.doubts import Doubt
from nuanxin.membership.states import Channel, MemberState
from nuanxin.people.queries import my_data
from nuanxin.records.models import Event
from tests.membership.cast import (
    DAY,
    NOW,
    TODAY,
    Cast,
    make_application,
    make_invitation,
    make_member,
    make_union,
    make_worker,
    person,
)


def queue(cast: Cast, part: Queue, *, actor: Actor | None = None, union=None, **more):
    return list_applications(
        actor=actor or cast.officer_lin,
        union_id=(union or cast.riders).id,
        part=part,
        now=NOW,
        **more,
    )


class TestQueue:
    def test_clean_and_doubtful_are_apart_and_counted(self, cast: Cast) -> None:
        clean = make_application(cast.riders)
        doubtful = make_application(cast.riders, doubts=int(Doubt.PHONE_REUSED))
        make_application(cast.riders, due_on=TODAY - DAY)
        make_invitation(cast.riders)
        make_application(cast.street)
        assert clean.id in {row.id for row in queue(cast, Queue.CLEAN).items}
        (row,) = queue(cast, Queue.DOUBTFUL).items
        assert row.id == doubtful.id
        assert row.doubts == (Doubt.PHONE_REUSED,)
        counts = count_applications(actor=cast.officer_lin, union_id=cast.riders.id, now=NOW)
        assert (counts.clean, counts.doubtful, counts.overdue, counts.invited) == (2, 1, 1, 1)
        assert counts.first_due_on == TODAY - DAY

    def test_the_most_urgent_come_first_page_by_page(self, cast: Cast) -> None:
        made = [
            make_application(cast.riders, due_on=TODAY + timedelta(days=number % 3)).id
            for number in range(7)
        ]
        seen, cursor = [], None
        while True:
            page = queue(cast, Queue.CLEAN, cursor=cursor, limit=3)
            seen += page.items
            cursor = page.next
            if cursor is None:
                break
        assert sorted(row.id for row in seen) == sorted(made)
        assert [row.due_on for row in seen] == sorted(row.due_on for row in seen)

    def test_invited_ones_without_a_day_are_paged_too(self, cast: Cast) -> None:
        for number in range(5):
            make_invitation(cast.riders, expires_on=TODAY if number % 2 else None)
        first = queue(cast, Queue.INVITED, limit=3)
        second = queue(cast, Queue.INVITED, limit=3, cursor=first.next)
        assert len({row.id for row in first.items + second.items}) == 5

    def test_nobody_sees_another_subtree(self, cast: Cast) -> None:
        make_application(cast.riders)
        with pytest.raises(NotFound):
            queue(cast, Queue.CLEAN, actor=cast.officer_of_yuhang)
        with pytest.raises(Forbidden):
            queue(cast, Queue.CLEAN, actor=Actor())
        assert len(queue(cast, Queue.CLEAN, actor=cast.cadre_chen, union=cast.gongshu).items) == 1

    def test_one_application_with_its_doubts_and_history(self, cast: Cast) -> None:
        phone = "13912345678"
        make_member(cast.riders, make_worker("赵红梅", phone=phone))
        make_member(cast.yuhang_joint, make_worker("钱大勇", phone=phone))
        application = make_application(
            cast.riders, make_worker("林凤", phone=phone), doubts=int(Doubt.PHONE_REUSED)
        )
        shown = get_application(actor=cast.officer_lin, application_id=application.id, now=NOW)
        assert shown.decision.is_yes
        names = {other.name: other.union_name for other in shown.others}
        assert names == {"赵红梅": cast.riders.name, "钱**": ""}
        approve_applications(application_ids=[application.id], actor=cast.officer_lin, now=NOW)
        again = get_application(actor=cast.officer_lin, application_id=application.id, now=NOW)
        assert again.decision.is_no
        assert [event.kind for event in again.history] == ["membership.application_approved"]

    def test_an_application_elsewhere_reads_like_none(self, cast: Cast) -> None:
        application = make_application(cast.riders)
        for number in (application.id, 10**9):
            with pytest.raises(NotFound) as refused:
                get_application(actor=cast.officer_of_yuhang, application_id=number, now=NOW)
            assert refused.value.code == "not_found"

    def test_a_member_elsewhere_is_named_only_in_scope(self, cast: Cast) -> None:
        worker = make_worker()
        make_member(cast.yuhang_joint, worker)
        application = make_application(cast.riders, worker)
        shown = get_application(actor=cast.officer_lin, application_id=application.id, now=NOW)
        assert shown.decision.code == "member_elsewhere"
        assert shown.membership_elsewhere == "别处的工会"

    def test_ones_own_decisions_can_be_found_to_undo(self, cast: Cast) -> None:
        application = make_application(cast.riders)
        approve_applications(application_ids=[application.id], actor=cast.officer_lin, now=NOW)
        (run,) = list_my_runs(actor=cast.officer_lin, now=NOW)
        assert run.persons == 1
        assert list_my_runs(actor=cast.officer_lin, now=NOW + 2 * DAY) == ()
        assert list_my_runs(actor=cast.cadre_chen, now=NOW) == ()

    def test_tasks_are_for_those_who_decide(self, cast: Cast) -> None:
        task = Task.objects.create(
            union=cast.gongshu, kind="found_union", title="单独建会", created_at=NOW
        )
        said = {"union_id": cast.gongshu.id, "now": NOW}
        assert [one.id for one in list_tasks(actor=cast.cadre_chen, **said)] == [task.id]
        with pytest.raises(NotFound):
            settle_task(task_id=task.id, actor=cast.officer_of_yuhang, now=NOW)
        settle_task(task_id=task.id, actor=cast.cadre_chen, now=NOW)
        assert list_tasks(actor=cast.cadre_chen, **said) == []


class TestMembers:
    def ids(self, cast: Cast, union, search: str = "", **only) -> list[int]:
        seen, cursor = [], None
        while True:
            page = list_members(
                actor=cast.cadre_of_city,
                union_id=union.id,
                only=MemberFilter(search=search, **only),
                cursor=cursor,
                limit=2,
            )
            seen += [row.id for row in page.items]
            cursor = page.next
            if cursor is None:
                return seen

    def test_the_newest_first_of_the_subtree_only(self, cast: Cast) -> None:
        here = [make_member(union).id for union in (cast.riders, cast.street) * 3]
        make_member(cast.yuhang_joint)
        gone = make_member(cast.riders, started_on=date(2020, 1, 1), state=3, end_reason=2,
            ended_on=date(2021, 1, 1))  # fmt: skip
        assert self.ids(cast, cast.gongshu) == sorted(here, reverse=True)
        assert gone.id not in self.ids(cast, cast.hangzhou)

    def test_the_probe_of_each_union_says_the_same(self, cast: Cast, monkeypatch) -> None:
        made = [make_member(union).id for union in (cast.riders, cast.street, cast.enterprise) * 4]
        [make_member(cast.yuhang_joint) for _ in range(3)]
        monkeypatch.setattr(members_module, "_WALKED", 1)
        assert self.ids(cast, cast.gongshu) == sorted(made, reverse=True)

    @pytest.mark.parametrize("few", [0, 4_000])
    def test_both_ways_of_searching_find_the_same(self, cast: Cast, monkeypatch, few) -> None:
        monkeypatch.setattr(members_module, "_estimate", lambda grams: 1)
        monkeypatch.setattr(members_module, "_FEW_NAMES", few)
        names = ["王建国", "王小国", "建国王", "李建国", "欧阳建国", "王·建国"]
        made = {name: make_member(cast.riders, make_worker(name)).id for name in names}
        other = make_member(cast.street, make_worker("王建国")).id
        make_member(cast.yuhang_joint, make_worker("王建国"))
        assert set(self.ids(cast, cast.gongshu, "王")) == {
            made["王建国"], made["王小国"], made["王·建国"], other,
        }  # fmt: skip
        assert set(self.ids(cast, cast.gongshu, "王建国")) == {
            made["王建国"], made["王·建国"], other,
        }  # fmt: skip
        assert set(self.ids(cast, cast.riders, "建国")) == {
            made[name] for name in names if name != "王小国"
        }
        assert self.ids(cast, cast.gongshu, "赵") == []

    def test_a_whole_number_or_phone_finds_one(self, cast: Cast) -> None:
        from tests.membership.cast import identity_of

        identity = identity_of()
        wanted = make_member(cast.riders, make_worker(identity=identity, phone="13911112222"))
        make_member(cast.riders)
        assert self.ids(cast, cast.gongshu, identity.lower()) == [wanted.id]
        assert self.ids(cast, cast.gongshu, "139 1111 2222") == [wanted.id]
        assert self.ids(cast, cast.yuhang, identity) == []

    def test_filters_narrow(self, cast: Cast) -> None:
        courier = make_member(cast.riders, occupation=3, channel=Channel.COLLECTIVE)
        old = make_member(cast.riders, started_on=date(2019, 5, 1))
        held = make_member(cast.riders, state=2, retained_on=TODAY)
        assert self.ids(cast, cast.riders, occupation=3) == [courier.id]
        assert self.ids(cast, cast.riders, channel=Channel.COLLECTIVE) == [courier.id]
        assert self.ids(cast, cast.riders, joined_to=date(2019, 12, 31)) == [old.id]
        assert self.ids(cast, cast.riders, state=MemberState.RETAINED) == [held.id]
        counts = count_members(actor=cast.cadre_chen, union_id=cast.gongshu.id)
        assert counts == {MemberState.LIVE: 2, MemberState.RETAINED: 1}

    def test_numbers_are_masked(self, cast: Cast) -> None:
        make_member(cast.riders, make_worker(phone="13911112222"))
        (row,) = list_members(actor=cast.officer_lin, union_id=cast.riders.id).items
        assert row.masked_phone == "139****2222"
        assert row.masked_identity.count("*") == 10

    def test_out_of_scope_reads_like_not_there(self, cast: Cast) -> None:
        with pytest.raises(NotFound):
            list_members(actor=cast.officer_of_yuhang, union_id=cast.riders.id)
        with pytest.raises(NotFound):
            list_members(actor=cast.officer_of_yuhang, union_id=10**9)
        with pytest.raises(NotFound):
            list_members(actor=person(1), union_id=cast.riders.id)
        with pytest.raises(Forbidden):
            list_members(actor=Actor(), union_id=cast.riders.id)

    @pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "WyJhYmMiXQ"])
    def test_a_strange_cursor_is_refused(self, cast: Cast, cursor: str) -> None:
        with pytest.raises(Malformed):
            list_members(actor=cast.officer_lin, union_id=cast.riders.id, cursor=cursor)

    def test_after_a_transfer_the_old_union_sees_the_period_only(self, cast: Cast) -> None:
        old = make_member(cast.yuhang_joint)
        moved = transfer_me(
            to_union_id=cast.riders.id, channel=Channel.ONLINE, actor=person(old.worker_id), now=NOW
        )
        seen = get_member(actor=cast.officer_of_yuhang, membership_id=old.id)
        assert seen.is_former
        assert seen.row.masked_phone == seen.row.masked_identity == ""
        assert [period.id for period in seen.periods] == [old.id]
        with pytest.raises(NotFound):
            get_member(actor=cast.officer_of_yuhang, membership_id=moved.membership_id)
        full = get_member(actor=cast.officer_lin, membership_id=moved.membership_id)
        assert not full.is_former
        assert len(full.periods) == 2

    def test_an_export_has_a_purpose_and_leaves_a_trace(self, cast: Cast) -> None:
        made = [make_member(cast.riders).id for _ in range(3)]
        make_member(cast.yuhang_joint)
        said = {"union_id": cast.gongshu.id, "only": MemberFilter(), "now": NOW}
        with pytest.raises(Malformed):
            export_members(purpose="", actor=cast.cadre_chen, **said)
        with pytest.raises(NotFound):
            export_members(purpose="体检通知", actor=cast.officer_of_yuhang, **said)
        with pytest.raises(Forbidden):
            export_members(purpose="体检通知", actor=cast.cadre_of_city, **said)
        rows = list(export_members(purpose="体检通知", actor=cast.cadre_chen, **said))
        assert sorted(row.id for row in rows) == made
        assert all("*" in row.masked_phone for row in rows)
        assert Event.objects.get().data == {"purpose": "体检通知"}


class TestMine:
    def test_a_member_sees_where_and_since_when(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        mine = get_my_membership(actor=person(member.worker_id))
        assert mine.membership is not None
        assert mine.membership.where.name == cast.riders.name
        assert not mine.is_provisional

    def test_who_waits_sees_the_day(self, cast: Cast) -> None:
        application = make_application(cast.riders)
        mine = get_my_membership(actor=person(application.worker_id))
        assert mine.is_provisional
        assert mine.application is not None
        assert mine.application.due_on == application.due_on

    def test_my_data_has_it_all_and_erasure_waits_for_leaving(self, cast: Cast) -> None:
        member = make_member(cast.riders)
        sections = {part["key"]: part for part in my_data(member.worker_id)["sections"]}
        (row,) = sections["membership"]["rows"]
        assert row["union"] == cast.riders.name
        assert [hold.is_blocking for hold in erasure_holds(member.worker_id, NOW)] == [True]
        Membership.objects.filter(id=member.id).update(state=3, ended_on=TODAY, end_reason=2)
        assert erasure_holds(member.worker_id, NOW) == []

    def test_a_union_far_below_counts_for_the_top(self, cast: Cast) -> None:
        branch = make_union("大关分会", cast.enterprise)
        make_member(branch)
        assert (
            count_members(actor=cast.cadre_of_city, union_id=cast.hangzhou.id)[MemberState.LIVE]
            == 1
        )
