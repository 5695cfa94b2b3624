"""Coming from a host app: away to its sign-in and back with a one-time ticket."""

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from nuanxin.access import actions, rules
from nuanxin.access.permissions import public
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Forbidden

COOKIE = "nx_departure"
KEPT_SECONDS = 600


@public
@require_GET
def depart(request: HttpRequest, provider: str) -> HttpResponse:
    """Send the browser to the host's sign-in; what must come back with it is sealed in a cookie."""
    from nuanxin.access.actions import oidc

    host = oidc.get_provider(provider)
    departure = oidc.depart(host, return_url=_return_url(provider))
    sealed = oidc.seal_departure(
        departure,
        provider=provider,
        way_on=rules.safe_way_on(request.GET.get("next", ""), otherwise=""),
        until=time.time() + KEPT_SECONDS,
    )
    response = HttpResponseRedirect(departure.url)
    response.set_cookie(
        COOKIE,
        sealed,
        max_age=KEPT_SECONDS,
        path=reverse("sign-in"),
        httponly=True,
        secure=settings.IS_HTTPS,
        samesite="Lax",
    )
    return response


@public
@require_GET
def arrive(request: HttpRequest, provider: str) -> HttpResponse:
    """Take the ticket that the host gave; sign in, or keep the verified person for joining."""
    from nuanxin.access.actions import oidc

    host = oidc.get_provider(provider)
    departed = oidc.unseal_departure(request.COOKIES.get(COOKIE, ""), at=time.time())
    _check_same_journey(request, provider, departed)
    assert departed is not None
    now = clock.now()
    person = oidc.arrive(
        host,
        ticket=request.GET.get("code", ""),
        nonce=departed["nonce"],
        verifier=departed["verifier"],
        return_url=_return_url(provider),
        now=now,
    )
    account_id = actions.sign_in_from_host(person=person, now=now)
    if account_id is not None:
        actions.begin_session(
            request.session, account_id=account_id, kind=SessionKind.HOST, now=now
        )
        way_on = departed["way_on"] or _address("worker-me")
    else:
        actions.hold_host_person(request.session, person=person, now=now)
        request.session.cycle_key()
        way_on = departed["way_on"] or _address("join")
    response = HttpResponseRedirect(way_on or "/")
    response.delete_cookie(COOKIE, path=reverse("sign-in"))
    return response


def _check_same_journey(
    request: HttpRequest, provider: str, departed: dict[str, Any] | None
) -> None:
    """Raise ``Forbidden`` unless this browser left for this host and comes back with its state."""
    state = request.GET.get("state", "")
    if (
        departed is None
        or departed["provider"] != provider
        or not state
        or departed["state"] != state
        or not request.GET.get("code")
    ):
        raise Forbidden(
            "access.host_journey_broken",
            "从合作平台回来的路上断了，没有登录。从那个平台再进一次，或者用手机号登录。",
        )


def _return_url(provider: str) -> str:
    return settings.PUBLIC_ADDRESS.rstrip("/") + reverse("sign-in-host-return", args=[provider])


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
