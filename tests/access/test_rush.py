"""Many at once, on real connections: one message a minute, one use of a code, one of a step."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyotp
import pytest
from django.db import connection

from nuanxin.access import actions
from nuanxin.access.actions import Origin
from nuanxin.access.models import Account, SignInCode
from nuanxin.access.states import CodePurpose
from nuanxin.kernel import sealing
from nuanxin.kernel.errors import Refusal
from tests.records.committed import at_once, committed

__all__ = ["committed"]
pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PHONE = "19900009999"
AT_ONCE = 8


@pytest.fixture(autouse=True)
def _leave_nothing(committed: None) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE access_attempt, access_signincode, access_codebudget, access_account CASCADE"
        )


def eight(act: Callable[[int], Any]) -> list[Any]:
    """Do ``act`` eight times at once; return what each got, or the refusal."""
    return at_once([partial(act, number) for number in range(AT_ONCE)])


def send(phone: str, network: str) -> Any:
    return actions.send_code(
        phone=phone,
        purpose=CodePurpose.SIGN_IN,
        origin=Origin(network),
        is_known_device=False,
        now=NOW,
    )


def test_eight_asking_at_once_for_one_phone_get_one_message(sent: list[Any]) -> None:
    results = eight(lambda number: send(PHONE, f"198.51.100.{number}"))
    assert len(sent) == 1
    assert sum(isinstance(r, Refusal) for r in results) == AT_ONCE - 1


def test_one_network_stops_at_twenty_even_when_asking_at_once(sent: list[Any]) -> None:
    for number in range(16):
        send(f"1990002{number:04}", "203.0.113.7")
    eight(lambda number: send(f"1990003{number:04}", "203.0.113.7"))
    assert len(sent) == 20


def test_a_code_typed_by_eight_at_once_works_for_one(sent: list[Any]) -> None:
    sent_code = send(PHONE, "203.0.113.7")
    code = sent[0]["values"]["code"]

    def check(number: int) -> str:
        actions.check_code(
            code_id=sent_code.code_id, code=code, purpose=CodePurpose.SIGN_IN, now=NOW
        )
        return "in"

    assert eight(check).count("in") == 1


def test_eight_guesses_at_once_cost_five_tries_and_no_more(sent: list[Any]) -> None:
    sent_code = send(PHONE, "203.0.113.7")
    code = int(sent[0]["values"]["code"])

    def guess(number: int) -> None:
        actions.check_code(
            code_id=sent_code.code_id,
            code=f"{(code + 1 + number) % 10**6:06}",
            purpose=CodePurpose.SIGN_IN,
            now=NOW,
        )

    assert all(isinstance(result, Refusal) for result in eight(guess))
    assert SignInCode.objects.get().wrong_tries == 5


def test_a_totp_step_is_taken_once_by_eight_at_once(sent: list[Any]) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    account = Account(username="rush", name="某", created_at=NOW)
    account.totp_sealed = sealing.seal("totp", secret, account.id)
    account.save()
    code = pyotp.TOTP(secret).at(NOW)

    def try_it(number: int) -> str:
        actions.check_totp(
            account_id=account.id,
            epoch=0,
            code=code,
            origin=Origin(f"198.51.100.{number}"),
            is_known_device=False,
            now=NOW,
        )
        return "in"

    assert eight(try_it).count("in") == 1
