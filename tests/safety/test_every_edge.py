"""What holds at every address alike: forgery, foreign origins, caches, methods that must not write.

Safety, section 2: CSRF and cross-origin, stale caches, GET writes nothing.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from nuanxin.kernel import policy
from nuanxin.kernel.actor import ANONYMOUS
from tests.cast import Cast
from tests.walk.routes import Route, all_routes
from tests.walk.samples import SAMPLES
from tests.walk.test_walk import written

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TEMPLATES = Path(__file__).parents[2]

ROUTES = all_routes()
PAGES = [route for route in ROUTES if not route.is_for_programs]
GUARDED = [route for route in PAGES if not route.is_public]
EVERYBODY = ("rider_ye", "officer_chen", "county_cadre", "system_admin")


def _ids(routes: list[Route]) -> list[Any]:
    return [pytest.param(route, id=route.name) for route in routes]


def address(route: Route) -> str:
    """Return an address of the route; the object in it need not exist."""
    sample = SAMPLES.get(route.name)
    return reverse(route.name, kwargs=sample.missing if sample else {})


def browser(cast: Cast, name: str, **options: Any) -> Client:
    return cast.same_client(name, raise_request_exception=False, **options)


@pytest.mark.parametrize("route", _ids(PAGES))
def test_nothing_is_done_for_a_form_of_another_site(route: Route, cast: Cast) -> None:
    """Without the token, and with it but from a foreign origin: refused before anything is read."""
    client = browser(cast, "county_cadre", enforce_csrf_checks=True)
    before = written()
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)(address(route), {"do": "send"})
        # 405 where an address takes nothing sent at all, as the one of its health
        assert answer.status_code in (403, 405), method
    token = "a" * 32
    client.cookies["csrftoken"] = token
    foreign = client.post(
        address(route),
        {"csrfmiddlewaretoken": token},
        headers={"Origin": "https://evil.example"},
    )
    assert foreign.status_code in (403, 405)
    assert written() == before


@pytest.mark.parametrize("route", _ids(GUARDED))
def test_nothing_of_a_person_is_kept_by_a_cache(route: Route, cast: Cast) -> None:
    for name in EVERYBODY:
        answer = browser(cast, name).get(address(route))
        assert answer["Cache-Control"] == "no-store, private", f"{answer.status_code} for {name}"
        assert "ETag" not in answer
        assert "Last-Modified" not in answer


@pytest.mark.parametrize("route", _ids(ROUTES))
def test_looking_with_head_options_or_trace_writes_nothing(route: Route, cast: Cast) -> None:
    client = browser(cast, "county_cadre")
    before = written()
    for method in ("HEAD", "OPTIONS", "TRACE"):
        answer = client.generic(method, address(route))
        assert answer.status_code < 500
        assert "Access-Control-Allow-Credentials" not in answer.headers
        if answer.headers.get("Access-Control-Allow-Origin"):
            assert is_open_to_everybody(route), "another site reads what is not public"
    assert written() == before


def is_open_to_everybody(route: Route) -> bool:
    """Return whether everything that can be read there is public by the policy file."""
    needed = route.requirements.get("GET")
    return needed is not None and (
        needed.is_public or any(policy.holds(ANONYMOUS, right) for right in needed.rights)
    )


@pytest.mark.parametrize("route", _ids(ROUTES))
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000"])
def test_a_host_that_is_not_ours_is_refused_everywhere(route: Route, host: str) -> None:
    answer = Client(raise_request_exception=False).get(address(route), headers={"Host": host})
    assert answer.status_code == 400
    assert b"evil" not in answer.content


def test_every_form_that_posts_carries_the_token() -> None:
    files = [*TEMPLATES.glob("templates/**/*.html"), *TEMPLATES.glob("nuanxin/**/*.html")]
    bare = [
        f"{path.name}: {form[:80]}"
        for path in files
        for form in re.findall(
            r'<form[^>]*method="post"(?:(?!</form>).)*', path.read_text(encoding="utf-8"), re.S
        )
        if "csrf_token" not in form and 'action="#"' not in form  # the gallery's lead nowhere
    ]
    assert not bare
