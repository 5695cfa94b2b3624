"""A figure over time: bounded, to the ten, and kept by caches for as long as it is true."""

import pytest
from django.test import Client

from nuanxin.figures.queries import measure
from nuanxin.figures.rules.small_numbers import published
from nuanxin.kernel import clock
from nuanxin.kernel.period import Month, Period
from tests.figures.conftest import NOW, world  # noqa: F401  the made-up province

pytestmark = pytest.mark.django_db

SERIES = "/api/v1/figures/membership.live_members_persons/series"
NEW = "/api/v1/figures/membership.new_members_persons/series"


@pytest.fixture
def ask(world, monkeypatch):  # noqa: F811
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return Client().get


def test_a_point_is_what_is_measured_written_to_the_ten(ask) -> None:
    told = ask(f"{SERIES}?region=330100&from=2026-01-01&to=2026-06-30").json()
    assert [one["as_of"] for one in told["items"]][::5] == ["2026-01-31", "2026-06-30"]
    for one in told["items"]:
        day = clock.day_start(NOW.date()).date().fromisoformat(one["as_of"])
        truth = measure(told["code"], region=330100, as_of=day, now=NOW).value
        assert one["value"] == published(truth or 0, least=10)


def test_what_is_counted_in_a_period_is_counted_in_each_step(ask) -> None:
    told = ask(f"{NEW}?from=2024-01-01&to=2025-12-31&step=year").json()
    assert [one["period"] for one in told["items"]] == [
        str(Period(Month(year, 1).start, Month(year, 12).end)) for year in (2024, 2025)
    ]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("", "public, max-age=60"),
        ("?to=2026-09-30", "public, no-cache"),
        ("?to=2026-09-30&known_on=2026-10-05", "public, max-age=31536000, immutable"),
    ],
)
def test_it_is_kept_for_as_long_as_it_is_true(ask, asked, kept) -> None:
    answer = ask(SERIES + asked)
    assert answer["Cache-Control"] == kept
    again = ask(SERIES + asked, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("?from=2000-01-01&to=2026-01-01", "figures.too_many_points"),
        ("?from=2026-05-01&to=2026-01-01", "figures.backwards"),
        ("?to=2999-01-01", "figures.not_yet"),
        ("?known_on=2999-01-01", "figures.not_yet"),
    ],
)
def test_what_cannot_be_asked_is_told(ask, asked, code) -> None:
    answer = ask(SERIES + asked)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


FIGURE = "/api/v1/figures/membership.live_members_persons"


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("?as_of=2026-09-30", "public, no-cache"),
        ("?as_of=2026-09-30&known_on=2026-10-05", "public, max-age=31536000, immutable"),
        ("?known_on=2026-10-05", "public, max-age=31536000, immutable"),
    ],
)
def test_one_figure_as_known_on_a_day_is_fixed(ask, asked, kept) -> None:
    answer = ask(FIGURE + asked)
    assert answer["Cache-Control"] == kept
    told = answer.json()
    if "known_on" in asked:
        assert told["as_of"] in ("2026-09-30", "2026-10-05")
        assert told["rounded_to"] == 10
        assert told["tree_known_at"].startswith("2026-10-05T16:00")
    again = ask(FIGURE + asked, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_day_that_is_not_over_cannot_be_known(ask) -> None:
    answer = ask(f"{FIGURE}?known_on=2026-10-20")
    assert (answer.status_code, answer.json()["code"]) == (404, "figures.not_yet")
