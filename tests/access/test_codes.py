"""Codes by SMS: one use, few tries, limits that nobody can turn against the owner of a phone."""

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.access import actions
from nuanxin.access.actions import Origin
from nuanxin.access.models import Attempt, CodeBudget, SignInCode
from nuanxin.access.states import CodePurpose
from nuanxin.kernel import clock, sealing
from nuanxin.kernel.errors import Conflict, Malformed, TooMany
from nuanxin.records.models import Event
from tests.cast import Cast, phone_of

pytestmark = pytest.mark.django_db

PHONE = "19900009999"
HERE = Origin(network="203.0.113.7")
NOON = datetime.fromisoformat("2026-11-23T12:00:00+08:00")


def send(
    now: datetime = NOON, phone: str = PHONE, origin: Origin = HERE, known: bool = False
) -> Any:
    return actions.send_code(
        phone=phone,
        purpose=CodePurpose.SIGN_IN,
        origin=origin,
        is_known_device=known,
        now=now,
    )


def check(sent_code: Any, code: str, now: datetime = NOON) -> None:
    actions.check_code(code_id=sent_code.code_id, code=code, purpose=CodePurpose.SIGN_IN, now=now)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_code_is_six_digits_and_its_table_holds_no_digit_of_it(sent: list[Any]) -> None:
    sent_code = send(phone="199 0000-9999")
    (message,) = sent
    code = message["values"]["code"]
    assert message["phone"] == PHONE
    assert len(code) == 6
    assert code.isdigit()
    assert sent_code.masked_phone == "199****9999"
    row = SignInCode.objects.get()
    assert bytes(row.code_hash) != code.encode()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(c)::text || row_to_json(a)::text"
            " FROM access_signincode c, access_attempt a"
        )
        text = str(cursor.fetchall())
    assert PHONE not in text
    assert code not in text.split("phone_hash")[0]


def test_a_right_code_works_once(sent: list[Any]) -> None:
    sent_code = send()
    code = sent[0]["values"]["code"]
    check(sent_code, code)
    with pytest.raises(Conflict) as refused:
        check(sent_code, code)
    assert refused.value.code == "access.code_over"


def test_a_code_may_be_typed_in_full_width_and_with_a_gap(sent: list[Any]) -> None:
    sent_code = send()
    code = sent[0]["values"]["code"]
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    check(sent_code, f"{wide[:3]} {wide[3:]}")


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12345a"])
def test_what_is_no_code_costs_no_try(sent: list[Any], typed: str) -> None:
    sent_code = send()
    with pytest.raises(Malformed) as refused:
        check(sent_code, typed)
    assert refused.value.code == "access.code_shape"
    assert SignInCode.objects.get().wrong_tries == 0


def test_after_five_wrong_tries_even_the_right_code_is_dead(sent: list[Any]) -> None:
    sent_code = send()
    code = sent[0]["values"]["code"]
    for left in (4, 3, 2, 1):
        with pytest.raises(Malformed) as refused:
            check(sent_code, wrong(code))
        assert refused.value.details["tries_left"] == left
    with pytest.raises(Conflict):
        check(sent_code, wrong(code))
    with pytest.raises(Conflict):
        check(sent_code, code)


def test_a_code_dies_after_five_minutes(sent: list[Any]) -> None:
    sent_code = send()
    code = sent[0]["values"]["code"]
    with pytest.raises(Conflict):
        check(sent_code, code, now=NOON + timedelta(minutes=5))
    check(sent_code, code, now=NOON + timedelta(minutes=4, seconds=59))


def test_a_code_for_one_purpose_opens_no_other(sent: list[Any]) -> None:
    sent_code = send()
    with pytest.raises(Conflict):
        actions.check_code(
            code_id=sent_code.code_id,
            code=sent[0]["values"]["code"],
            purpose=CodePurpose.CONFIRM,
            now=NOON,
        )


def test_the_next_code_waits_a_minute(sent: list[Any]) -> None:
    send()
    with pytest.raises(TooMany) as refused:
        send(NOON + timedelta(seconds=20))
    assert refused.value.details["retry_after_seconds"] == 40
    send(NOON + timedelta(seconds=60))
    assert len(sent) == 2


def test_a_phone_gets_five_codes_a_day_and_more_the_next_day(sent: list[Any]) -> None:
    for minute in range(5):
        send(NOON + timedelta(minutes=minute), origin=Origin(f"198.51.100.{minute}"))
    with pytest.raises(TooMany) as refused:
        send(NOON + timedelta(minutes=6), origin=Origin("198.51.100.99"))
    assert refused.value.code == "access.code_day_used_up"
    send(NOON + timedelta(hours=12))
    assert len(sent) == 6


def test_who_uses_up_the_day_from_elsewhere_does_not_lock_out_the_owners_device(
    sent: list[Any],
) -> None:
    for minute in range(5):
        send(NOON + timedelta(minutes=minute), origin=Origin(f"198.51.100.{minute}"))
    owner = Origin("203.0.113.7", device="the owner's own")
    with pytest.raises(TooMany):
        send(NOON + timedelta(minutes=6), origin=owner, known=False)
    send(NOON + timedelta(minutes=6), origin=owner, known=True)
    assert len(sent) == 6
    for minute in range(7, 11):
        send(NOON + timedelta(minutes=minute), origin=owner, known=True)
    with pytest.raises(TooMany):
        send(NOON + timedelta(minutes=20), origin=owner, known=True)


def test_a_network_gets_twenty_codes_an_hour_whatever_the_phones(sent: list[Any]) -> None:
    for number in range(20):
        send(NOON + timedelta(seconds=number), phone=f"1990001{number:04}")
    with pytest.raises(TooMany) as refused:
        send(NOON + timedelta(seconds=30), phone="19900019999")
    assert refused.value.code == "access.code_network_used_up"
    send(NOON + timedelta(seconds=30), phone="19900019999", origin=Origin("198.51.100.1"))
    send(NOON + timedelta(hours=1, seconds=20), phone="19900019998")


def test_the_days_budget_holds_and_tells_somebody_once(
    sent: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    day = clock.business_day(NOON)
    CodeBudget.objects.create(day=day, part=3, sent=39_998)
    with caplog.at_level(logging.WARNING, logger="nuanxin.access"):
        for number in range(3):
            send(phone=f"1990001{number:04}")
    assert len([r for r in caplog.records if "budget" in r.message]) == 1
    assert Event.objects.filter(kind="access.code_budget_low").count() == 1
    CodeBudget.objects.filter(day=day, part=3).update(sent=50_000)
    with pytest.raises(TooMany) as refused:
        send(phone="19900018888")
    assert refused.value.code == "access.code_budget_used_up"
    assert len(sent) == 3


def test_a_refused_code_leaves_nothing_behind(sent: list[Any]) -> None:
    send()
    before = (Attempt.objects.count(), SignInCode.objects.count())
    with pytest.raises(TooMany):
        send(NOON + timedelta(seconds=1))
    assert (Attempt.objects.count(), SignInCode.objects.count()) == before
    assert len(sent) == 1


def test_known_and_unknown_phones_ask_the_database_the_same(cast: Cast, sent: list[Any]) -> None:
    """The same statements in the same order: nothing to measure from outside."""
    ways = []
    for phone in (phone_of(0), PHONE):
        with CaptureQueriesContext(connection) as queries:
            send(phone=phone, origin=Origin(phone))
        asked = [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]
        ways.append([sql.split("(")[0][:60] for sql in asked])
    assert len(ways[0]) == 4
    assert ways[0] == ways[1]
    assert len(sent) == 2
    assert sealing.lookup_hash("phone", phone_of(0)) == cast.accounts["rider_ye"].phone_hash
