"""Signing in through the pages, as a browser without scripts does."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from nuanxin.access import queries
from nuanxin.access.models import Account, Session, SignInCode
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock, sealing
from nuanxin.people.models import Contact, Worker
from nuanxin.people.states import ContactKind
from tests.cast import Cast, phone_of

pytestmark = pytest.mark.django_db

COOKIE = settings.SESSION_COOKIE_NAME
YE = phone_of(0)
STRANGER = "19900008888"


def ask(client: Client, phone: str, **more: Any) -> Any:
    return client.post("/sign-in/", {"phone": phone, "do": "send", **more})


def type_code(client: Client, code: str, **more: Any) -> Any:
    return client.post("/sign-in/", {"code": code, "do": "check", **more})


def test_a_worker_signs_in_with_phone_and_code(cast: Cast, sent: list[Any]) -> None:
    client = Client()
    assert "发验证码" in client.get("/sign-in/").content.decode()
    assert ask(client, YE).status_code == 302
    page = client.get("/sign-in/").content.decode()
    assert "已发到 199****0000，5 分钟内有效。" in page
    assert "再发一次" in page
    answer = type_code(client, sent[0]["values"]["code"])
    assert answer.status_code == 302
    row = Session.objects.get(account=cast.accounts["rider_ye"])
    assert row.kind == SessionKind.PHONE


def test_who_signs_in_has_been_reached_that_day(cast: Cast, sent: list[Any]) -> None:
    client = Client()
    ask(client, YE)
    type_code(client, sent[0]["values"]["code"])
    contact = Contact.objects.get(worker=cast.accounts["rider_ye"].worker_id)
    assert contact.kind == ContactKind.SIGNED_IN
    assert contact.day == clock.business_day(clock.now())
    assert contact.recorded_by_name == "本人"


def test_signing_in_goes_on_when_the_contact_cannot_be_recorded(
    cast: Cast, sent: list[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("nuanxin.people.actions.contacts._INSERT", "SELECT 1 / 0")
    client = Client()
    ask(client, YE)
    assert type_code(client, sent[0]["values"]["code"]).status_code == 302
    assert Session.objects.filter(account=cast.accounts["rider_ye"]).exists()
    assert "not recorded as a contact" in caplog.text


def test_the_cookie_changes_at_sign_in_and_the_old_one_is_dead(cast: Cast, sent: list[Any]) -> None:
    client = Client()
    ask(client, YE)
    before = client.cookies[COOKIE].value
    type_code(client, sent[0]["values"]["code"])
    assert client.cookies[COOKIE].value != before
    thief = Client()
    thief.cookies[COOKIE] = before
    assert thief.get("/desk/me/").status_code == 302
    assert client.get("/desk/me/").status_code == 200


def test_a_session_that_was_planted_is_not_taken_over(cast: Cast, sent: list[Any]) -> None:
    victim = Client()
    victim.cookies[COOKIE] = "a" * 32
    ask(victim, YE)
    type_code(victim, sent[0]["values"]["code"])
    thief = Client()
    thief.cookies[COOKIE] = "a" * 32
    assert thief.get("/desk/me/").status_code == 302


def test_after_signing_out_the_cookie_is_dead(cast: Cast) -> None:
    client = cast.client("rider_ye")
    old = client.cookies[COOKIE].value
    assert client.get("/desk/me/").status_code == 200
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    thief = Client()
    thief.cookies[COOKIE] = old
    assert thief.get("/desk/me/").status_code == 302


def test_a_code_can_be_tried_only_by_the_browser_that_asked_for_it(
    cast: Cast, sent: list[Any]
) -> None:
    """So nobody can use up the owner's five tries from elsewhere."""
    owner, other = Client(), Client()
    ask(owner, YE)
    for _ in range(6):
        type_code(other, "000000", phone=YE)
    assert SignInCode.objects.get().wrong_tries == 0
    assert type_code(owner, sent[0]["values"]["code"]).status_code == 302


def test_a_wrong_code_says_how_many_tries_are_left(cast: Cast, sent: list[Any]) -> None:
    client = Client()
    ask(client, YE)
    code = sent[0]["values"]["code"]
    answer = type_code(client, f"{(int(code) + 1) % 10**6:06}")
    assert answer.status_code == 422
    assert "还能再试 4 次" in answer.content.decode()


def test_known_and_unknown_phones_get_the_same_page(cast: Cast, sent: list[Any]) -> None:
    pages = []
    for phone in (YE, STRANGER):
        client = Client(REMOTE_ADDR=f"203.0.113.{len(pages)}")
        first = ask(client, phone)
        second = client.get("/sign-in/")
        body = second.content.decode().replace(phone, "P").replace(f"{phone[-4:]}", "L")
        token = str(second.context["csrf_token"])
        pages.append((first.status_code, first["Location"], body.replace(token, "T")))
    assert pages[0] == pages[1]


def test_a_verified_phone_without_account_goes_on_to_joining(cast: Cast, sent: list[Any]) -> None:
    client = Client()
    ask(client, STRANGER, next="/join/work/")
    answer = type_code(client, sent[0]["values"]["code"], next="/join/work/")
    assert answer["Location"] == "/join/work/"
    request = client.get("/sign-in/").wsgi_request
    verified = queries.verified_phone_of(request)
    assert verified is not None
    assert verified.phone == STRANGER
    assert verified.phone_hash == sealing.lookup_hash("phone", STRANGER)
    assert STRANGER not in str(Session.objects.values_list("data", flat=True))
    assert STRANGER not in repr(verified)


@pytest.fixture
def invited(cast: Cast) -> Worker:
    """Somebody whom a roster named, without an account."""
    phone_hash = sealing.lookup_hash("phone", STRANGER)
    return Worker.objects.create(
        name="江小雪",
        phone_hash=phone_hash,
        phone_sealed=sealing.seal("phone", STRANGER, phone_hash),
        phone_hint="1998888",
        created_at=cast.now,
    )


def test_who_stands_on_a_roster_claims_his_record_by_name(invited: Worker, sent: list[Any]) -> None:
    client = Client()
    ask(client, STRANGER)
    answer = type_code(client, sent[0]["values"]["code"])
    assert answer["Location"] == "/sign-in/claim/"
    page = client.get("/sign-in/claim/").content.decode()
    assert "江小雪" not in page
    refused = client.post("/sign-in/claim/", {"name": "江大雪"})
    assert refused.status_code == 422
    assert not Account.objects.filter(worker=invited).exists()
    assert client.post("/sign-in/claim/", {"name": " 江 小雪 "}).status_code == 302
    account = Account.objects.get(worker=invited)
    assert account.phone_hash == invited.phone_hash
    assert Session.objects.filter(account=account).exists()


def test_names_cannot_be_guessed_for_long(invited: Worker, sent: list[Any]) -> None:
    client = Client()
    ask(client, STRANGER)
    type_code(client, sent[0]["values"]["code"])
    for _ in range(5):
        assert client.post("/sign-in/claim/", {"name": "猜一猜"}).status_code == 422
    assert client.post("/sign-in/claim/", {"name": "江小雪"}).status_code == 429


def test_without_a_verified_phone_nothing_can_be_claimed(invited: Worker) -> None:
    client = Client()
    assert client.post("/sign-in/claim/", {"name": "江小雪"})["Location"] == "/sign-in/"


@pytest.mark.parametrize(
    "bad",
    [
        "//evil.example/",
        "///evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "//\tevil.example",
        "/" + "a" * 500,
    ],
)
def test_signing_in_leads_nowhere_outside(cast: Cast, sent: list[Any], bad: str) -> None:
    client = Client()
    ask(client, YE, next=bad)
    answer = type_code(client, sent[0]["values"]["code"], next=bad)
    assert answer["Location"] == reverse("worker-me")
    assert client.get("/large", {"on": "1", "next": bad})["Location"] == "/"
    page = client.get("/sign-in/", {"next": bad}).content.decode()
    assert 'name="next"' not in page


def test_a_foreign_host_header_is_refused_and_not_echoed(cast: Cast) -> None:
    answer = Client(HTTP_HOST="evil.example").get("/sign-in/")
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content


def test_a_form_without_token_is_refused(cast: Cast, sent: list[Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    assert ask(client, YE).status_code == 403
    client.get("/sign-in/")
    token = client.cookies["csrftoken"].value
    assert ask(client, YE, csrfmiddlewaretoken=token).status_code == 302
    foreign = client.post(
        "/sign-in/",
        {"phone": YE, "do": "send", "csrfmiddlewaretoken": token},
        HTTP_ORIGIN="https://evil.example",
    )
    assert foreign.status_code == 403


def test_large_type_is_a_cookie_and_a_way_back(cast: Cast) -> None:
    client = Client()
    answer = client.get("/large", {"on": "1", "next": "/sign-in/"})
    assert answer["Location"] == "/sign-in/"
    assert 'class="nx-large"' in client.get("/sign-in/").content.decode()
    client.get("/large", {"on": "0"})
    assert 'class="nx-large"' not in client.get("/sign-in/").content.decode()


def test_a_device_that_signed_in_is_known_afterwards(cast: Cast, sent: list[Any]) -> None:
    client = Client()
    ask(client, YE)
    type_code(client, sent[0]["values"]["code"])
    assert YE not in client.cookies["nx_device"].value
    client.post("/sign-out/")
    SignInCode.objects.update(sent_at=clock.now() - timedelta(minutes=2))
    for number in range(6):
        stranger = Client(REMOTE_ADDR=f"198.51.100.{number}")
        ask(stranger, YE)
        SignInCode.objects.update(sent_at=clock.now() - timedelta(minutes=2))
    assert ask(Client(REMOTE_ADDR="198.51.100.77"), YE).status_code == 429
    assert ask(client, YE).status_code == 302


def test_a_forged_device_mark_is_nobodys(cast: Cast, sent: list[Any]) -> None:
    client = Client()
    client.cookies["nx_device"] = "eyJkZXZpY2UiOiJ4In0:1tqq:forged"
    assert ask(client, YE).status_code == 302
