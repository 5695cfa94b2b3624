"""Not at night, not in the busiest hours, not too many; and nothing but what the text says."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import TooMany
from nuanxin.kernel.parameters import check_all
from nuanxin.notices import rules
from nuanxin.notices.actions import deliver_waiting, mark_read, notify, send_sms, send_sms_to_many
from nuanxin.notices.actions import texts as texts_of
from nuanxin.notices.models import Message
from nuanxin.notices.queries import count_unread, list_notices, list_outbox
from nuanxin.notices.rules import fill_places, not_before, read_template
from nuanxin.notices.states import OVER_THE_NUMBERS_LIMIT
from nuanxin.people.actions import add_engagement, grant_consent
from tests.notices.conftest import NIGHT, NOON
from tests.people.conftest import phone, register

COURIER, RIDER = 3, 4
CODE = {"code": "402196", "minutes": 5}
UNION = {"union": "城西外卖工会"}


def at(clock_time):
    return datetime.fromisoformat(f"2026-11-23T{clock_time}+08:00")


@pytest.mark.parametrize(
    ("said", "trade", "leaves"),
    [
        ("12:00", None, None),
        ("12:00", COURIER, None),
        ("12:00", RIDER, "2026-11-23T13:30:00+08:00"),
        ("13:30", RIDER, None),
        ("16:50", RIDER, "2026-11-23T19:30:00+08:00"),
        ("07:00", None, "2026-11-23T08:30:00+08:00"),
        ("07:00", COURIER, "2026-11-23T10:00:00+08:00"),  # the morning is his busiest
        ("20:30", None, "2026-11-24T08:30:00+08:00"),
        ("23:59", COURIER, "2026-11-24T10:00:00+08:00"),
        ("20:29", None, None),
    ],
)
def test_when_a_message_leaves(said, trade, leaves):
    waits = not_before(at(said), trade=trade)
    assert (waits and waits.astimezone(SHANGHAI).isoformat()) == leaves


@given(
    minutes=st.integers(0, 7 * 24 * 60 - 1),
    trade=st.sampled_from([None, 1, 2, 3, 4, 5]),
)
@pytest.mark.slow
def test_a_message_never_leaves_at_a_closed_moment_and_waits_a_day_at_most(minutes, trade):
    asked = at("00:00") + timedelta(minutes=minutes)
    leaves = not_before(asked, trade=trade) or asked
    assert asked <= leaves < asked + timedelta(days=1)
    assert not_before(leaves, trade=trade) is None


@given(st.text(), st.text())
@pytest.mark.slow
def test_values_are_literal_whatever_they_hold(first, second):
    template = read_template("x", "# optional\n{first} 和 {second}")
    filled = fill_places(template, {"first": first, "second": second})
    assert "\n" not in filled
    assert "\r" not in filled
    assert len(filled) <= 400
    assert template.is_optional
    assert not template.is_secret


@pytest.mark.parametrize(
    "value", ["{x.__class__}", "{{7*7}}", "{second}", "%s", "${PATH}", "{0}", "{code!r}"]
)
def test_no_value_is_a_command(value):
    filled = fill_places(read_template("x", "a {first} b {second}"), {"first": value, "second": 1})
    assert filled == f"a {value} b 1"


def test_every_text_has_its_mark_and_fits():
    for path in texts_of._TEXTS.glob("*.txt"):
        template = texts_of.template_of(path.stem)
        assert template.text.startswith("【暖新】")
        assert len(template.text) <= 140
    assert texts_of.secret_names() == [
        "access.code",
        "access.help_code",
        "programmes.attestation_asked",
    ]


@pytest.mark.parametrize("name", ["", "../x", "a/b", "access.code.txt", "Access.code", "x"])
def test_an_unknown_text_is_a_fault(name):
    with pytest.raises(LookupError):
        texts_of.template_of(name)


def test_the_parameters_name_source_and_day():
    assert not [problem for problem in check_all() if "notices." in problem]


@pytest.fixture
def worker(db):
    return register(1, actor=SYSTEM)


def send(now=NOON, template="membership.approved", values=UNION, **more):
    return Message.objects.get(
        id=send_sms(phone=phone(1), template=template, values=values, now=now, **more)
    )


def test_the_hours_of_the_workers_trade_count(worker):
    add_engagement(worker_id=worker, occupation=RIDER, source="join", actor=SYSTEM, now=NOON)
    lunch = at("12:00")
    assert send(lunch).not_before is None
    assert send(lunch, worker_id=worker).not_before == at("13:30")
    send_sms_to_many(texts=[(worker, UNION)], template="membership.approved", now=lunch)
    assert Message.objects.latest("id").not_before == at("13:30")


def test_a_number_has_eight_messages_a_day_and_the_ninth_is_kept_unsent(worker):
    for _ in range(8):
        assert send().failed_at is None
    ninth = send()
    assert (ninth.failed_at, ninth.failure) == (NOON, OVER_THE_NUMBERS_LIMIT)
    send_sms_to_many(texts=[(worker, UNION)], template="membership.approved", now=NOON)
    assert Message.objects.latest("id").failure == OVER_THE_NUMBERS_LIMIT
    assert send(NOON + timedelta(days=1)).failed_at is None


def test_codes_have_a_limit_of_their_own_that_refuses(worker):
    for _ in range(8):
        send()
    for _ in range(2):
        send(template="access.code", values=CODE, quiet_ok=True)
    with pytest.raises(TooMany, match=r"notices\.codes_to_number"):
        send(template="access.code", values=CODE, quiet_ok=True)
    later = NOON + timedelta(hours=1)
    assert send(later, template="access.code", values=CODE, quiet_ok=True).failed_at is None


def test_many_are_told_in_one_statement_and_the_phone_is_never_opened(
    db, django_assert_max_num_queries, monkeypatch
):
    people = [register(serial, actor=SYSTEM) for serial in range(1, 6)]
    people.append(register(6, phone=None, actor=SYSTEM))
    monkeypatch.setattr(sealing, "unseal", None)
    with django_assert_max_num_queries(2):  # their trades, and the messages
        queued = send_sms_to_many(
            texts=[(one, UNION) for one in people], template="membership.approved", now=NOON
        )
    assert queued == 5
    monkeypatch.undo()
    for serial, message in enumerate(Message.objects.order_by("worker_id"), start=1):
        opened = sealing.unseal("phone", bytes(message.phone_sealed), message.phone_hash)
        assert opened == phone(serial)


def test_an_optional_text_goes_to_those_who_consented(db, monkeypatch):
    yes, no = register(1, actor=SYSTEM), register(2, actor=SYSTEM)
    grant_consent(
        worker_id=yes, purpose=3, notice_version="2026-11-01", via="web", actor=SYSTEM, now=NOON
    )
    offer = read_template("offer", "# optional\n【暖新】体检开始报名。")
    monkeypatch.setattr("nuanxin.notices.actions.many.template_of", lambda name: offer)
    assert send_sms_to_many(texts=[(yes, {}), (no, {})], template="offer", now=NOON) == 1
    assert Message.objects.get().worker_id == yes


def test_nobody_to_tell_is_no_statement(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert send_sms_to_many(texts=[], template="membership.approved", now=NOON) == 0


def test_the_outbox_shows_what_became_of_each(worker):
    send()
    send(NIGHT)
    deliver_waiting(now=NOON)
    waiting, sent = list_outbox()
    assert waiting.masked_phone == "139****0001"
    assert (waiting.state_label, sent.state_label) == ("等待发出", "已发出")


def test_one_reads_ones_own_notices_only(worker):
    mine = notify(worker_id=worker, kind="a.b", title="批准了", body="您已入会。", now=NOON)
    other = notify(worker_id=worker + 1, kind="a.b", title="别人的", body="", now=NOON)
    assert count_unread(worker_id=worker) == 1
    assert mark_read(notice_ids=[mine, other], worker_id=worker, now=NOON) == 1
    assert (count_unread(worker_id=worker), count_unread(worker_id=worker + 1)) == (0, 1)
    assert list_notices(worker_id=worker)[0].is_read
    assert list_notices() == []


def test_the_count_of_a_number_is_served_by_an_index(worker):
    with connection.cursor() as db:
        db.execute("SET LOCAL enable_seqscan = off")
        db.execute(
            "EXPLAIN SELECT 1 FROM notices_message WHERE phone_hash = gen_random_uuid()"
            " AND queued_at > now()"
        )
        assert "message_number" in "".join(row[0] for row in db.fetchall())


@pytest.mark.slow
@given(st.lists(st.booleans(), max_size=30))
def test_the_breaker_opens_after_so_many_failures_in_a_row_only(answers):
    breaker, in_a_row = rules.Breaker(), 0
    for is_success in answers:
        if breaker.open_until(NOON) is not None:
            break
        breaker.note(is_success=is_success, limit=3, cool_seconds=60, now=NOON)
        in_a_row = 0 if is_success else in_a_row + 1
        assert (breaker.open_until(NOON) is not None) == (in_a_row == 3)
    if in_a_row == 3:
        assert breaker.open_until(NOON + timedelta(seconds=60)) is None


@pytest.mark.slow
@given(tries=st.integers(1, 12), waits=st.lists(st.integers(1, 9999), max_size=9))
def test_it_is_tried_again_as_often_as_there_are_waits(tries, waits):
    again = rules.next_try(tries, waits, NOON)
    if tries > len(waits):
        assert again is None
    else:
        assert again == NOON + timedelta(seconds=waits[tries - 1])
