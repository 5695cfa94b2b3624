"""Webhooks of a program: subscribe, see, stop; the secret is shown once."""

import json
from typing import Any

from nuanxin.notices.models import WebhookSubscription
from tests.cast import Cast


def subscribe(cast: Cast, url: str, **headers: str) -> Any:
    return cast.client("api_client").post(
        "/api/v1/webhooks",
        json.dumps({"url": url, "kinds": ["roster.done"]}),
        content_type="application/json",
        headers=headers,
    )


def test_the_secret_is_shown_once_and_kept_sealed(cast: Cast) -> None:
    made = subscribe(cast, "https://hooks.example.org/in", Idempotency_Key="w-1")
    assert made.status_code == 201, made.content
    again = subscribe(cast, "https://hooks.example.org/in", Idempotency_Key="w-1")
    assert again.json() == made.json() | {"secret": None}
    row = WebhookSubscription.objects.get()
    assert made.json()["secret"].encode() not in bytes(row.secret_sealed)
    client = cast.client("api_client")
    (listed,) = client.get("/api/v1/webhooks").json()["items"]
    assert listed["secret"] is None
    assert client.delete(f"/api/v1/webhooks/{row.id}").status_code == 204


def test_an_address_that_is_not_https_is_refused(cast: Cast) -> None:
    answer = subscribe(cast, "ftp://hooks.example.org/")
    assert answer.status_code == 422
    assert answer.json()["code"] == "webhook.url"
