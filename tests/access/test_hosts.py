"""Coming from a host app, against a real OpenID Connect provider in a process of its own."""

import socket
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as site
from django.test import Client

from nuanxin.access import actions, queries
from nuanxin.access.actions import oidc
from nuanxin.access.models import Account, HostBinding, Session, UsedTicket
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock, sealing
from nuanxin.kernel.errors import Conflict
from nuanxin.people.models import Worker
from tests.access.host_app import PEOPLE
from tests.access.provider import RETURN, Host
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.process]


def leave(client: Client, way_on: str = "/join/") -> str:
    answer = client.get("/sign-in/host/zlb/", {"next": way_on})
    assert answer.status_code == 302
    return str(answer["Location"])


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_we_ask_with_state_nonce_and_pkce(cast: Cast, host: Host) -> None:
    client = Client()
    asked = parse_qs(urlsplit(leave(client)).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 32
    assert len(asked["nonce"][0]) >= 32
    cookie = client.cookies["nx_departure"]
    assert cookie["httponly"]
    assert asked["state"][0] not in cookie.value
    assert not Session.objects.exists()


def test_a_new_person_comes_with_verified_name_and_number(cast: Cast, host: Host) -> None:
    """So that joining needs no typed field."""
    client = Client()
    back = host.sign_in(leave(client), "new")
    answer = client.get(path_of(back))
    assert answer.status_code == 302
    assert answer["Location"] == "/join/"
    request = client.get("/sign-in/").wsgi_request
    person = queries.host_person_of(request)
    assert person is not None
    assert (person.provider, person.name) == ("zlb", "江小雪")
    assert (person.identity, person.phone) == (PEOPLE["new"]["idcard"], "19900008888")
    kept = str(Session.objects.values_list("data", flat=True))
    assert person.identity not in kept
    assert "江小雪" not in kept
    assert person.identity not in repr(person)
    assert request.session.actor.account_id is None


def register(cast: Cast, number: str) -> Worker:
    """Give rider Ye the identity number that the host knows."""
    worker = cast.accounts["rider_ye"].worker
    assert worker is not None
    identity_hash = sealing.lookup_hash("identity", number)
    worker.identity_hash = identity_hash
    worker.identity_sealed = sealing.seal("identity", number, identity_hash)
    worker.save()
    return worker


def test_a_known_number_signs_in_and_is_bound_for_the_next_time(cast: Cast, host: Host) -> None:
    worker = register(cast, PEOPLE["known"]["idcard"])
    client = Client()
    client.get(path_of(host.sign_in(leave(client, "/desk/me/"), "known")))
    row = Session.objects.get()
    assert row.account == cast.accounts["rider_ye"]
    assert row.kind == SessionKind.HOST
    assert HostBinding.objects.get().account == cast.accounts["rider_ye"]
    worker.identity_hash, worker.identity_sealed = None, None
    worker.save()
    again = Client()
    again.get(path_of(host.sign_in(leave(again), "known")))
    assert Session.objects.filter(account=cast.accounts["rider_ye"]).count() == 2


def test_a_name_alone_never_finds_an_account(cast: Cast, host: Host) -> None:
    """The host's «known» is called 叶小满 like rider Ye and has his phone, but not his number."""
    client = Client()
    client.get(path_of(host.sign_in(leave(client), "known")))
    assert not HostBinding.objects.exists()
    assert not Session.objects.filter(account__isnull=False).exists()


def test_who_is_registered_without_account_gets_one(cast: Cast, host: Host) -> None:
    worker = register(cast, PEOPLE["known"]["idcard"])
    Account.objects.filter(id=cast.account_id("rider_ye")).delete()
    client = Client()
    client.get(path_of(host.sign_in(leave(client), "known")))
    account = Account.objects.get(worker=worker)
    assert Session.objects.get().account == account
    assert account.phone_hash is None


def test_what_does_not_hold_is_left_for_the_person_to_type(cast: Cast, host: Host) -> None:
    client = Client()
    client.get(path_of(host.sign_in(leave(client), "unsound")))
    person = queries.host_person_of(client.get("/sign-in/").wsgi_request)
    assert person is not None
    assert (person.name, person.identity, person.phone) == ("某某", "", "")


def test_a_ticket_works_once(cast: Cast, host: Host) -> None:
    client = Client()
    back = path_of(host.sign_in(leave(client), "new"))
    departure = client.cookies["nx_departure"].value
    assert client.get(back).status_code == 302
    client.cookies["nx_departure"] = departure
    assert client.get(back).status_code == 409
    assert UsedTicket.objects.count() == 1


def test_a_ticket_of_somebody_elses_journey_is_refused(cast: Cast, host: Host) -> None:
    """Log-in CSRF: the attacker's own ticket in the victim's browser."""
    attacker, victim = Client(), Client()
    back = path_of(host.sign_in(leave(attacker), "new"))
    assert victim.get(back).status_code == 403
    leave(victim)
    assert victim.get(back).status_code == 403
    assert not Session.objects.exists()
    assert not UsedTicket.objects.exists()


def test_an_altered_departure_is_refused(cast: Cast, host: Host) -> None:
    client = Client()
    back = path_of(host.sign_in(leave(client), "new"))
    value = client.cookies["nx_departure"].value
    client.cookies["nx_departure"] = value[:-2] + ("00" if value[-2:] != "00" else "11")
    assert client.get(back).status_code == 403


def test_an_invented_ticket_is_not_believed(cast: Cast, host: Host) -> None:
    client = Client()
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    answer = client.get(RETURN, {"code": "invented", "state": state})
    assert answer.status_code == 403
    assert not Session.objects.exists()


def test_a_ticket_for_another_nonce_or_verifier_is_not_believed(cast: Cast, host: Host) -> None:
    provider = oidc.get_provider("zlb")
    return_url = site.PUBLIC_ADDRESS + RETURN
    for spoilt in ("nonce", "verifier"):
        departure = oidc.depart(provider, return_url=return_url)
        back = parse_qs(urlsplit(host.sign_in(departure.url, "new")).query)
        values = {"nonce": departure.nonce, "verifier": departure.verifier}
        values[spoilt] = values[spoilt][::-1]
        with pytest.raises(oidc.Forbidden) as refused:
            oidc.arrive(
                provider, ticket=back["code"][0], return_url=return_url, now=clock.now(), **values
            )
        assert refused.value.code == "access.host_not_believed"


def test_a_host_under_another_name_or_key_is_not_believed(
    cast: Cast, host: Host, settings: Any
) -> None:
    settings.OIDC_PROVIDERS["zlb"]["issuer"] = host.issuer.replace("127.0.0.1", "localhost")
    assert Client().get("/sign-in/host/zlb/").status_code == 503
    settings.OIDC_PROVIDERS["zlb"]["issuer"] = host.issuer
    oidc.forget_metadata()
    provider = oidc.get_provider("zlb")
    departure = oidc.depart(provider, return_url=site.PUBLIC_ADDRESS + RETURN)
    back = parse_qs(urlsplit(host.sign_in(departure.url, "new")).query)
    _, metadata = oidc._metadata_kept["zlb"]
    from joserfc.jwk import RSAKey

    metadata["jwks"] = {"keys": [RSAKey.generate_key(2048).as_dict(private=False)]}
    with pytest.raises(oidc.Forbidden):
        oidc.arrive(
            provider,
            ticket=back["code"][0],
            nonce=departure.nonce,
            verifier=departure.verifier,
            return_url=site.PUBLIC_ADDRESS + RETURN,
            now=clock.now(),
        )


def test_a_silent_host_is_said_so_and_the_phone_way_stays(cast: Cast, settings: Any) -> None:
    with socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        port = shut.getsockname()[1]
    settings.OIDC_PROVIDERS = {
        "zlb": {"issuer": f"http://127.0.0.1:{port}/o", "client_id": "x", "label": "浙里办"}
    }
    oidc.forget_metadata()
    answer = Client().get("/sign-in/host/zlb/")
    assert answer.status_code == 503
    assert "浙里办这会儿没有回应。用手机号也能登录" in answer.content.decode()


def test_an_unknown_host_is_not_there(cast: Cast) -> None:
    assert Client().get("/sign-in/host/nobody/").status_code == 404
    assert Client().get("/sign-in/host/nobody/return/").status_code == 404


def test_the_sign_in_page_offers_the_sites_hosts(cast: Cast, host: Host) -> None:
    page = Client().get("/sign-in/?next=/join/").content.decode()
    assert "浙里办" in page
    assert "/sign-in/host/zlb/?next=%2Fjoin%2F" in page


def test_a_subject_is_bound_to_one_account(cast: Cast) -> None:
    for _ in range(2):
        actions.bind_host(
            provider="zlb",
            subject="s1",
            account_id=cast.account_id("rider_ye"),
            actor=cast.rider_ye,
            now=cast.now,
        )
    with pytest.raises(Conflict):
        actions.bind_host(
            provider="zlb",
            subject="s1",
            account_id=cast.account_id("rider_lu"),
            actor=cast.rider_lu,
            now=cast.now,
        )
    assert HostBinding.objects.get().account_id == cast.account_id("rider_ye")
