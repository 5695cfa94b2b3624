"""Where the numbers of reports lead to: the number asked again, and whether it still is the same."""

import re
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from nuanxin.figures.forms.report_addresses import address_of
from nuanxin.figures.queries import get_figure
from nuanxin.figures.queries.reports import compose_report
from nuanxin.kernel import clock
from tests.figures.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MOST_STATEMENTS = 8
REPORT = """---
标题: 试
地区: 3301
时间段: 2024-01..2026-09
---
{{ membership.new_members_persons }} {{ membership.live_members_persons occupation=courier small=不公布 }}
{{ orgs.unions as_of=2025-12-31 }} {{ membership.live_members_persons known_on=2026-10-01 }}
"""


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def numbers(world):
    return compose_report(REPORT, now=NOW).document["numbers"]


def test_every_address_of_a_report_gives_the_same_number_again(client, numbers):
    assert len(numbers) >= 3
    for number in numbers:
        page = client.get(address_of(number)).content.decode()
        assert f'<p class="big">{number["value"]:,}<small>' in page, number
        assert "和报告里的指纹一样" in page
        assert number["digest"] in page


def test_a_number_that_was_corrected_since_is_told(client, numbers):
    number = {**numbers[0], "digest": "0123456789abcdef"}
    assert "补报或更正过" in client.get(address_of(number)).content.decode()


def test_the_page_takes_few_statements(client, numbers, django_assert_max_num_queries):
    with django_assert_max_num_queries(MOST_STATEMENTS):
        client.get(address_of(numbers[0]))


def test_what_is_withheld_has_no_value_here(client, world):
    address = reverse("figures-number", args=["membership.live_members_persons"])
    page = client.get(f"{address}?region=330106&occupation=courier").content.decode()
    assert "不公布" in page
    assert '<p class="big">' not in page


@pytest.mark.parametrize(
    ("code", "query", "status"),
    [
        ("no.such_figure", "", 404),
        ("membership.invited_persons", "?period=2026-01", 422),
        ("orgs.unions", "?region=9999", 422),
        ("orgs.unions", "?as_of=2030-01-01", 422),
        ("orgs.unions", "?as_of=x", 422),
        ("orgs.unions", "?union=NOBODY", 422),
        ("membership.new_members_persons", "", 422),
    ],
)
def test_what_cannot_be_asked_is_told(client, world, code, query, status):
    answer = client.get(reverse("figures-number", args=[code]) + query)
    assert answer.status_code == status
    assert urlsplit(answer.request["PATH_INFO"]).path.startswith("/figures/number/")


@pytest.mark.parametrize("asked", ["?region=330100", "?region=330106&occupation=courier"])
def test_everybody_sees_definition_unit_day_measured_at_version_and_hash(client, world, asked):
    """Also of a number that is withheld."""
    page = client.get(
        reverse("figures-number", args=["membership.live_members_persons"]) + asked
    ).content.decode()
    definition = get_figure("membership.live_members_persons")
    assert definition.definition_zh in page
    for label, value in (
        ("单位", "人"),
        ("截至", "2026-10-20"),
        ("算出时间", "2026-10-20 10:00"),
        ("口径", f"第 {definition.version} 版"),
    ):
        assert f"<dt>{label}</dt><dd>{value}</dd>" in page
    assert re.search("<dt>指纹</dt><dd><code>[0-9a-f]{16}</code></dd>", page)


def test_a_number_as_known_on_a_day_says_so(client, world):
    address = reverse("figures-number", args=["orgs.unions"])
    page = client.get(f"{address}?known_on=2026-10-01&as_of=2026-09-30").content.decode()
    assert "<dt>按哪天所知</dt><dd>2026-10-01 结束时</dd>" in page
