"""HTTP itself below /api/: methods, types, sizes, keeping, packing, foreign pages, how often."""

import gzip
import json
from typing import Any

import pytest

from nuanxin.desk.api.throttle import JOIN_THROTTLE, THROTTLE, WINDOW_SECONDS
from tests.cast import Cast
from tests.desk.test_api import person, refused, send

LIVE = "/api/v1/figures/membership.live_members_persons"
PUBLIC = ["/api/v1/figures", LIVE, "/api/v1/unions", "/api/v1/openapi.json"]


@pytest.fixture
def anybody(cast: Cast) -> Any:
    """Return a program without a token."""
    return cast.client("anonymous")


@pytest.mark.parametrize("path", PUBLIC)
def test_public_reads_may_be_kept_and_read_by_pages_of_any_site(anybody: Any, path: str) -> None:
    answer = anybody.get(path)
    assert answer["Cache-Control"] == "public, max-age=60"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer
    again = anybody.get(path, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    assert again["Access-Control-Allow-Origin"] == "*"
    assert anybody.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200


def test_a_figure_has_the_same_tag_until_it_is_another(anybody: Any) -> None:
    first, second = anybody.get(LIVE), anybody.get(LIVE)
    assert first.json()["measured_at"] != second.json()["measured_at"]
    assert first["ETag"] == second["ETag"]
    assert first["ETag"] != anybody.get(f"{LIVE}?region=330105")["ETag"]


@pytest.mark.parametrize("path", ["/api/v1/members", "/api/v1/webhooks", "/api/v1/rosters/1"])
def test_what_needs_a_token_is_kept_nowhere_and_for_no_foreign_page(cast: Cast, path: str) -> None:
    for client in (cast.client("api_client"), cast.client("anonymous")):
        answer = client.get(path, headers={"Origin": "https://elsewhere.example"})
        assert answer["Cache-Control"] == "no-store, private"
        assert "Access-Control-Allow-Origin" not in answer
        assert "ETag" not in answer


def test_head_answers_as_get_does_without_the_words(anybody: Any) -> None:
    got, head = anybody.get(LIVE), anybody.head(LIVE)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head["Content-Length"]) == len(got.content)
    assert head["ETag"] == got["ETag"]
    assert anybody.head("/api/v1/figures/nothing").status_code == 404


def test_options_names_the_methods(cast: Cast, anybody: Any) -> None:
    answer = anybody.options("/api/v1/unions")
    assert (answer.status_code, answer["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert cast.client("api_client").options("/api/v1/rosters")["Allow"] == "POST, OPTIONS"
    assert anybody.put("/api/v1/unions")["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(("wish", "status"), [("image/png", 406), ("text/html", 406)])
def test_only_json_is_answered(anybody: Any, wish: str, status: int) -> None:
    assert refused(anybody.get(LIVE, headers={"Accept": wish}), status) == "http.406"


@pytest.mark.parametrize(
    "wish", ["*/*", "application/*", "application/json", "text/html,*/*;q=0.1"]
)
def test_json_is_answered_to_whoever_takes_it(anybody: Any, wish: str) -> None:
    assert anybody.get(LIVE, headers={"Accept": wish}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "application/json; charset=gbk", "multipart/form-data"],
)
def test_another_type_of_content_is_not_read(cast: Cast, kind: str) -> None:
    answer = cast.client("api_client").post("/api/v1/applications", "{}", content_type=kind)
    assert refused(answer, 415) == "http.415"


@pytest.mark.parametrize(("length", "status"), [(2 << 20, 400), ((2 << 20) + 1, 413)])
def test_a_body_has_a_limit(cast: Cast, length: int, status: int) -> None:
    answer = cast.client("api_client").post(
        "/api/v1/rosters", b"x" * length, content_type="application/json"
    )
    assert refused(answer, status)


def test_a_form_beyond_the_limit_is_refused_before_it_is_read(cast: Cast) -> None:
    answer = cast.client("api_client").post(
        "/api/v1/rosters",
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(27 << 20),
    )
    assert refused(answer, 413) == "http.413"


def test_a_body_of_unknown_length_is_refused(cast: Cast) -> None:
    answer = cast.client("api_client").post(
        "/api/v1/rosters",
        "{}",
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
    )
    assert refused(answer, 411) == "http.411"


def test_who_is_unknown_is_told_how_to_sign_in(anybody: Any) -> None:
    assert anybody.get("/api/v1/members")["WWW-Authenticate"] == 'Bearer realm="nuanxin"'
    stale = anybody.get("/api/v1/members", headers={"Authorization": "Bearer nx_old"})
    assert refused(stale, 401) == "access.token_needed"
    assert stale["WWW-Authenticate"].endswith('error="invalid_token"')


def test_large_answers_are_packed_for_who_can_unpack(anybody: Any) -> None:
    plain = anybody.get("/api/v1/openapi.json")
    packed = anybody.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in plain["Vary"]
    assert len(packed.content) * 5 < len(plain.content)
    assert json.loads(gzip.decompress(packed.content)) == plain.json()
    assert packed["ETag"] == plain["ETag"]


def test_chinese_is_written_as_it_is_read(anybody: Any) -> None:
    assert "在籍会员" in anybody.get(LIVE).content.decode()


def test_there_is_nothing_at_the_root(anybody: Any) -> None:
    assert refused(anybody.get("/api/v1/"), 404) == "http.404"


def test_who_asks_too_often_waits_a_little(
    cast: Cast, anybody: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(THROTTLE, "reads", 2)
    monkeypatch.setattr(THROTTLE, "_counts", {})
    clock = [1_000.0]
    monkeypatch.setattr(THROTTLE, "now", lambda: clock[0])
    answers = [anybody.get("/api/v1/unions") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert refused(answers[-1], 429) == "http.429"
    assert 1 <= int(answers[-1]["Retry-After"]) <= WINDOW_SECONDS
    program = cast.client("api_client")
    assert program.get("/api/v1/members").status_code == 200  # a token has its own count
    clock[0] += WINDOW_SECONDS
    assert anybody.get("/api/v1/unions").status_code == 200


def test_writes_have_the_narrower_bound(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for throttle in (THROTTLE, JOIN_THROTTLE):
        monkeypatch.setattr(throttle, "writes", 1)
        monkeypatch.setattr(throttle, "_counts", {})
        monkeypatch.setattr(throttle, "now", lambda: 1_000.0)
    client = cast.client("api_client")
    assert send(client, "rosters", {}).status_code == 422
    assert refused(send(client, "rosters", {}), 429) == "http.429"
    # Asking to join has a bound of its own: a host app's one token hands in everybody's.
    assert send(client, "applications", person(union="NOPE")).status_code == 404
    assert refused(send(client, "applications", person(union="NOPE")), 429) == "http.429"


def test_a_parameter_left_empty_is_not_asked_for(anybody: Any) -> None:
    empty = anybody.get(f"{LIVE}?region=&as_of=&occupation=&channel=&period=").json()
    assert empty["region"] == "330000"
    assert anybody.get("/api/v1/unions?region=&kind=").status_code == 200


def test_a_fault_is_a_problem_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("nuanxin.desk.api.unions.orgs.list_unions", breaks)
    client = cast.client("anonymous", raise_request_exception=False)
    answer = client.get("/api/v1/unions")
    assert refused(answer, 500) == "http.500"
    assert "purpose" not in answer.content.decode()
