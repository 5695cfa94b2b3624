"""What is not there: debug pages, an admin, files by their path, a way out of a folder.

Safety, section 2: secrets and debug, direct file download, log injection.
"""

import io
import logging
import secrets
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from config.logs import LineFormatter
from nuanxin.access.permissions import public
from nuanxin.kernel.text import without_numbers
from tests.cast import Cast

PHONE, NUMBER = "15512345678", "330105199005172414"


@public
def failing(request: HttpRequest) -> HttpResponse:
    """Fail with somebody's number in the message, as a careless page might."""
    raise ValueError(f"cannot read {NUMBER} of {PHONE}\n2026-01-01 ERROR nuanxin: forged line")


urlpatterns = [path("failing/", failing), path("", include("config.urls"))]


def test_it_does_not_run_in_debug_mode_unless_asked() -> None:
    assert settings.DEBUG is False
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    assert settings.SESSION_COOKIE_HTTPONLY
    assert "*" not in settings.ALLOWED_HOSTS


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/admin/", "/admin/login/", "/.git/config", "/.env", "/debug/", "/__debug__/", "/metrics",
        "/server-status", "/config/settings.py", "/data/keys/data-key-1", "/keys/secret-key",
        "/demo-manifest.json", "/files/", "/media/", "/static/", "/static/../data/keys/secret-key",
        "/static/..%2f..%2fdata%2fkeys%2fsecret-key", "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd", "/static/js/desk.js.map", "/static/css/desk.css.map",
        "/api/", "/api/v1/", "/api/v1/docs", "/api/docs", "/graphql", "/api/v1/users",
    ],
)  # fmt: skip
def test_nothing_is_served_that_is_no_page(cast: Cast, address: str) -> None:
    for client in (Client(), cast.client("system_admin")):
        for method in (client.get, client.head):
            answer = method(address, headers={"Range": "bytes=0-10"})
            assert answer.status_code in (301, 302, 403, 404), address
            if answer.status_code in (301, 302):
                assert not answer["Location"].startswith(("/data", "//")), address


@pytest.mark.django_db
def test_a_stored_file_opens_through_its_owner_only(cast: Cast, settings: Any) -> None:
    """No address takes a file's id or path: every file has an object that is asked for instead."""
    from tests.walk.routes import all_routes

    assert not [r.pattern for r in all_routes() if "file" in r.pattern or "path:" in r.pattern]
    assert not str(settings.FILES_ROOT).startswith(str(settings.STATIC_ROOT))


@pytest.mark.django_db
@pytest.mark.urls("tests.safety.test_surface")
def test_a_fault_shows_neither_stack_nor_person(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = _listen(monkeypatch)
    answer = Client(raise_request_exception=False).get("/failing/")
    page = answer.content.decode()
    assert answer.status_code == 500
    for told in (PHONE, NUMBER, "Traceback", "ValueError", "failing", "settings"):
        assert told not in page
    log = heard.getvalue()
    assert "ValueError" in log, "the fault itself must be found in the log"
    assert PHONE not in log
    assert NUMBER not in log


def _listen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Hear what the product's own handler writes for the logger of requests."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    monkeypatch.setattr(logging.getLogger("django.request"), "handlers", [handler])
    return heard


@pytest.mark.parametrize("place", ["/s/", "/a/", "/i/", "/q/", "/door/enter/", "/stations/screen/"])
def test_a_link_that_opens_without_signing_in_stands_in_no_log(place: str) -> None:
    token = secrets.token_urlsafe(18)
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "Internal Server Error: %s", (f"{place}{token}/",),
        None,
    )  # fmt: skip
    written = LineFormatter("%(levelname)s %(message)s").format(record)
    assert token not in written
    assert place in written


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0b"])
def test_what_somebody_types_begins_no_line_of_the_log(break_: str) -> None:
    typed = f"陈{break_}2026-01-01 00:00:00 INFO nuanxin.access: signed in"
    record = logging.LogRecord("nuanxin", logging.WARNING, "", 0, "name %s", (typed,), None)
    written = LineFormatter("%(levelname)s %(message)s").format(record)
    assert len(written.splitlines()) == 1


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\x1b[2J"])
def test_no_character_of_the_log_hides_or_turns_others(hidden: str) -> None:
    record = logging.LogRecord("nuanxin", logging.WARNING, "", 0, f"a{hidden}b", (), None)
    assert hidden[0] not in LineFormatter("%(message)s").format(record)


@pytest.mark.parametrize(
    "number", [PHONE, NUMBER, "33010519900517241X", "330105900517241", "１５５１２３４５６７８"]
)
def test_numbers_of_persons_are_cut_in_the_log(number: str) -> None:
    assert without_numbers(f"({number})") == f"({number[:3]}…)"


def test_times_ids_and_amounts_stay_readable_in_the_log() -> None:
    line = "2026-11-27 07:33:23 batch 1234567 took 12.345678 s, 4000000 rows, error 0x7f3a"
    assert without_numbers(line) == line
