"""The API for programs: figures, unions, applications, rosters, members, and how it refuses."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from nuanxin.desk.api import openapi_document
from nuanxin.membership.models import JoinApplication, RosterBatch
from tests.cast import Cast
from tests.membership.cast import identity_of

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
PROBLEM = "application/problem+json"


def person(**changes: Any) -> dict[str, Any]:
    return {
        "name": "林知夏",
        "identity": identity_of(date(1990, 5, 20)),
        "phone": "19900007001",
        "union": "T000005",
        "occupations": ["courier"],
        "phone_confirmed": True,
        "consents": "joining+identity_number",
    } | changes


def send(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(
        f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers
    )


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content.decode()
    assert answer["Content-Type"].startswith(PROBLEM)
    told = answer.json()
    assert told["status"] == status
    assert all(told[name] for name in ("title", "detail", "type"))
    code: str = told["code"]
    return code


def test_the_committed_document_is_the_one_that_is_served(cast: Cast) -> None:
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == json.loads(
        json.dumps(openapi_document())
    )
    served = cast.client("anonymous").get("/api/v1/openapi.json")
    assert served.json() == json.loads(json.dumps(openapi_document()))


def test_a_figure_says_what_where_and_when(cast: Cast) -> None:
    got = cast.client("anonymous").get("/api/v1/figures/membership.live_members_persons").json()
    assert (got["value"], got["unit"], got["region"]) == (0, "人", "330000")
    assert got["as_of"]
    assert got["label"] == "在籍会员"
    unions = cast.client("anonymous").get("/api/v1/figures/orgs.unions?region=330105").json()
    assert (unions["unit"], unions["region"]) == ("家", "330105")


def test_figures_refuse_what_there_is_not(cast: Cast) -> None:
    client = cast.client("anonymous")
    assert refused(client.get("/api/v1/figures/nothing"), 404) == "figures.unknown"
    live = "/api/v1/figures/membership.live_members_persons"
    assert refused(client.get(f"{live}?region=999999"), 422) == "fields.refused"
    assert refused(client.get(f"{live}?as_of=2999-01-01"), 404) == "figures.not_yet"
    invited = client.get("/api/v1/figures/membership.invited_persons")
    assert refused(invited, 404) == "figures.unknown"


@pytest.mark.parametrize("day", ["0", "20260531", "1780185600", "2026-5-31", "2026-05-31T00:00"])
def test_a_day_is_written_in_full(cast: Cast, day: str) -> None:
    """A number would be read as seconds since 1970, and answered with a figure of 1970."""
    live = "/api/v1/figures/membership.live_members_persons"
    answer = cast.client("anonymous").get(f"{live}?as_of={day}")
    assert refused(answer, 422) == "fields.refused"
    assert "as_of 要是日期，写成 2026-01-31" in answer.json()["detail"]


def test_unions_come_in_pages(cast: Cast) -> None:
    client = cast.client("anonymous")
    first = client.get("/api/v1/unions?limit=10").json()
    second = client.get(f"/api/v1/unions?limit=10&cursor={first['next']}").json()
    codes = [one["code"] for one in first["items"] + second["items"]]
    assert len(set(codes)) == len(cast.unions)
    assert second["next"] is None
    assert client.get(f"/api/v1/unions/{codes[4]}").json()["name"] == "大关快递行业联合工会"
    assert refused(client.get("/api/v1/unions?region=999999"), 404) == "region.unknown"


def test_an_application_is_taken_once_under_its_key(cast: Cast) -> None:
    client, body = cast.client("api_client"), person()
    first = send(client, "applications", body, Idempotency_Key="a-1")
    again = send(client, "applications", body, Idempotency_Key="a-1")
    assert first.status_code == again.status_code == 201, first.content
    assert first.json() == again.json()
    assert first.json()["kind"] == "new"
    assert JoinApplication.objects.count() == 1
    other = send(client, "applications", person(name="别人"), Idempotency_Key="a-1")
    assert refused(other, 409) == "idempotency.other_body"


def test_an_application_elsewhere_is_as_if_the_union_were_not(cast: Cast) -> None:
    client = cast.client("api_client")
    elsewhere = send(client, "applications", person(union=cast.union("carers").code))
    nowhere = send(client, "applications", person(union="NOPE"))
    assert refused(elsewhere, 404) == "not_found"
    assert elsewhere.content == nowhere.content


def test_a_wrong_field_is_named_and_not_repeated(cast: Cast) -> None:
    body = person(phone="1" * 30)
    del body["name"]
    answer = send(cast.client("api_client"), "applications", body)
    assert refused(answer, 422) == "fields.refused"
    said = answer.content.decode()
    assert "name 要填" in said
    assert "phone 太长" in said
    assert body["phone"] not in said


def test_a_roster_goes_from_rows_to_a_batch(cast: Cast) -> None:
    client = cast.client("api_client")
    rows = [{"name": "林知夏", "identity": identity_of(), "phone": "19900007002"}]
    body = {"union": "T000005", "rows": rows}
    answer = send(client, "rosters", body, Idempotency_Key="r-1")
    assert answer.status_code == 202, answer.content
    assert answer.json() == send(client, "rosters", body, Idempotency_Key="r-1").json()
    batch = RosterBatch.objects.get()
    assert client.get(f"/api/v1/rosters/{batch.id}").json()["state"] == "reading"
    assert refused(send(client, f"rosters/{batch.id}/confirm", {}), 409) == "roster.nobody"


def test_a_roster_comes_as_a_file_too(cast: Cast) -> None:
    client = cast.client("api_client")
    file = SimpleUploadedFile("名单.csv", "姓名,身份证号\n林知夏,1\n".encode())
    answer = client.post("/api/v1/rosters", {"union": "T000005", "file": file})
    assert answer.status_code == 202, answer.content
    assert RosterBatch.objects.get().file_name == "名单.csv"
    assert refused(client.post("/api/v1/rosters", {"union": "T000005"}), 422) == "fields.refused"


def test_members_are_for_tokens_only(cast: Cast) -> None:
    assert cast.client("api_client").get("/api/v1/members").json() == {"items": [], "next": None}
    elsewhere = cast.client("api_client").get("/api/v1/members?union=T000011")
    assert refused(elsewhere, 404) == "not_found"
    assert refused(cast.client("county_cadre").get("/api/v1/members"), 401)


def test_what_is_not_there_or_not_done_so_is_a_problem_too(cast: Cast) -> None:
    client = cast.client("api_client")
    assert refused(client.get("/api/v1/nothing"), 404) == "http.404"
    wrong = client.delete("/api/v1/figures")
    assert refused(wrong, 405) == "http.405"
    assert "GET" in wrong["Allow"]
    garbled = client.post("/api/v1/applications", "{", content_type="application/json")
    assert refused(garbled, 400) == "http.400"


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_page_has_bounds(cast: Cast, limit: str) -> None:
    answer = cast.client("anonymous").get(f"/api/v1/unions?limit={limit}")
    assert refused(answer, 422) == "fields.refused"
