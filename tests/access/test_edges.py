"""At the edge: programs and their tokens, problem+json, headers, refusals as pages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from nuanxin.access.middleware.headers import CONTENT_SECURITY_POLICY
from nuanxin.access.models import ApiToken
from nuanxin.access.permissions import public, requirement_of, requires
from tests.access.urls_api import api
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def toy(settings: Any) -> None:
    """Serve the small API besides the product's own addresses."""
    settings.ROOT_URLCONF = "tests.access.urls_api"


@pytest.mark.usefixtures("toy")
def test_a_token_opens_what_it_was_given(cast: Cast) -> None:
    program = cast.client("api_client")
    answer = program.get("/api/toy/rosters")
    assert answer.status_code == 200
    assert answer.json()["name"] == "接口：迅达速运人事系统"


@pytest.mark.usefixtures("toy")
def test_a_token_without_the_right_is_told_so(cast: Cast) -> None:
    ApiToken.objects.update(scopes=["roster.create"])
    answer = cast.client("api_client").get("/api/toy/rosters")
    assert answer.status_code == 403
    assert answer.json()["code"] == "access.token_lacks_right"
    assert answer.json()["details"] == {"needs": ["roster.view"]}
    assert cast.client("api_client").get("/api/toy/figures").status_code == 200


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("header", ["", "Bearer nx_wrong", "Bearer", "Basic abc"])
def test_without_a_good_token_a_program_is_asked_who_it_is(cast: Cast, header: str) -> None:
    answer = Client(HTTP_AUTHORIZATION=header).get("/api/toy/rosters")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json; charset=utf-8"
    assert answer.json()["code"] == "access.token_needed"
    assert Client(HTTP_AUTHORIZATION=header).get("/api/toy/figures").status_code == 200


@pytest.mark.usefixtures("toy")
def test_a_browsers_session_opens_nothing_for_programs(cast: Cast) -> None:
    """So no foreign page can make a signed-in browser call the API."""
    browser = cast.client("county_cadre")
    assert browser.get("/api/toy/rosters").status_code == 401
    assert browser.get("/api/toy/open").json() == {"name": ""}


def test_a_token_opens_no_page(cast: Cast) -> None:
    assert cast.client("api_client").get("/desk/posts/").status_code == 302


@pytest.mark.usefixtures("toy")
def test_an_operation_without_a_right_is_refused_by_itself(cast: Cast) -> None:
    program = cast.client("api_client")
    for answer in (
        program.get("/api/toy/forgotten"),
        program.post("/api/toy/half", {}, "application/json"),
    ):
        assert answer.status_code == 403
        assert answer.json()["code"] == "access.address_without_right"
    assert program.get("/api/toy/half").status_code == 200
    assert program.get("/api/toy/").status_code == 403


@pytest.mark.usefixtures("toy")
def test_each_operation_of_an_address_has_its_own_right() -> None:
    view = resolve("/api/toy/rosters").func
    needed = {method: requirement_of(view, method) for method in ("GET", "POST", "HEAD")}
    assert {m: r.rights if r else None for m, r in needed.items()} == {
        "GET": ("roster.view",),
        "POST": ("roster.create",),
        "HEAD": ("roster.view",),
    }
    assert api.urls_namespace == "toy"


@pytest.mark.usefixtures("toy")
def test_a_refusal_is_a_problem_with_code_sentence_and_details(cast: Cast) -> None:
    answer = cast.client("api_client").post("/api/toy/rosters", {}, "application/json")
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "urn:nuanxin:problem:toy.busy",
        "title": "现在的状态不允许",
        "status": 409,
        "code": "toy.busy",
        "detail": "正忙。",
        "details": {"rows": 3},
    }


@pytest.mark.usefixtures("toy")
def test_not_there_and_not_yours_are_the_same_bytes_for_programs(cast: Cast) -> None:
    program = cast.client("api_client")
    assert program.get("/api/toy/rosters/1").content == program.get("/api/toy/rosters/2").content


def test_a_refusal_is_a_page_with_code_and_sentence(cast: Cast) -> None:
    answer = cast.client("officer_chen").get("/desk/posts/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "access.no_right" in page
    assert "请找上级工会给您加上" in page


def test_a_script_is_told_to_go_to_the_sign_in_page(cast: Cast) -> None:
    answer = Client().get("/desk/posts/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/desk/sign-in/"


def test_what_was_sent_after_the_session_ended_leads_back_to_its_page_and_says_so(
    cast: Cast,
) -> None:
    sent = Client().post("/desk/posts/grant/", HTTP_REFERER="http://testserver/desk/posts/grant/")
    assert sent["Location"] == "/desk/sign-in/?next=%2Fdesk%2Fposts%2Fgrant%2F&lost=1"
    assert "刚才那一步没有办" in Client().get(sent["Location"]).content.decode()
    strange = Client().post("/desk/posts/grant/", HTTP_REFERER="https://example.org/desk/")
    assert strange["Location"] == "/desk/sign-in/?lost=1"


def test_the_way_to_sign_in_remembers_where_one_was_going(cast: Cast) -> None:
    asked = Client().get("/desk/posts/?show=waiting")
    assert asked["Location"] == "/desk/sign-in/?next=%2Fdesk%2Fposts%2F%3Fshow%3Dwaiting"
    posted = Client().post("/desk/posts/5/approve/")
    assert posted["Location"] == "/desk/sign-in/?lost=1", "what was sent is not sent again"


@pytest.mark.parametrize("path", ["/sign-in/", "/desk/sign-in/", "/desk/posts/", "/nowhere/"])
def test_every_answer_carries_the_headers(cast: Cast, path: str) -> None:
    answer = cast.client("county_cadre").get(path)
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in answer["Permissions-Policy"]


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("who", "path", "is_kept"),
    [
        ("county_cadre", "/desk/posts/", False),
        ("county_cadre", "/desk/posts/999999999/", False),
        ("officer_chen", "/desk/posts/", False),
        ("anonymous", "/desk/posts/", False),
        ("rider_ye", "/sign-in/", False),
        ("anonymous", "/offline/", True),
    ],
)
def test_personal_pages_are_stored_nowhere(cast: Cast, who: str, path: str, is_kept: bool) -> None:
    answer = cast.client(who).get(path)
    assert (answer.headers.get("Cache-Control") == "no-store, private") is not is_kept


def test_pages_of_this_package_hold_nothing_inline(cast: Cast) -> None:
    for who, path in (
        ("anonymous", "/sign-in/"),
        ("anonymous", "/desk/sign-in/"),
        ("county_cadre", "/desk/posts/"),
        ("county_cadre", "/desk/posts/grant/"),
        ("county_cadre", "/desk/tokens/"),
        ("county_cadre", "/desk/tokens/new/"),
        ("county_cadre", "/desk/matrix/"),
        ("county_cadre", "/desk/me/"),
        ("system_admin", "/desk/accounts/"),
        ("system_admin", "/desk/accounts/new/"),
    ):
        page = cast.same_client(who).get(path).content.decode()
        assert " style=" not in page, path
        assert "<script>" not in page, path
        assert "onclick" not in page, path


def test_a_right_that_the_policy_does_not_know_stops_the_module() -> None:
    with pytest.raises(KeyError):
        requires("no.such_right")
    with pytest.raises(ValueError, match="at least one right"):
        requires()
    assert requirement_of(public(lambda request: None)).is_public  # type: ignore[union-attr]


def test_behind_our_own_proxy_the_network_is_the_askers(cast: Cast, settings: Any, rf: Any) -> None:
    from nuanxin.access.pages.origins import address_of

    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")
    assert address_of(request) == "10.0.0.1"
    settings.PROXIES_BEFORE_US = 1
    assert address_of(request) == "203.0.113.9"
    settings.PROXIES_BEFORE_US = 3
    assert address_of(request) == "10.0.0.1"
