"""The API against its own OpenAPI document: schemathesis asks what the document allows, and what not.

Every check of schemathesis is on. Twice: with the token of the cast, and without any. A longer run
against a running product is in docs/how-to/api.md.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from nuanxin.desk.api.throttle import JOIN_THROTTLE, THROTTLE
from tests.cast import API_CLIENT_TOKEN

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"

# The one thing that differs from the library's defaults. A document in JSON Schema cannot say that
# the check digit of an identity number fits, that a roster's file can be read, that a webhook's
# host is a public one, or that a point lies in the province: what fits the schema may still be
# refused with 422 by these four.
REFUSED_FOR_MORE_THAN_SHAPE = (
    "nuanxin_desk_api_applications_create_application",
    "nuanxin_desk_api_rosters_create_roster",
    "nuanxin_desk_api_webhooks_create_webhook",
    "nuanxin_desk_api_stations_nearest",
)
PLAIN = {"Accept-Encoding": "identity"}  # the transport in this process unpacks nothing
EXPECTED = ["2xx", "401", "403", "404", "409", "422"]


def config_of() -> SchemathesisConfig:
    """Return how schemathesis works here: all checks, few examples, the same ones every time."""
    return SchemathesisConfig.from_dict(
        {
            "seed": 20260520,
            "generation": {"mode": "all", "max-examples": 12, "deterministic": True},
            "phases": {"coverage": {"unexpected-methods": ["PUT", "PATCH", "DELETE", "TRACE"]}},
            "operations": [
                {
                    "include-operation-id": name,
                    "checks": {"positive_data_acceptance": {"expected-statuses": EXPECTED}},
                }
                for name in REFUSED_FOR_MORE_THAN_SHAPE
            ],
        }
    )


schema = schemathesis.openapi.from_path(COMMITTED, config=config_of())
schema.app = WSGIHandler()
calm = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _the_tests_own_connection() -> Iterator[None]:
    """Let requests end without closing the connection that the test's transaction is on."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _no_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be answered 429, which would hide what the operation itself answers."""
    for throttle in (THROTTLE, JOIN_THROTTLE):
        monkeypatch.setattr(throttle, "reads", 10**9)
        monkeypatch.setattr(throttle, "writes", 10**9)


@pytest.mark.slow
@pytest.mark.usefixtures("cast")
@schema.parametrize()
@calm
def test_a_program_with_a_token_gets_what_the_document_says(case: Any) -> None:
    case.call_and_validate(headers=PLAIN | {"Authorization": f"Bearer {API_CLIENT_TOKEN}"})


@pytest.mark.slow
@pytest.mark.usefixtures("cast")
@schema.parametrize()
@calm
def test_a_program_without_a_token_gets_what_the_document_says(case: Any) -> None:
    case.call_and_validate(headers=PLAIN)
