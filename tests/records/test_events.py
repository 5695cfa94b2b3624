"""The log: appended, never changed, limited to the reader's scope."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import SYSTEM, Actor, Grant, Role
from nuanxin.kernel.errors import Forbidden, Malformed
from nuanxin.records import states
from nuanxin.records.actions import (
    NewEvent,
    append_event,
    append_events,
    append_events_from,
    append_reading,
)
from nuanxin.records.queries import list_events, list_events_of, list_readings, list_workers_read_by
from tests.records.conftest import NOW, OFFICER

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
AUDITOR = Actor(name="何审", grants=(Grant(Role.AUDITOR, 20, "/1/20/"),))


def append(kind="membership.approved", **changes):
    values = {"actor": OFFICER, "at": NOW, "subject_type": "worker", "subject_id": 7}
    return append_event(kind, **(values | changes))


@pytest.fixture
def unions_below(monkeypatch):
    """Stand in for the union tree: 311 lies below /1/20/, 999 does not."""
    sql = """SELECT id FROM (VALUES (311, '/1/20/311/'), (999, '/1/21/999/')) AS u (id, path)
             WHERE path LIKE ANY(%(prefixes)s)"""
    monkeypatch.setattr(states, "union_subtree_sql", sql)


def test_an_event_keeps_who_when_and_what():
    number = append(union_id=311, data={"reason": "材料齐全"})
    (row,) = list_events_of("worker", 7)
    assert (row.id, row.at, row.actor_name) == (number, NOW, "周敏")
    assert (row.union_id, row.data) == (311, {"reason": "材料齐全"})


@pytest.mark.owner  # a web process does not even get as far as the trigger
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records_event SET actor_name = '别人'",
        "DELETE FROM records_event",
        "TRUNCATE records_event",
        "UPDATE records_reading SET purpose = '别的'",
        "DELETE FROM records_seal",
    ],
)
def test_the_database_refuses_to_change_records(change):
    append()
    with pytest.raises(IntegrityError, match="appended, never changed"), transaction.atomic():
        connection.cursor().execute(change)


def test_many_events_are_appended_in_one_statement(django_assert_num_queries):
    rows = [NewEvent("roster.row_taken", "worker", n, 311, {"row": n}) for n in range(500)]
    with django_assert_num_queries(1):
        assert append_events(rows, actor=OFFICER, at=NOW) == 500
    (newest, *_) = list_events(actor=SYSTEM, first_day=TODAY, last_day=TODAY).items
    assert (newest.subject_id, newest.data) == (499, {"row": 499})


def test_no_events_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert append_events([], actor=OFFICER, at=NOW) == 0


def test_more_events_than_the_limit_are_refused_before_anything_is_written(monkeypatch):
    monkeypatch.setattr("nuanxin.records.actions.events.APPEND_LIMIT", 2)
    rows = [NewEvent("x.y", "worker", n) for n in range(3)]
    with pytest.raises(ValueError, match="limit"):
        append_events(rows, actor=OFFICER, at=NOW)
    assert list_events(actor=SYSTEM, first_day=TODAY, last_day=TODAY).items == []


def test_an_upper_package_appends_events_out_of_its_own_select():
    select = """SELECT %(at)s, 'membership.reminded', NULL::uuid, '系统', 'worker', n, 311,
                       jsonb_build_object('n', n) FROM generate_series(1, 3) AS n"""
    assert append_events_from(select, {"at": NOW}) == 3
    assert list_events_of("worker", 2)[0].data == {"n": 2}


def test_the_auditor_sees_the_events_of_his_subtree_only(unions_below):
    mine, _ = append(union_id=311), append(union_id=999)
    append(union_id=None)
    page = list_events(actor=AUDITOR, first_day=TODAY, last_day=TODAY)
    assert [row.id for row in page.items] == [mine]


def test_without_knowledge_of_the_tree_a_scoped_reader_sees_nothing(monkeypatch):
    monkeypatch.setattr(states, "union_subtree_sql", "")
    append(union_id=311)
    assert list_events(actor=AUDITOR, first_day=TODAY, last_day=TODAY).items == []
    assert len(list_events(actor=SYSTEM, first_day=TODAY, last_day=TODAY).items) == 1


def test_who_does_not_audit_may_not_read_the_log(unions_below):
    with pytest.raises(Forbidden):
        list_events(actor=OFFICER, first_day=TODAY, last_day=TODAY)
    assert list_events(actor=AUDITOR, first_day=TODAY, last_day=TODAY).items == []


def test_the_log_is_filtered_by_kind_package_account_and_day():
    account = UUID("01890000-0000-7000-8000-000000000001")
    someone = Actor(account_id=account, name="陈工")
    append("membership.approved")
    append("membership.left", actor=someone)
    append("membershipx.other")
    append("people.worker_registered", at=NOW - timedelta(days=1))

    def kinds(**filters):
        days = {"first_day": TODAY, "last_day": TODAY} | filters
        return [row.kind for row in list_events(actor=SYSTEM, **days).items]

    assert kinds(kind="membership.left") == ["membership.left"]
    assert kinds(kind="membership") == ["membership.left", "membership.approved"]
    assert kinds(account_id=account) == ["membership.left"]
    assert len(kinds()) == 3
    assert len(kinds(first_day=TODAY - timedelta(days=1))) == 4


def test_days_are_counted_in_shanghai():
    append(at=NOW.replace(hour=16, minute=0))  # 24:00 in Shanghai: the next day
    assert not list_events(actor=SYSTEM, first_day=TODAY, last_day=TODAY).items
    tomorrow = TODAY + timedelta(days=1)
    assert list_events(actor=SYSTEM, first_day=tomorrow, last_day=tomorrow).items


def test_pages_follow_one_another_without_gap_or_repetition():
    numbers = [append(subject_id=n) for n in range(7)]
    seen, cursor = [], ""
    while cursor is not None:
        page = list_events(actor=SYSTEM, first_day=TODAY, last_day=TODAY, limit=3, cursor=cursor)
        seen += [row.id for row in page.items]
        cursor = page.next
    assert seen == numbers[::-1]


def test_a_torn_cursor_is_refused():
    with pytest.raises(Malformed):
        list_events(actor=SYSTEM, first_day=TODAY, last_day=TODAY, cursor="%%%")


def test_a_reading_is_logged_with_an_event_that_the_chain_will_cover():
    number = append_reading(
        worker_id=7, field="identity", purpose="核对材料", actor=OFFICER, post="干部", now=NOW
    )
    (reading,) = list_readings([7])
    assert (reading.id, reading.field_label, reading.actor_post) == (number, "身份证号", "干部")
    (event,) = list_events_of("worker", 7)
    assert event.data == {"reading": number, "field": "identity"}


def test_readings_are_paged_and_belong_to_one_person():
    for worker in (7, 7, 8):
        append_reading(
            worker_id=worker, field="phone", purpose="联系", actor=OFFICER, post="", now=NOW
        )
    first = list_readings([7], limit=1)
    rest = list_readings([7], before=first[0].id)
    assert len(first) == len(rest) == 1
    assert {row.worker_id for row in first + rest} == {7}


def test_whose_records_an_account_read_is_answered_exactly():
    account = UUID("01890000-0000-7000-8000-000000000002")
    spy = Actor(account_id=account, name="某人")
    for worker, actor, at in ((5, spy, NOW), (6, spy, NOW), (8, OFFICER, NOW)):
        append_reading(
            worker_id=worker, field="phone", purpose="联系", actor=actor, post="", now=at
        )
    append_reading(
        worker_id=9, field="phone", purpose="联系", actor=spy, post="", now=NOW - timedelta(days=9)
    )
    since, until = NOW - timedelta(days=1), NOW + timedelta(days=1)
    assert list_workers_read_by(account, since=since, until=until) == [5, 6]
