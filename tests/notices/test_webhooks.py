"""Webhooks: signed, told to those who may know, to public hosts only, tried until given up."""

import base64
import hmac
import json
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import standardwebhooks
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.errors import Forbidden, Malformed, NotFound
from nuanxin.notices import rules
from nuanxin.notices.actions import (
    deliver_webhooks,
    drop_webhook,
    enable_webhook,
    forget_old,
    guarded_post,
    ping_webhook,
    publish_webhook,
    rotate_webhook_secret,
    subscribe_webhook,
)
from nuanxin.notices.models import WebhookDelivery, WebhookSubscription
from nuanxin.notices.queries import get_webhook, list_deliveries, list_webhooks
from nuanxin.notices.states import WebhookState
from nuanxin.records.models import Event
from tests.notices.conftest import NOON
from tests.people.conftest import OFFICER

KIND = "membership.approved"


@pytest.fixture
def subscribe(token, unions, client_of_county, receiver, own_network):
    """Return a function that subscribes the receiver to what happens in the county."""

    def make(url=None, kinds=(KIND,), union="county", actor=client_of_county):
        return subscribe_webhook(
            token_id=token.id,
            union_id=unions[union].id,
            url=url or receiver.url,
            kinds=kinds,
            actor=actor,
            now=NOON,
        )

    return make


def publish(unions, union="below", kind=KIND, **more):
    return publish_webhook(
        kind=kind, union_id=unions[union].id, data={"application": 7}, now=NOON, **more
    )


def outcome():
    return WebhookDelivery.objects.latest("id")


def test_the_receiver_can_check_the_signature(subscribe, unions, receiver):
    made = subscribe()
    assert publish(unions) == 1
    assert deliver_webhooks(now=NOON) == 1
    ((headers, body, path),) = receiver.got
    key = base64.b64decode(made.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert path == "/hook?x=1"
    assert json.loads(body) == {
        "type": KIND,
        "timestamp": NOON.isoformat(),
        "data": {"application": 7},
    }
    assert (outcome().delivered_at, outcome().last_answer) == (NOON, "204")


def test_the_library_that_receivers_use_takes_the_signature(subscribe, unions, receiver):
    made = subscribe()
    publish(unions)
    deliver_webhooks(now=NOON)
    ((headers, body, _),) = receiver.got
    checked = {name: value for name, value in headers.items() if name.startswith("webhook-")}
    with time_machine.travel(NOON, tick=False):
        assert standardwebhooks.Webhook(made.secret).verify(body, checked)["type"] == KIND
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(made.secret).verify(body + b" ", checked)
    with (
        time_machine.travel(NOON + timedelta(minutes=6), tick=False),
        pytest.raises(standardwebhooks.WebhookVerificationError),
    ):
        standardwebhooks.Webhook(made.secret).verify(body, checked)


def test_the_signature_is_the_one_of_the_standard():
    """The example of the specification's own test vectors."""
    assert (
        rules.signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp=1614265330,
            body=b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_events_of_the_own_union_and_below_are_told_others_are_not(subscribe, unions):
    subscribe()
    assert publish(unions, "county") == publish(unions, "below") == 1
    assert publish(unions, "other") == publish(unions, "root") == 0
    assert publish(unions, kind="membership.left") == 0


def test_the_same_message_is_queued_once(subscribe, unions):
    subscribe()
    assert publish(unions, message_id="msg_1") == 1
    assert publish(unions, message_id="msg_1") == 0


def test_what_is_undone_is_not_told(subscribe, unions, receiver):
    subscribe()
    with transaction.atomic():
        publish(unions)
        transaction.set_rollback(True)
    assert deliver_webhooks(now=NOON) == 0
    assert receiver.got == []


@pytest.mark.parametrize("change", [{"revoked_at": NOON}, {"expires_at": NOON}])
def test_with_its_token_a_subscription_falls_silent(subscribe, unions, token, change, receiver):
    subscribe()
    assert publish(unions) == 1
    type(token).objects.filter(id=token.id).update(**change)
    assert publish(unions) == 0
    assert deliver_webhooks(now=NOON) == 0
    assert receiver.got == []


@pytest.mark.parametrize("answer", [301, 400, 404, 500, 503])
def test_anything_but_success_is_tried_again(subscribe, unions, receiver, answer):
    made = subscribe()
    publish(unions)
    receiver.answers = [answer]
    deliver_webhooks(now=NOON)
    assert (outcome().delivered_at, outcome().last_answer) == (None, str(answer))
    assert outcome().next_try_at == NOON + timedelta(seconds=5)
    assert WebhookSubscription.objects.get(id=made.webhook_id).failing_since == NOON
    assert deliver_webhooks(now=NOON + timedelta(seconds=4)) == 0
    assert deliver_webhooks(now=NOON + timedelta(seconds=5)) == 1
    assert outcome().delivered_at is not None
    assert WebhookSubscription.objects.get(id=made.webhook_id).failing_since is None


def test_a_repetition_has_the_same_id_and_a_fresh_signature(subscribe, unions, receiver):
    subscribe()
    publish(unions)
    receiver.answers = [500]
    deliver_webhooks(now=NOON)
    deliver_webhooks(now=NOON + timedelta(hours=1))
    (first, _, _), (second, _, _) = receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]


def test_it_is_given_up_after_the_last_wait(subscribe, unions, receiver, monkeypatch):
    subscribe()
    publish(unions)
    moment, tries = NOON, 0
    while outcome().next_try_at is not None:
        receiver.answers = [500]
        moment = outcome().next_try_at
        deliver_webhooks(now=moment)
        tries += 1
    assert (tries, outcome().given_up_at) == (10, moment)
    assert moment - NOON == timedelta(
        seconds=5 + 300 + 1800 + 7200 + 18000 + 36000 + 50400 + 72000 + 86400
    )


def test_an_address_that_fails_for_days_is_disabled_with_an_event(
    subscribe, unions, receiver, client_of_county
):
    made = subscribe()
    publish(unions)
    receiver.answers = [500] * 9
    deliver_webhooks(now=NOON)
    assert get_webhook(made.webhook_id, actor=client_of_county).state is WebhookState.FAILING
    later = NOON + timedelta(days=5)
    deliver_webhooks(now=later)
    row = get_webhook(made.webhook_id, actor=client_of_county)
    assert (row.state, row.disabled_why) == (WebhookState.DISABLED, "连续 5 天没有送到")
    assert Event.objects.filter(kind="notices.webhook_disabled").count() == 1
    assert outcome().given_up_at == later
    assert publish(unions) == 0
    enable_webhook(webhook_id=made.webhook_id, actor=client_of_county, now=later)
    assert publish(unions) == 1


def test_an_address_that_says_gone_is_disabled_at_once(subscribe, unions, receiver):
    made = subscribe()
    publish(unions)
    receiver.answers = [410]
    deliver_webhooks(now=NOON)
    found = WebhookSubscription.objects.get(id=made.webhook_id)
    assert (found.disabled_at, found.disabled_why) == (NOON, "对方说不再接收")


@pytest.mark.slow
def test_one_that_does_not_answer_keeps_nobody_else_waiting(
    subscribe, unions, receiver, monkeypatch
):
    """A receiver that accepts the connection and then says nothing."""
    monkeypatch.setattr(guarded_post, "SECONDS", 1.0)  # the other one answers well within it
    with socket.create_server(("127.0.0.1", 0)) as silent:
        subscribe(url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        subscribe()
        publish(unions)
        assert deliver_webhooks(now=NOON) == 2
    answers = WebhookDelivery.objects.order_by("subscription_id")
    assert [one.last_answer for one in answers] == ["timeout", "204"]


def test_nobody_listening_is_unreachable(subscribe, unions):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    subscribe(url=f"http://127.0.0.1:{port}/")
    publish(unions)
    deliver_webhooks(now=NOON)
    assert outcome().last_answer == "unreachable"


def test_a_redirect_is_not_followed(subscribe, unions, receiver):
    subscribe()
    publish(unions)
    receiver.answers, receiver.headers = [302], {"Location": f"{receiver.url}&again=1"}
    deliver_webhooks(now=NOON)
    assert len(receiver.got) == 1
    assert outcome().last_answer == "302"


def certificate_for(name, folder):
    """Return file names of a certificate that vouches for itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "said"), [("hooks.example.org", "204"), ("other.example.org", "unreachable")]
)
def test_the_certificate_must_be_the_names_although_the_address_is_dialled(
    receiver, own_network, monkeypatch, tmp_path, asked, said
):
    certificate, key = certificate_for("hooks.example.org", tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    receiver.server.socket = serving.wrap_socket(receiver.server.socket, server_side=True)

    async def resolves(host, port):
        return ["127.0.0.1"]

    monkeypatch.setattr(guarded_post, "resolve", resolves)
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(guarded_post, "_trusted", lambda: trusting)
    monkeypatch.setattr(receiver.server, "handle_error", lambda *_: None)
    target = rules.check_target(f"https://{asked}:{receiver.port}/")
    (outcome,) = guarded_post.post_all([guarded_post.Post(target, {}, b"{}")])
    assert outcome.said == said


# ── The guard ───────────────────────────────────────────────────────────────────────────────────

INNER = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "192.0.2.1",
    "not an address",
]


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_refused_in_whatever_form(address):
    assert not rules.may_connect(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:223.5.5.5"])
def test_public_addresses_are_not(address):
    assert rules.may_connect(address)


@pytest.mark.slow
@given(st.ip_addresses(v=4))
def test_an_address_in_another_form_is_judged_alike(address):
    assert rules.may_connect(f"::ffff:{address}") == rules.may_connect(str(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "017700000001", "[::1]", "localhost"]
)
def test_this_machine_is_not_dialled_however_it_is_written(host, receiver, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    target = rules.check_target(f"http://{host}:{receiver.port}/", allows_http=True)
    (outcome,) = guarded_post.post_all([guarded_post.Post(target, {}, b"{}")])
    assert outcome == guarded_post.Outcome(None, "refused")
    assert receiver.got == []


def test_a_name_that_answers_otherwise_a_moment_later_changes_nothing(
    receiver, own_network, monkeypatch
):
    """The name is asked once; the connection goes to the answer that was judged."""
    asked = []

    async def flips(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    monkeypatch.setattr(guarded_post, "resolve", flips)
    target = rules.check_target(f"http://hooks.example.org:{receiver.port}/", allows_http=True)
    (outcome,) = guarded_post.post_all([guarded_post.Post(target, {}, b"{}")])
    assert outcome.is_taken
    assert asked == ["hooks.example.org"]
    assert receiver.got[0][0]["host"] == f"hooks.example.org:{receiver.port}"


@pytest.mark.parametrize("addresses", [["223.5.5.5", "127.0.0.1"], ["10.0.0.1"], []])
def test_one_inner_address_among_others_is_enough_to_refuse(monkeypatch, addresses):
    async def resolves(host, port):
        return addresses

    monkeypatch.setattr(guarded_post, "resolve", resolves)
    target = rules.check_target("https://hooks.example.org/")
    (outcome,) = guarded_post.post_all([guarded_post.Post(target, {}, b"{}")])
    assert outcome.said == "refused"


def test_plain_http_goes_to_ones_own_network_only(monkeypatch, own_network):
    async def resolves(host, port):
        return ["223.5.5.5"]

    monkeypatch.setattr(guarded_post, "resolve", resolves)
    target = rules.check_target("http://hooks.example.org/", allows_http=True)
    (outcome,) = guarded_post.post_all([guarded_post.Post(target, {}, b"{}")])
    assert outcome.said == "refused"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org",
        "http://hooks.example.org/",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "https://",
        "https://user:word@hooks.example.org/",
        "https://hooks.example.org\\@127.0.0.1/",
        "https://hooks.example.org:22/",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org/\r\nX: y",
        "https://钩子.example.org/",
        "https://hooks.example.org/" + "x" * 400,
        "https://[::1/",
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(Malformed, match=r"webhook\.url"):
        rules.check_target(url)


@pytest.mark.parametrize(
    "host",
    [
        *(f"[{one}]" if ":" in one else one for one in INNER if "%" not in one and " " not in one),
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "metadata.google.internal",
        "printer.local",
        "intranet",
        "2130706433",
        "127.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "127.0.0.1.",
        "223.5.5",
        "hooks.0x7f",
    ],
)
def test_a_host_that_cannot_be_public_is_refused_when_somebody_subscribes(host):
    target = rules.check_target(f"https://{host}/")
    with pytest.raises(Malformed, match=r"webhook\.url"):
        rules.check_may_be_public(target)


@pytest.mark.parametrize("host", ["hooks.example.org", "223.5.5.5", "[2400:3200::1]", "a.b.cn."])
def test_a_host_that_may_be_public_is_taken(host):
    rules.check_may_be_public(rules.check_target(f"https://{host}/"))


def test_a_site_may_open_its_own_network_to_subscribers():
    own = [ip_network("10.0.0.0/8")]
    rules.check_may_be_public(rules.check_target("https://10.1.2.3/"), own)
    rules.check_may_be_public(rules.check_target("https://oa/"), own)
    with pytest.raises(Malformed):
        rules.check_may_be_public(rules.check_target("https://127.0.0.1/"), own)


def test_a_sound_address_is_taken_apart():
    target = rules.check_target("https://Hooks.example.org:8443/a/b?c=d")
    assert (target.host, target.port, target.path) == ("hooks.example.org", 8443, "/a/b?c=d")
    assert target.host_header == "hooks.example.org:8443"
    assert rules.check_target("https://hooks.example.org").host_header == "hooks.example.org"


# ── Subscribing ─────────────────────────────────────────────────────────────────────────────────


def test_the_secret_is_shown_once_and_sealed(subscribe):
    made = subscribe()
    kept = WebhookSubscription.objects.get(id=made.webhook_id)
    assert made.secret.startswith("whsec_")
    assert made.secret.encode() not in bytes(kept.secret_sealed)


def test_a_changed_secret_signs_from_now_on(subscribe, unions, receiver, client_of_county):
    made = subscribe()
    fresh = rotate_webhook_secret(webhook_id=made.webhook_id, actor=client_of_county, now=NOON)
    publish(unions)
    deliver_webhooks(now=NOON)
    ((headers, body, _),) = receiver.got
    what = {
        "message_id": headers["webhook-id"],
        "timestamp": int(headers["webhook-timestamp"]),
        "body": body,
    }
    assert fresh.secret != made.secret
    assert headers["webhook-signature"] == rules.signature(fresh.secret, **what)


def test_a_trial_message_reaches_this_one_only(subscribe, unions, receiver, client_of_county):
    made = subscribe()
    subscribe()
    ping_webhook(webhook_id=made.webhook_id, actor=client_of_county, now=NOON)
    assert deliver_webhooks(now=NOON) == 1
    assert json.loads(receiver.got[0][1])["type"] == "notices.ping"
    (row,) = list_deliveries(made.webhook_id, actor=client_of_county)
    assert row.delivered_at == NOON


def test_a_dropped_subscription_hears_no_more(subscribe, unions, receiver, client_of_county):
    made = subscribe()
    publish(unions)
    drop_webhook(webhook_id=made.webhook_id, actor=client_of_county, now=NOON)
    assert deliver_webhooks(now=NOON) == publish(unions) == 0
    with pytest.raises(Malformed, match=r"webhook\.disabled"):
        ping_webhook(webhook_id=made.webhook_id, actor=client_of_county, now=NOON)


def test_who_may_subscribe_and_see(subscribe, client_of_county, client_of_other, unions):
    with pytest.raises(NotFound):
        subscribe(actor=client_of_other)
    with pytest.raises(Forbidden):
        subscribe(actor=OFFICER)
    made = subscribe()
    for action in (drop_webhook, rotate_webhook_secret, ping_webhook, enable_webhook):
        with pytest.raises(NotFound):
            action(webhook_id=made.webhook_id, actor=client_of_other, now=NOON)
    assert [row.id for row in list_webhooks(actor=client_of_county)] == [made.webhook_id]
    assert list_webhooks(actor=client_of_other) == []
    with pytest.raises(NotFound):
        list_deliveries(made.webhook_id, actor=client_of_other)
    with pytest.raises(Forbidden):
        list_webhooks(actor=OFFICER)


def test_a_token_subscribes_within_its_own_union_only(subscribe, token, unions):
    from nuanxin.kernel.actor import SYSTEM

    with pytest.raises(NotFound):
        subscribe(union="other", actor=SYSTEM)
    with pytest.raises(NotFound):
        subscribe(union="root", actor=SYSTEM)
    assert subscribe(union="below", actor=SYSTEM)


@pytest.mark.parametrize("kinds", [[], ["approved"], ["会籍.批准"], [f"a.{n}" for n in range(41)]])
def test_kinds_are_named(subscribe, kinds):
    with pytest.raises(Malformed, match=r"webhook\.kinds"):
        subscribe(kinds=kinds)


def test_deliveries_are_forgotten_after_their_days(subscribe, unions):
    subscribe()
    publish(unions)
    assert forget_old(now=NOON + timedelta(days=89)) == 0
    assert forget_old(now=NOON + timedelta(days=91)) == 1
