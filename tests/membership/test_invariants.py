"""Whatever happens in whatever order, the promises hold (safety paper, invariants 1, 3, 5, 6)."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Refusal
from nuanxin.membership.actions.confirm import confirm_invitation
from nuanxin.membership.actions.leaving import leave_union
from nuanxin.membership.actions.retention import restore_membership, retain_membership
from nuanxin.membership.actions.review import (
    approve_applications,
    decline_applications,
    return_applications,
    undo_decisions,
)
from nuanxin.membership.actions.transfer import transfer_me
from nuanxin.membership.actions.unions import move_members_of_merged_union
from nuanxin.membership.actions.upkeep import expire_invitations
from nuanxin.membership.actions.withdraw import withdraw_application
from nuanxin.membership.models import DecisionRun, JoinApplication, Membership
from nuanxin.membership.queries.invitations import token_of
from nuanxin.membership.states import Channel, RetentionReason
from nuanxin.people.models import Worker
from tests.membership.cast import (
    NOW,
    Cast,
    ask_to_join,
    identity_of,
    make_invitation,
    make_worker,
    person,
    phone_of,
)

PEOPLE = 3
STEP = st.tuples(
    st.sampled_from(
        [
            "join", "invite", "confirm", "withdraw", "approve", "approve", "return", "decline",
            "undo", "transfer", "retain", "restore", "leave", "expire", "merge", "tomorrow",
        ]
    ),
    st.integers(0, PEOPLE - 1),
    st.integers(0, 2),
)  # fmt: skip

BROKEN = {
    "two open memberships": """
        SELECT worker_id FROM membership_membership WHERE ended_on IS NULL
        GROUP BY 1 HAVING count(*) > 1""",
    "periods that overlap": """
        SELECT a.id FROM membership_membership a JOIN membership_membership b
        ON b.worker_id = a.worker_id AND b.id > a.id
        AND daterange(a.started_on, a.ended_on) && daterange(b.started_on, b.ended_on)""",
    "two open applications": """
        SELECT worker_id FROM membership_joinapplication WHERE state IN (1, 2, 3)
        GROUP BY 1 HAVING count(*) > 1""",
    "flows that do not add up, by union, county, occupation and channel": """
        SELECT * FROM (
            SELECT f.union_id, f.county, f.occupation, f.channel, sum(
                CASE WHEN kind >= 20 THEN -persons WHEN kind >= 10 THEN persons ELSE 0 END) AS n
            FROM membership_memberflow f GROUP BY 1, 2, 3, 4) f
        FULL JOIN (
            SELECT m.union_id, u.adcode AS county, m.occupation, m.channel, count(*) AS n
            FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
            WHERE m.state = 1 GROUP BY 1, 2, 3, 4) m USING (union_id, county, occupation, channel)
        WHERE coalesce(f.n, 0) <> coalesce(m.n, 0)""",
    "live members in a union that has ended": """
        SELECT m.id FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
        WHERE m.ended_on IS NULL AND u.state IN ('merged', 'dissolved')""",
    "an approved application without its membership": """
        SELECT a.id FROM membership_joinapplication a
        LEFT JOIN membership_membership m ON m.application_id = a.id
        WHERE a.state = 4 AND m.id IS NULL""",
    "a decided state without an actor's event": """
        SELECT a.id FROM membership_joinapplication a WHERE a.state IN (3, 4, 5) AND NOT EXISTS (
            SELECT 1 FROM records_event e
            WHERE e.subject_type = 'application' AND e.subject_id = a.id)""",
    "a transfer that lost the day of joining": """
        SELECT m.id FROM membership_membership m JOIN membership_membership p ON p.id = m.previous_id
        WHERE m.joined_on <> p.joined_on""",
}


class World:
    """A few people, three unions, and a clock that only goes on."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.now = NOW
        self.unions = [cast.riders, cast.street, cast.enterprise]
        self.people = [
            make_worker(name, identity=identity_of(), phone=phone_of())
            for name in ("甲一", "乙二", "丙三")
        ]
        self.asked = [
            {"name": one.name, "identity": identity, "phone": phone}
            for one, identity, phone in self._papers()
        ]

    def _papers(self):
        from nuanxin.kernel import sealing

        for one in self.people:
            yield (
                one,
                sealing.unseal("identity", one.identity_sealed, one.identity_hash),
                sealing.unseal("phone", one.phone_sealed, one.phone_hash),
            )

    def do(self, verb: str, who: int, where: int) -> None:
        self.now += timedelta(minutes=7)
        try:
            with transaction.atomic():
                getattr(self, verb)(self.people[who], self.unions[where], who)
        except Refusal:
            pass

    def join(self, worker: Worker, union, who: int) -> None:
        ask_to_join(union, **self.asked[who], now=self.now)

    def invite(self, worker: Worker, union, who: int) -> None:
        busy = JoinApplication.objects.filter(worker=worker, state__in=[1, 2, 3]).exists()
        member = Membership.objects.filter(worker=worker, ended_on__isnull=True).exists()
        if not busy and not member and union.state == "active":
            day = business_day(self.now)
            make_invitation(union, worker, created_at=self.now, expires_on=day + timedelta(days=2))

    def confirm(self, worker: Worker, union, who: int) -> None:
        one = JoinApplication.objects.filter(worker=worker, state=1).first()
        if one:
            confirm_invitation(
                token=token_of(one.id, one.expires_on), actor=person(worker.id), now=self.now
            )

    def withdraw(self, worker: Worker, union, who: int) -> None:
        one = JoinApplication.objects.filter(worker=worker).order_by("-id").first()
        if one:
            withdraw_application(application_id=one.id, actor=person(worker.id), now=self.now)

    def _decide(self, action, worker: Worker, **more) -> None:
        one = JoinApplication.objects.filter(worker=worker).order_by("-id").first()
        if one:
            action(application_ids=[one.id], actor=self.cast.cadre_chen, now=self.now, **more)

    def approve(self, worker: Worker, union, who: int) -> None:
        self._decide(approve_applications, worker, note="看过")

    def decline(self, worker: Worker, union, who: int) -> None:
        self._decide(decline_applications, worker, reason="不符")

    def undo(self, worker: Worker, union, who: int) -> None:
        run = DecisionRun.objects.order_by("-id").first()
        if run:
            undo_decisions(run_id=run.id, actor=self.cast.cadre_chen, now=self.now)

    def transfer(self, worker: Worker, union, who: int) -> None:
        transfer_me(
            to_union_id=union.id, channel=Channel.ONLINE, actor=person(worker.id), now=self.now
        )

    def _open(self, worker: Worker) -> int:
        found = Membership.objects.filter(worker=worker, ended_on__isnull=True).first()
        return found.id if found else 0

    def retain(self, worker: Worker, union, who: int) -> None:
        retain_membership(
            membership_id=self._open(worker), reason=RetentionReason.UNEMPLOYED,
            actor=self.cast.cadre_chen, now=self.now,
        )  # fmt: skip

    def restore(self, worker: Worker, union, who: int) -> None:
        restore_membership(
            membership_id=self._open(worker), actor=self.cast.cadre_chen, now=self.now
        )

    def leave(self, worker: Worker, union, who: int) -> None:
        leave_union(actor=person(worker.id), now=self.now)

    def expire(self, worker: Worker, union, who: int) -> None:
        expire_invitations(actor=SYSTEM, now=self.now)

    def merge(self, worker: Worker, union, who: int) -> None:
        source, target = self.cast.enterprise, self.cast.riders
        if source.state == "active":
            source.state, source.ended_on = "merged", business_day(self.now)
            source.merged_into = target
            source.save()
        move_members_of_merged_union(
            from_union_id=source.id, to_union_id=target.id, actor=SYSTEM, now=self.now
        )

    def tomorrow(self, worker: Worker, union, who: int) -> None:
        self.now += timedelta(days=1)


setattr(
    World,
    "return",
    lambda self, worker, union, who: self._decide(return_applications, worker, reason="补照片"),
)


def broken_promises() -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for what, question in BROKEN.items():
            cursor.execute(question)
            if cursor.fetchone() is not None:
                found.append(what)
    return found


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=5, max_size=30))
def test_no_order_of_events_breaks_a_promise(cast: Cast, steps) -> None:
    world_before = transaction.savepoint()
    try:
        world = World(cast)
        for verb, who, where in steps:
            world.do(verb, who, where)
            assert broken_promises() == [], (verb, who, where)
    finally:
        transaction.savepoint_rollback(world_before)
        cast.enterprise.refresh_from_db()


def test_the_questions_would_notice(cast: Cast) -> None:
    """Each promise that the database does not keep itself is seen broken when it is broken."""
    from nuanxin.membership.models import MemberFlow
    from tests.membership.cast import make_application, make_member

    make_member(cast.riders)
    assert broken_promises() == []
    MemberFlow.objects.create(
        day=NOW.date(), union_id=cast.riders.id, county=330105, occupation=4, channel=1, kind=10,
        persons=1, recorded_at=NOW,
    )  # fmt: skip
    make_application(cast.street, state=4, decided_at=NOW)
    assert broken_promises() == [
        "flows that do not add up, by union, county, occupation and channel",
        "an approved application without its membership",
        "a decided state without an actor's event",
    ]
