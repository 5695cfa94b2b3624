"""Cadres: password and TOTP, slowed down and never locked, one answer for wrong and for unknown."""

import statistics
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client

from nuanxin.access import actions
from nuanxin.access.actions import Origin, hashing
from nuanxin.access.models import Account, Attempt, Session
from nuanxin.access.states import SessionKind
from nuanxin.kernel import sealing
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, TooMany, Unavailable
from tests.cast import Cast

pytestmark = pytest.mark.django_db

PASSWORD = "warm-tea-at-noon"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOON = datetime(2026, 11, 23, 4, 0, 5, tzinfo=UTC)
HERE = Origin(network="203.0.113.7")


@pytest.fixture
def chen(cast: Cast) -> Account:
    """Officer Chen with a password and a TOTP secret."""
    account = cast.accounts["officer_chen"]
    account.password = make_password(PASSWORD)
    account.totp_sealed = sealing.seal("totp", SECRET, account.id)
    account.save()
    return account


def try_password(
    password: str = PASSWORD,
    *,
    username: str = "officer.chen",
    origin: Origin = HERE,
    known: bool = False,
    now: datetime = NOON,
) -> Any:
    return actions.check_password(
        username=username, password=password, origin=origin, is_known_device=known, now=now
    )


def try_totp(account: Account, code: str, now: datetime = NOON) -> None:
    actions.check_totp(
        account_id=account.id,
        epoch=account.session_epoch,
        code=code,
        origin=HERE,
        is_known_device=False,
        now=now,
    )


def code_at(now: datetime) -> str:
    return pyotp.TOTP(SECRET).at(now)


def test_the_right_password_passes_the_first_step(chen: Account) -> None:
    passed = try_password(username=" Officer.Chen ")
    assert passed.account_id == chen.id
    assert passed.has_totp


def test_wrong_unknown_and_closed_get_the_same_answer(chen: Account, cast: Cast) -> None:
    closed = cast.accounts["finance"]
    closed.password, closed.is_active = make_password(PASSWORD), False
    closed.save()
    answers = []
    for username, password in (
        ("officer.chen", "wrong"),
        ("nobody.here", PASSWORD),
        ("finance", PASSWORD),
        ("liaison.cadre", ""),
    ):
        with pytest.raises(Forbidden) as refused:
            try_password(password, username=username)
        answers.append((refused.value.code, refused.value.message))
    assert len(set(answers)) == 1


@pytest.mark.slow
def test_known_and_unknown_names_take_the_same_time(chen: Account, settings: Any) -> None:
    """With the real hasher: both are hashed once; medians of interleaved tries lie close."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    chen.password = make_password(PASSWORD)
    chen.save()
    times: dict[str, list[float]] = {"officer.chen": [], "nobody.here": []}
    for number in range(6):
        for username, taken in times.items():
            started = time.perf_counter()
            with pytest.raises(Forbidden):
                try_password("wrong", username=username, origin=Origin(f"198.51.100.{number}"))
            taken.append(time.perf_counter() - started)
    known, unknown = (statistics.median(taken) for taken in times.values())
    assert 0.5 < known / unknown < 2


def test_after_five_wrong_tries_the_next_ones_wait_longer_and_longer(chen: Account) -> None:
    now = NOON
    for _ in range(5):
        with pytest.raises(Forbidden):
            try_password("wrong", now=now)
    for wait in (30, 60, 120):
        with pytest.raises(TooMany) as refused:
            try_password(now=now + timedelta(seconds=1))
        assert refused.value.details["retry_after_seconds"] == wait - 1
        now += timedelta(seconds=wait)
        with pytest.raises(Forbidden):
            try_password("wrong", now=now)
    assert try_password(now=now + timedelta(seconds=900)).account_id == chen.id


def test_twenty_wrong_tries_elsewhere_do_not_slow_the_owners_device(chen: Account) -> None:
    for number in range(50):
        with pytest.raises(Forbidden):
            try_password("wrong", origin=Origin(f"198.51.100.{number}"))
    with pytest.raises(TooMany) as refused:
        try_password(origin=Origin("198.51.100.200"))
    assert refused.value.code == "access.account_slowed_elsewhere"
    own = Origin("203.0.113.7", device="the owner's own")
    assert try_password(origin=own, known=True).account_id == chen.id


def test_one_network_cannot_try_one_password_on_many_names(chen: Account) -> None:
    for number in range(100):
        with pytest.raises(Forbidden):
            try_password("wrong", username=f"name{number}")
    with pytest.raises(TooMany) as refused:
        try_password("wrong", username="name200")
    assert refused.value.code == "access.network_slowed"
    assert Attempt.objects.filter(action="password_network").count() == 100


def test_a_totp_code_works_once(chen: Account) -> None:
    try_totp(chen, code_at(NOON))
    with pytest.raises(Forbidden):
        try_totp(chen, code_at(NOON))
    try_totp(chen, code_at(NOON + timedelta(seconds=30)), NOON + timedelta(seconds=30))


def test_an_older_step_is_refused_once_a_newer_was_used(chen: Account) -> None:
    try_totp(chen, code_at(NOON + timedelta(seconds=30)))
    with pytest.raises(Forbidden):
        try_totp(chen, code_at(NOON))


@pytest.mark.parametrize("away", [-30, 0, 30])
def test_a_clock_half_a_minute_off_is_borne(chen: Account, away: int) -> None:
    try_totp(chen, code_at(NOON + timedelta(seconds=away)))


@pytest.mark.parametrize("away", [-90, 90])
def test_a_clock_further_off_is_not(chen: Account, away: int) -> None:
    with pytest.raises(Forbidden):
        try_totp(chen, code_at(NOON + timedelta(seconds=away)))


def test_wrong_totp_codes_are_slowed_down_like_passwords(chen: Account) -> None:
    for _ in range(5):
        with pytest.raises(Forbidden):
            try_totp(chen, "000000")
    with pytest.raises(TooMany):
        try_totp(chen, code_at(NOON))
    with pytest.raises(TooMany):
        try_password()


def test_a_password_reset_between_the_steps_makes_the_first_void(chen: Account, cast: Cast) -> None:
    actions.reset_credentials(
        account_id=chen.id, password="for-the-first-time", actor=cast.system_admin, now=NOON
    )
    with pytest.raises(NotFound):
        try_totp(chen, code_at(NOON))


def test_the_secret_lies_sealed_and_bound_to_its_account(chen: Account, cast: Cast) -> None:
    assert SECRET.encode() not in bytes(chen.totp_sealed or b"")
    other = cast.accounts["finance"]
    other.totp_sealed = chen.totp_sealed
    other.save()
    with pytest.raises(InvalidTag):
        try_totp(other, code_at(NOON))


def test_the_whole_way_through_the_pages(chen: Account, time_machine: Any) -> None:
    time_machine.move_to(NOON, tick=False)
    client = Client()
    first = client.post(
        "/desk/sign-in/",
        {"username": "officer.chen", "password": PASSWORD, "next": "/desk/matrix/"},
    )
    assert first["Location"] == "/desk/sign-in/code/?next=%2Fdesk%2Fmatrix%2F"
    between = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.get("/desk/matrix/").status_code == 302
    assert client.get(first["Location"]).status_code == 200
    second = client.post("/desk/sign-in/code/", {"code": code_at(NOON), "next": "/desk/matrix/"})
    assert second["Location"] == "/desk/matrix/"
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != between
    assert client.get("/desk/matrix/").status_code == 200
    assert Session.objects.get(account=chen).kind == SessionKind.CADRE
    assert not client.cookies[settings.SESSION_COOKIE_NAME]["max-age"]


def test_the_second_step_alone_opens_nothing(chen: Account) -> None:
    client = Client()
    answer = client.post("/desk/sign-in/code/", {"code": code_at(NOON)})
    assert answer["Location"] == "/desk/sign-in/"
    assert not Session.objects.filter(account=chen).exists()


def test_a_wrong_password_says_what_to_do_and_keeps_the_name(chen: Account) -> None:
    answer = Client().post("/desk/sign-in/", {"username": "officer.chen", "password": "nope"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "用户名或密码不对" in page
    assert 'value="officer.chen"' in page
    assert "nope" not in page


def test_a_new_account_sets_its_second_step_and_its_own_password(
    cast: Cast, time_machine: Any
) -> None:
    time_machine.move_to(NOON, tick=False)
    actions.create_cadre_account(
        username="new.officer",
        name="谷小芳",
        password="for-the-first-time",
        actor=cast.system_admin,
        now=NOON,
    )
    client = Client()
    first = client.post(
        "/desk/sign-in/", {"username": "new.officer", "password": "for-the-first-time"}
    )
    assert first["Location"] == "/desk/sign-in/enrol/"
    page = client.get("/desk/sign-in/enrol/")
    assert "<svg" in page.content.decode()
    assert "style=" not in page.content.decode()
    secret = page.context["secret"].replace(" ", "")
    own = {"password": "my-own-long-words", "again": "my-own-long-words"}
    assert client.post("/desk/sign-in/enrol/", {"code": "000000", **own}).status_code == 422
    weak = {"code": pyotp.TOTP(secret).at(NOON), "password": "short", "again": "short"}
    assert client.post("/desk/sign-in/enrol/", weak).status_code == 422
    done = client.post("/desk/sign-in/enrol/", {"code": pyotp.TOTP(secret).at(NOON), **own})
    assert done.status_code == 302
    assert client.get("/desk/me/").status_code == 403  # no post yet, and no record of his own
    account = Account.objects.get(username="new.officer")
    assert account.check_password("my-own-long-words")
    assert secret.encode() not in bytes(account.totp_sealed or b"")


def test_a_second_step_is_not_replaced_by_whoever_knows_the_password(chen: Account) -> None:
    with pytest.raises(Conflict) as refused:
        actions.enrol_totp(
            account_id=chen.id,
            epoch=chen.session_epoch,
            secret=SECRET,
            code=code_at(NOON),
            password=None,
            now=NOON,
        )
    assert refused.value.code == "access.totp_there"


def test_changing_the_password_ends_every_other_session(chen: Account, cast: Cast) -> None:
    here, elsewhere = cast.client("officer_chen"), cast.client("officer_chen")
    new = {"old": PASSWORD, "password": "another-long-one", "again": "another-long-one"}
    assert here.post("/desk/me/", {**new, "old": "nope"}).status_code == 403
    assert here.post("/desk/me/", new)["Location"] == "/desk/me/?changed=1"
    assert here.get("/desk/me/").status_code == 200
    assert elsewhere.get("/desk/me/").status_code == 302


@pytest.mark.parametrize("username", ["ab", "-chen", "陈", "a b c", "x" * 41])
def test_user_names_have_one_shape(cast: Cast, username: str) -> None:
    with pytest.raises(Malformed):
        actions.create_cadre_account(
            username=username, name="某", password=PASSWORD, actor=cast.system_admin, now=NOON
        )


def test_hashes_run_two_at_once_twenty_wait_and_the_rest_are_told() -> None:
    slots = hashing.HashingSlots(at_once=2, queue=20)
    running, most, refused = 0, 0, 0
    guard = threading.Lock()
    gate = threading.Event()
    arrived = threading.Semaphore(0)

    def hash_once() -> None:
        nonlocal running, most, refused
        try:
            with slots.slot():
                with guard:
                    running += 1
                    most = max(most, running)
                arrived.release()
                gate.wait(5)
                with guard:
                    running -= 1
        except Unavailable:
            with guard:
                refused += 1

    threads = [threading.Thread(target=hash_once) for _ in range(30)]
    for thread in threads:
        thread.start()
    arrived.acquire(timeout=5)
    arrived.acquire(timeout=5)
    gate.set()
    for thread in threads:
        thread.join(5)
    assert most == 2
    assert refused == 8
