"""The frame: tabs that exist, large type, error pages in two voices, a light first view."""

import gzip
import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path

from config import assets
from config.presentation import pages
from config.presentation.context import frame
from config.presentation.errors import STATUSES, render_error
from tests.design.test_templates import BANNED_WORDS, faults_of

FIRST_VIEW_BYTES = 60_000


def answer(request):
    return HttpResponse("")


urlpatterns = [
    path("", answer, name="worker-home"),
    path("me/", answer, name="worker-me"),
    path("large", answer, name="large"),
    path("card/", answer, name="worker-card"),
]


@pytest.mark.urls(__name__)
def test_a_room_has_a_tab_once_its_address_exists(rf) -> None:
    told = frame(rf.get("/me/consents/?x=1"))
    assert [tab["label"] for tab in told["worker_tabs"]] == ["首页", "我的"]
    assert [tab["active"] for tab in told["worker_tabs"]] == [False, True]
    assert told["card_url"] == "/card/"


@pytest.mark.urls(__name__)
def test_large_type_is_one_tap_away_and_back_on_the_same_page(rf) -> None:
    request = rf.get("/me/?x=1")
    assert frame(request)["large_url"] == "/large?on=1&next=%2Fme%2F%3Fx%3D1"
    request.COOKIES["nx_large"] = "1"
    assert frame(request)["large_url"] == "/large?on=0&next=%2Fme%2F%3Fx%3D1"


def test_large_type_is_set_on_the_page(page) -> None:
    html = page("/gallery/", cookies={"nx_large": "1"})
    assert '<html lang="zh-Hans" class="nx-large">' in html


@pytest.mark.parametrize("look", ["worker", "desk"])
@pytest.mark.parametrize("status", STATUSES)
def test_each_error_has_a_page_with_one_way_on_and_somebody_to_call(
    page, status: int, look: str
) -> None:
    html = page(f"/gallery/errors/{status}/?look={look}", view=pages.gallery_error, status=status)
    assert len(re.findall(r'class="(?:nx-btn nx-btn-red|btn go)"', html)) == 1
    assert "12351" in html
    assert not BANNED_WORDS.search(html)
    assert faults_of(html) == []
    spoken = re.sub(r"<[^>]+>", "", html)
    assert ("您" in spoken) <= (look == "desk")


def test_not_found_reads_the_same_wherever_it_is(rf) -> None:
    there, elsewhere = (render_error(rf.get(f"/members/{n}/"), 404) for n in (1, 2))
    assert there.content == elsewhere.content


def test_an_officer_and_a_worker_are_answered_in_their_own_voice(rf) -> None:
    assert "nx-page" in pages.page_not_found(rf.get("/join/x")).content.decode()
    assert 'class="bar"' in pages.page_not_found(rf.get("/desk/x")).content.decode()


def test_a_refusal_keeps_its_own_sentence_and_code(rf) -> None:
    said = "您已是拱墅区外卖配送行业工会联合会会员，可一键转会。"
    html = render_error(rf.get("/join/"), 409, sentence=said, code="membership.already_member")
    assert html.status_code == 409
    assert said in html.content.decode()
    assert "membership.already_member" in html.content.decode()


def test_a_limit_says_when_to_come_back(rf) -> None:
    answered = render_error(rf.get("/join/"), 429, retry_after_seconds=300)
    assert "过 5 分钟再来" in answered.content.decode()
    assert answered["Retry-After"] == "300"


def test_the_way_back_never_leads_to_another_site(rf) -> None:
    ours = rf.post("/desk/x", headers={"referer": "http://testserver/desk/imports/"})
    theirs = rf.post("/desk/x", headers={"referer": "http://elsewhere.example/"})
    assert 'href="http://testserver/desk/imports/"' in render_error(ours, 409).content.decode()
    assert "elsewhere" not in render_error(theirs, 409).content.decode()


def test_the_page_for_a_fault_asks_nothing_that_may_be_broken(rf, monkeypatch) -> None:
    monkeypatch.setattr("config.presentation.context.address_of", _broken)
    assert pages.server_error(rf.get("/desk/")).status_code == 500


def _broken(*args, **kwargs):
    raise RuntimeError("broken")


def first_view(html: str) -> int:
    """Return the gzipped bytes of a page with its own style sheet and scripts."""
    parts = [html, assets.join_bundle("css/worker.css")]
    for name in re.findall(r'<script src="/static/js/(\w+)\.js"', html):
        parts.append((assets.STATIC_ROOT_OF_SOURCE / "js" / f"{name}.js").read_text("utf-8"))
    return sum(len(gzip.compress(part.encode(), 9)) for part in parts)


def test_the_heaviest_worker_page_stays_under_the_limit(page) -> None:
    assert first_view(page("/gallery/")) < FIRST_VIEW_BYTES


def test_the_page_without_a_network_is_light_and_whole(page) -> None:
    html = page("/offline/", view=pages.offline)
    assert faults_of(html) == []
    assert first_view(html) < FIRST_VIEW_BYTES // 4


def test_a_form_that_is_too_old_says_that_nothing_was_done(rf: RequestFactory) -> None:
    html = pages.csrf_failure(rf.post("/join/")).content.decode()
    assert "这一次没有办" in html


def test_a_request_that_knows_nothing_of_itself_is_answered_too() -> None:
    bare = HttpRequest()
    bare.method, bare.path = "GET", "/desk"
    for status in STATUSES:
        assert render_error(bare, status).status_code == status
