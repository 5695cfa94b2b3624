"""Reached, served, on hold: what is kept equals a plain count on any day, as known at any time."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions import spans
from nuanxin.membership.actions.ending import GoingOn, end_memberships, open_again
from nuanxin.membership.actions.recounting import recount, recount_day
from nuanxin.membership.actions.reseating import follow_seat
from nuanxin.membership.actions.retention import restore_membership, retain_membership
from nuanxin.membership.actions.spans import keep_all_spans, keep_spans
from nuanxin.membership.actions.stocks import fold_flows
from nuanxin.membership.figures import Place, totals_as_of
from nuanxin.membership.figures.rows import OF_SPANS, counted_rows
from nuanxin.membership.models import MemberFlow, Membership, MemberSpan, SpanDue
from nuanxin.membership.states import EndReason, FlowKind, MemberState, RetentionReason
from nuanxin.people.actions import NewContact, merge_workers, record_contacts, undo_merge
from nuanxin.people.models import Contact
from nuanxin.people.states import ContactKind
from tests.membership.cast import make_union, make_worker
from tests.membership.test_reseating import sit

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 1, 10, 2, tzinfo=UTC)
KINDS = (FlowKind.REACHED, FlowKind.SERVED, FlowKind.SERVICES, FlowKind.ON_HOLD)
COUNTIES = (330105, 330110, 330203)


def figures(day, place, known_at=None):
    totals = totals_as_of(day, place, known_at=known_at)
    return tuple(totals.count(kind) for kind in KINDS)


def member(union, worker, day, **fields):
    return Membership.objects.create(
        worker=worker,
        union=union,
        channel=1,
        occupation=fields.pop("occupation", 4),
        started_on=day,
        joined_on=day,
        recorded_at=FIRST,
        **fields,
    )


def said(worker, day, kind=ContactKind.PHONED, *, times=1, reference="", now=None):
    record_contacts(
        [NewContact(worker.id, kind, day, times, reference)],
        actor=SYSTEM,
        now=now or datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
    )


@pytest.fixture
def union():
    return make_union("拱墅区外卖配送行业工会联合会", None, adcode=COUNTIES[0])


@pytest.fixture
def chen():
    return make_worker()


# ---- one thing at a time ------------------------------------------------------------------------


def test_a_contact_counts_for_ninety_days_with_its_own(union, chen):
    member(union, chen, date(2024, 1, 1))
    said(chen, date(2024, 3, 1))
    keep_all_spans(now=FIRST)
    region = Place(region=330000)
    assert figures(date(2024, 2, 29), region)[0] == 0
    assert figures(date(2024, 3, 1), region)[0] == 1
    assert figures(date(2024, 5, 29), region)[0] == 1, "the ninetieth day"
    assert figures(date(2024, 5, 30), region)[0] == 0, "nobody had to do anything for it"


def test_a_contact_before_it_has_run_out_makes_it_longer_and_is_counted_once(union, chen):
    member(union, chen, date(2024, 1, 1))
    for month in (2, 3, 4):
        said(chen, date(2024, month, 1))
        keep_all_spans(now=FIRST)
    assert MemberSpan.objects.get(kind=FlowKind.REACHED).until_on == date(2024, 6, 30)
    assert figures(date(2024, 5, 20), Place(region=330105))[0] == 1
    assert figures(date(2024, 7, 1), Place(region=330105))[0] == 0


def test_a_service_is_a_contact_and_counts_for_a_year_persons_once_and_times_each(union, chen):
    member(union, chen, date(2024, 1, 1))
    said(chen, date(2024, 3, 1), ContactKind.CHECK_UP)
    said(chen, date(2024, 3, 1), ContactKind.CONSULTED, times=2)
    said(chen, date(2024, 4, 1), ContactKind.CONSULTED)
    keep_all_spans(now=FIRST)
    assert figures(date(2024, 3, 1), Place(region=330105)) == (1, 1, 3, 0)
    assert figures(date(2025, 3, 31), Place(region=330105)) == (0, 1, 4, 0)
    assert figures(date(2025, 4, 1), Place(region=330105)) == (0, 0, 4, 0)


def test_only_live_members_count_and_who_moves_counts_where_he_is(union, chen):
    said(chen, date(2024, 2, 1))
    other = make_union("良渚街道联合工会", union, adcode=COUNTIES[1])
    first = member(union, chen, date(2024, 3, 1))
    first.state, first.ended_on, first.end_reason = 3, date(2024, 4, 1), 1
    first.save()
    member(other, chen, date(2024, 4, 1))
    keep_all_spans(now=FIRST)
    seen = [
        (figures(day, Place(region=COUNTIES[0]))[0], figures(day, Place(region=COUNTIES[1]))[0])
        for day in (date(2024, 2, 20), date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1))
    ]
    assert seen == [(0, 0), (1, 0), (0, 1), (0, 0)]
    assert figures(date(2024, 4, 1), Place(union_ids=(other.id,)))[0] == 1


def test_what_is_entered_late_is_known_from_then_on_and_not_before(union, chen):
    member(union, chen, date(2024, 1, 1))
    keep_all_spans(now=FIRST)
    fold_flows(now=datetime(2024, 6, 2, 2, tzinfo=UTC))
    late = datetime(2024, 6, 10, 2, tzinfo=UTC)
    said(chen, date(2024, 3, 1), now=late)
    keep_all_spans(now=late)
    place, day = Place(region=330000), date(2024, 3, 15)
    assert figures(day, place, known_at=late - timedelta(days=1))[0] == 0
    assert figures(day, place)[0] == 1
    fold_flows(now=datetime(2024, 6, 11, 2, tzinfo=UTC))
    assert figures(day, place)[0] == 1
    assert figures(day, place, known_at=late - timedelta(days=1))[0] == 0


def test_what_is_taken_back_counts_nowhere(union, chen):
    member(union, chen, date(2024, 1, 1))
    said(chen, date(2024, 3, 1), ContactKind.CHECK_UP)
    keep_all_spans(now=FIRST)
    row = Contact.objects.get()
    Contact.objects.create(
        worker=chen,
        day=row.day,
        kind=row.kind,
        times=-1,
        reference=f"undo:{row.id}",
        reverses=row,
        recorded_at=FIRST,
    )
    keep_all_spans(now=FIRST)
    assert figures(date(2024, 3, 15), Place(region=330000)) == (0, 0, 0, 0)
    assert not MemberSpan.objects.exists()


@pytest.mark.slow
def test_a_union_that_moves_takes_its_spans_along_whatever_is_entered_when(union, chen):
    member(union, chen, date(2024, 1, 1))
    said(chen, date(2024, 3, 1))
    keep_all_spans(now=FIRST)
    sit(union, (date(2024, 1, 1), COUNTIES[0]), (date(2024, 4, 1), COUNTIES[1]), at=FIRST)
    now = datetime(2024, 4, 2, 2, tzinfo=UTC)
    follow_seat(union_id=union.id, actor=SYSTEM, now=now)
    keep_all_spans(now=now)

    def by_county(day):
        return [figures(day, Place(region=county))[0] for county in COUNTIES[:2]]

    days = (date(2024, 3, 31), date(2024, 4, 1), date(2024, 5, 30))
    assert [by_county(day) for day in days] == [[1, 0], [0, 1], [0, 0]]
    said(chen, date(2024, 3, 20), now=now)
    keep_all_spans(now=now)
    assert [by_county(day) for day in days] == [[1, 0], [0, 1], [0, 1]]
    assert figures(date(2024, 6, 18), Place(region=330000))[0] == 0
    assert all(one.agrees for one in recount(today=date(2024, 4, 2)) if one.name != "register")


@pytest.mark.slow
def test_two_records_of_one_person_count_once_and_twice_again_when_taken_apart(union, chen):
    second = make_worker()
    for one in (chen, second):
        member(union, one, date(2024, 1, 1))
        said(one, date(2024, 3, 1), ContactKind.CHECK_UP)
    keep_all_spans(now=FIRST)
    now = datetime(2024, 3, 10, 2, tzinfo=UTC)
    merge = merge_workers(kept_id=chen.id, folded_id=second.id, choices={}, actor=SYSTEM, now=now)
    keep_all_spans(now=now)
    place = Place(region=330000)
    assert figures(date(2024, 3, 10), place)[:2] == (1, 1)
    undo_merge(merge_id=merge, actor=SYSTEM, now=now + timedelta(days=2))
    keep_all_spans(now=now + timedelta(days=2))
    assert figures(date(2024, 3, 12), place)[:2] == (2, 2)
    assert all(one.agrees for one in recount(today=date(2024, 3, 12)) if one.name != "register")


@pytest.mark.slow
def test_a_recount_finds_a_span_a_flow_and_a_contact_that_do_not_fit(union, chen):
    member(union, chen, date(2024, 1, 1))
    said(chen, date(2024, 3, 1))
    keep_all_spans(now=FIRST)
    MemberSpan.objects.update(until_on=date(2024, 6, 1))
    found = {one.name: one for one in recount(today=date(2024, 4, 2))}
    assert found["spans"].differing == 2, "the edge that is there, and the one that is not"
    assert found["contacts"].differing == 2
    assert not found["contacts"].agrees


@pytest.mark.slow
def test_a_run_that_dies_has_done_nothing_and_the_next_one_does_it_once(union, monkeypatch):
    for number in range(5):
        worker = make_worker()
        member(union, worker, date(2024, 1, 1))
        said(worker, date(2024, 3, 1 + number))
    keep_spans(now=FIRST, limit=4)
    before = (SpanDue.objects.count(), MemberFlow.objects.count(), MemberSpan.objects.count())
    with monkeypatch.context() as killed:
        killed.setattr(spans, "_ADD", "SELECT 1 / 0")
        with pytest.raises(Exception, match="division by zero"), transaction.atomic():
            keep_spans(now=FIRST, limit=4)
    after = (SpanDue.objects.count(), MemberFlow.objects.count(), MemberSpan.objects.count())
    assert before == after
    keep_all_spans(now=FIRST, limit=4)
    flows = MemberFlow.objects.filter(kind=FlowKind.REACHED)
    assert sum(flow.persons for flow in flows if flow.persons > 0) == 5
    assert figures(date(2024, 3, 9), Place(region=330000))[0] == 5
    connection.cursor().execute("INSERT INTO membership_spandue (worker_id) SELECT id FROM people_worker")  # fmt: skip
    assert keep_spans(now=FIRST).flows == 0, "looking again changes nothing"


def test_who_has_not_changed_is_not_looked_at_again(union):
    for _ in range(3):
        worker = make_worker()
        member(union, worker, date(2024, 1, 1))
        said(worker, date(2024, 3, 1))
    assert keep_all_spans(now=FIRST) == 3
    said(worker, date(2024, 3, 2))
    assert keep_all_spans(now=FIRST) == 1


# ---- everything at once -------------------------------------------------------------------------


@dataclass
class Told:
    """What a person's life here was, kept in Python: periods, holds and contacts."""

    worker: object
    periods: list = field(default_factory=list)  # [union, from, until, occupation]
    holds: list = field(default_factory=list)  # [from, until]
    contacts: list = field(default_factory=list)  # (day, is_service)
    membership: int = 0

    def union_on(self, day):
        for union, start, end in self.periods:
            if start <= day and (end is None or day < end):
                return union
        return None

    def is_held(self, day):
        return any(start <= day and (end is None or day < end) for start, end in self.holds)

    def counts(self, day):
        """Return (union, reached, served, on hold) on a day."""
        union = self.union_on(day)
        if union is None or self.is_held(day):
            return union, 0, 0, int(union is not None)
        reached = any(c <= day < c + timedelta(90) for c, _ in self.contacts)
        served = any(
            c <= day < c.replace(year=c.year + 1, day=min(c.day, 28) if c.month == 2 else c.day)
            for c, service in self.contacts
            if service
        )
        return union, int(reached), int(served), 0

    def services(self, upto):
        """Return the unions of the services given up to a day to a live member."""
        return [
            self.union_on(c)
            for c, service in self.contacts
            if service and c <= upto and self.union_on(c) and not self.is_held(c)
        ]

    def copy(self):
        return Told(
            self.worker,
            [list(one) for one in self.periods],
            [list(one) for one in self.holds],
            list(self.contacts),
        )


class World:
    """Three unions of three counties, five persons, and a clock; each verb once in SQL, once told."""

    def __init__(self):
        root = make_union("浙江省总工会", None, kind="federation", level=1)
        self.unions = [make_union(f"第{n}工会", root, adcode=c) for n, c in enumerate(COUNTIES)]
        self.people = [Told(make_worker()) for _ in range(5)]
        self.now = FIRST
        self.serial = 0
        self.known = []

    @property
    def today(self):
        return (self.now + timedelta(hours=8)).date()

    def do(self, verb, who, what, back):
        getattr(self, verb)(self.people[who], what, back)

    def join(self, one, what, back):
        if not one.membership:
            union = self.unions[what % 3]
            one.membership = member(union, one.worker, self.today).id
            one.periods.append([union.id, self.today, None])

    def contact(self, one, what, back):
        kind = ContactKind.CHECK_UP if what % 2 else ContactKind.PHONED
        day = self.today - timedelta(back)
        self.serial += 1
        said(one.worker, day, kind, reference=str(self.serial), now=self.now)
        one.contacts.append((day, kind.is_service))

    def take_back(self, one, what, back):
        row = Contact.objects.filter(worker=one.worker, times=1, contact=None).last()
        if row:
            values = {"day": row.day, "kind": row.kind, "reference": f"undo:{row.id}"}
            Contact.objects.create(
                worker=one.worker, times=-1, reverses=row, recorded_at=self.now, **values
            )
            one.contacts.remove((row.day, ContactKind(row.kind).is_service))

    def leave(self, one, what, back):
        if one.membership:
            end_memberships([one.membership], EndReason.LEFT, actor=SYSTEM, now=self.now)
            self._end(one)
            one.membership = 0

    def transfer(self, one, what, back):
        self._move([one], self.unions[what % 3], EndReason.TRANSFERRED, live=bool(back % 2))

    def merge(self, one, what, back):
        gone = self.unions[(what + 1) % 3].id
        moving = [p for p in self.people if p.membership and p.periods[-1][0] == gone]
        self._move(moving, self.unions[what % 3], EndReason.UNION_MERGED, live=False)

    def hold(self, one, what, back):
        if one.membership and not one.is_held(self.today):
            retain_membership(
                membership_id=one.membership,
                reason=RetentionReason.OTHER,
                actor=SYSTEM,
                now=self.now,
            )
            one.holds.append([self.today, None])

    def restore(self, one, what, back):
        if one.membership and one.holds and one.holds[-1][1] is None:
            restore_membership(membership_id=one.membership, actor=SYSTEM, now=self.now)
            one.holds[-1][1] = self.today

    def fold(self, one, what, back):
        fold_flows(now=self.now)

    def _end(self, one):
        one.periods[-1][2] = self.today
        if one.holds and one.holds[-1][1] is None:
            one.holds[-1][1] = self.today

    def _move(self, people, union, reason, *, live):
        people = [one for one in people if one.membership]
        held = {id(one) for one in people if one.holds and one.holds[-1][1] is None}
        ended = end_memberships(
            [one.membership for one in people], reason, actor=SYSTEM, now=self.now
        )
        to = GoingOn(
            union_id=union.id,
            flow=FlowKind.TRANSFERRED_IN,
            event="membership.transferred",
            title="t",
            body="b",
            state=MemberState.LIVE if live else None,
        )
        opened = {row.worker_id: row for row in open_again(ended, to, actor=SYSTEM, now=self.now)}
        for one in people:
            self._end(one)
            one.periods.append([union.id, self.today, None])
            one.membership = opened[one.worker.id].membership_id
            if id(one) in held and not live:
                one.holds.append([self.today, None])

    def pass_time(self, days):
        keep_all_spans(now=self.now, limit=3)
        self.known.append((self.now, [one.copy() for one in self.people]))
        self.now += timedelta(days=days, minutes=1)

    def told(self, people, day):
        """Return the plain count on a day by union: (reached, served, services, on hold)."""
        counted = {union.id: [0, 0, 0, 0] for union in self.unions}
        for one in people:
            union, reached, served, held = one.counts(day)
            if union:
                counted[union][0] += reached
                counted[union][1] += served
                counted[union][3] += held
            for at in one.services(day):
                counted[at][2] += 1
        return {union: tuple(numbers) for union, numbers in counted.items()}


def wrong(compared):
    """Return whether upkeep differs; the register does, these members have joined by no flow."""
    return compared.name != "register" and not compared.agrees


def rows_of(code, union, day):
    """Return what the rows behind a figure of one union come to, read three at a time."""
    start = day if OF_SPANS[code] is not FlowKind.SERVICES else date(2000, 1, 1)
    rows, after = [], (0, -1)
    while page := counted_rows(
        code, {(start, day): [union.id]}, start=start, end=day, after=after, limit=3
    ):
        rows += page
        after = (page[-1].membership_id, page[-1].nth)
    return sum(row.sign for row in rows)


VERBS = ("join", "contact", "contact", "take_back", "leave", "transfer", "merge", "hold", "restore", "fold")  # fmt: skip
STEP = st.tuples(
    st.sampled_from(VERBS),
    st.integers(0, 4),
    st.integers(0, 5),
    st.integers(0, 120),
    st.integers(0, 45),
)


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=8, max_size=40), seed=st.integers(0, 10**6))
def test_the_cube_is_the_plain_count_on_any_day_as_known_at_any_time(db, steps, seed):
    with transaction.atomic():
        world = World()
        for verb, who, what, back, days in steps:
            world.do(verb, who, what, back)
            world.pass_time(days)
        random = Random(seed)
        for at, people in [world.known[-1], *random.sample(world.known, min(4, len(world.known)))]:
            for _ in range(4):
                day = date(2023, 9, 1) + timedelta(random.randrange(1500))
                told = world.told(people, day)
                for union, county in zip(world.unions, COUNTIES, strict=True):
                    by_union = figures(day, Place(union_ids=(union.id,)), known_at=at)
                    by_region = figures(day, Place(region=county), known_at=at)
                    assert by_union == by_region == told[union.id], (day, at)
        for union in world.unions:
            rows = tuple(rows_of(code, union, day) for code in OF_SPANS)
            assert rows == world.told(world.people, day)[union.id], day
        fold_flows(now=world.now)
        assert [one for one in recount(today=world.today) if wrong(one)] == []
        day = world.today - timedelta(random.randrange(300))
        assert recount_day(day).agrees
        transaction.set_rollback(True)
